"""The catalogue: Kafka's numbers for APIs and for the records it keeps, by name, and which text defines which message.

Where a text lies follows from the names, so nothing is read before somebody asks for it.
"""

from collections.abc import Iterator, Mapping
from enum import IntEnum
from functools import cache
from pkgutil import get_data

from streambus.wire.definition import Message, head_versions, parse


class ApiKey(IntEnum):
    """Kafka's APIs. Of those in `WITHOUT_DEFINITION` only the name is known; all others can be spoken."""

    PRODUCE = 0
    FETCH = 1
    LIST_OFFSETS = 2
    METADATA = 3
    LEADER_AND_ISR = 4
    STOP_REPLICA = 5
    UPDATE_METADATA = 6
    CONTROLLED_SHUTDOWN = 7
    OFFSET_COMMIT = 8
    OFFSET_FETCH = 9
    FIND_COORDINATOR = 10
    JOIN_GROUP = 11
    HEARTBEAT = 12
    LEAVE_GROUP = 13
    SYNC_GROUP = 14
    DESCRIBE_GROUPS = 15
    LIST_GROUPS = 16
    SASL_HANDSHAKE = 17
    API_VERSIONS = 18
    CREATE_TOPICS = 19
    DELETE_TOPICS = 20
    DELETE_RECORDS = 21
    INIT_PRODUCER_ID = 22
    OFFSET_FOR_LEADER_EPOCH = 23
    ADD_PARTITIONS_TO_TXN = 24
    ADD_OFFSETS_TO_TXN = 25
    END_TXN = 26
    WRITE_TXN_MARKERS = 27
    TXN_OFFSET_COMMIT = 28
    DESCRIBE_ACLS = 29
    CREATE_ACLS = 30
    DELETE_ACLS = 31
    DESCRIBE_CONFIGS = 32
    ALTER_CONFIGS = 33
    ALTER_REPLICA_LOG_DIRS = 34
    DESCRIBE_LOG_DIRS = 35
    SASL_AUTHENTICATE = 36
    CREATE_PARTITIONS = 37
    CREATE_DELEGATION_TOKEN = 38
    RENEW_DELEGATION_TOKEN = 39
    EXPIRE_DELEGATION_TOKEN = 40
    DESCRIBE_DELEGATION_TOKEN = 41
    DELETE_GROUPS = 42
    ELECT_LEADERS = 43
    INCREMENTAL_ALTER_CONFIGS = 44
    ALTER_PARTITION_REASSIGNMENTS = 45
    LIST_PARTITION_REASSIGNMENTS = 46
    OFFSET_DELETE = 47
    DESCRIBE_CLIENT_QUOTAS = 48
    ALTER_CLIENT_QUOTAS = 49
    DESCRIBE_USER_SCRAM_CREDENTIALS = 50
    ALTER_USER_SCRAM_CREDENTIALS = 51
    VOTE = 52
    BEGIN_QUORUM_EPOCH = 53
    END_QUORUM_EPOCH = 54
    DESCRIBE_QUORUM = 55
    ALTER_PARTITION = 56
    UPDATE_FEATURES = 57
    ENVELOPE = 58
    FETCH_SNAPSHOT = 59
    DESCRIBE_CLUSTER = 60
    DESCRIBE_PRODUCERS = 61
    BROKER_REGISTRATION = 62
    BROKER_HEARTBEAT = 63
    UNREGISTER_BROKER = 64
    DESCRIBE_TRANSACTIONS = 65
    LIST_TRANSACTIONS = 66
    ALLOCATE_PRODUCER_IDS = 67
    CONSUMER_GROUP_HEARTBEAT = 68
    CONSUMER_GROUP_DESCRIBE = 69
    CONTROLLER_REGISTRATION = 70
    GET_TELEMETRY_SUBSCRIPTIONS = 71
    PUSH_TELEMETRY = 72
    ASSIGN_REPLICAS_TO_DIRS = 73
    LIST_CONFIG_RESOURCES = 74
    DESCRIBE_TOPIC_PARTITIONS = 75
    SHARE_GROUP_HEARTBEAT = 76
    SHARE_GROUP_DESCRIBE = 77
    SHARE_FETCH = 78
    SHARE_ACKNOWLEDGE = 79
    ADD_RAFT_VOTER = 80
    REMOVE_RAFT_VOTER = 81
    UPDATE_RAFT_VOTER = 82
    INITIALIZE_SHARE_GROUP_STATE = 83
    READ_SHARE_GROUP_STATE = 84
    WRITE_SHARE_GROUP_STATE = 85
    DELETE_SHARE_GROUP_STATE = 86
    READ_SHARE_GROUP_STATE_SUMMARY = 87
    STREAMS_GROUP_HEARTBEAT = 88
    STREAMS_GROUP_DESCRIBE = 89
    DESCRIBE_SHARE_GROUP_OFFSETS = 90
    ALTER_SHARE_GROUP_OFFSETS = 91
    DELETE_SHARE_GROUP_OFFSETS = 92
    STREAMS_GROUP_TOPOLOGY_DESCRIPTION_UPDATE = 93
    UNREGISTER_CONTROLLER = 94


class RecordKey(IntEnum):
    """The records of the metadata log (KIP-631). 6, 13 and 16 are no longer used."""

    REGISTER_BROKER = 0
    UNREGISTER_BROKER = 1
    TOPIC = 2
    PARTITION = 3
    CONFIG = 4
    PARTITION_CHANGE = 5
    FENCE_BROKER = 7
    UNFENCE_BROKER = 8
    REMOVE_TOPIC = 9
    DELEGATION_TOKEN = 10
    USER_SCRAM_CREDENTIAL = 11
    FEATURE_LEVEL = 12
    CLIENT_QUOTA = 14
    PRODUCER_IDS = 15
    BROKER_REGISTRATION_CHANGE = 17
    ACCESS_CONTROL_ENTRY = 18
    REMOVE_ACCESS_CONTROL_ENTRY = 19
    NO_OP = 20
    ZK_MIGRATION_STATE = 21
    REMOVE_USER_SCRAM_CREDENTIAL = 22
    BEGIN_TRANSACTION = 23
    END_TRANSACTION = 24
    ABORT_TRANSACTION = 25
    REMOVE_DELEGATION_TOKEN = 26
    REGISTER_CONTROLLER = 27
    CLEAR_ELR = 28


class RemoteRecordKey(IntEnum):
    """The records about segments in remote storage (KIP-405), in `__remote_log_metadata`."""

    REMOTE_LOG_SEGMENT_METADATA = 0
    REMOTE_LOG_SEGMENT_METADATA_UPDATE = 1
    REMOTE_PARTITION_DELETE_METADATA = 2
    REMOTE_LOG_SEGMENT_METADATA_SNAPSHOT = 3


class GroupRecordType(IntEnum):
    """What the group coordinator keeps in `__consumer_offsets`: a key and a value each. 9 and 18 were never used."""

    LEGACY_OFFSET_COMMIT = 0
    OFFSET_COMMIT = 1
    GROUP_METADATA = 2
    CONSUMER_GROUP_METADATA = 3
    CONSUMER_GROUP_PARTITION_METADATA = 4
    CONSUMER_GROUP_MEMBER_METADATA = 5
    CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA = 6
    CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER = 7
    CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT = 8
    SHARE_GROUP_MEMBER_METADATA = 10
    SHARE_GROUP_METADATA = 11
    SHARE_GROUP_TARGET_ASSIGNMENT_METADATA = 12
    SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER = 13
    SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT = 14
    SHARE_GROUP_STATE_PARTITION_METADATA = 15
    CONSUMER_GROUP_REGULAR_EXPRESSION = 16
    STREAMS_GROUP_METADATA = 17
    STREAMS_GROUP_MEMBER_METADATA = 19
    STREAMS_GROUP_TARGET_ASSIGNMENT_METADATA = 20
    STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER = 21
    STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT = 22
    STREAMS_GROUP_TOPOLOGY = 23


class TransactionRecordType(IntEnum):
    """What the transaction coordinator keeps in `__transaction_state`."""

    TRANSACTION_LOG = 0


class ShareRecordType(IntEnum):
    """What the share coordinator keeps in `__share_group_state`."""

    SHARE_SNAPSHOT = 0
    SHARE_UPDATE = 1


DATA = (
    "ABORTED_TXN",
    "CONSUMER_PROTOCOL_ASSIGNMENT",
    "CONSUMER_PROTOCOL_SUBSCRIPTION",
    "CONTROL_RECORD_TYPE_SCHEMA",
    "DEFAULT_PRINCIPAL_DATA",
    "END_TXN_MARKER",
    "K_RAFT_VERSION_RECORD",
    "LEADER_CHANGE_MESSAGE",
    "PRODUCER_SNAPSHOT",
    "QUORUM_STATE_DATA",
    "SNAPSHOT_FOOTER_RECORD",
    "SNAPSHOT_HEADER_RECORD",
    "VOTERS_RECORD",
)
"""What travels or lies inside something else, and has no number."""

WITHOUT_DEFINITION = frozenset(
    (
        ApiKey.LEADER_AND_ISR,
        ApiKey.STOP_REPLICA,
        ApiKey.UPDATE_METADATA,
        ApiKey.CONTROLLED_SHUTDOWN,
        ApiKey.STREAMS_GROUP_TOPOLOGY_DESCRIPTION_UPDATE,
        ApiKey.UNREGISTER_CONTROLLER,
    ),
)
"""APIs that were removed in 4.0, or come after 4.3."""


def pascal_case(key: IntEnum | str) -> str:
    """`LIST_OFFSETS` as Kafka writes it in the names of messages: `ListOffsets`."""
    name = key if isinstance(key, str) else key.name
    return name.title().replace("_", "")


def _paths() -> Iterator[tuple[str, str]]:
    """The name of every message, and the path of the text that defines it."""
    for key in ApiKey:
        if key not in WITHOUT_DEFINITION:
            path, stem = f"{key:02d}_{key.name.lower()}.txt", pascal_case(key)
            yield f"{stem}Request", path
            yield f"{stem}Response", path
    for folder, records in (("records", RecordKey), ("remote", RemoteRecordKey)):
        for record in records:
            yield f"{pascal_case(record)}Record", f"{folder}/{record:02d}_{record.name.lower()}.txt"
    for folder, types in (("groups", GroupRecordType), ("transactions", TransactionRecordType), ("shares", ShareRecordType)):
        for kind in types:
            path, stem = f"{folder}/{kind:02d}_{kind.name.lower()}.txt", pascal_case(kind)
            yield f"{stem}Key", path
            yield f"{stem}Value", path
    for name in DATA:
        yield pascal_case(name), f"data/{name.lower()}.txt"


_PATH_OF = dict(_paths())

MESSAGES: tuple[str, ...] = tuple(_PATH_OF)
"""The names of all messages."""


def _text(path: str) -> str:
    data = get_data("streambus.wire", f"definitions/{path}")
    assert data is not None, "the package's loader can read its data"
    return data.decode()


def definition(name: str) -> Message:
    """The definition of the message called `name`; `KeyError` if there is none."""
    return _parsed(_PATH_OF[name])[name]


@cache
def _parsed(path: str) -> dict[str, Message]:
    """Kept, as whoever asks for a request asks for its response next."""
    return {message.name: message for message in parse(_text(path))}


@cache
def _versions(name: str) -> range:
    return head_versions(_text(_PATH_OF[name]), name)


class _Versions(Mapping[ApiKey, range]):
    """By API; a text is opened when its versions are first asked for."""

    def __init__(self) -> None:
        self.spoken = {key: f"{pascal_case(key)}Request" for key in ApiKey if key not in WITHOUT_DEFINITION}

    def __getitem__(self, key: ApiKey) -> range:
        return _versions(self.spoken[key])

    def __iter__(self) -> Iterator[ApiKey]:
        return iter(self.spoken)

    def __len__(self) -> int:
        return len(self.spoken)

    def __contains__(self, key: object) -> bool:
        return key in self.spoken


VERSIONS: Mapping[ApiKey, range] = _Versions()
"""The versions of every API that has a definition. What a broker advertises is its own affair, within these."""
