"""Known differences: what StreamBus answers otherwise than Kafka, and why. The list is docs/differences.md, in another form.

A difference is explained by the first entry that fits; each fits as little as it can.
"""

from __future__ import annotations

import re
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


@attrs.frozen
class Known:
    """A difference with its reason. `path` is a pattern of `compare`'s paths; values are given as they are, as a `Text`, or left open."""

    title: str
    api: str
    path: str
    kafka: Any
    streambus: Any
    reason: str
    parts: bool = False
    """Whether the sides go different ways from here on, so that the rest of a script says nothing."""


KNOWN: tuple[Known, ...] = ()


def explained(step: Step, difference: Difference) -> Known | None:
    """The entry that explains a difference, if there is one."""
    return next((known for known in KNOWN if fits(known, step, difference)), None)


def fits(known: Known, step: Step, difference: Difference) -> bool:
    """Whether an entry is about this difference."""
    return (
        fnmatchcase(str(step.api), known.api)
        and fnmatchcase(difference.path, known.path)
        and _is(known.kafka, difference.kafka)
        and _is(known.streambus, difference.streambus)
    )


def _is(expected: Any, value: Any) -> bool:
    if expected is ANYTHING:
        return True
    if isinstance(expected, Text):
        return isinstance(value, str) and re.fullmatch(expected.pattern, value, re.DOTALL) is not None
    return bool(expected == value)
