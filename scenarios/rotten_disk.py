"""A rotten disk: bits turn over, writes get lost or land elsewhere, reads return something old or foreign. Safety only.

One broker on one disk cannot keep what such a disk does not keep, so records may be lost here, and the run need not come to rest. What it
shows: no damage makes a node raise, none reaches a client as a valid record, and a broker that finds it in its log says where and halts
rather than serve the rest.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, Load, Scenario

SCENARIO = Scenario(
    "the disk rots and lies: records may be lost, none is invented",
    duration=2 * SECOND,
    load=Load(inquirers=1, record_bytes=2_000, request_timeout=500 * MILLISECOND),
    segment_bytes=64 * 1024,
    recovery_chunk_bytes=8 * 1024,
    recent_bytes=4 * 1024,
    faults=FaultMix(
        bit_rot_every=SECOND,
        lost_write_every=SECOND,
        misdirected_write_every=SECOND,
        transient_bit_flip_every=SECOND,
        stale_read_every=SECOND,
        misdirected_read_every=SECOND,
        power_cut_every=800 * MILLISECOND,
        process_kill_every=800 * MILLISECOND,
        down_max=100 * MILLISECOND,
    ),
    safety_only=True,
)
