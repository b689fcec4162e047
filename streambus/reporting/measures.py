"""Measures: from a history to the few numbers that a plot needs. Bounded in size whatever the size of the history.

Times are in seconds since the first thing that happened.
"""

import re
from collections.abc import Iterable

import attrs

from streambus.checkers import Fault, History, Operation, Outcome, Polled, Sent


@attrs.frozen
class Span:
    """The time that a history takes, in microseconds of its own clock. Never empty."""

    began_at: int
    ended_at: int

    @property
    def length(self) -> int:
        """In microseconds, at least 1."""
        return max(1, self.ended_at - self.began_at)

    @property
    def seconds(self) -> float:
        """The same in seconds."""
        return self.length / 1_000_000

    def at(self, time: int) -> float:
        """Seconds from the beginning to `time`."""
        return (time - self.began_at) / 1_000_000


@attrs.frozen
class Band:
    """A fault on the time axis, in seconds. `ended` is at least `began`."""

    name: str
    target: str
    began: float
    ended: float


@attrs.frozen
class Lane:
    """What one process did: for each outcome, stretches of time (in seconds) with at least one operation under way."""

    name: str
    stretches: dict[Outcome, list[tuple[float, float]]]


def span_of(history: History) -> Span:
    """From the first invocation or fault to the last known moment."""
    moments = [operation.invoked_at for operation in history.operations]
    moments += [operation.completed_at for operation in history.operations if operation.completed_at is not None]
    for fault in history.faults:
        moments.append(fault.began_at)
        if fault.ended_at is not None:
            moments.append(fault.ended_at)
    return Span(min(moments, default=0), max(moments, default=0))


def bands_of(faults: Iterable[Fault], span: Span) -> list[Band]:
    """The faults on the time axis. One that never ended lasts to the end of the span."""
    bands = []
    for fault in sorted(faults, key=lambda fault: fault.began_at):
        began = span.at(fault.began_at)
        ended = span.seconds if fault.ended_at is None else span.at(fault.ended_at)
        bands.append(Band(fault.name, fault.target, began, max(began, ended)))
    return bands


def lanes_of(history: History, span: Span, lanes_max: int, resolution: int) -> list[Lane]:
    """One lane per process in order of name; the busiest ones and a last one for all others if there are more than `lanes_max`.

    Stretches closer than the span divided by `resolution` are joined.
    """
    by_process: dict[str, list[Operation]] = {}
    for operation in history.operations:
        by_process.setdefault(operation.process, []).append(operation)
    names = sorted(by_process, key=natural)
    if len(names) > lanes_max:
        busiest = sorted(names, key=lambda name: -len(by_process[name]))[: lanes_max - 1]
        names = sorted(busiest, key=natural)
        others = [operation for name, operations in by_process.items() if name not in busiest for operation in operations]
        rest = f"{len(by_process) - len(names)} others"
        by_process[rest] = others
        names.append(rest)
    gap = span.seconds / resolution
    lanes = []
    for name in names:
        stretches = {outcome: _joined(by_process[name], outcome, span, gap) for outcome in Outcome}
        lanes.append(Lane(name, stretches))
    return lanes


def rates_of(history: History, span: Span, buckets: int) -> dict[str, list[float]]:
    """Records per second in each of `buckets` equal stretches of time: acknowledged, read, and neither acknowledged nor certain."""
    counts = {"acknowledged": [0] * buckets, "read": [0] * buckets, "failed or unknown": [0] * buckets}
    for operation in history.operations:
        when = operation.invoked_at if operation.completed_at is None else operation.completed_at
        at = bucket(when, span, buckets)
        ok = operation.outcome is Outcome.OK
        for action in operation.actions:
            if isinstance(action, Sent):
                counts["acknowledged" if ok else "failed or unknown"][at] += 1
            elif isinstance(action, Polled):
                counts["read"][at] += 1
    width = span.seconds / buckets
    return {name: [number / width for number in numbers] for name, numbers in counts.items()}


def bucket(time: int, span: Span, buckets: int) -> int:
    """In which of so many equal stretches a time lies."""
    return min(buckets - 1, max(0, (time - span.began_at) * buckets // span.length))


def _joined(operations: list[Operation], outcome: Outcome, span: Span, gap: float) -> list[tuple[float, float]]:
    stretches: list[tuple[float, float]] = []
    for operation in sorted(operations, key=lambda operation: operation.invoked_at):
        if operation.outcome is not outcome:
            continue
        began = span.at(operation.invoked_at)
        ended = began if operation.completed_at is None else max(began, span.at(operation.completed_at))
        if stretches and began - stretches[-1][1] <= gap:
            stretches[-1] = (stretches[-1][0], max(ended, stretches[-1][1]))
        else:
            stretches.append((began, ended))
    return stretches


def natural(name: str) -> list[tuple[int, str]]:
    """A key that puts `consumer 10` behind `consumer 9`: numbers by their length first."""
    parts = re.split(r"([0-9]+)", name)
    return [(len(part.lstrip("0")), part.lstrip("0")) if at % 2 else (-1, part) for at, part in enumerate(parts)]
