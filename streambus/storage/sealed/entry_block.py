"""Entry blocks: some 4 KiB of keys and values in order of keys."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from enum import Enum
from itertools import accumulate
from struct import Struct

from streambus.kernel import Buffer
from streambus.storage.sealed.blocks import Damaged, Kind, decode_block, encode_block
from streambus.storage.sealed.columns import ColumnReader, column_bytes

_HEADER = Struct(">II")
_LENGTHS_BYTES = 8
_DELETED = 0xFFFF_FFFF


class Missing(Enum):
    """What is found where nothing is said about a key; `None` says that it was deleted."""

    MISSING = "missing"


MISSING = Missing.MISSING


class EntryBlock:
    """Keys in order and their values; `None` is the value of a deleted key."""

    __slots__ = ("keys", "values")

    def __init__(self, keys: list[bytes], values: list[bytes | None]) -> None:
        self.keys = keys
        self.values = values

    def get(self, key: bytes) -> bytes | Missing | None:
        """The value of `key`, `None` if it is deleted here, `MISSING` if the block says nothing about it."""
        row = bisect_left(self.keys, key)
        return self.values[row] if row < len(self.keys) and self.keys[row] == key else MISSING

    def scan(self, first: bytes, last: bytes | None = None) -> Iterator[tuple[bytes, bytes | None]]:
        """The entries from `first` on and below `last` (if there is one), deleted ones too, in order."""
        keys = self.keys
        low, high = bisect_left(keys, first), len(keys) if last is None else bisect_left(keys, last)
        return zip(keys[low:high], self.values[low:high], strict=True)

    def __len__(self) -> int:
        return len(self.keys)


def encode_entries(block: EntryBlock, table: int, position: int) -> bytes:
    """The entry block as it lies at `position` of the file of `table`."""
    assert block.keys, "an entry block has entries"
    keys = b"".join(block.keys)
    key_lengths = array("I", map(len, block.keys))
    value_lengths = array("I", [_DELETED if value is None else len(value) for value in block.values])
    values = b"".join([value for value in block.values if value])
    header = _HEADER.pack(len(block.keys), len(keys))
    payload = b"".join((header, column_bytes(key_lengths), column_bytes(value_lengths), keys, values))
    return encode_block(Kind.ENTRIES, table, position, payload)


def decode_entries(data: Buffer, table: int, position: int, checksum: int | None = None) -> EntryBlock:
    """The entry block that lies at `position` of the file of `table`. Raises `Damaged`."""
    payload = decode_block(data, Kind.ENTRIES, table, position, checksum)
    if len(payload) < _HEADER.size:
        raise Damaged("the entry block ends within its header")
    count, key_bytes = _HEADER.unpack_from(payload)
    available = len(payload) - _HEADER.size
    if not 0 < count <= available // _LENGTHS_BYTES or key_bytes > available - count * _LENGTHS_BYTES:
        raise Damaged(f"{len(payload)} bytes are not an entry block of {count} entries with {key_bytes} bytes of keys")
    reader = ColumnReader(payload, _HEADER.size)
    key_lengths, value_lengths = reader.column("I", count), reader.column("I", count)
    value_bytes = sum(value_lengths) - value_lengths.count(_DELETED) * _DELETED
    if sum(key_lengths) != key_bytes or value_bytes != len(payload) - reader.position - key_bytes:
        raise Damaged("the lengths in the entry block do not add up to its length")
    keys = pieces(bytes(payload[reader.position : reader.position + key_bytes]), key_lengths)
    return EntryBlock(keys, _values(bytes(payload[reader.position + key_bytes :]), value_lengths))


def pieces(text: bytes, lengths: "array[int]") -> list[bytes]:
    """`text` cut into pieces of these lengths."""
    ends = list(accumulate(lengths))
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _values(text: bytes, lengths: "array[int]") -> list[bytes | None]:
    if _DELETED not in lengths:
        return list(pieces(text, lengths))
    values: list[bytes | None] = []
    start = 0
    for length in lengths:
        if length == _DELETED:
            values.append(None)
        else:
            values.append(text[start : start + length])
            start += length
    return values


def check_entries(block: EntryBlock) -> None:
    """Raise `Damaged` unless the keys are in order."""
    for key, following in zip(block.keys, block.keys[1:], strict=False):
        if key >= following:
            raise Damaged(f"key {key.hex()} stands before {following.hex()}")
