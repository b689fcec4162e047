"""Segments: where in the files of the WAL a position is, and up to which position there is something to read."""

from array import array
from bisect import bisect_left, bisect_right

from streambus.kernel import FileName, FileSlice

OPEN = -1
"""Stands for the end of the segment that is being written."""


def segment_file(number: int) -> FileName:
    """The file of the segment with this number."""
    return FileName(f"wal/{number:020d}.wal")


class Segments:
    """The live segments, in order. Shared by the WAL, which adds to them, and the logs, which read.

    `written`: the WAL position below which everything was handed to the disk, so that a slice of it has bytes. A segment that
    has become a table is forgotten here: its batches are then found through the table.
    """

    __slots__ = ("ends", "numbers", "starts", "written")

    def __init__(self) -> None:
        self.numbers = array("q")
        self.starts = array("q")
        self.ends = array("q")
        self.written = 0

    def __len__(self) -> int:
        return len(self.numbers)

    def add(self, number: int, start: int) -> None:
        """Segment `number` begins at `start`, where the one before it ends."""
        if self.numbers:
            assert number > self.numbers[-1], (number, self.numbers[-1])
            assert start > self.starts[-1], (start, self.starts[-1])
            self.ends[-1] = start
        self.numbers.append(number)
        self.starts.append(start)
        self.ends.append(OPEN)

    def clear(self) -> None:
        """Forget all segments."""
        del self.numbers[:], self.starts[:], self.ends[:]

    def forget(self, number: int) -> None:
        """Nothing is read from segment `number` any more. Harmless if it is not known."""
        place = bisect_left(self.numbers, number)
        if place < len(self.numbers) and self.numbers[place] == number:
            assert self.ends[place] != OPEN, f"segment {number} is being written"
            del self.numbers[place], self.starts[place], self.ends[place]

    def contains(self, position: int) -> bool:
        """Whether WAL position `position` lies in a live segment. It need not have been written yet."""
        place = bisect_right(self.starts, position) - 1
        return place >= 0 and (position < self.ends[place] or self.ends[place] == OPEN)

    def slice_of(self, position: int, length: int) -> FileSlice:
        """The `length` bytes at WAL position `position`, which lie in one live segment."""
        place = bisect_right(self.starts, position) - 1
        assert place >= 0, f"position {position} is below all segments"
        end = self.ends[place]
        assert end == OPEN or position + length <= end, f"{position}+{length} is not in the segment that ends at {end}"
        return FileSlice(segment_file(self.numbers[place]), position - self.starts[place], length)

    def number_at(self, position: int) -> int:
        """The number of the live segment in which WAL position `position` lies."""
        assert self.contains(position), position
        return self.numbers[bisect_right(self.starts, position) - 1]

    def file_of(self, number: int) -> FileName:
        """The file of segment `number`, live or not."""
        return segment_file(number)

    def start_of(self, number: int) -> int:
        """The WAL position at which live segment `number` begins."""
        return self.starts[self._place_of(number)]

    def end_of(self, number: int) -> int:
        """The WAL position at which live segment `number` ends; for the one being written, up to where it was handed to the disk."""
        place = self._place_of(number)
        return self.ends[place] if self.ends[place] != OPEN else max(self.written, self.starts[place])

    def _place_of(self, number: int) -> int:
        place = bisect_left(self.numbers, number)
        if place == len(self.numbers) or self.numbers[place] != number:
            raise KeyError(number)
        return place
