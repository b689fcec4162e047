"""Agreement with the codec of kafka-python, which reads Kafka's own schemas: byte for byte, in both directions, in every version both know.

What it does not have is listed, so that nothing is passed over in silence.
"""

import importlib
import pkgutil
from functools import cache
from random import Random
from typing import Any

import pytest
from wire_grammar import random_message
from wire_strategies import DEFINITIONS

from streambus.wire import ZERO_UUID, decode_data, encode_data, messages
from streambus.wire.definition import Kind, Struct

protocol = pytest.importorskip("kafka.protocol")

EXAMPLES = 3
PACKAGES = ("admin", "consumer", "metadata", "producer", "sasl")


@cache
def their_classes() -> dict[str, Any]:
    """Every message class of kafka-python by the name that Kafka gives it."""
    container = importlib.import_module("kafka.protocol.data_container").DataContainer
    found = {}
    for package in map(importlib.import_module, (f"kafka.protocol.{name}" for name in PACKAGES)):
        inner = [
            importlib.import_module(f"{package.__name__}.{part.name}") for part in pkgutil.iter_modules(getattr(package, "__path__", []))
        ]
        for module in (package, *inner):
            for cls in vars(module).values():
                if isinstance(cls, type) and issubclass(cls, container) and getattr(cls, "_json", None):
                    found[cls._json["name"]] = cls  # type: ignore[attr-defined]
    return {name: found[name] for name in sorted(found)}


SHARED = [name for name in their_classes() if name in messages.MESSAGES] if protocol else []
CASES = [(name, version) for name in SHARED for version in getattr(messages, name).VERSIONS if version <= their_classes()[name].max_version]


def plain(value: Any, struct: Struct, name: str, version: int, *, is_ours: bool) -> Any:
    """The fields of `struct` that `version` has, as tuples; `value` is one of ours or one of theirs."""
    definition = DEFINITIONS[name]
    fields = []
    for field in struct.fields:
        if version not in field.versions:
            continue
        held = getattr(value, field.name)
        inner = definition.structs.get(field.type)
        if held is not None and inner is not None:
            many = held if field.is_array else [held]
            held = tuple(plain(item, inner, name, version, is_ours=is_ours) for item in many)
        elif isinstance(held, memoryview):
            held = bytes(held)
        elif isinstance(held, list):
            held = tuple(bytes(item) if isinstance(item, memoryview) else item for item in held)
        fields.append(held)
    return tuple(fields)


@pytest.mark.parametrize(("name", "version"), CASES)
def test_kafka_python_agrees(name: str, version: int) -> None:
    ours, theirs = getattr(messages, name), their_classes()[name]
    body, is_data = DEFINITIONS[name].body, DEFINITIONS[name].kind is Kind.DATA
    random = Random(f"{name} {version}")
    for _ in range(EXAMPLES):
        message = random_message(random, name, version)
        encoded = encode_data(message, version) if is_data else b"".join(message.encode(version))
        read = theirs.decode(encoded) if is_data else theirs.decode(encoded, version=version)
        assert plain(read, body, name, version, is_ours=False) == plain(message, body, name, version, is_ours=True)
        written = bytes(read.encode())
        assert written == encoded
        assert (decode_data(ours, written) if is_data else ours.decode(written, version)) == message
