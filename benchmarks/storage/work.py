"""What the rounds ask of a work."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import attrs

from ..goals import Goal

Figures = Mapping[str, float]
"""What one measurement found, by the names of the figures."""

Contenders = dict[str, Callable[[], Figures]]
"""Who takes part, by name; each call is one measurement."""


class Absent(Exception):
    """A peer cannot take part on this machine; the text says why."""


@attrs.frozen
class Figure:
    """One number that contenders find; each is found by one of them."""

    name: str
    title: str
    unit: str
    digits: int = 0


@attrs.frozen
class Comparison:
    """A line of the table: our figure, and the peer's where there is one. The goal bounds their ratio, or our figure alone."""

    ours: str
    peer: str | None = None
    relation: str | None = None
    bound: float = 0.0

    @property
    def goal(self) -> Goal | None:
        """None where the figure is only reported."""
        return None if self.relation is None else Goal(self.peer, self.relation, self.bound)


@attrs.frozen
class Scale:
    """How much is done. `share` is of a work's full amount."""

    rounds: int
    warm_ups: int
    share: float
    warmed_bytes: int = 1 << 30
    """How much free memory is touched before each measurement."""

    @classmethod
    def full(cls) -> "Scale":
        """Numbers to keep."""
        return cls(rounds=5, warm_ups=1, share=1.0)

    @classmethod
    def quick(cls) -> "Scale":
        """A look whether everything runs, and the rough ratios."""
        return cls(rounds=3, warm_ups=1, share=0.2, warmed_bytes=256 << 20)

    def of(self, amount: int) -> int:
        """A work's full `amount` at this scale."""
        return max(1, int(amount * self.share))


class Work(Protocol):
    """One question to the store."""

    @property
    def name(self) -> str:
        """What the command line calls it."""

    @property
    def title(self) -> str:
        """What the table says it is."""

    @property
    def is_disk_bound(self) -> bool:
        """Whether the machine is levelled before each measurement."""

    @property
    def is_exact(self) -> bool:
        """Whether it counts rather than times, so that one round says it all."""

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Everything that is found."""

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """What is set beside what."""

    def contend(self, folder: Path, scale: Scale, left_out: dict[str, str]) -> AbstractContextManager[Contenders]:
        """Everyone prepared, with files below `folder`; who cannot take part is named in `left_out`, with the reason."""
