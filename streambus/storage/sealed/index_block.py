"""Index blocks: up to 1024 rows of one log, as columns that are read and written in one piece."""

from struct import Struct

from streambus.kernel import Buffer, message
from streambus.storage.batch_index import BatchIndex
from streambus.storage.sealed.blocks import Damaged, Kind, decode_block, encode_block
from streambus.storage.sealed.columns import ColumnReader, column_bytes

ROWS_PER_BLOCK_MAX = 1024
"""So that a block is some 47 KB at most: one read, and little to drop from a cache."""

ROW_BYTES = 46

_HEADER = Struct(">IIqq")
_TYPECODES = "qqIqqhiI"


@message
class IndexBlock:
    """A decoded index block: the rows of the log `keyspace` from `first_offset` on and below `end_offset`."""

    keyspace: int
    first_offset: int
    end_offset: int
    rows: BatchIndex


def encode_rows(
    rows: BatchIndex, low: int, high: int, *, keyspace: int, first_offset: int, end_offset: int, table: int, position: int, origin: int = 0
) -> bytes:
    """The index block of the rows from `low` on and below `high`, to lie at `position` of the table's file.

    It speaks of the offsets from `first_offset` on and below `end_offset`. `origin` is what the positions of `rows` count from,
    seen from the beginning of the file: the start of a segment for WAL positions, 0 for positions in the file.
    """
    assert high - low <= ROWS_PER_BLOCK_MAX, (low, high)
    assert first_offset < end_offset, (first_offset, end_offset)
    positions = rows.positions[low:high]
    if origin:
        for row, place in enumerate(positions):
            positions[row] = place - origin
    payload = b"".join(
        (
            _HEADER.pack(keyspace, high - low, first_offset, end_offset),
            column_bytes(rows.base_offsets[low:high]),
            column_bytes(positions),
            column_bytes(rows.sizes[low:high]),
            column_bytes(rows.max_timestamps[low:high]),
            column_bytes(rows.producer_ids[low:high]),
            column_bytes(rows.producer_epochs[low:high]),
            column_bytes(rows.base_sequences[low:high]),
            column_bytes(rows.spans[low:high]),
        )
    )
    return encode_block(Kind.INDEX, table, position, payload)


def decode_index_block(data: Buffer, table: int, position: int, checksum: int | None = None) -> IndexBlock:
    """The index block that lies at `position` of the file of `table`. Raises `Damaged`."""
    payload = decode_block(data, Kind.INDEX, table, position, checksum)
    if len(payload) < _HEADER.size:
        raise Damaged("the index block ends within its header")
    keyspace, count, first_offset, end_offset = _HEADER.unpack_from(payload)
    if count > ROWS_PER_BLOCK_MAX or len(payload) != _HEADER.size + count * ROW_BYTES:
        raise Damaged(f"{len(payload)} bytes are not an index block of {count} rows")
    if end_offset <= first_offset:
        raise Damaged(f"the index block begins at offset {first_offset} and ends at {end_offset}")
    reader = ColumnReader(payload, _HEADER.size)
    rows = BatchIndex()
    (
        rows.base_offsets,
        rows.positions,
        rows.sizes,
        rows.max_timestamps,
        rows.producer_ids,
        rows.producer_epochs,
        rows.base_sequences,
        rows.spans,
    ) = [reader.column(code, count) for code in _TYPECODES]
    rows.end_offset = end_offset
    return IndexBlock(keyspace, first_offset, end_offset, rows)


def decode_rows(data: Buffer, table: int, position: int, checksum: int | None = None) -> BatchIndex:
    """The rows of the index block at `position`, ready for use. Positions in it are those in the table's file. Raises `Damaged`."""
    return decode_index_block(data, table, position, checksum).rows


def check_rows(block: IndexBlock, file_bytes: int) -> None:
    """Raise `Damaged` unless the rows make sense: in order, within the block's offsets and within a file of so many bytes."""
    rows = block.rows
    for row, base_offset in enumerate(rows.base_offsets):
        if rows.next_offset(row) <= base_offset:
            raise Damaged(f"row {row} begins at offset {base_offset}, the next one at {rows.next_offset(row)}")
        if rows.positions[row] < 0 or rows.positions[row] + rows.sizes[row] > file_bytes:
            raise Damaged(f"row {row} leads to {rows.sizes[row]} bytes at {rows.positions[row]} of a file of {file_bytes}")
    if len(rows) > 1 and rows.base_offsets[1] <= block.first_offset:
        raise Damaged(f"offset {block.first_offset}, where the block begins, is behind its second row")
