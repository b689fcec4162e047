"""The driver with a node that echoes: frames of all sizes, slow readers, broken peers."""

import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trio.testing
from echoing import Echo

from streambus.kernel import Closed, Congested, Connected, Relieved
from streambus.real import Driver, listen


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
