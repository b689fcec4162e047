"""A failing disk: single operations, bursts of them, and short writes and reads, all with an error.

A broker that has seen a write or a sync fail trusts its disk no more: records are refused with `KAFKA_STORAGE_ERROR`, what is durable can
still be read, and an operator who notices restarts it. A read that fails costs the request its answer, or, during recovery, the start:
never a part of the log. What it shows: whatever fails, and however often, nothing acknowledged is lost and nothing is there twice.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, Load, Scenario

SCENARIO = Scenario(
    "operations of the disk fail: no record is lost, and the broker says what happened",
    load=Load(inquirers=1, record_bytes=2_000, request_timeout=SECOND),
    segment_bytes=32 * 1024,
    recovery_chunk_bytes=8 * 1024,
    recent_bytes=8 * 1024,
    faults=FaultMix(
        disk_error_every=400 * MILLISECOND,
        short_write_every=SECOND,
        short_read_every=SECOND,
        power_cut_every=2 * SECOND,
        process_kill_every=2 * SECOND,
        down_max=200 * MILLISECOND,
        disk_trouble_max=400 * MILLISECOND,
    ),
)
