"""How numbers, times, values and anomalies are said to a reader."""

from html import escape

from streambus.checkers import Action, Assigned, Kind, Polled, Sent, Severity
from streambus.reporting.run import Fact

VALUE_LENGTH_MAX = 40
TEXT_LENGTH_MAX = 400
"""Longer names, errors and explanations are shortened, so that no input can make a report grow without bound."""

CHECKS: dict[Kind, tuple[str, str]] = {
    Kind.LOST_WRITE: ("Lost write", "No acknowledged record is missing where readers have passed"),
    Kind.PHANTOM: ("Phantom record", "Nothing is read that nobody sent there, and nothing is altered"),
    Kind.ABORTED_READ: ("Read of a failed send", "No record is read whose send had certainly failed"),
    Kind.INCONSISTENT_OFFSETS: ("Inconsistent offset", "One offset carries one value, for everybody and for ever"),
    Kind.WRONG_OFFSET: ("Wrong offset", "A record is read at the offset that its sender was told"),
    Kind.DUPLICATE: ("Duplicate", "A record is in the log as often as it was sent: once"),
    Kind.UNSEEN: ("Unseen records", "All acknowledged records have been read by the end"),
    Kind.POLL_SKIP: ("Skip between polls", "Successive polls leave out no record"),
    Kind.NONMONOTONIC_POLL: ("Step back between polls", "Successive polls never go back"),
    Kind.INTERNAL_POLL_SKIP: ("Skip within a poll", "One poll leaves out no record"),
    Kind.INTERNAL_NONMONOTONIC_POLL: ("Step back within a poll", "One poll never goes back"),
    Kind.NONMONOTONIC_SEND: ("Sends out of order", "Records of one producer land in the order in which they were sent"),
    Kind.INTERNAL_NONMONOTONIC_SEND: ("Sends out of order within an operation", "Records sent together land in the order of sending"),
}
"""For every kind: what an anomaly is called, and the promise that it breaks."""

SEVERITIES: dict[Severity, str] = {
    Severity.CRITICAL: "data lost or altered",
    Severity.SERIOUS: "order or copies wrong",
    Severity.ALLOWED: "allowed by the contract",
}


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


def action(taken: Action) -> str:
    """What one action was, in a few words."""
    if isinstance(taken, Sent):
        where = "" if taken.offset is None else f", acknowledged at offset {taken.offset}"
        return f"sent “{value(taken.value)}” to {place(taken.topic, taken.partition)}{where}"
    if isinstance(taken, Polled):
        return f"read “{value(taken.value)}” at offset {taken.offset} of {place(taken.topic, taken.partition)}"
    if isinstance(taken, Assigned):
        places = [place(*partition) for partition in taken.partitions[:8]]
        return f"was assigned {', '.join(places) or 'nothing'}{' …' if len(taken.partitions) > 8 else ''}"
    return f"chose a position in {place(taken.topic, taken.partition)}"
