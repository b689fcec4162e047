"""The cluster as its metadata log tells it, applied by somebody who is not the broker: dicts of topics, partitions and settings."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

import attrs

from streambus.records import decode_records
from streambus.wire import Message, decode_record

TOPIC, BROKER, NO_LEADER_CHANGE = 2, 4, -2

Key = tuple[Any, ...]
"""What somebody may set: ("config", type, resource, name), ("quota", entity, key), ("scram", user, mechanism), ("feature", name),
("partition", topic id, index)."""

Entity = tuple[tuple[str, str | None], ...]


def entity_of(parts: Any) -> Entity:
    """Whom a quota is for, whatever the order in which that is said; of several parts of one type the last counts."""
    return tuple(sorted({part.entity_type: part.entity_name for part in parts}.items()))


BATCHES_MAX = 4_096
"""So many batches stay decoded: every life, and every recovery that is tried, begins with the same ones again."""


@lru_cache(maxsize=BATCHES_MAX)
def changes_in(batch: bytes) -> tuple[tuple[int, Message], ...]:
    """The changes in one batch of the metadata log, with their offsets. They are shared: nobody may change them."""
    return tuple([(record.offset, decode_record(record.value or b"")) for record in decode_records(batch)])


@attrs.define(eq=False)
class PartitionFacts:
    """Who holds and leads a partition."""

    replicas: list[int]
    isr: list[int]
    leader: int
    leader_epoch: int
    partition_epoch: int
    log_id: str
    """What the store calls its log."""
    made_at: int = -1
    """The offset of the batch that made it."""


@attrs.define(eq=False)
class TopicFacts:
    """One topic of one id."""

    name: str
    topic_id: UUID
    partitions: dict[int, PartitionFacts] = attrs.field(factory=dict)
    settings: dict[str, str] = attrs.field(factory=dict)
    was_compacted: bool = False
    """Whether it ever asked for that."""
    made_at: int = -1
    """The offset of the batch that made it."""


class ClusterModel:
    """What the records say so far. `end_offset` is behind the last one that was applied."""

    def __init__(self) -> None:
        self.topics: dict[str, TopicFacts] = {}
        self.topics_by_id: dict[UUID, TopicFacts] = {}
        self.names_by_id: dict[UUID, str] = {}
        """Of all topics that ever were."""
        self.made: dict[str, int] = {}
        """How often a topic of each name was made."""
        self.endpoints: dict[int, dict[str, tuple[str, int]]] = {}
        self.fenced: dict[int, bool] = {}
        self.broker_epochs: dict[int, int] = {}
        self.features: dict[str, int] = {}
        self.values: dict[Key, Any] = {}
        """Of everything that is set and is not a topic's partition."""
        self.changes: list[tuple[Key, Any]] = []
        """Everything that was ever set, in order; None for what was taken away."""
        self.fresh: list[tuple[Key, Any]] = []
        """Of these, what the last batch changed of that which it did not make itself."""
        self.next_producer_id = 0
        self.end_offset = 0
        self.batch_at = 0
        self.applied_last = 0
        """How many changes the last batch brought."""
        self.complaints: list[str] = []

    def apply(self, batch: bytes) -> None:
        """Take in the records of one batch of the metadata log."""
        self.batch_at = self.end_offset
        self.fresh.clear()
        known = len(self.changes)
        for offset, change in changes_in(batch):
            taker = _TAKERS.get(type(change).__name__)
            if taker is not None:
                taker(self, change, offset)
            self.end_offset = offset + 1
        self.applied_last = len(self.changes) - known

    def existed(self, name: str) -> bool:
        """Whether there ever was a topic of this name."""
        return name in self.made

    def broker_setting(self, node_id: int, name: str) -> str | None:
        """What was set on a broker while it ran: on it by its number, or else on all."""
        for resource in (str(node_id), ""):
            found: str | None = self.values.get(("config", BROKER, resource, name))
            if found is not None:
                return found
        return None

    def of_kind(self, *beginning: Any) -> dict[Key, Any]:
        """What is set now of everything whose key begins so."""
        return {key: value for key, value in self.values.items() if key[: len(beginning)] == beginning}

    def _set(self, key: Key, value: Any, *, is_new: bool = False) -> None:
        """Something is set, or with None taken away; `is_new`: by who made that on which it is set."""
        if value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = value
        self.changes.append((key, value))
        if not is_new:
            self.fresh.append((key, value))

    def _FeatureLevelRecord(self, record: Any, _offset: int) -> None:  # noqa: N802 (the record's name)
        is_new = record.name not in self.features
        self.features[record.name] = record.feature_level
        self._set(("feature", record.name), record.feature_level, is_new=is_new)

    def _RegisterBrokerRecord(self, record: Any, offset: int) -> None:  # noqa: N802
        if record.broker_epoch <= self.broker_epochs.get(record.broker_id, -1):
            self.complaints.append(f"broker {record.broker_id} registers with epoch {record.broker_epoch} again, at offset {offset}")
        self.broker_epochs[record.broker_id] = record.broker_epoch
        self.endpoints[record.broker_id] = {point.name: (point.host, point.port) for point in record.end_points}
        self.fenced[record.broker_id] = record.fenced

    def _BrokerRegistrationChangeRecord(self, record: Any, _offset: int) -> None:  # noqa: N802
        if record.fenced:
            self.fenced[record.broker_id] = record.fenced > 0

    def _TopicRecord(self, record: Any, offset: int) -> None:  # noqa: N802
        if record.topic_id in self.names_by_id:
            self.complaints.append(f"topic id {record.topic_id} is given to {record.name} at offset {offset}, but was given before")
        if record.name in self.topics:
            self.complaints.append(f"topic {record.name} is made at offset {offset}, but exists")
        topic = TopicFacts(record.name, record.topic_id, made_at=self.batch_at)
        self.topics[record.name] = self.topics_by_id[record.topic_id] = topic
        self.names_by_id[record.topic_id] = record.name
        self.made[record.name] = self.made.get(record.name, 0) + 1

    def _PartitionRecord(self, record: Any, offset: int) -> None:  # noqa: N802
        topic = self.topics_by_id[record.topic_id]
        if record.partition_id != len(topic.partitions):
            self.complaints.append(
                f"partition {record.partition_id} of {topic.name} is made at offset {offset}, but it has {len(topic.partitions)}"
            )
        if topic.made_at != self.batch_at:
            self.changes.append((("partition", record.topic_id, record.partition_id), True))
            self.fresh.append(self.changes[-1])
        self.topics_by_id[record.topic_id].partitions[record.partition_id] = PartitionFacts(
            list(record.replicas),
            list(record.isr),
            record.leader,
            record.leader_epoch,
            record.partition_epoch,
            f"{record.topic_id}-{record.partition_id}",
            self.batch_at,
        )

    def _PartitionChangeRecord(self, record: Any, offset: int) -> None:  # noqa: N802
        facts = self.topics_by_id[record.topic_id].partitions[record.partition_id]
        facts.partition_epoch += 1
        if record.leader != NO_LEADER_CHANGE:
            facts.leader = record.leader
            facts.leader_epoch += 1
        if record.isr is not None:
            facts.isr = list(record.isr)
        strange = [number for number in record.replicas or () if self.broker_epochs and number not in self.broker_epochs]
        if strange:
            self.complaints.append(f"a partition is moved to broker {strange[0]} at offset {offset}, which nobody knows")
        if record.replicas is not None:
            facts.replicas = list(record.replicas)

    def _RemoveTopicRecord(self, record: Any, offset: int) -> None:  # noqa: N802
        topic = self.topics_by_id.pop(record.topic_id, None)
        if topic is None:
            self.complaints.append(f"topic id {record.topic_id} is removed at offset {offset}, but there is none")
            return
        del self.topics[topic.name]
        for name in topic.settings:
            self._set(("config", TOPIC, topic.name, name), None, is_new=True)

    def _ConfigRecord(self, record: Any, _offset: int) -> None:  # noqa: N802
        topic = self.topics.get(record.resource_name)
        is_new = record.resource_type == TOPIC and topic is not None and topic.made_at == self.batch_at
        self._set(("config", int(record.resource_type), record.resource_name, record.name), record.value, is_new=is_new)
        if record.resource_type == TOPIC and topic is not None:
            topic.was_compacted |= record.name == "cleanup.policy" and "compact" in (record.value or "")
            if record.value is None:
                topic.settings.pop(record.name, None)
            else:
                topic.settings[record.name] = record.value

    def _ClientQuotaRecord(self, record: Any, _offset: int) -> None:  # noqa: N802
        self._set(("quota", entity_of(record.entity), record.key), None if record.remove else record.value)

    def _UserScramCredentialRecord(self, record: Any, _offset: int) -> None:  # noqa: N802
        self._set(("scram", record.name, int(record.mechanism)), (bytes(record.salt), record.iterations))

    def _RemoveUserScramCredentialRecord(self, record: Any, _offset: int) -> None:  # noqa: N802
        self._set(("scram", record.name, int(record.mechanism)), None)

    def _ProducerIdsRecord(self, record: Any, offset: int) -> None:  # noqa: N802
        if record.next_producer_id <= self.next_producer_id:
            self.complaints.append(
                f"the producer ids below {record.next_producer_id} are given away at offset {offset}, but those below "
                f"{self.next_producer_id} were before"
            )
        self.next_producer_id = max(self.next_producer_id, record.next_producer_id)


_TAKERS: dict[str, Callable[[ClusterModel, Any, int], None]] = {
    name[1:]: taker for name, taker in vars(ClusterModel).items() if name.endswith("Record")
}
"""What is done with a record, by the name of its type. Records that are not here say nothing that a model has to know."""
