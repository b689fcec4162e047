"""An endpoint: one end of a connection, with what has arrived there and what keeps it from being delivered."""

from collections import deque
from enum import Enum, IntFlag
from typing import TYPE_CHECKING

from streambus.kernel import Closed, ConnectionId, Event
from streambus.sim.link import Link

if TYPE_CHECKING:
    from streambus.sim.life import Life


class Stop(IntFlag):
    """Why an endpoint delivers nothing."""

    PAUSED = 1
    """Its node asked for it."""
    STOPPED = 2
    """Its node takes no step: what arrives stays in the socket's buffer."""
    SLOW = 4
    """Its node reads slowly: `trickle` gives it a little now and then."""
    DETOURED = 8
    """Its packets are still on their way."""


PAUSED, NEVER_PAUSED = int(Stop.PAUSED), ~int(Stop.PAUSED)


class Afterlife(Enum):
    """What becomes of bytes that reach an end that is closed."""

    IGNORED = "ignored"
    """The peer was told, or will be."""
    LOST = "lost"
    """Nobody answers."""
    REJECTED = "rejected"
    """The sender is reset."""


class Endpoint:
    """One end of a connection, as the life that holds it has it. `link` is the one over which this end *receives*."""

    __slots__ = (
        "afterlife",
        "allowance",
        "connection",
        "glued",
        "held",
        "is_closing",
        "is_congested",
        "is_open",
        "last_arrival",
        "life",
        "link",
        "other",
        "stops",
        "under_way",
    )

    other: "Endpoint"

    def __init__(self, life: "Life | Nobody", connection: ConnectionId, link: Link) -> None:
        self.life = life
        self.connection = connection
        self.link = link
        self.is_open = True
        self.is_closing = False
        self.is_congested = False
        self.stops: int = life.socket_stops
        self.afterlife = Afterlife.IGNORED
        self.glued = False
        self.last_arrival = 0
        self.under_way = 0
        """Bytes sent to this end and not yet delivered to its node."""
        self.allowance: int | None = None
        """After a reset: how many of them still arrive."""
        self.held: deque[bytes | Closed] = deque()
        """What has arrived but waits for the link or for the node to read again."""
        link.endpoints[self] = None


class Nobody:
    """Holds the other end of a connection that nobody made. Stands where a life would."""

    is_over = True
    socket_stops = 0

    def __init__(self, name: str) -> None:
        self.name = name
        self.endpoints: dict[ConnectionId, Endpoint] = {}
        self.host = self
        self.life = None

    def enqueue(self, event: Event) -> None:
        """Nothing happens to nobody."""

    def receive(self, connection: ConnectionId, data: bytes, *, glued: bool) -> None:
        """Nobody hears."""
