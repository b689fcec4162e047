"""Faults of processes and machines."""

from typing import Self

import attrs

from streambus.kernel import MILLISECOND, Prng
from streambus.sim.faults.deed import Cast
from streambus.sim.faults.mix import FaultMix
from streambus.sim.simulation import Simulation


@attrs.frozen
class ProcessKill:
    """SIGKILL, and a restart `lasts` microseconds later."""

    target: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, for a while."""
        return cls(cast.a_broker(dice), dice.between(MILLISECOND, mix.down_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Kill."""
        host = simulation.hosts[self.target]
        if host.life is None:
            return False
        host.kill()
        return True

    def end(self, simulation: Simulation) -> None:
        """Start again."""
        simulation.hosts[self.target].start()


@attrs.frozen
class PowerCut:
    """The power is off for `lasts` microseconds."""

    target: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, for a while."""
        return cls(cast.a_broker(dice), dice.between(MILLISECOND, mix.down_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Off."""
        host = simulation.hosts[self.target]
        if host.life is None:
            return False
        host.cut_power()
        return True

    def end(self, simulation: Simulation) -> None:
        """On."""
        simulation.hosts[self.target].start()
