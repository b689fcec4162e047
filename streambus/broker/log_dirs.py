"""DescribeLogDirs and AlterReplicaLogDirs: where a broker keeps its partitions (KIP-113, KIP-827).

A broker has one folder, so there is one directory to describe and none to move a replica to. How large a partition is, its log knows. How
much room there is, only the disk knows: it is asked, and the answer waits for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus.broker.connections import Call
from streambus.kernel import Event, MeasureRoom, Turn, message, sometimes
from streambus.replication import Partition
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

DescribeLogDirsResponse = messages.DescribeLogDirsResponse
LogDir = DescribeLogDirsResponse.DescribeLogDirsResult
Topic = DescribeLogDirsResponse.DescribeLogDirsTopic
AlterReplicaLogDirsResponse = messages.AlterReplicaLogDirsResponse
Moved = AlterReplicaLogDirsResponse.AlterReplicaLogDirPartitionResult

ROOM_SINCE = 4
"""Since which version an answer says how much room there is (KIP-827)."""

REPLICA_NAME_MAX = 215
"""Letters of a partition's name: Kafka appends 40 while it moves a replica, and a folder's name has at most 255."""


@message
class RoomMeasured(Event):
    """The disk has said how much room there is, for the DescribeLogDirs that asked. -1: nobody knows."""

    call: Call
    total_bytes: int = -1
    usable_bytes: int = -1


def describe_log_dirs(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a DescribeLogDirs request (versions 1-5)."""
    if call.request.api_version >= ROOM_SINCE:
        turn.do(MeasureRoom(RoomMeasured(call)))
    else:
        on_room_measured(broker, turn, RoomMeasured(call))


def on_room_measured(broker: Broker, turn: Turn, event: RoomMeasured) -> None:
    """Answer, now that the room is known or known to be unknown."""
    if broker.store.failed is not None:
        sometimes("log dirs: the disk has failed")
        log_dir = LogDir(error_code=ErrorCode.KAFKA_STORAGE_ERROR, log_dir=broker.config.log_dir)
    else:
        log_dir = LogDir(
            error_code=ErrorCode.NONE,
            log_dir=broker.config.log_dir,
            topics=_described(_asked_for(broker, event.call.request.body)),
            total_bytes=event.total_bytes,
            usable_bytes=event.usable_bytes,
        )
    broker.answer(turn, event.call, DescribeLogDirsResponse(error_code=ErrorCode.NONE, results=[log_dir]))


def alter_replica_log_dirs(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out an AlterReplicaLogDirs request (versions 1-2). Of a partition that is named twice, the last counts."""
    request: messages.AlterReplicaLogDirsRequest = call.request.body
    targets: dict[str, dict[int, str]] = {}
    for log_dir in request.dirs:
        for topic in log_dir.topics:
            if topic.partitions:
                targets.setdefault(topic.name, {}).update(dict.fromkeys(topic.partitions, log_dir.path))
    results = [
        AlterReplicaLogDirsResponse.AlterReplicaLogDirTopicResult(
            topic_name=name,
            partitions=[Moved(partition_index=index, error_code=_moved(broker, name, index, path)) for index, path in paths.items()],
        )
        for name, paths in targets.items()
    ]
    broker.answer(turn, call, AlterReplicaLogDirsResponse(results=results))


def _moved(broker: Broker, topic: str, index: int, path: str) -> ErrorCode:
    """What comes of moving a replica to `path`: where it is already, it may stay."""
    if len(f"{topic}-{index}") > REPLICA_NAME_MAX:
        return ErrorCode.INVALID_TOPIC_EXCEPTION
    if path != broker.config.log_dir:
        return ErrorCode.LOG_DIR_NOT_FOUND
    if broker.store.failed is not None:
        return ErrorCode.KAFKA_STORAGE_ERROR
    return ErrorCode.NONE if (topic, index) in broker.partitions else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def _asked_for(broker: Broker, request: messages.DescribeLogDirsRequest) -> list[Partition]:
    """The partitions to describe, each once: those that are named and are here; all of them if the request names none at all."""
    if request.topics is None:
        return [broker.partitions[name, index] for name, topic in broker.image.topics.items() for index in topic.partitions]
    places = dict.fromkeys((topic.topic, index) for topic in request.topics for index in topic.partitions)
    return [broker.partitions[place] for place in places if place in broker.partitions]


def _described(partitions: list[Partition]) -> list[Topic]:
    topics: dict[str, Topic] = {}
    for partition in partitions:
        topic = topics.setdefault(partition.topic, Topic(name=partition.topic))
        topic.partitions.append(
            DescribeLogDirsResponse.DescribeLogDirsPartition(
                partition_index=partition.index,
                partition_size=partition.log.size_bytes,
                # How far a replica of ours lags behind what is committed: never, since it must be durable here first.
                offset_lag=max(partition.high_watermark - partition.log.log_end_offset, 0),
                is_future_key=False,
            )
        )
    return list(topics.values())
