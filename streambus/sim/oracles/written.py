"""What a broker wrote, and what of it is durable, followed at its disk effects: a store seen from outside.

1. A life begins: what the lives before it made durable is known, whatever has become of the files since; segments become tables, tables
   are merged, files are deleted. What is left of the log on the disk must agree with that. Behind it the log is read on, by the
   document: of what was not durable any beginning may have survived. That may be in the page cache only, and counts as durable
   when the recovery has synced it.
2. Every `Write` to a segment is cut into records and applied: logs open and close, batches join them, tables change.
3. A `Sync` covers what was written to its segment before; when its completion reaches the node, all that is durable. After a failure
   nothing is, but for failures of long work, which may be tried again.

A batch that a producer's request brought is already in its log when it is written (`accepted` by the model of the broker); then what
is written must be that batch. Long work has nothing to say here: it changes where things are, not what they are.
"""

from collections import deque
from collections.abc import Callable, Mapping
from struct import Struct

from streambus.kernel import Delete, DiskFailed, Effect, Event, Sync, Work, Write
from streambus.sim.oracles.log_model import LogModel
from streambus.sim.oracles.wal_document import (
    BATCH,
    DELETE_RANGE,
    DROP,
    OPEN_LOG,
    OPEN_TABLE,
    PUTS,
    TRIM,
    TRUNCATE,
    Entry,
    Record,
    file_of,
    number_of,
    puts_in,
    range_in,
    records_in,
)

METADATA_LOG = "__cluster_metadata-0"

_OFFSET = Struct(">Q")


class Written:
    """The logs and tables of one life's disk. `complain` is called with a sentence when what is written cannot be right."""

    def __init__(self, complain: Callable[[str], None]) -> None:
        self.complain = complain
        self.logs: dict[str, LogModel] = {}
        self.tables: dict[str, dict[bytes, bytes]] = {}
        self.names: dict[int, str] = {}
        self.last_keyspace = 0
        self.records: list[Record] = []
        """All there ever were, in order."""
        self.starts: list[int] = [0]
        """Where the segments begin, by number."""
        self.deleted: dict[int, None] = {}
        """Segments that the store wanted deleted."""
        self.end = 0
        self.durable = 0
        self.is_failed = False
        self.pending: deque[tuple[int, LogModel, int, bytes | None]] = deque()
        """Of batches that are not durable: where their records end, log, end offset, and their bytes if they are metadata."""
        self.trims: deque[tuple[int, LogModel, int]] = deque()
        """Of beginnings that are not durable: where their records end, log, start offset."""
        self.syncs: deque[tuple[Event, int]] = deque()
        self.works: list[Event] = []
        """Completions of long work."""
        self.moved_in = -1

    def log(self, log_id: str) -> LogModel:
        """The log of this name, empty if it was never heard of."""
        log = self.logs.get(log_id)
        if log is None:
            log = self.logs[log_id] = LogModel(log_id)
        return log

    # A life begins -----------------------------------------------------------------------------------------------------

    def read(self, files: Mapping[str, bytes], now_ms: int, before: "Written | None" = None) -> list[bytes]:
        """Begin with what was durable in the life `before`, and with what a disk has behind it, which is when the recovery has synced it.

        Returns the batches of the metadata log, all of which a recovery takes in.
        """
        promised = before.durable if before is not None else 0
        if before is not None:
            self.deleted = dict(before.deleted)
            for record in before.records:
                if record.end > promised:
                    break
                self._apply(record, now_ms)
        self._compare(files)
        self._read_on(files, now_ms)
        metadata = [data for _, _, _, data in self.pending if data is not None]
        self.pending = deque([(end, log, end_offset, None) for end, log, end_offset, _ in self.pending])
        self._become_durable(promised, -1)
        for log in self.logs.values():
            log.durable_before = log.durable_end
        self.moved_in = -1
        return metadata

    def _compare(self, files: Mapping[str, bytes]) -> None:
        """What is left of the log is what was written."""
        records = {record.start: record for record in self.records}
        for number, start in enumerate(self.starts):
            data = files.get(file_of(number))
            if data is None:
                if number not in self.deleted and start < self.end:
                    self.complain(f"what was durable survives: segment {number} of the log is gone, and nobody had it deleted")
                continue
            end = self.starts[number + 1] if number + 1 < len(self.starts) else self.end
            found = start
            for record in records_in(data, start):
                if record.start >= end or not _is_same(record, records.get(record.start)):
                    break
                found = record.end
            if found != end and number not in self.deleted:
                self.complain(
                    f"what was durable survives: segment {number} of the log was durable up to byte {end}, "
                    f"but from byte {found} on there is something else"
                )

    def _read_on(self, files: Mapping[str, bytes], now_ms: int) -> None:
        """Apply what lies behind the last record that is known, up to the first byte that is not as it was written."""
        while (data := files.get(file_of(len(self.starts) - 1))) is not None:
            count = len(self.starts)
            for record in records_in(data[self.end - self.starts[-1] :], self.end):
                self._apply(record, now_ms)
            if len(self.starts) == count:
                return

    # What happens ------------------------------------------------------------------------------------------------------

    def on_effect(self, effect: Effect, now_ms: int) -> None:
        """The node asks its disk for something."""
        kind = type(effect)
        if kind is Work:
            self.works.append(effect.then)  # type: ignore[attr-defined]
            return
        number = number_of(getattr(effect, "file", ""))
        if number is None:
            return
        if kind is Write:
            self._on_write(number, effect, now_ms)  # type: ignore[arg-type]
        elif kind is Sync:
            self.syncs.append((effect.then, self.end if number == self._newest_segment() else 0))  # type: ignore[attr-defined]
        elif kind is Delete:
            self.deleted[number] = None

    def on_event(self, event: Event, step: int) -> list[bytes]:
        """Something happened to the node. Returns the batches of the metadata log that are durable since now."""
        if type(event) is DiskFailed:
            if event.operation != "read" and not self._may_be_tried_again(event):
                self.is_failed = True
        elif self.syncs and event is self.syncs[0][0]:
            _, end = self.syncs.popleft()
            if not self.is_failed and end > self.durable:
                return self._become_durable(end, step)
        return []

    def has_moved_in(self, step: int) -> bool:
        """Whether something became durable in this step."""
        return self.moved_in == step

    def _may_be_tried_again(self, failed: DiskFailed) -> bool:
        """Long work has failed, and not by losing what was to be synced."""
        return failed.operation not in ("sync", "syncdirectory") and any(failed.then is then for then in self.works)

    def _newest_segment(self) -> int:
        """The segment that has the last record."""
        newest = len(self.starts) - 1
        return newest - 1 if newest and self.end == self.starts[-1] else newest

    def _become_durable(self, end: int, step: int) -> list[bytes]:
        self.durable, self.moved_in = end, step
        pending, metadata = self.pending, []
        while pending and pending[0][0] <= end:
            _, log, end_offset, data = pending.popleft()
            log.become_durable(end_offset, step)
            if data is not None:
                metadata.append(data)
        while self.trims and self.trims[0][0] <= end:
            _, log, start_offset = self.trims.popleft()
            log.durable_start = max(log.durable_start, start_offset)
        return metadata

    def _on_write(self, number: int, write: Write, now_ms: int) -> None:
        data = b"".join(write.parts)
        if number < len(self.starts) and self.starts[number] + write.position + len(data) <= self.end:
            return  # A recovery writes again what it found.
        if number != len(self.starts) - 1 or self.starts[number] + write.position != self.end:
            expected = f"byte {self.end - self.starts[-1]} of segment {len(self.starts) - 1}"
            self.complain(f"the write-ahead log is continuous: it ends at {expected}, but a write begins at {write.position} of {number}")
            return
        position = self.end
        for record in records_in(data, position):
            self._apply(record, now_ms)
        if self.end != position + len(data):
            self.complain(
                f"a write is made of whole records: there is none at {self.end}, in a write from {position} to {position + len(data)}"
            )

    # Records -----------------------------------------------------------------------------------------------------------

    def _apply(self, record: Record, now_ms: int) -> None:
        self.records.append(record)
        self.end = record.end
        if not record.entries:
            self.starts.append(record.end)
        for entry in record.entries:
            self._apply_entry(entry, record.end, now_ms)

    def _apply_entry(self, entry: Entry, end: int, now_ms: int) -> None:
        kind, body = entry.kind, entry.body
        if kind in (OPEN_LOG, OPEN_TABLE):
            self._open(entry)
            return
        name = self.names.get(entry.keyspace)
        if name is None:
            self.complain(f"an entry names an open keyspace: number {entry.keyspace} is none, in the record that ends at {end}")
        elif kind == BATCH:
            self._batch(self.log(name), body, end, now_ms)
        elif kind == PUTS:
            self._put(self.tables[name], body)
        elif kind == DELETE_RANGE:
            first, last = range_in(body)
            for key in [key for key in self.tables[name] if key >= first and (last is None or key < last)]:
                del self.tables[name][key]
        elif kind == TRUNCATE:
            self.log(name).truncate(*_OFFSET.unpack_from(body))
        elif kind == TRIM:
            self.log(name).trim(*_OFFSET.unpack(body))
            self.trims.append((end, self.log(name), *_OFFSET.unpack(body)))
        elif kind == DROP:
            del self.names[entry.keyspace]
            self.logs.pop(name, None)
            self.tables.pop(name, None)

    def _open(self, entry: Entry) -> None:
        name = str(entry.body, "utf-8")
        if entry.keyspace <= self.last_keyspace:
            self.complain(f"keyspace numbers are given once: {entry.keyspace} for {name} comes after {self.last_keyspace}")
        self.last_keyspace = entry.keyspace
        self.names[entry.keyspace] = name
        if entry.kind == OPEN_TABLE:
            self.tables[name] = {}
        else:
            self.log(name)

    def _put(self, table: dict[bytes, bytes], body: bytes) -> None:
        for key, value in puts_in(body):
            if value is None:
                table.pop(key, None)
            else:
                table[key] = value

    def _batch(self, log: LogModel, data: bytes, end: int, now_ms: int) -> None:
        if log.written < len(log.batches):
            accepted = log.batches[log.written]
            if accepted.data != data:
                self.complain(
                    f"what is written is what was accepted: {log.log_id} was given a batch for offset {accepted.base_offset}, "
                    f"and another one of {len(data)} bytes was written"
                )
        else:
            end_offset = log.end_offset
            batch = log.append(data, now_ms)
            if batch.base_offset != end_offset:
                self.complain(f"offsets have no gaps: {log.log_id} ends at {end_offset}, and a batch was written at {batch.base_offset}")
        log.written += 1
        is_metadata = log.log_id == METADATA_LOG
        self.pending.append((end, log, log.batches[log.written - 1].end_offset, data if is_metadata else None))


def _is_same(found: Record, known: Record | None) -> bool:
    """Whether a record on the disk is the one that was written there."""
    if known is None or found.end != known.end:
        return False
    pairs = zip(found.entries, known.entries, strict=False)
    return all((one.kind, one.keyspace, one.body) == (other.kind, other.keyspace, other.body) for one, other in pairs)
