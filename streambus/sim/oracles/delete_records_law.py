"""DeleteRecords: partitions begin where they were asked to, no later, and whoever is told so will not see these records again."""

from typing import Any

import attrs

from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.door import Asked, error_name
from streambus.sim.oracles.law import Law, differs, is_too_late, judge_partitions, wait_at_most
from streambus.sim.oracles.log_model import LogModel
from streambus.wire import ErrorCode

HIGH_WATERMARK = -1


@attrs.define(eq=False)
class Expected:
    """What becomes of one partition: it begins no earlier than at `start_offset`, or one of `errors` is told."""

    name: str
    index: int
    log: LogModel | None = None
    start_offset: int = 0
    errors: tuple[ErrorCode, ...] = ()


def ask(model: BrokerModel, asked: Asked) -> None:
    """Trim what a broker must trim."""
    wait_at_most(asked, asked.body.timeout_ms)
    asked.expected = [_expect(model, topic.name, data) for topic in asked.body.topics for data in topic.partitions]


def _expect(model: BrokerModel, name: str, data: Any) -> Expected:
    found = model.partition(name, None, data.partition_index, by_id=False)
    if found is None:
        return Expected(name, data.partition_index, errors=(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.INVALID_TOPIC_EXCEPTION))
    topic, facts, log = found
    expected = Expected(name, data.partition_index, log)
    end = log.durable_end
    start_offset = end if data.offset == HIGH_WATERMARK else data.offset
    if model.is_compacted(topic) and "delete" not in model.setting(topic, "cleanup.policy"):
        expected.errors = (ErrorCode.POLICY_VIOLATION,)
    elif not 0 <= start_offset <= end:
        expected.errors = (ErrorCode.OFFSET_OUT_OF_RANGE,)
    else:
        expected.start_offset = 0 if data.offset == HIGH_WATERMARK else start_offset
        model.take_note_of_beginning(topic, facts, asked_for=start_offset)
    return expected


def judge(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """One result for every partition, in the order of the request."""
    return judge_partitions(model, asked, body, _judge_result)


def _judge_result(model: BrokerModel, asked: Asked, expected: Expected, result: Any) -> str | None:
    error, log = ErrorCode(result.error_code), expected.log  # type: ignore[call-arg]
    if error is not ErrorCode.NONE:
        is_true = (
            error in expected.errors
            or not model.is_settled
            or (error is ErrorCode.KAFKA_STORAGE_ERROR and model.written.is_failed)
            or (error is ErrorCode.REQUEST_TIMED_OUT and is_too_late(model, asked))
        )
        told = f"it is answered with {error_name(error)}, expected {' or '.join(code.name for code in expected.errors) or 'no error'}"
        return differs("low_watermark beside an error", -1, result.low_watermark) if is_true else told
    if expected.errors or log is None:
        return None if not model.is_settled else f"there is no error, expected {' or '.join(code.name for code in expected.errors)}"
    if not expected.start_offset <= result.low_watermark <= log.start_offset:
        return f"low_watermark is {result.low_watermark}, expected {expected.start_offset} to {log.start_offset}"
    if result.low_watermark > log.durable_start:
        return f"what is deleted stays deleted: it begins at {result.low_watermark}, but on the disk at {log.durable_start}"
    return None


LAW = Law(ask, judge)
