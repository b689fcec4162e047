"""InitProducerId: numbers that no two producers share.

The controller hands out blocks of 1,000 by a record in the metadata log; the broker hands out the numbers of its block from memory.
After a restart the rest of the block is lost, never used twice (KIP-98, AllocateProducerIds).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus.broker.connections import Answer, Call
from streambus.kernel import Instant, Turn, message
from streambus.metadata import METADATA_LOG
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

InitProducerIdResponse = messages.InitProducerIdResponse


class ProducerIds:
    """The block that this broker holds."""

    def __init__(self) -> None:
        self.next = 0
        self.end = 0
        self.is_asked = False

    def grant(self, first: int, end: int) -> None:
        """The controller gave `[first, end)`."""
        self.next, self.end = first, end
        self.is_asked = False

    def take(self) -> int | None:
        """A number that nobody has, or None if the block is used up."""
        if self.next >= self.end:
            return None
        self.next += 1
        return self.next - 1


@message
class DelayedInitProducerId:
    """A producer that waits for the next block."""

    call: Call

    def try_complete(self, node: Broker) -> Answer | None:
        """The answer once there is a number."""
        producer_id = node.producer_ids.take()
        if producer_id is None:
            return None
        return Answer(self.call, InitProducerIdResponse(producer_id=producer_id, producer_epoch=0))

    def expire(self, node: Broker) -> Answer:
        """The answer if no block came: try again."""
        return Answer(self.call, _refuse(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS))


def init_producer_id(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out an InitProducerId request (versions 0-5) of an idempotent producer."""
    request: messages.InitProducerIdRequest = call.request.body
    if request.transactional_id is not None:
        # Without a transaction coordinator the honest answer is that it is not here.
        error = ErrorCode.INVALID_REQUEST if request.transactional_id == "" else ErrorCode.COORDINATOR_NOT_AVAILABLE
        broker.answer(turn, call, _refuse(error))
        return
    ids = broker.producer_ids
    delayed = DelayedInitProducerId(call)
    broker.delay(turn, delayed, (METADATA_LOG,), Instant(turn.now + broker.REQUEST_TIMEOUT))
    if ids.next >= ids.end and not ids.is_asked:
        ids.is_asked = True
        broker.allocate_producer_ids(turn)


def _refuse(error: ErrorCode) -> InitProducerIdResponse:
    return InitProducerIdResponse(error_code=error, producer_id=-1, producer_epoch=-1)
