"""Produce: batches come in, get their offsets, and are acknowledged when they are durable on every in-sync replica.

Flow: each batch is checked (`produce_checks`), then its sequence, it is appended, and its partition's high watermark awaited in
purgatory. All of acks=1 and acks=all are durable before they are acknowledged; acks=0 has no answer. A batch that was appended
before (same producer, same sequence) is not appended again: its answer has the first one's offset, and waits for that one to be
durable (KIP-98).

A batch is stored as it came, byte for byte, unless its topic asks for another codec or for timestamps of the broker's clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from uuid import UUID

from streambus.broker.connections import Answer, Call
from streambus.broker.produce_checks import ProduceRefused, checked_batch, refusal_of_all, sole_batch
from streambus.kernel import MILLISECOND, Instant, Turn, message, sometimes
from streambus.metadata import TopicConfig
from streambus.records import parse_header, with_log_append_time
from streambus.replication import Partition
from streambus.storage import Accepted, Duplicate, LogId, Refusal, Refused, StoreUnavailable
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker
    from streambus.kernel import Buffer

ProduceResponse = messages.ProduceResponse
PartitionResponse = ProduceResponse.PartitionProduceResponse
TopicResponse = ProduceResponse.TopicProduceResponse

ACKS_ALL = -1
TOPIC_IDS_SINCE = 13

UNSAID_LEADER = ProduceResponse.LeaderIdAndEpoch()
"""Shared by all answers: nobody changes it."""

_REFUSAL_CODES = {
    Refusal.OUT_OF_ORDER: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    Refusal.DUPLICATE_TOO_OLD: ErrorCode.DUPLICATE_SEQUENCE_NUMBER,
    Refusal.STALE_EPOCH: ErrorCode.INVALID_PRODUCER_EPOCH,
}


@message
class Awaited:
    """One appended batch: acknowledged by `response` once `log` is committed up to `end_offset` under `leader_epoch`."""

    log_id: LogId
    leader_epoch: int
    end_offset: int
    response: PartitionResponse


@message
class DelayedProduce:
    """A produce request whose batches are appended but not all committed."""

    call: Call
    awaited: tuple[Awaited, ...]
    response: ProduceResponse

    def try_complete(self, node: Broker) -> Answer | None:
        """The answer if every batch is committed or never will be."""
        for batch in self.awaited:
            partition = node.partitions_by_log.get(batch.log_id)
            if partition is None or partition.leader_epoch != batch.leader_epoch:
                _fail(batch.response, ErrorCode.NOT_LEADER_OR_FOLLOWER)
            elif partition.high_watermark < batch.end_offset:
                if node.store.failed is None:
                    return None
                _fail(batch.response, ErrorCode.KAFKA_STORAGE_ERROR)
        return Answer(self.call, self.response)

    def expire(self, node: Broker) -> Answer:
        """The answer at the producer's own time-out: what is not committed by now has an unknown fate."""
        sometimes("produce: a request times out before it is durable")
        for batch in self.awaited:
            partition = node.partitions_by_log.get(batch.log_id)
            if partition is None or partition.high_watermark < batch.end_offset:
                _fail(batch.response, ErrorCode.REQUEST_TIMED_OUT)
        return Answer(self.call, self.response)


NO_ROOM = "the disk is full"


def produce(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a Produce request (versions 3-13)."""
    request: messages.ProduceRequest = call.request.body
    api_version = call.request.api_version
    by_id = api_version >= TOPIC_IDS_SINCE
    broker.counters.produce_requests += 1
    awaited: list[Awaited] = []
    topics: list[TopicResponse] = []
    refusal_of_it_all = refusal_of_all(request)
    refused = False
    for topic in request.topic_data:
        responses: list[PartitionResponse] = []
        for data in topic.partition_data:
            response = PartitionResponse(index=data.index, base_offset=-1, current_leader=UNSAID_LEADER)
            partition = None
            try:
                if refusal_of_it_all is not None:
                    raise refusal_of_it_all
                partition = _partition(broker, topic.name, topic.topic_id, data.index, by_id)
                records = cast("Buffer | None", data.records)
                end_offset = _append(broker, turn, request, partition, records, api_version, response)
                awaited.append(Awaited(partition.log.log_id, partition.leader_epoch, end_offset, response))
            except ProduceRefused as refusal:
                refused = True
                _fail(response, refusal.error, refusal.text)
                response.record_errors = refusal.record_errors
                if refusal.by_log and partition is not None:
                    response.log_start_offset = partition.log.log_start_offset
            responses.append(response)
        if responses:
            topics.append(TopicResponse(name=topic.name, topic_id=topic.topic_id, partition_responses=responses))
    if request.acks == 0:
        sometimes("produce: nobody wants an answer")
        broker.answer_nothing(turn, call)
        if refused:
            sometimes("produce: a refusal that cannot be told closes the connection")
            broker.close(turn, call.connection, "a produce with acks=0 was refused: the producer must refresh its metadata")
        return
    delayed = DelayedProduce(call, tuple(awaited), ProduceResponse(responses=topics))
    broker.delay(turn, delayed, [batch.log_id for batch in awaited], Instant(turn.now + max(request.timeout_ms, 0) * MILLISECOND))


def _partition(broker: Broker, name: str, topic_id: UUID, index: int, by_id: bool) -> Partition:
    partition = broker.partitions_by_id.get((topic_id.int, index)) if by_id else broker.partitions.get((name, index))
    if partition is None:
        if by_id and topic_id not in broker.image.topics_by_id:
            raise ProduceRefused(ErrorCode.UNKNOWN_TOPIC_ID)
        raise ProduceRefused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    return partition


def _append(
    broker: Broker,
    turn: Turn,
    request: messages.ProduceRequest,
    partition: Partition,
    records: Buffer | None,
    api_version: int,
    response: PartitionResponse,
) -> int:
    """Append the batch unless it is there already; return the end offset to wait for."""
    config = broker.image.topic_config(partition.topic)
    header = sole_batch(records, api_version)
    assert records is not None
    if request.acks not in (0, 1, ACKS_ALL):
        raise ProduceRefused(ErrorCode.INVALID_REQUIRED_ACKS)
    if header.is_transactional:
        # There are no transactions yet: nobody is known by the name of one.
        raise ProduceRefused(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
    if request.acks == ACKS_ALL and len(partition.isr) < config.min_insync_replicas:
        _require_replicas(broker, partition, config)
    batch: Buffer = records if header.size == len(records) else memoryview(records)[: header.size]
    header, batch = checked_batch(header, batch, config, turn.wall_ms, f"{partition.topic}-{partition.index}")
    if header.has_producer:
        verdict = partition.log.producers.check(header, turn.now // MILLISECOND)
        if type(verdict) is Duplicate:
            broker.counters.duplicate_batches += 1
            response.base_offset = verdict.base_offset
            response.log_start_offset = partition.log.log_start_offset
            response.log_append_time_ms = verdict.timestamp
            return verdict.last_offset + 1
        if type(verdict) is Refused:
            if (reason := _without_disk(broker)) is not None:
                # The batch before this one was refused because of the disk: that is what its producer must hear, not that there is a gap.
                # Stock clients take a gap for a reason to begin anew, and to send again what may be there already.
                raise ProduceRefused(ErrorCode.KAFKA_STORAGE_ERROR, reason)
            raise ProduceRefused(_REFUSAL_CODES[verdict.reason], by_log=True)
        assert type(verdict) is Accepted
    if not broker.config.has_room:
        raise ProduceRefused(ErrorCode.KAFKA_STORAGE_ERROR, NO_ROOM)
    if config.is_log_append_time:
        response.log_append_time_ms = turn.wall_ms
        if not header.is_log_append_time:  # it is, when it was converted
            batch = with_log_append_time(batch, header, turn.wall_ms)
            header = parse_header(batch)
    try:
        response.base_offset = partition.append(turn, broker.store, header, batch)
    except StoreUnavailable as unavailable:
        sometimes("produce: a failed store refuses a batch")
        raise ProduceRefused(ErrorCode.KAFKA_STORAGE_ERROR, str(unavailable)) from unavailable
    response.log_start_offset = partition.log.log_start_offset
    broker.counters.batches_in += 1
    broker.counters.records_in += header.record_count
    broker.counters.bytes_in += len(batch)
    return partition.log.log_end_offset


def _without_disk(broker: Broker) -> str | None:
    """Why no record is taken in this life, if none is."""
    return NO_ROOM if not broker.config.has_room else broker.store.failed


def _require_replicas(broker: Broker, partition: Partition, config: TopicConfig) -> None:
    """Refuse what cannot be on `min.insync.replicas` of the replicas. A partition that has fewer altogether needs no more than these."""
    assigned = broker.image.topics[partition.topic].partitions[partition.index].replicas
    if len(partition.isr) < min(config.min_insync_replicas, len(assigned)):
        raise ProduceRefused(ErrorCode.NOT_ENOUGH_REPLICAS, by_log=True)


def _fail(response: PartitionResponse, error: ErrorCode, text: str | None = None) -> None:
    response.error_code = error
    response.error_message = text
    response.base_offset = -1
    response.log_start_offset = -1
