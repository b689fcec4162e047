"""DescribeConfigs: a view of the image and of what this broker was started with (KIP-226, KIP-569)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from streambus.metadata.broker_configs import BROKER_CONFIGS, broker_number
from streambus.metadata.client_metrics_configs import CLIENT_METRICS_CONFIGS
from streambus.metadata.config_definitions import ConfigDefinition, ConfigType
from streambus.metadata.config_sources import (
    Synonyms,
    broker_sources,
    broker_text,
    effective_source,
    group_sources,
    topic_sources,
)
from streambus.metadata.effective_configs import effective_text
from streambus.metadata.group_configs import GROUP_CONFIGS
from streambus.metadata.image import Image
from streambus.metadata.refused import Refused
from streambus.metadata.resources import ConfigSource, ResourceType
from streambus.metadata.topic_configs import TOPIC_CONFIGS
from streambus.metadata.topic_names import name_complaint
from streambus.wire import ErrorCode, messages

Request = messages.DescribeConfigsRequest
Resource = messages.DescribeConfigsRequest.DescribeConfigsResource
Result = messages.DescribeConfigsResponse.DescribeConfigsResult
Entry = messages.DescribeConfigsResponse.DescribeConfigsResourceResult

MALFORMED = (
    "This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. "
    "See the broker logs for more details."
)
"""Kafka's words for an INVALID_REQUEST of which it says nothing particular."""


def describe_configs(image: Image, request: Request, broker_id: int) -> messages.DescribeConfigsResponse:
    """What `broker_id` answers: one result per resource, in the order of the request; entries in the order of names."""
    if any(resource.resource_type not in _DESCRIBE for resource in request.resources):
        # As in Kafka, a type that nobody knows spoils the whole request.
        return messages.DescribeConfigsResponse(results=[_refused(resource) for resource in request.resources])
    return messages.DescribeConfigsResponse(results=[_describe(image, request, resource, broker_id) for resource in request.resources])


def created_topic_configs(image: Image, settings: Mapping[str, str]) -> list[messages.CreateTopicsResponse.CreatableTopicConfigs]:
    """The configs of a topic that is about to exist with `settings`, as CreateTopics answers them (KIP-525)."""
    entry = messages.CreateTopicsResponse.CreatableTopicConfigs
    return [
        entry(
            name=name,
            value=settings.get(name) or effective_text(definition, settings, image.effective_properties),
            read_only=False,
            config_source=effective_source(image, definition, settings),
            is_sensitive=False,
        )
        for name, definition in TOPIC_CONFIGS.items()
    ]


def _describe(image: Image, request: Request, resource: Resource, broker_id: int) -> Result:
    result = Result(error_message="", resource_type=resource.resource_type, resource_name=resource.resource_name)
    try:
        result.configs = list(_DESCRIBE[resource.resource_type](image, request, resource, broker_id))
    except Refused as reason:
        result.error_code, result.error_message = reason.error_code, reason.text
    return result


def _refused(resource: Resource) -> Result:
    return Result(ErrorCode.INVALID_REQUEST, MALFORMED, resource.resource_type, resource.resource_name, [])


def _topic(image: Image, request: Request, resource: Resource, _broker_id: int) -> Iterable[Entry]:
    name = resource.resource_name
    complaint = name_complaint(name)
    if complaint is not None:
        raise Refused(ErrorCode.INVALID_TOPIC_EXCEPTION, complaint)
    if name not in image.topics:
        raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "")
    settings = image.topic_settings(name)
    for definition in _asked_for(resource, TOPIC_CONFIGS):
        value = effective_text(definition, settings, image.effective_properties)
        yield _entry(request, definition, value, topic_sources(image, definition, settings), read_only=False)


def _broker(image: Image, request: Request, resource: Resource, broker_id: int) -> Iterable[Entry]:
    name = resource.resource_name
    if not name:
        return _default_broker(image, request, resource)
    number = broker_number(name)
    if number is None:
        raise Refused(ErrorCode.INVALID_REQUEST, f"Broker id must be an integer, but it is: {name}")
    if number != broker_id:
        text = f"Unexpected broker id, expected {broker_id} or empty string, but received {name}"
        raise Refused(ErrorCode.INVALID_REQUEST, text)
    return _one_broker(image, request, resource)


def _one_broker(image: Image, request: Request, resource: Resource) -> Iterable[Entry]:
    """This broker's configs, then those that somebody set and that no broker knows: a plugin might."""
    for definition in _asked_for(resource, BROKER_CONFIGS):
        value, sources = broker_text(image, definition.name), broker_sources(image, definition.name)
        yield _entry(request, definition, value, sources, read_only=not definition.is_dynamic)
    strange = _strange(name for name in image.effective_properties.settings if name not in BROKER_CONFIGS)
    for definition in _asked_for(resource, strange):
        yield _entry(request, definition, None, broker_sources(image, definition.name), read_only=True)


def _default_broker(image: Image, request: Request, resource: Resource) -> Iterable[Entry]:
    """What was set on all brokers."""
    settings = image.broker_settings("")
    known = {name: BROKER_CONFIGS[name] for name in settings if name in BROKER_CONFIGS}
    definitions = {**known, **_strange(name for name in settings if name not in known)}
    for definition in _asked_for(resource, definitions):
        name = definition.name
        sources = [(name, settings[name], ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG)]
        yield _entry(request, definition, settings[name], sources, read_only=not definition.is_dynamic)


def _strange(names: Iterable[str]) -> dict[str, ConfigDefinition]:
    """Definitions for configs of which nothing is known: they may be secrets."""
    return {name: ConfigDefinition(name, ConfigType.UNKNOWN, None, None, "", is_dynamic=False) for name in sorted(names)}


def _broker_logger(_image: Image, _request: Request, resource: Resource, broker_id: int) -> Iterable[Entry]:
    """This broker has no loggers: what it says for people is chosen when it is started."""
    name = resource.resource_name
    if not name:
        raise Refused(ErrorCode.INVALID_REQUEST, "Broker id must not be empty")
    number = broker_number(name)
    if number is None:
        raise Refused(ErrorCode.INVALID_REQUEST, f"Broker id must be an integer, but it is: {name}")
    if number != broker_id:
        raise Refused(ErrorCode.INVALID_REQUEST, f"Unexpected broker id, expected {broker_id} but received {name}")
    return ()


def _client_metrics(image: Image, request: Request, resource: Resource, _broker_id: int) -> Iterable[Entry]:
    name = resource.resource_name
    if not name:
        raise Refused(ErrorCode.INVALID_REQUEST, "Client metrics subscription name must not be empty")
    settings = image.configs.get((ResourceType.CLIENT_METRICS, name), {})
    for definition in _asked_for(resource, CLIENT_METRICS_CONFIGS):
        value = settings.get(definition.name)
        sources: Synonyms = []
        if value is not None:
            sources = [(definition.name, definition.canonical(value), ConfigSource.CLIENT_METRICS_CONFIG)]
        yield _entry(request, definition, definition.default if value is None else value, sources, read_only=False)


def _group(image: Image, request: Request, resource: Resource, _broker_id: int) -> Iterable[Entry]:
    name = resource.resource_name
    if not name:
        raise Refused(ErrorCode.INVALID_REQUEST, "Group name must not be empty")
    settings = image.configs.get((ResourceType.GROUP, name), {})
    for definition in _asked_for(resource, GROUP_CONFIGS):
        sources = group_sources(image, definition, settings)
        yield _entry(request, definition, sources[0][1], sources, read_only=False)


_DESCRIBE: dict[int, Callable[[Image, Request, Resource, int], Iterable[Entry]]] = {
    ResourceType.TOPIC: _topic,
    ResourceType.BROKER: _broker,
    ResourceType.BROKER_LOGGER: _broker_logger,
    ResourceType.CLIENT_METRICS: _client_metrics,
    ResourceType.GROUP: _group,
}


def _asked_for(resource: Resource, definitions: Mapping[str, ConfigDefinition]) -> Iterable[ConfigDefinition]:
    """All of `definitions` if the keys are null, and as in Kafka also if there are none; those among the keys otherwise."""
    keys = dict.fromkeys(resource.configuration_keys or ())
    return [definition for name, definition in definitions.items() if not keys or name in keys]


def _entry(request: Request, definition: ConfigDefinition, value: str | None, sources: Synonyms, *, read_only: bool) -> Entry:
    is_hidden = definition.is_sensitive
    synonym = messages.DescribeConfigsResponse.DescribeConfigsSynonym
    told = [synonym(name=name, value=None if is_hidden else text, source=source) for name, text, source in sources]
    return Entry(
        name=definition.name,
        value=None if is_hidden or value is None else definition.canonical(value),
        read_only=read_only,
        config_source=sources[0][2] if sources else ConfigSource.DEFAULT_CONFIG,
        is_sensitive=is_hidden,
        synonyms=told if request.include_synonyms else [],
        config_type=definition.type,
        documentation=(definition.documentation or None) if request.include_documentation else None,
    )
