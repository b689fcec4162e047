"""Load: who writes, creates and deletes while the broker is killed, and what of it must be there."""

import random
import threading
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from streambus.chaos.history_clock import now
from streambus.chaos.lives.limits import RETENTION_BYTES
from streambus.chaos.lives.reading import Place
from streambus.chaos.producers import Librdkafka
from streambus.chaos.readers import Follower
from streambus.chaos.topics import EXACT, PARTITIONS
from streambus.chaos.values import value_of
from streambus.chaos.writers import Kind, Writer
from streambus.checkers import History, Operation, Outcome, Sent

KEPT, BOUNDED, TRIMMED = "kept", "bounded", "trimmed"
"""Topics that keep everything, little, and what was not deleted."""

PASSING = ("passing-0", "passing-1", "passing-2", "passing-3")
"""Topics that come and go, always under these names."""

PASSING_RECORDS = 60
ADMIN_SECONDS = 3.0
SECONDS_MAX = 60
"""Longer nobody waits for an answer."""

IDEMPOTENT = {"enable.idempotence": True, "acks": "all", "linger.ms": 2}

SHARES = (
    (Kind("kept", EXACT, IDEMPOTENT), KEPT, 0.03),
    (Kind("kept-zstd", EXACT, {**IDEMPOTENT, "compression.type": "zstd", "linger.ms": 20}), KEPT, 0.03),
    (Kind("bounded", EXACT, {**IDEMPOTENT, "linger.ms": 5}), BOUNDED, 0.74),
    (Kind("trimmed", EXACT, IDEMPOTENT), TRIMMED, 0.2),
)
"""Writers: to which topic, and how much of all records. What is kept is read again after every life, so it must not be much."""


class Load:
    """Everyone who uses the broker. `sent` is what they know of their records."""

    def __init__(self, address: str, *, rate: float, seed: int) -> None:
        self.sent = History()
        self.followed = History()
        self.gardener = Gardener(address, self.sent, seed)
        self.writers = [
            Writer(kind, topic, address, self.sent, rate=rate * share, seed=seed + number)
            for number, (kind, topic, share) in enumerate(SHARES)
        ]
        self.follower = Follower(KEPT, address, self.followed)

    def begin(self) -> None:
        """Make the topics, and begin."""
        self.gardener.create(KEPT, {})
        self.gardener.create(BOUNDED, {"retention.bytes": str(RETENTION_BYTES)})
        self.gardener.create(TRIMMED, {})
        for thread in (*self.writers, self.follower, self.gardener):
            thread.start()

    def rest(self) -> str:
        """Send nothing more for a while, and wait until everything has an answer; who had none, if that is not to be."""
        for user in self._senders():
            user.rest()
        deadline = time.monotonic() + SECONDS_MAX
        while time.monotonic() < deadline:
            if not self.gardener.is_busy and not any(writer.unanswered for writer in self.writers):
                return ""
            time.sleep(0.005)
        return ", ".join([writer.process for writer in self.writers if writer.unanswered] + ["gardener"] * self.gardener.is_busy)

    def go_on(self) -> None:
        """Send again."""
        for user in self._senders():
            user.go_on()

    def end(self) -> None:
        """Everybody goes home."""
        for user in self._users():
            user.abandon()
        for user in self._users():
            user.join(SECONDS_MAX)

    @property
    def failures(self) -> list[str]:
        """What went wrong with somebody."""
        return [f"{user.name}: {user.failure!r}" for user in self._users() if user.failure is not None]

    def _senders(self) -> "list[Writer | Gardener]":
        return [*self.writers, self.gardener]

    def _users(self) -> "list[Writer | Follower | Gardener]":
        return [*self.writers, self.follower, self.gardener]

    def places(self) -> tuple[list[Place], dict[str, str]]:
        """The partitions that there are, and by what label each topic is called: another one each time that it is made."""
        labels = {KEPT: KEPT, BOUNDED: BOUNDED, TRIMMED: TRIMMED, **self.gardener.living}
        return [(topic, partition) for topic in labels for partition in range(1 if topic in PASSING else PARTITIONS)], labels


class Gardener(threading.Thread):
    """Makes topics, writes to them, deletes them again, and deletes records of another one; step by step, whatever happens."""

    def __init__(self, address: str, history: History, seed: int) -> None:
        super().__init__(name="gardener", daemon=True)
        self.living: dict[str, str] = {}
        """Topics that are there, and their labels."""
        self.trimmed: dict[int, int] = {}
        """Where the partitions of the trimmed topic begin."""
        self.created = self.deleted = self.trims = 0
        self.is_trimming = True
        """Whether the broker knows DeleteRecords."""
        self.failure: Exception | None = None
        self._address = address
        self._history = history
        self._dice = random.Random(seed)
        self._resting = threading.Event()
        self._resting.set()
        self._enough = threading.Event()
        self._step = threading.Lock()
        self._admin: Any = AdminClient({"bootstrap.servers": address, **Librdkafka.PATIENCE})

    def rest(self) -> None:
        """Begin nothing new."""
        self._resting.set()

    def go_on(self) -> None:
        """Go on."""
        self._resting.clear()

    def abandon(self) -> None:
        """Begin nothing ever more."""
        self._enough.set()

    @property
    def is_busy(self) -> bool:
        """Whether a step is under way, or may yet begin."""
        return not self._resting.is_set() or self._step.locked()

    def run(self) -> None:
        """The thread."""
        try:
            while not self._enough.is_set():
                with self._step:
                    if not self._resting.is_set():
                        self._do_something()
                time.sleep(0.01)
        except Exception as failure:
            self.failure = failure

    def _do_something(self) -> None:
        topic = self._dice.choice(PASSING)
        if self._dice.random() < 0.3:
            self._trim(self._dice.randrange(PARTITIONS))
        elif topic in self.living:
            self._remove(topic)
        else:
            self.create(topic, {}, partitions=1)
            self.created += 1
            self.living[topic] = f"{topic}#{self.created}"
            self._write(topic, self.living[topic])

    def create(self, topic: str, config: dict[str, str], partitions: int = PARTITIONS) -> None:
        """Make a topic that is not there. An earlier try may have made it."""
        self._insist(
            lambda: self._admin.create_topics([NewTopic(topic, partitions, 1, config=config)], request_timeout=ADMIN_SECONDS)[topic],
            KafkaError.TOPIC_ALREADY_EXISTS,
        )

    def _remove(self, topic: str) -> None:
        self._insist(lambda: self._admin.delete_topics([topic], request_timeout=ADMIN_SECONDS)[topic], KafkaError.UNKNOWN_TOPIC_OR_PART)
        del self.living[topic]
        self.deleted += 1

    def _trim(self, partition: int) -> None:
        """Delete some of the records that have been acknowledged."""
        known = [
            sent.offset
            for operation in self._history.operations[-2_000:]
            for sent in operation.actions
            if isinstance(sent, Sent) and sent.topic == TRIMMED and sent.partition == partition and sent.offset is not None
        ]
        start = self.trimmed.get(partition, 0)
        if not self.is_trimming or not known or max(known) <= start:
            return
        place = TopicPartition(TRIMMED, partition, self._dice.randrange(start, max(known)) + 1)
        try:
            self._insist(lambda: next(iter(self._admin.delete_records([place], request_timeout=ADMIN_SECONDS).values())))
        except KafkaException as error:
            if error.args[0].code() != KafkaError._UNSUPPORTED_FEATURE:
                raise
            self.is_trimming = False
            return
        self.trimmed[partition] = place.offset
        self.trims += 1

    def _insist(self, ask: Callable[[], Any], as_good: int | None = None) -> None:
        """Ask until there is an answer: the broker may be dead, or busy being born."""
        deadline = time.monotonic() + SECONDS_MAX
        while True:
            try:
                ask().result(2 * ADMIN_SECONDS)
                return
            except KafkaException as error:
                code = error.args[0].code()
                if code == as_good:
                    return
                if not _is_passing(code) or time.monotonic() > deadline or self._enough.is_set():
                    raise
            time.sleep(0.02)

    def _write(self, topic: str, label: str) -> None:
        producer = Producer(
            {"bootstrap.servers": self._address, "delivery.timeout.ms": SECONDS_MAX * 1_000, **Librdkafka.PATIENCE, **IDEMPOTENT}
        )
        process = f"writer {label}"

        def sender(name: bytes) -> Callable[[Any, Any], None]:
            invoked_at = now()

            def answered(error: Any, message: Any) -> None:
                offset = None if error is not None else message.offset()
                outcome = Outcome.INFO if offset is None else Outcome.OK
                self._history.append(Operation(process, outcome, invoked_at, now(), (Sent(label, 0, name, offset),)))

            return answered

        for number in range(PASSING_RECORDS):
            name, value = value_of(label, number)
            producer.produce(topic, value, partition=0, on_delivery=sender(name))
        deadline = time.monotonic() + SECONDS_MAX
        while producer.flush(0.5) and not self._enough.is_set():
            if time.monotonic() < deadline:
                continue
            raise TimeoutError(f"records of {label} had no answer after {SECONDS_MAX} s")


PASSING_ERRORS = (
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._NOENT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TIMED_OUT_QUEUE,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.NOT_CONTROLLER,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
)
"""What is said while the broker is dead, or has just come back; `_NOENT` if nobody can be asked who leads a partition."""


def _is_passing(code: int) -> bool:
    return code in PASSING_ERRORS
