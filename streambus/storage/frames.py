"""Frames: what the WAL is made of. The format is described in `docs/storage/wal.md`."""

from enum import IntEnum
from struct import Struct

from streambus.kernel import Buffer, message
from streambus.records import crc32c

MAGIC = b"SBW\x01"
FRAME_HEADER_BYTES = 40

BATCH_PREFIX_BYTES = 16
"""Of a stored batch, the bytes that were stamped: base offset, length, leader epoch."""

BATCH_SUMMED_BYTES = 21
"""Of a stored batch, the bytes that its own CRC does not cover."""

_HEADER = Struct(">4sIIIHHIQQ")
_SUMMED = Struct(">IIHHIQQ")
_CHECKSUM = Struct(">4sI")
_BATCH_CRC = Struct(">I")
_BATCH_CRC_POSITION = 17


class FrameKind(IntEnum):
    """What a frame says."""

    OPEN_LOG = 1
    OPEN_TABLE = 2
    BATCH = 3
    TRUNCATE = 4
    TRIM = 5
    DROP = 6
    PUT = 7
    DELETE = 8


_KINDS = {int(kind): kind for kind in FrameKind}


@message
class Frame:
    """The header of a frame. `position` and `group` are WAL positions; the payload follows the header."""

    payload_checksum: int
    length: int
    kind: FrameKind | int
    """An `int` if it is none of ours."""
    flags: int
    keyspace: int
    position: int
    group: int


def frame_header(kind: int, keyspace: int, position: int, group: int, length: int, summed: Buffer) -> bytes:
    """The header of a frame with `length` bytes of payload, of which `summed` go into the payload checksum."""
    body = _SUMMED.pack(crc32c(summed), length, kind, 0, keyspace, position, group)
    return _CHECKSUM.pack(MAGIC, crc32c(body)) + body


def parse_frame(view: memoryview, start: int, position: int) -> Frame | None:
    """The frame header at `view[start:]`, which is WAL position `position`, or None if there is none that belongs there."""
    if len(view) - start < FRAME_HEADER_BYTES:
        return None
    magic, checksum, payload_checksum, length, kind, flags, keyspace, own_position, group = _HEADER.unpack_from(view, start)
    if magic != MAGIC or own_position != position or group > position:
        return None
    if crc32c(view[start + 8 : start + FRAME_HEADER_BYTES]) != checksum:
        return None
    return Frame(payload_checksum, length, _KINDS.get(kind, kind), flags, keyspace, position, group)


def foreign_version(data: Buffer, start: int) -> int | None:
    """The format version of a frame at `data[start:]` that is not of this version, or None if that is no frame at all."""
    magic = bytes(data[start : start + len(MAGIC)])
    return magic[-1] if len(magic) == len(MAGIC) and magic[:-1] == MAGIC[:-1] and magic != MAGIC else None


def is_whole(frame: Frame, payload: memoryview) -> bool:
    """Whether `payload` is what was written behind this header. Frames that nobody here understands are taken as they are."""
    if frame.flags or type(frame.kind) is int:
        return True
    if frame.kind is not FrameKind.BATCH:
        return crc32c(payload) == frame.payload_checksum
    if len(payload) <= BATCH_SUMMED_BYTES or crc32c(payload[:BATCH_SUMMED_BYTES]) != frame.payload_checksum:
        return False
    (batch_crc,) = _BATCH_CRC.unpack_from(payload, _BATCH_CRC_POSITION)
    return bool(crc32c(payload[BATCH_SUMMED_BYTES:]) == batch_crc)
