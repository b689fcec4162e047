"""What is remembered while a run is written down: of the run as a whole, and of each life while it lasts."""

from collections import deque

import attrs

from streambus.kernel import Effect
from streambus.sim.explain.durability import Durability
from streambus.sim.explain.events import Happening, Kind, Message, Move
from streambus.sim.explain.speech import Names
from streambus.sim.life import Life
from streambus.sim.oracles.door import Asked, Door
from streambus.sim.simulation import Simulation


@attrs.define(eq=False)
class Stream:
    """What one end of a connection has sent: how many bytes, and which message ends where."""

    sent: int = 0
    received: int = 0
    messages: deque[tuple[int, Message]] = attrs.field(factory=deque)


@attrs.define(eq=False)
class LifeLog:
    """What is remembered of one life while it lasts."""

    life: Life
    birth: int
    door: Door | None = None
    streams: dict[int, Stream] = attrs.field(factory=dict)
    peers: dict[int, tuple["LifeLog", int]] = attrs.field(factory=dict)
    buffers: dict[int, bytearray] = attrs.field(factory=dict)
    asked: dict[tuple[int, int], tuple[Asked, int]] = attrs.field(factory=dict)
    """Requests that await an answer, by connection and correlation id, with the step that received or sent them."""
    timers: dict[int, int] = attrs.field(factory=dict)
    burst: list[int] = attrs.field(factory=list)
    tickets: dict[int, int] = attrs.field(factory=dict)
    wishes: dict[str, int] = attrs.field(factory=dict)
    """By label of a record, the step that was asked to send it."""
    work: deque[tuple[Effect, Happening]] = attrs.field(factory=deque)
    """What the disk does one after the other."""
    long_work: list[tuple[Effect, Happening]] = attrs.field(factory=list)
    """What is done beside that."""
    sent: dict[str, int] = attrs.field(factory=dict)
    """By label of a record, the step that sent it last."""
    last_loss: int | None = None
    """The step that heard last of a lost connection."""
    closings: dict[int, int] = attrs.field(factory=dict)
    last_poll: int | None = None
    last_step: int | None = None
    marks: dict[tuple[str, str], int] = attrs.field(factory=dict)
    moved_by: dict[tuple[str, str], int] = attrs.field(factory=dict)
    is_recovered: bool = False
    recovery: int | None = None
    """The step that ended the recovery of a life that is not the first."""
    durability: Durability = attrs.field(factory=Durability)


class Chronicle:
    """All that has happened so far."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.happenings: list[Happening] = []
        self.messages: list[Message] = []
        self.moves: list[Move] = []
        self.names = Names()
        self.lives: dict[str, LifeLog] = {}
        self.ends: dict[str, Happening] = {}
        """By host, what ended its last life."""
        self.before: dict[str, LifeLog] = {}
        """By host, its last life."""
        self.brought: dict[str, tuple[str, ...]] = {}
        """The records that the requests of this step bring, by partition."""
        self.first_places: dict[tuple[str, str], tuple[int, int]] = {}
        """Where each record was appended first: log and label to offset and step."""

    @property
    def now(self) -> int:
        """Simulated time."""
        return self.simulation.agenda.now

    def new(self, kind: Kind, lane: str, title: str) -> Happening:
        """Something happens now."""
        happening = Happening(len(self.happenings), self.now, kind, lane, title)
        self.happenings.append(happening)
        return happening
