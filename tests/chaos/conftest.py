"""What tests of the chaos package need of the machine; what it does not have is said in the list of skipped tests."""

import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from streambus.chaos.equipment import Equipment, missing
from streambus.chaos.guardian import Guardian
from streambus.chaos.stage import Stage, staged
from streambus.chaos.topics import topics_of
from streambus.checkers import History


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "equipment(*equipment): skip, with the reason, where the machine does not allow this equipment")
    config.addinivalue_line(
        "filterwarnings", r"ignore:.*is deprecated. Use files\(\):DeprecationWarning"
    )  # kafka-python reads its schemas so


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("equipment"):
        why = missing(marker.args)
        if why is not None:
            pytest.skip(f"needs {', '.join(each.value for each in marker.args)}; {why}")


class Echo:
    """A server that sends back what it gets. `heard` is all it ever got, `ended` how many of its connections are over."""

    def __init__(self) -> None:
        self.heard = b""
        self.ended = 0
        self.changed = threading.Condition()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.door.getsockname()[1])
        self.open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.door.accept()
                self.open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            while data := connection.recv(65536):
                with self.changed:
                    self.heard += data
                    self.changed.notify_all()
                connection.sendall(data)
        connection.close()
        with self.changed:
            self.ended += 1
            self.changed.notify_all()

    def until(self, condition: Callable[["Echo"], bool]) -> None:
        """Wait until it has come to that."""
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), 5), (self.heard[:100], self.ended)

    def close(self) -> None:
        self.door.close()
        for connection in self.open:
            connection.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


MakeStage = Callable[..., Stage]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[MakeStage]:
    """A function that makes a stage with some equipment. Its waits are over before they begin."""
    with ExitStack() as stack:
        guardian = stack.enter_context(Guardian())

        def make(*equipment: Equipment, seed: int = 1) -> Stage:
            topics = topics_of("test")
            made = stack.enter_context(
                staged(tmp_path, equipment, topics, seed=seed, history=History(), guardian=guardian, small_disk_bytes=16 * 1024 * 1024)
            )
            made.over.set()
            made.dice = random.Random(seed)
            return made

        yield make
