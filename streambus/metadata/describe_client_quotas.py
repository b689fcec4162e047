"""DescribeClientQuotas: the quotas of the entities that fit a filter."""

from __future__ import annotations

from enum import Enum, IntEnum

from streambus.metadata.client_quotas import CLIENT_ID, ENTITY_TYPES, IP, USER, QuotaEntity
from streambus.metadata.image import Image
from streambus.metadata.refused import Refused
from streambus.wire import ErrorCode, messages


class MatchType(IntEnum):
    """How a component of a filter looks at the name that an entity has for a type."""

    EXACT = 0
    DEFAULT = 1
    ANY = 2


class _Anything(Enum):
    NAME = 0


Wanted = dict[str, str | _Anything | None]


def describe_client_quotas(image: Image, request: messages.DescribeClientQuotasRequest) -> messages.DescribeClientQuotasResponse:
    """Every entity that has all the types of the filter with names that fit, and with `strict` no other types."""
    try:
        wanted = _wanted(request.components)
    except Refused as invalid:
        return messages.DescribeClientQuotasResponse(error_code=invalid.error_code, error_message=invalid.text, entries=None)
    entries = [_entry(entity, quotas) for entity, quotas in image.client_quotas.items() if _fits(entity, wanted, strict=request.strict)]
    return messages.DescribeClientQuotasResponse(error_code=ErrorCode.NONE, error_message="", entries=entries)


def _fits(entity: QuotaEntity, wanted: Wanted, *, strict: bool) -> bool:
    names = dict(entity.parts)
    if strict and len(names) != len(wanted):
        return False
    return all(kind in names and name in (names[kind], _Anything.NAME) for kind, name in wanted.items())


def _wanted(components: list[messages.DescribeClientQuotasRequest.ComponentData]) -> Wanted:
    """What the filter wants of each type; `Refused` if it contradicts itself."""
    wanted: Wanted = {}
    for component in components:
        kind = component.entity_type
        if not kind:
            raise Refused(ErrorCode.INVALID_REQUEST, "Invalid empty entity type.")
        if kind in wanted:
            raise Refused(ErrorCode.INVALID_REQUEST, f"Entity type {kind} cannot appear more than once in the filter.")
        if kind not in ENTITY_TYPES:
            raise Refused(ErrorCode.UNSUPPORTED_VERSION, f"Unsupported entity type {kind}")
        wanted[kind] = _wanted_name(component)
    if IP in wanted and (USER in wanted or CLIENT_ID in wanted):
        text = "Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component."
        raise Refused(ErrorCode.INVALID_REQUEST, text)
    return wanted


def _wanted_name(component: messages.DescribeClientQuotasRequest.ComponentData) -> str | _Anything | None:
    kind, name = component.match_type, component.match
    if kind == MatchType.EXACT:
        if name is None:
            raise Refused(ErrorCode.INVALID_REQUEST, "Request specified MATCH_TYPE_EXACT, but set match string to null.")
        return name
    if kind not in (MatchType.DEFAULT, MatchType.ANY):
        raise Refused(ErrorCode.INVALID_REQUEST, f"Unknown match type {kind}")
    if name is not None:
        title = "MATCH_TYPE_DEFAULT" if kind == MatchType.DEFAULT else "MATCH_TYPE_SPECIFIED"
        raise Refused(ErrorCode.INVALID_REQUEST, f"Request specified {title}, but also specified a match string.")
    return None if kind == MatchType.DEFAULT else _Anything.NAME


def _entry(entity: QuotaEntity, quotas: dict[str, str]) -> messages.DescribeClientQuotasResponse.EntryData:
    response = messages.DescribeClientQuotasResponse
    return response.EntryData(
        entity=[response.EntityData(entity_type=kind, entity_name=name) for kind, name in entity.parts],
        values=[response.ValueData(key=key, value=float(value)) for key, value in quotas.items()],
    )
