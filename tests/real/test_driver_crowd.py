"""A crowd of connections with frames of all sizes: every byte comes back to whom it belongs, from buffers that are used again and again."""

import struct
from pathlib import Path
from random import Random

import pytest
import trio
from echoing import Echo

from streambus.real import Driver, listen

CONNECTIONS = 20
FRAMES = 40
IN_FLIGHT = 5


def frame(random: Random) -> bytes:
    size = random.choice((0, 10, 200, 5_000, 70_000, 140_000, 400_000))
    size += random.randrange(100)
    return struct.pack(">i", size) + random.randbytes(16) * (size // 16) + random.randbytes(size % 16)


async def talk(port: int, seed: int) -> None:
    """Send frames, a few in flight, and compare what comes back. Every fourth talker hangs up in the middle."""
    random = Random(seed)
    frames = [frame(random) for _ in range(FRAMES)]
    permits = trio.Semaphore(IN_FLIGHT)
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream, trio.open_nursery() as nursery:

        async def send() -> None:
            for each in frames:
                await permits.acquire()
                await stream.send_all(each)

        nursery.start_soon(send)
        for each in frames[: FRAMES // 2 if seed % 4 == 0 else FRAMES]:
            received = bytearray()
            while len(received) < len(each):
                received += await stream.receive_some(len(each) - len(received))
            assert received == each
            permits.release()
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("kind", ["memory", "durable", "from file"])
def test_every_byte_comes_back_to_whom_it_belongs(tmp_path: Path, kind: str) -> None:
    async def story() -> None:
        listening = listen("test", "127.0.0.1", 0)
        node = Echo(durable=kind != "memory", from_file=kind == "from file")
        driver = Driver(node, folder=tmp_path, listening=[listening])
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                await nursery.start(driver.run)
                async with trio.open_nursery() as crowd:
                    for seed in range(CONNECTIONS):
                        crowd.start_soon(talk, listening.port, seed)
                driver.request_stop()

    trio.run(story)
