"""Traps: what has broken clients of other brokers, or of Kafka itself. Each test names the improvement, the issue or the client."""

from typing import Any
from uuid import UUID

import pytest
from bench import UNLIMITED, WALL_MS, Bench, batch_of, fetch_request, fetched, produce_request, produced

from streambus import wire
from streambus.broker import Broker, BrokerConfig, Listener
from streambus.kernel import Received
from streambus.wire import ApiKey, ErrorCode, messages

api_versions = messages.ApiVersionsRequest
metadata = messages.MetadataRequest
NOT_ASKED_FOR = -(2**31)


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.create("t", 2)
    bench.connect().ask(produce_request("t", batch_of(b"a", b"b")), 9)
    return bench


# Connecting ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [5, 6, 99])
def test_kip_511_an_unknown_version_of_api_versions_is_answered_in_version_0(bench: Bench, version: int) -> None:
    client = bench.connect()
    frame = version.to_bytes(2, "big") + (7).to_bytes(4, "big") + b"\xff\xff" + b"whatever"
    data = int(ApiKey.API_VERSIONS).to_bytes(2, "big") + frame
    bench.step(Received(client.id, len(data).to_bytes(4, "big") + data))
    said = bytes(client.raw)
    assert said[4:8] == (7).to_bytes(4, "big")
    response = messages.ApiVersionsResponse.decode(said[8:], 0)
    assert response.error_code == ErrorCode.UNSUPPORTED_VERSION
    assert [(each.api_key, each.min_version, each.max_version) for each in response.api_keys] == [(ApiKey.API_VERSIONS, 0, 4)]


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize(
    ("name", "software_version", "is_fine"),
    [
        ("apache-kafka-java", "4.3.1", True),
        ("x", "1", True),
        ("", "1", False),
        ("x", "", False),
        ("x y", "1", False),
        ("-x", "1", False),
        ("x-", "1", False),
        ("x\n", "1", False),
        ("é", "1", False),
    ],
)
def test_kip_511_a_client_says_its_name_in_letters_and_digits(
    bench: Bench, name: str, software_version: str, is_fine: bool, version: int
) -> None:
    request = api_versions(client_software_name=name, client_software_version=software_version)
    response = bench.connect().ask(request, version)
    assert response.error_code == (ErrorCode.NONE if is_fine else ErrorCode.INVALID_REQUEST)
    assert bool(response.api_keys) == is_fine


@pytest.mark.parametrize("version", [0, 1, 2, 3, 4])
def test_kafka_17011_a_feature_that_begins_at_0_is_hidden_from_older_clients(
    bench: Bench, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Broker, "SUPPORTED_FEATURES", {"metadata.version": (7, 30), "group.version": (0, 1)})
    response = bench.connect().ask(api_versions(client_software_name="x", client_software_version="1"), version)
    names = [feature.name for feature in response.supported_features]
    assert names == ([] if version < 3 else ["metadata.version"] if version == 3 else ["metadata.version", "group.version"])


def test_kafka_18659_produce_is_said_to_begin_at_0(bench: Bench) -> None:
    response = bench.connect().ask(api_versions(), 0)
    assert (0, 0, 13) in [(each.api_key, each.min_version, each.max_version) for each in response.api_keys]


def test_kip_584_the_epoch_of_features_is_of_what_is_durable_and_levels_are_in_range(bench: Bench) -> None:
    response = bench.connect().ask(api_versions(client_software_name="x", client_software_version="1"), 4)
    assert response.finalized_features_epoch == bench.broker.image_offset - 1 >= 0
    supported = {feature.name: (feature.min_version, feature.max_version) for feature in response.supported_features}
    for feature in response.finalized_features:
        first, last = supported[feature.name]
        assert first <= feature.min_version_level == feature.max_version_level <= last


def test_unknown_keys_and_versions_close_the_connection_but_answers_leave_first(bench: Bench) -> None:
    client = bench.connect()
    client.wire.send(messages.FetchRequest(), 12)
    good = b"".join(bytes(part) for part in wire.ClientConnection("x").send(metadata(topics=[]), 12)[1])
    bad = bytearray(good)
    bad[6:8] = (99).to_bytes(2, "big")
    bench.step(Received(client.id, good + bytes(bad)))
    bench.settle()
    assert client.closed_because is not None
    assert len(client.raw) > 8


def test_kip_919_telemetry_that_nobody_takes_is_not_offered(bench: Bench) -> None:
    offered = {each.api_key for each in bench.connect().ask(api_versions(), 0).api_keys}
    assert not offered & {ApiKey.GET_TELEMETRY_SUBSCRIPTIONS, ApiKey.PUSH_TELEMETRY}


def test_answers_leave_in_the_order_of_the_requests_however_long_one_waits(bench: Bench) -> None:
    client = bench.connect()
    first = client.send(fetch_request("t", 2, max_wait_ms=500), 12)
    others = [client.send(metadata(topics=[]), 12) for _ in range(4)]
    bench.settle()
    assert not client.answers
    bench.advance(500)
    assert [answer.correlation_id for answer in client.answers] == [first, *others]


def test_kip_219_nobody_is_told_to_wait(bench: Bench) -> None:
    client = bench.connect()
    asked = [
        (metadata(topics=[]), 12),
        (fetch_request("t"), 12),
        (produce_request("t", batch_of(b"x")), 9),
        (messages.ListOffsetsRequest(), 11),
    ]
    assert [client.ask(body, version).throttle_time_ms for body, version in asked] == [0] * 4


def test_a_produce_without_acks_has_no_answer_and_its_error_closes_the_connection(bench: Bench) -> None:
    client = bench.connect()
    client.send(produce_request("t", batch_of(b"x"), acks=0), 9)
    assert client.ask(metadata(topics=[]), 12).topics == []
    assert not client.answers
    client.send(produce_request("nowhere", batch_of(b"x"), acks=0), 9)
    bench.settle()
    assert client.closed_because is not None


# Metadata --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", range(14))
def test_no_list_and_an_empty_list_mean_what_the_version_says(bench: Bench, version: int) -> None:
    def names(topics: list[Any] | None) -> list[str]:
        return [topic.name for topic in bench.connect().ask(metadata(topics=topics), version).topics]

    assert names([]) == (["t"] if version == 0 else [])
    if version > 0:
        assert names(None) == ["t"]


@pytest.mark.parametrize("version", [10, 11])
def test_kip_516_ids_must_not_be_asked_for_before_version_12(bench: Bench, version: int) -> None:
    by_id = metadata(topics=[metadata.MetadataRequestTopic(name=None, topic_id=bench.topic_id("t"))])
    assert [topic.error_code for topic in bench.connect().ask(by_id, version).topics] == [ErrorCode.INVALID_REQUEST]
    (topic,) = bench.connect().ask(by_id, 12).topics
    assert (topic.error_code, topic.name) == (ErrorCode.NONE, "t")


def test_kip_430_operations_are_a_number_of_their_own_when_nobody_asks(bench: Bench) -> None:
    topic = metadata.MetadataRequestTopic(name="t")
    plain = bench.connect().ask(metadata(topics=[topic]), 8)
    assert (plain.cluster_authorized_operations, plain.topics[0].topic_authorized_operations) == (NOT_ASKED_FOR, NOT_ASKED_FOR)
    cluster = messages.DescribeClusterRequest
    assert bench.connect().ask(cluster(), 1).cluster_authorized_operations == NOT_ASKED_FOR
    assert bench.connect().ask(cluster(include_cluster_authorized_operations=True), 1).cluster_authorized_operations == 8096


def test_every_listener_is_told_the_address_that_leads_to_it() -> None:
    bench = Bench(BrokerConfig(listeners=(Listener("PLAINTEXT", "outside", 9092), Listener("INSIDE", "inside", 9093))))
    for listener, host, port in (("PLAINTEXT", "outside", 9092), ("INSIDE", "inside", 9093)):
        client = bench.connect(listener)
        for response in (client.ask(metadata(topics=[]), 12), client.ask(messages.DescribeClusterRequest(), 1)):
            assert [(broker.host, broker.port) for broker in response.brokers] == [(host, port)]


def test_kip_1102_nobody_is_sent_away_to_begin_anew(bench: Bench) -> None:
    assert bench.connect().ask(metadata(topics=None), 13).error_code == ErrorCode.NONE


def test_kip_516_a_topic_that_is_made_again_is_another_one(bench: Bench) -> None:
    before = bench.topic_id("t")
    bench.connect().ask(messages.DeleteTopicsRequest(topic_names=["t"], timeout_ms=1000), 5)
    bench.create("t")
    assert bench.topic_id("t") not in (before, UUID(int=0))
    place = messages.FetchRequest.FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=UNLIMITED)
    topic = messages.FetchRequest.FetchTopic(topic_id=before, partitions=[place])
    old = messages.FetchRequest(max_wait_ms=500, min_bytes=1, max_bytes=UNLIMITED, topics=[topic])
    assert fetched(bench.connect().ask(old, 17)).error_code == ErrorCode.UNKNOWN_TOPIC_ID


# Fetch -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [4, 11, 12])
@pytest.mark.parametrize(("topic", "offset"), [("t", 99), ("t", 2), ("nowhere", 0)])
def test_kafka_18646_records_are_never_null(bench: Bench, version: int, topic: str, offset: int) -> None:
    records = fetched(bench.connect().ask(fetch_request(topic, offset), version)).records
    assert records is not None
    assert len(records) == 0


@pytest.mark.parametrize("version", [4, 12])
def test_aborted_transactions_are_null_for_those_who_read_everything(bench: Bench, version: int) -> None:
    uncommitted = fetched(bench.connect().ask(fetch_request("t"), version))
    committed = fetched(bench.connect().ask(fetch_request("t", isolation_level=1), version))
    assert (uncommitted.aborted_transactions, committed.aborted_transactions) == (None, [])


def test_kip_74_one_batch_is_sent_however_little_is_asked_for(bench: Bench) -> None:
    whole = len(batch_of(b"a", b"b"))
    assert [len(fetched(bench.connect().ask(fetch_request("t", max_bytes=limit), 12)).records) for limit in (0, 1, whole)] == [whole] * 3


def test_kip_392_nobody_is_sent_to_a_replica_that_is_nearer(bench: Bench) -> None:
    said = fetched(bench.connect().ask(fetch_request("t", rack_id="nearer"), 11))
    assert (said.error_code, said.preferred_read_replica, len(said.records) > 0) == (ErrorCode.NONE, -1, True)


def test_what_is_not_durable_yet_is_within_the_log_but_not_sent(bench: Bench) -> None:
    bench.connect().send(produce_request("t", batch_of(b"c", b"d")), 9)
    client = bench.connect()
    client.send(fetch_request("t", 3), 12)
    (answer,) = client.answers
    said = fetched(answer.body)
    assert (said.error_code, said.high_watermark, len(said.records)) == (ErrorCode.NONE, 2, 0)


@pytest.mark.parametrize("offset", [-1, 3])
def test_kip_405_out_of_range_is_never_said_to_be_somewhere_else(bench: Bench, offset: int) -> None:
    assert fetched(bench.connect().ask(fetch_request("t", offset), 12)).error_code == ErrorCode.OFFSET_OUT_OF_RANGE


@pytest.mark.parametrize(("version", "leader"), [(12, (-1, -1)), (15, (-1, -1)), (16, (1, 1)), (18, (1, 1))])
def test_kip_951_who_knows_an_old_epoch_is_told_who_leads(bench: Bench, version: int, leader: tuple[int, int]) -> None:
    bench.restart()
    request = fetch_request("t")
    request.topics[0].partitions[0].current_leader_epoch = 0
    if version >= 13:
        request.topics[0].topic, request.topics[0].topic_id = "", bench.topic_id("t")
    response = bench.connect().ask(request, version)
    nodes = [(node.node_id, node.host, node.port, node.rack) for node in response.node_endpoints]
    assert nodes == ([(1, "127.0.0.1", 9092, None)] if version >= 16 else [])
    said = fetched(response)
    assert said.error_code == ErrorCode.FENCED_LEADER_EPOCH
    assert (said.current_leader.leader_id, said.current_leader.leader_epoch) == leader


def test_a_long_poll_ends_with_enough_bytes_or_with_its_time(bench: Bench) -> None:
    size = len(batch_of(b"a", b"b"))
    client = bench.connect()
    client.send(fetch_request("t", min_bytes=2 * size, max_wait_ms=300), 12)
    bench.advance(299)
    assert not client.answers
    bench.advance(1)
    assert len(fetched(client.answers.popleft().body).records) == size
    client.send(fetch_request("t", min_bytes=2 * size, max_wait_ms=300), 12)
    assert produced(bench.connect().ask(produce_request("t", batch_of(b"c", b"d")), 9)).error_code == ErrorCode.NONE
    assert len(fetched(client.answers.popleft().body).records) == 2 * size


@pytest.mark.parametrize("wait_ms", [0, -1])
@pytest.mark.parametrize("min_bytes", [0, -1, 1, 2**31 - 1])
def test_who_does_not_want_to_wait_does_not(bench: Bench, wait_ms: int, min_bytes: int) -> None:
    client = bench.connect()
    client.send(fetch_request("t", 2, min_bytes=min_bytes, max_wait_ms=wait_ms), 12)
    assert len(client.answers) == 1


# Times -----------------------------------------------------------------------------------------------------------------


def test_a_time_is_looked_for_in_batches_and_then_in_one(bench: Bench) -> None:
    request = messages.ListOffsetsRequest

    def at(timestamp: int) -> tuple[int, int]:
        asked = request.ListOffsetsTopic(name="t", partitions=[request.ListOffsetsPartition(partition_index=0, timestamp=timestamp)])
        (topic,) = bench.connect().ask(request(topics=[asked]), 8).topics
        return topic.partitions[0].offset, topic.partitions[0].timestamp

    bench.connect().ask(produce_request("t", batch_of(b"c", b"d", timestamp=WALL_MS - 50)), 9)
    bench.connect().ask(produce_request("t", batch_of(b"e", timestamp=WALL_MS + 1)), 9)
    assert at(WALL_MS + 1) == (1, WALL_MS + 1)
    assert at(WALL_MS - 60) == (0, WALL_MS)
    assert at(WALL_MS + 2) == (-1, -1)
    assert at(-3) == (1, WALL_MS + 1)
