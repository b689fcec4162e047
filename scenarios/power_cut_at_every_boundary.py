"""Power cuts at every boundary: before, in the middle of and after single disk operations, under load and during recovery.

A crash at a random moment mostly hits a sync, because that is what takes time. The moments that matter are short: a segment is created and
its name is not durable, a group is written and not synced, recovery has cut a torn tail and not yet made that durable. Here they are
sought out, one operation after the other, and what survives of bytes and of names is chosen. What it shows: there is no moment at
which the broker may not die.
"""

from streambus.kernel import MILLISECOND
from streambus.sim import FaultMix, Load, Octaves, Scenario

SCENARIO = Scenario(
    "crashes between any two disk operations: there is no wrong moment",
    load=Load(linger=0, record_bytes=Octaves(10, 6_000), pause=20 * MILLISECOND, request_timeout=500 * MILLISECOND),
    segment_bytes=Octaves(2_048, 65_536),
    recovery_chunk_bytes=Octaves(512, 65_536),
    faults=FaultMix(power_cut_at_every=120 * MILLISECOND, kill_at_every=200 * MILLISECOND, down_max=80 * MILLISECOND),
)
