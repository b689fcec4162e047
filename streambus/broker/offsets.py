"""ListOffsets: the offset at the start, at the end, at a time, or of the newest record.

Start and end are known. A time is looked up in the log's time index, which knows batches, and then in the one batch it names, which
must be read: a flow that carries its own state from read to read, so that nothing is remembered here. If that part of the index is not
in memory, the flow waits in purgatory until it is. A batch of which cleaning has left nothing but its header sends the flow on to the
next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus.broker.connections import Call, Outcome
from streambus.broker.leader_epochs import UNDEFINED, epoch_at_start, why_not_current
from streambus.kernel import SECOND, Buffer, Event, FileSlice, Instant, Read, Turn, message, sometimes
from streambus.records import BadBatch, check_batch, decode_records, parse_header
from streambus.replication import Partition
from streambus.storage import BatchLocation, LogId, NotLoaded, Unreadable
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
ISOLATION_LEVELS = (0, READ_COMMITTED)

LEADER_EPOCH_SINCE = 4
"""Since which version an answer has room for the leader epoch (KIP-320)."""

FIRST_VERSION_OF = {MAX_TIMESTAMP: 7, EARLIEST_LOCAL: 8, LATEST_TIERED: 9, EARLIEST_PENDING_UPLOAD: 11}
"""Since which request version a special timestamp may be asked for (KIP-734, KIP-405, KIP-1005, KIP-1023)."""


LOADING_PATIENCE = 10 * SECOND
"""How long a search waits for the disk to say where a batch lies."""


@message
class Lookup:
    """A record of one partition to be found by its time, from `from_offset` on, among those below `end_offset`."""

    log_id: LogId
    timestamp: int
    from_offset: int
    end_offset: int
    response: PartitionResponse

    def batch(self, node: Broker) -> BatchLocation | None:
        """The batch that the record must be in, if there is one. Raises `NotLoaded`, `Unreadable`.

        What has become visible since the search began may be found, too: else a newer batch with the largest timestamp would hide the one
        that was asked for.
        """
        partition = node.partitions_by_log[self.log_id]
        log, end_offset = partition.log, max(self.end_offset, partition.last_stable_offset)
        if self.timestamp == MAX_TIMESTAMP:
            found = log.batch_of_max_timestamp()
        else:
            found = log.batch_at_time(self.timestamp, max(self.from_offset, log.log_start_offset))
        return found if found is not None and found.base_offset < end_offset else None

    def fail(self, error: ErrorCode) -> None:
        """This partition has an error; the others have their answers."""
        self.response.error_code = error


@message
class OffsetSearch:
    """A ListOffsets request on its way: what is known, and what must still be found."""

    call: Call
    response: ListOffsetsResponse
    lookups: tuple[Lookup, ...]

    @property
    def rest(self) -> OffsetSearch:
        """The search behind its first lookup."""
        return OffsetSearch(self.call, self.response, self.lookups[1:])

    def beyond(self, offset: int) -> OffsetSearch:
        """The search, its first lookup from `offset` on."""
        first = self.lookups[0]
        again = Lookup(first.log_id, first.timestamp, offset, first.end_offset, first.response)
        return OffsetSearch(self.call, self.response, (again, *self.lookups[1:]))

    def go_on(self, broker: Broker, turn: Turn) -> None:
        """Find the next record."""
        _advance(broker, turn, self)


@message
class DelayedSearch:
    """A search that waits until it is known where its batch lies."""

    call: Call
    search: OffsetSearch

    def try_complete(self, node: Broker) -> Outcome | None:
        """On with the search, if that is known."""
        lookup = self.search.lookups[0]
        try:
            if lookup.log_id in node.partitions_by_log:
                lookup.batch(node)
        except NotLoaded:
            return None
        except Unreadable:
            lookup.fail(ErrorCode.KAFKA_STORAGE_ERROR)
            return self.search.rest
        return self.search

    def expire(self, node: Broker) -> Outcome:
        """The disk is too slow for this partition; on with the others."""
        self.search.lookups[0].fail(ErrorCode.KAFKA_STORAGE_ERROR)
        return self.search.rest


@message
class BatchRead(Event):
    """The batch of a search's first lookup was read."""

    search: OffsetSearch
    batch: BatchLocation
    data: Buffer | None = None


def list_offsets(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a ListOffsets request (versions 1-11). A partition that is named twice has its answer once: the request is wrong."""
    request: messages.ListOffsetsRequest = call.request.body
    lookups: list[Lookup] = []
    topics: dict[str, dict[int, PartitionResponse]] = {}
    for topic in request.topics:
        for asked in topic.partitions:
            responses = topics.setdefault(topic.name, {})
            if asked.partition_index in responses:
                sometimes("offsets: a partition is asked for twice")
                lookups = [lookup for lookup in lookups if lookup.response is not responses[asked.partition_index]]
                refused = PartitionResponse(partition_index=asked.partition_index, error_code=ErrorCode.INVALID_REQUEST)
                responses[asked.partition_index] = refused
                continue
            response = responses[asked.partition_index] = PartitionResponse(partition_index=asked.partition_index)
            partition = broker.partitions.get((topic.name, asked.partition_index))
            error = _refusal(partition, asked, request.isolation_level, call.request.api_version)
            if error is not None or partition is None:
                response.error_code = error or ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            else:
                lookup = _look_up(partition, asked.timestamp, request.isolation_level, response)
                if lookup is not None:
                    lookups.append(lookup)
    body = ListOffsetsResponse(topics=[TopicResponse(name=name, partitions=list(responses.values())) for name, responses in topics.items()])
    _advance(broker, turn, OffsetSearch(call, body, tuple(lookups)))


def on_batch_read(broker: Broker, turn: Turn, event: BatchRead) -> None:
    """Find the record in the batch that was read, if that is whole, then go on."""
    search = event.search
    data = event.data or b""
    if _is_intact(event.batch, data):
        _advance(broker, turn, _searched(search, event.batch, data))
    else:
        on_read_failed(broker, turn, search)


def on_read_failed(broker: Broker, turn: Turn, search: OffsetSearch) -> None:
    """The disk refused the batch: that partition gets an error, the others their answers."""
    search.lookups[0].fail(ErrorCode.KAFKA_STORAGE_ERROR)
    _advance(broker, turn, search.rest)


def _refusal(
    partition: Partition | None, asked: messages.ListOffsetsRequest.ListOffsetsPartition, isolation_level: int, version: int
) -> ErrorCode | None:
    """What is wrong with a question, in the order in which Kafka looks at it."""
    if isolation_level not in ISOLATION_LEVELS:
        return ErrorCode.UNKNOWN_SERVER_ERROR
    if asked.timestamp < EARLIEST_PENDING_UPLOAD or version < FIRST_VERSION_OF.get(asked.timestamp, 0):
        return ErrorCode.UNSUPPORTED_VERSION
    if partition is None:
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return why_not_current(partition, asked.current_leader_epoch) if asked.current_leader_epoch != UNDEFINED else None


def _look_up(partition: Partition, timestamp: int, isolation_level: int, response: PartitionResponse) -> Lookup | None:
    """Fill in what is known at once; name the batch to read if that is not enough."""
    log = partition.log
    end = partition.last_stable_offset if isolation_level == READ_COMMITTED else partition.high_watermark
    if timestamp == LATEST:
        response.offset, response.leader_epoch = end, partition.leader_epoch
    elif timestamp in (EARLIEST, EARLIEST_LOCAL):
        response.offset, response.leader_epoch = log.log_start_offset, epoch_at_start(partition)
    elif timestamp not in (LATEST_TIERED, EARLIEST_PENDING_UPLOAD):  # Nothing is kept anywhere else: these are nowhere.
        return Lookup(log.log_id, timestamp, log.log_start_offset, end, response)
    return None


def _advance(broker: Broker, turn: Turn, search: OffsetSearch) -> None:
    """Go on with what must be read from disk; what is in memory is looked at on the way."""
    while search.lookups:
        lookup = search.lookups[0]
        partition = broker.partitions_by_log.get(lookup.log_id)
        if partition is None:
            lookup.fail(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
            search = search.rest
            continue
        try:
            batch = lookup.batch(broker)
        except NotLoaded:
            sometimes("offsets: where a batch lies must be loaded")
            broker.delay(turn, DelayedSearch(search.call, search), (lookup.log_id,), Instant(turn.now + LOADING_PATIENCE))
            return
        except Unreadable:
            lookup.fail(ErrorCode.KAFKA_STORAGE_ERROR)
            batch = None
        part = _part_of(partition, batch)
        if isinstance(part, FileSlice):
            assert batch is not None
            sometimes("offsets: a batch is read from the disk to find a record")
            turn.do(Read(part.file, part.position, part.length, BatchRead(search, batch)))
            return
        if batch is not None and part is None:
            lookup.fail(ErrorCode.KAFKA_STORAGE_ERROR)
        search = search.rest if batch is None or part is None else _searched(search, batch, part)
    if search.call.request.api_version < LEADER_EPOCH_SINCE:
        _forget_epochs(search.response)
    broker.answer(turn, search.call, search.response)


def _part_of(partition: Partition, batch: BatchLocation | None) -> Buffer | FileSlice | None:
    """Where the bytes of `batch` are; None if they are damaged."""
    if batch is None:
        return None
    offset = max(batch.base_offset, partition.log.log_start_offset)
    read = partition.log.read(offset, offset + 1, 1, at_least_one=True)
    return read.parts[0] if read.parts else None


def _forget_epochs(response: ListOffsetsResponse) -> None:
    for topic in response.topics:
        for partition in topic.partitions:
            partition.leader_epoch = -1


def _is_intact(batch: BatchLocation, data: Buffer) -> bool:
    """Whether the disk returned the batch that was written there, or what cleaning has left of it."""
    try:
        header = parse_header(data)
        check_batch(data, header, compacted=True)
    except BadBatch:
        return False
    return header.base_offset == batch.base_offset


def _searched(search: OffsetSearch, batch: BatchLocation, data: Buffer) -> OffsetSearch:
    """What is left to do when the first lookup has looked into its batch."""
    lookup = search.lookups[0]
    try:
        records = [record for record in decode_records(data) if record.offset >= lookup.from_offset]
    except BadBatch:
        lookup.fail(ErrorCode.KAFKA_STORAGE_ERROR)
        return search.rest
    if lookup.timestamp == MAX_TIMESTAMP:
        found = max(records, key=lambda record: (record.timestamp, -record.offset), default=None)
    else:
        found = next((record for record in records if record.timestamp >= lookup.timestamp), None)
        if found is None:
            return search.beyond(batch.next_offset)
    if found is not None:
        sometimes("offsets: a record is found by its time")
        lookup.response.offset, lookup.response.timestamp = found.offset, found.timestamp
        if lookup.response.leader_epoch < 0:
            lookup.response.leader_epoch = int.from_bytes(data[12:16], "big", signed=True)
    return search.rest
