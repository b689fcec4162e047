"""The `[store]` table of the configuration file: how large things may grow in the storage engine."""

from difflib import get_close_matches
from typing import Any

import attrs

from streambus.cli.misuse import Misuse
from streambus.kernel import MILLISECOND
from streambus.storage import StoreConfig

MINIMA = {
    "segment_bytes": 4_096,
    "record_bytes_max": 1_024,
    "recovery_chunk_bytes": 4_096,
    "manifest_bytes": 1_024,
    "fan_in": 2,
    "entry_fan_in": 2,
}
"""What is less would not work, or not be of use."""

MAXIMA = {"segment_bytes": 2**31, "record_bytes_max": 2**30}
"""What the fields of the formats can say, with room to spare."""

IN_MILLISECONDS = {"delete_delay_ms": "delete_delay", "retry_delay_ms": "retry_delay"}
"""Durations, by the names that they have in the file."""

PICKER = "picker"


def read_store(key: str, value: Any) -> StoreConfig:
    """What `[store]` and `[store.picker]` say; what they do not say is as usual. Raises `Misuse`."""
    default = StoreConfig()
    table = _table(key, value)
    picker = _table(f"{key}.{PICKER}", table.pop(PICKER, {}))
    known = [name for name in _names(default) if name not in (PICKER, "may_rewrite", *IN_MILLISECONDS.values())] + list(IN_MILLISECONDS)
    numbers = _numbers(key, table, known)
    for name, field in IN_MILLISECONDS.items():
        if name in numbers:
            numbers[field] = numbers.pop(name) * MILLISECOND
    options = attrs.evolve(default.picker, **_numbers(f"{key}.{PICKER}", picker, _names(default.picker)))  # type: ignore[misc,unused-ignore]
    return attrs.evolve(default, picker=options, **numbers)  # type: ignore[misc,unused-ignore]


def _names(config: Any) -> list[str]:
    return [field.name for field in attrs.fields(type(config))]


def _table(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Misuse(f"{key} must be a table of limits")
    return dict(value)


def _numbers(key: str, table: dict[str, Any], known: list[str]) -> dict[str, Any]:
    for name, value in table.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise Misuse(
                f"unknown key {name!r} in [{key}]" + (f" (did you mean {near[0]!r}?)" if near else f" (known: {', '.join(known)})")
            )
        least, most = MINIMA.get(name, 0), MAXIMA.get(name, 2**62)
        if type(value) is not int or not least <= value <= most:
            raise Misuse(f"{name} must be a whole number between {least} and {most}, not {value!r}")
    return table
