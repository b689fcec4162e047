"""Explanations: which difference is known, and why it is one."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import attrs

from .compare import Difference
from .script import Step

ANYTHING = object()
"""Fits every value."""


@attrs.frozen
class Text:
    """Fits texts that fit the pattern as a whole."""

    pattern: str


class Number:
    """Fits any of some numbers."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers


Field = tuple[str, Any, Any]
"""A pattern of `compare`'s paths, and what Kafka and StreamBus say there: a value, a `Text`, or anything."""


@attrs.frozen
class Known:
    """One way in which answers differ, as narrow as it can be, and the reason for it."""

    title: str
    apis: tuple[str, ...]
    fields: tuple[Field, ...]
    reason: str
    when: Callable[[Step, Difference], bool] | None = None
    """What must be so besides."""
    parts: bool = False
    """Whether the sides go different ways from here on, so that the rest of a script says nothing."""


def fits(known: Known, step: Step, difference: Difference) -> bool:
    """Whether an entry is about this difference."""
    return (
        ("*" in known.apis or step.api in known.apis)
        and any(_is_at(field, difference) for field in known.fields)
        and (known.when is None or known.when(step, difference))
    )


def _is_at(field: Field, difference: Difference) -> bool:
    path, kafka, streambus = field
    return fnmatchcase(difference.path, path) and _is(kafka, difference.kafka) and _is(streambus, difference.streambus)


def _is(expected: Any, value: Any) -> bool:
    if expected is ANYTHING:
        return True
    if isinstance(expected, Text):
        return isinstance(value, str) and re.fullmatch(expected.pattern, value, re.DOTALL) is not None
    if isinstance(expected, Number):
        return value in expected.numbers
    return bool(expected == value)
