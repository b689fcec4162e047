"""Recovery: from segment files to keyspaces, one bounded read at a time.

The stages, as `docs/storage/wal.md` has them: scan the segments and replay every frame; where the frames end before the file does, look for
proof that they should not (search, probe); then cut what is torn, write again what may never have reached the disk, and sync (settle).
"""

from enum import Enum

from streambus.kernel import MILLISECOND, Read, Sync, SyncDirectory, Truncate, Turn, Write, sometimes
from streambus.storage.config import StoreConfig
from streambus.storage.events import RecoveryProgressed, RecoveryRead, RecoverySettled, StoreCorrupted
from streambus.storage.frames import FRAME_HEADER_BYTES, MAGIC, Frame, foreign_version, is_whole, parse_frame
from streambus.storage.keyspaces import Inconsistent, Keyspaces
from streambus.storage.segments import segment_file


class RecoveryStage(Enum):
    """What recovery is at."""

    SCAN = "read the segments from the beginning"
    SEARCH = "look behind broken bytes for proof that they were durable"
    PROBE = "look for a segment behind broken bytes"
    SETTLE = "make what was found durable"
    DONE = "the keyspaces are as they were"
    CORRUPTED = "durable bytes are damaged"


class Recovery:
    """One recovery. `end` is the WAL position up to which everything was found; `proven` the one below which it was surely synced."""

    __slots__ = ("chunk_bytes", "cut_bytes", "end", "keyspaces", "proven", "report_bytes", "reported", "segment_starts", "stage")

    def __init__(self, keyspaces: Keyspaces, config: StoreConfig) -> None:
        self.keyspaces = keyspaces
        self.chunk_bytes = max(config.recovery_chunk_bytes, 2 * FRAME_HEADER_BYTES)
        self.report_bytes = config.recovery_report_bytes
        self.stage = RecoveryStage.SCAN
        self.segment_starts: list[int] = []
        self.end = 0
        self.proven = 0
        self.cut_bytes = 0
        self.reported = 0

    def start(self, turn: Turn) -> None:
        """Ask for the first bytes."""
        self._read(turn, segment=0, position=0, length=self.chunk_bytes)

    def on_read(self, turn: Turn, event: RecoveryRead) -> None:
        """Bytes came: go on with the stage that asked for them."""
        if self.stage is RecoveryStage.SCAN:
            self._scan(turn, event)
        elif self.stage is RecoveryStage.SEARCH:
            self._search(turn, event, 0)
        elif self.stage is RecoveryStage.PROBE:
            self._probe(turn, event)
        else:
            self._write_again(turn, event)

    def on_settled(self) -> None:
        """Everything found is durable."""
        self.stage = RecoveryStage.DONE

    # Scan ------------------------------------------------------------------------------------------------------------

    def _scan(self, turn: Turn, event: RecoveryRead) -> None:
        if event.data is None:
            self._settle(turn)
            return
        if event.position == event.segment and (not self.segment_starts or self.segment_starts[-1] != event.segment):
            self.segment_starts.append(event.segment)
        view = memoryview(event.data)
        frames, needed = whole_frames(view, event.position)
        if not self._replay(turn, frames):
            return
        self._report(turn)
        consumed = self.end - event.position
        is_end_of_file = len(view) < event.length
        if consumed == len(view) and is_end_of_file:
            self._scan_next_segment(turn, event.segment)
        elif needed and not is_end_of_file:
            sometimes("storage: recovery reads on in the middle of a frame")
            self._read(turn, event.segment, self.end, max(needed, self.chunk_bytes))
        else:
            self._doubt(turn, event, consumed)

    def _replay(self, turn: Turn, frames: list[tuple[Frame, memoryview]]) -> bool:
        """Replay frames that follow each other from `end` on. False if they cannot be what was written."""
        now_ms = turn.now // MILLISECOND
        for frame, payload in frames:
            try:
                self.keyspaces.replay(frame, payload, self.end + FRAME_HEADER_BYTES, now_ms)
            except Inconsistent as inconsistent:
                self._corrupted(turn, str(inconsistent))
                return False
            self.proven = max(self.proven, frame.group)
            self.end += FRAME_HEADER_BYTES + frame.length
        return True

    def _scan_next_segment(self, turn: Turn, segment: int) -> None:
        if self.end == segment:  # An empty segment is the last one: its successor would have its name.
            self._settle(turn)
        else:
            self._read(turn, self.end, self.end, self.chunk_bytes)

    def _report(self, turn: Turn) -> None:
        if self.end - self.reported >= self.report_bytes:
            self.reported = self.end
            turn.tell(RecoveryProgressed(self.end))

    # Torn, or corrupted? ---------------------------------------------------------------------------------------------

    def _doubt(self, turn: Turn, event: RecoveryRead, start: int) -> None:
        """There is no frame at `start` in the bytes of `event`. What a newer version wrote is not cut."""
        version = foreign_version(event.data or b"", start)
        if version is not None:
            self._corrupted(turn, f"format version {version} is not known here")
            return
        self.stage = RecoveryStage.SEARCH
        self._search(turn, event, start + 1)

    def _search(self, turn: Turn, event: RecoveryRead, start: int) -> None:
        """Look from `start` in the bytes of `event` for a frame that was written after the broken bytes at `end` were synced."""
        data = bytes(event.data or b"")
        view = memoryview(data)
        found = data.find(MAGIC, start)
        while found >= 0:
            frame = parse_frame(view, found, event.position + found)
            if frame is not None and frame.group > self.end:
                self._corrupted(turn, f"no frame here, but one at {frame.position} was written after these bytes were synced")
                return
            found = data.find(MAGIC, found + 1)
        file_end = event.position + len(data)
        if len(data) == event.length:
            self._read(turn, event.segment, file_end - FRAME_HEADER_BYTES + 1, self.chunk_bytes)
            return
        self.stage = RecoveryStage.PROBE
        self.cut_bytes = file_end - self.end
        self._read(turn, file_end, file_end, FRAME_HEADER_BYTES)

    def _probe(self, turn: Turn, event: RecoveryRead) -> None:
        if event.data is not None:
            self._corrupted(turn, "no frame here, but a later segment was begun, so these bytes were synced")
            return
        self._settle(turn)

    def _corrupted(self, turn: Turn, reason: str) -> None:
        self.stage = RecoveryStage.CORRUPTED
        segment = self.segment_starts[-1]
        turn.tell(StoreCorrupted(segment_file(segment), self.end - segment, reason))

    # Settle ----------------------------------------------------------------------------------------------------------

    def _settle(self, turn: Turn) -> None:
        """Cut the torn tail, and begin to write again what was not proven durable."""
        self.stage = RecoveryStage.SETTLE
        if not self.segment_starts:
            self.on_settled()
            return
        segment = self.segment_starts[-1]
        if self.cut_bytes:
            sometimes("storage: a torn tail is cut")
            turn.do(Truncate(segment_file(segment), self.end - segment))
        self._read_unproven(turn, max(self.proven, segment), self.chunk_bytes)

    def _read_unproven(self, turn: Turn, position: int, length: int) -> None:
        segment = self.segment_starts[-1]
        if position < self.end:
            self._read(turn, segment, position, min(length, self.end - position))
            return
        turn.do(SyncDirectory())
        turn.do(Sync(segment_file(segment), RecoverySettled(self.end)))

    def _write_again(self, turn: Turn, event: RecoveryRead) -> None:
        """Write whole frames where they are, so that the next sync really carries them to the disk."""
        view = memoryview(event.data or b"")
        frames, needed = whole_frames(view, event.position)
        size = sum(FRAME_HEADER_BYTES + frame.length for frame, _ in frames)
        if size:
            sometimes("storage: what was not proven durable is written again")
            turn.do(Write(segment_file(event.segment), event.position - event.segment, (view[:size],)))
        elif not needed or len(view) < event.length:
            self.end = event.position
            self._corrupted(turn, "these bytes were whole when they were read first, and are not any more")
            return
        self._read_unproven(turn, event.position + size, max(needed, self.chunk_bytes))

    def _read(self, turn: Turn, segment: int, position: int, length: int) -> None:
        turn.do(Read(segment_file(segment), position - segment, length, RecoveryRead(segment, position, length)))


def whole_frames(view: memoryview, position: int) -> tuple[list[tuple[Frame, memoryview]], int]:
    """The frames in `view`, which begins at WAL position `position`, and their payloads, up to the first that is not whole.

    Also how many bytes are needed from there on to see another frame: 0 if there is none, because what is there is damaged.
    """
    frames: list[tuple[Frame, memoryview]] = []
    start, end = 0, len(view)
    while True:
        if end - start < FRAME_HEADER_BYTES:
            return frames, FRAME_HEADER_BYTES
        frame = parse_frame(view, start, position + start)
        if frame is None:
            return frames, 0
        payload_end = start + FRAME_HEADER_BYTES + frame.length
        if payload_end > end:
            return frames, payload_end - start
        payload = view[start + FRAME_HEADER_BYTES : payload_end]
        if not is_whole(frame, payload):
            return frames, 0
        frames.append((frame, payload))
        start = payload_end
