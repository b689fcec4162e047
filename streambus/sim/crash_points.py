"""Crash points: every operation of a disk is one, before it, in the middle of it and after it; every file operation of long work, too.

A **trap** waits in front of a disk for one of them. What happens then is up to whoever laid it: a fault cuts the power of a host; a test
without a simulation has `Crashed` raised and goes on from what the disk has left (`crash_at`).
"""

from collections.abc import Callable
from enum import Enum
from typing import NoReturn

import attrs

from streambus.kernel import Effect, Event
from streambus.sim.disk import SimulatedDisk
from streambus.sim.disk_quirk import SOUND, Sound

ANY = ""


class Moment(Enum):
    """Where in an operation it happens."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


MOMENTS = tuple(Moment)


class Crashed(BaseException):
    """The life is over, in the middle of what the disk was doing. No task may catch it."""


@attrs.define
class Trap:
    """Waits for an operation of a kind (the effect's name in lower case; `ANY`: of any kind) after `skip` others, and springs once."""

    operation: str
    skip: int
    moment: Moment
    spring: Callable[[], None]
    is_sprung: bool = False

    def interfere(self, disk: SimulatedDisk, effect: Effect) -> Event | Sound | None:
        """Spring if this is the one. Nobody is left to be told."""
        if self.is_sprung or self.operation not in (ANY, type(effect).__name__.lower()):
            return SOUND
        if self.skip:
            self.skip -= 1
            return SOUND
        self.is_sprung = True
        if self.moment is Moment.AFTER:
            disk.perform_soundly(effect)
        elif self.moment is Moment.DURING:
            disk.perform_partly(effect)
        self.spring()
        return None


def crash_at(disk: SimulatedDisk, number: int, moment: Moment = Moment.BEFORE) -> Trap:
    """Have `disk` raise `Crashed` at the operation after `number` others. Until then the trap's `skip` counts down from `number`."""
    trap = Trap(ANY, number, moment, _crash)
    disk.quirks[crash_at] = trap
    return trap


def _crash() -> NoReturn:
    raise Crashed
