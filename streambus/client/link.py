"""A link: one purpose's connection to one address, over all of its lives."""

from collections import deque
from enum import Enum, auto

from streambus.kernel import ConnectionId, Event, Instant, message
from streambus.wire import ClientConnection, ErrorCode, Message


class Purpose(Enum):
    """What a connection is for. A fetch may be held for a long time and the answers on one connection keep their order: nothing else
    must wait behind it."""

    PRODUCE = "produce"
    FETCH = "fetch"
    ADMIN = "admin"


@message
class Endpoint:
    """Where a broker listens. `broker` is its id, or negative for an address out of the bootstrap list whose id we do not know."""

    broker: int
    host: str
    port: int


@message
class Answer:
    """The response to a request, in the version both sides speak. `body` is None if the request has no response."""

    body: Message | None
    version: int


@message
class NoAnswer:
    """There will be no response. `sent`: the broker may have seen the request, the outcome is unknown; else it surely has not.

    `error`: UNSUPPORTED_VERSION if the broker does not speak a version of the request that we speak, INVALID_REQUEST if the request
    cannot be written down.
    """

    sent: bool
    text: str
    error: ErrorCode | None = None


Reply = Answer | NoAnswer


class Outgoing:
    """A request on its way: its body, and the event `then` that happens with its `reply` filled in. None: nobody wants to know."""

    __slots__ = ("body", "deadline", "one_way", "then", "timeout", "version", "version_max")

    def __init__(self, body: Message, then: Event | None, version_max: int | None, timeout: int, *, one_way: bool) -> None:
        self.body = body
        self.then = then
        self.version_max = version_max
        self.timeout = timeout
        self.one_way = one_way
        self.version = -1
        self.deadline = Instant(0)


class LinkState(Enum):
    """Resting: no connection, none wanted. Waiting: for the back-off to end. Ready: the handshake is done."""

    RESTING = auto()
    WAITING = auto()
    CONNECTING = auto()
    NEGOTIATING = auto()
    READY = auto()


class Link:
    """What is queued for one address and purpose, and the state of the connection that will carry it.

    In RESTING the queue is empty; `connection` and `wire` exist from CONNECTING to READY; only READY has requests of others in flight.
    """

    __slots__ = (
        "congested",
        "connection",
        "due_at",
        "failures",
        "heard_at",
        "host",
        "in_flight",
        "number",
        "port",
        "purpose",
        "queue",
        "retry_at",
        "state",
        "used_at",
        "versions",
        "wire",
    )

    def __init__(self, number: int, host: str, port: int, purpose: Purpose) -> None:
        self.number = number
        self.host = host
        self.port = port
        self.purpose = purpose
        self.state = LinkState.RESTING
        self.connection: ConnectionId | None = None
        self.wire: ClientConnection | None = None
        self.versions: dict[int, tuple[int, int]] = {}
        self.queue: deque[Outgoing] = deque()
        self.in_flight: dict[int, Outgoing] = {}
        self.congested = False
        self.failures = 0
        self.retry_at = Instant(0)
        self.used_at = Instant(0)
        self.heard_at = Instant(0)
        self.due_at: Instant | None = None

    def choose_version(self, request: Outgoing) -> int | None:
        """The highest version of `request` that both sides speak and its sender allows, or None."""
        theirs = self.versions.get(request.body.API_KEY)
        if theirs is None:
            return None
        ours: range = request.body.VERSIONS
        highest = min(theirs[1], ours[-1], ours[-1] if request.version_max is None else request.version_max)
        return highest if highest >= max(theirs[0], ours[0]) else None

    def detach(self) -> tuple[list[Outgoing], list[Outgoing]]:
        """Forget the connection; return what was in flight on it and what was never sent."""
        in_flight, queued = list(self.in_flight.values()), list(self.queue)
        self.in_flight.clear()
        self.queue.clear()
        self.connection = self.wire = None
        self.versions = {}
        self.congested = False
        return in_flight, queued
