"""Random: everything is left to the seed.

How many clients, how large their records, batches and bursts, which codecs, how fast disk and network are, how small a segment is,
which faults happen and how often. Tiny extremes are as likely as usual values. What it shows is not known beforehand: this is the
one to run with thousands of seeds.
"""

from streambus.broker import Limits
from streambus.client import Acks, Isolation
from streambus.kernel import MILLISECOND, SECOND
from streambus.records import Codec
from streambus.sim import Between, DiskSpeed, FaultMix, LinkSpeed, Load, Octaves, OneOf, Scenario
from streambus.storage import PickerOptions, StoreConfig

SOMETIMES = OneOf(0, 0, Octaves(150 * MILLISECOND, 3 * SECOND))
SELDOM = OneOf(0, 0, 0, 0, Octaves(150 * MILLISECOND, 3 * SECOND))
"""There are many kinds of faults: with a few at a time a run still gets somewhere, and says more about each."""

SCENARIO = Scenario(
    "whatever the seed decides",
    duration=Octaves(SECOND // 4, 4 * SECOND),
    load=Load(
        topics=Between(1, 3),
        partitions=Octaves(1, 8),
        writers=Between(1, 4),
        readers=Between(0, 2),
        idempotent=OneOf(True, True, True, False),
        codec=OneOf(None, *Codec),
        burst_records=Octaves(1, 16),
        pause=Octaves(4 * MILLISECOND, 400 * MILLISECOND),
        unanswered_max=Octaves(1, 128),
        record_bytes=OneOf(Octaves(1, 4_096), Octaves(1, 4_096), Octaves(1_024, 8_192)),
        linger=OneOf(0, 0, Octaves(1_000, 50_000)),
        batch_bytes=Octaves(256, 65_536),
        first_sequence=OneOf(0, 0, 0, (1 << 31) - 40),
        poll_records=Octaves(1, 500),
        fetch_bytes=OneOf(1 << 20, 1 << 20, Octaves(64, 1 << 16)),
        isolation=OneOf(*Isolation),
        seek_every=OneOf(0, Octaves(50 * MILLISECOND, 2 * SECOND)),
        acks=OneOf(*[Acks.ALL] * 6, Acks.LEADER, Acks.NONE),
        side_one_in=OneOf(0, Octaves(4, 64)),
        inquirers=OneOf(0, 1, 1, 2),
        vandals=OneOf(0, 0, 1),
        vandalise_every=Octaves(5 * MILLISECOND, 500 * MILLISECOND),
        inquire_every=Octaves(5 * MILLISECOND, 500 * MILLISECOND),
        versions_less=OneOf(0, 0, 0, Octaves(1, 20)),
        request_timeout=OneOf(3 * SECOND, Octaves(100 * MILLISECOND, 10 * SECOND)),
        delivery_timeout=OneOf(60 * SECOND, 120 * SECOND, Octaves(200 * MILLISECOND, 20 * SECOND)),
    ),
    disk=DiskSpeed(
        sync_min=Octaves(10, 2_000), sync_max=Octaves(2_000, 50_000), other_max=Octaves(10, 500), bytes_per_microsecond=Octaves(10, 1_000)
    ),
    link=LinkSpeed(
        latency_min=Octaves(10, 200), latency_max=Octaves(200, 20_000), tail=Octaves(1, 100), queue_bytes_max=Octaves(1_024, 1 << 20)
    ),
    segment_bytes=Octaves(1_024, 1 << 22),
    recovery_chunk_bytes=Octaves(512, 1 << 18),
    recent_bytes=OneOf(0, Octaves(1_024, 1 << 20)),
    store=StoreConfig(
        record_bytes_max=OneOf(1 << 20, Octaves(64, 1 << 16)),
        cache_bytes=OneOf(0, Octaves(256, 1 << 16), 64 << 20),
        manifest_bytes=OneOf(0, Octaves(4_096, 1 << 17), 1 << 20),
        entry_block_bytes=OneOf(4_096, Octaves(16, 4_096)),
        bits_per_key=OneOf(10, 0, Octaves(1, 20)),
        garbage_bytes_min=OneOf(4 << 20, Octaves(1, 1 << 16)),
        delete_delay=OneOf(10 * SECOND, Octaves(100 * MILLISECOND, 4 * SECOND)),
        retry_delay=OneOf(10 * SECOND, Octaves(1_000, SECOND)),
        key_map_bytes=OneOf(128 << 20, Octaves(64, 1 << 16)),
        picker=PickerOptions(
            fan_in=OneOf(8, Octaves(2, 4)),
            run_bytes_min=OneOf(8_192, 0, 1 << 20),
            garbage_bytes_min=OneOf(512 << 20, 0, Octaves(1_024, 1 << 16)),
            table_bytes=OneOf(128 << 20, Octaves(512, 1 << 16)),
            outputs_max=OneOf(16, Octaves(1, 8)),
            compaction_bytes_max=OneOf(1 << 30, Octaves(4_096, 1 << 20)),
            entry_fan_in=OneOf(4, 2, 3),
            entry_bytes_min=OneOf(1 << 20, Octaves(1, 4_096)),
            entry_inputs_max=OneOf(16, Octaves(2, 16)),
        ),
    ),
    limits=Limits(
        pipelined_requests_max=OneOf(256, Octaves(1, 256)),
        answer_bytes_max=OneOf(4 << 20, 4 << 20, Octaves(64, 1 << 16)),
        pending_bytes_max=OneOf(64 << 20, Octaves(128, 1 << 17)),
        delayed_requests_max=OneOf(200_000, 200_000, Between(4, 24)),
        fetch_bytes_max=OneOf(55 << 20, 55 << 20, Octaves(256, 1 << 20)),
        fetch_sessions_max=OneOf(1_000, 1_000, Octaves(1, 8)),
        fetch_session_eviction=OneOf(120 * SECOND, Octaves(1_000, 10 * SECOND)),
    ),
    wall_error_max=OneOf(0, Octaves(MILLISECOND, 100_000 * SECOND)),
    mischief=OneOf(False, True),
    faults=FaultMix(
        process_kill_every=SOMETIMES,
        power_cut_every=SOMETIMES,
        link_reset_every=SOMETIMES,
        partition_every=SOMETIMES,
        slow_disk_every=SOMETIMES,
        clock_step_every=SOMETIMES,
        isolation_every=SELDOM,
        clog_every=SELDOM,
        latency_spike_every=SELDOM,
        packet_loss_every=SELDOM,
        narrow_link_every=SELDOM,
        flipped_bit_every=OneOf(0, 0, 0, Octaves(20 * MILLISECOND, 500 * MILLISECOND)),
        detour_every=SELDOM,
        late_bytes_every=OneOf(0, 0, 0, Octaves(50 * MILLISECOND, SECOND)),
        half_open_every=SELDOM,
        ghost_connection_every=SELDOM,
        dial_failure_every=SELDOM,
        slow_reader_every=SELDOM,
        client_crash_every=SELDOM,
        process_pause_every=SELDOM,
        slow_process_every=SELDOM,
        frozen_machine_every=SELDOM,
        clean_restart_every=SELDOM,
        crash_loop_every=SELDOM,
        rolling_upgrade_every=SELDOM,
        wall_drift_every=SELDOM,
        wall_freeze_every=SELDOM,
        monotonic_drift_every=SELDOM,
        coarse_clock_every=SELDOM,
        disk_stall_every=SOMETIMES,
        disk_error_every=SOMETIMES,
        short_write_every=SOMETIMES,
        short_read_every=SOMETIMES,
        full_disk_every=SOMETIMES,
        power_cut_leaving_every=SOMETIMES,
        power_cut_at_every=SOMETIMES,
        kill_at_every=SOMETIMES,
        disk_trouble_max=Octaves(5 * MILLISECOND, 2 * SECOND),
        down_max=Octaves(5 * MILLISECOND, 5 * SECOND),
        partition_max=Octaves(10 * MILLISECOND, 10 * SECOND),
        clog_max=Octaves(MILLISECOND, 2 * SECOND),
        bad_weather_max=Octaves(10 * MILLISECOND, 5 * SECOND),
        latency_factor_max=Octaves(2, 1_000),
        loss_per_mille_max=Octaves(1, 900),
        detour_max=Octaves(MILLISECOND, 4 * SECOND),
        half_open_max=Octaves(10 * MILLISECOND, 10 * SECOND),
        pause_max=Octaves(MILLISECOND, 5 * SECOND),
        upgrade_max=Octaves(10 * MILLISECOND, 4 * SECOND),
        drift_ppm_max=Octaves(10, 500_000),
        clock_grain_max=Octaves(2, 1 << 18),
    ),
)
