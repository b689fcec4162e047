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
    disk_stall_every: Any = 0
    disk_error_every: Any = 0
    short_write_every: Any = 0
    short_read_every: Any = 0
    full_disk_every: Any = 0
    power_cut_leaving_every: Any = 0
    power_cut_at_every: Any = 0
    kill_at_every: Any = 0
    transient_bit_flip_every: Any = 0
    stale_read_every: Any = 0
    misdirected_read_every: Any = 0
    bit_rot_every: Any = 0
    lost_write_every: Any = 0
    misdirected_write_every: Any = 0
    disk_loss_every: Any = 0
    disk_swap_every: Any = 0
    dead_disk_every: Any = 0
    down_max: Any = 2 * SECOND
    """A killed broker, or one without power, is back after at most this time."""
    partition_max: Any = 3 * SECOND
    slow_disk_max: Any = 2 * SECOND
    slow_disk_factor_max: Any = 100
    disk_stall_max: Any = 4 * SECOND
    disk_trouble_max: Any = SECOND
    """A disk that fails, is full or lies does so for at most this time."""
    clock_step_max: Any = 3_600 * SECOND
