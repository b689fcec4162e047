"""The proxy, with real sockets: what it carries, what it delays, what it cuts."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from streambus.chaos.broker_process import free_port
from streambus.chaos.network import BOTH, FAIR, Conditions, Direction, Proxy

FRAME = b"\x00\x00\x00\x08payload!"
SECONDS = 5


@pytest.fixture
def proxy(echo) -> Iterator[Proxy]:
    with Proxy("127.0.0.1", echo.port) as proxy:
        yield proxy


@contextmanager
def client(proxy: Proxy) -> Iterator[socket.socket]:
    host, port = proxy.address.split(":")
    with socket.create_connection((host, int(port)), SECONDS) as connection:
        yield connection


def received(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length and (more := connection.recv(length - len(data))):
        data += more
    return data


def is_silent(connection: socket.socket, seconds: float = 0.15) -> bool:
    connection.settimeout(seconds)
    try:
        return connection.recv(1) is None
    except TimeoutError:
        return True
    finally:
        connection.settimeout(SECONDS)


def test_a_fair_proxy_carries_everything_both_ways(proxy: Proxy) -> None:
    sent = bytes(range(256)) * 4096
    with client(proxy) as connection:
        connection.sendall(sent)
        assert received(connection, len(sent)) == sent
        assert proxy.connections() == 1
    assert proxy.relayed_bytes == 2 * len(sent)


def test_it_passes_on_that_a_client_has_finished(proxy: Proxy, echo) -> None:
    with client(proxy) as connection:
        connection.sendall(FRAME)
        connection.shutdown(socket.SHUT_WR)
        assert received(connection, 100) == FRAME
    echo.until(lambda echo: echo.ended == 1)


def test_a_client_learns_at_once_that_nobody_is_there() -> None:
    with Proxy("127.0.0.1", free_port()) as proxy, client(proxy) as connection:
        assert received(connection, 1) == b""


def test_a_cut_resets_every_connection_on_both_sides(proxy: Proxy, echo) -> None:
    with client(proxy) as one, client(proxy) as other:
        for connection in (one, other):
            connection.sendall(FRAME)
            assert received(connection, len(FRAME)) == FRAME
        assert proxy.cut() == 2
        for connection in (one, other):
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
    echo.until(lambda echo: echo.ended == 2)


def test_after_a_cut_clients_may_come_back(proxy: Proxy) -> None:
    with client(proxy) as connection:
        connection.sendall(FRAME)
        assert received(connection, len(FRAME)) == FRAME
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    with client(proxy) as connection:
        connection.sendall(FRAME)
        assert received(connection, len(FRAME)) == FRAME


def test_a_mid_frame_cut_lets_half_a_request_pass(proxy: Proxy, echo) -> None:
    with client(proxy) as connection:
        connection.sendall(FRAME)
        assert received(connection, len(FRAME)) == FRAME
        proxy.cut_mid_frame(Direction.TO_BROKER)
        connection.sendall(FRAME)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    echo.until(lambda echo: echo.ended == 1)
    assert len(FRAME) < len(echo.heard) < 2 * len(FRAME)


def test_a_mid_frame_cut_lets_half_an_answer_pass(proxy: Proxy, echo) -> None:
    with client(proxy) as connection:
        connection.sendall(FRAME)
        assert received(connection, len(FRAME)) == FRAME
        proxy.cut_mid_frame(Direction.TO_CLIENT)
        connection.sendall(FRAME)
        assert 0 < len(received(connection, 100)) < len(FRAME)
    echo.until(lambda echo: echo.heard == 2 * FRAME and echo.ended == 1)


def test_a_delay_delays_every_byte_and_loses_none(proxy: Proxy) -> None:
    proxy.conditions = Conditions(delay=0.1)
    with client(proxy) as connection:
        began = time.monotonic()
        for _ in range(20):
            connection.sendall(FRAME)
        assert received(connection, 20 * len(FRAME)) == 20 * FRAME
        assert 0.2 <= time.monotonic() - began < 2.0, "there and back, but not once for every frame"


def test_little_bandwidth_takes_its_time(proxy: Proxy) -> None:
    proxy.conditions = Conditions(bytes_per_second=20_000)
    with client(proxy) as connection:
        began = time.monotonic()
        connection.sendall(bytes(4_000))
        assert received(connection, 4_000) == bytes(4_000)
        assert time.monotonic() - began >= 0.15


@pytest.mark.parametrize(
    ("held", "heard"),
    [(BOTH, b""), (frozenset({Direction.TO_BROKER}), b""), (frozenset({Direction.TO_CLIENT}), FRAME)],
    ids=["both", "to the broker", "to the client"],
)
def test_what_a_black_hole_holds_arrives_when_it_is_gone(proxy: Proxy, echo, held: frozenset[Direction], heard: bytes) -> None:
    with client(proxy) as connection:
        proxy.conditions = Conditions(held=held)
        connection.sendall(FRAME)
        assert is_silent(connection)
        assert echo.heard == heard
        proxy.conditions = FAIR
        assert received(connection, len(FRAME)) == FRAME


def test_a_client_whose_broker_has_forgotten_it_hears_nothing_more(proxy: Proxy, echo) -> None:
    with client(proxy) as connection:
        connection.sendall(FRAME)
        assert received(connection, len(FRAME)) == FRAME
        assert proxy.half_open(Direction.TO_BROKER) == 1
        echo.until(lambda echo: echo.ended == 1)
        connection.sendall(FRAME)
        assert is_silent(connection)
        assert echo.heard == FRAME
        proxy.heal()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_broker_whose_client_has_gone_is_not_told_until_it_is_healed(proxy: Proxy, echo) -> None:
    with client(proxy) as connection:
        connection.sendall(FRAME)
        assert received(connection, len(FRAME)) == FRAME
        proxy.half_open(Direction.TO_CLIENT)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
        assert (echo.ended, proxy.connections()) == (0, 1)
        proxy.heal()
        echo.until(lambda echo: echo.ended == 1)


def test_healing_leaves_sound_connections_alone(proxy: Proxy) -> None:
    with client(proxy) as connection:
        proxy.conditions = Conditions(delay=0.05)
        proxy.heal()
        assert proxy.conditions == FAIR
        connection.sendall(FRAME)
        assert received(connection, len(FRAME)) == FRAME
