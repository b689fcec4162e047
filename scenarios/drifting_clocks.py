"""Drifting clocks: no two nodes agree on how long a second is, some clocks stand still, some tick eight times a second.

Every host has two clocks, and each goes wrong in its own way: the one that timers run on may be a tenth too fast, the wall clock may drift,
freeze or jump, either may be coarse. What it shows: no protocol here depends on two nodes measuring the same time, and records'
timestamps are the only thing that a wrong wall clock can spoil.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, Octaves, Scenario

SCENARIO = Scenario(
    "clocks that drift, stand still, jump and tick coarsely: only timestamps change",
    faults=FaultMix(
        monotonic_drift_every=300 * MILLISECOND,
        wall_drift_every=300 * MILLISECOND,
        wall_freeze_every=500 * MILLISECOND,
        coarse_clock_every=500 * MILLISECOND,
        clock_step_every=500 * MILLISECOND,
        process_kill_every=2 * SECOND,
        link_reset_every=SECOND,
        down_max=SECOND,
        drift_ppm_max=Octaves(100, 200_000),
        clock_grain_max=1 << 17,
    ),
)
