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
from kio.schema.index import schema_name_map
from kio.serial import entity_reader, entity_writer
from wire_strategies import DEFINITIONS, messages_of

from streambus.wire import ZERO_UUID, messages
from streambus.wire.definition import Kind

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

KIO = {
    (path.rpartition(":")[2], version): path
    for versions in schema_name_map.values()
    for version, kinds in versions.items()
    for path in kinds.values()
    if not path.endswith(":RequestHeader") and not path.endswith(":ResponseHeader")
}
"""Where the oracle keeps what it knows, by message and version."""

CASES = sorted(KIO)


def kio_class(name: str, version: int) -> Any:
    module, _, found = KIO[name, version].partition(":")
    return getattr(import_module(module), found)


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


@pytest.mark.parametrize(("name", "version"), CASES)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_both_codecs_agree(name: str, version: int, data: st.DataObject) -> None:
    message = data.draw(messages_of(name, version))
    encoded = b"".join(message.encode(version))
    kio = kio_class(name, version)
    theirs, size = entity_reader(kio)(encoded, 0)
    assert size == len(encoded)
    assert plain(theirs) == ours(message, name, version)
    written = BytesIO()
    entity_writer(kio)(written, theirs)
    assert written.getvalue() == encoded
    assert getattr(messages, name).decode(written.getvalue(), version) == message


def test_the_oracle_knows_every_version_of_every_api_that_we_know() -> None:
    apis = [name for name, message in DEFINITIONS.items() if message.kind is Kind.API]
    ours_too = {(name, version) for name in apis for version in getattr(messages, name).VERSIONS}
    data = {name for name, _ in CASES if DEFINITIONS[name].kind is Kind.DATA}
    assert ours_too == {(name, version) for name, version in CASES if DEFINITIONS[name].kind is Kind.API}
    assert (len(ours_too), len(data), len(CASES)) == (604, 10, 621)
    assert {name for name, message in DEFINITIONS.items() if message.kind is Kind.DATA} - data == {
        "AbortedTxn",
        "ProducerSnapshot",
        "QuorumStateData",
    }
