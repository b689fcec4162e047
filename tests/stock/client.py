"""A family of clients and the broker it is asked about, with the words that tests use."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import field, frozen

from streambus.wire.errors import ErrorCode
from tests.stock.family import ClientRefused, Family, to_bytes, to_text
from tests.stock.operations import OPERATIONS

PATIENCE_SECONDS = 10
"""How long a broker may take until everyone sees what it has acknowledged: a Kafka answers before its own metadata are everywhere."""


@frozen
class Record:
    """A record as people write it down."""

    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp: int | None = None
    partition: int | None = field(default=0)

    def to_json(self) -> dict[str, Any]:
        """As README.md writes it."""
        return {
            "partition": self.partition,
            "key": to_text(self.key),
            "value": to_text(self.value),
            "headers": [[name, to_text(value)] for name, value in self.headers],
            "timestamp": self.timestamp,
        }


@frozen
class Found:
    """A record that was consumed."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    timestamp: int | None
    timestamp_type: str | None

    @property
    def content(self) -> tuple[bytes | None, bytes | None, tuple[tuple[str, bytes | None], ...]]:
        """What the producer gave."""
        return self.key, self.value, self.headers

    @staticmethod
    def from_json(told: dict[str, Any]) -> Found:
        """From what README.md writes."""
        headers = tuple((name, to_bytes(value)) for name, value in told["headers"])
        key, value = to_bytes(told["key"]), to_bytes(told["value"])
        return Found(told["offset"], key, value, headers, told["timestamp"], told["timestamp_type"])


@frozen
class Client:
    """One family, asked about one broker."""

    family: Family
    bootstrap: str

    def ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Do an operation; what is not given is as `OPERATIONS` says."""
        return self.family.ask(operation, bootstrap=self.bootstrap, **{**OPERATIONS[operation], **arguments})

    def produce(self, topic: str, *records: Record, **arguments: Any) -> list[tuple[int, int | None]]:
        """Produce; where each record is."""
        told = self.ask("produce", topic=topic, records=[record.to_json() for record in records], **arguments)
        return [(partition, offset) for partition, offset in told["placed"]]

    def consume(self, topic: str, count: int, **arguments: Any) -> list[Found]:
        """Consume up to `count` records."""
        return [Found.from_json(told) for told in self.ask("consume", topic=topic, count=count, **arguments)["records"]]

    @contextmanager
    def is_refused(self, code: ErrorCode) -> Iterator[None]:
        """What is done inside ends with this error, by its code, or by its name if the client tells no codes."""
        try:
            yield
        except ClientRefused as refused:
            if refused.name != code.name:
                raise AssertionError(f"it was refused otherwise than by {code.name}: {refused}") from refused
        else:
            raise AssertionError(f"it was not refused by {code.name}")


def soon(question: Callable[[], Any], expected: Any) -> None:
    """Assert that the answer is `expected`, now or when the broker has told itself everything."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (answer := question()) != expected and time.monotonic() < deadline:
        time.sleep(0.02)
    assert answer == expected


def wait_until_there(reference: Client, topic: str) -> None:
    """Until the broker describes the topic with leaders."""
    for _ in range(500):
        try:
            told = reference.ask("describe_topic", topic=topic)
        except ClientRefused:
            continue
        if all(partition["leader"] >= 0 for partition in told["partitions"]):
            return
    raise AssertionError(f"the broker does not describe {topic}")
