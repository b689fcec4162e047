"""Spots: where in the picture of a partition the witnesses of an anomaly are."""

import re
from collections.abc import Mapping
from functools import lru_cache

import attrs

from streambus.checkers import UNKNOWN_PARTITION, Action, Anomaly, Operation, Polled, Sent
from streambus.reporting import words
from streambus.reporting.measures import Span
from streambus.reporting.orders import Order, Place


@attrs.frozen
class Spot:
    """A witness's place: when it ended, in seconds, and at which offset, if it has one. `index` is its number among the witnesses."""

    index: int
    process: str
    at: float
    offset: int | None


def spots_of(anomaly: Anomaly, orders: Mapping[Place, Order], span: Span) -> tuple[Spot, ...]:
    """Of those witnesses that did something in the anomaly's partition."""
    order = orders.get((anomaly.topic, anomaly.partition))
    if order is None:
        return ()
    spots = []
    for index, operation in enumerate(anomaly.operations):
        actions = [action for action in operation.actions if is_about(action, anomaly)]
        if actions:
            nearest = min(actions, key=lambda action: (not is_named(action, anomaly), _distance(_told_offset(action), anomaly.offset)))
            at = operation.invoked_at if operation.completed_at is None else operation.completed_at
            spots.append(Spot(index, operation.process, span.at(at), _offset_of(operation, nearest, order)))
    return tuple(spots)


def is_named(action: Action, anomaly: Anomaly) -> bool:
    """Whether an action is where the anomaly is, or its value or its offset is in the anomaly's sentence."""
    offset = _told_offset(action)
    if offset is not None and is_about(action, anomaly) and (offset == anomaly.offset or offset in _numbers_in(anomaly.witness)):
        return True
    return isinstance(action, Sent | Polled) and words.value(action.value) in anomaly.witness


@lru_cache(maxsize=64)
def _numbers_in(sentence: str) -> frozenset[int]:
    """The numbers that a sentence says, those in quoted values left out."""
    return frozenset(int(number) for number in re.findall(r"(?<![\w.#-])[0-9]{1,18}(?![\w#-])", re.sub(r"“[^”]*”", "", sentence)))


def is_about(action: Action, anomaly: Anomaly) -> bool:
    """Whether an action, of whatever kind, is in the anomaly's partition, or may be."""
    return getattr(action, "topic", None) == anomaly.topic and getattr(action, "partition", None) in (anomaly.partition, UNKNOWN_PARTITION)


def _told_offset(action: Action) -> int | None:
    """The offset that an action speaks of: of a record, of a commit, or of a high watermark."""
    offset = getattr(action, "offset", getattr(action, "high_watermark", None))
    return offset if isinstance(offset, int) else None


def _distance(offset: int | None, suspect: int | None) -> int:
    return 0 if offset is None or suspect is None else abs(offset - suspect)


def _offset_of(operation: Operation, action: Action, order: Order) -> int | None:
    offset = _told_offset(action)
    if offset is not None or not isinstance(action, Sent):
        return offset
    mine = (send for send in order.sends if send.value == action.value and send.process == operation.process)
    return next((send.offset for send in mine), None)
