"""Arbitrary messages, from the definitions: every field of a version takes every kind of value, all others have their defaults."""

from typing import Any

from hypothesis import strategies as st

from streambus.wire import ErrorCode, messages
from streambus.wire.catalogue import definition
from streambus.wire.definition import Field, Message, Struct

DEFINITIONS: dict[str, Message] = {name: definition(name) for name in messages.MESSAGES}

MILLISECONDS_MAX = 4_000_000_000_000
"""A time of day that the oracle, which turns it into a date, can hold."""

_PRIMITIVES: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "int8": st.integers(-(2**7), 2**7 - 1),
    "int16": st.integers(-(2**15), 2**15 - 1),
    "uint16": st.integers(0, 2**16 - 1),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "uint32": st.integers(0, 2**32 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float64": st.floats(allow_nan=False),
    "string": st.text(st.characters(codec="utf-8"), max_size=20) | st.just("ä" * 100),
    "bytes": st.binary(max_size=20),
    "records": st.binary(max_size=20) | st.just(bytes(200)),
    "uuid": st.uuids(),
}


def messages_of(name: str, version: int) -> st.SearchStrategy[Any]:
    """Arbitrary messages called `name` that `version` can hold."""
    message = DEFINITIONS[name]
    return _struct(message, message.body, getattr(messages, name), version)


def _struct(message: Message, struct: Struct, cls: type, version: int) -> st.SearchStrategy[Any]:
    fields = {field.name: _field(message, field, version) for field in struct.fields if version in field.versions}
    return st.builds(cls, **fields)


def _field(message: Message, field: Field, version: int) -> st.SearchStrategy[Any]:
    if field.type in message.structs:
        cls = getattr(getattr(messages, message.name), field.type)
        values = _struct(message, message.structs[field.type], cls, version)
    elif field.name.endswith("error_code"):
        values = st.sampled_from([int(error) for error in ErrorCode if error <= ErrorCode.SHARE_SESSION_LIMIT_REACHED])
    elif field.name == "log_append_time_ms":
        values = st.just(-1) | st.integers(0, MILLISECONDS_MAX)
    elif field.name.endswith("_ms") and field.type == "int64":
        values = st.integers(0, MILLISECONDS_MAX)
    else:
        values = _PRIMITIVES[field.type]
    if field.is_array:
        values = st.lists(values, max_size=3)
    return st.none() | values if version in field.nullable else values
