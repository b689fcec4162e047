"""Leader epochs: where they ended, and what becomes of readers that know other ones (KIP-320)."""

from typing import Any

import pytest
from bench import Bench, batch_of, fetch_request, fetched, produce_request

from streambus.wire import ErrorCode, messages

UNDEFINED = (0, -1, -1)


@pytest.fixture
def bench() -> Bench:
    """Epoch 0 wrote two records; epochs 1 and 3 wrote one each, epoch 2 nothing; epoch 4 leads, and has not written."""
    bench = Bench()
    bench.create("t")
    produce(bench, b"a", b"b")
    bench.restart()
    produce(bench, b"c")
    bench.restart()
    bench.restart()
    produce(bench, b"d")
    bench.restart()
    return bench


def produce(bench: Bench, *values: bytes) -> None:
    bench.connect().ask(produce_request("t", batch_of(*values)), 9)


def asked(epoch: int, *, topic: str = "t", partition: int = 0, current: int = -1, replica: int = -1) -> Any:
    request = messages.OffsetForLeaderEpochRequest
    place = request.OffsetForLeaderPartition(partition=partition, current_leader_epoch=current, leader_epoch=epoch)
    return request(replica_id=replica, topics=[request.OffsetForLeaderTopic(topic=topic, partitions=[place])])


def end_of(bench: Bench, epoch: int, version: int = 4, **how: Any) -> tuple[int, int, int]:
    (topic,) = bench.connect().ask(asked(epoch, **how), version).topics
    (found,) = topic.partitions
    return found.error_code, found.leader_epoch, found.end_offset


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize(
    ("epoch", "ended"),
    [(0, (0, 0, 2)), (1, (0, 1, 3)), (2, (0, 1, 3)), (3, (0, 3, 4)), (4, (0, 4, 4)), (5, UNDEFINED), (-1, UNDEFINED)],
)
def test_an_epoch_ends_where_the_next_one_wrote(bench: Bench, epoch: int, ended: tuple[int, int, int], version: int) -> None:
    assert end_of(bench, epoch, version) == ended
    assert end_of(bench, epoch, version, replica=7) == ended


def test_an_epoch_that_wrote_nothing_before_the_leader_s_is_the_one_below(bench: Bench) -> None:
    bench.restart()
    assert end_of(bench, 4) == (0, 3, 4)


def test_in_an_empty_log_every_epoch_ends_at_its_end() -> None:
    bench = Bench()
    bench.create("t")
    bench.restart()
    assert [end_of(bench, epoch) for epoch in (0, 1, 2)] == [(0, 0, 0), (0, 1, 0), UNDEFINED]


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"current": 3}, ErrorCode.FENCED_LEADER_EPOCH),
        ({"current": -5}, ErrorCode.FENCED_LEADER_EPOCH),
        ({"current": 5}, ErrorCode.UNKNOWN_LEADER_EPOCH),
        ({"partition": 1}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ({"topic": "nowhere"}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
    ],
)
def test_who_is_wrong_about_the_leader_is_told_nothing_else(bench: Bench, how: dict[str, Any], error: ErrorCode) -> None:
    assert end_of(bench, 0, **how) == (error, -1, -1)
    assert end_of(bench, 0, current=4) == (0, 0, 2)


def test_the_beginning_of_an_empty_log_has_the_leader_s_epoch() -> None:
    bench = Bench()
    bench.create("t")
    bench.restart()
    request = messages.ListOffsetsRequest
    first = request.ListOffsetsPartition(partition_index=0, timestamp=-2)
    (topic,) = bench.connect().ask(request(topics=[request.ListOffsetsTopic(name="t", partitions=[first])]), 11).topics
    assert (topic.partitions[0].offset, topic.partitions[0].leader_epoch) == (0, 1)


def last_fetched(bench: Bench, epoch: int, offset: int) -> Any:
    request = fetch_request("t", offset)
    request.topics[0].partitions[0].last_fetched_epoch = epoch
    return fetched(bench.connect().ask(request, 12))


@pytest.mark.parametrize(("epoch", "offset", "parting"), [(0, 3, (0, 2)), (0, 99, (0, 2)), (2, 3, (1, 3)), (3, 99, (3, 4)), (4, 5, (4, 4))])
def test_a_reader_that_came_further_than_its_epoch_is_told_where_it_ended(
    bench: Bench, epoch: int, offset: int, parting: tuple[int, int]
) -> None:
    said = last_fetched(bench, epoch, offset)
    assert (said.error_code, said.diverging_epoch.epoch, said.diverging_epoch.end_offset) == (0, *parting)
    assert (said.high_watermark, bytes(said.records)) == (4, b"")


def test_a_reader_from_an_epoch_that_nobody_knows_is_out_of_range(bench: Bench) -> None:
    said = last_fetched(bench, 5, 2)
    assert (said.error_code, said.high_watermark) == (ErrorCode.OFFSET_OUT_OF_RANGE, -1)
