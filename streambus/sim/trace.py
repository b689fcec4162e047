"""The trace hash: one number for everything that happened in a run, in order.

Two runs of one seed are the same run if and only if their hashes are equal. A step is noted as `(node, now, event, effects)` in a
flat form: type names and field values, with long payloads replaced by length and CRC. The CRC is zlib's, not the Castagnoli one
that batches carry inside: the CRC of something that ends in its own CRC says little.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from hashlib import blake2b
from marshal import dumps
from operator import attrgetter
from typing import Any
from uuid import UUID
from zlib import crc32

import attrs

from streambus.records import Record

MARSHAL_VERSION = 2
"""The newest one whose output depends on the values alone; later ones also write down which objects are shared."""

SHORT_BYTES = 24
FLUSH_BYTES = 1 << 16

_GETTERS: dict[type, Callable[[Any], Any]] = {}


def flat(value: Any) -> Any:
    """`value` as nested tuples of plain values, cheaply; equal values have equal forms."""
    kind = type(value)
    if kind is int or kind is str or value is None or kind is bool:
        return value
    if kind is bytes or kind is memoryview or kind is bytearray:
        return (len(value), crc32(value)) if len(value) > SHORT_BYTES else bytes(value)
    if kind is tuple or kind is list:
        return tuple([flat(item) for item in value])
    getter = _GETTERS.get(kind) or _remember(kind)
    return (kind.__name__, getter(value))


def _remember(kind: type) -> Callable[[Any], Any]:
    getter = _GETTERS[kind] = _flattener(kind)
    return getter


def _flattener(kind: type) -> Callable[[Any], Any]:
    if issubclass(kind, Enum):
        return attrgetter("name")
    if issubclass(kind, UUID):
        return attrgetter("hex")
    if issubclass(kind, int):
        return int
    if issubclass(kind, dict):
        return lambda value: tuple([(flat(key), flat(item)) for key, item in value.items()])
    if kind is Record:
        return _flat_record
    names = [field.name for field in attrs.fields(kind)] if attrs.has(kind) else list(getattr(kind, "__slots__", ("__dict__",)))
    if "__dict__" in names:
        raise TypeError(f"a {kind.__name__} has no place in a trace")
    if not names:
        return lambda _value: None
    fields = attrgetter(*names)
    if attrs.has(kind) and all(_is_plain(field.type) for field in attrs.fields(kind)):
        return fields
    if len(names) == 1:
        return lambda value: flat(fields(value))
    return lambda value: tuple([flat(field) for field in fields(value)])


def _flat_record(record: Record) -> Any:
    """Consumers are given many of them: bytes go as they are."""
    return (record.offset, record.timestamp, record.key, record.value, tuple(record.headers))


def _is_plain(annotation: Any) -> bool:
    """Whether a field so declared holds nothing but a plain number or text. An id is what it was made of."""
    return getattr(annotation, "__supertype__", annotation) in (int, str, bool)


def effect_digests(effects: Sequence[Any]) -> list[str]:
    """One short hexadecimal digest per effect, as journals keep them."""
    return [blake2b(dumps(flat(effect), MARSHAL_VERSION), digest_size=8).hexdigest() for effect in effects]


class TraceHash:
    """A running hash over steps."""

    __slots__ = ("_hash", "_pending", "_size")

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16)
        self._pending: list[bytes] = []
        self._size = 0

    def note(self, node: int, now: int, event: Any, effects: Sequence[Any]) -> None:
        """A node took one step."""
        entry = dumps((node, now, flat(event), [flat(effect) for effect in effects]), MARSHAL_VERSION)
        self._pending.append(entry)
        self._size += len(entry)
        if self._size > FLUSH_BYTES:
            self._flush()

    def hexdigest(self) -> str:
        """128 bits that stand for everything noted so far."""
        self._flush()
        return self._hash.hexdigest()

    def _flush(self) -> None:
        self._hash.update(b"".join(self._pending))
        self._pending.clear()
        self._size = 0
