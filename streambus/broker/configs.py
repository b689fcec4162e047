"""Configs: changed by the controller's decisions, described from the broker's image, and followed by the broker while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from streambus import metadata as md
from streambus.broker.config import BrokerConfig
from streambus.broker.connections import Call
from streambus.broker.decisions import DelayedDecision, decide
from streambus.kernel import MILLISECOND, Turn, message
from streambus.wire import ErrorCode

if TYPE_CHECKING:
    from streambus.broker.broker import Broker


def describe_configs(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a DescribeConfigs request (versions 1-4)."""
    broker.answer(turn, call, md.describe_configs(broker.image, call.request.body, broker.config.node_id))


@message
class DelayedAlteration(DelayedDecision):
    """Altered configs on their way."""

    def is_settled(self, node: Broker, result: Any) -> bool:
        """That a topic is not there may be a deletion's doing that is not durable."""
        if result.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
            return result.resource_name not in node.image.topics
        return DelayedDecision.is_settled(self, node, result)


def alter_configs(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out an AlterConfigs request (versions 0-2)."""
    decide(broker, turn, call, broker.controller.alter_configs(call.request.body), kind=DelayedAlteration)


def incremental_alter_configs(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out an IncrementalAlterConfigs request (versions 0-1)."""
    decide(broker, turn, call, broker.controller.incremental_alter_configs(call.request.body), kind=DelayedAlteration)


def list_config_resources(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a ListConfigResources request (versions 0-1)."""
    broker.answer(turn, call, md.list_config_resources(broker.image, call.request.body, call.request.api_version))


def configured(config: BrokerConfig, properties: md.BrokerProperties) -> BrokerConfig:
    """`config` with those limits that somebody set as broker configs."""
    limits: Any = config.limits
    store: Any = config.store
    told: Any = config
    changed = {field: properties.number(name) for name, field in _LIMITS.items() if name in properties.settings}
    if "connections.max.idle.ms" in properties.settings:
        changed["connection_idle_max"] = _time(properties.number("connections.max.idle.ms"))
    if "producer.id.expiration.ms" in properties.settings:
        store = evolve(store, producer_expiration_ms=properties.number("producer.id.expiration.ms"))
    result: BrokerConfig = evolve(told, limits=evolve(limits, **changed), store=store)
    return result


_LIMITS = {
    "fetch.max.bytes": "fetch_bytes_max",
    "max.connections": "connections_max",
    "max.incremental.fetch.session.cache.slots": "fetch_sessions_max",
    "socket.request.max.bytes": "frame_bytes_max",
}

_NEVER_MS = 2**50
"""Longer than anybody waits, and short enough to be counted in microseconds."""


def _time(milliseconds: int) -> int:
    """A time in microseconds; a negative one is no limit."""
    return min(milliseconds if milliseconds >= 0 else _NEVER_MS, _NEVER_MS) * MILLISECOND


def follow(broker: Broker, delta: md.Delta) -> None:
    """Do what changed configs ask of this broker. What topics are configured to is looked up where it is used."""
    if broker.is_serving and not any(kind == md.ResourceType.BROKER for kind, _ in delta.configs_changed):
        return
    properties = broker.image.effective_properties
    broker.config = configured(broker.told, properties)
    broker.store.expire_producers_after(broker.config.store.producer_expiration_ms)
    broker.upkeep.clean_every(properties.number("log.cleaner.backoff.ms") * MILLISECOND)
