"""The write-ahead log: records gather in memory, and go to the disk in groups, one write and one sync each."""

from collections import deque

from streambus.kernel import Buffer, Create, Sync, SyncDirectory, Turn, Write, sometimes
from streambus.records import crc32c
from streambus.storage.config import MIB
from streambus.storage.events import WalSynced
from streambus.storage.wal_records import (
    BATCH_PREFIX_BYTES,
    BATCH_SUMMED_BYTES,
    ENTRY_BYTES,
    RECORD_HEADER_BYTES,
    EntryKind,
    pack_entry,
    record_header,
)
from streambus.storage.wal_segments import Segments, segment_file

JOINED_BELOW_BYTES = 4 * 1024
"""Smaller parts are joined with their neighbours before they are written: copying them costs less than naming them to the system."""

BODY_BYTES_MAX = 0xFFFF_FFFF
"""What the length fields of a record can say."""

CLOSED = 0
"""The limit of a record while none is open: nothing fits."""

_BATCH = int(EntryKind.BATCH)


class Group:
    """Records that will be written together. They begin at WAL position `start`, in segment `segment`, which begins at `segment_start`."""

    __slots__ = ("end", "parts", "segment", "segment_start", "start")

    def __init__(self, start: int, segment: int, segment_start: int) -> None:
        self.start = start
        self.end = start
        self.segment = segment
        self.segment_start = segment_start
        self.parts: list[Buffer] = []

    def __deepcopy__(self, memo: dict[int, object]) -> "Group":
        # Parts are never written to, so that copies can share them; and a memoryview cannot be copied.
        copy = Group(self.start, self.segment, self.segment_start)
        copy.end = self.end
        copy.parts = list(self.parts)
        memo[id(self)] = copy
        return copy


class Wal:
    """Positions of one WAL, and what is not yet on its way to the disk.

    Watermarks: `end` (where the next record would begin if the open one were closed now) >= `syncing` (handed to the disk) >= `durable`.
    There is at most one write and sync at work, and a segment is created only when everything before it is durable:
    recovery relies on both.

    One record is open at a time. Bodies and directory entries gather in it; its header and directory are made when it is closed.
    The store decides when a segment ends (`needs_segment`, `begin_segment`), because it has something to note at that boundary.
    """

    __slots__ = (
        "body_start",
        "created",
        "directory",
        "durable",
        "end",
        "gathering",
        "header_place",
        "record_bytes_max",
        "record_limit",
        "record_start",
        "reserved",
        "sealed",
        "segment_bytes",
        "segments",
        "syncing",
        "syncs",
    )

    def __init__(self, segment_bytes: int, record_bytes_max: int = MIB) -> None:
        self.segment_bytes = segment_bytes
        self.record_bytes_max = record_bytes_max
        self.segments = Segments()
        self.end = 0
        self.syncing = 0
        self.durable = 0
        self.sealed: deque[Group] = deque()
        self.gathering = Group(0, 0, 0)
        self.syncs = 0
        self.created = -1
        """Number of the newest segment that has a file."""
        self.record_start = 0
        """Of the open record: its WAL position."""
        self.body_start = 0
        """Of the open record: the WAL position of its next body."""
        self.record_limit = CLOSED
        """Of the open record: `end` does not go beyond this."""
        self.header_place = 0
        """Of the open record: the place in `gathering.parts` that is kept for its header."""
        self.directory: list[bytes] = []
        """Of the open record: its entries."""
        self.reserved = 0
        """How large the next record that is opened may become, beyond what is usual."""
        self.segments.add(0, 0)

    def resume(self, segments: list[tuple[int, int]], end: int, segment: int) -> None:
        """Go on behind what recovery found, all of which is durable, in segment `segment`.

        `segments`: number and start of those that have a file. If `segment` is not among them, it begins at `end` and is created when it
        is written to. To be called before anything else.
        """
        assert self.end == 0, "a WAL is resumed once, before it is written to"
        self.segments.clear()
        for number, start in segments:
            self.segments.add(number, start)
        has_file = bool(segments) and segments[-1][0] == segment
        self.created = segment if has_file else segment - 1
        if not has_file:
            self.segments.add(segment, end)
        self.segments.written = self.end = self.syncing = self.durable = end
        self.gathering = Group(end, segment, self.segments.starts[-1])

    @property
    def pending_bytes(self) -> int:
        """Bytes that are not durable."""
        return self.end - self.durable

    @property
    def segment(self) -> int:
        """The number of the segment that is appended to."""
        return self.gathering.segment

    @property
    def segment_start(self) -> int:
        """Where that segment begins."""
        return self.gathering.segment_start

    # Segments --------------------------------------------------------------------------------------------------------

    def needs_segment(self, size: int, entries: int = 1) -> bool:
        """Whether `entries` with `size` bytes of payload would make the segment too long, and it is not empty: then begin another one."""
        start = self.gathering.segment_start
        growth = size + ENTRY_BYTES * entries + 2 * RECORD_HEADER_BYTES  # For a new record, and for the end record.
        return self.end + growth - start > self.segment_bytes and self.end > start

    def begin_segment(self) -> None:
        """What is appended next opens a segment, however long the present one is. Nothing, if there is nothing in that one yet."""
        group = self.gathering
        if self.end == group.segment_start:
            return
        if group.parts:
            sometimes("storage: a segment ends while a group gathers")
        self._close_record()
        group.parts.append(record_header(b"", 0, self.end, group.start))
        self.end = group.end = self.end + RECORD_HEADER_BYTES
        self.sealed.append(group)
        self.gathering = Group(self.end, group.segment + 1, self.end)
        self.segments.add(group.segment + 1, self.end)

    # Appending -------------------------------------------------------------------------------------------------------

    def append(self, kind: EntryKind, keyspace: int, payload: bytes) -> int:
        """Add an entry; return the WAL position of its payload."""
        size = len(payload)
        end = self.end + size + ENTRY_BYTES
        if end > self.record_limit:
            end = self._open_record(size)
        self.gathering.parts.append(payload)
        self.directory.append(pack_entry(kind, 0, keyspace, size, 0, crc32c(payload)))
        position = self.body_start
        self.body_start = position + size
        self.end = end
        return position

    def append_batch(self, keyspace: int, prefix: bytes, batch: memoryview, offsets: int) -> int:
        """Add a batch of so many offsets, whose first bytes are replaced by `prefix`. It is not copied. Return its WAL position.

        `batch` belongs to the WAL until it is durable. Its CRC must be true: the WAL relies on it.
        """
        size = len(batch)
        end = self.end + size + ENTRY_BYTES
        if end > self.record_limit:
            end = self._open_record(size)
        stamped = prefix + batch[BATCH_PREFIX_BYTES:BATCH_SUMMED_BYTES]
        parts = self.gathering.parts
        parts.append(stamped)
        parts.append(batch[BATCH_SUMMED_BYTES:])
        self.directory.append(pack_entry(_BATCH, 0, keyspace, size, offsets, crc32c(stamped)))
        position = self.body_start
        self.body_start = position + size
        self.end = end
        return position

    def reserve(self, size: int, entries: int) -> None:
        """Have the next `entries`, with up to `size` bytes of payload together, land in one record: all of them survive or none.

        Holds until the next `flush` or `begin_segment`.
        """
        assert size <= BODY_BYTES_MAX, size
        room = size + ENTRY_BYTES * entries
        if self.end + room > self.record_limit:
            self._close_record()
            self.reserved = room

    # Group commit ----------------------------------------------------------------------------------------------------

    def flush(self, turn: Turn) -> None:
        """Hand the oldest group to the disk, unless one is on its way or there is none."""
        if self.syncing > self.durable:
            return
        group = self._next_group()
        if group is None:
            return
        file = segment_file(group.segment)
        if group.segment > self.created:
            self.created = group.segment
            turn.do(Create(file))
            turn.do(SyncDirectory())
        turn.do(Write(file, group.start - group.segment_start, joined(group.parts)))
        turn.do(Sync(file, WalSynced(group.end)))
        self.syncing = self.segments.written = group.end
        self.syncs += 1

    def on_synced(self, end: int) -> None:
        """What was handed to the disk is durable."""
        assert end == self.syncing, (end, self.syncing)
        self.durable = end

    def fail(self) -> None:
        """Nobody knows what became of the group that was handed to the disk: it is not read any more."""
        self.segments.written = self.durable

    def check(self) -> None:
        """The invariants of the WAL."""
        assert self.durable <= self.syncing <= self.end, (self.durable, self.syncing, self.end)
        assert self.segments.written in (self.syncing, self.durable), (self.segments.written, self.syncing)
        position = self.syncing
        for group in self.sealed:
            assert group.start == position, (group.start, position)
            assert group.start + sum(map(len, group.parts)) == group.end
            position = group.end
        group = self.gathering
        assert group.start == position, (group.start, position)
        unmade = RECORD_HEADER_BYTES + ENTRY_BYTES * len(self.directory) if self.directory else 0
        assert group.start + sum(map(len, group.parts)) + unmade == self.end, (group.start, unmade, self.end)
        assert bool(self.directory) == (self.record_limit != CLOSED)
        assert self.segments.numbers[-1] == group.segment
        assert self.segments.starts[-1] == group.segment_start <= group.start
        assert group.segment - 1 - len(self.sealed) <= self.created <= group.segment

    def _open_record(self, size: int) -> int:
        """Begin a record, of which the next entry has `size` bytes of payload. Return where the record would end with that entry."""
        assert size <= BODY_BYTES_MAX, size
        self._close_record()
        parts = self.gathering.parts
        self.header_place = len(parts)
        parts.append(b"")
        self.record_start = self.end
        self.body_start = self.end + RECORD_HEADER_BYTES
        end = self.body_start + size + ENTRY_BYTES
        self.record_limit = max(end, self.record_start + self.record_bytes_max, self.body_start + self.reserved)
        self.reserved = 0
        return end

    def _close_record(self) -> None:
        """Make the header and the directory of the open record, if there is one."""
        if not self.directory:
            return
        group = self.gathering
        directory = b"".join(self.directory)
        body_bytes = self.body_start - self.record_start - RECORD_HEADER_BYTES
        group.parts[self.header_place] = record_header(directory, body_bytes, self.record_start, group.start)
        group.parts.append(directory)
        group.end = self.end
        self.directory = []
        self.record_limit = CLOSED

    def _next_group(self) -> Group | None:
        if self.sealed:
            sometimes("storage: a group of an ended segment is flushed")
            return self.sealed.popleft()
        group = self.gathering
        if not group.parts:
            return None
        self._close_record()
        self.gathering = Group(self.end, group.segment, group.segment_start)
        return group


def joined(parts: list[Buffer]) -> tuple[Buffer, ...]:
    """The same bytes in fewer parts: small neighbours become one."""
    merged: list[Buffer] = []
    run: list[Buffer] = []
    for part in parts:
        if len(part) < JOINED_BELOW_BYTES:
            run.append(part)
            continue
        if run:
            merged.append(b"".join(run))
            run = []
        merged.append(part)
    if run:
        merged.append(b"".join(run))
    return tuple(merged)
