"""Configs of a running broker: altered durably, told truly, and acted upon at once."""

from typing import Any

import pytest
from bench import WALL_MS, Bench, batch_of, fetch_request, fetched, produce_request, produced

from streambus.broker import BrokerConfig
from streambus.kernel import SECOND, Instant
from streambus.records import Record, encode_batch
from streambus.wire import ErrorCode, messages

TOPIC, BROKER = 2, 4
SET, DELETE = 0, 1


def altering(kind: int, name: str, **settings: str | None) -> Any:
    request = messages.IncrementalAlterConfigsRequest
    configs = [
        request.AlterableConfig(name=key.replace("_", "."), config_operation=DELETE if value is None else SET, value=value)
        for key, value in settings.items()
    ]
    return request(resources=[request.AlterConfigsResource(resource_type=kind, resource_name=name, configs=configs)])


def alter(bench: Bench, kind: int, name: str, **settings: str | None) -> tuple[int, str | None]:
    (result,) = bench.connect().ask(altering(kind, name, **settings), 1).responses
    return result.error_code, result.error_message


def described(bench: Bench, kind: int, name: str, config: str) -> tuple[str | None, int]:
    request = messages.DescribeConfigsRequest
    wanted = request.DescribeConfigsResource(resource_type=kind, resource_name=name, configuration_keys=[config])
    (result,) = bench.connect().ask(request(resources=[wanted]), 4).results
    (entry,) = result.configs
    return entry.value, entry.config_source


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.create("t")
    return bench


def test_what_was_answered_survives_a_power_cut(bench: Bench) -> None:
    assert alter(bench, TOPIC, "t", max_message_bytes="1000") == (0, None)
    assert alter(bench, BROKER, "", message_max_bytes="2000") == (0, None)
    assert alter(bench, BROKER, "1", log_cleaner_backoff_ms="1000", max_connections="5") == (0, None)
    bench.power_cut()
    assert described(bench, TOPIC, "t", "max.message.bytes") == ("1000", 1)
    assert described(bench, BROKER, "1", "message.max.bytes") == ("2000", 3)
    assert described(bench, BROKER, "1", "max.connections") == ("5", 2)
    assert bench.broker.image == bench.broker.controller.image
    assert bench.broker.config.limits.connections_max == 5
    assert bench.broker.upkeep.cleaning_interval == SECOND


def test_nothing_is_answered_or_shown_before_it_is_durable(bench: Bench) -> None:
    client = bench.connect()
    client.send(altering(TOPIC, "t", max_message_bytes="10"), 1)
    assert not client.answers
    assert bench.broker.image.topic_config("t").max_message_bytes == 1_048_588
    bench.settle()
    assert client.answers.popleft().body.responses[0].error_code == ErrorCode.NONE
    assert bench.broker.image.topic_config("t").max_message_bytes == 10


@pytest.mark.parametrize("version", range(3))
def test_all_configs_of_a_topic_are_replaced(bench: Bench, version: int) -> None:
    alter(bench, TOPIC, "t", retention_ms="5")
    request = messages.AlterConfigsRequest
    configs = [request.AlterableConfig(name="flush.ms", value="7")]
    wanted = request.AlterConfigsResource(resource_type=TOPIC, resource_name="t", configs=configs)
    (result,) = bench.connect().ask(request(resources=[wanted]), version).responses
    assert (result.error_code, result.error_message) == (0, None)
    assert dict(bench.broker.image.topic_settings("t")) == {"flush.ms": "7"}


def test_produce_follows_the_topic_and_the_topic_its_broker(bench: Bench) -> None:
    def answer() -> int:
        return produced(bench.connect().ask(produce_request("t", batch_of(b"x" * 500)), 9)).error_code

    assert answer() == ErrorCode.NONE
    assert alter(bench, BROKER, "", message_max_bytes="100") == (0, None)
    assert answer() == ErrorCode.MESSAGE_TOO_LARGE
    assert alter(bench, TOPIC, "t", max_message_bytes="1000") == (0, None)
    assert answer() == ErrorCode.NONE
    assert alter(bench, TOPIC, "t", max_message_bytes=None) == (0, None)
    assert answer() == ErrorCode.MESSAGE_TOO_LARGE


def test_retention_follows_the_broker() -> None:
    bench = Bench(BrokerConfig(properties=(("log.retention.check.interval.ms", "1000"),)))
    bench.create("t")
    produced(bench.connect().ask(produce_request("t", batch_of(b"old", timestamp=WALL_MS - 60_000)), 9))
    bench.advance(5_000)
    assert len(fetched(bench.connect().ask(fetch_request("t"), 11)).records)
    alter(bench, BROKER, "", log_retention_ms="30000")
    bench.advance(60_000)
    assert bench.broker.partitions["t", 0].log.log_start_offset == 1


def test_connections_above_the_limit_are_closed(bench: Bench) -> None:
    before = len(bench.broker.connections)
    assert alter(bench, BROKER, "1", max_connections=str(before + 2)) == (0, None)
    clients = [bench.connect() for _ in range(3)]
    assert [client.closed_because for client in clients] == [None, "too many connections", "too many connections"]


def test_a_producer_is_forgotten_when_the_broker_says_so(bench: Bench) -> None:
    def answer(sequence: int) -> int:
        batch = batch_of(b"x", producer_id=7, producer_epoch=0, base_sequence=sequence)
        return produced(bench.connect().ask(produce_request("t", batch), 9)).error_code

    assert alter(bench, BROKER, "", producer_id_expiration_ms="1000") == (0, None)
    assert answer(0) == ErrorCode.NONE
    assert answer(5) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    bench.advance(2_000)
    assert answer(5) == ErrorCode.NONE
    assert alter(bench, BROKER, "", producer_id_expiration_ms=None) == (0, None)
    bench.create("later")
    assert bench.broker.partitions["later", 0].log.producers.expiration_ms == 86_400_000


def test_limits_that_a_broker_is_started_with_hold() -> None:
    settings = (("fetch.max.bytes", "2000"), ("socket.request.max.bytes", "9000"), ("max.incremental.fetch.session.cache.slots", "3"))
    bench = Bench(BrokerConfig(properties=(*settings, ("connections.max.idle.ms", "60000"))))
    limits = bench.broker.config.limits
    assert (limits.fetch_bytes_max, limits.frame_bytes_max, limits.fetch_sessions_max) == (2000, 9000, 3)
    assert bench.broker.fetch_sessions.capacity == 3
    client = bench.connect()
    bench.advance(120_000)
    assert client.closed_because == "idle"


def test_a_connection_may_be_idle_for_ever() -> None:
    bench = Bench(BrokerConfig(properties=(("connections.max.idle.ms", "-1"),)))
    client = bench.connect()
    bench.advance(24 * 3_600_000)
    assert client.closed_because is None


def test_records_of_a_quiet_compacted_topic_come_within_reach_of_the_cleaner() -> None:
    bench = Bench(BrokerConfig(properties=(("log.cleaner.backoff.ms", "1000"),)))
    bench.create("t", cleanup_policy="compact", segment_ms="60000")
    for place in range(3):
        batch = encode_batch([Record(b"k", b"%d" % place, (), WALL_MS, 0)])
        assert produced(bench.connect().ask(produce_request("t", batch), 9)).error_code == ErrorCode.NONE
    log = bench.broker.partitions["t", 0].log
    bench.advance(30_000)
    assert len(log.index) == 3
    for _ in range(30):
        bench.advance(2_000)
    assert (len(log.index), log.cleaned_end) == (0, 3)


def test_a_decision_that_may_never_be_durable_is_told_as_doubtful(bench: Bench) -> None:
    client = bench.connect()
    client.send(altering(TOPIC, "t", retention_ms="5"), 1)
    client.send(altering(TOPIC, "no-such", retention_ms="5"), 1)
    bench.now = Instant(bench.now + bench.broker.REQUEST_TIMEOUT)
    bench.advance(0)
    results = [answer.body.responses[0] for answer in client.answers]
    assert [result.error_code for result in results] in (
        [ErrorCode.REQUEST_TIMED_OUT, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
        [ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    )


@pytest.mark.parametrize("version", range(2))
def test_resources_are_listed(bench: Bench, version: int) -> None:
    alter(bench, 16, "s", metrics="*")
    response = bench.connect().ask(messages.ListConfigResourcesRequest(resource_types=[16] if version else []), version)
    assert [resource.resource_name for resource in response.config_resources] == ["s"]
