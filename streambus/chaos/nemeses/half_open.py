"""One end does not know."""

from typing import ClassVar

from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Target
from streambus.chaos.network import Direction
from streambus.chaos.stage import Stage


class HalfOpen:
    """Half-open connections: one end is gone and the other is not told, as when a machine or a firewall forgets.

    May break: requests that are carried out although their client has long gone; a client that waits for ever; a broker that keeps what
    belongs to connections nobody will use again.
    """

    name: ClassVar[str] = "half-open"
    target: ClassVar[Target] = "network"
    equipment: ClassVar[tuple[Equipment, ...]] = ()

    def strike(self, stage: Stage) -> None:
        """Choose which end is gone, wait, and let the other one find out."""
        lost = stage.dice.choice(list(Direction))
        with stage.fault("half-open connections", "network") as details:
            details.append(f"{stage.proxy.half_open(lost)} lost the way {lost.value}")
            try:
                stage.wait(0.5, 4.0)
            finally:
                stage.proxy.heal()
