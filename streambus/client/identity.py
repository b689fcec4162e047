"""The producer's identity: the id and epoch by which brokers recognise its batches (KIP-98)."""

from typing import cast

from streambus.client.backoff import backoff
from streambus.client.cluster import Cluster
from streambus.client.config import NetworkConfig
from streambus.client.link import Answer, NoAnswer, Purpose, Reply
from streambus.client.outbox import NO_PRODUCER_ID
from streambus.kernel import Event, Turn, message
from streambus.wire import ErrorCode, messages


@message
class ProducerIdReplied(Event):
    """The answer to our question for a producer id."""

    reply: Reply | None = None


@message
class ProducerIdDue(Event):
    """It is time to ask again."""


@message
class ProducerIdAssigned(Event):
    """The producer has an identity and may send."""


@message
class ProducerIdRefused(Event):
    """The cluster will not give us an identity."""

    error: ErrorCode
    text: str


class ProducerIdentity:
    """Gets a producer id when one is needed. It is given away for good: a new life of the producer gets another one."""

    def __init__(self, config: NetworkConfig) -> None:
        self.config = config
        self.producer_id = NO_PRODUCER_ID
        self.producer_epoch = -1
        self.is_pending = False
        self.failures = 0

    def acquire(self, turn: Turn, cluster: Cluster) -> None:
        """Ask for an identity, unless that is under way. `ProducerIdAssigned` or `ProducerIdRefused` follows."""
        if self.is_pending:
            return
        self.is_pending = True
        self.ask(turn, cluster)

    def ask(self, turn: Turn, cluster: Cluster) -> None:
        """Ask any broker."""
        endpoint = cluster.live_endpoint(turn, Purpose.PRODUCE)
        body = messages.InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=0x7FFF_FFFF)
        cluster.pool.ask(turn, endpoint, Purpose.PRODUCE, body, ProducerIdReplied())

    def on_replied(self, turn: Turn, event: ProducerIdReplied) -> None:
        """Take the identity in, or ask again after a while; an id handed out in an answer we never saw is simply lost."""
        reply = event.reply
        if isinstance(reply, Answer):
            body = cast(messages.InitProducerIdResponse, reply.body)
            error = ErrorCode(body.error_code)  # type: ignore[call-arg]
            if error is ErrorCode.NONE:
                self.producer_id, self.producer_epoch = body.producer_id, body.producer_epoch
                self.is_pending, self.failures = False, 0
                turn.tell(ProducerIdAssigned())
                return
            if not error.retriable:
                self._refuse(turn, error, error.message)
                return
        elif isinstance(reply, NoAnswer) and reply.error is not None:
            self._refuse(turn, reply.error, reply.text)
            return
        self.failures += 1
        turn.wake_after(backoff(self.config.retry_backoff, self.config.retry_backoff_max, self.failures, turn.dice), ProducerIdDue())

    def _refuse(self, turn: Turn, error: ErrorCode, text: str) -> None:
        self.is_pending = False
        turn.tell(ProducerIdRefused(error, text))
