"""The producer, with the test as its brokers."""

from typing import Any

from stage import Call, Stage, topic_id

from streambus.client import Acknowledged, Acks, Flush, Flushed, Produce, Producer, ProducerConfig
from streambus.kernel import SECOND
from streambus.records import decode_records, parse_header
from streambus.wire import ApiKey, ErrorCode, messages


def a_stage(*, topics: dict[str, int] | None = None, brokers: tuple[int, ...] = (1,), **settings: Any) -> Stage:
    config = ProducerConfig((("seed", 9092),), **{"linger": 0, **settings})
    return Stage(Producer(config), topics={"t": 1} if topics is None else topics, brokers=brokers)


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
