"""Merging logs: the live batches of many tables go to few, each log in one piece."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from streambus.kernel import FileAccess, FileName, message
from streambus.records import HEADER_BYTES, parse_header
from streambus.records.batch import BadBatch
from streambus.storage.batch_index import BatchIndex
from streambus.storage.sealed.blocks import Damaged
from streambus.storage.sealed.index_block import check_rows, decode_index_block
from streambus.storage.sealed.log_writer import LogWriter
from streambus.storage.sealed.work import DamagedInput, WorkDamaged, batch_runs, check_batches, read_believed

T = TypeVar("T")

LOST = memoryview(b"")
"""The bytes of a batch that was found damaged before. Its row goes on saying that its offsets are lost."""


@message
class LogExtent:
    """What is live of one index block: the offsets from `first_offset` on and below `end_offset`.

    The block is at `position` of `file`, which is that of table `table`, and `length` bytes long. `checksum` is what the directory says of
    it, None if that is not at hand. A row that contains `first_offset` is live as a whole; no row reaches beyond `end_offset`.
    """

    keyspace: int
    file: FileName
    table: int
    position: int
    length: int
    first_offset: int
    end_offset: int
    checksum: int | None = None
    epochs: tuple[tuple[int, int], ...] = ()
    """What leader epochs the batches have, as far as is known: from which offset on, and which. No checksum of a batch covers that."""


@message
class MergeLogs:
    """A task: copy what is live in `extents`, which are in order of (keyspace, first offset), to new tables.

    It takes as many of the numbers in `outputs` as it needs for tables of some `table_bytes`; the last one takes all that is left.
    Returns the directories of the tables, or `WorkDamaged`. Every batch is verified before it is written.
    """

    outputs: Sequence[int]
    level: int
    extents: tuple[LogExtent, ...]
    table_bytes: int
    end_position: int

    def run(self, files: FileAccess) -> tuple[bytes, ...] | WorkDamaged:
        """Do it."""
        writer = LogWriter(files, self.outputs, level=self.level, table_bytes=self.table_bytes, end_position=self.end_position)
        try:
            for extent in self.extents:
                _copy(files, extent, writer)
        except DamagedInput as damaged:
            return damaged.damage
        return writer.finish()


def _copy(files: FileAccess, extent: LogExtent, writer: LogWriter) -> None:
    rows = live_rows(files, extent)
    writer.begin(extent.keyspace, extent.first_offset)
    for low, high, batches in live_batches(files, extent, rows, extent.first_offset, extent.end_offset):
        writer.append(rows, low, high, batches)
    writer.end(extent.end_offset)


def live_rows(files: FileAccess, extent: LogExtent) -> BatchIndex:
    """The rows of an extent's index block, verified. Raises `DamagedInput`."""
    return _read(files, extent, extent.position, extent.length, partial(_rows_of, extent))


def live_batches(
    files: FileAccess, extent: LogExtent, rows: BatchIndex, first_offset: int, end_offset: int
) -> Iterator[tuple[int, int, memoryview]]:
    """The live batches of an extent that have offsets from `first_offset` on and below `end_offset`, verified. Raises `DamagedInput`.

    They come as runs of what lies side by side: first row, row behind the last, bytes. Lost batches come with no bytes.
    """
    low = max(first_live_row(files, extent, rows), rows.row_of(first_offset))
    for begin, end, length in batch_runs(rows, low, rows.row_from(min(extent.end_offset, end_offset))):
        check = partial(check_batches, rows=rows, low=begin, high=end, epochs=extent.epochs)
        yield begin, end, _read(files, extent, rows.positions[begin], length, check) if length else LOST


def _read(files: FileAccess, extent: LogExtent, position: int, length: int, check: Callable[[bytes], T]) -> T:
    """As `read_believed`; damage says which offsets of the extent are concerned."""
    try:
        return read_believed(files, extent.file, position, length, check)
    except DamagedInput as damaged:
        damage = damaged.damage
    first_offset, end_offset = max(damage.first_offset, extent.first_offset), min(damage.end_offset, extent.end_offset)
    if first_offset >= end_offset:
        first_offset, end_offset = extent.first_offset, extent.end_offset
    raise DamagedInput(WorkDamaged(damage.file, damage.position, damage.reason, extent.keyspace, first_offset, end_offset))


def _rows_of(extent: LogExtent, data: bytes) -> BatchIndex:
    """The rows of an extent's index block, which is `data`. Raises `Damaged`."""
    block = decode_index_block(data, extent.table, extent.position, extent.checksum)
    if block.keyspace != extent.keyspace:
        raise Damaged(f"the index block is one of log {block.keyspace}, not {extent.keyspace}")
    if not block.first_offset <= extent.first_offset < extent.end_offset <= block.end_offset:
        wanted, found = (extent.first_offset, extent.end_offset), (block.first_offset, block.end_offset)
        raise Damaged(f"the index block speaks of the offsets {found}, not of {wanted}")
    check_rows(block, extent.position)
    return block.rows


def first_live_row(files: FileAccess, extent: LogExtent, rows: BatchIndex) -> int:
    """The row that contains the extent's first offset, or else the one behind it.

    Where a hole begins is not in the rows: if the first offset may be in one, the header of the batch before tells.
    """
    row = rows.row_of(extent.first_offset)
    if row < 0 or rows.base_offsets[row] == extent.first_offset or not rows.sizes[row]:
        return max(row, 0)
    end = _read(files, extent, rows.positions[row], HEADER_BYTES, partial(_end_of_batch, rows, row))
    return row if end > extent.first_offset else row + 1


def _end_of_batch(rows: BatchIndex, row: int, data: bytes) -> int:
    try:
        return parse_header(data).next_offset
    except BadBatch as bad:
        raise Damaged(bad.reason, None, (rows.base_offsets[row], rows.next_offset(row))) from None
