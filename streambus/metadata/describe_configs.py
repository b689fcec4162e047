"""DescribeConfigs: a view of the image and of what this broker was started with (KIP-226, KIP-569)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from streambus.metadata.broker_configs import BROKER_CONFIGS
from streambus.metadata.config_definitions import ConfigDefinition, InvalidConfig
from streambus.metadata.effective_configs import effective_text
from streambus.metadata.image import Image
from streambus.metadata.resources import ConfigSource, ResourceType
from streambus.metadata.topic_configs import TOPIC_CONFIGS
from streambus.metadata.topic_names import name_complaint
from streambus.wire import ErrorCode, messages


def describe_configs(image: Image, request: messages.DescribeConfigsRequest, broker_id: int) -> messages.DescribeConfigsResponse:
    """What `broker_id` answers: one result per resource, in the order of the request; entries in the order of names."""
    return messages.DescribeConfigsResponse(results=[_describe(image, request, resource, broker_id) for resource in request.resources])


def created_topic_configs(image: Image, settings: Mapping[str, str]) -> list[messages.CreateTopicsResponse.CreatableTopicConfigs]:
    """The configs of a topic that is about to exist with `settings`, as CreateTopics answers them (KIP-525)."""
    entry = messages.CreateTopicsResponse.CreatableTopicConfigs
    return [
        entry(
            name=name,
            value=effective_text(definition, settings, image.properties),
            read_only=False,
            config_source=_topic_synonyms(image, definition, settings)[0][2],
            is_sensitive=False,
        )
        for name, definition in TOPIC_CONFIGS.items()
    ]


def _describe(
    image: Image,
    request: messages.DescribeConfigsRequest,
    resource: messages.DescribeConfigsRequest.DescribeConfigsResource,
    broker_id: int,
) -> messages.DescribeConfigsResponse.DescribeConfigsResult:
    if resource.resource_type == ResourceType.TOPIC:
        return _describe_topic(image, request, resource)
    if resource.resource_type == ResourceType.BROKER:
        return _describe_broker(image, request, resource, broker_id)
    return _failed(resource, ErrorCode.INVALID_REQUEST, f"Unsupported resource type: {ResourceType(resource.resource_type).name}")


def _describe_topic(
    image: Image, request: messages.DescribeConfigsRequest, resource: messages.DescribeConfigsRequest.DescribeConfigsResource
) -> messages.DescribeConfigsResponse.DescribeConfigsResult:
    name = resource.resource_name
    complaint = name_complaint(name)
    if complaint is not None:
        return _failed(resource, ErrorCode.INVALID_TOPIC_EXCEPTION, complaint)
    if name not in image.topics:
        return _failed(resource, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, None)
    settings = image.topic_settings(name)
    entries = [
        _entry(
            request,
            definition,
            effective_text(definition, settings, image.properties),
            _topic_synonyms(image, definition, settings),
            read_only=False,
        )
        for definition in _asked_for(resource, TOPIC_CONFIGS)
    ]
    return _described(resource, entries)


def _describe_broker(
    image: Image,
    request: messages.DescribeConfigsRequest,
    resource: messages.DescribeConfigsRequest.DescribeConfigsResource,
    broker_id: int,
) -> messages.DescribeConfigsResponse.DescribeConfigsResult:
    name = resource.resource_name
    if not name:
        # The cluster-wide dynamic defaults. Nothing sets any yet.
        return _described(resource, [])
    try:
        is_ours = BROKER_CONFIGS["node.id"].parse(name) == broker_id
    except InvalidConfig:
        return _failed(resource, ErrorCode.INVALID_REQUEST, f"Broker id must be an integer, but it is: {name}")
    if not is_ours:
        text = f"Unexpected broker id, expected {broker_id} or empty string, but received {name}"
        return _failed(resource, ErrorCode.INVALID_REQUEST, text)
    entries = [
        _entry(
            request,
            definition,
            str(broker_id) if definition.name == "node.id" else image.properties.text(definition.name),
            _broker_synonyms(image, definition),
            read_only=not definition.is_dynamic,
        )
        for definition in _asked_for(resource, BROKER_CONFIGS)
    ]
    return _described(resource, entries)


def _asked_for(
    resource: messages.DescribeConfigsRequest.DescribeConfigsResource, definitions: Mapping[str, ConfigDefinition]
) -> Iterable[ConfigDefinition]:
    """All of `definitions` if the keys are null, and as in Kafka also if there are none; those among the keys otherwise."""
    keys = resource.configuration_keys
    return [definition for name, definition in definitions.items() if not keys or name in keys]


Synonyms = list[tuple[str, str | None, ConfigSource]]
"""Name, value and source of everything that had a say, the decisive one first."""


def _topic_synonyms(image: Image, definition: ConfigDefinition, settings: Mapping[str, str]) -> Synonyms:
    synonyms: Synonyms = []
    if definition.name in settings:
        synonyms.append((definition.name, settings[definition.name], ConfigSource.DYNAMIC_TOPIC_CONFIG))
    names = [synonym.name for synonym in definition.synonyms]
    static = image.properties.settings
    synonyms += [(name, static[name], ConfigSource.STATIC_BROKER_CONFIG) for name in names if name in static]
    defaults = [(name, BROKER_CONFIGS[name].default) for name in names]
    synonyms += [(name, default, ConfigSource.DEFAULT_CONFIG) for name, default in defaults if default is not None]
    return synonyms or [(definition.name, definition.default, ConfigSource.DEFAULT_CONFIG)]


def _broker_synonyms(image: Image, definition: ConfigDefinition) -> Synonyms:
    synonyms: Synonyms = []
    if definition.name in image.properties.settings:
        synonyms.append((definition.name, image.properties.settings[definition.name], ConfigSource.STATIC_BROKER_CONFIG))
    synonyms.append((definition.name, definition.default, ConfigSource.DEFAULT_CONFIG))
    return synonyms


def _entry(
    request: messages.DescribeConfigsRequest, definition: ConfigDefinition, value: str | None, synonyms: Synonyms, *, read_only: bool
) -> messages.DescribeConfigsResponse.DescribeConfigsResourceResult:
    result = messages.DescribeConfigsResponse.DescribeConfigsResourceResult
    synonym = messages.DescribeConfigsResponse.DescribeConfigsSynonym
    told = [synonym(name=name, value=text, source=source) for name, text, source in synonyms if text is not None]
    return result(
        name=definition.name,
        value=None if definition.is_sensitive else value,
        read_only=read_only,
        config_source=synonyms[0][2],
        is_sensitive=definition.is_sensitive,
        synonyms=told if request.include_synonyms else [],
        config_type=definition.type,
        documentation=definition.documentation if request.include_documentation else None,
    )


def _described(
    resource: messages.DescribeConfigsRequest.DescribeConfigsResource,
    entries: list[messages.DescribeConfigsResponse.DescribeConfigsResourceResult],
) -> messages.DescribeConfigsResponse.DescribeConfigsResult:
    return messages.DescribeConfigsResponse.DescribeConfigsResult(
        error_code=ErrorCode.NONE,
        error_message=None,
        resource_type=resource.resource_type,
        resource_name=resource.resource_name,
        configs=entries,
    )


def _failed(
    resource: messages.DescribeConfigsRequest.DescribeConfigsResource, error_code: ErrorCode, text: str | None
) -> messages.DescribeConfigsResponse.DescribeConfigsResult:
    return messages.DescribeConfigsResponse.DescribeConfigsResult(
        error_code=error_code, error_message=text, resource_type=resource.resource_type, resource_name=resource.resource_name, configs=[]
    )
