"""Checkpoints: what is known of the logs at a segment boundary, as entries of internal keyspaces.

When a segment is full, the state of every log that changed in it is put beside the entries of table keyspaces, and goes to the disk with
them. So what a recovery needs to know from before the live segments is itself a few keyspaces of the tree, and compaction keeps it small.

- `LOGS`: number of a keyspace -> kind, name, and, of a log, its offsets, leader epochs and open transactions; under number 0, the last
  number given.
- `PRODUCERS`: number of a log, producer id -> its epoch and last batches.
- `ABORTED`: number of a log, last offset -> an aborted transaction.
"""

from array import array
from collections.abc import Iterator
from struct import Struct

from streambus.storage.log import Log
from streambus.storage.producers import AppendedBatch, Producer
from streambus.storage.transactions import Transactions, encode_aborted

LOGS = 1
PRODUCERS = 2
ABORTED = 3
FIRST_USER_KEYSPACE = 16

NUMBER = Struct(">I")
NUMBER_AND_ID = Struct(">Iq")

IS_LOG = 1
IS_TABLE = 2

_LOG = Struct(">BHQQQI")
_TABLE = Struct(">BH")
_EPOCH = Struct(">qq")
_PRODUCER = Struct(">hB")
_BATCH = Struct(">iiqqq")


def prefix_range(keyspace: int, prefix: bytes = b"") -> tuple[bytes, bytes]:
    """The keys of a keyspace that begin with `prefix`, as a range."""
    first = NUMBER.pack(keyspace) + prefix
    return first, (int.from_bytes(first, "big") + 1).to_bytes(len(first), "big")


def state_ranges(keyspace: int) -> Iterator[tuple[bytes, bytes]]:
    """Where everything is that checkpoints say of a keyspace."""
    for book in (LOGS, PRODUCERS, ABORTED):
        yield prefix_range(book, NUMBER.pack(keyspace))


def log_entries(log: Log) -> Iterator[tuple[bytes, bytes | None]]:
    """The entries for what changed in `log` since the last checkpoint; from now on nothing has changed."""
    yield NUMBER.pack(LOGS) + NUMBER.pack(log.keyspace), encode_log(log)
    for producer_id in log.producers.take_changed():
        producer = log.producers.by_id.get(producer_id)
        value = encode_producer(producer) if producer is not None else None
        yield NUMBER.pack(PRODUCERS) + NUMBER_AND_ID.pack(log.keyspace, producer_id), value
    for aborted in log.transactions.aborted_from(log.checkpoint_offset):
        yield NUMBER.pack(ABORTED) + NUMBER_AND_ID.pack(log.keyspace, aborted.last_offset), encode_aborted(aborted)
    log.checkpoint_offset = log.log_end_offset


def encode_log(log: Log) -> bytes:
    """A log's state but for its producers and aborted transactions."""
    name = log.log_id.encode()
    epochs = log.epochs
    head = _LOG.pack(IS_LOG, len(name), log.log_start_offset, log.log_end_offset, log.cleaned_end, len(epochs.epochs))
    pairs = b"".join(map(_EPOCH.pack, epochs.epochs, epochs.start_offsets))
    return head + name + pairs + log.transactions.encode()


def encode_table(table_id: str) -> bytes:
    """That a table of this name is there."""
    name = table_id.encode()
    return _TABLE.pack(IS_TABLE, len(name)) + name


def is_log(value: bytes) -> bool:
    """Whether this entry of `LOGS` is about a log, and not about a table."""
    return value[0] == IS_LOG


def name_of(value: bytes) -> str:
    """Whose state `value` is."""
    start = _LOG.size if is_log(value) else _TABLE.size
    length = int.from_bytes(value[1:3], "big")
    return str(value[start : start + length], "utf-8")


def offsets_of(value: bytes) -> tuple[int, int]:
    """Where the log whose state `value` is begins and ends."""
    _, _, start_offset, end_offset, *_ = _LOG.unpack_from(value)
    return start_offset, end_offset


def restore_log(log: Log, value: bytes) -> None:
    """Have a new log be as `encode_log` found it."""
    _, length, log.log_start_offset, log.log_end_offset, log.cleaned_end, count = _LOG.unpack_from(value)
    log.index.end_offset = log.log_end_offset
    position = _LOG.size + length
    pairs = value[position : position + count * _EPOCH.size]
    log.epochs.epochs = array("q", [epoch for epoch, _ in _EPOCH.iter_unpack(pairs)])
    log.epochs.start_offsets = array("q", [offset for _, offset in _EPOCH.iter_unpack(pairs)])
    log.transactions = Transactions.decode(value[position + count * _EPOCH.size :])
    log.checkpoint_offset = log.log_end_offset


def encode_producer(producer: Producer) -> bytes:
    """What is remembered of a producer, but for when it was last heard of."""
    head = _PRODUCER.pack(producer.producer_epoch, len(producer.batches))
    return head + b"".join(
        _BATCH.pack(batch.base_sequence, batch.last_sequence, batch.base_offset, batch.last_offset, batch.timestamp)
        for batch in producer.batches
    )


def decode_producer(value: bytes, now_ms: int) -> Producer:
    """A producer, heard of just now."""
    epoch, _ = _PRODUCER.unpack_from(value)
    producer = Producer(epoch, now_ms)
    producer.batches.extend(AppendedBatch(*fields) for fields in _BATCH.iter_unpack(value[_PRODUCER.size :]))
    return producer
