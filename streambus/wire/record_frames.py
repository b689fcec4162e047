"""The frame around a record of the metadata log (KIP-631): frame version, record key, record version as varints; then the record.

The records about remote storage (KIP-405) have the same frame, and numbers of their own.
"""

from enum import IntEnum
from typing import Any

from streambus.kernel import Buffer
from streambus.wire import messages
from streambus.wire.catalogue import RecordKey, RemoteRecordKey, pascal_case
from streambus.wire.primitives import DecodeError, EncodeError, Message, read_varint, varint

FRAME_VERSION = 1

_NAMES: dict[type[IntEnum], dict[int, str]] = {
    keys: {int(key): f"{pascal_case(key)}Record" for key in keys} for keys in (RecordKey, RemoteRecordKey)
}


def encode_record(record: Message, version: int | None = None) -> bytes:
    """`record` with its frame, in `version` (its newest if None). `EncodeError` if it has no form there, or is no record."""
    return _encode(record, version, RecordKey, "the metadata log")


def decode_record(data: Buffer) -> Message:
    """The record that `data` frames; `DecodeError` if it is none that we know."""
    return _decode(data, RecordKey)


def encode_remote_record(record: Message, version: int | None = None) -> bytes:
    """Likewise for a record about remote storage."""
    return _encode(record, version, RemoteRecordKey, "remote storage")


def decode_remote_record(data: Buffer) -> Message:
    """Likewise for a record about remote storage."""
    return _decode(data, RemoteRecordKey)


def _encode(record: Message, version: int | None, keys: type[IntEnum], place: str) -> bytes:
    name, key = type(record).__name__, record.API_KEY
    if _NAMES[keys].get(key) != name:
        raise EncodeError(f"a {name} is not a record of {place}")
    version = record.VERSIONS[-1] if version is None else version
    pieces: list[Any] = [varint(FRAME_VERSION), varint(key), varint(version)]
    record.encode_into(pieces, version)
    return b"".join(pieces)


def _decode(data: Buffer, keys: type[IntEnum]) -> Message:
    view = memoryview(data)
    try:
        frame_version, at = read_varint(view, 0)
        key, at = read_varint(view, at)
        version, at = read_varint(view, at)
    except IndexError:
        raise DecodeError("a record ends within its frame") from None
    if frame_version != FRAME_VERSION:
        raise DecodeError(f"a record's frame has version {frame_version}, only {FRAME_VERSION} is known")
    name = _NAMES[keys].get(key)
    if name is None:
        raise DecodeError(f"a record with key {key}, which is not known")
    found: type[Message] = getattr(messages, name)
    return found.decode_from(view, at, version)
