"""Flaky network: connections break in the middle of frames, and links fall silent in one direction or both.

The broker is never down. What it shows: half a frame is never taken for a whole one, an acknowledgement that got lost is asked for
again and answered with the same offset, and long polls come back to life.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, LinkSpeed, Octaves, Scenario

SCENARIO = Scenario(
    "resets in the middle of frames and one-way partitions: every record exactly once",
    link=LinkSpeed(latency_max=Octaves(200, 20_000), tail=50),
    faults=FaultMix(link_reset_every=150 * MILLISECOND, partition_every=SECOND, partition_max=5 * SECOND),
)
