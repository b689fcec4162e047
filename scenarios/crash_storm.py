"""Crash storm: the broker process is killed again and again, sometimes while it recovers from the last time.

The page cache survives, so a half-written tail is whole bytes of a half-finished story. Segments are tiny, so that crashes meet the
change from one to the next. What it shows: recovery is right at whatever point it is interrupted, and no number of restarts moves
an offset.
"""

from streambus.kernel import MILLISECOND
from streambus.sim import Between, FaultMix, Scenario

SCENARIO = Scenario(
    "the broker is killed several times a second: recovery survives its own interruption",
    segment_bytes=Between(4_096, 32_768),
    recovery_chunk_bytes=Between(512, 8_192),
    faults=FaultMix(process_kill_every=400 * MILLISECOND, down_max=100 * MILLISECOND),
)
