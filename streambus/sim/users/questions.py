"""Questions: requests of every kind that an inquirer may ask, drawn with what it knows of the cluster. Some make no sense: those have
answers, too. Nothing here changes the topics on which the history is judged, only those that come and go.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import attrs

from streambus.kernel import Prng
from streambus.records import Codec, Record, encode_batch
from streambus.sim.host import WALL_ORIGIN
from streambus.wire import ZERO_UUID, messages

STRANGE_NAMES = ("", ".", "nobody-made-this", "no spaces", "x" * 250, "__cluster_metadata", "side_a")
STRANGE_OFFSETS = (-1, 0, 1, 1 << 40)
REMEMBERED = 16
PRODUCERS_MAX = 2
SETTINGS = (
    ("message.timestamp.type", "LogAppendTime"),
    ("max.message.bytes", "300"),
    ("message.timestamp.before.max.ms", "1"),
    ("message.timestamp.after.max.ms", "1"),
    ("retention.ms", "-1"),
    ("retention.bytes", "2000"),
    ("cleanup.policy", "compact"),
    ("cleanup.policy", "delete"),
    ("max.message.bytes", "many"),
)
"""The last one is refused."""

LONELY_TOPIC = "side-c"
"""Needs two replicas, where there is only one. No writer uses it: it would try again for minutes."""


@attrs.frozen
class Knowledge:
    """Names of topics that stay and of those that come and go, which ids have been told for them, and numbers at which something ends:
    there mistakes are made."""

    lasting: tuple[str, ...]
    passing: tuple[str, ...]
    ids: dict[str, UUID] = attrs.field(factory=dict)
    sizes: list[int] = attrs.field(factory=list)
    """Of what was fetched."""
    marks: list[int] = attrs.field(factory=list)
    """Offsets: high watermarks and one or two beside them."""
    producers: list[int] = attrs.field(factory=list)
    """Producer ids of our own, to be used as badly as possible."""
    sessions: list[int] = attrs.field(factory=list)
    """Fetch sessions of our own that nothing was asked in yet."""

    def name(self, dice: Prng) -> str:
        """Some topic, real or not."""
        choice = dice.below(8)
        if choice == 0:
            return STRANGE_NAMES[dice.below(len(STRANGE_NAMES))]
        names = self.passing if choice < 3 else self.lasting
        return names[dice.below(len(names))]

    def names(self, dice: Prng) -> tuple[str, ...]:
        """One to four different topics."""
        return tuple(dict.fromkeys([self.name(dice) for _ in range(1 + dice.below(4))]))

    def passing_name(self, dice: Prng) -> str:
        """A topic that comes and goes, or none."""
        names = self.passing if dice.below(4) else STRANGE_NAMES
        return names[dice.below(len(names))]

    def topic_id(self, name: str, dice: Prng) -> UUID:
        """The id of a topic as far as it is known; now and then another one."""
        return self.ids.get(name, ZERO_UUID) if dice.below(8) else UUID(int=1 + dice.below(1_000))


def fetch(known: Knowledge, dice: Prng) -> Any:
    """A fetch without a session, from anywhere, with little room for an answer."""
    request = messages.FetchRequest
    topics = [
        request.FetchTopic(
            name,
            known.topic_id(name, dice),
            [
                request.FetchPartition(
                    partition=index,
                    current_leader_epoch=_epoch(dice),
                    fetch_offset=_offset(known, dice),
                    last_fetched_epoch=_epoch(dice) if dice.chance(1, 4) else -1,
                    partition_max_bytes=_size(known, dice),
                )
                for index in range(dice.below(4) + 1)
            ],
        )
        for name in known.names(dice)
    ]
    return request(
        session_id=0,
        session_epoch=-1,
        max_wait_ms=dice.below(50),
        min_bytes=dice.below(3),
        max_bytes=_size(known, dice),
        isolation_level=dice.below(2),
        topics=topics,
    )


def produce(known: Knowledge, dice: Prng) -> Any:
    """Batches for several topics that come and go; some of them cannot be appended."""
    request = messages.ProduceRequest
    names = dict.fromkeys([known.passing[dice.below(len(known.passing))] for _ in range(1 + dice.below(3))])
    topics = [
        request.TopicProduceData(
            name,
            known.topic_id(name, dice),
            [request.PartitionProduceData(index, _batch(known, dice)) for index in range(1 + dice.below(3))],
        )
        for name in names
    ]
    return request(None, (-1, -1, 1, 2)[dice.below(4)], dice.below(2_000), topics)


def offsets(known: Knowledge, dice: Prng) -> Any:
    """Several offsets at once."""
    request = messages.ListOffsetsRequest
    topics = [
        request.ListOffsetsTopic(
            name,
            [request.ListOffsetsPartition(index, _epoch(dice), _timestamp(dice)) for index in range(dice.below(4) + 1)],
        )
        for name in known.names(dice)
    ]
    return request(-1, dice.below(2), topics)


def metadata(known: Knowledge, dice: Prng) -> Any:
    """All topics, none, some by name or some by id."""
    request = messages.MetadataRequest
    choice = dice.below(8)
    if choice < 2:
        return request(topics=None if choice else [], allow_auto_topic_creation=False)
    names = known.names(dice)
    if choice < 4:
        ids = dict.fromkeys([known.topic_id(name, dice) for name in names])
        return request(topics=[request.MetadataRequestTopic(topic_id=topic_id, name=None) for topic_id in ids if topic_id != ZERO_UUID])
    return request(topics=[request.MetadataRequestTopic(name=name) for name in names], allow_auto_topic_creation=False)


def partitions(known: Knowledge, dice: Prng) -> Any:
    """A page of a description."""
    request = messages.DescribeTopicPartitionsRequest
    names = known.names(dice) if dice.below(3) else ()
    cursor = request.Cursor(topic_name=known.name(dice), partition_index=dice.below(4)) if dice.below(3) == 0 else None
    return request(topics=[request.TopicRequest(name=name) for name in names], response_partition_limit=1 + dice.below(8), cursor=cursor)


def configs(known: Knowledge, dice: Prng) -> Any:
    """The settings of topics and brokers."""
    request = messages.DescribeConfigsRequest
    keys = None if dice.below(2) else [SETTINGS[dice.below(len(SETTINGS))][0], "node.id"]
    resources = [
        request.DescribeConfigsResource(resource_type=2, resource_name=name, configuration_keys=keys) for name in known.names(dice)
    ]
    broker = ("1", "2", "", "one")[dice.below(4)]
    resources.append(request.DescribeConfigsResource(resource_type=4, resource_name=broker, configuration_keys=keys))
    return request(resources=resources, include_synonyms=dice.chance(1, 2), include_documentation=dice.chance(1, 8))


def creation(known: Knowledge, dice: Prng) -> Any:
    """Topics with settings, some of which cannot be."""
    request = messages.CreateTopicsRequest
    topics = []
    for name in [known.passing_name(dice) for _ in range(1 + dice.below(2))]:
        setting, value = SETTINGS[dice.below(len(SETTINGS))] if name != LONELY_TOPIC else ("min.insync.replicas", "2")
        topics.append(
            request.CreatableTopic(
                name=name,
                num_partitions=(-1, 0, 1, 3)[dice.below(4)] if dice.below(3) == 0 else 1 + dice.below(3),
                replication_factor=(-1, 0, 1, 2)[dice.below(4)] if dice.below(3) == 0 else 1,
                configs=[request.CreatableTopicConfig(name=setting, value=value)] if dice.below(3) else [],
            )
        )
    return request(topics=topics, timeout_ms=dice.below(5_000), validate_only=dice.chance(1, 4))


def deletion(known: Knowledge, dice: Prng) -> Any:
    """Topics by id or by name."""
    request = messages.DeleteTopicsRequest
    topics = []
    for name in [known.passing_name(dice) for _ in range(1 + dice.below(2))]:
        by_id = dice.chance(1, 2) and name in known.ids
        topics.append(request.DeleteTopicState(name=None if by_id else name, topic_id=known.ids[name] if by_id else ZERO_UUID))
    return request(topics=topics, timeout_ms=dice.below(5_000))


def removal(known: Knowledge, dice: Prng) -> Any:
    """Records of topics that come and go, to be deleted up to some offset."""
    request = messages.DeleteRecordsRequest
    names = dict.fromkeys([known.passing_name(dice) for _ in range(1 + dice.below(2))])
    topics = [
        request.DeleteRecordsTopic(
            name=name,
            partitions=[
                request.DeleteRecordsPartition(partition_index=index, offset=_offset(known, dice) if dice.below(3) else -1)
                for index in range(1 + dice.below(3))
            ],
        )
        for name in names
    ]
    return request(topics=topics, timeout_ms=dice.below(2_000))


def producer_id(_known: Knowledge, dice: Prng) -> Any:
    """One number more, or one for transactions."""
    return messages.InitProducerIdRequest(transactional_id=(None, None, None, "", "t")[dice.below(5)], transaction_timeout_ms=60_000)


def coordinator(_known: Knowledge, dice: Prng) -> Any:
    """Where groups and transactions are at home."""
    return messages.FindCoordinatorRequest(key_type=dice.below(2), coordinator_keys=[f"group-{number}" for number in range(dice.below(4))])


def versions(_known: Knowledge, dice: Prng) -> Any:
    """What is spoken."""
    return messages.ApiVersionsRequest(("inquirer", "no name!")[dice.below(4) // 3], "1.0")


QUESTIONS: dict[str, Callable[[Knowledge, Prng], Any]] = {
    question.__name__: question
    for question in (
        fetch,
        produce,
        offsets,
        metadata,
        partitions,
        configs,
        creation,
        deletion,
        removal,
        producer_id,
        coordinator,
        versions,
    )
}


def learn(known: Knowledge, body: Any) -> None:
    """Remember the topic ids that an answer tells, and sizes and offsets."""
    if isinstance(body, messages.FetchResponse):
        for data in [data for topic in body.responses for data in topic.partitions]:
            known.sizes.append(len(data.records or b""))
            known.marks.append(data.high_watermark)
        if body.session_id and not body.error_code and len(known.sessions) < REMEMBERED:
            known.sessions.append(body.session_id)
        del known.sizes[:-REMEMBERED], known.marks[:-REMEMBERED]
    if isinstance(body, messages.InitProducerIdResponse) and body.producer_id >= 0 and len(known.producers) < PRODUCERS_MAX:
        known.producers.append(body.producer_id)
    for topic in getattr(body, "topics", None) or ():
        topic_id = getattr(topic, "topic_id", ZERO_UUID)
        if topic_id != ZERO_UUID and topic.name:
            known.ids[topic.name] = topic_id


def _batch(known: Knowledge, dice: Prng) -> bytes:
    """One batch, mostly a good one; many are numbered, with few epochs and sequences, so that they meet again."""
    flaw = dice.below(16)
    now = WALL_ORIGIN // 1_000 + dice.below(4_000)
    timestamp = 0 if flaw == 0 else now * 2 if flaw == 1 else now
    records = [Record(None, bytes(dice.below(200)), (), timestamp - dice.below(9), 0) for _ in range(1 + dice.below(4))]
    codec = tuple(Codec)[dice.below(len(Codec))]
    numbers = {}
    if known.producers and dice.below(4):
        number = known.producers[dice.below(len(known.producers))]
        sequence = dice.below(6) if dice.below(4) else (1 << 31) - 1 - dice.below(3)
        numbers = {"producer_id": number, "producer_epoch": dice.below(3), "base_sequence": sequence}
    batch = encode_batch(records, codec=codec, is_transactional=flaw == 2, is_control=flaw == 3, **numbers)
    if flaw == 4:
        return b""
    if flaw == 5:
        return batch + batch
    return batch[:-1] + bytes((batch[-1] ^ 1,)) if flaw == 6 else batch


def _epoch(dice: Prng) -> int:
    return -1 if dice.below(3) else dice.below(8)


def _size(known: Knowledge, dice: Prng) -> int:
    if known.sizes and dice.chance(1, 2):
        return max(0, known.sizes[dice.below(len(known.sizes))] + dice.below(3) - 1)
    return 1 << dice.below(16)


def _offset(known: Knowledge, dice: Prng) -> int:
    if known.marks and dice.chance(1, 2):
        return known.marks[dice.below(len(known.marks))] + dice.below(4) - 2
    return STRANGE_OFFSETS[dice.below(len(STRANGE_OFFSETS))] if dice.chance(1, 4) else dice.below(200)


def _timestamp(dice: Prng) -> int:
    return -1 - dice.below(7) if dice.chance(1, 2) else WALL_ORIGIN // 1_000 + dice.below(4_000)
