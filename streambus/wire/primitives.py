"""What generated code stands on: the base of all messages, the two errors, and the few encodings that are not one `struct` call."""

from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from struct import error as StructError  # noqa: N812
from typing import Any, ClassVar, NoReturn, Self
from uuid import UUID

from streambus.kernel import Buffer, FileSlice, Part

JOIN_BELOW = 4096
"""Parts shorter than this are joined: copying them costs less than one more element of a writev."""

ZERO_UUID = UUID(int=0)
"""What stands where a topic or directory has no id."""

Decoder = Callable[[memoryview, int], Any]
Encoder = Callable[[Any, list[Part]], None]


class DecodeError(ValueError):
    """Bytes are not what they should be; says what is wrong with them. The peer's or the disk's fault, never ours."""


class EncodeError(ValueError):
    """A message has no form in the version it was to be written in; says which field. Our own mistake."""


class Struct:
    """A part of a message: its fields are its `__slots__`, in the order of its positional arguments.

    Whoever builds one may fill it in until it is handed over; what was received is never changed.
    """

    __slots__: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={_shortened(getattr(self, name))}" for name in self.__slots__)
        return f"{type(self).__qualname__}({fields})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Received bytes and parts are shared: nobody changes them, and views of them could not be copied."""
        return type(self)(*[_copied(getattr(self, name), memo) for name in self.__slots__])


class Message(Struct):
    """A request, a response, a record: knows its own bytes in every version from `VERSIONS`."""

    __slots__ = ()

    VERSIONS: ClassVar[range]
    """The versions that can be read and written."""
    FLEXIBLE: ClassVar[range]
    """Those among them that have compact lengths and tagged fields (KIP-482)."""
    API_KEY: ClassVar[int]
    """The API's or the record's key; -1 for data that travels inside something else."""
    HAS_RECORDS: ClassVar[bool]
    """Whether record batches are among the fields, which are not joined with their surroundings."""
    _decoders: ClassVar[dict[int, Decoder]]
    _encoders: ClassVar[dict[int, Encoder]]

    @classmethod
    def decode(cls, data: Buffer, version: int) -> Self:
        """The message whose form in `version` is all of `data`. `records` and `bytes` fields are views of `data`.

        Total: anything else raises `DecodeError`, after work and memory in proportion to `len(data)`.
        """
        return cls.decode_from(memoryview(data), 0, version)

    @classmethod
    def decode_from(cls, data: memoryview, position: int, version: int) -> Self:
        """Like `decode`, of what lies from `position` to the end."""
        try:
            decoder = cls._decoders[version]
        except KeyError:
            raise DecodeError(f"{cls.__name__} has no version {version}") from None
        try:
            message: Self = decoder(data, position)
        except DecodeError as error:
            raise DecodeError(f"{cls.__name__} version {version}: {error}") from None
        except _MALFORMED as error:
            raise DecodeError(f"{cls.__name__} version {version}: {_reason(error)}") from None
        return message

    def encode(self, version: int) -> list[Part]:
        """The message in `version`, as few parts as make sense; `EncodeError` if a field that matters has no place there."""
        pieces: list[Part] = []
        self.encode_into(pieces, version)
        return joined(pieces)

    def encode_into(self, pieces: list[Part], version: int) -> None:
        """Append the message in `version` to `pieces`, unjoined."""
        try:
            encoder = self._encoders[version]
        except KeyError:
            raise EncodeError(f"{type(self).__name__} has no version {version}") from None
        try:
            encoder(self, pieces)
        except EncodeError as error:
            raise EncodeError(f"{type(self).__name__} version {version}: {error}") from None
        except (StructError, TypeError, AttributeError) as error:
            raise EncodeError(f"{type(self).__name__} version {version}: {error} in {self!r}") from error


_MALFORMED = (StructError, IndexError, UnicodeDecodeError)
"""What Python raises where generated code reads past the end or meets bytes that are not UTF-8."""


def _reason(error: Exception) -> str:
    return "a string is not UTF-8" if isinstance(error, UnicodeDecodeError) else "it ends too early"


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    if isinstance(value, memoryview | tuple):
        return value
    if type(value) is list and value and type(value[0]) is memoryview:
        return list(value)
    return deepcopy(value, memo)


def _shortened(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview) and len(value) > 32:
        return f"<{len(value)} bytes>"
    return repr(bytes(value)) if isinstance(value, memoryview | bytearray) else repr(value)


# Reading ---------------------------------------------------------------------------------------------------------------


def long_varint(data: memoryview, first: int, position: int) -> tuple[int, int]:
    """The rest of an unsigned varint of several bytes: `first` was read, `position` is behind it. At most 32 bits, as in Kafka."""
    value = first & 0x7F
    shift = 7
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 128:
            break
        shift += 7
        if shift > 28:
            raise DecodeError("a varint is longer than 5 bytes")
    if value > 0xFFFFFFFF:
        raise DecodeError("a varint has more than 32 bits")
    return value, position


def read_varint(data: memoryview, position: int) -> tuple[int, int]:
    """The unsigned varint at `position`, and where it ends."""
    first = data[position]
    return (first, position + 1) if first < 128 else long_varint(data, first, position + 1)


def skip_tags(data: memoryview, first: int, position: int) -> int:
    """Where a section of tagged fields ends, none of which is known; of their number, the byte `first` was read."""
    count, position = (first, position) if first < 128 else long_varint(data, first, position)
    for _ in range(count):
        _, position = read_varint(data, position)
        length, position = read_varint(data, position)
        position += length
        if position > len(data):
            bad_length("a tagged field", length)
    return position


@lru_cache(maxsize=4096)
def to_uuid(raw: bytes) -> UUID:
    """Kept, because topic ids come again and again and building one costs as much as decoding a small request."""
    return UUID(bytes=raw)


def null_refused(name: str) -> NoReturn:
    """A field that may not be null is null."""
    raise DecodeError(f"{name} is null")


def bad_length(name: str, length: int) -> NoReturn:
    """A length says more than there is, or less than nothing."""
    raise DecodeError(f"{name} has a length of {length}, which cannot be")


def trailing(data: memoryview, position: int) -> NoReturn:
    """The message is over and the bytes are not."""
    raise DecodeError(f"{len(data) - position} bytes too many")


def bad_tag(name: str) -> NoReturn:
    """A tagged field's contents and its length disagree."""
    raise DecodeError(f"the tagged field {name} has another length than it says")


# Writing ---------------------------------------------------------------------------------------------------------------

SHORT_VARINTS = tuple(bytes((value,)) for value in range(128))


def varint(value: int) -> bytes:
    """`value` as an unsigned varint."""
    if value < 128:
        return SHORT_VARINTS[value]
    pieces = bytearray()
    while value > 127:
        pieces.append(value & 0x7F | 0x80)
        value >>= 7
    pieces.append(value)
    return bytes(pieces)


def unrepresentable(name: str, value: object) -> NoReturn:
    """A field holds something and this version has no place for it."""
    raise EncodeError(f"{name} cannot be {_shortened(value)}: there is no place for it")


def null_given(name: str) -> NoReturn:
    """A field is null where this version knows no null."""
    raise EncodeError(f"{name} cannot be null")


def joined(pieces: list[Part]) -> list[Part]:
    """`pieces` with neighbours joined where that is cheaper than sending them apart."""
    if sum(map(len, pieces)) < JOIN_BELOW and FileSlice not in map(type, pieces):
        return [b"".join(pieces)]  # type: ignore[arg-type]
    parts: list[Part] = []
    run: list[Any] = []
    for piece in pieces:
        if type(piece) is not FileSlice and len(piece) < JOIN_BELOW:
            run.append(piece)
            continue
        if run:
            parts.append(b"".join(run))
            run = []
        if len(piece):
            parts.append(piece)
    if run:
        parts.append(b"".join(run) if len(run) > 1 else run[0])
    return parts
