"""Storage churn: segments of a few kilobytes, and everything that a storage engine does with them, all at once.

Topics that come and go are kept small by retention, by time and by size, or cleaned by key, or deleted; segments are sealed within
milliseconds, tables are merged two by two, blocks do not fit into the cache, the manifest is written anew all the time. Meanwhile power
fails, the process is killed, disks fail and fill up, in the middle of long work too. The topics that stay are only written and read. What
it shows: wherever a batch is by now, it is there, once, as it was written; what is gone was allowed to go; of every key the newest
value is left.
"""

from streambus.broker import Limits
from streambus.kernel import MILLISECOND, SECOND
from streambus.records import Codec
from streambus.sim import Between, DiskSpeed, FaultMix, Load, Octaves, OneOf, Scenario
from streambus.storage import PickerOptions, StoreConfig

SOMETIMES = OneOf(0, Octaves(200 * MILLISECOND, 2 * SECOND))

SCENARIO = Scenario(
    "small segments, retention, cleaning, merging, and a disk that fails: nothing is lost but what may go",
    duration=Octaves(SECOND, 3 * SECOND),
    load=Load(
        topics=1,
        partitions=Between(1, 3),
        writers=Between(1, 3),
        readers=1,
        inquirers=2,
        administrators=OneOf(0, 0, 1),
        inquire_every=Octaves(10 * MILLISECOND, 50 * MILLISECOND),
        side_one_in=OneOf(2, 4),
        codec=OneOf(None, Codec.NONE),
        record_bytes=Octaves(10, 2_000),
        pause=Octaves(5 * MILLISECOND, 40 * MILLISECOND),
        linger=OneOf(0, 5 * MILLISECOND),
        request_timeout=SECOND,
    ),
    disk=DiskSpeed(work_min=Octaves(50, 2_000), work_max=Octaves(2_000, 50_000)),
    segment_bytes=Octaves(2_048, 32_768),
    recovery_chunk_bytes=Octaves(512, 1 << 16),
    recent_bytes=OneOf(0, Octaves(512, 1 << 16)),
    store=StoreConfig(
        record_bytes_max=Octaves(256, 1 << 16),
        cache_bytes=OneOf(0, Octaves(256, 1 << 16), 64 << 20),
        manifest_bytes=Octaves(4_096, 1 << 17),
        entry_block_bytes=Octaves(16, 4_096),
        bits_per_key=OneOf(10, 0),
        garbage_bytes_min=OneOf(0, Octaves(1, 1 << 14)),
        delete_delay=Octaves(200 * MILLISECOND, SECOND),
        retry_delay=Octaves(1_000, 100 * MILLISECOND),
        key_map_bytes=OneOf(128 << 20, Octaves(64, 1 << 12)),
        picker=PickerOptions(
            fan_in=OneOf(2, 3, 8),
            run_bytes_min=OneOf(8_192, 1 << 20),
            garbage_percent=OneOf(50, 10),
            garbage_bytes_min=0,
            table_bytes=Octaves(1_024, 1 << 16),
            outputs_max=OneOf(16, 1, 2),
            compaction_bytes_max=OneOf(1 << 30, Octaves(1 << 14, 1 << 18)),
            levels_max=OneOf(6, 2),
            entry_fan_in=OneOf(2, 4),
            entry_bytes_min=Octaves(1, 4_096),
        ),
    ),
    properties=(
        ("log.cleanup.policy", OneOf("delete", "delete", "compact", "compact", "compact,delete")),
        ("log.retention.ms", OneOf("-1", "100", "500")),
        ("log.retention.bytes", OneOf("-1", "0", "1000", "20000")),
        ("log.retention.check.interval.ms", OneOf("100", "250")),
        ("log.cleaner.backoff.ms", OneOf("0", "150")),
        ("log.cleaner.min.cleanable.ratio", OneOf("0", "0.01", "0.5")),
        ("log.cleaner.delete.retention.ms", OneOf("0", "300", "86400000")),
        ("log.cleaner.max.compaction.lag.ms", OneOf("9223372036854775807", "9223372036854775807", "200")),
    ),
    limits=Limits(answer_bytes_max=OneOf(4 << 20, 4 << 20, Octaves(1_024, 1 << 16))),
    faults=FaultMix(
        power_cut_every=SOMETIMES,
        process_kill_every=SOMETIMES,
        power_cut_at_every=SOMETIMES,
        kill_at_every=SOMETIMES,
        disk_error_every=SOMETIMES,
        short_write_every=SOMETIMES,
        short_read_every=SOMETIMES,
        full_disk_every=SOMETIMES,
        disk_stall_every=SOMETIMES,
        slow_disk_every=SOMETIMES,
        clean_restart_every=SOMETIMES,
        down_max=100 * MILLISECOND,
        disk_trouble_max=Octaves(10 * MILLISECOND, 400 * MILLISECOND),
    ),
)
