"""A swapped disk: the disk as it was some time ago comes back, an empty one, or one that is dead. Safety only.

Somebody restores a snapshot, clones a machine, or replaces the disk. Everything on the old copy is whole, and nothing on it says that it is
old: no single broker can notice, a quorum of others could. What it shows: the broker goes on from where that disk was, an empty disk
makes an empty broker, and clients who know more than the broker come to terms with it.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, Load, Scenario

SCENARIO = Scenario(
    "old, empty and dead disks: the broker goes on from what there is",
    duration=2 * SECOND,
    load=Load(inquirers=1, request_timeout=500 * MILLISECOND),
    segment_bytes=64 * 1024,
    faults=FaultMix(
        disk_swap_every=500 * MILLISECOND,
        disk_loss_every=SECOND,
        dead_disk_every=1_500 * MILLISECOND,
        process_kill_every=SECOND,
        down_max=100 * MILLISECOND,
        disk_trouble_max=500 * MILLISECOND,
    ),
    safety_only=True,
)
