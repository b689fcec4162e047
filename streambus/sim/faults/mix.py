"""How often which faults befall a cluster, and how bad they get."""

from typing import Any

import attrs

from streambus.kernel import MILLISECOND, SECOND


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
    isolation_every: Any = 0
    clog_every: Any = 0
    latency_spike_every: Any = 0
    packet_loss_every: Any = 0
    narrow_link_every: Any = 0
    flipped_bit_every: Any = 0
    detour_every: Any = 0
    late_bytes_every: Any = 0
    half_open_every: Any = 0
    ghost_connection_every: Any = 0
    dial_failure_every: Any = 0
    slow_reader_every: Any = 0
    client_crash_every: Any = 0
    process_pause_every: Any = 0
    slow_process_every: Any = 0
    frozen_machine_every: Any = 0
    clean_restart_every: Any = 0
    crash_loop_every: Any = 0
    rolling_upgrade_every: Any = 0
    wall_drift_every: Any = 0
    wall_freeze_every: Any = 0
    monotonic_drift_every: Any = 0
    coarse_clock_every: Any = 0
    wild_bit_every: Any = 0
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
    """A killed process, or one without power, is back after at most this time."""
    partition_max: Any = 3 * SECOND
    clog_max: Any = SECOND // 2
    bad_weather_max: Any = 2 * SECOND
    """A link is slow, lossy or narrow, a door shut and a reader slow for at most this time."""
    latency_factor_max: Any = 100
    loss_per_mille_max: Any = 300
    detour_max: Any = SECOND
    """Bytes may be late by so much more than others."""
    half_open_max: Any = 5 * SECOND
    pause_max: Any = 2 * SECOND
    """A process is stopped, slow or frozen for at most this time."""
    upgrade_max: Any = 2 * SECOND
    """It takes at most so long until an upgrade is taken back."""
    bad_clock_max: Any = 5 * SECOND
    """A clock drifts, stands still or is coarse for at most this time."""
    drift_ppm_max: Any = 100_000
    clock_grain_max: Any = 20 * MILLISECOND
    slow_disk_max: Any = 2 * SECOND
    slow_disk_factor_max: Any = 100
    disk_stall_max: Any = 4 * SECOND
    disk_trouble_max: Any = SECOND
    """A disk that fails, is full or lies does so for at most this time."""
    clock_step_max: Any = 3_600 * SECOND
