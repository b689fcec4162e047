"""The store: the one thing of a broker that survives it."""

from collections import deque
from collections.abc import Iterator
from typing import ClassVar

from streambus.kernel import MILLISECOND, Buffer, DiskFailed, Routes, Turn, sometimes
from streambus.records import BatchHeader, stamped_prefix
from streambus.storage.config import StoreConfig
from streambus.storage.events import (
    LogDurable,
    LogId,
    RecoveryRead,
    RecoverySettled,
    StoreFailed,
    StoreRecovered,
    TableId,
    WalDurable,
    WalSynced,
)
from streambus.storage.frames import FrameKind
from streambus.storage.keyspaces import KEY_LENGTH, OFFSET, Keyspaces
from streambus.storage.log import Log
from streambus.storage.recent import RecentBatches
from streambus.storage.recovery import Recovery, RecoveryStage
from streambus.storage.table import Table
from streambus.storage.wal import Wal


class StoreUnavailable(Exception):
    """Nothing can be written: the store has not recovered yet, or its disk has failed. The text says which."""


class Store:
    """Logs and tables in one WAL. Everything asked for is done in memory at once, and durable in the order in which it was asked for.

    Promises: what was told durable is there after any crash or power cut, byte for byte, and so is everything before it;
    what comes back beyond that is a prefix of what was asked for. A turn's changes cost no effects until `flush`.
    """

    ROUTES: ClassVar[Routes] = {
        RecoveryRead: "on_recovery_read",
        RecoverySettled: "on_recovery_settled",
        WalSynced: "on_wal_synced",
        DiskFailed: "on_disk_failed",
    }

    def __init__(self, config: StoreConfig) -> None:
        self.config = config
        self.wal = Wal(config.segment_bytes)
        self.keyspaces = Keyspaces(config, self.wal.segments)
        self.recent = RecentBatches(config.recent_bytes)
        self.recovery: Recovery | None = None
        self.is_ready = False
        self.failed: str | None = None
        self.appended: deque[tuple[int, int, int]] = deque()
        """Of batches that are not durable yet: WAL position of the end, number of the log, its end offset then."""

    # Life ------------------------------------------------------------------------------------------------------------

    def start(self, turn: Turn) -> None:
        """Begin recovery. It ends with `StoreRecovered`, `StoreCorrupted` or `StoreFailed`."""
        assert self.recovery is None, "a store recovers once"
        self.recovery = Recovery(self.keyspaces, self.config)
        self.recovery.start(turn)

    def on_recovery_read(self, turn: Turn, event: RecoveryRead) -> None:
        """Bytes that recovery asked for."""
        if self.failed is None and self.recovery is not None:
            self.recovery.on_read(turn, event)
            self._maybe_become_ready(turn)

    def on_recovery_settled(self, turn: Turn, _event: RecoverySettled) -> None:
        """What recovery found is durable."""
        if self.failed is None and self.recovery is not None:
            self.recovery.on_settled()
            self._maybe_become_ready(turn)

    def _maybe_become_ready(self, turn: Turn) -> None:
        recovery = self.recovery
        if recovery is None or recovery.stage is not RecoveryStage.DONE:
            return
        self.wal.resume(recovery.segment_starts, recovery.end)
        for log in self.logs.values():
            log.recovery_point = log.log_end_offset
        self.recovery = None
        self.is_ready = True
        turn.tell(StoreRecovered(len(self.logs), recovery.end, recovery.cut_bytes, len(recovery.segment_starts)))

    def on_disk_failed(self, turn: Turn, event: DiskFailed) -> None:
        """A write, a sync or a recovery did not succeed. It is never tried again: nobody knows what the disk has."""
        is_ours = event.file.startswith("wal/") or not event.file
        if not is_ours or self.failed is not None or (event.operation == "read" and self.is_ready):
            return
        sometimes("storage: the disk fails")
        self.failed = f"{event.operation} of {event.file or 'the data folder'} failed: {event.error}"
        self.wal.fail()
        turn.tell(StoreFailed(self.failed))

    # Logs ------------------------------------------------------------------------------------------------------------

    @property
    def logs(self) -> dict[LogId, Log]:
        """All logs by name."""
        return self.keyspaces.logs

    def open_log(self, _turn: Turn, log_id: LogId) -> Log:
        """The log of this name; an empty one if there was none."""
        log = self.logs.get(log_id)
        if log is None:
            self._require_available()
            log = self.keyspaces.add_log(log_id, self.keyspaces.last_number + 1)
            self.wal.append(FrameKind.OPEN_LOG, log.keyspace, log_id.encode())
        return log

    def drop_log(self, _turn: Turn, log_id: LogId) -> None:
        """Forget a log and all that is in it. A log opened under its name later is another one."""
        self._require_available()
        number = self.logs[log_id].keyspace
        self.wal.append(FrameKind.DROP, number, b"")
        self.keyspaces.remove(number)

    def append(self, turn: Turn, log: Log, header: BatchHeader, batch: Buffer, leader_epoch: int) -> int:
        """Append a checked batch at the end of `log`; return the base offset it got.

        `batch` is written as it is but for base offset and leader epoch, and must not change until it is durable. Its CRC must be true.
        Sequences are noted, not judged: ask `log.producers.check` before. Raises `StoreUnavailable`.
        """
        if not self.is_ready or self.failed is not None:
            self._require_available()
        view = batch if type(batch) is memoryview else memoryview(batch)
        size = len(view)
        assert size == header.size, (size, header.size)
        if turn.mischief:
            self._be_mischievous(turn)
        base_offset = log.log_end_offset
        keyspace = log.keyspace
        prefix = stamped_prefix(header, base_offset, leader_epoch)
        end = self.wal.append_batch(keyspace, prefix, view)
        log.append(header, base_offset, leader_epoch, end - size, size, turn.now // MILLISECOND)
        self.appended.append((end, keyspace, log.log_end_offset))
        if size <= self.config.recent_batch_bytes and not turn.buggify("storage: a recent batch is not kept"):
            self.recent.keep(log, base_offset, prefix + view[16:], self.keyspaces.logs_by_number)
        return base_offset

    def _be_mischievous(self, turn: Turn) -> None:
        """What may happen before any append, and hardly ever does."""
        if turn.buggify("storage: a segment ends early"):
            self.wal.begin_segment()
        if turn.buggify("storage: a group is flushed in the middle of a burst"):
            self.wal.flush(turn)

    def truncate(self, _turn: Turn, log: Log, end_offset: int) -> None:
        """Forget the batches of `log` that reach beyond `end_offset`, which is not below its start."""
        self._require_available()
        self.wal.append(FrameKind.TRUNCATE, log.keyspace, OFFSET.pack(end_offset))
        log.truncate(end_offset)
        # What is forgotten must not count as durable when it comes back from the disk.
        number, limit = log.keyspace, log.log_end_offset
        self.appended = deque((end, key, min(offset, limit) if key == number else offset) for end, key, offset in self.appended)

    def trim(self, _turn: Turn, log: Log, start_offset: int) -> None:
        """Forget the records of `log` below `start_offset`, which is not above its end."""
        self._require_available()
        self.wal.append(FrameKind.TRIM, log.keyspace, OFFSET.pack(start_offset))
        log.trim(start_offset)

    # Tables ----------------------------------------------------------------------------------------------------------

    @property
    def tables(self) -> dict[TableId, Table]:
        """All tables by name."""
        return self.keyspaces.tables

    def put(self, turn: Turn, table_id: TableId, key: bytes, value: bytes) -> None:
        """Have `key` mean `value`. A table is made by the first put."""
        table = self._open_table(turn, table_id)
        self.wal.append(FrameKind.PUT, table.keyspace, KEY_LENGTH.pack(len(key)) + key + value)
        table.entries[key] = value

    def delete(self, _turn: Turn, table_id: TableId, key: bytes) -> None:
        """Have `key` mean nothing. Harmless if it did not mean anything."""
        self._require_available()
        table = self.tables.get(table_id)
        if table is not None and key in table.entries:
            self.wal.append(FrameKind.DELETE, table.keyspace, key)
            del table.entries[key]

    def drop_table(self, _turn: Turn, table_id: TableId) -> None:
        """Forget a table and all that is in it."""
        self._require_available()
        number = self.tables[table_id].keyspace
        self.wal.append(FrameKind.DROP, number, b"")
        self.keyspaces.remove(number)

    def get(self, table_id: TableId, key: bytes) -> bytes | None:
        """What `key` means, durable or not."""
        table = self.tables.get(table_id)
        return table.get(key) if table is not None else None

    def scan(self, table_id: TableId, first: bytes = b"", last: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """The keys from `first` on and below `last`, in order, with their values. The table must not change meanwhile."""
        table = self.tables.get(table_id)
        return table.scan(first, last) if table is not None else iter(())

    def _open_table(self, _turn: Turn, table_id: TableId) -> Table:
        self._require_available()
        table = self.tables.get(table_id)
        if table is None:
            table = self.keyspaces.add_table(table_id, self.keyspaces.last_number + 1)
            self.wal.append(FrameKind.OPEN_TABLE, table.keyspace, table_id.encode())
        return table

    # Group commit ----------------------------------------------------------------------------------------------------

    @property
    def pending_bytes(self) -> int:
        """Bytes that were asked for and are on their way to the disk: the gauge for back-pressure. Nothing is after a failure."""
        return self.wal.pending_bytes if self.failed is None else 0

    def flush(self, turn: Turn) -> None:
        """Hand what gathered to the disk, unless a group is on its way already: then it follows when that one is durable."""
        if self.is_ready and self.failed is None:
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

    def _require_available(self) -> None:
        if self.failed is not None:
            raise StoreUnavailable(self.failed)
        if not self.is_ready:
            raise StoreUnavailable("the store has not recovered yet")

    # Insight ---------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """The invariants of the store."""
        self.wal.check()
        ends = [end for end, _, _ in self.appended]
        assert ends == sorted(ends)
        assert not ends or self.wal.durable < ends[0], (self.wal.durable, ends[0])
        for number, log in self.keyspaces.logs_by_number.items():
            assert log.keyspace == number <= self.keyspaces.last_number
            assert self.logs[log.log_id] is log
            log.check()
        assert sum(sum(map(len, log.recent.values())) for log in self.logs.values()) <= self.recent.bytes
        assert self.recent.bytes <= self.recent.limit

    def statistics(self) -> dict[str, int]:
        """The insides in numbers."""
        return {
            "wal_bytes": self.wal.end,
            "wal_durable_bytes": self.wal.durable,
            "wal_segments": len(self.wal.segments.starts),
            "wal_syncs": self.wal.syncs,
            "pending_bytes": self.pending_bytes,
            "recent_bytes": self.recent.bytes,
            "logs": len(self.logs),
            "tables": len(self.tables),
            "batches": sum(len(log.index) for log in self.logs.values()),
            "producers": sum(len(log.producers) for log in self.logs.values()),
        }
