"""From birth to serving, and from a metadata delta to partitions.

1. The store recovers (`StoreRecovered`). Its table `node` says who lived here before: another node's folder is refused.
2. The metadata log is read batch by batch (`MetadataRead`) and applied to the controller's image and to the broker's. What of it is
   damaged on this disk ends the start: a broker that does not know all of its metadata must not guess.
3. An empty log is bootstrapped: a cluster id, the feature levels. In any case this broker registers, which starts a new broker
   epoch and new leader epochs.
4. When the registration is durable the broker follows the delta: it leads its partitions, and serves.

Steps 1 and 2 may come upon blocks of tables that are not in memory. Then the broker says what it misses (`Missing`), asks the disk, and
goes on when it is told that the blocks are there.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING
from uuid import UUID

from streambus import wire
from streambus.broker import configs
from streambus.kernel import Buffer, Event, FileSlice, Read, Turn, message, sometimes
from streambus.metadata import Delta, Endpoint, new_cluster_id
from streambus.records import BadBatch, check_batch, decode_records, parse_header
from streambus.replication import Partition
from streambus.storage import LogId, NotLoaded, Stop, StoreRecovered, TableId, Unreadable

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

NODE_TABLE = TableId("node")
CLUSTER_ID = b"cluster_id"
NODE_ID = b"node_id"


class Missing(Enum):
    """What a start waits for, because it is not in memory."""

    OWNER = "the table that says whose folder this is"
    METADATA = "where the next batch of the metadata log lies"


@message
class MetadataRead(Event):
    """One batch of the metadata log was read; the next begins at `next_offset`."""

    next_offset: int
    data: Buffer | None = None


def on_store_recovered(broker: Broker, turn: Turn, event: StoreRecovered) -> None:
    """Check whose folder this is, then read the metadata log from its start."""
    broker.recovered_bytes = event.bytes
    _begin(broker, turn)


def on_entries_loaded(broker: Broker, turn: Turn) -> None:
    """Blocks of tables came, perhaps those that say whose folder this is."""
    if broker.missing is Missing.OWNER:
        _begin(broker, turn)


def on_metadata_loaded(broker: Broker, turn: Turn) -> None:
    """A block came that says where batches of the metadata log lie."""
    if broker.missing is Missing.METADATA:
        broker.missing = None
        _read_metadata(broker, turn, max(broker.image_offset, broker.metadata_log.log_start_offset))


def on_metadata_read(broker: Broker, turn: Turn, event: MetadataRead) -> None:
    """Apply the records of one batch, then read the next. Recovery found it whole; if it is not any more, it is not believed."""
    data = event.data or b""
    try:
        header = parse_header(data)
        check_batch(data, header)
    except BadBatch as damage:
        broker.halt(turn, f"the metadata log is damaged below offset {event.next_offset}: {damage.reason}")
        return
    if header.next_offset != event.next_offset:
        broker.halt(turn, f"the metadata log is damaged below offset {event.next_offset}: a batch up to {header.next_offset} is there")
        return
    _apply_batch(broker, data)
    _read_metadata(broker, turn, event.next_offset)


def follow(broker: Broker, turn: Turn, delta: Delta) -> None:
    """Do what a committed change of the metadata asks of this broker."""
    for topic in delta.topics_deleted.values():
        for index in topic.partitions:
            _drop_partition(broker, turn, topic.name, index, log_id_of(topic.topic_id, index))
    for (topic_id, index), registration in delta.partitions_changed.items():
        if registration.leader == broker.config.node_id:
            _lead(broker, turn, topic_id, index)
    configs.follow(broker, delta)
    if not broker.is_serving and not broker.uncommitted:
        _drop_orphans(broker, turn)
        broker.serve(turn)


def log_id_of(topic_id: UUID, partition: int) -> LogId:
    """The name of a partition's log in the store: of this very topic, not of another that once had its name."""
    return LogId(f"{topic_id}-{partition}")


def _begin(broker: Broker, turn: Turn) -> None:
    broker.missing = None
    try:
        is_ours = _claim_folder(broker, turn)
    except NotLoaded:
        sometimes("startup: whose folder this is must be read from a table")
        broker.missing = Missing.OWNER
        broker.store.flush(turn)
        return
    except Unreadable as damage:
        broker.halt(turn, f"whose data folder this is cannot be read: {damage}")
        return
    if is_ours:
        log = broker.store.open_log(turn, broker.METADATA_LOG)
        _read_metadata(broker, turn, log.log_start_offset)


def _claim_folder(broker: Broker, turn: Turn) -> bool:
    """Write into an empty folder whose it is; refuse one that is another's. Raises `NotLoaded`, `Unreadable`, and has done nothing then."""
    store, node_id = broker.store, broker.config.node_id
    owner, cluster_id = store.get(NODE_TABLE, NODE_ID), store.get(NODE_TABLE, CLUSTER_ID)
    if owner is not None and int(owner) != node_id:
        broker.halt(turn, f"this data folder belongs to node {int(owner)}, not to node {node_id}")
        return False
    if owner is None or cluster_id is None:
        cluster_id = new_cluster_id(turn.dice).encode()
        store.put(turn, NODE_TABLE, CLUSTER_ID, cluster_id)
        store.put(turn, NODE_TABLE, NODE_ID, str(node_id).encode())
    broker.cluster_id = cluster_id.decode()
    return True


def _read_metadata(broker: Broker, turn: Turn, offset: int) -> None:
    """Read on at `offset`; at the end, register."""
    log = broker.metadata_log
    while offset < log.log_end_offset:
        read = log.read(offset, log.log_end_offset, 1, at_least_one=True)
        if not read.parts:
            _miss_metadata(broker, turn, offset, read.stopped)
            return
        (part,) = read.parts
        if isinstance(part, FileSlice):
            sometimes("startup: metadata is read from the disk")
            turn.do(Read(part.file, part.position, part.length, MetadataRead(read.next_offset)))
            return
        _apply_batch(broker, part)
        offset = read.next_offset
    _register(broker, turn)


def _miss_metadata(broker: Broker, turn: Turn, offset: int, stopped: Stop | None) -> None:
    """The batch at `offset` is not at hand: wait for it if it is only not in memory."""
    if stopped is Stop.LOADING:
        sometimes("startup: where metadata lies must be read from a table")
        broker.missing = Missing.METADATA
        broker.store.flush(turn)
    else:
        broker.halt(turn, f"the metadata log is damaged at offset {offset}")


def _apply_batch(broker: Broker, data: Buffer) -> None:
    for record in decode_records(data):
        assert record.value is not None, record.offset
        change = wire.decode_record(record.value)
        broker.controller.apply((change,), record.offset)
        broker.image.apply(change, Delta())
        broker.image_offset = record.offset + 1


def _register(broker: Broker, turn: Turn) -> None:
    """Write down that this broker lives again, and leads what it led, under new leader epochs."""
    broker.metadata_epoch = broker.metadata_log.epochs.latest + 1
    broker.commit(turn, broker.controller.bootstrap().records)
    endpoints = [Endpoint(listener.name, listener.host, listener.port) for listener in broker.config.listeners]
    rack = broker.properties.text("broker.rack")
    decision = broker.controller.register_broker(endpoints, turn.dice, broker.metadata_log.log_end_offset, rack)
    broker.broker_epoch = decision.reply
    broker.commit(turn, decision.records)
    broker.store.flush(turn)


def _lead(broker: Broker, turn: Turn, topic_id: UUID, index: int) -> None:
    topic = broker.image.topics_by_id[topic_id]
    registration = topic.partitions[index]
    partition = broker.partitions.get((topic.name, index))
    if partition is None:
        log = broker.store.open_log(turn, log_id_of(topic_id, index))
        partition = Partition(topic.name, topic_id, index, log)
        broker.partitions[(topic.name, index)] = partition
        broker.partitions_by_log[log.log_id] = broker.partitions_by_id[(topic_id.int, index)] = partition
    partition.become_leader(broker.config.node_id, registration.leader_epoch, registration.isr)
    broker.complete(turn, partition.log.log_id)


def _drop_partition(broker: Broker, turn: Turn, topic: str, index: int, log_id: LogId) -> None:
    partition = broker.partitions_by_log.pop(log_id, None)
    if partition is None:
        return
    sometimes("metadata: a partition is dropped")
    broker.partitions.pop((topic, index), None)
    broker.partitions_by_id.pop((partition.topic_id.int, index), None)
    broker.store.drop_log(turn, log_id)
    broker.complete(turn, log_id)


def _drop_orphans(broker: Broker, turn: Turn) -> None:
    """Drop the logs of topics that were deleted just before the last life ended."""
    for log_id in [log_id for log_id in broker.store.logs if log_id != broker.METADATA_LOG and log_id not in broker.partitions_by_log]:
        broker.store.drop_log(turn, log_id)
