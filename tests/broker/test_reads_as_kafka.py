"""Corners of reading in which a client could tell a broker from Kafka: each was asked of Kafka 4.3.1, and is answered alike."""

from typing import Any
from uuid import UUID

import pytest
from bench import UNLIMITED, WALL_MS, Bench, Client, batch_of, fetched, produce_request

from streambus.wire import ZERO_UUID, ErrorCode, messages

fetch = messages.FetchRequest
offsets = messages.ListOffsetsRequest
pages = messages.DescribeTopicPartitionsRequest
coordinators = messages.FindCoordinatorRequest
metadata = messages.MetadataRequest

NOWHERE = UUID(int=77)
SIZE = len(batch_of(b"a", b"b"))
"""Of each batch in topic `t`."""


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.create("t", 3)
    for partition in (0, 1):
        for value in (b"a", b"c"):
            bench.connect().ask(produce_request("t", batch_of(value, b"b"), partition=partition), 9)
    return bench


# ListOffsets -----------------------------------------------------------------------------------------------------------


def listed(bench: Bench, *places: tuple[str, int, int], version: int = 11, isolation: int = 0, **how: Any) -> list[tuple[Any, ...]]:
    topics = [
        offsets.ListOffsetsTopic(name=name, partitions=[offsets.ListOffsetsPartition(partition_index=index, timestamp=timestamp, **how)])
        for name, index, timestamp in places
    ]
    response = bench.connect().ask(offsets(replica_id=-1, isolation_level=isolation, topics=topics), version)
    return [(topic.name, each.partition_index, each.error_code, each.offset) for topic in response.topics for each in topic.partitions]


def test_nothing_is_kept_anywhere_else(bench: Bench) -> None:
    assert listed(bench, ("t", 0, -5)) == [("t", 0, ErrorCode.NONE, -1)]
    assert listed(bench, ("t", 0, -6)) == [("t", 0, ErrorCode.NONE, -1)]
    assert listed(bench, ("t", 0, -4)) == [("t", 0, ErrorCode.NONE, 0)]


def test_a_partition_asked_for_twice_is_a_mistake_that_is_told_once(bench: Bench) -> None:
    asked = [("t", 0, WALL_MS), ("t", 1, -1), ("nowhere", 0, -1), ("t", 0, -2), ("t", 0, -1)]
    assert listed(bench, *asked) == [
        ("t", 0, ErrorCode.INVALID_REQUEST, -1),
        ("t", 1, ErrorCode.NONE, 4),
        ("nowhere", 0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1),
    ]


def test_topics_without_partitions_are_not_mentioned(bench: Bench) -> None:
    empty = offsets(topics=[offsets.ListOffsetsTopic(name="t", partitions=[])])
    assert bench.connect().ask(empty, 11).topics == []


@pytest.mark.parametrize(("version", "timestamp"), [(6, -3), (7, -4), (8, -5), (10, -6), (11, -7), (11, -(2**63))])
def test_what_a_version_does_not_know_is_refused_before_anything_else(bench: Bench, version: int, timestamp: int) -> None:
    places = [("t", 0, timestamp), ("nowhere", 0, timestamp)]
    assert [found[2] for found in listed(bench, *places, version=version, current_leader_epoch=9)] == [ErrorCode.UNSUPPORTED_VERSION] * 2


def test_every_epoch_but_minus_one_must_be_the_leader_s(bench: Bench) -> None:
    codes = [listed(bench, ("t", 0, -1), current_leader_epoch=epoch)[0][2] for epoch in (-5, -1, 0, 1)]
    assert codes == [ErrorCode.FENCED_LEADER_EPOCH, ErrorCode.NONE, ErrorCode.NONE, ErrorCode.UNKNOWN_LEADER_EPOCH]


@pytest.mark.parametrize("version", [2, 11])
def test_offsets_of_no_known_isolation_are_errors(bench: Bench, version: int) -> None:
    found = listed(bench, ("t", 0, -1), ("nowhere", 0, -1), version=version, isolation=2)
    assert [each[2] for each in found] == [ErrorCode.UNKNOWN_SERVER_ERROR] * 2


# Fetch -----------------------------------------------------------------------------------------------------------------


def wanted(*partitions: tuple[int, int], topic: str = "t", topic_id: UUID = ZERO_UUID, bytes_max: int = UNLIMITED) -> Any:
    places = [fetch.FetchPartition(partition=index, fetch_offset=offset, partition_max_bytes=bytes_max) for index, offset in partitions]
    return fetch.FetchTopic(topic=topic, topic_id=topic_id, partitions=places)


def asked(*topics: Any, session: tuple[int, int] = (0, -1), max_bytes: int = UNLIMITED, **others: Any) -> Any:
    return fetch(
        max_wait_ms=0, min_bytes=1, max_bytes=max_bytes, topics=list(topics), session_id=session[0], session_epoch=session[1], **others
    )


def said(response: Any) -> list[tuple[int, int, int]]:
    """Partition, error, how many bytes."""
    return [(each.partition_index, each.error_code, len(each.records)) for topic in response.responses for each in topic.partitions]


@pytest.mark.parametrize(("version", "whole", "parts"), [(4, 0, 1), (12, -1, 1), (13, -1, 0), (18, -1, 0)])
def test_a_fetch_of_no_known_isolation_fails_as_a_whole(bench: Bench, version: int, whole: int, parts: int) -> None:
    topic = wanted((0, 0)) if version < 13 else wanted((0, 0), topic="", topic_id=bench.topic_id("t"))
    response = bench.connect().ask(asked(topic, isolation_level=2), version)
    assert response.error_code == whole
    assert said(response) == [(0, -1, 0)] * parts
    assert all(each.aborted_transactions == [] for topic in response.responses for each in topic.partitions)


def test_a_fetch_of_no_known_isolation_is_told_in_its_session(bench: Bench) -> None:
    response = bench.connect().ask(asked(wanted((0, 0)), session=(5, -1), isolation_level=2), 12)
    assert (response.error_code, response.session_id) == (ErrorCode.UNKNOWN_SERVER_ERROR, 5)


def test_logs_that_part_say_nothing_of_transactions(bench: Bench) -> None:
    place = wanted((0, 99))
    place.partitions[0].last_fetched_epoch = 0
    (topic,) = bench.connect().ask(asked(place, isolation_level=1), 12).responses
    assert topic.partitions[0].diverging_epoch.end_offset >= 0
    assert topic.partitions[0].aborted_transactions is None


def test_missing_partitions_come_last(bench: Bench) -> None:
    by_name = bench.connect().ask(asked(wanted((9, 0)), wanted((0, 0), topic="nowhere"), wanted((-1, 0), (0, 0), (1, 99))), 12)
    unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert said(by_name) == [(0, 0, 2 * SIZE), (1, ErrorCode.OFFSET_OUT_OF_RANGE, 0), (9, unknown, 0), (0, unknown, 0), (-1, unknown, 0)]
    aborted = [each.aborted_transactions for topic in by_name.responses for each in topic.partitions]
    assert aborted == [None, None, [], [], []]
    topics = [wanted((0, 0), topic="", topic_id=place) for place in (NOWHERE, ZERO_UUID, bench.topic_id("t"))]
    by_id = bench.connect().ask(asked(*topics), 13)
    assert [each[1] for each in said(by_id)] == [ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_ID, ErrorCode.UNKNOWN_TOPIC_ID]


def test_of_a_partition_named_twice_the_last_counts(bench: Bench) -> None:
    assert said(bench.connect().ask(asked(wanted((0, 0), (1, 0), (0, 2))), 12)) == [(0, 0, SIZE), (1, 0, 2 * SIZE)]
    assert said(bench.connect().ask(asked(wanted((0, 0)), wanted((0, 2))), 12)) == [(0, 0, SIZE)]


def test_less_than_nothing_cannot_be_read(bench: Bench) -> None:
    broken = ErrorCode.UNKNOWN_SERVER_ERROR
    assert said(bench.connect().ask(asked(wanted((2, 0), (0, 0), (1, 0)), max_bytes=-1), 12)) == [(2, 0, 0), (0, 0, SIZE), (1, 0, 0)]
    assert said(bench.connect().ask(asked(wanted((0, 0), (1, 0)), max_bytes=-1), 12)) == [(0, broken, 0), (1, 0, SIZE)]
    assert said(bench.connect().ask(asked(wanted((0, 0), (2, 0), bytes_max=-1)), 12)) == [(0, broken, 0), (2, 0, 0)]
    assert said(bench.connect().ask(asked(wanted((0, 0), (1, 0)), max_bytes=0), 12)) == [(0, 0, SIZE), (1, 0, 0)]


@pytest.mark.parametrize("version", [12, 14, 15, 16, 18])
def test_followers_have_no_business_here(bench: Bench, version: int) -> None:
    topic = wanted((0, 0)) if version < 13 else wanted((0, 0), topic="", topic_id=bench.topic_id("t"))
    who = {"replica_id": 7} if version < 15 else {"replica_state": fetch.ReplicaState(replica_id=7)}
    response = bench.connect().ask(asked(topic, **who), version)
    assert said(response) == [(0, ErrorCode.NOT_LEADER_OR_FOLLOWER, 0)]
    assert response.node_endpoints == []
    leader = fetched(response).current_leader
    assert (leader.leader_id, leader.leader_epoch) == ((1, 0) if version >= 16 else (-1, -1))


def test_debugging_tools_read_like_consumers(bench: Bench) -> None:
    assert said(bench.connect().ask(asked(wanted((0, 0)), replica_id=-2), 12)) == [(0, 0, 2 * SIZE)]


# Fetch sessions --------------------------------------------------------------------------------------------------------


def opened(client: Client, *topics: Any, version: int = 12, **how: Any) -> int:
    return client.ask(asked(*topics, session=(0, 0), **how), version).session_id


def test_a_session_may_begin_with_nothing_but_not_go_on_so(bench: Bench) -> None:
    client = bench.connect()
    session = opened(client)
    assert session != 0
    ended = client.ask(asked(session=(session, 1)), 12)
    assert (ended.error_code, ended.session_id, ended.responses) == (0, 0, [])
    assert client.ask(asked(session=(session, 2)), 12).error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    session = opened(client)
    assert client.ask(asked(wanted((0, 0)), session=(session, 1)), 12).session_id == session


def test_a_session_ends_when_its_last_partition_is_forgotten(bench: Bench) -> None:
    client = bench.connect()
    session = opened(client, wanted((0, 0)))
    forgotten = [fetch.ForgottenTopic(topic="t", partitions=[0])]
    assert client.ask(asked(session=(session, 1), forgotten_topics_data=forgotten), 12).session_id == 0
    assert bench.broker.statistics()["fetch_sessions"] == {"sessions": 0, "partitions": 0}


def test_the_first_answer_moves_nobody_to_the_back(bench: Bench) -> None:
    client = bench.connect()
    session = opened(client, wanted((0, 0), (1, 0)), max_bytes=SIZE)
    assert [said(client.ask(asked(session=(session, epoch), max_bytes=SIZE), 12))[0] for epoch in (1, 2, 3)] == [
        (0, 0, SIZE),
        (1, 0, SIZE),
        (0, 0, SIZE),
    ]


def test_ids_and_names_do_not_mix_in_a_session(bench: Bench) -> None:
    client = bench.connect()
    by_name = opened(client, wanted((0, 4)))
    by_id = opened(client, wanted((0, 4), topic="", topic_id=bench.topic_id("t")), version=13)
    assert client.ask(asked(session=(by_name, 1)), 13).error_code == ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR
    assert client.ask(asked(session=(by_id, 1)), 12).error_code == ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR
    assert [client.ask(asked(session=(by_name, 1)), 12).error_code, client.ask(asked(session=(by_id, 1)), 13).error_code] == [0, 0]


def test_what_is_no_news_is_not_even_looked_at_closely(bench: Bench) -> None:
    client = bench.connect()
    session = opened(client, wanted((0, 4), (1, 4), (2, 0)))
    assert said(client.ask(asked(session=(session, 1)), 12)) == []
    bench.connect().ask(produce_request("t", batch_of(b"new", b"s"), partition=1), 9)
    assert [each[0] for each in said(client.ask(asked(session=(session, 2)), 12))] == [1]
    bench.restart()
    assert bench.connect().ask(asked(session=(session, 3)), 12).error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND


# Metadata and pages of topics ------------------------------------------------------------------------------------------


def test_unknown_topics_come_with_what_might_be_done_to_them(bench: Bench) -> None:
    topic = metadata.MetadataRequestTopic
    request = metadata(topics=[topic(name="nowhere")], include_topic_authorized_operations=True, allow_auto_topic_creation=False)
    (unknown,) = bench.connect().ask(request, 12).topics
    assert (unknown.error_code, unknown.topic_authorized_operations) == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 3576)
    by_id = metadata(topics=[topic(name=None, topic_id=NOWHERE)], include_topic_authorized_operations=True)
    (unknown,) = bench.connect().ask(by_id, 12).topics
    assert (unknown.error_code, unknown.name, unknown.topic_authorized_operations) == (ErrorCode.UNKNOWN_TOPIC_ID, None, -(2**31))


@pytest.mark.parametrize("version", [12, 13])
def test_a_topic_without_name_and_id_breaks_the_whole_request(bench: Bench, version: int) -> None:
    topics = [metadata.MetadataRequestTopic(name=None), metadata.MetadataRequestTopic(name="__consumer_offsets")]
    response = bench.connect().ask(metadata(topics=topics), version)
    assert [(each.error_code, each.name, each.is_internal) for each in response.topics] == [
        (-1, "", False),
        (-1, "__consumer_offsets", False),
    ]
    assert (response.brokers, response.cluster_id, response.controller_id) == ([], None, -1)
    assert response.error_code == (-1 if version == 13 else 0)


def page(bench: Bench, *names: str, cursor: tuple[str, int] | None = None) -> list[tuple[str, int, int]]:
    request = pages(topics=[pages.TopicRequest(name=name) for name in names])
    request.cursor = None if cursor is None else pages.Cursor(topic_name=cursor[0], partition_index=cursor[1])
    response = bench.connect().ask(request, 0)
    return [(topic.name, topic.error_code, topic.topic_authorized_operations) for topic in response.topics]


def test_a_page_that_cannot_be_is_refused_in_the_order_of_the_request(bench: Bench) -> None:
    refused, broken, unsaid = ErrorCode.INVALID_REQUEST, ErrorCode.UNKNOWN_SERVER_ERROR, -(2**31)
    assert page(bench, "t", "a", "t", cursor=("b", 0)) == [("t", refused, unsaid), ("a", refused, unsaid)]
    assert page(bench, cursor=("t", -1)) == []
    assert page(bench, "t", "", "a") == [("t", broken, unsaid), ("", broken, unsaid), ("a", broken, unsaid)]
    assert page(bench, "t", "", cursor=("", 0)) == [("", ErrorCode.INVALID_TOPIC_EXCEPTION, 3576), ("t", 0, 3576)]
    assert page(bench, "u", "t") == [("t", 0, 3576), ("u", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 3576)]


# Coordinators ----------------------------------------------------------------------------------------------------------

ID = "A" * 22
LATER, NEVER = ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize(
    ("kind", "key", "version", "error"),
    [
        (0, "group", 1, LATER),
        (1, "transaction", 3, LATER),
        (2, f"g:{ID}:0", 3, NEVER),
        (3, "group", 3, NEVER),
        (-1, "group", 1, NEVER),
        (0, "", 4, LATER),
        (2, f"g:{ID}:0", 5, NEVER),
        (2, f"g:h:{ID}:-1", 6, LATER),
        (2, f":{ID}:0", 6, NEVER),
        (2, f"g:{ID}A:0", 6, NEVER),
        (2, f"g:{ID}:", 6, NEVER),
        (2, "group", 6, NEVER),
        (3, "group", 6, NEVER),
    ],
)
def test_a_key_that_no_coordinator_could_have_is_refused(bench: Bench, kind: int, key: str, version: int, error: ErrorCode) -> None:
    if version < 4:
        found = bench.connect().ask(coordinators(key=key, key_type=kind), version)
    else:
        (found,) = bench.connect().ask(coordinators(coordinator_keys=[key], key_type=kind), version).coordinators
    assert (found.error_code, found.node_id, found.host, found.port) == (error, -1, "", -1)
    if error is NEVER:
        is_share = kind == 2 and version >= 4
        assert found.error_message == "" if is_share else "malformed by the client library" in found.error_message
