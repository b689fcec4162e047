"""What a produce request costs a broker beyond sockets and disks, part by part, in this process.

    python -m benchmarks.produce_request

One request at a time: one batch for one partition, durable before it is answered. `all` is what the broker's steps take from the bytes
of the request to the bytes of the answer, group commit and purgatory included; the parts are measured beside it, each on its own, with
the same bytes. `checks` has `checksum` in it.
"""

import random
from collections import deque
from collections.abc import Callable, Iterator
from time import perf_counter_ns
from typing import Any

import attrs

from streambus.broker import Broker, BrokerConfig
from streambus.broker.produce_checks import checked_batch, sole_batch
from streambus.kernel import (
    Connected,
    ConnectionId,
    Create,
    Delete,
    Drained,
    Effect,
    Event,
    Instant,
    Prng,
    Read,
    Received,
    Rename,
    Send,
    Started,
    Sync,
    SyncDirectory,
    Timers,
    Truncate,
    Turn,
    Work,
    Write,
)
from streambus.records import Codec, Record, check_batch, encode_batch, parse_header
from streambus.sim import SimulatedDisk
from streambus.wire import ClientConnection, Connection, encode_response, messages

from .payloads import payloads

WALL_MS = 1_760_000_000_000
VERSION = 9
TOPIC = "produce"
ROUNDS = 7
DISK_EFFECTS = (Create, Write, Sync, SyncDirectory, Truncate, Rename, Delete, Read, Work)
_BYTES_A_ROUND = 16 << 20
_REQUESTS_A_ROUND = 2_000


@attrs.frozen
class Shape:
    """A batch to produce."""

    name: str
    record_bytes: tuple[int, int]
    records: int
    codec: Codec = Codec.NONE

    def batch(self) -> bytes:
        """The batch; its records are a third of a millisecond apart."""
        dice, values = random.Random(1), payloads(self.record_bytes[1])
        least, most = self.record_bytes
        return encode_batch(
            [Record(None, values.record(row)[: dice.randint(least, most)], (), WALL_MS + row // 3) for row in range(self.records)],
            codec=self.codec,
        )


SHAPES = (
    Shape("1 record of 100 B", (100, 100), 1),
    Shape("1 record of 1 KiB", (1024, 1024), 1),
    Shape("16 KB of 100 B", (100, 100), 145),
    Shape("16 KB of 50 to 150 B", (50, 150), 145),
    Shape("1 MB of 1 KiB", (1024, 1024), 980),
    Shape("1 MB of 100 B", (100, 100), 9_000),
    Shape("1 MB of 50 to 150 B", (50, 150), 9_000),
    *(Shape(f"64 KB of 100 B, {codec.name.lower()}", (100, 100), 590, codec) for codec in Codec if codec),
)


class DrivenBroker:
    """A broker whose disk is at once, and which counts the nanoseconds of its own steps."""

    def __init__(self) -> None:
        self.broker = Broker(BrokerConfig())
        self.disk = SimulatedDisk(Prng(1))
        self.now = Instant(0)
        self.nanoseconds = 0
        self.queue: deque[Effect] = deque()
        self.answers: deque[bytes] = deque()
        self.step(Started(WALL_MS * 1000, 1))
        self.settle()
        self.step(Connected(ConnectionId(1), "benchmark", "PLAINTEXT"))
        request = messages.CreateTopicsRequest
        self.ask(request(topics=[request.CreatableTopic(name=TOPIC, num_partitions=1, replication_factor=1)], timeout_ms=1000), 7)

    def step(self, event: Event) -> None:
        started = perf_counter_ns()
        effects = self.broker.step(self.now, event)
        self.nanoseconds += perf_counter_ns() - started
        for effect in effects:
            if type(effect) is Send:
                self.answers.append(b"".join(bytes(part) for part in effect.parts))  # type: ignore[arg-type]
            elif isinstance(effect, DISK_EFFECTS):
                self.queue.append(effect)

    def settle(self) -> None:
        self.step(Drained())
        while self.queue:
            effect = self.queue.popleft()
            if (completion := self.disk.perform(effect)) is not None:
                self.step(completion)
                if type(effect) is not Write:
                    self.step(Drained())

    def ask(self, body: Any, version: int) -> bytes:
        """Have a request answered; the bytes of the answer."""
        self.step(Received(ConnectionId(1), frame_of(body, version)))
        self.settle()
        return self.answers.popleft()


def frame_of(body: Any, version: int) -> bytes:
    """A request as it comes over the wire."""
    _, parts = ClientConnection("benchmark").send(body, version)
    return b"".join(bytes(part) for part in parts)  # type: ignore[arg-type]


def produce_request(batch: bytes) -> Any:
    """A produce of one batch."""
    request = messages.ProduceRequest
    data = request.PartitionProduceData(index=0, records=batch)
    return request(acks=-1, timeout_ms=1000, topic_data=[request.TopicProduceData(name=TOPIC, partition_data=[data])])


def microseconds(work: Callable[[], object], times: int) -> float:
    """The best of some rounds, for each of `times`."""
    best = 1 << 62
    for _ in range(ROUNDS):
        started = perf_counter_ns()
        for _ in range(times):
            work()
        best = min(best, perf_counter_ns() - started)
    return best / times / 1000


def costs_of(shape: Shape) -> Iterator[tuple[str, float]]:
    """The parts of one request, and all of it, in microseconds."""
    batch = shape.batch()
    frame = frame_of(produce_request(batch), VERSION)
    times = max(3, min(_REQUESTS_A_ROUND, _BYTES_A_ROUND // len(batch)))
    driven = DrivenBroker()
    best = 1 << 62
    for _ in range(ROUNDS):
        driven.nanoseconds = 0
        for _ in range(times):
            driven.step(Received(ConnectionId(1), frame))
            driven.settle()
        best = min(best, driven.nanoseconds)
    yield "all", best / times / 1000

    connection = Connection({0: (3, 13)})  # type: ignore[dict-item]
    (request,) = connection.receive(frame)
    records = request.body.topic_data[0].partition_data[0].records
    yield "decode", microseconds(lambda: connection.receive(frame), times)
    config = driven.broker.image.topic_config(TOPIC)
    yield "checks", microseconds(lambda: checked_batch(sole_batch(records, VERSION), records, config, WALL_MS, TOPIC), times)
    header = parse_header(records)
    yield "checksum", microseconds(lambda: check_batch(records, header), times)
    partition, store = driven.broker.partitions[TOPIC, 0], driven.broker.store
    turn = Turn(driven.now, Prng(1), Timers(), WALL_MS * 1000)
    yield "append", microseconds(lambda: partition.append(turn, store, header, records), max(times // ROUNDS, 1))
    response = messages.ProduceResponse
    answer = response.PartitionProduceResponse(index=0, base_offset=7, log_start_offset=0)
    body = response(responses=[response.TopicProduceResponse(name=TOPIC, partition_responses=[answer])])
    yield "answer", microseconds(lambda: encode_response(request, body), times)


def main() -> None:
    """Print one line for each shape."""
    for place, shape in enumerate(SHAPES):
        costs = dict(costs_of(shape))
        if not place:
            print(f"{'µs per request':<26}" + "".join(f"{name:>11}" for name in costs))
        print(f"{shape.name:<26}" + "".join(f"{cost:>11.1f}" for cost in costs.values()))


if __name__ == "__main__":
    main()
