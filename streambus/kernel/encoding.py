"""Values as text and back: what journals are written in.

JSON where JSON can say it; one-key objects for the rest: `{"b": hex}` bytes, `{"t": [...]}` tuple, `{"d": [[k, v], ...]}` dict,
`{"u": hex}` UUID, `{"f": hex}` float, `{"e": [type, name]}` enum member, `{"m": [type, field, ...]}` message or wire struct. Types are
named `module:Qualified.Name` and are only looked up inside the `streambus` package, so a journal from a stranger can build values but
run nothing.
"""

from enum import Enum
from importlib import import_module
from typing import Any
from uuid import UUID

import attrs


class UnreadableValue(ValueError):
    """The text does not describe a value we know."""


def encode_value(value: Any) -> Any:
    """The JSON-able form of `value`."""
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return {"b": bytes(value).hex()}
    if isinstance(value, Enum):
        return {"e": [_name(type(value)), value.name]}
    if isinstance(value, UUID):
        return {"u": value.hex}
    if isinstance(value, float):
        return {"f": value.hex()}
    if isinstance(value, list):
        return [encode_value(item) for item in value]
    if isinstance(value, tuple):
        return {"t": [encode_value(item) for item in value]}
    if isinstance(value, dict):
        return {"d": [[encode_value(key), encode_value(item)] for key, item in value.items()]}
    names = _field_names(type(value))
    if names is not None:
        return {"m": [_name(type(value)), *[encode_value(getattr(value, name)) for name in names]]}
    raise TypeError(f"a {type(value).__name__} cannot be journalled: {value!r}")


def decode_value(encoded: Any) -> Any:
    """The value that `encode_value` described; `UnreadableValue` if the text is not one of ours."""
    if encoded is None or isinstance(encoded, bool | int | str):
        return encoded
    if isinstance(encoded, list):
        return [decode_value(item) for item in encoded]
    if not isinstance(encoded, dict) or len(encoded) != 1:
        raise UnreadableValue(f"not a value: {encoded!r}")
    ((tag, content),) = encoded.items()
    try:
        return _DECODERS[tag](content)
    except (KeyError, TypeError, ValueError, AttributeError, ImportError) as error:
        raise UnreadableValue(f"not a value: {encoded!r}") from error


def _decode_message(content: list[Any]) -> Any:
    name, *fields = content
    cls = _lookup(name)
    if _field_names(cls) is None:
        raise UnreadableValue(f"{name} is not a message")
    return cls(*(decode_value(field) for field in fields))


def _decode_enum(content: list[str]) -> Any:
    name, member = content
    cls = _lookup(name)
    if not issubclass(cls, Enum):
        raise UnreadableValue(f"{name} is not an enum")
    return cls[member]


_DECODERS: dict[str, Any] = {
    "b": bytes.fromhex,
    "t": lambda items: tuple(decode_value(item) for item in items),
    "d": lambda pairs: {decode_value(key): decode_value(item) for key, item in pairs},
    "u": lambda text: UUID(hex=text),
    "f": float.fromhex,
    "e": _decode_enum,
    "m": _decode_message,
}


def _field_names(cls: type) -> tuple[str, ...] | None:
    """The fields of a message or of a wire struct, in the order of its constructor; None if it is neither."""
    if attrs.has(cls):
        return tuple(field.name for field in attrs.fields(cls))
    slots = vars(cls).get("__slots__")
    return tuple(slots) if cls.__module__.startswith("streambus.wire.") and slots is not None else None


def _name(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


def _lookup(name: str) -> Any:
    module, _, path = name.partition(":")
    if module != "streambus" and not module.startswith("streambus."):
        raise UnreadableValue(f"{name} is not ours")
    found: Any = import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    if not isinstance(found, type):
        raise UnreadableValue(f"{name} is not a type")
    return found
