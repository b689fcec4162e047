"""Writers: stock producers, each of another kind, and what they learn of their records."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from streambus.chaos.history_clock import now
from streambus.chaos.producers import CannotSend, KafkaPython, Librdkafka, StockProducer, has_kafka_python
from streambus.chaos.topics import EXACT, PARTITIONS, RETRIED
from streambus.chaos.values import value_of
from streambus.checkers import History, Operation, Outcome, Sent

UNANSWERED_MAX = 500
"""Records of one writer whose fate is open before it waits."""

DELIVERY_SECONDS_MAX = 300
"""How long a producer tries before it gives up on a record: longer than any run is sick.

A producer that gives up on one record may write another one twice: librdkafka takes a new epoch then, under which it sends again what
had no answer, and no broker can tell that it is the same. So nobody gives up; what has no answer when all is well again is the broker's
fault.
"""

ANSWER_SECONDS_MAX = 60
"""So long after the last fault everything has an answer."""


@attrs.frozen
class Kind:
    """A kind of producer: what is promised to it, its settings, and the family of clients that it is from."""

    name: str
    promise: str
    settings: Mapping[str, Any]
    family: Callable[[str, Mapping[str, Any], int], StockProducer] = Librdkafka


KINDS = (
    Kind("idempotent", EXACT, {"enable.idempotence": True, "linger.ms": 5}),
    Kind("idempotent-zstd", EXACT, {"enable.idempotence": True, "linger.ms": 50, "compression.type": "zstd"}),
    Kind("single-shot", EXACT, {"acks": "all", "message.send.max.retries": 0, "linger.ms": 5, "request.timeout.ms": 1_000}),
    Kind("plain", RETRIED, {"acks": "all", "linger.ms": 5, "compression.type": "lz4"}),
    Kind("plain-acks-1", RETRIED, {"acks": "1", "linger.ms": 0}),
)
"""One of each writes in every run."""

SECOND_FAMILY = (
    Kind("python-idempotent", EXACT, {"enable_idempotence": True, "acks": "all", "linger_ms": 5}, KafkaPython),
    Kind("python-plain", RETRIED, {"enable_idempotence": False, "acks": "all", "retries": 1_000, "linger_ms": 5}, KafkaPython),
)
"""These too where kafka-python is installed."""


def kinds() -> tuple[Kind, ...]:
    """The kinds of producers that write on this machine."""
    return (*KINDS, *SECOND_FAMILY) if has_kafka_python() else KINDS


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
        self.never_answered = 0
        self.lives = 1
        self.failure: Exception | None = None
        self._address = address
        self._history = history
        self._rate = rate
        self._dice = random.Random(seed)
        self._enough = threading.Event()
        self._abandoned = threading.Event()
        self._resting = threading.Event()
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

    def rest(self) -> None:
        """Send nothing until `go_on`; answers still come in."""
        self._resting.set()

    def go_on(self) -> None:
        """Send again."""
        self._resting.clear()

    def stop_writing(self) -> None:
        """Write no more."""
        self._enough.set()

    def abandon(self) -> None:
        """Write no more and wait for nothing: nobody wants to know any more."""
        self._enough.set()
        self._abandoned.set()

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
        self.never_answered = len(self._open)
        while self._open:
            self._history.append(self._open.popitem()[1])

    def _live(self) -> None:
        """Write until it is enough or the producer has failed for good; then wait for the answers that are owed."""
        producer = self.kind.family(self._address, self.kind.settings, DELIVERY_SECONDS_MAX)
        began, first = time.monotonic(), self.sent
        while not self._enough.is_set():
            if self._resting.is_set():
                producer.poll(0.01)
                began, first = time.monotonic(), self.sent
                continue
            due = first + (time.monotonic() - began) * self._rate
            while self.sent < due and self.unanswered < UNANSWERED_MAX:
                try:
                    self._send(producer)
                except CannotSend:
                    self._answers(producer)
                    return
            producer.poll(0.005)
        self._answers(producer)

    def _answers(self, producer: StockProducer) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while self.unanswered and time.monotonic() < deadline and not self._abandoned.is_set():
            producer.poll(0.05)
        producer.close()

    def _send(self, producer: StockProducer) -> None:
        process, topic, partition = self.process, self.topic, self._dice.randrange(PARTITIONS)
        name, value = value_of(self.kind.name, self.sent)
        invoked_at = now()

        def answered(offset: int | None, error: str) -> None:
            if self._open.pop(name, None) is None:
                return  # it was given up already, and says so in the history
            if offset is not None:
                self.acknowledged += 1
            outcome = Outcome.INFO if offset is None else Outcome.OK
            self._history.append(Operation(process, outcome, invoked_at, now(), (Sent(topic, partition, name, offset),), error))

        self._open[name] = Operation(process, Outcome.INFO, invoked_at, None, (Sent(topic, partition, name),), "never answered")
        try:
            producer.produce(topic, partition, value, answered)
        except CannotSend:
            del self._open[name]
            raise
        self.sent += 1
