"""How often which faults befall a cluster, and how bad they get."""

from typing import Any

import attrs

from streambus.kernel import SECOND


@attrs.frozen
class FaultMix:
    """For every kind of fault the mean microseconds between two of that kind, 0 for never: `process_kill_every` is of `ProcessKill`.
    The other settings say how bad they get. Any setting may be a knob."""

    process_kill_every: Any = 0
    power_cut_every: Any = 0
    link_reset_every: Any = 0
    partition_every: Any = 0
    slow_disk_every: Any = 0
    clock_step_every: Any = 0
    down_max: Any = 2 * SECOND
    """A killed broker, or one without power, is back after at most this time."""
    partition_max: Any = 3 * SECOND
    slow_disk_max: Any = 2 * SECOND
    slow_disk_factor_max: Any = 100
    clock_step_max: Any = 3_600 * SECOND
