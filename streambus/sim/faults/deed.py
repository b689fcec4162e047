"""What a fault is: a value that knows how it is drawn, how it begins and how it ends."""

import re
from typing import Protocol, Self

import attrs

from streambus.kernel import Prng
from streambus.sim.disk import SimulatedDisk
from streambus.sim.faults.mix import FaultMix
from streambus.sim.simulation import Simulation


@attrs.frozen
class Cast:
    """Who can be befallen: hosts by name."""

    brokers: tuple[str, ...]
    clients: tuple[str, ...]

    def a_broker(self, dice: Prng) -> str:
        """One of the brokers."""
        return self.brokers[dice.below(len(self.brokers))]

    def a_client(self, dice: Prng) -> str:
        """One of the clients."""
        return self.clients[dice.below(len(self.clients))]

    def a_pair(self, dice: Prng) -> tuple[str, str]:
        """A broker, and somebody whom it talks to."""
        broker = self.a_broker(dice)
        others = [name for name in self.brokers + self.clients if name != broker]
        return broker, others[dice.below(len(others))]

    def a_direction(self, dice: Prng) -> tuple[str, str]:
        """From a broker to somebody, or back."""
        pair = self.a_pair(dice)
        return pair if dice.chance(1, 2) else pair[::-1]

    def anybody(self, dice: Prng) -> str:
        """One of all hosts."""
        everybody = self.brokers + self.clients
        return everybody[dice.below(len(everybody))]


class Deed(Protocol):
    """One fault as it is done: it begins, lasts and ends. All its random choices come from the dice it is given."""

    @property
    def target(self) -> str:
        """What it is done to."""
        ...

    @property
    def lasts(self) -> int:
        """Microseconds from `begin` to `end`."""
        ...

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """One of this kind, as bad as `mix` allows."""
        ...

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Do it. False if it cannot be done now: then it has no end either."""
        ...

    def end(self, simulation: Simulation) -> str | None:
        """Undo it. What was really done, for people, if that is not plain from its fields."""
        ...


@attrs.frozen
class Planned:
    """A fault with its date, in microseconds since the start. `luck` seeds the choices it makes when it happens."""

    at: int
    deed: Deed
    luck: int = 0


def disk_of(simulation: Simulation, target: str) -> SimulatedDisk:
    """The disk of a host, which a fault of disks is done to."""
    disk = simulation.hosts[target].disk
    assert isinstance(disk, SimulatedDisk)
    return disk


def words(kind: type) -> str:
    """The name of a kind of fault for people: `process kill`."""
    return snake(kind).replace("_", " ")


def snake(kind: type) -> str:
    """The name of a kind of fault as settings are named: `process_kill`."""
    return re.sub(r"(?<=.)([A-Z])", r"_\1", kind.__name__).lower()
