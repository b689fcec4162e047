"""The delta: what a run of metadata records changed, for those who follow an image."""

from uuid import UUID

from attrs import define, field

from streambus.metadata.client_quotas import QuotaEntity
from streambus.metadata.registrations import BrokerRegistration, PartitionRegistration, TopicImage


@define
class Delta:
    """What changed between two states of an image, by name, in the order in which it happened.

    It says the net: a topic made and removed within one delta is in neither table. Values are the newest ones.
    """

    topics_created: dict[UUID, TopicImage] = field(factory=dict)
    topics_deleted: dict[UUID, TopicImage] = field(factory=dict)
    """With the partitions they had, so that their logs can be dropped."""

    partitions_changed: dict[tuple[UUID, int], PartitionRegistration] = field(factory=dict)
    """The partitions of created topics too."""

    configs_changed: dict[tuple[int, str], None] = field(factory=dict)
    """(resource type, resource name)."""

    brokers_changed: dict[int, BrokerRegistration | None] = field(factory=dict)
    """None: the broker was unregistered."""

    quotas_changed: dict[QuotaEntity, None] = field(factory=dict)
    credentials_changed: dict[tuple[str, int], None] = field(factory=dict)
    """(user, mechanism)."""

    features_changed: dict[str, int] = field(factory=dict)
    next_producer_id: int | None = None

    @property
    def is_empty(self) -> bool:
        """True if nothing changed."""
        return self == Delta()

    def note_removal(self, topic: TopicImage) -> None:
        """A topic is gone, and with it whatever was noted about it before."""
        for partition in topic.partitions:
            self.partitions_changed.pop((topic.topic_id, partition), None)
        if self.topics_created.pop(topic.topic_id, None) is None:
            self.topics_deleted[topic.topic_id] = topic
