"""Fetch: batches go out below the high watermark, at once if there are enough of them, else when there are or when time is up.

Nothing here touches a record: an answer is made of file slices and of small tails from memory. What to read is decided once, at the
very moment of answering, from one reading of each partition's high watermark, so that no answer mixes two truths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from streambus.broker.connections import Answer, Call
from streambus.broker.fetch_sessions import SessionRefused, Wanted
from streambus.kernel import MILLISECOND, Instant, Part, Turn, message, sometimes
from streambus.replication import Partition
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

FetchResponse = messages.FetchResponse
PartitionData = FetchResponse.PartitionData
TopicData = FetchResponse.FetchableTopicResponse

TOPIC_IDS_SINCE = 13
READ_COMMITTED = 1
NOTHING: tuple[Part, ...] = ()

NO_DIVERGENCE = FetchResponse.EpochEndOffset()
UNSAID_LEADER = FetchResponse.LeaderIdAndEpoch()
NO_SNAPSHOT = FetchResponse.SnapshotId()
"""What nearly every answer says of these: shared by all of them, and nobody changes it."""


@message
class DelayedFetch:
    """A fetch that found less than `min_bytes`."""

    call: Call
    wanted: tuple[Wanted, ...]
    session_id: int

    def try_complete(self, node: Broker) -> Answer | None:
        """The answer if by now there is enough to send, or something to say that cannot wait."""
        request: messages.FetchRequest = self.call.request.body
        if available_bytes(node, self.wanted, request.isolation_level, request.min_bytes) < request.min_bytes:
            return None
        return self.expire(node)

    def expire(self, node: Broker) -> Answer:
        """The answer with what there is."""
        return Answer(self.call, read_response(node, self.call, self.wanted, self.session_id))


def fetch(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a Fetch request (versions 4-18)."""
    request: messages.FetchRequest = call.request.body
    broker.counters.fetch_requests += 1
    try:
        session_id, wanted = broker.fetch_sessions.resolve(turn, request, by_id=call.request.api_version >= TOPIC_IDS_SINCE)
    except SessionRefused as refusal:
        broker.answer(turn, call, FetchResponse(error_code=refusal.error))
        return
    delayed = DelayedFetch(call, wanted, session_id)
    if request.max_wait_ms <= 0 or not wanted:
        broker.answer(turn, call, read_response(broker, call, wanted, session_id))
        return
    keys = [partition.log.log_id for want in wanted if (partition := find_partition(broker, want)) is not None]
    broker.delay(turn, delayed, keys, Instant(turn.now + request.max_wait_ms * MILLISECOND))


def find_partition(broker: Broker, want: Wanted) -> Partition | None:
    """The partition that is wanted, if it is here."""
    number = want.topic_id.int
    return broker.partitions_by_id.get((number, want.partition)) if number else broker.partitions.get((want.topic, want.partition))


def available_bytes(broker: Broker, wanted: tuple[Wanted, ...], isolation_level: int, enough: int) -> int:
    """How much an answer would carry, counted until it is `enough`; anything that must be said at once counts as enough."""
    total = 0
    for want in wanted:
        partition = find_partition(broker, want)
        if partition is None or refusal(partition, want) is not None or _diverging(partition, want) is not None:
            return enough
        end = partition.last_stable_offset if isolation_level == READ_COMMITTED else partition.high_watermark
        if want.offset < end:
            total += partition.log.bytes_between(want.offset, end, enough - total)
            if total >= enough:
                return enough
    return total


def refusal(partition: Partition, want: Wanted) -> ErrorCode | None:
    """Why this partition cannot be read as wanted (KIP-320), or None."""
    if want.leader_epoch >= 0:
        if want.leader_epoch < partition.leader_epoch:
            sometimes("fetch: an old leader epoch is fenced")
            return ErrorCode.FENCED_LEADER_EPOCH
        if want.leader_epoch > partition.leader_epoch:
            return ErrorCode.UNKNOWN_LEADER_EPOCH
    log = partition.log
    if want.offset < log.log_start_offset or want.offset > log.log_end_offset:
        sometimes("fetch: an offset is out of range")
        return ErrorCode.OFFSET_OUT_OF_RANGE
    return None


def read_response(broker: Broker, call: Call, wanted: tuple[Wanted, ...], session_id: int) -> FetchResponse:
    """Read everything that is wanted, within the request's limits, and tell the session what was said."""
    request: messages.FetchRequest = call.request.body
    budget = min(request.max_bytes, broker.config.limits.fetch_bytes_max)
    said: list[tuple[Wanted, PartitionData]] = []
    empty = True
    for want in wanted:
        data, size = _read_partition(broker, request, want, budget, at_least_one=empty)
        budget = max(budget - size, 0)
        empty = empty and size == 0
        broker.counters.bytes_out += size
        said.append((want, data))
    told = broker.fetch_sessions.changed(session_id, request.session_epoch, said)
    return FetchResponse(session_id=session_id, responses=_by_topic(told))


def _read_partition(
    broker: Broker, request: messages.FetchRequest, want: Wanted, budget: int, *, at_least_one: bool
) -> tuple[PartitionData, int]:
    """What is said of one partition, and how many bytes of batches that is."""
    partition = find_partition(broker, want)
    if partition is None:
        is_unknown_id = want.topic_id.int and want.topic_id not in broker.image.topics_by_id
        return _silence(want, ErrorCode.UNKNOWN_TOPIC_ID if is_unknown_id else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION), 0
    error_code = refusal(partition, want)
    if error_code is not None:
        # The watermarks stay unsaid beside an error, as in Kafka: -1 tells a client to look elsewhere.
        return _silence(want, error_code), 0
    data = PartitionData(
        partition_index=want.partition,
        high_watermark=partition.high_watermark,
        last_stable_offset=partition.last_stable_offset,
        log_start_offset=partition.log.log_start_offset,
        aborted_transactions=[] if request.isolation_level == READ_COMMITTED else None,
        preferred_read_replica=-1,
        records=NOTHING,
        diverging_epoch=NO_DIVERGENCE,
        current_leader=UNSAID_LEADER,
        snapshot_id=NO_SNAPSHOT,
    )
    diverging = _diverging(partition, want)
    if diverging is not None:
        data.diverging_epoch = FetchResponse.EpochEndOffset(epoch=diverging[0], end_offset=diverging[1])
        return data, 0
    end = partition.last_stable_offset if request.isolation_level == READ_COMMITTED else partition.high_watermark
    if not (budget > 0 or at_least_one):
        sometimes("fetch: an answer is full before every partition was read")
    if want.offset >= end or not (budget > 0 or at_least_one):
        return data, 0
    read = partition.log.read(want.offset, end, min(want.max_bytes, budget), at_least_one=at_least_one)
    data.records = read.parts
    return data, read.length


def _diverging(partition: Partition, want: Wanted) -> tuple[int, int] | None:
    """Where the reader's log and ours part: (epoch, end offset), or None if they agree (KIP-595)."""
    if want.last_fetched_epoch < 0:
        return None
    epoch, end_offset = partition.log.epochs.end_offset_for(want.last_fetched_epoch, partition.log.log_end_offset)
    if epoch == want.last_fetched_epoch and end_offset >= want.offset:
        return None
    return epoch, end_offset


def _silence(want: Wanted, error: ErrorCode) -> PartitionData:
    return PartitionData(
        partition_index=want.partition,
        error_code=error,
        high_watermark=-1,
        last_stable_offset=-1,
        log_start_offset=-1,
        aborted_transactions=None,
        preferred_read_replica=-1,
        records=NOTHING,
        diverging_epoch=NO_DIVERGENCE,
        current_leader=UNSAID_LEADER,
        snapshot_id=NO_SNAPSHOT,
    )


def _by_topic(told: list[tuple[Wanted, PartitionData]]) -> list[TopicData]:
    """Neighbours of one topic share an entry; the order of partitions stays."""
    topics: list[TopicData] = []
    last: tuple[str, UUID] | None = None
    for want, data in told:
        if last != (want.topic, want.topic_id):
            last = (want.topic, want.topic_id)
            topics.append(TopicData(topic=want.topic, topic_id=want.topic_id, partitions=[]))
        topics[-1].partitions.append(data)
    return topics
