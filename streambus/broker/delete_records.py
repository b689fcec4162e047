"""DeleteRecords: partitions begin later, because somebody asks for it.

The answer says where each partition begins now. It waits until that is durable: records that were said to be deleted do not come back.
The space comes back when the store drops what nobody needs any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus.broker.connections import Answer, Call, Outcome
from streambus.broker.upkeep import trim
from streambus.kernel import MILLISECOND, Instant, Turn, message, sometimes
from streambus.metadata import is_internal
from streambus.replication import Partition
from streambus.storage import StoreUnavailable
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

DeleteRecordsResponse = messages.DeleteRecordsResponse
TopicResult = DeleteRecordsResponse.DeleteRecordsTopicResult
PartitionResult = DeleteRecordsResponse.DeleteRecordsPartitionResult

HIGH_WATERMARK = -1
"""The offset that stands for everything that can be read."""

NO_WATERMARK = -1


class DeletionRefused(Exception):
    """Nothing of this partition is deleted, and this is why."""

    def __init__(self, error: ErrorCode) -> None:
        super().__init__(error)
        self.error = error


@message
class DelayedDeletion:
    """Records were deleted, and all of it is durable when the log of the store is, up to `end_position`."""

    call: Call
    end_position: int
    response: DeleteRecordsResponse

    def try_complete(self, node: Broker) -> Outcome | None:
        """The answer, once it will still be true after a crash."""
        if node.store.wal.durable >= self.end_position:
            return Answer(self.call, self.response)
        return self._fail(ErrorCode.KAFKA_STORAGE_ERROR) if node.store.failed is not None else None

    def expire(self, node: Broker) -> Outcome:
        """Time is up: nobody knows yet whether it is durable."""
        return self._fail(ErrorCode.REQUEST_TIMED_OUT)

    def _fail(self, error: ErrorCode) -> Answer:
        for topic in self.response.topics:
            for result in topic.partitions:
                if result.error_code == ErrorCode.NONE:
                    result.low_watermark, result.error_code = NO_WATERMARK, error
        return Answer(self.call, self.response)


def delete_records(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a DeleteRecords request (versions 0-2). Of a partition that is named twice, the last offset counts."""
    request: messages.DeleteRecordsRequest = call.request.body
    asked: dict[str, dict[int, int]] = {}
    for topic in request.topics:
        for partition in topic.partitions:
            asked.setdefault(topic.name, {})[partition.partition_index] = partition.offset
    topics = [
        TopicResult(name=name, partitions=[_result(broker, turn, name, index, offset) for index, offset in offsets.items()])
        for name, offsets in asked.items()
    ]
    delayed = DelayedDeletion(call, broker.store.wal.end, DeleteRecordsResponse(topics=topics))
    broker.delay(turn, delayed, (broker.WAL,), Instant(turn.now + max(request.timeout_ms, 0) * MILLISECOND))


def _result(broker: Broker, turn: Turn, topic: str, index: int, offset: int) -> PartitionResult:
    result = PartitionResult(partition_index=index, low_watermark=NO_WATERMARK)
    try:
        result.low_watermark = _delete(broker, turn, _partition(broker, topic, index), offset)
    except DeletionRefused as refusal:
        result.error_code = refusal.error
    return result


def _partition(broker: Broker, topic: str, index: int) -> Partition:
    partition = broker.partitions.get((topic, index))
    if partition is None:
        raise DeletionRefused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    if is_internal(topic):
        raise DeletionRefused(ErrorCode.INVALID_TOPIC_EXCEPTION)
    return partition


def _delete(broker: Broker, turn: Turn, partition: Partition, offset: int) -> int:
    """Delete the records below `offset`; return where the partition begins then."""
    config = broker.image.topic_config(partition.topic)
    if config.is_compacted and not config.is_deleted:
        raise DeletionRefused(ErrorCode.POLICY_VIOLATION)
    start_offset = partition.high_watermark if offset == HIGH_WATERMARK else offset
    if not 0 <= start_offset <= partition.high_watermark:
        raise DeletionRefused(ErrorCode.OFFSET_OUT_OF_RANGE)
    if start_offset > partition.log.log_start_offset:
        sometimes("broker: records are deleted because somebody asked for it")
        try:
            trim(broker, turn, partition, start_offset, is_unwanted=True)
        except StoreUnavailable as unavailable:
            raise DeletionRefused(ErrorCode.KAFKA_STORAGE_ERROR) from unavailable
    return partition.log.log_start_offset
