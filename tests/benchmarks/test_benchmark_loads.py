"""The loads count what really happened: played against librdkafka's mock cluster, and against nothing but the disk."""

import ctypes
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from benchmarks import librdkafka
from benchmarks.payloads import payloads
from benchmarks.processes import SubjectFailed
from benchmarks.wire import produce_frame
from benchmarks.works import (
    ClosedLoop,
    Consume,
    Place,
    Produce,
    ProduceSpread,
    Scale,
    closed_loop,
    consume,
    end_to_end,
    produce,
    produce_spread,
)

BRIEF = Scale(rounds=1, warm_ups=0, seconds=0.02, megabytes=2)


@attrs.frozen
class MockCluster:
    """A broker that lives inside librdkafka and is reached over real sockets; `create` makes a topic in it."""

    bootstrap: str
    port: int
    _handle: int

    def create(self, topic: str, partitions: int) -> None:
        """A topic that takes records at once."""
        function = librdkafka._rd._dll.rd_kafka_mock_topic_create
        function.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int)
        assert function(self._handle, topic.encode(), partitions, 1) == 0


@pytest.fixture
def mock_cluster() -> Iterator[MockCluster]:
    """A fresh mock cluster of one broker."""
    dll = librdkafka._rd._dll
    dll.rd_kafka_handle_mock_cluster.argtypes, dll.rd_kafka_handle_mock_cluster.restype = (ctypes.c_void_p,), ctypes.c_void_p
    dll.rd_kafka_mock_cluster_bootstraps.argtypes, dll.rd_kafka_mock_cluster_bootstraps.restype = (ctypes.c_void_p,), ctypes.c_char_p
    client = librdkafka._client(librdkafka.PRODUCER, "", {"test.mock.num.brokers": 1}, events=0)
    handle = dll.rd_kafka_handle_mock_cluster(client)
    bootstrap = dll.rd_kafka_mock_cluster_bootstraps(handle).decode()
    yield MockCluster(bootstrap, int(bootstrap.rpartition(":")[2]), handle)
    librdkafka._rd.destroy(client)


@attrs.frozen
class AliveProcess:
    """A process that never ends."""

    def check(self) -> None:
        """It is alive."""


@attrs.frozen
class FakeRunning:
    """What the loads use of a running broker."""

    bootstrap: str
    process: AliveProcess = AliveProcess()


def test_every_acknowledged_record_is_counted_and_can_be_consumed_again(mock_cluster: MockCluster) -> None:
    mock_cluster.create(consume.TOPIC, 1)
    broker: Any = FakeRunning(mock_cluster.bootstrap)
    messages = produce.messages_of(100)
    with librdkafka.Producer(mock_cluster.bootstrap, consume.TOPIC, {}) as producer:
        assert produce.saturate(broker, producer, messages, records=5_500) == 5_500
        assert (producer.acknowledged, producer.failed) == (5_500, 0)
    with librdkafka.Consumer(mock_cluster.bootstrap, consume.TOPIC, 1, {}) as consumer:
        assert consumer.end_offsets() == [5_500]
        consumer.start([0])
        assert consume.count_per_second(broker, consumer, 5_500) >= 0
    consume.check_beginning(broker, 0, messages.count, payloads(100), 5_500)


def test_a_spread_load_gives_every_partition_the_same_share(mock_cluster: MockCluster) -> None:
    mock_cluster.create(produce_spread.TOPIC, 8)
    broker: Any = FakeRunning(mock_cluster.bootstrap)
    messages = librdkafka.Messages(payloads(100), 32, 8)
    with librdkafka.Producer(mock_cluster.bootstrap, produce_spread.TOPIC, {}) as producer:
        produce.saturate(broker, producer, messages, records=800, flags=librdkafka.EACH_ITS_PARTITION)
    with librdkafka.Consumer(mock_cluster.bootstrap, produce_spread.TOPIC, 8, {}) as consumer:
        assert consumer.end_offsets() == [100] * 8


def test_a_record_that_came_back_different_stops_the_work(mock_cluster: MockCluster) -> None:
    mock_cluster.create(consume.TOPIC, 1)
    broker: Any = FakeRunning(mock_cluster.bootstrap)
    with librdkafka.Producer(mock_cluster.bootstrap, consume.TOPIC, {}) as producer:
        produce.saturate(broker, producer, produce.messages_of(100), records=10)
    with pytest.raises(SubjectFailed, match="record 0 came back wrong"):
        consume.check_beginning(broker, 0, 40_000, payloads(200), 10)


def test_undelivered_records_are_counted_as_failed_with_their_error() -> None:
    broker: Any = FakeRunning("")
    too_slow = {"test.mock.num.brokers": 1, "test.mock.broker.rtt": 150, "message.timeout.ms": 30}
    with librdkafka.Producer("", consume.TOPIC, too_slow) as producer:
        with pytest.raises(SubjectFailed, match="timed out"):
            produce.saturate(broker, producer, produce.messages_of(100), records=10)
        assert (producer.acknowledged, producer.failed) == (0, 10)


def test_a_closed_loop_exchanges_frames_with_a_broker(mock_cluster: MockCluster) -> None:
    mock_cluster.create(closed_loop.TOPIC, 2)
    frames = [produce_frame(closed_loop.TOPIC, number, b"value") for number in range(2)]
    assert closed_loop._requests_per_second(mock_cluster.port, frames, 0.05) > 0


def test_a_closed_loop_stops_at_an_error(mock_cluster: MockCluster) -> None:
    mock_cluster.create(closed_loop.TOPIC, 1)
    with pytest.raises(SubjectFailed, match="error 3"):
        closed_loop._requests_per_second(mock_cluster.port, [produce_frame(closed_loop.TOPIC, 99, b"value")], 0.05)


def test_end_to_end_judges_every_record_behind_the_settling_time(mock_cluster: MockCluster) -> None:
    mock_cluster.create(end_to_end.TOPIC, end_to_end.PARTITIONS)
    broker: Any = FakeRunning(mock_cluster.bootstrap)
    latencies = end_to_end._latencies(broker, 2_000, 0.25)
    assert len(latencies) == 500
    assert 0 < latencies[0] <= latencies[-1] < 20_000_000_000


@pytest.mark.parametrize(
    ("work", "metric"),
    [
        (Produce("produce", record_bytes=100), "MB/s"),
        (Consume("consume", record_bytes=1024), "MB/s"),
        (ClosedLoop("loop", producers=3), "requests/s"),
        (ProduceSpread("spread", record_bytes=1024, partitions=10, records=100), "MB/s"),
    ],
)
def test_a_limit_is_measured_without_a_broker(work: Produce | Consume | ClosedLoop | ProduceSpread, metric: str, tmp_path: Path) -> None:
    assert work.limit(Place(tmp_path, tmp_path), BRIEF).measure()[metric] > 0


def test_a_setting_that_does_not_exist_is_refused_with_librdkafkas_words() -> None:
    with pytest.raises(librdkafka.ClientFailed, match=r"no\.such\.setting"):
        librdkafka.Producer("127.0.0.1:1", "topic", {"no.such.setting": 1})
