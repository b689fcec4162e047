"""Pieces of a log: what is known of its bytes and times without reading anything, neither batches nor index blocks."""

from collections.abc import Iterator

from streambus.storage.block_list import BlockRef
from streambus.storage.cleaning.policy import LogPiece
from streambus.storage.log import Log


def sealed_pieces(log: Log) -> Iterator[LogPiece]:
    """The sealed part of a log, one piece for each of its index blocks, as the directories of their tables tell of them."""
    directories, blocks = log.shelf.directories, log.blocks
    for row in range(len(blocks)):
        ref = blocks.ref(row)
        directory = directories[ref.table]
        yield LogPiece(ref.first_offset, ref.end_offset, directory.data_bytes[ref.block], directory.max_timestamps[ref.block])


def live_pieces(log: Log) -> Iterator[LogPiece]:
    """The rest of it, one piece for each batch."""
    index = log.index
    for row in range(len(index)):
        yield LogPiece(index.base_offsets[row], index.next_offset(row), index.sizes[row], index.max_timestamps[row])


def pieces_of(log: Log) -> Iterator[LogPiece]:
    """All of a log, in order. Whoever wants to know only of its beginning pays only for that."""
    yield from sealed_pieces(log)
    yield from live_pieces(log)


def pieces_within(log: Log, ref: BlockRef, offset: int) -> list[LogPiece]:
    """What an index block speaks of from `offset` on, one piece for each batch. Raises `NotLoaded`, `Unreadable`."""
    rows = log.shelf.rows(ref.table, ref.block, log.log_id)
    ends = [min(rows.next_offset(row), ref.end_offset) for row in range(len(rows))]
    return [
        LogPiece(max(rows.base_offsets[row], offset), end, rows.sizes[row], rows.max_timestamps[row])
        for row, end in enumerate(ends)
        if end > offset and rows.base_offsets[row] < ref.end_offset
    ]


def bytes_of(log: Log) -> int:
    """How many bytes the batches of a log have. Of a block that was trimmed or cut in part, all of it counts."""
    directories, blocks = log.shelf.directories, log.blocks
    sealed = sum([directories[table].data_bytes[block] for table, block in zip(blocks.tables, blocks.blocks, strict=True)])
    return sealed + sum(log.index.sizes)
