"""Segments: where in the files a WAL position is, and up to which position there is something to read."""

from array import array
from bisect import bisect_right

from streambus.kernel import FileName, FileSlice


def segment_file(start: int) -> FileName:
    """The file of the segment that begins at WAL position `start`."""
    return FileName(f"wal/{start:020d}.wal")


class Segments:
    """The segment files there are, in order. Shared by the WAL, which adds to it, and the logs, which read.

    `written`: the WAL position below which everything was handed to the disk, so that a slice of it has bytes. Sealed tables will take
    over from here: a range of positions is then found in a table's file instead.
    """

    __slots__ = ("starts", "written")

    def __init__(self) -> None:
        self.starts = array("q")
        self.written = 0

    def slice_of(self, position: int, length: int) -> FileSlice:
        """The `length` bytes at WAL position `position`, which lie in one segment."""
        start = self.starts[bisect_right(self.starts, position) - 1]
        return FileSlice(segment_file(start), position - start, length)
