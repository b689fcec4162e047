"""Configs: whoever alters them is answered when what was decided is in the metadata log, and refusals leave everything as it was; a
description shows what is durable, for every topic and broker, and whatever it shows is what producing, reading and retention go by.
"""

from typing import Any

from streambus.sim.oracles.broker_model import SETTINGS, BrokerModel
from streambus.sim.oracles.cluster_model import BROKER, TOPIC
from streambus.sim.oracles.decided import judge_decided
from streambus.sim.oracles.door import Asked, error_name
from streambus.sim.oracles.law import Law, differs, due_at_once, due_when_decided, take_note_of_nothing, wait_at_most
from streambus.sim.oracles.wishes import ANY, Wish
from streambus.wire import ApiKey, ErrorCode

REQUEST_TIMEOUT_MS = 30_000
SET, DELETE = 0, 1
DYNAMIC_TOPIC, DYNAMIC_BROKER, DYNAMIC_DEFAULT_BROKER = 1, 2, 3


def ask_incremental(model: BrokerModel, asked: Asked) -> None:
    """Every resource is a wish of its own."""
    wait_at_most(asked, REQUEST_TIMEOUT_MS)
    asked.expected = []
    for resource in asked.body.resources:
        values: dict[Any, Any] = {}
        for config in resource.configs:
            operation = config.config_operation
            key = ("config", resource.resource_type, resource.resource_name, config.name)
            values[key] = config.value if operation == SET else None if operation == DELETE else ANY
        asked.expected.append(_wished(model, asked, Wish(str(asked), values)))


def ask_replacing(model: BrokerModel, asked: Asked) -> None:
    """Every resource is a wish of its own, also for what it does not name to go."""
    wait_at_most(asked, REQUEST_TIMEOUT_MS)
    asked.expected = []
    for resource in asked.body.resources:
        place = ("config", resource.resource_type, resource.resource_name)
        values = {**dict.fromkeys(model.cluster.of_kind(*place)), **{(*place, config.name): config.value for config in resource.configs}}
        asked.expected.append(_wished(model, asked, Wish(str(asked), values, place)))


def _wished(model: BrokerModel, asked: Asked, wish: Wish) -> Wish:
    return model.want(wish, is_meant=not asked.body.validate_only)


def judge_alteration(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """One result per resource, in the order of the request."""
    wanted = [(resource.resource_type, resource.resource_name) for resource in asked.body.resources]
    told = [(result.resource_type, result.resource_name) for result in body.responses]
    complaint = differs("the resources answered", wanted, told)
    for wish, result in zip(asked.expected, body.responses, strict=True) if complaint is None else ():
        complaint = complaint or judge_decided(model, asked, wish, result.error_code)
        is_done = complaint is None and result.error_code == ErrorCode.NONE and result.resource_type == TOPIC
        if is_done and not model.cluster.existed(result.resource_name):
            complaint = f"topic {result.resource_name} is configured, but was never made"
    return complaint


def judge_description(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """What was set is told as set where it was set, and nothing else is; what holds for a topic follows from it."""
    if not model.is_settled or asked.is_old:
        return None
    for wanted, result in zip(asked.body.resources, body.results, strict=True):
        complaint = None
        if result.resource_type == TOPIC == wanted.resource_type:
            complaint = _judge_topic(model, wanted, result)
        elif result.resource_type == BROKER == wanted.resource_type and not result.error_code:
            complaint = _judge_broker(model, wanted, result)
        if complaint is not None:
            return complaint
    return None


def _judge_topic(model: BrokerModel, wanted: Any, result: Any) -> str | None:
    facts = model.cluster.topics.get(result.resource_name)
    if (facts is None) != bool(result.error_code):
        existence = "does not exist" if facts is None else "exists"
        return f"topic {result.resource_name} {existence}, but is answered with {error_name(result.error_code)}"
    if facts is None:
        return None
    keys = wanted.configuration_keys
    expected = {name: value for name, value in facts.settings.items() if not keys or name in keys}
    told = {entry.name: entry.value for entry in result.configs if entry.config_source == DYNAMIC_TOPIC}
    complaint = differs(f"what is set on topic {result.resource_name}", dict(sorted(expected.items())), dict(sorted(told.items())))
    for entry in result.configs:
        if entry.name in SETTINGS:
            what = f"{entry.name} of topic {result.resource_name}"
            complaint = complaint or differs(what, model.setting(facts, entry.name), entry.value)
    return complaint


def _judge_broker(model: BrokerModel, wanted: Any, result: Any) -> str | None:
    keys, name = wanted.configuration_keys, result.resource_name
    layers = {
        DYNAMIC_BROKER: {} if not name else _set_on(model, name),
        DYNAMIC_DEFAULT_BROKER: _set_on(model, ""),
    }
    for source, layer in layers.items():
        hidden = layers[DYNAMIC_BROKER] if source == DYNAMIC_DEFAULT_BROKER else {}
        expected = {key: value for key, value in layer.items() if (not keys or key in keys) and key not in hidden}
        # What nobody knows may be a secret: then its value is not told.
        told = {
            entry.name: expected.get(entry.name) if entry.is_sensitive else entry.value
            for entry in result.configs
            if entry.config_source == source
        }
        complaint = differs(f"what is set on broker “{name}” (source {source})", dict(sorted(expected.items())), dict(sorted(told.items())))
        if complaint is not None:
            return complaint
    return None


def _set_on(model: BrokerModel, resource: str) -> dict[str, str]:
    return {key[3]: value for key, value in model.cluster.of_kind("config", BROKER, resource).items()}


LAWS: dict[int, Law] = {
    ApiKey.INCREMENTAL_ALTER_CONFIGS: Law(ask_incremental, judge_alteration, due_when_decided),
    ApiKey.ALTER_CONFIGS: Law(ask_replacing, judge_alteration, due_when_decided),
    ApiKey.DESCRIBE_CONFIGS: Law(take_note_of_nothing, judge_description, due_at_once),
}
