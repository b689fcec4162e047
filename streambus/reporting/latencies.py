"""Latencies: how long operations took, by what they did and how they ended."""

from collections.abc import Sequence

import attrs

from streambus.checkers import History, Operation, Outcome, Polled, Sent
from streambus.reporting.measures import Span, bucket

QUANTILES = (50, 95, 99, 100)
"""In percent; 100 is the maximum."""

SENDS, POLLS = "sends", "polls"


@attrs.frozen
class Timing:
    """One operation: when it ended, in seconds, and how long it took, in microseconds. One that was never answered ends with the run."""

    ended: float
    took: int
    outcome: Outcome
    answered: bool


def deed_of(operation: Operation) -> str | None:
    """Whether an operation sent or polled. One that did both, a transaction, is taken for a send; one that returned nothing is not told."""
    if any(isinstance(action, Sent) for action in operation.actions):
        return SENDS
    if any(isinstance(action, Polled) for action in operation.actions):
        return POLLS
    return None if operation.outcome is Outcome.OK or operation.actions else POLLS


def timings_of(history: History, span: Span) -> dict[str, list[Timing]]:
    """Of sends and of polls, in order of time."""
    timings: dict[str, list[Timing]] = {SENDS: [], POLLS: []}
    for operation in history.operations:
        deed = deed_of(operation)
        if deed is not None:
            ended = span.ended_at if operation.completed_at is None else operation.completed_at
            timing = Timing(span.at(ended), max(0, ended - operation.invoked_at), operation.outcome, operation.completed_at is not None)
            timings[deed].append(timing)
    for every in timings.values():
        every.sort(key=lambda timing: timing.ended)
    return timings


def quantiles_of(timings: Sequence[Timing], span: Span, buckets: int) -> list[tuple[float, list[int]] | None]:
    """For each stretch of time its middle and the `QUANTILES` of what was done in it, in microseconds; None where nothing was."""
    filled: list[list[int]] = [[] for _ in range(buckets)]
    for timing in timings:
        if timing.outcome is Outcome.OK and timing.answered:
            filled[bucket(round(timing.ended * 1_000_000) + span.began_at, span, buckets)].append(timing.took)
    width = span.seconds / buckets
    return [((at + 0.5) * width, quantiles(numbers)) if numbers else None for at, numbers in enumerate(filled)]


def quantiles(numbers: Sequence[int]) -> list[int]:
    """The `QUANTILES` of some numbers, at least one: the smallest number that so many percent are not above."""
    ranked = sorted(numbers)
    return [ranked[max(0, -(-len(ranked) * percent // 100) - 1)] for percent in QUANTILES]


def done(timings: Sequence[Timing]) -> list[int]:
    """How long those took that ended well, in microseconds."""
    return [timing.took for timing in timings if timing.outcome is Outcome.OK and timing.answered]
