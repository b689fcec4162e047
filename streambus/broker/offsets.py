"""ListOffsets: the offset at the start, at the end, at a time, or of the newest record.

Start and end are known. A time is looked up in the log's time index, which knows batches, and then in the one batch it names, which
must be read: a flow that carries its own state from read to read, so that nothing is remembered here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus.broker.connections import Call
from streambus.kernel import Buffer, Event, FileSlice, Read, Turn, message, sometimes
from streambus.records import BadBatch, check_batch, decode_records, parse_header
from streambus.replication import Partition
from streambus.storage import LogId
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

ListOffsetsResponse = messages.ListOffsetsResponse
TopicResponse = ListOffsetsResponse.ListOffsetsTopicResponse
PartitionResponse = ListOffsetsResponse.ListOffsetsPartitionResponse

LATEST = -1
EARLIEST = -2
MAX_TIMESTAMP = -3
EARLIEST_LOCAL = -4
LATEST_TIERED = -5
EARLIEST_PENDING_UPLOAD = -6
READ_COMMITTED = 1

LEADER_EPOCH_SINCE = 4
"""Since which version an answer has room for the leader epoch (KIP-320)."""

FIRST_VERSION_OF = {MAX_TIMESTAMP: 7, EARLIEST_LOCAL: 8, LATEST_TIERED: 9, EARLIEST_PENDING_UPLOAD: 11}
"""Since which request version a special timestamp may be asked for (KIP-734, KIP-405, KIP-1005, KIP-1023)."""


@message
class Lookup:
    """One batch to read because the record that is looked for is inside it."""

    log_id: LogId
    base_offset: int
    timestamp: int
    response: PartitionResponse


@message
class OffsetSearch:
    """A ListOffsets request on its way: what is known, and what must still be read."""

    call: Call
    response: ListOffsetsResponse
    lookups: tuple[Lookup, ...]


@message
class BatchRead(Event):
    """The batch of a search's first lookup was read."""

    search: OffsetSearch
    data: Buffer | None = None


def list_offsets(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a ListOffsets request (versions 1-11)."""
    request: messages.ListOffsetsRequest = call.request.body
    lookups: list[Lookup] = []
    topics: list[TopicResponse] = []
    for topic in request.topics:
        responses: list[PartitionResponse] = []
        for asked in topic.partitions:
            response = PartitionResponse(partition_index=asked.partition_index)
            partition = broker.partitions.get((topic.name, asked.partition_index))
            error = _refusal(partition, asked, call.request.api_version)
            if error is not None or partition is None:
                response.error_code = error or ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            else:
                lookup = _look_up(partition, asked.timestamp, request.isolation_level, response)
                if lookup is not None:
                    lookups.append(lookup)
            responses.append(response)
        topics.append(TopicResponse(name=topic.name, partitions=responses))
    _advance(broker, turn, OffsetSearch(call, ListOffsetsResponse(topics=topics), tuple(lookups)))


def on_batch_read(broker: Broker, turn: Turn, event: BatchRead) -> None:
    """Find the record in the batch that was read, if that is whole, then go on with the next lookup."""
    search = event.search
    lookup = search.lookups[0]
    if _is_intact(lookup, event.data):
        _find_record(lookup, event.data)
    else:
        lookup.response.error_code = ErrorCode.KAFKA_STORAGE_ERROR
    _advance(broker, turn, OffsetSearch(search.call, search.response, search.lookups[1:]))


def on_read_failed(broker: Broker, turn: Turn, search: OffsetSearch) -> None:
    """The disk refused the batch: that partition gets an error, the others their answers."""
    search.lookups[0].response.error_code = ErrorCode.KAFKA_STORAGE_ERROR
    _advance(broker, turn, OffsetSearch(search.call, search.response, search.lookups[1:]))


def _refusal(partition: Partition | None, asked: messages.ListOffsetsRequest.ListOffsetsPartition, version: int) -> ErrorCode | None:
    if partition is None:
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    if asked.current_leader_epoch >= 0 and asked.current_leader_epoch != partition.leader_epoch:
        is_old = asked.current_leader_epoch < partition.leader_epoch
        return ErrorCode.FENCED_LEADER_EPOCH if is_old else ErrorCode.UNKNOWN_LEADER_EPOCH
    if asked.timestamp < EARLIEST_PENDING_UPLOAD or version < FIRST_VERSION_OF.get(asked.timestamp, 0):
        return ErrorCode.UNSUPPORTED_VERSION
    return None


def _look_up(partition: Partition, timestamp: int, isolation_level: int, response: PartitionResponse) -> Lookup | None:
    """Fill in what is known at once; name the batch to read if that is not enough."""
    log = partition.log
    end = partition.last_stable_offset if isolation_level == READ_COMMITTED else partition.high_watermark
    if timestamp == LATEST:
        response.offset, response.leader_epoch = end, partition.leader_epoch
    elif timestamp in (EARLIEST, EARLIEST_LOCAL, EARLIEST_PENDING_UPLOAD):
        response.offset, response.leader_epoch = log.log_start_offset, log.epochs.epoch_of(log.log_start_offset)
    elif timestamp != LATEST_TIERED:
        batch = log.batch_of_max_timestamp() if timestamp == MAX_TIMESTAMP else log.batch_at_time(timestamp)
        if batch is not None and batch.base_offset < end:
            return Lookup(log.log_id, batch.base_offset, timestamp, response)
    return None


def _advance(broker: Broker, turn: Turn, search: OffsetSearch) -> None:
    """Go on with what must be read from disk; what is in memory is looked at on the way."""
    while search.lookups:
        lookup = search.lookups[0]
        partition = broker.partitions_by_log.get(lookup.log_id)
        if partition is None:
            lookup.response.error_code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        else:
            (part,) = partition.log.read(lookup.base_offset, lookup.base_offset + 1, 1, at_least_one=True).parts
            if isinstance(part, FileSlice):
                sometimes("offsets: a batch is read from the disk to find a record")
                turn.do(Read(part.file, part.position, part.length, BatchRead(search)))
                return
            _find_record(lookup, part)
        search = OffsetSearch(search.call, search.response, search.lookups[1:])
    if search.call.request.api_version < LEADER_EPOCH_SINCE:
        _forget_epochs(search.response)
    broker.answer(turn, search.call, search.response)


def _forget_epochs(response: ListOffsetsResponse) -> None:
    for topic in response.topics:
        for partition in topic.partitions:
            partition.leader_epoch = -1


def _is_intact(lookup: Lookup, data: Buffer | None) -> bool:
    """Whether the disk returned the batch that was written there."""
    try:
        header = parse_header(data or b"")
        check_batch(data or b"", header)
    except BadBatch:
        return False
    return header.base_offset == lookup.base_offset


def _find_record(lookup: Lookup, data: Buffer | None) -> None:
    try:
        records = decode_records(data or b"")
    except BadBatch:
        lookup.response.error_code = ErrorCode.KAFKA_STORAGE_ERROR
        return
    if lookup.timestamp == MAX_TIMESTAMP:
        found = max(records, key=lambda record: (record.timestamp, -record.offset), default=None)
    else:
        found = next((record for record in records if record.timestamp >= lookup.timestamp), None)
    if found is None:
        lookup.response.error_code = ErrorCode.KAFKA_STORAGE_ERROR
        return
    sometimes("offsets: a record is found by its time")
    lookup.response.offset, lookup.response.timestamp = found.offset, found.timestamp
    if lookup.response.leader_epoch < 0 and data is not None:
        lookup.response.leader_epoch = int.from_bytes(data[12:16], "big", signed=True)
