"""The store: the one thing of a broker that survives it."""

from collections import deque
from collections.abc import Iterator
from typing import ClassVar

from streambus.kernel import MILLISECOND, Buffer, DiskFailed, Routes, Turn, message, sometimes
from streambus.records import BatchHeader, control_type, stamped_prefix
from streambus.storage.checkpoint import NUMBER
from streambus.storage.cleaning import CleaningPolicy
from streambus.storage.config import StoreConfig
from streambus.storage.events import (
    BlockDamaged,
    BlockRead,
    DirectoryRead,
    EntriesLoaded,
    FilesDeleted,
    HousekeepingDue,
    JobWorked,
    LogDurable,
    LogId,
    OutputsCleared,
    RangeQuarantined,
    RecoveryRead,
    RecoverySettled,
    StoreFailed,
    StoreRecovered,
    TableId,
    WalDurable,
    WalSynced,
)
from streambus.storage.housekeeping import Housekeeping
from streambus.storage.jobs import CleanJob
from streambus.storage.keyspaces import OFFSET, Keyspaces, encode_puts, encode_range, encode_truncation, full_range
from streambus.storage.layers import scan
from streambus.storage.log import Log
from streambus.storage.manifest import Manifest, ManifestRead, ManifestSettled, ManifestSynced
from streambus.storage.recent import RecentBatches
from streambus.storage.recovery import Recovery, RecoveryStage
from streambus.storage.sealing import seal_job
from streambus.storage.shelf import ROWS, Shelf
from streambus.storage.view import ReadView
from streambus.storage.wal_records import EntryKind
from streambus.storage.wal_writer import Wal


class StoreUnavailable(Exception):
    """Nothing can be written: the store has not recovered yet, or its disk has failed. The text says which."""


@message
class Append:
    """A change: a checked batch at the end of a log."""

    log: Log
    header: BatchHeader
    batch: Buffer
    leader_epoch: int


@message
class Put:
    """A change: `key` means `value`, or nothing if that is None."""

    table_id: TableId
    key: bytes
    value: bytes | None


@message
class DeleteRange:
    """A change: the keys from `first` on and below `last` (all that follow if None) mean nothing."""

    table_id: TableId
    first: bytes
    last: bytes | None


Change = Append | Put | DeleteRange


class Store:
    """Logs and tables in one LSM-tree. Everything asked for is done in memory at once, and durable in the order in which it was asked for.

    Promises: what was told durable is there after any crash or power cut, byte for byte, and so is everything before it;
    what comes back beyond that is a prefix of what was asked for. A turn's changes cost no effects until `flush`.

    What is not in memory is not waited for: `NotLoaded` (or `Stop.LOADING` in a `LogRead`) says that it was noted; `flush` asks for
    it; `LogLoaded` or `EntriesLoaded` is told when it is worth to try again.
    """

    ROUTES: ClassVar[Routes] = {
        ManifestRead: "on_manifest_read",
        ManifestSettled: "on_manifest_settled",
        ManifestSynced: "on_manifest_synced",
        DirectoryRead: "on_directory_read",
        RecoveryRead: "on_recovery_read",
        RecoverySettled: "on_recovery_settled",
        WalSynced: "on_wal_synced",
        BlockRead: "on_block_read",
        BlockDamaged: "on_block_damaged",
        EntriesLoaded: "on_entries_loaded",
        OutputsCleared: "on_outputs_cleared",
        JobWorked: "on_job_worked",
        FilesDeleted: "on_files_deleted",
        HousekeepingDue: "on_housekeeping_due",
        DiskFailed: "on_disk_failed",
    }

    def __init__(self, config: StoreConfig) -> None:
        self.config = config
        self.wal = Wal(config.segment_bytes, config.record_bytes_max)
        self.shelf = Shelf(config.cache_bytes)
        self.manifest = Manifest(config.manifest_bytes)
        self.keyspaces = Keyspaces(config, self.wal.segments, self.shelf)
        self.housekeeping = Housekeeping(config, self.wal, self.keyspaces, self.shelf, self.manifest)
        self.recent = RecentBatches(config.recent_bytes)
        self.recovery: Recovery | None = None
        self.is_ready = False
        self.failed: str | None = None
        self.appended: deque[tuple[int, int, int]] = deque()
        """Of batches that are not durable yet: WAL position of the end, number of the log, its end offset then."""
        self.garbage_bytes = 0
        """Bytes of live segments that nobody needs any more."""

    # Life ------------------------------------------------------------------------------------------------------------

    def start(self, turn: Turn) -> None:
        """Begin recovery. It ends with `StoreRecovered`, `StoreCorrupted` or `StoreFailed`."""
        assert self.recovery is None, "a store recovers once"
        self.recovery = Recovery(self.config, self.manifest, self.shelf, self.keyspaces)
        self.recovery.start(turn)

    def on_manifest_read(self, turn: Turn, event: ManifestRead) -> None:
        """Bytes of the manifest."""
        if self.failed is None and self.recovery is not None:
            self.recovery.on_manifest_read(turn, event)

    def on_manifest_settled(self, turn: Turn, _event: ManifestSettled) -> None:
        """The manifest is believed, and durable."""
        if self.failed is None and self.recovery is not None:
            self.recovery.on_manifest_settled(turn)

    def on_manifest_synced(self, turn: Turn, event: ManifestSynced) -> None:
        """Edits of the manifest are durable."""
        if self.failed is not None:
            return
        self.manifest.on_synced(turn, event)
        if self.recovery is not None:
            self.recovery.on_manifest_synced(turn)
        else:
            self.housekeeping.advance(turn)

    def on_directory_read(self, turn: Turn, event: DirectoryRead) -> None:
        """The footer or directory of a table."""
        if self.failed is None and self.recovery is not None:
            self.recovery.on_directory_read(turn, event)

    def on_recovery_read(self, turn: Turn, event: RecoveryRead) -> None:
        """Bytes of the WAL that recovery asked for."""
        if self.failed is None and self.recovery is not None:
            self.recovery.on_read(turn, event)
            self._maybe_become_ready(turn)

    def on_recovery_settled(self, turn: Turn, event: RecoverySettled) -> None:
        """What recovery found is durable."""
        if self.failed is None and self.recovery is not None:
            self.recovery.on_settled(turn, event)
            self._maybe_become_ready(turn)

    def _maybe_become_ready(self, turn: Turn) -> None:
        recovery = self.recovery
        if recovery is None or recovery.stage is not RecoveryStage.DONE:
            return
        found = recovery.scan
        self.wal.resume(found.segments, found.end, found.segment)
        for log in self.logs.values():
            log.recovery_point = log.log_end_offset
        self.housekeeping.resume(turn, recovery.replayer.seals)
        self.recovery = None
        self.is_ready = True
        for fact in recovery.replayer.found:
            turn.tell(fact)
        replayed_bytes = found.end - self.manifest.wal_start
        turn.tell(StoreRecovered(len(self.logs), replayed_bytes, found.cut_bytes, len(found.segments)))

    def on_disk_failed(self, turn: Turn, event: DiskFailed) -> None:
        """A disk operation did not succeed. A read or a piece of long work may be tried again; a sync never is, nor a write of the WAL."""
        if self.is_ready and isinstance(event.then, BlockRead):
            self.shelf.on_read_failed(turn, event, event.then)
        elif self.failed is not None:
            return
        elif isinstance(event.then, JobWorked) and event.operation not in ("sync", "syncdirectory"):
            self.housekeeping.on_failed(turn, event)
        elif event.operation != "read" or not self.is_ready:
            self._fail(turn, f"{event.operation} of {event.file or 'the data folder'} failed: {event.error}")

    def _fail(self, turn: Turn, reason: str) -> None:
        sometimes("storage: the disk fails")
        self.failed = reason
        self.wal.fail()
        self.manifest.fail()
        self.housekeeping.fail()
        turn.tell(StoreFailed(reason))

    # Logs ------------------------------------------------------------------------------------------------------------

    @property
    def logs(self) -> dict[LogId, Log]:
        """All logs by name."""
        return self.keyspaces.logs

    def expire_producers_after(self, milliseconds: int) -> None:
        """From now on, and until the end of this life, forget producers that have been silent for so long."""
        if milliseconds != self.keyspaces.producer_expiration_ms:
            self.keyspaces.expire_producers_after(milliseconds)

    def open_log(self, turn: Turn, log_id: LogId) -> Log:
        """The log of this name; an empty one if there was none."""
        log = self.logs.get(log_id)
        if log is None:
            self._require_room(turn, len(log_id))
            number = self.keyspaces.last_number + 1
            self.wal.append(EntryKind.OPEN_LOG, number, log_id.encode())
            log = self.keyspaces.add_log(log_id, number)
        return log

    def drop_log(self, turn: Turn, log_id: LogId) -> None:
        """Forget a log and all that is in it. A log opened under its name later is another one."""
        self._require_room(turn, 0)
        log = self.logs[log_id]
        self.garbage_bytes += sum(log.index.sizes)
        self.wal.append(EntryKind.DROP, log.keyspace, b"")
        self.keyspaces.remove(log.keyspace)
        self._on_garbage(turn)

    def append(self, turn: Turn, log: Log, header: BatchHeader, batch: Buffer, leader_epoch: int) -> int:
        """Append a checked batch at the end of `log`; return the base offset it got.

        `batch` is written as it is but for base offset and leader epoch, and must not change until it is durable. Its CRC must be true.
        Sequences are noted, not judged: ask `log.producers.check` before. Raises `StoreUnavailable`.
        """
        view = batch if type(batch) is memoryview else memoryview(batch)
        size = len(view)
        assert size == header.size, (size, header.size)
        if not self.is_ready or self.failed is not None or turn.mischief or self.wal.needs_segment(size):
            self._require_room(turn, size)
        return self._append(turn, log, header, view, leader_epoch)

    def _append(self, turn: Turn, log: Log, header: BatchHeader, view: memoryview, leader_epoch: int) -> int:
        size = len(view)
        base_offset = log.log_end_offset
        keyspace = log.keyspace
        prefix = stamped_prefix(header, base_offset, leader_epoch)
        position = self.wal.append_batch(keyspace, prefix, view, header.last_offset_delta + 1)
        log.append(header, base_offset, leader_epoch, position, size, turn.now // MILLISECOND)
        if header.is_transactional or header.is_control:
            log.transactions.append(header, base_offset, control_type(header, view))
        self.keyspaces.changed_logs[keyspace] = log
        self.appended.append((self.wal.end, keyspace, log.log_end_offset))
        if size <= self.config.recent_batch_bytes and not turn.buggify("storage: a recent batch is not kept"):
            self.recent.keep(log, base_offset, prefix + view[16:], self.keyspaces.logs_by_number)
        return base_offset

    def truncate(self, turn: Turn, log: Log, end_offset: int) -> None:
        """Forget the batches of `log` that reach beyond `end_offset`, which is not below its start. Raises `NotLoaded`, `Unreadable`."""
        end_offset = log.boundary_of(end_offset)
        producers = log.producers.after_cut(end_offset, log.rows_before(end_offset))
        payload = encode_truncation(end_offset, producers)
        self._require_room(turn, len(payload))
        self.wal.append(EntryKind.TRUNCATE, log.keyspace, payload)
        self.garbage_bytes += self.keyspaces.truncate(log, end_offset, producers)
        # What is forgotten must not count as durable when it comes back from the disk.
        number, limit = log.keyspace, log.log_end_offset
        self.appended = deque((end, key, min(offset, limit) if key == number else offset) for end, key, offset in self.appended)
        self._on_garbage(turn)

    def trim(self, turn: Turn, log: Log, start_offset: int, *, is_unwanted: bool = False) -> None:
        """Forget the records of `log` below `start_offset`, which is not above its end.

        `is_unwanted`: somebody wants the space back, even if others have to be written again for it. What expires comes back by itself.
        """
        self._require_room(turn, OFFSET.size)
        self.wal.append(EntryKind.TRIM, log.keyspace, OFFSET.pack(start_offset))
        self.garbage_bytes += self.keyspaces.trim(log, start_offset, is_unwanted=is_unwanted)
        self._on_garbage(turn)

    def clean(self, turn: Turn, log_id: LogId, policy: CleaningPolicy, end_offset: int) -> None:
        """Clean the sealed part of a log below `end_offset`, when there is nothing more urgent to do. See `log.cleaned_end`."""
        if self.is_ready and self.failed is None:
            self.housekeeping.clean(turn, CleanJob(log_id, policy, end_offset, turn.wall_ms))

    def is_cleaning(self, log_id: LogId) -> bool:
        """Whether a log is being cleaned, or will be."""
        return self.housekeeping.is_cleaning(log_id)

    # Tables ----------------------------------------------------------------------------------------------------------

    @property
    def tables(self) -> dict[TableId, int]:
        """All tables by name: the numbers of their keyspaces."""
        return self.keyspaces.tables

    def put(self, turn: Turn, table_id: TableId, key: bytes, value: bytes) -> None:
        """Have `key` mean `value`. A table is made by the first put."""
        payload = encode_puts([(key, value)])
        number = self._require_table(turn, table_id, len(payload))
        self.wal.append(EntryKind.PUTS, number, payload)
        self.keyspaces.layers.active.put(NUMBER.pack(number) + key, value)

    def delete(self, turn: Turn, table_id: TableId, key: bytes) -> None:
        """Have `key` mean nothing. Harmless if it did not mean anything."""
        self._require_available()
        if table_id in self.tables:
            payload = encode_puts([(key, None)])
            number = self._require_table(turn, table_id, len(payload))
            self.wal.append(EntryKind.PUTS, number, payload)
            self.keyspaces.layers.active.put(NUMBER.pack(number) + key, None)

    def delete_range(self, turn: Turn, table_id: TableId, first: bytes, last: bytes | None) -> None:
        """Have the keys from `first` on and below `last` (all that follow if None) mean nothing."""
        self._require_available()
        if table_id in self.tables:
            payload = encode_range(first, last or b"")
            self._require_table(turn, table_id, len(payload))
            self._delete_range(table_id, first, last, payload)

    def _delete_range(self, table_id: TableId, first: bytes, last: bytes | None, payload: bytes) -> None:
        number = self.tables[table_id]
        self.wal.append(EntryKind.DELETE_RANGE, number, payload)
        self.keyspaces.layers.active.delete_range(*full_range(number, first, last or None))

    def drop_table(self, turn: Turn, table_id: TableId) -> None:
        """Forget a table and all that is in it."""
        self._require_room(turn, 0)
        number = self.tables[table_id]
        self.wal.append(EntryKind.DROP, number, b"")
        self.keyspaces.remove(number)

    def get(self, table_id: TableId, key: bytes) -> bytes | None:
        """What `key` means, durable or not. Raises `NotLoaded`, `Unreadable`."""
        number = self.tables.get(table_id)
        return None if number is None else self.keyspaces.layers.look_up(NUMBER.pack(number) + key)

    def scan(self, table_id: TableId, first: bytes = b"", last: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """The keys from `first` on and below `last` (all if None), in order, with their values. The table must not change meanwhile.

        Raises `NotLoaded`, `Unreadable`; after `NotLoaded`, go on behind the last key that came.
        """
        number = self.tables.get(table_id)
        if number is not None:
            for key, value in scan(self.keyspaces.layers.all(), *full_range(number, first, last)):
                yield key[NUMBER.size :], value

    def view(self) -> ReadView:
        """What all tables say now, to be read for as long as it is wanted, whatever is written meanwhile. To be closed."""
        layers = self.keyspaces.layers
        layers.freeze()
        return ReadView(layers.all()[1:], dict(self.tables), self.shelf)

    def write(self, turn: Turn, changes: tuple[Change, ...]) -> None:
        """Make all `changes`, in order: after any crash either all of them are there or none. Raises `StoreUnavailable`."""
        for change in changes:
            if not isinstance(change, Append):
                self._require_table(turn, change.table_id, 0)
        size = sum(map(_size_of, changes))
        self._require_room(turn, size, len(changes))
        self.wal.reserve(size, len(changes))
        puts: list[tuple[bytes, bytes | None]] = []
        table_id: TableId | None = None
        for change in changes:
            if isinstance(change, Put) and change.table_id == table_id:
                puts.append((change.key, change.value))
                continue
            self._put_all(table_id, puts)
            table_id, puts = None, []
            if isinstance(change, Put):
                table_id, puts = change.table_id, [(change.key, change.value)]
            elif isinstance(change, Append):
                self._append(turn, change.log, change.header, memoryview(change.batch), change.leader_epoch)
            else:
                self._delete_range(change.table_id, change.first, change.last, encode_range(change.first, change.last or b""))
        self._put_all(table_id, puts)

    def _put_all(self, table_id: TableId | None, puts: list[tuple[bytes, bytes | None]]) -> None:
        if table_id is None:
            return
        number = self.tables[table_id]
        self.wal.append(EntryKind.PUTS, number, encode_puts(puts))
        prefix, put = NUMBER.pack(number), self.keyspaces.layers.active.put
        for key, value in puts:
            put(prefix + key, value)

    def _require_table(self, turn: Turn, table_id: TableId, size: int) -> int:
        """The number of a table, made if it is missing; there is room for an entry of `size` bytes."""
        number = self.tables.get(table_id)
        if number is None:
            self._require_room(turn, len(table_id))
            number = self.keyspaces.last_number + 1
            self.wal.append(EntryKind.OPEN_TABLE, number, table_id.encode())
            self.keyspaces.add_table(table_id, number)
        self._require_room(turn, size)
        return number

    # Group commit ----------------------------------------------------------------------------------------------------

    @property
    def pending_bytes(self) -> int:
        """Bytes that were asked for and are on their way to the disk: the gauge for back-pressure. Nothing is after a failure."""
        return self.wal.pending_bytes if self.failed is None else 0

    def flush(self, turn: Turn) -> None:
        """Hand what gathered to the disk, unless a group is on its way already: then it follows when that one is durable.

        Ask for the blocks, too, that somebody missed.
        """
        if self.is_ready:
            self.shelf.fetch(turn)
            if self.failed is None:
                self.wal.flush(turn)

    def on_wal_synced(self, turn: Turn, event: WalSynced) -> None:
        """A group is durable: tell whose records that are, and flush what gathered meanwhile."""
        if self.failed is not None:
            return
        self.wal.on_synced(event.end)
        appended, logs = self.appended, self.keyspaces.logs_by_number
        moved: dict[int, Log] = {}
        while appended and appended[0][0] <= event.end:
            _, number, end_offset = appended.popleft()
            log = logs.get(number)
            if log is not None and end_offset > log.recovery_point:
                log.recovery_point = end_offset
                moved[number] = log
        for log in moved.values():
            turn.tell(LogDurable(log.log_id, log.recovery_point))
        turn.tell(WalDurable(event.end))
        self.wal.flush(turn)
        self.housekeeping.advance(turn)

    def _require_available(self) -> None:
        if self.failed is not None:
            raise StoreUnavailable(self.failed)
        if not self.is_ready:
            raise StoreUnavailable("the store has not recovered yet")

    def _require_room(self, turn: Turn, size: int, entries: int = 1) -> None:
        """The store takes something of `size` bytes: if the segment does not, another one is begun."""
        self._require_available()
        if self.wal.needs_segment(size, entries) or turn.buggify("storage: a segment ends early"):
            self._begin_segment()
        if turn.buggify("storage: a group is flushed in the middle of a burst"):
            self.wal.flush(turn)

    def _begin_segment(self) -> None:
        """The segment at hand is full: note how everything is at its end."""
        segment, start = self.wal.segment, self.wal.segment_start
        self.wal.begin_segment()
        if self.wal.segment == segment:
            return
        seals = self.housekeeping.seals
        seals.append(seal_job(self.keyspaces, seals, segment, start, self.wal.end))
        self.garbage_bytes = 0

    # Housekeeping ----------------------------------------------------------------------------------------------------

    def seal(self, turn: Turn) -> None:
        """Have all that is live become tables, however little it is. `flush` makes it go on."""
        self._require_available()
        self._begin_segment()
        turn.wake_at(turn.now, HousekeepingDue())

    def _on_garbage(self, turn: Turn) -> None:
        """Something is not needed any more: perhaps its space can be given back."""
        self.housekeeping.is_stale = True
        live_bytes = self.wal.end - self.wal.segment_start
        if self.garbage_bytes >= self.config.garbage_bytes_min and 2 * self.garbage_bytes > live_bytes:
            sometimes("storage: a segment is sealed early, for what it has is not needed")
            self._begin_segment()
        turn.wake_at(turn.now, HousekeepingDue())

    def on_block_read(self, turn: Turn, event: BlockRead) -> None:
        """A block of a table came."""
        self.shelf.on_block_read(turn, event)

    def on_block_damaged(self, turn: Turn, event: BlockDamaged) -> None:
        """A block of a table is damaged: say which records are out of reach."""
        directory = self.shelf.directories.get(event.table)
        if directory is None or event.kind != ROWS:
            return
        log = self.keyspaces.logs_by_number.get(directory.keyspaces[event.block])
        if log is not None:
            first_offset, end_offset = directory.first_offsets[event.block], directory.end_offsets[event.block]
            turn.tell(RangeQuarantined(log.log_id, first_offset, end_offset, event.file, event.reason))

    def on_entries_loaded(self, turn: Turn, _event: EntriesLoaded) -> None:
        """Blocks of entries came that recovery may wait for."""
        if self.recovery is not None:
            self.recovery.on_entries_loaded(turn)
            self._maybe_become_ready(turn)

    def on_outputs_cleared(self, turn: Turn, event: OutputsCleared) -> None:
        """A job may write its files."""
        if self.failed is None:
            self.housekeeping.on_cleared(turn, event)

    def on_job_worked(self, turn: Turn, event: JobWorked) -> None:
        """A task is done."""
        if self.failed is None:
            self.housekeeping.on_worked(turn, event)

    def on_files_deleted(self, turn: Turn, event: FilesDeleted) -> None:
        """Space was given back."""
        if self.failed is None:
            self.housekeeping.on_deleted(turn, event)

    def on_housekeeping_due(self, turn: Turn, _event: HousekeepingDue) -> None:
        """Go on with long work."""
        if self.is_ready and self.failed is None:
            self.housekeeping.advance(turn)

    # Insight ---------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """The invariants of the store. While it recovers, its logs are not whole yet."""
        self.wal.check()
        self.shelf.check()
        self.housekeeping.check()
        ends = [end for end, _, _ in self.appended]
        assert ends == sorted(ends)
        assert not ends or self.wal.durable < ends[0], (self.wal.durable, ends[0])
        for number, log in self.keyspaces.logs_by_number.items():
            assert log.keyspace == number <= self.keyspaces.last_number
            assert self.logs[log.log_id] is log
            if self.recovery is None:
                log.check()
        assert sum(sum(map(len, log.recent.values())) for log in self.logs.values()) <= self.recent.bytes
        assert self.recent.bytes <= self.recent.limit

    def statistics(self) -> dict[str, int]:
        """The insides in numbers."""
        return {
            "wal_bytes": self.wal.end,
            "wal_durable_bytes": self.wal.durable,
            "wal_segments": len(self.wal.segments),
            "wal_syncs": self.wal.syncs,
            "pending_bytes": self.pending_bytes,
            "recent_bytes": self.recent.bytes,
            "logs": len(self.logs),
            "tables": len(self.tables),
            "batches": sum(len(log.index) for log in self.logs.values()),
            "producers": sum(len(log.producers) for log in self.logs.values()),
            "sealed_tables": len(self.shelf.directories),
            "sealed_bytes": sum(directory.info.file_bytes for directory in self.shelf.directories.values()),
            "sealed_memory_bytes": self.shelf.bytes_in_memory(),
            "jobs": self.housekeeping.serial,
        }


def _size_of(change: Change) -> int:
    if isinstance(change, Append):
        return len(change.batch)
    if isinstance(change, Put):
        return len(change.key) + len(change.value or b"") + 8
    return len(change.first) + len(change.last or b"") + 4
