"""DescribeTopicPartitions: a view of topics in pages of bounded size (KIP-966)."""

from __future__ import annotations

from streambus.metadata.authorized_operations import ALL_TOPIC_OPERATIONS, NOT_ASKED_FOR
from streambus.metadata.image import Image
from streambus.metadata.reachability import is_reachable, offline_replicas
from streambus.metadata.registrations import NO_LEADER, PartitionRegistration, TopicImage
from streambus.metadata.topic_names import is_internal, why_unknown
from streambus.wire import ZERO_UUID, ErrorCode, messages


def describe_topic_partitions(
    image: Image, request: messages.DescribeTopicPartitionsRequest, *, listener: str
) -> messages.DescribeTopicPartitionsResponse:
    """One page: topics in the order of names, from the request's cursor, as many partitions as request and broker allow.

    Without topics in the request all are meant. The response's cursor says where the next page begins; null: this was the last.
    """
    response = messages.DescribeTopicPartitionsResponse
    asked = list(dict.fromkeys(topic.name for topic in request.topics))
    names = sorted(asked) or list(image.topics)
    cursor = request.cursor
    if "" in asked and cursor is None:
        return response(topics=[_unknown(name, ErrorCode.UNKNOWN_SERVER_ERROR, NOT_ASKED_FOR) for name in asked])
    if cursor is not None:
        if cursor.partition_index < 0 or (asked and cursor.topic_name not in asked):
            return response(topics=[_unknown(name, ErrorCode.INVALID_REQUEST, NOT_ASKED_FOR) for name in asked])
        names = [name for name in names if name >= cursor.topic_name]
    limit = image.properties.number("max.request.partition.size.limit")
    remaining = max(min(limit, request.response_partition_limit), 1)
    topics: list[messages.DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic] = []
    for name in names:
        first = cursor.partition_index if cursor is not None and cursor.topic_name == name else 0
        if remaining == 0:
            return response(topics=topics, next_cursor=response.Cursor(topic_name=name, partition_index=first))
        topic = image.topics.get(name)
        if topic is None:
            topics.append(_unknown(name, why_unknown(name), ALL_TOPIC_OPERATIONS))
            continue
        last = min(len(topic), first + remaining)
        topics.append(_describe(image, topic, first, last, listener))
        remaining -= max(last - first, 0)
        if last < len(topic):
            return response(topics=topics, next_cursor=response.Cursor(topic_name=name, partition_index=last))
    return response(topics=topics, next_cursor=None)


def _unknown(
    name: str, error_code: ErrorCode, operations: int
) -> messages.DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic:
    return messages.DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic(
        error_code=error_code,
        name=name,
        topic_id=ZERO_UUID,
        is_internal=error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION and is_internal(name),
        partitions=[],
        topic_authorized_operations=operations,
    )


def _describe(
    image: Image, topic: TopicImage, first: int, last: int, listener: str
) -> messages.DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic:
    return messages.DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic(
        error_code=ErrorCode.NONE,
        name=topic.name,
        topic_id=topic.topic_id,
        is_internal=is_internal(topic.name),
        partitions=[_partition(image, index, topic.partitions[index], listener) for index in range(first, last)],
        topic_authorized_operations=ALL_TOPIC_OPERATIONS,
    )


def _partition(
    image: Image, index: int, partition: PartitionRegistration, listener: str
) -> messages.DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponsePartition:
    return messages.DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponsePartition(
        error_code=ErrorCode.NONE,
        partition_index=index,
        leader_id=partition.leader if is_reachable(image, partition.leader, listener) else NO_LEADER,
        leader_epoch=partition.leader_epoch,
        replica_nodes=list(partition.replicas),
        isr_nodes=list(partition.isr),
        eligible_leader_replicas=list(partition.elr),
        last_known_elr=list(partition.last_known_elr),
        offline_replicas=offline_replicas(image, partition, listener),
    )
