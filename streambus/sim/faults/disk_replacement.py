"""Disks that are gone, or another one. Only for runs that ask for safety alone."""

from typing import Self

import attrs

from streambus.kernel import MILLISECOND, DiskFailed, Effect, Event, FileName, FileSlice, Prng, Rename
from streambus.sim.disk import SimulatedDisk
from streambus.sim.disk_quirk import SOUND, Sound, Unreadable
from streambus.sim.faults.deed import Cast, disk_of
from streambus.sim.faults.mix import FaultMix
from streambus.sim.simulation import Simulation


@attrs.frozen
class DiskLoss:
    """The power is off for `lasts` microseconds; when it is on again there is an empty disk."""

    target: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere."""
        return cls(cast.a_broker(dice), dice.between(MILLISECOND, mix.down_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Off, and away."""
        host = simulation.hosts[self.target]
        if host.life is None:
            return False
        host.cut_power()
        disk_of(simulation, self.target).put({})
        return True

    def end(self, simulation: Simulation) -> None:
        """On."""
        simulation.hosts[self.target].start()


@attrs.frozen
class DiskSwap:
    """The disk is copied; `lasts` microseconds later the power fails, and comes back with the copy."""

    target: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere."""
        return cls(cast.a_broker(dice), dice.between(MILLISECOND, mix.disk_trouble_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Copy what is durable."""
        disk = disk_of(simulation, self.target)
        if self in disk.quirks:
            return False
        disk.quirks[self] = Copy(disk.durable_contents(), disk.is_damaged)
        return True

    def end(self, simulation: Simulation) -> None:
        """Bring the copy back."""
        host, disk = simulation.hosts[self.target], disk_of(simulation, self.target)
        copy = disk.quirks.pop(self)
        assert isinstance(copy, Copy)
        was_alive = host.life is not None
        host.cut_power(exactly=True)
        disk.put(copy.contents)
        disk.is_damaged = copy.is_damaged
        if was_alive:
            host.start()


@attrs.define
class Copy:
    """A disk on a shelf. It does nothing."""

    contents: dict[FileName, bytes]
    is_damaged: bool

    def interfere(self, disk: SimulatedDisk, effect: Effect) -> Event | Sound | None:
        """Let everything pass."""
        return SOUND


@attrs.frozen
class DeadDisk:
    """Nothing works any more, whatever is tried, until `lasts` microseconds later an empty disk is put in, with the power off."""

    target: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere."""
        return cls(cast.a_broker(dice), dice.between(MILLISECOND, mix.disk_trouble_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Die."""
        disk = disk_of(simulation, self.target)
        if self in disk.quirks:
            return False
        disk.quirks[self] = disk.lenses[self] = Dead()
        disk.is_damaged = True
        return True

    def end(self, simulation: Simulation) -> None:
        """Replace it."""
        host, disk = simulation.hosts[self.target], disk_of(simulation, self.target)
        del disk.quirks[self], disk.lenses[self]
        was_alive = host.life is not None
        host.cut_power(exactly=True)
        disk.put({})
        if was_alive:
            host.start()


@attrs.define
class Dead:
    """Every operation fails, and nothing of it has happened."""

    def interfere(self, disk: SimulatedDisk, effect: Effect) -> Event | Sound | None:
        """Fail."""
        file = effect.source if isinstance(effect, Rename) else getattr(effect, "file", FileName(""))
        return DiskFailed(file, type(effect).__name__.lower(), "EIO", getattr(effect, "then", None))

    def distort(self, disk: SimulatedDisk, part: FileSlice, data: bytes) -> bytes:
        """Fail."""
        raise Unreadable("EIO")
