"""The directory of a sealed table: what a store keeps in memory of it, 56 bytes an index block."""

from array import array
from bisect import bisect_left, bisect_right
from struct import Struct

from streambus.kernel import Buffer
from streambus.storage.batch_index import BatchIndex
from streambus.storage.key_ranges import KeyRange
from streambus.storage.sealed.blocks import HEADER_BYTES, Damaged, Kind, block_checksum, decode_block, encode_block
from streambus.storage.sealed.columns import ColumnReader, column_bytes
from streambus.storage.sealed.entry_block import pieces
from streambus.storage.sealed.footer import FOOTER_BYTES
from streambus.storage.table_info import TableInfo

_HEADER = Struct(">QQqIQQQIIIIII")
_IDENTITY = Struct(">16xQQ")
_INDEX_COLUMNS = "IIIIqqQqQ"
_INDEX_BYTES = 56
_ENTRY_COLUMNS = "IIQ"
_ENTRY_BYTES = 16
_KEY_LENGTH_BYTES = 4
_OBJECT_BYTES = 41
"""What a `bytes` takes in memory beside its bytes: the object and the list's reference to it."""
_FIXED_BYTES = 2_000
"""What an empty directory takes."""


class Directory:
    """Where the blocks of one sealed table are, and what they are about.

    Index blocks are rows of parallel arrays in order of (keyspace, first offset), entry blocks in order of their first keys.
    It is filled once, by who writes the table or by `decode`, and not changed afterwards.
    """

    __slots__ = (
        "bloom_checksum",
        "bloom_length",
        "bloom_position",
        "checksums",
        "data_bytes",
        "end_offsets",
        "entry_checksums",
        "entry_count",
        "entry_lengths",
        "entry_positions",
        "first_keys",
        "first_offsets",
        "info",
        "keyspaces",
        "last_key",
        "lengths",
        "max_timestamps",
        "positions",
        "ranges",
        "row_counts",
        "run_count",
        "start_position",
    )

    def __init__(self, info: TableInfo, start_position: int = 0) -> None:
        self.info = info
        self.start_position = start_position
        """The WAL position of the first byte of a segment's file; 0 for a table with a file of its own."""
        self.keyspaces: array[int] = array("I")
        self.lengths: array[int] = array("I")
        self.row_counts: array[int] = array("I")
        self.checksums: array[int] = array("I")
        self.first_offsets: array[int] = array("q")
        self.end_offsets: array[int] = array("q")
        self.positions: array[int] = array("Q")
        self.max_timestamps: array[int] = array("q")
        self.data_bytes: array[int] = array("Q")
        self.run_count = 0
        """How many pieces the batches are in: those that lie side by side, and in one index block, are one piece."""
        self.first_keys: list[bytes] = []
        self.entry_lengths: array[int] = array("I")
        self.entry_checksums: array[int] = array("I")
        self.entry_positions: array[int] = array("Q")
        self.last_key = b""
        self.entry_count = 0
        self.bloom_position = self.bloom_length = self.bloom_checksum = 0
        self.ranges: tuple[KeyRange, ...] = ()

    # Looking up ------------------------------------------------------------------------------------------------------

    def blocks_of(self, keyspace: int) -> range:
        """The index blocks of one log."""
        low = bisect_left(self.keyspaces, keyspace)
        return range(low, bisect_right(self.keyspaces, keyspace, low))

    def block_at(self, keyspace: int, offset: int) -> int:
        """The index block of the log that speaks of `offset`; -1 if none does."""
        blocks = self.blocks_of(keyspace)
        block = bisect_right(self.first_offsets, offset, blocks.start, blocks.stop) - 1
        return block if block >= blocks.start and offset < self.end_offsets[block] else -1

    def entry_block_of(self, key: bytes) -> int:
        """The entry block that would have `key`; -1 if none."""
        return bisect_right(self.first_keys, key) - 1 if key <= self.last_key else -1

    def entry_blocks_between(self, first: bytes, last: bytes | None = None) -> range:
        """The entry blocks that may have keys from `first` on and below `last` (if there is one)."""
        if first > self.last_key:
            return range(0)
        high = len(self.first_keys) if last is None else bisect_left(self.first_keys, last)
        return range(max(bisect_right(self.first_keys, first) - 1, 0), high)

    @property
    def bytes_in_memory(self) -> int:
        """What it takes, near enough."""
        keys = [*self.first_keys, *[key for pair in self.ranges for key in pair]]
        texts = sum(map(len, keys)) + len(keys) * _OBJECT_BYTES
        return _FIXED_BYTES + len(self.keyspaces) * _INDEX_BYTES + len(self.first_keys) * _ENTRY_BYTES + texts

    # Filling ---------------------------------------------------------------------------------------------------------

    def add_index_block(
        self, block: bytes, rows: BatchIndex, low: int, high: int, *, keyspace: int, first_offset: int, end_offset: int, position: int
    ) -> None:
        """Note an index block that was encoded from these rows."""
        self.keyspaces.append(keyspace)
        self.lengths.append(len(block))
        self.row_counts.append(high - low)
        self.checksums.append(block_checksum(block))
        self.first_offsets.append(first_offset)
        self.end_offsets.append(end_offset)
        self.positions.append(position)
        self.max_timestamps.append(max(rows.max_timestamps[low:high], default=-1))
        self.data_bytes.append(sum(rows.sizes[low:high]))
        self.run_count += runs_in(rows, low, high)

    def add_entry_block(self, block: bytes, keys: list[bytes], position: int) -> None:
        """Note an entry block with these keys."""
        self.first_keys.append(keys[0])
        self.entry_lengths.append(len(block))
        self.entry_checksums.append(block_checksum(block))
        self.entry_positions.append(position)
        self.entry_count += len(keys)
        self.last_key = keys[-1]

    # On disk ---------------------------------------------------------------------------------------------------------

    def encode(self, position: int) -> bytes:
        """The directory as a block at `position` of its file. `info.file_bytes` does not matter: it is where the footer behind will end."""
        keys = [*self.first_keys, *([self.last_key] if self.first_keys else []), *[key for pair in self.ranges for key in pair]]
        text = b"".join(keys)
        info = self.info
        header = _HEADER.pack(
            self.start_position,
            info.end_position,
            info.segment,
            info.level,
            self.run_count,
            self.entry_count,
            self.bloom_position,
            self.bloom_length,
            self.bloom_checksum,
            len(self.keyspaces),
            len(self.first_keys),
            len(self.ranges),
            len(text),
        )
        columns = [column_bytes(column) for column in (*self._index_columns(), *self._entry_columns(), array("I", map(len, keys)))]
        return encode_block(Kind.DIRECTORY, info.number, position, b"".join((header, *columns, text)))

    @classmethod
    def decode(cls, data: Buffer, info: TableInfo | None = None, checksum: int | None = None) -> "Directory":
        """The directory that `data` is. Raises `Damaged`.

        `info` is what the manifest says of the table, if that is known; what the directory says must agree. `checksum` is the footer's.
        """
        number, position = _said_of_itself(data) if info is None else (info.number, info.file_bytes - FOOTER_BYTES - len(data))
        payload = decode_block(data, Kind.DIRECTORY, number, position, checksum)
        if len(payload) < _HEADER.size:
            raise Damaged("the directory ends within its header")
        start, end, segment, level, runs, entries, *bloom, index_blocks, entry_blocks, ranges, key_bytes = _HEADER.unpack_from(payload)
        key_count = entry_blocks + (1 if entry_blocks else 0) + 2 * ranges
        fixed = _HEADER.size + index_blocks * _INDEX_BYTES + entry_blocks * _ENTRY_BYTES + key_count * _KEY_LENGTH_BYTES
        if fixed + key_bytes != len(payload):
            raise Damaged(f"{len(payload)} bytes are not a directory of {index_blocks} index blocks and {entry_blocks} entry blocks")
        said = TableInfo(number, level, segment, position + len(data) + FOOTER_BYTES, end)
        if info is not None and (said.segment, said.end_position) != (info.segment, info.end_position):
            raise Damaged(f"the directory is that of {said}, not of {info}")
        directory = cls(info or said, start)
        directory.run_count, directory.entry_count = runs, entries
        directory.bloom_position, directory.bloom_length, directory.bloom_checksum = bloom
        directory._take_columns(payload, index_blocks, entry_blocks, ranges)
        return directory

    def _take_columns(self, payload: memoryview, index_blocks: int, entry_blocks: int, ranges: int) -> None:
        reader = ColumnReader(payload, _HEADER.size)
        (
            self.keyspaces,
            self.lengths,
            self.row_counts,
            self.checksums,
            self.first_offsets,
            self.end_offsets,
            self.positions,
            self.max_timestamps,
            self.data_bytes,
        ) = [reader.column(code, index_blocks) for code in _INDEX_COLUMNS]
        self.entry_lengths, self.entry_checksums, self.entry_positions = [reader.column(code, entry_blocks) for code in _ENTRY_COLUMNS]
        key_lengths = reader.column("I", entry_blocks + (1 if entry_blocks else 0) + 2 * ranges)
        text = bytes(payload[reader.position :])
        if sum(key_lengths) != len(text):
            raise Damaged("the lengths of the keys in the directory do not add up")
        keys = pieces(text, key_lengths)
        self.first_keys = keys[:entry_blocks]
        if entry_blocks:
            self.last_key = keys[entry_blocks]
        bounds = keys[len(keys) - 2 * ranges :]
        self.ranges = tuple(zip(bounds[::2], bounds[1::2], strict=True))

    def _index_columns(self) -> tuple["array[int]", ...]:
        return (
            self.keyspaces,
            self.lengths,
            self.row_counts,
            self.checksums,
            self.first_offsets,
            self.end_offsets,
            self.positions,
            self.max_timestamps,
            self.data_bytes,
        )

    def _entry_columns(self) -> tuple["array[int]", ...]:
        return (self.entry_lengths, self.entry_checksums, self.entry_positions)

    def __len__(self) -> int:
        return len(self.keyspaces)


def runs_in(rows: BatchIndex, low: int, high: int) -> int:
    """In how many pieces the batches of these rows lie."""
    positions, sizes = rows.positions[low:high], rows.sizes[low:high]
    breaks = sum(map(int.__ne__, map(int.__add__, positions, sizes), positions[1:]))
    return breaks + (1 if high > low else 0)


def _said_of_itself(data: Buffer) -> tuple[int, int]:
    """Table and position that the block says it belongs to."""
    if len(data) < HEADER_BYTES:
        raise Damaged(f"{len(data)} bytes are too few for a block")
    table, position = _IDENTITY.unpack_from(data)
    return table, position
