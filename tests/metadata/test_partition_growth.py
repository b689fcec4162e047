"""CreatePartitions: what grows, and what is refused with which words."""

import pytest
from metadata_cluster import Cluster, topic

from streambus.metadata import partitions_timed_out
from streambus.wire import ErrorCode, messages

Request = messages.CreatePartitionsRequest


def growth(name: str, count: int, *assignments: list[int]) -> Request.CreatePartitionsTopic:
    chosen = [Request.CreatePartitionsAssignment(broker_ids=brokers) for brokers in assignments]
    return Request.CreatePartitionsTopic(name=name, count=count, assignments=chosen or None)


def grow(cluster: Cluster, *topics: Request.CreatePartitionsTopic, validate_only: bool = False) -> list[tuple[str, ErrorCode, str | None]]:
    request = Request(topics=list(topics), timeout_ms=1_000, validate_only=validate_only)
    response = cluster.carry_out(cluster.controller.create_partitions(request, cluster.dice))
    cluster.image.check()
    return [(result.name, ErrorCode(result.error_code), result.error_message) for result in response.results]


def refusal(cluster: Cluster, *topics: Request.CreatePartitionsTopic) -> tuple[ErrorCode, str | None]:
    before = len(cluster.log)
    ((_, error, text),) = grow(cluster, *topics)
    assert len(cluster.log) == before
    return error, text


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster()
    cluster.create(topic("a", 2), topic("b", 1))
    return cluster


def test_new_partitions_are_led_and_in_sync_from_the_start(cluster: Cluster):
    before = dict(cluster.image.topics["a"].partitions)
    assert grow(cluster, growth("a", 4)) == [("a", ErrorCode.NONE, None)]
    made = cluster.image.topics["a"].partitions
    assert list(made) == [0, 1, 2, 3]
    assert {index: made[index] for index in before} == before
    assert (made[3].leader, made[3].isr, made[3].leader_epoch) == (1, (1,), 0)


def test_new_partitions_have_as_many_replicas_as_the_old_ones():
    cluster = Cluster(brokers=3)
    cluster.create(topic("a", 1, 2))
    grow(cluster, growth("a", 7))
    assert {len(partition.replicas) for partition in cluster.image.topics["a"].partitions.values()} == {2}


def test_the_asker_may_say_where(cluster: Cluster):
    assert grow(cluster, growth("a", 3, [1])) == [("a", ErrorCode.NONE, None)]


def test_every_topic_stands_or_falls_by_itself_and_validating_writes_nothing(cluster: Cluster):
    before = len(cluster.log)
    asked = (growth("b", 1), growth("a", 3))
    validated = grow(cluster, *asked, validate_only=True)
    assert len(cluster.log) == before
    assert validated == grow(cluster, *asked)
    assert validated == [("b", ErrorCode.INVALID_PARTITIONS, "Topic already has 1 partition(s)."), ("a", ErrorCode.NONE, None)]


def test_a_topic_named_twice_is_refused_once(cluster: Cluster):
    answers = grow(cluster, growth("a", 3), growth("b", 2), growth("a", 4))
    assert answers == [("a", ErrorCode.INVALID_REQUEST, "Duplicate topic name."), ("b", ErrorCode.NONE, None)]


@pytest.mark.parametrize("name", ["nothing", "", "a b", "__cluster_metadata"])
def test_what_does_not_exist_does_not_grow(cluster: Cluster, name: str):
    assert refusal(cluster, growth(name, 3)) == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, None)


@pytest.mark.parametrize("count", [1, 0, -1])
def test_topics_do_not_shrink(cluster: Cluster, count: int):
    text = f"The topic a currently has 2 partition(s); {count} would not be an increase."
    assert refusal(cluster, growth("a", count)) == (ErrorCode.INVALID_PARTITIONS, text)


@pytest.mark.parametrize(
    ("assignments", "text"),
    [
        ([[1]], "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified."),
        ([[1], [7]], "The manual partition assignment includes broker 7, but no such broker is registered."),
        ([[1], []], "The manual partition assignment includes an empty replica list."),
        ([[1], [1, 1]], "The manual partition assignment includes the broker 1 more than once."),
    ],
)
def test_assignments_must_fit(cluster: Cluster, assignments: list[list[int]], text: str):
    assert refusal(cluster, growth("a", 4, *assignments)) == (ErrorCode.INVALID_REPLICA_ASSIGNMENT, text)


def test_assignments_must_have_the_topic_s_replication_factor():
    cluster = Cluster(brokers=2)
    cluster.create(topic("a", 1, 1))
    text = (
        "The manual partition assignment includes a partition with 2 replica(s), but this is not consistent "
        "with previous partitions, which have 1 replica(s)."
    )
    assert refusal(cluster, growth("a", 2, [1, 2])) == (ErrorCode.INVALID_REPLICA_ASSIGNMENT, text)


def test_nothing_is_put_where_nobody_can_lead():
    cluster = Cluster(brokers=2)
    cluster.create(topic("a", 1, 1))
    cluster.fence(2)
    text = "All brokers specified in the manual partition assignment for partition 1 are fenced or in controlled shutdown."
    assert refusal(cluster, growth("a", 2, [2])) == (ErrorCode.INVALID_REPLICA_ASSIGNMENT, text)
    cluster.fence(1)
    text = "Unable to replicate the partition 1 time(s): All brokers are currently fenced."
    assert refusal(cluster, growth("a", 2)) == (ErrorCode.INVALID_REPLICATION_FACTOR, text)


def test_one_request_makes_no_more_than_one_batch_holds(cluster: Cluster):
    text = "Excessively large number of partitions per request."
    assert refusal(cluster, growth("a", 10_003)) == (ErrorCode.POLICY_VIOLATION, text)
    assert refusal(cluster, growth("a", 2**31 - 1)) == (ErrorCode.POLICY_VIOLATION, text)
    answers = grow(cluster, growth("a", 6_002), growth("b", 4_002), validate_only=True)
    assert [error for _, error, _ in answers] == [ErrorCode.NONE, ErrorCode.POLICY_VIOLATION]


def test_in_no_time_nothing_is_done_unless_there_is_nothing_to_do():
    timed_out = partitions_timed_out(Request(topics=[growth("a", 3), growth("a", 3), growth("b", 3)]))
    assert timed_out is not None
    assert [(result.name, result.error_code) for result in timed_out.results] == [(name, ErrorCode.REQUEST_TIMED_OUT) for name in "aab"]
    assert partitions_timed_out(Request(topics=[growth("a", 3), growth("a", 3)])) is None
    assert partitions_timed_out(Request(topics=[])) is None
