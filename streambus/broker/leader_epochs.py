"""Leader epochs, as clients ask for them: whether theirs is still the leader's, and where an older one ended (KIP-101, KIP-320).

A log knows the epochs that wrote to it. The epoch of a leader that has not written yet begins where the log ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus.broker.connections import Call
from streambus.kernel import Turn, sometimes
from streambus.replication import Partition
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

OffsetForLeaderEpochResponse = messages.OffsetForLeaderEpochResponse
TopicResult = OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult
EpochEndOffset = OffsetForLeaderEpochResponse.EpochEndOffset

UNDEFINED = -1


def offset_for_leader_epoch(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out an OffsetForLeaderEpoch request (versions 2-4). Who asks, a replica or a consumer, is all the same."""
    request: messages.OffsetForLeaderEpochRequest = call.request.body
    topics = [
        TopicResult(topic=topic.topic, partitions=[_end_offset(broker, topic.topic, asked) for asked in topic.partitions])
        for topic in request.topics
    ]
    broker.answer(turn, call, OffsetForLeaderEpochResponse(topics=topics))


def why_not_current(partition: Partition, current_leader_epoch: int) -> ErrorCode | None:
    """What is wrong with the epoch under which a client believes `partition` to be led."""
    if current_leader_epoch == partition.leader_epoch:
        return None
    if current_leader_epoch < partition.leader_epoch:
        sometimes("epochs: a client knows an older leader epoch")
        return ErrorCode.FENCED_LEADER_EPOCH
    return ErrorCode.UNKNOWN_LEADER_EPOCH


def end_of_epoch(partition: Partition, leader_epoch: int) -> tuple[int, int]:
    """The largest epoch up to `leader_epoch` that wrote to the log, and where it ended; (-1, -1) if nothing can be said."""
    log = partition.log
    if leader_epoch == UNDEFINED or leader_epoch > partition.leader_epoch:
        return UNDEFINED, UNDEFINED
    if leader_epoch == partition.leader_epoch or log.log_start_offset == log.log_end_offset:
        return leader_epoch, log.log_end_offset
    if leader_epoch > log.epochs.latest:
        return log.epochs.latest, log.log_end_offset
    return log.epochs.end_offset_for(leader_epoch, log.log_end_offset)


def epoch_at_start(partition: Partition) -> int:
    """The leader epoch of the first record there is, or of the first that will be."""
    log = partition.log
    is_empty = log.log_start_offset == log.log_end_offset
    return partition.leader_epoch if is_empty else log.epochs.epoch_of(log.log_start_offset)


def _end_offset(broker: Broker, topic: str, asked: messages.OffsetForLeaderEpochRequest.OffsetForLeaderPartition) -> EpochEndOffset:
    partition = broker.partitions.get((topic, asked.partition))
    if partition is None:
        return EpochEndOffset(error_code=ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, partition=asked.partition)
    if asked.current_leader_epoch != UNDEFINED:
        refusal = why_not_current(partition, asked.current_leader_epoch)
        if refusal is not None:
            return EpochEndOffset(error_code=refusal, partition=asked.partition)
    leader_epoch, end_offset = end_of_epoch(partition, asked.leader_epoch)
    return EpochEndOffset(error_code=ErrorCode.NONE, partition=asked.partition, leader_epoch=leader_epoch, end_offset=end_offset)
