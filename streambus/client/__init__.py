"""client: machines for those who use a broker. Producer, Consumer and Admin are nodes like the broker itself.

Theory of operation
===================

Users speak to a client in events that carry a `ticket`, a number of their choice, and are answered by the effect
`Complete(ticket, result)`, exactly once per ticket (`dialogue`). A result is what was wished for, or `Failed`, whose
`definite` is honest: true only if the wish surely had no effect and never will.

All three stand on the same two sub-machines:

- `pool`: one connection per address and purpose, so that a long poll never holds up a produce request. A connection is dialled when
  somebody needs it, begins with the ApiVersions handshake, and every request goes out in the highest version both sides speak. A
  request is answered once, with `Answer` or, when the connection is lost, times out or cannot be made, with `NoAnswer`, which
  knows whether the broker may have seen the request. Failed addresses rest for a back-off, idle connections are closed, silent ones probed.
- `cluster`: what is known of brokers, topics and leaders. It asks again when that is old, and when an error shows it to be wrong.

How a record is written (`producer`, `outbox`, `partitioner`):

1. `Produce` chooses a partition once the topic is known, and joins the partition's open batch.
2. The batch is sealed when it is full, has lingered, or is flushed. It waits in its outbox, in order.
3. Outboxes whose leader has room for a request give one batch each; the first attempt gives a batch its sequence number.
4. An answer acknowledges the batch, or refuses it. Refusals that may pass and lost connections put it back, in order and with the
   same bytes, so that the broker recognises what it already has (KIP-98); the rest fails it.
5. A batch that was numbered and given up leaves a gap that the broker would not accept. A new chain begins, with the next producer
   epoch; batches whose fate is unknown never move there. Better to fail a record than to write it twice. The first batch of a chain
   and every repetition travel alone, because a broker takes any first number from a producer it does not know.
6. What was not answered within the delivery time-out fails; if it was in flight then its outcome is unknown.

How records are read (`consumer`, `fetch_session`, `position`):

1. `Assign` and `Seek` give partitions a position; EARLIEST and LATEST are looked up with ListOffsets at the leader.
2. One fetch per leader is under way at a time, as a fetch session (KIP-227): only what changed is said again.
3. Answers wait, undecoded, until a `Poll` takes them; while too much waits nothing more is fetched. What was fetched for a position
   that the user has left is thrown away.
4. A `Poll` checks and decodes batches one at a time, leaves out control records, what lies before the position, and for readers of
   committed records what the leader says was aborted (`aborted`). `ListPositions` tells how far that went, where there was nothing to give.

Randomness (jitter, choice among equal brokers) comes from `turn.dice` alone.

What is left out for now: groups, writing transactions, client-side throttling, TLS and SASL.
"""

from streambus.client.admin import Admin
from streambus.client.config import (
    Acks,
    AdminConfig,
    BootstrapServers,
    ConsumerConfig,
    Isolation,
    NetworkConfig,
    OffsetReset,
    ProducerConfig,
)
from streambus.client.consumer import Consumer
from streambus.client.dialogue import (
    EARLIEST,
    LATEST,
    MAX_TIMESTAMP,
    OFFSET_UNKNOWN,
    Acknowledged,
    Answered,
    Ask,
    Assign,
    Complete,
    Failed,
    Fetched,
    Flush,
    Flushed,
    ListOffsets,
    ListPositions,
    OffsetsListed,
    Poll,
    Positioned,
    Produce,
    Seek,
)
from streambus.client.partitioner import murmur2, partition_of_key
from streambus.client.producer import Producer

__all__ = [
    "EARLIEST",
    "LATEST",
    "MAX_TIMESTAMP",
    "OFFSET_UNKNOWN",
    "Acknowledged",
    "Acks",
    "Admin",
    "AdminConfig",
    "Answered",
    "Ask",
    "Assign",
    "BootstrapServers",
    "Complete",
    "Consumer",
    "ConsumerConfig",
    "Failed",
    "Fetched",
    "Flush",
    "Flushed",
    "Isolation",
    "ListOffsets",
    "ListPositions",
    "NetworkConfig",
    "OffsetReset",
    "OffsetsListed",
    "Poll",
    "Positioned",
    "Produce",
    "Producer",
    "ProducerConfig",
    "Seek",
    "murmur2",
    "partition_of_key",
]
