"""The keyspaces of one store, and how an entry of the WAL changes them: what recovery does is what was done when the entry was written."""

from struct import Struct

from streambus.records import BadBatch, control_type, parse_header
from streambus.storage.checkpoint import (
    ABORTED,
    FIRST_USER_KEYSPACE,
    LOGS,
    NUMBER,
    NUMBER_AND_ID,
    decode_producer,
    encode_producer,
    encode_table,
    log_entries,
    prefix_range,
    state_ranges,
)
from streambus.storage.config import StoreConfig
from streambus.storage.events import LogId, TableId
from streambus.storage.layers import Layers
from streambus.storage.log import Log
from streambus.storage.producers import Producer
from streambus.storage.shelf import Shelf
from streambus.storage.wal_records import DELETED, Entry, EntryKind, Inconsistent
from streambus.storage.wal_segments import Segments

OFFSET = Struct(">Q")
LENGTHS = Struct(">II")
LENGTH = Struct(">I")
PRODUCER = Struct(">qH")

AffectedProducers = dict[int, Producer | None]
"""What a truncation leaves known of the producers that it concerns: None of a forgotten one."""


class Keyspaces:
    """All logs and tables. Each has a number, by which entries name it; numbers are never given again.

    The entries of all tables are in `layers`, under the number of their keyspace and their own key.
    """

    __slots__ = (
        "changed_logs",
        "config",
        "last_number",
        "layers",
        "logs",
        "logs_by_number",
        "producer_expiration_ms",
        "segments",
        "shelf",
        "tables",
        "tables_by_number",
    )

    def __init__(self, config: StoreConfig, segments: Segments, shelf: Shelf) -> None:
        self.config = config
        self.producer_expiration_ms = config.producer_expiration_ms
        self.segments = segments
        self.shelf = shelf
        self.layers = Layers()
        self.last_number = FIRST_USER_KEYSPACE - 1
        self.logs: dict[LogId, Log] = {}
        self.logs_by_number: dict[int, Log] = {}
        self.tables: dict[TableId, int] = {}
        self.tables_by_number: dict[int, TableId] = {}
        self.changed_logs: dict[int, Log] = {}
        """Logs that are not as the last checkpoint has them."""

    # Changes -----------------------------------------------------------------------------------------------------------

    def add_log(self, log_id: LogId, number: int) -> Log:
        """Make a log."""
        log = Log(log_id, number, self.segments, self.shelf, self.producer_expiration_ms)
        self.last_number = max(self.last_number, number)
        self.logs[log_id] = self.logs_by_number[number] = self.changed_logs[number] = log
        return log

    def expire_producers_after(self, milliseconds: int) -> None:
        """From now on forget producers that have been silent for so long."""
        self.producer_expiration_ms = milliseconds
        for log in self.logs.values():
            log.producers.expiration_ms = milliseconds

    def add_table(self, table_id: TableId, number: int) -> None:
        """Make a table."""
        self.name_table(table_id, number)
        self.layers.active.put(NUMBER.pack(LOGS) + NUMBER.pack(number), encode_table(table_id))

    def name_table(self, table_id: TableId, number: int) -> None:
        """There is a table of this name; its entries are under this number."""
        self.last_number = max(self.last_number, number)
        self.tables[table_id] = number
        self.tables_by_number[number] = table_id

    def remove(self, number: int) -> None:
        """Forget a log or a table, and all that is in it."""
        log = self.logs_by_number.pop(number, None)
        active = self.layers.active
        if log is None:
            del self.tables[self.tables_by_number.pop(number)]
            active.delete_range(*prefix_range(number))
            active.put(NUMBER.pack(LOGS) + NUMBER.pack(number), None)
            return
        del self.logs[log.log_id]
        self.changed_logs.pop(number, None)
        for ref in log.blocks.refs():
            self.shelf.release(ref.table, ref.block, is_unwanted=True)
        for first, last in state_ranges(number):
            active.delete_range(first, last)

    def trim(self, log: Log, start_offset: int, *, is_unwanted: bool = False) -> int:
        """Forget the records of `log` below `start_offset`; return how many bytes of live segments that makes garbage.

        `is_unwanted`: somebody wants the space back, and not just when it comes back by itself.
        """
        self.changed_logs[log.keyspace] = log
        if len(log.transactions):
            first, _ = prefix_range(ABORTED, NUMBER.pack(log.keyspace))
            self.layers.active.delete_range(first, NUMBER.pack(ABORTED) + NUMBER_AND_ID.pack(log.keyspace, start_offset))
        return log.trim(start_offset, is_unwanted=is_unwanted)

    def truncate(self, log: Log, end_offset: int, producers: AffectedProducers) -> int:
        """Forget the batches of `log` from `end_offset` on; `producers` is what is known of theirs then. Returns like `trim`."""
        self.changed_logs[log.keyspace] = log
        if len(log.transactions):
            _, last = prefix_range(ABORTED, NUMBER.pack(log.keyspace))
            self.layers.active.delete_range(NUMBER.pack(ABORTED) + NUMBER_AND_ID.pack(log.keyspace, end_offset), last)
        garbage_bytes = log.truncate(end_offset)
        log.producers.restore(producers)
        return garbage_bytes

    def forget_aborted(self, log: Log, last_offsets: tuple[int, ...]) -> None:
        """Nothing is left of the aborted transactions that ended there. After a crash they may be known again, which is harmless."""
        self.changed_logs[log.keyspace] = log
        log.transactions.forget_aborted(last_offsets)
        for last_offset in last_offsets:
            self.layers.active.put(NUMBER.pack(ABORTED) + NUMBER_AND_ID.pack(log.keyspace, last_offset), None)

    # Replay ----------------------------------------------------------------------------------------------------------

    def replay(self, entry: Entry, payload: memoryview, position: int, now_ms: int) -> None:
        """Do again what `entry` says; its payload lies at WAL position `position`. `Inconsistent` if it cannot be."""
        kind = entry.kind
        if kind is EntryKind.BATCH:
            self._replay_batch(self._log(entry), payload, position, now_ms)
        elif kind is EntryKind.PUTS:
            self._replay_puts(entry.keyspace, bytes(payload))
        elif kind is EntryKind.DELETE_RANGE:
            self._require_table(entry)
            self.layers.active.delete_range(*decode_range(entry.keyspace, bytes(payload)))
        elif kind is EntryKind.TRUNCATE:
            end_offset, producers = decode_truncation(payload, now_ms)
            self.truncate(self._log(entry), end_offset, producers)
        elif kind is EntryKind.TRIM:
            self.trim(self._log(entry), *OFFSET.unpack(payload))
        elif kind is EntryKind.DROP:
            self._replay_drop(entry)
        elif kind is EntryKind.OPEN_LOG or kind is EntryKind.OPEN_TABLE:
            self._replay_open(entry, str(payload, "utf-8"))
        else:
            raise Inconsistent(f"entry kind {kind} is not known here")

    def replay_damaged(self, entry: Entry, position: int) -> tuple[Log, int, int]:
        """A batch is not what was written: keep its offsets, and say of which log and which they are."""
        log = self._log(entry)
        first_offset = log.log_end_offset
        log.append_hole(position, entry.offsets)
        self.changed_logs[log.keyspace] = log
        return log, first_offset, log.log_end_offset

    def _replay_open(self, entry: Entry, name: str) -> None:
        if entry.keyspace != self.last_number + 1:
            raise Inconsistent(f"keyspace {entry.keyspace} is opened after keyspace {self.last_number}")
        if entry.kind is EntryKind.OPEN_LOG:
            self.add_log(LogId(name), entry.keyspace)
        else:
            self.add_table(TableId(name), entry.keyspace)

    def _replay_drop(self, entry: Entry) -> None:
        if entry.keyspace not in self.logs_by_number and entry.keyspace not in self.tables_by_number:
            raise Inconsistent(f"keyspace {entry.keyspace} is dropped but not open")
        self.remove(entry.keyspace)

    def _replay_batch(self, log: Log, payload: memoryview, position: int, now_ms: int) -> None:
        try:
            header = parse_header(payload)
        except BadBatch as bad:
            raise Inconsistent(f"a batch of {log.log_id} is none: {bad}") from bad
        if header.base_offset != log.log_end_offset or header.size != len(payload):
            raise Inconsistent(f"a batch at offset {header.base_offset} follows offset {log.log_end_offset} of {log.log_id}")
        log.append(header, header.base_offset, header.leader_epoch, position, len(payload), now_ms)
        if header.is_transactional or header.is_control:
            log.transactions.append(header, header.base_offset, control_type(header, payload))
        self.changed_logs[log.keyspace] = log

    def _replay_puts(self, keyspace: int, payload: bytes) -> None:
        if keyspace not in self.tables_by_number:
            raise Inconsistent(f"keyspace {keyspace} is not an open table")
        put, prefix, position = self.layers.active.put, NUMBER.pack(keyspace), 0
        while position < len(payload):
            key_length, value_length = LENGTHS.unpack_from(payload, position)
            key_end = position + LENGTHS.size + key_length
            key = prefix + payload[position + LENGTHS.size : key_end]
            if value_length == DELETED:
                put(key, None)
                position = key_end
            else:
                position = key_end + value_length
                put(key, payload[key_end:position])

    def _log(self, entry: Entry) -> Log:
        log = self.logs_by_number.get(entry.keyspace)
        if log is None:
            raise Inconsistent(f"keyspace {entry.keyspace} is not an open log")
        return log

    def _require_table(self, entry: Entry) -> None:
        if entry.keyspace not in self.tables_by_number:
            raise Inconsistent(f"keyspace {entry.keyspace} is not an open table")

    # Checkpoints -------------------------------------------------------------------------------------------------------

    def take_checkpoint(self) -> dict[int, Log]:
        """Put what changed since the last checkpoint beside the entries of the segment that ends here; return the logs that changed."""
        put = self.layers.active.put
        put(NUMBER.pack(LOGS) + NUMBER.pack(0), NUMBER.pack(self.last_number))
        changed, self.changed_logs = self.changed_logs, {}
        for log in changed.values():
            for key, value in log_entries(log):
                put(key, value)
        return changed


def encode_puts(pairs: list[tuple[bytes, bytes | None]]) -> bytes:
    """Keys and values (None: deleted), as the WAL has them."""
    parts: list[bytes] = []
    for key, value in pairs:
        if value is None:
            parts += (LENGTHS.pack(len(key), DELETED), key)
        else:
            parts += (LENGTHS.pack(len(key), len(value)), key, value)
    return b"".join(parts)


def encode_range(first: bytes, last: bytes) -> bytes:
    """A range of keys of one table, as the WAL has it; an empty `last` is the end of the table."""
    return LENGTH.pack(len(first)) + first + last


def decode_range(keyspace: int, payload: bytes) -> tuple[bytes, bytes]:
    """A range of one table's keys, as a range of all keys."""
    (length,) = LENGTH.unpack_from(payload)
    if length > len(payload) - LENGTH.size:
        raise Inconsistent("a range of keys is cut off")
    return full_range(keyspace, payload[LENGTH.size : LENGTH.size + length], payload[LENGTH.size + length :] or None)


def full_range(keyspace: int, first: bytes, last: bytes | None) -> tuple[bytes, bytes]:
    """The keys of a keyspace from `first` on and below `last` (all that follow if None), as a range of all keys."""
    prefix = NUMBER.pack(keyspace)
    return prefix + first, prefix_range(keyspace)[1] if last is None else prefix + last


def encode_truncation(end_offset: int, producers: AffectedProducers) -> bytes:
    """A truncation, as the WAL has it."""
    parts = [OFFSET.pack(end_offset)]
    for producer_id, producer in producers.items():
        state = encode_producer(producer) if producer is not None else b""
        parts += (PRODUCER.pack(producer_id, len(state)), state)
    return b"".join(parts)


def decode_truncation(payload: memoryview, now_ms: int) -> tuple[int, AffectedProducers]:
    """Where a truncation ends, and what it leaves known of producers."""
    (end_offset,) = OFFSET.unpack_from(payload)
    producers: AffectedProducers = {}
    position = OFFSET.size
    while position < len(payload):
        producer_id, length = PRODUCER.unpack_from(payload, position)
        position += PRODUCER.size
        producers[producer_id] = decode_producer(bytes(payload[position : position + length]), now_ms) if length else None
        position += length
    return end_offset, producers
