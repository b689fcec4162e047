"""Slow readers: nodes that take only a few bytes per millisecond from their sockets, and links that let only a few pass.

Whoever sends to them is told that the way is congested, and has to stop making answers for them without letting the others wait.
What it shows: back-pressure reaches from a consumer's socket to the broker's reading of its requests, memory stays bounded, and when the
jam clears everybody goes on.
"""

from streambus.kernel import MILLISECOND
from streambus.sim import FaultMix, LinkSpeed, Load, Octaves, Scenario

SCENARIO = Scenario(
    "consumers and brokers that read a few bytes at a time: congestion comes and goes",
    load=Load(record_bytes=4_000, burst_records=16, poll_records=500),
    link=LinkSpeed(queue_bytes_max=Octaves(1_024, 65_536)),
    faults=FaultMix(slow_reader_every=250 * MILLISECOND, narrow_link_every=400 * MILLISECOND, slow_process_every=500 * MILLISECOND),
)
