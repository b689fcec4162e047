"""Writers: stock producers, each of another kind, and what they learn of their records."""

import random
import threading
import time
from collections.abc import Mapping
from typing import Any

import attrs
from confluent_kafka import KafkaError, KafkaException, Producer

from streambus.chaos.history_clock import now
from streambus.chaos.topics import EXACT, PARTITIONS, RETRIED
from streambus.chaos.values import value_of
from streambus.checkers import History, Operation, Outcome, Sent

UNANSWERED_MAX = 500
"""Records of one writer whose fate is open before it waits."""

DELIVERY_SECONDS_MAX = 30
"""How long a producer tries before it gives up on a record, whose fate is unknown then."""

ANSWER_SECONDS_MAX = DELIVERY_SECONDS_MAX + 20
"""After this everything has an answer, if only that nobody knows."""

PATIENCE = {
    "socket.timeout.ms": 3_000,
    "request.timeout.ms": 2_000,
    "socket.connection.setup.timeout.ms": 2_000,
    "reconnect.backoff.ms": 20,
    "reconnect.backoff.max.ms": 200,
    "retry.backoff.ms": 20,
    "retry.backoff.max.ms": 200,
    "topic.metadata.refresh.interval.ms": 5_000,
    "log_level": 0,
}
"""Clients that notice quickly that something is wrong and are not shy of trying again. Their own log would only say what we do to them."""


@attrs.frozen
class Kind:
    """A kind of producer: what is promised to it, and its settings."""

    name: str
    promise: str
    settings: Mapping[str, Any]


KINDS = (
    Kind("idempotent", EXACT, {"enable.idempotence": True, "linger.ms": 5}),
    Kind("idempotent-zstd", EXACT, {"enable.idempotence": True, "linger.ms": 50, "compression.type": "zstd"}),
    Kind("single-shot", EXACT, {"acks": "all", "message.send.max.retries": 0, "linger.ms": 5, "request.timeout.ms": 1_000}),
    Kind("plain", RETRIED, {"acks": "all", "linger.ms": 5, "compression.type": "lz4"}),
    Kind("plain-acks-1", RETRIED, {"acks": "1", "linger.ms": 0}),
)
"""One of each writes in every run."""


class Writer(threading.Thread):
    """Writes records to `topic` with one kind of producer, at `rate` per second, until told to stop.

    A producer that failed for good is replaced by a new one.
    """

    def __init__(self, kind: Kind, topic: str, address: str, history: History, *, rate: float, seed: int) -> None:
        super().__init__(name=f"writer {kind.name}", daemon=True)
        self.kind = kind
        self.topic = topic
        self.sent = 0
        self.acknowledged = 0
        self.lives = 1
        self.failure: Exception | None = None
        self._address = address
        self._history = history
        self._rate = rate
        self._dice = random.Random(seed)
        self._enough = threading.Event()
        self._open: dict[bytes, Operation] = {}
        """What is known so far of records without an answer."""

    @property
    def process(self) -> str:
        """Its name in the history: a new one in every life."""
        return self.kind.name if self.lives == 1 else f"{self.kind.name} {self.lives}"

    @property
    def unanswered(self) -> int:
        """Records whose fate is open."""
        return len(self._open)

    def stop_writing(self) -> None:
        """Write no more."""
        self._enough.set()

    def finish(self) -> None:
        """Write no more, wait for the answers, and end. Raises what went wrong."""
        self._enough.set()
        self.join()
        if self.failure is not None:
            raise self.failure

    def run(self) -> None:
        """The thread."""
        try:
            while not self._enough.is_set():
                self._live()
                if not self._enough.is_set():
                    self.lives += 1
        except Exception as failure:  # it belongs into the thread that waits for this one
            self.failure = failure
        for operation in self._open.values():
            self._history.append(operation)

    def _live(self) -> None:
        """Write until it is enough or the producer has failed for good; then wait for the answers that are owed."""
        producer = Producer(
            {"bootstrap.servers": self._address, "delivery.timeout.ms": DELIVERY_SECONDS_MAX * 1_000, **PATIENCE, **self.kind.settings}
        )
        began, first = time.monotonic(), self.sent
        while not self._enough.is_set():
            due = first + (time.monotonic() - began) * self._rate
            while self.sent < due and self.unanswered < UNANSWERED_MAX:
                try:
                    self._send(producer)
                except (KafkaException, BufferError):
                    self._answers(producer)
                    return
            producer.poll(0.005)
        self._answers(producer)

    def _answers(self, producer: Producer) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while self.unanswered and time.monotonic() < deadline:
            producer.poll(0.05)

    def _send(self, producer: Producer) -> None:
        process, topic, partition = self.process, self.topic, self._dice.randrange(PARTITIONS)
        name, value = value_of(self.kind.name, self.sent)
        invoked_at = now()

        def answered(error: KafkaError | None, message: Any) -> None:
            del self._open[name]
            if error is None:
                self.acknowledged += 1
                operation = Operation(process, Outcome.OK, invoked_at, now(), (Sent(topic, partition, name, message.offset()),))
            else:
                operation = Operation(process, Outcome.INFO, invoked_at, now(), (Sent(topic, partition, name),), error.name())
            self._history.append(operation)

        producer.produce(topic, value, partition=partition, on_delivery=answered)
        self._open[name] = Operation(process, Outcome.INFO, invoked_at, None, (Sent(topic, partition, name),), "never answered")
        self.sent += 1
