"""Producers that each have one record in flight: the next is sent when the last is acknowledged.

The client is one thread over bare sockets and epoll (about 10 µs a request), because a client library costs more per
request than the brokers do and would be the limit.
"""

import os
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from ..payloads import payloads
from ..processes import SubjectFailed
from ..subjects import Subject, running
from ..wire import connect, error_at, produce_error_position, produce_frame, record_batch
from .work import Contender, Figures, Metric, Place, Scale

TOPIC = "loop"
PARTITIONS = 16
"""Several, because a broker that syncs partition by partition would otherwise be judged by its lock alone."""
_RECORD_BYTES = 100
_SILENCE_SECONDS = 10


@attrs.frozen
class ClosedLoop:
    """Acknowledged requests per second of `producers` producers that wait for each answer."""

    name: str
    producers: int
    metrics: tuple[Metric, ...] = (Metric("requests/s", "requests/s", more_is_better=True),)
    limit_title: str = "limit: write and sync, no network"

    @property
    def title(self) -> str:
        """What the table says it is."""
        several = "s" if self.producers > 1 else ""
        return f"one {_RECORD_BYTES} B record in flight, acks=all: {self.producers} producer{several}, {PARTITIONS} partitions"

    @contextmanager
    def contend(self, subject: Subject, place: Place, scale: Scale) -> Iterator[Contender]:
        """A topic whose partitions the producers share in turn; every round opens its own connections."""
        values = payloads(_RECORD_BYTES)
        frames = [produce_frame(TOPIC, number % PARTITIONS, values.record(number)) for number in range(self.producers)]
        with running(subject, place.cache, place.folder) as broker:
            broker.create_topic(TOPIC, PARTITIONS)

            def measure() -> Figures:
                return {"requests/s": _requests_per_second(broker.port, frames, scale.seconds)}

            yield Contender(measure, broker.process)

    def limit(self, place: Place, scale: Scale) -> Contender:
        """One record of each producer written at once, then synced: a group commit without network or broker."""
        value = payloads(_RECORD_BYTES).record(0)
        group = record_batch(value, 0) * self.producers
        return Contender(lambda: {"requests/s": self.producers * _syncs_per_second(place.folder / "limit", group, scale.seconds)})


def _requests_per_second(port: int, frames: list[bytes], seconds: float) -> float:
    """Keep one frame in flight on a connection each, for `seconds`."""
    connections = [connect(port) for _ in frames]
    try:
        return _exchange(connections, frames, seconds)
    except OSError as failure:
        raise SubjectFailed(f"connection lost: {failure}") from failure
    finally:
        for connection in connections:
            connection.close()


def _exchange(connections: list[socket.socket], frames: list[bytes], seconds: float) -> float:
    error_position = produce_error_position(TOPIC)
    by_descriptor = {connection.fileno(): (connection, frame) for connection, frame in zip(connections, frames, strict=True)}
    with select.epoll() as poll:
        for connection, frame in by_descriptor.values():
            poll.register(connection, select.EPOLLIN)
            connection.sendall(frame)
        answered = 0
        started = time.perf_counter()
        while (elapsed := time.perf_counter() - started) < seconds:
            ready = poll.poll(_SILENCE_SECONDS)
            if not ready:
                raise SubjectFailed(f"no answer for {_SILENCE_SECONDS} s")
            for descriptor, _ in ready:
                connection, frame = by_descriptor[descriptor]
                response = _receive(connection)
                if error := error_at(response, error_position):
                    raise SubjectFailed(f"Produce was answered with error {error}")
                connection.send(frame)
                answered += 1
    return answered / elapsed


def _receive(connection: socket.socket) -> bytes:
    """One whole response; small enough to come in one piece nearly always."""
    response = connection.recv(4_096)
    while len(response) < 4 or len(response) < 4 + int.from_bytes(response[:4], "big"):
        piece = connection.recv(4_096)
        if not piece:
            raise ConnectionResetError("the broker closed the connection")
        response += piece
    return response


def _syncs_per_second(path: Path, group: bytes, seconds: float) -> float:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        started = time.perf_counter()
        syncs = 0
        while (elapsed := time.perf_counter() - started) < seconds:
            os.write(file, group)
            os.fdatasync(file)
            syncs += 1
        return syncs / elapsed
    finally:
        os.close(file)
        path.unlink()
