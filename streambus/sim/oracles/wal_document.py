"""The write-ahead log as `docs/storage/wal.md` describes it, read by somebody who has only read that document.

Nothing of `streambus.storage` is used here: what two independent readers make of the same bytes must be the same.
"""

from collections.abc import Iterator
from struct import Struct

import attrs

from streambus.records import crc32c

HEADER_BYTES = 48
ENTRY_BYTES = 20
OPEN_LOG, OPEN_TABLE, BATCH, TRUNCATE, TRIM, DROP, PUTS, DELETE_RANGE = range(1, 9)

_HEADER = Struct(">4sIIIIIQQQ")
_ENTRY = Struct(">HHIIII")
_MAGIC = b"SBW\x02"
_BATCH_SUMMED = 21
_BATCH_LEAST = 61
_CRC = Struct(">I")
_LENGTHS = Struct(">II")
_DELETED = 0xFFFF_FFFF


@attrs.frozen(eq=False)
class Entry:
    """One thing that a record says; `position` is the WAL position of its body."""

    kind: int
    keyspace: int
    body: bytes
    position: int


@attrs.frozen(eq=False)
class Record:
    """One record, from one WAL position to another; one without entries ends its segment."""

    start: int
    end: int
    entries: tuple[Entry, ...]


def file_of(number: int) -> str:
    """The file of the segment with this number."""
    return f"wal/{number:020d}.wal"


def number_of(file: str) -> int | None:
    """The number of the segment in `file`; None if that is no segment."""
    if not (file.startswith("wal/") and file.endswith(".wal")):
        return None
    return int(file[4:-4])


def records_in(data: bytes, position: int) -> Iterator[Record]:
    """The whole records of one segment that `data`, which lies at WAL position `position`, begins with; none behind an end record."""
    at = 0
    while (record := _record_at(data, at, position + at)) is not None:
        yield record
        at = record.end - position
        if not record.entries:
            return


def puts_in(body: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    """Keys with their values; None for a key that is deleted."""
    at = 0
    while at < len(body):
        key_length, value_length = _LENGTHS.unpack_from(body, at)
        at += _LENGTHS.size
        key = body[at : at + key_length]
        at += key_length
        if value_length == _DELETED:
            yield key, None
            continue
        yield key, body[at : at + value_length]
        at += value_length


def range_in(body: bytes) -> tuple[bytes, bytes | None]:
    """The first key that is deleted, and the one below which all are; None if there is no end."""
    (length,) = _CRC.unpack_from(body)
    return body[4 : 4 + length], body[4 + length :] or None


def _record_at(data: bytes, at: int, position: int) -> Record | None:
    if at + HEADER_BYTES > len(data):
        return None
    magic, checksum, directory_checksum, body_bytes, count, _, own, write_start, _ = _HEADER.unpack_from(data, at)
    bodies = at + HEADER_BYTES
    directory, end = bodies + body_bytes, bodies + body_bytes + ENTRY_BYTES * count
    if magic != _MAGIC or own != position or write_start > own or end > len(data):
        return None
    if crc32c(data[at + 8 : bodies]) != checksum or crc32c(data[directory:end]) != directory_checksum:
        return None
    entries: list[Entry] = []
    start = bodies
    for kind, _flags, keyspace, length, _offsets, body_checksum in _ENTRY.iter_unpack(data[directory:end]):
        body = data[start : start + length]
        if start + length > directory or not _is_whole(kind, body, body_checksum):
            return None
        entries.append(Entry(kind, keyspace, body, position + start - at))
        start += length
    return Record(position, position + end - at, tuple(entries)) if start == directory else None


def _is_whole(kind: int, body: bytes, checksum: int) -> bool:
    if kind != BATCH:
        return crc32c(body) == checksum
    if len(body) < _BATCH_LEAST or crc32c(body[:_BATCH_SUMMED]) != checksum:
        return False
    return bool(crc32c(body[_BATCH_SUMMED:]) == _CRC.unpack_from(body, 17)[0])
