"""The smallest cluster: a notary that writes down what it hears and answers once that is durable, and a client that insists."""

from streambus.kernel import (
    SECOND,
    ClockAdjusted,
    Closed,
    Congested,
    Connected,
    ConnectionId,
    Create,
    Dial,
    Drained,
    Effect,
    Event,
    FileName,
    FileSlice,
    Node,
    Part,
    Read,
    Received,
    Relieved,
    Send,
    Started,
    Sync,
    SyncDirectory,
    Turn,
    Woken,
    Write,
    message,
)

BOOK = FileName("book")


@message
class Address:
    """Where a notary listens."""

    name: str
    host: str
    port: int


@message
class NotaryConfig:
    """A notary."""

    listeners: tuple[Address, ...] = (Address("door", "notary", 1),)


@message
class Opened(Event):
    """The book of an earlier life has been read."""

    data: bytes | None


@message
class Kept(Event):
    """The book is durable up to `position`."""

    position: int


class Notary(Node):
    """Answers every line it was sent with the line as its disk has it."""

    ROUTES = {
        Started: "on_started",
        Opened: "on_opened",
        Connected: "on_ignored",
        Closed: "on_ignored",
        Congested: "on_ignored",
        Relieved: "on_ignored",
        ClockAdjusted: "on_ignored",
        Received: "on_received",
        Drained: "on_drained",
        Kept: "on_kept",
    }

    def __init__(self, config: NotaryConfig) -> None:
        super().__init__()
        self.config = config
        self.is_open = False
        self.end = 0
        self.rests: dict[ConnectionId, bytes] = {}
        self.unwritten: list[bytes] = []
        self.unanswered: list[tuple[int, ConnectionId, FileSlice]] = []

    def on_started(self, turn: Turn, _: Started) -> None:
        turn.do(Read(BOOK, 0, 1 << 30, Opened(None)))

    def on_opened(self, turn: Turn, event: Opened) -> None:
        if event.data is None:
            turn.do(Create(BOOK))
            turn.do(SyncDirectory())
        self.end = len(event.data or b"")
        self.is_open = True

    def on_ignored(self, turn: Turn, event: Event) -> None:
        pass

    def on_received(self, _: Turn, event: Received) -> None:
        *lines, rest = (self.rests.get(event.connection, b"") + bytes(event.data)).split(b"\n")
        self.rests[event.connection] = rest
        for line in lines:
            written = line + b"\n"
            self.unwritten.append(written)
            self.unanswered.append((self.end + len(written), event.connection, FileSlice(BOOK, self.end, len(written))))
            self.end += len(written)

    def on_drained(self, turn: Turn, _: Drained) -> None:
        if self.is_open and self.unwritten:
            data = b"".join(self.unwritten)
            self.unwritten.clear()
            turn.do(Write(BOOK, self.end - len(data), (data,)))
            turn.do(Sync(BOOK, Kept(self.end)))

    def on_kept(self, turn: Turn, event: Kept) -> None:
        while self.unanswered and self.unanswered[0][0] <= event.position:
            _, connection, part = self.unanswered.pop(0)
            parts: tuple[Part, ...] = (part,)
            turn.do(Send(connection, parts))


@message
class ClientConfig:
    """A client who says `lines` lines, each once the last one was answered."""

    lines: int


@message
class Said(Effect):
    """The client's user learns that a line was kept."""

    line: bytes


@message
class TryAgain(Event):
    """It is time to dial again."""


class Client(Node):
    """Says its lines one by one, again after a reset, until each has been answered."""

    ROUTES = {
        Started: "dial",
        TryAgain: "dial",
        Connected: "say",
        Closed: "on_closed",
        Received: "on_received",
        Drained: "on_ignored",
        ClockAdjusted: "on_ignored",
        Woken: "on_ignored",
    }

    def __init__(self, config: ClientConfig) -> None:
        super().__init__()
        self.lines = config.lines
        self.said = 0
        self.connection = 0
        self.answer = b""

    def dial(self, turn: Turn, _: Event) -> None:
        self.connection -= 1
        self.answer = b""
        turn.do(Dial(ConnectionId(self.connection), "notary", 1))

    def say(self, turn: Turn, _: Event) -> None:
        if self.said < self.lines:
            turn.do(Send(ConnectionId(self.connection), (b"line %d" % self.said, b"\n")))
            turn.wake_after(SECOND, TryAgain())

    def on_closed(self, turn: Turn, event: Closed) -> None:
        if event.connection == self.connection:
            turn.wake_after(10_000 + turn.dice.below(1_000), TryAgain())

    def on_received(self, turn: Turn, event: Received) -> None:
        if event.connection != self.connection:
            return
        self.answer += bytes(event.data)
        if self.answer.endswith(b"\n"):
            turn.do(Said(self.answer))
            turn.cancel(TryAgain())
            self.answer = b""
            self.said += 1
            self.say(turn, event)

    def on_ignored(self, turn: Turn, event: Event) -> None:
        pass


class PlainDisk:
    """A disk that loses nothing but what it was never asked to do."""

    def __init__(self) -> None:
        self.files: dict[FileName, bytearray] = {}
        self.worked_bytes = 0

    def perform(self, effect: Effect) -> Event | None:
        if isinstance(effect, Create):
            self.files[effect.file] = bytearray()
        elif isinstance(effect, Write):
            data = b"".join(effect.parts)
            self.files[effect.file][effect.position : effect.position + len(data)] = data
        elif isinstance(effect, Read):
            found = self.files.get(effect.file)
            return type(effect.then)(None if found is None else bytes(found))
        elif isinstance(effect, Sync | SyncDirectory):
            return effect.then
        return None

    def read_slice(self, part: FileSlice) -> bytes:
        return bytes(self.files[part.file][part.position : part.position + part.length])

    def perform_soundly(self, effect: Effect) -> Event | None:
        return self.perform(effect)

    def perform_partly(self, effect: Effect) -> None:
        pass

    def read_soundly(self, part: FileSlice) -> bytes:
        return self.read_slice(part)

    def crash_process(self) -> None:
        pass

    def power_cut(self, dice: object, survival: object = None, names: object = None) -> None:
        pass


__all__ = ["Address", "Client", "ClientConfig", "Notary", "NotaryConfig", "PlainDisk", "Said"]
