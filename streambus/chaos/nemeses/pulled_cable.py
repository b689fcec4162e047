"""Pull out the cable."""

from typing import ClassVar

from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Target
from streambus.chaos.stage import Stage


class PulledCable:
    """A pulled cable: no packet passes, and nobody is told; both kernels send again and wait longer each time.

    May break: what a black hole may, below TCP: nothing is acknowledged, send buffers fill up, and after the cable is back it takes as long
    as the kernels had come to wait.
    """

    name: ClassVar[str] = "pulled-cable"
    target: ClassVar[Target] = "network"
    equipment: ClassVar[tuple[Equipment, ...]] = (Equipment.CABLE,)

    def strike(self, stage: Stage) -> None:
        """Pull it out, wait, put it back."""
        assert stage.cable is not None
        with stage.fault("cable pulled", "network"):
            stage.cable.pull()
            try:
                stage.wait(0.3, 3.0)
            finally:
                stage.cable.plug()
