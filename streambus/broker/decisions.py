"""Decisions of the controller on their way: committed to the metadata log, and answered once they are durable.

Every request that changes metadata is carried out the same way: the controller decides (a pure function in `metadata`), the decision's
records are appended, and its reply waits in purgatory until they are durable. When they are not in time, or never will be, whatever the
reply says was done is doubtful: it is told as an error instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from streambus.broker.connections import Answer, Call
from streambus.kernel import MILLISECOND, Instant, Turn, message, sometimes
from streambus.metadata import Decision
from streambus.storage import StoreUnavailable
from streambus.wire import ErrorCode
from streambus.wire.primitives import Struct

if TYPE_CHECKING:
    from streambus.broker.broker import Broker


@message
class DelayedDecision:
    """A decided request whose records are in the metadata log up to `end_offset`, but not all durable."""

    call: Call
    end_offset: int
    reply: Any

    def is_settled(self, node: Broker, result: Any) -> bool:
        """Whether what one result of the reply says is true whatever becomes of decisions that are not durable yet.

        A refusal changed nothing, so nothing can come of it. Kinds of requests whose refusals rest on other decisions know better.
        """
        return bool(result.error_code != ErrorCode.NONE)

    def try_complete(self, node: Broker) -> Answer | None:
        """The controller's reply once it is true."""
        if node.image_offset >= self.end_offset:
            return Answer(self.call, self.reply)
        if node.store.failed is not None:
            sometimes("decisions: one is doubted because the disk has failed")
            return self.doubted(node, ErrorCode.KAFKA_STORAGE_ERROR)
        return None

    def expire(self, node: Broker) -> Answer:
        """Time is up: the decision stands, but nobody can say yet that it, and what it was made from, is durable."""
        sometimes("decisions: one is not durable in time")
        return self.doubted(node, ErrorCode.REQUEST_TIMED_OUT)

    def doubted(self, node: Broker, error: ErrorCode) -> Answer:
        """The reply of a decision that is not true yet, or never will be: what is not settled has this error instead."""
        for result in _results(self.reply):
            if not self.is_settled(node, result):
                result.error_code = error
                if hasattr(result, "error_message"):
                    result.error_message = None
        return Answer(self.call, self.reply)


def decide(
    broker: Broker,
    turn: Turn,
    call: Call,
    decision: Decision[Any],
    timeout: int | None = None,
    kind: type[DelayedDecision] = DelayedDecision,
) -> None:
    """Carry out a decision; its reply, a response with error codes in it, leaves once its records are durable.

    `timeout` in microseconds is the asker's; without one it is the broker's own. `kind` knows what of the reply is settled.
    """
    try:
        end_offset = broker.commit(turn, decision.records)
    except StoreUnavailable:
        broker.conclude(turn, kind(call, 0, decision.reply).doubted(broker, ErrorCode.KAFKA_STORAGE_ERROR))
        return
    deadline = Instant(turn.now + (broker.REQUEST_TIMEOUT if timeout is None else timeout))
    broker.delay(turn, kind(call, end_offset, decision.reply), (broker.METADATA_LOG,), deadline)


def asked_timeout(timeout_ms: int) -> int:
    """The time-out that a request asks for, in microseconds: none at all if it is negative."""
    return max(timeout_ms, 0) * MILLISECOND


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
