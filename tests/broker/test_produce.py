"""Produce: durable before acknowledged, in order, once."""

from typing import Any

import attrs
import pytest
from bench import WALL_MS, Bench, batch_of, fetch_request, fetched, produce_request, produced
from produce_cases import raw_batch, raw_record

from streambus.broker import BrokerConfig, Limits
from streambus.kernel import MILLISECOND, Drained, Instant, Sync, Woken, Write
from streambus.records import Codec, Record, check_batch, decode_records, encode_batch, parse_header
from streambus.wire import ErrorCode, messages

V = 9


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.create("t", 2)
    return bench


def values(bench: Bench, offset: int = 0, partition: int = 0) -> list[bytes | None]:
    data = fetched(bench.connect().ask(fetch_request("t", offset, partition), 11))
    assert data.error_code == ErrorCode.NONE
    return [record.value for record in decode_records(data.records)] if data.records else []


def test_nothing_is_acknowledged_or_seen_before_it_is_synced(bench: Bench) -> None:
    client = bench.connect()
    client.send(produce_request("t", batch_of(b"a")), V)
    bench.step(Drained())
    write, sync = bench.disk_queue
    assert isinstance(write, Write)
    assert isinstance(sync, Sync)
    assert not client.answers
    other = bench.connect()
    other.send(fetch_request("t"), 11)
    assert not fetched(other.answers.popleft().body).records
    bench.settle()
    assert produced(client.answers.popleft().body).base_offset == 0
    assert values(bench) == [b"a"]


@pytest.mark.parametrize("acks", [1, -1])
def test_acks_1_and_all_are_both_durable(bench: Bench, acks: int) -> None:
    client = bench.connect()
    client.send(produce_request("t", batch_of(b"a"), acks=acks), V)
    assert not client.answers
    bench.settle()
    assert produced(client.answers.popleft().body).error_code == ErrorCode.NONE
    bench.power_cut()
    assert values(bench) == [b"a"]


def test_acks_0_has_no_answer_and_does_not_hold_up_others(bench: Bench) -> None:
    client = bench.connect()
    client.send(produce_request("t", batch_of(b"a"), acks=0), V)
    client.send(produce_request("t", batch_of(b"b")), V)
    bench.settle()
    assert [produced(answer.body).base_offset for answer in client.answers] == [1]


def test_acks_0_that_is_refused_closes_the_connection(bench: Bench) -> None:
    client = bench.connect()
    client.send(produce_request("nowhere", batch_of(b"a"), acks=0), V)
    assert client.closed_because is not None
    assert "acks=0" in client.closed_because


def test_one_burst_shares_one_sync(bench: Bench) -> None:
    clients = [bench.connect() for _ in range(8)]
    for number, client in enumerate(clients):
        client.send(produce_request("t", batch_of(b"%d" % number), partition=number % 2), V)
    bench.step(Drained())
    assert sum(isinstance(effect, Sync) for effect in bench.disk_queue) == 1
    bench.settle()
    assert [produced(client.answers.popleft().body).base_offset for client in clients] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_what_comes_during_a_sync_goes_with_the_next(bench: Bench) -> None:
    first, second = bench.connect(), bench.connect()
    first.send(produce_request("t", batch_of(b"a")), V)
    bench.step(Drained())
    second.send(produce_request("t", batch_of(b"b")), V)
    bench.step(Drained())
    assert sum(isinstance(effect, Sync) for effect in bench.disk_queue) == 1
    bench.settle()
    assert [produced(client.answers.popleft().body).base_offset for client in (first, second)] == [0, 1]


def test_pipelined_requests_are_answered_in_order(bench: Bench) -> None:
    client = bench.connect()
    sent = [client.send(produce_request("t", batch_of(b"a")), V)]
    sent.append(client.send(messages.MetadataRequest(topics=None), 9))
    sent.append(client.send(produce_request("t", batch_of(b"b")), V))
    assert not client.answers
    bench.settle()
    assert [answer.correlation_id for answer in client.answers] == sent


@pytest.mark.parametrize("codec", list(Codec))
def test_batches_are_stored_as_they_came(bench: Bench, codec: Codec) -> None:
    batch = batch_of(b"x" * 500, None, b"", codec=codec)
    assert produced(bench.connect().ask(produce_request("t", batch), V)).error_code == ErrorCode.NONE
    stored = bytes(fetched(bench.connect().ask(fetch_request("t"), 11)).records)
    assert stored[16:] == batch[16:]
    assert values(bench) == [b"x" * 500, None, b""]


def test_versions_since_13_name_topics_by_id(bench: Bench) -> None:
    request = messages.ProduceRequest
    data = request.PartitionProduceData(index=1, records=batch_of(b"a"))
    ask = request(acks=-1, timeout_ms=9, topic_data=[request.TopicProduceData(topic_id=bench.topic_id("t"), partition_data=[data])])
    response = bench.connect().ask(ask, 13)
    assert produced(response).error_code == ErrorCode.NONE
    assert response.responses[0].topic_id == bench.topic_id("t")
    ask.topic_data[0].topic_id = type(bench.topic_id("t"))(int=5)
    assert produced(bench.connect().ask(ask, 13)).error_code == ErrorCode.UNKNOWN_TOPIC_ID


def damaged(batch: bytes, position: int = -1) -> bytes:
    spoiled = bytearray(batch)
    spoiled[position] ^= 1
    return bytes(spoiled)


REFUSALS = [
    (batch_of(b"a"), {"partition": 7}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
    (batch_of(b"a"), {"acks": 2}, ErrorCode.INVALID_REQUIRED_ACKS),
    (None, {}, ErrorCode.INVALID_RECORD),
    (b"", {}, ErrorCode.INVALID_RECORD),
    (batch_of(b"a") * 2, {}, ErrorCode.INVALID_RECORD),
    (batch_of(b"a")[:40], {}, ErrorCode.INVALID_RECORD),
    (damaged(batch_of(b"a")), {}, ErrorCode.CORRUPT_MESSAGE),
    (batch_of(b"a")[:16] + b"\1" + batch_of(b"a")[17:], {}, ErrorCode.INVALID_RECORD),
    (batch_of(b"a" * 2_000_000), {}, ErrorCode.MESSAGE_TOO_LARGE),
    (batch_of(b"a", timestamp=WALL_MS + 3_700_000), {}, ErrorCode.INVALID_TIMESTAMP),
    (
        encode_batch([Record(None, b"a", (), WALL_MS, 0)], is_transactional=True, producer_id=1, producer_epoch=0, base_sequence=0),
        {},
        ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    ),
    (encode_batch([Record(b"\0\0\0\0", b"", (), WALL_MS, 0)], is_control=True), {}, ErrorCode.INVALID_RECORD),
]


@pytest.mark.parametrize(("batch", "how", "error"), REFUSALS, ids=[f"{place}-{row[2].name}" for place, row in enumerate(REFUSALS)])
def test_what_kafka_refuses_is_refused(bench: Bench, batch: bytes | None, how: dict[str, int], error: ErrorCode) -> None:
    response = produced(bench.connect().ask(produce_request("t", batch, **how), V))
    assert (response.error_code, response.base_offset) == (error, -1)
    assert values(bench) == []


def test_one_bad_batch_does_not_spoil_the_good_one_beside_it(bench: Bench) -> None:
    request = produce_request("t", batch_of(b"good"))
    data = messages.ProduceRequest.PartitionProduceData
    request.topic_data[0].partition_data.append(data(index=1, records=damaged(batch_of(b"bad"))))
    (topic,) = bench.connect().ask(request, V).responses
    assert [partition.error_code for partition in topic.partition_responses] == [ErrorCode.NONE, ErrorCode.CORRUPT_MESSAGE]


def test_a_partition_needs_no_more_replicas_in_sync_than_it_has() -> None:
    bench = Bench()
    bench.create("t", min_insync_replicas="2")
    client = bench.connect()
    assert produced(client.ask(produce_request("t", batch_of(b"a")), V)).error_code == ErrorCode.NONE
    topic = bench.broker.image.topics["t"]
    topic.partitions[0] = attrs.evolve(topic.partitions[0], replicas=(1, 2, 3))
    assert produced(client.ask(produce_request("t", batch_of(b"a")), V)).error_code == ErrorCode.NOT_ENOUGH_REPLICAS
    assert produced(client.ask(produce_request("t", batch_of(b"a"), acks=1), V)).error_code == ErrorCode.NONE


def test_a_produce_that_outlives_its_time_out_is_told_so(bench: Bench) -> None:
    client = bench.connect()
    client.send(produce_request("t", batch_of(b"a"), timeout_ms=50), V)
    bench.now = Instant(bench.now + 50 * MILLISECOND)
    bench.step(Woken())
    assert produced(client.answers.popleft().body).error_code == ErrorCode.REQUEST_TIMED_OUT


def test_log_append_time_is_stamped_and_told() -> None:
    bench = Bench()
    bench.create("t", message_timestamp_type="LogAppendTime")
    bench.advance(5_000)
    batch = batch_of(b"a", b"b" * 900, codec=Codec.ZSTD, timestamp=WALL_MS + 10**9, producer_id=1, producer_epoch=0, base_sequence=0)
    for _ in range(2):
        response = produced(bench.connect().ask(produce_request("t", batch), V))
        assert (response.error_code, response.base_offset, response.log_append_time_ms) == (0, 0, WALL_MS + 5_000)
        bench.advance(1_000)
    stored = fetched(bench.connect().ask(fetch_request("t"), 11)).records
    check_batch(stored, parse_header(stored))
    assert [(record.value, record.timestamp) for record in decode_records(stored)] == [
        (b"a", WALL_MS + 5_000),
        (b"b" * 900, WALL_MS + 5_000),
    ]


# Idempotence -----------------------------------------------------------------------------------------------------------


def sequenced(*payload: bytes, sequence: int, epoch: int = 0, producer_id: int = 7) -> bytes:
    return batch_of(*payload, producer_id=producer_id, producer_epoch=epoch, base_sequence=sequence)


def test_a_duplicate_is_answered_with_the_first_offset(bench: Bench) -> None:
    client = bench.connect()
    for sequence in range(3):
        client.ask(produce_request("t", sequenced(b"%d" % sequence, sequence=sequence)), V)
    response = produced(client.ask(produce_request("t", sequenced(b"1", sequence=1)), V))
    assert (response.error_code, response.base_offset) == (ErrorCode.NONE, 1)
    assert values(bench) == [b"0", b"1", b"2"]


def test_a_duplicate_waits_until_the_first_is_durable(bench: Bench) -> None:
    client = bench.connect()
    client.send(produce_request("t", sequenced(b"a", sequence=0)), V)
    client.send(produce_request("t", sequenced(b"a", sequence=0)), V)
    assert not client.answers
    bench.settle()
    assert [produced(answer.body).base_offset for answer in client.answers] == [0, 0]


@pytest.mark.parametrize("crash", ["restart", "power_cut"])
def test_duplicates_are_recognised_after_a_restart(bench: Bench, crash: str) -> None:
    bench.connect().ask(produce_request("t", sequenced(b"a", b"b", sequence=0)), V)
    getattr(bench, crash)()
    response = produced(bench.connect().ask(produce_request("t", sequenced(b"a", b"b", sequence=0)), V))
    assert (response.error_code, response.base_offset) == (ErrorCode.NONE, 0)
    assert values(bench) == [b"a", b"b"]


def test_a_gap_is_out_of_order_and_an_old_epoch_is_fenced(bench: Bench) -> None:
    client = bench.connect()
    client.ask(produce_request("t", sequenced(b"a", sequence=0, epoch=1)), V)
    gap = produced(client.ask(produce_request("t", sequenced(b"c", sequence=2, epoch=1)), V))
    assert gap.error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    old = produced(client.ask(produce_request("t", sequenced(b"z", sequence=1, epoch=0)), V))
    assert old.error_code == ErrorCode.INVALID_PRODUCER_EPOCH


def test_producer_ids_are_never_given_twice_not_even_after_a_restart(bench: Bench) -> None:
    given: list[int] = []
    for _ in range(3):
        client = bench.connect()
        for _ in range(600):
            response = client.ask(messages.InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=1), 4)
            assert response.error_code == ErrorCode.NONE
            given.append(response.producer_id)
        bench.power_cut()
    assert len(set(given)) == len(given)


@pytest.mark.parametrize(("producer_id", "producer_epoch"), [(5, -1), (-1, 0), (-1, -2)])
def test_half_of_what_a_producer_was_is_refused(bench: Bench, producer_id: int, producer_epoch: int) -> None:
    request = messages.InitProducerIdRequest(None, 1000, producer_id, producer_epoch)
    assert bench.connect().ask(request, 4).error_code == ErrorCode.INVALID_REQUEST


def test_whoever_was_a_producer_is_a_new_one(bench: Bench) -> None:
    assert bench.connect().ask(messages.InitProducerIdRequest(None, 1000, 5, 3), 4).error_code == ErrorCode.NONE


def test_there_are_no_transactions_yet(bench: Bench) -> None:
    response = bench.connect().ask(messages.InitProducerIdRequest(transactional_id="x", transaction_timeout_ms=1), 4)
    assert (response.error_code, response.producer_id) == (ErrorCode.COORDINATOR_NOT_AVAILABLE, -1)
    response = bench.connect().ask(messages.InitProducerIdRequest(transactional_id="", transaction_timeout_ms=1), 4)
    assert response.error_code == ErrorCode.INVALID_REQUEST


# Disk failures and limits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["write", "sync"])
def test_after_a_disk_failure_nothing_is_acknowledged_but_what_is_durable_is_read(bench: Bench, operation: str) -> None:
    client = bench.connect()
    client.ask(produce_request("t", batch_of(b"safe")), V)
    bench.disk.fail(operation)
    assert produced(client.ask(produce_request("t", batch_of(b"lost")), V)).error_code == ErrorCode.KAFKA_STORAGE_ERROR
    assert produced(client.ask(produce_request("t", batch_of(b"no")), V)).error_code == ErrorCode.KAFKA_STORAGE_ERROR
    assert values(bench) == [b"safe"]
    request = messages.CreateTopicsRequest
    topic = request.CreatableTopic(name="new", num_partitions=1, replication_factor=1)
    (result,) = client.ask(request(topics=[topic], timeout_ms=1000), 7).topics
    assert result.error_code == ErrorCode.KAFKA_STORAGE_ERROR
    init = messages.InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=1)
    assert client.ask(init, 4).error_code == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    assert "the disk failed" in bench.traces[-1].text
    bench.power_cut()
    assert values(bench) == [b"safe"]


def test_a_batch_behind_one_that_the_disk_refused_is_not_called_out_of_order(bench: Bench) -> None:
    """Stock producers have five batches under way. Told of a gap, they begin anew, and send again what may be there already."""
    client = bench.connect()

    def send(sequence: int) -> Any:
        return produced(client.ask(produce_request("t", batch_of(b"x", producer_id=7, producer_epoch=0, base_sequence=sequence)), V))

    assert send(0).error_code == ErrorCode.NONE
    bench.disk.fail("sync")
    assert [send(sequence).error_code for sequence in (1, 2, 3)] == [ErrorCode.KAFKA_STORAGE_ERROR] * 3
    assert send(0).base_offset == 0, "what is durable is still recognised"
    bench.power_cut()
    client = bench.connect()
    assert send(1).error_code == ErrorCode.NONE


def test_those_who_were_slowed_down_are_read_again_when_the_disk_has_failed() -> None:
    """Nothing is pending after a failure, and no sync will ever come to say so: they would have waited for the rest of this life."""
    bench = Bench(BrokerConfig(limits=Limits(pending_bytes_max=1000)))
    bench.create("t")
    client = bench.connect()
    bench.disk.fail("sync")
    client.send(produce_request("t", batch_of(b"x" * 2000)), V)
    assert client.is_paused
    bench.settle()
    assert not client.is_paused


def test_producers_are_slowed_down_when_the_disk_is_behind() -> None:
    bench = Bench(BrokerConfig(limits=Limits(pending_bytes_max=1000)))
    bench.create("t")
    client = bench.connect()
    client.send(produce_request("t", batch_of(b"x" * 2000)), V)
    assert client.is_paused
    bench.settle()
    assert not client.is_paused


def test_a_pipeline_that_is_too_long_is_paused_until_half_of_it_is_answered() -> None:
    bench = Bench(BrokerConfig(limits=Limits(pipelined_requests_max=4)))
    bench.create("t")
    client = bench.connect()
    for _ in range(5):
        client.send(produce_request("t", batch_of(b"x")), V)
    assert client.is_paused
    bench.settle()
    assert not client.is_paused
    assert len(client.answers) == 5


# Whole requests --------------------------------------------------------------------------------------------------------


def request_of(*batches: bytes | None, **fields: Any) -> Any:
    """A produce of one batch for each partition of a topic."""
    request = messages.ProduceRequest
    data = [request.PartitionProduceData(index=index, records=batch) for index, batch in enumerate(batches)]
    return request(acks=-1, timeout_ms=1000, topic_data=[request.TopicProduceData(name="t", partition_data=data)], **fields)


def codes(response: Any) -> list[int]:
    return [partition.error_code for topic in response.responses for partition in topic.partition_responses]


def test_a_transaction_without_a_name_refuses_everything_beside_it(bench: Bench) -> None:
    nameless = encode_batch([Record(None, b"a", (), WALL_MS)], is_transactional=True, producer_id=1, producer_epoch=0, base_sequence=0)
    response = bench.connect().ask(request_of(batch_of(b"good"), nameless, nameless), V)
    assert codes(response) == [ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED] * 3, "even where there is no such partition"
    named = bench.connect().ask(request_of(batch_of(b"good"), nameless, transactional_id="x"), V)
    assert codes(named) == [ErrorCode.NONE, ErrorCode.INVALID_PRODUCER_ID_MAPPING]


@pytest.mark.parametrize(
    "beginning", [b"\0\0\0\5" + bytes(4) + b"\2", b"\xff\xff\xff\xff" + bytes(4) + b"\2", b"\0\0\0\x50" + bytes(4) + b"\7"]
)
def test_what_is_not_even_the_beginning_of_a_batch_refuses_everything_beside_it(bench: Bench, beginning: bytes) -> None:
    response = bench.connect().ask(request_of(batch_of(b"good"), None, bytes(8) + beginning), 11)
    assert codes(response) == [ErrorCode.CORRUPT_MESSAGE] * 3
    assert "record" in response.responses[0].partition_responses[0].error_message.lower()
    assert values(bench) == []


def test_a_topic_of_which_no_partition_is_named_is_not_in_the_answer(bench: Bench) -> None:
    assert bench.connect().ask(request_of(), V).responses == []


def test_records_that_are_null_are_refused(bench: Bench) -> None:
    assert codes(bench.connect().ask(request_of(None, b"", b"twelve bytes"), V)) == [
        ErrorCode.INVALID_RECORD,
        ErrorCode.INVALID_RECORD,
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ]


# What is inside --------------------------------------------------------------------------------------------------------


def test_a_bomb_is_refused_before_it_has_grown(bench: Bench) -> None:
    batch = batch_of(bytes(200_000_000), codec=Codec.ZSTD)
    assert len(batch) < 100_000
    response = produced(bench.connect().ask(produce_request("t", batch), 11))
    assert response.error_code == ErrorCode.MESSAGE_TOO_LARGE
    assert response.error_message == "the records are larger than 134217728 bytes when decompressed"


def test_a_timestamp_that_no_reader_could_hold_is_refused() -> None:
    bench = Bench()
    bench.create("t", message_timestamp_after_max_ms=str(2**63 - 1))
    batch = raw_batch(raw_record(timestamp=10), base_timestamp=2**63 - 1)
    response = produced(bench.connect().ask(produce_request("t", batch), 11))
    assert (response.error_code, response.error_message) == (ErrorCode.INVALID_RECORD, "a timestamp has more than 64 bits")


def test_an_answer_names_only_so_many_records(bench: Bench) -> None:
    bench.create("keys", cleanup_policy="compact")
    batch = batch_of(*[b""] * 12_000, codec=Codec.LZ4)
    response = produced(bench.connect().ask(produce_request("keys", batch), 11))
    assert response.error_code == ErrorCode.INVALID_RECORD
    assert "due to 12000 record errors" in response.error_message
    assert [error.batch_index for error in response.record_errors] == list(range(10_000))


@pytest.mark.parametrize("limits", [{"message_timestamp_before_max_ms": "1000"}, {}])
def test_records_within_their_limits_of_time_are_taken(limits: dict[str, str]) -> None:
    bench = Bench()
    bench.create("t", **limits)
    assert produced(bench.connect().ask(produce_request("t", batch_of(b"a", b"b")), V)).error_code == ErrorCode.NONE


def test_a_topic_that_grows_what_it_converts_beyond_its_limit_refuses_it() -> None:
    bench = Bench()
    bench.create("t", compression_type="uncompressed", max_message_bytes="1000")
    batch = batch_of(bytes(2_000), codec=Codec.GZIP)
    assert produced(bench.connect().ask(produce_request("t", batch), V)).error_code == ErrorCode.MESSAGE_TOO_LARGE


@pytest.mark.parametrize("kind", ["CreateTime", "LogAppendTime"])
def test_a_converted_batch_survives_a_restart_and_is_recognised_when_it_comes_again(kind: str) -> None:
    bench = Bench()
    bench.create("t", compression_type="gzip", message_timestamp_type=kind)
    batch = sequenced(b"a" * 500, b"b" * 500, sequence=0)
    assert produced(bench.connect().ask(produce_request("t", batch), V)).base_offset == 0
    bench.power_cut()
    assert produced(bench.connect().ask(produce_request("t", batch), V)).base_offset == 0
    stored = fetched(bench.connect().ask(fetch_request("t"), 11)).records
    header = parse_header(stored)
    check_batch(stored, header)
    assert (header.codec, header.record_count, header.producer_id, header.base_sequence) == (Codec.GZIP, 2, 7, 0)
    assert header.is_log_append_time == (kind == "LogAppendTime")
    assert values(bench) == [b"a" * 500, b"b" * 500]


def test_a_producer_goes_on_after_its_batch_was_refused_inside(bench: Bench) -> None:
    """A refused batch uses up no sequence."""
    client = bench.connect()
    client.ask(produce_request("t", sequenced(b"a", sequence=0)), V)
    broken = raw_batch(raw_record(length=3), base_timestamp=WALL_MS, producer_id=7, producer_epoch=0, base_sequence=1)
    assert produced(client.ask(produce_request("t", broken), V)).error_code == ErrorCode.INVALID_RECORD
    assert produced(client.ask(produce_request("t", sequenced(b"b", sequence=1)), V)).base_offset == 1
