"""From producer to consumer: an open loop at a fixed rate, the send time in the first eight bytes of each value.

The time in a record is when it was *due*, so that a producer that is held up makes latencies longer, never samples fewer. The
consumer is a process of its own; both read the same monotonic clock. Client settings are those of one who wants low latency:
nothing lingers.
"""

import array
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_uint64, sizeof
from multiprocessing.connection import Connection

import attrs

from ..librdkafka import COPY, EACH_ITS_PARTITION, Consumer, Message, Messages, Producer
from ..payloads import payloads
from ..processes import SubjectFailed
from ..samples import percentile
from ..subjects import Running, Subject, running
from .work import Contender, Figures, Metric, Place, Scale

TOPIC = "latency"
PARTITIONS = 16
RECORD_BYTES = 200
_TICK_NS = 1_000_000
_AT_ONCE = 2_000
_SETTLING_SECONDS = 1.0
"""Records of the first second are sent and consumed but not judged: connections and leaders are found in it."""
_PATIENCE_SECONDS = 10.0
"""How long the consumer may stay behind the last record; what is missing then counts as this late."""
_PRODUCER = {"linger.ms": 0, "queue.buffering.max.messages": 2_000_000}
_MILLISECOND_NS = 1_000_000


@attrs.frozen
class EndToEnd:
    """Median and 99th percentile of the time from due to received."""

    name: str
    records_per_second: int
    metrics: tuple[Metric, ...] = (
        Metric("p50", "ms", more_is_better=False, digits=2),
        Metric("p99", "ms", more_is_better=False, digits=2),
    )
    limit_title: str = "none"

    @property
    def title(self) -> str:
        """What the table says it is."""
        return f"end to end at {self.records_per_second:,} records/s of {RECORD_BYTES} B: {PARTITIONS} partitions, acks=all"

    @contextmanager
    def contend(self, subject: Subject, place: Place, scale: Scale) -> Iterator[Contender]:
        """A topic of sixteen partitions; every round is a new producer and a new consumer."""
        with running(subject, place.cache, place.folder) as broker:
            broker.create_topic(TOPIC, PARTITIONS)

            def measure() -> Figures:
                latencies = _latencies(broker, self.records_per_second, scale.seconds)
                return {"p50": percentile(latencies, 50) / _MILLISECOND_NS, "p99": percentile(latencies, 99) / _MILLISECOND_NS}

            yield Contender(measure, broker.process)

    def limit(self, place: Place, scale: Scale) -> None:
        """There is none worth stating: the clients' own wake-ups are most of the best case."""


def _latencies(broker: Running, rate: int, seconds: float) -> list[int]:
    """Sorted, in nanoseconds, one for each record sent after the settling time."""
    settling = int(rate * _SETTLING_SECONDS)
    total = settling + int(rate * seconds)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    consumer = context.Process(target=consume, args=(theirs, broker.bootstrap, total), daemon=True)
    consumer.start()
    theirs.close()
    try:
        if not ours.poll(30) or ours.recv() != "ready":
            raise SubjectFailed("the consumer did not get ready within 30 s")
        due = _send(broker, rate, settling, total)
        if not ours.poll(_PATIENCE_SECONDS + 30):
            raise SubjectFailed("the consumer did not end")
        received = array.array("q", ours.recv_bytes())
    except EOFError:
        raise SubjectFailed("the consumer failed") from None
    finally:
        consumer.terminate()
        consumer.join()
    latencies = sorted(received)
    missing = total - settling - len(latencies)
    gave_up = time.monotonic_ns() - due
    return sorted(latencies + [gave_up] * missing)


def _send(broker: Running, rate: int, settling: int, total: int) -> int:
    """Send `total` records evenly, those after the first `settling` with their time; when the last was due (ns)."""
    stride = RECORD_BYTES // sizeof(c_uint64)
    ring = Messages(payloads(RECORD_BYTES), rate // 1_000 * PARTITIONS * 64, PARTITIONS)
    with Producer(broker.bootstrap, TOPIC, _PRODUCER, reports=False) as producer:
        started = due = time.monotonic_ns() + _TICK_NS
        sent = position = 0
        while sent < total:
            now = time.monotonic_ns()
            if now < due:
                time.sleep((due - now) / 1e9)
            target = min(total, (due - started + _TICK_NS) * rate // 1_000_000_000)
            while sent < target:
                count = min(target - sent, ring.count - position)
                stamp = array.array("Q", [due if sent >= settling else 0])
                ring.words[position * stride : (position + count) * stride : stride] = stamp * count
                accepted = producer.produce(ring, position, count, COPY | EACH_ITS_PARTITION)
                sent += accepted
                position = (position + accepted) % ring.count
                if accepted < count:
                    raise SubjectFailed(f"the producer's queue is full: {producer.waiting} records are waiting")
            due += _TICK_NS
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while producer.waiting and time.monotonic() < deadline:
            time.sleep(0.005)
    return due - _TICK_NS


def consume(pipe: Connection, bootstrap: str, total: int) -> None:
    """The consumer's process: says "ready", then sends the latencies of all records that carry a time (ns, an array of int64)."""
    latencies = array.array("q")
    payload_position = Message.payload.offset

    def note(found: list[int], now: int) -> None:
        for address in found:
            stamp = c_uint64.from_address(c_uint64.from_address(address + payload_position).value).value
            if stamp:
                latencies.append(now - stamp)

    with Consumer(bootstrap, TOPIC, PARTITIONS, {}) as consumer:
        consumer.start(consumer.end_offsets())
        pipe.send("ready")
        seen = 0
        while seen < total and (count := consumer.visit(_AT_ONCE, int(_PATIENCE_SECONDS * 1_000), note)):
            seen += count
        pipe.send_bytes(latencies)
