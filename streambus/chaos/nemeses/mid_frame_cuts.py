"""Cut connections within a frame."""

from typing import ClassVar

from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Target
from streambus.chaos.network import Direction
from streambus.chaos.stage import Stage


class MidFrameCuts:
    """Mid-frame cuts: a connection ends when half a request, or half an answer, has arrived.

    May break: a broker that acts on half a request; a receive buffer that is never given back; a client that takes half an answer for one.
    """

    name: ClassVar[str] = "mid-frame-cuts"
    target: ClassVar[Target] = "network"
    equipment: ClassVar[tuple[Equipment, ...]] = ()

    def strike(self, stage: Stage) -> None:
        """Choose a direction, cut all connections there at their next frame, give them time to have one."""
        direction = stage.dice.choice(list(Direction))
        with stage.fault("cut within a frame", "network") as details:
            details.append(f"{stage.proxy.cut_mid_frame(direction)} connections, {direction.value}")
            try:
                stage.wait(0.3, 1.0)
            finally:
                stage.proxy.heal()
