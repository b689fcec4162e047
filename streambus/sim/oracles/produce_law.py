"""Produce: every batch is appended once, in sequence, at the offset it is told, and acknowledged when it is durable; or it is refused
for a reason that is true.
"""

from typing import Any

import attrs

from streambus.records import HEADER_BYTES, BadBatch, BatchHeader, Codec, compress, crc32c, decompress, parse_header
from streambus.sim.oracles.broker_model import BatchRules, BrokerModel
from streambus.sim.oracles.cleaning_law import records_in
from streambus.sim.oracles.cluster_model import PartitionFacts, TopicFacts
from streambus.sim.oracles.door import Asked, error_name
from streambus.sim.oracles.law import Law, differs, is_too_late, wait_at_most
from streambus.sim.oracles.log_model import EPOCH_TOO_OLD, OUT_OF_ORDER, TOO_OLD, Batch, LogModel
from streambus.wire import ErrorCode

ACKS = (0, 1, -1)
LOG_START_SINCE, ZSTD_SINCE, TOPIC_IDS_SINCE = 5, 7, 13
FORGOTTEN_AFTER_MS = 86_400_000
LENGTH_COUNTS_FROM = 12
NO_TIMESTAMP = -1
IGNORED_BYTES = 12
"""What follows a batch and is shorter cannot be the beginning of another: it is ignored, as in Kafka."""

_REFUSALS = {
    EPOCH_TOO_OLD: (ErrorCode.INVALID_PRODUCER_EPOCH,),
    OUT_OF_ORDER: (ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,),
    TOO_OLD: (ErrorCode.DUPLICATE_SEQUENCE_NUMBER, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER),
}
_NOT_LEADER = (ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID)


@attrs.define(eq=False)
class Expected:
    """What becomes of one batch of a request: it has its place in `log` (`batch`, be it for the first time or again), or `refusals`."""

    topic: str
    index: int
    log: LogModel | None = None
    batch: Batch | None = None
    leader_epoch: int = -1
    append_time: int = -1
    refusals: tuple[ErrorCode, ...] = ()
    start_offset: int = 0
    """Where the log began when the batch was looked at, at least."""


def ask(model: BrokerModel, asked: Asked) -> None:
    """Append what a broker must append, in the order of the request."""
    request = asked.body
    wait_at_most(asked, request.timeout_ms)
    by_id = asked.version >= TOPIC_IDS_SINCE
    if refusals := _complaints_about_all(request):
        asked.expected = [
            Expected(topic.name, data.index, refusals=refusals) for topic in request.topic_data for data in topic.partition_data
        ]
        return
    asked.expected = [
        _expect(model, asked, model.partition(topic.name, topic.topic_id, data.index, by_id=by_id), topic.name, data)
        for topic in request.topic_data
        for data in topic.partition_data
    ]


def _complaints_about_all(request: Any) -> tuple[ErrorCode, ...]:
    """Why nothing of a request is done: some batch of it is not even the beginning of one, or is in a transaction that has no name."""
    found: list[ErrorCode] = []
    for data in (data for topic in request.topic_data for data in topic.partition_data):
        batch = b"" if data.records is None else bytes(data.records)
        if len(batch) > 16 and (int.from_bytes(batch[8:12], "big", signed=True) < 14 or batch[16] > 2):
            found.append(ErrorCode.CORRUPT_MESSAGE)
        if len(batch) >= HEADER_BYTES and batch[22] & 0x10 and request.transactional_id is None:
            found.append(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    return tuple(found)


def _expect(model: BrokerModel, asked: Asked, found: tuple[TopicFacts, PartitionFacts, LogModel] | None, name: str, data: Any) -> Expected:
    acks = asked.body.acks
    if found is None:
        return Expected(name, data.index, refusals=(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID))
    topic, facts, log = found
    expected = Expected(topic.name, data.index, log, leader_epoch=facts.leader_epoch, start_offset=log.start_at_least(model.step))
    batch = b"" if data.records is None else bytes(data.records)
    try:
        header = parse_header(batch)
    except BadBatch:
        expected.refusals = (ErrorCode.INVALID_RECORD, ErrorCode.CORRUPT_MESSAGE, *_acks_complaint(acks))
        return expected
    if 0 < len(batch) - header.size < IGNORED_BYTES:
        batch = batch[: header.size]
    complaints = (*_acks_complaint(acks), *_complaints(model, topic, facts, asked, header, batch))
    if complaints:
        expected.refusals = complaints
        return expected
    rules = model.rules_of(topic)
    batch = _as_stored(model, rules, header, batch)
    if len(batch) > rules.bytes_max:
        expected.refusals = (ErrorCode.MESSAGE_TOO_LARGE,)
        return expected
    verdict = log.judge(header, model.now_ms, FORGOTTEN_AFTER_MS) if header.producer_id >= 0 else None
    if isinstance(verdict, str):
        # A gap behind a batch that the disk refused is the disk's fault; a producer that is told of a gap would begin anew.
        expected.refusals = (ErrorCode.KAFKA_STORAGE_ERROR,) if model.written.is_failed else _REFUSALS[verdict]
    elif verdict is not None:
        expected.batch = verdict
        expected.append_time = verdict.header.max_timestamp
    elif model.written.is_failed:
        expected.refusals = (ErrorCode.KAFKA_STORAGE_ERROR,)
    else:
        if rules.is_append_time:
            expected.append_time = model.wall_ms
        epoch = facts.leader_epoch.to_bytes(4, "big")
        stamped = b"".join((log.end_offset.to_bytes(8, "big"), batch[8:12], epoch, memoryview(batch)[16:]))
        expected.batch = log.append(stamped, model.now_ms)
    return expected


def _acks_complaint(acks: int) -> tuple[ErrorCode, ...]:
    return () if acks in ACKS else (ErrorCode.INVALID_REQUIRED_ACKS,)


def _complaints(
    model: BrokerModel, topic: TopicFacts, facts: PartitionFacts, asked: Asked, header: BatchHeader, batch: bytes
) -> list[ErrorCode]:
    """Everything that is wrong with a batch. One of these is what its producer is told."""
    found: list[ErrorCode] = []
    rules = model.rules_of(topic)
    if header.size != len(batch):
        found += [ErrorCode.CORRUPT_MESSAGE, ErrorCode.INVALID_RECORD]
    elif crc32c(memoryview(batch)[21:]) != header.crc:
        found.append(ErrorCode.CORRUPT_MESSAGE)
    if header.base_offset:
        found.append(ErrorCode.INVALID_RECORD)
    if header.record_count < 1 or header.record_count != header.last_offset_delta + 1 or header.attributes & 7 > 4:
        found.append(ErrorCode.INVALID_RECORD)
    if (header.producer_id >= 0 and (header.producer_epoch < 0 or header.base_sequence < 0)) or header.attributes & 0x20:
        found.append(ErrorCode.INVALID_RECORD)
    if not found and model.is_compacted(topic) and any(record.key is None for record in records_in(batch)):
        found.append(ErrorCode.INVALID_RECORD)
    if header.attributes & 0x10:
        found.append(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
    if header.attributes & 7 == 4 and asked.version < ZSTD_SINCE:
        found.append(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
    if not found and (header.attributes & 8) and (rules.is_append_time or header.max_timestamp == -1):
        found.append(ErrorCode.INVALID_TIMESTAMP)
    if not found and [record.offset for record in records_in(batch)] != list(range(header.record_count)):
        found.append(ErrorCode.INVALID_RECORD)
    if len(batch) > rules.bytes_max:
        found.append(ErrorCode.MESSAGE_TOO_LARGE)
    if asked.body.acks == -1 and len(facts.isr) < min(rules.isr_min, len(facts.replicas)):
        found.append(ErrorCode.NOT_ENOUGH_REPLICAS)
    if not rules.is_append_time and _is_out_of_time(model.wall_ms, rules, batch):
        found.append(ErrorCode.INVALID_TIMESTAMP)
    return found


def _is_out_of_time(wall_ms: int, rules: BatchRules, batch: bytes) -> bool:
    latest, earliest = wall_ms + rules.after_max_ms, wall_ms - rules.before_max_ms
    return any(not earliest <= record.timestamp <= latest for record in records_in(batch) if record.timestamp != NO_TIMESTAMP)


def _as_stored(model: BrokerModel, rules: BatchRules, header: BatchHeader, batch: bytes) -> bytes:
    """The batch with the timestamps and in the codec that its topic asks for: nothing else of it is changed."""
    if rules.is_append_time:
        latest, time_type = model.wall_ms, 8
    else:
        latest, time_type = max(-1, *(record.timestamp for record in records_in(batch))), 0
        if header.attributes & 8:
            latest = header.max_timestamp
    attributes = header.attributes & ~8 | time_type
    if rules.codec is not None and rules.codec != header.attributes & 7:
        records = decompress(Codec(header.attributes & 7), memoryview(batch)[HEADER_BYTES:])
        batch = batch[:HEADER_BYTES] + bytes(compress(rules.codec, records, rules.level))
        batch = b"".join((batch[:8], (len(batch) - LENGTH_COUNTS_FROM).to_bytes(4, "big"), batch[12:]))
        attributes = rules.codec | attributes & 0x18
    elif (attributes, latest) == (header.attributes, header.max_timestamp):
        return batch
    return _stamped(batch, attributes, latest)


def _stamped(batch: bytes, attributes: int, max_timestamp: int) -> bytes:
    changed = bytearray(batch)
    changed[21:23] = attributes.to_bytes(2, "big", signed=True)
    changed[35:43] = max_timestamp.to_bytes(8, "big", signed=True)
    changed[17:21] = crc32c(changed[21:]).to_bytes(4, "big")
    return bytes(changed)


# The answer ------------------------------------------------------------------------------------------------------------


def judge(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """One result for every batch, in the order of the request, each with its fields."""
    if asked.body.acks == 0:
        return "a produce with acks=0 has no answer"
    results = [(topic, result) for topic in body.responses for result in topic.partition_responses]
    if len(results) != len(asked.expected):
        return f"there are {len(results)} results for {len(asked.expected)} batches"
    for expected, (_, result) in zip(asked.expected, results, strict=True):
        complaint = differs("the partition", expected.index, result.index) or _judge_result(model, asked, expected, result)
        if complaint is not None:
            return f"{expected.topic}-{expected.index}: {complaint}"
    return None


def _judge_result(model: BrokerModel, asked: Asked, expected: Expected, result: Any) -> str | None:
    error = ErrorCode(result.error_code)  # type: ignore[call-arg]
    if expected.batch is None or expected.log is None:
        if error not in expected.refusals:
            return f"the batch is answered with {error.name}, expected {' or '.join(code.name for code in expected.refusals)}"
        return differs("base_offset", -1, result.base_offset)
    if error is not ErrorCode.NONE:
        reason = _reason_to_fail(model, asked, expected, error)
        return reason or differs("base_offset beside an error", -1, result.base_offset)
    batch, log = expected.batch, expected.log
    if log.durable_end < batch.end_offset:
        return (
            f"acknowledged is durable: offsets {batch.base_offset} to {batch.end_offset - 1} are acknowledged, but only those below "
            f"{log.durable_end} are on the disk"
        )
    return (
        differs("base_offset", batch.base_offset, result.base_offset)
        or differs("log_append_time_ms", expected.append_time, result.log_append_time_ms)
        or _judge_start(asked, expected, log, result.log_start_offset)
    )


def _judge_start(asked: Asked, expected: Expected, log: LogModel, seen: int) -> str | None:
    if asked.version < LOG_START_SINCE:
        return differs("log_start_offset", -1, seen)
    least, most = expected.start_offset, log.start_offset
    return None if least <= seen <= most else f"log_start_offset is {seen}, expected {least} to {most}"


def _reason_to_fail(model: BrokerModel, asked: Asked, expected: Expected, error: ErrorCode) -> str | None:
    """None if a batch that has its place may be answered with `error`."""
    assert expected.log is not None
    assert expected.batch is not None
    committed = expected.log.committed_at_least(model.step) >= expected.batch.end_offset
    if error is ErrorCode.REQUEST_TIMED_OUT and is_too_late(model, asked) and (asked.is_old or not committed):
        return None
    if error is ErrorCode.KAFKA_STORAGE_ERROR and model.written.is_failed and (asked.is_old or not committed):
        return None
    if error in _NOT_LEADER and not _is_still_led(model, expected):
        return None
    return f"a batch at offset {expected.batch.base_offset} that is {'durable' if committed else 'under way'} is answered with {error.name}"


def _is_still_led(model: BrokerModel, expected: Expected) -> bool:
    found = model.partition(expected.topic, None, expected.index, by_id=False)
    return found is not None and found[2] is expected.log and found[1].leader_epoch == expected.leader_epoch


def due(model: BrokerModel, asked: Asked) -> str | None:
    """Once every batch has its fate, the answer leaves."""
    for expected in asked.expected:
        batch, log = expected.batch, expected.log
        if batch is not None and log is not None and log.durable_end < batch.end_offset and not model.written.is_failed:
            return None
    return "every batch of it is durable or refused"


def is_refused(asked: Asked) -> bool:
    """Whether some batch of the request has to be refused."""
    return any(expected.batch is None for expected in asked.expected)


def shown(codes: tuple[int, ...]) -> str:
    """Error codes as people know them."""
    return " or ".join(error_name(code) for code in codes)


LAW = Law(ask, judge, due)
