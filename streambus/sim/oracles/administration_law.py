"""Administration: partitions, quotas, credentials, features, leaders and replicas are changed as somebody wanted it, or not at all."""

from typing import Any

from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.cluster_model import entity_of
from streambus.sim.oracles.decided import DOUBTFUL, judge_decided
from streambus.sim.oracles.door import Asked, error_name
from streambus.sim.oracles.law import Law, differs, due_when_decided, wait_at_most
from streambus.sim.oracles.wishes import Wish
from streambus.wire import ApiKey, ErrorCode

REQUEST_TIMEOUT_MS = 30_000
ITERATIONS_MIN = 4_096
UNKNOWN = (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,)
QUOTA_KEYS = ("producer_byte_rate", "consumer_byte_rate", "request_percentage", "controller_mutation_rate", "connection_creation_rate")

Expected = tuple[Wish, "tuple[ErrorCode, ...] | None"]


# Partitions ------------------------------------------------------------------------------------------------------------


def ask_growth(model: BrokerModel, asked: Asked) -> None:
    """Topics may become larger."""
    request = asked.body
    wait_at_most(asked, request.timeout_ms)
    names = [topic.name for topic in request.topics]
    is_known = model.is_settled_for_decisions and names.count(names[0]) == 1 if names else False
    asked.expected = {}
    for topic in request.topics:
        wish = Wish(str(asked), grows=(topic.name, topic.count))
        wish = model.want(wish, is_meant=not request.validate_only and request.timeout_ms > 0)
        asked.expected[topic.name] = (wish, _growth(model, topic) if is_known and request.timeout_ms > 0 else None)


def _growth(model: BrokerModel, topic: Any) -> tuple[ErrorCode, ...]:
    facts = model.cluster.topics.get(topic.name)
    if facts is None:
        return (*UNKNOWN, ErrorCode.INVALID_TOPIC_EXCEPTION)
    if topic.count <= len(facts.partitions):
        return (ErrorCode.INVALID_PARTITIONS,)
    if topic.assignments is None:
        return (ErrorCode.NONE,)
    is_whole = len(topic.assignments) == topic.count - len(facts.partitions)
    is_possible = is_whole and all(list(assignment.broker_ids) == [model.node_id] for assignment in topic.assignments)
    return (ErrorCode.NONE,) if is_possible else (ErrorCode.INVALID_REPLICA_ASSIGNMENT,)


def judge_growth(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """One result per topic; a topic that has grown has its partitions in the durable log."""
    complaint = differs("the topics answered", list(asked.expected), [result.name for result in body.results])
    for result in body.results if complaint is None else ():
        wish, errors = asked.expected[result.name]
        if asked.body.timeout_ms <= 0 and result.error_code == ErrorCode.REQUEST_TIMED_OUT:
            continue
        complaint = judge_decided(model, asked, wish, result.error_code, errors)
        facts = model.cluster.topics.get(result.name)
        is_done = result.error_code == ErrorCode.NONE and not asked.body.validate_only
        count = len(facts.partitions) if facts is not None and model.cluster.made[result.name] == 1 else wish.grows[1]
        if complaint is None and is_done and count < wish.grows[1]:
            complaint = f"it is answered as done, but has {count} of {wish.grows[1]} partitions in the durable log"
        if complaint is not None:
            return f"topic {result.name}: {complaint}"
    return complaint


# Quotas and credentials ------------------------------------------------------------------------------------------------


def ask_quota(model: BrokerModel, asked: Asked) -> None:
    """Every entity is a wish of its own."""
    wait_at_most(asked, REQUEST_TIMEOUT_MS)
    asked.expected = {}
    entities = [entity_of(entry.entity) for entry in asked.body.entries]
    for entity, entry in zip(entities, asked.body.entries, strict=True):
        values = {("quota", entity, op.key): None if op.remove else op.value for op in entry.ops}
        is_possible = len(values) == len(entry.ops) and entities.count(entity) == 1 and all(op.key in QUOTA_KEYS for op in entry.ops)
        wish = model.want(Wish(str(asked), values), is_meant=is_possible and not asked.body.validate_only)
        asked.expected[entity] = (wish, (ErrorCode.NONE,) if is_possible else (ErrorCode.INVALID_REQUEST,))


def judge_quota(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """One result per entity."""
    complaint = differs("the entities answered", list(asked.expected), [entity_of(result.entity) for result in body.entries])
    for result in body.entries if complaint is None else ():
        wish, errors = asked.expected[entity_of(result.entity)]
        complaint = complaint or judge_decided(model, asked, wish, result.error_code, errors)
    return complaint


def ask_credential(model: BrokerModel, asked: Asked) -> None:
    """Every user has one wish."""
    wait_at_most(asked, REQUEST_TIMEOUT_MS)
    request = asked.body
    is_known = model.is_settled_for_decisions
    users = [change.name for change in (*request.deletions, *request.upsertions)]
    asked.expected = {}
    for change in (*request.deletions, *request.upsertions):
        key = ("scram", change.name, change.mechanism)
        value = (bytes(change.salt), change.iterations) if hasattr(change, "salt") else None
        errors: tuple[ErrorCode, ...] | None = (ErrorCode.NONE,)
        if users.count(change.name) > 1:
            errors = None
        elif value is not None and value[1] < ITERATIONS_MIN:
            errors = (ErrorCode.UNACCEPTABLE_CREDENTIAL,)
        elif value is None:
            is_there = key in model.cluster.values
            errors = ((ErrorCode.NONE,) if is_there else (ErrorCode.RESOURCE_NOT_FOUND,)) if is_known else None
        is_meant = errors is None or ErrorCode.NONE in errors
        if users.count(change.name) == 1:
            asked.expected[change.name] = (model.want(Wish(str(asked), {key: value}), is_meant=is_meant), errors)


def judge_credential(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """One result per user; who has two wishes gets neither."""
    for result in body.results:
        if result.user not in asked.expected:
            if result.error_code == ErrorCode.NONE:
                return f"user {result.user}, who is named twice, gets a wish"
            continue
        wish, errors = asked.expected[result.user]
        complaint = judge_decided(model, asked, wish, result.error_code, errors, validates=False)
        if complaint is not None:
            return f"user {result.user}: {complaint}"
    return None


def ask_feature(model: BrokerModel, asked: Asked) -> None:
    """All levels or none."""
    wait_at_most(asked, REQUEST_TIMEOUT_MS)
    values = {("feature", update.feature): update.max_version_level for update in asked.body.feature_updates}
    is_meant = asked.version == 0 or not asked.body.validate_only
    asked.expected = model.want(Wish(str(asked), values), is_meant=is_meant)


def judge_feature(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """Done, or not."""
    validates = asked.version > 0 and asked.body.validate_only
    complaint = judge_decided(model, asked, asked.expected, body.error_code, validates=validates)
    if complaint is None and body.error_code == ErrorCode.NONE:
        complaint = asked.expected.missing(model.cluster)
    return complaint


# Leaders and replicas --------------------------------------------------------------------------------------------------


def ask_to_move(model: BrokerModel, asked: Asked) -> None:
    """Whether anything may be moved is known from what there is."""
    wait_at_most(asked, asked.body.timeout_ms)
    asked.expected = model.is_settled_for_decisions


def judge_reassignment(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """There is one broker: what is there already may be asked for, and nothing else."""
    wanted = [(topic.name, part) for topic in asked.body.topics for part in topic.partitions]
    told = [(topic.name, part) for topic in body.responses for part in topic.partitions]
    complaint = differs("the number of partitions", len(wanted), len(told))
    for (name, part), (_, result) in zip(wanted, told, strict=True) if complaint is None else ():
        replicas = None if part.replicas is None else list(part.replicas)
        if result.error_code == ErrorCode.NONE and replicas != [model.node_id]:
            return f"{name}-{part.partition_index} may be moved to {replicas}, where there is only broker {model.node_id}"
        facts = model.cluster.topics.get(name)
        is_there = facts is not None and part.partition_index in facts.partitions
        is_sure = asked.expected and model.is_settled and is_there and model.cluster.made[name] == 1
        if is_sure and replicas == [model.node_id] and result.error_code not in (ErrorCode.NONE, *DOUBTFUL):
            return f"{name}-{part.partition_index} may not be where it is: {error_name(result.error_code)}"
    return complaint


def judge_election(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """Nobody has to be elected: the only replica leads."""
    for topic in body.replica_election_results:
        for result in topic.partition_result:
            facts = model.cluster.topics.get(topic.topic)
            part = facts.partitions.get(result.partition_id) if facts is not None else None
            if result.error_code == ErrorCode.NONE:
                return f"a leader of {topic.topic}-{result.partition_id} is elected, though its only replica leads it"
            is_strange = result.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION and part is not None
            if is_strange and asked.expected and model.is_settled and model.cluster.made[topic.topic] == 1:
                return f"{topic.topic}-{result.partition_id} exists, but is said not to"
    return None


LAWS: dict[int, Law] = {
    ApiKey.CREATE_PARTITIONS: Law(ask_growth, judge_growth, due_when_decided),
    ApiKey.ALTER_CLIENT_QUOTAS: Law(ask_quota, judge_quota, due_when_decided),
    ApiKey.ALTER_USER_SCRAM_CREDENTIALS: Law(ask_credential, judge_credential, due_when_decided),
    ApiKey.UPDATE_FEATURES: Law(ask_feature, judge_feature, due_when_decided),
    ApiKey.ALTER_PARTITION_REASSIGNMENTS: Law(ask_to_move, judge_reassignment, due_when_decided),
    ApiKey.ELECT_LEADERS: Law(ask_to_move, judge_election, due_when_decided),
}
