"""The broker: one node that serves Kafka clients.

Theory of operation
===================

A `Broker` owns a store, the partitions it leads, the metadata that rules them, the controller that decides about it, and its
clients' connections.

*Start.* The store recovers; the metadata log is read back and applied, record by record, to the controller's image and to ours; the
controller writes down that this broker is here (again), which gives every partition a new leader epoch; when that is durable we
lead, and serve. Whoever connected meanwhile was only paused.

*Produce.* 1. `Received`: the connection cuts requests out of the bytes, each gets a slot for its answer. 2. The batch is checked
and appended: it has an offset now, in memory.
3. The request waits in purgatory for its partition's high watermark. 4. `Drained`: the store writes and syncs everything that
   gathered. 5. `LogDurable`: the high watermark moves, produces are acknowledged, fetches that waited are answered, all of a
   connection's answers in one `Send`.

*Fetch.* What is below the high watermark is sent as file slices; too little waits in purgatory for more, until its time is up. Where old
batches lie must be loaded from tables first: whoever needs that waits in purgatory, too, until `LogLoaded`. What is damaged on this disk
is an error of its partition, and told in the log; of the metadata it is the end.

*Topics.* The controller decides on its newest image and answers with records; the broker appends them to the metadata log, and when
they are durable applies them to its own image, follows the delta (opens and drops partitions), and answers.

*Upkeep.* Rounds over all partitions drop what is past its retention and have compacted topics cleaned; `DeleteRecords` drops what somebody
asks for. Slices of files that are not needed any more can be sent for a while (`StoreConfig.delete_delay`), and no longer: an answer with
slices that waits behind another one for half of that closes its connection.

Files: `broker.py` the node and its `ROUTES`; `startup.py` from birth to serving; `connections.py` slots and pauses; one file per
concern of the protocol: `produce`, `fetch` (`fetch_sessions`), `offsets`, `delete_records`, `topics`, `producer_ids`, `features`;
`upkeep.py` what happens without being asked for.

Left out for now: other replicas, groups, transactions, security, quotas. They come as siblings that this node composes.
"""

from streambus.broker.broker import Broker, Ready
from streambus.broker.config import BrokerConfig, Limits, Listener

__all__ = ["Broker", "BrokerConfig", "Limits", "Listener", "Ready"]
