"""AlterPartitionReassignments and ListPartitionReassignments: nowhere to go on one broker, and on its way between several."""

import pytest
from metadata_cluster import Cluster, assigned

from streambus.metadata import list_reassignments, reassignments_timed_out
from streambus.wire import ErrorCode, messages

Request = messages.AlterPartitionReassignmentsRequest
ListRequest = messages.ListPartitionReassignmentsRequest


def wish(topic: str, *wishes: tuple[int, list[int] | None]) -> Request.ReassignableTopic:
    partitions = [Request.ReassignablePartition(partition_index=index, replicas=replicas) for index, replicas in wishes]
    return Request.ReassignableTopic(name=topic, partitions=partitions)


def decide(cluster: Cluster, *topics: Request.ReassignableTopic, may_change: bool = True) -> messages.AlterPartitionReassignmentsResponse:
    request = Request(topics=list(topics), allow_replication_factor_change=may_change)
    response = cluster.carry_out(cluster.controller.alter_reassignments(request))
    cluster.image.check()
    return response


def alter(cluster: Cluster, *wishes: tuple[int, list[int] | None], may_change: bool = True) -> list[tuple[ErrorCode, str | None]]:
    (topic,) = decide(cluster, wish("a", *wishes), may_change=may_change).responses
    return [(ErrorCode(result.error_code), result.error_message) for result in topic.partitions]


def ongoing(cluster: Cluster, *topics: tuple[str, list[int]]) -> dict[str, list[tuple[int, list[int], list[int], list[int]]]]:
    asked = [ListRequest.ListPartitionReassignmentsTopics(name=name, partition_indexes=indexes) for name, indexes in topics]
    response = list_reassignments(cluster.image, ListRequest(topics=asked or None))
    assert response.error_code == ErrorCode.NONE
    return {
        topic.name: [(found.partition_index, found.replicas, found.adding_replicas, found.removing_replicas) for found in topic.partitions]
        for topic in response.topics
    }


@pytest.fixture
def one() -> Cluster:
    cluster = Cluster()
    cluster.create(assigned("a", (0, [1])))
    return cluster


@pytest.fixture
def three() -> Cluster:
    cluster = Cluster(brokers=3)
    cluster.create(assigned("a", (0, [1, 2])))
    return cluster


def test_to_where_it_is_a_partition_moves_without_a_record(one: Cluster):
    before = len(one.log)
    assert alter(one, (0, [1])) == [(ErrorCode.NONE, None)]
    assert (len(one.log), ongoing(one)) == (before, {})


@pytest.mark.parametrize(
    ("replicas", "text"),
    [
        ([7], "The manual partition assignment includes broker 7, but no such broker is registered."),
        ([1, -1], "The manual partition assignment includes broker -1, but no such broker is registered."),
        ([1, 1], "The manual partition assignment includes the broker 1 more than once."),
        ([], "The manual partition assignment includes an empty replica list."),
    ],
)
def test_to_nowhere_a_partition_does_not_move(one: Cluster, replicas: list[int], text: str):
    assert alter(one, (0, replicas)) == [(ErrorCode.INVALID_REPLICA_ASSIGNMENT, text)]


def test_what_is_not_under_way_cannot_be_cancelled(one: Cluster):
    assert alter(one, (0, None)) == [(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, None)]


def test_what_is_unknown_is_said_to_be(one: Cluster):
    assert alter(one, (7, [1]), (0, [1])) == [
        (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "Unable to find partition a:7."),
        (ErrorCode.NONE, None),
    ]
    ((result,),) = [topic.partitions for topic in decide(one, wish("b", (0, None))).responses]
    assert result.error_message == "Unable to find a topic named b."
    assert ongoing(one, ("b", [0]), ("a", [0, 7])) == {}


def test_who_asks_for_nothing_gets_nothing(one: Cluster):
    response = decide(one, may_change=False)
    assert (response.error_code, response.error_message, response.responses) == (ErrorCode.NONE, "", [])
    assert reassignments_timed_out(Request(topics=[])) is None
    timed_out = reassignments_timed_out(Request(topics=[wish("a", (0, [1]))]))
    assert timed_out is not None
    assert (timed_out.error_code, timed_out.responses[0].partitions[0].error_code) == (ErrorCode.REQUEST_TIMED_OUT,) * 2


def test_until_it_arrives_a_partition_is_at_both_places(three: Cluster):
    assert alter(three, (0, [3, 2])) == [(ErrorCode.NONE, None)]
    partition = three.image.partition("a", 0)
    assert (partition.replicas, partition.adding_replicas, partition.removing_replicas) == ((3, 2, 1), (3,), (1,))
    assert (partition.leader, partition.isr) == (1, (1, 2))
    assert ongoing(three) == ongoing(three, ("a", [0])) == {"a": [(0, [3, 2, 1], [3], [1])]}


def test_turning_back_leads_to_where_it_was(three: Cluster):
    before = three.image.partition("a", 0)
    alter(three, (0, [3, 2]))
    assert alter(three, (0, None)) == [(ErrorCode.NONE, None)]
    after = three.image.partition("a", 0)
    assert sorted(after.replicas) == sorted(before.replicas)
    assert (after.adding_replicas, after.removing_replicas, after.isr, after.leader) == ((), (), before.isr, before.leader)
    assert ongoing(three) == {}


def test_another_target_replaces_the_first(three: Cluster):
    alter(three, (0, [3, 2]))
    assert alter(three, (0, [2, 3, 1])) == [(ErrorCode.NONE, None)]
    assert ongoing(three) == {"a": [(0, [2, 3, 1], [3], [])]}


def test_the_replication_factor_changes_only_if_it_may(three: Cluster):
    text = "The replication factor is changed from 2 to 3"
    assert alter(three, (0, [1, 2, 3]), may_change=False) == [(ErrorCode.INVALID_REPLICATION_FACTOR, text)]
    assert alter(three, (0, [1, 3]), may_change=False) == [(ErrorCode.NONE, None)]
