"""DeleteRecords: a partition begins later because somebody asks for it, durably."""

from typing import Any

import pytest
from bench import WALL_MS, Bench, batch_of, fetch_request, fetched, produce_request, produced

from streambus.broker import BrokerConfig
from streambus.kernel import Drained, Woken
from streambus.records import Record, decode_records, encode_batch
from streambus.storage import StoreConfig
from streambus.wire import ErrorCode, messages

SEALING = StoreConfig(segment_bytes=2_000, recent_bytes=0, cache_bytes=0, delete_delay=0)
COUNT = 30


@pytest.fixture(params=[StoreConfig(), SEALING], ids=["live", "sealed"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """A broker with 30 batches of two records each."""
    bench = Bench(BrokerConfig(store=request.param))
    bench.create("t")
    fill(bench)
    return bench


def fill(bench: Bench) -> None:
    for number in range(COUNT):
        ask = produce_request("t", batch_of(b"%03d" % number * 50, b"second", timestamp=WALL_MS + 2 * number))
        assert produced(bench.connect().ask(ask, 9)).error_code == ErrorCode.NONE


def asked(offset: int, topic: str = "t", partition: int = 0, timeout_ms: int = 1_000) -> messages.DeleteRecordsRequest:
    request = messages.DeleteRecordsRequest
    partitions = [request.DeleteRecordsPartition(partition_index=partition, offset=offset)]
    return request(topics=[request.DeleteRecordsTopic(name=topic, partitions=partitions)], timeout_ms=timeout_ms)


def said(response: Any) -> tuple[int, int]:
    (topic,) = response.topics
    (partition,) = topic.partitions
    return partition.error_code, partition.low_watermark


@pytest.mark.parametrize("version", [0, 1, 2])
def test_what_is_deleted_is_gone_for_good(bench: Bench, version: int) -> None:
    assert said(bench.connect().ask(asked(41), version)) == (ErrorCode.NONE, 41)
    for crash in (lambda: None, bench.power_cut, bench.restart):
        crash()
        early = fetched(bench.connect().ask(fetch_request("t", 40), 11))
        assert (early.error_code, early.records == ()) == (ErrorCode.OFFSET_OUT_OF_RANGE, False)
        late = fetched(bench.connect().ask(fetch_request("t", 41), 11))
        assert late.log_start_offset == 41
        first, *_ = decode_records(late.records)
        assert first.offset == 40, "a batch is sent whole, the consumer passes over what is deleted"


def test_deleting_up_to_the_high_watermark_leaves_nothing(bench: Bench) -> None:
    assert said(bench.connect().ask(asked(-1), 2)) == (ErrorCode.NONE, 2 * COUNT)
    partition = fetched(bench.connect().ask(fetch_request("t", 2 * COUNT), 11))
    assert (partition.log_start_offset, partition.high_watermark, len(partition.records)) == (2 * COUNT, 2 * COUNT, 0)
    assert produced(bench.connect().ask(produce_request("t", batch_of(b"next")), 9)).base_offset == 2 * COUNT


def test_deleting_what_is_deleted_changes_nothing(bench: Bench) -> None:
    client = bench.connect()
    assert said(client.ask(asked(20), 2)) == (ErrorCode.NONE, 20)
    assert said(client.ask(asked(7), 2)) == (ErrorCode.NONE, 20)
    assert said(client.ask(asked(0), 2)) == (ErrorCode.NONE, 20)


def test_the_last_word_about_a_partition_counts(bench: Bench) -> None:
    request = messages.DeleteRecordsRequest
    place = request.DeleteRecordsPartition
    topic = request.DeleteRecordsTopic
    partitions = [place(partition_index=0, offset=9), place(partition_index=7, offset=0), place(partition_index=0, offset=5)]
    topics = [topic(name="t", partitions=partitions), topic(name="none", partitions=[])]
    topics.append(topic(name="t", partitions=[place(partition_index=0, offset=7)]))
    (found,) = bench.connect().ask(request(topics=topics, timeout_ms=1_000), 2).topics
    unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert [(each.partition_index, each.error_code, each.low_watermark) for each in found.partitions] == [(0, 0, 7), (7, unknown, -1)]


def test_the_answer_waits_until_it_is_durable(bench: Bench) -> None:
    client = bench.connect()
    client.send(asked(20), 2)
    bench.step(Drained())
    assert not client.answers
    bench.settle()
    assert said(client.answers.popleft().body) == (ErrorCode.NONE, 20)


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"offset": 2 * COUNT + 1}, ErrorCode.OFFSET_OUT_OF_RANGE),
        ({"offset": -2}, ErrorCode.OFFSET_OUT_OF_RANGE),
        ({"offset": 1, "partition": 1}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ({"offset": 1, "topic": "other"}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ({"offset": 1, "topic": "__consumer_offsets", "partition": 1}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ({"offset": 0, "topic": "__consumer_offsets"}, ErrorCode.INVALID_TOPIC_EXCEPTION),
    ],
)
def test_what_cannot_be_deleted(bench: Bench, how: dict[str, Any], error: ErrorCode) -> None:
    bench.create("__consumer_offsets")
    assert said(bench.connect().ask(asked(**how), 2)) == (error, -1)
    assert bench.broker.partitions["t", 0].log.log_start_offset == 0


@pytest.mark.parametrize(
    ("policy", "error"), [("compact", ErrorCode.POLICY_VIOLATION), ("compact,delete", ErrorCode.NONE), ("", ErrorCode.NONE)]
)
def test_a_topic_that_is_only_compacted_keeps_its_newest_records(policy: str, error: ErrorCode) -> None:
    bench = Bench()
    bench.create("t", cleanup_policy=policy)
    client = bench.connect()
    client.ask(produce_request("t", encode_batch([Record(b"k", b"v", (), WALL_MS, 0)])), 9)
    assert said(client.ask(asked(1), 2))[0] == error


def test_nothing_is_said_to_be_deleted_that_may_come_back(bench: Bench) -> None:
    bench.disk.fail("sync")
    client = bench.connect()
    assert said(client.ask(asked(20), 2)) == (ErrorCode.KAFKA_STORAGE_ERROR, -1)
    assert said(client.ask(asked(22), 2)) == (ErrorCode.KAFKA_STORAGE_ERROR, -1)
    bench.power_cut()
    assert bench.broker.partitions["t", 0].log.log_start_offset == 0


def test_a_deletion_that_outlives_its_time_is_told_so(bench: Bench) -> None:
    client = bench.connect()
    client.send(asked(20, timeout_ms=0), 2)
    bench.step(Woken())
    assert said(client.answers.popleft().body) == (ErrorCode.REQUEST_TIMED_OUT, -1)


def test_who_waits_for_records_that_are_deleted_is_told(bench: Bench) -> None:
    client = bench.connect()
    client.send(fetch_request("t", 2 * COUNT - 1, min_bytes=1 << 20, max_wait_ms=60_000), 11)
    bench.settle()
    assert not client.answers
    bench.connect().ask(asked(-1), 2)
    assert fetched(client.answers.popleft().body).error_code == ErrorCode.OFFSET_OUT_OF_RANGE


def test_times_are_of_records_that_are_left(bench: Bench) -> None:
    def at(timestamp: int) -> int:
        request = messages.ListOffsetsRequest
        partitions = [request.ListOffsetsPartition(partition_index=0, timestamp=timestamp)]
        (topic,) = bench.connect().ask(request(topics=[request.ListOffsetsTopic(name="t", partitions=partitions)]), 8).topics
        assert topic.partitions[0].error_code == ErrorCode.NONE
        return int(topic.partitions[0].offset)

    bench.connect().ask(asked(21), 2)
    assert (at(0), at(WALL_MS + 20), at(WALL_MS + 22), at(-2)) == (21, 21, 22, 21)
    bench.connect().ask(asked(2 * COUNT - 1), 2)
    assert (at(0), at(WALL_MS + 2 * COUNT - 1), at(-3)) == (2 * COUNT - 1, 2 * COUNT - 1, 2 * COUNT - 1)
    bench.connect().ask(asked(-1), 2)
    assert (at(0), at(-3)) == (-1, -1)


def test_the_space_of_what_is_deleted_comes_back() -> None:
    bench = Bench(BrokerConfig(store=SEALING))
    bench.create("t")
    before = sum(map(len, bench.disk.contents().values()))
    for _ in range(5):
        fill(bench)
        bench.connect().ask(asked(-1), 2)
    bench.advance(60_000)
    after = sum(len(data) for name, data in bench.disk.contents().items() if not name.startswith("manifest"))
    assert after < before + 3 * COUNT * 100
