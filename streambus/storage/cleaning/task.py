"""Cleaning a log: two walks over its sealed part, and a new one."""

from collections.abc import Iterator, Sequence

from streambus.kernel import Buffer, FileAccess, message
from streambus.records import BatchHeader, parse_header
from streambus.storage.batch_index import BatchIndex
from streambus.storage.cleaning.batches import Cleaning, clean_batch, note_keys
from streambus.storage.cleaning.key_map import KeyMap
from streambus.storage.cleaning.outcomes import Outcomes
from streambus.storage.sealed.log_writer import LogWriter
from streambus.storage.sealed.merge_logs import LOST, LogExtent, first_live_row, live_batches, live_rows
from streambus.storage.sealed.work import DamagedInput, WorkDamaged
from streambus.storage.transactions import AbortedTransaction

NO_BATCH = -1


@message
class CleanedLog:
    """What came of cleaning a log. `directories` are those of the new tables, in order of offsets.

    The log is clean below `cleaned_end`; that is less than what was asked for if the keys found no room. `vanished` are the last offsets of
    aborted transactions of which no batch was in the log any more: nobody has to be told of them. `unreadable_batches` are batches that
    stay as they are because they are intact and yet contain no records that could be read, or too many.
    """

    directories: tuple[bytes, ...]
    cleaned_end: int
    vanished: tuple[int, ...]
    bytes_before: int
    bytes_after: int
    records_before: int
    records_after: int
    unreadable_batches: int


@message
class CleanLog:
    """A task: write the sealed part of one log anew, with only the newest record of each key.

    `extents` are all of the log's, from its start on, in order of offsets. Below `dirty_start` the log is clean already. Nothing is cleaned
    from `end_offset` on; what of it is in the extents is copied. `aborted` are the aborted transactions that have a part in the extents;
    `last_batches` the producers that are remembered, each with the last offset of its last batch (there may be several of one producer).

    New tables are written as `MergeLogs` writes them: of `outputs` as many as needed, for tables of some `table_bytes`. Returns a
    `CleanedLog`, or `WorkDamaged`. Takes some `key_map_bytes` of memory, a few MiB, and what one batch grows to.
    """

    outputs: Sequence[int]
    level: int
    extents: tuple[LogExtent, ...]
    dirty_start: int
    end_offset: int
    delete_retention_ms: int
    now_ms: int
    aborted: tuple[AbortedTransaction, ...]
    last_batches: tuple[tuple[int, int], ...]
    table_bytes: int
    end_position: int
    key_map_bytes: int

    def run(self, files: FileAccess) -> CleanedLog | WorkDamaged:
        """Do it."""
        try:
            keys = self._note_keys(files)
            return self._rewrite(files, keys)
        except DamagedInput as damaged:
            return damaged.damage

    def _note_keys(self, files: FileAccess) -> KeyMap:
        """The first walk, over the dirty part."""
        keys = KeyMap(self.key_map_bytes, self.dirty_start)
        outcomes = Outcomes(self.aborted)
        for extent in self.extents:
            if extent.end_offset <= self.dirty_start or extent.first_offset >= self.end_offset:
                continue
            for rows, begin, end, data in _runs(files, extent, self.dirty_start, self.end_offset):
                for header, batch in _batches(rows, begin, end, data):
                    note_keys(keys, outcomes, header, batch, self.dirty_start, self.end_offset)
                    if keys.is_full:
                        return keys
        keys.cover(max(self.dirty_start, self.end_offset))
        return keys

    def _rewrite(self, files: FileAccess, keys: KeyMap) -> CleanedLog:
        """The second walk, over everything."""
        cleaning = Cleaning(
            keys,
            Outcomes(self.aborted),
            last_batches=self.last_batches,
            last_base_offset=_last_base_offset(files, self.extents),
            now_ms=self.now_ms,
            delete_retention_ms=self.delete_retention_ms,
        )
        writer = LogWriter(files, self.outputs, level=self.level, table_bytes=self.table_bytes, end_position=self.end_position)
        bytes_before = bytes_after = 0
        for extent in self.extents:
            writer.begin(extent.keyspace, extent.first_offset)
            for rows, begin, end, data in _runs(files, extent, extent.first_offset, extent.end_offset):
                if not data:
                    cleaning.outcomes.meet_lost(rows.base_offsets[begin])
                    writer.append(rows, begin, end, LOST)
                    continue
                cleaned, parts = _clean_run(cleaning, rows, begin, end, data)
                if len(cleaned):
                    writer.append(cleaned, 0, len(cleaned), memoryview(parts))
                bytes_before += len(data)
                bytes_after += len(parts)
            writer.end(extent.end_offset)
        return CleanedLog(
            writer.finish(),
            keys.end_offset,
            cleaning.outcomes.vanished(self.extents[-1].end_offset if self.extents else 0),
            bytes_before,
            bytes_after,
            cleaning.records_before,
            cleaning.records_after,
            cleaning.unreadable_batches,
        )


def _clean_run(cleaning: Cleaning, rows: BatchIndex, begin: int, end: int, data: memoryview) -> tuple[BatchIndex, Buffer]:
    """What stays of batches that lie side by side: their rows, with positions from 0 on, and their bytes."""
    cleaned = BatchIndex()
    parts: list[Buffer] = []
    position, is_changed = 0, False
    for header, batch in _batches(rows, begin, end, data):
        part = clean_batch(cleaning, header, batch)
        is_changed = is_changed or part is not batch
        if part is not None:
            cleaned.append(header if part is batch else parse_header(part), header.base_offset, position, len(part))
            parts.append(part)
            position += len(part)
    if len(cleaned):
        cleaned.end_offset = rows.next_offset(end - 1)
    return cleaned, b"".join(parts) if is_changed else data


def _runs(files: FileAccess, extent: LogExtent, first_offset: int, end_offset: int) -> Iterator[tuple[BatchIndex, int, int, memoryview]]:
    """The live batches of an extent that have offsets from `first_offset` on and below `end_offset`, as runs of verified bytes.

    A batch that was lost before is a run of no bytes.
    """
    rows = live_rows(files, extent)
    for begin, end, data in live_batches(files, extent, rows, first_offset, end_offset):
        yield rows, begin, end, data


def _batches(rows: BatchIndex, begin: int, end: int, data: memoryview) -> Iterator[tuple[BatchHeader, memoryview]]:
    position = 0
    for row in range(begin, end) if data else ():
        size = rows.sizes[row]
        yield parse_header(data, position), data[position : position + size]
        position += size


def _last_base_offset(files: FileAccess, extents: tuple[LogExtent, ...]) -> int:
    """Where the last batch of all begins; -1 if there is none."""
    for extent in reversed(extents):
        rows = live_rows(files, extent)
        row = rows.row_from(extent.end_offset) - 1
        if row >= first_live_row(files, extent, rows):
            return rows.base_offsets[row]
    return NO_BATCH
