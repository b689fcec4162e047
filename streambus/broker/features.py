"""ApiVersions and FindCoordinator: what this broker can do, and what it cannot do yet, said honestly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from streambus.broker.connections import Call
from streambus.kernel import Turn
from streambus.wire import ApiKey, ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

ApiVersionsResponse = messages.ApiVersionsResponse
FindCoordinatorResponse = messages.FindCoordinatorResponse

SOFTWARE_NAME = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?")
"""What a client may call itself and its version (KIP-511)."""

ADVERTISED_FROM_ZERO = (ApiKey.PRODUCE,)
"""Advertised from version 0 although older ones are refused: librdkafka disables itself otherwise (KAFKA-18659)."""

GROUP, TRANSACTION, SHARE = 0, 1, 2
"""What a coordinator may be asked for."""

BATCHED_SINCE = 4
SHARE_SINCE = 6
SHARE_KEY = re.compile(r".+:[a-zA-Z0-9_-]{22}:-?[0-9]+", re.DOTALL)
MALFORMED = (
    "This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker."
    " See the broker logs for more details."
)
NO_COORDINATOR = "this broker has no coordinators: there are no consumer groups and no transactions yet"


def spoken_versions(known: Mapping[ApiKey, tuple[int, int]], latest: tuple[tuple[int, int], ...]) -> dict[ApiKey, tuple[int, int]]:
    """Of every known API the versions that are spoken: up to the `latest` where there is one, but never none."""
    limits = dict(latest)
    return {key: (first, max(first, min(last, limits.get(key, last)))) for key, (first, last) in known.items()}


def api_versions(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out an ApiVersions request (versions 0-4; any other is answered in version 0 with what we speak, KIP-511)."""
    request: messages.ApiVersionsRequest | None = call.request.body
    if request is None:
        own = broker.versions[ApiKey.API_VERSIONS]
        entry = ApiVersionsResponse.ApiVersion(api_key=ApiKey.API_VERSIONS, min_version=own[0], max_version=own[1])
        broker.answer(turn, call, ApiVersionsResponse(error_code=ErrorCode.UNSUPPORTED_VERSION, api_keys=[entry]))
        return
    version = call.request.api_version
    if version >= 3 and not (
        SOFTWARE_NAME.fullmatch(request.client_software_name) and SOFTWARE_NAME.fullmatch(request.client_software_version)
    ):
        broker.answer(turn, call, ApiVersionsResponse(error_code=ErrorCode.INVALID_REQUEST))
        return
    image = broker.image
    response = ApiVersionsResponse(
        api_keys=[
            ApiVersionsResponse.ApiVersion(api_key=key, min_version=0 if key in ADVERTISED_FROM_ZERO else first, max_version=last)
            for key, (first, last) in broker.versions.items()
        ],
        # A minimum of 0 makes clients that speak version 3 or less fail (KAFKA-17011).
        supported_features=[
            ApiVersionsResponse.SupportedFeatureKey(name=name, min_version=first, max_version=last)
            for name, (first, last) in broker.SUPPORTED_FEATURES.items()
            if first > 0 or version >= 4
        ],
        finalized_features_epoch=broker.image_offset - 1,
        finalized_features=[
            ApiVersionsResponse.FinalizedFeatureKey(name=name, max_version_level=level, min_version_level=level)
            for name, level in image.features.items()
            if level > 0
        ],
    )
    broker.answer(turn, call, response)


def find_coordinator(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a FindCoordinator request (versions 0-6): there is none yet, and clients that wait may ask again."""
    request: messages.FindCoordinatorRequest = call.request.body
    version = call.request.api_version
    if version < BATCHED_SINCE:
        error = _why_no_coordinator(request.key_type, request.key, version)
        text = MALFORMED if error is ErrorCode.INVALID_REQUEST else NO_COORDINATOR
        response = FindCoordinatorResponse(error_code=error, error_message=text, node_id=-1, host="", port=-1)
    else:
        response = FindCoordinatorResponse(
            coordinators=[_no_coordinator(request.key_type, key, version) for key in request.coordinator_keys]
        )
    broker.answer(turn, call, response)


def _no_coordinator(key_type: int, key: str, version: int) -> FindCoordinatorResponse.Coordinator:
    error = _why_no_coordinator(key_type, key, version)
    text = NO_COORDINATOR
    if error is ErrorCode.INVALID_REQUEST:
        text = "" if key_type == SHARE else MALFORMED
    return FindCoordinatorResponse.Coordinator(key=key, node_id=-1, host="", port=-1, error_code=error, error_message=text)


def _why_no_coordinator(key_type: int, key: str, version: int) -> ErrorCode:
    """What stands in the way: the key could be nobody's, or it is that there are no coordinators."""
    if key_type == SHARE and version >= SHARE_SINCE:
        is_known = _is_share_key(key)
    else:
        is_known = key_type in (GROUP, TRANSACTION)
    return ErrorCode.COORDINATOR_NOT_AVAILABLE if is_known else ErrorCode.INVALID_REQUEST


def _is_share_key(key: str) -> bool:
    """Whether `key` is a group, a topic id and a partition, with colons between them (KIP-932)."""
    return SHARE_KEY.fullmatch(key) is not None
