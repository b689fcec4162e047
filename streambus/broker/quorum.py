"""DescribeQuorum: who keeps the metadata log (KIP-595, KIP-853). One node does, and it is its own leader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus.broker.connections import Call
from streambus.kernel import Turn
from streambus.metadata import CLUSTER_METADATA_TOPIC
from streambus.wire import ZERO_UUID, ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

DescribeQuorumResponse = messages.DescribeQuorumResponse
PartitionData = DescribeQuorumResponse.PartitionData

DIRECTORIES_SINCE = 2
"""Since which version an answer says where the log lies and how its voters are reached (KIP-853)."""

NOT_HOSTED = "This server does not host this topic-partition."


def describe_quorum(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a DescribeQuorum request (versions 0-2).

    There is one thing to ask for, partition 0 of the metadata log. Whoever asks for anything else, be it besides, gets nothing of it.
    """
    request: messages.DescribeQuorumRequest = call.request.body
    asked = [(topic.topic_name, partition.partition_index) for topic in request.topics for partition in topic.partitions]
    is_known = asked == [(CLUSTER_METADATA_TOPIC, 0)]
    topics = [
        DescribeQuorumResponse.TopicData(
            topic_name=topic.topic_name,
            partitions=[
                _quorum(broker, turn, call.request.api_version) if is_known else _unknown(partition.partition_index)
                for partition in topic.partitions
            ],
        )
        for topic in request.topics
    ]
    nodes = [_node(broker)] if is_known and call.request.api_version >= DIRECTORIES_SINCE else []
    broker.answer(turn, call, DescribeQuorumResponse(error_code=ErrorCode.NONE, error_message="", topics=topics, nodes=nodes))


def _quorum(broker: Broker, turn: Turn, version: int) -> PartitionData:
    """The log as its only voter has it: it is always level with itself."""
    directory = broker.image.brokers[broker.config.node_id].directory
    voter = DescribeQuorumResponse.ReplicaState(
        replica_id=broker.config.node_id,
        replica_directory_id=directory if version >= DIRECTORIES_SINCE else ZERO_UUID,
        log_end_offset=broker.metadata_log.log_end_offset,
        last_fetch_timestamp=turn.wall_ms,
        last_caught_up_timestamp=turn.wall_ms,
    )
    return PartitionData(
        partition_index=0,
        error_code=ErrorCode.NONE,
        error_message="",
        leader_id=broker.config.node_id,
        leader_epoch=broker.metadata_epoch,
        high_watermark=broker.image_offset,
        current_voters=[voter],
        observers=[],
    )


def _unknown(index: int) -> PartitionData:
    return PartitionData(partition_index=index, error_code=ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, error_message=NOT_HOSTED)


def _node(broker: Broker) -> DescribeQuorumResponse.Node:
    """This node and where it listens. It has no listeners of its own for controllers: brokers and controllers share one process."""
    listener = DescribeQuorumResponse.Listener
    endpoints = broker.image.brokers[broker.config.node_id].endpoints
    return DescribeQuorumResponse.Node(
        node_id=broker.config.node_id,
        listeners=[listener(name=endpoint.name, host=endpoint.host, port=endpoint.port) for endpoint in endpoints],
    )
