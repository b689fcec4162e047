"""Creating topics: every topic of a request stands or falls by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from streambus.kernel import Prng
from streambus.metadata.config_definitions import InvalidConfig
from streambus.metadata.decision import Decision
from streambus.metadata.describe_configs import created_topic_configs
from streambus.metadata.identifiers import random_id
from streambus.metadata.image import Image
from streambus.metadata.placement import CannotPlace, place
from streambus.metadata.refused import Refused
from streambus.metadata.registrations import PartitionRegistration
from streambus.metadata.replica_assignment import manual_replicas
from streambus.metadata.resources import ResourceType
from streambus.metadata.topic_configs import checked_topic_settings
from streambus.metadata.topic_names import CLUSTER_METADATA_TOPIC, collision_key, name_complaint
from streambus.wire import ErrorCode, Message, messages

CreatableTopic = messages.CreateTopicsRequest.CreatableTopic

Outcome = tuple[list[Message], messages.CreateTopicsResponse.CreatableTopicResult]
"""What is written for a topic, nothing if it is refused, and what is said of it."""

PARTITIONS_PER_REQUEST_MAX = 10_000
"""As Kafka's: one request is one batch of records, and a batch must not stall the log."""

RECORDS_PER_REQUEST_MAX = 10_000
"""Likewise, of all records together."""


def create_topics(image: Image, request: messages.CreateTopicsRequest, dice: Prng) -> Decision[messages.CreateTopicsResponse]:
    """Make the topics of `request`, each with partitions led and in sync from the start; results in the order of the request.

    With `validate_only` nothing is written and the results are what they would have been.
    """
    counts = Counter(topic.name for topic in request.topics)
    refused = {name: problem for name, times in counts.items() if (problem := _misplaced(name, times)) is not None}
    asked = [topic for topic in request.topics if topic.name not in refused]
    outcomes: dict[str, Outcome] = {name: ([], _failed(name, problem)) for name, problem in refused.items()}
    outcomes |= _create_topics(image, asked, dice)
    results = [outcomes[name][1] for name in counts]
    records = [record for name in counts for record in outcomes[name][0]]
    return Decision(() if request.validate_only else tuple(records), messages.CreateTopicsResponse(topics=results))


def creation_timed_out(request: messages.CreateTopicsRequest) -> messages.CreateTopicsResponse | None:
    """The answer to a request that may not take any time: nothing is done, unless there is nothing to do anyway."""
    counts = Counter(topic.name for topic in request.topics)
    if all(_misplaced(name, times) is not None for name, times in counts.items()):
        return None
    refused = Refused(ErrorCode.REQUEST_TIMED_OUT, None)
    return messages.CreateTopicsResponse(topics=[_failed(topic.name, refused) for topic in request.topics])


def _misplaced(name: str, times: int) -> Refused | None:
    """Why topics of this name are not even looked at, or None."""
    if times > 1:
        return Refused(ErrorCode.INVALID_REQUEST, "Duplicate topic name.")
    if name == CLUSTER_METADATA_TOPIC:
        return Refused(ErrorCode.INVALID_REQUEST, f"Creation of internal topic {CLUSTER_METADATA_TOPIC} is prohibited.")
    return None


def _create_topics(image: Image, topics: Sequence[CreatableTopic], dice: Prng) -> dict[str, Outcome]:
    """What becomes of each of `topics`, by name. Too many at once, and nothing becomes of any."""
    if _partitions_asked_for(image, topics) > PARTITIONS_PER_REQUEST_MAX:
        return _all_refused(topics, "Excessively large number of partitions per request.")
    outcomes: dict[str, Outcome] = {}
    taken: dict[str, str] = {}
    for topic in topics:
        try:
            _check_name(image, topic.name, taken)
            outcomes[topic.name] = _create_topic(image, topic, dice)
        except Refused as refused:
            outcomes[topic.name] = [], _failed(topic.name, refused)
        else:
            taken[collision_key(topic.name)] = topic.name
    if sum(len(records) for records, _ in outcomes.values()) > RECORDS_PER_REQUEST_MAX:
        return _all_refused(topics, "Unable to perform excessively large batch operation.")
    return outcomes


def _all_refused(topics: Sequence[CreatableTopic], text: str) -> dict[str, Outcome]:
    return {topic.name: ([], _failed(topic.name, Refused(ErrorCode.POLICY_VIOLATION, text))) for topic in topics}


def _failed(name: str, refused: Refused) -> messages.CreateTopicsResponse.CreatableTopicResult:
    return messages.CreateTopicsResponse.CreatableTopicResult(
        name=name, error_code=refused.error_code, error_message=refused.text, configs=[]
    )


def _partitions_asked_for(image: Image, topics: Sequence[CreatableTopic]) -> int:
    return sum(
        len(topic.assignments) or (image.properties.num_partitions if topic.num_partitions == -1 else max(topic.num_partitions, 0))
        for topic in topics
    )


def _check_name(image: Image, name: str, taken: dict[str, str]) -> None:
    complaint = name_complaint(name)
    if complaint is not None:
        raise Refused(ErrorCode.INVALID_TOPIC_EXCEPTION, complaint)
    if name in image.topics:
        raise Refused(ErrorCode.TOPIC_ALREADY_EXISTS, f"Topic '{name}' already exists.")
    key = collision_key(name)
    other = image.names_by_key.get(key, taken.get(key))
    if other is not None:
        raise Refused(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic '{name}' collides with existing topic: {other}")


def _create_topic(image: Image, topic: CreatableTopic, dice: Prng) -> Outcome:
    """The records of one topic and its result; `Refused` if it cannot be."""
    settings = _checked_settings(image, topic)
    replicas = _replicas(image, topic, dice)
    topic_id = random_id(dice)
    records: list[Message] = [messages.TopicRecord(name=topic.name, topic_id=topic_id)]
    records += [
        messages.ConfigRecord(resource_type=int(ResourceType.TOPIC), resource_name=topic.name, name=name, value=value)
        for name, value in settings.items()
    ]
    records += [new_partition(image, brokers).to_record(topic_id, index) for index, brokers in enumerate(replicas)]
    result = messages.CreateTopicsResponse.CreatableTopicResult(
        name=topic.name,
        topic_id=topic_id,
        error_code=ErrorCode.NONE,
        error_message=None,
        num_partitions=len(replicas),
        replication_factor=len(replicas[0]),
        configs=created_topic_configs(image, settings),
    )
    return records, result


def _checked_settings(image: Image, topic: CreatableTopic) -> dict[str, str]:
    wanted: dict[str, str | None] = {}
    for config in topic.configs:
        if wanted.get(config.name, "") is not None:
            wanted[config.name] = config.value
    try:
        return checked_topic_settings(wanted, image.topic_defaults)
    except InvalidConfig as invalid:
        raise Refused(ErrorCode.INVALID_CONFIG, str(invalid)) from None


def _replicas(image: Image, topic: CreatableTopic, dice: Prng) -> list[tuple[int, ...]]:
    if topic.assignments:
        return _manual(image, topic)
    if topic.replication_factor < -1 or topic.replication_factor == 0:
        text = "Replication factor must be larger than 0, or -1 to use the default value."
        raise Refused(ErrorCode.INVALID_REPLICATION_FACTOR, text)
    if topic.num_partitions < -1 or topic.num_partitions == 0:
        raise Refused(ErrorCode.INVALID_PARTITIONS, "Number of partitions was set to an invalid non-positive value.")
    partitions = image.properties.num_partitions if topic.num_partitions == -1 else topic.num_partitions
    factor = image.properties.default_replication_factor if topic.replication_factor == -1 else topic.replication_factor
    active = [broker.broker_id for broker in image.brokers.values() if broker.is_active]
    inactive = [broker.broker_id for broker in image.brokers.values() if not broker.is_active]
    try:
        return place(partitions, factor, active, inactive, dice)
    except CannotPlace as problem:
        raise Refused(ErrorCode.INVALID_REPLICATION_FACTOR, str(problem)) from None


def _manual(image: Image, topic: CreatableTopic) -> list[tuple[int, ...]]:
    if topic.replication_factor != -1:
        text = "A manual partition assignment was specified, but replication factor was not set to -1."
        raise Refused(ErrorCode.INVALID_REQUEST, text)
    if topic.num_partitions != -1:
        text = "A manual partition assignment was specified, but numPartitions was not set to -1."
        raise Refused(ErrorCode.INVALID_REQUEST, text)
    try:
        return manual_replicas(image, topic.assignments)
    except CannotPlace as problem:
        raise Refused(ErrorCode.INVALID_REPLICA_ASSIGNMENT, str(problem)) from None


def new_partition(image: Image, replicas: tuple[int, ...]) -> PartitionRegistration:
    """A partition on these brokers, led by the first of them that is alive."""
    isr = tuple(broker_id for broker_id in replicas if image.brokers[broker_id].is_active)
    directories = tuple(image.brokers[broker_id].directory for broker_id in replicas)
    return PartitionRegistration(replicas, directories, isr, leader=isr[0], leader_epoch=0, partition_epoch=0)
