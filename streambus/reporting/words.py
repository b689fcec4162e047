"""How numbers, times, values and anomalies are said to a reader."""

from collections.abc import Callable
from html import escape

import attrs

from streambus.checkers import Action, Assigned, Polled, Sent, Severity, Sought
from streambus.reporting.run import Fact

Saying = Callable[[float], str]
"""How a number is said."""

VALUE_LENGTH_MAX = 40
TEXT_LENGTH_MAX = 400
"""Longer names, errors and explanations are shortened, so that no input can make a report grow without bound."""

SEVERITIES: dict[Severity, str] = {
    Severity.CRITICAL: "data lost or altered",
    Severity.SERIOUS: "order or copies wrong",
    Severity.ALLOWED: "allowed by the contract",
}


def severity(grade: Severity) -> str:
    """How bad something is, in words."""
    return SEVERITIES.get(grade, grade.value)


def small_letter(index: int) -> str:
    """a, b, c … for the operations that prove an anomaly."""
    rounds, at = divmod(index, 26)
    return chr(97 + at) + (str(rounds) if rounds else "")


def shortened(text: str, limit: int = TEXT_LENGTH_MAX) -> str:
    """`text` without characters that cannot be shown, cut at `limit`."""
    clean = "".join([character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[: limit + 1]])
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def abridged(text: str, limit: int) -> str:
    """`text` cut in the middle, for names that differ at their ends."""
    clean = shortened(text)
    tail = limit // 3
    return clean if len(clean) <= limit else f"{clean[: limit - 1 - tail]}…{clean[-tail:]}"


def html(text: str) -> str:
    """`text` from anywhere, safe in HTML content and in quoted attributes."""
    return escape(shortened(text, 4 * TEXT_LENGTH_MAX))


def html_lines(text: str, limit: int) -> str:
    """The same for text of many lines."""
    lines = text[:limit].split("\n")
    return "\n".join([escape(shortened(line.replace("\t", "    "), 4 * TEXT_LENGTH_MAX)) for line in lines]) + (
        "\n…" if len(text) > limit else ""
    )


def count(number: int, noun: str, nouns: str = "") -> str:
    """`1 record`, `2,000 records`."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def fact(value: Fact) -> str:
    """A fact's value for a reader."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
    return value


def duration(microseconds: int) -> str:
    """A length of time with a fitting unit and three digits."""
    for unit, size in (("s", 1_000_000), ("ms", 1_000)):
        if abs(microseconds) >= size:
            amount = microseconds / size
            return f"{amount:,.0f} {unit}" if abs(amount) >= 100 else f"{amount:.3g} {unit}"
    return f"{microseconds} µs"


def moment(microseconds: int, span: int) -> str:
    """A time within a span, in seconds: to the millisecond, or to the microsecond if the span is short."""
    return f"{microseconds / 1_000_000:,.{3 if span >= 10_000_000 else 6}f} s"


def value(content: bytes) -> str:
    """A record's value: text if it is text, else hex; shortened."""
    if content.isascii() and (text := content.decode("ascii")).isprintable():
        return shortened(text, VALUE_LENGTH_MAX)
    return shortened("0x" + content[:VALUE_LENGTH_MAX].hex(), VALUE_LENGTH_MAX)


def place(topic: str, partition: int) -> str:
    """A partition's name."""
    return f"{shortened(topic, VALUE_LENGTH_MAX)}/{partition}"


def short(number: float) -> str:
    """A number beside an axis."""
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if abs(number) >= 10 * size or (abs(number) >= size and number % (size // 10) == 0):
            return f"{number / size:,.4g} {unit}"
    return f"{number:,.6g}"


def action(taken: Action) -> str:
    """What one action was, in a few words. One of a kind that has no words here is told by its own name and fields."""
    if isinstance(taken, Sent):
        where = "" if taken.offset is None else f", acknowledged at offset {taken.offset}"
        return f"sent “{value(taken.value)}” to {place(taken.topic, taken.partition)}{where}"
    if isinstance(taken, Polled):
        return f"read “{value(taken.value)}” at offset {taken.offset} of {place(taken.topic, taken.partition)}"
    if isinstance(taken, Assigned):
        places = [place(*partition) for partition in taken.partitions[:8]]
        return f"was assigned {', '.join(places) or 'nothing'}{' …' if len(taken.partitions) > 8 else ''}"
    if isinstance(taken, Sought):
        return f"chose a position in {place(taken.topic, taken.partition)}"
    return _told(taken)


def _told(taken: object) -> str:
    """Any value of attrs by its name and fields."""
    name = " ".join(_parted(type(taken).__name__))
    kind = type(taken)
    fields = []
    for field in attrs.fields(kind) if attrs.has(kind) else ():
        content = getattr(taken, field.name)
        if content is not None and content != () and content != "":
            said = f"“{value(content)}”" if isinstance(content, bytes) else shortened(str(content), VALUE_LENGTH_MAX)
            fields.append(f"{field.name.replace('_', ' ')} {said}")
    return f"{name} ({', '.join(fields)})" if fields else name


def _parted(name: str) -> list[str]:
    """`OffsetsCommitted` as words."""
    parts = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return parts.split()
