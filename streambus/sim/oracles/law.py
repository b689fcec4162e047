"""What the laws of single APIs have in common: how they are asked, and how they complain."""

from collections.abc import Callable
from typing import Any

import attrs

from streambus.kernel import MILLISECOND
from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.door import Asked

Ask = Callable[[BrokerModel, Asked], None]
Judge = Callable[[BrokerModel, Asked, Any], "str | None"]
Due = Callable[[BrokerModel, Asked], "str | None"]
Loading = Callable[[BrokerModel, Asked], bool]


def take_note_of_nothing(_model: BrokerModel, _asked: Asked) -> None:
    """Nothing has to be remembered from the moment of asking."""


def never_due(_model: BrokerModel, _asked: Asked) -> str | None:
    """Nobody can say when the answer must leave."""
    return None


def never_loading(_model: BrokerModel, _asked: Asked) -> bool:
    """Nothing that is wanted has to be read from the disk first."""
    return False


def due_at_once(_model: BrokerModel, _asked: Asked) -> str | None:
    """There is nothing to wait for."""
    return "nothing has to be waited for"


def due_when_decided(model: BrokerModel, _asked: Asked) -> str | None:
    """Whatever waits for a decision is answered when all that was decided is durable, or never will be."""
    if model.written.is_failed:
        return "the disk has failed"
    return None if model.node.uncommitted else "all that was decided is durable"


@attrs.frozen
class Law:
    """The law of one API. `ask` notes what the answer will have to say, `judge` says what is wrong with it, `due` why it must leave now,
    `is_loading` that it may be late, because what it is about must be read from the disk."""

    ask: Ask
    judge: Judge
    due: Due = never_due
    is_loading: Loading = never_loading


def wait_at_most(asked: Asked, milliseconds: int) -> None:
    """The request may wait that long."""
    asked.deadline = asked.arrived_at + max(milliseconds, 0) * MILLISECOND


def is_too_late(model: BrokerModel, asked: Asked) -> bool:
    """Whether the request's own time is up, or too many waited for it to wait as well."""
    return asked.is_crowded or (asked.deadline is not None and model.now >= asked.deadline)


def differs(what: str, expected: object, seen: object) -> str | None:
    """A complaint if two values differ."""
    return None if expected == seen else f"{what} is {seen}, expected {expected}"


def judge_partitions(
    model: BrokerModel, asked: Asked, body: Any, judge_result: Callable[[BrokerModel, Asked, Any, Any], str | None]
) -> str | None:
    """What is wrong with an answer that has one result for every partition, in the order of the request: `judge_result` says it of one."""
    results = [(topic.name, result) for topic in body.topics for result in topic.partitions]
    if len(results) != len(asked.expected):
        return f"there are {len(results)} results for {len(asked.expected)} partitions"
    for expected, (name, result) in zip(asked.expected, results, strict=True):
        complaint = differs("the partition", (expected.name, expected.index), (name, result.partition_index))
        complaint = complaint or judge_result(model, asked, expected, result)
        if complaint is not None:
            return f"{expected.name}-{expected.index}: {complaint}"
    return None
