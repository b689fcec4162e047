"""Looking up offsets by time: the leader of a partition knows (ListOffsets)."""

from typing import ClassVar, cast

from streambus.client.backoff import backoff
from streambus.client.cluster import Cluster
from streambus.client.config import ConsumerConfig
from streambus.client.link import Answer, Endpoint, NoAnswer, Purpose, Reply
from streambus.kernel import Event, Instant, Routes, Turn, message
from streambus.wire import ErrorCode, messages


@message
class OffsetsReplied(Event):
    """A leader answered for some searches, or did not."""

    searches: tuple[int, ...]
    reply: Reply | None = None


@message
class OffsetFound(Event):
    """A search has ended: the first record at or after the timestamp is at `offset`, -1 if there is none."""

    search: int
    offset: int
    timestamp: int


@message
class OffsetRefused(Event):
    """A search has ended: the cluster will not say."""

    search: int
    error: ErrorCode
    text: str


class Search:
    """A question for one partition's offset."""

    __slots__ = ("failures", "partition", "retry_at", "timestamp", "topic", "under_way")

    def __init__(self, topic: str, partition: int, timestamp: int) -> None:
        self.topic = topic
        self.partition = partition
        self.timestamp = timestamp
        self.under_way = False
        self.failures = 0
        self.retry_at = Instant(0)


class OffsetLookup:
    """Searches until it finds: one request per leader for all that is searched there. Who asked says when it is too late."""

    ROUTES: ClassVar[Routes] = {OffsetsReplied: "on_offsets_replied"}

    def __init__(self, config: ConsumerConfig) -> None:
        self.config = config
        self.searches: dict[int, Search] = {}
        self.search_count = 0

    def search(self, topic: str, partition: int, timestamp: int) -> int:
        """Begin a search; `advance` makes it go. `OffsetFound` or `OffsetRefused` follows, unless it is cancelled."""
        self.search_count += 1
        self.searches[self.search_count] = Search(topic, partition, timestamp)
        return self.search_count

    def cancel(self, search: int) -> None:
        """Nobody wants to know any more."""
        self.searches.pop(search, None)

    def advance(self, turn: Turn, cluster: Cluster) -> None:
        """Ask the leaders about everything that is not under way and not resting."""
        plans: dict[Endpoint, list[int]] = {}
        for number, search in self.searches.items():
            if search.under_way or search.retry_at > turn.now:
                continue
            leader = cluster.leader(search.topic, search.partition)
            if leader is None or search.failures:  # A leader that refused us may have another epoch by now, or be none any more.
                cluster.refresh(turn)
            if leader is not None:
                plans.setdefault(leader, []).append(number)
        for leader, numbers in plans.items():
            self._ask(turn, cluster, leader, numbers)

    def next_retry(self, now: Instant) -> Instant | None:
        """When `advance` has something to do that it has not now."""
        return min((search.retry_at for search in self.searches.values() if search.retry_at > now), default=None)

    def on_offsets_replied(self, turn: Turn, event: OffsetsReplied) -> None:
        """Tell what was found, and rest before asking again for what was not."""
        pending = {number: self.searches[number] for number in event.searches if number in self.searches}
        for search in pending.values():
            search.under_way = False
        reply = event.reply
        if isinstance(reply, NoAnswer) and reply.error is not None:
            for number in pending:
                self._refuse(turn, number, reply.error, reply.text)
        elif isinstance(reply, Answer):
            self._judge(turn, pending, cast(messages.ListOffsetsResponse, reply.body))
        else:
            for search in pending.values():
                self._rest(turn, search)

    def _ask(self, turn: Turn, cluster: Cluster, leader: Endpoint, numbers: list[int]) -> None:
        request = messages.ListOffsetsRequest
        topics: dict[str, messages.ListOffsetsRequest.ListOffsetsTopic] = {}
        asked: dict[tuple[str, int], None] = {}
        taken: list[int] = []
        for number in numbers:
            search = self.searches[number]
            if (search.topic, search.partition) in asked:
                continue
            asked[search.topic, search.partition] = None
            taken.append(number)
            search.under_way = True
            leadership = cluster.leadership(search.topic, search.partition)
            assert leadership is not None
            topic = topics.setdefault(search.topic, request.ListOffsetsTopic(search.topic))
            topic.partitions.append(request.ListOffsetsPartition(search.partition, leadership.leader_epoch, search.timestamp))
        body = request(-1, int(self.config.isolation), list(topics.values()), self.config.network.request_timeout // 1000)
        cluster.pool.ask(turn, leader, Purpose.ADMIN, body, OffsetsReplied(tuple(taken)))
        rest = [number for number in numbers if number not in taken]
        if rest:
            self._ask(turn, cluster, leader, rest)

    def _judge(self, turn: Turn, pending: dict[int, Search], body: messages.ListOffsetsResponse) -> None:
        answers = {(topic.name, partition.partition_index): partition for topic in body.topics for partition in topic.partitions}
        for number, search in pending.items():
            answer = answers.get((search.topic, search.partition))
            error = ErrorCode.UNKNOWN_SERVER_ERROR if answer is None else ErrorCode(answer.error_code)  # type: ignore[call-arg]
            if answer is not None and error is ErrorCode.NONE:
                del self.searches[number]
                turn.tell(OffsetFound(number, answer.offset, answer.timestamp))
            elif error.retriable:
                self._rest(turn, search)
            else:
                self._refuse(turn, number, error, error.message)

    def _rest(self, turn: Turn, search: Search) -> None:
        search.failures += 1
        network = self.config.network
        search.retry_at = Instant(turn.now + backoff(network.retry_backoff, network.retry_backoff_max, search.failures, turn.dice))

    def _refuse(self, turn: Turn, number: int, error: ErrorCode, text: str) -> None:
        del self.searches[number]
        turn.tell(OffsetRefused(number, error, text))
