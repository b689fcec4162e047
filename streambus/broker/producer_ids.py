"""InitProducerId: numbers that no two producers share.

The controller hands out blocks of 1,000 by a record in the metadata log; the broker hands out the numbers of its block from memory.
After a restart the rest of the block is lost, never used twice (KIP-98, AllocateProducerIds).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus.broker.connections import Answer, Call
from streambus.kernel import Instant, Turn, message, sometimes
from streambus.storage import StoreUnavailable
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

InitProducerIdResponse = messages.InitProducerIdResponse

NO_PRODUCER_ID = -1
NO_PRODUCER_EPOCH = -1


class ProducerIds:
    """The block that this broker holds, and the next one if it is on its way."""

    def __init__(self) -> None:
        self.next = 0
        self.end = 0
        self.promised: tuple[int, int, int] | None = None

    def promise(self, end_offset: int, first: int, length: int) -> None:
        """`length` numbers from `first` are ours once the metadata log is durable up to `end_offset`."""
        self.promised = (end_offset, first, first + length)

    def take(self, durable_end: int) -> int | None:
        """A number that nobody else ever gets, or None if there is none yet. The metadata log is durable up to `durable_end`."""
        if self.next >= self.end and self.promised is not None and durable_end >= self.promised[0]:
            sometimes("producer ids: a new block is begun")
            _, self.next, self.end = self.promised
            self.promised = None
        if self.next >= self.end:
            return None
        self.next += 1
        return self.next - 1

    @property
    def must_ask(self) -> bool:
        """True if there is nothing left and nothing on its way."""
        return self.next >= self.end and self.promised is None


@message
class DelayedInitProducerId:
    """A producer that waits for the next block."""

    call: Call

    def try_complete(self, node: Broker) -> Answer | None:
        """The answer once there is a number."""
        producer_id = node.producer_ids.take(node.image_offset)
        if producer_id is not None:
            return Answer(self.call, InitProducerIdResponse(producer_id=producer_id, producer_epoch=0))
        return self.expire(node) if node.store.failed is not None else None

    def expire(self, node: Broker) -> Answer:
        """The answer if no block came: try again."""
        return Answer(self.call, _refuse(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS))


def init_producer_id(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out an InitProducerId request (versions 0-5) of an idempotent producer."""
    request: messages.InitProducerIdRequest = call.request.body
    if (request.producer_id == NO_PRODUCER_ID) != (request.producer_epoch == NO_PRODUCER_EPOCH):
        broker.answer(turn, call, _refuse(ErrorCode.INVALID_REQUEST))
        return
    if request.transactional_id is not None:
        # Without a transaction coordinator the honest answer is that it is not here.
        error = ErrorCode.INVALID_REQUEST if request.transactional_id == "" else ErrorCode.COORDINATOR_NOT_AVAILABLE
        broker.answer(turn, call, _refuse(error))
        return
    if turn.buggify("producer ids: the rest of a block is thrown away"):
        broker.producer_ids.next = broker.producer_ids.end
    if broker.producer_ids.must_ask:
        _ask_for_block(broker, turn)
    broker.delay(turn, DelayedInitProducerId(call), (broker.METADATA_LOG,), Instant(turn.now + broker.REQUEST_TIMEOUT))


def _ask_for_block(broker: Broker, turn: Turn) -> None:
    decision = broker.controller.allocate_producer_ids(broker.broker_epoch)
    try:
        end_offset = broker.commit(turn, decision.records)
    except StoreUnavailable:
        return
    assert decision.reply.error_code == ErrorCode.NONE, decision.reply
    broker.producer_ids.promise(end_offset, decision.reply.first, decision.reply.length)


def _refuse(error: ErrorCode) -> InitProducerIdResponse:
    return InitProducerIdResponse(error_code=error, producer_id=-1, producer_epoch=-1)
