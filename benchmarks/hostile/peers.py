"""Those who do not behave: one short story per kind, told again whenever it is over.

Every peer is a trio task with a bare socket. `KINDS` says how many there are of each kind and how long each waits before it begins anew. A
story ends when the broker hangs up, or when it is told. It never hurts the broker's machine otherwise than through its listener.
"""

import random
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection

import attrs
import trio
from crc32c import crc32c

from ..wire import METADATA, PRODUCE, PRODUCE_VERSION, frame, produce_frame
from .clients import fetch_frame

API_VERSIONS = 18
HANG_UP = struct.pack("ii", 1, 0)
BOMB_BYTES = 256 << 20
PEERS_PER_ADDRESS = 5_000
FIRST_ADDRESS = 10
RECEIVE_BYTES = 64 * 1024
"""What the system keeps for a peer that does not read. More of it is more work for the broker before it notices, and no other work."""


@attrs.define
class Fate:
    """What became of the peers of one kind."""

    connected: int = 0
    refused: int = 0
    """Connections that could not be made."""
    hung_up: int = 0
    """Connections that the broker ended."""
    bytes_sent: int = 0
    bytes_received: int = 0


class Peer:
    """A connection of a peer, which counts for its fate."""

    def __init__(self, sock: "trio.socket.SocketType", fate: Fate, topic: str) -> None:
        self.sock = sock
        self.fate = fate
        self.topic = topic

    async def send(self, data: bytes) -> None:
        """Send all of it, however long the broker takes to read it."""
        view = memoryview(data)
        while view:
            sent = await self.sock.send(view)
            self.fate.bytes_sent += sent
            view = view[sent:]

    async def trickle(self, data: bytes, seconds: float = 1.0) -> None:
        """A byte now and then."""
        for place in range(len(data)):
            await self.send(data[place : place + 1])
            await trio.sleep(seconds)

    async def receive(self) -> bool:
        """Something that the broker sends; whether there is more to come."""
        received = len(await self.sock.recv(1 << 16))
        self.fate.bytes_received += received
        return bool(received)

    async def read_to_the_end(self) -> None:
        """Until the broker hangs up."""
        while await self.receive():
            pass


# The stories -------------------------------------------------------------------------------------------------------------


async def idle(peer: Peer) -> None:
    """Connects, and that is all."""
    await peer.read_to_the_end()


async def loris_length(peer: Peer) -> None:
    """Three of the four bytes of a length, and no more."""
    await peer.trickle(b"\0\0\0")
    await peer.read_to_the_end()


async def loris_header(peer: Peer) -> None:
    """A header that comes byte by byte."""
    await peer.trickle(frame(METADATA, 8, b"")[:-1])
    await peer.read_to_the_end()


async def loris_body(peer: Peer) -> None:
    """A megabyte of a produce, whose end comes byte by byte."""
    whole = produce_frame(peer.topic, 0, bytes(900_000))
    await peer.send(whole[:100_000])
    await peer.trickle(whole[100_000:])


async def claims_much(peer: Peer) -> None:
    """A length just within what is allowed, some of it, and silence."""
    await peer.send(struct.pack(">i", 100 * 1024 * 1024) + bytes(64 * 1024))
    await peer.read_to_the_end()


async def claims_too_much(peer: Peer) -> None:
    """A length that nobody allows."""
    await peer.send(struct.pack(">i", 2**31 - 1) + b"x" * 100)
    await peer.read_to_the_end()


async def claims_less_than_nothing(peer: Peer) -> None:
    """A negative length."""
    await peer.send(struct.pack(">i", -7) + b"x" * 100)
    await peer.read_to_the_end()


async def deaf_to_records(peer: Peer) -> None:
    """Asks for all records again and again, and never reads one."""
    request = fetch_frame(peer.topic, 0, 0)
    while True:
        await peer.send(request * 100)


async def deaf_to_metadata(peer: Peer) -> None:
    """The same with answers that are not in files."""
    request = frame(API_VERSIONS, 0, b"")
    while True:
        await peer.send(request * 100)


async def half_closed(peer: Peer) -> None:
    """Asks, says that it will not send any more, and waits for what comes."""
    await peer.send(frame(API_VERSIONS, 0, b""))
    peer.sock.shutdown(socket.SHUT_WR)
    await peer.read_to_the_end()


async def storm(peer: Peer) -> None:
    """Connects and leaves at once."""


async def garbage(peer: Peer) -> None:
    """Anything."""
    await peer.send(random.randbytes(random.randint(1, 2000)))
    await peer.read_to_the_end()


async def pipeline(peer: Peer) -> None:
    """Thousands of valid requests at once, whose answers it reads."""
    await peer.send(frame(API_VERSIONS, 0, b"") * 2_000)
    with trio.move_on_after(1.0):
        await peer.read_to_the_end()


async def unknown(peer: Peer) -> None:
    """A key or a version that does not exist."""
    await peer.send(random.choice((frame(999, 0, b"x" * 20), frame(PRODUCE, 99, b"x" * 20), frame(-1, -1, b""))))
    await peer.read_to_the_end()


async def many_elements(peer: Peer) -> None:
    """An array that claims to have two thousand million elements."""
    await peer.send(frame(METADATA, 8, struct.pack(">i", 2**31 - 1) + bytes(1000)))
    await peer.read_to_the_end()


async def many_fields(peer: Peer) -> None:
    """Tagged fields without number, in a header and around a body (ApiVersions 3)."""
    for count in (b"\xff\xff\xff\xff\x0f", b"\x80\x80\x80\x80\x80\x80\x80\x01", b"\x7f" + bytes(500)):
        message = struct.pack(">hhih", API_VERSIONS, 3, 7, -1) + count + bytes(100)
        await peer.send(struct.pack(">i", len(message)) + message)
    await peer.read_to_the_end()


async def bomb(peer: Peer) -> None:
    """A batch that grows to a quarter of a gigabyte when it is decompressed."""
    await peer.send(bomb_frame(peer.topic))
    await peer.receive()


async def vanish(peer: Peer) -> None:
    """Asks for everything, and is gone without a word when it comes."""
    await peer.send(fetch_frame(peer.topic, 0, 0) * 20)
    await peer.receive()
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HANG_UP)


Story = Callable[[Peer], Awaitable[None]]

KINDS: dict[str, tuple[Story, int, float]] = {
    "idle": (idle, 100, 1.0),
    "loris in the length": (loris_length, 80, 1.0),
    "loris in the header": (loris_header, 80, 1.0),
    "loris in the body": (loris_body, 80, 1.0),
    "claims 100 MiB": (claims_much, 80, 1.0),
    "claims 2 GiB": (claims_too_much, 50, 2.0),
    "claims less than nothing": (claims_less_than_nothing, 50, 2.0),
    "deaf, asks for records": (deaf_to_records, 50, 1.0),
    "deaf, asks for versions": (deaf_to_metadata, 50, 1.0),
    "half-closed": (half_closed, 50, 2.0),
    "storm": (storm, 50, 0.5),
    "garbage": (garbage, 60, 2.0),
    "pipeline": (pipeline, 20, 5.0),
    "unknown keys and versions": (unknown, 50, 2.0),
    "2,147,483,647 elements": (many_elements, 50, 2.0),
    "tagged fields": (many_fields, 40, 2.0),
    "bombs": (bomb, 10, 5.0),
    "fetches all, vanishes": (vanish, 50, 2.0),
}
"""Stories by name, how many peers tell each, and how many seconds they wait before they tell it again."""


# All of them -------------------------------------------------------------------------------------------------------------

_BOMB: list[bytes] = []


def bomb_frame(topic: str) -> bytes:
    """A produce of one gzip batch of zeros, which is as small as a topic's limit on batches wants it."""
    if not _BOMB:
        squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
        packed = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(BOMB_BYTES >> 20)) + squeeze.flush()
        _BOMB.append(packed)
    checked = struct.pack(">hiqqqhii", 1, 0, 1, 1, -1, -1, -1, 1) + _BOMB[0]
    batch = struct.pack(">qiibI", 0, 4 + 1 + 4 + len(checked), 0, 2, crc32c(checked)) + checked
    name = struct.pack(">h", len(topic)) + topic.encode()
    body = struct.pack(">hhii", -1, -1, 30_000, 1) + name + struct.pack(">iii", 1, 0, len(batch)) + batch
    return frame(PRODUCE, PRODUCE_VERSION, body)


def torment(port: int, topic: str, names: list[str], control: Connection) -> None:
    """Let all peers of these kinds loose until `control` says something; then send what became of them."""
    random.seed(1)
    control.send(trio.run(_torment, port, topic, names, control))


async def _torment(port: int, topic: str, names: list[str], control: Connection) -> dict[str, Fate]:
    fates = {name: Fate() for name in names}
    number = 0
    async with trio.open_nursery() as nursery:
        for name in names:
            story, count, pause = KINDS[name]
            for _ in range(count):
                nursery.start_soon(_live, port, topic, story, pause, fates[name], FIRST_ADDRESS + number // PEERS_PER_ADDRESS)
                number += 1
        await trio.lowlevel.wait_readable(control.fileno())
        control.recv()
        nursery.cancel_scope.cancel()
    return fates


async def _live(port: int, topic: str, story: Story, pause: float, fate: Fate, address: int) -> None:
    await trio.sleep(random.random() * pause)
    while True:
        sock = trio.socket.socket()
        try:
            with sock:
                try:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
                    await sock.bind((f"127.0.0.{address}", 0))
                    await sock.connect(("127.0.0.1", port))
                except OSError:
                    fate.refused += 1
                else:
                    fate.connected += 1
                    await story(Peer(sock, fate, topic))
                    fate.hung_up += story not in (storm, pipeline, bomb, vanish)
        except OSError:
            fate.hung_up += 1
        await trio.sleep(pause)
