"""Crashes to the point: what a power cut leaves, and between which two disk operations it comes, is chosen."""

from typing import Self

import attrs

from streambus.kernel import MILLISECOND, Prng
from streambus.sim.crash_points import MOMENTS, Moment, Trap
from streambus.sim.disk import Survival
from streambus.sim.faults.deed import Cast, disk_of
from streambus.sim.faults.mix import FaultMix
from streambus.sim.simulation import Simulation

OPERATIONS = ("write", "sync", "write", "sync", "create", "syncdirectory", "truncate", "read")
SURVIVALS = tuple(Survival)


@attrs.frozen
class PowerCutLeaving:
    """The power is off for `lasts` microseconds; of what was not synced, `content` survives of the bytes in files and `names` of creations,
    renamings and deletions.
    """

    target: str
    content: Survival
    names: Survival
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, with every mixture as likely."""
        return cls(cast.a_broker(dice), SURVIVALS[dice.below(3)], SURVIVALS[dice.below(3)], lasts=dice.between(MILLISECOND, mix.down_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Off."""
        host = simulation.hosts[self.target]
        if host.life is None:
            return False
        host.cut_power(self.content, self.names)
        return True

    def end(self, simulation: Simulation) -> None:
        """On."""
        simulation.hosts[self.target].start()


@attrs.frozen
class PowerCutAt:
    """The power fails before, in the middle of, or after a disk operation: the one of this kind after `skip` others.

    If `reborn`, the node is killed and started again first, so that the operations counted are those of a recovery. The power is off
    until `lasts` microseconds after the fault began; if the operation has not come by then, nothing has happened.
    """

    target: str
    operation: str
    skip: int
    moment: Moment
    content: Survival
    names: Survival
    reborn: bool
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Anywhere."""
        return cls(
            cast.a_broker(dice),
            OPERATIONS[dice.below(len(OPERATIONS))],
            dice.below(1 << dice.below(5)),
            MOMENTS[dice.below(3)],
            SURVIVALS[dice.below(3)],
            SURVIVALS[dice.below(3)],
            reborn=dice.chance(1, 2),
            lasts=dice.between(MILLISECOND, mix.down_max),
        )

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Set the trap."""
        host = simulation.hosts[self.target]
        return set_trap(
            simulation, self, Trap(self.operation, self.skip, self.moment, lambda: host.cut_power(self.content, self.names, exactly=True))
        )

    def end(self, simulation: Simulation) -> None:
        """On again, if it was off."""
        take_trap(simulation, self)


@attrs.frozen
class KillAt:
    """The process is killed before, in the middle of, or after a disk operation. Otherwise like `PowerCutAt`."""

    target: str
    operation: str
    skip: int
    moment: Moment
    reborn: bool
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Anywhere."""
        return cls(
            cast.a_broker(dice),
            OPERATIONS[dice.below(len(OPERATIONS))],
            dice.below(1 << dice.below(5)),
            MOMENTS[dice.below(3)],
            reborn=dice.chance(1, 2),
            lasts=dice.between(MILLISECOND, mix.down_max),
        )

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Set the trap."""
        host = simulation.hosts[self.target]
        return set_trap(simulation, self, Trap(self.operation, self.skip, self.moment, lambda: host.kill(exactly=True)))

    def end(self, simulation: Simulation) -> None:
        """Start again, if it was killed."""
        take_trap(simulation, self)


def set_trap(simulation: Simulation, deed: PowerCutAt | KillAt, trap: Trap) -> bool:
    """Lay the trap of `deed`, in front of a node that lives."""
    host, disk = simulation.hosts[deed.target], disk_of(simulation, deed.target)
    if host.life is None or deed in disk.quirks:
        return False
    disk.quirks[deed] = trap
    if deed.reborn:
        host.kill()
        host.start()
    return True


def take_trap(simulation: Simulation, deed: PowerCutAt | KillAt) -> None:
    """Take the trap of `deed` away; start the node if it was caught."""
    trap = disk_of(simulation, deed.target).quirks.pop(deed, None)
    assert isinstance(trap, Trap)
    if trap.is_sprung:
        simulation.hosts[deed.target].start()
