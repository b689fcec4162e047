"""Small worlds for tests, and what they are explored with."""

from typing import Any

from streambus import checkers
from streambus.client import NetworkConfig
from streambus.kernel import SECOND
from streambus.sim.exhaust import Client, ReadUntil, Send, Spec, consumer, producer
from streambus.sim.exhaust.spec import Wish

SMALL_BATCHES = 64
"""Bytes: every record is a batch of its own."""


def known_producer(name: str, *wishes: Wish, **settings: Any) -> Client:
    """One whose connections stand, and whose chain of sequences is confirmed."""
    return producer(name, *wishes, before=(Send(value=b"before " + name.encode()),), batch_bytes_max=SMALL_BATCHES, **settings)


def new_producer(name: str, *wishes: Wish, **settings: Any) -> Client:
    """One that has not sent anything."""
    return producer(name, *wishes, batch_bytes_max=SMALL_BATCHES, **settings)


ONE_WRITER = Spec("one writer, one record", (known_producer("writer", Send()),))
POWER = Spec("one writer, one record, one power cut", (known_producer("writer", Send()),), power_cuts=1)
KILL = Spec("one writer, one record, one kill", (known_producer("writer", Send()),), kills=1)
CUT = Spec("one writer, one record, one broken connection", (known_producer("writer", Send()),), connection_cuts=1)
NEW_WRITER = Spec("a writer whom nobody knows", (new_producer("writer", Send()),))
TORN = Spec("one writer, one record over two sectors, one power cut", (known_producer("writer", Send(value=b"v" * 900)),), power_cuts=1)
IN_ORDER = checkers.Contract("in order", "What a producer sends lands in the order in which it was sent.", (checkers.Kind.DUPLICATE,))
ONE_AT_A_TIME = Spec(
    "one batch at a time without sequence numbers, and one broken connection",
    (known_producer("writer", Send(), Send(), idempotent=False, in_flight_max=1),),
    connection_cuts=1,
    contract=IN_ORDER,
)
TWO_WRITERS = Spec("two writers, one record each", (new_producer("writer-1", Send()), new_producer("writer-2", Send())))

READER = Spec(
    "two writers, a reader, one power cut",
    (
        known_producer("writer-1", Send()),
        known_producer("writer-2", Send()),
        consumer("reader", ReadUntil(3), before=(ReadUntil(2),)),
    ),
    power_cuts=1,
)
IMPATIENT = Spec(
    "a writer that waits for half a second, and time that may pass early",
    (known_producer("writer", Send(), delivery_timeout=SECOND // 2, network=NetworkConfig(request_timeout=SECOND)),),
    early_timers=True,
)
