"""Crash loop: a supervisor starts the broker again and again, and it dies again and again, often before it has read its first byte.

Times between two crashes are of every order of magnitude from a microsecond to half a second, so that recovery is cut off at its beginning,
in its middle, and just when the first client has been let in; sometimes it is the power that fails. What it shows: recovery may be
begun any number of times, and what it writes itself is as safe as what it found.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import Between, FaultMix, Scenario

SCENARIO = Scenario(
    "crashes within microseconds of a start, for seconds on end: recovery may begin any number of times",
    segment_bytes=Between(4_096, 32_768),
    recovery_chunk_bytes=Between(512, 8_192),
    faults=FaultMix(crash_loop_every=600 * MILLISECOND, down_max=2 * SECOND),
)
