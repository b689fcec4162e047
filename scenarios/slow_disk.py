"""A slow disk: syncs that take up to 40 milliseconds, and sometimes a hundred times as long.

While one sync is under way everything that arrives gathers for the next: the slower the disk, the larger the groups. What it shows:
group commit keeps throughput up and order intact, nothing is acknowledged before its own sync has returned, and a power cut in the
middle of a long one loses no promise.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import DiskSpeed, FaultMix, Load, Scenario

SCENARIO = Scenario(
    "syncs of up to 40 ms with spikes: group commit, and nothing acknowledged too early",
    load=Load(writers=6, partitions=6, pause=40 * MILLISECOND),
    disk=DiskSpeed(sync_min=2 * MILLISECOND, sync_max=40 * MILLISECOND, bytes_per_microsecond=20),
    faults=FaultMix(slow_disk_every=2 * SECOND, power_cut_every=4 * SECOND, down_max=SECOND),
)
