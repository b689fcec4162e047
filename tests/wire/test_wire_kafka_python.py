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


def plain(value: Any, struct: Struct, name: str, version: int) -> Any:
    """The fields of `struct` that `version` has, as tuples; `value` is one of ours or one of theirs."""
    message = DEFINITIONS[name]
    fields = []
    for field in struct.fields:
        if version not in field.versions:
            continue
        held = getattr(value, field.name) if hasattr(value, field.name) else value.authorized_operations
        inner = message.structs.get(field.type)
        if field.name.endswith("authorized_operations"):
            held = as_number(held)
        elif field.tag is not None and held is None and inner is not None and not field.null_by_default:
            held = default_of(inner)
        elif held is not None and inner is not None:
            held = tuple(plain(item, inner, name, version) for item in (held if field.is_array else [held]))
        elif isinstance(held, list):
            held = tuple(map(scalar, held))
        fields.append(scalar(held))
    return tuple(fields)


def default_of(struct: Struct) -> Any:
    """What kafka-python leaves out: a tagged struct that was not sent."""
    return (tuple(field.default for field in struct.fields),)


def scalar(value: Any) -> Any:
    """A value that is no struct. Theirs has no id where ours has the zero id."""
    if isinstance(value, memoryview):
        return bytes(value)
    return None if value == ZERO_UUID else value


def as_number(bits: Any) -> int:
    """What kafka-python makes a set of bits of, or None when it is the number that says that nobody asked."""
    if bits is None:
        return -(2**31)
    if isinstance(bits, int):
        return bits
    number = sum(1 << bit for bit in bits)
    return number - (1 << 32) if number >> 31 else number


@pytest.mark.parametrize(("name", "version"), CASES)
def test_kafka_python_agrees(name: str, version: int) -> None:
    ours, theirs = getattr(messages, name), their_classes()[name]
    body, is_data = DEFINITIONS[name].body, DEFINITIONS[name].kind is Kind.DATA
    random = Random(f"{name} {version}")
    for _ in range(EXAMPLES):
        message = random_message(random, name, version)
        if name == "ApiVersionsResponse":
            message.error_code = 0  # After an error, theirs reads version 0 (KIP-511).
        encoded = encode_data(message, version) if is_data else b"".join(message.encode(version))
        read = theirs.decode(encoded) if is_data else theirs.decode(encoded, version=version)
        assert plain(read, body, name, version) == plain(message, body, name, version)
        if not is_data and not hasattr(read, "_header"):
            read._header = None  # What was decoded without a header cannot be encoded without this.
        written = bytes(read.encode())
        assert written == encoded
        assert (decode_data(ours, written) if is_data else ours.decode(written, version)) == message


def test_what_kafka_python_cannot_judge_is_counted() -> None:
    """When its next release knows more, or we do, these numbers say so."""
    known = their_classes()
    assert [name for name in known if name not in messages.MESSAGES] == []
    assert {name for name in SHARED if DEFINITIONS[name].kind is not Kind.API} == {
        "ConsumerProtocolAssignment",
        "ConsumerProtocolSubscription",
    }
    newer = [name for name in SHARED if known[name].max_version < DEFINITIONS[name].versions.last]
    unknown = [name for name, message in DEFINITIONS.items() if message.kind is Kind.API and name not in known]
    assert (len(SHARED), len(CASES), newer, len(unknown)) == (106, 486, [], 74)
