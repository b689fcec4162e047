"""Reading a log: whole batches from an offset on, as slices of files and copies of what is recent."""

from __future__ import annotations

from bisect import bisect_right
from enum import Enum
from typing import TYPE_CHECKING

from streambus.kernel import Buffer, FileName, FileSlice, message
from streambus.storage.batch_index import BatchIndex
from streambus.storage.shelf import NotLoaded, Unreadable

if TYPE_CHECKING:
    from streambus.storage.log import Log

READ_PARTS_MAX = 1_000
"""A read ends after this many parts: what one answer may cost its driver, however small the batches are."""


class Stop(Enum):
    """Why a read ended before its limits."""

    LOADING = "an index block is not in memory: `LogLoaded` is told when it is"
    DAMAGED = "what follows is damaged on this disk"


@message
class LogRead:
    """Whole batches, one after the other. `next_offset` is where to read on; `stopped` says why there is not more, if the limits do not."""

    parts: tuple[Buffer | FileSlice, ...]
    length: int
    next_offset: int
    stopped: Stop | None = None


class Reading:
    """One read of one log on its way: what was found, and what limits it."""

    __slots__ = ("at_least_one", "end_offset", "is_over", "length", "log", "max_bytes", "next_offset", "parts", "run", "span", "stopped")

    def __init__(self, log: Log, offset: int, end_offset: int, max_bytes: int, at_least_one: bool) -> None:
        self.log = log
        self.next_offset = offset
        self.end_offset = end_offset
        self.max_bytes = max_bytes
        self.at_least_one = at_least_one
        self.length = 0
        self.parts: list[Buffer | FileSlice] = []
        self.span: tuple[FileName, int, int] | None = None
        """The slice that is growing: file, position, end."""
        self.run: list[bytes] = []
        """Neighbours from memory that will be one part."""
        self.is_over = False
        self.stopped: Stop | None = None

    def read_blocks(self) -> None:
        """Take batches of the sealed part."""
        log = self.log
        number = max(log.blocks.row_of(self.next_offset), 0)
        while not self.is_over and number < len(log.blocks):
            ref = log.blocks.ref(number)
            if ref.first_offset >= self.end_offset:
                self.is_over = True
                return
            try:
                rows = log.shelf.rows(ref.table, ref.block, log.log_id)
            except NotLoaded:
                self._stop(Stop.LOADING)
                return
            except Unreadable:
                self._stop(Stop.DAMAGED)
                return
            self._read_block(rows, log.shelf.directories[ref.table].info.file, min(self.end_offset, ref.end_offset))
            if not self.is_over and self.next_offset < ref.end_offset <= self.end_offset:
                self.next_offset = ref.end_offset  # What cleaning left out at the end of a block.
            number += 1

    def _read_block(self, rows: BatchIndex, file: FileName, end_offset: int) -> None:
        positions, sizes = rows.positions, rows.sizes
        end_row = rows.row_from(end_offset)
        row = max(rows.row_of(self.next_offset), 0)
        if row < len(rows) and rows.end_of(row) <= self.next_offset:
            row += 1  # Cleaning has left a gap here: what is next is what was asked for.
        while row < end_row:
            if not self._has_room(rows.base_offsets[row], rows.next_offset(row), sizes[row]):
                return
            end = row + 1 if self.log.holes else run_end(rows, row, end_row, self.max_bytes - self.length)
            self._add_slice(file, positions[row], positions[end - 1] + sizes[end - 1] - positions[row])
            self.next_offset = rows.end_of(end - 1)
            row = end

    def read_rows(self) -> None:
        """Take batches of live segments: from memory if they are recent, else from their segment."""
        log = self.log
        index, recent, segments = log.index, log.recent, log.segments
        base_offsets, positions, sizes = index.base_offsets, index.positions, index.sizes
        row = max(index.row_of(self.next_offset), 0) if self.next_offset < log.log_end_offset else len(index)
        written_row = min(bisect_right(positions, segments.written), index.row_from(self.end_offset))
        while row < len(base_offsets) and base_offsets[row] < self.end_offset:
            size = sizes[row]
            if not self._has_room(base_offsets[row], base_offsets[row] + 1, size):
                return
            batch = recent.get(base_offsets[row])
            end = row + 1
            if batch is not None:
                self._add_bytes(batch)
            elif positions[row] + size <= segments.written:
                if not recent and not log.holes:
                    end = run_end(index, row, written_row, self.max_bytes - self.length)
                place = segments.slice_of(positions[row], positions[end - 1] + sizes[end - 1] - positions[row])
                self._add_slice(place.file, place.position, place.length)
            else:
                return
            row = end
            self.next_offset = index.next_offset(row - 1)

    def result(self) -> LogRead:
        """What was found."""
        self._close_run()
        self._close_span()
        return LogRead(tuple(self.parts), self.length, self.next_offset, self.stopped)

    def _stop(self, reason: Stop) -> None:
        self.is_over = True
        self.stopped = reason

    def _has_room(self, base_offset: int, next_offset: int, size: int) -> bool:
        """Whether a batch can be added; if not, the read is over."""
        if not size or (self.log.holes and any(first < next_offset and base_offset < end for first, end in self.log.holes)):
            self._stop(Stop.DAMAGED)
            return False
        if (self.length + size > self.max_bytes and (self.length or not self.at_least_one)) or len(self.parts) >= READ_PARTS_MAX:
            self.is_over = True
            return False
        return True

    def _add_slice(self, file: FileName, position: int, size: int) -> None:
        self._close_run()
        self.length += size
        span = self.span
        if span is not None and span[2] == position and span[0] == file:
            self.span = (file, span[1], position + size)
            return
        self._close_span()
        self.span = (file, position, position + size)

    def _add_bytes(self, batch: bytes) -> None:
        self._close_span()
        self.length += len(batch)
        self.run.append(batch)

    def _close_span(self) -> None:
        if self.span is not None:
            file, position, end = self.span
            self.parts.append(FileSlice(file, position, end - position))
            self.span = None

    def _close_run(self) -> None:
        if self.run:
            self.parts.append(b"".join(self.run) if len(self.run) > 1 else self.run[0])
            self.run = []


def run_end(rows: BatchIndex, row: int, end_row: int, room: int) -> int:
    """Behind which row, below `end_row`, a run of batches ends that lie side by side from `row` on, and have no more than `room` bytes.

    The one in `row` is always in it. Looked for by halving, so that a run costs little however many batches it has.
    """
    positions, sizes = rows.positions, rows.sizes
    high = bisect_right(positions, positions[row] + room, row + 1, end_row)
    while high > row + 1 and positions[high - 1] + sizes[high - 1] - positions[row] > room:
        high -= 1
    if _is_run(rows, row, high):
        return high
    low, high = row + 1, high - 1
    while low < high:
        middle = (low + high + 1) // 2
        if _is_run(rows, row, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _is_run(rows: BatchIndex, low: int, high: int) -> bool:
    sizes = rows.sizes[low:high]
    return 0 not in sizes and sum(sizes) == rows.positions[high - 1] + rows.sizes[high - 1] - rows.positions[low]
