"""Stand still."""

from typing import ClassVar

from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Target
from streambus.chaos.stage import Stage


class Sigstop:
    """SIGSTOP, a while, SIGCONT: the process stands still and does not know it.

    May break: requests that wait with a deadline, and answers that come after their clients have given up and asked again; to an idempotent
    producer these must be duplicates, answered with the first offsets.
    """

    name: ClassVar[str] = "sigstop"
    target: ClassVar[Target] = "broker"
    equipment: ClassVar[tuple[Equipment, ...]] = ()

    def strike(self, stage: Stage) -> None:
        """Freeze it, at times for longer than clients wait for an answer."""
        with stage.fault("SIGSTOP", "broker"):
            stage.broker.freeze()
            try:
                stage.wait(0.2, 1.0) if stage.toss(60) else stage.wait(2.0, 4.0)
            finally:
                stage.broker.thaw()
