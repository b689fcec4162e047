"""Disks that take their time."""

from typing import Self

import attrs

from streambus.kernel import MILLISECOND, Prng
from streambus.sim.faults.deed import Cast
from streambus.sim.faults.mix import FaultMix
from streambus.sim.simulation import Simulation


@attrs.frozen
class SlowDisk:
    """Disk operations take `factor` times as long for `lasts` microseconds."""

    target: str
    factor: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, for a while."""
        return cls(cast.a_broker(dice), dice.between(2, mix.slow_disk_factor_max), dice.between(MILLISECOND, mix.slow_disk_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Slow down."""
        host = simulation.hosts[self.target]
        if host.disk_slowdown != 1:
            return False
        host.slow_disk(self.factor)
        return True

    def end(self, simulation: Simulation) -> None:
        """Back to normal."""
        simulation.hosts[self.target].slow_disk(1)


@attrs.frozen
class DiskStall:
    """The disk does nothing new for `lasts` microseconds, then goes on as if nothing had been."""

    target: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, for seconds as likely as for a moment."""
        return cls(cast.a_broker(dice), dice.between(MILLISECOND, max(MILLISECOND, mix.disk_stall_max >> dice.below(8))))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Stand still."""
        life = simulation.hosts[self.target].life
        if life is None:
            return False
        life.disk_queue.stall(self.lasts)
        return True

    def end(self, simulation: Simulation) -> None:
        """It goes on by itself."""
