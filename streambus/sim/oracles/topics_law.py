"""What is known of topics and brokers: Metadata, DescribeTopicPartitions, DescribeCluster show what is durable in the
metadata log, no more and no less; CreateTopics and DeleteTopics are answered when what they decided is in it.
"""

import re
from typing import Any
from uuid import UUID

import attrs

from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.cluster_model import PartitionFacts, TopicFacts
from streambus.sim.oracles.door import Asked, error_name
from streambus.sim.oracles.law import Law, differs, due_at_once, due_when_decided, is_too_late, take_note_of_nothing, wait_at_most
from streambus.wire import ZERO_UUID, ErrorCode

REQUEST_TIMEOUT_MS = 30_000
NAME = re.compile(r"[a-zA-Z0-9._-]{1,249}")
TOPIC_IDS_SINCE = {"metadata": 10, "create": 7, "delete": 6}

UNKNOWN = (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.INVALID_TOPIC_EXCEPTION, ErrorCode.LEADER_NOT_AVAILABLE)


# Metadata --------------------------------------------------------------------------------------------------------------


def ask_metadata(model: BrokerModel, asked: Asked) -> None:
    """Topics may be made on the way."""
    wait_at_most(asked, REQUEST_TIMEOUT_MS)
    request = asked.body
    if request.allow_auto_topic_creation:
        for topic in request.topics or ():
            if topic.name is not None and topic.name not in model.cluster.topics:
                model.names_under_way[topic.name] = None


def judge_metadata(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """The brokers, and every topic that was asked for."""
    if not model.is_settled or asked.is_old:
        return None
    complaint = _judge_brokers(model, [(broker.node_id, broker.host, broker.port) for broker in body.brokers]) if body.brokers else None
    complaint = complaint or (_judge_cluster_id(model, body.cluster_id) if asked.version >= 2 and body.brokers else None)
    if complaint is not None:
        return complaint
    wants_all = asked.body.topics is None or (asked.version == 0 and not asked.body.topics)
    if wants_all:
        complaint = differs("the list of topics", sorted(model.cluster.topics), [topic.name for topic in body.topics])
    else:
        complaint = _judge_coverage(asked.body.topics, body.topics)
    for topic in body.topics:
        complaint = complaint or _judge_metadata_topic(model, asked, topic)
    return complaint


def _judge_coverage(wanted: Any, told: Any) -> str | None:
    """Whatever was asked for is answered, and nothing else."""
    names = {topic.name for topic in wanted if topic.name is not None}
    ids = {topic.topic_id for topic in wanted if topic.topic_id != ZERO_UUID}
    for topic in told:
        if topic.name not in names and topic.topic_id not in ids:
            return f"topic {topic.name or topic.topic_id} is told, but nobody asked for it"
    expected = len(ids) or len(names)
    return differs("the number of topics told", expected, len(told))


def _judge_metadata_topic(model: BrokerModel, asked: Asked, topic: Any) -> str | None:
    facts = model.cluster.topics.get(topic.name) if topic.name is not None else model.cluster.topics_by_id.get(topic.topic_id)
    what = f"topic {topic.name or topic.topic_id}"
    if facts is None:
        if topic.error_code in (*UNKNOWN, ErrorCode.UNKNOWN_TOPIC_ID, ErrorCode.INVALID_REQUEST):
            return None
        return f"{what} does not exist, but is answered with {error_name(topic.error_code)}"
    if topic.error_code == ErrorCode.INVALID_REQUEST and asked.version < 12:
        return None
    complaint = differs("error_code", ErrorCode.NONE, topic.error_code)
    if complaint is None and asked.version >= TOPIC_IDS_SINCE["metadata"]:
        complaint = differs("topic_id", facts.topic_id, topic.topic_id)
    complaint = complaint or differs(
        "the partitions", sorted(facts.partitions), [partition.partition_index for partition in topic.partitions]
    )
    for partition in topic.partitions:
        complaint = complaint or _judge_partition(facts.partitions[partition.partition_index], partition, with_epoch=asked.version >= 7)
    return complaint and f"{what}: {complaint}"


def _judge_partition(facts: PartitionFacts, partition: Any, *, with_epoch: bool = True) -> str | None:
    complaint = (
        differs("leader_id", facts.leader, partition.leader_id)
        or differs("replica_nodes", facts.replicas, list(partition.replica_nodes))
        or differs("isr_nodes", facts.isr, list(partition.isr_nodes))
        or (differs("leader_epoch", facts.leader_epoch, partition.leader_epoch) if with_epoch else None)
    )
    return complaint and f"partition {partition.partition_index}: {complaint}"


def _judge_brokers(model: BrokerModel, told: list[tuple[int, str, int]]) -> str | None:
    cluster = model.cluster
    known = {(number, *address) for number, doors in cluster.endpoints.items() if not cluster.fenced[number] for address in doors.values()}
    wrong = [broker for broker in told if broker not in known]
    return f"broker {wrong[0]} is told, but is not registered so" if wrong else None


def _judge_cluster_id(model: BrokerModel, cluster_id: str) -> str | None:
    if model.cluster_id is None:
        model.cluster_id = cluster_id
    return differs("cluster_id", model.cluster_id, cluster_id)


def judge_describe_topic_partitions(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """A page of the same truth."""
    if not model.is_settled or asked.is_old:
        return None
    for topic in body.topics:
        if topic.error_code == ErrorCode.UNKNOWN_SERVER_ERROR and any(not NAME.fullmatch(wanted.name) for wanted in asked.body.topics):
            continue  # As in Kafka, a name that cannot be spoils the whole request.
        facts = model.cluster.topics.get(topic.name)
        if facts is None:
            if topic.error_code not in (*UNKNOWN, ErrorCode.INVALID_REQUEST):
                return f"topic {topic.name} does not exist, but is answered with {error_name(topic.error_code)}"
            continue
        if topic.error_code == ErrorCode.INVALID_REQUEST:
            continue
        complaint = differs("topic_id", facts.topic_id, topic.topic_id)
        for partition in topic.partitions:
            complaint = complaint or _judge_partition(facts.partitions[partition.partition_index], partition)
        if complaint is not None:
            return f"topic {topic.name}: {complaint}"
    return None


def judge_describe_cluster(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """Who is there."""
    if body.error_code or not model.is_settled or asked.is_old:
        return None
    told = [(broker.broker_id, broker.host, broker.port) for broker in body.brokers]
    return _judge_cluster_id(model, body.cluster_id) or _judge_brokers(model, told)


# Making and removing ---------------------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class Expected:
    """What a decision may be answered with; None if nobody can say."""

    name: str | None
    topic_id: UUID
    errors: tuple[ErrorCode, ...] | None
    partitions: int = -1


def ask_create(model: BrokerModel, asked: Asked) -> None:
    """Which of the topics can be made."""
    request = asked.body
    wait_at_most(asked, request.timeout_ms)
    names = [topic.name for topic in request.topics]
    expected: dict[str, Expected] = {}
    for topic in request.topics:
        expected.setdefault(topic.name, Expected(topic.name, ZERO_UUID, _creation(model, topic, names), topic.num_partitions))
    if not request.validate_only:
        model.names_under_way.update(dict.fromkeys(names))
    asked.expected = list(expected.values())


def _creation(model: BrokerModel, topic: Any, names: list[str]) -> tuple[ErrorCode, ...] | None:
    if names.count(topic.name) > 1:
        return (ErrorCode.INVALID_REQUEST,)
    if topic.name in model.names_under_way or model.was_deciding:
        return None
    if topic.name in model.cluster.topics:
        return (ErrorCode.TOPIC_ALREADY_EXISTS,)
    is_plain = not topic.assignments and not topic.configs and topic.replication_factor in (-1, 1)
    is_alone = len(names) == 1 or not any("_" in name or "." in name for name in (*names, *model.cluster.topics))
    if is_plain and is_alone and 1 <= topic.num_partitions <= 100 and NAME.fullmatch(topic.name) and topic.name.isalnum():
        return (ErrorCode.NONE,)
    return None


def judge_create(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """One result per name; a topic that was made is durable, and has the id that it is told to have."""
    told = [result.name for result in body.topics]
    complaint = differs("the topics answered", [expected.name for expected in asked.expected], told)
    if complaint is not None:
        return complaint
    for expected, result in zip(asked.expected, body.topics, strict=True):
        complaint = _judge_error(model, asked, expected, result.error_code)
        if complaint is None and result.error_code == ErrorCode.NONE and not asked.body.validate_only:
            complaint = _judge_made(model, asked, expected, result)
        elif complaint is None and asked.body.validate_only and result.topic_id in model.cluster.names_by_id:
            complaint = f"it was only to be looked at, but was made as {result.topic_id}"
        if complaint is not None:
            return f"topic {expected.name}: {complaint}"
    return None


def _judge_made(model: BrokerModel, asked: Asked, expected: Expected, result: Any) -> str | None:
    cluster = model.cluster
    if asked.version < TOPIC_IDS_SINCE["create"]:
        return None if cluster.existed(result.name) else "its making is answered, but it is not in the durable metadata log"
    if cluster.names_by_id.get(result.topic_id) != result.name:
        return f"its making as {result.topic_id} is answered, but that is not in the durable metadata log"
    facts: TopicFacts | None = cluster.topics_by_id.get(result.topic_id)
    if facts is None or expected.partitions < 1:
        return None
    made = len([part for part in facts.partitions.values() if part.made_at == facts.made_at])
    return differs("num_partitions", expected.partitions, result.num_partitions) or differs(
        "the number of partitions made", expected.partitions, made
    )


def ask_delete(model: BrokerModel, asked: Asked) -> None:
    """Which of the topics can be removed."""
    request = asked.body
    wait_at_most(asked, request.timeout_ms)
    if asked.version >= TOPIC_IDS_SINCE["delete"]:
        wanted = [(topic.name, topic.topic_id) for topic in request.topics]
    else:
        wanted = [(name, ZERO_UUID) for name in request.topic_names]
    asked.expected = [Expected(name, topic_id, _removal(model, name, topic_id, len(wanted))) for name, topic_id in dict.fromkeys(wanted)]
    for name, topic_id in wanted:
        topic = model.cluster.topics_by_id.get(topic_id)
        model.names_under_way[name or (topic.name if topic is not None else "")] = None


def _removal(model: BrokerModel, name: str | None, topic_id: UUID, count: int) -> tuple[ErrorCode, ...] | None:
    if (
        model.names_under_way
        or model.was_deciding
        or count > 1
        or (name is not None and topic_id != ZERO_UUID)
        or (name is None and topic_id == ZERO_UUID)
    ):
        return None
    if dict(model.config.properties).get("delete.topic.enable", "true") != "true":
        return None
    if name is not None:
        return (ErrorCode.NONE,) if name in model.cluster.topics else (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,)
    return (ErrorCode.NONE,) if topic_id in model.cluster.topics_by_id else (ErrorCode.UNKNOWN_TOPIC_ID,)


def judge_delete(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """A topic that was removed is gone from the durable metadata log."""
    names = [expected.name for expected in asked.expected]
    if any(model.cluster.names_by_id.get(expected.topic_id) in names for expected in asked.expected):
        return None  # As in Kafka, a topic that is named in two ways has one result.
    if len(body.responses) != len(asked.expected):
        return f"there are {len(body.responses)} results for {len(asked.expected)} topics"
    for expected, result in zip(asked.expected, body.responses, strict=True):
        complaint = _judge_error(model, asked, expected, result.error_code)
        if complaint is None and result.error_code == ErrorCode.NONE and result.topic_id in model.cluster.topics_by_id:
            complaint = "its removal is answered, but it is still in the durable metadata log"
        if complaint is not None:
            return f"topic {expected.name or expected.topic_id}: {complaint}"
    return None


def _judge_error(model: BrokerModel, asked: Asked, expected: Expected, code: int) -> str | None:
    if expected.errors is None or code in expected.errors:
        return None
    if code == ErrorCode.REQUEST_TIMED_OUT and asked.body.timeout_ms <= 0:
        return None
    if expected.errors == (ErrorCode.NONE,):
        if code == ErrorCode.KAFKA_STORAGE_ERROR and model.written.is_failed:
            return None
        if code == ErrorCode.REQUEST_TIMED_OUT and is_too_late(model, asked):
            return None
    return f"it is answered with {error_name(code)}, expected {' or '.join(error.name for error in expected.errors)}"


METADATA = Law(ask_metadata, judge_metadata, due_when_decided)
CREATE_TOPICS = Law(ask_create, judge_create, due_when_decided)
DELETE_TOPICS = Law(ask_delete, judge_delete, due_when_decided)
DESCRIBE_TOPIC_PARTITIONS = Law(take_note_of_nothing, judge_describe_topic_partitions, due_at_once)
DESCRIBE_CLUSTER = Law(take_note_of_nothing, judge_describe_cluster, due_at_once)
