"""Producer ids: handed to brokers in blocks, so that a broker asks once in a thousand producers (KIP-730)."""

from streambus.kernel import message
from streambus.metadata.config_definitions import LONG_MAX
from streambus.metadata.decision import Decision
from streambus.metadata.image import Image
from streambus.wire import ErrorCode, messages

BLOCK_SIZE = 1000


@message
class ProducerIds:
    """`length` producer ids from `first`, the asking broker's alone, or the reason why there are none."""

    error_code: ErrorCode
    first: int = -1
    length: int = 0


def allocate_producer_ids(image: Image, broker_id: int, broker_epoch: int) -> Decision[ProducerIds]:
    """Give the next block to this life of `broker_id`. What a broker does not use of a block is lost, never given again."""
    broker = image.brokers.get(broker_id)
    if broker is None:
        return Decision((), ProducerIds(ErrorCode.BROKER_ID_NOT_REGISTERED))
    if broker.broker_epoch != broker_epoch:
        return Decision((), ProducerIds(ErrorCode.STALE_BROKER_EPOCH))
    first = image.next_producer_id
    if first > LONG_MAX - BLOCK_SIZE:
        return Decision((), ProducerIds(ErrorCode.UNKNOWN_SERVER_ERROR))
    record = messages.ProducerIdsRecord(broker_id=broker_id, broker_epoch=broker_epoch, next_producer_id=first + BLOCK_SIZE)
    return Decision((record,), ProducerIds(ErrorCode.NONE, first, BLOCK_SIZE))
