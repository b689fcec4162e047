"""Readers: stock consumers, some that follow the log while it is written, and a last one that reads it from start to end."""

import threading
import time
from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from streambus.chaos.history_clock import now
from streambus.chaos.producers import Librdkafka
from streambus.chaos.topics import PARTITIONS
from streambus.chaos.values import name_of
from streambus.checkers import Assigned, History, Operation, Outcome, Polled

SECONDS_MAX = 60
POLL_RECORDS_MAX = 500
POLL_SECONDS = 0.2


class NotReadable(RuntimeError):
    """What is there could not be read to its end. The text is a sentence."""


def create_topics(address: str, topics: Iterable[str]) -> None:
    """Make them."""
    admin = AdminClient({"bootstrap.servers": address, **Librdkafka.PATIENCE})
    for future in admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in topics]).values():
        future.result(SECONDS_MAX)


class Follower(threading.Thread):
    """Reads one topic from its beginning, along with those who write it, until told to stop."""

    def __init__(self, topic: str, address: str, history: History) -> None:
        super().__init__(name=f"follower of {topic}", daemon=True)
        self.topic = topic
        self.read = 0
        self.failure: Exception | None = None
        self._address = address
        self._history = history
        self._enough = threading.Event()

    def abandon(self) -> None:
        """Read no more."""
        self._enough.set()

    def finish(self) -> None:
        """Read no more, and end. Raises what went wrong."""
        self._enough.set()
        self.join()
        if self.failure is not None:
            raise self.failure

    def run(self) -> None:
        """The thread."""
        consumer = _consumer(self._address)
        try:
            _assign(consumer, self.name, [(self.topic, partition) for partition in range(PARTITIONS)], self._history)
            while not self._enough.is_set():
                self.read += len(_poll(consumer, self.name, self._history))
        except Exception as failure:
            self.failure = failure
        finally:
            consumer.close()


def read_everything(address: str, topics: Iterable[str], history: History) -> int:
    """Read `topics` from their first record to their last. How many records there are. Raises `NotReadable`."""
    consumer, process = _consumer(address), "final reader"
    places = [(topic, partition) for topic in topics for partition in range(PARTITIONS)]
    try:
        ends = {}
        for place in places:
            first, end = consumer.get_watermark_offsets(TopicPartition(*place), SECONDS_MAX)
            if first:
                raise NotReadable(f"{place[0]}/{place[1]} begins at offset {first} although nothing was ever deleted")
            ends[place] = end
        _assign(consumer, process, places, history)
        positions = dict.fromkeys(places, 0)
        deadline = time.monotonic() + SECONDS_MAX
        while positions != ends:
            for message in _poll(consumer, process, history):
                positions[message.topic(), message.partition()] = message.offset() + 1
                deadline = time.monotonic() + SECONDS_MAX
            if time.monotonic() > deadline:
                missing = ", ".join(
                    f"{place[0]}/{place[1]} at {positions[place]} of {ends[place]}" for place in places if positions[place] != ends[place]
                )
                raise NotReadable(f"reading came to a standstill: {missing}")
        return sum(ends.values())
    except KafkaException as error:
        raise NotReadable(f"the final reader was told: {error}") from error
    finally:
        consumer.close()


def _consumer(address: str) -> Consumer:
    settings: dict[str, Any] = {
        "bootstrap.servers": address,
        "group.id": "readers",
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "check.crcs": True,
        "fetch.wait.max.ms": 200,
        **{name: value for name, value in Librdkafka.PATIENCE.items() if name != "request.timeout.ms"},
    }
    del settings["retry.backoff.max.ms"]
    return Consumer(settings)


def _assign(consumer: Consumer, process: str, places: list[tuple[str, int]], history: History) -> None:
    began = now()
    consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in places])
    history.append(Operation(process, Outcome.OK, began, now(), (Assigned(tuple(places)),)))


def _poll(consumer: Consumer, process: str, history: History) -> list[Any]:
    """What the next poll returns; it is in the history. Raises `KafkaException` with what the consumer was told."""
    began = now()
    messages = consumer.consume(POLL_RECORDS_MAX, POLL_SECONDS)
    for message in messages:
        error = message.error()
        if error is not None:
            raise KafkaException(error)
    if messages:
        polled = tuple([_polled(message) for message in messages])
        history.append(Operation(process, Outcome.OK, began, now(), polled))
    return messages


def _polled(message: Any) -> Polled:
    return Polled(message.topic(), message.partition(), message.offset(), name_of(message.value() or b""))
