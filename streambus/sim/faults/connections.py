"""Faults of single connections and of those who make them."""

from typing import Self

import attrs

from streambus.kernel import MILLISECOND, Prng
from streambus.sim.agenda import Occurrence
from streambus.sim.faults.deed import Cast
from streambus.sim.faults.mix import FaultMix
from streambus.sim.life import Life
from streambus.sim.network import Afterlife, Door, Endpoint, Stop
from streambus.sim.simulation import Simulation

TIMED_OUT = "connection timed out"


@attrs.frozen
class Detour:
    """Some connections from `target` to `peer` are held up, others are not: what was sent later on another connection arrives first."""

    target: str
    peer: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """One direction, for a while."""
        return cls(*cast.a_direction(dice), dice.between(MILLISECOND, mix.detour_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Choose those that fall back, each as likely as not."""
        network = simulation.network
        chosen = [end for end in network.link(self.target, self.peer).endpoints if not end.stops & Stop.DETOURED and dice.chance(1, 2)]
        return bool(chosen) and _detour(simulation, self, chosen)

    def end(self, simulation: Simulation) -> str:
        """They arrive."""
        return f"peer {self.peer}, {_arrive(simulation, self)} connections held up"


@attrs.frozen
class LateBytes:
    """A client's connections to `target` break, but the broker does not hear of it yet, nor of what was sent on them. The client dials
    anew and sends again. Then the old bytes arrive."""

    target: str
    peer: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """A broker and a client, for a while."""
        return cls(*cast.a_pair(dice), dice.between(MILLISECOND, mix.detour_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """The client loses them."""
        network = simulation.network
        ends = [end for end in network.link(self.peer, self.target).endpoints if not end.stops & Stop.DETOURED]
        if not ends or not _detour(simulation, self, ends):
            return False
        for end in ends:
            network.close(end.other, TIMED_OUT)
        return True

    def end(self, simulation: Simulation) -> str:
        """Old bytes arrive, and then the news that nobody waits for an answer."""
        return f"peer {self.peer}, {_arrive(simulation, self)} connections held up"


@attrs.frozen
class HalfOpen:
    """One end of every connection between `target` and `peer` is gone, at `target` or, if not `is_target_gone`, at `peer`. The other end
    hears nothing; what it sends vanishes, and once this is over gets it reset."""

    target: str
    peer: str
    is_target_gone: bool
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """A broker and a client, for a while."""
        return cls(*cast.a_pair(dice), dice.chance(1, 2), dice.between(MILLISECOND, mix.half_open_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """One end hears that it is over."""
        network = simulation.network
        key = (HalfOpen, self.target, self.peer)
        link = network.link(self.peer, self.target) if self.is_target_gone else network.link(self.target, self.peer)
        gone = list(link.endpoints)
        if key in simulation.afflictions or not gone:
            return False
        simulation.afflictions[key] = gone
        for end in gone:
            network.estrange(end, TIMED_OUT)
        return True

    def end(self, simulation: Simulation) -> str:
        """From now on there is somebody to say no."""
        gone: list[Endpoint] = simulation.afflictions.pop((HalfOpen, self.target, self.peer))
        for end in gone:
            end.afterlife = Afterlife.REJECTED
        return f"peer {self.peer}, {len(gone)} connections half open"


@attrs.frozen
class GhostConnection:
    """A dial of `peer` arrived twice: `target` has a connection on which nobody ever says anything."""

    target: str
    peer: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """A broker and a client, for a while."""
        return cls(*cast.a_pair(dice), dice.between(MILLISECOND, mix.half_open_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Knock."""
        life = simulation.hosts[self.target].life
        key = (GhostConnection, self.target, self.peer)
        if life is None or key in simulation.afflictions:
            return False
        ghost = simulation.network.knock(self.peer, life)
        if ghost is None:
            return False
        simulation.afflictions[key] = ghost
        return True

    def end(self, simulation: Simulation) -> None:
        """It goes as it came."""
        ghost: Endpoint = simulation.afflictions.pop((GhostConnection, self.target, self.peer))
        simulation.network.close(ghost, "it was never there")


@attrs.frozen
class DialFailure:
    """Nobody gets in at `target`: dials are refused, or not answered, or accepted and closed at once."""

    target: str
    door: Door
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """A broker, for a while."""
        doors = tuple(Door)
        return cls(cast.a_broker(dice), doors[dice.below(len(doors))], dice.between(MILLISECOND, mix.bad_weather_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Shut the door."""
        doors = simulation.network.doors
        if self.target in doors:
            return False
        doors[self.target] = self.door
        return True

    def end(self, simulation: Simulation) -> None:
        """Open it."""
        del simulation.network.doors[self.target]


@attrs.frozen
class SlowReader:
    """The node at `target` is given no more than `bytes_per_millisecond`, whoever sends them; its peers hear that it is congested."""

    target: str
    bytes_per_millisecond: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Anybody, for a while."""
        rate = 1 << dice.below(10)
        return cls(cast.anybody(dice), rate + dice.below(rate), dice.between(MILLISECOND, mix.bad_weather_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Read little."""
        life = simulation.hosts[self.target].life
        key = (SlowReader, self.target)
        if life is None or key in simulation.afflictions:
            return False
        simulation.network.stop_all(life, Stop.SLOW)
        simulation.afflictions[key] = life
        simulation.agenda.after(MILLISECOND, self._read, (simulation, life))
        return True

    def _read(self, occurrence: Occurrence) -> None:
        simulation, life = occurrence.subject
        if not life.is_over and life.socket_stops & Stop.SLOW:
            simulation.network.trickle(life, self.bytes_per_millisecond)
            simulation.agenda.after(MILLISECOND, self._read, occurrence.subject)

    def end(self, simulation: Simulation) -> None:
        """Read all."""
        life: Life = simulation.afflictions.pop((SlowReader, self.target))
        simulation.network.go_on_all(life, Stop.SLOW)


def _detour(simulation: Simulation, deed: Detour | LateBytes, ends: list[Endpoint]) -> bool:
    key = (type(deed), deed.target, deed.peer)
    if key in simulation.afflictions:
        return False
    simulation.afflictions[key] = ends
    for end in ends:
        simulation.network.stop(end, Stop.DETOURED)
    return True


def _arrive(simulation: Simulation, deed: Detour | LateBytes) -> int:
    ends: list[Endpoint] = simulation.afflictions.pop((type(deed), deed.target, deed.peer))
    for end in ends:
        simulation.network.go_on(end, Stop.DETOURED)
    return len(ends)
