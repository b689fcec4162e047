"""Metadata as bytes: the very bytes of the plain answer, whatever happened in between."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metadata_cluster import Cluster, assigned, topic

from streambus.metadata import Delta, EncodedMetadata, EncodedTopics, Endpoint, Image, encoded_metadata, topic_metadata
from streambus.metadata.encoded_metadata import MANNERS_MAX
from streambus.wire import ZERO_UUID, messages

REQUEST = messages.MetadataRequest
LISTENERS = ("PLAINTEXT", "INSIDE", "NOWHERE")
SAID = {"cluster_id": "cluster", "controller_id": 1}


def cluster_of_three() -> Cluster:
    """Three brokers, of which one has a second listener; topics of several shapes."""
    cluster = Cluster(brokers=1)
    cluster.register(2, Endpoint("PLAINTEXT", "two", 9092), Endpoint("INSIDE", "inside", 9093), rack="r2")
    cluster.register(3)
    cluster.create(topic("a", 1), topic("many", 200, 2), assigned("b", (0, (2, 3)), (1, (3, 1))), topic("__consumer_offsets", 2))
    return cluster


def encoded(answer: Any, version: int) -> bytes:
    pieces: list[Any] = []
    answer.encode_into(pieces, version)
    return b"".join(pieces)


def asked_topics(image: Image) -> st.SearchStrategy[list[REQUEST.MetadataRequestTopic] | None]:
    names = st.sampled_from(("a", "b", "many", "__consumer_offsets", "unknown", "in valid", ""))
    ids = st.sampled_from([*image.topics_by_id, UUID(int=7)])
    by_name = st.builds(REQUEST.MetadataRequestTopic, name=names)
    by_id = st.builds(REQUEST.MetadataRequestTopic, name=st.none(), topic_id=ids | st.just(ZERO_UUID))
    return st.none() | st.lists(by_name, max_size=5) | st.lists(by_id, max_size=3)


CLUSTER = cluster_of_three()
SHARED = EncodedTopics()


@settings(deadline=None, max_examples=300)
@given(
    version=st.integers(0, 13),
    topics=asked_topics(CLUSTER.image),
    listener=st.sampled_from(LISTENERS),
    for_topics=st.booleans(),
    for_cluster=st.booleans(),
)
def test_the_bytes_are_those_of_the_plain_answer(version: int, topics: Any, listener: str, for_topics: bool, for_cluster: bool):
    request = REQUEST(
        topics=topics, include_topic_authorized_operations=for_topics and version >= 8, include_cluster_authorized_operations=for_cluster
    )
    plain = topic_metadata(CLUSTER.image, request, version, listener=listener, **SAID)
    answer = encoded_metadata(SHARED, CLUSTER.image, request, version, listener=listener, **SAID)
    assert encoded(answer, version) == encoded(plain, version)
    assert answer.FLEXIBLE == plain.FLEXIBLE


def everything(cluster: Cluster, kept: EncodedTopics, listener: str = "PLAINTEXT") -> messages.MetadataResponse:
    """What a client is told, which must be what is true."""
    request = REQUEST(topics=None)
    answer = encoded_metadata(kept, cluster.image, request, 12, listener=listener, **SAID)
    assert isinstance(answer, EncodedMetadata)
    plain = topic_metadata(cluster.image, request, 12, listener=listener, **SAID)
    assert encoded(answer, 12) == encoded(plain, 12)
    return plain


def test_what_changes_is_encoded_anew():
    cluster, kept = cluster_of_three(), EncodedTopics()
    everything(cluster, kept)

    def follow(*records: Any) -> None:
        kept.forget(cluster.append(*records))
        everything(cluster, kept)

    a, many = cluster.image.topics["a"].topic_id, cluster.image.topics["many"].topic_id
    follow(messages.PartitionChangeRecord(partition_id=0, topic_id=a, leader=cluster.image.topics["a"].partitions[0].leader))
    follow(messages.RemoveTopicRecord(topic_id=many))
    follow(messages.FenceBrokerRecord(id=3, epoch=cluster.image.brokers[3].broker_epoch))


def test_a_delta_about_something_else_leaves_everything_as_it_is():
    cluster, kept = cluster_of_three(), EncodedTopics()
    everything(cluster, kept)
    (before,) = [dict(manner.topics) for manner in kept.kept.values()]
    kept.forget(Delta())
    everything(cluster, kept)
    (after,) = [manner.topics for manner in kept.kept.values()]
    assert all(after[topic_id] is piece for topic_id, piece in before.items())
    assert len(after) == len(before) == 4


@pytest.mark.parametrize("listeners", [MANNERS_MAX + 1])
def test_no_more_manners_are_kept_than_may_be(listeners: int):
    cluster, kept = cluster_of_three(), EncodedTopics()
    for number in range(listeners):
        everything(cluster, kept, f"L{number}")
    assert len(kept.kept) == 1
