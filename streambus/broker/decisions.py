"""Decisions of the controller on their way: committed to the metadata log, and answered once they are durable.

Every request that changes metadata is carried out the same way: the controller decides (a pure function in `metadata`), the decision's
records are appended, and its reply waits in purgatory until they are durable. When they are not in time, or never will be, whatever the
reply says was done is doubtful: it is told as an error instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from streambus.broker.connections import Answer, Call
from streambus.kernel import MILLISECOND, Instant, Turn, message, sometimes
from streambus.metadata import Decision
from streambus.storage import StoreUnavailable
from streambus.wire import ErrorCode
from streambus.wire.primitives import Struct

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

IsSettled = Callable[["Broker", Any], bool]
"""Whether what one result of a reply says is true whatever becomes of decisions that are not durable yet."""


def is_refusal(_broker: Broker, result: Any) -> bool:
    """A refusal changed nothing, so nothing can come of it."""
    return bool(result.error_code != ErrorCode.NONE)


@message
class DelayedDecision:
    """A decided request whose records are in the metadata log up to `end_offset`, but not all durable."""

    call: Call
    end_offset: int
    reply: Any
    is_settled: IsSettled

    def try_complete(self, node: Broker) -> Answer | None:
        """The controller's reply once it is true."""
        if node.image_offset >= self.end_offset:
            return Answer(self.call, self.reply)
        if node.store.failed is not None:
            sometimes("decisions: one is doubted because the disk has failed")
            return Answer(self.call, _doubted(node, self.reply, ErrorCode.KAFKA_STORAGE_ERROR, self.is_settled))
        return None

    def expire(self, node: Broker) -> Answer:
        """Time is up: the decision stands, but nobody can say yet that it, and what it was made from, is durable."""
        sometimes("decisions: one is not durable in time")
        return Answer(self.call, _doubted(node, self.reply, ErrorCode.REQUEST_TIMED_OUT, self.is_settled))


def decide(
    broker: Broker, turn: Turn, call: Call, decision: Decision[Any], timeout: int | None = None, is_settled: IsSettled = is_refusal
) -> None:
    """Carry out a decision; its reply, a response with error codes in it, leaves once its records are durable.

    `timeout` in microseconds is the asker's; without one it is the broker's own.
    """
    try:
        end_offset = broker.commit(turn, decision.records)
    except StoreUnavailable:
        broker.answer(turn, call, _doubted(broker, decision.reply, ErrorCode.KAFKA_STORAGE_ERROR, is_settled))
        return
    deadline = Instant(turn.now + (broker.REQUEST_TIMEOUT if timeout is None else timeout))
    broker.delay(turn, DelayedDecision(call, end_offset, decision.reply, is_settled), (broker.METADATA_LOG,), deadline)


def asked_timeout(timeout_ms: int) -> int:
    """The time-out that a request asks for, in microseconds: none at all if it is negative."""
    return max(timeout_ms, 0) * MILLISECOND


def _doubted(broker: Broker, reply: Any, error: ErrorCode, is_settled: IsSettled) -> Any:
    """The reply of a decision that is not true yet, or never will be: what is not settled has this error instead."""
    for result in _results(reply):
        if not is_settled(broker, result):
            result.error_code = error
            if hasattr(result, "error_message"):
                result.error_message = None
    return reply


def _results(value: Any) -> Iterator[Any]:
    """Everything in a reply that says how something ended, outermost first."""
    if isinstance(value, list):
        for item in value:
            yield from _results(item)
    elif isinstance(value, Struct):
        if hasattr(value, "error_code"):
            yield value
        for name in value.__slots__:
            yield from _results(getattr(value, name))
