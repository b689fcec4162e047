"""Key ranges: which keys were deleted by the range, as disjoint half-open ranges in order."""

from bisect import bisect_left, bisect_right

KeyRange = tuple[bytes, bytes]
"""From the first key on, below the last one."""


class KeyRanges:
    """A set of keys, given as ranges. Ranges that touch become one."""

    __slots__ = ("firsts", "lasts")

    def __init__(self, ranges: tuple[KeyRange, ...] = ()) -> None:
        self.firsts: list[bytes] = []
        self.lasts: list[bytes] = []
        for first, last in ranges:
            self.add(first, last)

    def add(self, first: bytes, last: bytes) -> None:
        """Have the keys from `first` on and below `last` be in the set."""
        if first >= last:
            return
        low = bisect_left(self.lasts, first)
        high = bisect_right(self.firsts, last)
        if low < high:
            first = min(first, self.firsts[low])
            last = max(last, self.lasts[high - 1])
        self.firsts[low:high] = [first]
        self.lasts[low:high] = [last]

    def __contains__(self, key: bytes) -> bool:
        row = bisect_right(self.firsts, key) - 1
        return row >= 0 and key < self.lasts[row]

    def __len__(self) -> int:
        return len(self.firsts)

    def to_tuple(self) -> tuple[KeyRange, ...]:
        """The ranges, in order."""
        return tuple(zip(self.firsts, self.lasts, strict=True))
