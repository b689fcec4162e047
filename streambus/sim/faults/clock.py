"""Faults of clocks."""

from typing import Self

import attrs

from streambus.kernel import Prng
from streambus.sim.faults.deed import Cast
from streambus.sim.faults.mix import FaultMix
from streambus.sim.simulation import Simulation


@attrs.frozen
class ClockStep:
    """The wall clock jumps by `microseconds`, which may be negative."""

    target: str
    microseconds: int
    lasts: int = 0

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, for a while."""
        return cls(cast.anybody(dice), dice.between(-mix.clock_step_max, mix.clock_step_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Jump."""
        simulation.hosts[self.target].step_clock(self.microseconds)
        return True

    def end(self, simulation: Simulation) -> None:
        """Clocks stay wrong."""
