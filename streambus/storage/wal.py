"""The write-ahead log: frames gather in memory, and go to the disk in groups, one write and one sync each."""

from collections import deque

from streambus.kernel import Buffer, Create, Sync, SyncDirectory, Turn, Write, sometimes
from streambus.storage.events import WalSynced
from streambus.storage.frames import BATCH_PREFIX_BYTES, BATCH_SUMMED_BYTES, FRAME_HEADER_BYTES, FrameKind, frame_header
from streambus.storage.segments import Segments, segment_file

JOINED_BELOW_BYTES = 4 * 1024
"""Smaller parts are joined with their neighbours before they are written: copying them costs less than naming them to the system."""


class Group:
    """Frames that will be written together. They begin at WAL position `start`, in the segment that begins at `segment`."""

    __slots__ = ("end", "parts", "segment", "start")

    def __init__(self, start: int, segment: int) -> None:
        self.start = start
        self.end = start
        self.segment = segment
        self.parts: list[Buffer] = []

    def __deepcopy__(self, memo: dict[int, object]) -> "Group":
        # Parts are never written to, so that copies can share them; and a memoryview cannot be copied.
        copy = Group(self.start, self.segment)
        copy.end = self.end
        copy.parts = list(self.parts)
        memo[id(self)] = copy
        return copy


class Wal:
    """Positions of one WAL, and what is not yet on its way to the disk.

    Watermarks: `end` (next frame) >= `syncing` (handed to the disk) >= `durable`. There is at most one write and sync at work, and
    a segment is created only when everything before it is durable: recovery relies on both.
    """

    __slots__ = ("durable", "end", "gathering", "sealed", "segment_bytes", "segments", "syncing", "syncs")

    def __init__(self, segment_bytes: int) -> None:
        self.segment_bytes = segment_bytes
        self.segments = Segments()
        self.end = 0
        self.syncing = 0
        self.durable = 0
        self.sealed: deque[Group] = deque()
        self.gathering = Group(0, 0)
        self.syncs = 0

    def resume(self, segment_starts: list[int], end: int) -> None:
        """Go on behind what recovery found, all of which is durable."""
        self.segments.starts.extend(segment_starts)
        self.segments.written = self.end = self.syncing = self.durable = end
        self.gathering = Group(end, segment_starts[-1] if segment_starts else 0)

    @property
    def pending_bytes(self) -> int:
        """Bytes that are not durable."""
        return self.end - self.durable

    def begin_segment(self) -> None:
        """The next frame opens a segment, however large the present one is. Nothing, if there is nothing in that one yet."""
        group = self.gathering
        if self.end > group.segment:
            if group.parts:
                self.sealed.append(group)
            self.gathering = Group(self.end, self.end)

    def append(self, kind: FrameKind, keyspace: int, payload: bytes) -> int:
        """Add a frame; return the WAL position at which it ends."""
        group = self._group_for(FRAME_HEADER_BYTES + len(payload))
        group.parts.append(frame_header(kind, keyspace, self.end, group.start, len(payload), payload) + payload)
        return self._advance(group, FRAME_HEADER_BYTES + len(payload))

    def append_batch(self, keyspace: int, prefix: bytes, batch: memoryview) -> int:
        """Add a frame with a batch whose first bytes are replaced by `prefix`; it is not copied. Return the WAL position of its end.

        `batch` belongs to the WAL until it is durable. Its CRC must be true: the WAL relies on it.
        """
        size = len(batch)
        group = self._group_for(FRAME_HEADER_BYTES + size)
        stamped = prefix + batch[BATCH_PREFIX_BYTES:BATCH_SUMMED_BYTES]
        group.parts.append(frame_header(FrameKind.BATCH, keyspace, self.end, group.start, size, stamped) + prefix)
        group.parts.append(batch[BATCH_PREFIX_BYTES:])
        return self._advance(group, FRAME_HEADER_BYTES + size)

    def flush(self, turn: Turn) -> None:
        """Hand the oldest group to the disk, unless one is on its way or there is none."""
        if self.syncing > self.durable:
            return
        group = self._next_group()
        if group is None:
            return
        file = segment_file(group.segment)
        if not self.segments.starts or self.segments.starts[-1] != group.segment:
            self.segments.starts.append(group.segment)
            turn.do(Create(file))
            turn.do(SyncDirectory())
        turn.do(Write(file, group.start - group.segment, joined(group.parts)))
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
        for group in [*self.sealed, self.gathering]:
            assert group.start == position, (group.start, position)
            assert group.start + sum(map(len, group.parts)) == group.end
            position = group.end
        assert position == self.end, (position, self.end)

    def _group_for(self, size: int) -> Group:
        """The group that takes the next frame: a new one if the frame opens a segment."""
        group = self.gathering
        if self.end + size - group.segment > self.segment_bytes and self.end > group.segment:
            if group.parts:
                sometimes("storage: a segment is full while a group gathers")
            self.begin_segment()
            group = self.gathering
        return group

    def _advance(self, group: Group, size: int) -> int:
        self.end = group.end = self.end + size
        return self.end

    def _next_group(self) -> Group | None:
        if self.sealed:
            sometimes("storage: a sealed group is flushed")
            return self.sealed.popleft()
        group = self.gathering
        if not group.parts:
            return None
        self.gathering = Group(self.end, group.segment)
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
