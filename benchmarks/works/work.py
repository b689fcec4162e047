"""What the rounds ask of a work."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import attrs

from ..processes import BrokerProcess
from ..subjects import Subject

Figures = Mapping[str, float]
"""What one round measured, by the names of the metrics."""


@attrs.frozen
class Metric:
    """One number of a work."""

    name: str
    unit: str
    more_is_better: bool
    digits: int = 0


@attrs.frozen
class Scale:
    """How much is done: enough for numbers to keep, or a quick look."""

    rounds: int
    warm_ups: int
    seconds: float
    megabytes: int

    @classmethod
    def full(cls) -> "Scale":
        """Numbers to keep."""
        return cls(rounds=5, warm_ups=2, seconds=2.0, megabytes=1024)

    @classmethod
    def quick(cls) -> "Scale":
        """A look whether everything runs, and the rough ratios."""
        return cls(rounds=3, warm_ups=1, seconds=0.8, megabytes=192)


@attrs.frozen
class Place:
    """Where things are: what was fetched, and a fresh folder on the disk that is measured."""

    cache: Path
    folder: Path


@attrs.frozen
class Contender:
    """Someone ready to be measured, once per call. `process` is the broker whose processor time counts, where there is one."""

    measure: Callable[[], Figures]
    process: BrokerProcess | None = None


class Work(Protocol):
    """One kind of load."""

    @property
    def name(self) -> str:
        """What the command line calls it."""

    @property
    def title(self) -> str:
        """What the table says it is."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What a round of it measures."""

    @property
    def limit_title(self) -> str:
        """What the table calls the limit."""

    def contend(self, subject: Subject, place: Place, scale: Scale) -> AbstractContextManager[Contender]:
        """The subject, started and prepared."""

    def limit(self, place: Place, scale: Scale) -> Contender | None:
        """The same bytes without a broker, where that says something."""
