"""Writes batches of logs into new tables: data first, then the indexes, table after table."""

from array import array
from collections.abc import Sequence
from itertools import accumulate

from streambus.kernel import FileAccess
from streambus.storage.batch_index import BatchIndex
from streambus.storage.sealed.directory import Directory
from streambus.storage.sealed.index_block import ROWS_PER_BLOCK_MAX
from streambus.storage.sealed.seal import append_index_block
from streambus.storage.sealed.work import TableFile
from streambus.storage.table_info import TableInfo


class OpenBlock:
    """An index block to be: the rows of a log from `first_offset` on and, so far, below `end_offset`."""

    __slots__ = ("end_offset", "first_offset", "keyspace", "rows")

    def __init__(self, keyspace: int, first_offset: int) -> None:
        self.keyspace = keyspace
        self.first_offset = self.end_offset = first_offset
        self.rows = BatchIndex()


class LogWriter:
    """The tables that a task makes of logs.

    Logs come in order of keyspaces and offsets: `begin` a range of a log, `append` its batches, `end` the range. A range that begins where
    the one before ended shares index blocks with it. A table ends before the batch that would make it longer than `table_bytes`, while
    there are numbers left in `outputs`; `finish` ends the last one.
    """

    __slots__ = ("block", "blocks", "directories", "end_position", "files", "level", "output", "outputs", "table_bytes")

    def __init__(self, files: FileAccess, outputs: Sequence[int], *, level: int, table_bytes: int, end_position: int) -> None:
        self.files = files
        self.outputs = outputs
        self.level = level
        self.table_bytes = table_bytes
        self.end_position = end_position
        self.output: TableFile | None = None
        self.blocks: list[OpenBlock] = []
        """The blocks of the table at work that are complete."""
        self.block: OpenBlock | None = None
        self.directories: list[bytes] = []

    def begin(self, keyspace: int, first_offset: int) -> None:
        """The offsets of this log from `first_offset` on are next."""
        block = self.block
        if block is None or (block.keyspace, block.end_offset) != (keyspace, first_offset):
            assert block is None or (block.keyspace, block.end_offset) < (keyspace, first_offset), "logs come in order"
            self._complete_block()
            self.block = OpenBlock(keyspace, first_offset)

    def append(self, rows: BatchIndex, low: int, high: int, batches: memoryview) -> None:
        """Write `batches`, which are those of the rows from `low` on and below `high`, side by side."""
        while low < high:
            self._make_room(rows.sizes[low])
            output, block = self._open_table(), self._open_block()
            take = self._rows_that_fit(rows, low, high)
            size = sum(rows.sizes[low:take])
            _add_rows(block.rows, rows, low, take, output.position)
            block.end_offset = rows.next_offset(take - 1)
            output.append(batches[:size])
            batches = batches[size:]
            low = take

    def end(self, end_offset: int) -> None:
        """Nothing more is there of this log below `end_offset`."""
        self._open_block().end_offset = end_offset
        self._open_table()

    def finish(self) -> tuple[bytes, ...]:
        """Make everything durable and return the directories of the tables."""
        if self.output is not None:
            self._complete_block()
            self._finish_table(self.output)
            self.files.sync_directory()
        return tuple(self.directories)

    def _make_room(self, size: int) -> None:
        """Go on in a new table, or a new block, if the one at work has no room for a batch of `size` bytes."""
        output = self.output
        is_full = output is not None and output.position > 0 and output.position + size > self.table_bytes and not self._is_last()
        if is_full or len(self._open_block().rows) == ROWS_PER_BLOCK_MAX:
            block = self._open_block()
            self._complete_block()
            self.block = OpenBlock(block.keyspace, block.end_offset)
        if is_full and output is not None:
            self._finish_table(output)

    def _rows_that_fit(self, rows: BatchIndex, low: int, high: int) -> int:
        """Behind which row, after the one at `low`, block or table are full."""
        high = min(high, low + ROWS_PER_BLOCK_MAX - len(self._open_block().rows))
        if self._is_last():
            return high
        room = self.table_bytes - self._open_table().position - rows.sizes[low]
        row = low + 1
        while row < high and rows.sizes[row] <= room:
            room -= rows.sizes[row]
            row += 1
        return row

    def _is_last(self) -> bool:
        """Whether there is no number for another table."""
        return len(self.directories) == len(self.outputs) - 1

    def _open_block(self) -> OpenBlock:
        assert self.block is not None, "a range was begun"
        return self.block

    def _complete_block(self) -> None:
        if self.block is not None and self.block.first_offset < self.block.end_offset:
            self.blocks.append(self.block)
        self.block = None

    def _info(self) -> TableInfo:
        return TableInfo(self.outputs[len(self.directories)], self.level, -1, 0, self.end_position)

    def _open_table(self) -> TableFile:
        if self.output is None:
            file = self._info().file
            self.files.create(file)
            self.output = TableFile(self.files, file)
        return self.output

    def _finish_table(self, output: TableFile) -> None:
        """Write the indexes and the end of the table at work, and make it durable."""
        directory = Directory(self._info())
        for block in self.blocks:
            append_index_block(
                output,
                directory,
                block.rows,
                0,
                len(block.rows),
                keyspace=block.keyspace,
                first_offset=block.first_offset,
                end_offset=block.end_offset,
            )
        self.directories.append(output.finish(directory))
        self.blocks = []
        self.output = None


def _add_rows(target: BatchIndex, rows: BatchIndex, low: int, high: int, position: int) -> None:
    """Have `target` go on with the rows from `low` on and below `high`, whose batches are side by side from `position` on."""
    sizes = rows.sizes[low:high]
    target.positions.extend(array("q", accumulate(sizes[:-1], initial=position)))
    target.sizes.extend(sizes)
    target.base_offsets.extend(rows.base_offsets[low:high])
    target.max_timestamps.extend(rows.max_timestamps[low:high])
    target.producer_ids.extend(rows.producer_ids[low:high])
    target.producer_epochs.extend(rows.producer_epochs[low:high])
    target.base_sequences.extend(rows.base_sequences[low:high])
    target.spans.extend(rows.spans[low:high])
    target.end_offset = rows.next_offset(high - 1)
