"""Records: what the WAL is made of. The format (2) is described in `docs/storage/wal.md`."""

from enum import IntEnum
from struct import Struct

from streambus.kernel import Buffer, message
from streambus.records import HEADER_BYTES as BATCH_HEADER_BYTES
from streambus.records import crc32c

MAGIC = b"SBW\x02"
RECORD_HEADER_BYTES = 48
ENTRY_BYTES = 20

BATCH_PREFIX_BYTES = 16
"""Of a stored batch, the bytes that were stamped: base offset, length, leader epoch."""

BATCH_SUMMED_BYTES = 21
"""Of a stored batch, the bytes that its own CRC does not cover."""

DELETED = 0xFFFF_FFFF
"""Stands for the length of a value in the body of a `PUTS` entry where a key is deleted."""

_HEADER = Struct(">4sIIIIIQQQ")
_SUMMED = Struct(">IIIIQQQ")
_CHECKSUM = Struct(">4sI")
_SUMMED_FROM = 8
_FORMAT_1_HEADER_BYTES = 40
_ENTRY = Struct(">HHIIII")
_unpack_header = _HEADER.unpack_from
_BATCH_CRC = Struct(">I")
_unpack_batch_crc = _BATCH_CRC.unpack_from
_BATCH_CRC_AT = 17

pack_entry = _ENTRY.pack
"""An entry of the directory: kind, flags, keyspace, length, offsets, checksum."""


class EntryKind(IntEnum):
    """What an entry says."""

    OPEN_LOG = 1
    OPEN_TABLE = 2
    BATCH = 3
    TRUNCATE = 4
    TRIM = 5
    DROP = 6
    PUTS = 7
    DELETE_RANGE = 8


_KINDS = {int(kind): kind for kind in EntryKind}
_BATCH = int(EntryKind.BATCH)


class Inconsistent(Exception):
    """A whole entry that cannot follow the ones before it: something between them is missing, or we made a mistake."""


class WrittenByNewer(Exception):
    """A whole record that this version does not understand. The text says what of it."""


@message
class RecordHeader:
    """The header of a record, at its own position."""

    directory_checksum: int
    body_bytes: int
    entry_count: int
    position: int
    write_start: int

    @property
    def size(self) -> int:
        """Bytes of the whole record."""
        return RECORD_HEADER_BYTES + self.body_bytes + ENTRY_BYTES * self.entry_count


@message
class Entry:
    """One thing in a record. `offsets`: how many offsets a batch covers."""

    kind: EntryKind
    flags: int
    keyspace: int
    length: int
    offsets: int
    checksum: int


@message
class WalRecord:
    """A record that was read: whole, but for the bodies of batches that are named in `damaged` by their place in `entries`."""

    header: RecordHeader
    entries: list[Entry]
    damaged: list[int]

    @property
    def is_end(self) -> bool:
        """Whether this record ends its segment."""
        return not self.entries


# Writing ---------------------------------------------------------------------------------------------------------------


def record_header(directory: Buffer, body_bytes: int, position: int, write_start: int) -> bytes:
    """The header of a record with this directory (empty: an end record)."""
    body = _SUMMED.pack(crc32c(directory), body_bytes, len(directory) // ENTRY_BYTES, 0, position, write_start, 0)
    return _CHECKSUM.pack(MAGIC, crc32c(body)) + body


# Reading ---------------------------------------------------------------------------------------------------------------


def parse_record_header(view: memoryview, start: int, position: int | None = None) -> RecordHeader | None:
    """The record header at `view[start:]`, or None if there is none that belongs to `position` (None: wherever it says it belongs)."""
    if len(view) - start < RECORD_HEADER_BYTES:
        return None
    magic, checksum, directory_checksum, body_bytes, count, reserved, own_position, write_start, reserved_too = _unpack_header(view, start)
    if magic != MAGIC or (position is not None and own_position != position) or write_start > own_position:
        return None
    if crc32c(view[start + _SUMMED_FROM : start + RECORD_HEADER_BYTES]) != checksum:
        return None
    if reserved or reserved_too:
        raise WrittenByNewer(f"reserved fields {reserved} and {reserved_too} of a record are not known here")
    return RecordHeader(directory_checksum, body_bytes, count, own_position, write_start)


def read_record(view: memoryview, start: int, position: int) -> tuple[WalRecord | None, int]:
    """The record at `view[start:]`, which is WAL position `position`, and 0; or None and how many bytes are needed to see it.

    None and 0 if there is none, because what is there is damaged. Raises `WrittenByNewer`.
    """
    available = len(view) - start
    if available < RECORD_HEADER_BYTES:
        return None, RECORD_HEADER_BYTES
    header = parse_record_header(view, start, position)
    if header is None:
        return None, 0
    size = header.size
    if size > available:
        return None, size
    bodies_end = start + RECORD_HEADER_BYTES + header.body_bytes
    directory = view[bodies_end : start + size]
    if crc32c(directory) != header.directory_checksum:
        return None, 0
    return _read_entries(header, directory, view[start + RECORD_HEADER_BYTES : bodies_end]), 0


def _read_entries(header: RecordHeader, directory: memoryview, bodies: memoryview) -> WalRecord | None:
    """The record, if its lengths add up and no body is damaged but batches."""
    entries: list[Entry] = []
    damaged: list[int] = []
    start, size = 0, len(bodies)
    for kind, flags, keyspace, length, offsets, checksum in _ENTRY.iter_unpack(directory):
        end = start + length
        if kind == _BATCH:
            if length < BATCH_HEADER_BYTES or end > size:
                return None
            summed = start + BATCH_SUMMED_BYTES
            (batch_crc,) = _unpack_batch_crc(bodies, start + _BATCH_CRC_AT)
            if crc32c(bodies[start:summed]) != checksum or crc32c(bodies[summed:end]) != batch_crc:
                damaged.append(len(entries))
        elif kind not in _KINDS:
            raise WrittenByNewer(f"entry kind {kind} is not known here")
        elif crc32c(bodies[start:end]) != checksum:
            return None
        if flags:
            raise WrittenByNewer(f"entry flags {flags} are not known here")
        entries.append(Entry(_KINDS[kind], flags, keyspace, length, offsets, checksum))
        start = end
    return WalRecord(header, entries, damaged) if start == size else None


def foreign_version(view: memoryview, start: int) -> int | None:
    """The format version of a record at `view[start:]` that is not of this version, or None if there is no such record.

    A true checksum tells it from garbage: all later versions have it at the same place, and version 1 had a shorter header.
    """
    header = view[start : start + RECORD_HEADER_BYTES]
    if len(header) < RECORD_HEADER_BYTES or header[:3] != MAGIC[:3] or header[3] == MAGIC[3]:
        return None
    version = header[3]
    _, checksum = _CHECKSUM.unpack_from(header)
    summed = header[_SUMMED_FROM : _FORMAT_1_HEADER_BYTES if version == 1 else RECORD_HEADER_BYTES]
    return version if crc32c(summed) == checksum else None
