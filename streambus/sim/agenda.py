"""What SimPy is asked to remember: slim occurrences instead of processes.

The dates are on the queue of a SimPy environment, in its order: date, priority, number. `Environment.step` looks at an event's `callbacks`
and `_ok` and at nothing else, so three slots are enough for it. `Agenda.step` does the same without what generators would need, and
keeps the time where it is read with one look: several times for every step of a node.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from simpy import Environment

NORMAL = 1


class Occurrence:
    """Something that happens at its date: `callback(occurrence)` is called, `subject` is what it is about."""

    __slots__ = ("callbacks", "subject")
    _ok = True

    def __init__(self, callback: Callable[["Occurrence"], None], subject: Any = None) -> None:
        self.callbacks: tuple[Callable[[Occurrence], None], ...] = (callback,)
        self.subject = subject

    def cancel(self) -> None:
        """Let it pass unnoticed. SimPy has no removal; a dead entry just comes up and is dropped."""
        self.callbacks = ()


class Agenda:
    """The dates to come, on SimPy's queue, and the integer clock in microseconds that they move."""

    __slots__ = ("_numbers", "_queue", "environment", "now", "occurrences")

    def __init__(self) -> None:
        self.environment = Environment(initial_time=0)
        self.now = 0
        """Simulated microseconds since the start."""
        self.occurrences = 0
        """How many have happened: arrivals, disk operations, bursts, alarms, deeds of users and of faults."""
        self._queue: list[tuple[int, int, int, Occurrence]] = self.environment._queue  # type: ignore[assignment]
        self._numbers = self.environment._eid

    def step(self) -> None:
        """Let the next occurrence happen."""
        self.now, _, _, occurrence = heappop(self._queue)
        self.environment._now = self.now
        self.occurrences += 1
        for callback in occurrence.callbacks:
            callback(occurrence)

    def after(self, delay: int, callback: Callable[[Occurrence], None], subject: Any = None) -> Occurrence:
        """Have `callback` called `delay` microseconds from now; what is asked for first happens first at equal dates."""
        occurrence = Occurrence(callback, subject)
        heappush(self._queue, (self.now + delay, NORMAL, next(self._numbers), occurrence))
        return occurrence

    def at(self, when: int, callback: Callable[[Occurrence], None], subject: Any = None) -> Occurrence:
        """Have `callback` called at `when`, or now if that has passed."""
        occurrence = Occurrence(callback, subject)
        heappush(self._queue, (max(when, self.now), NORMAL, next(self._numbers), occurrence))
        return occurrence
