"""Stock clients that write the data set, and read it back."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from streambus.chaos.history_clock import now
from streambus.checkers import Assigned, History, Operation, Outcome, Polled, Sent
from streambus.demo.topic import CODECS, PARTITIONS, TOPIC

UNANSWERED_MAX = 2_000
ANSWER_SECONDS_MAX = 60
READ_SECONDS_MAX = 30

RECONNECT = {"reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200, "log_level": 0}
"""A stock client that is not shy of trying again; its own log would only say what we do to it."""


def create_topic(address: str) -> None:
    """Make the topic."""
    admin = AdminClient({"bootstrap.servers": address, **RECONNECT})
    for future in admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)]).values():
        future.result(ANSWER_SECONDS_MAX)


class Writers:
    """One idempotent producer per codec. `acknowledged` has every record that the broker promised to keep, by its place."""

    def __init__(self, address: str, history: History) -> None:
        self.history = history
        self.acknowledged: dict[tuple[int, int], tuple[bytes, bytes]] = {}
        self.sent = 0
        self.failed = 0
        self.producers = {codec: Producer(self._config(address, codec)) for codec in CODECS}

    @staticmethod
    def _config(address: str, codec: str) -> dict[str, Any]:
        return {
            "bootstrap.servers": address,
            "enable.idempotence": True,
            "compression.type": codec,
            "linger.ms": 5,
            "retry.backoff.ms": 20,
            "delivery.timeout.ms": ANSWER_SECONDS_MAX * 1_000,
            **RECONNECT,
        }

    def write(self, records: Iterable[tuple[bytes, bytes]], seconds: float, total: int, tick: Callable[[], None]) -> None:
        """Send everything, evenly over `seconds`, the codecs taking turns; return when all is answered."""
        began = time.monotonic()
        for key, value in records:
            self._send(CODECS[self.sent % len(CODECS)], key, value)
            self.sent += 1
            while self.sent / total > (time.monotonic() - began) / seconds or self.unanswered > UNANSWERED_MAX:
                self._poll()
                time.sleep(0.002)
                tick()
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while self.unanswered and time.monotonic() < deadline:
            self._poll()
            time.sleep(0.005)
            tick()

    @property
    def unanswered(self) -> int:
        """Records whose fate is open."""
        return self.sent - len(self.acknowledged) - self.failed

    def _send(self, codec: str, key: bytes, value: bytes) -> None:
        invoked_at = now()

        def answered(error: Any, message: Any) -> None:
            if error is None:
                place = (message.partition(), message.offset())
                self.acknowledged[place] = (key, value)
                outcome, action = Outcome.OK, Sent(TOPIC, place[0], whole(key, value), place[1])
            else:
                self.failed += 1
                outcome, action = Outcome.INFO, Sent(TOPIC, message.partition(), whole(key, value))
            text = "" if error is None else str(error)
            self.history.append(Operation(f"producer-{codec}", outcome, invoked_at, now(), (action,), text))

        self.producers[codec].produce(TOPIC, value, key, on_delivery=answered)

    def _poll(self) -> None:
        for producer in self.producers.values():
            producer.poll(0)


def read_back(address: str, history: History, tick: Callable[[], None]) -> dict[tuple[int, int], tuple[bytes, bytes]]:
    """Read all partitions from their first record to their last: what is at which place."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": "demo", "enable.auto.commit": False, **RECONNECT})
    found: dict[tuple[int, int], tuple[bytes, bytes]] = {}
    try:
        ends = {place: consumer.get_watermark_offsets(TopicPartition(TOPIC, place), READ_SECONDS_MAX)[1] for place in range(PARTITIONS)}
        began = now()
        consumer.assign([TopicPartition(TOPIC, place, 0) for place in ends])
        history.append(Operation("reader", Outcome.OK, began, now(), (Assigned(tuple((TOPIC, place) for place in ends)),)))
        deadline = time.monotonic() + READ_SECONDS_MAX
        while len(found) < sum(ends.values()) and time.monotonic() < deadline:
            began = now()
            actions = []
            for message in consumer.consume(1_000, 0.2):
                if message.error() is not None:
                    raise KafkaException(message.error())
                partition, offset, record = message.partition() or 0, message.offset() or 0, (message.key() or b"", message.value() or b"")
                found[partition, offset] = record
                actions.append(Polled(TOPIC, partition, offset, whole(*record)))
            history.append(Operation("reader", Outcome.OK, began, now(), tuple(actions)))
            tick()
    finally:
        consumer.close()
    return found


def whole(key: bytes, value: bytes) -> bytes:
    """What stands for a record in the history: all of it."""
    return key + b" " + value
