"""Stop and start."""

from typing import ClassVar

from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Target
from streambus.chaos.stage import Stage


class CleanRestart:
    """SIGTERM and a restart: a broker that is asked to stop, as in every upgrade.

    May break: answers that are still owed when it stops; a clean end that does not come, or does not end with status 0; state that was
    only in memory.
    """

    name: ClassVar[str] = "clean-restart"
    target: ClassVar[Target] = "broker"
    equipment: ClassVar[tuple[Equipment, ...]] = ()

    def strike(self, stage: Stage) -> None:
        """Stop it, at times wait, start it."""
        with stage.fault("clean restart", "broker"):
            stage.stop()
            if stage.toss(30):
                stage.wait(0.1, 1.0)
            stage.start()
