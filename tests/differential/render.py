"""docs/differences.md, written from `known`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .explain import ANYTHING, Known, Number, Text
from .known import BESIDES, KNOWN
from .normalise import RULES

DOCUMENT = Path(__file__).parents[2] / "docs" / "differences.md"

HEAD = """\
# Where StreamBus answers otherwise than Kafka

The same requests are sent to StreamBus and to a stock Kafka 4.3.1, thousands of them, good, odd and wrong; their answers are compared
field by field (`python -m tests.differential`). This is everything that differs, and why. What is not here is a bug: please report it.

This file is written by `python -m tests.differential --render` from `tests/differential/known.py`.

"""

BETWEEN = """
## What differs besides

Nobody asks for these in the scripts.

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
    out = [HEAD, "| what | API | field: Kafka → StreamBus | why |\n|---|---|---|---|\n"]
    out += [_row(known) for known in KNOWN]
    out.append(BETWEEN)
    out += [f"- **{what}.** {why}\n" for what, why in BESIDES]
    out.append(MIDDLE)
    out += [f"| `{rule.pattern}` | {rule.treatment.__name__.replace('_', ' ')} | {rule.reason} |\n" for rule in RULES]
    return "".join(out)


def _row(known: Known) -> str:
    paths: dict[str, list[str]] = {}
    for path, kafka, streambus in known.fields:
        paths.setdefault(f"{_value(kafka)} → {_value(streambus)}", []).append(f"`{path or 'the answer'}`")
    fields = "<br>".join(f"{', '.join(those)}: {values}" for values, those in paths.items())
    apis = ", ".join("every" if api == "*" else api for api in known.apis)
    return f"| {known.title} | {apis} | {fields} | {known.reason} |\n"


def _value(value: Any) -> str:
    if value is ANYTHING:
        return "anything"
    if isinstance(value, Number):
        return " or ".join(f"`{number}`" for number in value.numbers)
    text = value.pattern if isinstance(value, Text) else "null" if value is None else str(value)
    return "`" + (text.replace("|", "\\|").replace("\n", " ") or " ") + "`"
