"""Descriptions of what administrators changed, and of what is in the logs: they show what is durable, and nothing else; and as long as
nothing changes, whoever asks the same is told the same.
"""

from typing import Any

from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.cluster_model import TOPIC, entity_of
from streambus.sim.oracles.door import Asked, error_name
from streambus.sim.oracles.fetch_answer import end_of_epoch
from streambus.sim.oracles.law import Law, differs, due_at_once, take_note_of_nothing
from streambus.sim.oracles.produce_law import FORGOTTEN_AFTER_MS
from streambus.sim.oracles.written import METADATA_LOG
from streambus.wire import ApiKey, ErrorCode

EXACT, DEFAULT = 0, 1
NOTHING = (-1, -1)


# What was decided ------------------------------------------------------------------------------------------------------


def judge_quotas(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """Whoever has all that the filter wants, with all that they were given."""
    if body.error_code:
        return f"it is answered with {error_name(body.error_code)}"
    if not model.is_settled or asked.is_old:
        return None
    expected: dict[Any, dict[str, float]] = {}
    for (_, entity, key), value in model.cluster.of_kind("quota").items():
        if _fits(dict(entity), asked.body):
            expected.setdefault(entity, {})[key] = value
    told = {entity_of(entry.entity): {value.key: value.value for value in entry.values} for entry in body.entries}
    return differs("the quotas", sorted(expected.items(), key=repr), sorted(told.items(), key=repr))


def _fits(names: dict[str, str | None], request: Any) -> bool:
    for component in request.components:
        kind = component.entity_type
        if kind not in names:
            return False
        wanted = component.match if component.match_type == EXACT else None
        if component.match_type in (EXACT, DEFAULT) and names[kind] != wanted:
            return False
    return not request.strict or len(names) == len(request.components)


def judge_credentials(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """Mechanisms and iterations of everybody who was asked for, or of all."""
    if not model.is_settled or asked.is_old:
        return None
    known: dict[str, list[tuple[int, int]]] = {}
    for (_, user, mechanism), (_, iterations) in sorted(model.cluster.of_kind("scram").items()):
        known.setdefault(user, []).append((mechanism, iterations))
    wanted = [user.name for user in asked.body.users or ()] or list(known)
    expected: dict[str, Any] = {}
    for name in sorted(wanted):
        expected[name] = known.get(name, ErrorCode.RESOURCE_NOT_FOUND) if wanted.count(name) == 1 else ErrorCode.DUPLICATE_RESOURCE
    told = {
        result.user: result.error_code or [(info.mechanism, info.iterations) for info in result.credential_infos] for result in body.results
    }
    return differs("the credentials", expected, told)


def judge_resources(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """Of the topics, all."""
    if not model.is_settled or asked.is_old or body.error_code or asked.version == 0 or TOPIC not in (asked.body.resource_types or [TOPIC]):
        return None
    told = sorted([resource.resource_name for resource in body.config_resources if resource.resource_type == TOPIC])
    return differs("the topics", sorted(model.cluster.topics), told)


def judge_reassignments(_model: BrokerModel, _asked: Asked, body: Any) -> str | None:
    """Nothing is ever on its way between one broker and itself."""
    return differs("the number of topics on their way", 0, len(body.topics)) or differs("error_code", 0, body.error_code)


def judge_acls(_model: BrokerModel, _asked: Asked, body: Any) -> str | None:
    """There is nobody to ask."""
    return differs("error_code", ErrorCode.SECURITY_DISABLED, body.error_code)


# What is in the logs ---------------------------------------------------------------------------------------------------


def judge_epochs(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """Where an epoch ended is where the first record of a later one is."""
    if not model.is_settled or asked.is_old:
        return None
    told = [(topic.topic, result) for topic in body.topics for result in topic.partitions]
    wanted = [(topic.topic, part) for topic in asked.body.topics for part in topic.partitions]
    complaint = differs("the number of partitions", len(wanted), len(told))
    for (name, part), (_, result) in zip(wanted, told, strict=True) if complaint is None else ():
        complaint = _judge_epoch(model, name, part, result)
        if complaint is not None:
            return f"{name}-{part.partition}: {complaint}"
    return complaint


def _judge_epoch(model: BrokerModel, name: str, part: Any, result: Any) -> str | None:
    found = model.partition(name, None, part.partition, by_id=False)
    if found is None:
        return differs("error_code", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, result.error_code)
    _, facts, log = found
    if part.current_leader_epoch not in (-1, facts.leader_epoch):
        is_old = part.current_leader_epoch < facts.leader_epoch
        return differs("error_code", ErrorCode.FENCED_LEADER_EPOCH if is_old else ErrorCode.UNKNOWN_LEADER_EPOCH, result.error_code)
    is_asked = 0 <= part.leader_epoch <= facts.leader_epoch
    expected = end_of_epoch(facts, log, part.leader_epoch) if is_asked else NOTHING
    if log.start_moved_in == model.step or (model.was_compacted(found[0]) and expected[1] != log.end_offset):
        return None
    return differs("leader epoch and end", expected, (result.leader_epoch, result.end_offset))


def judge_producers(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """Who wrote with a number, and up to which."""
    if not model.is_settled or asked.is_old:
        return None
    for topic in body.topics:
        for result in topic.partitions:
            found = model.partition(topic.name, None, result.partition_index, by_id=False)
            if (found is None) != bool(result.error_code):
                return f"{topic.name}-{result.partition_index} is answered with {error_name(result.error_code)}"
            if found is None:
                continue
            expected = {
                number: (producer.epoch, producer.last[-1].header.last_sequence)
                for number, producer in sorted(found[2].producers.items())
                if model.now_ms - producer.heard_at_ms < FORGOTTEN_AFTER_MS
            }
            told = {state.producer_id: (state.producer_epoch, state.last_sequence) for state in result.active_producers}
            complaint = differs("epochs and last sequences of producers", expected, told)
            if complaint is not None:
                return f"{topic.name}-{result.partition_index}: {complaint}"
    return None


def ask_log_dirs(model: BrokerModel, asked: Asked) -> None:
    """The disk is asked how much room there is: meanwhile things may change."""
    asked.expected = model.cluster.end_offset if model.is_settled else -1


def judge_log_dirs(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """Every partition that was asked for and is here, in the one folder there is."""
    if not model.is_settled or asked.is_old or asked.expected != model.cluster.end_offset or body.error_code:
        return None
    if model.written.is_failed or model.has_read_error:
        return None
    wanted = None if asked.body.topics is None else {topic.topic: list(topic.partitions) for topic in asked.body.topics}
    expected = sorted(
        (name, index)
        for name, facts in model.cluster.topics.items()
        for index in facts.partitions
        if wanted is None or index in wanted.get(name, ())
    )
    parts = [(topic.name, part) for result in body.results for topic in result.topics for part in topic.partitions]
    told = sorted((name, part.partition_index) for name, part in parts if name != METADATA_LOG)
    lagging = [part for _, part in parts if part.offset_lag or part.is_future_key or part.partition_size < 0]
    return differs("the partitions", expected, told) or (f"{len(lagging)} replicas lag behind or are moving" if lagging else None)


def judge_quorum(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """The one voter leads, and what it says of the metadata log is durable."""
    if body.error_code or not body.topics or body.topics[0].partitions[0].error_code:
        return None
    part = body.topics[0].partitions[0]
    log = model.metadata_log()
    complaint = differs("leader_id", model.node_id, part.leader_id)
    complaint = complaint or differs("the voters", [model.node_id], [voter.replica_id for voter in part.current_voters])
    if complaint is None and not asked.is_old and part.high_watermark not in (log.durable_end, log.committed_at_least(model.step)):
        complaint = f"high_watermark is {part.high_watermark}, expected {log.durable_end}"
    return complaint


LAWS: dict[int, Law] = {
    ApiKey.DESCRIBE_CLIENT_QUOTAS: Law(take_note_of_nothing, judge_quotas, due_at_once),
    ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS: Law(take_note_of_nothing, judge_credentials, due_at_once),
    ApiKey.LIST_CONFIG_RESOURCES: Law(take_note_of_nothing, judge_resources, due_at_once),
    ApiKey.LIST_PARTITION_REASSIGNMENTS: Law(take_note_of_nothing, judge_reassignments, due_at_once),
    ApiKey.DESCRIBE_ACLS: Law(take_note_of_nothing, judge_acls, due_at_once),
    ApiKey.OFFSET_FOR_LEADER_EPOCH: Law(take_note_of_nothing, judge_epochs, due_at_once),
    ApiKey.DESCRIBE_PRODUCERS: Law(take_note_of_nothing, judge_producers, due_at_once),
    ApiKey.DESCRIBE_LOG_DIRS: Law(ask_log_dirs, judge_log_dirs),
    ApiKey.DESCRIBE_QUORUM: Law(take_note_of_nothing, judge_quorum, due_at_once),
}
