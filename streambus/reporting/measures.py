"""Measures: from a history to the few numbers that a plot needs. Bounded in size whatever the size of the history.

Times are in seconds since the first thing that happened.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

import attrs

from streambus.checkers import Anomaly, Fault, History, Operation, Outcome, Polled, Sent

Mark = TypeVar("Mark", tuple[float, int], tuple[float, int, int])

QUANTILES = (50, 95, 99, 100)
"""In percent; 100 is the maximum."""


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


@attrs.frozen
class Track:
    """One partition's offsets over time, thinned out: points `(seconds, offset)`, strokes `(seconds, first offset, last offset)`."""

    topic: str
    partition: int
    acknowledged: list[tuple[float, int]]
    read: list[tuple[float, int, int]]
    """What one poll returned, from its lowest to its highest offset."""
    suspects: list[tuple[float, int]]
    """Where anomalies are."""


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
    names = sorted(by_process, key=_natural)
    if len(names) > lanes_max:
        busiest = sorted(names, key=lambda name: -len(by_process[name]))[: lanes_max - 1]
        names = sorted(busiest, key=_natural)
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


def latencies_of(history: History, span: Span, buckets: int) -> list[tuple[float, list[int]]]:
    """For each stretch of time in which sends were acknowledged: its middle, and the `QUANTILES` of their latency in microseconds."""
    filled: list[list[int]] = [[] for _ in range(buckets)]
    for operation in history.operations:
        if operation.outcome is Outcome.OK and operation.completed_at is not None and _has_sends(operation):
            filled[_bucket(operation.completed_at, span, buckets)].append(operation.completed_at - operation.invoked_at)
    width = span.seconds / buckets
    return [((at + 0.5) * width, quantiles(latencies)) for at, latencies in enumerate(filled) if latencies]


def quantiles(numbers: Sequence[int]) -> list[int]:
    """The `QUANTILES` of some numbers, at least one: the smallest number that so many percent are not above."""
    ranked = sorted(numbers)
    return [ranked[max(0, -(-len(ranked) * percent // 100) - 1)] for percent in QUANTILES]


def send_latencies(history: History) -> list[int]:
    """How long every acknowledged send took, in microseconds."""
    return [
        operation.completed_at - operation.invoked_at
        for operation in history.operations
        if operation.outcome is Outcome.OK and operation.completed_at is not None and _has_sends(operation)
    ]


def rates_of(history: History, span: Span, buckets: int) -> dict[str, list[float]]:
    """Records per second in each of `buckets` equal stretches of time: acknowledged, read, and neither acknowledged nor certain."""
    counts = {"acknowledged": [0] * buckets, "read": [0] * buckets, "failed or unknown": [0] * buckets}
    for operation in history.operations:
        when = operation.invoked_at if operation.completed_at is None else operation.completed_at
        at = _bucket(when, span, buckets)
        ok = operation.outcome is Outcome.OK
        for action in operation.actions:
            if isinstance(action, Sent):
                counts["acknowledged" if ok else "failed or unknown"][at] += 1
            elif isinstance(action, Polled) and ok:
                counts["read"][at] += 1
    width = span.seconds / buckets
    return {name: [number / width for number in numbers] for name, numbers in counts.items()}


def tracks_of(history: History, anomalies: Iterable[Anomaly], span: Span, tracks_max: int, resolution: int) -> list[Track]:
    """Offsets over time, for the partitions with anomalies and then the first others, `tracks_max` at most, in order of name."""
    acknowledged: dict[tuple[str, int], list[tuple[float, int]]] = {}
    read: dict[tuple[str, int], list[tuple[float, int, int]]] = {}
    suspects: dict[tuple[str, int], list[tuple[float, int]]] = {}
    for operation in history.operations:
        if operation.outcome is not Outcome.OK or operation.completed_at is None:
            continue
        seconds = span.at(operation.completed_at)
        for place, first, last in _strokes(operation):
            read.setdefault(place, []).append((seconds, first, last))
        for action in operation.actions:
            if isinstance(action, Sent) and action.offset is not None:
                acknowledged.setdefault((action.topic, action.partition), []).append((seconds, action.offset))
    for anomaly in anomalies:
        if anomaly.offset is not None and anomaly.operations:
            suspects.setdefault((anomaly.topic, anomaly.partition), []).append((span.at(_shown_at(anomaly)), anomaly.offset))
    places = sorted({**acknowledged, **read, **suspects}, key=lambda place: (place not in suspects, place))[:tracks_max]
    return [
        Track(
            *place,
            _thinned(acknowledged.get(place, []), span, resolution),
            _thinned(read.get(place, []), span, resolution),
            _thinned(suspects.get(place, []), span, resolution),
        )
        for place in sorted(places)
    ]


def _strokes(operation: Operation) -> list[tuple[tuple[str, int], int, int]]:
    """For each partition that an operation has read from: its lowest and its highest offset."""
    reach: dict[tuple[str, int], tuple[int, int]] = {}
    for action in operation.actions:
        if isinstance(action, Polled):
            first, last = reach.get((action.topic, action.partition), (action.offset, action.offset))
            reach[action.topic, action.partition] = (min(first, action.offset), max(last, action.offset))
    return [(place, first, last) for place, (first, last) in reach.items()]


def _shown_at(anomaly: Anomaly) -> int:
    """When an anomaly's offset was last acknowledged or read by its witnesses; if it never was, when the last of them was done."""
    place = (anomaly.topic, anomaly.partition, anomaly.offset)
    witnesses = [
        operation
        for operation in anomaly.operations
        if any(
            isinstance(action, Sent | Polled) and (action.topic, action.partition, action.offset) == place for action in operation.actions
        )
    ]
    last = (witnesses or anomaly.operations)[-1]
    return last.invoked_at if last.completed_at is None else last.completed_at


def _has_sends(operation: Operation) -> bool:
    return any(isinstance(action, Sent) for action in operation.actions)


def _bucket(time: int, span: Span, buckets: int) -> int:
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


def _thinned(marks: list[Mark], span: Span, resolution: int) -> list[Mark]:
    """In order of time, one mark of those that fall together on a grid of `resolution` by `resolution` cells.

    The grid is made coarser until there are no more than four marks per column.
    """
    lowest: int = min((offset for _, *offsets in marks for offset in offsets), default=0)
    height: int = max((offset for _, *offsets in marks for offset in offsets), default=0) - lowest + 1
    marks = sorted(marks)
    while True:
        cells: dict[tuple[int, ...], Mark] = {}
        for mark in marks:
            seconds, *offsets = mark
            cell = (int(seconds / span.seconds * resolution), *[(offset - lowest) * resolution // height for offset in offsets])
            cells.setdefault(cell, mark)
        marks = list(cells.values())
        if len(marks) <= 4 * resolution or resolution < 2:
            return marks
        resolution //= 2


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that puts `consumer 10` behind `consumer 9`: numbers by their length first."""
    parts = re.split(r"([0-9]+)", name)
    return [(len(part.lstrip("0")), part.lstrip("0")) if at % 2 else (-1, part) for at, part in enumerate(parts)]
