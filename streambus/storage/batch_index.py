"""The batches of one log: where they are in the WAL, and what must be known of them without reading them."""

from array import array
from bisect import bisect_left, bisect_right

from streambus.kernel import message
from streambus.records import BatchHeader


@message
class BatchLocation:
    """A batch of a log, as the one to scan for a record."""

    base_offset: int
    next_offset: int
    position: int
    size: int
    max_timestamp: int


class BatchIndex:
    """One row per batch in parallel arrays, in order of offsets and of positions: 46 bytes a batch.

    In memory the rows of live segments have WAL positions; an index block of a sealed table has positions in its file.
    """

    __slots__ = (
        "base_offsets",
        "base_sequences",
        "end_offset",
        "max_timestamps",
        "positions",
        "producer_epochs",
        "producer_ids",
        "sizes",
        "spans",
    )

    def __init__(self) -> None:
        self.end_offset = 0
        self.base_offsets = array("q")
        self.positions = array("q")
        self.sizes = array("I")
        self.max_timestamps = array("q")
        self.producer_ids = array("q")
        self.producer_epochs = array("h")
        self.base_sequences = array("i")
        self.spans = array("I")
        """How many offsets each batch covers, whether or not there are records for all of them."""

    def append(self, header: BatchHeader, base_offset: int, position: int, size: int) -> None:
        """Add the batch that begins at `base_offset` and lies at WAL position `position`."""
        self.base_offsets.append(base_offset)
        self.positions.append(position)
        self.sizes.append(size)
        self.max_timestamps.append(header.max_timestamp)
        self.producer_ids.append(header.producer_id)
        self.producer_epochs.append(header.producer_epoch)
        self.base_sequences.append(header.base_sequence)
        self.spans.append(header.last_offset_delta + 1)
        self.end_offset = base_offset + header.last_offset_delta + 1

    def append_hole(self, base_offset: int, position: int, offsets: int) -> None:
        """Add so many offsets whose batch, at WAL position `position`, is damaged: a row of size 0."""
        for column, value in zip(self._columns(), (base_offset, position, 0, -1, -1, -1, -1, offsets), strict=True):
            column.append(value)
        self.end_offset = base_offset + offsets

    def part(self, low: int, high: int) -> "BatchIndex":
        """A copy of the rows from `low` on and below `high`."""
        copy = BatchIndex()
        (
            copy.base_offsets,
            copy.positions,
            copy.sizes,
            copy.max_timestamps,
            copy.producer_ids,
            copy.producer_epochs,
            copy.base_sequences,
            copy.spans,
        ) = [column[low:high] for column in self._columns()]
        copy.end_offset = self.next_offset(high - 1) if high > low else self.end_offset
        return copy

    def row_of(self, offset: int) -> int:
        """The row of the batch that contains `offset`, or of the last one before it; -1 if there is none."""
        return bisect_right(self.base_offsets, offset) - 1

    def row_from(self, offset: int) -> int:
        """The first row that begins at or above `offset`."""
        return bisect_left(self.base_offsets, offset)

    def row_until(self, end_offset: int) -> int:
        """How many rows there are whose batches end at or below `end_offset`, which is in the middle of none but the last of them."""
        row = self.row_from(end_offset)
        return row - 1 if row and self.end_of(row - 1) > end_offset else row

    def next_offset(self, row: int) -> int:
        """The offset after the last one of the batch in `row`."""
        return self.base_offsets[row + 1] if row + 1 < len(self.base_offsets) else self.end_offset

    def end_of(self, row: int) -> int:
        """The offset after the last one that the batch in `row` covers: below `next_offset` if cleaning has left a gap behind it."""
        return self.base_offsets[row] + self.spans[row]

    def location(self, row: int) -> BatchLocation:
        """What is known of the batch in `row`."""
        return BatchLocation(self.base_offsets[row], self.next_offset(row), self.positions[row], self.sizes[row], self.max_timestamps[row])

    def cut_from(self, row: int) -> None:
        """Forget the batches from `row` on."""
        if row < len(self.base_offsets):
            self.end_offset = self.base_offsets[row]
            for column in self._columns():
                del column[row:]

    def cut_before(self, row: int) -> None:
        """Forget the batches before `row`."""
        for column in self._columns():
            del column[:row]

    def check(self, rows: int) -> None:
        """The invariants of the last so many rows."""
        assert len({len(column) for column in self._columns()}) == 1
        for row in range(max(len(self) - rows, 1), len(self)):
            assert self.base_offsets[row - 1] < self.base_offsets[row], (row, self.base_offsets[row])
            assert self.positions[row - 1] + self.sizes[row - 1] <= self.positions[row], (row, self.positions[row])

    def _columns(self) -> tuple["array[int]", ...]:
        return (
            self.base_offsets,
            self.positions,
            self.sizes,
            self.max_timestamps,
            self.producer_ids,
            self.producer_epochs,
            self.base_sequences,
            self.spans,
        )

    def __len__(self) -> int:
        return len(self.base_offsets)
