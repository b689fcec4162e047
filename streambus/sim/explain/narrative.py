"""The story: what lies in the causal cone and matters, forwards in time, in numbered sentences.

A sentence is about one happening, or about several that follow each other in one place at about one time. What matters least is left out
until the story is short enough to be read.
"""

import attrs

from streambus.sim.explain.events import Clause, Happening, Kind, date, listed
from streambus.sim.explain.recording import FAULTS, Recording

SENTENCES_MAX = 24
WEIGHT_MIN = 3
PRELUDE_WEIGHT_MIN = 7
HEARD_WEIGHT = 3
DECISIVE = 7
MAX_WEIGHT = 10
TOGETHER = 2_000
"""Microseconds within which steps of one node may share a sentence."""

CLAUSES_MAX = 3
VERBS = ("is asked to send ", "appends ", "takes ")
VIOLATIONS_TOLD = 3


@attrs.frozen
class Sentence:
    """One numbered sentence, when it happened, and the happenings it tells of."""

    number: int
    at: int
    text: str
    happenings: tuple[int, ...]
    weight: int

    def __str__(self) -> str:
        return f"{self.number:>2}. {date(self.at):>14}  {self.text}"


@attrs.define(eq=False)
class _Draft:
    at: int
    lane: str
    happenings: list[Happening]
    clauses: list[Clause]

    @property
    def weight(self) -> int:
        return max(clause.weight for clause in self.clauses)


def story(recording: Recording, cone: dict[int, int], *, sentences_max: int = SENTENCES_MAX) -> tuple[Sentence, ...]:
    """The sentences, at most so many."""
    subjects = list(recording.subjects)
    drafts = _drafts([one for one in _in_order(recording) if one.number in cone], subjects)
    drafts = _without_prelude(drafts, PRELUDE_WEIGHT_MIN if not subjects else MAX_WEIGHT + 1)
    left_out = len(drafts) + bool(recording.violations) - sentences_max
    if left_out > 0:
        is_clean = not recording.violations
        by_importance = sorted(range(len(drafts)), key=lambda at: _importance(drafts[at], cone, is_clean=is_clean))
        drafts = [drafts[at] for at in sorted(by_importance[left_out:])]
    sentences = [
        Sentence(number, draft.at, _text(draft), tuple([one.number for one in draft.happenings]), draft.weight)
        for number, draft in enumerate(drafts, 1)
    ]
    if recording.violations:
        violation = recording.happenings[-1]
        sentences.append(Sentence(len(sentences) + 1, violation.at, _verdict(recording), (violation.number,), 10))
    return tuple(sentences)


def _in_order(recording: Recording) -> list[Happening]:
    """By the date at which each is told."""
    return sorted(recording.sorted(), key=_told_at)


def _told_at(one: Happening) -> int:
    """A disk operation is told of when it ends: what is worth telling is how."""
    return one.ends_at if one.kind is Kind.DISK and one.ends_at is not None else one.at


def _importance(draft: _Draft, cone: dict[int, int], *, is_clean: bool) -> tuple[int, int, int]:
    """Weight first, then nearness to what went wrong; of a clean run the beginning is told."""
    return draft.weight, -min(cone[one.number] for one in draft.happenings), -draft.at if is_clean else draft.at


def _drafts(happenings: list[Happening], subjects: list[str]) -> list[_Draft]:
    drafts: list[_Draft] = []
    for one in happenings:
        clauses = [clause for clause in _telling(one) if _is_about(clause, one, subjects)]
        if not clauses:
            continue
        last = drafts[-1] if drafts else None
        if last is not None and _goes_with(last, one, clauses):
            last.happenings.append(one)
            last.clauses.extend(clause for clause in clauses if clause not in last.clauses)
        else:
            drafts.append(_Draft(_told_at(one), one.lane, [one], clauses))
    return drafts


def _without_prelude(drafts: list[_Draft], weight_min: int) -> list[_Draft]:
    """If the story is about records, it begins with the first of them: how topics came to be is another story."""
    first = next((at for at, draft in enumerate(drafts) if any(one.labels for one in draft.happenings)), 0)
    return [draft for at, draft in enumerate(drafts) if at >= first or draft.weight >= weight_min]


def _is_about(clause: Clause, one: Happening, subjects: list[str]) -> bool:
    """If certain records prove what went wrong, the story is about them, and about what is decisive."""
    if not subjects or clause.weight >= DECISIVE or any(f"“{subject}”" in clause.text for subject in subjects):
        return True
    return " more to " in clause.text and any(subject in one.labels for subject in subjects)


def _telling(one: Happening) -> list[Clause]:
    """The clauses of a happening that matter. What it received is only told with what it did then."""
    if one.kind is Kind.VIOLATION or (one.kind is Kind.DISK and one.weight < 8):
        return []
    least = HEARD_WEIGHT + 1 if one.weight > HEARD_WEIGHT else WEIGHT_MIN
    return [clause for clause in one.clauses if clause.weight >= (least if clause.rank == 0 else WEIGHT_MIN)]


def _goes_with(last: _Draft, one: Happening, clauses: list[Clause]) -> bool:
    return (
        last.lane == one.lane
        and one.kind is Kind.STEP
        and last.happenings[-1].kind in (Kind.STEP, Kind.BIRTH)
        and one.at - last.at <= TOGETHER
        and len(last.clauses) + len(clauses) <= CLAUSES_MAX
    )


def _text(draft: _Draft) -> str:
    said = _shared([clause.text for clause in draft.clauses])
    if draft.lane == FAULTS:
        return f"Fault: {listed(said)}."
    return f"{draft.lane} {listed(said, CLAUSES_MAX + 2)}."


def _shared(texts: list[str]) -> list[str]:
    """What was said in the clause before is not said again: “is asked to send a, b and c”, “answers a although …, answers b as early”."""
    said: list[str] = []
    verb, reason = "-", "-"
    for text in texts:
        doing, although, why = text.partition(" although ")
        short = doing.removeprefix(verb) + (" likewise" if although and why == reason else although + why)
        said.append(short)
        verb = next((known for known in VERBS if text.startswith(known)), "-")
        reason = why if although else reason
    return said


def _verdict(recording: Recording) -> str:
    told = [violation.split("\n", 1)[0].rstrip(".") for violation in recording.violations]
    more = len(told) - VIOLATIONS_TOLD
    return "Therefore: " + "; ".join(told[:VIOLATIONS_TOLD]) + (f"; and {more} more" if more > 0 else "") + "."
