"""The driver with a node that echoes: frames of all sizes, slow readers, broken peers."""

import resource
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest
import trio
import trio.testing
from echoing import Echo

from streambus.kernel import Closed, Congested, Connected, Received, Relieved, Severity, Trace
from streambus.real import CannotListen, Driver, listen
from streambus.real.connection import FLUSH_SECONDS


def frame(payload: bytes) -> bytes:
    return struct.pack(">i", len(payload)) + payload


@asynccontextmanager
async def hosted(node: Echo, folder: Path | None = None) -> AsyncIterator[int]:
    """`node` on a free port, until the block ends."""
    listening = listen("test", "127.0.0.1", 0)
    driver = Driver(node, folder=folder, listening=[listening])
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            await nursery.start(driver.run)
            yield listening.port
            driver.request_stop()


async def read(stream: trio.SocketStream, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        piece = await stream.receive_some(min(1 << 20, length - len(data)))
        assert piece, f"the connection ended after {len(data)} of {length} bytes"
        data += piece
    return bytes(data)


async def noted(condition: Callable[[], bool]) -> None:
    """Let everybody run until `condition` holds; the caller's time limit says when to give up."""
    while not condition():
        await trio.testing.wait_all_tasks_blocked(0.001)


def of(node: Echo, kind: type) -> list[object]:
    return [event for event in node.notes if isinstance(event, kind)]


@pytest.fixture(params=["memory", "disk"])
def echo(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Echo, Path | None]:
    if request.param == "disk":
        return Echo(durable=True, from_file=True), tmp_path
    return Echo(), None


@pytest.mark.parametrize("size", [0, 1, 100, 70_000, 131_068, 1_000_000, 5_000_000])
def test_a_frame_of_any_size_comes_back_whole(echo: tuple[Echo, Path | None], size: int) -> None:
    payload = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    async def story() -> None:
        node, folder = echo
        async with hosted(node, folder) as port, await trio.open_tcp_stream("127.0.0.1", port) as stream:
            for _ in range(3):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(stream.send_all, frame(payload))
                    assert await read(stream, size + 4) == frame(payload)

    trio.run(story)


def test_whole_frames_arrive_in_one_piece_however_they_were_sent() -> None:
    async def story() -> None:
        node = Echo()
        pieces = frame(b"a" * 50_000)
        async with hosted(node) as port, await trio.open_tcp_stream("127.0.0.1", port) as stream:
            for start in range(0, len(pieces), 7_001):
                await stream.send_all(pieces[start : start + 7_001])
                await trio.testing.wait_all_tasks_blocked(0.001)
            assert await read(stream, len(pieces)) == pieces
            assert node.receives == 1
            for byte in frame(b"abc"):
                await stream.send_all(bytes([byte]))
                await trio.testing.wait_all_tasks_blocked(0.001)
            assert await read(stream, 7) == frame(b"abc")
            assert node.receives == 2

    trio.run(story)


def test_many_small_frames_arrive_together() -> None:
    async def story() -> None:
        node = Echo()
        burst = b"".join(frame(b"%d" % number) for number in range(1_000))
        async with hosted(node) as port, await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(burst)
            assert await read(stream, len(burst)) == burst
        assert node.receives < 20

    trio.run(story)


@pytest.mark.parametrize("length", [-1, -(2**31), 2**31 - 1, 0x47455420])
def test_an_absurd_length_reaches_the_node_as_it_came(length: int) -> None:
    async def story() -> None:
        data = struct.pack(">i", length) + b"/ HTTP/1.1"
        async with hosted(Echo()) as port:
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(data)
                assert await read(stream, len(data)) == data
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(data[:3])
                await trio.testing.wait_all_tasks_blocked(0.01)
                await stream.send_all(data[3:])
                assert await read(stream, len(data)) == data

    trio.run(story)


def test_a_slow_reader_congests_and_is_relieved() -> None:
    async def story() -> None:
        node = Echo()
        data = frame(b"z" * 1_000_000)
        async with hosted(node) as port, await trio.open_tcp_stream("127.0.0.1", port) as stream:
            async with trio.open_nursery() as nursery:

                async def send() -> None:
                    for _ in range(40):
                        await stream.send_all(data)

                nursery.start_soon(send)
                await noted(lambda: bool(of(node, Congested)))
                assert not of(node, Relieved)
                for _ in range(40):
                    assert await read(stream, len(data)) == data
            assert of(node, Relieved)

    trio.run(story)


def test_a_reset_in_the_middle_of_a_frame_disturbs_nobody_else() -> None:
    async def story() -> None:
        node = Echo()
        async with hosted(node) as port, await trio.open_tcp_stream("127.0.0.1", port) as good:
            bad = socket.create_connection(("127.0.0.1", port))
            bad.sendall(struct.pack(">i", 10_000_000) + bytes(50_000))
            await noted(lambda: len(of(node, Connected)) == 2)
            bad.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            bad.close()
            await noted(lambda: bool(of(node, Closed)))
            assert of(node, Closed) == [Closed(2, "connection reset by peer")]  # type: ignore[arg-type]
            await good.send_all(frame(b"still here"))
            assert await read(good, 14) == frame(b"still here")

    trio.run(story)


def test_a_peer_that_has_finished_sending_still_gets_its_answers() -> None:
    async def story() -> None:
        node = Echo()
        data = frame(b"x" * 3_000_000)
        async with hosted(node) as port, await trio.open_tcp_stream("127.0.0.1", port) as stream:
            async with trio.open_nursery() as nursery:

                async def send() -> None:
                    await stream.send_all(data)
                    await stream.send_eof()

                nursery.start_soon(send)
                assert await read(stream, len(data)) == data
            assert await stream.receive_some() == b""
            await noted(lambda: bool(of(node, Closed)))
            assert of(node, Closed) == [Closed(1, "closed by the peer")]  # type: ignore[arg-type]

    trio.run(story)


def test_a_connection_the_node_closes_delivers_what_was_sent_before() -> None:
    async def story() -> None:
        node = Echo()
        async with hosted(node) as port, await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(frame(b"one"))
            assert await read(stream, 7) == frame(b"one")
            await stream.send_all(frame(b"quit"))
            assert await stream.receive_some() == b""
            await noted(lambda: bool(of(node, Closed)))
            assert of(node, Closed) == [Closed(1, "asked to")]  # type: ignore[arg-type]

    trio.run(story)


def test_a_thousand_connections_are_served() -> None:
    async def story() -> None:
        node = Echo()
        served = 0

        async def talk(port: int) -> None:
            nonlocal served
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(frame(b"hello"))
                assert await read(stream, 9) == frame(b"hello")
                served += 1
                if served == 1_000:
                    everybody.set()
                await everybody.wait()

        everybody = trio.Event()
        async with hosted(node) as port, trio.open_nursery() as nursery:
            for _ in range(1_000):
                nursery.start_soon(talk, port)
        assert [event.connection for event in of(node, Connected)] == list(range(1, 1_001))  # type: ignore[attr-defined]

    trio.run(story)


def test_a_peer_that_never_reads_is_let_go_when_the_node_closes() -> None:
    async def story() -> None:
        node = Echo()
        listening = listen("test", "127.0.0.1", 0)
        driver = Driver(node, listening=[listening])
        async with trio.open_nursery() as nursery:
            await nursery.start(driver.run)
            deaf = await trio.open_tcp_stream("127.0.0.1", listening.port)
            async with trio.open_nursery() as sending:
                sending.start_soon(send_until_broken, deaf, frame(b"z" * 1_000_000))
                while not of(node, Congested):
                    await trio.sleep(0.01)
                sending.cancel_scope.cancel()
            driver.feed(Received(1, b"\0\0\0\4quit"))  # type: ignore[arg-type]
            while not of(node, Closed):
                await trio.sleep(FLUSH_SECONDS / 2)
            assert of(node, Closed) == [Closed(1, "asked to")]  # type: ignore[arg-type]
            await deaf.aclose()
            nursery.cancel_scope.cancel()

    trio.run(story, clock=trio.testing.MockClock(autojump_threshold=0.05))


async def send_until_broken(stream: trio.SocketStream, data: bytes) -> None:
    with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        while True:
            await stream.send_all(data)


def test_a_peer_that_vanishes_while_it_is_sent_to_is_a_closed_connection() -> None:
    async def story() -> None:
        node = Echo()
        async with hosted(node) as port:
            peer = await trio.open_tcp_stream("127.0.0.1", port)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(send_until_broken, peer, frame(b"z" * 1_000_000))
                await noted(lambda: bool(of(node, Congested)))
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                peer.socket.close()
            await noted(lambda: bool(of(node, Closed)))
            (closed,) = of(node, Closed)
            assert isinstance(closed, Closed)
            assert closed.reason in ("connection reset by peer", "broken pipe")

    trio.run(story)


def test_effects_on_a_connection_that_is_gone_are_ignored() -> None:
    async def story() -> None:
        node = Echo()
        listening = listen("test", "127.0.0.1", 0)
        driver = Driver(node, listening=[listening])
        async with trio.open_nursery() as nursery:
            await nursery.start(driver.run)
            driver.feed(Received(9, b"\0\0\0\1x"))  # type: ignore[arg-type]
            driver.feed(Received(9, b"\0\0\0\4quit"))  # type: ignore[arg-type]
            driver.feed(Congested(9))  # type: ignore[arg-type]
            driver.feed(Relieved(9))  # type: ignore[arg-type]
            driver.request_stop()

    trio.run(story)


def test_without_descriptors_it_says_so_and_accepts_later() -> None:
    async def story() -> None:
        node = Echo()
        traced: list[Trace] = []
        listening = listen("test", "127.0.0.1", 0)
        driver = Driver(node, listening=[listening], trace=traced.append)
        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                await nursery.start(driver.run)
                peer = await trio.open_tcp_stream("127.0.0.1", listening.port)
                await peer.send_all(frame(b"one"))
                await read(peer, 7)
                with no_descriptors():
                    # A socket made before is connected now; the driver has none left to accept it with.
                    early.setblocking(False)
                    with suppress(BlockingIOError):
                        early.connect(("127.0.0.1", listening.port))
                    await noted(lambda: bool(traced))
                late = trio.SocketStream(trio.socket.from_stdlib_socket(early))
                await late.send_all(frame(b"two"))
                assert await read(late, 7) == frame(b"two")
                await late.aclose()
                await peer.aclose()
                driver.request_stop()
        assert traced[0] == Trace(Severity.WARNING, "cannot accept more connections", (("error", "EMFILE"),))

    early = socket.socket()
    trio.run(story)


@contextmanager
def no_descriptors() -> Iterator[None]:
    """This process may open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_ipv6_peers_are_named_with_brackets() -> None:
    async def story() -> None:
        node = Echo()
        listening = listen("six", "::1", 0)
        driver = Driver(node, listening=[listening])
        async with trio.open_nursery() as nursery:
            await nursery.start(driver.run)
            assert listening.address == f"[::1]:{listening.port}"
            async with await trio.open_tcp_stream("::1", listening.port) as stream:
                await stream.send_all(frame(b"one"))
                await read(stream, 7)
            (connected,) = of(node, Connected)
            assert isinstance(connected, Connected)
            assert connected.peer.startswith("[::1]:")
            assert connected.listener == "six"
            driver.request_stop()

    trio.run(story)


def test_an_address_that_cannot_be_listened_on_is_said_in_one_line() -> None:
    with pytest.raises(CannotListen, match=r"^cannot listen on no-such-host\.invalid:1: "):
        listen("test", "no-such-host.invalid", 1)
    with pytest.raises(CannotListen, match=r"^cannot listen on 192\.0\.2\.1:1: cannot assign requested address$"):
        listen("test", "192.0.2.1", 1)
