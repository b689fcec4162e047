"""Hostile peers at a real broker: each kind gets what it deserves, and nobody else notices. `--long` has more of each kind.

`python -m benchmarks.hostile` measures a thousand at once, in processes of their own.
"""

import re
import resource
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from hostile_frames import API_VERSIONS, fetch, produce, request

import streambus.testing
from streambus.real import buffers
from streambus.testing.running_broker import RunningBroker

SECONDS_MAX = 10.0
DEAF_BYTES_MAX = 3 * 1024 * 1024
"""What is kept of the answers of one who does not read: as much as makes it a deaf one, and the portion that made it so."""


@pytest.fixture(scope="module")
def broker() -> Iterator[RunningBroker]:
    with streambus.testing.broker() as running:
        running.create_topic("t")
        with connect(running) as client:
            for _ in range(4):
                ask(client, produce("t", b"x" * 500_000))
        yield running


def connect(broker: RunningBroker) -> socket.socket:
    return socket.create_connection((broker.host, broker.port), timeout=SECONDS_MAX)


def ask(client: socket.socket, frame: bytes) -> bytes:
    """Send a frame, and have the whole answer, without its length."""
    client.sendall(frame)
    received = bytearray()
    while len(received) < 4 or len(received) < 4 + int.from_bytes(received[:4], "big"):
        piece = client.recv(1 << 20)
        assert piece, "hung up on, for nothing"
        received += piece
    return bytes(received[4:])


def is_hung_up_on(client: socket.socket) -> bool:
    """Whether the broker ends the connection, whatever it says before."""
    try:
        while client.recv(1 << 16):
            pass
    except ConnectionResetError:
        pass
    return True


def others_are_served(broker: RunningBroker) -> None:
    with connect(broker) as client:
        assert ask(client, produce("t", b"fine"))[:4] == b"\0\0\0\7"
        assert len(ask(client, request(API_VERSIONS, 0))) > 100


def number_of(request: pytest.FixtureRequest) -> int:
    return 200 if request.config.getoption("--long") else 8


STAYS = {
    "nothing at all": b"",
    "part of a length": b"\0\0\0",
    "part of a header": request(API_VERSIONS, 0)[:9],
    "part of a body": produce("t", b"x" * 100_000)[:70_000],
    "a length of 100 MiB and some of it": struct.pack(">i", 100 << 20) + bytes(65_536),
}

GOES = {
    "a length of 2 GiB": struct.pack(">i", 2**31 - 1) + b"x" * 100,
    "a negative length": struct.pack(">i", -1) + b"x" * 100,
    "a length that is too short for a header": b"\0\0\0\1x",
    "an unknown key": request(999, 0),
    "an unknown version": request(0, 99),
    "a negative key": request(-1, -1),
    "an HTTP request": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an array of 2,147,483,647 elements": request(3, 8, struct.pack(">i", 2**31 - 1) + bytes(100)),
    "tagged fields without end": request(18, 3, b"\xff\xff\xff\xff\x0f" + bytes(50)),
    "a client id that is longer than its frame": struct.pack(">ihhih", 10, 18, 0, 7, 30_000),
}


@pytest.mark.parametrize("said", STAYS)
def test_those_who_only_begin_may_stay_and_disturb_nobody(broker: RunningBroker, request: pytest.FixtureRequest, said: str) -> None:
    with ExitStack() as stack:
        for _ in range(number_of(request)):
            stack.enter_context(connect(broker)).sendall(STAYS[said])
        others_are_served(broker)


@pytest.mark.parametrize("said", GOES)
def test_those_who_cannot_be_understood_are_hung_up_on(broker: RunningBroker, request: pytest.FixtureRequest, said: str) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(broker)) for _ in range(number_of(request))]
        for client in clients:
            client.sendall(GOES[said])
        assert all(is_hung_up_on(client) for client in clients)
        others_are_served(broker)


def test_one_byte_at_a_time_is_understood(broker: RunningBroker) -> None:
    with connect(broker) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        frame = request(API_VERSIONS, 0)
        for place in range(len(frame) - 1):
            client.sendall(frame[place : place + 1])
        others_are_served(broker)
        assert len(ask(client, frame[-1:])) > 100


def test_of_too_many_large_requests_that_stop_half_way_the_stalest_is_given_up(
    broker: RunningBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buffers, "UNFINISHED_BYTES_MAX", 4 << 20)
    whole = produce("t", b"x" * 900_000)
    with ExitStack() as stack:
        small = stack.enter_context(connect(broker))
        small.sendall(request(API_VERSIONS, 0)[:9])
        crowd = [stack.enter_context(connect(broker)) for _ in range(12)]
        for client in crowd:
            client.sendall(whole[:600_000])
            others_are_served(broker)
        assert is_hung_up_on(crowd[0])
        assert ask(crowd[-1], whole[600_000:])[:4] == b"\0\0\0\7"
        assert len(ask(small, request(API_VERSIONS, 0)[9:])) > 100
    assert any("has not come any further" in warning for warning in broker.warnings)


@pytest.mark.parametrize("asked", ["records", "versions"])
def test_who_never_reads_is_not_worked_for(broker: RunningBroker, asked: str) -> None:
    frame = fetch("t", 0) if asked == "records" else request(API_VERSIONS, 0)
    with connect(broker) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(0.2)
        with suppress(TimeoutError):
            while True:
                client.sendall(frame * 200)
        others_are_served(broker)
        assert max(queued(broker)) < DEAF_BYTES_MAX
        others_are_served(broker)


def queued(broker: RunningBroker) -> list[int]:
    """Bytes of answers that wait for each connection."""
    assert broker._life is not None
    assert broker._life._driver is not None
    return [0, *(each.outgoing.size for each in list(broker._life._driver._connections.values()))]


def test_a_long_pipeline_is_answered_to_the_end_while_others_are_served(broker: RunningBroker) -> None:
    one = request(API_VERSIONS, 0)
    with connect(broker) as client:
        client.sendall(one * 3_000)
        others_are_served(broker)
        length, received = 0, 0
        while not length or received < 3_000 * length:
            piece = client.recv(1 << 20)
            length = length or 4 + int.from_bytes(piece[:4], "big")
            received += len(piece)
        assert received == 3_000 * length


def test_one_who_says_that_it_is_done_is_let_go(broker: RunningBroker) -> None:
    with connect(broker) as client:
        client.sendall(request(API_VERSIONS, 0))
        client.shutdown(socket.SHUT_WR)
        assert is_hung_up_on(client)
        others_are_served(broker)


def test_connecting_and_leaving_is_no_harm(broker: RunningBroker, request: pytest.FixtureRequest) -> None:
    for _ in range(20 * number_of(request)):
        client = connect(broker)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    others_are_served(broker)


def test_fetching_everything_and_leaving_is_no_harm(broker: RunningBroker, request: pytest.FixtureRequest) -> None:
    for _ in range(number_of(request)):
        with connect(broker) as client:
            client.sendall(fetch("t", 0) * 10)
            client.recv(1000)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    others_are_served(broker)


def test_all_of_them_leave_nothing_behind(broker: RunningBroker, request: pytest.FixtureRequest) -> None:
    everyone: list[Callable[[], socket.socket]] = [lambda: connect(broker)] * number_of(request)
    with ExitStack() as stack:
        for make, said in zip(everyone, [*STAYS.values(), *GOES.values()] * number_of(request), strict=False):
            stack.enter_context(make()).sendall(said)
    deadline = time.monotonic() + SECONDS_MAX
    while len(queued(broker)) > 1:
        others_are_served(broker)
        assert time.monotonic() < deadline, "connections stay when everybody has left"


def few_descriptors() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def test_a_broker_without_descriptors_hangs_up_and_serves_those_who_are_there(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("streambus")), "serve", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=few_descriptors) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
            assert found is not None
            a_crowd_comes_and_goes(("127.0.0.1", int(found[1])))
        finally:
            process.terminate()
        assert process.wait(SECONDS_MAX) == 0


def a_crowd_comes_and_goes(address: tuple[str, int]) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(socket.create_connection(address, timeout=SECONDS_MAX))
        assert len(ask(first, request(API_VERSIONS, 0))) > 100
        crowd = [stack.enter_context(socket.create_connection(address, timeout=SECONDS_MAX)) for _ in range(100)]
        assert is_hung_up_on(crowd[-1])
        assert len(ask(first, request(API_VERSIONS, 0))) > 100
        ask(first, request(3, 8, struct.pack(">ih", 1, 1) + b"t" + b"\1\0\0"))
        error_at = 4 + 4 + 3 + 4 + 4
        while (error := ask(first, produce("t", b"there are descriptors left for files"))[error_at : error_at + 2]) == b"\0\3":
            pass
        assert error == b"\0\0"
    deadline = time.monotonic() + SECONDS_MAX
    while not is_served(address):
        assert time.monotonic() < deadline, "there is room again, and nobody is let in"


def is_served(address: tuple[str, int]) -> bool:
    """Whether one who comes now is answered. Those who have just left may still be in the way."""
    with socket.create_connection(address, timeout=SECONDS_MAX) as late:
        try:
            late.sendall(request(API_VERSIONS, 0))
            return len(late.recv(1000)) > 0
        except ConnectionError:
            return False
