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

class OffsetCommitRequest(Message):
    class OffsetCommitRequestPartition(Struct):
        partition_index: int
        committed_offset: int
        """Of the next record to be read, not of the last one that was."""
        committed_leader_epoch: int
        """Of the last record that was read; -1 if unknown."""
        committed_metadata: str | None
        """Whatever the member wants to see again."""
        def __init__(self, partition_index: int = ..., committed_offset: int = ..., committed_leader_epoch: int = ..., committed_metadata: str | None = ...) -> None: ...

    class OffsetCommitRequestTopic(Struct):
        name: str
        topic_id: UUID
        partitions: list[OffsetCommitRequest.OffsetCommitRequestPartition]
        def __init__(self, name: str = ..., topic_id: UUID = ..., partitions: list[OffsetCommitRequest.OffsetCommitRequestPartition] = ...) -> None: ...

    group_id: str
    generation_id_or_member_epoch: int
    """-1 from outside the group; the member epoch in the new protocol (KIP-848)."""
    member_id: str
    """Empty from outside the group."""
    group_instance_id: str | None
    """Null unless the member is static."""
    retention_time_ms: int
    """-1 for the broker's; only brokers before 2.1 took another."""
    topics: list[OffsetCommitRequest.OffsetCommitRequestTopic]
    def __init__(self, group_id: str = ..., generation_id_or_member_epoch: int = ..., member_id: str = ..., group_instance_id: str | None = ..., retention_time_ms: int = ..., topics: list[OffsetCommitRequest.OffsetCommitRequestTopic] = ...) -> None: ...

class OffsetCommitResponse(Message):
    class OffsetCommitResponsePartition(Struct):
        partition_index: int
        error_code: int
        def __init__(self, partition_index: int = ..., error_code: int = ...) -> None: ...

    class OffsetCommitResponseTopic(Struct):
        name: str
        topic_id: UUID
        partitions: list[OffsetCommitResponse.OffsetCommitResponsePartition]
        def __init__(self, name: str = ..., topic_id: UUID = ..., partitions: list[OffsetCommitResponse.OffsetCommitResponsePartition] = ...) -> None: ...

    throttle_time_ms: int
    topics: list[OffsetCommitResponse.OffsetCommitResponseTopic]
    def __init__(self, throttle_time_ms: int = ..., topics: list[OffsetCommitResponse.OffsetCommitResponseTopic] = ...) -> None: ...

class OffsetFetchRequest(Message):
    class OffsetFetchRequestTopic(Struct):
        name: str
        partition_indexes: list[int]
        def __init__(self, name: str = ..., partition_indexes: list[int] = ...) -> None: ...

    class OffsetFetchRequestTopics(Struct):
        name: str
        topic_id: UUID
        partition_indexes: list[int]
        def __init__(self, name: str = ..., topic_id: UUID = ..., partition_indexes: list[int] = ...) -> None: ...

    class OffsetFetchRequestGroup(Struct):
        group_id: str
        member_id: str | None
        """Null from outside the group."""
        member_epoch: int
        """-1 for members of classic groups and from outside."""
        topics: list[OffsetFetchRequest.OffsetFetchRequestTopics] | None
        """Null for all that have offsets."""
        def __init__(self, group_id: str = ..., member_id: str | None = ..., member_epoch: int = ..., topics: list[OffsetFetchRequest.OffsetFetchRequestTopics] | None = ...) -> None: ...

    group_id: str
    topics: list[OffsetFetchRequest.OffsetFetchRequestTopic] | None
    """Null for all that have offsets."""
    groups: list[OffsetFetchRequest.OffsetFetchRequestGroup]
    require_stable: bool
    """Refuse partitions with offsets of an open transaction: UNSTABLE_OFFSET_COMMIT (KIP-447)."""
    def __init__(self, group_id: str = ..., topics: list[OffsetFetchRequest.OffsetFetchRequestTopic] | None = ..., groups: list[OffsetFetchRequest.OffsetFetchRequestGroup] = ..., require_stable: bool = ...) -> None: ...

class OffsetFetchResponse(Message):
    class OffsetFetchResponsePartition(Struct):
        partition_index: int
        committed_offset: int
        """-1 if there is none."""
        committed_leader_epoch: int
        """-1 if unknown."""
        metadata: str | None
        error_code: int
        def __init__(self, partition_index: int = ..., committed_offset: int = ..., committed_leader_epoch: int = ..., metadata: str | None = ..., error_code: int = ...) -> None: ...

    class OffsetFetchResponseTopic(Struct):
        name: str
        partitions: list[OffsetFetchResponse.OffsetFetchResponsePartition]
        def __init__(self, name: str = ..., partitions: list[OffsetFetchResponse.OffsetFetchResponsePartition] = ...) -> None: ...

    class OffsetFetchResponsePartitions(Struct):
        partition_index: int
        committed_offset: int
        """-1 if there is none."""
        committed_leader_epoch: int
        """-1 if unknown."""
        metadata: str | None
        error_code: int
        def __init__(self, partition_index: int = ..., committed_offset: int = ..., committed_leader_epoch: int = ..., metadata: str | None = ..., error_code: int = ...) -> None: ...

    class OffsetFetchResponseTopics(Struct):
        name: str
        topic_id: UUID
        partitions: list[OffsetFetchResponse.OffsetFetchResponsePartitions]
        def __init__(self, name: str = ..., topic_id: UUID = ..., partitions: list[OffsetFetchResponse.OffsetFetchResponsePartitions] = ...) -> None: ...

    class OffsetFetchResponseGroup(Struct):
        group_id: str
        topics: list[OffsetFetchResponse.OffsetFetchResponseTopics]
        error_code: int
        def __init__(self, group_id: str = ..., topics: list[OffsetFetchResponse.OffsetFetchResponseTopics] = ..., error_code: int = ...) -> None: ...

    throttle_time_ms: int
    topics: list[OffsetFetchResponse.OffsetFetchResponseTopic]
    error_code: int
    groups: list[OffsetFetchResponse.OffsetFetchResponseGroup]
    def __init__(self, throttle_time_ms: int = ..., topics: list[OffsetFetchResponse.OffsetFetchResponseTopic] = ..., error_code: int = ..., groups: list[OffsetFetchResponse.OffsetFetchResponseGroup] = ...) -> None: ...

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

class JoinGroupRequest(Message):
    class JoinGroupRequestProtocol(Struct):
        name: str
        metadata: Buffer
        """For consumers a `ConsumerProtocolSubscription`."""
        def __init__(self, name: str = ..., metadata: Buffer = ...) -> None: ...

    group_id: str
    session_timeout_ms: int
    """Without a heartbeat for so long, the member is gone."""
    rebalance_timeout_ms: int
    """How long the others wait for this member; -1 for the session timeout."""
    member_id: str
    """Empty at first; later the one that was given."""
    group_instance_id: str | None
    """Null unless the member is static."""
    protocol_type: str
    """`consumer` for consumers, `connect` for workers; one for the whole group."""
    protocols: list[JoinGroupRequest.JoinGroupRequestProtocol]
    """In order of preference; the group takes one that all have."""
    reason: str | None
    """Why it joins, for people."""
    def __init__(self, group_id: str = ..., session_timeout_ms: int = ..., rebalance_timeout_ms: int = ..., member_id: str = ..., group_instance_id: str | None = ..., protocol_type: str = ..., protocols: list[JoinGroupRequest.JoinGroupRequestProtocol] = ..., reason: str | None = ...) -> None: ...

class JoinGroupResponse(Message):
    class JoinGroupResponseMember(Struct):
        member_id: str
        group_instance_id: str | None
        """Null unless the member is static."""
        metadata: Buffer
        """For consumers a `ConsumerProtocolSubscription`."""
        def __init__(self, member_id: str = ..., group_instance_id: str | None = ..., metadata: Buffer = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    generation_id: int
    """-1 with an error."""
    protocol_type: str | None
    protocol_name: str | None
    """The one that was chosen."""
    leader: str
    """The member that assigns."""
    skip_assignment: bool
    """The leader's assignment holds; it only watches (KIP-814)."""
    member_id: str
    members: list[JoinGroupResponse.JoinGroupResponseMember]
    """Only for the leader, empty for all others."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., generation_id: int = ..., protocol_type: str | None = ..., protocol_name: str | None = ..., leader: str = ..., skip_assignment: bool = ..., member_id: str = ..., members: list[JoinGroupResponse.JoinGroupResponseMember] = ...) -> None: ...

class HeartbeatRequest(Message):
    group_id: str
    generation_id: int
    member_id: str
    group_instance_id: str | None
    """Null unless the member is static."""
    def __init__(self, group_id: str = ..., generation_id: int = ..., member_id: str = ..., group_instance_id: str | None = ...) -> None: ...

class HeartbeatResponse(Message):
    throttle_time_ms: int
    error_code: int
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ...) -> None: ...

class LeaveGroupRequest(Message):
    class MemberIdentity(Struct):
        member_id: str
        """May be empty if the instance id is given."""
        group_instance_id: str | None
        """Null unless the member is static."""
        reason: str | None
        """For people."""
        def __init__(self, member_id: str = ..., group_instance_id: str | None = ..., reason: str | None = ...) -> None: ...

    group_id: str
    member_id: str
    """May be empty if the instance id is given."""
    members: list[LeaveGroupRequest.MemberIdentity]
    def __init__(self, group_id: str = ..., member_id: str = ..., members: list[LeaveGroupRequest.MemberIdentity] = ...) -> None: ...

class LeaveGroupResponse(Message):
    class MemberResponse(Struct):
        member_id: str
        group_instance_id: str | None
        """Null unless the member is static."""
        error_code: int
        def __init__(self, member_id: str = ..., group_instance_id: str | None = ..., error_code: int = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    members: list[LeaveGroupResponse.MemberResponse]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., members: list[LeaveGroupResponse.MemberResponse] = ...) -> None: ...

class SyncGroupRequest(Message):
    class SyncGroupRequestAssignment(Struct):
        member_id: str
        assignment: Buffer
        """For consumers a `ConsumerProtocolAssignment`."""
        def __init__(self, member_id: str = ..., assignment: Buffer = ...) -> None: ...

    group_id: str
    generation_id: int
    member_id: str
    group_instance_id: str | None
    """Null unless the member is static."""
    protocol_type: str | None
    """Must be the group's, if given."""
    protocol_name: str | None
    """Must be the one that was chosen, if given."""
    assignments: list[SyncGroupRequest.SyncGroupRequestAssignment]
    """From the leader; empty from all others."""
    def __init__(self, group_id: str = ..., generation_id: int = ..., member_id: str = ..., group_instance_id: str | None = ..., protocol_type: str | None = ..., protocol_name: str | None = ..., assignments: list[SyncGroupRequest.SyncGroupRequestAssignment] = ...) -> None: ...

class SyncGroupResponse(Message):
    throttle_time_ms: int
    error_code: int
    protocol_type: str | None
    """Must be the group's, if given."""
    protocol_name: str | None
    """Must be the one that was chosen, if given."""
    assignment: Buffer
    """As the leader wrote it; empty with an error."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., protocol_type: str | None = ..., protocol_name: str | None = ..., assignment: Buffer = ...) -> None: ...

class DescribeGroupsRequest(Message):
    groups: list[str]
    include_authorized_operations: bool
    def __init__(self, groups: list[str] = ..., include_authorized_operations: bool = ...) -> None: ...

class DescribeGroupsResponse(Message):
    class DescribedGroupMember(Struct):
        member_id: str
        group_instance_id: str | None
        """Null unless the member is static."""
        client_id: str
        client_host: str
        member_metadata: Buffer
        """For consumers a `ConsumerProtocolSubscription` behind its version."""
        member_assignment: Buffer
        """For consumers a `ConsumerProtocolAssignment` behind its version."""
        def __init__(self, member_id: str = ..., group_instance_id: str | None = ..., client_id: str = ..., client_host: str = ..., member_metadata: Buffer = ..., member_assignment: Buffer = ...) -> None: ...

    class DescribedGroup(Struct):
        error_code: int
        error_message: str | None
        group_id: str
        group_state: str
        """`PreparingRebalance`, `CompletingRebalance`, `Stable`, `Empty` or `Dead`."""
        protocol_type: str
        protocol_data: str
        """The name of the chosen protocol, such as `range`; empty unless stable."""
        members: list[DescribeGroupsResponse.DescribedGroupMember]
        authorized_operations: int
        """Bits by operation; -2147483648 if nobody asked."""
        def __init__(self, error_code: int = ..., error_message: str | None = ..., group_id: str = ..., group_state: str = ..., protocol_type: str = ..., protocol_data: str = ..., members: list[DescribeGroupsResponse.DescribedGroupMember] = ..., authorized_operations: int = ...) -> None: ...

    throttle_time_ms: int
    groups: list[DescribeGroupsResponse.DescribedGroup]
    def __init__(self, throttle_time_ms: int = ..., groups: list[DescribeGroupsResponse.DescribedGroup] = ...) -> None: ...

class ListGroupsRequest(Message):
    states_filter: list[str]
    """Empty for all."""
    types_filter: list[str]
    """Such as `classic`, `consumer`, `share`; empty for all."""
    def __init__(self, states_filter: list[str] = ..., types_filter: list[str] = ...) -> None: ...

class ListGroupsResponse(Message):
    class ListedGroup(Struct):
        group_id: str
        protocol_type: str
        """Empty for groups that only have offsets."""
        group_state: str
        group_type: str
        def __init__(self, group_id: str = ..., protocol_type: str = ..., group_state: str = ..., group_type: str = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    groups: list[ListGroupsResponse.ListedGroup]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., groups: list[ListGroupsResponse.ListedGroup] = ...) -> None: ...

class SaslHandshakeRequest(Message):
    mechanism: str
    """Such as `PLAIN` or `SCRAM-SHA-256`."""
    def __init__(self, mechanism: str = ...) -> None: ...

class SaslHandshakeResponse(Message):
    error_code: int
    mechanisms: list[str]
    """Those the broker offers, with an error too."""
    def __init__(self, error_code: int = ..., mechanisms: list[str] = ...) -> None: ...

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
    enable2_pc: bool
    """Somebody else decides when a transaction ends, so that it never times out."""
    keep_prepared_txn: bool
    """Go on with the open transaction instead of aborting it."""
    def __init__(self, transactional_id: str | None = ..., transaction_timeout_ms: int = ..., producer_id: int = ..., producer_epoch: int = ..., enable2_pc: bool = ..., keep_prepared_txn: bool = ...) -> None: ...

class InitProducerIdResponse(Message):
    throttle_time_ms: int
    error_code: int
    producer_id: int
    producer_epoch: int
    ongoing_txn_producer_id: int
    """Of the transaction that was kept; -1 if there is none."""
    ongoing_txn_producer_epoch: int
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., producer_id: int = ..., producer_epoch: int = ..., ongoing_txn_producer_id: int = ..., ongoing_txn_producer_epoch: int = ...) -> None: ...

class OffsetForLeaderEpochRequest(Message):
    class OffsetForLeaderPartition(Struct):
        partition: int
        current_leader_epoch: int
        """What the asker thinks; -1 to skip the check."""
        leader_epoch: int
        """The one whose end is asked for."""
        def __init__(self, partition: int = ..., current_leader_epoch: int = ..., leader_epoch: int = ...) -> None: ...

    class OffsetForLeaderTopic(Struct):
        topic: str
        partitions: list[OffsetForLeaderEpochRequest.OffsetForLeaderPartition]
        def __init__(self, topic: str = ..., partitions: list[OffsetForLeaderEpochRequest.OffsetForLeaderPartition] = ...) -> None: ...

    replica_id: int
    """The follower's broker id; -1 for a consumer, -2 for a tool."""
    topics: list[OffsetForLeaderEpochRequest.OffsetForLeaderTopic]
    def __init__(self, replica_id: int = ..., topics: list[OffsetForLeaderEpochRequest.OffsetForLeaderTopic] = ...) -> None: ...

class OffsetForLeaderEpochResponse(Message):
    class EpochEndOffset(Struct):
        error_code: int
        partition: int
        leader_epoch: int
        """The largest that is not above the one asked for; -1 if there is none."""
        end_offset: int
        """Where the next epoch begins; -1 if unknown."""
        def __init__(self, error_code: int = ..., partition: int = ..., leader_epoch: int = ..., end_offset: int = ...) -> None: ...

    class OffsetForLeaderTopicResult(Struct):
        topic: str
        partitions: list[OffsetForLeaderEpochResponse.EpochEndOffset]
        def __init__(self, topic: str = ..., partitions: list[OffsetForLeaderEpochResponse.EpochEndOffset] = ...) -> None: ...

    throttle_time_ms: int
    topics: list[OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult]
    def __init__(self, throttle_time_ms: int = ..., topics: list[OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult] = ...) -> None: ...

class AddPartitionsToTxnRequest(Message):
    class AddPartitionsToTxnTopic(Struct):
        name: str
        partitions: list[int]
        def __init__(self, name: str = ..., partitions: list[int] = ...) -> None: ...

    class AddPartitionsToTxnTransaction(Struct):
        transactional_id: str
        producer_id: int
        producer_epoch: int
        verify_only: bool
        """Do not add, say whether they are part of it (KIP-890)."""
        topics: list[AddPartitionsToTxnRequest.AddPartitionsToTxnTopic]
        def __init__(self, transactional_id: str = ..., producer_id: int = ..., producer_epoch: int = ..., verify_only: bool = ..., topics: list[AddPartitionsToTxnRequest.AddPartitionsToTxnTopic] = ...) -> None: ...

    transactions: list[AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction]
    v3_and_below_transactional_id: str
    v3_and_below_producer_id: int
    v3_and_below_producer_epoch: int
    v3_and_below_topics: list[AddPartitionsToTxnRequest.AddPartitionsToTxnTopic]
    def __init__(self, transactions: list[AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction] = ..., v3_and_below_transactional_id: str = ..., v3_and_below_producer_id: int = ..., v3_and_below_producer_epoch: int = ..., v3_and_below_topics: list[AddPartitionsToTxnRequest.AddPartitionsToTxnTopic] = ...) -> None: ...

class AddPartitionsToTxnResponse(Message):
    class AddPartitionsToTxnPartitionResult(Struct):
        partition_index: int
        partition_error_code: int
        def __init__(self, partition_index: int = ..., partition_error_code: int = ...) -> None: ...

    class AddPartitionsToTxnTopicResult(Struct):
        name: str
        results_by_partition: list[AddPartitionsToTxnResponse.AddPartitionsToTxnPartitionResult]
        def __init__(self, name: str = ..., results_by_partition: list[AddPartitionsToTxnResponse.AddPartitionsToTxnPartitionResult] = ...) -> None: ...

    class AddPartitionsToTxnResult(Struct):
        transactional_id: str
        topic_results: list[AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult]
        def __init__(self, transactional_id: str = ..., topic_results: list[AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult] = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    results_by_transaction: list[AddPartitionsToTxnResponse.AddPartitionsToTxnResult]
    results_by_topic_v3_and_below: list[AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., results_by_transaction: list[AddPartitionsToTxnResponse.AddPartitionsToTxnResult] = ..., results_by_topic_v3_and_below: list[AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult] = ...) -> None: ...

class AddOffsetsToTxnRequest(Message):
    transactional_id: str
    producer_id: int
    producer_epoch: int
    group_id: str
    def __init__(self, transactional_id: str = ..., producer_id: int = ..., producer_epoch: int = ..., group_id: str = ...) -> None: ...

class AddOffsetsToTxnResponse(Message):
    throttle_time_ms: int
    error_code: int
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ...) -> None: ...

class EndTxnRequest(Message):
    transactional_id: str
    producer_id: int
    producer_epoch: int
    committed: bool
    """False aborts."""
    def __init__(self, transactional_id: str = ..., producer_id: int = ..., producer_epoch: int = ..., committed: bool = ...) -> None: ...

class EndTxnResponse(Message):
    throttle_time_ms: int
    error_code: int
    producer_id: int
    """To use from now on; -1 in older versions."""
    producer_epoch: int
    """Likewise."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., producer_id: int = ..., producer_epoch: int = ...) -> None: ...

class WriteTxnMarkersRequest(Message):
    class WritableTxnMarkerTopic(Struct):
        name: str
        partition_indexes: list[int]
        def __init__(self, name: str = ..., partition_indexes: list[int] = ...) -> None: ...

    class WritableTxnMarker(Struct):
        producer_id: int
        producer_epoch: int
        transaction_result: bool
        """True commits, false aborts."""
        topics: list[WriteTxnMarkersRequest.WritableTxnMarkerTopic]
        coordinator_epoch: int
        """The leader refuses markers of coordinators it knows to be replaced."""
        transaction_version: int
        """2 if every transaction has a producer epoch of its own (KIP-890)."""
        def __init__(self, producer_id: int = ..., producer_epoch: int = ..., transaction_result: bool = ..., topics: list[WriteTxnMarkersRequest.WritableTxnMarkerTopic] = ..., coordinator_epoch: int = ..., transaction_version: int = ...) -> None: ...

    markers: list[WriteTxnMarkersRequest.WritableTxnMarker]
    def __init__(self, markers: list[WriteTxnMarkersRequest.WritableTxnMarker] = ...) -> None: ...

class WriteTxnMarkersResponse(Message):
    class WritableTxnMarkerPartitionResult(Struct):
        partition_index: int
        error_code: int
        def __init__(self, partition_index: int = ..., error_code: int = ...) -> None: ...

    class WritableTxnMarkerTopicResult(Struct):
        name: str
        partitions: list[WriteTxnMarkersResponse.WritableTxnMarkerPartitionResult]
        def __init__(self, name: str = ..., partitions: list[WriteTxnMarkersResponse.WritableTxnMarkerPartitionResult] = ...) -> None: ...

    class WritableTxnMarkerResult(Struct):
        producer_id: int
        topics: list[WriteTxnMarkersResponse.WritableTxnMarkerTopicResult]
        def __init__(self, producer_id: int = ..., topics: list[WriteTxnMarkersResponse.WritableTxnMarkerTopicResult] = ...) -> None: ...

    markers: list[WriteTxnMarkersResponse.WritableTxnMarkerResult]
    def __init__(self, markers: list[WriteTxnMarkersResponse.WritableTxnMarkerResult] = ...) -> None: ...

class TxnOffsetCommitRequest(Message):
    class TxnOffsetCommitRequestPartition(Struct):
        partition_index: int
        committed_offset: int
        committed_leader_epoch: int
        """-1 if unknown."""
        committed_metadata: str | None
        def __init__(self, partition_index: int = ..., committed_offset: int = ..., committed_leader_epoch: int = ..., committed_metadata: str | None = ...) -> None: ...

    class TxnOffsetCommitRequestTopic(Struct):
        name: str
        partitions: list[TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition]
        def __init__(self, name: str = ..., partitions: list[TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition] = ...) -> None: ...

    transactional_id: str
    group_id: str
    producer_id: int
    producer_epoch: int
    generation_id: int
    """-1 if the producer does not know it: then nobody checks."""
    member_id: str
    group_instance_id: str | None
    """Null unless the member is static."""
    topics: list[TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic]
    def __init__(self, transactional_id: str = ..., group_id: str = ..., producer_id: int = ..., producer_epoch: int = ..., generation_id: int = ..., member_id: str = ..., group_instance_id: str | None = ..., topics: list[TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic] = ...) -> None: ...

class TxnOffsetCommitResponse(Message):
    class TxnOffsetCommitResponsePartition(Struct):
        partition_index: int
        error_code: int
        def __init__(self, partition_index: int = ..., error_code: int = ...) -> None: ...

    class TxnOffsetCommitResponseTopic(Struct):
        name: str
        partitions: list[TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition]
        def __init__(self, name: str = ..., partitions: list[TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition] = ...) -> None: ...

    throttle_time_ms: int
    topics: list[TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic]
    def __init__(self, throttle_time_ms: int = ..., topics: list[TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic] = ...) -> None: ...

class DescribeAclsRequest(Message):
    resource_type_filter: int
    """1 any, 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user."""
    resource_name_filter: str | None
    """Null for any."""
    pattern_type_filter: int
    """1 any, 2 whatever matches the name, 3 literal, 4 prefixed."""
    principal_filter: str | None
    """Null for any."""
    host_filter: str | None
    """Null for any."""
    operation: int
    """1 any, 2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, and more."""
    permission_type: int
    """1 any, 2 deny, 3 allow."""
    def __init__(self, resource_type_filter: int = ..., resource_name_filter: str | None = ..., pattern_type_filter: int = ..., principal_filter: str | None = ..., host_filter: str | None = ..., operation: int = ..., permission_type: int = ...) -> None: ...

class DescribeAclsResponse(Message):
    class AclDescription(Struct):
        principal: str
        """Such as `User:alice`."""
        host: str
        """`*` for all."""
        operation: int
        permission_type: int
        def __init__(self, principal: str = ..., host: str = ..., operation: int = ..., permission_type: int = ...) -> None: ...

    class DescribeAclsResource(Struct):
        resource_type: int
        """As in the filter."""
        resource_name: str
        pattern_type: int
        """3 literal, 4 prefixed."""
        acls: list[DescribeAclsResponse.AclDescription]
        def __init__(self, resource_type: int = ..., resource_name: str = ..., pattern_type: int = ..., acls: list[DescribeAclsResponse.AclDescription] = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    error_message: str | None
    resources: list[DescribeAclsResponse.DescribeAclsResource]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ..., resources: list[DescribeAclsResponse.DescribeAclsResource] = ...) -> None: ...

class CreateAclsRequest(Message):
    class AclCreation(Struct):
        resource_type: int
        """2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user."""
        resource_name: str
        resource_pattern_type: int
        """3 literal, 4 prefixed."""
        principal: str
        """Such as `User:alice`."""
        host: str
        """`*` for all."""
        operation: int
        """2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, and more."""
        permission_type: int
        """2 deny, 3 allow."""
        def __init__(self, resource_type: int = ..., resource_name: str = ..., resource_pattern_type: int = ..., principal: str = ..., host: str = ..., operation: int = ..., permission_type: int = ...) -> None: ...

    creations: list[CreateAclsRequest.AclCreation]
    def __init__(self, creations: list[CreateAclsRequest.AclCreation] = ...) -> None: ...

class CreateAclsResponse(Message):
    class AclCreationResult(Struct):
        error_code: int
        error_message: str | None
        def __init__(self, error_code: int = ..., error_message: str | None = ...) -> None: ...

    throttle_time_ms: int
    results: list[CreateAclsResponse.AclCreationResult]
    """In the order of the request."""
    def __init__(self, throttle_time_ms: int = ..., results: list[CreateAclsResponse.AclCreationResult] = ...) -> None: ...

class DeleteAclsRequest(Message):
    class DeleteAclsFilter(Struct):
        resource_type_filter: int
        """1 any, 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user."""
        resource_name_filter: str | None
        """Null for any."""
        pattern_type_filter: int
        """1 any, 2 whatever matches the name, 3 literal, 4 prefixed."""
        principal_filter: str | None
        """Null for any."""
        host_filter: str | None
        """Null for any."""
        operation: int
        """1 any, 2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, and more."""
        permission_type: int
        """1 any, 2 deny, 3 allow."""
        def __init__(self, resource_type_filter: int = ..., resource_name_filter: str | None = ..., pattern_type_filter: int = ..., principal_filter: str | None = ..., host_filter: str | None = ..., operation: int = ..., permission_type: int = ...) -> None: ...

    filters: list[DeleteAclsRequest.DeleteAclsFilter]
    def __init__(self, filters: list[DeleteAclsRequest.DeleteAclsFilter] = ...) -> None: ...

class DeleteAclsResponse(Message):
    class DeleteAclsMatchingAcl(Struct):
        error_code: int
        error_message: str | None
        resource_type: int
        resource_name: str
        pattern_type: int
        principal: str
        host: str
        operation: int
        permission_type: int
        def __init__(self, error_code: int = ..., error_message: str | None = ..., resource_type: int = ..., resource_name: str = ..., pattern_type: int = ..., principal: str = ..., host: str = ..., operation: int = ..., permission_type: int = ...) -> None: ...

    class DeleteAclsFilterResult(Struct):
        error_code: int
        error_message: str | None
        matching_acls: list[DeleteAclsResponse.DeleteAclsMatchingAcl]
        def __init__(self, error_code: int = ..., error_message: str | None = ..., matching_acls: list[DeleteAclsResponse.DeleteAclsMatchingAcl] = ...) -> None: ...

    throttle_time_ms: int
    filter_results: list[DeleteAclsResponse.DeleteAclsFilterResult]
    """In the order of the request."""
    def __init__(self, throttle_time_ms: int = ..., filter_results: list[DeleteAclsResponse.DeleteAclsFilterResult] = ...) -> None: ...

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

class AlterConfigsRequest(Message):
    class AlterableConfig(Struct):
        name: str
        value: str | None
        def __init__(self, name: str = ..., value: str | None = ...) -> None: ...

    class AlterConfigsResource(Struct):
        resource_type: int
        """2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group."""
        resource_name: str
        """Empty for the default of all brokers."""
        configs: list[AlterConfigsRequest.AlterableConfig]
        def __init__(self, resource_type: int = ..., resource_name: str = ..., configs: list[AlterConfigsRequest.AlterableConfig] = ...) -> None: ...

    resources: list[AlterConfigsRequest.AlterConfigsResource]
    validate_only: bool
    """Check, change nothing."""
    def __init__(self, resources: list[AlterConfigsRequest.AlterConfigsResource] = ..., validate_only: bool = ...) -> None: ...

class AlterConfigsResponse(Message):
    class AlterConfigsResourceResponse(Struct):
        error_code: int
        error_message: str | None
        resource_type: int
        """2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group."""
        resource_name: str
        """Empty for the default of all brokers."""
        def __init__(self, error_code: int = ..., error_message: str | None = ..., resource_type: int = ..., resource_name: str = ...) -> None: ...

    throttle_time_ms: int
    responses: list[AlterConfigsResponse.AlterConfigsResourceResponse]
    def __init__(self, throttle_time_ms: int = ..., responses: list[AlterConfigsResponse.AlterConfigsResourceResponse] = ...) -> None: ...

class AlterReplicaLogDirsRequest(Message):
    class AlterReplicaLogDirTopic(Struct):
        name: str
        partitions: list[int]
        def __init__(self, name: str = ..., partitions: list[int] = ...) -> None: ...

    class AlterReplicaLogDir(Struct):
        path: str
        """The directory they should be in, as an absolute path."""
        topics: list[AlterReplicaLogDirsRequest.AlterReplicaLogDirTopic]
        def __init__(self, path: str = ..., topics: list[AlterReplicaLogDirsRequest.AlterReplicaLogDirTopic] = ...) -> None: ...

    dirs: list[AlterReplicaLogDirsRequest.AlterReplicaLogDir]
    def __init__(self, dirs: list[AlterReplicaLogDirsRequest.AlterReplicaLogDir] = ...) -> None: ...

class AlterReplicaLogDirsResponse(Message):
    class AlterReplicaLogDirPartitionResult(Struct):
        partition_index: int
        error_code: int
        def __init__(self, partition_index: int = ..., error_code: int = ...) -> None: ...

    class AlterReplicaLogDirTopicResult(Struct):
        topic_name: str
        partitions: list[AlterReplicaLogDirsResponse.AlterReplicaLogDirPartitionResult]
        def __init__(self, topic_name: str = ..., partitions: list[AlterReplicaLogDirsResponse.AlterReplicaLogDirPartitionResult] = ...) -> None: ...

    throttle_time_ms: int
    results: list[AlterReplicaLogDirsResponse.AlterReplicaLogDirTopicResult]
    def __init__(self, throttle_time_ms: int = ..., results: list[AlterReplicaLogDirsResponse.AlterReplicaLogDirTopicResult] = ...) -> None: ...

class DescribeLogDirsRequest(Message):
    class DescribableLogDirTopic(Struct):
        topic: str
        partitions: list[int]
        def __init__(self, topic: str = ..., partitions: list[int] = ...) -> None: ...

    topics: list[DescribeLogDirsRequest.DescribableLogDirTopic] | None
    """Null for all."""
    def __init__(self, topics: list[DescribeLogDirsRequest.DescribableLogDirTopic] | None = ...) -> None: ...

class DescribeLogDirsResponse(Message):
    class DescribeLogDirsPartition(Struct):
        partition_index: int
        partition_size: int
        """In bytes."""
        offset_lag: int
        """How far it is behind the high watermark; for a future replica behind the present one."""
        is_future_key: bool
        """It will replace the present replica, from another directory."""
        def __init__(self, partition_index: int = ..., partition_size: int = ..., offset_lag: int = ..., is_future_key: bool = ...) -> None: ...

    class DescribeLogDirsTopic(Struct):
        name: str
        partitions: list[DescribeLogDirsResponse.DescribeLogDirsPartition]
        def __init__(self, name: str = ..., partitions: list[DescribeLogDirsResponse.DescribeLogDirsPartition] = ...) -> None: ...

    class DescribeLogDirsResult(Struct):
        error_code: int
        log_dir: str
        topics: list[DescribeLogDirsResponse.DescribeLogDirsTopic]
        total_bytes: int
        """Of the disk; -1 if unknown."""
        usable_bytes: int
        """Free on the disk; -1 if unknown."""
        is_cordoned: bool
        def __init__(self, error_code: int = ..., log_dir: str = ..., topics: list[DescribeLogDirsResponse.DescribeLogDirsTopic] = ..., total_bytes: int = ..., usable_bytes: int = ..., is_cordoned: bool = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    results: list[DescribeLogDirsResponse.DescribeLogDirsResult]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., results: list[DescribeLogDirsResponse.DescribeLogDirsResult] = ...) -> None: ...

class SaslAuthenticateRequest(Message):
    auth_bytes: Buffer
    def __init__(self, auth_bytes: Buffer = ...) -> None: ...

class SaslAuthenticateResponse(Message):
    error_code: int
    error_message: str | None
    auth_bytes: Buffer
    session_lifetime_ms: int
    """After which the client must authenticate again; 0 for no limit."""
    def __init__(self, error_code: int = ..., error_message: str | None = ..., auth_bytes: Buffer = ..., session_lifetime_ms: int = ...) -> None: ...

class CreatePartitionsRequest(Message):
    class CreatePartitionsAssignment(Struct):
        broker_ids: list[int]
        """The first should lead."""
        def __init__(self, broker_ids: list[int] = ...) -> None: ...

    class CreatePartitionsTopic(Struct):
        name: str
        count: int
        """How many there shall be in all."""
        assignments: list[CreatePartitionsRequest.CreatePartitionsAssignment] | None
        """Of the new ones, in order; null to let the controller choose."""
        def __init__(self, name: str = ..., count: int = ..., assignments: list[CreatePartitionsRequest.CreatePartitionsAssignment] | None = ...) -> None: ...

    topics: list[CreatePartitionsRequest.CreatePartitionsTopic]
    timeout_ms: int
    """How long to wait for them to be there."""
    validate_only: bool
    """Check, change nothing."""
    def __init__(self, topics: list[CreatePartitionsRequest.CreatePartitionsTopic] = ..., timeout_ms: int = ..., validate_only: bool = ...) -> None: ...

class CreatePartitionsResponse(Message):
    class CreatePartitionsTopicResult(Struct):
        name: str
        error_code: int
        error_message: str | None
        def __init__(self, name: str = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

    throttle_time_ms: int
    results: list[CreatePartitionsResponse.CreatePartitionsTopicResult]
    def __init__(self, throttle_time_ms: int = ..., results: list[CreatePartitionsResponse.CreatePartitionsTopicResult] = ...) -> None: ...

class CreateDelegationTokenRequest(Message):
    class CreatableRenewers(Struct):
        principal_type: str
        principal_name: str
        def __init__(self, principal_type: str = ..., principal_name: str = ...) -> None: ...

    owner_principal_type: str | None
    """Null or empty for oneself."""
    owner_principal_name: str | None
    """Null or empty for oneself."""
    renewers: list[CreateDelegationTokenRequest.CreatableRenewers]
    """Who else may prolong it; the owner always may."""
    max_lifetime_ms: int
    """-1 for the broker's."""
    def __init__(self, owner_principal_type: str | None = ..., owner_principal_name: str | None = ..., renewers: list[CreateDelegationTokenRequest.CreatableRenewers] = ..., max_lifetime_ms: int = ...) -> None: ...

class CreateDelegationTokenResponse(Message):
    error_code: int
    principal_type: str
    principal_name: str
    token_requester_principal_type: str
    token_requester_principal_name: str
    issue_timestamp_ms: int
    expiry_timestamp_ms: int
    """When it ends unless it is renewed."""
    max_timestamp_ms: int
    """Beyond this it cannot be renewed."""
    token_id: str
    hmac: Buffer
    """The secret."""
    throttle_time_ms: int
    def __init__(self, error_code: int = ..., principal_type: str = ..., principal_name: str = ..., token_requester_principal_type: str = ..., token_requester_principal_name: str = ..., issue_timestamp_ms: int = ..., expiry_timestamp_ms: int = ..., max_timestamp_ms: int = ..., token_id: str = ..., hmac: Buffer = ..., throttle_time_ms: int = ...) -> None: ...

class RenewDelegationTokenRequest(Message):
    hmac: Buffer
    """The token's secret, which says which it is."""
    renew_period_ms: int
    """-1 for the broker's."""
    def __init__(self, hmac: Buffer = ..., renew_period_ms: int = ...) -> None: ...

class RenewDelegationTokenResponse(Message):
    error_code: int
    expiry_timestamp_ms: int
    """When it ends now."""
    throttle_time_ms: int
    def __init__(self, error_code: int = ..., expiry_timestamp_ms: int = ..., throttle_time_ms: int = ...) -> None: ...

class ExpireDelegationTokenRequest(Message):
    hmac: Buffer
    """The token's secret, which says which it is."""
    expiry_time_period_ms: int
    """From now on; a negative one ends it at once."""
    def __init__(self, hmac: Buffer = ..., expiry_time_period_ms: int = ...) -> None: ...

class ExpireDelegationTokenResponse(Message):
    error_code: int
    expiry_timestamp_ms: int
    """When it ends now."""
    throttle_time_ms: int
    def __init__(self, error_code: int = ..., expiry_timestamp_ms: int = ..., throttle_time_ms: int = ...) -> None: ...

class DescribeDelegationTokenRequest(Message):
    class DescribeDelegationTokenOwner(Struct):
        principal_type: str
        principal_name: str
        def __init__(self, principal_type: str = ..., principal_name: str = ...) -> None: ...

    owners: list[DescribeDelegationTokenRequest.DescribeDelegationTokenOwner] | None
    """Null for all."""
    def __init__(self, owners: list[DescribeDelegationTokenRequest.DescribeDelegationTokenOwner] | None = ...) -> None: ...

class DescribeDelegationTokenResponse(Message):
    class DescribedDelegationTokenRenewer(Struct):
        principal_type: str
        principal_name: str
        def __init__(self, principal_type: str = ..., principal_name: str = ...) -> None: ...

    class DescribedDelegationToken(Struct):
        principal_type: str
        principal_name: str
        token_requester_principal_type: str
        token_requester_principal_name: str
        issue_timestamp: int
        """In milliseconds, as all three."""
        expiry_timestamp: int
        max_timestamp: int
        """Beyond this it cannot be renewed."""
        token_id: str
        hmac: Buffer
        """The secret."""
        renewers: list[DescribeDelegationTokenResponse.DescribedDelegationTokenRenewer]
        def __init__(self, principal_type: str = ..., principal_name: str = ..., token_requester_principal_type: str = ..., token_requester_principal_name: str = ..., issue_timestamp: int = ..., expiry_timestamp: int = ..., max_timestamp: int = ..., token_id: str = ..., hmac: Buffer = ..., renewers: list[DescribeDelegationTokenResponse.DescribedDelegationTokenRenewer] = ...) -> None: ...

    error_code: int
    tokens: list[DescribeDelegationTokenResponse.DescribedDelegationToken]
    throttle_time_ms: int
    def __init__(self, error_code: int = ..., tokens: list[DescribeDelegationTokenResponse.DescribedDelegationToken] = ..., throttle_time_ms: int = ...) -> None: ...

class DeleteGroupsRequest(Message):
    groups_names: list[str]
    def __init__(self, groups_names: list[str] = ...) -> None: ...

class DeleteGroupsResponse(Message):
    class DeletableGroupResult(Struct):
        group_id: str
        error_code: int
        def __init__(self, group_id: str = ..., error_code: int = ...) -> None: ...

    throttle_time_ms: int
    results: list[DeleteGroupsResponse.DeletableGroupResult]
    def __init__(self, throttle_time_ms: int = ..., results: list[DeleteGroupsResponse.DeletableGroupResult] = ...) -> None: ...

class ElectLeadersRequest(Message):
    class TopicPartitions(Struct):
        topic: str
        partitions: list[int]
        def __init__(self, topic: str = ..., partitions: list[int] = ...) -> None: ...

    election_type: int
    """0 the preferred replica, 1 any that lives, if there is no leader."""
    topic_partitions: list[ElectLeadersRequest.TopicPartitions] | None
    """Null for all."""
    timeout_ms: int
    def __init__(self, election_type: int = ..., topic_partitions: list[ElectLeadersRequest.TopicPartitions] | None = ..., timeout_ms: int = ...) -> None: ...

class ElectLeadersResponse(Message):
    class PartitionResult(Struct):
        partition_id: int
        error_code: int
        error_message: str | None
        def __init__(self, partition_id: int = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

    class ReplicaElectionResult(Struct):
        topic: str
        partition_result: list[ElectLeadersResponse.PartitionResult]
        """If all were meant, only those for which there was something to do."""
        def __init__(self, topic: str = ..., partition_result: list[ElectLeadersResponse.PartitionResult] = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    replica_election_results: list[ElectLeadersResponse.ReplicaElectionResult]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., replica_election_results: list[ElectLeadersResponse.ReplicaElectionResult] = ...) -> None: ...

class IncrementalAlterConfigsRequest(Message):
    class AlterableConfig(Struct):
        name: str
        config_operation: int
        """0 set, 1 delete, 2 append to a list, 3 take from a list."""
        value: str | None
        """Null to delete."""
        def __init__(self, name: str = ..., config_operation: int = ..., value: str | None = ...) -> None: ...

    class AlterConfigsResource(Struct):
        resource_type: int
        """2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group."""
        resource_name: str
        """Empty for the default of all brokers."""
        configs: list[IncrementalAlterConfigsRequest.AlterableConfig]
        def __init__(self, resource_type: int = ..., resource_name: str = ..., configs: list[IncrementalAlterConfigsRequest.AlterableConfig] = ...) -> None: ...

    resources: list[IncrementalAlterConfigsRequest.AlterConfigsResource]
    validate_only: bool
    """Check, change nothing."""
    def __init__(self, resources: list[IncrementalAlterConfigsRequest.AlterConfigsResource] = ..., validate_only: bool = ...) -> None: ...

class IncrementalAlterConfigsResponse(Message):
    class AlterConfigsResourceResponse(Struct):
        error_code: int
        error_message: str | None
        resource_type: int
        """2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group."""
        resource_name: str
        """Empty for the default of all brokers."""
        def __init__(self, error_code: int = ..., error_message: str | None = ..., resource_type: int = ..., resource_name: str = ...) -> None: ...

    throttle_time_ms: int
    responses: list[IncrementalAlterConfigsResponse.AlterConfigsResourceResponse]
    def __init__(self, throttle_time_ms: int = ..., responses: list[IncrementalAlterConfigsResponse.AlterConfigsResourceResponse] = ...) -> None: ...

class AlterPartitionReassignmentsRequest(Message):
    class ReassignablePartition(Struct):
        partition_index: int
        replicas: list[int] | None
        """The first should lead; null calls a running move off."""
        def __init__(self, partition_index: int = ..., replicas: list[int] | None = ...) -> None: ...

    class ReassignableTopic(Struct):
        name: str
        partitions: list[AlterPartitionReassignmentsRequest.ReassignablePartition]
        def __init__(self, name: str = ..., partitions: list[AlterPartitionReassignmentsRequest.ReassignablePartition] = ...) -> None: ...

    timeout_ms: int
    allow_replication_factor_change: bool
    topics: list[AlterPartitionReassignmentsRequest.ReassignableTopic]
    def __init__(self, timeout_ms: int = ..., allow_replication_factor_change: bool = ..., topics: list[AlterPartitionReassignmentsRequest.ReassignableTopic] = ...) -> None: ...

class AlterPartitionReassignmentsResponse(Message):
    class ReassignablePartitionResponse(Struct):
        partition_index: int
        error_code: int
        error_message: str | None
        def __init__(self, partition_index: int = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

    class ReassignableTopicResponse(Struct):
        name: str
        partitions: list[AlterPartitionReassignmentsResponse.ReassignablePartitionResponse]
        def __init__(self, name: str = ..., partitions: list[AlterPartitionReassignmentsResponse.ReassignablePartitionResponse] = ...) -> None: ...

    throttle_time_ms: int
    allow_replication_factor_change: bool
    error_code: int
    error_message: str | None
    responses: list[AlterPartitionReassignmentsResponse.ReassignableTopicResponse]
    def __init__(self, throttle_time_ms: int = ..., allow_replication_factor_change: bool = ..., error_code: int = ..., error_message: str | None = ..., responses: list[AlterPartitionReassignmentsResponse.ReassignableTopicResponse] = ...) -> None: ...

class ListPartitionReassignmentsRequest(Message):
    class ListPartitionReassignmentsTopics(Struct):
        name: str
        partition_indexes: list[int]
        def __init__(self, name: str = ..., partition_indexes: list[int] = ...) -> None: ...

    timeout_ms: int
    topics: list[ListPartitionReassignmentsRequest.ListPartitionReassignmentsTopics] | None
    """Null for all that are."""
    def __init__(self, timeout_ms: int = ..., topics: list[ListPartitionReassignmentsRequest.ListPartitionReassignmentsTopics] | None = ...) -> None: ...

class ListPartitionReassignmentsResponse(Message):
    class OngoingPartitionReassignment(Struct):
        partition_index: int
        replicas: list[int]
        """All of them, old and new."""
        adding_replicas: list[int]
        removing_replicas: list[int]
        def __init__(self, partition_index: int = ..., replicas: list[int] = ..., adding_replicas: list[int] = ..., removing_replicas: list[int] = ...) -> None: ...

    class OngoingTopicReassignment(Struct):
        name: str
        partitions: list[ListPartitionReassignmentsResponse.OngoingPartitionReassignment]
        def __init__(self, name: str = ..., partitions: list[ListPartitionReassignmentsResponse.OngoingPartitionReassignment] = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    error_message: str | None
    topics: list[ListPartitionReassignmentsResponse.OngoingTopicReassignment]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ..., topics: list[ListPartitionReassignmentsResponse.OngoingTopicReassignment] = ...) -> None: ...

class OffsetDeleteRequest(Message):
    class OffsetDeleteRequestPartition(Struct):
        partition_index: int
        def __init__(self, partition_index: int = ...) -> None: ...

    class OffsetDeleteRequestTopic(Struct):
        name: str
        partitions: list[OffsetDeleteRequest.OffsetDeleteRequestPartition]
        def __init__(self, name: str = ..., partitions: list[OffsetDeleteRequest.OffsetDeleteRequestPartition] = ...) -> None: ...

    group_id: str
    topics: list[OffsetDeleteRequest.OffsetDeleteRequestTopic]
    def __init__(self, group_id: str = ..., topics: list[OffsetDeleteRequest.OffsetDeleteRequestTopic] = ...) -> None: ...

class OffsetDeleteResponse(Message):
    class OffsetDeleteResponsePartition(Struct):
        partition_index: int
        error_code: int
        def __init__(self, partition_index: int = ..., error_code: int = ...) -> None: ...

    class OffsetDeleteResponseTopic(Struct):
        name: str
        partitions: list[OffsetDeleteResponse.OffsetDeleteResponsePartition]
        def __init__(self, name: str = ..., partitions: list[OffsetDeleteResponse.OffsetDeleteResponsePartition] = ...) -> None: ...

    error_code: int
    throttle_time_ms: int
    topics: list[OffsetDeleteResponse.OffsetDeleteResponseTopic]
    def __init__(self, error_code: int = ..., throttle_time_ms: int = ..., topics: list[OffsetDeleteResponse.OffsetDeleteResponseTopic] = ...) -> None: ...

class DescribeClientQuotasRequest(Message):
    class ComponentData(Struct):
        entity_type: str
        """`user`, `client-id` or `ip`."""
        match_type: int
        """0 this name, 1 the default, 2 any name."""
        match: str | None
        """The name; null for the two other kinds."""
        def __init__(self, entity_type: str = ..., match_type: int = ..., match: str | None = ...) -> None: ...

    components: list[DescribeClientQuotasRequest.ComponentData]
    """All must match."""
    strict: bool
    """Only entities that have no other parts than those asked for."""
    def __init__(self, components: list[DescribeClientQuotasRequest.ComponentData] = ..., strict: bool = ...) -> None: ...

class DescribeClientQuotasResponse(Message):
    class EntityData(Struct):
        entity_type: str
        entity_name: str | None
        """Null for the default."""
        def __init__(self, entity_type: str = ..., entity_name: str | None = ...) -> None: ...

    class ValueData(Struct):
        key: str
        """Such as `producer_byte_rate`."""
        value: float
        def __init__(self, key: str = ..., value: float = ...) -> None: ...

    class EntryData(Struct):
        entity: list[DescribeClientQuotasResponse.EntityData]
        values: list[DescribeClientQuotasResponse.ValueData]
        def __init__(self, entity: list[DescribeClientQuotasResponse.EntityData] = ..., values: list[DescribeClientQuotasResponse.ValueData] = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    error_message: str | None
    entries: list[DescribeClientQuotasResponse.EntryData] | None
    """Null with an error."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ..., entries: list[DescribeClientQuotasResponse.EntryData] | None = ...) -> None: ...

class AlterClientQuotasRequest(Message):
    class EntityData(Struct):
        entity_type: str
        """`user`, `client-id` or `ip`."""
        entity_name: str | None
        """Null for the default."""
        def __init__(self, entity_type: str = ..., entity_name: str | None = ...) -> None: ...

    class OpData(Struct):
        key: str
        """Such as `producer_byte_rate`."""
        value: float
        """Ignored when it is removed."""
        remove: bool
        def __init__(self, key: str = ..., value: float = ..., remove: bool = ...) -> None: ...

    class EntryData(Struct):
        entity: list[AlterClientQuotasRequest.EntityData]
        ops: list[AlterClientQuotasRequest.OpData]
        def __init__(self, entity: list[AlterClientQuotasRequest.EntityData] = ..., ops: list[AlterClientQuotasRequest.OpData] = ...) -> None: ...

    entries: list[AlterClientQuotasRequest.EntryData]
    validate_only: bool
    """Check, change nothing."""
    def __init__(self, entries: list[AlterClientQuotasRequest.EntryData] = ..., validate_only: bool = ...) -> None: ...

class AlterClientQuotasResponse(Message):
    class EntityData(Struct):
        entity_type: str
        entity_name: str | None
        """Null for the default."""
        def __init__(self, entity_type: str = ..., entity_name: str | None = ...) -> None: ...

    class EntryData(Struct):
        error_code: int
        error_message: str | None
        entity: list[AlterClientQuotasResponse.EntityData]
        def __init__(self, error_code: int = ..., error_message: str | None = ..., entity: list[AlterClientQuotasResponse.EntityData] = ...) -> None: ...

    throttle_time_ms: int
    entries: list[AlterClientQuotasResponse.EntryData]
    def __init__(self, throttle_time_ms: int = ..., entries: list[AlterClientQuotasResponse.EntryData] = ...) -> None: ...

class DescribeUserScramCredentialsRequest(Message):
    class UserName(Struct):
        name: str
        def __init__(self, name: str = ...) -> None: ...

    users: list[DescribeUserScramCredentialsRequest.UserName] | None
    """Null or empty for all."""
    def __init__(self, users: list[DescribeUserScramCredentialsRequest.UserName] | None = ...) -> None: ...

class DescribeUserScramCredentialsResponse(Message):
    class CredentialInfo(Struct):
        mechanism: int
        """1 SCRAM-SHA-256, 2 SCRAM-SHA-512."""
        iterations: int
        def __init__(self, mechanism: int = ..., iterations: int = ...) -> None: ...

    class DescribeUserScramCredentialsResult(Struct):
        user: str
        error_code: int
        error_message: str | None
        credential_infos: list[DescribeUserScramCredentialsResponse.CredentialInfo]
        def __init__(self, user: str = ..., error_code: int = ..., error_message: str | None = ..., credential_infos: list[DescribeUserScramCredentialsResponse.CredentialInfo] = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    error_message: str | None
    results: list[DescribeUserScramCredentialsResponse.DescribeUserScramCredentialsResult]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ..., results: list[DescribeUserScramCredentialsResponse.DescribeUserScramCredentialsResult] = ...) -> None: ...

class AlterUserScramCredentialsRequest(Message):
    class ScramCredentialDeletion(Struct):
        name: str
        mechanism: int
        """1 SCRAM-SHA-256, 2 SCRAM-SHA-512."""
        def __init__(self, name: str = ..., mechanism: int = ...) -> None: ...

    class ScramCredentialUpsertion(Struct):
        name: str
        mechanism: int
        """1 SCRAM-SHA-256, 2 SCRAM-SHA-512."""
        iterations: int
        """At least 4096, at most 16384."""
        salt: Buffer
        salted_password: Buffer
        """Of which the broker keeps only what it can check with."""
        def __init__(self, name: str = ..., mechanism: int = ..., iterations: int = ..., salt: Buffer = ..., salted_password: Buffer = ...) -> None: ...

    deletions: list[AlterUserScramCredentialsRequest.ScramCredentialDeletion]
    upsertions: list[AlterUserScramCredentialsRequest.ScramCredentialUpsertion]
    def __init__(self, deletions: list[AlterUserScramCredentialsRequest.ScramCredentialDeletion] = ..., upsertions: list[AlterUserScramCredentialsRequest.ScramCredentialUpsertion] = ...) -> None: ...

class AlterUserScramCredentialsResponse(Message):
    class AlterUserScramCredentialsResult(Struct):
        user: str
        error_code: int
        error_message: str | None
        def __init__(self, user: str = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

    throttle_time_ms: int
    results: list[AlterUserScramCredentialsResponse.AlterUserScramCredentialsResult]
    def __init__(self, throttle_time_ms: int = ..., results: list[AlterUserScramCredentialsResponse.AlterUserScramCredentialsResult] = ...) -> None: ...

class VoteRequest(Message):
    class PartitionData(Struct):
        partition_index: int
        replica_epoch: int
        """The epoch it wants to lead."""
        replica_id: int
        """Who asks."""
        replica_directory_id: UUID
        voter_directory_id: UUID
        last_offset_epoch: int
        """Of the last record in the asker's log; with last_offset it shows whose log is newer."""
        last_offset: int
        """The end of the asker's log."""
        pre_vote: bool
        """Only asks how a vote would end; nobody changes anything for it."""
        def __init__(self, partition_index: int = ..., replica_epoch: int = ..., replica_id: int = ..., replica_directory_id: UUID = ..., voter_directory_id: UUID = ..., last_offset_epoch: int = ..., last_offset: int = ..., pre_vote: bool = ...) -> None: ...

    class TopicData(Struct):
        topic_name: str
        partitions: list[VoteRequest.PartitionData]
        def __init__(self, topic_name: str = ..., partitions: list[VoteRequest.PartitionData] = ...) -> None: ...

    cluster_id: str | None
    """Lets a voter refuse members of another cluster."""
    voter_id: int
    """Who is asked; -1 in older versions."""
    topics: list[VoteRequest.TopicData]
    def __init__(self, cluster_id: str | None = ..., voter_id: int = ..., topics: list[VoteRequest.TopicData] = ...) -> None: ...

class VoteResponse(Message):
    class PartitionData(Struct):
        partition_index: int
        error_code: int
        leader_id: int
        """-1 if there is none."""
        leader_epoch: int
        vote_granted: bool
        def __init__(self, partition_index: int = ..., error_code: int = ..., leader_id: int = ..., leader_epoch: int = ..., vote_granted: bool = ...) -> None: ...

    class TopicData(Struct):
        topic_name: str
        partitions: list[VoteResponse.PartitionData]
        def __init__(self, topic_name: str = ..., partitions: list[VoteResponse.PartitionData] = ...) -> None: ...

    class NodeEndpoint(Struct):
        node_id: int
        host: str
        port: int
        def __init__(self, node_id: int = ..., host: str = ..., port: int = ...) -> None: ...

    error_code: int
    topics: list[VoteResponse.TopicData]
    node_endpoints: list[VoteResponse.NodeEndpoint]
    """Where the leader is."""
    def __init__(self, error_code: int = ..., topics: list[VoteResponse.TopicData] = ..., node_endpoints: list[VoteResponse.NodeEndpoint] = ...) -> None: ...

class BeginQuorumEpochRequest(Message):
    class PartitionData(Struct):
        partition_index: int
        voter_directory_id: UUID
        leader_id: int
        leader_epoch: int
        def __init__(self, partition_index: int = ..., voter_directory_id: UUID = ..., leader_id: int = ..., leader_epoch: int = ...) -> None: ...

    class TopicData(Struct):
        topic_name: str
        partitions: list[BeginQuorumEpochRequest.PartitionData]
        def __init__(self, topic_name: str = ..., partitions: list[BeginQuorumEpochRequest.PartitionData] = ...) -> None: ...

    class LeaderEndpoint(Struct):
        name: str
        host: str
        port: int
        def __init__(self, name: str = ..., host: str = ..., port: int = ...) -> None: ...

    cluster_id: str | None
    """Lets a voter refuse members of another cluster."""
    voter_id: int
    """Who is told; -1 in older versions."""
    topics: list[BeginQuorumEpochRequest.TopicData]
    leader_endpoints: list[BeginQuorumEpochRequest.LeaderEndpoint]
    def __init__(self, cluster_id: str | None = ..., voter_id: int = ..., topics: list[BeginQuorumEpochRequest.TopicData] = ..., leader_endpoints: list[BeginQuorumEpochRequest.LeaderEndpoint] = ...) -> None: ...

class BeginQuorumEpochResponse(Message):
    class PartitionData(Struct):
        partition_index: int
        error_code: int
        leader_id: int
        leader_epoch: int
        def __init__(self, partition_index: int = ..., error_code: int = ..., leader_id: int = ..., leader_epoch: int = ...) -> None: ...

    class TopicData(Struct):
        topic_name: str
        partitions: list[BeginQuorumEpochResponse.PartitionData]
        def __init__(self, topic_name: str = ..., partitions: list[BeginQuorumEpochResponse.PartitionData] = ...) -> None: ...

    class NodeEndpoint(Struct):
        node_id: int
        host: str
        port: int
        def __init__(self, node_id: int = ..., host: str = ..., port: int = ...) -> None: ...

    error_code: int
    topics: list[BeginQuorumEpochResponse.TopicData]
    node_endpoints: list[BeginQuorumEpochResponse.NodeEndpoint]
    """Where the leader is."""
    def __init__(self, error_code: int = ..., topics: list[BeginQuorumEpochResponse.TopicData] = ..., node_endpoints: list[BeginQuorumEpochResponse.NodeEndpoint] = ...) -> None: ...

class EndQuorumEpochRequest(Message):
    class ReplicaInfo(Struct):
        candidate_id: int
        candidate_directory_id: UUID
        def __init__(self, candidate_id: int = ..., candidate_directory_id: UUID = ...) -> None: ...

    class PartitionData(Struct):
        partition_index: int
        leader_id: int
        leader_epoch: int
        preferred_successors: list[int]
        """Who should try first, the best one at the front."""
        preferred_candidates: list[EndQuorumEpochRequest.ReplicaInfo]
        """Likewise."""
        def __init__(self, partition_index: int = ..., leader_id: int = ..., leader_epoch: int = ..., preferred_successors: list[int] = ..., preferred_candidates: list[EndQuorumEpochRequest.ReplicaInfo] = ...) -> None: ...

    class TopicData(Struct):
        topic_name: str
        partitions: list[EndQuorumEpochRequest.PartitionData]
        def __init__(self, topic_name: str = ..., partitions: list[EndQuorumEpochRequest.PartitionData] = ...) -> None: ...

    class LeaderEndpoint(Struct):
        name: str
        host: str
        port: int
        def __init__(self, name: str = ..., host: str = ..., port: int = ...) -> None: ...

    cluster_id: str | None
    """Lets a voter refuse members of another cluster."""
    topics: list[EndQuorumEpochRequest.TopicData]
    leader_endpoints: list[EndQuorumEpochRequest.LeaderEndpoint]
    def __init__(self, cluster_id: str | None = ..., topics: list[EndQuorumEpochRequest.TopicData] = ..., leader_endpoints: list[EndQuorumEpochRequest.LeaderEndpoint] = ...) -> None: ...

class EndQuorumEpochResponse(Message):
    class PartitionData(Struct):
        partition_index: int
        error_code: int
        leader_id: int
        leader_epoch: int
        def __init__(self, partition_index: int = ..., error_code: int = ..., leader_id: int = ..., leader_epoch: int = ...) -> None: ...

    class TopicData(Struct):
        topic_name: str
        partitions: list[EndQuorumEpochResponse.PartitionData]
        def __init__(self, topic_name: str = ..., partitions: list[EndQuorumEpochResponse.PartitionData] = ...) -> None: ...

    class NodeEndpoint(Struct):
        node_id: int
        host: str
        port: int
        def __init__(self, node_id: int = ..., host: str = ..., port: int = ...) -> None: ...

    error_code: int
    topics: list[EndQuorumEpochResponse.TopicData]
    node_endpoints: list[EndQuorumEpochResponse.NodeEndpoint]
    """Where the leader is."""
    def __init__(self, error_code: int = ..., topics: list[EndQuorumEpochResponse.TopicData] = ..., node_endpoints: list[EndQuorumEpochResponse.NodeEndpoint] = ...) -> None: ...

class DescribeQuorumRequest(Message):
    class PartitionData(Struct):
        partition_index: int
        def __init__(self, partition_index: int = ...) -> None: ...

    class TopicData(Struct):
        topic_name: str
        partitions: list[DescribeQuorumRequest.PartitionData]
        def __init__(self, topic_name: str = ..., partitions: list[DescribeQuorumRequest.PartitionData] = ...) -> None: ...

    topics: list[DescribeQuorumRequest.TopicData]
    def __init__(self, topics: list[DescribeQuorumRequest.TopicData] = ...) -> None: ...

class DescribeQuorumResponse(Message):
    class ReplicaState(Struct):
        replica_id: int
        replica_directory_id: UUID
        log_end_offset: int
        last_fetch_timestamp: int
        """When it last asked the leader, in milliseconds; -1 if unknown."""
        last_caught_up_timestamp: int
        """When it last had all that the leader had, in milliseconds; -1 if unknown."""
        def __init__(self, replica_id: int = ..., replica_directory_id: UUID = ..., log_end_offset: int = ..., last_fetch_timestamp: int = ..., last_caught_up_timestamp: int = ...) -> None: ...

    class PartitionData(Struct):
        partition_index: int
        error_code: int
        error_message: str | None
        leader_id: int
        """-1 if there is none."""
        leader_epoch: int
        high_watermark: int
        current_voters: list[DescribeQuorumResponse.ReplicaState]
        observers: list[DescribeQuorumResponse.ReplicaState]
        """Nodes that follow and do not vote: brokers."""
        def __init__(self, partition_index: int = ..., error_code: int = ..., error_message: str | None = ..., leader_id: int = ..., leader_epoch: int = ..., high_watermark: int = ..., current_voters: list[DescribeQuorumResponse.ReplicaState] = ..., observers: list[DescribeQuorumResponse.ReplicaState] = ...) -> None: ...

    class TopicData(Struct):
        topic_name: str
        partitions: list[DescribeQuorumResponse.PartitionData]
        def __init__(self, topic_name: str = ..., partitions: list[DescribeQuorumResponse.PartitionData] = ...) -> None: ...

    class Listener(Struct):
        name: str
        host: str
        port: int
        def __init__(self, name: str = ..., host: str = ..., port: int = ...) -> None: ...

    class Node(Struct):
        node_id: int
        listeners: list[DescribeQuorumResponse.Listener]
        def __init__(self, node_id: int = ..., listeners: list[DescribeQuorumResponse.Listener] = ...) -> None: ...

    error_code: int
    error_message: str | None
    topics: list[DescribeQuorumResponse.TopicData]
    nodes: list[DescribeQuorumResponse.Node]
    def __init__(self, error_code: int = ..., error_message: str | None = ..., topics: list[DescribeQuorumResponse.TopicData] = ..., nodes: list[DescribeQuorumResponse.Node] = ...) -> None: ...

class AlterPartitionRequest(Message):
    class BrokerState(Struct):
        broker_id: int
        """The leader."""
        broker_epoch: int
        """-1 to skip the check."""
        def __init__(self, broker_id: int = ..., broker_epoch: int = ...) -> None: ...

    class PartitionData(Struct):
        partition_index: int
        leader_epoch: int
        new_isr: list[int]
        new_isr_with_epochs: list[AlterPartitionRequest.BrokerState]
        leader_recovery_state: int
        """1 while recovering from an unclean election."""
        partition_epoch: int
        """The change is refused if the partition has changed since."""
        def __init__(self, partition_index: int = ..., leader_epoch: int = ..., new_isr: list[int] = ..., new_isr_with_epochs: list[AlterPartitionRequest.BrokerState] = ..., leader_recovery_state: int = ..., partition_epoch: int = ...) -> None: ...

    class TopicData(Struct):
        topic_id: UUID
        partitions: list[AlterPartitionRequest.PartitionData]
        def __init__(self, topic_id: UUID = ..., partitions: list[AlterPartitionRequest.PartitionData] = ...) -> None: ...

    broker_id: int
    """The leader."""
    broker_epoch: int
    """-1 to skip the check."""
    topics: list[AlterPartitionRequest.TopicData]
    def __init__(self, broker_id: int = ..., broker_epoch: int = ..., topics: list[AlterPartitionRequest.TopicData] = ...) -> None: ...

class AlterPartitionResponse(Message):
    class PartitionData(Struct):
        partition_index: int
        error_code: int
        leader_id: int
        leader_epoch: int
        isr: list[int]
        leader_recovery_state: int
        """1 while recovering from an unclean election."""
        partition_epoch: int
        def __init__(self, partition_index: int = ..., error_code: int = ..., leader_id: int = ..., leader_epoch: int = ..., isr: list[int] = ..., leader_recovery_state: int = ..., partition_epoch: int = ...) -> None: ...

    class TopicData(Struct):
        topic_id: UUID
        partitions: list[AlterPartitionResponse.PartitionData]
        def __init__(self, topic_id: UUID = ..., partitions: list[AlterPartitionResponse.PartitionData] = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    topics: list[AlterPartitionResponse.TopicData]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., topics: list[AlterPartitionResponse.TopicData] = ...) -> None: ...

class UpdateFeaturesRequest(Message):
    class FeatureUpdateKey(Struct):
        feature: str
        max_version_level: int
        """The new level; below 1 removes the feature."""
        allow_downgrade: bool
        """Now upgrade_type."""
        upgrade_type: int
        """1 only up, 2 down if nothing is lost, 3 down whatever is lost."""
        def __init__(self, feature: str = ..., max_version_level: int = ..., allow_downgrade: bool = ..., upgrade_type: int = ...) -> None: ...

    timeout_ms: int
    feature_updates: list[UpdateFeaturesRequest.FeatureUpdateKey]
    validate_only: bool
    """Check, change nothing."""
    def __init__(self, timeout_ms: int = ..., feature_updates: list[UpdateFeaturesRequest.FeatureUpdateKey] = ..., validate_only: bool = ...) -> None: ...

class UpdateFeaturesResponse(Message):
    class UpdatableFeatureResult(Struct):
        feature: str
        error_code: int
        error_message: str | None
        def __init__(self, feature: str = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    error_message: str | None
    results: list[UpdateFeaturesResponse.UpdatableFeatureResult]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ..., results: list[UpdateFeaturesResponse.UpdatableFeatureResult] = ...) -> None: ...

class EnvelopeRequest(Message):
    request_data: Buffer
    """The whole request, with its header."""
    request_principal: Buffer | None
    """Who the client is, as a `DefaultPrincipalData` behind its version."""
    client_host_address: Buffer
    """The client's address, 4 or 16 bytes."""
    def __init__(self, request_data: Buffer = ..., request_principal: Buffer | None = ..., client_host_address: Buffer = ...) -> None: ...

class EnvelopeResponse(Message):
    response_data: Buffer | None
    """The whole response, with its header; null with an error."""
    error_code: int
    """Of the handing on; what became of the request is in its response."""
    def __init__(self, response_data: Buffer | None = ..., error_code: int = ...) -> None: ...

class FetchSnapshotRequest(Message):
    class SnapshotId(Struct):
        end_offset: int
        epoch: int
        def __init__(self, end_offset: int = ..., epoch: int = ...) -> None: ...

    class PartitionSnapshot(Struct):
        partition: int
        current_leader_epoch: int
        snapshot_id: FetchSnapshotRequest.SnapshotId
        """The snapshot replaces the log up to end_offset."""
        position: int
        """The byte to begin at."""
        replica_directory_id: UUID
        def __init__(self, partition: int = ..., current_leader_epoch: int = ..., snapshot_id: FetchSnapshotRequest.SnapshotId = ..., position: int = ..., replica_directory_id: UUID = ...) -> None: ...

    class TopicSnapshot(Struct):
        name: str
        partitions: list[FetchSnapshotRequest.PartitionSnapshot]
        def __init__(self, name: str = ..., partitions: list[FetchSnapshotRequest.PartitionSnapshot] = ...) -> None: ...

    cluster_id: str | None
    """Lets a controller refuse members of another cluster."""
    replica_id: int
    """Who asks."""
    max_bytes: int
    topics: list[FetchSnapshotRequest.TopicSnapshot]
    def __init__(self, cluster_id: str | None = ..., replica_id: int = ..., max_bytes: int = ..., topics: list[FetchSnapshotRequest.TopicSnapshot] = ...) -> None: ...

class FetchSnapshotResponse(Message):
    class SnapshotId(Struct):
        end_offset: int
        epoch: int
        def __init__(self, end_offset: int = ..., epoch: int = ...) -> None: ...

    class LeaderIdAndEpoch(Struct):
        leader_id: int
        leader_epoch: int
        def __init__(self, leader_id: int = ..., leader_epoch: int = ...) -> None: ...

    class PartitionSnapshot(Struct):
        index: int
        error_code: int
        snapshot_id: FetchSnapshotResponse.SnapshotId
        """The snapshot replaces the log up to end_offset."""
        current_leader: FetchSnapshotResponse.LeaderIdAndEpoch
        """Given with errors about leadership."""
        size: int
        """Of the whole snapshot, in bytes."""
        position: int
        """The byte that unaligned_records begins at."""
        unaligned_records: Records
        """Bytes of the snapshot, cut wherever the limit fell."""
        def __init__(self, index: int = ..., error_code: int = ..., snapshot_id: FetchSnapshotResponse.SnapshotId = ..., current_leader: FetchSnapshotResponse.LeaderIdAndEpoch = ..., size: int = ..., position: int = ..., unaligned_records: Records = ...) -> None: ...

    class TopicSnapshot(Struct):
        name: str
        partitions: list[FetchSnapshotResponse.PartitionSnapshot]
        def __init__(self, name: str = ..., partitions: list[FetchSnapshotResponse.PartitionSnapshot] = ...) -> None: ...

    class NodeEndpoint(Struct):
        node_id: int
        host: str
        port: int
        def __init__(self, node_id: int = ..., host: str = ..., port: int = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    topics: list[FetchSnapshotResponse.TopicSnapshot]
    node_endpoints: list[FetchSnapshotResponse.NodeEndpoint]
    """Where the leader is."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., topics: list[FetchSnapshotResponse.TopicSnapshot] = ..., node_endpoints: list[FetchSnapshotResponse.NodeEndpoint] = ...) -> None: ...

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

class DescribeProducersRequest(Message):
    class TopicRequest(Struct):
        name: str
        partition_indexes: list[int]
        def __init__(self, name: str = ..., partition_indexes: list[int] = ...) -> None: ...

    topics: list[DescribeProducersRequest.TopicRequest]
    def __init__(self, topics: list[DescribeProducersRequest.TopicRequest] = ...) -> None: ...

class DescribeProducersResponse(Message):
    class ProducerState(Struct):
        producer_id: int
        producer_epoch: int
        """An int32 here, though epochs are int16."""
        last_sequence: int
        """-1 if unknown."""
        last_timestamp: int
        """Of the last batch, in milliseconds; -1 if unknown."""
        coordinator_epoch: int
        """Of the last marker; -1 if there was none."""
        current_txn_start_offset: int
        """-1 if no transaction is open."""
        def __init__(self, producer_id: int = ..., producer_epoch: int = ..., last_sequence: int = ..., last_timestamp: int = ..., coordinator_epoch: int = ..., current_txn_start_offset: int = ...) -> None: ...

    class PartitionResponse(Struct):
        partition_index: int
        error_code: int
        error_message: str | None
        active_producers: list[DescribeProducersResponse.ProducerState]
        def __init__(self, partition_index: int = ..., error_code: int = ..., error_message: str | None = ..., active_producers: list[DescribeProducersResponse.ProducerState] = ...) -> None: ...

    class TopicResponse(Struct):
        name: str
        partitions: list[DescribeProducersResponse.PartitionResponse]
        def __init__(self, name: str = ..., partitions: list[DescribeProducersResponse.PartitionResponse] = ...) -> None: ...

    throttle_time_ms: int
    topics: list[DescribeProducersResponse.TopicResponse]
    def __init__(self, throttle_time_ms: int = ..., topics: list[DescribeProducersResponse.TopicResponse] = ...) -> None: ...

class BrokerRegistrationRequest(Message):
    class Listener(Struct):
        name: str
        host: str
        port: int
        security_protocol: int
        """0 plaintext, 1 TLS, 2 SASL, 3 SASL over TLS."""
        def __init__(self, name: str = ..., host: str = ..., port: int = ..., security_protocol: int = ...) -> None: ...

    class Feature(Struct):
        name: str
        min_supported_version: int
        max_supported_version: int
        def __init__(self, name: str = ..., min_supported_version: int = ..., max_supported_version: int = ...) -> None: ...

    broker_id: int
    cluster_id: str
    incarnation_id: UUID
    """A new one with every start."""
    listeners: list[BrokerRegistrationRequest.Listener]
    features: list[BrokerRegistrationRequest.Feature]
    rack: str | None
    """Null if it has none."""
    is_migrating_zk_broker: bool
    """History."""
    log_dirs: list[UUID]
    previous_broker_epoch: int
    """Of its last life if it ended cleanly, else -1."""
    def __init__(self, broker_id: int = ..., cluster_id: str = ..., incarnation_id: UUID = ..., listeners: list[BrokerRegistrationRequest.Listener] = ..., features: list[BrokerRegistrationRequest.Feature] = ..., rack: str | None = ..., is_migrating_zk_broker: bool = ..., log_dirs: list[UUID] = ..., previous_broker_epoch: int = ...) -> None: ...

class BrokerRegistrationResponse(Message):
    throttle_time_ms: int
    error_code: int
    broker_epoch: int
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., broker_epoch: int = ...) -> None: ...

class BrokerHeartbeatRequest(Message):
    broker_id: int
    broker_epoch: int
    current_metadata_offset: int
    """How far it has read the metadata log."""
    want_fence: bool
    """Stay fenced, or be fenced."""
    want_shut_down: bool
    """It wants to stop: move leaderships away first."""
    offline_log_dirs: list[UUID]
    """That have failed since the broker started."""
    cordoned_log_dirs: list[UUID] | None
    """That take no new replicas; null while the broker is still starting."""
    def __init__(self, broker_id: int = ..., broker_epoch: int = ..., current_metadata_offset: int = ..., want_fence: bool = ..., want_shut_down: bool = ..., offline_log_dirs: list[UUID] = ..., cordoned_log_dirs: list[UUID] | None = ...) -> None: ...

class BrokerHeartbeatResponse(Message):
    throttle_time_ms: int
    error_code: int
    is_caught_up: bool
    """It has read enough of the metadata log to be let in."""
    is_fenced: bool
    """It is not, or no longer, among the brokers that lead and follow."""
    should_shut_down: bool
    """It leads nothing any more: it may stop."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., is_caught_up: bool = ..., is_fenced: bool = ..., should_shut_down: bool = ...) -> None: ...

class UnregisterBrokerRequest(Message):
    broker_id: int
    def __init__(self, broker_id: int = ...) -> None: ...

class UnregisterBrokerResponse(Message):
    throttle_time_ms: int
    error_code: int
    error_message: str | None
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

class DescribeTransactionsRequest(Message):
    transactional_ids: list[str]
    def __init__(self, transactional_ids: list[str] = ...) -> None: ...

class DescribeTransactionsResponse(Message):
    class TopicData(Struct):
        topic: str
        partitions: list[int]
        def __init__(self, topic: str = ..., partitions: list[int] = ...) -> None: ...

    class TransactionState(Struct):
        error_code: int
        transactional_id: str
        transaction_state: str
        """`Empty`, `Ongoing`, `PrepareCommit`, `PrepareAbort`, `CompleteCommit`, `CompleteAbort`, `Dead`."""
        transaction_timeout_ms: int
        transaction_start_time_ms: int
        """-1 if none is open."""
        producer_id: int
        producer_epoch: int
        topics: list[DescribeTransactionsResponse.TopicData]
        """The partitions of the open transaction."""
        def __init__(self, error_code: int = ..., transactional_id: str = ..., transaction_state: str = ..., transaction_timeout_ms: int = ..., transaction_start_time_ms: int = ..., producer_id: int = ..., producer_epoch: int = ..., topics: list[DescribeTransactionsResponse.TopicData] = ...) -> None: ...

    throttle_time_ms: int
    transaction_states: list[DescribeTransactionsResponse.TransactionState]
    def __init__(self, throttle_time_ms: int = ..., transaction_states: list[DescribeTransactionsResponse.TransactionState] = ...) -> None: ...

class ListTransactionsRequest(Message):
    state_filters: list[str]
    """Empty for all."""
    producer_id_filters: list[int]
    """Empty for all."""
    duration_filter: int
    """Only those open for longer, in milliseconds; -1 for all."""
    transactional_id_pattern: str | None
    """A regular expression; null or empty for all."""
    def __init__(self, state_filters: list[str] = ..., producer_id_filters: list[int] = ..., duration_filter: int = ..., transactional_id_pattern: str | None = ...) -> None: ...

class ListTransactionsResponse(Message):
    class TransactionState(Struct):
        transactional_id: str
        producer_id: int
        transaction_state: str
        def __init__(self, transactional_id: str = ..., producer_id: int = ..., transaction_state: str = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    unknown_state_filters: list[str]
    """Those among the filters that are no state."""
    transaction_states: list[ListTransactionsResponse.TransactionState]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., unknown_state_filters: list[str] = ..., transaction_states: list[ListTransactionsResponse.TransactionState] = ...) -> None: ...

class AllocateProducerIdsRequest(Message):
    broker_id: int
    broker_epoch: int
    def __init__(self, broker_id: int = ..., broker_epoch: int = ...) -> None: ...

class AllocateProducerIdsResponse(Message):
    throttle_time_ms: int
    error_code: int
    producer_id_start: int
    """The first."""
    producer_id_len: int
    """How many."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., producer_id_start: int = ..., producer_id_len: int = ...) -> None: ...

class ConsumerGroupHeartbeatRequest(Message):
    class TopicPartitions(Struct):
        topic_id: UUID
        partitions: list[int]
        def __init__(self, topic_id: UUID = ..., partitions: list[int] = ...) -> None: ...

    group_id: str
    member_id: str
    """Chosen by the member from version 1 on; empty at first in version 0."""
    member_epoch: int
    """0 joins, -1 leaves, -2 is a static member that will come back."""
    instance_id: str | None
    """Null unless the member is static."""
    rack_id: str | None
    rebalance_timeout_ms: int
    """How long it may take to give partitions up; -1 for no change."""
    subscribed_topic_names: list[str] | None
    """Null for no change."""
    subscribed_topic_regex: str | None
    """An expression of RE2, which the broker evaluates; null for no change, empty for none."""
    server_assignor: str | None
    """`uniform` or `range`; null for the broker's choice, or no change."""
    topic_partitions: list[ConsumerGroupHeartbeatRequest.TopicPartitions] | None
    """What it owns; null for no change."""
    def __init__(self, group_id: str = ..., member_id: str = ..., member_epoch: int = ..., instance_id: str | None = ..., rack_id: str | None = ..., rebalance_timeout_ms: int = ..., subscribed_topic_names: list[str] | None = ..., subscribed_topic_regex: str | None = ..., server_assignor: str | None = ..., topic_partitions: list[ConsumerGroupHeartbeatRequest.TopicPartitions] | None = ...) -> None: ...

class ConsumerGroupHeartbeatResponse(Message):
    class TopicPartitions(Struct):
        topic_id: UUID
        partitions: list[int]
        def __init__(self, topic_id: UUID = ..., partitions: list[int] = ...) -> None: ...

    class Assignment(Struct):
        topic_partitions: list[ConsumerGroupHeartbeatResponse.TopicPartitions]
        def __init__(self, topic_partitions: list[ConsumerGroupHeartbeatResponse.TopicPartitions] = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    error_message: str | None
    member_id: str | None
    member_epoch: int
    heartbeat_interval_ms: int
    """When to send the next."""
    assignment: ConsumerGroupHeartbeatResponse.Assignment | None
    """What it shall own; null for no change."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ..., member_id: str | None = ..., member_epoch: int = ..., heartbeat_interval_ms: int = ..., assignment: ConsumerGroupHeartbeatResponse.Assignment | None = ...) -> None: ...

class ConsumerGroupDescribeRequest(Message):
    group_ids: list[str]
    include_authorized_operations: bool
    def __init__(self, group_ids: list[str] = ..., include_authorized_operations: bool = ...) -> None: ...

class ConsumerGroupDescribeResponse(Message):
    class TopicPartitions(Struct):
        topic_id: UUID
        topic_name: str
        partitions: list[int]
        def __init__(self, topic_id: UUID = ..., topic_name: str = ..., partitions: list[int] = ...) -> None: ...

    class Assignment(Struct):
        topic_partitions: list[ConsumerGroupDescribeResponse.TopicPartitions]
        def __init__(self, topic_partitions: list[ConsumerGroupDescribeResponse.TopicPartitions] = ...) -> None: ...

    class Member(Struct):
        member_id: str
        instance_id: str | None
        rack_id: str | None
        member_epoch: int
        client_id: str
        client_host: str
        subscribed_topic_names: list[str]
        subscribed_topic_regex: str | None
        """Null if there is none."""
        assignment: ConsumerGroupDescribeResponse.Assignment
        """What it owns."""
        target_assignment: ConsumerGroupDescribeResponse.Assignment
        """What it shall own."""
        member_type: int
        """-1 unknown, 0 classic, 1 consumer."""
        def __init__(self, member_id: str = ..., instance_id: str | None = ..., rack_id: str | None = ..., member_epoch: int = ..., client_id: str = ..., client_host: str = ..., subscribed_topic_names: list[str] = ..., subscribed_topic_regex: str | None = ..., assignment: ConsumerGroupDescribeResponse.Assignment = ..., target_assignment: ConsumerGroupDescribeResponse.Assignment = ..., member_type: int = ...) -> None: ...

    class DescribedGroup(Struct):
        error_code: int
        error_message: str | None
        group_id: str
        group_state: str
        """`Empty`, `Assigning`, `Reconciling`, `Stable` or `Dead`."""
        group_epoch: int
        """Grows when members or topics change."""
        assignment_epoch: int
        """The group epoch that the target assignment was made for."""
        assignor_name: str
        members: list[ConsumerGroupDescribeResponse.Member]
        authorized_operations: int
        """Bits by operation; -2147483648 if nobody asked."""
        def __init__(self, error_code: int = ..., error_message: str | None = ..., group_id: str = ..., group_state: str = ..., group_epoch: int = ..., assignment_epoch: int = ..., assignor_name: str = ..., members: list[ConsumerGroupDescribeResponse.Member] = ..., authorized_operations: int = ...) -> None: ...

    throttle_time_ms: int
    groups: list[ConsumerGroupDescribeResponse.DescribedGroup]
    def __init__(self, throttle_time_ms: int = ..., groups: list[ConsumerGroupDescribeResponse.DescribedGroup] = ...) -> None: ...

class ControllerRegistrationRequest(Message):
    class Listener(Struct):
        name: str
        host: str
        port: int
        security_protocol: int
        """0 plaintext, 1 TLS, 2 SASL, 3 SASL over TLS."""
        def __init__(self, name: str = ..., host: str = ..., port: int = ..., security_protocol: int = ...) -> None: ...

    class Feature(Struct):
        name: str
        min_supported_version: int
        max_supported_version: int
        def __init__(self, name: str = ..., min_supported_version: int = ..., max_supported_version: int = ...) -> None: ...

    controller_id: int
    incarnation_id: UUID
    """A new one with every start."""
    zk_migration_ready: bool
    """History."""
    listeners: list[ControllerRegistrationRequest.Listener]
    features: list[ControllerRegistrationRequest.Feature]
    def __init__(self, controller_id: int = ..., incarnation_id: UUID = ..., zk_migration_ready: bool = ..., listeners: list[ControllerRegistrationRequest.Listener] = ..., features: list[ControllerRegistrationRequest.Feature] = ...) -> None: ...

class ControllerRegistrationResponse(Message):
    throttle_time_ms: int
    error_code: int
    error_message: str | None
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

class GetTelemetrySubscriptionsRequest(Message):
    client_instance_id: UUID
    """Zero at first; later the one that was given."""
    def __init__(self, client_instance_id: UUID = ...) -> None: ...

class GetTelemetrySubscriptionsResponse(Message):
    throttle_time_ms: int
    error_code: int
    client_instance_id: UUID
    """The client's from now on, if it had none; else zero."""
    subscription_id: int
    """A checksum of the subscriptions, to be sent with the metrics."""
    accepted_compression_types: list[int]
    """The best first: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd."""
    push_interval_ms: int
    telemetry_max_bytes: int
    """Of one push, as it is on the wire."""
    delta_temporality: bool
    """True for what was added since the last push, false for sums from the beginning."""
    requested_metrics: list[str]
    """Prefixes of names; one that is empty asks for all, no prefix for none."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., client_instance_id: UUID = ..., subscription_id: int = ..., accepted_compression_types: list[int] = ..., push_interval_ms: int = ..., telemetry_max_bytes: int = ..., delta_temporality: bool = ..., requested_metrics: list[str] = ...) -> None: ...

class PushTelemetryRequest(Message):
    client_instance_id: UUID
    subscription_id: int
    """Of the subscriptions that it answers; another than the present is refused."""
    terminating: bool
    """The client closes: its last push, which may come early."""
    compression_type: int
    """0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd."""
    metrics: Buffer
    """OpenTelemetry's `MetricsData`, perhaps compressed."""
    def __init__(self, client_instance_id: UUID = ..., subscription_id: int = ..., terminating: bool = ..., compression_type: int = ..., metrics: Buffer = ...) -> None: ...

class PushTelemetryResponse(Message):
    throttle_time_ms: int
    error_code: int
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ...) -> None: ...

class AssignReplicasToDirsRequest(Message):
    class PartitionData(Struct):
        partition_index: int
        def __init__(self, partition_index: int = ...) -> None: ...

    class TopicData(Struct):
        topic_id: UUID
        partitions: list[AssignReplicasToDirsRequest.PartitionData]
        def __init__(self, topic_id: UUID = ..., partitions: list[AssignReplicasToDirsRequest.PartitionData] = ...) -> None: ...

    class DirectoryData(Struct):
        id: UUID
        topics: list[AssignReplicasToDirsRequest.TopicData]
        def __init__(self, id: UUID = ..., topics: list[AssignReplicasToDirsRequest.TopicData] = ...) -> None: ...

    broker_id: int
    broker_epoch: int
    directories: list[AssignReplicasToDirsRequest.DirectoryData]
    def __init__(self, broker_id: int = ..., broker_epoch: int = ..., directories: list[AssignReplicasToDirsRequest.DirectoryData] = ...) -> None: ...

class AssignReplicasToDirsResponse(Message):
    class PartitionData(Struct):
        partition_index: int
        error_code: int
        def __init__(self, partition_index: int = ..., error_code: int = ...) -> None: ...

    class TopicData(Struct):
        topic_id: UUID
        partitions: list[AssignReplicasToDirsResponse.PartitionData]
        def __init__(self, topic_id: UUID = ..., partitions: list[AssignReplicasToDirsResponse.PartitionData] = ...) -> None: ...

    class DirectoryData(Struct):
        id: UUID
        topics: list[AssignReplicasToDirsResponse.TopicData]
        def __init__(self, id: UUID = ..., topics: list[AssignReplicasToDirsResponse.TopicData] = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    directories: list[AssignReplicasToDirsResponse.DirectoryData]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., directories: list[AssignReplicasToDirsResponse.DirectoryData] = ...) -> None: ...

class ListConfigResourcesRequest(Message):
    resource_types: list[int]
    """2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group; empty for all."""
    def __init__(self, resource_types: list[int] = ...) -> None: ...

class ListConfigResourcesResponse(Message):
    class ConfigResource(Struct):
        resource_name: str
        resource_type: int
        """16 client metrics, as it always is in version 0."""
        def __init__(self, resource_name: str = ..., resource_type: int = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    config_resources: list[ListConfigResourcesResponse.ConfigResource]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., config_resources: list[ListConfigResourcesResponse.ConfigResource] = ...) -> None: ...

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

class ShareGroupHeartbeatRequest(Message):
    group_id: str
    member_id: str
    """Chosen by the member."""
    member_epoch: int
    """0 joins, -1 leaves."""
    rack_id: str | None
    subscribed_topic_names: list[str] | None
    """Null for no change."""
    def __init__(self, group_id: str = ..., member_id: str = ..., member_epoch: int = ..., rack_id: str | None = ..., subscribed_topic_names: list[str] | None = ...) -> None: ...

class ShareGroupHeartbeatResponse(Message):
    class TopicPartitions(Struct):
        topic_id: UUID
        partitions: list[int]
        def __init__(self, topic_id: UUID = ..., partitions: list[int] = ...) -> None: ...

    class Assignment(Struct):
        topic_partitions: list[ShareGroupHeartbeatResponse.TopicPartitions]
        def __init__(self, topic_partitions: list[ShareGroupHeartbeatResponse.TopicPartitions] = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    error_message: str | None
    member_id: str | None
    member_epoch: int
    heartbeat_interval_ms: int
    """When to send the next."""
    assignment: ShareGroupHeartbeatResponse.Assignment | None
    """Where it shall fetch; null for no change."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ..., member_id: str | None = ..., member_epoch: int = ..., heartbeat_interval_ms: int = ..., assignment: ShareGroupHeartbeatResponse.Assignment | None = ...) -> None: ...

class ShareGroupDescribeRequest(Message):
    group_ids: list[str]
    include_authorized_operations: bool
    def __init__(self, group_ids: list[str] = ..., include_authorized_operations: bool = ...) -> None: ...

class ShareGroupDescribeResponse(Message):
    class TopicPartitions(Struct):
        topic_id: UUID
        topic_name: str
        partitions: list[int]
        def __init__(self, topic_id: UUID = ..., topic_name: str = ..., partitions: list[int] = ...) -> None: ...

    class Assignment(Struct):
        topic_partitions: list[ShareGroupDescribeResponse.TopicPartitions]
        def __init__(self, topic_partitions: list[ShareGroupDescribeResponse.TopicPartitions] = ...) -> None: ...

    class Member(Struct):
        member_id: str
        rack_id: str | None
        member_epoch: int
        client_id: str
        client_host: str
        subscribed_topic_names: list[str]
        assignment: ShareGroupDescribeResponse.Assignment
        def __init__(self, member_id: str = ..., rack_id: str | None = ..., member_epoch: int = ..., client_id: str = ..., client_host: str = ..., subscribed_topic_names: list[str] = ..., assignment: ShareGroupDescribeResponse.Assignment = ...) -> None: ...

    class DescribedGroup(Struct):
        error_code: int
        error_message: str | None
        group_id: str
        group_state: str
        """`Empty`, `Stable` or `Dead`."""
        group_epoch: int
        """Grows when members or topics change."""
        assignment_epoch: int
        """The group epoch that the assignment was made for."""
        assignor_name: str
        members: list[ShareGroupDescribeResponse.Member]
        authorized_operations: int
        """Bits by operation; -2147483648 if nobody asked."""
        def __init__(self, error_code: int = ..., error_message: str | None = ..., group_id: str = ..., group_state: str = ..., group_epoch: int = ..., assignment_epoch: int = ..., assignor_name: str = ..., members: list[ShareGroupDescribeResponse.Member] = ..., authorized_operations: int = ...) -> None: ...

    throttle_time_ms: int
    groups: list[ShareGroupDescribeResponse.DescribedGroup]
    def __init__(self, throttle_time_ms: int = ..., groups: list[ShareGroupDescribeResponse.DescribedGroup] = ...) -> None: ...

class ShareFetchRequest(Message):
    class AcknowledgementBatch(Struct):
        first_offset: int
        last_offset: int
        """Inclusive."""
        acknowledge_types: list[int]
        """0 there is no such record, 1 accept, 2 release, 3 reject, 4 prolong. One for all, or each."""
        def __init__(self, first_offset: int = ..., last_offset: int = ..., acknowledge_types: list[int] = ...) -> None: ...

    class FetchPartition(Struct):
        partition_index: int
        acknowledgement_batches: list[ShareFetchRequest.AcknowledgementBatch]
        def __init__(self, partition_index: int = ..., acknowledgement_batches: list[ShareFetchRequest.AcknowledgementBatch] = ...) -> None: ...

    class FetchTopic(Struct):
        topic_id: UUID
        partitions: list[ShareFetchRequest.FetchPartition]
        def __init__(self, topic_id: UUID = ..., partitions: list[ShareFetchRequest.FetchPartition] = ...) -> None: ...

    class ForgottenTopic(Struct):
        topic_id: UUID
        partitions: list[int]
        def __init__(self, topic_id: UUID = ..., partitions: list[int] = ...) -> None: ...

    group_id: str | None
    member_id: str | None
    share_session_epoch: int
    """0 opens a session, -1 closes it, else counts up."""
    max_wait_ms: int
    min_bytes: int
    """How much to wait for."""
    max_bytes: int
    max_records: int
    """About how many to get; whole batches are given unless share_acquire_mode says otherwise."""
    batch_size: int
    """How many records one batch of the answer's acquired_records should have at most."""
    share_acquire_mode: int
    """0 whole batches, 1 max_records is strict (KIP-1206)."""
    is_renew_ack: bool
    """Some of the acknowledgements prolong locks: then nothing is fetched (KIP-1222)."""
    topics: list[ShareFetchRequest.FetchTopic]
    forgotten_topics_data: list[ShareFetchRequest.ForgottenTopic]
    """Partitions that leave the session."""
    def __init__(self, group_id: str | None = ..., member_id: str | None = ..., share_session_epoch: int = ..., max_wait_ms: int = ..., min_bytes: int = ..., max_bytes: int = ..., max_records: int = ..., batch_size: int = ..., share_acquire_mode: int = ..., is_renew_ack: bool = ..., topics: list[ShareFetchRequest.FetchTopic] = ..., forgotten_topics_data: list[ShareFetchRequest.ForgottenTopic] = ...) -> None: ...

class ShareFetchResponse(Message):
    class LeaderIdAndEpoch(Struct):
        leader_id: int
        leader_epoch: int
        def __init__(self, leader_id: int = ..., leader_epoch: int = ...) -> None: ...

    class AcquiredRecords(Struct):
        first_offset: int
        last_offset: int
        """Inclusive."""
        delivery_count: int
        """How often these were given to somebody, this time included."""
        def __init__(self, first_offset: int = ..., last_offset: int = ..., delivery_count: int = ...) -> None: ...

    class PartitionData(Struct):
        partition_index: int
        error_code: int
        error_message: str | None
        acknowledge_error_code: int
        """What became of the acknowledgements."""
        acknowledge_error_message: str | None
        current_leader: ShareFetchResponse.LeaderIdAndEpoch
        records: Records
        """May be more than were acquired."""
        acquired_records: list[ShareFetchResponse.AcquiredRecords]
        def __init__(self, partition_index: int = ..., error_code: int = ..., error_message: str | None = ..., acknowledge_error_code: int = ..., acknowledge_error_message: str | None = ..., current_leader: ShareFetchResponse.LeaderIdAndEpoch = ..., records: Records = ..., acquired_records: list[ShareFetchResponse.AcquiredRecords] = ...) -> None: ...

    class ShareFetchableTopicResponse(Struct):
        topic_id: UUID
        partitions: list[ShareFetchResponse.PartitionData]
        def __init__(self, topic_id: UUID = ..., partitions: list[ShareFetchResponse.PartitionData] = ...) -> None: ...

    class NodeEndpoint(Struct):
        node_id: int
        host: str
        port: int
        rack: str | None
        def __init__(self, node_id: int = ..., host: str = ..., port: int = ..., rack: str | None = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    error_message: str | None
    acquisition_lock_timeout_ms: int
    """How long the records are the member's alone."""
    responses: list[ShareFetchResponse.ShareFetchableTopicResponse]
    node_endpoints: list[ShareFetchResponse.NodeEndpoint]
    """Where new leaders are."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ..., acquisition_lock_timeout_ms: int = ..., responses: list[ShareFetchResponse.ShareFetchableTopicResponse] = ..., node_endpoints: list[ShareFetchResponse.NodeEndpoint] = ...) -> None: ...

class ShareAcknowledgeRequest(Message):
    class AcknowledgementBatch(Struct):
        first_offset: int
        last_offset: int
        """Inclusive."""
        acknowledge_types: list[int]
        """0 there is no such record, 1 accept, 2 release, 3 reject, 4 prolong. One for all, or each."""
        def __init__(self, first_offset: int = ..., last_offset: int = ..., acknowledge_types: list[int] = ...) -> None: ...

    class AcknowledgePartition(Struct):
        partition_index: int
        acknowledgement_batches: list[ShareAcknowledgeRequest.AcknowledgementBatch]
        def __init__(self, partition_index: int = ..., acknowledgement_batches: list[ShareAcknowledgeRequest.AcknowledgementBatch] = ...) -> None: ...

    class AcknowledgeTopic(Struct):
        topic_id: UUID
        partitions: list[ShareAcknowledgeRequest.AcknowledgePartition]
        def __init__(self, topic_id: UUID = ..., partitions: list[ShareAcknowledgeRequest.AcknowledgePartition] = ...) -> None: ...

    group_id: str | None
    member_id: str | None
    share_session_epoch: int
    """-1 closes the session, else counts up."""
    is_renew_ack: bool
    """Some of the acknowledgements prolong locks."""
    topics: list[ShareAcknowledgeRequest.AcknowledgeTopic]
    def __init__(self, group_id: str | None = ..., member_id: str | None = ..., share_session_epoch: int = ..., is_renew_ack: bool = ..., topics: list[ShareAcknowledgeRequest.AcknowledgeTopic] = ...) -> None: ...

class ShareAcknowledgeResponse(Message):
    class LeaderIdAndEpoch(Struct):
        leader_id: int
        leader_epoch: int
        def __init__(self, leader_id: int = ..., leader_epoch: int = ...) -> None: ...

    class PartitionData(Struct):
        partition_index: int
        error_code: int
        error_message: str | None
        current_leader: ShareAcknowledgeResponse.LeaderIdAndEpoch
        def __init__(self, partition_index: int = ..., error_code: int = ..., error_message: str | None = ..., current_leader: ShareAcknowledgeResponse.LeaderIdAndEpoch = ...) -> None: ...

    class ShareAcknowledgeTopicResponse(Struct):
        topic_id: UUID
        partitions: list[ShareAcknowledgeResponse.PartitionData]
        def __init__(self, topic_id: UUID = ..., partitions: list[ShareAcknowledgeResponse.PartitionData] = ...) -> None: ...

    class NodeEndpoint(Struct):
        node_id: int
        host: str
        port: int
        rack: str | None
        def __init__(self, node_id: int = ..., host: str = ..., port: int = ..., rack: str | None = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    error_message: str | None
    acquisition_lock_timeout_ms: int
    """How long prolonged locks last."""
    responses: list[ShareAcknowledgeResponse.ShareAcknowledgeTopicResponse]
    node_endpoints: list[ShareAcknowledgeResponse.NodeEndpoint]
    """Where new leaders are."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ..., acquisition_lock_timeout_ms: int = ..., responses: list[ShareAcknowledgeResponse.ShareAcknowledgeTopicResponse] = ..., node_endpoints: list[ShareAcknowledgeResponse.NodeEndpoint] = ...) -> None: ...

class AddRaftVoterRequest(Message):
    class Listener(Struct):
        name: str
        host: str
        port: int
        def __init__(self, name: str = ..., host: str = ..., port: int = ...) -> None: ...

    cluster_id: str | None
    """Null to skip the check."""
    timeout_ms: int
    voter_id: int
    voter_directory_id: UUID
    listeners: list[AddRaftVoterRequest.Listener]
    ack_when_committed: bool
    def __init__(self, cluster_id: str | None = ..., timeout_ms: int = ..., voter_id: int = ..., voter_directory_id: UUID = ..., listeners: list[AddRaftVoterRequest.Listener] = ..., ack_when_committed: bool = ...) -> None: ...

class AddRaftVoterResponse(Message):
    throttle_time_ms: int
    error_code: int
    error_message: str | None
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

class RemoveRaftVoterRequest(Message):
    cluster_id: str | None
    """Null to skip the check."""
    voter_id: int
    voter_directory_id: UUID
    def __init__(self, cluster_id: str | None = ..., voter_id: int = ..., voter_directory_id: UUID = ...) -> None: ...

class RemoveRaftVoterResponse(Message):
    throttle_time_ms: int
    error_code: int
    error_message: str | None
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

class UpdateRaftVoterRequest(Message):
    class Listener(Struct):
        name: str
        host: str
        port: int
        def __init__(self, name: str = ..., host: str = ..., port: int = ...) -> None: ...

    class KRaftVersionFeature(Struct):
        min_supported_version: int
        max_supported_version: int
        def __init__(self, min_supported_version: int = ..., max_supported_version: int = ...) -> None: ...

    cluster_id: str | None
    """Null to skip the check."""
    current_leader_epoch: int
    voter_id: int
    voter_directory_id: UUID
    listeners: list[UpdateRaftVoterRequest.Listener]
    k_raft_version_feature: UpdateRaftVoterRequest.KRaftVersionFeature
    def __init__(self, cluster_id: str | None = ..., current_leader_epoch: int = ..., voter_id: int = ..., voter_directory_id: UUID = ..., listeners: list[UpdateRaftVoterRequest.Listener] = ..., k_raft_version_feature: UpdateRaftVoterRequest.KRaftVersionFeature = ...) -> None: ...

class UpdateRaftVoterResponse(Message):
    class CurrentLeader(Struct):
        leader_id: int
        """-1 if there is none."""
        leader_epoch: int
        host: str
        port: int
        def __init__(self, leader_id: int = ..., leader_epoch: int = ..., host: str = ..., port: int = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    current_leader: UpdateRaftVoterResponse.CurrentLeader
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., current_leader: UpdateRaftVoterResponse.CurrentLeader = ...) -> None: ...

class InitializeShareGroupStateRequest(Message):
    class PartitionData(Struct):
        partition: int
        state_epoch: int
        """Grows with every beginning; older ones are fenced."""
        start_offset: int
        """-1 to leave it open."""
        def __init__(self, partition: int = ..., state_epoch: int = ..., start_offset: int = ...) -> None: ...

    class InitializeStateData(Struct):
        topic_id: UUID
        partitions: list[InitializeShareGroupStateRequest.PartitionData]
        def __init__(self, topic_id: UUID = ..., partitions: list[InitializeShareGroupStateRequest.PartitionData] = ...) -> None: ...

    group_id: str
    topics: list[InitializeShareGroupStateRequest.InitializeStateData]
    def __init__(self, group_id: str = ..., topics: list[InitializeShareGroupStateRequest.InitializeStateData] = ...) -> None: ...

class InitializeShareGroupStateResponse(Message):
    class PartitionResult(Struct):
        partition: int
        error_code: int
        error_message: str | None
        def __init__(self, partition: int = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

    class InitializeStateResult(Struct):
        topic_id: UUID
        partitions: list[InitializeShareGroupStateResponse.PartitionResult]
        def __init__(self, topic_id: UUID = ..., partitions: list[InitializeShareGroupStateResponse.PartitionResult] = ...) -> None: ...

    results: list[InitializeShareGroupStateResponse.InitializeStateResult]
    def __init__(self, results: list[InitializeShareGroupStateResponse.InitializeStateResult] = ...) -> None: ...

class ReadShareGroupStateRequest(Message):
    class PartitionData(Struct):
        partition: int
        leader_epoch: int
        """Of the partition's leader; older ones are fenced."""
        def __init__(self, partition: int = ..., leader_epoch: int = ...) -> None: ...

    class ReadStateData(Struct):
        topic_id: UUID
        partitions: list[ReadShareGroupStateRequest.PartitionData]
        def __init__(self, topic_id: UUID = ..., partitions: list[ReadShareGroupStateRequest.PartitionData] = ...) -> None: ...

    group_id: str
    topics: list[ReadShareGroupStateRequest.ReadStateData]
    def __init__(self, group_id: str = ..., topics: list[ReadShareGroupStateRequest.ReadStateData] = ...) -> None: ...

class ReadShareGroupStateResponse(Message):
    class StateBatch(Struct):
        first_offset: int
        last_offset: int
        """Inclusive."""
        delivery_state: int
        """0 available, 2 acknowledged, 4 archived."""
        delivery_count: int
        def __init__(self, first_offset: int = ..., last_offset: int = ..., delivery_state: int = ..., delivery_count: int = ...) -> None: ...

    class PartitionResult(Struct):
        partition: int
        error_code: int
        error_message: str | None
        state_epoch: int
        start_offset: int
        """Before it all is done; -1 if not known yet."""
        state_batches: list[ReadShareGroupStateResponse.StateBatch]
        def __init__(self, partition: int = ..., error_code: int = ..., error_message: str | None = ..., state_epoch: int = ..., start_offset: int = ..., state_batches: list[ReadShareGroupStateResponse.StateBatch] = ...) -> None: ...

    class ReadStateResult(Struct):
        topic_id: UUID
        partitions: list[ReadShareGroupStateResponse.PartitionResult]
        def __init__(self, topic_id: UUID = ..., partitions: list[ReadShareGroupStateResponse.PartitionResult] = ...) -> None: ...

    results: list[ReadShareGroupStateResponse.ReadStateResult]
    def __init__(self, results: list[ReadShareGroupStateResponse.ReadStateResult] = ...) -> None: ...

class WriteShareGroupStateRequest(Message):
    class StateBatch(Struct):
        first_offset: int
        last_offset: int
        """Inclusive."""
        delivery_state: int
        """0 available, 2 acknowledged, 4 archived."""
        delivery_count: int
        def __init__(self, first_offset: int = ..., last_offset: int = ..., delivery_state: int = ..., delivery_count: int = ...) -> None: ...

    class PartitionData(Struct):
        partition: int
        state_epoch: int
        """As it was read; older ones are fenced."""
        leader_epoch: int
        """Of the partition's leader; older ones are fenced."""
        start_offset: int
        """Before it all is done; -1 for no change."""
        delivery_complete_count: int
        """Records from start_offset on that need no delivery any more; -1 if unknown."""
        state_batches: list[WriteShareGroupStateRequest.StateBatch]
        def __init__(self, partition: int = ..., state_epoch: int = ..., leader_epoch: int = ..., start_offset: int = ..., delivery_complete_count: int = ..., state_batches: list[WriteShareGroupStateRequest.StateBatch] = ...) -> None: ...

    class WriteStateData(Struct):
        topic_id: UUID
        partitions: list[WriteShareGroupStateRequest.PartitionData]
        def __init__(self, topic_id: UUID = ..., partitions: list[WriteShareGroupStateRequest.PartitionData] = ...) -> None: ...

    group_id: str
    topics: list[WriteShareGroupStateRequest.WriteStateData]
    def __init__(self, group_id: str = ..., topics: list[WriteShareGroupStateRequest.WriteStateData] = ...) -> None: ...

class WriteShareGroupStateResponse(Message):
    class PartitionResult(Struct):
        partition: int
        error_code: int
        error_message: str | None
        def __init__(self, partition: int = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

    class WriteStateResult(Struct):
        topic_id: UUID
        partitions: list[WriteShareGroupStateResponse.PartitionResult]
        def __init__(self, topic_id: UUID = ..., partitions: list[WriteShareGroupStateResponse.PartitionResult] = ...) -> None: ...

    results: list[WriteShareGroupStateResponse.WriteStateResult]
    def __init__(self, results: list[WriteShareGroupStateResponse.WriteStateResult] = ...) -> None: ...

class DeleteShareGroupStateRequest(Message):
    class PartitionData(Struct):
        partition: int
        def __init__(self, partition: int = ...) -> None: ...

    class DeleteStateData(Struct):
        topic_id: UUID
        partitions: list[DeleteShareGroupStateRequest.PartitionData]
        def __init__(self, topic_id: UUID = ..., partitions: list[DeleteShareGroupStateRequest.PartitionData] = ...) -> None: ...

    group_id: str
    topics: list[DeleteShareGroupStateRequest.DeleteStateData]
    def __init__(self, group_id: str = ..., topics: list[DeleteShareGroupStateRequest.DeleteStateData] = ...) -> None: ...

class DeleteShareGroupStateResponse(Message):
    class PartitionResult(Struct):
        partition: int
        error_code: int
        error_message: str | None
        def __init__(self, partition: int = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

    class DeleteStateResult(Struct):
        topic_id: UUID
        partitions: list[DeleteShareGroupStateResponse.PartitionResult]
        def __init__(self, topic_id: UUID = ..., partitions: list[DeleteShareGroupStateResponse.PartitionResult] = ...) -> None: ...

    results: list[DeleteShareGroupStateResponse.DeleteStateResult]
    def __init__(self, results: list[DeleteShareGroupStateResponse.DeleteStateResult] = ...) -> None: ...

class ReadShareGroupStateSummaryRequest(Message):
    class PartitionData(Struct):
        partition: int
        leader_epoch: int
        """Of the partition's leader; -1 if unknown."""
        def __init__(self, partition: int = ..., leader_epoch: int = ...) -> None: ...

    class ReadStateSummaryData(Struct):
        topic_id: UUID
        partitions: list[ReadShareGroupStateSummaryRequest.PartitionData]
        def __init__(self, topic_id: UUID = ..., partitions: list[ReadShareGroupStateSummaryRequest.PartitionData] = ...) -> None: ...

    group_id: str
    topics: list[ReadShareGroupStateSummaryRequest.ReadStateSummaryData]
    def __init__(self, group_id: str = ..., topics: list[ReadShareGroupStateSummaryRequest.ReadStateSummaryData] = ...) -> None: ...

class ReadShareGroupStateSummaryResponse(Message):
    class PartitionResult(Struct):
        partition: int
        error_code: int
        error_message: str | None
        state_epoch: int
        leader_epoch: int
        start_offset: int
        """Before it all is done; -1 if not known yet."""
        delivery_complete_count: int
        """Records from start_offset on that need no delivery any more; -1 if unknown."""
        def __init__(self, partition: int = ..., error_code: int = ..., error_message: str | None = ..., state_epoch: int = ..., leader_epoch: int = ..., start_offset: int = ..., delivery_complete_count: int = ...) -> None: ...

    class ReadStateSummaryResult(Struct):
        topic_id: UUID
        partitions: list[ReadShareGroupStateSummaryResponse.PartitionResult]
        def __init__(self, topic_id: UUID = ..., partitions: list[ReadShareGroupStateSummaryResponse.PartitionResult] = ...) -> None: ...

    results: list[ReadShareGroupStateSummaryResponse.ReadStateSummaryResult]
    def __init__(self, results: list[ReadShareGroupStateSummaryResponse.ReadStateSummaryResult] = ...) -> None: ...

class StreamsGroupHeartbeatRequest(Message):
    class KeyValue(Struct):
        key: str
        value: str
        def __init__(self, key: str = ..., value: str = ...) -> None: ...

    class TopicInfo(Struct):
        name: str
        partitions: int
        """Of a task; or of a topic, where 0 lets the broker choose."""
        replication_factor: int
        """0 lets the broker choose."""
        topic_configs: list[StreamsGroupHeartbeatRequest.KeyValue]
        def __init__(self, name: str = ..., partitions: int = ..., replication_factor: int = ..., topic_configs: list[StreamsGroupHeartbeatRequest.KeyValue] = ...) -> None: ...

    class Endpoint(Struct):
        host: str
        port: int
        def __init__(self, host: str = ..., port: int = ...) -> None: ...

    class TaskOffset(Struct):
        subtopology_id: str
        partition: int
        offset: int
        def __init__(self, subtopology_id: str = ..., partition: int = ..., offset: int = ...) -> None: ...

    class TaskIds(Struct):
        subtopology_id: str
        partitions: list[int]
        """Of a task; or of a topic, where 0 lets the broker choose."""
        def __init__(self, subtopology_id: str = ..., partitions: list[int] = ...) -> None: ...

    class CopartitionGroup(Struct):
        source_topics: list[int]
        """In the subtopology by name, in a copartition group by position in it."""
        source_topic_regex: list[int]
        repartition_source_topics: list[int]
        def __init__(self, source_topics: list[int] = ..., source_topic_regex: list[int] = ..., repartition_source_topics: list[int] = ...) -> None: ...

    class Subtopology(Struct):
        subtopology_id: str
        source_topics: list[str]
        """In the subtopology by name, in a copartition group by position in it."""
        source_topic_regex: list[str]
        state_changelog_topics: list[StreamsGroupHeartbeatRequest.TopicInfo]
        repartition_sink_topics: list[str]
        repartition_source_topics: list[StreamsGroupHeartbeatRequest.TopicInfo]
        copartition_groups: list[StreamsGroupHeartbeatRequest.CopartitionGroup]
        def __init__(self, subtopology_id: str = ..., source_topics: list[str] = ..., source_topic_regex: list[str] = ..., state_changelog_topics: list[StreamsGroupHeartbeatRequest.TopicInfo] = ..., repartition_sink_topics: list[str] = ..., repartition_source_topics: list[StreamsGroupHeartbeatRequest.TopicInfo] = ..., copartition_groups: list[StreamsGroupHeartbeatRequest.CopartitionGroup] = ...) -> None: ...

    class Topology(Struct):
        epoch: int
        subtopologies: list[StreamsGroupHeartbeatRequest.Subtopology]
        def __init__(self, epoch: int = ..., subtopologies: list[StreamsGroupHeartbeatRequest.Subtopology] = ...) -> None: ...

    group_id: str
    member_id: str
    """Chosen by the member."""
    member_epoch: int
    """0 joins, -1 leaves, -2 is a static member that will come back."""
    endpoint_information_epoch: int
    """Of the endpoints that it knows."""
    instance_id: str | None
    """Null unless the member is static."""
    rack_id: str | None
    rebalance_timeout_ms: int
    """How long it may take to give tasks up; -1 for no change."""
    topology: StreamsGroupHeartbeatRequest.Topology | None
    """What the application computes; null for no change."""
    active_tasks: list[StreamsGroupHeartbeatRequest.TaskIds] | None
    """What it runs; null for no change."""
    standby_tasks: list[StreamsGroupHeartbeatRequest.TaskIds] | None
    """What it keeps copies for; null for no change."""
    warmup_tasks: list[StreamsGroupHeartbeatRequest.TaskIds] | None
    """What it prepares to take over; null for no change."""
    process_id: str | None
    """Of the process; its threads are members of their own."""
    user_endpoint: StreamsGroupHeartbeatRequest.Endpoint | None
    """Where the application answers queries."""
    client_tags: list[StreamsGroupHeartbeatRequest.KeyValue] | None
    """For spreading copies over racks and zones."""
    task_offsets: list[StreamsGroupHeartbeatRequest.TaskOffset] | None
    """How far it has restored its stores."""
    task_end_offsets: list[StreamsGroupHeartbeatRequest.TaskOffset] | None
    """How far they could be restored."""
    shutdown_application: bool
    """Ask all members to stop."""
    def __init__(self, group_id: str = ..., member_id: str = ..., member_epoch: int = ..., endpoint_information_epoch: int = ..., instance_id: str | None = ..., rack_id: str | None = ..., rebalance_timeout_ms: int = ..., topology: StreamsGroupHeartbeatRequest.Topology | None = ..., active_tasks: list[StreamsGroupHeartbeatRequest.TaskIds] | None = ..., standby_tasks: list[StreamsGroupHeartbeatRequest.TaskIds] | None = ..., warmup_tasks: list[StreamsGroupHeartbeatRequest.TaskIds] | None = ..., process_id: str | None = ..., user_endpoint: StreamsGroupHeartbeatRequest.Endpoint | None = ..., client_tags: list[StreamsGroupHeartbeatRequest.KeyValue] | None = ..., task_offsets: list[StreamsGroupHeartbeatRequest.TaskOffset] | None = ..., task_end_offsets: list[StreamsGroupHeartbeatRequest.TaskOffset] | None = ..., shutdown_application: bool = ...) -> None: ...

class StreamsGroupHeartbeatResponse(Message):
    class Status(Struct):
        status_code: int
        """Such as 1: source topics are missing."""
        status_detail: str
        def __init__(self, status_code: int = ..., status_detail: str = ...) -> None: ...

    class TopicPartition(Struct):
        topic: str
        partitions: list[int]
        """Of a task; or of a topic, where 0 lets the broker choose."""
        def __init__(self, topic: str = ..., partitions: list[int] = ...) -> None: ...

    class TaskIds(Struct):
        subtopology_id: str
        partitions: list[int]
        """Of a task; or of a topic, where 0 lets the broker choose."""
        def __init__(self, subtopology_id: str = ..., partitions: list[int] = ...) -> None: ...

    class Endpoint(Struct):
        host: str
        port: int
        def __init__(self, host: str = ..., port: int = ...) -> None: ...

    class EndpointToPartitions(Struct):
        user_endpoint: StreamsGroupHeartbeatResponse.Endpoint
        """Where the application answers queries."""
        active_partitions: list[StreamsGroupHeartbeatResponse.TopicPartition]
        standby_partitions: list[StreamsGroupHeartbeatResponse.TopicPartition]
        def __init__(self, user_endpoint: StreamsGroupHeartbeatResponse.Endpoint = ..., active_partitions: list[StreamsGroupHeartbeatResponse.TopicPartition] = ..., standby_partitions: list[StreamsGroupHeartbeatResponse.TopicPartition] = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    error_message: str | None
    member_id: str
    member_epoch: int
    heartbeat_interval_ms: int
    """When to send the next."""
    acceptable_recovery_lag: int
    """Within so many records, a copy counts as caught up."""
    task_offset_interval_ms: int
    """How often to tell task_offsets."""
    status: list[StreamsGroupHeartbeatResponse.Status] | None
    """What is wrong, if anything is."""
    active_tasks: list[StreamsGroupHeartbeatResponse.TaskIds] | None
    """What it shall run; null for no change."""
    standby_tasks: list[StreamsGroupHeartbeatResponse.TaskIds] | None
    """What it shall keep copies for; null for no change."""
    warmup_tasks: list[StreamsGroupHeartbeatResponse.TaskIds] | None
    """What it shall prepare to take over; null for no change."""
    endpoint_information_epoch: int
    """Grows when endpoints change."""
    partitions_by_user_endpoint: list[StreamsGroupHeartbeatResponse.EndpointToPartitions] | None
    """Where which partitions can be queried; null for no change."""
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ..., member_id: str = ..., member_epoch: int = ..., heartbeat_interval_ms: int = ..., acceptable_recovery_lag: int = ..., task_offset_interval_ms: int = ..., status: list[StreamsGroupHeartbeatResponse.Status] | None = ..., active_tasks: list[StreamsGroupHeartbeatResponse.TaskIds] | None = ..., standby_tasks: list[StreamsGroupHeartbeatResponse.TaskIds] | None = ..., warmup_tasks: list[StreamsGroupHeartbeatResponse.TaskIds] | None = ..., endpoint_information_epoch: int = ..., partitions_by_user_endpoint: list[StreamsGroupHeartbeatResponse.EndpointToPartitions] | None = ...) -> None: ...

class StreamsGroupDescribeRequest(Message):
    group_ids: list[str]
    include_authorized_operations: bool
    def __init__(self, group_ids: list[str] = ..., include_authorized_operations: bool = ...) -> None: ...

class StreamsGroupDescribeResponse(Message):
    class Endpoint(Struct):
        host: str
        port: int
        def __init__(self, host: str = ..., port: int = ...) -> None: ...

    class TaskOffset(Struct):
        subtopology_id: str
        partition: int
        offset: int
        def __init__(self, subtopology_id: str = ..., partition: int = ..., offset: int = ...) -> None: ...

    class TaskIds(Struct):
        subtopology_id: str
        partitions: list[int]
        def __init__(self, subtopology_id: str = ..., partitions: list[int] = ...) -> None: ...

    class Assignment(Struct):
        active_tasks: list[StreamsGroupDescribeResponse.TaskIds]
        standby_tasks: list[StreamsGroupDescribeResponse.TaskIds]
        warmup_tasks: list[StreamsGroupDescribeResponse.TaskIds]
        def __init__(self, active_tasks: list[StreamsGroupDescribeResponse.TaskIds] = ..., standby_tasks: list[StreamsGroupDescribeResponse.TaskIds] = ..., warmup_tasks: list[StreamsGroupDescribeResponse.TaskIds] = ...) -> None: ...

    class KeyValue(Struct):
        key: str
        value: str
        def __init__(self, key: str = ..., value: str = ...) -> None: ...

    class TopicInfo(Struct):
        name: str
        partitions: int
        replication_factor: int
        topic_configs: list[StreamsGroupDescribeResponse.KeyValue]
        def __init__(self, name: str = ..., partitions: int = ..., replication_factor: int = ..., topic_configs: list[StreamsGroupDescribeResponse.KeyValue] = ...) -> None: ...

    class Subtopology(Struct):
        subtopology_id: str
        source_topics: list[str]
        repartition_sink_topics: list[str]
        state_changelog_topics: list[StreamsGroupDescribeResponse.TopicInfo]
        repartition_source_topics: list[StreamsGroupDescribeResponse.TopicInfo]
        def __init__(self, subtopology_id: str = ..., source_topics: list[str] = ..., repartition_sink_topics: list[str] = ..., state_changelog_topics: list[StreamsGroupDescribeResponse.TopicInfo] = ..., repartition_source_topics: list[StreamsGroupDescribeResponse.TopicInfo] = ...) -> None: ...

    class Topology(Struct):
        epoch: int
        subtopologies: list[StreamsGroupDescribeResponse.Subtopology] | None
        def __init__(self, epoch: int = ..., subtopologies: list[StreamsGroupDescribeResponse.Subtopology] | None = ...) -> None: ...

    class Member(Struct):
        member_id: str
        member_epoch: int
        instance_id: str | None
        rack_id: str | None
        client_id: str
        client_host: str
        topology_epoch: int
        """Of the topology that the member runs."""
        process_id: str
        """Of the process; its threads are members of their own."""
        user_endpoint: StreamsGroupDescribeResponse.Endpoint | None
        """Where it answers queries; null if it does not."""
        client_tags: list[StreamsGroupDescribeResponse.KeyValue]
        task_offsets: list[StreamsGroupDescribeResponse.TaskOffset]
        task_end_offsets: list[StreamsGroupDescribeResponse.TaskOffset]
        assignment: StreamsGroupDescribeResponse.Assignment
        """What it has."""
        target_assignment: StreamsGroupDescribeResponse.Assignment
        """What it shall have."""
        is_classic: bool
        """It is a member of the old protocol."""
        def __init__(self, member_id: str = ..., member_epoch: int = ..., instance_id: str | None = ..., rack_id: str | None = ..., client_id: str = ..., client_host: str = ..., topology_epoch: int = ..., process_id: str = ..., user_endpoint: StreamsGroupDescribeResponse.Endpoint | None = ..., client_tags: list[StreamsGroupDescribeResponse.KeyValue] = ..., task_offsets: list[StreamsGroupDescribeResponse.TaskOffset] = ..., task_end_offsets: list[StreamsGroupDescribeResponse.TaskOffset] = ..., assignment: StreamsGroupDescribeResponse.Assignment = ..., target_assignment: StreamsGroupDescribeResponse.Assignment = ..., is_classic: bool = ...) -> None: ...

    class DescribedGroup(Struct):
        error_code: int
        error_message: str | None
        group_id: str
        group_state: str
        group_epoch: int
        """Grows when members, topics or the topology change."""
        assignment_epoch: int
        """The group epoch that the target assignment was made for."""
        topology: StreamsGroupDescribeResponse.Topology | None
        """Null if it is not known yet."""
        members: list[StreamsGroupDescribeResponse.Member]
        authorized_operations: int
        """Bits by operation; -2147483648 if nobody asked."""
        def __init__(self, error_code: int = ..., error_message: str | None = ..., group_id: str = ..., group_state: str = ..., group_epoch: int = ..., assignment_epoch: int = ..., topology: StreamsGroupDescribeResponse.Topology | None = ..., members: list[StreamsGroupDescribeResponse.Member] = ..., authorized_operations: int = ...) -> None: ...

    throttle_time_ms: int
    groups: list[StreamsGroupDescribeResponse.DescribedGroup]
    def __init__(self, throttle_time_ms: int = ..., groups: list[StreamsGroupDescribeResponse.DescribedGroup] = ...) -> None: ...

class DescribeShareGroupOffsetsRequest(Message):
    class DescribeShareGroupOffsetsRequestTopic(Struct):
        topic_name: str
        partitions: list[int]
        def __init__(self, topic_name: str = ..., partitions: list[int] = ...) -> None: ...

    class DescribeShareGroupOffsetsRequestGroup(Struct):
        group_id: str
        topics: list[DescribeShareGroupOffsetsRequest.DescribeShareGroupOffsetsRequestTopic] | None
        """Null for all."""
        def __init__(self, group_id: str = ..., topics: list[DescribeShareGroupOffsetsRequest.DescribeShareGroupOffsetsRequestTopic] | None = ...) -> None: ...

    groups: list[DescribeShareGroupOffsetsRequest.DescribeShareGroupOffsetsRequestGroup]
    def __init__(self, groups: list[DescribeShareGroupOffsetsRequest.DescribeShareGroupOffsetsRequestGroup] = ...) -> None: ...

class DescribeShareGroupOffsetsResponse(Message):
    class DescribeShareGroupOffsetsResponsePartition(Struct):
        partition_index: int
        start_offset: int
        """Before it all is done; -1 if there is none."""
        leader_epoch: int
        lag: int
        """How many records are not done; -1 if unknown."""
        error_code: int
        error_message: str | None
        def __init__(self, partition_index: int = ..., start_offset: int = ..., leader_epoch: int = ..., lag: int = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

    class DescribeShareGroupOffsetsResponseTopic(Struct):
        topic_name: str
        topic_id: UUID
        partitions: list[DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponsePartition]
        def __init__(self, topic_name: str = ..., topic_id: UUID = ..., partitions: list[DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponsePartition] = ...) -> None: ...

    class DescribeShareGroupOffsetsResponseGroup(Struct):
        group_id: str
        topics: list[DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseTopic]
        error_code: int
        error_message: str | None
        def __init__(self, group_id: str = ..., topics: list[DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseTopic] = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

    throttle_time_ms: int
    groups: list[DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseGroup]
    def __init__(self, throttle_time_ms: int = ..., groups: list[DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseGroup] = ...) -> None: ...

class AlterShareGroupOffsetsRequest(Message):
    class AlterShareGroupOffsetsRequestPartition(Struct):
        partition_index: int
        start_offset: int
        def __init__(self, partition_index: int = ..., start_offset: int = ...) -> None: ...

    class AlterShareGroupOffsetsRequestTopic(Struct):
        topic_name: str
        partitions: list[AlterShareGroupOffsetsRequest.AlterShareGroupOffsetsRequestPartition]
        def __init__(self, topic_name: str = ..., partitions: list[AlterShareGroupOffsetsRequest.AlterShareGroupOffsetsRequestPartition] = ...) -> None: ...

    group_id: str
    topics: list[AlterShareGroupOffsetsRequest.AlterShareGroupOffsetsRequestTopic]
    def __init__(self, group_id: str = ..., topics: list[AlterShareGroupOffsetsRequest.AlterShareGroupOffsetsRequestTopic] = ...) -> None: ...

class AlterShareGroupOffsetsResponse(Message):
    class AlterShareGroupOffsetsResponsePartition(Struct):
        partition_index: int
        error_code: int
        error_message: str | None
        def __init__(self, partition_index: int = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

    class AlterShareGroupOffsetsResponseTopic(Struct):
        topic_name: str
        topic_id: UUID
        partitions: list[AlterShareGroupOffsetsResponse.AlterShareGroupOffsetsResponsePartition]
        def __init__(self, topic_name: str = ..., topic_id: UUID = ..., partitions: list[AlterShareGroupOffsetsResponse.AlterShareGroupOffsetsResponsePartition] = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    error_message: str | None
    responses: list[AlterShareGroupOffsetsResponse.AlterShareGroupOffsetsResponseTopic]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ..., responses: list[AlterShareGroupOffsetsResponse.AlterShareGroupOffsetsResponseTopic] = ...) -> None: ...

class DeleteShareGroupOffsetsRequest(Message):
    class DeleteShareGroupOffsetsRequestTopic(Struct):
        topic_name: str
        def __init__(self, topic_name: str = ...) -> None: ...

    group_id: str
    topics: list[DeleteShareGroupOffsetsRequest.DeleteShareGroupOffsetsRequestTopic]
    def __init__(self, group_id: str = ..., topics: list[DeleteShareGroupOffsetsRequest.DeleteShareGroupOffsetsRequestTopic] = ...) -> None: ...

class DeleteShareGroupOffsetsResponse(Message):
    class DeleteShareGroupOffsetsResponseTopic(Struct):
        topic_name: str
        topic_id: UUID
        error_code: int
        error_message: str | None
        def __init__(self, topic_name: str = ..., topic_id: UUID = ..., error_code: int = ..., error_message: str | None = ...) -> None: ...

    throttle_time_ms: int
    error_code: int
    error_message: str | None
    responses: list[DeleteShareGroupOffsetsResponse.DeleteShareGroupOffsetsResponseTopic]
    def __init__(self, throttle_time_ms: int = ..., error_code: int = ..., error_message: str | None = ..., responses: list[DeleteShareGroupOffsetsResponse.DeleteShareGroupOffsetsResponseTopic] = ...) -> None: ...

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
    """Of this life of the topic; one of the same name that comes later has another."""
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
    """The broker's, as of its registration."""
    def __init__(self, id: int = ..., epoch: int = ...) -> None: ...

class UnfenceBrokerRecord(Message):
    id: int
    epoch: int
    """The broker's, as of its registration."""
    def __init__(self, id: int = ..., epoch: int = ...) -> None: ...

class RemoveTopicRecord(Message):
    topic_id: UUID
    def __init__(self, topic_id: UUID = ...) -> None: ...

class DelegationTokenRecord(Message):
    owner: str
    """For whom it stands, such as `User:alice`."""
    requester: str
    """Who asked for it."""
    renewers: list[str]
    """Who else may prolong it."""
    issue_timestamp: int
    """In milliseconds, as all three."""
    max_timestamp: int
    """Beyond this it cannot be renewed."""
    expiration_timestamp: int
    token_id: str
    def __init__(self, owner: str = ..., requester: str = ..., renewers: list[str] = ..., issue_timestamp: int = ..., max_timestamp: int = ..., expiration_timestamp: int = ..., token_id: str = ...) -> None: ...

class UserScramCredentialRecord(Message):
    name: str
    mechanism: int
    """1 SCRAM-SHA-256, 2 SCRAM-SHA-512."""
    salt: Buffer
    stored_key: Buffer
    """Checks what the client proves; the password cannot be had from it."""
    server_key: Buffer
    """Proves to the client that the broker knows it, too."""
    iterations: int
    def __init__(self, name: str = ..., mechanism: int = ..., salt: Buffer = ..., stored_key: Buffer = ..., server_key: Buffer = ..., iterations: int = ...) -> None: ...

class FeatureLevelRecord(Message):
    name: str
    feature_level: int
    """0 removes the feature."""
    def __init__(self, name: str = ..., feature_level: int = ...) -> None: ...

class ClientQuotaRecord(Message):
    class EntityData(Struct):
        entity_type: str
        """`user`, `client-id` or `ip`."""
        entity_name: str | None
        """Null for the default."""
        def __init__(self, entity_type: str = ..., entity_name: str | None = ...) -> None: ...

    entity: list[ClientQuotaRecord.EntityData]
    key: str
    """Such as `producer_byte_rate`."""
    value: float
    remove: bool
    """The quota is gone; value means nothing."""
    def __init__(self, entity: list[ClientQuotaRecord.EntityData] = ..., key: str = ..., value: float = ..., remove: bool = ...) -> None: ...

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

class AccessControlEntryRecord(Message):
    id: UUID
    resource_type: int
    """2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user."""
    resource_name: str
    pattern_type: int
    """3 literal, 4 prefixed."""
    principal: str
    """Such as `User:alice`."""
    host: str
    """`*` for all."""
    operation: int
    """2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, and more."""
    permission_type: int
    """2 deny, 3 allow."""
    def __init__(self, id: UUID = ..., resource_type: int = ..., resource_name: str = ..., pattern_type: int = ..., principal: str = ..., host: str = ..., operation: int = ..., permission_type: int = ...) -> None: ...

class RemoveAccessControlEntryRecord(Message):
    id: UUID
    def __init__(self, id: UUID = ...) -> None: ...

class NoOpRecord(Message):
    def __init__(self) -> None: ...

class ZkMigrationStateRecord(Message):
    zk_migration_state: int
    def __init__(self, zk_migration_state: int = ...) -> None: ...

class RemoveUserScramCredentialRecord(Message):
    name: str
    mechanism: int
    """1 SCRAM-SHA-256, 2 SCRAM-SHA-512."""
    def __init__(self, name: str = ..., mechanism: int = ...) -> None: ...

class BeginTransactionRecord(Message):
    name: str | None
    """For people."""
    def __init__(self, name: str | None = ...) -> None: ...

class EndTransactionRecord(Message):
    def __init__(self) -> None: ...

class AbortTransactionRecord(Message):
    reason: str | None
    """For people."""
    def __init__(self, reason: str | None = ...) -> None: ...

class RemoveDelegationTokenRecord(Message):
    token_id: str
    def __init__(self, token_id: str = ...) -> None: ...

class RegisterControllerRecord(Message):
    class ControllerEndpoint(Struct):
        name: str
        host: str
        port: int
        security_protocol: int
        """0 plaintext, 1 TLS, 2 SASL, 3 SASL over TLS."""
        def __init__(self, name: str = ..., host: str = ..., port: int = ..., security_protocol: int = ...) -> None: ...

    class ControllerFeature(Struct):
        name: str
        min_supported_version: int
        max_supported_version: int
        def __init__(self, name: str = ..., min_supported_version: int = ..., max_supported_version: int = ...) -> None: ...

    controller_id: int
    incarnation_id: UUID
    """A new one with every start."""
    zk_migration_ready: bool
    """History."""
    end_points: list[RegisterControllerRecord.ControllerEndpoint]
    features: list[RegisterControllerRecord.ControllerFeature]
    def __init__(self, controller_id: int = ..., incarnation_id: UUID = ..., zk_migration_ready: bool = ..., end_points: list[RegisterControllerRecord.ControllerEndpoint] = ..., features: list[RegisterControllerRecord.ControllerFeature] = ...) -> None: ...

class ClearElrRecord(Message):
    topic_name: str
    """Empty for all topics."""
    def __init__(self, topic_name: str = ...) -> None: ...

class RemoteLogSegmentMetadataRecord(Message):
    class TopicIdPartitionEntry(Struct):
        name: str
        id: UUID
        partition: int
        def __init__(self, name: str = ..., id: UUID = ..., partition: int = ...) -> None: ...

    class RemoteLogSegmentIdEntry(Struct):
        topic_id_partition: RemoteLogSegmentMetadataRecord.TopicIdPartitionEntry
        id: UUID
        """Of the segment; a second attempt at copying has another one."""
        def __init__(self, topic_id_partition: RemoteLogSegmentMetadataRecord.TopicIdPartitionEntry = ..., id: UUID = ...) -> None: ...

    class SegmentLeaderEpochEntry(Struct):
        leader_epoch: int
        offset: int
        """The first of this leader epoch in the segment."""
        def __init__(self, leader_epoch: int = ..., offset: int = ...) -> None: ...

    remote_log_segment_id: RemoteLogSegmentMetadataRecord.RemoteLogSegmentIdEntry
    start_offset: int
    end_offset: int
    """Of the last record: inclusive."""
    broker_id: int
    """Who wrote this."""
    max_timestamp_ms: int
    """The largest of the segment's records."""
    event_timestamp_ms: int
    segment_leader_epochs: list[RemoteLogSegmentMetadataRecord.SegmentLeaderEpochEntry]
    segment_size_in_bytes: int
    custom_metadata: Buffer | None
    """Whatever the storage plugin wants to see again; null if nothing (KIP-917)."""
    remote_log_segment_state: int
    """0 copying, 1 copied, 2 being deleted, 3 deleted."""
    txn_index_empty: bool
    """The segment has no aborted transactions, so no index of them to fetch."""
    def __init__(self, remote_log_segment_id: RemoteLogSegmentMetadataRecord.RemoteLogSegmentIdEntry = ..., start_offset: int = ..., end_offset: int = ..., broker_id: int = ..., max_timestamp_ms: int = ..., event_timestamp_ms: int = ..., segment_leader_epochs: list[RemoteLogSegmentMetadataRecord.SegmentLeaderEpochEntry] = ..., segment_size_in_bytes: int = ..., custom_metadata: Buffer | None = ..., remote_log_segment_state: int = ..., txn_index_empty: bool = ...) -> None: ...

class RemoteLogSegmentMetadataUpdateRecord(Message):
    class TopicIdPartitionEntry(Struct):
        name: str
        id: UUID
        partition: int
        def __init__(self, name: str = ..., id: UUID = ..., partition: int = ...) -> None: ...

    class RemoteLogSegmentIdEntry(Struct):
        topic_id_partition: RemoteLogSegmentMetadataUpdateRecord.TopicIdPartitionEntry
        id: UUID
        """Of the segment."""
        def __init__(self, topic_id_partition: RemoteLogSegmentMetadataUpdateRecord.TopicIdPartitionEntry = ..., id: UUID = ...) -> None: ...

    remote_log_segment_id: RemoteLogSegmentMetadataUpdateRecord.RemoteLogSegmentIdEntry
    broker_id: int
    """Who wrote this."""
    event_timestamp_ms: int
    custom_metadata: Buffer | None
    """From the storage plugin; null if it gave none (KIP-917)."""
    remote_log_segment_state: int
    """0 copying, 1 copied, 2 being deleted, 3 deleted."""
    def __init__(self, remote_log_segment_id: RemoteLogSegmentMetadataUpdateRecord.RemoteLogSegmentIdEntry = ..., broker_id: int = ..., event_timestamp_ms: int = ..., custom_metadata: Buffer | None = ..., remote_log_segment_state: int = ...) -> None: ...

class RemotePartitionDeleteMetadataRecord(Message):
    class TopicIdPartitionEntry(Struct):
        name: str
        id: UUID
        partition: int
        def __init__(self, name: str = ..., id: UUID = ..., partition: int = ...) -> None: ...

    topic_id_partition: RemotePartitionDeleteMetadataRecord.TopicIdPartitionEntry
    broker_id: int
    """Who wrote this."""
    event_timestamp_ms: int
    remote_partition_delete_state: int
    """0 marked, 1 started, 2 finished."""
    def __init__(self, topic_id_partition: RemotePartitionDeleteMetadataRecord.TopicIdPartitionEntry = ..., broker_id: int = ..., event_timestamp_ms: int = ..., remote_partition_delete_state: int = ...) -> None: ...

class RemoteLogSegmentMetadataSnapshotRecord(Message):
    class SegmentLeaderEpochEntry(Struct):
        leader_epoch: int
        offset: int
        """The first of this leader epoch in the segment."""
        def __init__(self, leader_epoch: int = ..., offset: int = ...) -> None: ...

    segment_id: UUID
    start_offset: int
    end_offset: int
    """Of the last record: inclusive."""
    broker_id: int
    """Who wrote the newest news of it."""
    max_timestamp_ms: int
    """The largest of the segment's records."""
    event_timestamp_ms: int
    segment_leader_epochs: list[RemoteLogSegmentMetadataSnapshotRecord.SegmentLeaderEpochEntry]
    segment_size_in_bytes: int
    custom_metadata: Buffer | None
    """From the storage plugin; null if it gave none (KIP-917)."""
    remote_log_segment_state: int
    """0 copying, 1 copied, 2 being deleted, 3 deleted."""
    txn_index_empty: bool
    """The segment has no aborted transactions."""
    def __init__(self, segment_id: UUID = ..., start_offset: int = ..., end_offset: int = ..., broker_id: int = ..., max_timestamp_ms: int = ..., event_timestamp_ms: int = ..., segment_leader_epochs: list[RemoteLogSegmentMetadataSnapshotRecord.SegmentLeaderEpochEntry] = ..., segment_size_in_bytes: int = ..., custom_metadata: Buffer | None = ..., remote_log_segment_state: int = ..., txn_index_empty: bool = ...) -> None: ...

class LegacyOffsetCommitKey(Message):
    group: str
    topic: str
    partition: int
    def __init__(self, group: str = ..., topic: str = ..., partition: int = ...) -> None: ...

class LegacyOffsetCommitValue(Message):
    offset: int
    metadata: str
    commit_timestamp: int
    """In milliseconds."""
    def __init__(self, offset: int = ..., metadata: str = ..., commit_timestamp: int = ...) -> None: ...

class OffsetCommitKey(Message):
    group: str
    topic: str
    partition: int
    def __init__(self, group: str = ..., topic: str = ..., partition: int = ...) -> None: ...

class OffsetCommitValue(Message):
    offset: int
    """Of the next record to be read."""
    leader_epoch: int
    """Of the last record that was read; -1 if unknown."""
    metadata: str
    """Whatever the member wanted to see again."""
    commit_timestamp: int
    """In milliseconds, as the other."""
    expire_timestamp: int
    """-1 for when the broker's retention says."""
    topic_id: UUID
    """Zero if it was not known."""
    def __init__(self, offset: int = ..., leader_epoch: int = ..., metadata: str = ..., commit_timestamp: int = ..., expire_timestamp: int = ..., topic_id: UUID = ...) -> None: ...

class GroupMetadataKey(Message):
    group: str
    def __init__(self, group: str = ...) -> None: ...

class GroupMetadataValue(Message):
    class MemberMetadata(Struct):
        member_id: str
        group_instance_id: str | None
        """Null unless the member is static."""
        client_id: str
        client_host: str
        rebalance_timeout: int
        """In milliseconds, as the other; -1 in older versions."""
        session_timeout: int
        subscription: Buffer
        """For consumers a `ConsumerProtocolSubscription` behind its version."""
        assignment: Buffer
        """For consumers a `ConsumerProtocolAssignment` behind its version."""
        def __init__(self, member_id: str = ..., group_instance_id: str | None = ..., client_id: str = ..., client_host: str = ..., rebalance_timeout: int = ..., session_timeout: int = ..., subscription: Buffer = ..., assignment: Buffer = ...) -> None: ...

    protocol_type: str
    """`consumer` for consumers; empty if the group has only offsets."""
    generation: int
    protocol: str | None
    """The one that was chosen; null in an empty group."""
    leader: str | None
    """The member that assigns; null in an empty group."""
    current_state_timestamp: int
    """When the group reached its state, in milliseconds; -1 if unknown."""
    members: list[GroupMetadataValue.MemberMetadata]
    def __init__(self, protocol_type: str = ..., generation: int = ..., protocol: str | None = ..., leader: str | None = ..., current_state_timestamp: int = ..., members: list[GroupMetadataValue.MemberMetadata] = ...) -> None: ...

class ConsumerGroupMetadataKey(Message):
    group_id: str
    def __init__(self, group_id: str = ...) -> None: ...

class ConsumerGroupMetadataValue(Message):
    epoch: int
    """Grows when members or topics change."""
    metadata_hash: int
    """Of the topics it reads; another one is a reason to assign anew (KIP-1101)."""
    def __init__(self, epoch: int = ..., metadata_hash: int = ...) -> None: ...

class ConsumerGroupPartitionMetadataKey(Message):
    group_id: str
    def __init__(self, group_id: str = ...) -> None: ...

class ConsumerGroupPartitionMetadataValue(Message):
    class PartitionMetadata(Struct):
        partition: int
        racks: list[str]
        """Where its replicas are."""
        def __init__(self, partition: int = ..., racks: list[str] = ...) -> None: ...

    class TopicMetadata(Struct):
        topic_id: UUID
        topic_name: str
        num_partitions: int
        partition_metadata: list[ConsumerGroupPartitionMetadataValue.PartitionMetadata]
        def __init__(self, topic_id: UUID = ..., topic_name: str = ..., num_partitions: int = ..., partition_metadata: list[ConsumerGroupPartitionMetadataValue.PartitionMetadata] = ...) -> None: ...

    topics: list[ConsumerGroupPartitionMetadataValue.TopicMetadata]
    def __init__(self, topics: list[ConsumerGroupPartitionMetadataValue.TopicMetadata] = ...) -> None: ...

class ConsumerGroupMemberMetadataKey(Message):
    group_id: str
    member_id: str
    def __init__(self, group_id: str = ..., member_id: str = ...) -> None: ...

class ConsumerGroupMemberMetadataValue(Message):
    class ClassicProtocol(Struct):
        name: str
        metadata: Buffer
        """A `ConsumerProtocolSubscription` behind its version."""
        def __init__(self, name: str = ..., metadata: Buffer = ...) -> None: ...

    class ClassicMemberMetadata(Struct):
        session_timeout_ms: int
        supported_protocols: list[ConsumerGroupMemberMetadataValue.ClassicProtocol]
        def __init__(self, session_timeout_ms: int = ..., supported_protocols: list[ConsumerGroupMemberMetadataValue.ClassicProtocol] = ...) -> None: ...

    instance_id: str | None
    """Null unless the member is static."""
    rack_id: str | None
    client_id: str
    client_host: str
    subscribed_topic_names: list[str]
    subscribed_topic_regex: str | None
    rebalance_timeout_ms: int
    """-1 if it did not say."""
    server_assignor: str | None
    """Null for the broker's choice."""
    classic_member_metadata: ConsumerGroupMemberMetadataValue.ClassicMemberMetadata | None
    """Of a member that still speaks the old protocol; null for all others."""
    def __init__(self, instance_id: str | None = ..., rack_id: str | None = ..., client_id: str = ..., client_host: str = ..., subscribed_topic_names: list[str] = ..., subscribed_topic_regex: str | None = ..., rebalance_timeout_ms: int = ..., server_assignor: str | None = ..., classic_member_metadata: ConsumerGroupMemberMetadataValue.ClassicMemberMetadata | None = ...) -> None: ...

class ConsumerGroupTargetAssignmentMetadataKey(Message):
    group_id: str
    def __init__(self, group_id: str = ...) -> None: ...

class ConsumerGroupTargetAssignmentMetadataValue(Message):
    assignment_epoch: int
    """The group epoch that the assignment was made for."""
    assignment_timestamp: int
    """In milliseconds; 0 if unknown."""
    def __init__(self, assignment_epoch: int = ..., assignment_timestamp: int = ...) -> None: ...

class ConsumerGroupTargetAssignmentMemberKey(Message):
    group_id: str
    member_id: str
    def __init__(self, group_id: str = ..., member_id: str = ...) -> None: ...

class ConsumerGroupTargetAssignmentMemberValue(Message):
    class TopicPartition(Struct):
        topic_id: UUID
        partitions: list[int]
        def __init__(self, topic_id: UUID = ..., partitions: list[int] = ...) -> None: ...

    topic_partitions: list[ConsumerGroupTargetAssignmentMemberValue.TopicPartition]
    def __init__(self, topic_partitions: list[ConsumerGroupTargetAssignmentMemberValue.TopicPartition] = ...) -> None: ...

class ConsumerGroupCurrentMemberAssignmentKey(Message):
    group_id: str
    member_id: str
    def __init__(self, group_id: str = ..., member_id: str = ...) -> None: ...

class ConsumerGroupCurrentMemberAssignmentValue(Message):
    class TopicPartitions(Struct):
        topic_id: UUID
        partitions: list[int]
        assignment_epochs: list[int] | None
        """Since which member epoch it owns each of them; null if unknown."""
        def __init__(self, topic_id: UUID = ..., partitions: list[int] = ..., assignment_epochs: list[int] | None = ...) -> None: ...

    member_epoch: int
    """The group epoch it has reached."""
    previous_member_epoch: int
    """The one before, which its requests may still carry."""
    state: int
    """0 stable, 1 has yet to give partitions up, 2 waits for partitions of others."""
    assigned_partitions: list[ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions]
    partitions_pending_revocation: list[ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions]
    """It has yet to give these up."""
    def __init__(self, member_epoch: int = ..., previous_member_epoch: int = ..., state: int = ..., assigned_partitions: list[ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions] = ..., partitions_pending_revocation: list[ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions] = ...) -> None: ...

class ShareGroupMemberMetadataKey(Message):
    group_id: str
    member_id: str
    def __init__(self, group_id: str = ..., member_id: str = ...) -> None: ...

class ShareGroupMemberMetadataValue(Message):
    rack_id: str | None
    """Null if it did not say."""
    client_id: str
    client_host: str
    subscribed_topic_names: list[str]
    def __init__(self, rack_id: str | None = ..., client_id: str = ..., client_host: str = ..., subscribed_topic_names: list[str] = ...) -> None: ...

class ShareGroupMetadataKey(Message):
    group_id: str
    def __init__(self, group_id: str = ...) -> None: ...

class ShareGroupMetadataValue(Message):
    epoch: int
    """Grows when members or topics change."""
    metadata_hash: int
    """Of the topics it reads; another one is a reason to assign anew (KIP-1101)."""
    def __init__(self, epoch: int = ..., metadata_hash: int = ...) -> None: ...

class ShareGroupTargetAssignmentMetadataKey(Message):
    group_id: str
    def __init__(self, group_id: str = ...) -> None: ...

class ShareGroupTargetAssignmentMetadataValue(Message):
    assignment_epoch: int
    """The group epoch that the assignment was made for."""
    assignment_timestamp: int
    """In milliseconds; 0 if unknown."""
    def __init__(self, assignment_epoch: int = ..., assignment_timestamp: int = ...) -> None: ...

class ShareGroupTargetAssignmentMemberKey(Message):
    group_id: str
    member_id: str
    def __init__(self, group_id: str = ..., member_id: str = ...) -> None: ...

class ShareGroupTargetAssignmentMemberValue(Message):
    class TopicPartition(Struct):
        topic_id: UUID
        partitions: list[int]
        def __init__(self, topic_id: UUID = ..., partitions: list[int] = ...) -> None: ...

    topic_partitions: list[ShareGroupTargetAssignmentMemberValue.TopicPartition]
    def __init__(self, topic_partitions: list[ShareGroupTargetAssignmentMemberValue.TopicPartition] = ...) -> None: ...

class ShareGroupCurrentMemberAssignmentKey(Message):
    group_id: str
    member_id: str
    def __init__(self, group_id: str = ..., member_id: str = ...) -> None: ...

class ShareGroupCurrentMemberAssignmentValue(Message):
    class TopicPartitions(Struct):
        topic_id: UUID
        partitions: list[int]
        def __init__(self, topic_id: UUID = ..., partitions: list[int] = ...) -> None: ...

    member_epoch: int
    """The group epoch it has reached."""
    previous_member_epoch: int
    """The one before, which its requests may still carry."""
    state: int
    """0 stable: members of share groups have nothing to give up first."""
    assigned_partitions: list[ShareGroupCurrentMemberAssignmentValue.TopicPartitions]
    def __init__(self, member_epoch: int = ..., previous_member_epoch: int = ..., state: int = ..., assigned_partitions: list[ShareGroupCurrentMemberAssignmentValue.TopicPartitions] = ...) -> None: ...

class ShareGroupStatePartitionMetadataKey(Message):
    group_id: str
    def __init__(self, group_id: str = ...) -> None: ...

class ShareGroupStatePartitionMetadataValue(Message):
    class TopicPartitionsInfo(Struct):
        topic_id: UUID
        topic_name: str
        partitions: list[int]
        def __init__(self, topic_id: UUID = ..., topic_name: str = ..., partitions: list[int] = ...) -> None: ...

    class TopicInfo(Struct):
        topic_id: UUID
        topic_name: str
        def __init__(self, topic_id: UUID = ..., topic_name: str = ...) -> None: ...

    initializing_topics: list[ShareGroupStatePartitionMetadataValue.TopicPartitionsInfo]
    """It was asked to begin, and has not answered."""
    initialized_topics: list[ShareGroupStatePartitionMetadataValue.TopicPartitionsInfo]
    deleting_topics: list[ShareGroupStatePartitionMetadataValue.TopicInfo]
    """It was asked to forget them, and has not answered."""
    def __init__(self, initializing_topics: list[ShareGroupStatePartitionMetadataValue.TopicPartitionsInfo] = ..., initialized_topics: list[ShareGroupStatePartitionMetadataValue.TopicPartitionsInfo] = ..., deleting_topics: list[ShareGroupStatePartitionMetadataValue.TopicInfo] = ...) -> None: ...

class ConsumerGroupRegularExpressionKey(Message):
    group_id: str
    regular_expression: str
    def __init__(self, group_id: str = ..., regular_expression: str = ...) -> None: ...

class ConsumerGroupRegularExpressionValue(Message):
    topics: list[str]
    version: int
    """Of the metadata in which it was looked up."""
    timestamp: int
    """When, in milliseconds."""
    def __init__(self, topics: list[str] = ..., version: int = ..., timestamp: int = ...) -> None: ...

class StreamsGroupMetadataKey(Message):
    group_id: str
    def __init__(self, group_id: str = ...) -> None: ...

class StreamsGroupMetadataValue(Message):
    class LastAssignmentConfig(Struct):
        key: str
        value: str
        def __init__(self, key: str = ..., value: str = ...) -> None: ...

    epoch: int
    """Grows when members, topics or the topology change."""
    metadata_hash: int
    """Of the topics it reads; another one is a reason to assign anew (KIP-1101)."""
    validated_topology_epoch: int
    """Of the topology whose topics were found to be all there; -1 if none was."""
    last_assignment_configs: list[StreamsGroupMetadataValue.LastAssignmentConfig] | None
    """The configs that the last assignment was made with."""
    def __init__(self, epoch: int = ..., metadata_hash: int = ..., validated_topology_epoch: int = ..., last_assignment_configs: list[StreamsGroupMetadataValue.LastAssignmentConfig] | None = ...) -> None: ...

class StreamsGroupMemberMetadataKey(Message):
    group_id: str
    member_id: str
    def __init__(self, group_id: str = ..., member_id: str = ...) -> None: ...

class StreamsGroupMemberMetadataValue(Message):
    class Endpoint(Struct):
        host: str
        port: int
        def __init__(self, host: str = ..., port: int = ...) -> None: ...

    class KeyValue(Struct):
        key: str
        value: str
        def __init__(self, key: str = ..., value: str = ...) -> None: ...

    instance_id: str | None
    """Null unless the member is static."""
    rack_id: str | None
    """Null if it did not say."""
    client_id: str
    client_host: str
    rebalance_timeout_ms: int
    topology_epoch: int
    process_id: str
    """Of the process; its threads are members of their own."""
    user_endpoint: StreamsGroupMemberMetadataValue.Endpoint | None
    """Where it answers queries; null if it does not."""
    client_tags: list[StreamsGroupMemberMetadataValue.KeyValue]
    """For spreading copies over racks and zones."""
    def __init__(self, instance_id: str | None = ..., rack_id: str | None = ..., client_id: str = ..., client_host: str = ..., rebalance_timeout_ms: int = ..., topology_epoch: int = ..., process_id: str = ..., user_endpoint: StreamsGroupMemberMetadataValue.Endpoint | None = ..., client_tags: list[StreamsGroupMemberMetadataValue.KeyValue] = ...) -> None: ...

class StreamsGroupTargetAssignmentMetadataKey(Message):
    group_id: str
    def __init__(self, group_id: str = ...) -> None: ...

class StreamsGroupTargetAssignmentMetadataValue(Message):
    assignment_epoch: int
    """The group epoch that the assignment was made for."""
    assignment_timestamp: int
    """In milliseconds; 0 if unknown."""
    def __init__(self, assignment_epoch: int = ..., assignment_timestamp: int = ...) -> None: ...

class StreamsGroupTargetAssignmentMemberKey(Message):
    group_id: str
    member_id: str
    def __init__(self, group_id: str = ..., member_id: str = ...) -> None: ...

class StreamsGroupTargetAssignmentMemberValue(Message):
    class TaskIds(Struct):
        subtopology_id: str
        partitions: list[int]
        def __init__(self, subtopology_id: str = ..., partitions: list[int] = ...) -> None: ...

    active_tasks: list[StreamsGroupTargetAssignmentMemberValue.TaskIds]
    """To run."""
    standby_tasks: list[StreamsGroupTargetAssignmentMemberValue.TaskIds]
    """To keep copies for."""
    warmup_tasks: list[StreamsGroupTargetAssignmentMemberValue.TaskIds]
    """To prepare for taking over."""
    def __init__(self, active_tasks: list[StreamsGroupTargetAssignmentMemberValue.TaskIds] = ..., standby_tasks: list[StreamsGroupTargetAssignmentMemberValue.TaskIds] = ..., warmup_tasks: list[StreamsGroupTargetAssignmentMemberValue.TaskIds] = ...) -> None: ...

class StreamsGroupCurrentMemberAssignmentKey(Message):
    group_id: str
    member_id: str
    def __init__(self, group_id: str = ..., member_id: str = ...) -> None: ...

class StreamsGroupCurrentMemberAssignmentValue(Message):
    class TaskIds(Struct):
        subtopology_id: str
        partitions: list[int]
        assignment_epochs: list[int] | None
        """Since which member epoch it has each of them; null if unknown."""
        def __init__(self, subtopology_id: str = ..., partitions: list[int] = ..., assignment_epochs: list[int] | None = ...) -> None: ...

    member_epoch: int
    """The group epoch it has reached."""
    previous_member_epoch: int
    """The one before, which its requests may still carry."""
    state: int
    """0 stable, 1 has yet to give tasks up, 2 waits for tasks of others."""
    active_tasks: list[StreamsGroupCurrentMemberAssignmentValue.TaskIds]
    standby_tasks: list[StreamsGroupCurrentMemberAssignmentValue.TaskIds]
    warmup_tasks: list[StreamsGroupCurrentMemberAssignmentValue.TaskIds]
    active_tasks_pending_revocation: list[StreamsGroupCurrentMemberAssignmentValue.TaskIds]
    """It has yet to give these up, as the two below."""
    standby_tasks_pending_revocation: list[StreamsGroupCurrentMemberAssignmentValue.TaskIds]
    warmup_tasks_pending_revocation: list[StreamsGroupCurrentMemberAssignmentValue.TaskIds]
    def __init__(self, member_epoch: int = ..., previous_member_epoch: int = ..., state: int = ..., active_tasks: list[StreamsGroupCurrentMemberAssignmentValue.TaskIds] = ..., standby_tasks: list[StreamsGroupCurrentMemberAssignmentValue.TaskIds] = ..., warmup_tasks: list[StreamsGroupCurrentMemberAssignmentValue.TaskIds] = ..., active_tasks_pending_revocation: list[StreamsGroupCurrentMemberAssignmentValue.TaskIds] = ..., standby_tasks_pending_revocation: list[StreamsGroupCurrentMemberAssignmentValue.TaskIds] = ..., warmup_tasks_pending_revocation: list[StreamsGroupCurrentMemberAssignmentValue.TaskIds] = ...) -> None: ...

class StreamsGroupTopologyKey(Message):
    group_id: str
    def __init__(self, group_id: str = ...) -> None: ...

class StreamsGroupTopologyValue(Message):
    class TopicConfig(Struct):
        key: str
        value: str
        def __init__(self, key: str = ..., value: str = ...) -> None: ...

    class TopicInfo(Struct):
        name: str
        partitions: int
        """0 if the broker chooses."""
        replication_factor: int
        """0 if the broker chooses."""
        topic_configs: list[StreamsGroupTopologyValue.TopicConfig]
        def __init__(self, name: str = ..., partitions: int = ..., replication_factor: int = ..., topic_configs: list[StreamsGroupTopologyValue.TopicConfig] = ...) -> None: ...

    class CopartitionGroup(Struct):
        source_topics: list[int]
        source_topic_regex: list[int]
        repartition_source_topics: list[int]
        """That it reads and another subtopology writes."""
        def __init__(self, source_topics: list[int] = ..., source_topic_regex: list[int] = ..., repartition_source_topics: list[int] = ...) -> None: ...

    class Subtopology(Struct):
        subtopology_id: str
        source_topics: list[str]
        source_topic_regex: list[str]
        state_changelog_topics: list[StreamsGroupTopologyValue.TopicInfo]
        repartition_sink_topics: list[str]
        """That it writes for another subtopology."""
        repartition_source_topics: list[StreamsGroupTopologyValue.TopicInfo]
        """That it reads and another subtopology writes."""
        copartition_groups: list[StreamsGroupTopologyValue.CopartitionGroup]
        """Topics that need the same number of partitions, by their position in the lists above."""
        def __init__(self, subtopology_id: str = ..., source_topics: list[str] = ..., source_topic_regex: list[str] = ..., state_changelog_topics: list[StreamsGroupTopologyValue.TopicInfo] = ..., repartition_sink_topics: list[str] = ..., repartition_source_topics: list[StreamsGroupTopologyValue.TopicInfo] = ..., copartition_groups: list[StreamsGroupTopologyValue.CopartitionGroup] = ...) -> None: ...

    epoch: int
    """Grows when the application's code changes."""
    subtopologies: list[StreamsGroupTopologyValue.Subtopology]
    def __init__(self, epoch: int = ..., subtopologies: list[StreamsGroupTopologyValue.Subtopology] = ...) -> None: ...

class TransactionLogKey(Message):
    transactional_id: str
    def __init__(self, transactional_id: str = ...) -> None: ...

class TransactionLogValue(Message):
    class PartitionsSchema(Struct):
        topic: str
        partition_ids: list[int]
        def __init__(self, topic: str = ..., partition_ids: list[int] = ...) -> None: ...

    producer_id: int
    """The one in use."""
    previous_producer_id: int
    """Of the last committed transaction; -1 if unknown."""
    next_producer_id: int
    """Given out already, to be used from the next transaction on; -1 if none."""
    producer_epoch: int
    next_producer_epoch: int
    """Likewise its epoch."""
    transaction_timeout_ms: int
    transaction_status: int
    """0 empty, 1 open, 2 prepares to commit, 3 to abort, 4 committed, 5 aborted, 6 gone."""
    transaction_partitions: list[TransactionLogValue.PartitionsSchema] | None
    """Null in an empty transaction."""
    transaction_last_update_timestamp_ms: int
    """When this was written."""
    transaction_start_timestamp_ms: int
    """-1 if none is open."""
    client_transaction_version: int
    """By which rules the client made it."""
    def __init__(self, producer_id: int = ..., previous_producer_id: int = ..., next_producer_id: int = ..., producer_epoch: int = ..., next_producer_epoch: int = ..., transaction_timeout_ms: int = ..., transaction_status: int = ..., transaction_partitions: list[TransactionLogValue.PartitionsSchema] | None = ..., transaction_last_update_timestamp_ms: int = ..., transaction_start_timestamp_ms: int = ..., client_transaction_version: int = ...) -> None: ...

class ShareSnapshotKey(Message):
    group_id: str
    topic_id: UUID
    partition: int
    def __init__(self, group_id: str = ..., topic_id: UUID = ..., partition: int = ...) -> None: ...

class ShareSnapshotValue(Message):
    class StateBatch(Struct):
        first_offset: int
        last_offset: int
        """Inclusive."""
        delivery_state: int
        """0 available, 2 acknowledged, 4 archived."""
        delivery_count: int
        """How often they were given to somebody."""
        def __init__(self, first_offset: int = ..., last_offset: int = ..., delivery_state: int = ..., delivery_count: int = ...) -> None: ...

    snapshot_epoch: int
    """Grows with every snapshot; updates name the one they belong to."""
    state_epoch: int
    """Grows with every beginning; writers with an older one are fenced."""
    leader_epoch: int
    """Of the partition's leader; writers with an older one are fenced."""
    start_offset: int
    """Before it all is done; -1 if not known yet."""
    delivery_complete_count: int
    """Records from start_offset on that need no delivery any more; -1 if unknown (KIP-1226)."""
    create_timestamp: int
    """When the state began, in milliseconds as the other."""
    write_timestamp: int
    """When this was written."""
    state_batches: list[ShareSnapshotValue.StateBatch]
    def __init__(self, snapshot_epoch: int = ..., state_epoch: int = ..., leader_epoch: int = ..., start_offset: int = ..., delivery_complete_count: int = ..., create_timestamp: int = ..., write_timestamp: int = ..., state_batches: list[ShareSnapshotValue.StateBatch] = ...) -> None: ...

class ShareUpdateKey(Message):
    group_id: str
    topic_id: UUID
    partition: int
    def __init__(self, group_id: str = ..., topic_id: UUID = ..., partition: int = ...) -> None: ...

class ShareUpdateValue(Message):
    class StateBatch(Struct):
        first_offset: int
        last_offset: int
        """Inclusive."""
        delivery_state: int
        """0 available, 2 acknowledged, 4 archived."""
        delivery_count: int
        """How often they were given to somebody."""
        def __init__(self, first_offset: int = ..., last_offset: int = ..., delivery_state: int = ..., delivery_count: int = ...) -> None: ...

    snapshot_epoch: int
    """Of the snapshot it belongs to."""
    leader_epoch: int
    """Of the partition's leader."""
    start_offset: int
    """Before it all is done; -1 for no change."""
    delivery_complete_count: int
    """Records from start_offset on that need no delivery any more; -1 if unknown (KIP-1226)."""
    state_batches: list[ShareUpdateValue.StateBatch]
    def __init__(self, snapshot_epoch: int = ..., leader_epoch: int = ..., start_offset: int = ..., delivery_complete_count: int = ..., state_batches: list[ShareUpdateValue.StateBatch] = ...) -> None: ...

class AbortedTxn(Message):
    producer_id: int
    first_offset: int
    last_offset: int
    """Of its marker."""
    last_stable_offset: int
    """When the marker was written."""
    def __init__(self, producer_id: int = ..., first_offset: int = ..., last_offset: int = ..., last_stable_offset: int = ...) -> None: ...

class ConsumerProtocolAssignment(Message):
    class TopicPartition(Struct):
        topic: str
        partitions: list[int]
        def __init__(self, topic: str = ..., partitions: list[int] = ...) -> None: ...

    assigned_partitions: list[ConsumerProtocolAssignment.TopicPartition]
    user_data: Buffer | None
    """Whatever the assignor wants to tell the member; null if nothing."""
    def __init__(self, assigned_partitions: list[ConsumerProtocolAssignment.TopicPartition] = ..., user_data: Buffer | None = ...) -> None: ...

class ConsumerProtocolSubscription(Message):
    class TopicPartition(Struct):
        topic: str
        partitions: list[int]
        def __init__(self, topic: str = ..., partitions: list[int] = ...) -> None: ...

    topics: list[str]
    user_data: Buffer | None
    """Whatever the assignor wants to know; null if nothing."""
    owned_partitions: list[ConsumerProtocolSubscription.TopicPartition]
    generation_id: int
    """In which owned_partitions were given to it; -1 if unknown."""
    rack_id: str | None
    """Null if it did not say."""
    def __init__(self, topics: list[str] = ..., user_data: Buffer | None = ..., owned_partitions: list[ConsumerProtocolSubscription.TopicPartition] = ..., generation_id: int = ..., rack_id: str | None = ...) -> None: ...

class ControlRecordTypeSchema(Message):
    type: int
    """0 abort, 1 commit, 2 new leader, 3 begin and 4 end of a snapshot, 5 version of the quorum, 6 voters."""
    def __init__(self, type: int = ...) -> None: ...

class DefaultPrincipalData(Message):
    type: str
    """`User` for nearly all."""
    name: str
    token_authenticated: bool
    """It authenticated with a delegation token."""
    def __init__(self, type: str = ..., name: str = ..., token_authenticated: bool = ...) -> None: ...

class EndTxnMarker(Message):
    coordinator_epoch: int
    """Of the coordinator that wrote it."""
    def __init__(self, coordinator_epoch: int = ...) -> None: ...

class KRaftVersionRecord(Message):
    version: int
    """Of this data."""
    k_raft_version: int
    """1 knows voters that change."""
    def __init__(self, version: int = ..., k_raft_version: int = ...) -> None: ...

class LeaderChangeMessage(Message):
    class Voter(Struct):
        voter_id: int
        voter_directory_id: UUID
        def __init__(self, voter_id: int = ..., voter_directory_id: UUID = ...) -> None: ...

    version: int
    """Of this data."""
    leader_id: int
    voters: list[LeaderChangeMessage.Voter]
    granting_voters: list[LeaderChangeMessage.Voter]
    """Who voted for it."""
    def __init__(self, version: int = ..., leader_id: int = ..., voters: list[LeaderChangeMessage.Voter] = ..., granting_voters: list[LeaderChangeMessage.Voter] = ...) -> None: ...

class ProducerSnapshot(Message):
    class ProducerEntry(Struct):
        producer_id: int
        epoch: int
        last_sequence: int
        """Of its last batch; -1 if there is none."""
        last_offset: int
        """Of its last batch."""
        offset_delta: int
        """How many records less one that batch has."""
        timestamp: int
        """Of that batch, in milliseconds."""
        coordinator_epoch: int
        """Of its last marker."""
        current_txn_first_offset: int
        """-1 if no transaction is open."""
        def __init__(self, producer_id: int = ..., epoch: int = ..., last_sequence: int = ..., last_offset: int = ..., offset_delta: int = ..., timestamp: int = ..., coordinator_epoch: int = ..., current_txn_first_offset: int = ...) -> None: ...

    crc: int
    """CRC-32C of all bytes behind it."""
    producer_entries: list[ProducerSnapshot.ProducerEntry]
    def __init__(self, crc: int = ..., producer_entries: list[ProducerSnapshot.ProducerEntry] = ...) -> None: ...

class QuorumStateData(Message):
    class Voter(Struct):
        voter_id: int
        def __init__(self, voter_id: int = ...) -> None: ...

    cluster_id: str
    leader_id: int
    """-1 if it knows none."""
    leader_epoch: int
    """The newest epoch it has seen."""
    voted_id: int
    """Whom it voted for in that epoch; -1 if nobody."""
    voted_directory_id: UUID
    applied_offset: int
    """Never used."""
    current_voters: list[QuorumStateData.Voter] | None
    """Never more than what the configuration says."""
    def __init__(self, cluster_id: str = ..., leader_id: int = ..., leader_epoch: int = ..., voted_id: int = ..., voted_directory_id: UUID = ..., applied_offset: int = ..., current_voters: list[QuorumStateData.Voter] | None = ...) -> None: ...

class SnapshotFooterRecord(Message):
    version: int
    """Of this data."""
    def __init__(self, version: int = ...) -> None: ...

class SnapshotHeaderRecord(Message):
    version: int
    """Of this data."""
    last_contained_log_timestamp: int
    """Of the last record in it, in milliseconds."""
    def __init__(self, version: int = ..., last_contained_log_timestamp: int = ...) -> None: ...

class VotersRecord(Message):
    class Endpoint(Struct):
        name: str
        host: str
        port: int
        def __init__(self, name: str = ..., host: str = ..., port: int = ...) -> None: ...

    class KRaftVersionFeature(Struct):
        min_supported_version: int
        max_supported_version: int
        def __init__(self, min_supported_version: int = ..., max_supported_version: int = ...) -> None: ...

    class Voter(Struct):
        voter_id: int
        voter_directory_id: UUID
        endpoints: list[VotersRecord.Endpoint]
        """Where it can be reached."""
        k_raft_version_feature: VotersRecord.KRaftVersionFeature
        """Which rules of the quorum it can follow."""
        def __init__(self, voter_id: int = ..., voter_directory_id: UUID = ..., endpoints: list[VotersRecord.Endpoint] = ..., k_raft_version_feature: VotersRecord.KRaftVersionFeature = ...) -> None: ...

    version: int
    """Of this data."""
    voters: list[VotersRecord.Voter]
    def __init__(self, version: int = ..., voters: list[VotersRecord.Voter] = ...) -> None: ...
