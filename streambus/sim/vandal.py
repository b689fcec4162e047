"""A vandal: a peer that does not speak the protocol, or speaks it badly. What it sends must disturb nobody but itself."""

from collections.abc import Callable
from typing import ClassVar

from streambus.kernel import (
    MILLISECOND,
    Close,
    Closed,
    Congested,
    Connected,
    ConnectionId,
    Dial,
    Drained,
    Event,
    Instant,
    Node,
    Prng,
    Received,
    Relieved,
    Routes,
    Send,
    Started,
    Turn,
    Woken,
    message,
)
from streambus.wire import ApiKey, ClientConnection, messages

PATIENCE = 2_000 * MILLISECOND
"""A vandal that is not thrown out hangs up after so long."""

BETWEEN_PIECES = 3 * MILLISECOND

Pieces = list[bytes]


@message
class VandalConfig:
    """Whom it visits."""

    host: str
    port: int


@message
class Spoil(Event):
    """Go and play `trick`. `luck` decides the details."""

    trick: str
    luck: int


@message
class NextPiece(Event):
    """It is time to send a little more."""

    connection: ConnectionId


@message
class Bored(Event):
    """Nothing happens here any more."""

    connection: ConnectionId


class Vandal(Node):
    """Every trick is played on a connection of its own."""

    ROUTES: ClassVar[Routes] = {
        Started: "on_nothing",
        Drained: "on_nothing",
        Woken: "on_nothing",
        Received: "on_nothing",
        Congested: "on_nothing",
        Relieved: "on_nothing",
        Spoil: "on_spoil",
        Connected: "on_connected",
        NextPiece: "on_next_piece",
        Bored: "on_bored",
        Closed: "on_closed",
    }

    def __init__(self, config: VandalConfig) -> None:
        super().__init__()
        self.config = config
        self.visits = 0
        self.pieces: dict[ConnectionId, Pieces] = {}

    def on_nothing(self, turn: Turn, event: Event) -> None:
        """A vandal does not listen."""

    def on_spoil(self, turn: Turn, event: Spoil) -> None:
        """Prepare what to send, and dial."""
        self.visits += 1
        connection = ConnectionId(-self.visits)
        self.pieces[connection] = TRICKS[event.trick](Prng(event.luck))
        turn.do(Dial(connection, self.config.host, self.config.port))

    def on_connected(self, turn: Turn, event: Connected) -> None:
        """Begin."""
        self.on_next_piece(turn, NextPiece(event.connection))
        turn.wake_at(Instant(turn.now + PATIENCE), Bored(event.connection))

    def on_next_piece(self, turn: Turn, event: NextPiece) -> None:
        """Send a piece; the next one follows soon."""
        pieces = self.pieces.get(event.connection)
        if pieces:
            turn.do(Send(event.connection, (pieces.pop(0),)))
            turn.wake_after(BETWEEN_PIECES, event)

    def on_bored(self, turn: Turn, event: Bored) -> None:
        """Hang up, in the middle of whatever it was."""
        turn.do(Close(event.connection, "bored"))

    def on_closed(self, turn: Turn, event: Closed) -> None:
        """Thrown out, or never let in."""
        self.pieces.pop(event.connection, None)
        turn.cancel(NextPiece(event.connection))
        turn.cancel(Bored(event.connection))


def _noise(dice: Prng) -> Pieces:
    """Anything."""
    return [dice.bytes(1 + dice.below(300))]


def _huge(dice: Prng) -> Pieces:
    """A frame that claims to be as large as a length can say, and a little of it."""
    return [b"\x7f\xff\xff\xff" + dice.bytes(dice.below(64))]


def _negative(dice: Prng) -> Pieces:
    """A frame of negative length."""
    return [b"\xff\xff\xff" + dice.bytes(9)]


def _half(dice: Prng) -> Pieces:
    """Half a request, and then nothing."""
    frame = _versions_request()
    return [frame[: 1 + dice.below(len(frame) - 1)]]


def _drip(_dice: Prng) -> Pieces:
    """A request byte by byte."""
    return [bytes([byte]) for byte in _versions_request()]


def _stranger(dice: Prng) -> Pieces:
    """A request that nobody has ever heard of, or in a version that is not there yet."""
    key, version = (dice.between(200, 2_000), 0) if dice.chance(1, 2) else (ApiKey.FETCH, dice.between(90, 500))
    body = dice.bytes(dice.below(40))
    header = int(key).to_bytes(2, "big") + version.to_bytes(2, "big") + dice.bytes(4) + b"\xff\xff"
    return [_framed(header + body)]


def _nonsense(dice: Prng) -> Pieces:
    """A header that is right, and a body that is not."""
    key = (ApiKey.PRODUCE, ApiKey.FETCH, ApiKey.METADATA, ApiKey.LIST_OFFSETS, ApiKey.CREATE_TOPICS)[dice.below(5)]
    header = int(key).to_bytes(2, "big") + (7).to_bytes(2, "big") + dice.bytes(4) + b"\x00\x01x"
    return [_framed(header + dice.bytes(dice.below(200)))]


def _flood(dice: Prng) -> Pieces:
    """Dozens of requests at once, whose answers nobody reads."""
    return [_versions_request() * (20 + dice.below(60))]


def _rest_is_noise(dice: Prng) -> Pieces:
    """A request as it should be, and noise behind it: it is answered, then the connection ends."""
    return [_versions_request() + dice.bytes(64)]


TRICKS: dict[str, Callable[[Prng], Pieces]] = {
    "noise": _noise,
    "huge": _huge,
    "negative": _negative,
    "half": _half,
    "drip": _drip,
    "stranger": _stranger,
    "nonsense": _nonsense,
    "flood": _flood,
    "rest is noise": _rest_is_noise,
}
"""What can be done to somebody who listens."""


def _versions_request() -> bytes:
    _, parts = ClientConnection("vandal").send(messages.ApiVersionsRequest(), 0)
    return b"".join(bytes(part) for part in parts)  # type: ignore[arg-type]


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
