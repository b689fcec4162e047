"""First batches: a producer that nobody knows yet, and connections that break twice before its chain is confirmed.

A broker takes any first sequence number from a producer it does not know. So the first batch of a chain travels alone, and after a
loss nothing may overtake it. What it shows: three records arrive once and in order, though nothing confirms the chain for long.
"""

from streambus.sim.exhaust import Send, Spec, producer

SPEC = Spec(
    "a new producer's first batches, and two broken connections: nothing is overtaken",
    clients=(producer("writer", Send(), Send(), Send(), batch_bytes_max=64),),
    connection_cuts=2,
    delays=1,
)
