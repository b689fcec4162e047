"""Idempotence across restarts: five batches in flight, lost acknowledgements, and a broker that keeps coming back.

Small batches, no lingering, resets and kills: nearly every crash leaves batches that are written but not acknowledged, and their
producers send them again to a broker that has only its disk to remember them by. What it shows: the sequence numbers of every
producer survive restarts, so that a duplicate is answered with its first offset and never appended.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, Load, Scenario

SCENARIO = Scenario(
    "batches are sent again to a restarted broker: it knows them",
    load=Load(writers=4, partitions=2, linger=0, batch_bytes=1_024, burst_records=4, pause=25 * MILLISECOND, request_timeout=SECOND),
    faults=FaultMix(
        process_kill_every=800 * MILLISECOND, power_cut_every=2 * SECOND, link_reset_every=300 * MILLISECOND, down_max=300 * MILLISECOND
    ),
)
