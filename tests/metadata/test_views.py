"""Metadata, DescribeCluster and DescribeTopicPartitions: an image as clients see it."""

from typing import Any
from uuid import UUID

import pytest
from metadata_cluster import Cluster, assigned, topic

from streambus.metadata import NO_LEADER, Endpoint, describe_cluster, describe_topic_partitions, missing_topics, topic_metadata
from streambus.metadata.authorized_operations import ALL_CLUSTER_OPERATIONS, ALL_TOPIC_OPERATIONS, NOT_ASKED_FOR
from streambus.wire import ErrorCode, messages

Asked = messages.MetadataRequest.MetadataRequestTopic
NOBODY = UUID(int=12345)
NO_ID = UUID(int=0)


def metadata(cluster: Cluster, *topics: Asked, version: int = 13, listener: str = "PLAINTEXT", everything: bool = False, **asked: Any):
    request = messages.MetadataRequest(topics=None if everything else list(topics), **asked)
    response = topic_metadata(cluster.image, request, version, listener=listener, cluster_id="c", controller_id=1)
    assert response.encode(version)
    return response


def codes(response: messages.MetadataResponse) -> list[tuple[str | None, int]]:
    return [(found.name, found.error_code) for found in response.topics]


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster()
    cluster.create(topic("b", 2), topic("a"), topic("c"))
    return cluster


# Metadata --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", range(14))
def test_all_topics_are_told_in_the_order_of_names(cluster: Cluster, version: int):
    response = metadata(cluster, version=version, everything=version > 0)
    assert codes(response) == [("a", 0), ("b", 0), ("c", 0)]
    assert [(broker.node_id, broker.host, broker.port, broker.rack) for broker in response.brokers] == [(1, "host-1", 9092, None)]
    assert (response.cluster_id, response.controller_id) == ("c", 1)
    partition = response.topics[1].partitions[1]
    assert (partition.partition_index, partition.leader_id, partition.leader_epoch) == (1, 1, 0)
    assert (partition.replica_nodes, partition.isr_nodes, partition.offline_replicas) == ([1], [1], [])


def test_from_version_1_on_an_empty_list_is_no_topic(cluster: Cluster):
    assert metadata(cluster, version=1).topics == []


@pytest.mark.parametrize("version", [0, 4, 9, 12])
def test_topics_by_name_come_with_unknown_ones_last(cluster: Cluster, version: int):
    asked = [Asked(name=name) for name in ("zoo", "c", "no/name", "a", "a")]
    assert codes(metadata(cluster, *asked, version=version)) == [
        ("a", ErrorCode.NONE),
        ("c", ErrorCode.NONE),
        ("no/name", ErrorCode.INVALID_TOPIC_EXCEPTION),
        ("zoo", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
    ]


def test_topics_by_id_are_told_with_their_names(cluster: Cluster):
    c_id = cluster.image.topics["c"].topic_id
    response = metadata(cluster, Asked(topic_id=NOBODY, name=None), Asked(topic_id=c_id, name=None))
    assert [(found.name, found.topic_id, found.error_code) for found in response.topics] == [
        ("c", c_id, ErrorCode.NONE),
        (None, NOBODY, ErrorCode.UNKNOWN_TOPIC_ID),
    ]


def test_one_id_makes_the_request_one_by_ids(cluster: Cluster):
    c_id = cluster.image.topics["c"].topic_id
    assert codes(metadata(cluster, Asked(name="a"), Asked(topic_id=c_id, name=None))) == [("c", ErrorCode.NONE)]


@pytest.mark.parametrize("asked", [Asked(topic_id=NOBODY, name="a"), Asked(name=None)])
def test_ids_are_not_for_versions_10_and_11(cluster: Cluster, asked: Asked):
    response = metadata(cluster, asked, version=10)
    assert codes(response) == [(asked.name or "", ErrorCode.INVALID_REQUEST)]
    assert response.brokers == []


def test_authorized_operations_are_told_to_those_who_ask(cluster: Cluster):
    plain = metadata(cluster, Asked(name="a"), version=8)
    assert (plain.cluster_authorized_operations, plain.topics[0].topic_authorized_operations) == (NOT_ASKED_FOR, NOT_ASKED_FOR)
    asked = metadata(
        cluster,
        Asked(name="a"),
        Asked(name="zoo"),
        version=8,
        include_cluster_authorized_operations=True,
        include_topic_authorized_operations=True,
    )
    assert asked.cluster_authorized_operations == ALL_CLUSTER_OPERATIONS == 8096
    assert [found.topic_authorized_operations for found in asked.topics] == [ALL_TOPIC_OPERATIONS] * 2
    assert ALL_TOPIC_OPERATIONS == 3576


def test_internal_topics_are_marked(cluster: Cluster):
    cluster.create(topic("__consumer_offsets"))
    assert [found.is_internal for found in metadata(cluster, Asked(name="__consumer_offsets"), Asked(name="a")).topics] == [True, False]


def test_missing_topics_are_those_that_may_be_created(cluster: Cluster):
    def missing(*topics: Asked, allow: bool = True, version: int = 12) -> list[str]:
        request = messages.MetadataRequest(topics=list(topics), allow_auto_topic_creation=allow)
        return missing_topics(cluster.image, request, version)

    asked = (Asked(name="y"), Asked(name="x"), Asked(name="x"), Asked(name="a"))
    assert missing(*asked) == ["x", "y"]
    assert missing(*asked, allow=False) == []
    assert missing(Asked(topic_id=NOBODY, name=None)) == []
    assert missing(version=0) == []


def test_every_listener_is_told_its_own_address():
    cluster = Cluster(brokers=0)
    cluster.register(1, Endpoint("INSIDE", "in", 1), Endpoint("OUTSIDE", "out", 2))
    cluster.register(2, Endpoint("INSIDE", "in", 3))
    assert [(broker.node_id, broker.port) for broker in metadata(cluster, listener="INSIDE").brokers] == [(1, 1), (2, 3)]
    assert [(broker.node_id, broker.port) for broker in metadata(cluster, listener="OUTSIDE").brokers] == [(1, 2)]


def partition_on(cluster: Cluster, version: int, listener: str = "PLAINTEXT"):
    return metadata(cluster, Asked(name="t"), version=version, listener=listener).topics[0].partitions[0]


def test_replicas_on_brokers_that_do_not_serve_are_offline():
    cluster = Cluster(brokers=2)
    cluster.create(assigned("t", (0, [1, 2])))
    cluster.fence(2)
    now = partition_on(cluster, 1)
    assert (now.error_code, now.replica_nodes, now.isr_nodes, now.offline_replicas) == (ErrorCode.NONE, [1, 2], [1, 2], [2])
    then = partition_on(cluster, 0)
    assert (then.error_code, then.replica_nodes, then.isr_nodes) == (ErrorCode.REPLICA_NOT_AVAILABLE, [1], [1])


@pytest.mark.parametrize(("version", "error"), [(5, ErrorCode.LEADER_NOT_AVAILABLE), (6, ErrorCode.LISTENER_NOT_FOUND)])
def test_a_leader_without_the_listener_cannot_be_used(version: int, error: ErrorCode):
    cluster = Cluster()
    cluster.create(topic("t"))
    found = partition_on(cluster, version, "OTHER")
    assert (found.error_code, found.leader_id, found.offline_replicas) == (error, NO_LEADER, [1])


def test_a_partition_without_a_leader_says_so():
    cluster = Cluster()
    cluster.create(topic("t"))
    cluster.append(messages.PartitionChangeRecord(partition_id=0, topic_id=cluster.image.topics["t"].topic_id, leader=NO_LEADER))
    found = partition_on(cluster, 13)
    assert (found.error_code, found.leader_id, found.leader_epoch) == (ErrorCode.LEADER_NOT_AVAILABLE, NO_LEADER, 1)


# DescribeCluster -------------------------------------------------------------------------------------------------------


def cluster_of(cluster: Cluster, version: int = 2, **asked: Any) -> messages.DescribeClusterResponse:
    request = messages.DescribeClusterRequest(**asked)
    response = describe_cluster(cluster.image, request, listener="PLAINTEXT", cluster_id="c", controller_id=1)
    assert response.encode(version)
    return response


@pytest.mark.parametrize("version", range(3))
def test_the_cluster_is_its_serving_brokers(version: int):
    cluster = Cluster(brokers=3)
    cluster.fence(2)
    cluster.register(4, Endpoint("OTHER", "elsewhere", 1))
    response = cluster_of(cluster, version)
    assert (response.error_code, response.cluster_id, response.controller_id) == (ErrorCode.NONE, "c", 1)
    assert [(broker.broker_id, broker.host, broker.port) for broker in response.brokers] == [(1, "host-1", 9092), (3, "host-3", 9092)]
    assert response.cluster_authorized_operations == NOT_ASKED_FOR


def test_fenced_brokers_and_operations_are_told_to_those_who_ask():
    cluster = Cluster(brokers=2)
    cluster.fence(2)
    response = cluster_of(cluster, include_fenced_brokers=True, include_cluster_authorized_operations=True)
    assert [(broker.broker_id, broker.is_fenced) for broker in response.brokers] == [(1, False), (2, True)]
    assert response.cluster_authorized_operations == ALL_CLUSTER_OPERATIONS


@pytest.mark.parametrize(("kind", "error"), [(2, ErrorCode.MISMATCHED_ENDPOINT_TYPE), (7, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE)])
def test_a_broker_describes_brokers_only(kind: int, error: ErrorCode):
    response = cluster_of(Cluster(), endpoint_type=kind)
    assert (response.error_code, response.brokers) == (error, [])
    assert response.error_message


# DescribeTopicPartitions -----------------------------------------------------------------------------------------------

Page = tuple[list[tuple[str | None, int, list[int]]], tuple[str, int] | None]


def page(cluster: Cluster, *names: str, limit: int = 2000, cursor: tuple[str, int] | None = None) -> Page:
    request = messages.DescribeTopicPartitionsRequest(
        topics=[messages.DescribeTopicPartitionsRequest.TopicRequest(name=name) for name in names],
        response_partition_limit=limit,
        cursor=None if cursor is None else messages.DescribeTopicPartitionsRequest.Cursor(topic_name=cursor[0], partition_index=cursor[1]),
    )
    response = describe_topic_partitions(cluster.image, request, listener="PLAINTEXT")
    assert response.encode(0)
    topics = [(found.name, int(found.error_code), [part.partition_index for part in found.partitions]) for found in response.topics]
    following = response.next_cursor
    return topics, None if following is None else (following.topic_name, following.partition_index)


def test_topics_are_described_in_the_order_of_names_each_once(cluster: Cluster):
    assert page(cluster) == ([("a", 0, [0]), ("b", 0, [0, 1]), ("c", 0, [0])], None)
    assert page(cluster, "c", "a", "c") == ([("a", 0, [0]), ("c", 0, [0])], None)


def test_unknown_topics_are_errors_where_they_stand(cluster: Cluster):
    assert page(cluster, "c", "bb", "a/") == (
        [("a/", ErrorCode.INVALID_TOPIC_EXCEPTION, []), ("bb", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, []), ("c", 0, [0])],
        None,
    )


@pytest.mark.parametrize("limit", [-1, 0, 1, 2, 3, 4, 5])
def test_pages_together_are_the_whole(cluster: Cluster, limit: int):
    described: list[tuple[str | None, int]] = []
    cursor: tuple[str, int] | None = None
    for _ in range(10):
        topics, cursor = page(cluster, limit=limit, cursor=cursor)
        assert 0 < sum(len(partitions) for _, _, partitions in topics) <= max(limit, 1)
        described += [(name, index) for name, _, partitions in topics for index in partitions]
        if cursor is None:
            break
    assert described == [("a", 0), ("b", 0), ("b", 1), ("c", 0)]


def test_the_broker_limits_pages_too():
    cluster = Cluster(properties=[("max.request.partition.size.limit", "2")])
    cluster.create(topic("a", 3))
    assert page(cluster) == ([("a", 0, [0, 1])], ("a", 2))


def test_a_cursor_behind_the_last_partition_goes_on_with_the_next_topic(cluster: Cluster):
    assert page(cluster, cursor=("a", 5)) == ([("a", 0, []), ("b", 0, [0, 1]), ("c", 0, [0])], None)
    assert page(cluster, cursor=("aa", 5)) == ([("b", 0, [0, 1]), ("c", 0, [0])], None)


@pytest.mark.parametrize("cursor", [("a", -1), ("b", 0)])
def test_a_cursor_that_points_nowhere_is_refused(cluster: Cluster, cursor: tuple[str, int]):
    assert page(cluster, "a", "c", cursor=cursor) == ([("a", ErrorCode.INVALID_REQUEST, []), ("c", ErrorCode.INVALID_REQUEST, [])], None)


def test_a_partition_is_described_with_all_its_sets():
    cluster = Cluster(brokers=2)
    cluster.create(assigned("t", (0, [1, 2])))
    cluster.fence(1)
    request = messages.DescribeTopicPartitionsRequest()
    (found,) = describe_topic_partitions(cluster.image, request, listener="PLAINTEXT").topics
    (partition,) = found.partitions
    assert (found.topic_id, found.topic_authorized_operations) == (cluster.image.topics["t"].topic_id, ALL_TOPIC_OPERATIONS)
    assert (partition.leader_id, partition.replica_nodes, partition.isr_nodes) == (NO_LEADER, [1, 2], [1, 2])
    assert (partition.offline_replicas, partition.eligible_leader_replicas, partition.last_known_elr) == ([1], [], [])
