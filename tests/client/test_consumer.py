"""The consumer, with the test as its brokers."""

from typing import Any

from stage import Call, Stage, topic_id

from streambus.client import (
    EARLIEST,
    LATEST,
    MAX_TIMESTAMP,
    Assign,
    Consumer,
    ConsumerConfig,
    Failed,
    Fetched,
    ListOffsets,
    OffsetReset,
    OffsetsListed,
    Poll,
    Positioned,
    Seek,
)
from streambus.kernel import MILLISECOND, SECOND, StopRequested
from streambus.records import Record, encode_batch
from streambus.wire import ApiKey, ErrorCode, messages


def a_stage(*, topics: dict[str, int] | None = None, brokers: tuple[int, ...] = (1,), **settings: Any) -> Stage:
    config = ConsumerConfig((("seed", 9092),), **settings)
    return Stage(Consumer(config), topics={"t": 1} if topics is None else topics, brokers=brokers)


def a_batch(first: int, count: int, **options: Any) -> bytes:
    records = [Record(None, b"%d" % offset, (), 1000 + offset) for offset in range(first, first + count)]
    return encode_batch(records, base_offset=first, **options)


def respond(call: Call, *partitions: Any, session: int = 77, error: ErrorCode = ErrorCode.NONE, topic: str = "t") -> None:
    response = messages.FetchResponse
    topics = [response.FetchableTopicResponse(topic, topic_id(topic), list(partitions))] if partitions else []
    call.answer(response(0, int(error), session, topics))


def data(records: bytes = b"", partition: int = 0, error: ErrorCode = ErrorCode.NONE) -> Any:
    return messages.FetchResponse.PartitionData(partition_index=partition, error_code=int(error), high_watermark=100, records=records)


def asked(call: Call) -> dict[int, int]:
    return {part.partition: part.fetch_offset for topic in call.body.topics for part in topic.partitions}


def find(call: Call, offset: int, *, timestamp: int = -1, error: ErrorCode = ErrorCode.NONE) -> None:
    response = messages.ListOffsetsResponse
    call.answer(
        response(
            0,
            [
                response.ListOffsetsTopicResponse(
                    topic.name,
                    [
                        response.ListOffsetsPartitionResponse(part.partition_index, int(error), timestamp, offset, 3)
                        for part in topic.partitions
                    ],
                )
                for topic in call.body.topics
            ],
        )
    )


def offsets(result: Any) -> list[int]:
    assert isinstance(result, Fetched), result
    return [record.offset for _, _, record in result.records]


def test_assigned_partitions_are_read_from_their_offset() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, 5),)))
    assert stage.result(1) == Positioned((("t", 0, 5),))
    stage.feed(Poll(2, 10, SECOND))
    fetch = stage.call(ApiKey.FETCH)
    assert asked(fetch) == {0: 5}
    respond(fetch, data(a_batch(3, 4)))
    assert offsets(stage.result(2)) == [5, 6]


def test_latest_is_looked_up_before_the_assignment_is_answered() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, LATEST),)))
    assert 1 not in stage.results
    find(stage.call(ApiKey.LIST_OFFSETS), 42)
    assert stage.result(1) == Positioned((("t", 0, 42),))
    assert asked(stage.call(ApiKey.FETCH)) == {0: 42}


def test_a_session_says_only_what_changed() -> None:
    stage = a_stage(topics={"t": 2})
    stage.feed(Assign(1, (("t", 0, 0), ("t", 1, 0))))
    first = stage.call(ApiKey.FETCH)
    assert (first.body.session_id, first.body.session_epoch) == (0, 0)
    respond(first, data(a_batch(0, 2)), data(partition=1))
    second = stage.call(ApiKey.FETCH)
    assert (second.body.session_id, second.body.session_epoch) == (77, 1)
    assert asked(second) == {0: 2}
    respond(second)
    third = stage.call(ApiKey.FETCH)
    assert third.body.session_epoch == 2
    assert asked(third) == {}


def test_a_forgotten_session_is_begun_anew_at_once() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, 0),)))
    respond(stage.call(ApiKey.FETCH), data(a_batch(0, 2)))
    respond(stage.call(ApiKey.FETCH), session=0, error=ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
    again = stage.call(ApiKey.FETCH)
    assert (again.body.session_id, again.body.session_epoch) == (0, 0)
    assert asked(again) == {0: 2}


def test_a_broker_without_room_for_a_session_is_told_everything_each_time() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, 0),)))
    respond(stage.call(ApiKey.FETCH), data(a_batch(0, 2)), session=0)
    again = stage.call(ApiKey.FETCH)
    assert (again.body.session_id, again.body.session_epoch) == (0, 0)
    assert asked(again) == {0: 2}


def test_what_was_fetched_for_a_position_the_user_has_left_is_thrown_away() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, 0),)))
    fetch = stage.call(ApiKey.FETCH)
    stage.feed(Seek(2, "t", 0, 50))
    assert stage.result(2) == Positioned((("t", 0, 50),))
    respond(fetch, data(a_batch(0, 2)))
    stage.feed(Poll(3, 10, 0))
    assert offsets(stage.result(3)) == []
    assert asked(stage.call(ApiKey.FETCH)) == {0: 50}


def test_a_poll_without_records_is_answered_when_its_time_is_up() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, 0),)))
    stage.feed(Poll(2, 10, SECOND))
    stage.run(SECOND)
    assert stage.result(2) == Fetched(())


def test_partitions_take_turns_and_a_poll_takes_no_more_than_it_asked_for() -> None:
    stage = a_stage(topics={"t": 2})
    stage.feed(Assign(1, (("t", 0, 0), ("t", 1, 0))))
    respond(stage.call(ApiKey.FETCH), data(a_batch(0, 5)), data(a_batch(0, 5), partition=1))
    stage.feed(Poll(2, 3, 0))
    stage.feed(Poll(3, 3, 0))
    stage.feed(Poll(4, 10, 0))
    assert [place for _, place, _ in stage.result(2).records] == [0, 0, 0]
    assert [place for _, place, _ in stage.result(3).records] == [1, 1, 1]
    assert sorted((place, record.offset) for _, place, record in stage.result(4).records) == [(0, 3), (0, 4), (1, 3), (1, 4)]


def test_while_enough_waits_nothing_more_is_fetched() -> None:
    stage = a_stage(prefetch_bytes_max=100)
    stage.feed(Assign(1, (("t", 0, 0),)))
    respond(stage.call(ApiKey.FETCH), data(a_batch(0, 50)))
    assert stage.calls(ApiKey.FETCH) == []
    stage.feed(Poll(2, 100, 0))
    assert asked(stage.call(ApiKey.FETCH)) == {0: 50}


def test_control_records_are_passed_over() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, 0),)))
    control = encode_batch([Record(b"\0\0\0\1", b"")], base_offset=0, is_control=True, producer_id=9, producer_epoch=0)
    respond(stage.call(ApiKey.FETCH), data(control + a_batch(1, 1)))
    stage.feed(Poll(2, 10, 0))
    assert offsets(stage.result(2)) == [1]


def test_half_a_batch_at_the_end_comes_again() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, 0),)))
    respond(stage.call(ApiKey.FETCH), data(a_batch(0, 2) + a_batch(2, 2)[:70]))
    assert asked(stage.call(ApiKey.FETCH)) == {0: 2}


def test_a_damaged_batch_is_reported_after_what_came_before_it_and_fetched_again() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, 0),)))
    damaged = bytearray(a_batch(2, 2))
    damaged[-1] ^= 1
    respond(stage.call(ApiKey.FETCH), data(a_batch(0, 2) + bytes(damaged)))
    stage.feed(Poll(2, 10, 0))
    stage.feed(Poll(3, 10, 0))
    assert offsets(stage.result(2)) == [0, 1]
    assert stage.result(3).error is ErrorCode.CORRUPT_MESSAGE
    respond(stage.call(ApiKey.FETCH), data(a_batch(4, 1)))
    assert asked(stage.call(ApiKey.FETCH)) == {0: 2}
    respond(stage.call(ApiKey.FETCH), data(a_batch(2, 2)))
    stage.feed(Poll(4, 10, 0))
    assert offsets(stage.result(4)) == [2, 3]


def test_what_is_no_batch_at_all_is_reported_and_fetched_again_after_a_while() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, 0),)))
    respond(stage.call(ApiKey.FETCH), data(b"\1" * 80))
    stage.feed(Poll(2, 10, 0))
    assert stage.result(2).error is ErrorCode.CORRUPT_MESSAGE
    assert stage.calls(ApiKey.FETCH) == []
    stage.run(SECOND)
    respond(stage.call(ApiKey.FETCH), data(a_batch(0, 1)))
    stage.feed(Poll(3, 10, 0))
    assert offsets(stage.result(3)) == [0]


def test_outside_of_the_log_the_policy_decides_where_to_go_on() -> None:
    stage = a_stage(offset_reset=OffsetReset.EARLIEST)
    stage.feed(Assign(1, (("t", 0, 5),)))
    respond(stage.call(ApiKey.FETCH), data(error=ErrorCode.OFFSET_OUT_OF_RANGE))
    lookup = stage.call(ApiKey.LIST_OFFSETS)
    assert lookup.body.topics[0].partitions[0].timestamp == EARLIEST
    find(lookup, 9)
    assert asked(stage.call(ApiKey.FETCH)) == {0: 9}


def test_without_a_policy_the_poll_is_told_and_the_partition_stops_until_a_seek() -> None:
    stage = a_stage(offset_reset=OffsetReset.NONE)
    stage.feed(Assign(1, (("t", 0, 5),)))
    stage.feed(Poll(2, 1, SECOND))
    respond(stage.call(ApiKey.FETCH), data(error=ErrorCode.OFFSET_OUT_OF_RANGE))
    assert stage.result(2) == Failed(ErrorCode.OFFSET_OUT_OF_RANGE, "t-0 has no offset 5", definite=True)
    assert stage.calls(ApiKey.FETCH) == []
    stage.feed(Seek(3, "t", 0, 2))
    assert asked(stage.call(ApiKey.FETCH)) == {0: 2}


def test_records_fetched_before_are_handed_out_before_the_policy_is_followed() -> None:
    stage = a_stage(offset_reset=OffsetReset.EARLIEST)
    stage.feed(Assign(1, (("t", 0, 0),)))
    respond(stage.call(ApiKey.FETCH), data(a_batch(0, 2)))
    respond(stage.call(ApiKey.FETCH), data(error=ErrorCode.OFFSET_OUT_OF_RANGE))
    stage.feed(Poll(2, 10, 0))
    assert offsets(stage.result(2)) == [0, 1]
    stage.run(SECOND)
    respond(stage.call(ApiKey.FETCH), data(error=ErrorCode.OFFSET_OUT_OF_RANGE))
    assert len(stage.calls(ApiKey.LIST_OFFSETS)) == 1


def test_a_new_leader_is_fetched_from() -> None:
    stage = a_stage(brokers=(1, 2))
    stage.feed(Assign(1, (("t", 0, 0),)))
    fetch = stage.call(ApiKey.FETCH)
    stage.leaders["t", 0], stage.epochs["t", 0] = 2, 4
    respond(fetch, data(error=ErrorCode.NOT_LEADER_OR_FOLLOWER))
    stage.run(2 * SECOND)
    again = stage.calls(ApiKey.FETCH)[-1]
    assert stage.dials[again.connection].host == "broker2"
    assert again.body.topics[0].partitions[0].current_leader_epoch == 4


def test_a_leader_named_beside_the_error_is_believed_at_once() -> None:
    stage = a_stage(brokers=(1, 2))
    stage.feed(Assign(1, (("t", 0, 0),)))
    moved = data(error=ErrorCode.NOT_LEADER_OR_FOLLOWER)
    moved.current_leader = messages.FetchResponse.LeaderIdAndEpoch(2, 9)
    respond(stage.call(ApiKey.FETCH), moved)
    assert stage.dials[stage.call(ApiKey.FETCH).connection].host == "broker2"


def test_a_lost_fetch_is_asked_again_in_full() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, 0),)))
    respond(stage.call(ApiKey.FETCH), data(a_batch(0, 2)))
    stage.cut(stage.call(ApiKey.FETCH).connection)
    stage.run(2 * SECOND)
    again = stage.call(ApiKey.FETCH)
    assert (again.body.session_id, again.body.session_epoch) == (77, 0)
    assert asked(again) == {0: 2}


def test_a_partition_one_may_not_read_stops() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, 0),)))
    respond(stage.call(ApiKey.FETCH), data(error=ErrorCode.TOPIC_AUTHORIZATION_FAILED))
    stage.feed(Poll(2, 1, 0))
    assert stage.result(2).error is ErrorCode.TOPIC_AUTHORIZATION_FAILED
    assert stage.calls(ApiKey.FETCH) == []


def test_a_failed_fetch_is_repeated_after_a_while_and_reported_if_it_is_hopeless() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, 0),)))
    respond(stage.call(ApiKey.FETCH), error=ErrorCode.UNKNOWN_SERVER_ERROR)
    stage.feed(Poll(2, 1, 0))
    assert stage.result(2).error is ErrorCode.UNKNOWN_SERVER_ERROR
    stage.run(SECOND)
    assert len(stage.calls(ApiKey.FETCH)) == 1


def test_a_new_assignment_replaces_the_old_one() -> None:
    stage = a_stage(topics={"t": 1, "u": 1})
    stage.feed(Assign(1, (("t", 0, EARLIEST),)))
    stage.feed(Assign(2, (("u", 0, 3),)))
    assert stage.result(1) == Failed(None, "superseded by a newer Assign", definite=False)
    assert stage.result(2) == Positioned((("u", 0, 3),))
    find(stage.call(ApiKey.LIST_OFFSETS), 0)
    assert asked(stage.call(ApiKey.FETCH)) == {0: 3}
    respond(stage.call(ApiKey.FETCH), data(a_batch(3, 1)), topic="u")
    stage.feed(Assign(3, (("t", 0, 0),)))
    respond(stage.call(ApiKey.FETCH), topic="u")
    fetch = stage.call(ApiKey.FETCH)
    assert [topic.topic for topic in fetch.body.topics] == [""]
    assert fetch.body.forgotten_topics_data[0].topic_id == topic_id("u")


def test_seeking_what_is_not_assigned_fails() -> None:
    stage = a_stage()
    stage.feed(Seek(1, "t", 0, 0))
    assert stage.result(1) == Failed(None, "t-0 is not assigned", definite=True)


def test_a_seek_while_the_assignment_still_searches_answers_both() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, EARLIEST),)))
    stage.feed(Seek(2, "t", 0, 8))
    assert stage.result(1) == stage.result(2) == Positioned((("t", 0, 8),))


def test_offsets_are_listed_in_the_order_of_the_question() -> None:
    stage = a_stage(topics={"t": 2})
    stage.feed(ListOffsets(1, (("t", 1, MAX_TIMESTAMP), ("t", 0, 500), ("t", 0, EARLIEST))))
    first, second = stage.calls(ApiKey.LIST_OFFSETS)
    find(first, 7, timestamp=70)
    assert 1 not in stage.results
    find(second, 0, timestamp=-1)
    assert stage.result(1) == OffsetsListed((("t", 1, 7, 70), ("t", 0, 7, 70), ("t", 0, 0, -1)))


def test_listing_nothing_is_answered_with_nothing() -> None:
    stage = a_stage()
    stage.feed(ListOffsets(1, ()))
    assert stage.result(1) == OffsetsListed(())


def test_a_lookup_is_repeated_while_there_is_hope() -> None:
    stage = a_stage()
    stage.feed(ListOffsets(1, (("t", 0, LATEST),)))
    find(stage.call(ApiKey.LIST_OFFSETS), 0, error=ErrorCode.LEADER_NOT_AVAILABLE)
    stage.run(SECOND)
    stage.cut(stage.call(ApiKey.LIST_OFFSETS).connection)
    stage.run(SECOND)
    find(stage.call(ApiKey.LIST_OFFSETS), 3, timestamp=30)
    assert stage.result(1) == OffsetsListed((("t", 0, 3, 30),))


def test_a_refused_lookup_fails_whoever_asked() -> None:
    stage = a_stage()
    stage.feed(ListOffsets(1, (("t", 0, LATEST),)))
    find(stage.call(ApiKey.LIST_OFFSETS), 0, error=ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    assert stage.result(1).error is ErrorCode.TOPIC_AUTHORIZATION_FAILED
    stage.feed(Assign(2, (("t", 0, LATEST),)))
    find(stage.call(ApiKey.LIST_OFFSETS), 0, error=ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    assert stage.result(2).error is ErrorCode.TOPIC_AUTHORIZATION_FAILED


def test_a_lookup_of_an_unknown_topic_ends_with_the_time_allowed_and_the_assignment_stays() -> None:
    stage = a_stage(topics={})
    stage.feed(Assign(1, (("t", 0, LATEST),)))
    stage.feed(ListOffsets(2, (("t", 0, LATEST),)))
    stage.run(61 * SECOND)
    assert stage.result(1).error is stage.result(2).error is ErrorCode.REQUEST_TIMED_OUT
    stage.topics["t"] = 1
    stage.run(2 * SECOND)
    find(stage.call(ApiKey.LIST_OFFSETS), 12)
    assert asked(stage.call(ApiKey.FETCH)) == {0: 12}


def test_a_refused_reset_is_told_to_the_poll() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, 5),)))
    stage.feed(Poll(2, 1, SECOND))
    respond(stage.call(ApiKey.FETCH), data(error=ErrorCode.OFFSET_OUT_OF_RANGE))
    find(stage.call(ApiKey.LIST_OFFSETS), 0, error=ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    assert stage.result(2).error is ErrorCode.TOPIC_AUTHORIZATION_FAILED


def test_a_broker_that_cannot_list_or_fetch_as_we_do_is_reported() -> None:
    stage = a_stage()
    del stage.ranges[ApiKey.FETCH], stage.ranges[ApiKey.LIST_OFFSETS]
    stage.cut(next(iter(stage.wires)))
    stage.feed(Assign(1, (("t", 0, 0),)))
    stage.feed(ListOffsets(2, (("t", 0, LATEST),)))
    stage.feed(Poll(3, 1, SECOND))
    stage.run(SECOND)
    assert stage.result(2).error is stage.result(3).error is ErrorCode.UNSUPPORTED_VERSION


def test_stopping_answers_everybody() -> None:
    stage = a_stage()
    stage.feed(Assign(1, (("t", 0, EARLIEST),)))
    stage.feed(ListOffsets(2, (("t", 0, LATEST),)))
    stage.feed(Poll(3, 1, SECOND))
    stage.feed(StopRequested())
    assert [stage.result(ticket).text for ticket in (1, 2, 3)] == ["the consumer was closed"] * 3
    assert stage.halted


def test_time_passing_without_records_keeps_one_fetch_under_way() -> None:
    stage = a_stage(fetch_wait_max=500 * MILLISECOND)
    stage.feed(Assign(1, (("t", 0, 0),)))
    for _ in range(20):
        stage.run(500 * MILLISECOND)
        respond(stage.call(ApiKey.FETCH))
    assert stage.node.statistics()["fetches"] == 21
    assert stage.node.statistics()["dialled"] == 3
