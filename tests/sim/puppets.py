"""Puppets: nodes that do what a test tells them and remember what happened to them."""

from toy_nodes import PlainDisk

from streambus.kernel import (
    ClockAdjusted,
    Close,
    Closed,
    Congested,
    Connected,
    ConnectionId,
    Dial,
    DiskFailed,
    Drained,
    Effect,
    Event,
    Node,
    Received,
    Relieved,
    Send,
    Started,
    StopRequested,
    Turn,
    Woken,
    message,
)
from streambus.sim.network import LinkSpeed
from streambus.sim.simulation import Simulation


@message
class Address:
    """Where a puppet listens."""

    name: str
    host: str
    port: int


@message
class PuppetConfig:
    """A puppet."""

    listeners: tuple[Address, ...] = ()


@message
class Pulled(Event):
    """The test pulls a string."""

    effect: Effect


@message
class Read(Event):
    """A read that a test asked for."""

    data: bytes | None = None


class Puppet(Node):
    """Remembers `events` with their dates, does the effects that it is told to do."""

    ROUTES = {
        Pulled: "on_pulled",
        **dict.fromkeys(
            (Started, Connected, Received, Closed, Congested, Relieved, ClockAdjusted, StopRequested, DiskFailed, Read, Woken), "on_event"
        ),
        Drained: "on_drained",
    }

    def __init__(self, config: PuppetConfig) -> None:
        super().__init__()
        self.config = config
        self.events: list[Event] = []
        self.bursts: list[int] = [0]

    def on_pulled(self, turn: Turn, event: Pulled) -> None:
        self.bursts[-1] += 1
        turn.do(event.effect)

    def on_event(self, _: Turn, event: Event) -> None:
        self.bursts[-1] += 1
        self.events.append(event)

    def on_drained(self, _: Turn, _event: Drained) -> None:
        self.bursts.append(0)

    def heard(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if type(event) is kind]

    def data(self, connection: int) -> bytes:
        return b"".join(event.data for event in self.events if isinstance(event, Received) and event.connection == connection)


STEADY = LinkSpeed(tail=1)


class Stage:
    """Two puppets: `left` listens, `right` dials as connection -1."""

    def __init__(self, seed: int = 1, speed: LinkSpeed = STEADY) -> None:
        self.simulation = Simulation(seed, {PuppetConfig: Puppet}, speed)
        self.left_host = self.simulation.add_host("left", PuppetConfig((Address("door", "left", 1),)), PlainDisk())
        self.right_host = self.simulation.add_host("right", PuppetConfig(), PlainDisk())
        self.left_host.start()
        self.right_host.start()

    @property
    def left(self) -> Puppet:
        return self._puppet(self.left_host)

    @property
    def right(self) -> Puppet:
        return self._puppet(self.right_host)

    def _puppet(self, host: object) -> Puppet:
        node = host.life.node  # type: ignore[attr-defined]
        assert isinstance(node, Puppet)
        return node

    def pull_left(self, effect: Effect) -> None:
        self.left_host.tell(Pulled(effect))

    def pull_right(self, effect: Effect) -> None:
        self.right_host.tell(Pulled(effect))

    def connect(self) -> None:
        self.pull_right(Dial(ConnectionId(-1), "left", 1))
        self.run()

    def say_right(self, data: bytes) -> None:
        self.pull_right(Send(ConnectionId(-1), (data,)))

    def pull_right_on(self, connection: int, data: bytes) -> None:
        self.pull_right(Send(ConnectionId(connection), (data,)))

    def say_left(self, data: bytes) -> None:
        self.pull_left(Send(ConnectionId(1), (data,)))

    def hang_up(self) -> None:
        self.pull_right(Close(ConnectionId(-1), "enough"))

    def run(self, microseconds: int = 2_000_000) -> None:
        self.simulation.run(self.simulation.agenda.now + microseconds)
        assert self.simulation.failures == []
