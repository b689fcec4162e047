"""The cluster as a client knows it: brokers, topics, leaders; how old that is, how it learns more, and the connections to it all."""

from typing import ClassVar, cast
from uuid import UUID

from streambus.client.backoff import backoff
from streambus.client.config import BootstrapServers, NetworkConfig
from streambus.client.link import Answer, Endpoint, Purpose, Reply
from streambus.client.pool import Pool
from streambus.kernel import Event, Instant, Routes, Severity, Trace, Turn, message
from streambus.wire import ErrorCode, messages

NO_LEADER = -1
UNKNOWN_TOPIC_ID = UUID(int=0)


@message
class Leadership:
    """Who leads a partition, and since which leader epoch."""

    leader: int
    leader_epoch: int


@message
class Topic:
    """A topic as the cluster last described it. The partitions are numbered from zero."""

    name: str
    topic_id: UUID
    partitions: tuple[Leadership, ...]


@message
class MetadataReplied(Event):
    """The answer to our question for metadata."""

    topics: tuple[str, ...]
    reply: Reply | None = None


@message
class MetadataDue(Event):
    """It is time to ask for metadata."""


@message
class MetadataChanged(Event):
    """An answer was taken in: who waited for it may look again."""


class Cluster:
    """A cache of the cluster's metadata that keeps itself fresh, above a connection pool. It only describes topics that were wanted."""

    ROUTES: ClassVar[Routes] = {
        MetadataReplied: "on_metadata_replied",
        MetadataDue: "on_metadata_due",
        **{event: f"pool.{method}" for event, method in Pool.ROUTES.items()},
    }

    def __init__(self, bootstrap: BootstrapServers, client_id: str, config: NetworkConfig, *, allow_auto_topic_creation: bool) -> None:
        if not bootstrap:
            raise ValueError("a client needs at least one address to begin with")
        self.pool = Pool(client_id, config)
        self.bootstrap = tuple(Endpoint(-1 - place, host, port) for place, (host, port) in enumerate(bootstrap))
        self.config = config
        self.allow_auto_topic_creation = allow_auto_topic_creation
        self.brokers: dict[int, Endpoint] = {}
        self.controller = -1
        self.topics: dict[str, Topic] = {}
        self.errors: dict[str, ErrorCode] = {}
        self.wanted: dict[str, None] = {}
        self.asking = False
        self.is_due_soon = False
        self.outdated = True
        self.is_closed = False
        self.failures = 0
        self.asked_at: Instant | None = None
        self.refreshes = 0

    # What the siblings ask of it

    def want(self, turn: Turn, topic: str) -> None:
        """Learn about `topic` and keep knowing it."""
        if topic not in self.wanted:
            self.wanted[topic] = None
            if not (self.asking or self.is_closed):
                self._ask(turn)

    def want_no_more(self, topic: str) -> None:
        """Forget `topic`."""
        self.wanted.pop(topic, None)
        self.topics.pop(topic, None)
        self.errors.pop(topic, None)

    def refresh(self, turn: Turn) -> None:
        """What we know turned out to be wrong or not enough: ask, as soon as the back-off allows."""
        self.outdated = True
        if not (self.asking or self.is_due_soon or self.is_closed):
            self._ask_when_allowed(turn)

    def close(self, turn: Turn, reason: str) -> None:
        """Ask no more, and close all connections: what was asked of them is answered in this turn."""
        self.is_closed = True
        turn.cancel(MetadataDue())
        self.pool.close(turn, reason)

    def leadership(self, topic: str, partition: int) -> Leadership | None:
        """Who leads the partition, as far as known."""
        known = self.topics.get(topic)
        if known is None or not 0 <= partition < len(known.partitions):
            return None
        return known.partitions[partition]

    def leader(self, topic: str, partition: int) -> Endpoint | None:
        """Where the partition's leader listens, or None if there is none that we know of."""
        leadership = self.leadership(topic, partition)
        return None if leadership is None else self.brokers.get(leadership.leader)

    def topic_id(self, topic: str) -> UUID:
        """The topic's id, `UNKNOWN_TOPIC_ID` if the cluster has none for it."""
        known = self.topics.get(topic)
        return UNKNOWN_TOPIC_ID if known is None else known.topic_id

    def live_endpoint(self, turn: Turn, purpose: Purpose) -> Endpoint:
        """Some broker that is likely to answer: connected ones first, lately failed ones last, by chance among equals.

        While none of the known brokers seems to be there, the bootstrap addresses are tried as well (KIP-1102's lesson).
        """
        candidates = list(self.brokers.values())
        standings = [self.pool.standing(endpoint, purpose, turn.now) for endpoint in candidates]
        if not candidates or min(standings) >= 2:
            candidates += self.bootstrap
            standings += [self.pool.standing(endpoint, purpose, turn.now) for endpoint in self.bootstrap]
        best = min(standings)
        equals = [endpoint for endpoint, standing in zip(candidates, standings, strict=True) if standing == best]
        return equals[turn.dice.below(len(equals))]

    def on_hint(self, topic: str, partition: int, leadership: Leadership, endpoint: Endpoint | None) -> bool:
        """Take in what a broker said of a leader beside an error (KIP-951). True if it was news and we can use it."""
        known = self.leadership(topic, partition)
        if known is None or leadership.leader < 0 or leadership.leader_epoch <= known.leader_epoch:
            return False
        if endpoint is not None:
            self.brokers[endpoint.broker] = endpoint
        if leadership.leader not in self.brokers:
            return False
        self._lead(topic, partition, leadership)
        return True

    def statistics(self) -> dict[str, int]:
        """Sizes and counts."""
        return {"brokers": len(self.brokers), "topics": len(self.topics), "refreshes": self.refreshes, **self.pool.statistics()}

    # Asking

    def on_metadata_due(self, turn: Turn, _event: MetadataDue) -> None:
        """What we know is old, or a back-off is over."""
        if not self.asking:
            self._ask(turn)

    def _ask(self, turn: Turn) -> None:
        """Ask about everything that is wanted. There is one question under way at a time."""
        self.asking, self.outdated, self.is_due_soon = True, False, False
        turn.cancel(MetadataDue())
        self.asked_at = turn.now
        topics = tuple(self.wanted)
        body = messages.MetadataRequest(
            topics=[messages.MetadataRequest.MetadataRequestTopic(name=topic) for topic in topics],
            allow_auto_topic_creation=self.allow_auto_topic_creation,
        )
        self.pool.ask(turn, self.live_endpoint(turn, Purpose.ADMIN), Purpose.ADMIN, body, MetadataReplied(topics))

    def on_metadata_replied(self, turn: Turn, event: MetadataReplied) -> None:
        """Take the answer in, or try another broker after a while."""
        self.asking = False
        reply = event.reply
        if isinstance(reply, Answer):
            body = cast(messages.MetadataResponse, reply.body)
            if body.error_code == ErrorCode.NONE:
                self._take_in(turn, event.topics, body)
                return
        self.failures += 1
        self.refresh(turn)

    def _ask_when_allowed(self, turn: Turn) -> None:
        when = turn.now
        if self.asked_at is not None:
            delay = backoff(self.config.retry_backoff, self.config.retry_backoff_max, max(1, self.failures), turn.dice)
            when = Instant(max(when, self.asked_at + delay))
        if when == turn.now:
            self._ask(turn)
        else:
            self.is_due_soon = True
            turn.wake_at(when, MetadataDue())

    def _take_in(self, turn: Turn, asked: tuple[str, ...], body: messages.MetadataResponse) -> None:
        self.refreshes += 1
        self.brokers = {broker.node_id: Endpoint(broker.node_id, broker.host, broker.port) for broker in body.brokers}
        self.controller = body.controller_id
        is_complete = bool(self.brokers)
        for topic in body.topics:
            if topic.name in self.wanted:
                is_complete &= self._describe(turn, topic)
        self.failures = 0 if is_complete else self.failures + 1
        if any(topic not in asked for topic in self.wanted):
            self._ask(turn)
        elif self.outdated or not is_complete:
            self.refresh(turn)
        else:
            turn.wake_after(self.config.metadata_age_max, MetadataDue())
        turn.tell(MetadataChanged())

    def _describe(self, turn: Turn, topic: messages.MetadataResponse.MetadataResponseTopic) -> bool:
        """Remember what was said of `topic`; True if that is all there is to know for now."""
        name = cast(str, topic.name)
        error = ErrorCode(topic.error_code)  # type: ignore[call-arg]
        if error is not ErrorCode.NONE:
            self.errors[name] = error
            if error in (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.INVALID_TOPIC_EXCEPTION):
                self.topics.pop(name, None)
            turn.do(Trace(Severity.DEBUG, "topic not described", (("topic", name), ("error", error.name))))
            return not error.retriable
        self.errors.pop(name, None)
        previous = self.topics.get(name)
        is_same_topic = previous is not None and previous.topic_id == topic.topic_id
        ordered = sorted(topic.partitions, key=lambda partition: partition.partition_index)
        leaderships = [Leadership(partition.leader_id, partition.leader_epoch) for partition in ordered]
        if is_same_topic and previous is not None:
            for partition, known in enumerate(previous.partitions[: len(leaderships)]):
                if leaderships[partition].leader_epoch < known.leader_epoch:
                    leaderships[partition] = known
        self.topics[name] = Topic(name, topic.topic_id, tuple(leaderships))
        return all(leadership.leader in self.brokers for leadership in leaderships)

    def _lead(self, topic: str, partition: int, leadership: Leadership) -> None:
        known = self.topics[topic]
        partitions = (*known.partitions[:partition], leadership, *known.partitions[partition + 1 :])
        self.topics[topic] = Topic(known.name, known.topic_id, partitions)


CLUSTER_ROUTES: Routes = {event: f"cluster.{path}" for event, path in Cluster.ROUTES.items()}
"""What a node with a `cluster` adds to its own routes."""
