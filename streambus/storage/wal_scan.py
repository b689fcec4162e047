"""The scan of the live WAL: from segment files to what was in them, one bounded read at a time.

The stages, as `docs/storage/wal.md` has them: **scan** the segments and replay every record. Where no whole record begins, read that place
once more. If there is still none, look for proof that the place was synced: **probe** for later segments, **search** what is
left of this one. What was synced and is damaged is quarantined if it is a batch, and else the log is **corrupted**; what nothing proves
is a torn tail. Then cut that, write again what may never have reached the disk, and sync (**settle**).
"""

from enum import Enum
from typing import Protocol

from streambus.kernel import MILLISECOND, FileName, Read, Sync, SyncDirectory, Truncate, Turn, Write, sometimes
from streambus.storage.config import StoreConfig
from streambus.storage.events import RecoveryProgressed, RecoveryRead, RecoverySettled, StoreCorrupted
from streambus.storage.wal_records import (
    MAGIC,
    RECORD_HEADER_BYTES,
    Entry,
    Inconsistent,
    RecordHeader,
    WalRecord,
    WrittenByNewer,
    foreign_version,
    parse_record_header,
    read_record,
)
from streambus.storage.wal_segments import segment_file

PROBED_SEGMENTS = 2
"""How many numbers ahead a later segment is looked for: one, and another one in case that the first was lost."""


class Replay(Protocol):
    """What a scan tells of what it finds: the keyspaces of a store."""

    def begin_segment(self, number: int, start: int) -> None:
        """What comes next lies in segment `number`, which begins at WAL position `start`. Called for every segment, also the first."""

    def replay(self, entry: Entry, payload: memoryview, position: int, now_ms: int) -> None:
        """Do again what `entry` says; its payload lies at WAL position `position`. `Inconsistent` if that cannot be."""

    def quarantine(self, entry: Entry, position: int, file: FileName, file_position: int) -> None:
        """The batch of `entry`, which was durable, is damaged. `Inconsistent` if it cannot have been there."""


class ScanStage(Enum):
    """What a scan is at."""

    SCAN = "read the segments from the beginning"
    PROBE = "look for a segment behind broken bytes"
    SEARCH = "look behind broken bytes for proof that they were durable"
    SETTLE = "make what was found durable"
    DONE = "everything was replayed"
    CORRUPTED = "durable bytes are damaged"


class WalScan:
    """One scan. `end`: the WAL position up to which everything was found; `proven`: the one below which a record proves it was synced.

    When it is `DONE`, the WAL goes on at `end`, in segment `segment`; `segments` are number and start of those that have a file.
    """

    __slots__ = (
        "chunk_bytes",
        "cut_bytes",
        "doubted",
        "end",
        "newest_segment",
        "proof",
        "proven",
        "quarantined",
        "replay",
        "report_bytes",
        "reported",
        "search_from",
        "segment",
        "segment_start",
        "segments",
        "stage",
    )

    def __init__(self, config: StoreConfig, replay: Replay) -> None:
        self.replay = replay
        self.chunk_bytes = max(config.recovery_chunk_bytes, 2 * RECORD_HEADER_BYTES)
        self.report_bytes = config.recovery_report_bytes
        self.stage = ScanStage.SCAN
        self.segments: list[tuple[int, int]] = []
        self.segment = 0
        self.segment_start = 0
        self.end = 0
        self.proven = 0
        self.newest_segment = 0
        """The highest number of a segment that was seen: all before it were synced."""
        self.proof = ""
        """Why we know that something behind `end` was synced, for people."""
        self.doubted = -1
        """The WAL position of the last place that looked damaged and was read once more."""
        self.search_from = 0
        """Where proof is looked for: behind what looks damaged."""
        self.cut_bytes = 0
        self.quarantined = 0
        """How many batches were."""
        self.reported = 0

    def start(self, turn: Turn, segment: int, start: int) -> None:
        """Begin with live segment `segment`, the first one, at WAL position `start`. `segment` need not exist: then there is nothing."""
        self.proven = self.reported = start
        self._enter_segment(turn, segment, start)

    def on_read(self, turn: Turn, event: RecoveryRead) -> None:
        """Bytes came: go on with the stage that asked for them."""
        try:
            if self.stage is ScanStage.SCAN:
                self._scan(turn, event)
            elif self.stage is ScanStage.PROBE:
                self._probe(turn, event)
            elif self.stage is ScanStage.SEARCH:
                self._search(turn, event)
            elif self.stage is ScanStage.SETTLE:
                self._write_again(turn, event)
        except (Inconsistent, WrittenByNewer) as reason:
            self._corrupted(turn, str(reason))

    def on_settled(self) -> None:
        """Everything found is durable."""
        self.stage = ScanStage.DONE

    @property
    def has_file(self) -> bool:
        """Whether the segment at which the scan is has a file, as far as is known."""
        return bool(self.segments) and self.segments[-1][0] == self.segment

    # Scan ------------------------------------------------------------------------------------------------------------

    def _enter_segment(self, turn: Turn, number: int, start: int) -> None:
        self.segment = number
        self.segment_start = self.end = start
        self.replay.begin_segment(number, start)
        self._read_on(turn)

    def _read_on(self, turn: Turn, needed: int = 0) -> None:
        """Scan from `end` on."""
        self.stage = ScanStage.SCAN
        self._read(turn, self.end, max(needed, self.chunk_bytes))

    def _scan(self, turn: Turn, event: RecoveryRead) -> None:
        if event.data is None:
            self._doubt(turn)
            return
        if not self.has_file:
            self.segments.append((self.segment, self.segment_start))
            self.newest_segment = max(self.newest_segment, self.segment)
        view = memoryview(event.data)
        now_ms = turn.now // MILLISECOND
        start = 0
        while True:
            record, needed = read_record(view, start, self.end)
            if record is None or (record.damaged and not self._is_mendable_here()):
                break
            self._replay_record(record, view[start + RECORD_HEADER_BYTES :], now_ms)
            start += record.header.size
            if record.is_end:
                self._report(turn)
                self._enter_segment(turn, self.segment + 1, self.end)
                return
        self._report(turn)
        if needed and len(view) == event.length:
            sometimes("storage: the scan reads on in the middle of a record")
            self._read_on(turn, needed)
        else:
            self._doubt(turn, record, foreign_version(view, start))

    def _replay_record(self, record: WalRecord, bodies: memoryview, now_ms: int) -> None:
        """Do what a record says that begins at `end`."""
        replay, damaged = self.replay.replay, record.damaged
        position, start = self.end + RECORD_HEADER_BYTES, 0
        for place, entry in enumerate(record.entries):
            length = entry.length
            if damaged and place in damaged:
                self._quarantine(entry, position)
            else:
                replay(entry, bodies[start : start + length], position, now_ms)
            position += length
            start += length
        self.proven = max(self.proven, record.header.write_start)
        self.end += record.header.size

    def _quarantine(self, entry: Entry, position: int) -> None:
        self.quarantined += 1
        self.replay.quarantine(entry, position, segment_file(self.segment), position - self.segment_start)

    def _report(self, turn: Turn) -> None:
        if self.end - self.reported >= self.report_bytes:
            self.reported = self.end
            turn.tell(RecoveryProgressed(self.end))

    # Torn, or corrupted? ---------------------------------------------------------------------------------------------

    def _is_proven(self) -> bool:
        """Whether something that was seen further on proves that the byte at `end` was synced."""
        return self.end < self.proven or self.segment < self.newest_segment

    def _is_mendable_here(self) -> bool:
        """Whether a damaged batch in the record at `end` is known to be damage, and no torn tail and no wrong read."""
        return self.doubted == self.end and self._is_proven()

    def _doubt(self, turn: Turn, record: WalRecord | None = None, version: int | None = None) -> None:
        """No whole record begins at `end`: none at all, or `record` with damaged batches, or one of format `version`."""
        if self.doubted != self.end:
            self.doubted = self.end
            self._read_on(turn, 0 if record is None else record.header.size)
        elif version is not None:
            self._corrupted(turn, f"format version {version} is not known here")
        elif self._is_proven():
            found = "no whole record here" if self.has_file else "there is no such file"
            self._corrupted(turn, f"{found}, but {self.proof}, so what was here was synced")
        else:
            self.search_from = self.end if record is None else self.end + record.header.size
            self.stage = ScanStage.PROBE
            self._read_probe(turn, self.segment + 1)

    def _read_probe(self, turn: Turn, number: int) -> None:
        turn.do(Read(segment_file(number), 0, RECORD_HEADER_BYTES, RecoveryRead(number, self.end, RECORD_HEADER_BYTES)))

    def _probe(self, turn: Turn, event: RecoveryRead) -> None:
        """Whether there is a later segment; if not, look elsewhere."""
        if event.data is not None:
            self._found_segment(turn, event.segment, parse_record_header(memoryview(event.data), 0))
        elif event.segment < self.segment + PROBED_SEGMENTS:
            self._read_probe(turn, event.segment + 1)
        elif self.has_file:
            self.stage = ScanStage.SEARCH
            self._read(turn, self.search_from, self.chunk_bytes)
        else:
            self._settle(turn)

    def _found_segment(self, turn: Turn, number: int, first: RecordHeader | None) -> None:
        """Segment `number`, which begins with `first`, proves that the one at which we are was synced."""
        self.newest_segment = max(self.newest_segment, number)
        self.proof = f"segment {number} was begun later"
        is_next = number == self.segment + 1
        if is_next and self.has_file and first is not None and first.position == self.end + RECORD_HEADER_BYTES:
            self._enter_segment(turn, number, first.position)
        else:
            self._read_on(turn)

    def _search(self, turn: Turn, event: RecoveryRead) -> None:
        """Look in the bytes of `event` for a record that was written after the broken bytes at `end` were synced."""
        data = bytes(event.data or b"")
        view = memoryview(data)
        found = data.find(MAGIC)
        while found >= 0:
            header = parse_record_header(view, found, event.position + found)
            if header is not None and header.write_start > self.end:
                self.proven = max(self.proven, header.write_start)
                self.proof = f"the one at {header.position} was written later"
                self._read_on(turn)
                return
            found = data.find(MAGIC, found + 1)
        searched = event.position + len(data)
        if len(data) == event.length:
            self._read(turn, searched - RECORD_HEADER_BYTES + 1, self.chunk_bytes)
            return
        self.cut_bytes = searched - self.end
        self._settle(turn)

    def _corrupted(self, turn: Turn, reason: str) -> None:
        self.stage = ScanStage.CORRUPTED
        turn.tell(StoreCorrupted(segment_file(self.segment), self.end - self.segment_start, reason))

    # Settle ----------------------------------------------------------------------------------------------------------

    def _settle(self, turn: Turn) -> None:
        """Cut the torn tail, and begin to write again what was not proven durable."""
        assert self.end >= self.proven, (self.end, self.proven)
        self.stage = ScanStage.SETTLE
        self.doubted = -1
        if not self.segments:
            self.on_settled()
            return
        number, start = self.segments[-1]
        if self.cut_bytes:
            sometimes("storage: the torn tail of a segment is cut")
            turn.do(Truncate(segment_file(number), self.end - start))
        self._settle_from(turn, max(self.proven, start))

    def _settle_from(self, turn: Turn, position: int, needed: int = 0) -> None:
        number, start = self.segments[-1]
        if position < self.end:
            length = min(max(needed, self.chunk_bytes), self.end - position)
            turn.do(Read(segment_file(number), position - start, length, RecoveryRead(number, position, length)))
            return
        turn.do(SyncDirectory())
        turn.do(Sync(segment_file(number), RecoverySettled(self.end)))

    def _write_again(self, turn: Turn, event: RecoveryRead) -> None:
        """Write whole records where they are, so that the next sync really carries them to the disk."""
        number, start = self.segments[-1]
        view = memoryview(event.data or b"")
        size, needed = whole_bytes(view, event.position)
        if size:
            sometimes("storage: what was not proven synced is written again")
            turn.do(Write(segment_file(number), event.position - start, (view[:size],)))
        elif needed and len(view) == event.length and event.position + needed <= self.end:
            sometimes("storage: a record that is written again is larger than a chunk")
        elif self.doubted != event.position:
            self.doubted = event.position
            needed = event.length
        else:
            self.segment, self.segment_start, self.end = number, start, event.position
            self._corrupted(turn, "these bytes were whole when they were read first, and are not any more")
            return
        self._settle_from(turn, event.position + size, needed)

    def _read(self, turn: Turn, position: int, length: int) -> None:
        """Read in the segment at which the scan is."""
        turn.do(Read(segment_file(self.segment), position - self.segment_start, length, RecoveryRead(self.segment, position, length)))


def whole_bytes(view: memoryview, position: int) -> tuple[int, int]:
    """How many bytes of `view`, which begins at WAL position `position`, are whole records, and how many are needed to see another.

    The second is 0 if there is none, because what is there is damaged.
    """
    size = 0
    while True:
        record, needed = read_record(view, size, position + size)
        if record is None or record.damaged:
            return size, needed
        size += record.header.size
