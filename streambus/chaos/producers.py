"""Stock producers: what writers need of them, for each family of clients.

librdkafka (by way of confluent-kafka) is the one that most of the world uses. kafka-python shares no line with it, so that what one of them
covers up the other may show; it takes part if it is installed.
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, Protocol

from confluent_kafka import KafkaException, Producer

Answered = Callable[[int | None, str], None]
"""Called with the offset of an acknowledged record, or with None and the name of what went wrong."""

SECONDS_TO_CLOSE = 5.0


class CannotSend(Exception):
    """The producer has failed for good, or is full: another one is needed."""


class StockProducer(Protocol):
    """A producer. `answered` may be called in any thread."""

    def produce(self, topic: str, partition: int, value: bytes, answered: Answered) -> None:
        """Send a record. Raises `CannotSend`, and then `answered` is not called."""
        ...

    def poll(self, seconds: float) -> None:
        """Let answers come in, for so long at most."""
        ...

    def close(self) -> None:
        """It is not needed any more; everything has been answered, or never will be."""
        ...


class Librdkafka:
    """confluent-kafka's producer."""

    PATIENCE: Mapping[str, Any] = {
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
    """It notices quickly that something is wrong and is not shy of trying again. Its own log would only say what we do to it."""

    def __init__(self, address: str, settings: Mapping[str, Any], delivery_seconds_max: int) -> None:
        self._producer = Producer(
            {"bootstrap.servers": address, "delivery.timeout.ms": delivery_seconds_max * 1_000, **self.PATIENCE, **settings}
        )

    def produce(self, topic: str, partition: int, value: bytes, answered: Answered) -> None:
        """As `StockProducer.produce`."""

        def delivered(error: Any, message: Any) -> None:
            if error is None:
                answered(message.offset(), "")
            else:
                answered(None, error.name())

        try:
            self._producer.produce(topic, value, partition=partition, on_delivery=delivered)
        except (KafkaException, BufferError) as error:
            raise CannotSend(str(error)) from error

    def poll(self, seconds: float) -> None:
        """As `StockProducer.poll`."""
        self._producer.poll(seconds)

    def close(self) -> None:
        """As `StockProducer.close`: it goes when nobody refers to it."""


class KafkaPython:
    """kafka-python's producer, which has a thread of its own."""

    PATIENCE: Mapping[str, Any] = {
        "request_timeout_ms": 2_000,
        "reconnect_backoff_ms": 20,
        "reconnect_backoff_max_ms": 200,
        "retry_backoff_ms": 20,
        "metadata_max_age_ms": 5_000,
        "max_block_ms": 10_000,
    }

    def __init__(self, address: str, settings: Mapping[str, Any], delivery_seconds_max: int) -> None:
        import logging

        from kafka import KafkaProducer

        logging.getLogger("kafka").setLevel(logging.CRITICAL)
        self._producer = KafkaProducer(
            bootstrap_servers=address, delivery_timeout_ms=delivery_seconds_max * 1_000, **{**self.PATIENCE, **settings}
        )

    def produce(self, topic: str, partition: int, value: bytes, answered: Answered) -> None:
        """As `StockProducer.produce`."""
        from kafka.errors import KafkaError

        try:
            future = self._producer.send(topic, value, partition=partition)
        except KafkaError as error:
            raise CannotSend(str(error)) from error
        future.add_callback(lambda written: answered(written.offset, ""))
        future.add_errback(lambda error: answered(None, type(error).__name__))

    def poll(self, seconds: float) -> None:
        """As `StockProducer.poll`: answers come in by themselves."""
        import time

        time.sleep(seconds)

    def close(self) -> None:
        """As `StockProducer.close`."""
        self._producer.close(timeout=SECONDS_TO_CLOSE)


def has_kafka_python() -> bool:
    """Whether the second family is installed."""
    return find_spec("kafka") is not None
