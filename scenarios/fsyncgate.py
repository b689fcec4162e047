"""Fsyncgate: syncs fail, and the system forgets that the pages were dirty.

In 2018 it became known that after a failed `fsync` most systems mark the pages clean: they can be read, the next sync succeeds, and after
a power cut they are gone. Who tries again acknowledges what is not on the disk. What it shows: this broker does not try again; and when
it is restarted beside a page cache that looks whole, recovery writes anew whatever was not proven durable before it counts on it. Power
cuts right after the restart would show anything less.
"""

from streambus.kernel import MILLISECOND
from streambus.sim import FaultMix, Load, Planned, Scenario
from streambus.sim.faults import DiskError

SCENARIO = Scenario(
    "failed syncs, restarts and power cuts: what looked written is written again",
    load=Load(writers=4, linger=0, record_bytes=1_000, request_timeout=500 * MILLISECOND),
    faults=FaultMix(power_cut_leaving_every=300 * MILLISECOND, kill_at_every=500 * MILLISECOND, down_max=100 * MILLISECOND),
    plan=tuple([Planned(at * MILLISECOND, DiskError("broker-1", "sync", "EIO", 0, 1, 200 * MILLISECOND)) for at in range(200, 3_000, 250)]),
)
