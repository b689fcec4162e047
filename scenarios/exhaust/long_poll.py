"""Long poll: a fetch that waits at the broker, and the append that it waits for.

The fetch arrives before, during and after the append and its sync; connections break once, time may pass early. What it shows: a
waiting fetch is always answered, with the record once it is durable, and nothing is read before.
"""

from streambus.sim.exhaust import ReadUntil, Send, Spec, consumer, producer

SPEC = Spec(
    "a waiting fetch and the append that it waits for, in every order",
    clients=(
        producer("writer", Send(), before=(Send(value=b"first"),), batch_bytes_max=64),
        consumer("reader", ReadUntil(2), before=(ReadUntil(1),)),
    ),
    topics=(("t", 1),),
    connection_cuts=1,
    early_timers=True,
    delays=2,
)
