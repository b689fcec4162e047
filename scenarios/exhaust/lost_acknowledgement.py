"""Lost acknowledgement: an idempotent producer, a connection that breaks and a machine that loses power, each at any point.

Two records in batches of their own. Whatever the broker had appended but not acknowledged is sent again, to a broker that may have
had to read in its log who this producer is. What it shows: every record is there once, where its sender was told, in order.
"""

from streambus.sim.exhaust import Send, Spec, producer

SPEC = Spec(
    "one idempotent producer: acknowledgements get lost, and the power fails",
    clients=(producer("writer", Send(), Send(), before=(Send(value=b"first"),), batch_bytes_max=64),),
    connection_cuts=1,
    power_cuts=1,
    delays=2,
)
