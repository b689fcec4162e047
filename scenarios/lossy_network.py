"""Lossy network: segments get lost, links become slow or narrow, and what was sent first does not arrive first.

TCP hides a loss and shows its price: whatever is behind a lost segment waits until that has been sent again, after 200 ms, then 400, then
800, and one that is lost too often takes its connection with it. What it shows: time-outs fire in the middle of perfectly healthy
requests, old bytes arrive at a broker that has served the repetition already, and the order of two connections means nothing.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, LinkSpeed, Load, Octaves, Scenario

SCENARIO = Scenario(
    "lost segments, slow and narrow links, bytes that are late: every record exactly once",
    load=Load(request_timeout=SECOND, record_bytes=2_000),
    link=LinkSpeed(latency_max=Octaves(200, 20_000), queue_bytes_max=Octaves(4_096, 1 << 18)),
    faults=FaultMix(
        packet_loss_every=300 * MILLISECOND,
        latency_spike_every=400 * MILLISECOND,
        narrow_link_every=400 * MILLISECOND,
        clog_every=300 * MILLISECOND,
        detour_every=200 * MILLISECOND,
        late_bytes_every=400 * MILLISECOND,
        loss_per_mille_max=Octaves(10, 700),
    ),
)
