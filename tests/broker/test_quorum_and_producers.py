"""DescribeQuorum and DescribeProducers: who keeps the metadata, and who writes to a partition."""

from typing import Any

import pytest
from bench import WALL_MS, Bench, batch_of, produce_request

from streambus.wire import ZERO_UUID, ErrorCode, messages

quorum = messages.DescribeQuorumRequest
producers = messages.DescribeProducersRequest
DAY_MS = 86_400_000
NOT_HOSTED = "This server does not host this topic-partition."


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.create("t", 2)
    return bench


def asked_quorum(bench: Bench, *places: tuple[str, list[int]], version: int = 2) -> Any:
    topics = [
        quorum.TopicData(topic_name=name, partitions=[quorum.PartitionData(partition_index=index) for index in indexes])
        for name, indexes in places
    ]
    response = bench.connect().ask(quorum(topics=topics), version)
    assert (response.error_code, response.error_message) == (ErrorCode.NONE, "")
    return response


@pytest.mark.parametrize("version", [0, 1, 2])
def test_the_metadata_log_has_one_voter_that_is_level_with_itself(bench: Bench, version: int) -> None:
    bench.restart()
    response = asked_quorum(bench, ("__cluster_metadata", [0]), version=version)
    (topic,) = response.topics
    (partition,) = topic.partitions
    end_offset = bench.broker.metadata_log.log_end_offset
    assert (partition.error_code, partition.leader_id, partition.leader_epoch, partition.high_watermark) == (0, 1, 1, end_offset)
    (voter,) = partition.current_voters
    assert (voter.replica_id, voter.log_end_offset, partition.observers) == (1, end_offset, [])
    wall_ms = WALL_MS if version else -1
    assert (voter.last_fetch_timestamp, voter.last_caught_up_timestamp) == (wall_ms, wall_ms)
    if version < 2:
        assert (voter.replica_directory_id, response.nodes) == (ZERO_UUID, [])
    else:
        assert voter.replica_directory_id == bench.broker.image.brokers[1].log_dirs[0]
        (node,) = response.nodes
        assert (node.node_id, [(each.name, each.host, each.port) for each in node.listeners]) == (1, [("PLAINTEXT", "127.0.0.1", 9092)])


@pytest.mark.parametrize(
    "places", [[("t", [0])], [("__cluster_metadata", [1])], [("__cluster_metadata", [0, 1])], [("__cluster_metadata", [0]), ("t", [0])]]
)
def test_whoever_asks_for_anything_else_gets_nothing(bench: Bench, places: list[tuple[str, list[int]]]) -> None:
    response = asked_quorum(bench, *places)
    said = [(each.partition_index, each.error_code, each.error_message) for topic in response.topics for each in topic.partitions]
    indexes = [index for _, found in places for index in found]
    assert said == [(index, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, NOT_HOSTED) for index in indexes]
    assert response.nodes == []


def test_whoever_asks_for_nothing_gets_that(bench: Bench) -> None:
    assert asked_quorum(bench).topics == []
    assert asked_quorum(bench, ("__cluster_metadata", [])).topics[0].partitions == []


def active(bench: Bench, partition: int = 0) -> list[tuple[int, int, int, int]]:
    asked = producers(topics=[producers.TopicRequest(name="t", partition_indexes=[partition])])
    (topic,) = bench.connect().ask(asked, 0).topics
    (found,) = topic.partitions
    assert (found.error_code, found.error_message) == (ErrorCode.NONE, None)
    assert all((each.coordinator_epoch, each.current_txn_start_offset) == (-1, -1) for each in found.active_producers)
    return [(each.producer_id, each.producer_epoch, each.last_sequence, each.last_timestamp) for each in found.active_producers]


def test_producers_are_told_with_what_they_wrote_last(bench: Bench) -> None:
    def write(producer_id: int, sequence: int, *values: bytes, epoch: int = 0) -> None:
        batch = batch_of(*values, producer_id=producer_id, producer_epoch=epoch, base_sequence=sequence)
        bench.connect().ask(produce_request("t", batch), 9)

    write(7, 0, b"a", b"b")
    write(5, 0, b"c", epoch=3)
    write(7, 2, b"d")
    bench.connect().ask(produce_request("t", batch_of(b"nobody's")), 9)
    assert active(bench) == [(5, 3, 0, WALL_MS), (7, 0, 2, WALL_MS)]
    assert active(bench, 1) == []
    bench.advance(DAY_MS)
    assert active(bench) == []


def test_of_what_is_not_here_nobody_knows_producers(bench: Bench) -> None:
    asked = [producers.TopicRequest(name=name, partition_indexes=[9]) for name in ("t", "nowhere", "in valid")]
    said = [topic.partitions[0] for topic in bench.connect().ask(producers(topics=asked), 0).topics]
    assert [(each.error_code, each.error_message) for each in said] == [
        (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, None),
        (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, NOT_HOSTED),
        (
            ErrorCode.INVALID_TOPIC_EXCEPTION,
            "Topic name is invalid: 'in valid' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
        ),
    ]
