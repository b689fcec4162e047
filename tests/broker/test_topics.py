"""Topics, descriptions, offsets, features: the small requests."""

from uuid import UUID

import pytest
from bench import WALL_MS, Bench, batch_of, fetch_request, fetched, produce_request, produced

from streambus.broker import Broker, BrokerConfig, Listener
from streambus.kernel import Drained, FileSlice, Instant, Read, Received, Woken
from streambus.records import Record, crc32c, encode_batch
from streambus.sim import SimulatedDisk
from streambus.wire import VERSIONS, ApiKey, ErrorCode, messages

create = messages.CreateTopicsRequest


@pytest.fixture
def bench() -> Bench:
    return Bench()


def asked_to_create(*names: str, timeout_ms: int = 1000, validate_only: bool = False) -> messages.CreateTopicsRequest:
    topics = [create.CreatableTopic(name=name, num_partitions=2, replication_factor=1) for name in names]
    return create(topics=topics, timeout_ms=timeout_ms, validate_only=validate_only)


def test_a_topic_exists_once_it_is_durable(bench: Bench) -> None:
    client = bench.connect()
    client.send(asked_to_create("t"), 7)
    bench.step(Drained())
    assert not client.answers
    early = bench.connect()
    early.send(produce_request("t", batch_of(b"a")), 9)
    assert produced(early.answers.popleft().body).error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    bench.settle()
    assert produced(early.ask(produce_request("t", batch_of(b"a")), 9)).error_code == ErrorCode.NONE
    (result,) = client.answers.popleft().body.topics
    assert (result.error_code, result.num_partitions, result.replication_factor) == (ErrorCode.NONE, 2, 1)
    assert result.topic_id == bench.topic_id("t")


def test_topics_and_their_records_survive_a_power_cut(bench: Bench) -> None:
    bench.create("t")
    topic_id, epoch = bench.topic_id("t"), bench.broker.partitions["t", 0].leader_epoch
    bench.connect().ask(produce_request("t", batch_of(b"a")), 9)
    bench.power_cut()
    assert bench.topic_id("t") == topic_id
    assert bench.broker.partitions["t", 0].leader_epoch == epoch + 1
    assert fetched(bench.connect().ask(fetch_request("t"), 11)).high_watermark == 1


def test_two_requests_for_one_topic_in_one_burst_make_it_once(bench: Bench) -> None:
    first, second = bench.connect(), bench.connect()
    first.send(asked_to_create("t"), 7)
    second.send(asked_to_create("t"), 7)
    assert not second.answers
    bench.settle()
    codes = [client.answers.popleft().body.topics[0].error_code for client in (first, second)]
    assert codes == [ErrorCode.NONE, ErrorCode.TOPIC_ALREADY_EXISTS]


def test_validation_alone_makes_nothing(bench: Bench) -> None:
    assert bench.connect().ask(asked_to_create("t", validate_only=True), 7).topics[0].error_code == ErrorCode.NONE
    assert not bench.broker.image.topics


def test_a_creation_that_outlives_its_time_out_is_told_so(bench: Bench) -> None:
    client = bench.connect()
    client.send(asked_to_create("t", timeout_ms=10), 7)
    bench.now = Instant(bench.now + 10_000)
    bench.step(Woken())
    assert client.answers.popleft().body.topics[0].error_code == ErrorCode.REQUEST_TIMED_OUT


def test_a_deleted_topic_is_gone_and_its_name_is_free(bench: Bench) -> None:
    bench.create("t")
    old = bench.topic_id("t")
    client = bench.connect()
    client.ask(produce_request("t", batch_of(b"old")), 9)
    (result,) = client.ask(
        messages.DeleteTopicsRequest(topics=[messages.DeleteTopicsRequest.DeleteTopicState(topic_id=old)], timeout_ms=99), 6
    ).responses
    assert (result.error_code, result.name) == (ErrorCode.NONE, "t")
    assert produced(client.ask(produce_request("t", batch_of(b"a")), 9)).error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    bench.create("t")
    assert bench.topic_id("t") != old
    assert fetched(client.ask(fetch_request("t"), 11)).high_watermark == 0
    bench.power_cut()
    assert len(bench.broker.store.logs) == 2


def test_the_log_of_a_topic_deleted_just_before_the_end_is_dropped_at_the_next_start(bench: Bench) -> None:
    bench.create("t")
    client = bench.connect()
    client.send(messages.DeleteTopicsRequest(topic_names=["t"], timeout_ms=99), 5)
    bench.step(Drained())
    while bench.disk_queue:
        bench.disk.perform(bench.disk_queue.popleft())
    bench.power_cut()
    assert list(bench.broker.store.logs) == [Broker.METADATA_LOG]


# Metadata --------------------------------------------------------------------------------------------------------------


def named(*names: str, allow: bool = True) -> messages.MetadataRequest:
    return messages.MetadataRequest(
        topics=[messages.MetadataRequest.MetadataRequestTopic(name=name) for name in names], allow_auto_topic_creation=allow
    )


def test_asking_for_a_topic_makes_it(bench: Bench) -> None:
    response = bench.connect().ask(named("t"), 9)
    (topic,) = response.topics
    assert (topic.error_code, topic.name, len(topic.partitions)) == (ErrorCode.NONE, "t", 1)
    assert (response.brokers[0].host, response.brokers[0].port, response.controller_id) == ("127.0.0.1", 9092, 1)
    assert len(response.cluster_id) == 22


def test_asking_does_not_make_it_when_client_or_broker_or_name_forbid_it(bench: Bench) -> None:
    client = bench.connect()
    assert client.ask(named("t", allow=False), 9).topics[0].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert client.ask(named("a b"), 9).topics[0].error_code == ErrorCode.INVALID_TOPIC_EXCEPTION
    strict = Bench(BrokerConfig(properties=(("auto.create.topics.enable", "false"),)))
    assert strict.connect().ask(named("t"), 9).topics[0].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_asking_on_a_failed_disk_finds_nothing(bench: Bench) -> None:
    bench.disk.fail("sync")
    client = bench.connect()
    assert client.ask(named("t"), 9).topics[0].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert client.ask(named("u"), 9).topics[0].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_every_listener_is_told_its_own_address() -> None:
    bench = Bench(BrokerConfig(listeners=(Listener("IN", "10.0.0.1", 1), Listener("OUT", "example.org", 2))))
    answers = [bench.connect(name).ask(messages.DescribeClusterRequest(), 1).brokers[0] for name in ("IN", "OUT")]
    assert [(broker.host, broker.port) for broker in answers] == [("10.0.0.1", 1), ("example.org", 2)]


def test_descriptions_agree(bench: Bench) -> None:
    bench.create("t", 3, max_message_bytes="5000")
    client = bench.connect()
    request = messages.DescribeTopicPartitionsRequest(topics=[messages.DescribeTopicPartitionsRequest.TopicRequest(name="t")])
    (topic,) = client.ask(request, 0).topics
    assert (topic.topic_id, len(topic.partitions)) == (bench.topic_id("t"), 3)
    resource = messages.DescribeConfigsRequest.DescribeConfigsResource(
        resource_type=2, resource_name="t", configuration_keys=["max.message.bytes"]
    )
    (result,) = client.ask(messages.DescribeConfigsRequest(resources=[resource]), 4).results
    assert [(config.name, config.value) for config in result.configs] == [("max.message.bytes", "5000")]
    too_large = produced(client.ask(produce_request("t", batch_of(b"x" * 6000)), 9))
    assert too_large.error_code == ErrorCode.MESSAGE_TOO_LARGE


# ListOffsets -----------------------------------------------------------------------------------------------------------


def asked_for_offset(timestamp: int, *, partition: int = 0, isolation: int = 0, epoch: int = -1) -> messages.ListOffsetsRequest:
    request = messages.ListOffsetsRequest
    asked = request.ListOffsetsPartition(partition_index=partition, timestamp=timestamp, current_leader_epoch=epoch)
    return request(replica_id=-1, isolation_level=isolation, topics=[request.ListOffsetsTopic(name="t", partitions=[asked])])


def offset_at(bench: Bench, timestamp: int, *, version: int = 8, **how: int) -> tuple[int, int, int]:
    (topic,) = bench.connect().ask(asked_for_offset(timestamp, **how), version).topics
    (found,) = topic.partitions
    return found.error_code, found.offset, found.timestamp


@pytest.fixture
def timed(bench: Bench) -> Bench:
    bench.create("t")
    client = bench.connect()
    client.ask(produce_request("t", batch_of(b"a", b"b", timestamp=WALL_MS)), 9)
    client.ask(produce_request("t", batch_of(b"c" * 20_000, b"d", timestamp=WALL_MS + 100)), 9)
    client.ask(produce_request("t", batch_of(b"e", timestamp=WALL_MS + 50)), 9)
    return bench


def test_the_ends_of_the_log(timed: Bench) -> None:
    assert offset_at(timed, -1) == (0, 5, -1)
    assert offset_at(timed, -1, isolation=1) == (0, 5, -1)
    assert offset_at(timed, -2) == (0, 0, -1)
    assert offset_at(timed, -4) == (0, 0, -1)
    assert offset_at(timed, -5, version=9) == (0, -1, -1)


@pytest.mark.parametrize(("after", "offset", "stamp"), [(-9, 0, 0), (0, 0, 0), (1, 1, 1), (2, 2, 100), (101, 3, 101)])
def test_the_first_record_at_a_time(timed: Bench, after: int, offset: int, stamp: int) -> None:
    assert offset_at(timed, WALL_MS + after) == (0, offset, WALL_MS + stamp)
    timed.power_cut()
    assert offset_at(timed, WALL_MS + after) == (0, offset, WALL_MS + stamp)


def test_there_is_nothing_after_the_last_time(timed: Bench) -> None:
    assert offset_at(timed, WALL_MS + 102) == (0, -1, -1)


def test_the_newest_record(timed: Bench) -> None:
    assert offset_at(timed, -3) == (0, 3, WALL_MS + 101)


def test_an_empty_log_has_no_times(bench: Bench) -> None:
    bench.create("t")
    assert offset_at(bench, 0) == (0, -1, -1)
    assert offset_at(bench, -3) == (0, -1, -1)


def test_what_cannot_be_listed(timed: Bench) -> None:
    assert offset_at(timed, -1, partition=4)[0] == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert offset_at(timed, -3, version=6)[0] == ErrorCode.UNSUPPORTED_VERSION
    assert offset_at(timed, -9)[0] == ErrorCode.UNSUPPORTED_VERSION
    assert offset_at(timed, -1, epoch=7)[0] == ErrorCode.UNKNOWN_LEADER_EPOCH
    timed.restart()
    assert offset_at(timed, -1, epoch=0)[0] == ErrorCode.FENCED_LEADER_EPOCH


def test_uncommitted_records_have_no_time_yet(bench: Bench) -> None:
    bench.create("t")
    bench.connect().send(produce_request("t", batch_of(b"a")), 9)
    client = bench.connect()
    client.send(asked_for_offset(0), 8)
    (topic,) = client.answers.popleft().body.topics
    assert [(found.error_code, found.offset) for found in topic.partitions] == [(ErrorCode.NONE, -1)]


def test_a_batch_that_cannot_be_read_is_a_storage_error(timed: Bench) -> None:
    timed.disk.fail("read")
    assert offset_at(timed, WALL_MS + 2)[0] == ErrorCode.KAFKA_STORAGE_ERROR
    assert offset_at(timed, WALL_MS + 2) == (0, 2, WALL_MS + 100)


def test_a_batch_whose_time_is_read_wrong_is_a_storage_error(timed: Bench) -> None:
    class Astigmatism:
        def distort(self, disk: SimulatedDisk, part: FileSlice, data: bytes) -> bytes:
            return data[:30] + bytes((data[30] ^ 1,)) + data[31:]

    timed.disk.lenses["worn"] = Astigmatism()
    assert offset_at(timed, WALL_MS + 2)[0] == ErrorCode.KAFKA_STORAGE_ERROR
    timed.disk.lenses.clear()
    assert offset_at(timed, WALL_MS + 2) == (0, 2, WALL_MS + 100)


def test_what_failed_to_become_durable_does_not_exist(bench: Bench) -> None:
    """A topic whose records the disk refused was said to exist already when somebody asked again, and was gone after a restart."""

    def created(*names: str) -> list[ErrorCode]:
        topics = [messages.CreateTopicsRequest.CreatableTopic(name=name, num_partitions=1, replication_factor=1) for name in names]
        answer = bench.connect().ask(messages.CreateTopicsRequest(topics=topics, timeout_ms=1_000), 7)
        return [topic.error_code for topic in answer.topics]

    def deleted(*names: str) -> list[ErrorCode]:
        answer = bench.connect().ask(messages.DeleteTopicsRequest(topic_names=list(names), timeout_ms=1_000), 5)
        return [topic.error_code for topic in answer.responses]

    bench.create("durable")
    bench.disk.fail("write", "ENOSPC")
    for _ in range(2):
        assert created("t", "durable") == [ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.TOPIC_ALREADY_EXISTS]
    assert deleted("t", "unknown") == [ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]
    bench.restart()
    assert created("t") == [ErrorCode.NONE]


def test_a_topic_deleted_while_its_batch_is_read_is_unknown(timed: Bench) -> None:
    request = messages.ListOffsetsRequest
    asked = [request.ListOffsetsPartition(partition_index=0, timestamp=WALL_MS + 2)]
    timed.create("another")
    assert produced(timed.connect().ask(produce_request("another", batch_of(b"a", b"b", b"c")), 9)).error_code == ErrorCode.NONE
    client = timed.connect()
    client.send(request(topics=[request.ListOffsetsTopic(name=name, partitions=asked) for name in ("t", "another")]), 8)
    read = timed.disk_queue.popleft()
    assert isinstance(read, Read)
    timed.connect().ask(messages.DeleteTopicsRequest(topic_names=["another"], timeout_ms=99), 5)
    completion = timed.disk.perform(read)
    assert completion is not None
    timed.step(completion)
    topics = client.answers.popleft().body.topics
    assert [found.error_code for topic in topics for found in topic.partitions] == [ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]


def test_a_damaged_batch_is_a_storage_error(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as came in before anybody looked at records."""
    bench.create("t")
    good = encode_batch([Record(None, b"a", (), WALL_MS, 0)])
    lying = bytearray(good)
    lying[57:61] = (5).to_bytes(4, "big")
    lying[23:27] = (4).to_bytes(4, "big")
    lying[17:21] = crc32c(lying[21:]).to_bytes(4, "big")
    monkeypatch.setattr("streambus.broker.produce_checks._inspected", lambda header, _batch: (b"", header.max_timestamp, False))
    assert produced(bench.connect().ask(produce_request("t", bytes(lying)), 9)).error_code == ErrorCode.NONE
    assert offset_at(bench, WALL_MS)[0] == ErrorCode.KAFKA_STORAGE_ERROR


# Features --------------------------------------------------------------------------------------------------------------


def test_exactly_what_is_implemented_is_advertised(bench: Bench) -> None:
    response = bench.connect().ask(messages.ApiVersionsRequest(client_software_name="bench", client_software_version="1.0"), 4)
    spoken = {ApiKey(entry.api_key): (entry.min_version, entry.max_version) for entry in response.api_keys}
    assert spoken.pop(ApiKey.PRODUCE) == (0, 13)
    for key, (first, last) in spoken.items():
        assert first in VERSIONS[key]
        assert last in VERSIONS[key]
    assert set(spoken) == set(Broker.VERSIONS) - {ApiKey.PRODUCE}
    assert [(feature.name, feature.max_version_level) for feature in response.finalized_features] == [("metadata.version", 30)]
    assert response.finalized_features_epoch >= 0


def test_an_unknown_version_of_api_versions_is_answered_in_version_0(bench: Bench) -> None:
    client = bench.connect()
    bench.step(Received(client.id, bytes.fromhex("0000000d00120063000000070003616263")))
    assert client.raw == bytes.fromhex("0000001000000007002300000001001200000004")


def test_a_client_that_says_nonsense_about_itself_is_told_so(bench: Bench) -> None:
    response = bench.connect().ask(messages.ApiVersionsRequest(client_software_name="-", client_software_version="1"), 3)
    assert response.error_code == ErrorCode.INVALID_REQUEST


def test_there_is_no_coordinator_and_that_is_said(bench: Bench) -> None:
    client = bench.connect()
    old = client.ask(messages.FindCoordinatorRequest(key="g"), 2)
    assert (old.error_code, old.node_id) == (ErrorCode.COORDINATOR_NOT_AVAILABLE, -1)
    (new,) = client.ask(messages.FindCoordinatorRequest(coordinator_keys=["g"]), 4).coordinators
    assert (new.key, new.error_code) == ("g", ErrorCode.COORDINATOR_NOT_AVAILABLE)
    assert "no coordinators" in (new.error_message or "")


def test_topic_ids_are_real(bench: Bench) -> None:
    bench.create("t")
    assert bench.topic_id("t") not in (UUID(int=0), UUID(int=1))
