"""Administration: requests that change what a cluster is while it runs, and those that describe it, as administrators draw them.

Many values are drawn from so many that hardly two requests want the same: then whatever changes can be told from whoever asked for it. The
topics on which the history is judged get more partitions and other rules for batches, but nothing by which their records would go.
"""

from collections.abc import Callable
from typing import Any

from streambus.kernel import Prng
from streambus.records import HEADER_BYTES, Codec, Record, crc32c, encode_batch
from streambus.sim.host import WALL_ORIGIN
from streambus.sim.users.questions import STRANGE_NAMES, Knowledge
from streambus.sim.users.topic_maker import FOR_EVER
from streambus.wire import ZERO_UUID, messages

TOPIC, BROKER, GROUP = 2, 4, 32
SET, DELETE, APPEND, SUBTRACT = range(4)
EVERYBODY = ""
"""All brokers, as the name of a resource."""

WEEK_MS = 7 * 86_400_000
PARTITIONS_MAX = 12
USERS = ("ada", "emil", "kim")
CLIENTS = ("app", "batch job")
ADDRESSES = ("127.0.0.1", "::1")
CODEC_NAMES = ("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd")
MECHANISMS = (1, 2)

Setting = tuple[str, str]


def alteration(known: Knowledge, dice: Prng) -> Any:
    """Single configs of topics and brokers, set and taken away."""
    request = messages.IncrementalAlterConfigsRequest
    resources = []
    for kind, name in _resources(known, dice):
        configs = []
        for setting, value in dict(_setting(known, dice, kind, name) for _ in range(1 + dice.below(3))).items():
            operation = DELETE if dice.below(4) == 0 else SET
            if setting == "cleanup.policy" and dice.below(2):
                operation = APPEND + dice.below(2)
            configs.append(request.AlterableConfig(setting, operation, None if operation == DELETE else value))
        resources.append(request.AlterConfigsResource(kind, name, configs))
    return request(resources, validate_only=dice.chance(1, 5))


def replacement(known: Knowledge, dice: Prng) -> Any:
    """All configs of topics or brokers at once: what is not named is taken away."""
    request = messages.AlterConfigsRequest
    resources = []
    for kind, name in _resources(known, dice):
        settings = dict(_setting(known, dice, kind, name) for _ in range(dice.below(3)))
        if kind == TOPIC and name in known.lasting:
            settings |= dict(FOR_EVER)
        resources.append(
            request.AlterConfigsResource(kind, name, [request.AlterableConfig(setting, value) for setting, value in settings.items()])
        )
    return request(resources, validate_only=dice.chance(1, 5))


def settings(known: Knowledge, dice: Prng) -> Any:
    """The configs of a topic or of brokers: one of few requests, so that several times the same is asked."""
    request = messages.DescribeConfigsRequest
    names = (*known.passing, *known.lasting)
    resources = [(TOPIC, names[dice.below(len(names))]), (BROKER, "1"), (BROKER, EVERYBODY)]
    wanted = [resources[dice.below(3)]] if dice.below(2) else resources
    return request([request.DescribeConfigsResource(kind, name, None) for kind, name in wanted], include_synonyms=dice.chance(1, 3))


def resources(_known: Knowledge, dice: Prng) -> Any:
    """Whatever is configured."""
    return messages.ListConfigResourcesRequest([] if dice.below(2) else [(TOPIC, BROKER, GROUP)[dice.below(3)]])


def growth(known: Knowledge, dice: Prng) -> Any:
    """More partitions for topics; some ask for fewer, and some for brokers that do not exist."""
    request = messages.CreatePartitionsRequest
    topics = []
    for name in dict.fromkeys([_any_name(known, dice) for _ in range(1 + dice.below(2))]):
        count = 1 + dice.below(PARTITIONS_MAX)
        assignments = None
        if dice.below(6) == 0:
            assignments = [request.CreatePartitionsAssignment([1 + dice.below(2)]) for _ in range(1 + dice.below(3))]
        topics.append(request.CreatePartitionsTopic(name, count, assignments))
    return request(topics, (0, 100, 5_000, 5_000)[dice.below(4)], validate_only=dice.chance(1, 4))


def quota(_known: Knowledge, dice: Prng) -> Any:
    """What somebody may use, given and taken away."""
    request = messages.AlterClientQuotasRequest
    entries = []
    for _ in range(1 + dice.below(2)):
        parts = _entity(dice)
        keys = ("connection_creation_rate",) if parts[0][0] == "ip" else ("producer_byte_rate", "consumer_byte_rate", "request_percentage")
        operations = []
        for _ in range(1 + dice.below(2)):
            key = keys[dice.below(len(keys))]
            operations.append(request.OpData(key, float(1 + dice.below(1 << 30)), remove=dice.below(3) == 0))
        if dice.below(8) == 0:
            operations.append(request.OpData("no_such_rate", 1.0))
        entries.append(request.EntryData([request.EntityData(kind, name) for kind, name in parts], operations))
    return request(entries, validate_only=dice.chance(1, 4))


def quotas(_known: Knowledge, dice: Prng) -> Any:
    """What everybody may use, or those whom a filter lets through."""
    request = messages.DescribeClientQuotasRequest
    components = []
    if dice.below(3):
        for kind, name in _entity(dice):
            match = dice.below(3)
            components.append(request.ComponentData(kind, match, name or "nobody" if match == 0 else None))
    return request(components, strict=dice.chance(1, 2))


def credential(_known: Knowledge, dice: Prng) -> Any:
    """Passwords of users, set and removed; some are too weak."""
    request = messages.AlterUserScramCredentialsRequest
    deletions, upsertions = [], []
    for _ in range(1 + dice.below(3)):
        user, mechanism = USERS[dice.below(len(USERS))], MECHANISMS[dice.below(2)]
        if dice.below(3) == 0:
            deletions.append(request.ScramCredentialDeletion(user, mechanism))
        else:
            iterations = 4_096 + dice.below(12_000) if dice.below(8) else 1
            salt = dice.bits64().to_bytes(8, "big")
            upsertions.append(request.ScramCredentialUpsertion(user, mechanism, iterations, salt, b"salted " + salt))
    return request(deletions, upsertions)


def credentials(_known: Knowledge, dice: Prng) -> Any:
    """Who has a password."""
    request = messages.DescribeUserScramCredentialsRequest
    users = [request.UserName(USERS[dice.below(len(USERS))]) for _ in range(dice.below(3))]
    return request(users or None)


def feature(_known: Knowledge, dice: Prng) -> Any:
    """Levels that can be agreed on, and some that cannot."""
    request = messages.UpdateFeaturesRequest
    names = ("metadata.version", "group.version", "nobody.knows.version")
    updates = [
        request.FeatureUpdateKey(name, dice.below(32), upgrade_type=1 + dice.below(3))
        for name in dict.fromkeys([names[dice.below(len(names))] for _ in range(1 + dice.below(2))])
    ]
    return request(5_000, updates, validate_only=dice.chance(1, 3))


def election(known: Knowledge, dice: Prng) -> Any:
    """Leaders elected where none has to be."""
    request = messages.ElectLeadersRequest
    partitions = None
    if dice.below(3):
        partitions = [request.TopicPartitions(_any_name(known, dice), [dice.below(4)])]
    return request(dice.below(2), partitions, dice.below(5_000))


def reassignment(known: Knowledge, dice: Prng) -> Any:
    """Replicas moved to where they are, or to brokers that do not exist, or no more."""
    request = messages.AlterPartitionReassignmentsRequest
    topics = [
        request.ReassignableTopic(
            name, [request.ReassignablePartition(dice.below(3), ([1], [2], [1, 2], None)[dice.below(4)]) for _ in range(1)]
        )
        for name in dict.fromkeys([_any_name(known, dice) for _ in range(1 + dice.below(2))])
    ]
    return request(5_000, dice.chance(1, 2), topics)


def reassignments(known: Knowledge, dice: Prng) -> Any:
    """What is on its way."""
    request = messages.ListPartitionReassignmentsRequest
    return request(5_000, None if dice.below(2) else [request.ListPartitionReassignmentsTopics(_any_name(known, dice), [0, 1])])


def epochs(known: Knowledge, dice: Prng) -> Any:
    """Where leader epochs ended."""
    request = messages.OffsetForLeaderEpochRequest
    topics = [
        request.OffsetForLeaderTopic(
            name,
            [
                request.OffsetForLeaderPartition(index, -1 if dice.below(4) else dice.below(6), dice.below(5) - dice.below(2))
                for index in range(1 + dice.below(3))
            ],
        )
        for name in (known.lasting if dice.below(4) else known.names(dice))
    ]
    return request(-1, topics)


def producers(known: Knowledge, dice: Prng) -> Any:
    """Who writes where."""
    request = messages.DescribeProducersRequest
    return request([request.TopicRequest(name, list(range(1 + dice.below(3)))) for name in known.names(dice)])


def log_dirs(known: Knowledge, dice: Prng) -> Any:
    """How much room everything takes."""
    request = messages.DescribeLogDirsRequest
    return request([request.DescribableLogDirTopic(name, [0, 1]) for name in known.names(dice)] if dice.below(2) else None)


def quorum(_known: Knowledge, _dice: Prng) -> Any:
    """Who keeps the metadata."""
    request = messages.DescribeQuorumRequest
    return request([request.TopicData("__cluster_metadata", [request.PartitionData(0)])])


def acls(_known: Knowledge, _dice: Prng) -> Any:
    """Who may do what: nobody keeps a list of that."""
    return messages.DescribeAclsRequest(1, None, 1, None, None, 1, 1)


def broken(known: Knowledge, dice: Prng) -> Any:
    """Batches in any codec whose insides are not what their header says, some of which are well."""
    request = messages.ProduceRequest
    name = known.passing[dice.below(2)] if known.passing else known.lasting[0]
    data = [request.PartitionProduceData(index, _broken_batch(dice)) for index in range(1 + dice.below(3))]
    return request(None, (-1, 1)[dice.below(2)], dice.below(2_000), [request.TopicProduceData(name, known.topic_id(name, dice), data)])


def famine(known: Knowledge, dice: Prng) -> Any:
    """Less than nothing is asked for."""
    request = messages.FetchRequest
    name = known.lasting[dice.below(len(known.lasting))]
    part = request.FetchPartition(0, fetch_offset=0, partition_max_bytes=-1)
    topic = request.FetchTopic(name, known.topic_id(name, dice), [part])
    return request(session_id=0, session_epoch=-1, max_wait_ms=0, min_bytes=0, topics=[topic])


def session(known: Knowledge, dice: Prng) -> Any:
    """A fetch session of our own, in which at last nothing is wanted any more."""
    request = messages.FetchRequest
    name = known.lasting[0]
    topic_id = known.ids.get(name, ZERO_UUID)
    if not known.sessions:
        topic = request.FetchTopic(name, topic_id, [request.FetchPartition(0, fetch_offset=0, partition_max_bytes=1)])
        return request(session_id=0, session_epoch=0, max_wait_ms=0, min_bytes=0, topics=[topic])
    forgotten = request.ForgottenTopic(name, topic_id, [0])
    return request(
        session_id=known.sessions.pop(),
        session_epoch=1,
        max_wait_ms=dice.below(2),
        min_bytes=0,
        topics=[],
        forgotten_topics_data=[forgotten],
    )


def twice(known: Knowledge, dice: Prng) -> Any:
    """One partition is named twice."""
    request = messages.ListOffsetsRequest
    parts = [request.ListOffsetsPartition(0, -1, -1 - dice.below(3)) for _ in range(2)]
    return request(-1, 0, [request.ListOffsetsTopic(known.lasting[0], parts)])


ADMINISTRATION: dict[str, Callable[[Knowledge, Prng], Any]] = {
    question.__name__: question
    for question in (
        alteration, replacement, settings, resources, growth, quota, quotas, credential, credentials, feature, election, reassignment,
        reassignments, epochs, producers, log_dirs, quorum, acls, broken, famine, session, twice,
    )
}  # fmt: skip


def _any_name(known: Knowledge, dice: Prng) -> str:
    names = (*known.passing, *known.passing, *known.lasting)
    return names[dice.below(len(names))] if dice.below(12) else STRANGE_NAMES[dice.below(len(STRANGE_NAMES))]


def _resources(known: Knowledge, dice: Prng) -> list[tuple[int, str]]:
    """One or two different ones."""
    found: dict[tuple[int, str], None] = {}
    for _ in range(1 + dice.below(2)):
        choice = dice.below(8)
        if choice == 0:
            found[BROKER, EVERYBODY] = None
        elif choice == 1:
            found[BROKER, ("1", "1", "1", "2")[dice.below(4)]] = None
        else:
            found[TOPIC, _any_name(known, dice)] = None
    return list(found)


def _setting(known: Knowledge, dice: Prng, kind: int, name: str) -> Setting:
    """One setting that a resource may have, and now and then one that it may not."""
    if dice.below(10) == 0:
        return (("max.message.bytes", "many"), ("no.such.config", "1"), ("min.insync.replicas", "0"))[dice.below(3)]
    choices = _BROKER_SETTINGS if kind == BROKER else _TOPIC_SETTINGS if name in known.passing else _TOPIC_SETTINGS[:_HARMLESS]
    return choices[dice.below(len(choices))](dice)


_TOPIC_SETTINGS: tuple[Callable[[Prng], Setting], ...] = (
    lambda dice: ("compression.type", CODEC_NAMES[dice.below(len(CODEC_NAMES))]),
    lambda dice: ("compression.type", CODEC_NAMES[dice.below(len(CODEC_NAMES))]),
    lambda dice: ("message.timestamp.type", ("LogAppendTime", "CreateTime")[dice.below(2)]),
    lambda dice: ("min.insync.replicas", str(1 + dice.below(3))),
    lambda dice: ("segment.bytes", str((1 << 20) + dice.below(1 << 20))),
    lambda dice: ("retention.ms", str(WEEK_MS + dice.below(1 << 30))),
    lambda dice: ("max.message.bytes", str(100 + dice.below(400) if dice.below(2) else 100_000 + dice.below(1 << 20))),
    lambda dice: ("retention.bytes", str(500 + dice.below(4_000))),
    lambda dice: ("retention.ms", str(1 + dice.below(1_000))),
    lambda dice: ("cleanup.policy", ("delete", "compact", "compact,delete")[dice.below(3)]),
    lambda dice: ("max.compaction.lag.ms", str(1 + dice.below(2_000))),
    lambda dice: ("message.timestamp.before.max.ms", str(1 + dice.below(1 << 20))),
)
_HARMLESS = 5
"""So many of these do not let go of records, and refuse none that a writer sends."""

_BROKER_SETTINGS: tuple[Callable[[Prng], Setting], ...] = (
    lambda dice: ("compression.type", CODEC_NAMES[dice.below(len(CODEC_NAMES))]),
    lambda dice: ("log.message.timestamp.type", ("LogAppendTime", "CreateTime")[dice.below(2)]),
    lambda dice: ("min.insync.replicas", str(1 + dice.below(3))),
    lambda dice: ("message.max.bytes", str(100_000 + dice.below(1 << 20))),
    lambda dice: ("log.retention.ms", str(WEEK_MS + dice.below(1 << 30))),
    lambda dice: ("log.cleaner.backoff.ms", str(100 + dice.below(1 << 14))),
)


def _entity(dice: Prng) -> list[tuple[str, str | None]]:
    choice = dice.below(6)
    user = USERS[dice.below(len(USERS))] if dice.below(4) else None
    client = CLIENTS[dice.below(len(CLIENTS))] if dice.below(4) else None
    if choice == 0:
        return [("ip", ADDRESSES[dice.below(len(ADDRESSES))] if dice.below(4) else None)]
    if choice < 3:
        return [("user", user)]
    return [("client-id", client)] if choice == 3 else [("user", user), ("client-id", client)]


def _broken_batch(dice: Prng) -> bytes:
    """A batch without a codec in which one byte is another, or whose header has another count or time, with a checksum that is right."""
    now = WALL_ORIGIN // 1_000 + dice.below(4_000)
    records = [
        Record(b"key-%d" % dice.below(4), bytes(dice.below(60)), (("h", b"x"),) if dice.below(2) else (), now - dice.below(9), 0)
        for _ in range(1 + dice.below(4))
    ]
    codec = tuple(Codec)[dice.below(len(Codec))] if dice.below(2) else Codec.NONE
    batch = bytearray(encode_batch(records, codec=codec))
    flaw = dice.below(4)
    if flaw == 0:
        batch[HEADER_BYTES + dice.below(len(batch) - HEADER_BYTES)] ^= 1 << dice.below(8)
    elif flaw == 1:
        batch = batch[: HEADER_BYTES + dice.below(len(batch) - HEADER_BYTES)]
        batch[8:12] = (len(batch) - 12).to_bytes(4, "big")
    elif flaw == 2:
        batch[35:43] = (now + dice.below(1_000)).to_bytes(8, "big")
    batch[17:21] = crc32c(memoryview(bytes(batch))[21:]).to_bytes(4, "big")
    return bytes(batch)
