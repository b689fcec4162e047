"""Thinning: leaving out marks that would lie on top of others, so that a picture of a million marks is as small as it looks.

Nothing is left out as long as there are few. Then one mark of those in the same cell of a fine grid stands for all of them, and if that
is not enough the grid is made coarser. What was left out is counted, so that the picture can say so.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import attrs

Mark = TypeVar("Mark")

CELL = (10, 4)
"""In coordinates of the canvas: about a pixel each way."""


@attrs.frozen
class Thinned:
    """How many marks of how many are drawn."""

    shown: int
    of: int

    def __add__(self, other: "Thinned") -> "Thinned":
        return Thinned(self.shown + other.shown, self.of + other.of)

    @property
    def said(self) -> str:
        """A sentence about it, if there is anything to say."""
        if self.shown == self.of:
            return ""
        return f" {self.shown:,} of {self.of:,} marks are drawn; the others would lie on top of them."


def thinned(marks: Sequence[Mark], corners: Callable[[Mark], tuple[int, ...]], marks_max: int) -> tuple[list[Mark], Thinned]:
    """At most `marks_max` of the marks, in their order. `corners` are a mark's coordinates, x before y, whatever their number."""
    if len(marks) <= marks_max:
        return list(marks), Thinned(len(marks), len(marks))
    kept = [(corners(mark), mark) for mark in marks]
    wide, high = CELL
    while len(kept) > marks_max:
        cells: dict[tuple[int, ...], tuple[tuple[int, ...], Mark]] = {}
        for entry in kept:
            cell = tuple([number // (high if at % 2 else wide) for at, number in enumerate(entry[0])])
            cells.setdefault(cell, entry)
        kept = list(cells.values())
        wide, high = wide + (wide + 3) // 4, high + (high + 3) // 4
    return [mark for _, mark in kept], Thinned(len(kept), len(marks))
