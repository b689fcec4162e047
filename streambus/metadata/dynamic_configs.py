"""Dynamic broker configs: what may be set on a broker while it runs (KIP-226)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from streambus.metadata.broker_configs import BROKER_CONFIGS, BrokerProperties, unit_complaint
from streambus.metadata.config_definitions import LONG_MAX, AtLeast, ConfigDefinition, ConfigType, InvalidConfig, table
from streambus.metadata.foreign_configs import FOREIGN_LISTS, is_foreign
from streambus.metadata.group_configs import interval_complaint
from streambus.metadata.image import Image

THROTTLES = table(
    *(
        ConfigDefinition(name, ConfigType.LONG, str(LONG_MAX), AtLeast(0), text)
        for name, text in (
            ("follower.replication.throttled.rate", "The most bytes a second that throttled replicas are sent as followers."),
            ("leader.replication.throttled.rate", "The most bytes a second that throttled replicas send as leaders."),
            ("replica.alter.log.dirs.io.max.bytes.per.second", "The most bytes a second that move between folders of a broker."),
        )
    )
)
"""What tools that move replicas set and take away again. Replicas do not move here; it makes no difference."""


class RefusedByBroker(ValueError):
    """A broker does not take these settings while it runs. The text is for the person who set them."""


def is_dynamic(name: str) -> bool:
    """Whether a config may be set on a running broker. Names that nobody knows may: they are kept for whoever reads them."""
    definition = BROKER_CONFIGS.get(name)
    return definition.is_dynamic if definition is not None else not is_foreign(name)


def check_list(name: str, word: str) -> None:
    """`InvalidConfig` if items cannot be added to a broker config, or taken from it, because it is no list."""
    definition = BROKER_CONFIGS.get(name)
    if definition is None and not is_foreign(name):
        raise InvalidConfig(f"Unknown config name: {name}")
    if name not in FOREIGN_LISTS and (definition is None or definition.type is not ConfigType.LIST):
        raise InvalidConfig(f"Config value {word} is not allowed for config key: {name}")


def check_broker_settings(image: Image, settings: Mapping[str, str], resource: str) -> None:
    """`RefusedByBroker` if a running broker cannot be given all of `settings`: one broker, or with an empty `resource` all of them."""
    static = [name for name in settings if not is_dynamic(name)]
    if static:
        raise RefusedByBroker(f"Cannot update these configs dynamically: [{', '.join(static)}]")
    try:
        for name, text in settings.items():
            definition = BROKER_CONFIGS.get(name, THROTTLES.get(name))
            if definition is not None:
                definition.parse(text)
    except InvalidConfig as invalid:
        raise RefusedByBroker(str(invalid)) from None
    after = _after(image, settings, resource)
    complaint = unit_complaint(_known(after.settings)) or interval_complaint(after) or _local_retention_complaint(after)
    if complaint is None and "max.connections" in settings and after.number("max.connections") == 0:
        complaint = _wrapped("Invalid max.connections 0")
    if complaint is not None:
        raise RefusedByBroker(complaint)


def _known(settings: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in settings.items() if name in BROKER_CONFIGS}


def _after(image: Image, settings: Mapping[str, str], resource: str) -> BrokerProperties:
    own = str(image.properties.node_id)
    layers: Iterable[Mapping[str, str]] = (image.broker_settings(""), settings) if resource else (settings, image.broker_settings(own))
    return image.properties.under(*layers)


def _local_retention_complaint(after: BrokerProperties) -> str | None:
    """Local retention is kept within retention even where there is no remote storage."""
    for name, whole in (("log.local.retention.ms", "log.retention.ms"), ("log.local.retention.bytes", "log.retention.bytes")):
        local, limit = after.number(name), _retention_ms(after) if whole == "log.retention.ms" else after.number(whole)
        if limit == -1 or local == -2:
            continue
        if local == -1:
            return _wrapped(f"Invalid value -1 for configuration {name}: Value must not be -1 as {whole} value is set as {limit}.")
        if local > limit:
            return _wrapped(f"Invalid value {local} for configuration {name}: Value must not be more than {whole} property value: {limit}")
    return None


def _retention_ms(after: BrokerProperties) -> int:
    """Of the units that it is said in, the finest counts. Hours always have a default."""
    units = (("log.retention.ms", 1), ("log.retention.minutes", 60_000), ("log.retention.hours", 3_600_000))
    name, factor = next((name, factor) for name, factor in units if after.text(name) is not None)
    return max(after.number(name) * factor, -1)


def _wrapped(text: str) -> str:
    """Kafka says it like this, and tools show it."""
    return f"Invalid value org.apache.kafka.common.config.ConfigException: {text} for configuration Invalid dynamic configuration"
