"""ElectLeaders: who is elected, and who need not be."""

import pytest
from metadata_cluster import Cluster, assigned

from streambus.metadata import NO_LEADER, refused_election
from streambus.wire import ErrorCode, messages

Request = messages.ElectLeadersRequest
PREFERRED, UNCLEAN = 0, 1


@pytest.fixture
def cluster() -> Cluster:
    """Partition 0 of "a" is preferably led by broker 1, partition 1 by broker 2."""
    cluster = Cluster(brokers=2)
    cluster.create(assigned("a", (0, [1, 2]), (1, [2, 1])))
    return cluster


def change(cluster: Cluster, index: int, leader: int, isr: list[int]) -> None:
    topic_id = cluster.image.topics["a"].topic_id
    cluster.append(messages.PartitionChangeRecord(topic_id=topic_id, partition_id=index, leader=leader, isr=isr))


def decide(cluster: Cluster, *topics: tuple[str, list[int]] | None, election: int = PREFERRED) -> messages.ElectLeadersResponse:
    asked = None if topics == (None,) else [Request.TopicPartitions(topic=name, partitions=indexes) for name, indexes in topics]
    response = cluster.carry_out(cluster.controller.elect_leaders(Request(election_type=election, topic_partitions=asked)))
    cluster.image.check()
    return response


def elect(cluster: Cluster, *indexes: int, election: int = PREFERRED) -> list[ErrorCode]:
    (topic,) = decide(cluster, ("a", list(indexes)), election=election).replica_election_results
    return [ErrorCode(result.error_code) for result in topic.partition_result]


def test_who_leads_as_preferred_need_not_be_elected(cluster: Cluster):
    before = len(cluster.log)
    for election in (PREFERRED, UNCLEAN):
        assert elect(cluster, 0, 1, 0, election=election) == [ErrorCode.ELECTION_NOT_NEEDED] * 3
    assert len(cluster.log) == before


def test_leadership_goes_back_to_the_preferred_replica(cluster: Cluster):
    change(cluster, 0, leader=2, isr=[1, 2])
    before = cluster.image.partition("a", 0)
    assert elect(cluster, 0) == [ErrorCode.NONE]
    after = cluster.image.partition("a", 0)
    assert (after.leader, after.leader_epoch) == (1, before.leader_epoch + 1)


def test_a_preferred_replica_that_is_not_in_sync_or_not_alive_is_not_available(cluster: Cluster):
    change(cluster, 0, leader=2, isr=[2])
    assert elect(cluster, 0) == [ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE]
    change(cluster, 0, leader=2, isr=[1, 2])
    cluster.fence(1)
    assert elect(cluster, 0) == [ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE]


def test_a_partition_that_nobody_leads_is_led_by_anyone_in_sync(cluster: Cluster):
    change(cluster, 0, leader=NO_LEADER, isr=[2])
    assert elect(cluster, 0, election=PREFERRED) == [ErrorCode.NONE]
    assert cluster.image.partition("a", 0).leader == 2


def test_only_an_unclean_election_takes_somebody_who_may_lack_records(cluster: Cluster):
    change(cluster, 0, leader=NO_LEADER, isr=[2])
    cluster.fence(2)
    assert elect(cluster, 0, election=PREFERRED) == [ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE]
    assert elect(cluster, 0, election=UNCLEAN) == [ErrorCode.NONE]
    partition = cluster.image.partition("a", 0)
    assert (partition.leader, partition.isr, partition.leader_recovery_state) == (1, (1,), 1)


def test_when_all_are_gone_nobody_is_eligible(cluster: Cluster):
    change(cluster, 0, leader=NO_LEADER, isr=[2])
    cluster.fence(1)
    cluster.fence(2)
    assert elect(cluster, 0, election=UNCLEAN) == [ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE]


def test_of_all_partitions_those_are_told_that_needed_an_election(cluster: Cluster):
    change(cluster, 1, leader=1, isr=[1, 2])
    (topic,) = decide(cluster, None).replica_election_results
    assert [(result.partition_id, result.error_code) for result in topic.partition_result] == [(1, ErrorCode.NONE)]
    (topic,) = decide(cluster, None).replica_election_results
    assert (topic.topic, topic.partition_result) == ("a", [])


def test_what_is_unknown_is_said_to_be(cluster: Cluster):
    unknown, known = decide(cluster, ("b", [0]), ("a", [7])).replica_election_results
    error = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert [(result.error_code, result.error_message) for result in unknown.partition_result] == [(error, "No such topic as b")]
    assert [(result.error_code, result.error_message) for result in known.partition_result] == [(error, "No such partition as a-7")]


def test_an_election_of_no_known_type_is_refused_unless_nothing_is_asked_for(cluster: Cluster):
    response = decide(cluster, ("a", [0]), election=5)
    (topic,) = response.replica_election_results
    (result,) = topic.partition_result
    assert response.error_code == result.error_code == ErrorCode.INVALID_REQUEST
    assert result.error_message == "Unknown election type 5"
    assert decide(cluster, None, election=-1).error_code == ErrorCode.INVALID_REQUEST
    assert decide(cluster, election=5).error_code == ErrorCode.NONE


def test_a_refused_election_says_so_of_every_partition():
    request = Request(topic_partitions=[Request.TopicPartitions(topic="a", partitions=[0, 1])])
    response = refused_election(request, ErrorCode.REQUEST_TIMED_OUT)
    (topic,) = response.replica_election_results
    assert [result.error_code for result in topic.partition_result] == [ErrorCode.REQUEST_TIMED_OUT] * 2
