"""Agreement with an independent codec, byte for byte and value for value, in both directions."""

import dataclasses
import datetime
from enum import Enum
from importlib import import_module
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.serial import entity_reader, entity_writer
from wire_strategies import DEFINITIONS, messages_of

from streambus.wire import VERSIONS, ZERO_UUID, ApiKey, messages
from streambus.wire.catalogue import pascal_case

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

CASES = [(key, suffix, version) for key, versions in VERSIONS.items() for suffix in ("Request", "Response") for version in versions]


def kio_class(key: ApiKey, suffix: str, version: int) -> Any:
    module = import_module(f"kio.schema.{key.name.lower()}.v{version}.{suffix.lower()}")
    return getattr(module, pascal_case(key) + suffix)


def plain(value: Any) -> Any:
    """A value of the oracle as numbers, texts, bytes and tuples of them."""
    if isinstance(value, datetime.timedelta):
        return value // datetime.timedelta(milliseconds=1)
    if isinstance(value, datetime.datetime):
        return (value - EPOCH) // datetime.timedelta(milliseconds=1)
    if isinstance(value, Enum):
        return int(value)
    if isinstance(value, list | tuple):
        return tuple(plain(item) for item in value)
    if dataclasses.is_dataclass(value):
        return tuple(plain(getattr(value, field.name)) for field in dataclasses.fields(value))
    return value


def ours(value: Any, name: str, version: int) -> Any:
    """A value of ours, likewise. The oracle has no id where we have the zero id, and no time where we have -1."""
    message = DEFINITIONS[name]
    if isinstance(value, list):
        return tuple(ours(item, name, version) for item in value)
    if isinstance(value, UUID):
        return None if value == ZERO_UUID else value
    struct = message.structs.get(type(value).__name__) or (message.body if type(value).__name__ == name else None)
    if struct is None:
        return bytes(value) if isinstance(value, memoryview) else value
    fields = [(field, getattr(value, field.name)) for field in struct.fields if version in field.versions]
    return tuple(None if field.name == "log_append_time_ms" and held == -1 else ours(held, name, version) for field, held in fields)


@pytest.mark.parametrize(("key", "suffix", "version"), CASES, ids=lambda part: part.name.lower() if isinstance(part, ApiKey) else str(part))
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_both_codecs_agree(key: ApiKey, suffix: str, version: int, data: st.DataObject) -> None:
    name = pascal_case(key) + suffix
    message = data.draw(messages_of(name, version))
    encoded = b"".join(message.encode(version))
    kio = kio_class(key, suffix, version)
    theirs, size = entity_reader(kio)(encoded, 0)
    assert size == len(encoded)
    assert plain(theirs) == ours(message, name, version)
    written = BytesIO()
    entity_writer(kio)(written, theirs)
    assert written.getvalue() == encoded
    assert getattr(messages, name).decode(written.getvalue(), version) == message
