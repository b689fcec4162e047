"""One consumer reading a partition from its beginning."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import string_at

import attrs

from ..librdkafka import Consumer, Message, Producer
from ..payloads import Payloads, payloads
from ..processes import SubjectFailed
from ..subjects import Running, Subject, running
from .produce import messages_of, saturate
from .work import Contender, Figures, Metric, Place, Scale

TOPIC = "consume"
_CHECKED_RECORDS = 20_000
_SILENCE_SECONDS = 30
_PIECE = 1 << 20


@attrs.frozen
class Consume:
    """Throughput of one consumer of data that is in the page cache; the clock runs from the first records to the last."""

    name: str
    record_bytes: int
    metrics: tuple[Metric, ...] = (Metric("MB/s", "MB/s", more_is_better=True),)
    limit_title: str = "limit: sendfile, no broker"

    @property
    def title(self) -> str:
        """What the table says it is."""
        return f"consume {self.record_bytes} B records: 1 consumer, 1 partition, from the beginning"

    @contextmanager
    def contend(self, subject: Subject, place: Place, scale: Scale) -> Iterator[Contender]:
        """A partition filled once and checked byte for byte at its beginning; every round is a new consumer."""
        messages = messages_of(self.record_bytes)
        records = scale.megabytes * 1_000_000 // self.record_bytes
        with running(subject, place.cache, place.folder) as broker:
            broker.create_topic(TOPIC, partitions=1)
            with Consumer(broker.bootstrap, TOPIC, 1, {}) as consumer:
                beginning = consumer.end_offsets()
            with Producer(broker.bootstrap, TOPIC, {}) as producer:
                saturate(broker, producer, messages, records=records)
            check_beginning(broker, beginning[0], messages.count, payloads(self.record_bytes), min(records, _CHECKED_RECORDS))

            def measure() -> Figures:
                with Consumer(broker.bootstrap, TOPIC, 1, {}) as consumer:
                    consumer.start(beginning)
                    return {"MB/s": count_per_second(broker, consumer, records) * self.record_bytes / 1e6}

            yield Contender(measure, broker.process)

    def limit(self, place: Place, scale: Scale) -> Contender:
        """A file of the same size through `sendfile` and one loopback connection."""
        path = place.folder / "limit"
        with path.open("wb") as file:
            pool = payloads(self.record_bytes).pool
            for _ in range(scale.megabytes * 1_000_000 // len(pool)):
                file.write(pool)
        return Contender(lambda: {"MB/s": _send_file(str(path)) / 1e6})


def check_beginning(broker: Running, offset: int, cycle: int, expected: Payloads, records: int) -> None:
    """Read `records` records one by one: each has the next offset and the bytes that were sent (in cycles of `cycle`)."""
    seen = 0

    def compare(found: list[int], _now: int) -> None:
        nonlocal seen
        for address in found:
            message = Message.from_address(address)
            if message.err or message.offset != offset + seen or string_at(message.payload, message.len) != expected.record(seen % cycle):
                raise SubjectFailed(f"record {seen} came back wrong: error {message.err}, offset {message.offset} for {offset + seen}")
            seen += 1

    with Consumer(broker.bootstrap, TOPIC, 1, {}) as consumer:
        consumer.start([offset])
        while seen < records:
            if consumer.visit(records - seen, _SILENCE_SECONDS * 1_000, compare) == 0:
                raise SubjectFailed(f"gave no record for {_SILENCE_SECONDS} s, {seen} of {records} read")


def count_per_second(broker: Running, consumer: Consumer, records: int) -> float:
    """Records per second from the first piece that arrives (which is not counted) to the last record."""
    first = _count(broker, consumer)
    started = time.perf_counter()
    seen = first
    while seen < records:
        seen += _count(broker, consumer)
    return (seen - first) / (time.perf_counter() - started)


def _count(broker: Running, consumer: Consumer) -> int:
    count = consumer.count(timeout_ms=_SILENCE_SECONDS * 1_000)
    if count == 0:
        broker.process.check()
        raise SubjectFailed(f"gave no record for {_SILENCE_SECONDS} s")
    return count


def _send_file(path: str) -> float:
    """Bytes per second."""
    with socket.create_server(("127.0.0.1", 0)) as door, open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        sender = threading.Thread(target=_serve_once, args=(door, file.fileno(), size))
        sender.start()
        buffer = bytearray(_PIECE)
        with socket.create_connection(door.getsockname()) as connection:
            started = time.perf_counter()
            received = 0
            while received < size:
                received += connection.recv_into(buffer)
            elapsed = time.perf_counter() - started
        sender.join()
    return received / elapsed


def _serve_once(door: socket.socket, file: int, size: int) -> None:
    connection, _ = door.accept()
    with connection:
        sent = 0
        while sent < size:
            sent += os.sendfile(connection.fileno(), file, sent, size - sent)
