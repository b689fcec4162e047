"""A log keyspace: the batches of one partition (or of the metadata log)."""

from streambus.kernel import Buffer, FileSlice, message
from streambus.records import BatchHeader
from streambus.storage.batch_index import BatchIndex, BatchLocation
from streambus.storage.epochs import LeaderEpochs
from streambus.storage.events import LogId
from streambus.storage.producers import Producers
from streambus.storage.segments import Segments
from streambus.storage.time_index import TimeIndex

CHECKED_ROWS = 100
"""How far back a check looks: rows only change at the ends, and a check after every few steps must stay cheap."""

READ_PARTS_MAX = 1_000
"""A read ends after this many parts: what one answer may cost its driver, however small the batches are."""


@message
class LogRead:
    """Whole batches, one after the other. `next_offset` is where to read on."""

    parts: tuple[Buffer | FileSlice, ...]
    length: int
    next_offset: int


class Log:
    """The batches of one log, in order of offsets.

    Promises: `log_start_offset <= log_end_offset`, `recovery_point <= log_end_offset`; offsets are never given twice, but for those above a
    truncation. What is read is what was appended. Only the `Store` changes a log.
    """

    __slots__ = (
        "epochs",
        "index",
        "keyspace",
        "log_end_offset",
        "log_id",
        "log_start_offset",
        "producers",
        "recent",
        "recovery_point",
        "segments",
        "times",
    )

    def __init__(self, log_id: LogId, keyspace: int, segments: Segments, producer_expiration_ms: int) -> None:
        self.log_id = log_id
        self.keyspace = keyspace
        self.segments = segments
        self.log_start_offset = 0
        self.log_end_offset = 0
        self.recovery_point = 0
        self.index = BatchIndex()
        self.times = TimeIndex()
        self.epochs = LeaderEpochs()
        self.producers = Producers(producer_expiration_ms)
        self.recent: dict[int, bytes] = {}

    # Reading ---------------------------------------------------------------------------------------------------------

    def read(self, offset: int, end_offset: int, max_bytes: int, at_least_one: bool) -> LogRead:
        """Whole batches from the one that contains `offset`, of those that begin below `end_offset`.

        At most `max_bytes`, but for a larger first batch if `at_least_one`. Batches that were neither kept in memory nor handed to the disk
        yet end the read. `offset` is within the log.
        """
        assert self.log_start_offset <= offset <= self.log_end_offset, (self.log_start_offset, offset, self.log_end_offset)
        index, recent, segments = self.index, self.recent, self.segments
        base_offsets, positions, sizes = index.base_offsets, index.positions, index.sizes
        parts: list[Buffer | FileSlice] = []
        run: list[bytes] = []
        length = 0
        row = first = max(index.row_of(offset), 0) if offset < self.log_end_offset else len(index)
        while row < len(base_offsets) and base_offsets[row] < end_offset and len(parts) < READ_PARTS_MAX:
            size = sizes[row]
            if length + size > max_bytes and not (at_least_one and row == first):
                break
            batch = recent.get(base_offsets[row])
            if batch is not None:
                run.append(batch)
            elif positions[row] + size <= segments.written:
                if run:
                    parts.append(b"".join(run))
                    run = []
                parts.append(segments.slice_of(positions[row], size))
            else:
                break
            length += size
            row += 1
        if run:
            parts.append(b"".join(run) if len(run) > 1 else run[0])
        return LogRead(tuple(parts), length, index.next_offset(row - 1) if row > first else offset)

    def bytes_between(self, offset: int, end_offset: int, enough: int) -> int:
        """How many bytes of batches there are from the one that contains `offset` to `end_offset`; counting stops at `enough`."""
        index = self.index
        total = 0
        first = max(index.row_of(offset), 0) if offset < self.log_end_offset else len(index)
        for row in range(first, index.row_from(end_offset)):
            total += index.sizes[row]
            if total >= enough:
                break
        return total

    def batch_at_time(self, timestamp: int) -> BatchLocation | None:
        """The first batch whose largest timestamp is at least `timestamp`."""
        return self._location(self.times.first_reaching(timestamp))

    def batch_of_max_timestamp(self) -> BatchLocation | None:
        """The first batch with the largest timestamp of all (KIP-734)."""
        return self._location(self.times.base_offset_of_max)

    def _location(self, base_offset: int | None) -> BatchLocation | None:
        return None if base_offset is None else self.index.location(self.index.row_of(base_offset))

    # Changes, made alike by the store when it is asked and by recovery when it reads ----------------------------------

    def append(self, header: BatchHeader, base_offset: int, leader_epoch: int, position: int, size: int, now_ms: int) -> None:
        """A batch with these offsets lies at WAL position `position`."""
        assert base_offset == self.log_end_offset, (base_offset, self.log_end_offset)
        self.epochs.assign(leader_epoch, base_offset)
        self.index.append(header, base_offset, position, size)
        self.times.append(header.max_timestamp, base_offset)
        if header.producer_id >= 0 and header.base_sequence >= 0:
            self.producers.append(header, base_offset, now_ms)
        self.log_end_offset = self.index.end_offset

    def truncate(self, end_offset: int) -> None:
        """Forget the batches that reach beyond `end_offset`."""
        assert self.log_start_offset <= end_offset <= self.log_end_offset, (self.log_start_offset, end_offset, self.log_end_offset)
        if end_offset == self.log_end_offset:
            return
        index = self.index
        row = max(index.row_of(end_offset), 0)
        end_offset = index.base_offsets[row]
        index.cut_from(row)
        self.times.cut_from(end_offset)
        self.epochs.cut_from(end_offset)
        self.producers.cut_from(end_offset, index)
        while self.recent and next(reversed(self.recent)) >= end_offset:
            self.recent.popitem()
        # A batch that a trim had cut in two leaves nothing behind; offsets below the start are not given again.
        self.log_end_offset = index.end_offset = max(end_offset, self.log_start_offset)
        self.recovery_point = min(self.recovery_point, self.log_end_offset)

    def trim(self, start_offset: int) -> None:
        """Forget the records below `start_offset`. A batch that contains it stays whole."""
        assert start_offset <= self.log_end_offset, (start_offset, self.log_end_offset)
        if start_offset <= self.log_start_offset:
            return
        self.log_start_offset = start_offset
        index = self.index
        row = max(index.row_of(start_offset), 0) if start_offset < self.log_end_offset else len(index)
        index.cut_before(row)
        first_offset = index.base_offsets[0] if len(index) else index.end_offset
        self.recent = {base_offset: batch for base_offset, batch in self.recent.items() if base_offset >= first_offset}
        self.times.cut_before(index)
        self.epochs.cut_before(start_offset)

    def check(self) -> None:
        """The invariants of this log."""
        index = self.index
        assert 0 <= self.log_start_offset <= self.log_end_offset, (self.log_start_offset, self.log_end_offset)
        assert 0 <= self.recovery_point <= self.log_end_offset, (self.recovery_point, self.log_end_offset)
        assert index.end_offset == self.log_end_offset, (index.end_offset, self.log_end_offset)
        index.check(CHECKED_ROWS)
        if len(index):
            assert index.base_offsets[0] <= self.log_start_offset < index.next_offset(0)
        else:
            assert self.log_start_offset == self.log_end_offset
        timestamps = self.times.timestamps[-CHECKED_ROWS:]
        assert list(timestamps) == sorted(set(timestamps))
        assert all(index.base_offsets[index.row_of(offset)] == offset for offset in self.times.base_offsets[-CHECKED_ROWS:])
        assert list(self.epochs.epochs) == sorted(set(self.epochs.epochs))
        assert list(self.epochs.start_offsets) == sorted(set(self.epochs.start_offsets))
        if self.recent:
            assert index.base_offsets[0] <= next(iter(self.recent)) <= next(reversed(self.recent)) <= index.base_offsets[-1]
