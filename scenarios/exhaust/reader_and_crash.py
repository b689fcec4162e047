"""Reader and crash: a consumer reads from the start while a producer appends and the broker's process is killed.

The consumer has a fetch session, a position and perhaps half of the records when its broker is gone. What it shows: nobody reads what
is not durable, and nobody reads a record twice or not at all.
"""

from streambus.sim.exhaust import ReadUntil, Send, Spec, consumer, producer

SPEC = Spec(
    "a consumer reads while a producer appends and the broker is killed",
    clients=(
        producer("writer", Send(), Send(), before=(Send(value=b"first"),), batch_bytes_max=64),
        consumer("reader", ReadUntil(3)),
    ),
    kills=1,
    delays=1,
)
