"""ListOffsets: the start, the end, the first record at or after a time, the newest record; all known at the moment of asking."""

from typing import Any

import attrs

from streambus.records import BadBatch, decode_records
from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.cluster_model import PartitionFacts
from streambus.sim.oracles.door import Asked, error_name
from streambus.sim.oracles.law import Law, differs, judge_partitions
from streambus.sim.oracles.log_model import Batch, LogModel
from streambus.wire import ErrorCode

LATEST, EARLIEST, MAX_TIMESTAMP, EARLIEST_LOCAL, LATEST_TIERED, EARLIEST_PENDING_UPLOAD = range(-1, -7, -1)
SINCE = {MAX_TIMESTAMP: 7, EARLIEST_LOCAL: 8, LATEST_TIERED: 9, EARLIEST_PENDING_UPLOAD: 11}
LEADER_EPOCH_SINCE = 4
NOTHING = (-1, -1, -1)


@attrs.frozen(eq=False)
class Expected:
    """The one right answer for a partition: an error, or offset, timestamp and leader epoch."""

    name: str
    index: int
    error: ErrorCode
    found: tuple[int, int, int]
    is_searched: bool = False
    """A batch must be read from the disk, which may refuse."""
    start_offset: int = 0
    """Where the log began."""
    end_offset: int = 0
    """Where what was committed ended: the search may have met what came behind it before that was committed."""
    kind: int = 0
    log: LogModel | None = None


def ask(model: BrokerModel, asked: Asked) -> None:
    """Look everything up at once."""
    expected: dict[tuple[str, int], Expected] = {}
    for name, data in [(topic.name, data) for topic in asked.body.topics for data in topic.partitions]:
        place = (name, data.partition_index)
        is_named_twice = place in expected
        expected[place] = Expected(*place, ErrorCode.INVALID_REQUEST, NOTHING) if is_named_twice else _expect(model, asked, name, data)
    asked.expected = list(expected.values())


def _expect(model: BrokerModel, asked: Asked, name: str, data: Any) -> Expected:
    if data.timestamp < EARLIEST_PENDING_UPLOAD or asked.version < SINCE.get(data.timestamp, 0):
        return Expected(name, data.partition_index, ErrorCode.UNSUPPORTED_VERSION, NOTHING)
    found = model.partition(name, None, data.partition_index, by_id=False)
    if found is None:
        return Expected(name, data.partition_index, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, NOTHING)
    _, facts, log = found
    error = _refusal(facts, data)
    if error is not None:
        return Expected(name, data.partition_index, error, NOTHING)
    kind = data.timestamp
    if kind == LATEST:
        return Expected(name, data.partition_index, ErrorCode.NONE, (log.durable_end, -1, facts.leader_epoch))
    if kind in (EARLIEST, EARLIEST_LOCAL):
        start = log.start_offset
        leader_epoch = facts.leader_epoch if start == log.end_offset else log.epoch_of(start)
        return Expected(name, data.partition_index, ErrorCode.NONE, (start, -1, leader_epoch), kind=EARLIEST)
    if kind in (LATEST_TIERED, EARLIEST_PENDING_UPLOAD):
        return Expected(name, data.partition_index, ErrorCode.NONE, NOTHING)
    try:
        return Expected(
            name,
            data.partition_index,
            ErrorCode.NONE,
            _search(log, kind),
            is_searched=True,
            start_offset=log.start_offset,
            end_offset=log.committed_at_least(model.step),
            log=log,
            kind=kind,
        )
    except (BadBatch, StopIteration):  # Who wrote the batch lied about what is in it.
        return Expected(name, data.partition_index, ErrorCode.KAFKA_STORAGE_ERROR, NOTHING)


def _refusal(facts: PartitionFacts, data: Any) -> ErrorCode | None:
    if data.current_leader_epoch != -1 and data.current_leader_epoch != facts.leader_epoch:
        is_old = data.current_leader_epoch < facts.leader_epoch
        return ErrorCode.FENCED_LEADER_EPOCH if is_old else ErrorCode.UNKNOWN_LEADER_EPOCH
    return None


def _search(log: LogModel, timestamp: int) -> tuple[int, int, int]:
    """Offset, timestamp and leader epoch of the record that is looked for. Of a batch in which the log begins, the rest counts."""
    for batch in _candidates(log, timestamp):
        if batch is None or batch.base_offset >= log.durable_end:
            return NOTHING
        records = [record for record in decode_records(batch.data) if record.offset >= log.start_offset]
        if timestamp == MAX_TIMESTAMP:
            found = max(records, key=lambda record: (record.timestamp, -record.offset), default=None)
        else:
            found = next((record for record in records if record.timestamp >= timestamp), None)
        if found is not None:
            return found.offset, found.timestamp, batch.header.leader_epoch
        if batch.base_offset >= log.start_offset:
            raise StopIteration
    return NOTHING


def _candidates(log: LogModel, timestamp: int) -> list[Batch | None]:
    """Where to look: in the first batch that may have it, and if that is not whole any more, in the next."""
    if timestamp == MAX_TIMESTAMP:
        return [_newest(log.batches)]
    first = _first_reaching(log.batches, timestamp)
    return [first, _first_reaching([batch for batch in log.batches if batch is not first], timestamp)]


def _newest(batches: list[Batch]) -> Batch | None:
    """The first batch with the largest timestamp of all."""
    dated = [batch for batch in batches if batch.header.max_timestamp >= 0]
    return max(dated, key=lambda batch: (batch.header.max_timestamp, -batch.base_offset), default=None)


def _first_reaching(batches: list[Batch], timestamp: int) -> Batch | None:
    return next((batch for batch in batches if batch.header.max_timestamp >= max(timestamp, 0)), None)


def judge(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """One result for every partition, in the order of the request."""
    return judge_partitions(model, asked, body, _judge_result)


def _judge_result(model: BrokerModel, asked: Asked, expected: Expected, result: Any) -> str | None:
    if result.error_code != expected.error:
        if expected.is_searched and result.error_code in (ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION):
            found = model.partition(expected.name, None, expected.index, by_id=False)
            is_gone = found is None or found[2] is not expected.log
            may_not_wait = expected.log is not None and model.is_loading(expected.log)
            return (
                None
                if is_gone or model.has_read_error or may_not_wait
                else f"there is nothing wrong, but it is answered with {error_name(result.error_code)}"
            )
        return f"it is answered with {error_name(result.error_code)}, expected {expected.error.name}"
    if expected.is_searched and _may_have_changed(model, asked, expected, result):
        return None
    if expected.kind == EARLIEST and _is_a_beginning(model, expected, result.offset):
        return None
    offset, timestamp, leader_epoch = expected.found
    complaint = differs("offset", offset, result.offset) or differs("timestamp", timestamp, result.timestamp)
    if complaint is None and asked.version >= LEADER_EPOCH_SINCE:
        complaint = differs("leader_epoch", leader_epoch, result.leader_epoch)
    return complaint


def _is_a_beginning(model: BrokerModel, expected: Expected, offset: int) -> bool:
    """Whether a log begins there, whose beginning has moved in this step."""
    found = model.partition(expected.name, None, expected.index, by_id=False)
    return (
        found is not None
        and found[2].start_moved_in == model.step
        and found[2].start_at_least(model.step) <= offset <= found[2].start_offset
    )


def _may_have_changed(model: BrokerModel, asked: Asked, expected: Expected, result: Any) -> bool:
    """Whether a search that had to wait found something else than there was at first, but nothing wrong."""
    found = model.partition(expected.name, None, expected.index, by_id=False)
    if found is None or found[2] is not expected.log:
        return True
    topic, _, log = found
    if model.was_compacted(topic) or log.start_offset != expected.start_offset:
        return True
    if asked.arrived_in == model.step:
        return False
    try:
        now = _search(log, expected.kind)
    except (BadBatch, StopIteration):
        return True
    batch = _newest(log.batches) if expected.kind == MAX_TIMESTAMP else _first_reaching(log.batches, expected.kind)
    is_hidden = batch is not None and batch.base_offset >= expected.end_offset
    return (result.offset, result.timestamp) == now[:2] or (is_hidden and result.offset == -1)


LAW = Law(ask, judge)
