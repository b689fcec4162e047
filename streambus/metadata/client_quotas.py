"""Client quotas: who may use how much, and whom a quota is meant for (KIP-546, KIP-612).

Quotas are kept and described; nothing is held back by them yet. Enforcement will look here: the most particular entity that fits a
client decides (user and client-id, user with the default client-id, user, …, the default client-id).
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from streambus.wire import messages

USER = "user"
CLIENT_ID = "client-id"
IP = "ip"

ENTITY_TYPES = (CLIENT_ID, USER, IP)
"""In the order in which the parts of an entity are told: Kafka's own answers have it."""


@frozen(order=False)
class QuotaEntity:
    """Whom a quota is meant for: parts of different types, in the order of `ENTITY_TYPES`; a name of None is the default of its type."""

    parts: tuple[tuple[str, str | None], ...]

    @classmethod
    def of(cls, parts: Iterable[tuple[str, str | None]]) -> QuotaEntity:
        """The entity with these parts, in whatever order; of several of one type the last counts, as in Kafka."""
        return cls(tuple(sorted(dict(parts).items(), key=lambda part: _place(part[0]))))

    @classmethod
    def from_record(cls, record: messages.ClientQuotaRecord) -> QuotaEntity:
        """The entity that `record` is about."""
        return cls.of((part.entity_type, part.entity_name) for part in record.entity)

    def to_record(self, key: str, value: float | None) -> messages.ClientQuotaRecord:
        """The record that gives this entity a quota, or with None takes it away."""
        parts = [messages.ClientQuotaRecord.EntityData(entity_type=kind, entity_name=name) for kind, name in self.parts]
        return messages.ClientQuotaRecord(entity=parts, key=key, value=value or 0.0, remove=value is None)

    def __lt__(self, other: QuotaEntity) -> bool:
        return self._order < other._order

    @property
    def _order(self) -> list[tuple[str, bool, str]]:
        return [(kind, name is not None, name or "") for kind, name in self.parts]

    def __str__(self) -> str:
        """As Kafka's messages have it."""
        parts = ", ".join(f"{kind}={'null' if name is None else name}" for kind, name in self.parts)
        return f"ClientQuotaEntity(entries={{{parts}}})"


def _place(kind: str) -> int:
    return ENTITY_TYPES.index(kind) if kind in ENTITY_TYPES else len(ENTITY_TYPES)
