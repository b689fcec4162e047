"""No room left."""

from typing import ClassVar

from streambus.chaos.broker_process import BrokerFailed
from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Target
from streambus.chaos.stage import Stage

SPARE_BYTES_MAX = 64 * 1024


class FullDisk:
    """A full disk: somebody else's file takes all the room there is, and goes away later.

    May break: a write that is cut short in the middle of a batch and then fails (ENOSPC); what was acknowledged before it; the start of a
    broker on a full disk, which may fail, but only with a sentence and without harm. Afterwards the broker gets a new life, as it asks for.
    """

    name: ClassVar[str] = "full-disk"
    target: ClassVar[Target] = "broker"
    equipment: ClassVar[tuple[Equipment, ...]] = (Equipment.SMALL_DISK,)

    def strike(self, stage: Stage) -> None:
        """Fill the disk, but for a few bytes at times; every third time kill the broker and try to start it there."""
        disk = stage.small_disk
        assert disk is not None
        with stage.fault("full disk", "disk") as details:
            spare = stage.dice.randrange(SPARE_BYTES_MAX) if stage.toss(70) else 0
            try:
                disk.fill(spare)
                details.append(f"{spare} bytes spare")
                stage.wait(0.3, 1.5)
                if stage.toss(33):
                    stage.kill()
                    try:
                        stage.start()
                        details.append("restarted while full")
                    except BrokerFailed:
                        details.append("did not start while full")
                    stage.wait(0.2, 1.0)
                if stage.broker.refuses_records:
                    details.append("refused records")
            finally:
                disk.free()
                stage.revive()
