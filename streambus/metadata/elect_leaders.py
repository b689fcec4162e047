"""ElectLeaders: leadership given back to preferred replicas, or to anyone who is alive (KIP-460)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from streambus.metadata.decision import Decision
from streambus.metadata.image import Image
from streambus.metadata.registrations import NO_LEADER, PartitionRegistration
from streambus.wire import ErrorCode, Message, messages

RECOVERING = 1
"""The leader recovery state of a leader that may have lost records."""

TopicResult = messages.ElectLeadersResponse.ReplicaElectionResult
PartitionResult = messages.ElectLeadersResponse.PartitionResult


class ElectionType(IntEnum):
    """Who may be elected."""

    PREFERRED = 0
    UNCLEAN = 1


def elect_leaders(image: Image, request: messages.ElectLeadersRequest) -> Decision[messages.ElectLeadersResponse]:
    """Elect leaders for the partitions of `request`, or for all; one result per partition, in the order of the request.

    Of all partitions only those have a result that needed an election.
    """
    asked = request.topic_partitions
    if request.election_type not in list(ElectionType) and asked != []:
        text = f"Unknown election type {request.election_type}"
        return Decision((), refused_election(request, ErrorCode.INVALID_REQUEST, text))
    election = ElectionType(request.election_type) if asked != [] else ElectionType.PREFERRED
    records: list[Message] = []
    if asked is None:
        wanted: Iterable[tuple[str, Iterable[int]]] = [(topic.name, topic.partitions) for topic in image.topics.values()]
    else:
        wanted = [(topic.topic, topic.partitions) for topic in asked]
    results = []
    for name, indexes in wanted:
        elected = [_elect(image, name, index, election, records) for index in indexes]
        if asked is None:
            elected = [result for result in elected if result.error_code != ErrorCode.ELECTION_NOT_NEEDED]
        results.append(TopicResult(topic=name, partition_result=elected))
    return Decision(tuple(records), messages.ElectLeadersResponse(error_code=ErrorCode.NONE, replica_election_results=results))


def refused_election(
    request: messages.ElectLeadersRequest, error_code: ErrorCode, text: str | None = None
) -> messages.ElectLeadersResponse:
    """The answer to a request of which nothing is done."""
    results = [
        TopicResult(
            topic=topic.topic,
            partition_result=[PartitionResult(partition_id=index, error_code=error_code, error_message=text) for index in topic.partitions],
        )
        for topic in request.topic_partitions or ()
    ]
    return messages.ElectLeadersResponse(error_code=error_code, replica_election_results=results)


def _elect(image: Image, topic: str, index: int, election: ElectionType, records: list[Message]) -> PartitionResult:
    def result(error_code: ErrorCode, text: str | None = None) -> PartitionResult:
        return PartitionResult(partition_id=index, error_code=error_code, error_message=text)

    if topic not in image.topics:
        return result(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"No such topic as {topic}")
    partition = image.partition(topic, index)
    if partition is None:
        return result(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"No such partition as {topic}-{index}")
    if _is_settled(partition, election):
        return result(ErrorCode.ELECTION_NOT_NEEDED, "Leader election not needed for topic partition.")
    change = _change(image, partition, election)
    if change is None:
        if election is ElectionType.PREFERRED:
            return result(ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE, "The preferred leader was not available.")
        return result(ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE, "Eligible topic partition leaders are not available.")
    change.topic_id, change.partition_id = image.topics[topic].topic_id, index
    records.append(change)
    return result(ErrorCode.NONE)


def _is_settled(partition: PartitionRegistration, election: ElectionType) -> bool:
    if election is ElectionType.PREFERRED:
        return partition.leader == partition.replicas[0]
    return partition.leader != NO_LEADER


def _change(image: Image, partition: PartitionRegistration, election: ElectionType) -> messages.PartitionChangeRecord | None:
    """What an election changes, or None if nobody can be elected who does not lead already."""
    change = messages.PartitionChangeRecord
    alive = [broker_id for broker_id in partition.replicas if broker_id in image.brokers and image.brokers[broker_id].is_active]
    in_sync = [broker_id for broker_id in alive if broker_id in partition.isr]
    if partition.leader != NO_LEADER:
        return change(leader=partition.replicas[0]) if partition.replicas[0] in in_sync else None
    if in_sync:
        return change(leader=in_sync[0])
    if election is ElectionType.UNCLEAN and alive:
        return change(leader=alive[0], isr=[alive[0]], leader_recovery_state=RECOVERING)
    return None
