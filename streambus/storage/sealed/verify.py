"""Verifying: everything that a sealed table holds, read and compared, for those who ask whether a disk still tells the truth."""

from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from itertools import pairwise
from typing import TypeVar

from streambus.kernel import FileAccess, FileName, message
from streambus.storage.batch_index import BatchIndex
from streambus.storage.sealed.blocks import Damaged
from streambus.storage.sealed.bloom import Bloom, decode_bloom
from streambus.storage.sealed.directory import Directory
from streambus.storage.sealed.entry_block import EntryBlock, check_entries, decode_entries
from streambus.storage.sealed.footer import FOOTER_BYTES, parse_footer
from streambus.storage.sealed.index_block import IndexBlock, check_rows, decode_index_block
from streambus.storage.sealed.work import DamagedInput, batch_runs, check_batches, read_believed
from streambus.storage.table_info import TableInfo

T = TypeVar("T")


class ProblemKind(Enum):
    """What is wrong."""

    TABLE = "footer or directory"
    INDEX = "index block"
    BATCH = "batch"
    LOST = "batch that was lost before the table was written"
    BLOOM = "bloom filter"
    ENTRIES = "entry block"


@message
class Problem:
    """Something is wrong at `position` of `file`. Of index blocks and batches: offsets of which log are concerned."""

    file: FileName
    position: int
    reason: str
    kind: ProblemKind = ProblemKind.TABLE
    keyspace: int = 0
    first_offset: int = 0
    end_offset: int = 0


@message
class Progress:
    """So many bytes of a table were read and compared."""

    bytes: int


def read_table(files: FileAccess, info: TableInfo) -> Directory:
    """The directory of the table, by way of its footer. Raises `Damaged` if either is not what it should be."""
    try:
        position, length, checksum = _read_footer(files, info)
        return read_believed(files, info.file, position, length, partial(Directory.decode, info=info, checksum=checksum))
    except DamagedInput as damaged:
        raise Damaged(damaged.damage.reason, damaged.damage.position) from None


def _read_footer(files: FileAccess, info: TableInfo) -> tuple[int, int, int]:
    position = info.file_bytes - FOOTER_BYTES
    if position < 0:
        raise Damaged(f"a table of {info.file_bytes} bytes has no room for a footer", 0)
    try:
        return read_believed(files, info.file, position, FOOTER_BYTES, partial(parse_footer, info=info))
    except FileNotFoundError:
        raise Damaged("there is no such file", 0) from None


def check_table(files: FileAccess, info: TableInfo) -> Iterator[Problem | Progress]:
    """Read and compare everything in the table: directory, blocks, and every batch that a row leads to.

    Says what is wrong as it finds it and goes on, as far as anything leads on; in between it says how far it is.
    """
    try:
        directory = read_table(files, info)
    except Damaged as damage:
        yield Problem(info.file, damage.position or 0, damage.reason)
        return
    fault = find_fault(directory)
    if fault is not None:
        yield Problem(info.file, info.file_bytes - FOOTER_BYTES, fault)
    yield from _Check(files, directory).run()


def find_fault(directory: Directory) -> str | None:
    """What contradicts itself in a directory whose checksum is right, as a sentence; None if nothing does."""
    blocks = list(zip(directory.keyspaces, directory.first_offsets, directory.end_offsets, strict=True))
    if any(first >= end for _, first, end in blocks):
        return "an index block speaks of no offsets"
    if any((log, end) > (next_log, next_first) for (log, _, end), (next_log, next_first, _) in pairwise(blocks)):
        return "index blocks are not in order"
    if any(key >= following for key, following in pairwise(directory.first_keys)):
        return "entry blocks are not in order"
    if directory.first_keys and directory.last_key < directory.first_keys[-1]:
        return "the last key is before the last block"
    if any(key >= following for key, following in pairwise([key for bounds in directory.ranges for key in bounds])):
        return "range tombstones are not in order"
    return None


class _Check:
    """The work of `check_table` behind the directory."""

    def __init__(self, files: FileAccess, directory: Directory) -> None:
        self.files = files
        self.directory = directory
        self.file = directory.info.file
        self.problem: Problem | None = None
        self.bytes = FOOTER_BYTES

    def run(self) -> Iterator[Problem | Progress]:
        for number in range(len(self.directory)):
            yield from self._index_block(number)
        bloom: Bloom | None = None
        if self.directory.bloom_length:
            bloom = self._read(ProblemKind.BLOOM, self.directory.bloom_position, self.directory.bloom_length, self._bloom)
            yield self._outcome()
        for number in range(len(self.directory.first_keys)):
            position, length = self.directory.entry_positions[number], self.directory.entry_lengths[number]
            self._read(ProblemKind.ENTRIES, position, length, partial(self._entries, number, bloom))
            yield self._outcome()
        yield Progress(self.bytes)

    def _read(self, kind: ProblemKind, position: int, length: int, check: Callable[[bytes], T], keyspace: int = 0) -> T | None:
        """What `check` makes of these bytes; None if they are damaged, which `_outcome` tells."""
        self.problem = None
        try:
            found = read_believed(self.files, self.file, position, length, check)
        except DamagedInput as damaged:
            damage = damaged.damage
            self.problem = Problem(self.file, damage.position, damage.reason, kind, keyspace, damage.first_offset, damage.end_offset)
            return None
        self.bytes += length
        return found

    def _outcome(self) -> Problem | Progress:
        return self.problem or Progress(self.bytes)

    def _index_block(self, number: int) -> Iterator[Problem | Progress]:
        directory = self.directory
        keyspace = directory.keyspaces[number]
        block = self._read(ProblemKind.INDEX, directory.positions[number], directory.lengths[number], partial(self._rows, number), keyspace)
        if block is None:
            assert self.problem is not None
            first_offset, end_offset = directory.first_offsets[number], directory.end_offsets[number]
            yield Problem(self.file, self.problem.position, self.problem.reason, ProblemKind.INDEX, keyspace, first_offset, end_offset)
            return
        yield self._outcome()
        rows = block.rows
        for begin, end, length in batch_runs(rows, 0, len(rows)):
            if not length:
                offsets = rows.base_offsets[begin], rows.next_offset(end - 1)
                reason = f"the batch with the offsets {offsets[0]} to {offsets[1]} was lost before this table was written"
                yield Problem(self.file, rows.positions[begin], reason, ProblemKind.LOST, keyspace, *offsets)
            elif self._check(rows, begin, end, length, keyspace):
                yield Progress(self.bytes)
            else:  # Which batches of the run are damaged?
                for row in range(begin, end):
                    self._check(rows, row, row + 1, rows.sizes[row], keyspace)
                    yield self._outcome()

    def _check(self, rows: BatchIndex, low: int, high: int, length: int, keyspace: int) -> bool:
        """Whether the batches of these rows, side by side, are what the rows say."""
        check = partial(check_batches, rows=rows, low=low, high=high)
        return self._read(ProblemKind.BATCH, rows.positions[low], length, check, keyspace) is not None

    def _rows(self, number: int, data: bytes) -> IndexBlock:
        directory = self.directory
        position = directory.positions[number]
        block = decode_index_block(data, directory.info.number, position, directory.checksums[number])
        check_rows(block, position)
        known = (directory.keyspaces[number], directory.first_offsets[number], directory.end_offsets[number])
        if (block.keyspace, block.first_offset, block.end_offset) != known:
            raise Damaged(f"the index block speaks of other offsets than the directory, which says {known}")
        if (len(block.rows), sum(block.rows.sizes)) != (directory.row_counts[number], directory.data_bytes[number]):
            raise Damaged("the directory counts other batches than the index block has")
        return block

    def _bloom(self, data: bytes) -> Bloom:
        directory = self.directory
        return decode_bloom(data, directory.info.number, directory.bloom_position, directory.bloom_checksum)

    def _entries(self, number: int, bloom: Bloom | None, data: bytes) -> EntryBlock:
        directory = self.directory
        block = decode_entries(data, directory.info.number, directory.entry_positions[number], directory.entry_checksums[number])
        check_entries(block)
        is_last = number + 1 == len(directory.first_keys)
        if block.keys[0] != directory.first_keys[number] or (
            block.keys[-1] != directory.last_key if is_last else block.keys[-1] >= directory.first_keys[number + 1]
        ):
            raise Damaged("the entry block has other keys than the directory says")
        if bloom is not None and not all(map(bloom.may_contain, block.keys)):
            raise Damaged("the bloom filter denies a key that is there")
        return block
