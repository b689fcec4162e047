"""A disk that fails."""

from typing import ClassVar

from streambus.chaos.broker_process import BrokerFailed
from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Target
from streambus.chaos.stage import Stage
from streambus.real.faulty_files import DiskFault

FAULTS = {
    "write fails": DiskFault(("write",), "EIO"),
    "write is torn": DiskFault(("write",), "EIO", harm="torn"),
    "write is cut short, then no space": DiskFault(("write",), "ENOSPC", harm="torn"),
    "sync fails": DiskFault(("sync",), "EIO"),
    "sync fails and loses pages": DiskFault(("sync",), "EIO", harm="lost"),
    "file cannot be made": DiskFault(("create", "syncdirectory"), "EIO"),
    "every other read fails": DiskFault(("read",), "EIO", percent=50),
    "all is slow": DiskFault(("write", "sync", "read"), delay_ms=80),
    "some syncs take very long": DiskFault(("sync",), delay_ms=1_500, percent=10),
}
"""By what a report calls them."""


class FailingDisk:
    """A failing disk: writes, syncs and reads that fail, are torn, or take very long.

    May break: an acknowledgement after a sync that failed (fsyncgate: the kernel drops the pages and calls them clean, so that the next
    sync succeeds); a torn write that recovery takes for a record, or for the end of more than itself; a failed read that brings down
    more than its request. A broker whose write or sync failed refuses records until a new life; it gets one on a healed disk.
    """

    name: ClassVar[str] = "failing-disk"
    target: ClassVar[Target] = "broker"
    equipment: ClassVar[tuple[Equipment, ...]] = (Equipment.FAULTY_DISK,)

    def strike(self, stage: Stage) -> None:
        """Let one kind of fault befall it; every fifth time kill the broker meanwhile and try to start it on the failing disk."""
        name = stage.dice.choice(list(FAULTS))
        with stage.fault(name, "disk") as details:
            try:
                stage.ask_disk_for(FAULTS[name])
                stage.wait(0.3, 1.5)
                if stage.toss(20):
                    stage.kill()
                    try:
                        stage.start()
                        details.append("restarted meanwhile")
                    except BrokerFailed:
                        details.append("did not start meanwhile")
                if stage.broker.refuses_records:
                    details.append("refused records")
            finally:
                stage.ask_disk_for()
                stage.revive()
