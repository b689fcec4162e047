"""Fingerprints: two states or two messages are equal if and only if these are (as far as 128 bits can tell).

The walk is over attributes, whatever the class, so that no machine has to do anything for it. Order matters in dicts: a machine that
iterates one behaves by it. Nothing depends on memory addresses or on the salted `hash`.
"""

from array import array
from collections import deque
from enum import Enum
from hashlib import blake2b
from typing import Any
from uuid import UUID

import attrs
from sortedcontainers import SortedDict, SortedList

_FIELDS: dict[type, tuple[str, ...]] = {}


def fingerprint(state: Any) -> str:
    """128 bits, in hex, that stand for all of `state`. Objects that occur twice are visited twice; cycles are not allowed."""
    return blake2b(repr(digest(state)).encode(), digest_size=16).hexdigest()


def digest(value: Any) -> Any:
    """`value` as nested tuples of plain values: what two equal values have in common and two different ones have not."""
    kind = type(value)
    if kind is int or kind is str or value is None or kind is bool:
        return value
    if kind is bytes or kind is bytearray or kind is memoryview:
        return blake2b(value, digest_size=8).digest() if len(value) > 16 else bytes(value)
    if kind is tuple or kind is list or kind is deque or kind is array or kind is SortedList:
        return tuple([digest(item) for item in value])
    if kind is dict or kind is SortedDict:
        return tuple([(digest(key), digest(item)) for key, item in value.items()])
    if isinstance(value, Enum):
        return (kind.__name__, value.name)
    if isinstance(value, UUID):
        return value.int
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return (kind.__name__, value.hex())
    if callable(value) or isinstance(value, set | frozenset):
        raise TypeError(f"no state holds a {kind.__name__}: {value!r}")
    fields = _FIELDS.get(kind) or _remember_fields(kind)
    if fields or not hasattr(value, "__dict__"):
        return (kind.__name__, *[digest(getattr(value, name)) for name in fields])
    return (kind.__name__, *[(name, digest(item)) for name, item in vars(value).items()])


def _remember_fields(kind: type) -> tuple[str, ...]:
    """The names of a slotted or attrs class's fields; empty for a class whose instances have a `__dict__`."""
    if attrs.has(kind):
        fields = tuple(field.name for field in attrs.fields(kind))
    else:
        fields = tuple(name for cls in reversed(kind.__mro__) for name in getattr(cls, "__slots__", ()))
    _FIELDS[kind] = fields
    return fields
