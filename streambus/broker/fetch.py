"""Fetch: batches go out below the high watermark, at once if there are enough of them, else when there are or when time is up.

Nothing here touches a record: an answer is made of file slices and of small tails from memory. What to read is decided once, at the
very moment of answering, from one reading of each partition's high watermark, so that no answer mixes two truths.

Where the batches of older offsets lie is itself on disk. Such a block that is not in memory is noted by whoever looks for it, and
`LogLoaded` tells when it is there. A fetch that has nothing else to say waits for that, however little its client wanted to wait: to a
client that asks for what is there, an empty answer would say that there is nothing. What is damaged on this disk is a storage error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from streambus.broker.connections import Answer, Call, Outcome
from streambus.broker.fetch_sessions import Place, SessionRefused, Wanted, wanted_by
from streambus.broker.leader_epochs import UNDEFINED, end_of_epoch
from streambus.kernel import MILLISECOND, SECOND, Instant, Part, Turn, message, sometimes
from streambus.replication import Partition
from streambus.storage import LogId, NotLoaded, Stop, Unreadable
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

FetchResponse = messages.FetchResponse
PartitionData = FetchResponse.PartitionData
TopicData = FetchResponse.FetchableTopicResponse

SESSIONS_SINCE = 7
TOPIC_IDS_SINCE = 13
LEADERS_TOLD_SINCE = 16
"""Since which version those who ask the wrong broker, or know an old epoch, are told who leads (KIP-951)."""

READ_COMMITTED = 1
ISOLATION_LEVELS = (0, READ_COMMITTED)
LEADER_ERRORS = (ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.FENCED_LEADER_EPOCH)
NOTHING: tuple[Part, ...] = ()

LOADING_PATIENCE = 5 * SECOND
"""How long a fetch waits at least for what must be loaded from the disk, before it is answered with nothing."""

NO_DIVERGENCE = FetchResponse.EpochEndOffset()
UNSAID_LEADER = FetchResponse.LeaderIdAndEpoch()
NO_SNAPSHOT = FetchResponse.SnapshotId()
"""What nearly every answer says of these: shared by all of them, and nobody changes it."""


@message
class FetchReading:
    """What was read for a fetch. `is_loading`: something that is wanted must be loaded first, and there are no other records.

    An error of one partition waits for the disk, too: a client that comes back at once with the others would never get any.
    """

    said: tuple[tuple[Wanted, PartitionData], ...]
    size: int
    is_loading: bool


@message
class DelayedFetch:
    """A fetch that found less than `min_bytes`."""

    call: Call
    wanted: tuple[Wanted, ...]
    session_id: int

    def try_complete(self, node: Broker) -> Outcome | None:
        """The answer if by now there is enough to send, or something to say that cannot wait."""
        request: messages.FetchRequest = self.call.request.body
        if available_bytes(node, self.wanted, request.isolation_level, request.min_bytes) < request.min_bytes:
            return None
        reading = read_all(node, self.call, self.wanted)
        return None if reading.is_loading else conclude(node, self, reading)

    def expire(self, node: Broker) -> Outcome:
        """The answer with what there is; if that must be loaded first, on with waiting."""
        reading = read_all(node, self.call, self.wanted)
        return LoadingFetch(self.call, self.wanted, self.session_id) if reading.is_loading else conclude(node, self, reading)


@message
class LoadingFetch:
    """A fetch whose time is up, but what it wants is there and must only be loaded."""

    call: Call
    wanted: tuple[Wanted, ...]
    session_id: int

    def go_on(self, broker: Broker, turn: Turn) -> None:
        """Wait for the disk."""
        sometimes("fetch: where batches lie must be loaded")
        broker.delay(turn, self, log_ids(broker, self.wanted), Instant(turn.now + LOADING_PATIENCE))

    def try_complete(self, node: Broker) -> Outcome | None:
        """The answer once there is anything to say."""
        reading = read_all(node, self.call, self.wanted)
        return None if reading.is_loading else conclude(node, self, reading)

    def expire(self, node: Broker) -> Outcome:
        """The disk is too slow: the client may ask again."""
        return conclude(node, self, read_all(node, self.call, self.wanted))


def fetch(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a Fetch request (versions 4-18)."""
    request: messages.FetchRequest = call.request.body
    broker.counters.fetch_requests += 1
    try:
        session_id, wanted = broker.fetch_sessions.resolve(turn, request, by_id=call.request.api_version >= TOPIC_IDS_SINCE)
    except SessionRefused as refusal:
        broker.answer(turn, call, FetchResponse(error_code=refusal.error))
        return
    if request.isolation_level not in ISOLATION_LEVELS and any(find_partition(broker, want) is not None for want in wanted):
        broker.answer(turn, call, _misunderstood(request, call.request.api_version))
        return
    delayed = DelayedFetch(call, wanted, session_id)
    if request.max_wait_ms <= 0 or not wanted or is_from_replica(request):
        broker.conclude(turn, delayed.expire(broker))
        return
    broker.delay(turn, delayed, log_ids(broker, wanted), Instant(turn.now + request.max_wait_ms * MILLISECOND))


def log_ids(broker: Broker, wanted: tuple[Wanted, ...]) -> list[LogId]:
    """The logs that a fetch is about."""
    return [partition.log.log_id for want in wanted if (partition := find_partition(broker, want)) is not None]


def is_from_replica(request: messages.FetchRequest) -> bool:
    """Whether a follower asks. Where every partition has one replica it has no business here."""
    return request.replica_id >= 0 or request.replica_state.replica_id >= 0


def find_partition(broker: Broker, want: Wanted) -> Partition | None:
    """The partition that is wanted, if it is here."""
    number = want.topic_id.int
    return broker.partitions_by_id.get((number, want.partition)) if number else broker.partitions.get((want.topic, want.partition))


def available_bytes(broker: Broker, wanted: tuple[Wanted, ...], isolation_level: int, enough: int) -> int:
    """How much an answer would carry, counted until it is `enough`; anything that must be said at once counts as enough."""
    total = 0
    for want in wanted:
        partition = find_partition(broker, want)
        if partition is None or refusal(partition, want) is not None or diverging(partition, want) is not None:
            return enough
        end = partition.last_stable_offset if isolation_level == READ_COMMITTED else partition.high_watermark
        if want.offset >= end:
            continue
        try:
            size = partition.log.bytes_between(want.offset, end, enough - total)
        except NotLoaded:
            continue
        except Unreadable:
            return enough
        total += size
        if total >= enough or not size:  # There are offsets and no bytes: these are damaged, which is to be said.
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
    if want.last_fetched_epoch >= 0:
        epoch, _ = end_of_epoch(partition, want.last_fetched_epoch)
        if epoch == UNDEFINED:
            sometimes("fetch: a reader comes from an epoch that nobody knows")
            return ErrorCode.OFFSET_OUT_OF_RANGE
        if diverging(partition, want) is not None:
            return None
    log = partition.log
    if want.offset < log.log_start_offset or want.offset > log.log_end_offset:
        sometimes("fetch: an offset is out of range")
        return ErrorCode.OFFSET_OUT_OF_RANGE
    return None


def read_all(broker: Broker, call: Call, wanted: tuple[Wanted, ...]) -> FetchReading:
    """Read everything that is wanted, but for what is known to have been told, within the request's limits.

    What is said of partitions that are not here comes last.
    """
    request: messages.FetchRequest = call.request.body
    is_replica = is_from_replica(request)
    told = broker.fetch_sessions.told(request)
    budget = min(request.max_bytes, broker.config.limits.fetch_bytes_max)
    said: list[tuple[Wanted, PartitionData]] = []
    missing: list[tuple[Wanted, PartitionData]] = []
    total, is_loading = 0, False
    for want in wanted:
        partition = find_partition(broker, want)
        if partition is None:
            missing.append((want, _absence(broker, call, want)))
            continue
        if is_replica:
            said.append((want, _refused(partition, call, want, ErrorCode.NOT_LEADER_OR_FOLLOWER)))
            continue
        if told and _is_no_news(partition, request, want, told):
            continue
        data, size, stopped = _read_partition(partition, call, want, budget, at_least_one=not total)
        budget = max(budget - size, 0)
        total += size
        is_loading = is_loading or stopped is Stop.LOADING
        said.append((want, data))
    return FetchReading((*said, *missing), total, is_loading and not total)


def conclude(broker: Broker, fetch: DelayedFetch | LoadingFetch, reading: FetchReading) -> Answer:
    """The answer that says what was read. The session remembers that it was told."""
    request: messages.FetchRequest = fetch.call.request.body
    broker.counters.bytes_out += reading.size
    told = broker.fetch_sessions.changed(fetch.session_id, request.session_epoch, list(reading.said))
    leaders = _leaders(broker, fetch.call, told)
    return Answer(fetch.call, FetchResponse(session_id=fetch.session_id, responses=_by_topic(told), node_endpoints=leaders))


def _leaders(broker: Broker, call: Call, told: list[tuple[Wanted, PartitionData]]) -> list[FetchResponse.NodeEndpoint]:
    """How the leaders are reached who are named in an answer; followers find them otherwise. On one node it is always us."""
    connection = broker.connections.get(call.connection)
    if connection is None or is_from_replica(call.request.body) or all(data.current_leader is UNSAID_LEADER for _, data in told):
        return []
    registration = broker.image.brokers[broker.config.node_id]
    endpoint = registration.endpoint(connection.listener)
    if endpoint is None:
        return []
    node = FetchResponse.NodeEndpoint(node_id=registration.broker_id, host=endpoint.host, port=endpoint.port, rack=registration.rack)
    return [node]


def _read_partition(
    partition: Partition, call: Call, want: Wanted, budget: int, *, at_least_one: bool
) -> tuple[PartitionData, int, Stop | None]:
    """What is said of one partition, how many bytes of batches that is, and why there is not more."""
    request: messages.FetchRequest = call.request.body
    error_code = refusal(partition, want)
    if error_code is not None:
        return _refused(partition, call, want, error_code), 0, None
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
    parting = diverging(partition, want)
    if parting is not None:
        data.diverging_epoch = FetchResponse.EpochEndOffset(epoch=parting[0], end_offset=parting[1])
        data.aborted_transactions = None
        return data, 0, None
    end = partition.last_stable_offset if request.isolation_level == READ_COMMITTED else partition.high_watermark
    if budget == 0 and not at_least_one:
        sometimes("fetch: an answer is full before every partition was read")
    if want.offset >= end or (budget == 0 and not at_least_one):
        return data, 0, None
    if min(want.max_bytes, budget) < 0:
        sometimes("fetch: somebody asks for less than nothing")
        return _silence(want, ErrorCode.UNKNOWN_SERVER_ERROR), 0, None
    read = partition.log.read(want.offset, end, min(want.max_bytes, budget), at_least_one=at_least_one)
    if read.stopped is Stop.DAMAGED and not read.parts:
        sometimes("fetch: what is wanted is damaged on this disk")
        return _silence(want, ErrorCode.KAFKA_STORAGE_ERROR), 0, None
    data.records = read.parts
    return data, read.length, read.stopped


def diverging(partition: Partition, want: Wanted) -> tuple[int, int] | None:
    """Where the reader's log and ours part: (epoch, end offset), or None if they agree, or if nobody can say (KIP-595)."""
    if want.last_fetched_epoch < 0:
        return None
    epoch, end_offset = end_of_epoch(partition, want.last_fetched_epoch)
    if epoch == UNDEFINED or (epoch == want.last_fetched_epoch and end_offset >= want.offset):
        return None
    return epoch, end_offset


def _is_no_news(partition: Partition, request: messages.FetchRequest, want: Wanted, told: Mapping[Place, tuple[int, int]]) -> bool:
    """Whether everything about a partition was told in its session before: of thousands, nearly all have nothing new to say."""
    log, end = partition.log, partition.high_watermark
    return (
        want.offset == (partition.last_stable_offset if request.isolation_level == READ_COMMITTED else end)
        and want.leader_epoch in (UNDEFINED, partition.leader_epoch)
        and want.last_fetched_epoch == UNDEFINED
        and told.get((want.topic, want.topic_id.int, want.partition)) == (end, log.log_start_offset)
    )


def _absence(broker: Broker, call: Call, want: Wanted) -> PartitionData:
    """What is said of a partition that is not here."""
    is_unknown_id = call.request.api_version >= TOPIC_IDS_SINCE and want.topic_id not in broker.image.topics_by_id
    data = _silence(want, ErrorCode.UNKNOWN_TOPIC_ID if is_unknown_id else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    data.aborted_transactions = []
    return data


def _refused(partition: Partition, call: Call, want: Wanted, error: ErrorCode) -> PartitionData:
    """What is said of a partition that cannot be read so. The watermarks stay unsaid, as in Kafka: -1 tells a client to look elsewhere."""
    data = _silence(want, error)
    if error in LEADER_ERRORS and call.request.api_version >= LEADERS_TOLD_SINCE:
        data.current_leader = FetchResponse.LeaderIdAndEpoch(leader_id=partition.node_id, leader_epoch=partition.leader_epoch)
    return data


def _misunderstood(request: messages.FetchRequest, version: int) -> FetchResponse:
    """The answer to a request that makes no sense: it failed as a whole, which old versions can only say of every partition."""
    error = ErrorCode.UNKNOWN_SERVER_ERROR
    said = []
    if version < TOPIC_IDS_SINCE:
        for want in wanted_by(request):
            data = _silence(want, error)
            data.aborted_transactions = []
            said.append((want, data))
    whole = error if version >= SESSIONS_SINCE else ErrorCode.NONE
    return FetchResponse(error_code=whole, session_id=request.session_id, responses=_by_topic(said))


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
