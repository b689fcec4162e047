"""Random messages, from the definitions and from a `Random`: quick, repeatable, in any version. For hunts too long for Hypothesis."""

from random import Random
from typing import Any
from uuid import UUID

from streambus.wire import ZERO_UUID, ErrorCode, messages
from streambus.wire.catalogue import definition
from streambus.wire.definition import Field, Message, Struct

_WIDTHS = {"int8": (8, True), "int16": (16, True), "uint16": (16, False), "int32": (32, True), "uint32": (32, False), "int64": (64, True)}
_TEXTS = ("", "t", "topic-1", "Füße", "x" * 126, "y" * 127, "z" * 300)
ERROR_CODES = tuple(int(error) for error in ErrorCode if error <= ErrorCode.SHARE_SESSION_LIMIT_REACHED)


def random_message(random: Random, name: str, version: int, *, elements_max: int = 2) -> Any:
    """A message called `name` that `version` can hold."""
    found = _definition(name)
    return _struct(random, found, found.body, getattr(messages, name), version, elements_max)


_KEPT: dict[str, Message] = {}


def _definition(name: str) -> Message:
    if name not in _KEPT:
        _KEPT[name] = definition(name)
    return _KEPT[name]


def _struct(random: Random, message: Message, struct: Struct, cls: Any, version: int, elements_max: int) -> Any:
    fields = {}
    for field in struct.fields:
        if version not in field.versions or (field.tag is not None and random.random() < 0.4):
            continue
        if version in field.nullable and random.random() < 0.25:
            fields[field.name] = None
        elif field.is_array:
            fields[field.name] = [_value(random, message, field, version, elements_max) for _ in range(random.randint(0, elements_max))]
        else:
            fields[field.name] = _value(random, message, field, version, elements_max)
    return cls(**fields)


def _value(random: Random, message: Message, field: Field, version: int, elements_max: int) -> Any:
    kind = field.type
    if kind in message.structs:
        cls = getattr(getattr(messages, message.name), kind)
        return _struct(random, message, message.structs[kind], cls, version, elements_max)
    if kind == "string":
        return random.choice(_TEXTS)
    if kind in ("bytes", "records"):
        return random.randbytes(random.choice((0, 1, 17, 130)))
    if kind == "uuid":
        return random.choice((ZERO_UUID, UUID(int=random.getrandbits(128))))
    if kind == "bool":
        return random.random() < 0.5
    if kind == "float64":
        return random.choice((0.0, -1.5, 1e300, 1048576.0))
    return _number(random, field)


def _number(random: Random, field: Field) -> int:
    if field.name.endswith("error_code"):
        return random.choice(ERROR_CODES)
    bits, is_signed = _WIDTHS[field.type]
    lowest, highest = (-(1 << bits - 1), (1 << bits - 1) - 1) if is_signed else (0, (1 << bits) - 1)
    if field.name.endswith("_ms") and field.type == "int64" and field.name != "log_append_time_ms":
        return random.choice((0, 1_700_000_000_000))
    if field.name == "log_append_time_ms":
        return random.choice((-1, 1_700_000_000_000))
    return random.choice((0, 1, highest, max(lowest, -1), lowest, random.randint(lowest, highest)))
