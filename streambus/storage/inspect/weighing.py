"""Weighing: how much there is of what in a store that has recovered."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from streambus.storage.batch_index import BatchIndex
from streambus.storage.block_list import BlockRef
from streambus.storage.inspect.rehearsal import Rehearsal
from streambus.storage.levels import levels_view
from streambus.storage.log import Log
from streambus.storage.pickers import garbage_of
from streambus.storage.sealed.directory import runs_in
from streambus.storage.shelf import Unreadable


@attrs.frozen
class TableWeight:
    """One sealed table. `live_bytes` are those of batches that logs still refer to; of entries nobody knows without merging them."""

    number: int
    file: str
    kind: str
    level: int
    file_bytes: int
    data_bytes: int
    live_bytes: int
    garbage_bytes: int
    blocks: int
    batches: int
    runs: int
    entries: int
    memory_bytes: int


@attrs.frozen
class LogWeight:
    """One log. `runs`: in how many pieces its batches lie. Timestamps are the largest ones of its first and of all batches, -1 if none."""

    keyspace: int
    name: str
    start_offset: int
    end_offset: int
    bytes: int
    batches: int
    runs: int
    damaged_batches: int
    unreadable_blocks: int
    first_timestamp: int
    last_timestamp: int
    producers: int


@attrs.frozen
class StoreWeight:
    """Everything in one store."""

    tables: tuple[TableWeight, ...]
    logs: tuple[LogWeight, ...]
    entry_keyspaces: int
    wal_bytes: int
    memory_bytes: int
    write_amplification: float | None
    """How often the batches that are here were written, at least; None if there are none in tables."""


def weigh(rehearsal: Rehearsal, progress: Callable[[int, int], None] = lambda _done, _total: None) -> StoreWeight:
    """Weigh the store; it reads every index block once, 42 bytes a batch, and says how many of how many logs are done."""
    store = rehearsal.store
    tables = _tables(rehearsal)
    logs = []
    for place, log in enumerate(store.logs.values()):
        progress(place, len(store.logs))
        logs.append(_LogScale(rehearsal, log).weigh())
    progress(len(store.logs), len(store.logs))
    data_bytes = sum(table.data_bytes for table in tables)
    written = sum(table.data_bytes * (table.level + 1) for table in tables)
    return StoreWeight(
        tables,
        tuple(logs),
        len(store.tables),
        store.wal.end - (store.wal.segments.starts[0] if len(store.wal.segments) else store.wal.end),
        sum(table.memory_bytes for table in tables),
        written / data_bytes if data_bytes else None,
    )


def _tables(rehearsal: Rehearsal) -> tuple[TableWeight, ...]:
    store = rehearsal.store
    shelf = store.shelf
    garbage = {row.number: garbage_of(row) for row in levels_view(shelf, store.keyspaces, {}).logs}
    found = []
    for number, directory in sorted(shelf.directories.items()):
        info = directory.info
        found.append(
            TableWeight(
                number,
                info.file,
                "log" if number in garbage else "entries",
                info.level,
                info.file_bytes,
                sum(directory.data_bytes),
                shelf.live_bytes[number],
                garbage.get(number, 0),
                len(directory) + len(directory.first_keys),
                sum(directory.row_counts),
                directory.run_count,
                directory.entry_count,
                directory.bytes_in_memory,
            )
        )
    return tuple(found)


class _LogScale:
    """Weighs one log: row by row, but for what can be had a block at a time."""

    def __init__(self, rehearsal: Rehearsal, log: Log) -> None:
        self.rehearsal = rehearsal
        self.log = log
        self.bytes = self.batches = self.runs = self.damaged = self.unreadable = 0
        self.first_timestamp = self.last_timestamp = -1
        self.end: tuple[int, int] | None = None
        """File and position at which the last batch ended."""

    def weigh(self) -> LogWeight:
        log = self.log
        for rows, low, high, place in self._parts():
            if low < high:
                self._add(rows, low, high, place)
        return LogWeight(
            log.keyspace,
            log.log_id,
            log.log_start_offset,
            log.log_end_offset,
            self.bytes,
            self.batches,
            self.runs,
            self.damaged,
            self.unreadable,
            self.first_timestamp,
            self.last_timestamp,
            len(log.producers),
        )

    def _parts(self) -> Iterator[tuple[BatchIndex, int, int, int]]:
        """Rows in use, from and to, and a number for the file that they lead to."""
        log = self.log
        for ref in log.blocks.refs():
            try:
                rows = self.rehearsal.ask(self._question(ref))
            except Unreadable:
                self.unreadable += 1
                continue
            low = max(rows.row_of(max(ref.first_offset, log.log_start_offset)), 0)
            yield rows, low, rows.row_from(ref.end_offset), ref.table
        yield log.index, 0, len(log.index), -1

    def _question(self, ref: BlockRef) -> Callable[[], BatchIndex]:
        return lambda: self.log.shelf.rows(ref.table, ref.block, self.log.log_id)

    def _add(self, rows: BatchIndex, low: int, high: int, place: int) -> None:
        sizes = rows.sizes[low:high]
        damaged = sizes.count(0)
        self.batches += high - low
        self.damaged += damaged
        self.bytes += sum(sizes)
        goes_on = self.end == (place, rows.positions[low])
        self.runs += runs_in(rows, low, high) - (1 if goes_on else 0)
        self.end = (place, rows.positions[high - 1] + rows.sizes[high - 1])
        timestamps = rows.max_timestamps[low:high]
        if self.first_timestamp < 0:
            self.first_timestamp = timestamps[0]
        self.last_timestamp = max(self.last_timestamp, *timestamps) if len(timestamps) > 1 else max(self.last_timestamp, timestamps[0])
