"""What a reader of committed records is spared, and how far it has read."""

from typing import Any

from stage import Call, Stage, topic_id

from streambus.client import Assign, Consumer, ConsumerConfig, Fetched, Isolation, ListPositions, Poll, Positioned
from streambus.kernel import MILLISECOND, SECOND
from streambus.records import ControlType, Record, control_record, encode_batch
from streambus.wire import ApiKey, messages

COMMIT, ABORT = ControlType.COMMIT, ControlType.ABORT


def a_stage(isolation: Isolation = Isolation.READ_COMMITTED) -> Stage:
    stage = Stage(Consumer(ConsumerConfig((("seed", 9092),), isolation=isolation)), topics={"t": 1})
    stage.feed(Assign(1, (("t", 0, 0),)))
    return stage


def written(first: int, *values: str, by: int = -1) -> bytes:
    records = [Record(None, value.encode()) for value in values]
    if by < 0:
        return encode_batch(records, base_offset=first)
    return encode_batch(records, base_offset=first, producer_id=by, producer_epoch=0, base_sequence=0, is_transactional=True)


def marker(offset: int, control: ControlType, by: int) -> bytes:
    record = control_record(control, b"\0" * 6)
    return encode_batch([record], base_offset=offset, producer_id=by, producer_epoch=0, is_transactional=True, is_control=True)


def respond(call: Call, records: bytes, *aborted: tuple[int, int]) -> None:
    response = messages.FetchResponse
    named = [response.AbortedTransaction(producer, first) for producer, first in aborted]
    data = response.PartitionData(partition_index=0, high_watermark=100, aborted_transactions=named, records=records)
    call.answer(response(0, 0, 77, [response.FetchableTopicResponse("t", topic_id("t"), [data])]))


def values(result: Any) -> list[str]:
    assert isinstance(result, Fetched), result
    return [(record.value or b"").decode() for _, _, record in result.records]


def test_records_of_an_aborted_transaction_are_not_seen_and_those_around_it_are() -> None:
    stage = a_stage()
    log = written(0, "a", by=7) + written(1, "plain") + written(2, "b", by=8) + marker(3, ABORT, 7) + marker(4, COMMIT, 8)
    respond(stage.call(ApiKey.FETCH), log, (7, 0))
    stage.feed(Poll(2, 10, 0))
    assert values(stage.result(2)) == ["plain", "b"]


def test_a_producer_that_aborted_once_is_read_again_behind_its_marker() -> None:
    stage = a_stage()
    log = written(0, "no", by=7) + marker(1, ABORT, 7) + written(2, "yes", by=7) + marker(3, COMMIT, 7) + written(4, "never", by=7)
    respond(stage.call(ApiKey.FETCH), log + marker(5, ABORT, 7), (7, 4), (7, 0))
    stage.feed(Poll(2, 10, 0))
    assert values(stage.result(2)) == ["yes"]


def test_what_the_producer_of_an_aborted_transaction_writes_outside_of_it_is_read() -> None:
    stage = a_stage()
    plain = encode_batch([Record(None, b"plain")], base_offset=0, producer_id=7, producer_epoch=0, base_sequence=0)
    respond(stage.call(ApiKey.FETCH), plain + written(1, "no", by=7), (7, 0))
    stage.feed(Poll(2, 10, 0))
    assert values(stage.result(2)) == ["plain"]


def test_a_transaction_that_reaches_over_two_fetches_is_named_beside_both() -> None:
    stage = a_stage()
    respond(stage.call(ApiKey.FETCH), written(0, "no", by=7), (7, 0))
    respond(stage.call(ApiKey.FETCH), written(1, "nor this", by=7) + marker(2, ABORT, 7) + written(3, "yes", by=7), (7, 0))
    stage.feed(Poll(2, 10, 0))
    assert values(stage.result(2)) == ["yes"]


def test_whoever_reads_everything_reads_what_was_aborted() -> None:
    stage = a_stage(Isolation.READ_UNCOMMITTED)
    respond(stage.call(ApiKey.FETCH), written(0, "a", by=7) + marker(1, ABORT, 7))
    stage.feed(Poll(2, 10, 0))
    assert values(stage.result(2)) == ["a"]


def test_positions_go_past_what_no_poll_returns() -> None:
    stage = a_stage()
    stage.feed(Poll(2, 10, 50 * MILLISECOND))
    respond(stage.call(ApiKey.FETCH), written(0, "a", by=7) + marker(1, ABORT, 7), (7, 0))
    stage.run(SECOND)
    assert stage.result(2) == Fetched(())
    stage.feed(ListPositions(3))
    assert stage.result(3) == Positioned((("t", 0, 2),))


def test_a_position_that_is_searched_for_is_not_known() -> None:
    stage = Stage(Consumer(ConsumerConfig((("seed", 9092),))), topics={"t": 1})
    stage.feed(Assign(1, (("t", 0, -1),)))
    stage.feed(ListPositions(2))
    assert stage.result(2) == Positioned((("t", 0, -1),))
