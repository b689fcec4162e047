"""The admin client: any request, to a broker that is alive."""

from typing import ClassVar

from streambus.client.backoff import backoff
from streambus.client.cluster import CLUSTER_ROUTES, Cluster, MetadataChanged
from streambus.client.config import AdminConfig
from streambus.client.dialogue import Answered, Ask, Complete, Failed
from streambus.client.link import Answer, Endpoint, NoAnswer, Purpose, Reply
from streambus.kernel import Drained, Event, Halt, Instant, Node, Routes, Started, StopRequested, Turn, message
from streambus.wire import ApiKey, ErrorCode

READ_ONLY = frozenset(
    (
        ApiKey.FETCH,
        ApiKey.LIST_OFFSETS,
        ApiKey.METADATA,
        ApiKey.OFFSET_FETCH,
        ApiKey.FIND_COORDINATOR,
        ApiKey.DESCRIBE_GROUPS,
        ApiKey.LIST_GROUPS,
        ApiKey.API_VERSIONS,
        ApiKey.OFFSET_FOR_LEADER_EPOCH,
        ApiKey.DESCRIBE_ACLS,
        ApiKey.DESCRIBE_CONFIGS,
        ApiKey.DESCRIBE_LOG_DIRS,
        ApiKey.LIST_PARTITION_REASSIGNMENTS,
        ApiKey.DESCRIBE_CLIENT_QUOTAS,
        ApiKey.DESCRIBE_QUORUM,
        ApiKey.DESCRIBE_CLUSTER,
        ApiKey.DESCRIBE_PRODUCERS,
        ApiKey.DESCRIBE_TRANSACTIONS,
        ApiKey.LIST_TRANSACTIONS,
        ApiKey.LIST_CONFIG_RESOURCES,
        ApiKey.DESCRIBE_TOPIC_PARTITIONS,
    )
)
"""Asking twice does no harm. For everything else an unknown outcome is left to the user."""

OF_THE_CONTROLLER = frozenset(
    (
        ApiKey.CREATE_TOPICS,
        ApiKey.DELETE_TOPICS,
        ApiKey.CREATE_PARTITIONS,
        ApiKey.ELECT_LEADERS,
        ApiKey.ALTER_PARTITION_REASSIGNMENTS,
        ApiKey.LIST_PARTITION_REASSIGNMENTS,
    )
)
"""Kafka sends these to the broker that its metadata calls the controller."""


@message
class AskReplied(Event):
    """A broker answered an `Ask`, or did not."""

    ticket: int
    reply: Reply | None = None


@message
class AskDue(Event):
    """An `Ask` may be tried again."""

    ticket: int


@message
class AskExpired(Event):
    """An `Ask` took too long."""

    ticket: int


class Question:
    """An `Ask` under way."""

    __slots__ = ("ask", "deadline", "failures", "is_parked", "maybe_seen", "text", "under_way")

    def __init__(self, ask: Ask, deadline: Instant) -> None:
        self.ask = ask
        self.deadline = deadline
        self.failures = 0
        self.under_way = False
        self.is_parked = False
        """It waits for a broker that we do not know (yet)."""
        self.maybe_seen = False
        self.text = "no broker could be reached"


class Admin(Node):
    """A node that passes requests on: tries other brokers while that is safe, and says honestly when it does not know."""

    ROUTES: ClassVar[Routes] = {
        **CLUSTER_ROUTES,
        Started: "on_started",
        Drained: "on_drained",
        StopRequested: "on_stop_requested",
        MetadataChanged: "on_metadata_changed",
        Ask: "on_ask",
        AskReplied: "on_ask_replied",
        AskDue: "on_ask_due",
        AskExpired: "on_ask_expired",
    }

    def __init__(self, config: AdminConfig) -> None:
        super().__init__()
        self.config = config
        self.cluster = Cluster(config.bootstrap, config.client_id, config.network, allow_auto_topic_creation=False)
        self.questions: dict[int, Question] = {}
        self.stopped = False

    def on_started(self, turn: Turn, _event: Started) -> None:
        """Get to know the cluster."""
        self.cluster.refresh(turn)

    def on_drained(self, _turn: Turn, _event: Drained) -> None:
        """Nothing is put off."""

    def on_metadata_changed(self, turn: Turn, _event: MetadataChanged) -> None:
        """Those who wait for a certain broker may go."""
        for question in list(self.questions.values()):
            if question.is_parked:
                self._try(turn, question)

    def on_ask(self, turn: Turn, event: Ask) -> None:
        """Send the request to whom it concerns."""
        if self.stopped:
            turn.do(Complete(event.ticket, Failed(None, "the client is closed", definite=True)))
            return
        assert event.ticket not in self.questions, f"ticket {event.ticket} was used before"
        question = Question(event, Instant(turn.now + self.config.operation_timeout))
        self.questions[event.ticket] = question
        turn.wake_at(question.deadline, AskExpired(event.ticket))
        self._try(turn, question)

    def on_ask_due(self, turn: Turn, event: AskDue) -> None:
        """The back-off is over."""
        question = self.questions.get(event.ticket)
        if question is not None and not question.under_way:
            self._try(turn, question)

    def on_ask_replied(self, turn: Turn, event: AskReplied) -> None:
        """Hand the answer over; without one, try again if that is safe."""
        question = self.questions.get(event.ticket)
        if question is None:
            return
        question.under_way = False
        reply = event.reply
        if isinstance(reply, Answer):
            assert reply.body is not None
            self._complete(turn, event.ticket, Answered(reply.body, reply.version))
            return
        assert isinstance(reply, NoAnswer)
        question.text = reply.text
        question.maybe_seen |= reply.sent
        if reply.error is not None or (reply.sent and not self._is_read_only(question)):
            self._complete(turn, event.ticket, Failed(reply.error, reply.text, definite=not question.maybe_seen))
            return
        question.failures += 1
        self.cluster.refresh(turn)
        network = self.config.network
        turn.wake_after(backoff(network.retry_backoff, network.retry_backoff_max, question.failures, turn.dice), AskDue(event.ticket))

    def on_ask_expired(self, turn: Turn, event: AskExpired) -> None:
        """Give up. What is still under way may yet have its effect."""
        question = self.questions.get(event.ticket)
        if question is not None:
            maybe_seen = question.maybe_seen or question.under_way
            harmless = not maybe_seen or self._is_read_only(question)
            self._complete(turn, event.ticket, Failed(ErrorCode.REQUEST_TIMED_OUT, question.text, definite=harmless))

    def on_stop_requested(self, turn: Turn, _event: StopRequested) -> None:
        """Answer everybody and end."""
        self.stopped = True
        for ticket, question in list(self.questions.items()):
            self._complete(turn, ticket, Failed(None, "the client was closed", definite=not (question.maybe_seen or question.under_way)))
        self.cluster.close(turn, "the client was closed")
        turn.do(Halt())

    def statistics(self) -> dict[str, int]:
        """The cluster's and the pool's numbers, and how many questions are open."""
        return {**self.cluster.statistics(), "questions": len(self.questions)}

    def _try(self, turn: Turn, question: Question) -> None:
        endpoint = self._endpoint_for(turn, question.ask)
        question.is_parked = endpoint is None
        if endpoint is None:
            self.cluster.refresh(turn)
            return
        question.under_way = True
        ticket = question.ask.ticket
        self.cluster.pool.ask(turn, endpoint, Purpose.ADMIN, question.ask.body, AskReplied(ticket), version_max=question.ask.version)

    def _endpoint_for(self, turn: Turn, ask: Ask) -> Endpoint | None:
        if ask.broker is not None:
            return self.cluster.brokers.get(ask.broker)
        if ask.body.API_KEY in OF_THE_CONTROLLER:
            controller = self.cluster.brokers.get(self.cluster.controller)
            if controller is not None and self.cluster.pool.standing(controller, Purpose.ADMIN, turn.now) < 3:
                return controller
        return self.cluster.live_endpoint(turn, Purpose.ADMIN)

    def _is_read_only(self, question: Question) -> bool:
        return question.ask.body.API_KEY in READ_ONLY

    def _complete(self, turn: Turn, ticket: int, result: Answered | Failed) -> None:
        del self.questions[ticket]
        turn.cancel(AskExpired(ticket))
        turn.cancel(AskDue(ticket))
        turn.do(Complete(ticket, result))
