"""Nothing arrives."""

from typing import ClassVar

from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Target
from streambus.chaos.network import BOTH, Conditions, Direction
from streambus.chaos.stage import Stage

HELD = {
    "nothing arrives": BOTH,
    "nothing arrives at the broker": frozenset((Direction.TO_BROKER,)),
    "nothing arrives at clients": frozenset((Direction.TO_CLIENT,)),
}
"""By what a report calls them."""


class BlackHole:
    """A black hole: connections stay, but nothing arrives, in one direction or in both; later it all arrives at once.

    May break: requests that arrive long after their clients have given up and sent them again elsewhere; answers to them that nobody waits
    for; a client that is told nothing although all its records are safe.
    """

    name: ClassVar[str] = "black-hole"
    target: ClassVar[Target] = "network"
    equipment: ClassVar[tuple[Equipment, ...]] = ()

    def strike(self, stage: Stage) -> None:
        """Hold back what is sent, at times for longer than clients wait for an answer."""
        name = stage.dice.choice(list(HELD))
        with stage.fault(name, "network"):
            stage.proxy.conditions = Conditions(held=HELD[name])
            try:
                stage.wait(0.5, 1.5) if stage.toss(50) else stage.wait(2.5, 5.0)
            finally:
                stage.proxy.heal()
