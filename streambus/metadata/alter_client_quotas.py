"""AlterClientQuotas: quotas given to entities and taken away, every entity by itself."""

from __future__ import annotations

from enum import Enum
from ipaddress import ip_address

from streambus.metadata.client_quotas import CLIENT_ID, ENTITY_TYPES, IP, USER, QuotaEntity
from streambus.metadata.decision import Decision
from streambus.metadata.image import Image
from streambus.wire import ErrorCode, Message, messages

FRACTION_MAX = 1e-6
"""How far from a whole number a value may be that stands for one."""


class Measure(Enum):
    """What a quota's value is, with its largest value and Kafka's name for it."""

    LONG = 2**63 - 1
    INT = 2**31 - 1
    DOUBLE = None


_CLIENT_KEYS = {
    "producer_byte_rate": Measure.LONG,
    "consumer_byte_rate": Measure.LONG,
    "request_percentage": Measure.DOUBLE,
    "controller_mutation_rate": Measure.DOUBLE,
}
_IP_KEYS = {"connection_creation_rate": Measure.INT}


def alter_client_quotas(image: Image, request: messages.AlterClientQuotasRequest) -> Decision[messages.AlterClientQuotasResponse]:
    """Do what every entry asks for if all that it asks for can be; one result per entity, in the order of the request.

    An entity that is in the request twice is refused as a whole. Kafka says so too, but does what its first entry asks for. With
    `validate_only` nothing is written.
    """
    records: list[Message] = []
    complaints: dict[QuotaEntity, str | None] = {}
    changes: dict[QuotaEntity, list[Message]] = {}
    for entry in request.entries:
        entity = QuotaEntity.of((part.entity_type, part.entity_name) for part in entry.entity)
        if entity in complaints or len({op.key for op in entry.ops}) < len(entry.ops):
            complaints[entity] = f"Ignoring duplicate entity {entity}"
        else:
            complaints[entity] = _complaint(entity, entry.ops)
            changes[entity] = _changes(image, entity, entry.ops)
    for entity, complaint in complaints.items():
        if complaint is None:
            records += changes[entity]
    response = messages.AlterClientQuotasResponse(entries=[_result(entity, complaint) for entity, complaint in complaints.items()])
    return Decision(() if request.validate_only else tuple(records), response)


def _changes(image: Image, entity: QuotaEntity, ops: list[messages.AlterClientQuotasRequest.OpData]) -> list[Message]:
    """The records for what `ops` change: nothing is written for what is so already."""
    quotas = image.quotas_of(entity)
    return [
        entity.to_record(op.key, None if op.remove else op.value)
        for op in ops
        if (op.key in quotas if op.remove else quotas.get(op.key) != repr(op.value))
    ]


def _complaint(entity: QuotaEntity, ops: list[messages.AlterClientQuotasRequest.OpData]) -> str | None:
    complaint = _entity_complaint(entity)
    if complaint is not None:
        return complaint
    keys = _IP_KEYS if entity.parts[0][0] == IP else _CLIENT_KEYS
    for op in ops:
        complaint = None if op.remove else _value_complaint(keys, op.key, op.value)
        if complaint is not None:
            return complaint
    return None


def _entity_complaint(entity: QuotaEntity) -> str | None:
    """Why nothing can be given to `entity`, or None."""
    if not entity.parts:
        return "Invalid empty client quota entity"
    for kind, name in entity.parts:
        if kind not in ENTITY_TYPES:
            return f"Unhandled client quota entity type: {kind}"
        if name == "":
            return f"Empty {kind} not supported"
    kinds = dict(entity.parts)
    if IP in kinds and (USER in kinds or CLIENT_ID in kinds):
        return "Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId"
    address = kinds.get(IP)
    return None if address is None or _is_address(address) else f"{address} is not a valid IP or resolvable host."


def _is_address(text: str) -> bool:
    """Whether `text` is an address. Names of hosts are not: to look one up would be to ask the world in the middle of a decision."""
    try:
        ip_address(text)
    except ValueError:
        return text == "localhost"
    return True


def _value_complaint(keys: dict[str, Measure], key: str, value: float) -> str | None:
    if key not in keys:
        return f"Invalid configuration key {key}"
    if value <= 0:
        return f"Quota {key} must be greater than 0"
    measure = keys[key]
    if measure.value is None:
        return None
    if value > measure.value:
        return f"Proposed value for {key} is too large for {'an INT' if measure is Measure.INT else 'a LONG'}."
    return f"{key} cannot be a fractional value." if value % 1 > FRACTION_MAX else None


def _result(entity: QuotaEntity, complaint: str | None) -> messages.AlterClientQuotasResponse.EntryData:
    part = messages.AlterClientQuotasResponse.EntityData
    return messages.AlterClientQuotasResponse.EntryData(
        error_code=ErrorCode.NONE if complaint is None else ErrorCode.INVALID_REQUEST,
        error_message=complaint,
        entity=[part(entity_type=kind, entity_name=name) for kind, name in entity.parts],
    )
