"""The image: what the metadata log says, up to some record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from attrs import evolve
from sortedcontainers import SortedDict

from streambus.metadata.broker_configs import BrokerProperties
from streambus.metadata.client_quotas import QuotaEntity
from streambus.metadata.delta import Delta
from streambus.metadata.effective_configs import TopicConfig
from streambus.metadata.registrations import NO_LEADER, BrokerRegistration, PartitionRegistration, TopicImage
from streambus.metadata.resources import ResourceType
from streambus.metadata.scram_credentials import ScramCredential
from streambus.metadata.topic_configs import TOPIC_SYNONYMS
from streambus.metadata.topic_names import collision_key
from streambus.wire import Message, messages


class Image:
    """Brokers, topics, partitions, configs, quotas, credentials, finalized features and producer ids, in canonical (sorted) order.

    `apply` is the only mutator, so two images that were fed the same records are equal, whoever holds them. `properties` are this
    node's own: what it was started with. `effective_properties` are what holds, dynamic broker configs before them, and so what a topic
    is configured to where its own settings say nothing.
    """

    def __init__(self, properties: BrokerProperties | None = None) -> None:
        self.properties = properties or BrokerProperties()
        self.effective_properties = self.properties
        self.brokers: SortedDict[int, BrokerRegistration] = SortedDict()
        self.topics: SortedDict[str, TopicImage] = SortedDict()
        self.topics_by_id: SortedDict[UUID, TopicImage] = SortedDict()
        self.names_by_key: SortedDict[str, str] = SortedDict()
        self.configs: SortedDict[tuple[int, str], SortedDict[str, str]] = SortedDict()
        self.client_quotas: SortedDict[QuotaEntity, SortedDict[str, str]] = SortedDict()
        """The values as Python writes them: exact, and equal when they are the same, which a float that is not a number would not be."""

        self.scram_credentials: SortedDict[tuple[str, int], ScramCredential] = SortedDict()
        """By user and mechanism."""

        self.features: SortedDict[str, int] = SortedDict()
        self.next_producer_id = 0
        self.topic_defaults = TopicConfig.of({}, self.properties)
        self.topic_overrides: SortedDict[str, TopicConfig] = SortedDict()

    # Reading -----------------------------------------------------------------------------------------------------------

    def partition(self, topic: str, partition: int) -> PartitionRegistration | None:
        """The partition of a topic by name, or None if there is no such thing."""
        found = self.topics.get(topic)
        return found.partitions.get(partition) if found is not None else None

    def topic_config(self, topic: str) -> TopicConfig:
        """What governs `topic`, its own settings before this broker's. One lookup: meant for the produce path."""
        config: TopicConfig = self.topic_overrides.get(topic, self.topic_defaults)
        return config

    def broker_settings(self, resource: str) -> SortedDict[str, str]:
        """What was set on a broker while it ran, by name: on one by its number, or on all by the empty name."""
        return self.configs.get((ResourceType.BROKER, resource), SortedDict())

    def topic_settings(self, topic: str) -> SortedDict[str, str]:
        """What was set on `topic` itself, by name."""
        return self.configs.get((ResourceType.TOPIC, topic), SortedDict())

    def quotas_of(self, entity: QuotaEntity) -> SortedDict[str, str]:
        """The quotas that were given to `entity` itself, by key."""
        return self.client_quotas.get(entity, SortedDict())

    # Changing ----------------------------------------------------------------------------------------------------------

    def apply(self, record: Message, delta: Delta) -> None:
        """Take in one record of the metadata log and note in `delta` what it changed.

        A record that does not fit is a mistake of whoever wrote the log, and stops the node.
        """
        apply = _APPLY.get(type(record))
        assert apply is not None, f"no image knows a {type(record).__name__}"
        apply(self, record, delta)

    def _register_broker(self, record: messages.RegisterBrokerRecord, delta: Delta) -> None:
        self._put_broker(BrokerRegistration.from_record(record), delta)

    def _change_registration(self, record: messages.BrokerRegistrationChangeRecord, delta: Delta) -> None:
        broker = self._broker(record.broker_id, record.broker_epoch)
        changes: dict[str, Any] = {}
        if record.fenced:
            changes["fenced"] = record.fenced > 0
        if record.in_controlled_shutdown:
            changes["in_controlled_shutdown"] = True
        if record.log_dirs:
            changes["log_dirs"] = tuple(record.log_dirs)
        self._put_broker(evolve(broker, **changes), delta)

    def _fence_broker(self, record: messages.FenceBrokerRecord, delta: Delta) -> None:
        self._put_broker(evolve(self._broker(record.id, record.epoch), fenced=True), delta)

    def _unfence_broker(self, record: messages.UnfenceBrokerRecord, delta: Delta) -> None:
        self._put_broker(evolve(self._broker(record.id, record.epoch), fenced=False), delta)

    def _unregister_broker(self, record: messages.UnregisterBrokerRecord, delta: Delta) -> None:
        del self.brokers[self._broker(record.broker_id, record.broker_epoch).broker_id]
        delta.brokers_changed[record.broker_id] = None

    def _broker(self, broker_id: int, broker_epoch: int) -> BrokerRegistration:
        broker: BrokerRegistration = self.brokers[broker_id]
        assert broker.broker_epoch == broker_epoch, f"broker {broker_id} has epoch {broker.broker_epoch}, not {broker_epoch}"
        return broker

    def _put_broker(self, broker: BrokerRegistration, delta: Delta) -> None:
        self.brokers[broker.broker_id] = broker
        delta.brokers_changed[broker.broker_id] = broker

    def _create_topic(self, record: messages.TopicRecord, delta: Delta) -> None:
        assert record.name not in self.topics, f"topic {record.name} exists"
        assert record.topic_id not in self.topics_by_id, f"topic id {record.topic_id} exists"
        topic = TopicImage(record.name, record.topic_id)
        self.topics[topic.name] = self.topics_by_id[topic.topic_id] = topic
        self.names_by_key[collision_key(topic.name)] = topic.name
        delta.topics_created[topic.topic_id] = topic

    def _create_partition(self, record: messages.PartitionRecord, delta: Delta) -> None:
        self._put_partition(record.topic_id, record.partition_id, PartitionRegistration.from_record(record), delta)

    def _change_partition(self, record: messages.PartitionChangeRecord, delta: Delta) -> None:
        before = self.topics_by_id[record.topic_id].partitions[record.partition_id]
        self._put_partition(record.topic_id, record.partition_id, before.changed_by(record), delta)

    def _put_partition(self, topic_id: UUID, index: int, partition: PartitionRegistration, delta: Delta) -> None:
        self.topics_by_id[topic_id].partitions[index] = partition
        delta.partitions_changed[topic_id, index] = partition

    def _remove_topic(self, record: messages.RemoveTopicRecord, delta: Delta) -> None:
        topic = self.topics_by_id.pop(record.topic_id)
        del self.topics[topic.name], self.names_by_key[collision_key(topic.name)]
        self.configs.pop((ResourceType.TOPIC, topic.name), None)
        self.topic_overrides.pop(topic.name, None)
        delta.note_removal(topic)

    def _configure(self, record: messages.ConfigRecord, delta: Delta) -> None:
        resource = (int(record.resource_type), record.resource_name)
        settings = self.configs.setdefault(resource, SortedDict())
        if record.value is None:
            settings.pop(record.name, None)
        else:
            settings[record.name] = record.value
        if not settings:
            del self.configs[resource]
        if record.resource_type == ResourceType.TOPIC:
            self._derive_topic_config(record.resource_name)
        elif record.resource_type == ResourceType.BROKER and record.resource_name in ("", str(self.properties.node_id)):
            self._derive_properties(record.name)
        delta.configs_changed[resource] = None

    def _derive_properties(self, changed: str) -> None:
        """What holds for this node. Topics are looked at again only if what `changed` speaks for them, and then only that is.

        There may be many topics, and all of them wait.
        """
        own = str(self.properties.node_id)
        self.effective_properties = self.properties.under(self.broker_settings(""), self.broker_settings(own))
        if changed not in TOPIC_SYNONYMS:
            return
        before, self.topic_defaults = self.topic_defaults, TopicConfig.of({}, self.effective_properties)
        different = before.differences(self.topic_defaults)
        for topic, config in self.topic_overrides.items() if different else ():
            if TOPIC_SYNONYMS[changed] not in self.topic_settings(topic):
                self.topic_overrides[topic] = evolve(config, **different)

    def _derive_topic_config(self, topic: str) -> None:
        settings = self.topic_settings(topic)
        if settings:
            self.topic_overrides[topic] = TopicConfig.of(settings, self.effective_properties)
        else:
            self.topic_overrides.pop(topic, None)

    def _set_quota(self, record: messages.ClientQuotaRecord, delta: Delta) -> None:
        entity = QuotaEntity.from_record(record)
        quotas = self.client_quotas.setdefault(entity, SortedDict())
        if record.remove:
            quotas.pop(record.key, None)
        else:
            quotas[record.key] = repr(record.value)
        if not quotas:
            del self.client_quotas[entity]
        delta.quotas_changed[entity] = None

    def _set_credential(self, record: messages.UserScramCredentialRecord, delta: Delta) -> None:
        key = (record.name, int(record.mechanism))
        self.scram_credentials[key] = ScramCredential.from_record(record)
        delta.credentials_changed[key] = None

    def _remove_credential(self, record: messages.RemoveUserScramCredentialRecord, delta: Delta) -> None:
        key = (record.name, int(record.mechanism))
        self.scram_credentials.pop(key, None)
        delta.credentials_changed[key] = None

    def _finalize_feature(self, record: messages.FeatureLevelRecord, delta: Delta) -> None:
        if record.feature_level:
            self.features[record.name] = record.feature_level
        else:
            self.features.pop(record.name, None)
        delta.features_changed[record.name] = record.feature_level

    def _allocate_producer_ids(self, record: messages.ProducerIdsRecord, delta: Delta) -> None:
        assert record.next_producer_id >= self.next_producer_id, "producer ids are never given twice"
        self.next_producer_id = delta.next_producer_id = record.next_producer_id

    def _pass(self, record: messages.NoOpRecord, delta: Delta) -> None:
        """A NoOpRecord only moves the end of the log (KIP-835)."""

    # Writing down ------------------------------------------------------------------------------------------------------

    def to_records(self) -> Iterator[Message]:
        """The shortest log that leads to this image: what a snapshot holds. Features come first, since they say how to read the rest."""
        for name, level in self.features.items():
            yield messages.FeatureLevelRecord(name=name, feature_level=level)
        for broker in self.brokers.values():
            yield broker.to_record()
        for topic in self.topics.values():
            yield messages.TopicRecord(name=topic.name, topic_id=topic.topic_id)
            for index, partition in topic.partitions.items():
                yield partition.to_record(topic.topic_id, index)
        for (kind, resource), settings in self.configs.items():
            for name, value in settings.items():
                yield messages.ConfigRecord(resource_type=kind, resource_name=resource, name=name, value=value)
        for entity, quotas in self.client_quotas.items():
            for key, value in quotas.items():
                yield entity.to_record(key, float(value))
        for (user, mechanism), credential in self.scram_credentials.items():
            yield credential.to_record(user, mechanism)
        if self.next_producer_id:
            # Which broker asked last is of no consequence to anybody, and Kafka's snapshots do not keep it either.
            yield messages.ProducerIdsRecord(broker_id=-1, broker_epoch=-1, next_producer_id=self.next_producer_id)

    # Invariants --------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Assert what must hold of any image."""
        assert [topic.topic_id for topic in self.topics_by_id.values()] == list(self.topics_by_id)
        assert len(self.topics) == len(self.topics_by_id) == len(self.names_by_key)
        for name, topic in self.topics.items():
            assert topic.name == name
            assert self.topics_by_id[topic.topic_id] is topic
            assert list(topic.partitions) == list(range(len(topic.partitions))), f"{name} has holes: {list(topic.partitions)}"
            for partition in topic.partitions.values():
                self._check_partition(name, partition)
        for (kind, resource), settings in self.configs.items():
            assert settings, f"empty settings are forgotten: {resource}"
            assert kind != ResourceType.TOPIC or resource in self.topics, f"{resource} is configured but does not exist"
        for entity, quotas in self.client_quotas.items():
            assert entity.parts, "a quota is meant for somebody"
            assert quotas, f"an entity without quotas is forgotten: {entity}"
        layers = (self.broker_settings(""), self.broker_settings(str(self.properties.node_id)))
        assert self.effective_properties == self.properties.under(*layers), "what holds is what the log and the start say"
        assert self.topic_defaults == TopicConfig.of({}, self.effective_properties)
        assert list(self.topic_overrides) == [name for kind, name in self.configs if kind == ResourceType.TOPIC]
        for topic, config in self.topic_overrides.items():
            assert config == TopicConfig.of(self.topic_settings(topic), self.effective_properties), (
                f"{topic} is not what it is configured to"
            )

    def _check_partition(self, topic: str, partition: PartitionRegistration) -> None:
        assert partition.replicas, f"{topic} has a partition without replicas"
        assert len(set(partition.replicas)) == len(partition.replicas), f"{topic} has a replica twice"
        assert len(partition.directories) == len(partition.replicas), f"{topic}: a directory per replica"
        assert set(partition.isr) <= set(partition.replicas), f"{topic}: in sync but not a replica"
        assert partition.isr or partition.elr, f"{topic}: nobody is known to hold everything"
        assert partition.leader == NO_LEADER or partition.leader in partition.isr, f"{topic}: led from outside"
        assert partition.leader_epoch >= 0
        assert partition.partition_epoch >= partition.leader_epoch, f"{topic}: every new leader is a change"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Image) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def statistics(self) -> dict[str, int]:
        """How much there is of everything."""
        return {
            "brokers": len(self.brokers),
            "topics": len(self.topics),
            "partitions": sum(len(topic) for topic in self.topics.values()),
            "configs": sum(len(settings) for settings in self.configs.values()),
            "client_quotas": sum(len(quotas) for quotas in self.client_quotas.values()),
            "scram_credentials": len(self.scram_credentials),
            "next_producer_id": self.next_producer_id,
        }


_APPLY: dict[type[Message], Callable[[Image, Any, Delta], None]] = {
    messages.RegisterBrokerRecord: Image._register_broker,
    messages.BrokerRegistrationChangeRecord: Image._change_registration,
    messages.FenceBrokerRecord: Image._fence_broker,
    messages.UnfenceBrokerRecord: Image._unfence_broker,
    messages.UnregisterBrokerRecord: Image._unregister_broker,
    messages.TopicRecord: Image._create_topic,
    messages.PartitionRecord: Image._create_partition,
    messages.PartitionChangeRecord: Image._change_partition,
    messages.RemoveTopicRecord: Image._remove_topic,
    messages.ConfigRecord: Image._configure,
    messages.ClientQuotaRecord: Image._set_quota,
    messages.UserScramCredentialRecord: Image._set_credential,
    messages.RemoveUserScramCredentialRecord: Image._remove_credential,
    messages.FeatureLevelRecord: Image._finalize_feature,
    messages.ProducerIdsRecord: Image._allocate_producer_ids,
    messages.NoOpRecord: Image._pass,
}
