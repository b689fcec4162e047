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

What a topic is configured to is a question to several places (`effective_configs`, `config_sources`): its own settings in the log, what was
set on this broker and on all brokers while they ran (in the log, too), the properties that this broker was started with, the defaults of
Kafka 4.3's table (`topic_configs`, `broker_configs`). `alter_configs` decides about all of them; `dynamic_configs` says what a running
broker takes.

Left out until there is more than one broker: heartbeats and fencing, ISR changes, the end of a reassignment, racks in placement. Client
quotas and SCRAM credentials are kept and described, but hold nobody back yet.
"""

from streambus.metadata.alter_configs import alter_configs, incremental_alter_configs
from streambus.metadata.auto_creation import auto_create, may_auto_create
from streambus.metadata.broker_configs import BROKER_CONFIGS, BrokerProperties
from streambus.metadata.broker_registration import register_broker
from streambus.metadata.client_metrics_configs import CLIENT_METRICS_CONFIGS
from streambus.metadata.client_quotas import QuotaEntity
from streambus.metadata.config_definitions import ConfigDefinition, ConfigType, InvalidConfig
from streambus.metadata.controller import Controller
from streambus.metadata.create_partitions import partitions_timed_out
from streambus.metadata.create_topics import create_topics, creation_timed_out
from streambus.metadata.decision import Decision
from streambus.metadata.delete_topics import delete_topics, deletion_timed_out
from streambus.metadata.delta import Delta
from streambus.metadata.describe_client_quotas import describe_client_quotas
from streambus.metadata.describe_cluster import describe_cluster
from streambus.metadata.describe_configs import describe_configs
from streambus.metadata.describe_scram_credentials import describe_scram_credentials
from streambus.metadata.describe_topic_partitions import describe_topic_partitions
from streambus.metadata.effective_configs import TopicConfig
from streambus.metadata.elect_leaders import refused_election
from streambus.metadata.encoded_metadata import EncodedMetadata, EncodedTopics, encoded_metadata
from streambus.metadata.features import METADATA_VERSION, METADATA_VERSION_LEVEL, SUPPORTED_FEATURES, record_version
from streambus.metadata.group_configs import GROUP_CONFIGS
from streambus.metadata.identifiers import id_text, new_cluster_id, random_id
from streambus.metadata.image import Image
from streambus.metadata.list_config_resources import list_config_resources
from streambus.metadata.placement import CannotPlace, place
from streambus.metadata.producer_ids import ProducerIds
from streambus.metadata.reassignments import list_reassignments, reassignments_timed_out
from streambus.metadata.registrations import NO_LEADER, BrokerRegistration, Endpoint, PartitionRegistration, TopicImage
from streambus.metadata.resources import ConfigSource, ResourceType
from streambus.metadata.scram_credentials import ScramCredential, ScramMechanism
from streambus.metadata.topic_configs import TOPIC_CONFIGS
from streambus.metadata.topic_metadata import missing_topics, topic_metadata
from streambus.metadata.topic_names import CLUSTER_METADATA_TOPIC, is_internal, name_complaint

__all__ = [
    "BROKER_CONFIGS",
    "CLIENT_METRICS_CONFIGS",
    "CLUSTER_METADATA_TOPIC",
    "GROUP_CONFIGS",
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
    "EncodedMetadata",
    "EncodedTopics",
    "Endpoint",
    "Image",
    "InvalidConfig",
    "PartitionRegistration",
    "ProducerIds",
    "QuotaEntity",
    "ResourceType",
    "ScramCredential",
    "ScramMechanism",
    "TopicConfig",
    "TopicImage",
    "alter_configs",
    "auto_create",
    "create_topics",
    "creation_timed_out",
    "delete_topics",
    "deletion_timed_out",
    "describe_client_quotas",
    "describe_cluster",
    "describe_configs",
    "describe_scram_credentials",
    "describe_topic_partitions",
    "encoded_metadata",
    "id_text",
    "incremental_alter_configs",
    "is_internal",
    "list_config_resources",
    "list_reassignments",
    "may_auto_create",
    "missing_topics",
    "name_complaint",
    "new_cluster_id",
    "partitions_timed_out",
    "place",
    "random_id",
    "reassignments_timed_out",
    "record_version",
    "refused_election",
    "register_broker",
    "topic_metadata",
]
