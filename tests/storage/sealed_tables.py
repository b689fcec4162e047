"""Sealed tables for tests: rows and batches by the handful, and a segment of a write-ahead log to seal."""

from struct import pack
from typing import Any

from memory_files import MemoryFiles

from streambus.records import crc32c, parse_header
from streambus.storage.batch_index import BatchIndex
from streambus.storage.sealed import FOOTER_BYTES, Directory, SealSegment, TableInfo, parse_footer


def stamped(base_offset: int, records: int = 1, size: int = 20, timestamp: int = 1_000) -> bytes:
    """A batch as it is stored: `size` bytes stand for its records."""
    summed = pack(">hiqqqhii", 0, records - 1, timestamp, timestamp, -1, -1, -1, records) + b"x" * size
    return pack(">qiibI", base_offset, len(summed) + 9, 0, 2, crc32c(summed)) + summed


def rows_of(*batches: tuple[bytes, int]) -> BatchIndex:
    """The rows of these batches and their positions."""
    rows = BatchIndex()
    for batch, position in batches:
        header = parse_header(batch)
        rows.append(header, header.base_offset, position, len(batch))
    return rows


def columns(rows: BatchIndex) -> tuple[Any, ...]:
    """Everything in the rows, to compare."""
    return (
        rows.end_offset,
        list(rows.base_offsets),
        list(rows.positions),
        list(rows.sizes),
        list(rows.max_timestamps),
        list(rows.producer_ids),
        list(rows.producer_epochs),
        list(rows.base_sequences),
        list(rows.spans),
    )


class SegmentMaker:
    """A segment with the batches of several logs, interleaved, before and after it is sealed."""

    def __init__(self, files: MemoryFiles, segment: int, start: int, table: int) -> None:
        self.files = files
        self.segment = segment
        self.start = start
        self.table = table
        self.file = TableInfo(table, 0, segment, 0, 0).file
        self.logs: dict[int, BatchIndex] = {}
        self.data = bytearray()

    def append(self, keyspace: int, batch: bytes, between: int = 10) -> None:
        """Add a batch behind `between` bytes of something else."""
        self.data += b"\xaa" * between
        rows = self.logs.setdefault(keyspace, BatchIndex())
        header = parse_header(batch)
        rows.append(header, header.base_offset, self.start + len(self.data), len(batch))
        self.data += batch

    def seal(self) -> Directory:
        """Write the segment, seal it and return its directory."""
        self.files.create(self.file)
        self.files.sync_directory()
        self.files.write(self.file, 0, [self.data])
        logs = tuple(sorted(self.logs.items()))
        return Directory.decode(SealSegment(self.table, self.segment, self.start, len(self.data), logs).run(self.files))


def directory_on_disk(files: MemoryFiles, info: TableInfo) -> Directory:
    """What a store reads when it starts: footer, then directory."""
    footer = files.read(info.file, info.file_bytes - FOOTER_BYTES, FOOTER_BYTES)
    position, length, checksum = parse_footer(footer, info)
    return Directory.decode(files.read(info.file, position, length), info, checksum)
