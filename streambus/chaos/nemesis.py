"""A nemesis: something bad that can happen to a broker, again and again."""

from typing import Literal, Protocol

from streambus.chaos.equipment import Equipment
from streambus.chaos.stage import Stage

Target = Literal["broker", "network"]
"""What it acts on. Two nemeses with different targets may act at the same time."""


class Nemesis(Protocol):
    """The docstring of a nemesis says in its first line what it does, and then what it may break."""

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        ...

    @property
    def target(self) -> Target:
        """What it acts on."""
        ...

    @property
    def equipment(self) -> tuple[Equipment, ...]:
        """What it needs around the broker."""
        ...

    def strike(self, stage: Stage) -> None:
        """Do it once, wait, and undo it; note it as a fault of the history. When the stage is over it comes to an end at once."""
        ...


def summary(nemesis: Nemesis) -> str:
    """What it does, in a sentence."""
    return (type(nemesis).__doc__ or "").strip().splitlines()[0]
