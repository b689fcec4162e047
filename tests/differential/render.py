"""docs/differences.md, written from `known`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from .known import ANYTHING, KNOWN, Known, Text
from .normalise import RULES

DOCUMENT = Path(__file__).parents[2] / "docs" / "differences.md"

HEAD = """\
# Where StreamBus answers otherwise than Kafka

The same requests are sent to StreamBus and to a stock Kafka 4.3.1, thousands of them, good, odd and wrong; their answers are compared
field by field (`python -m tests.differential`). This is everything that differs, and why. What is not here is a bug: please report it.

This file is written by `python -m tests.differential --render` from `tests/differential/known.py`.

"""

MIDDLE = """
## What is not compared

Some fields cannot be the same in two clusters. Before answers are compared, these are rewritten; ids of topics, producers and sessions
become the names of what they belong to.

| field | is | because |
|---|---|---|
"""


def rendered() -> str:
    """The whole document."""
    out = [HEAD, "| API | field | Kafka | StreamBus | why |\n|---|---|---|---|---|\n"]
    for _, entries in groupby(KNOWN, key=lambda known: (known.title, known.reason)):
        out.append(_row(list(entries)))
    out.append(MIDDLE)
    out += [f"| `{rule.pattern}` | {rule.treatment.__name__.replace('_', ' ')} | {rule.reason} |\n" for rule in RULES]
    return "".join(out)


def _row(entries: list[Known]) -> str:
    first = entries[0]
    fields = ", ".join(f"`{known.path}`" for known in entries)
    apis = ", ".join(dict.fromkeys("every" if known.api == "*" else known.api for known in entries))
    return f"| {apis} | {fields} | {_value(first.kafka)} | {_value(first.streambus)} | **{first.title}.** {first.reason} |\n"


def _value(value: Any) -> str:
    if value is ANYTHING:
        return "anything"
    text = value.pattern if isinstance(value, Text) else "null" if value is None else str(value)
    return "`" + (text.replace("|", "\\|").replace("\n", " ") or " ") + "`"
