"""One producer as fast as it can, acks=all, into one partition."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from ..librdkafka import Messages, Producer, error_text
from ..payloads import payloads
from ..processes import SubjectFailed
from ..subjects import Running, Subject, running
from .work import Contender, Figures, Metric, Place, Scale

TOPIC = "produce"
_AT_ONCE = 1_000
_PIECE_BYTES = 8 << 20
"""What the limit writes and syncs at a time: more than librdkafka's largest request, as much as a group commit may gather."""
QUEUE = {"queue.buffering.max.messages": 500_000, "queue.buffering.max.kbytes": 65_536}
"""How much may be on its way: as much as a few of librdkafka's largest requests."""
_PATIENCE_SECONDS = 60


@attrs.frozen
class Produce:
    """Throughput of one saturated producer; the clock stops at the last acknowledgement."""

    name: str
    record_bytes: int
    metrics: tuple[Metric, ...] = (Metric("MB/s", "MB/s", more_is_better=True),)
    limit_title: str = "limit: write and sync, no broker"

    @property
    def title(self) -> str:
        """What the table says it is."""
        return f"produce {self.record_bytes} B records: 1 producer, 1 partition, acks=all"

    @contextmanager
    def contend(self, subject: Subject, place: Place, scale: Scale) -> Iterator[Contender]:
        """A topic of one partition; every round is a new producer."""
        messages = messages_of(self.record_bytes)
        with running(subject, place.cache, place.folder) as broker:
            broker.create_topic(TOPIC, partitions=1)

            def measure() -> Figures:
                with Producer(broker.bootstrap, TOPIC, QUEUE) as producer:
                    started = time.perf_counter()
                    records = saturate(broker, producer, messages, until=started + scale.seconds)
                    return {"MB/s": records * self.record_bytes / 1e6 / (time.perf_counter() - started)}

            yield Contender(measure, broker.process)

    def limit(self, place: Place, scale: Scale) -> Contender:
        """The same bytes, written and synced to one file, a piece at a time."""
        messages = messages_of(self.record_bytes)
        piece = (messages.words.tobytes() * 3)[:_PIECE_BYTES]
        return Contender(lambda: {"MB/s": _write_and_sync(place.folder / "limit", piece, scale.seconds) / 1e6})


def messages_of(record_bytes: int) -> Messages:
    """An array of about 4 MiB, in whole calls."""
    return Messages(payloads(record_bytes), max(1, 4_000_000 // (record_bytes * _AT_ONCE)) * _AT_ONCE)


def saturate(
    broker: Running,
    producer: Producer,
    messages: Messages,
    *,
    until: float = float("inf"),
    records: float = float("inf"),
    flags: int = 0,
) -> int:
    """Produce until a time (`perf_counter`) or a number of records, then wait for all acknowledgements; how many there were."""
    position = sent = 0
    while sent < records and time.perf_counter() < until:
        wanted = int(min(_AT_ONCE, messages.count - position, records - sent))
        accepted = producer.produce(messages, position, wanted, flags)
        position = (position + accepted) % messages.count
        sent += accepted
        producer.collect(0 if accepted == wanted else 10)
    deadline = time.perf_counter() + _PATIENCE_SECONDS
    while producer.acknowledged + producer.failed < sent:
        producer.collect(100)
        broker.process.check()
        if time.perf_counter() > deadline:
            raise SubjectFailed(f"{sent - producer.acknowledged} of {sent} records not acknowledged after {_PATIENCE_SECONDS} s")
    if producer.failed:
        raise SubjectFailed(f"{producer.failed} of {sent} records failed: {error_text(producer.last_error)}")
    return sent


def _write_and_sync(path: Path, piece: bytes, seconds: float) -> float:
    """Bytes per second."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        started = time.perf_counter()
        written = 0
        while (elapsed := time.perf_counter() - started) < seconds:
            written += os.write(file, piece)
            os.fdatasync(file)
        return written / elapsed
    finally:
        os.close(file)
        path.unlink()
