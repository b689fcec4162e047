"""Config sources: every place that had a say in a value, the decisive one first (KIP-226)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streambus.metadata.broker_configs import ALIASES, BROKER_CONFIGS
from streambus.metadata.config_definitions import ConfigDefinition
from streambus.metadata.image import Image
from streambus.metadata.resources import ConfigSource

Synonyms = list[tuple[str, str | None, ConfigSource]]
"""Name, value and source of everything that had a say."""


def topic_sources(image: Image, definition: ConfigDefinition, settings: Mapping[str, str]) -> Synonyms:
    """Where a topic's value comes from. Empty for a default that no broker config speaks for."""
    found = broker_sources(image, definition.synonyms[0].name) if definition.synonyms else []
    return _own(definition, settings, ConfigSource.DYNAMIC_TOPIC_CONFIG) + found


def group_sources(image: Image, definition: ConfigDefinition, settings: Mapping[str, str]) -> Synonyms:
    """Where a group's value comes from."""
    synonym = definition.synonyms[0].name
    found = broker_sources(image, synonym) if synonym in BROKER_CONFIGS else [(synonym, definition.default, ConfigSource.DEFAULT_CONFIG)]
    return _own(definition, settings, ConfigSource.GROUP_CONFIG) + found


def _own(definition: ConfigDefinition, settings: Mapping[str, str], source: ConfigSource) -> Synonyms:
    text = settings.get(definition.name)
    return [] if text is None else [(definition.name, definition.canonical(text), source)]


def broker_sources(image: Image, name: str) -> Synonyms:
    """Where a broker's value comes from. As in Kafka, names that say the same in another unit count only after `name` itself."""
    family = ALIASES.get(name, (name,))
    said = [(alias, settings[alias], source) for settings, source in _layers(image) for alias in family if alias in settings]
    defaults = [(alias, BROKER_CONFIGS[alias].default) for alias in family if alias in BROKER_CONFIGS]
    said += [(alias, default, ConfigSource.DEFAULT_CONFIG) for alias, default in defaults if default is not None]
    while said and said[0][0] != name:
        del said[0]
    return list(said)


def effective_source(image: Image, definition: ConfigDefinition, settings: Mapping[str, str]) -> ConfigSource:
    """Whose word is a topic's value, whichever unit it was said in."""
    if definition.name in settings:
        return ConfigSource.DYNAMIC_TOPIC_CONFIG
    for layer, source in _layers(image):
        if any(synonym.name in layer for synonym in definition.synonyms):
            return source
    return ConfigSource.DEFAULT_CONFIG


def _layers(image: Image) -> Sequence[tuple[Mapping[str, str], ConfigSource]]:
    return (
        (image.broker_settings(str(image.properties.node_id)), ConfigSource.DYNAMIC_BROKER_CONFIG),
        (image.broker_settings(""), ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG),
        (_started_with(image), ConfigSource.STATIC_BROKER_CONFIG),
    )


def _started_with(image: Image) -> Mapping[str, str]:
    """What this broker was started with, beside its properties also what it is."""
    node_id = str(image.properties.node_id)
    broker = image.brokers.get(image.properties.node_id)
    known = {"broker.id": node_id, "node.id": node_id, "process.roles": "broker,controller"}
    if broker is not None:
        doors = [f"{endpoint.name}://{endpoint.host}:{endpoint.port}" for endpoint in broker.endpoints]
        known["advertised.listeners"] = ",".join(doors)
        if broker.rack is not None:
            known["broker.rack"] = broker.rack
    return {**known, **image.properties.settings}


def broker_text(image: Image, name: str) -> str | None:
    """What holds for this broker."""
    return image.effective_properties.settings.get(name, _started_with(image).get(name, BROKER_CONFIGS[name].default))
