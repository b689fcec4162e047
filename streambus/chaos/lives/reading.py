"""Reading: everything that a broker keeps, from the first record of each partition to the last."""

import time
from collections.abc import Iterable
from typing import Any

import attrs
from confluent_kafka import Consumer, KafkaException, TopicPartition

from streambus.chaos.history_clock import now
from streambus.chaos.producers import Librdkafka
from streambus.chaos.readers import NotReadable
from streambus.chaos.values import name_of
from streambus.checkers import Assigned, Operation, Outcome, Polled

Place = tuple[str, int]

SECONDS_MAX = 60
TRIES = 5
"""How often a partition is read again because its beginning was deleted meanwhile."""


@attrs.frozen
class Contents:
    """What was read: for each partition its first offset, its end, about how many bytes it has at most, and the polls."""

    starts: dict[Place, int]
    ends: dict[Place, int]
    bytes_max: dict[Place, int]
    operations: tuple[Operation, ...]

    @property
    def records(self) -> int:
        """How many records there are."""
        return sum(end - self.starts[place] for place, end in self.ends.items())


BATCH_OVERHEAD_BYTES = 100
"""What a record takes at most beside its value, if it is alone in its batch."""


def read_all(address: str, places: Iterable[Place], process: str, labels: dict[str, str]) -> Contents:
    """Read all `places`. In the polls a topic is called by its label. Raises `NotReadable`."""
    settings = {name: value for name, value in Librdkafka.PATIENCE.items() if name not in ("request.timeout.ms", "retry.backoff.max.ms")}
    consumer = Consumer(
        {
            "bootstrap.servers": address,
            "group.id": "reading",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "check.crcs": True,
            "fetch.wait.max.ms": 50,
            "fetch.error.backoff.ms": 20,
            **settings,
        }
    )
    places = list(places)
    began = now()
    called = tuple([(labels[topic], partition) for topic, partition in places])
    operations = [Operation(process, Outcome.OK, began, now(), (Assigned(called),))]
    contents = Contents({}, {}, {}, ())
    try:
        for _ in range(TRIES):
            gone = _read(consumer, places, process, labels, contents, operations)
            if not gone:
                return attrs.evolve(contents, operations=tuple(operations))
            places = gone
            operations.append(Operation(process, Outcome.OK, now(), now(), (Assigned(called),)))
        raise NotReadable(f"the beginning of {gone} is deleted faster than it can be read")
    except KafkaException as error:
        raise NotReadable(f"a reader was told: {error}") from error
    finally:
        consumer.close()


def _read(
    consumer: Consumer, places: list[Place], process: str, labels: dict[str, str], contents: Contents, operations: list[Operation]
) -> list[Place]:
    """Read `places`; those are returned whose beginning was deleted while they were read."""
    positions: dict[Place, int] = {}
    for place in places:
        positions[place], contents.ends[place] = consumer.get_watermark_offsets(TopicPartition(*place), SECONDS_MAX)
        contents.starts[place], contents.bytes_max[place] = positions[place], 0
    gone: dict[Place, None] = {}
    consumer.assign([TopicPartition(*place, offset) for place, offset in positions.items()])
    deadline = time.monotonic() + SECONDS_MAX
    while any(positions[place] < contents.ends[place] for place in places if place not in gone):
        began, polled = now(), list[Polled]()
        messages: list[Any] = consumer.consume(2_000, 0.05)
        for message in messages:
            if (error := message.error()) is not None:
                raise KafkaException(error)
            deadline = time.monotonic() + SECONDS_MAX
            place, offset, value = (message.topic(), message.partition()), message.offset(), message.value() or b""
            if offset != positions[place]:
                if place not in gone and consumer.get_watermark_offsets(TopicPartition(*place), SECONDS_MAX)[0] < offset:
                    raise NotReadable(f"after offset {positions[place] - 1} of {place[0]}/{place[1]} came {offset}")
                gone[place] = None
            if place not in gone:
                positions[place] += 1
                contents.bytes_max[place] += len(value) + BATCH_OVERHEAD_BYTES
                polled.append(Polled(labels[place[0]], place[1], offset, name_of(value)))
        if polled:
            operations.append(Operation(process, Outcome.OK, began, now(), tuple(polled)))
        if time.monotonic() > deadline:
            late = [place for place in places if positions[place] < contents.ends[place]]
            behind = [f"{place} at {positions[place]} of {contents.ends[place]}" for place in late]
            raise NotReadable(f"reading came to a standstill: {', '.join(behind)}")
    return list(gone)
