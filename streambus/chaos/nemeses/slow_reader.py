"""Ask and never listen."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import ClassVar

from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Target
from streambus.chaos.stage import Stage
from streambus.chaos.topics import PARTITIONS
from streambus.kernel import FileSlice
from streambus.wire import ClientConnection
from streambus.wire.messages import FetchRequest

READERS = 8
REQUESTS_EACH = 200
FETCH_VERSION = 12
"""The last one that names topics by their names."""

RECEIVE_BUFFER_BYTES = 4096
ANSWER_BYTES = 50 * 1024 * 1024
BROKER_BYTES_MAX = 512 * 1024 * 1024
"""What a broker may take of memory, whatever its clients do not read. It starts with a tenth of it."""


class SlowReader:
    """Slow readers: clients that ask for everything there is, again and again, and never read an answer.

    May break: the memory of a broker that keeps answers for them; other clients, if somebody waits until they have read.
    """

    name: ClassVar[str] = "slow-reader"
    target: ClassVar[Target] = "network"
    equipment: ClassVar[tuple[Equipment, ...]] = ()

    def strike(self, stage: Stage) -> None:
        """Connect some of them, past the proxy, which would read in their place; look at the broker's memory; let them go."""
        with stage.fault("slow readers", "network") as details, ExitStack() as stack:
            host, _, port = stage.broker.address.rpartition(":")
            asked = 0
            for _ in range(READERS):
                try:
                    asked += _ask_for_everything(stack.enter_context(_deaf(host, int(port))), stage.topics.values())
                except OSError:
                    continue  # the broker, or the way to it, is somebody else's victim at the moment
            memory = _most_memory_during(stage)
            details += [f"{asked} bytes of requests", f"broker uses {memory // 1_000_000} MB"]
            if memory > BROKER_BYTES_MAX:
                stage.violations.append(f"the broker uses {memory:,} bytes of memory because of {READERS} clients that do not read")


def _most_memory_during(stage: Stage) -> int:
    """Wait, and say how much memory the broker came to use; not longer than until it is too much."""
    most = 0
    for _ in range(stage.dice.randrange(5, 30)):
        most = max(most, resident_bytes(stage))
        if most > BROKER_BYTES_MAX:
            break
        stage.wait(0.1, 0.1)
    return most


def resident_bytes(stage: Stage) -> int:
    """The memory of the broker; 0 if it does not run."""
    process = stage.broker.process
    try:
        status = Path(f"/proc/{process.pid}/status").read_text() if process is not None else ""
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


@contextmanager
def _deaf(host: str, port: int) -> Iterator[socket.socket]:
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        deaf.settimeout(2)
        deaf.connect((host, port))
        deaf.setblocking(False)
        yield deaf


def _ask_for_everything(deaf: socket.socket, topics: Iterable[str]) -> int:
    """Send requests until enough are sent or the broker reads no more. How many bytes it took."""
    connection, request, sent = ClientConnection("slow-reader"), _everything(topics), 0
    for _ in range(REQUESTS_EACH):
        _, parts = connection.send(request, FETCH_VERSION)
        frame = b"".join([part for part in parts if not isinstance(part, FileSlice)])
        try:
            taken = deaf.send(frame)
        except (BlockingIOError, ConnectionError):
            break
        sent += taken
        if taken < len(frame):
            break
    return sent


def _everything(topics: Iterable[str]) -> FetchRequest:
    partitions = [
        FetchRequest.FetchPartition(partition=number, fetch_offset=0, partition_max_bytes=ANSWER_BYTES) for number in range(PARTITIONS)
    ]
    return FetchRequest(
        replica_id=-1,
        max_wait_ms=0,
        min_bytes=0,
        max_bytes=ANSWER_BYTES,
        session_epoch=-1,
        topics=[FetchRequest.FetchTopic(topic=topic, partitions=partitions) for topic in topics],
    )
