"""Faults that cut: connections, links, or a broker from everybody."""

from typing import Self

import attrs

from streambus.kernel import MILLISECOND, Prng
from streambus.sim.faults.deed import Cast
from streambus.sim.faults.mix import FaultMix
from streambus.sim.simulation import Simulation


@attrs.frozen
class LinkReset:
    """Connections between `target` and `peer` break, each as likely as not."""

    target: str
    peer: str
    lasts: int = 0

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, for a while."""
        return cls(*cast.a_pair(dice))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Break them."""
        network = simulation.network
        broken = [end for end in network.link(self.peer, self.target).endpoints if dice.chance(1, 2)]
        for endpoint in broken:
            network.reset(endpoint, "connection reset", dice)
        return bool(broken)

    def end(self, simulation: Simulation) -> None:
        """Nothing is left to undo."""


@attrs.frozen
class Partition:
    """Nothing passes from `target` to `peer`, nor back if `both`, for `lasts` microseconds."""

    target: str
    peer: str
    both: bool
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, for a while."""
        source, target = cast.a_direction(dice)
        return cls(source, target, both=dice.chance(1, 2), lasts=dice.between(MILLISECOND, mix.partition_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Cut."""
        simulation.network.block(self.target, self.peer)
        if self.both:
            simulation.network.block(self.peer, self.target)
        return True

    def end(self, simulation: Simulation) -> None:
        """Mend."""
        simulation.network.unblock(self.target, self.peer)
        if self.both:
            simulation.network.unblock(self.peer, self.target)


@attrs.frozen
class Isolation:
    """Nothing passes between `target` and anybody else, neither in (`inward`) nor out (`outward`), for `lasts` microseconds."""

    target: str
    inward: bool
    outward: bool
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """A broker, one way or both."""
        ways = dice.below(3)
        return cls(cast.a_broker(dice), ways != 0, ways != 1, dice.between(MILLISECOND, mix.partition_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Cut."""
        for source, target in self._links(simulation):
            simulation.network.block(source, target)
        return True

    def end(self, simulation: Simulation) -> None:
        """Mend."""
        for source, target in self._links(simulation):
            simulation.network.unblock(source, target)

    def _links(self, simulation: Simulation) -> list[tuple[str, str]]:
        others = [name for name in simulation.hosts if name != self.target]
        inward = [(name, self.target) for name in others] if self.inward else []
        return inward + [(self.target, name) for name in others] if self.outward else inward


@attrs.frozen
class Clog:
    """What goes from `target` to `peer` is held for `lasts` microseconds, and then arrives in one burst. Dials wait, too."""

    target: str
    peer: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """One direction, for a while."""
        source, target = cast.a_direction(dice)
        return cls(source, target, dice.between(MILLISECOND, mix.clog_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Hold."""
        simulation.network.clog(self.target, self.peer)
        return True

    def end(self, simulation: Simulation) -> None:
        """Let go."""
        simulation.network.unclog(self.target, self.peer)
