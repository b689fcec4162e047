"""DescribeProducers: who writes to a partition with a producer id, as far as its log remembers (KIP-664).

The tool that looks for hanging transactions asks this of every partition. Producers of which nothing was heard for as long as
`producer.id.expiration.ms` are not told, even if the log has not swept them out yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus.broker.connections import Call
from streambus.kernel import MILLISECOND, Turn
from streambus.metadata import name_complaint
from streambus.replication import Partition
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

DescribeProducersResponse = messages.DescribeProducersResponse
TopicResponse = DescribeProducersResponse.TopicResponse
PartitionResponse = DescribeProducersResponse.PartitionResponse
ProducerState = DescribeProducersResponse.ProducerState

NO_COORDINATOR_EPOCH = -1
NO_TRANSACTION = -1
NOT_HOSTED = "This server does not host this topic-partition."


def describe_producers(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a DescribeProducers request (version 0)."""
    request: messages.DescribeProducersRequest = call.request.body
    now_ms = turn.now // MILLISECOND
    topics = [
        TopicResponse(name=topic.name, partitions=[_describe(broker, topic.name, index, now_ms) for index in topic.partition_indexes])
        for topic in request.topics
    ]
    broker.answer(turn, call, DescribeProducersResponse(topics=topics))


def _describe(broker: Broker, topic: str, index: int, now_ms: int) -> PartitionResponse:
    partition = broker.partitions.get((topic, index))
    if partition is not None:
        return PartitionResponse(partition_index=index, error_code=ErrorCode.NONE, active_producers=_active(partition, now_ms))
    complaint = name_complaint(topic)
    if complaint is not None:
        return PartitionResponse(partition_index=index, error_code=ErrorCode.INVALID_TOPIC_EXCEPTION, error_message=complaint)
    # Kafka says it in words only if it is the topic that is not here.
    text = None if topic in broker.image.topics else NOT_HOSTED
    return PartitionResponse(partition_index=index, error_code=ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, error_message=text)


def _active(partition: Partition, now_ms: int) -> list[ProducerState]:
    """The producers that are remembered, in the order of their ids."""
    producers = partition.log.producers
    return [
        ProducerState(
            producer_id=producer_id,
            producer_epoch=producer.producer_epoch,
            last_sequence=producer.batches[-1].last_sequence,
            last_timestamp=producer.batches[-1].timestamp,
            coordinator_epoch=NO_COORDINATOR_EPOCH,
            current_txn_start_offset=NO_TRANSACTION,
        )
        for producer_id, producer in sorted(producers.by_id.items())
        if producer.batches and now_ms - producer.last_active_ms < producers.expiration_ms
    ]
