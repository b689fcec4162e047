"""Orders: what senders and readers learnt of each partition, laid out so that it can be drawn over time and offset.

A send whose fate its sender does not know may have been read all the same: then its offset is known after all. What was read is a fact,
whatever became of the operation, a transaction say, in which it was.
"""

from collections.abc import Iterable

import attrs

from streambus.checkers import Action, Committed, Observed, Operation, Outcome, Polled, Sent
from streambus.reporting.measures import Span, natural

Place = tuple[str, int]
"""Topic and partition."""


@attrs.frozen
class Send:
    """One record on its way: from the call to the answer, in seconds. `ended` is None if the answer never came.

    `offset` is the acknowledged one, or where the record was read although nobody had acknowledged it, or None.
    """

    process: str
    outcome: Outcome
    began: float
    ended: float | None
    offset: int | None
    value: bytes


@attrs.frozen
class Reading:
    """Successive offsets that one operation returned, `first` to `last`, in seconds."""

    process: str
    at: float
    first: int
    last: int


@attrs.frozen
class Note:
    """An offset that a client told a group, or was told by the leader, in seconds."""

    process: str
    at: float
    offset: int


@attrs.define
class Order:
    """All that is known of one partition."""

    topic: str
    partition: int
    sends: list[Send] = attrs.field(factory=list)
    readings: list[Reading] = attrs.field(factory=list)
    commits: list[Note] = attrs.field(factory=list)
    """Offsets that groups committed."""
    watermarks: list[Note] = attrs.field(factory=list)
    """High watermarks that the leader told."""
    values: dict[int, bytes] = attrs.field(factory=dict)
    """The first value that anybody saw at an offset."""

    @property
    def place(self) -> Place:
        """Which partition."""
        return (self.topic, self.partition)

    @property
    def readers(self) -> list[str]:
        """Who read, in order of name."""
        return sorted({reading.process: None for reading in self.readings}, key=natural)

    @property
    def writers(self) -> list[str]:
        """Who sent, in order of name."""
        return sorted({send.process: None for send in self.sends}, key=natural)

    @property
    def reach(self) -> tuple[int, int]:
        """The lowest and the highest offset known."""
        offsets = [send.offset for send in self.sends if send.offset is not None]
        lowest = [*offsets, *(reading.first for reading in self.readings)]
        highest = [*offsets, *(reading.last for reading in self.readings)]
        return min(lowest, default=0), max(highest, default=0)


def orders_of(operations: Iterable[Operation], span: Span) -> dict[Place, Order]:
    """Every partition that was written or read, in order of name."""
    orders: dict[Place, Order] = {}
    unplaced: dict[bytes, None] = {}
    found: dict[bytes, tuple[Place, int]] = {}
    operations = list(operations)
    for operation in operations:
        for action in operation.actions:
            if type(action) is Sent and action.offset is None:
                unplaced[action.value] = None
    for operation in operations:
        if operation.actions:
            _read(operation, span, orders, unplaced, found)
    for operation in operations:
        for action in operation.actions:
            if type(action) is Sent:
                _sent(operation, action, span, orders, found)
            elif type(action) in (Committed, Observed) and operation.outcome is Outcome.OK:
                _noted(operation, action, span, orders)
    return {place: orders[place] for place in sorted(orders)}


def _read(
    operation: Operation, span: Span, orders: dict[Place, Order], unplaced: dict[bytes, None], found: dict[bytes, tuple[Place, int]]
) -> None:
    at = span.at(operation.invoked_at if operation.completed_at is None else operation.completed_at)
    order: Order | None = None
    first = last = 0
    for action in operation.actions:
        if type(action) is not Polled:
            continue
        offset = action.offset
        if order is not None and offset == last + 1 and action.partition == order.partition and action.topic == order.topic:
            last = offset
        else:
            if order is not None:
                order.readings.append(Reading(operation.process, at, first, last))
            order = _order(orders, (action.topic, action.partition))
            first = last = offset
        order.values.setdefault(offset, action.value)
        if action.value in unplaced:
            found.setdefault(action.value, (order.place, offset))
    if order is not None:
        order.readings.append(Reading(operation.process, at, first, last))


def _sent(operation: Operation, sent: Sent, span: Span, orders: dict[Place, Order], found: dict[bytes, tuple[Place, int]]) -> None:
    place, offset = (sent.topic, sent.partition), sent.offset
    if offset is None and sent.value in found:
        place, offset = found[sent.value]
    ended = None if operation.completed_at is None else span.at(operation.completed_at)
    order = _order(orders, place)
    order.sends.append(Send(operation.process, operation.outcome, span.at(operation.invoked_at), ended, offset, sent.value))
    if offset is not None:
        order.values.setdefault(offset, sent.value)


def _noted(operation: Operation, action: Action, span: Span, orders: dict[Place, Order]) -> None:
    at = span.at(operation.invoked_at if operation.completed_at is None else operation.completed_at)
    if isinstance(action, Committed):
        _order(orders, (action.topic, action.partition)).commits.append(Note(operation.process, at, action.offset))
    elif isinstance(action, Observed) and action.high_watermark is not None:
        _order(orders, (action.topic, action.partition)).watermarks.append(Note(operation.process, at, action.high_watermark))


def _order(orders: dict[Place, Order], place: Place) -> Order:
    order = orders.get(place)
    if order is None:
        order = orders[place] = Order(*place)
    return order
