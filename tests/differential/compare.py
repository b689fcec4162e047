"""Comparison: two normalised answers, and where they differ.

The elements of lists belong together by what names them; a list whose elements are named alike but stand in another order differs as a
whole. Paths have the names of elements in them: `topics/$a/configs/retention.ms/value`.
"""

from __future__ import annotations

from typing import Any

import attrs

IDENTITIES = (
    ("resource_type", "resource_name"),
    ("entity_type", "entity_name"),
    ("name",),
    ("topic",),
    ("topic_name",),
    ("topic_id",),
    ("partition_index",),
    ("partition_id",),
    ("partition",),
    ("index",),
    ("api_key",),
    ("node_id",),
    ("broker_id",),
    ("feature",),
    ("user",),
    ("key",),
)
"""What names an element: the first of these whose fields it has, and whose values are not the same in all."""

ABSENT = "(absent)"


@attrs.frozen
class Difference:
    """At `path` Kafka says one thing, StreamBus another. `field` is the path without the names of elements."""

    path: str
    field: str
    kafka: Any
    streambus: Any

    def __str__(self) -> str:
        where = self.path or "the answer as a whole"
        return f"{where}\n    Kafka      {_brief(self.kafka)}\n    StreamBus  {_brief(self.streambus)}"


def differences(kafka: Any, streambus: Any, path: str = "", field: str = "") -> list[Difference]:
    """Everything that differs between two normalised answers."""
    if isinstance(kafka, dict) and isinstance(streambus, dict):
        found = []
        for name in kafka | streambus:
            inside = f"{path}/{name}" if path else name
            found += differences(kafka.get(name, ABSENT), streambus.get(name, ABSENT), inside, f"{field}/{name}" if field else name)
        return found
    if isinstance(kafka, list) and isinstance(streambus, list):
        return _of_lists(kafka, streambus, path, field)
    return [] if kafka == streambus and type(kafka) is type(streambus) else [Difference(path, field, kafka, streambus)]


def _of_lists(kafka: list[Any], streambus: list[Any], path: str, field: str) -> list[Difference]:
    one, other = _named(kafka), _named(streambus)
    found = []
    for name in one | other:
        found += differences(one.get(name, ABSENT), other.get(name, ABSENT), f"{path}/{name}", field)
    if not found and list(one) != list(other):
        found.append(Difference(f"{path}/order", f"{field}/order", list(one), list(other)))
    return found


def _named(items: list[Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for at, item in enumerate(items):
        name = str(at)
        if isinstance(item, dict):
            identity = next((fields for fields in IDENTITIES if all(item.get(field) not in (None, "no id", "") for field in fields)), None)
            if identity is not None:
                name = ":".join(str(item[field]) for field in identity)
        times = sum(1 for other in named if other.split("#")[0] == name)
        named[f"{name}#{times + 1}" if times else name] = item
    return named


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 1600 else f"{text[:1590]} ... ({len(text)})"
