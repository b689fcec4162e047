"""Reassignments: partitions told to move to other brokers, what is on its way, and turning back (KIP-455).

A reassignment is begun and cancelled here. It ends when the added replicas are in sync, which nobody reports yet: in a cluster of one
broker there is nowhere to move to, so that none can be begun.
"""

from __future__ import annotations

from uuid import UUID

from attrs import evolve

from streambus.metadata.decision import Decision
from streambus.metadata.image import Image
from streambus.metadata.placement import CannotPlace
from streambus.metadata.refused import Refused
from streambus.metadata.registrations import BrokerRegistration, PartitionRegistration
from streambus.metadata.replica_assignment import check_replicas
from streambus.wire import ErrorCode, Message, messages

AlterRequest = messages.AlterPartitionReassignmentsRequest
AlterResponse = messages.AlterPartitionReassignmentsResponse
ListRequest = messages.ListPartitionReassignmentsRequest
ListResponse = messages.ListPartitionReassignmentsResponse


def alter_reassignments(image: Image, request: AlterRequest) -> Decision[AlterResponse]:
    """Begin or cancel what `request` asks for, every partition by itself; results in the order of the request."""
    if not request.topics:
        return Decision((), AlterResponse(error_code=ErrorCode.NONE, error_message="", responses=[]))
    records: list[Message] = []
    responses = [
        AlterResponse.ReassignableTopicResponse(
            name=topic.name,
            partitions=[
                _alter(image, topic.name, partition, records, may_change_factor=request.allow_replication_factor_change)
                for partition in topic.partitions
            ],
        )
        for topic in request.topics
    ]
    response = AlterResponse(
        allow_replication_factor_change=request.allow_replication_factor_change,
        error_code=ErrorCode.NONE,
        error_message=None,
        responses=responses,
    )
    return Decision(tuple(records), response)


def reassignments_timed_out(request: AlterRequest) -> AlterResponse | None:
    """The answer to a request that may not take any time: nothing is done, unless there is nothing to do anyway."""
    if not request.topics:
        return None
    error = ErrorCode.REQUEST_TIMED_OUT
    responses = [
        AlterResponse.ReassignableTopicResponse(
            name=topic.name,
            partitions=[
                AlterResponse.ReassignablePartitionResponse(partition_index=partition.partition_index, error_code=error, error_message=None)
                for partition in topic.partitions
            ],
        )
        for topic in request.topics
    ]
    return AlterResponse(error_code=error, error_message=None, responses=responses)


def list_reassignments(image: Image, request: ListRequest) -> ListResponse:
    """What is on its way, of the partitions that `request` names or of all. What is not known is not on its way."""
    if request.topics is None:
        wanted = [(topic.name, list(topic.partitions)) for topic in image.topics.values()]
    else:
        wanted = [(topic.name, topic.partition_indexes) for topic in request.topics]
    topics = []
    for name, indexes in wanted:
        found = [(index, image.partition(name, index)) for index in indexes]
        moving = [_ongoing(index, partition) for index, partition in found if partition is not None and _is_moving(partition)]
        if moving:
            topics.append(ListResponse.OngoingTopicReassignment(name=name, partitions=moving))
    return ListResponse(error_code=ErrorCode.NONE, error_message=None, topics=topics)


def _is_moving(partition: PartitionRegistration) -> bool:
    return bool(partition.adding_replicas or partition.removing_replicas)


def _ongoing(index: int, partition: PartitionRegistration) -> ListResponse.OngoingPartitionReassignment:
    return ListResponse.OngoingPartitionReassignment(
        partition_index=index,
        replicas=list(partition.replicas),
        adding_replicas=list(partition.adding_replicas),
        removing_replicas=list(partition.removing_replicas),
    )


def _alter(
    image: Image, topic: str, asked: AlterRequest.ReassignablePartition, records: list[Message], *, may_change_factor: bool
) -> AlterResponse.ReassignablePartitionResponse:
    result = AlterResponse.ReassignablePartitionResponse
    try:
        after = _reassigned(image, topic, asked, may_change_factor=may_change_factor)
    except Refused as refused:
        return result(partition_index=asked.partition_index, error_code=refused.error_code, error_message=refused.text)
    before = image.topics[topic].partitions[asked.partition_index]
    if after != before:
        records.append(
            messages.PartitionChangeRecord(
                topic_id=image.topics[topic].topic_id,
                partition_id=asked.partition_index,
                replicas=list(after.replicas),
                directories=list(after.directories),
                isr=list(after.isr) if after.isr != before.isr else None,
                adding_replicas=list(after.adding_replicas),
                removing_replicas=list(after.removing_replicas),
            )
        )
    return result(partition_index=asked.partition_index, error_code=ErrorCode.NONE, error_message=None)


def _reassigned(image: Image, topic: str, asked: AlterRequest.ReassignablePartition, *, may_change_factor: bool) -> PartitionRegistration:
    """The partition as it will be; `Refused` if it cannot be so."""
    if topic not in image.topics:
        raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"Unable to find a topic named {topic}.")
    partition = image.partition(topic, asked.partition_index)
    if partition is None:
        raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"Unable to find partition {topic}:{asked.partition_index}.")
    if asked.replicas is None:
        return _cancelled(image, partition)
    target = tuple(asked.replicas)
    try:
        check_replicas(image, target)
    except CannotPlace as problem:
        raise Refused(ErrorCode.INVALID_REPLICA_ASSIGNMENT, str(problem)) from None
    settled = _without(partition.replicas, partition.adding_replicas)
    factor = len(partition.replicas) - len(partition.removing_replicas)
    if not may_change_factor and factor != len(target):
        text = f"The replication factor is changed from {factor} to {len(target)}"
        raise Refused(ErrorCode.INVALID_REPLICATION_FACTOR, text)
    return _moved(image, partition, target, settled)


def _moved(image: Image, partition: PartitionRegistration, target: tuple[int, ...], settled: tuple[int, ...]) -> PartitionRegistration:
    """`partition` on its way from the `settled` replicas to those of `target`: until it arrives it is at both."""
    adding, removing = _without(target, settled), _without(settled, target)
    replicas = (*target, *removing)
    return evolve(
        partition,
        replicas=replicas,
        directories=tuple(_directory(image, partition, broker_id) for broker_id in replicas),
        isr=tuple(broker_id for broker_id in partition.isr if broker_id in replicas),
        adding_replicas=adding,
        removing_replicas=removing,
    )


def _cancelled(image: Image, partition: PartitionRegistration) -> PartitionRegistration:
    if not _is_moving(partition):
        raise Refused(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, None)
    settled = _without(partition.replicas, partition.adding_replicas)
    return _moved(image, partition, settled, settled)


def _directory(image: Image, partition: PartitionRegistration, broker_id: int) -> UUID:
    if broker_id in partition.replicas:
        return partition.directories[partition.replicas.index(broker_id)]
    registration: BrokerRegistration = image.brokers[broker_id]
    return registration.directory


def _without(brokers: tuple[int, ...], others: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(broker_id for broker_id in brokers if broker_id not in others)
