"""metadata: the controller's state as records.

Theory of operation
===================

Everything the cluster knows about itself is in one log, in Kafka's own record schemas: brokers, topics, partitions and their leaders,
configs, finalized features, producer ids. Nothing else is authoritative, and nothing is changed in place.

- An **Image** is what the log says up to some record. `Image.apply` is its only mutator, driven by a table from record type to method;
  leader, follower, recovery and snapshot all use it, so equal logs give equal images.
- A **Delta** is what a run of records changed, for those who follow an image and have to act: open logs, drop logs, lead.
- A **Decision** is `records` to write and a `reply` to give once they are durable. Deciding reads an image and changes nothing: pure
  functions, one file for each thing that can be decided, with their random choices drawn from dice they are given.
- A **Controller** holds the newest image, durable or not, and is where decisions are taken.

The flow, in a node that is controller and broker at once:

1. A request arrives. `controller.create_topics(request, dice)` returns a decision.
2. The node appends the records to the metadata log as one batch and calls `controller.apply(records, base_offset)` at once, so that the
   next decision is taken on what this one will have done.
3. When the log is durable that far, the node applies the same records to its broker image, acts on the delta, and sends the reply.

That there are two images is the seam for the quorum: a controller's runs ahead with what is not committed, a broker's never does.

Starting: apply the log from its start (`controller.apply`), then `controller.bootstrap()` (features, if the log is empty), then
`controller.register_broker(...)`: a new incarnation with a new broker epoch, which leads what it led in new leader epochs. Features
are written in a batch of their own: they say in which version (`record_version`) later records are written.

Views of an image, as pure functions from request to response: `describe_configs`, `describe_topic_partitions`, `describe_cluster`,
`topic_metadata`.

What a topic is configured to is a question to three places (`effective_configs`): its own settings in the log, the properties that
this broker was started with, the defaults of Kafka 4.3's table (`topic_configs`, `broker_configs`).

Left out until there is more than one broker: heartbeats and fencing, ISR changes, reassignment, racks in placement, dynamic broker
configs, feature upgrades.
"""

from streambus.metadata.auto_creation import auto_create, may_auto_create
from streambus.metadata.broker_configs import BROKER_CONFIGS, BrokerProperties
from streambus.metadata.broker_registration import register_broker
from streambus.metadata.config_definitions import ConfigDefinition, ConfigType, InvalidConfig
from streambus.metadata.controller import Controller
from streambus.metadata.create_topics import create_topics
from streambus.metadata.decision import Decision
from streambus.metadata.delete_topics import delete_topics
from streambus.metadata.delta import Delta
from streambus.metadata.describe_cluster import describe_cluster
from streambus.metadata.describe_configs import describe_configs
from streambus.metadata.describe_topic_partitions import describe_topic_partitions
from streambus.metadata.effective_configs import TopicConfig
from streambus.metadata.features import METADATA_VERSION, METADATA_VERSION_LEVEL, SUPPORTED_FEATURES, record_version
from streambus.metadata.identifiers import id_text, new_cluster_id, random_id
from streambus.metadata.image import Image
from streambus.metadata.placement import CannotPlace, place
from streambus.metadata.producer_ids import ProducerIds
from streambus.metadata.registrations import NO_LEADER, BrokerRegistration, Endpoint, PartitionRegistration, TopicImage
from streambus.metadata.resources import ConfigSource, ResourceType
from streambus.metadata.topic_configs import TOPIC_CONFIGS
from streambus.metadata.topic_metadata import missing_topics, topic_metadata
from streambus.metadata.topic_names import CLUSTER_METADATA_TOPIC, is_internal, name_complaint

__all__ = [
    "BROKER_CONFIGS",
    "CLUSTER_METADATA_TOPIC",
    "METADATA_VERSION",
    "METADATA_VERSION_LEVEL",
    "NO_LEADER",
    "SUPPORTED_FEATURES",
    "TOPIC_CONFIGS",
    "BrokerProperties",
    "BrokerRegistration",
    "CannotPlace",
    "ConfigDefinition",
    "ConfigSource",
    "ConfigType",
    "Controller",
    "Decision",
    "Delta",
    "Endpoint",
    "Image",
    "InvalidConfig",
    "PartitionRegistration",
    "ProducerIds",
    "ResourceType",
    "TopicConfig",
    "TopicImage",
    "auto_create",
    "create_topics",
    "delete_topics",
    "describe_cluster",
    "describe_configs",
    "describe_topic_partitions",
    "id_text",
    "is_internal",
    "may_auto_create",
    "missing_topics",
    "name_complaint",
    "new_cluster_id",
    "place",
    "random_id",
    "record_version",
    "register_broker",
    "topic_metadata",
]
