"""Scripts: steps as plain data, and how a step becomes bytes."""

from __future__ import annotations

from functools import cache
from typing import Any

import attrs

from streambus.wire import ApiKey, messages
from streambus.wire.catalogue import definition, pascal_case
from streambus.wire.definition import Message, Struct

from .symbols import shown

API_KEYS = {pascal_case(key): key for key in ApiKey}

Body = dict[str, Any]


@attrs.frozen
class Spoil:
    """What happens to the bytes of a request, behind its size, before they are sent: `cut` of them remain, then `more` follows."""

    cut: int | None = None
    more: bytes = b""

    def __repr__(self) -> str:
        return f"Spoil(cut={self.cut!r}, more={self.more!r})"


@attrs.frozen
class Step:
    """One request. Fields that the version does not have are left out of the body, those that the body does not have are at their defaults.

    In a `raw` step the body is bytes that are sent as they are behind the request's header: for versions and keys that nobody knows.
    """

    api: str | int
    version: int
    body: Body = attrs.Factory(dict)
    connection: int = 0
    spoil: Spoil | None = None
    raw: bytes | None = None

    @property
    def key(self) -> int:
        """Of the API, as a number."""
        return self.api if isinstance(self.api, int) else API_KEYS[self.api]

    def __str__(self) -> str:
        given = [shown(self.api), str(self.version)]
        if self.raw is None:
            given.append(shown(self.body))
        if self.connection:
            given.append(f"connection={self.connection}")
        if self.spoil is not None:
            given.append(f"spoil={self.spoil!r}")
        if self.raw is not None:
            given.append(f"raw={self.raw!r}")
        return f"Step({', '.join(given)})"


Script = tuple[Step, ...]


def told(script: Script) -> str:
    """A script as Python source."""
    return "(\n" + "".join(f"    {step},\n" for step in script) + ")"


@cache
def defined(name: str) -> Message:
    """The definition of a message."""
    return definition(name)


def built(api: str, version: int, body: Body) -> Any:
    """The request whose fields are those of `body`, as far as `version` has them."""
    name = f"{api}Request"
    message = defined(name)
    return _filled(message, message.body, getattr(messages, name), version, body)


def _filled(message: Message, struct: Struct, owner: type, version: int, values: Body, kind: type | None = None) -> Any:
    fields = {field.name: field for field in struct.fields}
    unknown = values.keys() - fields.keys()
    assert not unknown, f"{struct.name} has no {sorted(unknown)}"
    given = {}
    for name, value in values.items():
        field = fields[name]
        if version not in field.versions:
            continue
        inner = message.structs.get(field.type)
        if inner is not None and value is not None:
            inside: type = getattr(owner, field.type)
            if field.is_array:
                value = [_filled(message, inner, owner, version, item, inside) for item in value]
            else:
                value = _filled(message, inner, owner, version, value, inside)
        given[name] = value
    return (kind or owner)(**given)
