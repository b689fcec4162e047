"""The frame around a record of the metadata log (KIP-631): frame version, record key, record version as varints; then the record."""

from typing import Any

from streambus.kernel import Buffer
from streambus.wire import messages
from streambus.wire.catalogue import RecordKey, pascal_case
from streambus.wire.primitives import DecodeError, EncodeError, Message, read_varint, varint

FRAME_VERSION = 1


def encode_record(record: Message, version: int | None = None) -> bytes:
    """`record` with its frame, in `version` (its newest if None). `EncodeError` if it has no form there, or is no record."""
    name = type(record).__name__
    if not name.endswith("Record"):
        raise EncodeError(f"a {name} is not a record of the metadata log")
    version = record.VERSIONS[-1] if version is None else version
    pieces: list[Any] = [varint(FRAME_VERSION), varint(record.API_KEY), varint(version)]
    record.encode_into(pieces, version)
    return b"".join(pieces)


def decode_record(data: Buffer) -> Message:
    """The record that `data` frames; `DecodeError` if it is none that we know."""
    view = memoryview(data)
    try:
        frame_version, at = read_varint(view, 0)
        key, at = read_varint(view, at)
        version, at = read_varint(view, at)
    except IndexError:
        raise DecodeError("a record ends within its frame") from None
    if frame_version != FRAME_VERSION:
        raise DecodeError(f"a record's frame has version {frame_version}, only {FRAME_VERSION} is known")
    return _record_class(key).decode_from(view, at, version)


def _record_class(key: int) -> type[Message]:
    try:
        found: type[Message] = getattr(messages, f"{pascal_case(RecordKey(key))}Record")
    except (ValueError, AttributeError):
        raise DecodeError(f"a record with key {key}, which is not known") from None
    return found
