"""The rows of the table of clients: what a test of the matrix is about. Several tests may be about one row."""

import pytest

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")

RECORDS = (
    *(f"produce and consume, {codec}" for codec in CODECS),
    *(f"what it writes everyone reads, {codec}" for codec in CODECS),
    "headers: doubles, empty, null",
    "null keys and values",
    "empty keys and values",
    "timestamps of its own",
    "timestamps of the broker",
    "its own choice of partition",
    "acks=1",
    "acks=0",
    "idempotent producer",
    "idempotent producer, the broker is killed",
    "records of several megabytes",
    "MESSAGE_TOO_LARGE",
    "consume from an offset",
    "consume read_committed",
    "OFFSET_OUT_OF_RANGE",
    "offset: earliest, latest",
    "offset: by time",
    "offset: of the largest timestamp",
)

ADMIN = (
    "create_topic",
    "create_topic: TOPIC_ALREADY_EXISTS",
    "create_topic: INVALID_PARTITIONS",
    "create_topic: INVALID_REPLICATION_FACTOR",
    "create_topic: INVALID_CONFIG",
    "create_topic: INVALID_TOPIC_EXCEPTION",
    "create_topic: validate only",
    "delete_topic",
    "delete_topic: UNKNOWN_TOPIC_OR_PARTITION",
    "list_topics",
    "describe_topic",
    "describe_topic: UNKNOWN_TOPIC_OR_PARTITION",
    "create_partitions",
    "create_partitions: INVALID_PARTITIONS",
    "create_partitions: UNKNOWN_TOPIC_OR_PARTITION",
    "create_partitions: validate only",
    *(f"describe_configs: {resource}" for resource in ("topic", "broker", "group", "client_metrics", "broker_logger")),
    "describe_configs: UNKNOWN_TOPIC_OR_PARTITION",
    *(f"alter_configs: {resource}" for resource in ("topic", "broker", "group", "client_metrics")),
    "alter_configs: broker_logger, INVALID_CONFIG",
    "alter_configs: INVALID_CONFIG",
    "alter_configs: UNKNOWN_TOPIC_OR_PARTITION",
    "alter_configs: validate only",
    "replace_configs",
    "replace_configs: INVALID_CONFIG",
    "delete_records",
    "delete_records: OFFSET_OUT_OF_RANGE",
    "describe_cluster",
    "describe_log_dirs",
    "elect_leader: ELECTION_NOT_NEEDED",
    "elect_leader: UNKNOWN_TOPIC_OR_PARTITION",
    "list_reassignments",
    "reassign",
    "reassign: INVALID_REPLICA_ASSIGNMENT",
    "reassign: NO_REASSIGNMENT_IN_PROGRESS",
    "describe_producers",
    "describe_features",
    "update_feature: validate only",
    "update_feature: INVALID_UPDATE_VERSION",
    "describe_quorum",
    "describe_acls: SECURITY_DISABLED",
    "quotas: set, described, removed",
    "quotas: INVALID_REQUEST",
    "SCRAM: set, described, deleted",
    "SCRAM: RESOURCE_NOT_FOUND",
    "SCRAM: UNACCEPTABLE_CREDENTIAL",
    "list_config_resources",
    "epoch_end",
    "api_versions",
)

ROWS = (*RECORDS, *ADMIN)


def row(name: str) -> pytest.MarkDecorator:
    """Say which row a test is about. A parameter of the test may be in it: `{codec}`."""
    return pytest.mark.row(name)
