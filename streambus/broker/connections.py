"""One client connection: requests in, answers out in the order of the requests.

Kafka promises that requests on one connection are answered in the order in which they were sent. Requests are carried out as they
arrive (so that five pipelined produces share one sync), so every request gets a **slot** in a queue, and answers leave from the
front of it.
"""

from __future__ import annotations

from collections import deque
from struct import Struct
from typing import TYPE_CHECKING, Any, Protocol

from streambus import wire
from streambus.kernel import Buffer, ConnectionId, Event, FileSlice, Instant, Part, Turn, message

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

SILENT: tuple[Part, ...] = ()
"""The answer to a request that has none: a produce with acks=0."""

PAUSED_STARTING = 1
"""The broker is not ready to serve yet."""
PAUSED_PIPELINE = 2
"""Too many requests of this connection are unanswered."""
PAUSED_CONGESTED = 4
"""The peer does not read its answers."""
PAUSED_PENDING = 8
"""The disk is behind everything that was produced."""
PAUSED_STOPPING = 16
"""The broker is shutting down: what was asked is answered, nothing more is read."""
PAUSED_ANSWERING = 32
"""What was asked for last is answered in portions, and there is more to come."""


SHORT_BYTES = 1024
"""In so few bytes there are not many requests."""

_length_at = Struct(">i").unpack_from


def end_of_frames(data: Buffer, frames_max: int) -> int:
    """Where the first `frames_max` frames of `data` end. All of it, if there are not more, or if what follows cannot be frames."""
    at, end = 0, len(data)
    for _ in range(frames_max):
        if end - at < 4:
            return end
        (length,) = _length_at(data, at)
        if length < 0:
            return end
        at += 4 + length
    return min(at, end)


@message
class Call:
    """One request of one connection, and the place in the queue where its answer goes."""

    connection: ConnectionId
    slot: int
    request: wire.Request


@message
class Answer:
    """What a call is answered with."""

    call: Call
    body: Any


class Step(Protocol):
    """What becomes of a call that has waited and is not to be answered yet."""

    def go_on(self, broker: Broker, turn: Turn) -> None:
        """Carry out what follows."""
        ...


Outcome = Answer | Step
"""What waiting leads to."""


@message
class AnswersReady(Event):
    """The answer at the front of a connection's queue can leave. Told once however many answers follow in the same turn."""

    connection: ConnectionId


class Connection:
    """What the broker knows of one client connection."""

    def __init__(self, connection: ConnectionId, listener: str, peer: str, wire_connection: wire.Connection, now: Instant) -> None:
        self.id = connection
        self.listener = listener
        self.peer = peer
        self.wire = wire_connection
        self.first_slot = 0
        self.slots: deque[tuple[Part, ...] | None] = deque()
        self.slices_kept: dict[int, Instant] = {}
        """Slots with slices of files that cannot leave before an earlier answer, and when they were filled. Files do not stay for ever."""
        self.held: deque[Call] = deque()
        """Requests that were understood and have not been carried out: the broker is not ready, or too many answers are on their way."""
        self.unread = b""
        """Whole frames that nobody has looked into: a few thousand fit into one piece of a stream, and others want their turn."""
        self.answered = 0
        """What the answers of this portion cost so far."""
        self.pauses = 0
        self.answers_told = False
        self.is_closing = False
        """It was given up: nothing that it asked for is carried out any more."""
        self.last_active = now

    def receive(self, data: Buffer, requests_max: int) -> list[wire.Request]:
        """The requests in `data`, the first `requests_max` of them if there are many; `receive_more` has the others."""
        if self.unread:
            self.unread += data
            return []
        if len(data) > SHORT_BYTES and not self.wire.reader.pending:
            end = end_of_frames(data, requests_max)
            if end < len(data):
                self.unread = bytes(memoryview(data)[end:])
                data = memoryview(data)[:end]
        return self.wire.receive(data)

    def receive_more(self, requests_max: int) -> list[wire.Request]:
        """The first of the requests that have not been looked into."""
        data, self.unread = self.unread, b""
        return self.receive(data, requests_max)

    def open_slot(self) -> int:
        """A place in the queue for the answer to the request that just arrived."""
        self.slots.append(None)
        return self.first_slot + len(self.slots) - 1

    def fill_slot(self, slot: int, parts: tuple[Part, ...], now: Instant) -> bool:
        """Put an answer in its place. True if it stands at the front."""
        self.slots[slot - self.first_slot] = parts
        if slot == self.first_slot:
            return True
        if any(isinstance(part, FileSlice) for part in parts):
            self.slices_kept[slot] = now
        return False

    def take_answers(self) -> tuple[tuple[Part, ...], Instant | None]:
        """Everything that can leave now, in order; and since when the oldest slices among it have been waiting, if any have."""
        slots = self.slots
        ready: list[Part] = []
        since: Instant | None = None
        while slots and slots[0] is not None:
            ready.extend(slots.popleft())  # type: ignore[arg-type]
            if self.slices_kept:
                kept = self.slices_kept.pop(self.first_slot, None)
                since = kept if since is None or (kept is not None and kept < since) else since
            self.first_slot += 1
        return tuple(ready), since
