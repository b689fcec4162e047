"""Metadata as bytes: what clients are told of topics, encoded once and kept until it changes.

A client that starts, and every client after every hiccup, asks for all topics it uses, often for all there are. What it is told of a topic
depends on the version, the listener, and whether it wants to know what it may do: for each such `Manner` the topic's bytes are kept, and an
answer is these pieces, joined. `forget` drops what a delta of the image has changed.

No layout is written down here. What surrounds a topic in an answer, and a partition in a topic, is found by encoding an answer without any
and one with one; only a partition's first six bytes (an error code and the index) are put in by hand. Most partitions of a cluster say the
same but for their index, so that is encoded once, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, cast
from uuid import UUID

from attrs import define, field, frozen

from streambus.kernel import Part
from streambus.metadata.delta import Delta
from streambus.metadata.image import Image
from streambus.metadata.registrations import PartitionRegistration, TopicImage
from streambus.metadata.topic_metadata import (
    cluster_metadata,
    describe_partition,
    describe_topic,
    known_topics,
    metadata_refusal,
    topic_operations,
    unknown_topics,
)
from streambus.wire import messages
from streambus.wire.primitives import varint

MetadataResponse = messages.MetadataResponse
Topic = MetadataResponse.MetadataResponseTopic

FLEXIBLE_SINCE = 9
MANNERS_MAX = 16
"""In how many manners topics are kept: versions of the clients in use, listeners. Above it all begins anew."""

INDEX_AT, INDEX_END = 2, 6
"""Where a partition's index lies among its bytes, behind the error code."""


@frozen
class Manner:
    """How topics are told: what their bytes depend on besides themselves."""

    version: int
    listener: str
    operations: int


@define
class Kept:
    """What is kept of one manner."""

    topics: dict[UUID, bytes] = field(factory=dict)
    partitions: dict[tuple[int, int, tuple[int, ...], tuple[int, ...]], tuple[bytes, bytes]] = field(factory=dict)
    """What stands before and behind a partition's index, by leader, leader epoch, replicas and in-sync replicas."""


class EncodedTopics:
    """The topics of one image, encoded in the manners in which they were asked for."""

    def __init__(self) -> None:
        self.kept: dict[Manner, Kept] = {}

    def forget(self, delta: Delta) -> None:
        """The image has changed: what is not true any more is encoded anew when somebody asks."""
        if delta.brokers_changed:
            self.kept.clear()
        for kept in self.kept.values():
            for topic_id in delta.topics_deleted:
                kept.topics.pop(topic_id, None)
            for topic_id, _ in delta.partitions_changed:
                kept.topics.pop(topic_id, None)

    def pieces(self, image: Image, topics: Iterable[TopicImage], manner: Manner) -> list[bytes]:
        """The bytes of `topics`, each of its own."""
        if len(self.kept) >= MANNERS_MAX and manner not in self.kept:
            self.kept.clear()
        kept = self.kept.setdefault(manner, Kept())
        pieces = []
        for topic in topics:
            piece = kept.topics.get(topic.topic_id)
            if piece is None:
                piece = kept.topics[topic.topic_id] = _encode_topic(image, topic, manner, kept)
            pieces.append(piece)
        return pieces


@frozen
class EncodedMetadata:
    """An answer whose known topics are bytes already. To be encoded is all it can do; in that it is like a message."""

    FLEXIBLE: ClassVar[range] = MetadataResponse.FLEXIBLE
    HAS_RECORDS: ClassVar[bool] = False

    rest: MetadataResponse
    """Everything else; the topics in it are unknown ones, which come last."""

    known_topics: list[bytes]

    def encode_into(self, pieces: list[Part], version: int) -> None:
        """Append the answer in `version` to `pieces`."""
        whole = _bytes(self.rest.encode(version))
        tail, count = _answer_tail(version), _count(len(self.rest.topics), version)
        unknown = b"".join(_topic_bytes(topic, version) for topic in self.rest.topics)
        end_of_unknown = len(whole) - tail
        head = end_of_unknown - len(unknown) - len(count)
        total = _count(len(self.rest.topics) + len(self.known_topics), version)
        pieces += [whole[:head], total, *self.known_topics, unknown, whole[end_of_unknown:]]


def encoded_metadata(
    encoded: EncodedTopics,
    image: Image,
    request: messages.MetadataRequest,
    api_version: int,
    *,
    listener: str,
    cluster_id: str,
    controller_id: int,
) -> MetadataResponse | EncodedMetadata:
    """What `topic_metadata` says, as an answer that is quickly encoded."""
    refusal = metadata_refusal(request, api_version)
    if refusal is not None:
        return refusal
    rest = cluster_metadata(
        image,
        request,
        api_version,
        unknown_topics(image, request, api_version),
        listener=listener,
        cluster_id=cluster_id,
        controller_id=controller_id,
    )
    manner = Manner(api_version, listener, topic_operations(request))
    return EncodedMetadata(rest, encoded.pieces(image, known_topics(image, request, api_version), manner))


def _encode_topic(image: Image, topic: TopicImage, manner: Manner, kept: Kept) -> bytes:
    described = describe_topic(image, TopicImage(topic.name, topic.topic_id), manner.version, manner.listener, manner.operations)
    empty = _topic_bytes(described, manner.version)
    head = len(empty) - _topic_tail(manner.version) - _count_bytes(manner.version)
    pieces = [empty[:head], _count(len(topic), manner.version)]
    for index, partition in topic.partitions.items():
        look = (partition.leader, partition.leader_epoch, partition.replicas, partition.isr)
        around = kept.partitions.get(look)
        if around is None:
            around = kept.partitions[look] = _around_index(image, partition, described, manner)
        pieces += [around[0], index.to_bytes(4, "big"), around[1]]
    pieces.append(empty[len(empty) - _topic_tail(manner.version) :])
    return b"".join(pieces)


def _around_index(image: Image, partition: PartitionRegistration, topic: Topic, manner: Manner) -> tuple[bytes, bytes]:
    """What stands before and behind the index of such a partition, in any topic."""
    empty = _topic_bytes(topic, manner.version)
    topic.partitions = [describe_partition(image, 0, partition, manner.version, manner.listener)]
    single = _topic_bytes(topic, manner.version)
    topic.partitions = []
    tail = _topic_tail(manner.version)
    encoded = single[len(empty) - tail : len(single) - tail]
    return encoded[:INDEX_AT], encoded[INDEX_END:]


def _topic_bytes(topic: Topic, version: int) -> bytes:
    """A topic as it stands in an answer."""
    tail = _answer_tail(version)
    start = len(_bytes(MetadataResponse().encode(version))) - tail
    answer = _bytes(MetadataResponse(topics=[topic]).encode(version))
    return answer[start : len(answer) - tail]


def _bytes(parts: list[Part]) -> bytes:
    return b"".join(cast("list[bytes]", parts))


def _answer_tail(version: int) -> int:
    """How many bytes follow the topics: what may be done to the cluster, the error of version 13, tags."""
    return 4 * (8 <= version <= 10) + 2 * (version >= 13) + (version >= FLEXIBLE_SINCE)


def _topic_tail(version: int) -> int:
    """How many bytes follow the partitions: what may be done to the topic, tags."""
    return 4 * (version >= 8) + (version >= FLEXIBLE_SINCE)


def _count_bytes(version: int) -> int:
    """How many bytes a small count takes."""
    return 1 if version >= FLEXIBLE_SINCE else 4


def _count(count: int, version: int) -> bytes:
    return varint(count + 1) if version >= FLEXIBLE_SINCE else count.to_bytes(4, "big")
