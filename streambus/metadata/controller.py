"""The controller: decides what becomes of the cluster, and remembers what it decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from streambus.kernel import Prng
from streambus.metadata.alter_client_quotas import alter_client_quotas
from streambus.metadata.alter_configs import alter_configs, incremental_alter_configs
from streambus.metadata.alter_scram_credentials import alter_scram_credentials
from streambus.metadata.auto_creation import auto_create
from streambus.metadata.bootstrap import bootstrap
from streambus.metadata.broker_configs import BrokerProperties
from streambus.metadata.broker_registration import register_broker
from streambus.metadata.create_partitions import create_partitions
from streambus.metadata.create_topics import create_topics
from streambus.metadata.decision import Decision
from streambus.metadata.delete_topics import delete_topics
from streambus.metadata.delta import Delta
from streambus.metadata.elect_leaders import elect_leaders
from streambus.metadata.feature_updates import update_features
from streambus.metadata.features import SUPPORTED_FEATURES
from streambus.metadata.image import Image
from streambus.metadata.producer_ids import ProducerIds, allocate_producer_ids
from streambus.metadata.reassignments import alter_reassignments
from streambus.metadata.registrations import Endpoint
from streambus.metadata.unregister_broker import unregister_broker
from streambus.wire import Message, messages


class Controller:
    """The newest image of one metadata log, durable or not, and the decisions that are taken on it.

    Its owner appends a decision's records to the log as one batch, then calls `apply` with them *at once*, so that the next decision
    sees them; and gives the reply away when they are durable. After a restart it `apply`s the log from its start.
    """

    def __init__(self, node_id: int, properties: BrokerProperties | None = None) -> None:
        self.node_id = node_id
        self.image = Image(properties)
        self.end_offset = 0

    def apply(self, records: Iterable[Message], base_offset: int) -> Delta:
        """Take in records that the log has at `base_offset` and after; return what they changed.

        Offsets may be passed over (what is there is no metadata record), never repeated.
        """
        assert base_offset >= self.end_offset, f"offset {base_offset} was taken in before: the end is {self.end_offset}"
        delta = Delta()
        self.end_offset = base_offset
        for record in records:
            self.image.apply(record, delta)
            self.end_offset += 1
        return delta

    def bootstrap(self) -> Decision[None]:
        """The first records of a fresh log; none if it has been begun."""
        return bootstrap(self.image)

    def register_broker(self, endpoints: Sequence[Endpoint], dice: Prng, end_offset: int, rack: str | None = None) -> Decision[int]:
        """A new life of this node; its broker epoch. `end_offset` is where the log will put the first of the records."""
        return register_broker(self.image, self.node_id, endpoints, end_offset, dice, rack)

    def create_topics(self, request: messages.CreateTopicsRequest, dice: Prng) -> Decision[messages.CreateTopicsResponse]:
        """See `create_topics.create_topics`."""
        return create_topics(self.image, request, dice)

    def auto_create(self, names: Iterable[str], dice: Prng) -> Decision[messages.CreateTopicsResponse]:
        """See `auto_creation.auto_create`."""
        return auto_create(self.image, names, dice)

    def delete_topics(self, request: messages.DeleteTopicsRequest, api_version: int) -> Decision[messages.DeleteTopicsResponse]:
        """See `delete_topics.delete_topics`."""
        return delete_topics(self.image, request, api_version)

    def alter_configs(self, request: messages.AlterConfigsRequest) -> Decision[messages.AlterConfigsResponse]:
        """See `alter_configs.alter_configs`."""
        return alter_configs(self.image, request)

    def incremental_alter_configs(
        self, request: messages.IncrementalAlterConfigsRequest
    ) -> Decision[messages.IncrementalAlterConfigsResponse]:
        """See `alter_configs.incremental_alter_configs`."""
        return incremental_alter_configs(self.image, request)

    def create_partitions(self, request: messages.CreatePartitionsRequest, dice: Prng) -> Decision[messages.CreatePartitionsResponse]:
        """See `create_partitions.create_partitions`."""
        return create_partitions(self.image, request, dice)

    def elect_leaders(self, request: messages.ElectLeadersRequest) -> Decision[messages.ElectLeadersResponse]:
        """See `elect_leaders.elect_leaders`."""
        return elect_leaders(self.image, request)

    def alter_reassignments(
        self, request: messages.AlterPartitionReassignmentsRequest
    ) -> Decision[messages.AlterPartitionReassignmentsResponse]:
        """See `reassignments.alter_reassignments`."""
        return alter_reassignments(self.image, request)

    def alter_client_quotas(self, request: messages.AlterClientQuotasRequest) -> Decision[messages.AlterClientQuotasResponse]:
        """See `alter_client_quotas.alter_client_quotas`."""
        return alter_client_quotas(self.image, request)

    def alter_scram_credentials(
        self, request: messages.AlterUserScramCredentialsRequest
    ) -> Decision[messages.AlterUserScramCredentialsResponse]:
        """See `alter_scram_credentials.alter_scram_credentials`."""
        return alter_scram_credentials(self.image, request)

    def update_features(self, request: messages.UpdateFeaturesRequest, api_version: int) -> Decision[messages.UpdateFeaturesResponse]:
        """See `feature_updates.update_features`."""
        return update_features(self.image, request, api_version, SUPPORTED_FEATURES, self.node_id)

    def unregister_broker(self, request: messages.UnregisterBrokerRequest) -> Decision[messages.UnregisterBrokerResponse]:
        """See `unregister_broker.unregister_broker`."""
        return unregister_broker(self.image, request)

    def allocate_producer_ids(self, broker_epoch: int) -> Decision[ProducerIds]:
        """The next block for this node. See `producer_ids.allocate_producer_ids`."""
        return allocate_producer_ids(self.image, self.node_id, broker_epoch)

    def statistics(self) -> dict[str, int]:
        """The image's numbers, and how far it has come."""
        return {**self.image.statistics(), "end_offset": self.end_offset}
