"""Altering configs: every resource of a request stands or falls by itself (KIP-133, KIP-339).

What a broker says about a request comes first (is each resource there once, does it name this broker), then what the controller says of
each resource: the operations, the values they lead to, and last whether there is such a resource. The order matters to those who are
refused for more than one reason, and is Kafka's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from attrs import frozen

from streambus.metadata.broker_configs import BROKER_CONFIGS, broker_number
from streambus.metadata.client_metrics_configs import InvalidSubscription, check_subscription
from streambus.metadata.config_changes import Operation, list_changed
from streambus.metadata.config_definitions import ConfigDefinition, InvalidConfig
from streambus.metadata.decision import Decision
from streambus.metadata.dynamic_configs import RefusedByBroker, check_broker_settings, check_list
from streambus.metadata.group_configs import GROUP_CONFIGS, check_group_settings
from streambus.metadata.image import Image
from streambus.metadata.refused import Refused
from streambus.metadata.resources import ResourceType
from streambus.metadata.topic_configs import TOPIC_CONFIGS, checked_topic_settings
from streambus.metadata.topic_names import name_complaint
from streambus.wire import ErrorCode, Message, messages

ELR_FEATURE = "eligible.leader.replicas.version"
"""While it is finalized, the cluster's min.insync.replicas decides what is eligible, and no broker has one of its own (KIP-966)."""

ROOT_LOGGER = "root"


@frozen
class Change:
    """One operation on one config."""

    name: str
    operation: int
    value: str | None


@frozen
class Wanted:
    """One resource of a request; `replaces`: what is not among the changes is taken away."""

    kind: int
    name: str
    changes: Sequence[Change]
    replaces: bool


def incremental_alter_configs(
    image: Image, request: messages.IncrementalAlterConfigsRequest
) -> Decision[messages.IncrementalAlterConfigsResponse]:
    """Change single configs of resources; results in the order of the request. With `validate_only` nothing is written."""
    wanted = [
        Wanted(
            resource.resource_type,
            resource.resource_name,
            tuple(Change(config.name, config.config_operation, config.value) for config in resource.configs),
            replaces=False,
        )
        for resource in request.resources
    ]
    return _decided(image, wanted, messages.IncrementalAlterConfigsResponse, validate_only=request.validate_only)


def alter_configs(image: Image, request: messages.AlterConfigsRequest) -> Decision[messages.AlterConfigsResponse]:
    """Replace all configs of resources; results in the order of the request. With `validate_only` nothing is written."""
    wanted = [
        Wanted(
            resource.resource_type,
            resource.resource_name,
            tuple(Change(config.name, Operation.SET, config.value) for config in resource.configs),
            replaces=True,
        )
        for resource in request.resources
    ]
    return _decided(image, wanted, messages.AlterConfigsResponse, validate_only=request.validate_only)


Answer = tuple[ErrorCode, str | None]

DONE: Answer = (ErrorCode.NONE, None)

UNANSWERABLE: Answer = (ErrorCode.UNKNOWN_SERVER_ERROR, None)
"""What Kafka's controller says of everything it is asked together with an operation that does not exist: there it stumbles."""


ResponseT = TypeVar("ResponseT", messages.IncrementalAlterConfigsResponse, messages.AlterConfigsResponse)


def _decided(image: Image, wanted: Sequence[Wanted], response: type[ResponseT], *, validate_only: bool) -> Decision[ResponseT]:
    records, answers = _decide(image, wanted)
    result = response.AlterConfigsResourceResponse
    results: Any = [result(code, text, resource.kind, resource.name) for resource, (code, text) in zip(wanted, answers, strict=True)]
    return Decision(() if validate_only else records, response(responses=results))


def _decide(image: Image, wanted: Sequence[Wanted]) -> tuple[tuple[Message, ...], list[Answer]]:
    counts = Counter((resource.kind, resource.name) for resource in wanted)
    answers = [_judged(partial(_admit, image, resource, counts[resource.kind, resource.name])) for resource in wanted]
    admitted = [place for place, (_, answer) in enumerate(answers) if answer == DONE]
    if not all(_is_known(change.operation) for place in admitted for change in wanted[place].changes):
        return (), [UNANSWERABLE if answer == DONE else answer for _, answer in answers]
    for place in admitted:
        answers[place] = _judged(partial(_CONFIGURE[wanted[place].kind], image, wanted[place]))
    return tuple(record for records, _ in answers for record in records), [answer for _, answer in answers]


def _judged(step: Callable[[], list[Message]]) -> tuple[list[Message], Answer]:
    """What a step leads to: records, or a reason why there are none."""
    try:
        return step(), DONE
    except Refused as refused:
        return [], (refused.error_code, refused.text)
    except InvalidConfig as invalid:
        return [], (ErrorCode.INVALID_CONFIG, str(invalid))
    except (InvalidSubscription, RefusedByBroker) as invalid:
        return [], (ErrorCode.INVALID_REQUEST, str(invalid))


def _admit(image: Image, wanted: Wanted, count: int) -> list[Message]:
    """What the broker that was asked looks at, before the controller does."""
    if count > 1:
        raise Refused(ErrorCode.INVALID_REQUEST, "Each resource must appear at most once.")
    if len({change.name for change in wanted.changes}) < len(wanted.changes):
        raise Refused(ErrorCode.INVALID_REQUEST, "Error due to duplicate config keys")
    nulls = [change.name for change in wanted.changes if change.value is None and change.operation != Operation.DELETE]
    if nulls:
        raise Refused(ErrorCode.INVALID_REQUEST, f"Null value not supported for : {', '.join(nulls)}")
    if wanted.kind not in _CONFIGURE or (wanted.replaces and wanted.kind == ResourceType.BROKER_LOGGER):
        raise Refused(ErrorCode.INVALID_REQUEST, f"Unknown resource type {wanted.kind}")
    if wanted.kind == ResourceType.BROKER:
        _admit_to_broker(image, wanted)
    return []


def _admit_to_broker(image: Image, wanted: Wanted) -> None:
    name = _broker_name(image, wanted)
    strange = [change.operation for change in wanted.changes if not _is_known(change.operation)]
    if strange:
        raise Refused(ErrorCode.INVALID_REQUEST, f"Unknown operations type {strange[0]}")
    for change in wanted.changes:
        if change.operation in (Operation.APPEND, Operation.SUBTRACT):
            check_list(change.name, Operation(change.operation).name.lower())
    check_broker_settings(image, _changed(image.broker_settings(name), wanted, BROKER_CONFIGS, strict=False), name)


def _broker_name(image: Image, wanted: Wanted) -> str:
    """How the log calls the broker that is meant; empty for all brokers."""
    return str(_our_node_id(image, wanted.name, "Unexpected broker id, expected {}, but received {}")) if wanted.name else ""


def _is_known(operation: int) -> bool:
    return operation in tuple(Operation)


def _configure_topic(image: Image, wanted: Wanted) -> list[Message]:
    if not wanted.name:
        raise Refused(ErrorCode.INVALID_REQUEST, "Default topic resources are not allowed.")
    before = image.topic_settings(wanted.name)
    after = _changed(before, wanted, TOPIC_CONFIGS)
    complaint = name_complaint(wanted.name)
    if complaint is not None:
        raise Refused(ErrorCode.INVALID_TOPIC_EXCEPTION, complaint)
    checked_topic_settings(after, image.topic_defaults)
    if wanted.name not in image.topics:
        raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"The topic '{wanted.name}' does not exist.")
    return _records(wanted.kind, wanted.name, before, after)


def _configure_broker(image: Image, wanted: Wanted) -> list[Message]:
    name = _broker_name(image, wanted)
    before = image.broker_settings(name)
    after = _changed(before, wanted, BROKER_CONFIGS, strict=False)
    if image.features.get(ELR_FEATURE, 0):
        _check_elr(name, before, after, wanted)
    # A broker is told even of what stays as it is: whoever sets a secret's file again wants it to be read again.
    touched = {change.name: None for change in wanted.changes}
    return _records(ResourceType.BROKER, name, before, after, touched)


def _check_elr(name: str, before: Mapping[str, str], after: Mapping[str, str], wanted: Wanted) -> None:
    config = "min.insync.replicas"
    if name and any(change.name == config for change in wanted.changes):
        raise InvalidConfig("Broker-level min.insync.replicas cannot be altered while ELR is enabled.")
    if not name and config in before and config not in after:
        raise InvalidConfig("Cluster-level min.insync.replicas cannot be removed while ELR is enabled.")


def _configure_logger(image: Image, wanted: Wanted) -> list[Message]:
    """There are no loggers whose level could be changed; every reason to refuse them is Kafka's."""
    _our_node_id(image, wanted.name, "Unexpected node id. Expected {}, but received {}")
    for change in wanted.changes:
        kind = Operation(change.operation)
        if kind in (Operation.APPEND, Operation.SUBTRACT):
            raise Refused(ErrorCode.INVALID_REQUEST, f"{kind.name} operation is not allowed for the BROKER_LOGGER resource")
        if kind is Operation.DELETE and change.name == ROOT_LOGGER:
            raise Refused(ErrorCode.INVALID_REQUEST, "Removing the log level of the root logger is not allowed")
        raise InvalidConfig(f"Logger {change.name} does not exist!")
    return []


def _our_node_id(image: Image, name: str, words: str) -> int:
    """This node's number, if `name` says it."""
    ours, told = image.properties.node_id, broker_number(name)
    if told is None:
        raise Refused(ErrorCode.INVALID_REQUEST, f"Node id must be an integer, but it is: {name}")
    if told != ours:
        raise Refused(ErrorCode.INVALID_REQUEST, words.format(ours, told))
    return ours


def _configure_client_metrics(image: Image, wanted: Wanted) -> list[Message]:
    before = _settings(image, wanted)
    # Kafka's controller does not know that these are lists.
    after = _changed(before, wanted, {})
    if not wanted.name:
        raise Refused(ErrorCode.INVALID_REQUEST, "Subscription name can't be empty")
    check_subscription(after)
    return _records(wanted.kind, wanted.name, before, after)


def _configure_group(image: Image, wanted: Wanted) -> list[Message]:
    before = _settings(image, wanted)
    after = _changed(before, wanted, GROUP_CONFIGS)
    if not wanted.name:
        raise Refused(ErrorCode.INVALID_REQUEST, "Default group resources are not allowed.")
    check_group_settings(after, image.effective_properties)
    return _records(wanted.kind, wanted.name, before, after)


_CONFIGURE: dict[int, Callable[[Image, Wanted], list[Message]]] = {
    ResourceType.TOPIC: _configure_topic,
    ResourceType.BROKER: _configure_broker,
    ResourceType.BROKER_LOGGER: _configure_logger,
    ResourceType.CLIENT_METRICS: _configure_client_metrics,
    ResourceType.GROUP: _configure_group,
}


def _settings(image: Image, wanted: Wanted) -> Mapping[str, str]:
    found: Mapping[str, str] = image.configs.get((wanted.kind, wanted.name), {})
    return found


def _changed(
    before: Mapping[str, str], wanted: Wanted, definitions: Mapping[str, ConfigDefinition], *, strict: bool = True
) -> dict[str, str]:
    """The settings of a resource once all changes are carried out. Without `strict`, lists that nobody knows are left as they are."""
    after: dict[str, str] = {} if wanted.replaces else dict(before)
    for change in wanted.changes:
        kind = Operation(change.operation)
        if kind is Operation.DELETE:
            after.pop(change.name, None)
            continue
        assert change.value is not None
        if kind is Operation.SET or (change.name not in definitions and not strict):
            after[change.name] = change.value
        else:
            after[change.name] = list_changed(definitions.get(change.name), change.name, before, kind, change.value)
    return after


def _records(kind: int, name: str, before: Mapping[str, str], after: Mapping[str, str], touched: Iterable[str] = ()) -> list[Message]:
    """What changes the settings of a resource from `before` to `after`, with those that were `touched` in any case."""
    changed = [key for key in after if after[key] != before.get(key)]
    removed = [key for key in before if key not in after]
    keys = dict.fromkeys((*changed, *touched, *removed))
    return [messages.ConfigRecord(resource_type=int(kind), resource_name=name, name=key, value=after.get(key)) for key in keys]
