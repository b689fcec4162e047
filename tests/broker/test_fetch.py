"""Fetch: what is committed, at once or after a wait, in sessions or without."""

import pytest
from bench import Bench, Client, batch_of, fetch_request, fetched, produce_request

from streambus.broker import BrokerConfig, Limits
from streambus.kernel import Closed, Drained
from streambus.records import decode_records
from streambus.wire import ErrorCode, messages

V = 11
request = messages.FetchRequest


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.create("t", 3)
    return bench


def produce(bench: Bench, *values: bytes, partition: int = 0) -> None:
    bench.connect().ask(produce_request("t", batch_of(*values), partition=partition), 9)


def offsets(partition: object) -> list[int]:
    records = partition.records  # type: ignore[attr-defined]
    return [record.offset for record in decode_records(records)] if records else []


def test_a_fetch_with_enough_is_answered_at_once(bench: Bench) -> None:
    produce(bench, b"a", b"b")
    produce(bench, b"c")
    partition = fetched(bench.connect().ask(fetch_request("t", max_wait_ms=500), V))
    assert offsets(partition) == [0, 1, 2]
    assert (partition.high_watermark, partition.last_stable_offset, partition.log_start_offset) == (3, 3, 0)
    assert partition.aborted_transactions is None


def test_a_fetch_inside_a_batch_gets_the_whole_batch(bench: Bench) -> None:
    produce(bench, b"a", b"b", b"c")
    assert offsets(fetched(bench.connect().ask(fetch_request("t", 2), V))) == [0, 1, 2]


def test_a_long_poll_ends_when_records_are_committed(bench: Bench) -> None:
    client = bench.connect()
    client.send(fetch_request("t", max_wait_ms=500), V)
    bench.settle()
    assert not client.answers
    producer = bench.connect()
    producer.send(produce_request("t", batch_of(b"a")), 9)
    bench.step(Drained())
    assert not client.answers
    bench.settle()
    assert offsets(fetched(client.answers.popleft().body)) == [0]


def test_a_long_poll_ends_empty_when_time_is_up(bench: Bench) -> None:
    client = bench.connect()
    client.send(fetch_request("t", max_wait_ms=500), V)
    bench.advance(499)
    assert not client.answers
    bench.advance(1)
    assert offsets(fetched(client.answers.popleft().body)) == []


def test_min_bytes_are_waited_for(bench: Bench) -> None:
    client = bench.connect()
    client.send(fetch_request("t", min_bytes=150, max_wait_ms=500), V)
    produce(bench, b"a")
    assert not client.answers
    produce(bench, b"b")
    produce(bench, b"c")
    assert len(offsets(fetched(client.answers.popleft().body))) >= 2


def test_max_bytes_limit_all_but_the_first_batch(bench: Bench) -> None:
    for _ in range(3):
        produce(bench, b"x" * 1000)
    assert offsets(fetched(bench.connect().ask(fetch_request("t", max_bytes=1), V))) == [0]
    assert offsets(fetched(bench.connect().ask(fetch_request("t", max_bytes=2500), V))) == [0, 1]


def test_only_one_partition_gets_more_than_the_limit(bench: Bench) -> None:
    for partition in range(3):
        produce(bench, b"x" * 1000, partition=partition)
    ask = fetch_request("t", max_bytes=10)
    ask.topics[0].partitions = [request.FetchPartition(partition=place, fetch_offset=0, partition_max_bytes=10) for place in range(3)]
    (topic,) = bench.connect().ask(ask, V).responses
    assert [len(offsets(partition)) for partition in topic.partitions] == [1, 0, 0]


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"offset": 5}, ErrorCode.OFFSET_OUT_OF_RANGE),
        ({"offset": -1}, ErrorCode.OFFSET_OUT_OF_RANGE),
        ({"partition": 9}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
    ],
)
def test_errors_are_said_at_once_and_records_are_never_null(bench: Bench, how: dict[str, int], error: ErrorCode) -> None:
    produce(bench, b"a")
    partition = fetched(bench.connect().ask(fetch_request("t", max_wait_ms=500, **how), V))
    assert (partition.error_code, partition.high_watermark) == (error, -1)
    assert partition.records is not None
    assert len(partition.records) == 0


@pytest.mark.parametrize(("ahead", "error"), [(-1, ErrorCode.FENCED_LEADER_EPOCH), (1, ErrorCode.UNKNOWN_LEADER_EPOCH)])
def test_leader_epochs_fence_readers(bench: Bench, ahead: int, error: ErrorCode) -> None:
    bench.restart()
    ask = fetch_request("t")
    ask.topics[0].partitions[0].current_leader_epoch = bench.broker.partitions["t", 0].leader_epoch + ahead
    assert fetched(bench.connect().ask(ask, V)).error_code == error


def test_a_reader_whose_log_parted_is_told_where(bench: Bench) -> None:
    produce(bench, b"a", b"b")
    first = bench.broker.partitions["t", 0].leader_epoch
    bench.restart()
    produce(bench, b"c")
    ask = fetch_request("t", 3)
    ask.topics[0].partitions[0].last_fetched_epoch = first
    partition = fetched(bench.connect().ask(ask, 12))
    assert (partition.diverging_epoch.epoch, partition.diverging_epoch.end_offset) == (first, 2)
    ask.topics[0].partitions[0].last_fetched_epoch = first + 1
    assert fetched(bench.connect().ask(ask, 12)).diverging_epoch.end_offset == -1


def test_read_committed_sees_the_same_while_there_are_no_transactions(bench: Bench) -> None:
    produce(bench, b"a")
    partition = fetched(bench.connect().ask(fetch_request("t", isolation_level=1), V))
    assert offsets(partition) == [0]
    assert partition.aborted_transactions == []


def test_versions_since_13_name_topics_by_id(bench: Bench) -> None:
    produce(bench, b"a")
    ask = fetch_request("t")
    ask.topics[0].topic_id = bench.topic_id("t")
    response = bench.connect().ask(ask, 17)
    assert offsets(fetched(response)) == [0]
    assert response.responses[0].topic_id == bench.topic_id("t")
    ask.topics[0].topic_id = type(bench.topic_id("t"))(int=1)
    assert fetched(bench.connect().ask(ask, 17)).error_code == ErrorCode.UNKNOWN_TOPIC_ID


def test_what_is_recovered_can_be_fetched_from_the_disk(bench: Bench) -> None:
    for number in range(20):
        produce(bench, b"%d" % number * 100)
    bench.power_cut()
    assert offsets(fetched(bench.connect().ask(fetch_request("t"), V))) == list(range(20))


def test_a_waiting_fetch_hears_that_its_topic_is_gone(bench: Bench) -> None:
    client = bench.connect()
    client.send(fetch_request("t", max_wait_ms=60_000), V)
    bench.settle()
    bench.connect().ask(messages.DeleteTopicsRequest(topic_names=["t"], timeout_ms=1000), 5)
    assert fetched(client.answers.popleft().body).error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_a_fetch_that_nobody_waits_for_is_forgotten(bench: Bench) -> None:
    client = bench.connect()
    client.send(fetch_request("t", max_wait_ms=60_000), V)
    assert len(bench.broker.purgatory) == 1
    bench.step(Closed(client.id, "gone"))
    assert len(bench.broker.purgatory) == 0


def test_a_full_purgatory_answers_at_once() -> None:
    bench = Bench(BrokerConfig(limits=Limits(delayed_requests_max=1)))
    bench.create("t")
    bench.connect().send(fetch_request("t", max_wait_ms=500), V)
    client = bench.connect()
    client.send(fetch_request("t", max_wait_ms=500), V)
    assert offsets(fetched(client.answers.popleft().body)) == []


# Sessions (KIP-227) ----------------------------------------------------------------------------------------------------


def session_request(*partitions: tuple[int, int], session: tuple[int, int], forgotten: tuple[int, ...] = ()) -> messages.FetchRequest:
    asked = [request.FetchPartition(partition=place, fetch_offset=offset, partition_max_bytes=10_000) for place, offset in partitions]
    return request(
        max_wait_ms=0,
        min_bytes=1,
        max_bytes=100_000,
        session_id=session[0],
        session_epoch=session[1],
        topics=[request.FetchTopic(topic="t", partitions=asked)] if asked else [],
        forgotten_topics_data=[request.ForgottenTopic(topic="t", partitions=list(forgotten))] if forgotten else [],
    )


def said(response: messages.FetchResponse) -> list[tuple[int, list[int]]]:
    return [(partition.partition_index, offsets(partition)) for topic in response.responses for partition in topic.partitions]


def opened(client: Client) -> int:
    response = client.ask(session_request((0, 0), (1, 0), (2, 0), session=(0, 0)), V)
    assert said(response) == [(0, []), (1, []), (2, [])]
    assert response.session_id > 0
    return int(response.session_id)


def test_a_session_says_only_what_changed(bench: Bench) -> None:
    client = bench.connect()
    session = opened(client)
    assert said(client.ask(session_request(session=(session, 1)), V)) == []
    produce(bench, b"a", partition=1)
    assert said(client.ask(session_request(session=(session, 2)), V)) == [(1, [0])]
    assert said(client.ask(session_request((1, 1), session=(session, 3)), V)) == []


def test_partitions_with_records_go_to_the_back(bench: Bench) -> None:
    client = bench.connect()
    session = opened(client)
    produce(bench, b"a", partition=0)
    produce(bench, b"b", partition=2)
    assert said(client.ask(session_request(session=(session, 1)), V)) == [(0, [0]), (2, [0])]
    produce(bench, b"c", partition=1)
    assert said(client.ask(session_request(session=(session, 2)), V)) == [(1, [0]), (0, [0]), (2, [0])]


def test_a_forgotten_partition_is_not_mentioned_any_more(bench: Bench) -> None:
    client = bench.connect()
    session = opened(client)
    produce(bench, b"a", partition=1)
    assert said(client.ask(session_request(session=(session, 1), forgotten=(1,)), V)) == []


def test_errors_are_repeated_until_they_are_gone(bench: Bench) -> None:
    client = bench.connect()
    session = opened(client)
    assert said(client.ask(session_request((0, 99), session=(session, 1)), V)) == [(0, [])]
    assert said(client.ask(session_request(session=(session, 2)), V)) == [(0, [])]
    assert said(client.ask(session_request((0, 0), session=(session, 3)), V)) == [(0, [])]
    assert said(client.ask(session_request(session=(session, 4)), V)) == []


def test_a_session_out_of_step_or_unknown_starts_over(bench: Bench) -> None:
    client = bench.connect()
    session = opened(client)
    assert client.ask(session_request(session=(session, 5)), V).error_code == ErrorCode.INVALID_FETCH_SESSION_EPOCH
    assert client.ask(session_request(session=(session + 1, 1)), V).error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    assert client.ask(session_request(session=(session, 1)), 13).error_code == ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR


def test_a_closed_session_is_gone(bench: Bench) -> None:
    client = bench.connect()
    session = opened(client)
    response = client.ask(session_request((0, 0), session=(session, -1)), V)
    assert response.session_id == 0
    assert client.ask(session_request(session=(session, 1)), V).error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND


def test_old_sessions_make_room_young_ones_do_not() -> None:
    bench = Bench(BrokerConfig(limits=Limits(fetch_sessions_max=1)))
    bench.create("t", 3)
    client = bench.connect()
    first = opened(client)
    assert client.ask(session_request((0, 0), session=(0, 0)), V).session_id == 0
    bench.advance(121_000)
    second = client.ask(session_request((0, 0), session=(0, 0)), V).session_id
    assert second not in (0, first)
    assert bench.broker.statistics()["fetch_sessions"] == {"sessions": 1, "partitions": 1}


def test_the_epoch_of_a_session_wraps_to_1(bench: Bench) -> None:
    client = bench.connect()
    session = opened(client)
    bench.broker.fetch_sessions.sessions[session].epoch = 2**31 - 1
    assert client.ask(session_request(session=(session, 2**31 - 1)), V).error_code == ErrorCode.NONE
    assert client.ask(session_request(session=(session, 1)), V).error_code == ErrorCode.NONE
