"""What connections cost that nobody uses: memory, processor time, and how fast they are made.

    python -m benchmarks.connections --count 5000 10000
    python -m benchmarks.connections --against streambus,kafka

Each count has a broker of its own on a fresh folder. One process (`crowd`) opens the connections, from several loopback addresses, and
asks on each for the versions the broker speaks, as every client does; then it holds them. Measured are:

- `opened/s`: connections made and answered per second, a few at a time;
- `KB each`: resident memory of the broker with them less that before, by their number;
- `cpu`: cores that the broker uses while they are made;
- `idle cpu`: cores that the broker uses while they are open and silent;
- `ack`: how long one well-behaved producer waits for its acknowledgement meanwhile (median);
- `after`: resident memory once all have left, less that before.
"""

import argparse
import json
import multiprocessing
import resource
import selectors
import socket
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs

from .processes import BrokerProcess
from .subjects import SUBJECTS, Running, Subject, running
from .wire import ask, connect, frame, produce_frame

TOPIC = "connections"
API_VERSIONS = 18
CONNECTIONS_PER_ADDRESS = 10_000
"""A loopback address has some 28,000 ports of its own towards one listener."""
IP_BIND_ADDRESS_NO_PORT = 24
"""Linux: an address without a port of its own yet. Which port is free, is easier to say once it is known to whom it leads."""

AT_ONCE = 64
SETTLE_SECONDS = 2.0
IDLE_SECONDS = 5.0
PROBES = 200
_PROJECT = Path(__file__).resolve().parent.parent


@attrs.frozen
class Measured:
    """One broker with one number of connections."""

    subject: str
    count: int
    opened_per_second: float
    resident_before_mb: float
    resident_open_mb: float
    resident_after_mb: float
    opening_cpu: float
    idle_cpu: float
    ack_before_ms: float
    ack_open_ms: float

    @property
    def kilobytes_each(self) -> float:
        """What a connection costs in resident memory of the broker."""
        return (self.resident_open_mb - self.resident_before_mb) * 1000 / self.count


def raise_descriptors() -> int:
    """Allow this process, and those it starts, as many open files as it may ask for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


# The crowd ---------------------------------------------------------------------------------------------------------------


def open_connections(port: int, count: int, first: int = 0) -> list[socket.socket]:
    """`count` connections from several addresses, each of which has been answered once."""
    request = frame(API_VERSIONS, 0, b"")
    sockets: list[socket.socket] = []
    with selectors.DefaultSelector() as selector:
        waiting = 0
        while len(sockets) < count or waiting:
            while len(sockets) < count and waiting < AT_ONCE:
                sockets.append(_dial(port, first + len(sockets)))
                selector.register(sockets[-1], selectors.EVENT_WRITE)
                waiting += 1
            for key, events in selector.select(30):
                sock: Any = key.fileobj
                if events & selectors.EVENT_WRITE:
                    sock.sendall(request)
                    selector.modify(sock, selectors.EVENT_READ)
                else:
                    if not sock.recv(65536):
                        raise ConnectionResetError("the broker closed a connection that had done nothing wrong")
                    selector.unregister(sock)
                    waiting -= 1
    return sockets


def _dial(port: int, number: int) -> socket.socket:
    sock = socket.socket()
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    sock.bind((f"127.0.0.{1 + number // CONNECTIONS_PER_ADDRESS}", 0))
    sock.connect_ex(("127.0.0.1", port))
    return sock


def _crowd(port: int, count: int, control: Connection) -> None:
    started = time.perf_counter()
    try:
        sockets = open_connections(port, count)
    except OSError as error:
        control.send(error)
        return
    control.send(time.perf_counter() - started)
    control.recv()
    for sock in sockets:
        sock.close()
    control.send(None)


@contextmanager
def crowd(port: int, count: int) -> Iterator[float]:
    """So many connections, held by a process of their own while the context lasts; the seconds that opening them took."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_crowd, args=(port, count, theirs), daemon=True)
    process.start()
    try:
        if not ours.poll(300):
            raise TimeoutError(f"{count} connections are not open within 300 s")
        seconds = ours.recv()
        if isinstance(seconds, OSError):
            raise seconds
        yield seconds
        ours.send(None)
        ours.recv()
    finally:
        process.kill()
        process.join()


# Measuring ---------------------------------------------------------------------------------------------------------------


def acknowledgement_ms(port: int, probes: int = PROBES) -> float:
    """How long one producer waits, in the median, one record after another."""
    with connect(port) as connection:
        request = produce_frame(TOPIC, 0, b"x" * 100)
        taken = []
        for _ in range(probes):
            started = time.perf_counter()
            ask(connection, request)
            taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


def idle_cpu(process: BrokerProcess, seconds: float = IDLE_SECONDS) -> float:
    """Cores used while nobody asks for anything."""
    started, before = time.perf_counter(), process.cpu_seconds()
    time.sleep(seconds)
    return (process.cpu_seconds() - before) / (time.perf_counter() - started)


def measure(subject: Subject, broker: Running, count: int) -> Measured:
    """One broker that is up."""
    broker.create_topic(TOPIC, 1)
    ack_before = acknowledgement_ms(broker.port)
    time.sleep(SETTLE_SECONDS)
    before, cpu_before = broker.process.resident_mb(), broker.process.cpu_seconds()
    with crowd(broker.port, count) as seconds:
        opening_cpu = (broker.process.cpu_seconds() - cpu_before) / seconds
        time.sleep(SETTLE_SECONDS)
        resident_open = broker.process.resident_mb()
        cpu = idle_cpu(broker.process)
        ack_open = acknowledgement_ms(broker.port)
    time.sleep(SETTLE_SECONDS)
    after = broker.process.resident_mb()
    return Measured(subject.name, count, count / seconds, before, resident_open, after, opening_cpu, cpu, ack_before, ack_open)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 if somebody failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.connections", description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--count", type=int, nargs="+", default=[5_000, 10_000])
    parser.add_argument("--against", default="streambus", help="subjects, separated by commas")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, default=_PROJECT / ".cache")
    options = parser.parse_args(arguments)
    descriptors = raise_descriptors()
    if max(options.count) > descriptors - 200:
        print(f"a process may have {descriptors} descriptors here: not more than {descriptors - 200} connections", file=sys.stderr)
        return 2
    names = options.against.split(",")
    measured = []
    heads = ("opened/s", "before MB", "open MB", "after MB", "KB each", "cpu", "idle cpu")
    print(f"{'':<12}{'count':>7}" + "".join(f"{head:>11}" for head in heads) + f"{'ack ms':>15}")
    for subject in (each for each in SUBJECTS if each.name in names):
        subject.provide(options.cache)
        for count in options.count:
            with TemporaryDirectory() as folder, running(subject, options.cache, Path(folder)) as broker:
                one = measure(subject, broker, count)
            measured.append(one)
            print(
                f"{one.subject:<12}{one.count:>7}{one.opened_per_second:>11,.0f}{one.resident_before_mb:>11.1f}{one.resident_open_mb:>11.1f}"
                f"{one.resident_after_mb:>11.1f}{one.kilobytes_each:>11.2f}{one.opening_cpu:>11.2f}{one.idle_cpu:>11.3f}"
                f"{f'{one.ack_before_ms:.2f} → {one.ack_open_ms:.2f}':>15}",
                flush=True,
            )
    if options.json:
        options.json.write_text(json.dumps([attrs.asdict(one) for one in measured], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
