"""What SimPy is asked to remember: slim occurrences instead of processes.

`Environment.step` looks at an event's `callbacks` and `_ok` and at nothing else, so three slots are enough for it. That, and no generator
to wake, makes an occurrence cost about one and a half times a bare heap entry.
"""

from collections.abc import Callable
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

    __slots__ = ("environment", "schedule")

    def __init__(self) -> None:
        self.environment = Environment(initial_time=0)
        self.schedule: Callable[[Any, int, int], None] = self.environment.schedule  # type: ignore[assignment]

    @property
    def now(self) -> int:
        """Simulated microseconds since the start."""
        return self.environment._now  # type: ignore[return-value]

    def after(self, delay: int, callback: Callable[[Occurrence], None], subject: Any = None) -> Occurrence:
        """Have `callback` called `delay` microseconds from now; what is asked for first happens first at equal dates."""
        occurrence = Occurrence(callback, subject)
        self.schedule(occurrence, NORMAL, delay)
        return occurrence

    def at(self, when: int, callback: Callable[[Occurrence], None], subject: Any = None) -> Occurrence:
        """Have `callback` called at `when`, or now if that has passed."""
        return self.after(max(0, when - self.now), callback, subject)
