"""Lags: how far readers are behind, and what nobody has read yet, at some hundreds of moments of a run.

The lag of a reader in a partition is what had been acknowledged there and lies behind everything that it has read. In records it is the
newest acknowledged offset minus the newest one read; in time, how long ago the first of those records was acknowledged: a record was there
to be read for so long, and the reader had not seen it. A reader's lag is told from its first read of the partition to its last.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping

import attrs

from streambus.checkers import Operation, Outcome, Polled, Sent
from streambus.reporting.measures import Span, natural
from streambus.reporting.orders import Order, Place


@attrs.frozen
class Sample:
    """A reader's lag at one moment, in seconds and records."""

    at: float
    records: int
    seconds: float


@attrs.frozen
class Lag:
    """One partition's lag: samples by reader."""

    topic: str
    partition: int
    readers: dict[str, list[Sample]]

    @property
    def worst(self) -> tuple[str, Sample] | None:
        """The reader that was longest behind, and when. None if nobody read."""
        every = [(reader, sample) for reader, samples in self.readers.items() for sample in samples]
        return max(every, key=lambda one: (one[1].seconds, one[1].records), default=None)


def moments_of(span: Span, count: int) -> list[float]:
    """`count` moments, the end included."""
    return [(at + 1) * span.seconds / count for at in range(count)]


def lag_of(order: Order, moments: list[float]) -> Lag:
    """The lag of every reader of a partition at `moments`."""
    offsets, times = _acknowledged(order)
    readings: dict[str, list[tuple[float, int]]] = {}
    for reading in order.readings:
        readings.setdefault(reading.process, []).append((reading.at, reading.last))
    return Lag(
        order.topic, order.partition, {reader: _samples(sorted(readings[reader]), offsets, times, moments) for reader in order.readers}
    )


def _acknowledged(order: Order) -> tuple[list[int], list[float]]:
    """Every new highest acknowledged offset, and when it came to be."""
    acknowledged = sorted(
        (send.ended, send.offset)
        for send in order.sends
        if send.outcome is Outcome.OK and send.ended is not None and send.offset is not None
    )
    offsets: list[int] = []
    times: list[float] = []
    for time, offset in acknowledged:
        if not offsets or offset > offsets[-1]:
            offsets.append(offset)
            times.append(time)
    return offsets, times


def _samples(readings: list[tuple[float, int]], offsets: list[int], times: list[float], moments: list[float]) -> list[Sample]:
    samples = []
    at, newest = 0, -1
    first, last = readings[0][0], readings[-1][0]
    for moment in [first, *(moment for moment in moments if first < moment < last), last]:
        while at < len(readings) and readings[at][0] <= moment:
            newest = max(newest, readings[at][1])
            at += 1
        there = bisect_right(times, moment)
        unread = bisect_right(offsets, newest)
        if unread < there:
            samples.append(Sample(moment, offsets[there - 1] - newest, moment - times[unread]))
        else:
            samples.append(Sample(moment, 0, 0.0))
    return samples


@attrs.frozen
class Unseen:
    """Acknowledged records that nobody had read yet, at some moments: of each partition."""

    moments: list[float]
    counts: dict[Place, list[int]]

    @property
    def total(self) -> list[int]:
        """Of all partitions together."""
        return [sum(numbers) for numbers in zip(*self.counts.values(), strict=True)] if self.counts else [0] * len(self.moments)


def unseen_of(operations: Iterable[Operation], span: Span, moments: list[float]) -> Unseen:
    """How many records had been acknowledged and read by nobody, at `moments`. A partition that only had unknown sends is left out."""
    acknowledged: dict[bytes, tuple[Place, float]] = {}
    seen: dict[bytes, float] = {}
    for operation in operations:
        time = span.at(operation.invoked_at if operation.completed_at is None else operation.completed_at)
        for action in operation.actions:
            if type(action) is Sent and operation.outcome is Outcome.OK:
                acknowledged[action.value] = ((action.topic, action.partition), time)
            elif type(action) is Polled and seen.get(action.value, time) >= time:
                seen[action.value] = time
    changes: dict[Place, list[tuple[float, int]]] = {}
    for value, (place, time) in acknowledged.items():
        moves = changes.setdefault(place, [])
        read = seen.get(value)
        if read is None or read > time:
            moves.append((time, 1))
            if read is not None:
                moves.append((read, -1))
    return Unseen(moments, {place: _counted(changes[place], moments) for place in sorted(changes)})


def _counted(changes: list[tuple[float, int]], moments: list[float]) -> list[int]:
    changes.sort()
    counts, at, number = [], 0, 0
    for moment in moments:
        while at < len(changes) and changes[at][0] <= moment:
            number += changes[at][1]
            at += 1
        counts.append(number)
    return counts


def readers_of(lags: Iterable[Lag]) -> list[str]:
    """Everybody who reads in some partitions, in order of name."""
    return sorted({reader: None for lag in lags for reader in lag.readers}, key=natural)


def worst_first(lags: Mapping[Place, Lag]) -> list[Place]:
    """Partitions by their worst lag."""
    return sorted(lags, key=lambda place: (-(worst[1].seconds if (worst := lags[place].worst) else -1.0), place))
