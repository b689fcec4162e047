"""A log keyspace: the batches of one partition (or of the metadata log)."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping

from streambus.records import BatchHeader
from streambus.storage.batch_index import BatchIndex, BatchLocation
from streambus.storage.block_list import BlockList, BlockRef
from streambus.storage.epochs import LeaderEpochs
from streambus.storage.events import LogId
from streambus.storage.producers import Producers
from streambus.storage.reading import LogRead, Reading
from streambus.storage.shelf import Shelf
from streambus.storage.time_index import TimeIndex
from streambus.storage.transactions import Transactions
from streambus.storage.wal_segments import Segments

CHECKED_ROWS = 100
"""How far back a check looks: rows only change at the ends, and a check after every few steps must stay cheap."""


class Log:
    """The batches of one log, in order of offsets: a sealed part in tables, then the rows of live segments in memory.

    Promises: `log_start_offset <= log_end_offset`, `recovery_point <= log_end_offset`; offsets are never given twice, but for those above a
    truncation. What is read is what was appended, or what cleaning left of it. Only the `Store` changes a log.

    A batch that is known to be damaged has a row of size 0: its offsets are there, its bytes are not.
    """

    __slots__ = (
        "blocks",
        "checkpoint_offset",
        "cleaned_end",
        "epochs",
        "holes",
        "index",
        "keyspace",
        "log_end_offset",
        "log_id",
        "log_start_offset",
        "producers",
        "recent",
        "recovery_point",
        "segments",
        "shelf",
        "times",
        "transactions",
    )

    def __init__(self, log_id: LogId, keyspace: int, segments: Segments, shelf: Shelf, producer_expiration_ms: int) -> None:
        self.log_id = log_id
        self.keyspace = keyspace
        self.segments = segments
        self.shelf = shelf
        self.log_start_offset = 0
        self.log_end_offset = 0
        self.recovery_point = 0
        self.blocks = BlockList()
        self.index = BatchIndex()
        self.times = TimeIndex()
        self.epochs = LeaderEpochs()
        self.producers = Producers(producer_expiration_ms)
        self.transactions = Transactions()
        self.checkpoint_offset = 0
        """Where the log ended at the last checkpoint, or was truncated to since."""
        self.cleaned_end = 0
        """Where the last cleaning ended: below, of each key only the newest record is left."""
        self.recent: dict[int, bytes] = {}
        self.holes: list[tuple[int, int]] = []
        """Ranges of offsets in sealed tables that turned out to be damaged in this life."""

    # Reading ---------------------------------------------------------------------------------------------------------

    @property
    def live_start_offset(self) -> int:
        """Where the sealed part ends and the rows in memory begin."""
        return self.index.base_offsets[0] if len(self.index) else self.log_end_offset

    @property
    def size_bytes(self) -> int:
        """How many bytes of batches there are. A block of which some is gone counts as a whole: nothing is loaded to know better."""
        directories = self.shelf.directories
        return sum(directories[ref.table].data_bytes[ref.block] for ref in self.blocks.refs()) + sum(self.index.sizes)

    def read(self, offset: int, end_offset: int, max_bytes: int, at_least_one: bool) -> LogRead:
        """Whole batches from the one that contains `offset`, of those that begin below `end_offset`.

        At most `max_bytes`, but for a larger first batch if `at_least_one`. Batches that were neither kept in memory nor handed to the disk
        yet end the read. `offset` is within the log.
        """
        assert self.log_start_offset <= offset <= self.log_end_offset, (self.log_start_offset, offset, self.log_end_offset)
        reading = Reading(self, offset, end_offset, max_bytes, at_least_one)
        if self.blocks and offset < self.blocks.end_offset:
            reading.read_blocks()
        if not reading.is_over:
            reading.read_rows()
        return reading.result()

    def bytes_between(self, offset: int, end_offset: int, enough: int) -> int:
        """How many bytes of batches there are from the one that contains `offset` to `end_offset`; counting stops at `enough`.

        Raises `NotLoaded`, `Unreadable`.
        """
        total = 0
        if self.blocks and offset < self.blocks.end_offset:
            for number in range(max(self.blocks.row_of(offset), 0), len(self.blocks)):
                if total >= enough or self.blocks.first_offsets[number] >= end_offset:
                    return total
                total += self._bytes_in_block(self.blocks.ref(number), offset, end_offset, enough - total)
        if offset >= self.log_end_offset:
            return total
        return total + _bytes_between(self.index, offset, end_offset, enough - total)

    def _bytes_in_block(self, ref: BlockRef, offset: int, end_offset: int, enough: int) -> int:
        """How many bytes a block leads to, between two offsets. What directories say of whole blocks is enough for these."""
        directory = self.shelf.directories[ref.table]
        first_offset, block_end = directory.first_offsets[ref.block], directory.end_offsets[ref.block]
        if offset <= first_offset and block_end <= end_offset and (ref.first_offset, ref.end_offset) == (first_offset, block_end):
            return directory.data_bytes[ref.block]
        rows = self.shelf.rows(ref.table, ref.block, self.log_id)
        return _bytes_between(rows, offset, min(end_offset, ref.end_offset), enough)

    def batch_at_time(self, timestamp: int, from_offset: int = 0) -> BatchLocation | None:
        """The first batch that reaches beyond `from_offset` whose largest timestamp is at least `timestamp`.

        Cleaning may have left nothing of that batch but its header. Raises `NotLoaded`, `Unreadable`.
        """
        for number in range(max(self.blocks.row_of(from_offset), 0), len(self.blocks)):
            if self._max_timestamp(number) >= timestamp:
                found = self._first_reaching(number, timestamp, from_offset)
                if found is not None:
                    return found
        index = self.index
        if from_offset <= self.live_start_offset:
            offset = self.times.first_reaching(timestamp)
            return None if offset is None else index.location(index.row_of(offset))
        for row in range(max(index.row_of(from_offset), 0), len(index)):
            if index.max_timestamps[row] >= timestamp and index.end_of(row) > from_offset:
                return index.location(row)
        return None

    def batch_of_max_timestamp(self) -> BatchLocation | None:
        """The first batch with the largest timestamp of all (KIP-734). Raises `NotLoaded`, `Unreadable`."""
        offset = self.times.base_offset_of_max
        best = None if offset is None else self.index.location(self.index.row_of(offset))
        for number in sorted(range(len(self.blocks)), key=lambda number: (-self._max_timestamp(number), number)):
            # What a block's directory entry says may be about a part of it that is gone: it is a bound.
            if (self._max_timestamp(number), -self.blocks.first_offsets[number]) <= _time_and_place(best):
                break
            best = max(best, self._latest_in(number), key=_time_and_place)
        return best

    def _max_timestamp(self, number: int) -> int:
        directory = self.shelf.directories[self.blocks.tables[number]]
        return directory.max_timestamps[self.blocks.blocks[number]]

    def _latest_in(self, number: int) -> BatchLocation | None:
        """The first batch with the largest timestamp of those of a block that are still there; None if none has a timestamp."""
        latest = -1
        for timestamp in self._live_timestamps(number):
            latest = max(latest, timestamp)
        return self._first_reaching(number, latest, 0) if latest >= 0 else None

    def _live_timestamps(self, number: int) -> Iterator[int]:
        ref = self.blocks.ref(number)
        first_offset = max(ref.first_offset, self.log_start_offset)
        rows = self.shelf.rows(ref.table, ref.block, self.log_id)
        for row in range(max(rows.row_of(first_offset), 0), rows.row_from(ref.end_offset)):
            if rows.end_of(row) > first_offset:
                yield rows.max_timestamps[row]

    def _first_reaching(self, number: int, timestamp: int, from_offset: int) -> BatchLocation | None:
        ref = self.blocks.ref(number)
        beyond = max(ref.first_offset, self.log_start_offset, from_offset)
        rows = self.shelf.rows(ref.table, ref.block, self.log_id)
        for row in range(len(rows)):
            if rows.base_offsets[row] >= ref.end_offset:
                return None
            if rows.max_timestamps[row] >= timestamp and rows.end_of(row) > beyond:
                return rows.location(row)
        return None

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

    def append_hole(self, position: int, offsets: int) -> None:
        """So many offsets follow whose batch, at WAL position `position`, is damaged."""
        self.index.append_hole(self.log_end_offset, position, offsets)
        self.log_end_offset = self.index.end_offset

    def boundary_of(self, offset: int) -> int:
        """Where a truncation to `offset` ends: there, or where the batch begins that contains it. Raises `NotLoaded`, `Unreadable`."""
        assert self.log_start_offset <= offset <= self.log_end_offset, (self.log_start_offset, offset, self.log_end_offset)
        if offset == self.log_end_offset:
            return offset
        rows, row = self._row_of(offset)
        is_within = row >= 0 and rows.end_of(row) > offset  # Or cleaning has left a gap there.
        return max(rows.base_offsets[row], self.log_start_offset) if is_within else offset

    def _row_of(self, offset: int) -> tuple[BatchIndex, int]:
        if not self.blocks or offset >= self.blocks.end_offset:
            return self.index, self.index.row_of(offset)
        ref = self.blocks.ref(max(self.blocks.row_of(offset), 0))
        rows = self.shelf.rows(ref.table, ref.block, self.log_id)
        return rows, rows.row_of(offset)

    def rows_before(self, end_offset: int) -> list[tuple[BatchIndex, int]]:
        """The rows to look at for what was appended last below `end_offset`: (rows, how many of them), newest first. Raises `NotLoaded`.

        Of the sealed part only the block that contains `end_offset` is looked at: what is older has its state in checkpoints.
        """
        found = [(self.index, self.index.row_until(end_offset))]
        if self.blocks and end_offset <= self.blocks.end_offset and self.blocks.row_of(end_offset - 1) >= 0:
            ref = self.blocks.ref(self.blocks.row_of(end_offset - 1))
            rows = self.shelf.rows(ref.table, ref.block, self.log_id)
            found.append((rows, rows.row_until(end_offset)))
        return found

    def truncate(self, end_offset: int) -> int:
        """Forget the batches from `end_offset` on, which is the boundary of a batch, the start or the end. Not what is known of producers.

        Returns how many bytes of live segments are not needed any more.
        """
        assert self.log_start_offset <= end_offset <= self.log_end_offset, (self.log_start_offset, end_offset, self.log_end_offset)
        if end_offset == self.log_end_offset:
            return 0
        # A batch that a trim had cut in two leaves nothing behind, if nothing is left of the log.
        cut_from = end_offset if end_offset > self.log_start_offset else 0
        index = self.index
        row = index.row_from(cut_from)
        garbage_bytes = sum(index.sizes[row:])
        index.cut_from(row)
        self.times.cut_from(cut_from)
        for ref in self.blocks.cut_from(cut_from):
            self.shelf.release(ref.table, ref.block)
        self.epochs.cut_from(end_offset)
        self.transactions.cut_from(end_offset)
        self.checkpoint_offset = min(self.checkpoint_offset, end_offset)
        self.cleaned_end = min(self.cleaned_end, end_offset)
        while self.recent and next(reversed(self.recent)) >= cut_from:
            self.recent.popitem()
        self.log_end_offset = index.end_offset = end_offset
        self.recovery_point = min(self.recovery_point, self.log_end_offset)
        return garbage_bytes

    def trim(self, start_offset: int, *, is_unwanted: bool = False) -> int:
        """Forget the records below `start_offset`. A batch that contains it stays whole. Returns like `truncate`."""
        assert start_offset <= self.log_end_offset, (start_offset, self.log_end_offset)
        if start_offset <= self.log_start_offset:
            return 0
        self.log_start_offset = start_offset
        for ref in self.blocks.cut_before(start_offset):
            self.shelf.release(ref.table, ref.block, is_unwanted=is_unwanted)
        index = self.index
        row = max(index.row_of(start_offset), 0) if start_offset < self.log_end_offset else len(index)
        garbage_bytes = sum(index.sizes[:row])
        index.cut_before(row)
        self._forget_recent()
        self.times.cut_before(index)
        self.epochs.cut_before(start_offset)
        self.transactions.cut_before(start_offset)
        return garbage_bytes

    def _forget_recent(self) -> None:
        first_offset = self.live_start_offset
        recent = self.recent
        while recent and next(iter(recent)) < first_offset:
            del recent[next(iter(recent))]

    # From memory into tables, and from table to table ------------------------------------------------------------------

    def seal_rows(self, end_position: int, refs: list[BlockRef]) -> None:
        """The rows of batches below WAL position `end_position` are in index blocks now: `refs`, as they were when it was full."""
        index = self.index
        rows = bisect_left(index.positions, end_position)
        if not rows:
            return
        first_offset = self.blocks.end_offset if self.blocks else index.base_offsets[0]
        end_offset = index.next_offset(rows - 1)
        for ref in refs:
            clipped = BlockRef(max(ref.first_offset, first_offset), min(ref.end_offset, end_offset), ref.table, ref.block)
            if clipped.first_offset < clipped.end_offset:
                self.blocks.append(clipped)
                self.shelf.take(ref.table, ref.block)
        index.cut_before(rows)
        self._forget_recent()
        self.times.cut_before(index)

    def swap_blocks(self, sources: Mapping[tuple[int, int], None], refs: list[BlockRef]) -> None:
        """What the blocks `sources` (table, block) had is in `refs` now. Of what was trimmed or cut off meanwhile nothing comes back."""
        gone, come = self.blocks.swap(sources, refs)
        for ref in come:
            self.shelf.take(ref.table, ref.block)
        # A block that was trimmed in part may have become several, and some of these are below the start.
        for ref in [*gone, *self.blocks.cut_before(self.log_start_offset)]:
            self.shelf.release(ref.table, ref.block)

    def missing(self) -> tuple[int, int] | None:
        """Offsets that should be here, and of which nobody says where they are."""
        offset = self.log_start_offset
        for ref in self.blocks.refs():
            if ref.first_offset > offset:
                return offset, ref.first_offset
            offset = ref.end_offset
        return None if offset >= self.live_start_offset else (offset, self.live_start_offset)

    def check(self) -> None:
        """The invariants of this log."""
        index = self.index
        assert 0 <= self.log_start_offset <= self.log_end_offset, (self.log_start_offset, self.log_end_offset)
        assert 0 <= self.recovery_point <= self.log_end_offset, (self.recovery_point, self.log_end_offset)
        assert index.end_offset == self.log_end_offset, (index.end_offset, self.log_end_offset)
        index.check(CHECKED_ROWS)
        self._check_blocks()
        timestamps = self.times.timestamps[-CHECKED_ROWS:]
        assert list(timestamps) == sorted(set(timestamps))
        assert all(index.base_offsets[index.row_of(offset)] == offset for offset in self.times.base_offsets[-CHECKED_ROWS:])
        assert list(self.epochs.epochs) == sorted(set(self.epochs.epochs))
        assert list(self.epochs.start_offsets) == sorted(set(self.epochs.start_offsets))
        if self.recent:
            assert index.base_offsets[0] <= next(iter(self.recent)) <= next(reversed(self.recent)) <= index.base_offsets[-1]

    def _check_blocks(self) -> None:
        blocks, index = self.blocks, self.index
        if blocks:
            assert blocks.first_offsets[0] <= self.log_start_offset < blocks.end_offsets[0], (self.log_start_offset, blocks.ref(0))
            assert blocks.end_offset == self.live_start_offset, (blocks.end_offset, self.live_start_offset)
            assert all(blocks.tables[row] in self.shelf.directories for row in range(max(len(blocks) - CHECKED_ROWS, 0), len(blocks)))
        elif len(index):
            assert index.base_offsets[0] <= self.log_start_offset < index.next_offset(0)
        else:
            assert self.log_start_offset == self.log_end_offset


def _bytes_between(rows: BatchIndex, offset: int, end_offset: int, enough: int) -> int:
    total = 0
    for row in range(max(rows.row_of(offset), 0), rows.row_from(end_offset)):
        total += rows.sizes[row]
        if total >= enough:
            break
    return total


def _time_and_place(batch: BatchLocation | None) -> tuple[int, int]:
    """What sorts the batch last that has the largest timestamp and, of several, comes first; one without a timestamp is none."""
    return (-1, 1) if batch is None or batch.max_timestamp < 0 else (batch.max_timestamp, -batch.base_offset)
