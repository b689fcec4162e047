"""The records that coordinators keep in internal topics: what stands in a record's key, and what in its value.

A key is an int16 that says which type of record it is, then the type's key; a value is an int16 that says in which version it was written,
then the type's value. A record without a value (a tombstone) says that what its key names is gone. Every topic has types of its own:

    GROUPS        `__consumer_offsets`   offsets and groups of all kinds
    TRANSACTIONS  `__transaction_state`  transactional ids
    SHARES        `__share_group_state`  how far share groups have come (KIP-932)

A type that is not known may come from a newer broker, after a downgrade. Kafka passes such records over, with a warning; that is why
`UnknownRecordType` is an error of its own. Everything else that cannot be read is damage.
"""

from enum import IntEnum
from struct import Struct
from typing import Any

import attrs

from streambus.kernel import Buffer
from streambus.wire import messages
from streambus.wire.catalogue import GroupRecordType, ShareRecordType, TransactionRecordType, pascal_case
from streambus.wire.primitives import DecodeError, EncodeError, Message

_number = Struct(">h")

_STEMS: dict[type[IntEnum], frozenset[str]] = {
    types: frozenset(map(pascal_case, types)) for types in (GroupRecordType, TransactionRecordType, ShareRecordType)
}


class UnknownRecordType(DecodeError):
    """A key's type is not known here. `record_type` is its number."""

    def __init__(self, record_type: int, topic: str) -> None:
        super().__init__(f"a record of type {record_type}, which is not known in {topic}")
        self.record_type = record_type


@attrs.frozen
class CoordinatorRecords:
    """The records of one internal topic."""

    topic: str
    types: type[IntEnum]

    def encode_key(self, key: Message) -> bytes:
        """`key` as a record's key; `EncodeError` if it is no key of this topic."""
        self._check(key, "Key")
        pieces: list[Any] = [_number.pack(key.API_KEY)]
        key.encode_into(pieces, key.VERSIONS[-1])
        return b"".join(pieces)

    def encode_value(self, value: Message, version: int | None = None) -> bytes:
        """`value` as a record's value, in `version` (its newest if None); `EncodeError` if it is no value of this topic."""
        self._check(value, "Value")
        version = value.VERSIONS[-1] if version is None else version
        if version not in value.VERSIONS:
            raise EncodeError(f"{type(value).__name__} has no version {version}")
        pieces: list[Any] = [_number.pack(version)]
        value.encode_into(pieces, version)
        return b"".join(pieces)

    def decode_key(self, data: Buffer) -> Message:
        """The key that `data` is; `UnknownRecordType` if its type is not known, any other `DecodeError` if it is damaged."""
        view = memoryview(data)
        cls = self._class(_read_number(view, "key"), "Key")
        return cls.decode_from(view, _number.size, cls.VERSIONS[-1])

    def decode_value(self, key: Message, data: Buffer | None) -> Message | None:
        """The value that belongs to `key`; None for a tombstone. `DecodeError` if it is damaged or of an unknown version."""
        self._check(key, "Key")
        if data is None:
            return None
        view = memoryview(data)
        version = _read_number(view, "value")
        return self._class(key.API_KEY, "Value").decode_from(view, _number.size, version)

    def decode(self, key: Buffer, value: Buffer | None) -> tuple[Message, Message | None]:
        """A whole record."""
        found = self.decode_key(key)
        return found, self.decode_value(found, value)

    def _class(self, record_type: int, part: str) -> type[Message]:
        try:
            known = self.types(record_type)
        except ValueError:
            raise UnknownRecordType(record_type, self.topic) from None
        found: type[Message] = getattr(messages, pascal_case(known) + part)
        return found

    def _check(self, message: Message, part: str) -> None:
        name = type(message).__name__
        if not name.endswith(part) or name.removesuffix(part) not in _STEMS[self.types]:
            raise EncodeError(f"a {name} is no {part.lower()} of a record in {self.topic}")


GROUPS = CoordinatorRecords("__consumer_offsets", GroupRecordType)
TRANSACTIONS = CoordinatorRecords("__transaction_state", TransactionRecordType)
SHARES = CoordinatorRecords("__share_group_state", ShareRecordType)


def _read_number(view: memoryview, part: str) -> int:
    if len(view) < _number.size:
        raise DecodeError(f"{len(view)} bytes are too few for the {part} of a coordinator's record")
    number: int = _number.unpack_from(view)[0]
    return number
