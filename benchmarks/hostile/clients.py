"""Those who behave: producers and a consumer over bare sockets, who write down how long everything took."""

import queue
import socket
import struct
import threading
import time
from multiprocessing.connection import Connection

import attrs

from ..wire import ask, connect, error_at, frame, produce_error_position, produce_frame

PRODUCERS = 4
INTERVAL = 0.01
"""Seconds between the records of one producer."""

FETCH, FETCH_VERSION = 1, 4
MARK = b"due at this moment: "
_FETCH_BYTES = 1 << 20


@attrs.frozen
class Heard:
    """One phase: how long acknowledgements and deliveries took, in milliseconds, and what failed."""

    acknowledged: list[float]
    delivered: list[float]
    failures: list[str]


def behave(port: int, topic: str, control: Connection) -> None:
    """Produce and consume for as many seconds as `control` says, again and again, and send what was heard; until it says 0."""
    while seconds := control.recv():
        control.send(_phase(port, topic, seconds))


def _phase(port: int, topic: str, seconds: float) -> Heard:
    failures: queue.Queue[str] = queue.Queue()
    acknowledged: list[float] = []
    delivered: list[float] = []
    end = time.perf_counter() + seconds
    threads = [threading.Thread(target=_produce, args=(port, topic, number, end, acknowledged, failures)) for number in range(PRODUCERS)]
    threads += [threading.Thread(target=_consume, args=(port, topic, number, end, delivered, failures)) for number in range(PRODUCERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Heard(acknowledged, delivered, list(failures.queue))


def _produce(port: int, topic: str, partition: int, end: float, taken: list[float], failures: "queue.Queue[str]") -> None:
    try:
        with connect(port) as connection:
            due = time.perf_counter() + partition * INTERVAL / PRODUCERS
            while due < end:
                if (rest := due - time.perf_counter()) > 0:
                    time.sleep(rest)
                answer = ask(connection, produce_frame(topic, partition, MARK + struct.pack(">d", due) + b"x" * 172))
                taken.append((time.perf_counter() - due) * 1000)
                if error := error_at(answer, produce_error_position(topic)):
                    failures.put(f"produce: error {error}")
                due += INTERVAL
    except OSError as error:
        failures.put(f"produce: {error!r}")


def _consume(port: int, topic: str, partition: int, end: float, taken: list[float], failures: "queue.Queue[str]") -> None:
    try:
        with connect(port) as connection:
            offset = _end_offset(connection, topic, partition)
            while time.perf_counter() < end:
                answer = ask(connection, fetch_frame(topic, partition, offset, wait_ms=100))
                now, at = time.perf_counter(), answer.find(MARK)
                while at >= 0:
                    (due,) = struct.unpack_from(">d", answer, at + len(MARK))
                    taken.append((now - due) * 1000)
                    offset += 1
                    at = answer.find(MARK, at + 1)
    except OSError as error:
        failures.put(f"consume: {error!r}")


def fetch_frame(topic: str, partition: int, offset: int, *, wait_ms: int = 0, min_bytes: int = 1) -> bytes:
    """Fetch from one partition; version 4."""
    name = struct.pack(">h", len(topic)) + topic.encode()
    where = struct.pack(">iiqi", 1, partition, offset, _FETCH_BYTES)
    body = struct.pack(">iiiib", -1, wait_ms, min_bytes, 50 << 20, 0) + struct.pack(">i", 1) + name + where
    return frame(FETCH, FETCH_VERSION, body)


def _end_offset(connection: socket.socket, topic: str, partition: int) -> int:
    """Where the next record will be: the offset of one that is produced now, and the next."""
    position = produce_error_position(topic) + 2
    answer = ask(connection, produce_frame(topic, partition, b"here"))
    return int(struct.unpack_from(">q", answer, position)[0]) + 1
