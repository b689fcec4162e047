"""Clock jumps: wall clocks leap by up to a day, forward and back, on the broker and on its clients, and the broker restarts in between.

Machines measure time that passes on a clock that never jumps; the wall clock only dates records. What it shows: no time-out fires
early or never because of a leap, no producer is forgotten, and offsets do not care what day it is.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, Scenario

SCENARIO = Scenario(
    "wall clocks leap by up to a day: only timestamps change",
    faults=FaultMix(
        clock_step_every=300 * MILLISECOND,
        clock_step_max=20 * 3_600 * SECOND,
        process_kill_every=2 * SECOND,
        link_reset_every=SECOND,
        down_max=SECOND,
    ),
)
