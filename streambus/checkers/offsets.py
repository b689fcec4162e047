"""A table from offset to number: an array where offsets are dense, a dict for the strange rest."""

from array import array
from collections.abc import Iterator

NOTHING = -1
"""What an offset without an entry holds."""

NUMBER_MAX = 2**61
"""Times and offsets beyond this are no times and offsets: what holds them is left out, and counted as strange."""

_GAP_MAX = 4_096
"""An array is filled up over gaps of this length, so that a wild offset cannot make it large."""


class OffsetTable:
    """Numbers (not negative, below 2^31) by offset: 4 bytes for each offset of a dense log, about 100 for a stray one."""

    __slots__ = ("base", "dense", "sparse")

    def __init__(self) -> None:
        self.base = 0
        self.dense = array("i")
        self.sparse: dict[int, int] = {}

    def at(self, offset: int) -> int:
        """The number at `offset`, or `NOTHING`."""
        index = offset - self.base
        if 0 <= index < len(self.dense):
            number = self.dense[index]
            if number >= 0:
                return number
        return self.sparse.get(offset, NOTHING) if self.sparse else NOTHING

    def put(self, offset: int, number: int) -> None:
        """Set the number at `offset`, which has none."""
        dense = self.dense
        if not dense:
            self.base = max(0, offset - _GAP_MAX) if offset > _GAP_MAX else 0
        index = offset - self.base
        size = len(dense)
        if index == size:
            dense.append(number)
        elif 0 <= index < size:
            dense[index] = number
        elif size < index <= size + _GAP_MAX:
            dense.extend([NOTHING] * (index - size))
            dense.append(number)
        else:
            self.sparse[offset] = number

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Offsets and their numbers, in order of offsets."""
        base = self.base
        if not self.sparse:
            for index, number in enumerate(self.dense):
                if number >= 0:
                    yield base + index, number
            return
        yield from sorted([*[(base + index, number) for index, number in enumerate(self.dense) if number >= 0], *self.sparse.items()])
