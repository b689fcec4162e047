"""What a recording is made of: happenings with their causes, messages between them, watermarks that moved."""

from enum import Enum

import attrs


class Kind(Enum):
    """What sort of happening."""

    FAULT = "fault"
    CRASH = "crash"
    BIRTH = "birth"
    STEP = "step"
    DISK = "disk"
    VIOLATION = "violation"


@attrs.frozen
class Clause:
    """Part of a sentence about whoever the happening is about. `weight`: how much it matters, from 0 (hardly) to 10 (decisive)."""

    text: str
    weight: int
    rank: int = 2
    """Its place in the sentence: what was learnt comes first (0), then what was done inside, then what was asked of others."""


@attrs.define(eq=False)
class Happening:
    """Something that happened at simulated time `at`, in one lane of the picture. `causes` are numbers of others, each with the reason."""

    number: int
    at: int
    kind: Kind
    lane: str
    title: str
    ends_at: int | None = None
    """When it was over, if it took time: a disk operation, a fault."""
    step: int | None = None
    """The how manieth step of the run it was."""
    life: int = 0
    state: str = ""
    """What became of a disk operation."""
    clauses: list[Clause] = attrs.field(factory=list)
    details: list[str] = attrs.field(factory=list)
    causes: dict[int, str] = attrs.field(factory=dict)
    labels: dict[str, None] = attrs.field(factory=dict)
    """The records it is about."""

    @property
    def weight(self) -> int:
        """How much it matters."""
        return max([clause.weight for clause in self.clauses], default=0)

    def say(self, text: str, weight: int, rank: int = 2) -> None:
        """One clause more, unless it was said already."""
        clause = Clause(text, weight, rank)
        if clause not in self.clauses:
            self.clauses.append(clause)

    def because(self, number: int | None, why: str) -> None:
        """One cause more."""
        if number is not None and number != self.number:
            self.causes.setdefault(number, why)


@attrs.define(eq=False)
class Message:
    """Bytes that one step sent, and the steps that received them. `arrived` is empty if they never did."""

    source: int
    sender: str
    receiver: str
    sent_at: int
    text: str
    detail: str
    arrived: list[tuple[int, int]] = attrs.field(factory=list)
    """Happening and time."""


@attrs.frozen
class Move:
    """A watermark of a log moved in a step."""

    happening: int
    lane: str
    log: str
    name: str
    before: int
    after: int


def span(microseconds: int) -> str:
    """A length of time for people."""
    for unit, size in (("s", 1_000_000), ("ms", 1_000)):
        if abs(microseconds) >= size:
            return f"{microseconds / size:.3g} {unit}" if abs(microseconds) < 1_000 * size else f"{microseconds / size:,.0f} {unit}"
    return f"{microseconds} µs"


def date(microseconds: int) -> str:
    """A moment of the run for people."""
    return f"{microseconds / 1_000:,.3f} ms"


def file_words(file: str) -> str:
    """A file for people: segments of the write-ahead log by where they begin."""
    folder, _, name = file.partition("/")
    digits = name.removesuffix(".wal")
    return f"segment {int(digits):,}" if folder == "wal" and digits.isdigit() else file


def counted(number: int, noun: str) -> str:
    """`1 record`, `2,000 records`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(items: list[str], most: int = 4) -> str:
    """`a, b and c`, and how many more."""
    if len(items) > most:
        return f"{', '.join(items[:most])} and {len(items) - most} more"
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)
