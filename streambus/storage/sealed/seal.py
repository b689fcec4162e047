"""Sealing: a full segment of the write-ahead log becomes a table where it is."""

from streambus.kernel import FileAccess, message
from streambus.storage.batch_index import BatchIndex
from streambus.storage.sealed.directory import Directory
from streambus.storage.sealed.index_block import ROWS_PER_BLOCK_MAX, encode_rows
from streambus.storage.sealed.work import TableFile
from streambus.storage.table_info import TableInfo


@message
class SealSegment:
    """A task: write the indexes of a segment behind its records. Returns the directory; no record is read or written.

    `logs` are the logs with batches in the segment, in order of keyspaces, each with the rows of those; positions in them are WAL
    positions. `start` is the WAL position of the file's first byte, `data_bytes` where its last record ends.
    """

    table: int
    segment: int
    start: int
    data_bytes: int
    logs: tuple[tuple[int, BatchIndex], ...]

    def run(self, files: FileAccess) -> bytes:
        """Do it."""
        info = TableInfo(self.table, 0, self.segment, 0, self.start + self.data_bytes)
        directory = Directory(info, self.start)
        output = TableFile(files, info.file, self.data_bytes)
        for keyspace, rows in self.logs:
            for low in range(0, len(rows), ROWS_PER_BLOCK_MAX):
                high = min(low + ROWS_PER_BLOCK_MAX, len(rows))
                append_index_block(
                    output,
                    directory,
                    rows,
                    low,
                    high,
                    keyspace=keyspace,
                    first_offset=rows.base_offsets[low],
                    end_offset=rows.next_offset(high - 1),
                    origin=self.start,
                )
        return output.finish(directory)


def append_index_block(
    output: TableFile,
    directory: Directory,
    rows: BatchIndex,
    low: int,
    high: int,
    *,
    keyspace: int,
    first_offset: int,
    end_offset: int,
    origin: int = 0,
) -> None:
    """Write the rows from `low` on and below `high` as an index block, and note it in the directory."""
    position = output.position
    block = encode_rows(
        rows,
        low,
        high,
        keyspace=keyspace,
        first_offset=first_offset,
        end_offset=end_offset,
        table=directory.info.number,
        position=position,
        origin=origin,
    )
    output.append(block)
    directory.add_index_block(
        block, rows, low, high, keyspace=keyspace, first_offset=first_offset, end_offset=end_offset, position=position
    )
