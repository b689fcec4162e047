"""Fetch sessions: a consumer of many partitions says once what it wants, then only what changed; so do we (KIP-227).

A session is known by a number and stepped by an epoch. Epoch 0 opens one with a full list, -1 closes it (or asks without one),
anything else must be the expected next epoch, so that a lost request or answer is noticed by both sides. An incremental answer has
only partitions with records, an error, or a moved high watermark or log start; partitions that had records go to the back of the
list, so that none starves.
"""

from collections.abc import Mapping
from uuid import UUID

from streambus.kernel import Instant, Turn, message, sometimes
from streambus.wire import ErrorCode, messages

PartitionData = messages.FetchResponse.PartitionData

NO_SESSION = 0
OPEN_EPOCH = 0
CLOSE_EPOCH = -1
EPOCH_MAX = 2**31 - 1

Place = tuple[str, int, int]
"""Topic name (empty when asked by id), the number of the topic id (zero when asked by name), partition."""


class SessionRefused(Exception):
    """The session is unknown or out of step: the client starts over with a full fetch."""

    def __init__(self, error: ErrorCode) -> None:
        super().__init__(error)
        self.error = error


@message
class Wanted:
    """One partition to read, from where and how much."""

    topic: str
    topic_id: UUID
    partition: int
    offset: int
    max_bytes: int
    leader_epoch: int
    last_fetched_epoch: int


class Session:
    """What one consumer wants, and what it was told last."""

    __slots__ = ("by_id", "epoch", "last_used", "told", "wanted")

    def __init__(self, now: Instant, *, by_id: bool) -> None:
        self.epoch = 1
        self.by_id = by_id
        self.last_used = now
        self.wanted: dict[Place, Wanted] = {}
        self.told: dict[Place, tuple[int, int]] = {}


class FetchSessions:
    """All sessions, at most `capacity`; the one unused for longest makes room once it is `eviction_age` old."""

    def __init__(self, capacity: int, eviction_age: int) -> None:
        self.capacity = capacity
        self.eviction_age = eviction_age
        self.sessions: dict[int, Session] = {}

    def resolve(self, turn: Turn, request: messages.FetchRequest, *, by_id: bool) -> tuple[int, tuple[Wanted, ...]]:
        """The session to answer under (0 for none) and everything that is wanted."""
        if request.session_epoch == CLOSE_EPOCH or request.session_epoch == OPEN_EPOCH:
            self.sessions.pop(request.session_id, None)
            wanted = wanted_by(request)
            opened = NO_SESSION
            if request.session_epoch == OPEN_EPOCH:
                opened = self._open(turn, wanted, by_id=by_id)
            return opened, wanted
        wanted = self._continue(turn, request, by_id=by_id)
        if not wanted:
            sometimes("fetch: a session that follows nothing ends")
            del self.sessions[request.session_id]
        return request.session_id if wanted else NO_SESSION, wanted

    def changed(self, session_id: int, epoch: int, said: list[tuple[Wanted, PartitionData]]) -> list[tuple[Wanted, PartitionData]]:
        """What of `said` belongs into the answer; remembers that it was told."""
        session = self.sessions.get(session_id)
        if session is None:
            return said
        full = epoch == OPEN_EPOCH
        told: list[tuple[Wanted, PartitionData]] = []
        for want, data in said:
            place = (want.topic, want.topic_id.int, want.partition)
            marks = (data.high_watermark, data.log_start_offset)
            news = bool(data.records) or data.error_code != 0 or session.told.get(place) != marks or data.diverging_epoch.end_offset >= 0
            if not (full or news):
                continue
            told.append((want, data))
            if place not in session.wanted:
                continue
            session.told[place] = (-1, -1) if data.error_code else marks
            if data.records and not full:
                session.wanted[place] = session.wanted.pop(place)
        return told

    def told(self, request: messages.FetchRequest) -> Mapping[Place, tuple[int, int]]:
        """What the consumer knows and need not be told again: high watermark and log start by partition. Nothing in a full fetch."""
        session = self.sessions.get(request.session_id) if request.session_epoch > OPEN_EPOCH else None
        return session.told if session is not None else {}

    def _open(self, turn: Turn, wanted: tuple[Wanted, ...], *, by_id: bool) -> int:
        if len(self.sessions) >= self.capacity and not self._evict(turn.now):
            sometimes("fetch: there is no room for another session")
            return NO_SESSION
        session_id = NO_SESSION
        while session_id == NO_SESSION or session_id in self.sessions:
            session_id = turn.dice.between(1, EPOCH_MAX)
        session = Session(turn.now, by_id=by_id)
        for want in wanted:
            session.wanted[(want.topic, want.topic_id.int, want.partition)] = want
        self.sessions[session_id] = session
        return session_id

    def _evict(self, now: Instant) -> bool:
        oldest = min(self.sessions, key=lambda session_id: self.sessions[session_id].last_used)
        if now - self.sessions[oldest].last_used < self.eviction_age:
            return False
        sometimes("fetch: an idle session makes room")
        del self.sessions[oldest]
        return True

    def _continue(self, turn: Turn, request: messages.FetchRequest, *, by_id: bool) -> tuple[Wanted, ...]:
        session = self.sessions.get(request.session_id)
        if session is None:
            sometimes("fetch: a session is not known any more")
            raise SessionRefused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
        if request.session_epoch != session.epoch:
            raise SessionRefused(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
        if by_id != session.by_id:
            raise SessionRefused(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
        session.epoch = 1 if session.epoch == EPOCH_MAX else session.epoch + 1
        session.last_used = turn.now
        for want in wanted_by(request):
            session.wanted[(want.topic, want.topic_id.int, want.partition)] = want
        for topic in request.forgotten_topics_data:
            for partition in topic.partitions:
                place = (topic.topic, topic.topic_id.int, partition)
                session.wanted.pop(place, None)
                session.told.pop(place, None)
        return tuple(session.wanted.values())

    def statistics(self) -> dict[str, int]:
        """How many sessions there are, and how many partitions they follow."""
        return {"sessions": len(self.sessions), "partitions": sum(len(session.wanted) for session in self.sessions.values())}


def wanted_by(request: messages.FetchRequest) -> tuple[Wanted, ...]:
    """The partitions named in the request itself, in its order. Of one that is named twice, the last counts."""
    wanted: dict[Place, Wanted] = {}
    for topic in request.topics:
        for partition in topic.partitions:
            wanted[(topic.topic, topic.topic_id.int, partition.partition)] = Wanted(
                topic.topic,
                topic.topic_id,
                partition.partition,
                partition.fetch_offset,
                partition.partition_max_bytes,
                partition.current_leader_epoch,
                partition.last_fetched_epoch,
            )
    return tuple(wanted.values())
