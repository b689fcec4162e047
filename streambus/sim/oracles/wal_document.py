"""The write-ahead log as `docs/storage/wal.md` describes it, read by somebody who has only read that document.

Nothing of `streambus.storage` is used here: what two independent readers make of the same bytes must be the same.
"""

from collections.abc import Iterator, Mapping
from struct import Struct

import attrs

from streambus.records import crc32c

HEADER_BYTES = 40
OPEN_LOG, OPEN_TABLE, BATCH, TRUNCATE, TRIM, DROP, PUT, DELETE = range(1, 9)

_HEADER = Struct(">4sIIIHHIQQ")
_MAGIC = b"SBW\x01"
_BATCH_SUMMED = 21
_CRC = Struct(">I")


@attrs.frozen(eq=False)
class Frame:
    """One frame. `end` is the WAL position behind it."""

    kind: int
    keyspace: int
    payload: bytes
    end: int


def file_of(position: int) -> str:
    """The file of the segment that begins at a WAL position."""
    return f"wal/{position:020d}.wal"


def start_of(file: str) -> int | None:
    """The WAL position at which the segment in `file` begins; None if that is no segment."""
    if not (file.startswith("wal/") and file.endswith(".wal")):
        return None
    return int(file[4:-4])


def frames_in(data: bytes, position: int) -> Iterator[Frame]:
    """The whole frames that `data`, which lies at WAL position `position`, begins with."""
    at, end = 0, len(data)
    while at + HEADER_BYTES <= end:
        magic, header_crc, payload_crc, length, kind, flags, keyspace, own, group = _HEADER.unpack_from(data, at)
        after = at + HEADER_BYTES + length
        if magic != _MAGIC or own != position + at or group > own or after > end or flags or not OPEN_LOG <= kind <= DELETE:
            return
        payload = data[at + HEADER_BYTES : after]
        if crc32c(data[at + 8 : at + HEADER_BYTES]) != header_crc or not _is_whole(kind, payload, payload_crc):
            return
        yield Frame(kind, keyspace, payload, position + after)
        at = after


def frames_on(files: Mapping[str, bytes]) -> Iterator[Frame]:
    """The frames that a recovery finds in `files`: one segment after the other, up to the first byte that is not as it was written."""
    start = end = 0
    while (data := files.get(file_of(start))) is not None:
        for frame in frames_in(data, start):
            end = frame.end
            yield frame
        if end == start or end - start != len(data):
            return
        start = end


def _is_whole(kind: int, payload: bytes, checksum: int) -> bool:
    if kind != BATCH:
        return crc32c(payload) == checksum
    if len(payload) <= _BATCH_SUMMED or crc32c(payload[:_BATCH_SUMMED]) != checksum:
        return False
    return bool(crc32c(payload[_BATCH_SUMMED:]) == _CRC.unpack_from(payload, 17)[0])
