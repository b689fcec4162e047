"""A tiny node for trying the driver: it sends back what it receives, durable first if asked to."""

from collections import deque
from typing import ClassVar

from streambus.kernel import (
    Close,
    Closed,
    Congested,
    Connected,
    ConnectionId,
    Create,
    DiskFailed,
    Drained,
    Event,
    FileName,
    FileSlice,
    Halt,
    Node,
    Pause,
    Received,
    Relieved,
    Resume,
    Routes,
    Send,
    Started,
    StopRequested,
    Sync,
    SyncDirectory,
    Turn,
    Write,
    message,
)

LOG = FileName("log")


@message
class Durable(Event):
    """Everything below `position` is on disk."""

    position: int


class Echo(Node):
    """Echoes. `durable`: writes what came to a file and answers once it is synced, like a broker does."""

    ROUTES: ClassVar[Routes] = {
        Started: "on_started",
        StopRequested: "on_stop_requested",
        Connected: "note",
        Received: "on_received",
        Closed: "note",
        Congested: "on_congested",
        Relieved: "on_relieved",
        Drained: "flush",
        Durable: "on_durable",
        DiskFailed: "note",
    }

    def __init__(self, *, durable: bool = False, from_file: bool = False) -> None:
        super().__init__()
        self.durable = durable
        self.from_file = from_file
        self.notes: list[Event] = []
        self.position = 0
        self.gathered: list[tuple[ConnectionId, memoryview]] = []
        self.syncing: deque[tuple[ConnectionId, object]] = deque()
        self.syncs = 0
        self.drains = 0
        self.receives = 0

    def on_started(self, turn: Turn, _: Started) -> None:
        if self.durable:
            turn.do(Create(LOG))
            turn.do(SyncDirectory())

    def on_stop_requested(self, turn: Turn, _: StopRequested) -> None:
        turn.do(Halt())

    def note(self, _: Turn, event: Event) -> None:
        self.notes.append(event)

    def on_received(self, turn: Turn, event: Received) -> None:
        self.receives += 1
        if event.data == b"\0\0\0\4quit":
            turn.do(Close(event.connection, "asked to"))
        elif self.durable:
            self.gathered.append((event.connection, event.data))
        else:
            turn.do(Send(event.connection, (event.data,)))

    def on_congested(self, turn: Turn, event: Congested) -> None:
        self.notes.append(event)
        turn.do(Pause(event.connection))

    def on_relieved(self, turn: Turn, event: Relieved) -> None:
        self.notes.append(event)
        turn.do(Resume(event.connection))

    def flush(self, turn: Turn, _: Drained | None = None) -> None:
        self.drains += 1
        if not self.gathered or self.syncing:
            return
        turn.do(Write(LOG, self.position, tuple(data for _, data in self.gathered)))
        for connection, data in self.gathered:
            self.syncing.append((connection, FileSlice(LOG, self.position, len(data)) if self.from_file else data))
            self.position += len(data)
        self.gathered.clear()
        self.syncs += 1
        turn.do(Sync(LOG, Durable(self.position)))

    def on_durable(self, turn: Turn, _: Durable) -> None:
        for connection, part in self.syncing:
            turn.do(Send(connection, (part,)))
        self.syncing.clear()
        self.flush(turn)
