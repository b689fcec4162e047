"""The producer, with the test as its brokers."""

from typing import Any

import pytest
from stage import Call, Stage, topic_id

from streambus.client import Acknowledged, Acks, Failed, Flush, Flushed, NetworkConfig, Produce, Producer, ProducerConfig
from streambus.kernel import MILLISECOND, SECOND, StopRequested
from streambus.records import decode_records, parse_header
from streambus.wire import ApiKey, ErrorCode, messages


def a_stage(
    *, topics: dict[str, int] | None = None, brokers: tuple[int, ...] = (1,), manual: tuple[ApiKey, ...] = (), **settings: Any
) -> Stage:
    config = ProducerConfig((("seed", 9092),), **{"linger": 0, **settings})
    return Stage(Producer(config), topics={"t": 1} if topics is None else topics, brokers=brokers, manual=manual)


def values(call: Call) -> list[bytes | None]:
    return [record.value for topic in call.body.topic_data for data in topic.partition_data for record in decode_records(data.records)]


def header(call: Call) -> Any:
    (topic,) = call.body.topic_data
    (data,) = topic.partition_data
    return parse_header(data.records)


def acknowledge(call: Call, base_offset: int = 0, error: ErrorCode = ErrorCode.NONE) -> None:
    response = messages.ProduceResponse
    call.answer(
        response(
            [
                response.TopicProduceResponse(
                    topic.name,
                    topic.topic_id,
                    [response.PartitionProduceResponse(data.index, int(error), base_offset) for data in topic.partition_data],
                )
                for topic in call.body.topic_data
            ]
        )
    )


def a_known_stage(**settings: Any) -> Stage:
    """The broker has acknowledged a first batch: it knows the producer."""
    stage = a_stage(**settings)
    stage.feed(Produce(0, "t", value=b"0"))
    stage.feed(Flush(-1))
    acknowledge(stage.call(ApiKey.PRODUCE), 0)
    return stage


def test_a_record_is_acknowledged_at_its_offset() -> None:
    stage = a_stage()
    stage.feed(Produce(1, "t", value=b"x", timestamp_ms=5))
    call = stage.call(ApiKey.PRODUCE)
    assert call.body.acks == -1
    assert call.body.topic_data[0].topic_id == topic_id("t")
    acknowledge(call, 40)
    assert stage.result(1) == Acknowledged("t", 0, 40, 5)


def test_a_flush_is_answered_after_everything_before_it() -> None:
    stage = a_stage(linger=10 * SECOND)
    stage.feed(Produce(1, "t", value=b"a"))
    stage.feed(Produce(2, "t", value=b"b"))
    stage.feed(Flush(3))
    assert 3 not in stage.results
    acknowledge(stage.call(ApiKey.PRODUCE), 7)
    assert stage.result(2).offset == 8
    assert stage.result(3) == Flushed()


def test_a_lost_batch_is_sent_again_with_the_same_bytes() -> None:
    stage = a_stage()
    stage.feed(Produce(1, "t", value=b"x"))
    first = stage.call(ApiKey.PRODUCE)
    before = bytes(first.body.topic_data[0].partition_data[0].records)
    stage.cut(first.connection)
    stage.run(2 * SECOND)
    again = stage.call(ApiKey.PRODUCE)
    assert bytes(again.body.topic_data[0].partition_data[0].records) == before
    acknowledge(again, 0)
    assert stage.result(1).offset == 0


def test_without_acknowledgements_a_record_is_done_when_it_is_sent() -> None:
    stage = a_stage(acks=Acks.NONE, idempotent=False)
    stage.feed(Produce(1, "t", value=b"x", timestamp_ms=9))
    assert stage.result(1) == Acknowledged("t", 0, -1, 9)


# Batches ---------------------------------------------------------------------------------------------------------------


def test_records_of_one_burst_travel_together() -> None:
    stage = a_stage(linger=5 * MILLISECOND)
    for ticket in range(1, 4):
        stage.feed(Produce(ticket, "t", value=b"%d" % ticket))
    assert stage.calls(ApiKey.PRODUCE) == []
    stage.run(5 * MILLISECOND)
    assert values(stage.call(ApiKey.PRODUCE)) == [b"1", b"2", b"3"]


def test_a_full_batch_does_not_linger() -> None:
    stage = a_known_stage(linger=SECOND, batch_bytes_max=100)
    for ticket in range(1, 4):
        stage.feed(Produce(ticket, "t", value=b"x" * 40))
    assert values(stage.calls(ApiKey.PRODUCE)[0]) == [b"x" * 40]
    assert len(stage.calls(ApiKey.PRODUCE)) == 2
    stage.run(SECOND)
    assert len(stage.calls(ApiKey.PRODUCE)) == 3


def test_a_record_larger_than_a_batch_travels_alone() -> None:
    stage = a_stage(linger=SECOND, batch_bytes_max=100)
    stage.feed(Produce(1, "t", value=b"x" * 500))
    assert values(stage.call(ApiKey.PRODUCE)) == [b"x" * 500]


def test_a_request_carries_one_batch_per_partition_and_no_more_bytes_than_allowed() -> None:
    stage = a_stage(topics={"t": 3}, request_bytes_max=250, linger=SECOND)
    for partition in range(3):
        stage.feed(Produce(partition, "t", partition, value=b"x" * 90))
    stage.feed(Flush(9))
    first, second = stage.calls(ApiKey.PRODUCE)
    assert [data.index for data in first.body.topic_data[0].partition_data] == [0, 1]
    assert [data.index for data in second.body.topic_data[0].partition_data] == [2]


def test_no_more_than_so_many_requests_are_in_flight_to_a_broker() -> None:
    stage = a_known_stage(in_flight_max=2)
    for ticket in range(1, 5):
        stage.feed(Produce(ticket, "t", value=b"%d" % ticket))
    first, second = stage.calls(ApiKey.PRODUCE)
    acknowledge(first, 0)
    acknowledge(second, 1)
    assert [header(call).base_sequence for call in stage.calls(ApiKey.PRODUCE)] == [3, 4]


def test_keys_decide_and_keyless_records_stick_together() -> None:
    stage = a_stage(topics={"t": 8}, linger=SECOND)
    for ticket in range(1, 5):
        stage.feed(Produce(ticket, "t", key=b"foobar"))
        stage.feed(Produce(10 + ticket, "t", value=b"x", headers=(("h", None), ("i", b"v"))))
    stage.feed(Flush(99))
    partitions = {data.index for data in stage.call(ApiKey.PRODUCE).body.topic_data[0].partition_data}
    assert (-790332482 & 0x7FFFFFFF) % 8 in partitions
    assert len(partitions) <= 2


# Topics ----------------------------------------------------------------------------------------------------------------


def test_records_wait_for_their_topic_to_be_made() -> None:
    stage = a_stage(topics={})
    stage.feed(Produce(1, "new", value=b"x"))
    stage.run(SECOND)
    assert stage.calls(ApiKey.PRODUCE) == []
    stage.topics["new"] = 1
    stage.run(2 * SECOND)
    assert values(stage.call(ApiKey.PRODUCE)) == [b"x"]


def test_a_topic_that_does_not_come_fails_the_record_definitely() -> None:
    stage = a_stage(topics={}, delivery_timeout=3 * SECOND)
    stage.feed(Produce(1, "new", value=b"x"))
    stage.run(SECOND)
    stage.feed(Produce(2, "new", value=b"x"))
    stage.run(2 * SECOND)
    assert stage.result(1) == Failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "no metadata of new in time", definite=True)
    assert 2 not in stage.results
    stage.run(SECOND)
    assert stage.result(2).definite


def test_a_topic_that_cannot_be_fails_the_record_at_once() -> None:
    stage = a_stage(topics={})
    stage.topic_errors["bad name"] = ErrorCode.INVALID_TOPIC_EXCEPTION
    stage.feed(Produce(1, "bad name", value=b"x"))
    assert stage.result(1).error is ErrorCode.INVALID_TOPIC_EXCEPTION


def test_a_partition_that_is_not_there_fails_the_record_in_the_end() -> None:
    stage = a_stage(delivery_timeout=2 * SECOND)
    stage.feed(Produce(1, "t", 7, value=b"x"))
    stage.feed(Produce(2, "t", -3, value=b"x"))
    assert stage.result(2).error is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    stage.run(2 * SECOND)
    assert stage.result(1) == Failed(ErrorCode.REQUEST_TIMED_OUT, "not delivered in time", definite=True)


def test_without_topic_ids_names_are_used() -> None:
    stage = a_stage()
    stage.ranges[ApiKey.METADATA] = (0, 9)
    stage.reconnect()
    stage.run(SECOND)
    stage.feed(Produce(1, "t", value=b"x"))
    call = stage.call(ApiKey.PRODUCE)
    assert call.request.api_version == 12
    assert call.body.topic_data[0].name == "t"
    acknowledge(call, 4)
    assert stage.result(1).offset == 4


# Limits ----------------------------------------------------------------------------------------------------------------


def test_a_record_that_fits_no_request_is_refused() -> None:
    stage = a_stage(request_bytes_max=100)
    stage.feed(Produce(1, "t", value=b"x" * 200))
    assert stage.result(1).error is ErrorCode.MESSAGE_TOO_LARGE


def test_a_full_buffer_refuses_until_something_is_answered() -> None:
    stage = a_stage(buffer_bytes_max=150)
    stage.feed(Produce(1, "t", value=b"x" * 100))
    stage.feed(Produce(2, "t", value=b"x" * 100))
    assert stage.result(2) == Failed(None, "the buffer of 150 bytes is full", definite=True)
    acknowledge(stage.call(ApiKey.PRODUCE), 0)
    stage.feed(Produce(3, "t", value=b"x" * 100))
    assert 3 not in stage.results


@pytest.mark.parametrize("settings", [{"acks": Acks.LEADER}, {"in_flight_max": 6}])
def test_idempotence_needs_all_acknowledgements_and_few_requests_in_flight(settings: Any) -> None:
    with pytest.raises(ValueError, match="idempotent"):
        ProducerConfig((("seed", 9092),), **settings)


# Refusals --------------------------------------------------------------------------------------------------------------


def test_a_refusal_that_may_pass_is_tried_again_in_order() -> None:
    stage = a_known_stage()
    stage.feed(Produce(1, "t", value=b"1"))
    stage.feed(Produce(2, "t", value=b"2"))
    first, second = stage.calls(ApiKey.PRODUCE)
    acknowledge(first, -1, ErrorCode.NOT_ENOUGH_REPLICAS)
    acknowledge(second, -1, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    stage.run(SECOND)
    again = stage.call(ApiKey.PRODUCE)
    assert header(again).base_sequence == 1
    acknowledge(again, 1)
    assert header(stage.call(ApiKey.PRODUCE)).base_sequence == 2


def test_a_refusal_for_good_fails_the_batch_definitely_and_the_next_begins_a_new_chain() -> None:
    stage = a_known_stage()
    stage.feed(Produce(1, "t", value=b"1"))
    stage.feed(Produce(2, "t", value=b"2"))
    first, second = stage.calls(ApiKey.PRODUCE)
    acknowledge(first, -1, ErrorCode.MESSAGE_TOO_LARGE)
    assert stage.result(1).definite
    acknowledge(second, -1, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    stage.run(SECOND)
    again = header(stage.call(ApiKey.PRODUCE))
    assert (again.producer_epoch, again.base_sequence) == (1, 0)


def test_a_refusal_that_may_come_after_the_append_is_not_definite() -> None:
    stage = a_stage()
    stage.feed(Produce(1, "t", value=b"1"))
    acknowledge(stage.call(ApiKey.PRODUCE), -1, ErrorCode.UNKNOWN_SERVER_ERROR)
    assert not stage.result(1).definite


def test_a_broker_that_has_forgotten_acknowledged_batches_fails_the_next_one() -> None:
    stage = a_stage()
    stage.feed(Produce(1, "t", value=b"1"))
    acknowledge(stage.call(ApiKey.PRODUCE), 0)
    stage.feed(Produce(2, "t", value=b"2"))
    acknowledge(stage.call(ApiKey.PRODUCE), -1, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    assert stage.result(2).error is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    stage.feed(Produce(3, "t", value=b"3"))
    assert header(stage.call(ApiKey.PRODUCE)).producer_epoch == 1


def test_a_batch_of_unknown_fate_does_not_move_to_a_new_chain() -> None:
    stage = a_known_stage()
    stage.feed(Produce(1, "t", value=b"1"))
    stage.feed(Produce(2, "t", value=b"2"))
    stage.cut(stage.calls(ApiKey.PRODUCE)[0].connection)
    stage.run(SECOND)
    acknowledge(stage.call(ApiKey.PRODUCE), -1, ErrorCode.MESSAGE_TOO_LARGE)
    assert stage.result(1) == Failed(ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.MESSAGE_TOO_LARGE.message, definite=False)
    assert stage.result(2) == Failed(None, "the broker may or may not have written it, and an older batch was given up", definite=False)


def test_the_first_batch_of_a_chain_travels_alone_until_the_broker_knows_the_producer() -> None:
    stage = a_stage()
    stage.feed(Produce(1, "t", value=b"1"))
    stage.feed(Produce(2, "t", value=b"2"))
    acknowledge(stage.call(ApiKey.PRODUCE), 0)
    assert values(stage.call(ApiKey.PRODUCE)) == [b"2"]


def test_a_broker_that_calls_a_batch_a_repetition_without_knowing_its_offset_is_not_believed() -> None:
    stage = a_stage()
    stage.feed(Produce(1, "t", value=b"1", timestamp_ms=3))
    acknowledge(stage.call(ApiKey.PRODUCE), -1, ErrorCode.DUPLICATE_SEQUENCE_NUMBER)
    assert stage.result(1).error is ErrorCode.DUPLICATE_SEQUENCE_NUMBER
    assert not stage.result(1).definite


def test_a_batch_the_answer_does_not_mention_is_asked_about_again() -> None:
    stage = a_stage()
    stage.feed(Produce(1, "t", value=b"1"))
    stage.call(ApiKey.PRODUCE).answer(messages.ProduceResponse())
    stage.run(SECOND)
    acknowledge(stage.call(ApiKey.PRODUCE), 0)
    assert stage.result(1).offset == 0


def test_a_leader_named_beside_the_error_is_believed_at_once() -> None:
    stage = a_stage(brokers=(1, 2))
    stage.feed(Produce(1, "t", value=b"1"))
    call = stage.call(ApiKey.PRODUCE)
    response = messages.ProduceResponse
    moved = response.PartitionProduceResponse(0, int(ErrorCode.NOT_LEADER_OR_FOLLOWER), -1)
    moved.current_leader = response.LeaderIdAndEpoch(3, 9)
    call.answer(response([response.TopicProduceResponse("t", topic_id("t"), [moved])], 0, [response.NodeEndpoint(3, "broker3", 9092)]))
    stage.run(SECOND)
    assert stage.dials[stage.call(ApiKey.PRODUCE).connection].host == "broker3"


def test_a_leader_we_do_not_know_makes_us_ask() -> None:
    stage = a_stage(brokers=(1, 2))
    stage.feed(Produce(1, "t", value=b"1"))
    stage.run(SECOND)
    stage.leaders["t", 0], stage.epochs["t", 0] = 2, 4
    acknowledge(stage.call(ApiKey.PRODUCE), -1, ErrorCode.NOT_LEADER_OR_FOLLOWER)
    stage.run(SECOND)
    assert stage.dials[stage.call(ApiKey.PRODUCE).connection].host == "broker2"


def test_a_version_the_broker_lacks_fails_the_batch() -> None:
    stage = a_stage()
    del stage.ranges[ApiKey.PRODUCE]
    stage.reconnect()
    stage.run(SECOND)
    stage.feed(Produce(1, "t", value=b"1"))
    assert stage.result(1).error is ErrorCode.UNSUPPORTED_VERSION
    assert stage.result(1).definite


# Identity --------------------------------------------------------------------------------------------------------------


def a_producer_id(call: Call, producer_id: int = -1, error: ErrorCode = ErrorCode.NONE) -> None:
    call.answer(messages.InitProducerIdResponse(0, int(error), producer_id, 0))


def test_nothing_is_sent_without_an_identity() -> None:
    stage = a_stage(manual=(ApiKey.INIT_PRODUCER_ID,))
    stage.feed(Produce(1, "t", value=b"1"))
    assert stage.calls(ApiKey.PRODUCE) == []
    a_producer_id(stage.call(ApiKey.INIT_PRODUCER_ID), error=ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    stage.run(SECOND)
    stage.cut(stage.call(ApiKey.INIT_PRODUCER_ID).connection)
    stage.run(SECOND)
    a_producer_id(stage.call(ApiKey.INIT_PRODUCER_ID), 8)
    assert header(stage.call(ApiKey.PRODUCE)).producer_id == 8


def test_a_refused_identity_fails_what_waits_and_is_asked_for_again_by_the_next_record() -> None:
    stage = a_stage(manual=(ApiKey.INIT_PRODUCER_ID,))
    stage.feed(Produce(1, "t", value=b"1"))
    a_producer_id(stage.call(ApiKey.INIT_PRODUCER_ID), error=ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
    assert stage.result(1).error is ErrorCode.CLUSTER_AUTHORIZATION_FAILED
    assert stage.result(1).definite
    stage.feed(Produce(2, "t", value=b"2"))
    a_producer_id(stage.call(ApiKey.INIT_PRODUCER_ID), 8)
    acknowledge(stage.call(ApiKey.PRODUCE), 0)
    assert stage.result(2).offset == 0


def test_a_broker_without_identities_fails_what_waits() -> None:
    stage = a_stage(manual=(ApiKey.INIT_PRODUCER_ID,))
    del stage.ranges[ApiKey.INIT_PRODUCER_ID]
    stage.reconnect()
    stage.feed(Produce(1, "t", value=b"1"))
    stage.run(SECOND)
    assert stage.result(1).error is ErrorCode.UNSUPPORTED_VERSION


def test_when_the_epochs_are_used_up_another_identity_is_asked_for() -> None:
    stage = a_stage()
    stage.feed(Produce(1, "t", value=b"1"))
    stage.node.outboxes["t", 0].producer_epoch = 0x7FFF  # type: ignore[attr-defined]
    acknowledge(stage.call(ApiKey.PRODUCE), -1, ErrorCode.MESSAGE_TOO_LARGE)
    stage.automatic[ApiKey.INIT_PRODUCER_ID] = lambda call: a_producer_id(call, 4001)
    stage.feed(Produce(2, "t", value=b"2"))
    again = header(stage.call(ApiKey.PRODUCE))
    assert (again.producer_id, again.producer_epoch, again.base_sequence) == (4001, 0, 0)


# Time ------------------------------------------------------------------------------------------------------------------


def test_what_was_sent_and_not_answered_in_time_is_of_unknown_outcome_and_a_late_answer_is_not_heard() -> None:
    stage = a_stage(delivery_timeout=2 * SECOND)
    stage.feed(Produce(1, "t", value=b"1"))
    stage.run(2 * SECOND)
    assert stage.result(1) == Failed(ErrorCode.REQUEST_TIMED_OUT, "not delivered in time", definite=False)
    acknowledge(stage.call(ApiKey.PRODUCE), 0)
    assert len(stage.results[1]) == 1
    stage.feed(Produce(2, "t", value=b"2"))
    assert header(stage.call(ApiKey.PRODUCE)).base_sequence == 1


def test_a_batch_given_up_in_flight_that_comes_back_refused_breaks_the_chain() -> None:
    stage = a_stage(delivery_timeout=2 * SECOND)
    stage.feed(Produce(1, "t", value=b"1"))
    stage.run(2 * SECOND)
    acknowledge(stage.call(ApiKey.PRODUCE), -1, ErrorCode.NOT_LEADER_OR_FOLLOWER)
    stage.feed(Produce(2, "t", value=b"2"))
    stage.run(SECOND)
    assert header(stage.call(ApiKey.PRODUCE)).producer_epoch == 1


def test_a_batch_that_lingers_longer_than_it_may_live_fails_definitely() -> None:
    stage = a_stage(linger=10 * SECOND, delivery_timeout=2 * SECOND)
    stage.feed(Produce(1, "t", value=b"1"))
    stage.run(2 * SECOND)
    assert stage.result(1).definite


# The end ---------------------------------------------------------------------------------------------------------------


def test_stopping_sends_what_is_left_and_takes_nothing_more() -> None:
    stage = a_stage(linger=10 * SECOND)
    stage.feed(Produce(1, "t", value=b"1"))
    stage.feed(StopRequested())
    stage.feed(Produce(2, "t", value=b"2"))
    assert stage.result(2) == Failed(None, "the producer is closed", definite=True)
    acknowledge(stage.call(ApiKey.PRODUCE), 0)
    assert stage.halted


def test_an_idle_producer_stops_at_once() -> None:
    stage = a_stage()
    stage.feed(StopRequested())
    assert stage.halted


def test_flushing_nothing_is_answered_at_once() -> None:
    stage = a_stage()
    stage.feed(Flush(1))
    assert stage.result(1) == Flushed()


def test_records_after_a_flush_do_not_hold_it_up() -> None:
    stage = a_stage(linger=SECOND)
    stage.feed(Produce(1, "t", value=b"1"))
    stage.feed(Flush(2))
    stage.feed(Produce(3, "t", value=b"3"))
    acknowledge(stage.calls(ApiKey.PRODUCE)[0], 0)
    assert stage.result(2) == Flushed()
    assert 3 not in stage.results


def test_without_acknowledgements_a_record_is_kept_until_there_is_a_connection() -> None:
    stage = a_stage(acks=Acks.NONE, idempotent=False, network=NetworkConfig(pipelined_requests_max=1))
    stage.refused_hosts = ("broker1",)
    stage.feed(Produce(1, "t", value=b"x"))
    stage.run(SECOND)
    assert 1 not in stage.results
    stage.refused_hosts = ()
    stage.run(2 * SECOND)
    assert stage.result(1).offset == -1
