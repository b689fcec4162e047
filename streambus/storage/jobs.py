"""Jobs: the kinds of long work that a store has, each in the same five steps.

1. `plan`: gather what the work is about, so many blocks in a turn.
2. `tasks`: the work itself, run by the driver beside everything else. It makes sealed tables that nobody knows yet.
3. `edit`: one edit of the manifest that makes them true.
4. `install`: have logs and layers refer to them, so many blocks in a turn.
5. What they replace is deleted.

Meanwhile the world goes on: logs are appended to, truncated, trimmed and dropped. That is why the last word on what is in use is not the
plan's but that of the logs when the job is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from streambus.kernel import Task
from streambus.storage.batch_index import BatchIndex
from streambus.storage.block_list import BlockRef
from streambus.storage.cleaning import CleanedLog, CleaningPolicy, CleanLog
from streambus.storage.events import LogId
from streambus.storage.layers import SealedLayer
from streambus.storage.log import Log
from streambus.storage.memtable import Memtable
from streambus.storage.sealed import Directory, FlushEntries, LogExtent, MergeEntries, MergeLogs, SealSegment

if TYPE_CHECKING:
    from streambus.storage.housekeeping import Housekeeping

CLEANED_LEVEL = 1
"""Where tables go that cleaning made: merges take it from there."""

BLOCKS_PER_TURN = 1_000
"""How many index blocks are planned or installed in one turn: a few milliseconds."""


class Job(Protocol):
    """One piece of long work."""

    replaced: tuple[int, ...]
    """The tables that are not needed any more when it is done."""

    def plan(self, desk: Housekeeping) -> bool:
        """Gather some of what is needed; True if that is all."""
        ...

    def output_count(self, desk: Housekeeping) -> int:
        """How many numbers of tables the work may need."""
        ...

    def tasks(self, desk: Housekeeping, numbers: range) -> list[Task]:
        """The work, one task after the other. Each returns the directories of the tables that it made."""
        ...

    def accept(self, result: Any) -> tuple[bytes, ...]:
        """The directories of the tables that a task made, of what it returned."""
        ...

    def wal_edit(self) -> tuple[int, int]:
        """From which segment and position on recovery replays the WAL when this is done; -1 if nothing changes."""
        ...

    def install(self, desk: Housekeeping, directories: list[Directory]) -> bool:
        """Use some of what was made; True if that is all."""
        ...


class SealJob:
    """A full segment becomes a table: its logs by an index behind its records, its entries in a table of their own."""

    __slots__ = ("end", "installed", "logs", "memtable", "replaced", "segment", "start")

    def __init__(self, segment: int, start: int, end: int, logs: tuple[tuple[int, BatchIndex], ...], memtable: Memtable) -> None:
        self.segment = segment
        self.start = start
        self.end = end
        self.logs = logs
        self.memtable = memtable
        self.replaced: tuple[int, ...] = ()
        self.installed = 0

    def plan(self, desk: Housekeeping) -> bool:
        """Everything was gathered when the segment was full."""
        return True

    def output_count(self, desk: Housekeeping) -> int:
        """One for the segment, one for its entries."""
        return 2

    def tasks(self, desk: Housekeeping, numbers: range) -> list[Task]:
        """Seal, then flush."""
        self.installed = 0
        return [
            SealSegment(numbers[0], self.segment, self.start, self.end - self.start, self.logs),
            FlushEntries(
                numbers[1], self.memtable.sorted_entries(), self.memtable.ranges.to_tuple(), self.end, desk.config.entry_options()
            ),
        ]

    def accept(self, result: Any) -> tuple[bytes, ...]:
        """Every task makes one table."""
        return (result,)

    def wal_edit(self) -> tuple[int, int]:
        """The segment is not replayed any more."""
        return self.segment + 1, self.end

    def install(self, desk: Housekeeping, directories: list[Directory]) -> bool:
        """Have the logs refer to the index blocks instead of rows in memory, and the layers to the table instead of the memtable."""
        sealed, entries = directories
        for _ in range(BLOCKS_PER_TURN):
            if self.installed == len(sealed):
                break
            keyspace = sealed.keyspaces[self.installed]
            blocks = sealed.blocks_of(keyspace)
            log = desk.keyspaces.logs_by_number.get(keyspace)
            if log is not None:
                log.seal_rows(self.end, refs_of(sealed, blocks))
            else:
                desk.shelf.unwanted_bytes[sealed.info.number] += sum(sealed.data_bytes[blocks.start : blocks.stop])
            self.installed = blocks.stop
        if self.installed < len(sealed):
            return False
        layers = desk.keyspaces.layers
        layers.memtables.remove(self.memtable)
        layers.tables.insert(0, SealedLayer(entries, desk.shelf))
        desk.wal.segments.forget(self.segment)
        return True


class MergeJob:
    """Tables with batches become fewer, and contiguous by log."""

    __slots__ = ("block", "extents", "installed", "level", "place", "replaced", "sources")

    def __init__(self, tables: tuple[int, ...], level: int) -> None:
        self.replaced = tables
        self.level = level
        self.extents: list[LogExtent] = []
        self.sources: dict[int, dict[tuple[int, int], None]] = {}
        self.place = self.block = 0
        self.installed = (0, 0)

    def plan(self, desk: Housekeeping) -> bool:
        """Gather the blocks of these tables that logs refer to."""
        for _ in range(BLOCKS_PER_TURN):
            if self.place == len(self.replaced):
                self.extents.sort(key=lambda extent: (extent.keyspace, extent.first_offset))
                return True
            directory = desk.shelf.directories[self.replaced[self.place]]
            if self.block == len(directory):
                self.place, self.block = self.place + 1, 0
                continue
            self._take(desk, directory, self.block)
            self.block += 1
        return False

    def _take(self, desk: Housekeeping, directory: Directory, block: int) -> None:
        keyspace = directory.keyspaces[block]
        log = desk.keyspaces.logs_by_number.get(keyspace)
        if log is None:
            return
        ref = log.blocks.find(directory.info.number, block, directory.first_offsets[block], directory.end_offsets[block])
        if ref is not None:
            self.extents.append(extent_of(directory, log, ref))
            self.sources.setdefault(keyspace, {})[(ref.table, ref.block)] = None

    def output_count(self, desk: Housekeeping) -> int:
        """As many as the bytes may need."""
        return desk.config.picker.outputs_max

    def tasks(self, desk: Housekeeping, numbers: range) -> list[Task]:
        """Merge."""
        end_position = max(desk.shelf.directories[table].info.end_position for table in self.replaced)
        return [MergeLogs(numbers, self.level, tuple(self.extents), desk.config.picker.table_bytes, end_position)]

    def accept(self, result: Any) -> tuple[bytes, ...]:
        """Every task makes as many tables as it needs."""
        return tuple(result)

    def wal_edit(self) -> tuple[int, int]:
        """Nothing changes."""
        return -1, -1

    def install(self, desk: Housekeeping, directories: list[Directory]) -> bool:
        """Have the logs refer to the new blocks."""
        return install_blocks(self, desk, directories)


class FoldJob:
    """Tables with entries, neighbours in age, become one."""

    __slots__ = ("is_bottom", "replaced")

    def __init__(self, tables: tuple[int, ...], is_bottom: bool) -> None:
        self.replaced = tables
        self.is_bottom = is_bottom

    def plan(self, desk: Housekeeping) -> bool:
        """There is nothing to gather."""
        return True

    def output_count(self, desk: Housekeeping) -> int:
        """One table."""
        return 1

    def tasks(self, desk: Housekeeping, numbers: range) -> list[Task]:
        """Merge, the newest first."""
        newest_first = [layer.directory for layer in desk.keyspaces.layers.tables if layer.number in self.replaced]
        inputs = tuple((directory.info, directory) for directory in newest_first)
        return [MergeEntries(numbers[0], inputs, self.is_bottom, desk.config.entry_options())]

    def accept(self, result: Any) -> tuple[bytes, ...]:
        """Every task makes one table, or none if nothing is left."""
        return () if result is None else (result,)

    def wal_edit(self) -> tuple[int, int]:
        """Nothing changes."""
        return -1, -1

    def install(self, desk: Housekeeping, directories: list[Directory]) -> bool:
        """Have the one layer be in the place of the others."""
        tables = desk.keyspaces.layers.tables
        places = [place for place, layer in enumerate(tables) if layer.number in self.replaced]
        assert places == list(range(places[0], places[-1] + 1)), places
        tables[places[0] : places[-1] + 1] = [SealedLayer(directory, desk.shelf) for directory in directories]
        return True


class CleanJob:
    """Of one log only the latest record of each key stays."""

    __slots__ = ("end_offset", "extents", "installed", "keyspace", "log_id", "now_ms", "outcome", "policy", "replaced", "sources")

    def __init__(self, log_id: LogId, policy: CleaningPolicy, end_offset: int, now_ms: int) -> None:
        self.log_id = log_id
        self.policy = policy
        self.end_offset = end_offset
        self.now_ms = now_ms
        self.keyspace = -1
        """Which log it is: if that is dropped meanwhile, another one may be opened under its name."""
        self.outcome: CleanedLog | None = None
        self.replaced: tuple[int, ...] = ()
        self.extents: list[LogExtent] = []
        self.sources: dict[int, dict[tuple[int, int], None]] = {}
        self.installed = (0, 0)

    def plan(self, desk: Housekeeping) -> bool:
        """Gather all blocks of the log."""
        log = desk.keyspaces.logs.get(self.log_id)
        if log is None:
            return True
        self.keyspace = log.keyspace
        for ref in log.blocks.refs():
            self.extents.append(extent_of(desk.shelf.directories[ref.table], log, ref))
            self.sources.setdefault(log.keyspace, {})[(ref.table, ref.block)] = None
        return True

    def output_count(self, desk: Housekeeping) -> int:
        """As many as the bytes may need; none if there is nothing."""
        return desk.config.picker.outputs_max if self.extents else 0

    def tasks(self, desk: Housekeeping, numbers: range) -> list[Task]:
        """Clean."""
        log = desk.keyspaces.logs_by_number.get(self.keyspace)
        if log is None:
            return []
        start_offset, end_offset = self.extents[0].first_offset, self.extents[-1].end_offset
        return [
            CleanLog(
                numbers,
                CLEANED_LEVEL,
                tuple(self.extents),
                max(log.cleaned_end, start_offset),
                min(self.end_offset, end_offset),
                self.policy.delete_retention_ms,
                self.now_ms,
                tuple(log.transactions.aborted_between(start_offset, end_offset)),
                tuple((number, producer.batches[-1].last_offset) for number, producer in log.producers.by_id.items() if producer.batches),
                desk.config.picker.table_bytes,
                max(desk.shelf.directories[extent.table].info.end_position for extent in self.extents),
                desk.config.key_map_bytes,
            )
        ]

    def accept(self, result: Any) -> tuple[bytes, ...]:
        """What cleaning has left."""
        assert isinstance(result, CleanedLog), result
        self.outcome = result
        return result.directories

    def wal_edit(self) -> tuple[int, int]:
        """Nothing changes."""
        return -1, -1

    def install(self, desk: Housekeeping, directories: list[Directory]) -> bool:
        """Have the log refer to the new blocks, and remember up to where it is clean."""
        if not install_blocks(self, desk, directories):
            return False
        log = desk.keyspaces.logs_by_number.get(self.keyspace)
        if log is not None and self.outcome is not None:
            end_offset = _end_of_made(log, directories)
            log.cleaned_end = min(self.outcome.cleaned_end, end_offset)
            desk.keyspaces.forget_aborted(log, tuple([last_offset for last_offset in self.outcome.vanished if last_offset < end_offset]))
        return True


def _end_of_made(log: Log, directories: list[Directory]) -> int:
    """Up to where a log, from its start on, consists of these tables. What was cut off meanwhile, and came anew, does not."""
    made = {directory.info.number: None for directory in directories}
    end_offset = log.log_start_offset
    for ref in log.blocks.refs():
        if ref.table not in made:
            break
        end_offset = ref.end_offset
    return end_offset


class DropJob:
    """Tables of which nothing is in use."""

    __slots__ = ("replaced",)

    def __init__(self, tables: tuple[int, ...]) -> None:
        self.replaced = tables

    def plan(self, desk: Housekeeping) -> bool:
        """There is nothing to gather."""
        return True

    def output_count(self, desk: Housekeeping) -> int:
        """None."""
        return 0

    def tasks(self, desk: Housekeeping, numbers: range) -> list[Task]:
        """None."""
        return []

    def accept(self, result: Any) -> tuple[bytes, ...]:
        """There are no tasks."""
        return ()

    def wal_edit(self) -> tuple[int, int]:
        """Nothing changes."""
        return -1, -1

    def install(self, desk: Housekeeping, directories: list[Directory]) -> bool:
        """There is nothing to use."""
        return True


def refs_of(directory: Directory, blocks: range) -> list[BlockRef]:
    """These blocks of a table, whole."""
    number = directory.info.number
    return [BlockRef(directory.first_offsets[block], directory.end_offsets[block], number, block) for block in blocks]


def extent_of(directory: Directory, log: Log, ref: BlockRef) -> LogExtent:
    """What a log uses of a block, as a task is told of it."""
    return LogExtent(
        log.keyspace,
        directory.info.file,
        ref.table,
        directory.positions[ref.block],
        directory.lengths[ref.block],
        ref.first_offset,
        ref.end_offset,
        directory.checksums[ref.block],
        log.epochs.between(ref.first_offset, ref.end_offset),
    )


def install_blocks(job: Any, desk: Housekeeping, directories: list[Directory]) -> bool:
    """Have logs refer to the blocks of `directories` instead of the job's `sources`, so many at a time; True if that is all.

    The blocks of one log may be in several tables; what one table has of it replaces what it was made from.
    """
    table, block = job.installed
    for _ in range(BLOCKS_PER_TURN):
        if table == len(directories):
            return True
        directory = directories[table]
        if block == len(directory):
            table, block = table + 1, 0
        else:
            keyspace = directory.keyspaces[block]
            blocks = directory.blocks_of(keyspace)
            log = desk.keyspaces.logs_by_number.get(keyspace)
            if log is not None:
                log.swap_blocks(job.sources[keyspace], refs_of(directory, blocks))
            block = blocks.stop
        job.installed = (table, block)
    return False
