"""The trace hash: one number for everything that happened in a run, in order.

Two runs of one seed are the same run if and only if their hashes are equal. A step is noted as `(node, now, event, effects)` in a
flat form: type names and field values, with long payloads replaced by length and CRC. The CRC is zlib's, not the Castagnoli one
that batches carry inside: the CRC of something that ends in its own CRC says little.

This is done for every step, so it is made of few calls: each class gets a small function that was written for its fields, and the
forms of many steps are written down and hashed together.
"""

from array import array
from collections.abc import Callable, Sequence
from enum import Enum
from hashlib import blake2b
from marshal import dumps
from operator import attrgetter
from typing import Any, get_origin
from uuid import UUID
from zlib import crc32

import attrs

from streambus.kernel import Buffer
from streambus.records import Record

MARSHAL_VERSION = 2
"""The newest one whose output depends on the values alone; later ones also write down which objects are shared."""

SHORT_BYTES = 24
STEPS_TOGETHER = 256
"""So many steps are hashed at once: enough to make the calls cheap, few enough to stay in the cache."""

Form = Callable[[Any], Any]


def flat(value: Any) -> Any:
    """`value` as nested tuples of plain values, cheaply; equal values have equal forms."""
    kind = type(value)
    return value if kind in _PLAIN else (_FORMS.get(kind) or _remember(kind))(value)


def _flat_bytes(value: Any) -> Any:
    return (len(value), crc32(value)) if len(value) > SHORT_BYTES else bytes(value)


def _flat_array(value: "array[Any]") -> Any:
    return (value.typecode, len(value), crc32(value))


def _flat_items(value: Any) -> Any:
    return tuple([item if type(item) in _PLAIN else flat(item) for item in value])


def _flat_record(record: Record) -> Any:
    """Consumers are given many of them: bytes go as they are."""
    return (record.offset, record.timestamp, record.key, record.value, record.headers)


_PLAIN = frozenset((int, float, str, bool, type(None)))

_FORMS: dict[type, Form] = {
    bytes: _flat_bytes,
    bytearray: _flat_bytes,
    memoryview: _flat_bytes,
    array: _flat_array,
    tuple: _flat_items,
    list: _flat_items,
    Record: _flat_record,
    range: lambda value: ("range", value.start, value.stop, value.step),
}


def _remember(kind: type) -> Form:
    form = _FORMS[kind] = _form_of(kind)
    return form


def _form_of(kind: type) -> Form:
    name = kind.__name__
    if issubclass(kind, Enum):
        return lambda value: (name, value.name)
    if issubclass(kind, UUID):
        return attrgetter("hex")
    if issubclass(kind, int):
        return lambda value: (name, int(value))
    if issubclass(kind, dict):
        return lambda value: (name, *[(flat(key), flat(item)) for key, item in value.items()])
    fields = {field.name: field.type for field in attrs.fields(kind)} if attrs.has(kind) else dict.fromkeys(_slots(kind))
    if "__dict__" in fields:
        raise TypeError(f"a {name} has no place in a trace")
    if not fields:
        alone = (name,)
        return lambda _value: alone
    terms = [_WORDS[_nature(annotation)].format(f"value.{field}") for field, annotation in fields.items()]
    form: Form = eval(f"lambda value: ({name!r}, {', '.join(terms)})", {"flat": flat, "flat_bytes": _flat_bytes, "flat_items": _flat_items})
    return form


_WORDS = {"plain": "{}", "bytes": "flat_bytes({})", "items": "flat_items({})", "anything": "flat({})"}
"""What is written for a field, by its nature: the less has to be found out at every step, the better."""


def _slots(kind: type) -> tuple[str, ...]:
    return tuple(getattr(kind, "__slots__", ("__dict__",)))


def _nature(annotation: Any) -> str:
    """What a field so declared holds: a plain number or text (an id is what it was made of), bytes however they are held, or a tuple."""
    if getattr(annotation, "__supertype__", annotation) in (int, str, bool):
        return "plain"
    if annotation in (bytes, Buffer):
        return "bytes"
    return "items" if get_origin(annotation) is tuple else "anything"


def effect_digests(effects: Sequence[Any]) -> list[str]:
    """One short hexadecimal digest per effect, as journals keep them."""
    return [blake2b(dumps(flat(effect), MARSHAL_VERSION), digest_size=8).hexdigest() for effect in effects]


class TraceHash:
    """A running hash over steps."""

    __slots__ = ("_hash", "_pending")

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16)
        self._pending: list[Any] = []

    def note(self, node: int, now: int, event: Any, effects: Sequence[Any]) -> None:
        """A node took one step."""
        pending = self._pending
        pending.append((node, now, flat(event), _flat_items(effects)) if effects else (node, now, flat(event)))
        if len(pending) == STEPS_TOGETHER:
            self._hash.update(dumps(pending, MARSHAL_VERSION))
            pending.clear()

    def hexdigest(self) -> str:
        """128 bits that stand for everything noted so far. Asking does not change what comes after."""
        whole = self._hash.copy()
        whole.update(dumps(self._pending, MARSHAL_VERSION))
        return whole.hexdigest()
