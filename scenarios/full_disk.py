"""A full disk: now and then there is room for a few kilobytes or for nothing, then somebody has made room.

The write that does not fit writes what does, and fails; it is not tried again within that life. What it shows: the half of a group that was
written is nobody's record, a broker that starts on a full disk says so and halts, and with room again everything goes on.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, Load, Scenario

SCENARIO = Scenario(
    "the disk fills up and is emptied: records are refused, none is lost",
    load=Load(record_bytes=4_000, request_timeout=SECOND),
    segment_bytes=64 * 1024,
    faults=FaultMix(
        full_disk_every=500 * MILLISECOND, power_cut_every=2 * SECOND, down_max=200 * MILLISECOND, disk_trouble_max=600 * MILLISECOND
    ),
)
