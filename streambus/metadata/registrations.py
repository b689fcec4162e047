"""What the image is made of: brokers, topics and partitions as the metadata log has registered them.

Values, replaced as a whole when a record changes them. Only a `TopicImage`'s table of partitions is filled in place, by the image.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from attrs import define, evolve, field, frozen
from sortedcontainers import SortedDict

from streambus.wire import ZERO_UUID, messages

NO_LEADER = -1
NO_LEADER_CHANGE = -2
"""What `PartitionChangeRecord.leader` says when the leader stays."""

UNASSIGNED_DIRECTORY = ZERO_UUID
"""The directory of a replica when the broker has several and has not said yet which one it chose (KIP-858)."""

PLAINTEXT = 0
"""Kafka's number of the security protocol without encryption and without authentication."""


@frozen
class Endpoint:
    """Where a broker can be reached, as advertised, by those who came in over the listener of this name."""

    name: str
    host: str
    port: int
    security_protocol: int = PLAINTEXT


@frozen
class BrokerRegistration:
    """One life of one broker. `broker_epoch` is the offset of the record that began it, so a later life has a larger one."""

    broker_id: int
    broker_epoch: int
    incarnation_id: UUID
    endpoints: tuple[Endpoint, ...]
    features: tuple[tuple[str, int, int], ...]
    rack: str | None
    fenced: bool
    in_controlled_shutdown: bool
    log_dirs: tuple[UUID, ...]

    def endpoint(self, listener: str) -> Endpoint | None:
        """What this broker advertises to clients of `listener`, or None if it has no such listener."""
        for endpoint in self.endpoints:
            if endpoint.name == listener:
                return endpoint
        return None

    @property
    def is_active(self) -> bool:
        """True if the broker may lead partitions and join in-sync replicas."""
        return not self.fenced and not self.in_controlled_shutdown

    @property
    def directory(self) -> UUID:
        """Where a new replica will be put: known beforehand only when there is no choice."""
        return self.log_dirs[0] if len(self.log_dirs) == 1 else UNASSIGNED_DIRECTORY

    @classmethod
    def from_record(cls, record: messages.RegisterBrokerRecord) -> BrokerRegistration:
        """The registration that `record` makes."""
        return cls(
            record.broker_id,
            record.broker_epoch,
            record.incarnation_id,
            tuple(Endpoint(point.name, point.host, point.port, point.security_protocol) for point in record.end_points),
            tuple((feature.name, feature.min_supported_version, feature.max_supported_version) for feature in record.features),
            record.rack,
            record.fenced,
            record.in_controlled_shutdown,
            tuple(record.log_dirs),
        )

    def to_record(self) -> messages.RegisterBrokerRecord:
        """The record that makes this registration."""
        register = messages.RegisterBrokerRecord
        return register(
            broker_id=self.broker_id,
            incarnation_id=self.incarnation_id,
            broker_epoch=self.broker_epoch,
            end_points=[
                register.BrokerEndpoint(name=point.name, host=point.host, port=point.port, security_protocol=point.security_protocol)
                for point in self.endpoints
            ],
            features=[
                register.BrokerFeature(name=name, min_supported_version=lowest, max_supported_version=highest)
                for name, lowest, highest in self.features
            ],
            rack=self.rack,
            fenced=self.fenced,
            in_controlled_shutdown=self.in_controlled_shutdown,
            log_dirs=list(self.log_dirs),
        )


@frozen
class PartitionRegistration:
    """One partition: who holds it, who leads it, since when.

    `leader_epoch` grows whenever a leader is chosen, be it the same as before; `partition_epoch` grows with every change.
    """

    replicas: tuple[int, ...]
    directories: tuple[UUID, ...]
    isr: tuple[int, ...]
    leader: int
    leader_epoch: int
    partition_epoch: int
    leader_recovery_state: int = 0
    removing_replicas: tuple[int, ...] = ()
    adding_replicas: tuple[int, ...] = ()
    elr: tuple[int, ...] = ()
    last_known_elr: tuple[int, ...] = ()

    @classmethod
    def from_record(cls, record: messages.PartitionRecord) -> PartitionRegistration:
        """The partition that `record` makes."""
        return cls(
            tuple(record.replicas),
            tuple(record.directories),
            tuple(record.isr),
            record.leader,
            record.leader_epoch,
            record.partition_epoch,
            record.leader_recovery_state,
            tuple(record.removing_replicas),
            tuple(record.adding_replicas),
            tuple(record.eligible_leader_replicas or ()),
            tuple(record.last_known_elr or ()),
        )

    def to_record(self, topic_id: UUID, partition_id: int) -> messages.PartitionRecord:
        """The record that makes this partition."""
        return messages.PartitionRecord(
            partition_id=partition_id,
            topic_id=topic_id,
            replicas=list(self.replicas),
            isr=list(self.isr),
            removing_replicas=list(self.removing_replicas),
            adding_replicas=list(self.adding_replicas),
            leader=self.leader,
            leader_recovery_state=self.leader_recovery_state,
            leader_epoch=self.leader_epoch,
            partition_epoch=self.partition_epoch,
            directories=list(self.directories),
            eligible_leader_replicas=list(self.elr) or None,
            last_known_elr=list(self.last_known_elr) or None,
        )

    def changed_by(self, record: messages.PartitionChangeRecord) -> PartitionRegistration:
        """This partition after `record`: null fields leave things as they were, a leader of -2 leaves the leader."""
        changes: dict[str, Any] = {"partition_epoch": self.partition_epoch + 1}
        if record.leader != NO_LEADER_CHANGE:
            changes.update(leader=record.leader, leader_epoch=self.leader_epoch + 1)
        if record.leader_recovery_state >= 0:
            changes["leader_recovery_state"] = record.leader_recovery_state
        for ours, theirs in _LISTS:
            value = getattr(record, theirs)
            if value is not None:
                changes[ours] = tuple(value)
        return evolve(self, **changes)


_LISTS = (
    ("isr", "isr"),
    ("replicas", "replicas"),
    ("removing_replicas", "removing_replicas"),
    ("adding_replicas", "adding_replicas"),
    ("directories", "directories"),
    ("elr", "eligible_leader_replicas"),
    ("last_known_elr", "last_known_elr"),
)


@define
class TopicImage:
    """A topic. A name that was deleted and made again has another `topic_id` (KIP-516)."""

    name: str
    topic_id: UUID
    partitions: SortedDict[int, PartitionRegistration] = field(factory=SortedDict)

    def __len__(self) -> int:
        return len(self.partitions)

    @property
    def replication_factor(self) -> int:
        """How many replicas the first partition has."""
        return len(self.partitions[0].replicas) if 0 in self.partitions else 0
