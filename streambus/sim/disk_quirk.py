"""Quirks and lenses: the two ways in which a disk misbehaves until somebody takes them away again.

A **quirk** stands in front of the disk: of every operation it may make something else. A **lens** stands behind it: what is read comes
back through it. A disk without them pays one look at an empty dictionary per operation.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from streambus.kernel import Effect, Event, FileSlice
    from streambus.sim.disk import SimulatedDisk


class Sound(Enum):
    """What a quirk answers when it lets an operation pass."""

    SOUND = "the disk shall do it"


SOUND = Sound.SOUND


class Unreadable(Exception):
    """Bytes cannot be read; the text is an errno name. A read fails with it, a connection that they were to be sent on is closed."""


class Quirk(Protocol):
    """A way in which operations go wrong."""

    def interfere(self, disk: SimulatedDisk, effect: Effect) -> Event | Sound | None:
        """Do with `effect` what this quirk does, and return what the node is told; or let it pass."""
        ...


class Lens(Protocol):
    """A way in which reading goes wrong."""

    def distort(self, disk: SimulatedDisk, part: FileSlice, data: bytes) -> bytes:
        """What is returned for `part` instead of `data`. Raises `Unreadable` if nothing is."""
        ...
