"""Two writers: interchangeable producers write to one partition, and the power fails once, at any point, leaving any part of what was
not synced.

Batches of both share a write and a sync if they come while another is under way. What it shows: group commit acknowledges nobody too
early, and the order that both see is the order on the disk.
"""

from streambus.sim.exhaust import Client, Send, Spec, producer


def writer(name: str) -> Client:
    return producer(name, Send(), Send(), batch_bytes_max=64)


SPEC = Spec(
    "two producers, one partition, one power cut: group commit keeps its word",
    clients=(writer("writer-1"), writer("writer-2")),
    power_cuts=1,
    delays=2,
)
