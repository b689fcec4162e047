"""The time index of one log: which batch is the first that reaches a timestamp."""

from array import array
from bisect import bisect_left

from streambus.storage.batch_index import BatchIndex


class TimeIndex:
    """The batches whose largest timestamp is larger than those of all batches before them.

    Timestamps come from producers and may go back; those of these batches only rise, so they can be searched. The first batch that
    reaches a timestamp is always one of them.
    """

    __slots__ = ("base_offsets", "timestamps")

    def __init__(self) -> None:
        self.timestamps = array("q")
        self.base_offsets = array("q")

    def append(self, max_timestamp: int, base_offset: int) -> None:
        """Note a batch at the end of the log. Batches without a timestamp (-1) are never found."""
        if max_timestamp > (self.timestamps[-1] if self.timestamps else -1):
            self.timestamps.append(max_timestamp)
            self.base_offsets.append(base_offset)

    def first_reaching(self, timestamp: int) -> int | None:
        """Base offset of the first batch with a timestamp of at least `timestamp`."""
        row = bisect_left(self.timestamps, timestamp)
        return self.base_offsets[row] if row < len(self.timestamps) else None

    @property
    def base_offset_of_max(self) -> int | None:
        """Base offset of the first batch with the largest timestamp of all."""
        return self.base_offsets[-1] if self.base_offsets else None

    def cut_from(self, end_offset: int) -> None:
        """Forget the batches that begin at or above `end_offset`."""
        row = bisect_left(self.base_offsets, end_offset)
        del self.timestamps[row:], self.base_offsets[row:]

    def cut_before(self, index: BatchIndex) -> None:
        """Forget the batches that are no longer in `index`, and find those that they had overshadowed."""
        first_offset = index.base_offsets[0] if len(index) else index.end_offset
        kept = bisect_left(self.base_offsets, first_offset)
        if not kept:
            return
        del self.timestamps[:kept], self.base_offsets[:kept]
        end_offset = self.base_offsets[0] if self.base_offsets else index.end_offset
        uncovered = TimeIndex()
        for row in range(index.row_from(end_offset)):
            uncovered.append(index.max_timestamps[row], index.base_offsets[row])
        self.timestamps[:0] = uncovered.timestamps
        self.base_offsets[:0] = uncovered.base_offsets
