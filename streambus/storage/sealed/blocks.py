"""Blocks: what a sealed table consists of, but for its batches. Each has a checksum and says which block of which table it is."""

from enum import IntEnum
from struct import Struct

from streambus.kernel import Buffer
from streambus.records import crc32c

MAGIC = b"SBT\x01"
HEADER_BYTES = 32
PAYLOAD_BYTES_MAX = 0xFFFF_FFFF

NOT_TRANSFORMED = 0
"""The payload is in the file as it is in memory. Other codes (compression, encryption) are for versions to come."""

_BEGINNING = Struct(">4sI")
_SUMMED = Struct(">BBHIQQ")
_HEADER = Struct(">4sIBBHIQQ")
_SUMMED_FROM = _BEGINNING.size


class Kind(IntEnum):
    """What a block is."""

    INDEX = 1
    ENTRIES = 2
    BLOOM = 3
    DIRECTORY = 4
    FOOTER = 5


class Damaged(ValueError):
    """Bytes that are not the block, or the batch, that they should be. `reason` says why.

    If that is known, `position` says where in the file, and `offsets` which ones of a log are concerned, from the first on and below the
    second.
    """

    def __init__(self, reason: str, position: int | None = None, offsets: tuple[int, int] = (0, 0)) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position
        self.offsets = offsets


def encode_block(kind: Kind, table: int, position: int, payload: bytes) -> bytes:
    """The block of this kind with this payload, for this table and this place in its file."""
    assert len(payload) <= PAYLOAD_BYTES_MAX, len(payload)
    summed = _SUMMED.pack(kind, NOT_TRANSFORMED, 0, len(payload), table, position)
    return b"".join((_BEGINNING.pack(MAGIC, crc32c(payload, crc32c(summed))), summed, payload))


def block_checksum(block: Buffer) -> int:
    """The checksum that stands in an encoded block: what a directory remembers of it."""
    checksum: int = _BEGINNING.unpack_from(block)[1]
    return checksum


def decode_block(data: Buffer, kind: Kind, table: int, position: int, checksum: int | None = None) -> memoryview:
    """The payload of the block that `data` is, from beginning to end.

    Raises `Damaged` unless it is whole and is the one that is meant; `checksum` is what the directory says about it, if that is at hand.
    """
    if len(data) < HEADER_BYTES:
        raise Damaged(f"{len(data)} bytes are too few for a block")
    magic, found, found_kind, transform, reserved, length, found_table, found_position = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise Damaged(
            f"the block is of format {magic[3]}, which this version does not know" if magic[:3] == MAGIC[:3] else "this is no block"
        )
    if length != len(data) - HEADER_BYTES:
        raise Damaged(f"the block has {length} bytes and not {len(data) - HEADER_BYTES}")
    view = memoryview(data)
    if crc32c(view[_SUMMED_FROM:]) != found:
        raise Damaged("the checksum of the block is wrong")
    if found_table != table or found_position != position:
        raise Damaged(f"the block belongs to position {found_position} of table {found_table}, not to {position} of {table}")
    if found_kind != kind:
        raise Damaged(f"the block is of kind {found_kind}, not {kind.value}")
    if transform != NOT_TRANSFORMED or reserved:
        raise Damaged(f"the block was transformed in a way that this version does not know ({transform}, {reserved})")
    if checksum is not None and checksum != found:
        raise Damaged("the block is whole, but not the one that the directory knows: an older one is in its place")
    return view[HEADER_BYTES:]
