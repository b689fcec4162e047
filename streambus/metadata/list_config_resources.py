"""ListConfigResources: what there is that has configs (KIP-1142)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from streambus.metadata.image import Image
from streambus.metadata.resources import ResourceType
from streambus.wire import ErrorCode, messages


def list_config_resources(
    image: Image, request: messages.ListConfigResourcesRequest, api_version: int
) -> messages.ListConfigResourcesResponse:
    """The resources of the types that are asked for, each type once and in the order of the request; of every type if none is named.

    Version 0 only knew subscriptions to client metrics.
    """
    types = request.resource_types if api_version else (ResourceType.CLIENT_METRICS,)
    asked = list(dict.fromkeys(types)) or list(_NAMES)
    if any(kind not in _NAMES for kind in asked):
        return messages.ListConfigResourcesResponse(error_code=ErrorCode.UNSUPPORTED_VERSION)
    resource = messages.ListConfigResourcesResponse.ConfigResource
    found = [resource(resource_name=name, resource_type=int(kind)) for kind in asked for name in _NAMES[kind](image)]
    return messages.ListConfigResourcesResponse(config_resources=found)


def _topics(image: Image) -> Iterable[str]:
    return list(image.topics)


def _brokers(image: Image) -> Iterable[str]:
    return [str(broker_id) for broker_id in image.brokers]


def _configured(wanted: ResourceType) -> Callable[[Image], Iterable[str]]:
    def names(image: Image) -> Iterable[str]:
        return [name for kind, name in image.configs if kind == wanted]

    return names


_NAMES: dict[int, Callable[[Image], Iterable[str]]] = {
    ResourceType.TOPIC: _topics,
    ResourceType.BROKER: _brokers,
    ResourceType.BROKER_LOGGER: _brokers,
    ResourceType.CLIENT_METRICS: _configured(ResourceType.CLIENT_METRICS),
    ResourceType.GROUP: _configured(ResourceType.GROUP),
}
