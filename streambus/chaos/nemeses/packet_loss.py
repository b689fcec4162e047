"""Lose packets."""

from typing import ClassVar

from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Target
from streambus.chaos.stage import Stage

LIKE = {
    "packets lost": ("loss", "10%"),
    "packets reordered": ("delay", "20ms", "10ms", "reorder", "30%"),
    "packets doubled and damaged": ("duplicate", "10%", "corrupt", "2%"),
}
"""By what a report calls them, in the words of netem."""


class PacketLoss:
    """Packet loss: packets on the way are lost, doubled, damaged or overtake each other.

    May break: nothing that TCP does not repair; but what is repaired late makes clients ask again.
    """

    name: ClassVar[str] = "packet-loss"
    target: ClassVar[Target] = "network"
    equipment: ClassVar[tuple[Equipment, ...]] = (Equipment.NETEM,)

    def strike(self, stage: Stage) -> None:
        """Treat packets badly for a while."""
        assert stage.cable is not None
        name = stage.dice.choice(list(LIKE))
        with stage.fault(name, "network"):
            stage.cable.disturb(*LIKE[name])
            try:
                stage.wait(1.0, 3.0)
            finally:
                stage.cable.disturb()
