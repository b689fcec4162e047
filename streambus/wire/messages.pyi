"""The types of all messages. Written by `python -m streambus.wire`; change the definitions, not this."""

from uuid import UUID

from streambus.kernel import Buffer, Part
from streambus.wire.primitives import Message, Struct

Records = Buffer | tuple[Part, ...]

MESSAGES: tuple[str, ...]

class ProduceRequest(Message):
    class PartitionProduceData(Struct):
        index: int
        records: Records | None
        """Exactly one batch."""
        def __init__(self, index: int = ..., records: Records | None = ...) -> None: ...

    class TopicProduceData(Struct):
        name: str
        topic_id: UUID
        partition_data: list[ProduceRequest.PartitionProduceData]
        def __init__(self, name: str = ..., topic_id: UUID = ..., partition_data: list[ProduceRequest.PartitionProduceData] = ...) -> None: ...

    transactional_id: str | None
    """Null unless the producer is transactional."""
    acks: int
    """0: no answer at all. 1: the leader has it. -1: every in-sync replica has it."""
    timeout_ms: int
    """How long to wait for the replicas."""
    topic_data: list[ProduceRequest.TopicProduceData]
    def __init__(self, transactional_id: str | None = ..., acks: int = ..., timeout_ms: int = ..., topic_data: list[ProduceRequest.TopicProduceData] = ...) -> None: ...

class ProduceResponse(Message):
    class BatchIndexAndErrorMessage(Struct):
        batch_index: int
        batch_index_error_message: str | None
        def __init__(self, batch_index: int = ..., batch_index_error_message: str | None = ...) -> None: ...

    class LeaderIdAndEpoch(Struct):
        leader_id: int
        leader_epoch: int
        def __init__(self, leader_id: int = ..., leader_epoch: int = ...) -> None: ...

    class PartitionProduceResponse(Struct):
        index: int
        error_code: int
        base_offset: int
        """What the first record got."""
        log_append_time_ms: int
        """-1 unless the topic stamps records itself."""
        log_start_offset: int
        record_errors: list[ProduceResponse.BatchIndexAndErrorMessage]
        """Which records spoilt the whole batch (KIP-467)."""
        error_message: str | None
        current_leader: ProduceResponse.LeaderIdAndEpoch
        """Given with errors about leadership (KIP-951)."""
        def __init__(self, index: int = ..., error_code: int = ..., base_offset: int = ..., log_append_time_ms: int = ..., log_start_offset: int = ..., record_errors: list[ProduceResponse.BatchIndexAndErrorMessage] = ..., error_message: str | None = ..., current_leader: ProduceResponse.LeaderIdAndEpoch = ...) -> None: ...

    class TopicProduceResponse(Struct):
        name: str
        topic_id: UUID
        partition_responses: list[ProduceResponse.PartitionProduceResponse]
        def __init__(self, name: str = ..., topic_id: UUID = ..., partition_responses: list[ProduceResponse.PartitionProduceResponse] = ...) -> None: ...

    class NodeEndpoint(Struct):
        node_id: int
        host: str
        port: int
        rack: str | None
        """Null if the broker has none."""
        def __init__(self, node_id: int = ..., host: str = ..., port: int = ..., rack: str | None = ...) -> None: ...

    responses: list[ProduceResponse.TopicProduceResponse]
    throttle_time_ms: int
    node_endpoints: list[ProduceResponse.NodeEndpoint]
    """Where the new leaders are (KIP-951)."""
    def __init__(self, responses: list[ProduceResponse.TopicProduceResponse] = ..., throttle_time_ms: int = ..., node_endpoints: list[ProduceResponse.NodeEndpoint] = ...) -> None: ...

class FetchRequest(Message):
    class ReplicaState(Struct):
        replica_id: int
        """-1 for a consumer, else the follower's broker id."""
        replica_epoch: int
        def __init__(self, replica_id: int = ..., replica_epoch: int = ...) -> None: ...

    class FetchPartition(Struct):
        partition: int
        current_leader_epoch: int
        """Another one than the leader's is refused (KIP-320)."""
        fetch_offset: int
        last_fetched_epoch: int
        """Of the last record the fetcher has; shows where logs part (KIP-595)."""
        log_start_offset: int
        """Of the follower; -1 from consumers."""
        partition_max_bytes: int
        """Likewise for one partition."""
        replica_directory_id: UUID
        high_watermark: int
        """What the follower knows (KIP-1166)."""
        def __init__(self, partition: int = ..., current_leader_epoch: int = ..., fetch_offset: int = ..., last_fetched_epoch: int = ..., log_start_offset: int = ..., partition_max_bytes: int = ..., replica_directory_id: UUID = ..., high_watermark: int = ...) -> None: ...

    class FetchTopic(Struct):
        topic: str
        topic_id: UUID
        partitions: list[FetchRequest.FetchPartition]
        def __init__(self, topic: str = ..., topic_id: UUID = ..., partitions: list[FetchRequest.FetchPartition] = ...) -> None: ...

    class ForgottenTopic(Struct):
        topic: str
        topic_id: UUID
        partitions: list[int]
        def __init__(self, topic: str = ..., topic_id: UUID = ..., partitions: list[int] = ...) -> None: ...

    cluster_id: str | None
    """Lets a controller refuse members of another cluster."""
    replica_id: int
    """-1 for a consumer, else the follower's broker id."""
    replica_state: FetchRequest.ReplicaState
    """As replica_id, with the broker epoch (KIP-903)."""
    max_wait_ms: int
    """How long to wait for min_bytes."""
    min_bytes: int
    max_bytes: int
    """Of the whole answer; one batch is always given (KIP-74)."""
    isolation_level: int
    """1 reads committed transactions only (KIP-98)."""
    session_id: int
    """0 for a new session or none (KIP-227)."""
    session_epoch: int
    """0 opens a session, -1 does without, else counts up."""
    topics: list[FetchRequest.FetchTopic]
    forgotten_topics_data: list[FetchRequest.ForgottenTopic]
    """Partitions that leave the session."""
    rack_id: str
    """Of the consumer, for reading from a near replica (KIP-392)."""
    def __init__(self, cluster_id: str | None = ..., replica_id: int = ..., replica_state: FetchRequest.ReplicaState = ..., max_wait_ms: int = ..., min_bytes: int = ..., max_bytes: int = ..., isolation_level: int = ..., session_id: int = ..., session_epoch: int = ..., topics: list[FetchRequest.FetchTopic] = ..., forgotten_topics_data: list[FetchRequest.ForgottenTopic] = ..., rack_id: str = ...) -> None: ...

class FetchResponse(Message):
    class EpochEndOffset(Struct):
        epoch: int
        end_offset: int
        def __init__(self, epoch: int = ..., end_offset: int = ...) -> None: ...

    class LeaderIdAndEpoch(Struct):
        leader_id: int
        leader_epoch: int
        def __init__(self, leader_id: int = ..., leader_epoch: int = ...) -> None: ...

    class SnapshotId(Struct):
        end_offset: int
        epoch: int
        def __init__(self, end_offset: int = ..., epoch: int = ...) -> None: ...

    class AbortedTransaction(Struct):
        producer_id: int
        first_offset: int
        def __init__(self, producer_id: int = ..., first_offset: int = ...) -> None: ...

    class PartitionData(Struct):
        partition_index: int
        error_code: int
        high_watermark: int
        last_stable_offset: int
        """Behind it are open transactions."""
        log_start_offset: int
        diverging_epoch: FetchResponse.EpochEndOffset
        """Where the fetcher's log stops agreeing with ours."""
        current_leader: FetchResponse.LeaderIdAndEpoch
        """Given with errors about leadership (KIP-951)."""
        snapshot_id: FetchResponse.SnapshotId
        """What to fetch instead, if the offset is gone (KIP-630)."""
        aborted_transactions: list[FetchResponse.AbortedTransaction] | None
        """Whose records to skip; null for isolation level 0."""
        preferred_read_replica: int
        """Read there from now on (KIP-392)."""
        records: Records | None
        """Empty rather than null, which some clients cannot read."""
        def __init__(self, partition_index: int = ..., error_code: int = ..., high_watermark: int = ..., last_stable_offset: int = ..., log_start_offset: int = ..., diverging_epoch: FetchResponse.EpochEndOffset = ..., current_leader: FetchResponse.LeaderIdAndEpoch = ..., snapshot_id: FetchResponse.SnapshotId = ..., aborted_transactions: list[FetchResponse.AbortedTransaction] | None = ..., preferred_read_replica: int = ..., records: Records | None = ...) -> None: ...

    class FetchableTopicResponse(Struct):
        topic: str
        topic_id: UUID
        partitions: list[FetchResponse.PartitionData]
        def __init__(self, topic: str = ..., topic_id: UUID = ..., partitions: list[FetchResponse.PartitionData] = ...) -> None: ...

    class NodeEndpoint(Struct):
        node_id: int
        host: str
        port: int
        rack: str | None
        """Null if the broker has none."""
        def __init__(self, node_id: int = ..., host: str = ..., port: int = ..., rack: str | None = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    session_id: int
    """0 if there is no session."""
    responses: list[FetchResponse.FetchableTopicResponse]
    node_endpoints: list[FetchResponse.NodeEndpoint]
    """Where the new leaders are (KIP-951)."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., session_id: int = ..., responses: list[FetchResponse.FetchableTopicResponse] = ..., node_endpoints: list[FetchResponse.NodeEndpoint] = ...) -> None: ...

class ListOffsetsRequest(Message):
    class ListOffsetsPartition(Struct):
        partition_index: int
        current_leader_epoch: int
        """Another one than the leader's is refused (KIP-320)."""
        timestamp: int
        """-1 latest, -2 earliest, -3 largest timestamp, -4 earliest on disk."""
        def __init__(self, partition_index: int = ..., current_leader_epoch: int = ..., timestamp: int = ...) -> None: ...

    class ListOffsetsTopic(Struct):
        name: str
        partitions: list[ListOffsetsRequest.ListOffsetsPartition]
        def __init__(self, name: str = ..., partitions: list[ListOffsetsRequest.ListOffsetsPartition] = ...) -> None: ...

    replica_id: int
    """-1 for a consumer, else the follower's broker id."""
    isolation_level: int
    """1 reads committed transactions only (KIP-98)."""
    topics: list[ListOffsetsRequest.ListOffsetsTopic]
    timeout_ms: int
    """For offsets that only tiered storage knows."""
    def __init__(self, replica_id: int = ..., isolation_level: int = ..., topics: list[ListOffsetsRequest.ListOffsetsTopic] = ..., timeout_ms: int = ...) -> None: ...

class ListOffsetsResponse(Message):
    class ListOffsetsPartitionResponse(Struct):
        partition_index: int
        error_code: int
        timestamp: int
        offset: int
        """Of the first record at or after the timestamp; -1 if there is none."""
        leader_epoch: int
        def __init__(self, partition_index: int = ..., error_code: int = ..., timestamp: int = ..., offset: int = ..., leader_epoch: int = ...) -> None: ...

    class ListOffsetsTopicResponse(Struct):
        name: str
        partitions: list[ListOffsetsResponse.ListOffsetsPartitionResponse]
        def __init__(self, name: str = ..., partitions: list[ListOffsetsResponse.ListOffsetsPartitionResponse] = ...) -> None: ...

    throttle_time_ms: int
    topics: list[ListOffsetsResponse.ListOffsetsTopicResponse]
    def __init__(self, throttle_time_ms: int = ..., topics: list[ListOffsetsResponse.ListOffsetsTopicResponse] = ...) -> None: ...

class MetadataRequest(Message):
    class MetadataRequestTopic(Struct):
        topic_id: UUID
        name: str | None
        """Null if the id says it."""
        def __init__(self, topic_id: UUID = ..., name: str | None = ...) -> None: ...

    topics: list[MetadataRequest.MetadataRequestTopic] | None
    """Null for all of them; in version 0 an empty list."""
    allow_auto_topic_creation: bool
    """Whether asking for a topic may make it."""
    include_cluster_authorized_operations: bool
    include_topic_authorized_operations: bool
    def __init__(self, topics: list[MetadataRequest.MetadataRequestTopic] | None = ..., allow_auto_topic_creation: bool = ..., include_cluster_authorized_operations: bool = ..., include_topic_authorized_operations: bool = ...) -> None: ...

class MetadataResponse(Message):
    class MetadataResponseBroker(Struct):
        node_id: int
        host: str
        port: int
        rack: str | None
        """Null if the broker has none."""
        def __init__(self, node_id: int = ..., host: str = ..., port: int = ..., rack: str | None = ...) -> None: ...

    class MetadataResponsePartition(Struct):
        error_code: int
        partition_index: int
        leader_id: int
        """-1 if there is none."""
        leader_epoch: int
        replica_nodes: list[int]
        isr_nodes: list[int]
        offline_replicas: list[int]
        """Those whose disk or broker is down."""
        def __init__(self, error_code: int = ..., partition_index: int = ..., leader_id: int = ..., leader_epoch: int = ..., replica_nodes: list[int] = ..., isr_nodes: list[int] = ..., offline_replicas: list[int] = ...) -> None: ...

    class MetadataResponseTopic(Struct):
        error_code: int
        name: str | None
        topic_id: UUID
        is_internal: bool
        """Whether the brokers keep their own state in it."""
        partitions: list[MetadataResponse.MetadataResponsePartition]
        topic_authorized_operations: int
        """Bit field; the smallest int32 if not asked for."""
        def __init__(self, error_code: int = ..., name: str | None = ..., topic_id: UUID = ..., is_internal: bool = ..., partitions: list[MetadataResponse.MetadataResponsePartition] = ..., topic_authorized_operations: int = ...) -> None: ...

    throttle_time_ms: int
    brokers: list[MetadataResponse.MetadataResponseBroker]
    cluster_id: str | None
    controller_id: int
    """A broker that accepts what controllers do; -1 if there is none."""
    topics: list[MetadataResponse.MetadataResponseTopic]
    cluster_authorized_operations: int
    """Bit field; the smallest int32 if not asked for."""
    error_code: int
    def __init__(self, throttle_time_ms: int = ..., brokers: list[MetadataResponse.MetadataResponseBroker] = ..., cluster_id: str | None = ..., controller_id: int = ..., topics: list[MetadataResponse.MetadataResponseTopic] = ..., cluster_authorized_operations: int = ..., error_code: int = ...) -> None: ...

class FindCoordinatorRequest(Message):
    key: str
    """The group or the transactional id."""
    key_type: int
    """0 group, 1 transaction, 2 share group."""
    coordinator_keys: list[str]
    """Many of them at once (KIP-699)."""
    def __init__(self, key: str = ..., key_type: int = ..., coordinator_keys: list[str] = ...) -> None: ...

class FindCoordinatorResponse(Message):
    class Coordinator(Struct):
        key: str
        node_id: int
        host: str
        port: int
        error_code: int
        error_message: str | None
        def __init__(self, key: str = ..., node_id: int = ..., host: str = ..., port: int = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    error_message: str | None
    node_id: int
    host: str
    port: int
    coordinators: list[FindCoordinatorResponse.Coordinator]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ..., node_id: int = ..., host: str = ..., port: int = ..., coordinators: list[FindCoordinatorResponse.Coordinator] = ...) -> None: ...

class ApiVersionsRequest(Message):
    client_software_name: str
    """Such as `librdkafka` (KIP-511)."""
    client_software_version: str
    def __init__(self, client_software_name: str = ..., client_software_version: str = ...) -> None: ...

class ApiVersionsResponse(Message):
    class ApiVersion(Struct):
        api_key: int
        min_version: int
        max_version: int
        def __init__(self, api_key: int = ..., min_version: int = ..., max_version: int = ...) -> None: ...

    class SupportedFeatureKey(Struct):
        name: str
        min_version: int
        max_version: int
        def __init__(self, name: str = ..., min_version: int = ..., max_version: int = ...) -> None: ...

    class FinalizedFeatureKey(Struct):
        name: str
        max_version_level: int
        min_version_level: int
        def __init__(self, name: str = ..., max_version_level: int = ..., min_version_level: int = ...) -> None: ...

    error_code: int
    api_keys: list[ApiVersionsResponse.ApiVersion]
    throttle_time_ms: int
    supported_features: list[ApiVersionsResponse.SupportedFeatureKey]
    """Before version 4 without those whose minimum is 0 (KAFKA-17011)."""
    finalized_features_epoch: int
    """-1 if unknown; without it the features below do not count."""
    finalized_features: list[ApiVersionsResponse.FinalizedFeatureKey]
    """What the cluster has agreed on."""
    zk_migration_ready: bool
    """History."""
    def __init__(self, error_code: int = ..., api_keys: list[ApiVersionsResponse.ApiVersion] = ..., throttle_time_ms: int = ..., supported_features: list[ApiVersionsResponse.SupportedFeatureKey] = ..., finalized_features_epoch: int = ..., finalized_features: list[ApiVersionsResponse.FinalizedFeatureKey] = ..., zk_migration_ready: bool = ...) -> None: ...

class CreateTopicsRequest(Message):
    class CreatableReplicaAssignment(Struct):
        partition_index: int
        broker_ids: list[int]
        def __init__(self, partition_index: int = ..., broker_ids: list[int] = ...) -> None: ...

    class CreatableTopicConfig(Struct):
        name: str
        value: str | None
        def __init__(self, name: str = ..., value: str | None = ...) -> None: ...

    class CreatableTopic(Struct):
        name: str
        num_partitions: int
        """-1 for the broker's default, or with assignments."""
        replication_factor: int
        """Likewise."""
        assignments: list[CreateTopicsRequest.CreatableReplicaAssignment]
        """Empty to let the controller place the replicas."""
        configs: list[CreateTopicsRequest.CreatableTopicConfig]
        def __init__(self, name: str = ..., num_partitions: int = ..., replication_factor: int = ..., assignments: list[CreateTopicsRequest.CreatableReplicaAssignment] = ..., configs: list[CreateTopicsRequest.CreatableTopicConfig] = ...) -> None: ...

    topics: list[CreateTopicsRequest.CreatableTopic]
    timeout_ms: int
    """How long the request may wait."""
    validate_only: bool
    """Say what would happen, do nothing."""
    def __init__(self, topics: list[CreateTopicsRequest.CreatableTopic] = ..., timeout_ms: int = ..., validate_only: bool = ...) -> None: ...

class CreateTopicsResponse(Message):
    class CreatableTopicConfigs(Struct):
        name: str
        value: str | None
        read_only: bool
        config_source: int
        """1 topic, 2 broker, 3 all brokers, 4 static, 5 default, 6 logger."""
        is_sensitive: bool
        def __init__(self, name: str = ..., value: str | None = ..., read_only: bool = ..., config_source: int = ..., is_sensitive: bool = ...) -> None: ...

    class CreatableTopicResult(Struct):
        name: str
        topic_id: UUID
        error_code: int
        error_message: str | None
        topic_config_error_code: int
        """Why the configs are missing."""
        num_partitions: int
        replication_factor: int
        configs: list[CreateTopicsResponse.CreatableTopicConfigs] | None
        """All that apply, not only those asked for (KIP-525)."""
        def __init__(self, name: str = ..., topic_id: UUID = ..., error_code: int = ..., error_message: str | None = ..., topic_config_error_code: int = ..., num_partitions: int = ..., replication_factor: int = ..., configs: list[CreateTopicsResponse.CreatableTopicConfigs] | None = ...) -> None: ...

    throttle_time_ms: int
    topics: list[CreateTopicsResponse.CreatableTopicResult]
    def __init__(self, throttle_time_ms: int = ..., topics: list[CreateTopicsResponse.CreatableTopicResult] = ...) -> None: ...

class DeleteTopicsRequest(Message):
    class DeleteTopicState(Struct):
        name: str | None
        topic_id: UUID
        def __init__(self, name: str | None = ..., topic_id: UUID = ...) -> None: ...

    topics: list[DeleteTopicsRequest.DeleteTopicState]
    """By name or by id, not both (KIP-516)."""
    topic_names: list[str]
    timeout_ms: int
    """How long the request may wait."""
    def __init__(self, topics: list[DeleteTopicsRequest.DeleteTopicState] = ..., topic_names: list[str] = ..., timeout_ms: int = ...) -> None: ...

class DeleteTopicsResponse(Message):
    class DeletableTopicResult(Struct):
        name: str | None
        topic_id: UUID
        error_code: int
        error_message: str | None
        def __init__(self, name: str | None = ..., topic_id: UUID = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

    throttle_time_ms: int
    responses: list[DeleteTopicsResponse.DeletableTopicResult]
    def __init__(self, throttle_time_ms: int = ..., responses: list[DeleteTopicsResponse.DeletableTopicResult] = ...) -> None: ...

class DeleteRecordsRequest(Message):
    class DeleteRecordsPartition(Struct):
        partition_index: int
        offset: int
        """Of the first record that stays; -1 for the high watermark."""
        def __init__(self, partition_index: int = ..., offset: int = ...) -> None: ...

    class DeleteRecordsTopic(Struct):
        name: str
        partitions: list[DeleteRecordsRequest.DeleteRecordsPartition]
        def __init__(self, name: str = ..., partitions: list[DeleteRecordsRequest.DeleteRecordsPartition] = ...) -> None: ...

    topics: list[DeleteRecordsRequest.DeleteRecordsTopic]
    timeout_ms: int
    """How long the request may wait."""
    def __init__(self, topics: list[DeleteRecordsRequest.DeleteRecordsTopic] = ..., timeout_ms: int = ...) -> None: ...

class DeleteRecordsResponse(Message):
    class DeleteRecordsPartitionResult(Struct):
        partition_index: int
        low_watermark: int
        """Of the first record that is left; -1 beside an error."""
        error_code: int
        def __init__(self, partition_index: int = ..., low_watermark: int = ..., error_code: int = ...) -> None: ...

    class DeleteRecordsTopicResult(Struct):
        name: str
        partitions: list[DeleteRecordsResponse.DeleteRecordsPartitionResult]
        def __init__(self, name: str = ..., partitions: list[DeleteRecordsResponse.DeleteRecordsPartitionResult] = ...) -> None: ...

    throttle_time_ms: int
    topics: list[DeleteRecordsResponse.DeleteRecordsTopicResult]
    def __init__(self, throttle_time_ms: int = ..., topics: list[DeleteRecordsResponse.DeleteRecordsTopicResult] = ...) -> None: ...

class InitProducerIdRequest(Message):
    transactional_id: str | None
    """Null for idempotence alone."""
    transaction_timeout_ms: int
    """After which the coordinator aborts an open transaction."""
    producer_id: int
    """With producer_epoch: what the producer had and wants to go on from (KIP-360)."""
    producer_epoch: int
    def __init__(self, transactional_id: str | None = ..., transaction_timeout_ms: int = ..., producer_id: int = ..., producer_epoch: int = ...) -> None: ...

class InitProducerIdResponse(Message):
    throttle_time_ms: int
    error_code: int
    producer_id: int
    producer_epoch: int
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., producer_id: int = ..., producer_epoch: int = ...) -> None: ...

class DescribeConfigsRequest(Message):
    class DescribeConfigsResource(Struct):
        resource_type: int
        """2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group."""
        resource_name: str
        """Empty for the default of all brokers."""
        configuration_keys: list[str] | None
        """Null for all."""
        def __init__(self, resource_type: int = ..., resource_name: str = ..., configuration_keys: list[str] | None = ...) -> None: ...

    resources: list[DescribeConfigsRequest.DescribeConfigsResource]
    include_synonyms: bool
    """Where else a value could come from, in order of precedence."""
    include_documentation: bool
    def __init__(self, resources: list[DescribeConfigsRequest.DescribeConfigsResource] = ..., include_synonyms: bool = ..., include_documentation: bool = ...) -> None: ...

class DescribeConfigsResponse(Message):
    class DescribeConfigsSynonym(Struct):
        name: str
        value: str | None
        """Null if it is sensitive."""
        source: int
        def __init__(self, name: str = ..., value: str | None = ..., source: int = ...) -> None: ...

    class DescribeConfigsResourceResult(Struct):
        name: str
        value: str | None
        """Null if it is sensitive."""
        read_only: bool
        config_source: int
        """1 topic, 2 broker, 3 all brokers, 4 static, 5 default, 6 logger."""
        is_sensitive: bool
        synonyms: list[DescribeConfigsResponse.DescribeConfigsSynonym]
        config_type: int
        """1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list."""
        documentation: str | None
        def __init__(self, name: str = ..., value: str | None = ..., read_only: bool = ..., config_source: int = ..., is_sensitive: bool = ..., synonyms: list[DescribeConfigsResponse.DescribeConfigsSynonym] = ..., config_type: int = ..., documentation: str | None = ...) -> None: ...

    class DescribeConfigsResult(Struct):
        error_code: int
        error_message: str | None
        resource_type: int
        """2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group."""
        resource_name: str
        """Empty for the default of all brokers."""
        configs: list[DescribeConfigsResponse.DescribeConfigsResourceResult]
        def __init__(self, error_code: int = ..., error_message: str | None = ..., resource_type: int = ..., resource_name: str = ..., configs: list[DescribeConfigsResponse.DescribeConfigsResourceResult] = ...) -> None: ...

    throttle_time_ms: int
    results: list[DescribeConfigsResponse.DescribeConfigsResult]
    def __init__(self, throttle_time_ms: int = ..., results: list[DescribeConfigsResponse.DescribeConfigsResult] = ...) -> None: ...

class DescribeClusterRequest(Message):
    include_cluster_authorized_operations: bool
    endpoint_type: int
    """1 brokers, 2 controllers (KIP-919)."""
    include_fenced_brokers: bool
    def __init__(self, include_cluster_authorized_operations: bool = ..., endpoint_type: int = ..., include_fenced_brokers: bool = ...) -> None: ...

class DescribeClusterResponse(Message):
    class DescribeClusterBroker(Struct):
        broker_id: int
        host: str
        port: int
        rack: str | None
        """Null if the broker has none."""
        is_fenced: bool
        def __init__(self, broker_id: int = ..., host: str = ..., port: int = ..., rack: str | None = ..., is_fenced: bool = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    error_message: str | None
    endpoint_type: int
    cluster_id: str
    controller_id: int
    brokers: list[DescribeClusterResponse.DescribeClusterBroker]
    cluster_authorized_operations: int
    """Bit field; the smallest int32 if not asked for."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ..., endpoint_type: int = ..., cluster_id: str = ..., controller_id: int = ..., brokers: list[DescribeClusterResponse.DescribeClusterBroker] = ..., cluster_authorized_operations: int = ...) -> None: ...

class DescribeTopicPartitionsRequest(Message):
    class TopicRequest(Struct):
        name: str
        def __init__(self, name: str = ...) -> None: ...

    class Cursor(Struct):
        topic_name: str
        partition_index: int
        def __init__(self, topic_name: str = ..., partition_index: int = ...) -> None: ...

    topics: list[DescribeTopicPartitionsRequest.TopicRequest]
    response_partition_limit: int
    cursor: DescribeTopicPartitionsRequest.Cursor | None
    """Where an earlier answer stopped."""
    def __init__(self, topics: list[DescribeTopicPartitionsRequest.TopicRequest] = ..., response_partition_limit: int = ..., cursor: DescribeTopicPartitionsRequest.Cursor | None = ...) -> None: ...

class DescribeTopicPartitionsResponse(Message):
    class DescribeTopicPartitionsResponsePartition(Struct):
        error_code: int
        partition_index: int
        leader_id: int
        leader_epoch: int
        replica_nodes: list[int]
        isr_nodes: list[int]
        eligible_leader_replicas: list[int] | None
        """Left the in-sync replicas, yet have every committed record (KIP-966)."""
        last_known_elr: list[int] | None
        """Whom to ask when nobody is eligible any more (KIP-966)."""
        offline_replicas: list[int]
        def __init__(self, error_code: int = ..., partition_index: int = ..., leader_id: int = ..., leader_epoch: int = ..., replica_nodes: list[int] = ..., isr_nodes: list[int] = ..., eligible_leader_replicas: list[int] | None = ..., last_known_elr: list[int] | None = ..., offline_replicas: list[int] = ...) -> None: ...

    class DescribeTopicPartitionsResponseTopic(Struct):
        error_code: int
        name: str | None
        topic_id: UUID
        is_internal: bool
        partitions: list[DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponsePartition]
        topic_authorized_operations: int
        """Bit field; the smallest int32 if not asked for."""
        def __init__(self, error_code: int = ..., name: str | None = ..., topic_id: UUID = ..., is_internal: bool = ..., partitions: list[DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponsePartition] = ..., topic_authorized_operations: int = ...) -> None: ...

    class Cursor(Struct):
        topic_name: str
        partition_index: int
        def __init__(self, topic_name: str = ..., partition_index: int = ...) -> None: ...

    throttle_time_ms: int
    topics: list[DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic]
    next_cursor: DescribeTopicPartitionsResponse.Cursor | None
    """Where to go on; null if this is all."""
    def __init__(self, throttle_time_ms: int = ..., topics: list[DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic] = ..., next_cursor: DescribeTopicPartitionsResponse.Cursor | None = ...) -> None: ...

class RegisterBrokerRecord(Message):
    class BrokerEndpoint(Struct):
        name: str
        host: str
        port: int
        security_protocol: int
        """0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL."""
        def __init__(self, name: str = ..., host: str = ..., port: int = ..., security_protocol: int = ...) -> None: ...

    class BrokerFeature(Struct):
        name: str
        min_supported_version: int
        max_supported_version: int
        def __init__(self, name: str = ..., min_supported_version: int = ..., max_supported_version: int = ...) -> None: ...

    broker_id: int
    is_migrating_zk_broker: bool
    """History."""
    incarnation_id: UUID
    """New with every start of the process."""
    broker_epoch: int
    """Of this registration; older ones are fenced."""
    end_points: list[RegisterBrokerRecord.BrokerEndpoint]
    features: list[RegisterBrokerRecord.BrokerFeature]
    rack: str | None
    """Null if the broker has none."""
    fenced: bool
    """A fenced broker leads nothing and is in no ISR."""
    in_controlled_shutdown: bool
    log_dirs: list[UUID]
    cordoned_log_dirs: list[UUID] | None
    """That get no new replicas; null until the broker says."""
    def __init__(self, broker_id: int = ..., is_migrating_zk_broker: bool = ..., incarnation_id: UUID = ..., broker_epoch: int = ..., end_points: list[RegisterBrokerRecord.BrokerEndpoint] = ..., features: list[RegisterBrokerRecord.BrokerFeature] = ..., rack: str | None = ..., fenced: bool = ..., in_controlled_shutdown: bool = ..., log_dirs: list[UUID] = ..., cordoned_log_dirs: list[UUID] | None = ...) -> None: ...

class UnregisterBrokerRecord(Message):
    broker_id: int
    broker_epoch: int
    """Of this registration; older ones are fenced."""
    def __init__(self, broker_id: int = ..., broker_epoch: int = ...) -> None: ...

class TopicRecord(Message):
    name: str
    topic_id: UUID
    def __init__(self, name: str = ..., topic_id: UUID = ...) -> None: ...

class PartitionRecord(Message):
    partition_id: int
    topic_id: UUID
    replicas: list[int]
    """In order of preference: the first should lead."""
    isr: list[int]
    removing_replicas: list[int]
    adding_replicas: list[int]
    leader: int
    """-1 if there is none."""
    leader_recovery_state: int
    """1 while recovering from an unclean election."""
    leader_epoch: int
    partition_epoch: int
    """Grows with every change."""
    directories: list[UUID]
    """Which log directory holds each replica, in the order of the replicas (KIP-858)."""
    eligible_leader_replicas: list[int] | None
    """Left the in-sync replicas, yet have every committed record (KIP-966)."""
    last_known_elr: list[int] | None
    """Whom to ask when nobody is eligible any more (KIP-966)."""
    def __init__(self, partition_id: int = ..., topic_id: UUID = ..., replicas: list[int] = ..., isr: list[int] = ..., removing_replicas: list[int] = ..., adding_replicas: list[int] = ..., leader: int = ..., leader_recovery_state: int = ..., leader_epoch: int = ..., partition_epoch: int = ..., directories: list[UUID] = ..., eligible_leader_replicas: list[int] | None = ..., last_known_elr: list[int] | None = ...) -> None: ...

class ConfigRecord(Message):
    resource_type: int
    """2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group."""
    resource_name: str
    """Empty for the default of all brokers."""
    name: str
    value: str | None
    """Null removes the config."""
    def __init__(self, resource_type: int = ..., resource_name: str = ..., name: str = ..., value: str | None = ...) -> None: ...

class PartitionChangeRecord(Message):
    partition_id: int
    topic_id: UUID
    isr: list[int] | None
    """Null, like all that follow: no change."""
    leader: int
    """-2 no change, -1 no leader any more."""
    replicas: list[int] | None
    removing_replicas: list[int] | None
    adding_replicas: list[int] | None
    leader_recovery_state: int
    """-1: no change."""
    directories: list[UUID] | None
    """Which log directory holds each replica, in the order of the replicas (KIP-858)."""
    eligible_leader_replicas: list[int] | None
    """Left the in-sync replicas, yet have every committed record (KIP-966)."""
    last_known_elr: list[int] | None
    """Whom to ask when nobody is eligible any more (KIP-966)."""
    def __init__(self, partition_id: int = ..., topic_id: UUID = ..., isr: list[int] | None = ..., leader: int = ..., replicas: list[int] | None = ..., removing_replicas: list[int] | None = ..., adding_replicas: list[int] | None = ..., leader_recovery_state: int = ..., directories: list[UUID] | None = ..., eligible_leader_replicas: list[int] | None = ..., last_known_elr: list[int] | None = ...) -> None: ...

class FenceBrokerRecord(Message):
    id: int
    epoch: int
    def __init__(self, id: int = ..., epoch: int = ...) -> None: ...

class UnfenceBrokerRecord(Message):
    id: int
    epoch: int
    def __init__(self, id: int = ..., epoch: int = ...) -> None: ...

class RemoveTopicRecord(Message):
    topic_id: UUID
    def __init__(self, topic_id: UUID = ...) -> None: ...

class FeatureLevelRecord(Message):
    name: str
    feature_level: int
    """0 removes the feature."""
    def __init__(self, name: str = ..., feature_level: int = ...) -> None: ...

class ProducerIdsRecord(Message):
    broker_id: int
    broker_epoch: int
    """Of this registration; older ones are fenced."""
    next_producer_id: int
    """The first id behind the block that was handed out."""
    def __init__(self, broker_id: int = ..., broker_epoch: int = ..., next_producer_id: int = ...) -> None: ...

class BrokerRegistrationChangeRecord(Message):
    broker_id: int
    broker_epoch: int
    """Of this registration; older ones are fenced."""
    fenced: int
    """-1 unfence, 0 no change, 1 fence."""
    in_controlled_shutdown: int
    """0 no change, 1 begun."""
    log_dirs: list[UUID]
    cordoned_log_dirs: list[UUID] | None
    def __init__(self, broker_id: int = ..., broker_epoch: int = ..., fenced: int = ..., in_controlled_shutdown: int = ..., log_dirs: list[UUID] = ..., cordoned_log_dirs: list[UUID] | None = ...) -> None: ...

class NoOpRecord(Message):
    def __init__(self) -> None: ...
