"""CreatePartitions: topics get more partitions. Every topic of a request stands or falls by itself."""

from __future__ import annotations

from collections import Counter

from streambus.kernel import Prng
from streambus.metadata.create_topics import PARTITIONS_PER_REQUEST_MAX, new_partition
from streambus.metadata.decision import Decision
from streambus.metadata.image import Image
from streambus.metadata.placement import CannotPlace, place
from streambus.metadata.refused import Refused
from streambus.metadata.registrations import TopicImage
from streambus.metadata.replica_assignment import check_active, check_replicas
from streambus.wire import ErrorCode, Message, messages

Topic = messages.CreatePartitionsRequest.CreatePartitionsTopic
Result = messages.CreatePartitionsResponse.CreatePartitionsTopicResult


def create_partitions(image: Image, request: messages.CreatePartitionsRequest, dice: Prng) -> Decision[messages.CreatePartitionsResponse]:
    """Grow the topics of `request` to the counts it asks for, the new partitions led and in sync from the start.

    One result per topic, in the order of the request. With `validate_only` nothing is written.
    """
    records: list[Message] = []
    results: list[Result] = []
    for name, times in Counter(topic.name for topic in request.topics).items():
        topic = next(topic for topic in request.topics if topic.name == name)
        try:
            if times > 1:
                raise Refused(ErrorCode.INVALID_REQUEST, "Duplicate topic name.")
            records += _create_partitions(image, topic, dice, room=PARTITIONS_PER_REQUEST_MAX - len(records))
        except Refused as refused:
            results.append(Result(name=name, error_code=refused.error_code, error_message=refused.text))
        else:
            results.append(Result(name=name, error_code=ErrorCode.NONE, error_message=None))
    return Decision(() if request.validate_only else tuple(records), messages.CreatePartitionsResponse(results=results))


def partitions_timed_out(request: messages.CreatePartitionsRequest) -> messages.CreatePartitionsResponse | None:
    """The answer to a request that may not take any time: nothing is done, unless there is nothing to do anyway."""
    times = Counter(topic.name for topic in request.topics)
    if all(count > 1 for count in times.values()):
        return None
    error = ErrorCode.REQUEST_TIMED_OUT
    results = [Result(name=topic.name, error_code=error, error_message=None) for topic in request.topics]
    return messages.CreatePartitionsResponse(results=results)


def _create_partitions(image: Image, asked: Topic, dice: Prng, *, room: int) -> list[Message]:
    """The records of a topic's new partitions; `Refused` if they cannot be."""
    topic: TopicImage | None = image.topics.get(asked.name)
    if topic is None:
        raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, None)
    additional = asked.count - len(topic)
    if additional == 0:
        raise Refused(ErrorCode.INVALID_PARTITIONS, f"Topic already has {len(topic)} partition(s).")
    if additional < 0:
        text = f"The topic {asked.name} currently has {len(topic)} partition(s); {asked.count} would not be an increase."
        raise Refused(ErrorCode.INVALID_PARTITIONS, text)
    if asked.assignments is not None and len(asked.assignments) != additional:
        given = len(asked.assignments)
        text = f"Attempted to add {additional} additional partition(s), but only {given} assignment(s) were specified."
        raise Refused(ErrorCode.INVALID_REPLICA_ASSIGNMENT, text)
    if additional > room:
        # Kafka says that something unexpected happened, and has made as many partitions as one batch of records holds.
        raise Refused(ErrorCode.POLICY_VIOLATION, "Excessively large number of partitions per request.")
    replicas = _placed(image, topic, additional, dice) if asked.assignments is None else _assigned(image, topic, asked.assignments)
    first = len(topic)
    return [new_partition(image, brokers).to_record(topic.topic_id, first + offset) for offset, brokers in enumerate(replicas)]


def _placed(image: Image, topic: TopicImage, additional: int, dice: Prng) -> list[tuple[int, ...]]:
    active = [broker.broker_id for broker in image.brokers.values() if broker.is_active]
    inactive = [broker.broker_id for broker in image.brokers.values() if not broker.is_active]
    try:
        return place(additional, topic.replication_factor, active, inactive, dice)
    except CannotPlace as problem:
        raise Refused(ErrorCode.INVALID_REPLICATION_FACTOR, str(problem)) from None


def _assigned(
    image: Image, topic: TopicImage, assignments: list[messages.CreatePartitionsRequest.CreatePartitionsAssignment]
) -> list[tuple[int, ...]]:
    replicas = [tuple(assignment.broker_ids) for assignment in assignments]
    try:
        for offset, brokers in enumerate(replicas):
            check_replicas(image, brokers, topic.replication_factor)
            check_active(image, len(topic) + offset, brokers)
    except CannotPlace as problem:
        raise Refused(ErrorCode.INVALID_REPLICA_ASSIGNMENT, str(problem)) from None
    return replicas
