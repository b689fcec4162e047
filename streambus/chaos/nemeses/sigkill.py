"""Kill."""

from typing import ClassVar

from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Target
from streambus.chaos.stage import Stage


class Sigkill:
    """SIGKILL and a restart: the process is gone between two instructions.

    May break: acknowledgements that were sent before their records were on the disk; a log that ends in half a batch; the sequence numbers
    of idempotent producers, which must survive with their records. What the page cache holds survives, so a missing sync does not show:
    for that there is the simulator.
    """

    name: ClassVar[str] = "sigkill"
    target: ClassVar[Target] = "broker"
    equipment: ClassVar[tuple[Equipment, ...]] = ()

    def strike(self, stage: Stage) -> None:
        """Kill it; now and then let clients find nobody for a while, or kill it once more as soon as it serves."""
        with stage.fault("SIGKILL", "broker") as details:
            stage.kill()
            if stage.toss(30):
                stage.wait(0.1, 1.5)
            stage.start()
            if stage.toss(20):
                stage.kill()
                stage.start()
                details.append("twice")
