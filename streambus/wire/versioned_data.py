"""Data that lies inside something else and must say its own version: markers in control batches, subscriptions of group members, files.

Most of it is an int16 version, then the data (`ConsumerProtocolSubscription`, `EndTxnMarker`, `AbortedTxn`, …). The control records of the
quorum begin with a field called `version`, which comes to the same bytes, but is part of the data.
"""

from struct import Struct
from typing import Any

from streambus.kernel import Buffer
from streambus.wire import messages
from streambus.wire.catalogue import DATA, pascal_case
from streambus.wire.primitives import DecodeError, EncodeError, Message

_number = Struct(">h")

_NAMES = frozenset(pascal_case(name) for name in DATA)


def encode_data(data: Message, version: int | None = None) -> bytes:
    """`data` behind its version: `version`, or its newest if None, or what it says itself. `EncodeError` if there is no such form."""
    if type(data).__name__ not in _NAMES:
        raise EncodeError(f"a {type(data).__name__} is not data with a version")
    pieces: list[Any] = []
    if _says_its_version(type(data)):
        own: int = data.version  # type: ignore[attr-defined]
        if version not in (None, own):
            raise EncodeError(f"{data!r} says that it is version {own}, not {version}")
        data.encode_into(pieces, own)
    else:
        version = data.VERSIONS[-1] if version is None else version
        data.encode_into(pieces, version)
        pieces.insert(0, _number.pack(version))
    return b"".join(pieces)


def decode_data(cls: type[Message], data: Buffer) -> Any:
    """The `cls` that `data` is; `DecodeError` if it is damaged or of an unknown version.

    A newer version than is known of what group members tell each other is read as the newest known, and what is behind that is passed
    over: such messages only ever grow at their end.
    """
    view = memoryview(data)
    if len(view) < _number.size:
        raise DecodeError(f"{len(view)} bytes are too few for a {cls.__name__} and its version")
    (version,) = _number.unpack_from(view)
    if cls in _grown():
        version = min(version, cls.VERSIONS[-1])
    return cls.decode_from(view, 0 if _says_its_version(cls) else _number.size, version)


def _says_its_version(cls: type[Message]) -> bool:
    return "version" in cls.__slots__


def _grown() -> tuple[type[Message], ...]:
    return messages.ConsumerProtocolSubscription, messages.ConsumerProtocolAssignment
