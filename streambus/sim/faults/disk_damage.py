"""Disks that store something else than they were told. Only for runs that ask for safety alone."""

from typing import Self

import attrs

from streambus.kernel import MILLISECOND, Effect, Event, FileName, Prng, Write
from streambus.sim.disk import SECTOR_BYTES, SimulatedDisk
from streambus.sim.disk_quirk import SOUND, Sound
from streambus.sim.faults.coverage import is_covered
from streambus.sim.faults.deed import Cast, disk_of
from streambus.sim.faults.mix import FaultMix
from streambus.sim.simulation import Simulation


@attrs.frozen
class BitRot:
    """So many bits of what is stored turn over, for good."""

    target: str
    flips: int
    lasts: int = 0

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, mostly one."""
        return cls(cast.a_broker(dice), 1 << dice.below(1 + dice.below(6)))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Rot."""
        disk = disk_of(simulation, self.target)
        return sum([rot_a_bit(disk, dice) for _ in range(self.flips)]) > 0

    def end(self, simulation: Simulation) -> None:
        """What is rotten stays rotten."""


def rot_a_bit(disk: SimulatedDisk, dice: Prng) -> bool:
    """Turn over one durable bit that a checksum covers, if the dice find one at once."""
    files = list(disk.names)
    if not files:
        return False
    name = files[dice.below(len(files))]
    file = disk.files[disk.names[name]]
    end = min(len(file.cached), len(file.durable))
    position, bit = dice.below(max(end, 1)), dice.below(8)
    if position >= end or not is_covered(file.cached, position):
        return False
    disk.flip_bit(name, position, bit)
    return True


@attrs.frozen
class LostWrite:
    """The next `count` writes, after `skip` sound ones, are acknowledged and never reach the disk, whatever is synced.

    If `is_cached`, they can be read until the machine loses power; otherwise the old content is there at once.
    """

    target: str
    skip: int
    count: int
    is_cached: bool
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere."""
        return cls(
            cast.a_broker(dice), dice.below(8), 1 + dice.below(3), dice.chance(1, 2), dice.between(MILLISECOND, mix.disk_trouble_max)
        )

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Wait for writes."""
        return lay(simulation, self, Lost(self.skip, self.count, self.is_cached))

    def end(self, simulation: Simulation) -> None:
        """Write again. What is lost stays lost."""
        disk_of(simulation, self.target).quirks.pop(self, None)


@attrs.frozen
class MisdirectedWrite:
    """The next `count` writes, after `skip` sound ones, land in other sectors, of any file; where they belong is what was there before."""

    target: str
    skip: int
    count: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere."""
        return cls(cast.a_broker(dice), dice.below(8), 1 + dice.below(3), dice.between(MILLISECOND, mix.disk_trouble_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Wait for writes."""
        return lay(simulation, self, Astray(self.skip, self.count, dice))

    def end(self, simulation: Simulation) -> None:
        """Write again where one should. What is overwritten stays so."""
        disk_of(simulation, self.target).quirks.pop(self, None)


@attrs.define
class Lost:
    """Writes that never happen."""

    skip: int
    count: int
    is_cached: bool

    def interfere(self, disk: SimulatedDisk, effect: Effect) -> Event | Sound | None:
        """Lose the next of them."""
        if not isinstance(effect, Write) or not self.count:
            return SOUND
        if self.skip:
            self.skip -= 1
            return SOUND
        self.count -= 1
        disk.is_damaged = True
        if not self.is_cached:
            return None
        if effect.file not in disk.names:
            return SOUND
        changes = disk.files[disk.names[effect.file]].changes
        before = len(changes)
        failed = disk.perform_soundly(effect)
        # The page cache has it, and nothing remembers that the disk has not.
        del changes[before:]
        return failed


@attrs.define
class Astray:
    """Writes that happen elsewhere."""

    skip: int
    count: int
    dice: Prng

    def interfere(self, disk: SimulatedDisk, effect: Effect) -> Event | Sound | None:
        """Lead the next of them astray."""
        if not isinstance(effect, Write) or not self.count or effect.file not in disk.names:
            return SOUND
        if self.skip:
            self.skip -= 1
            return SOUND
        self.count -= 1
        file, position = self._elsewhere(disk, effect)
        if (file, position) == (effect.file, effect.position):
            return SOUND
        disk.is_damaged = True
        disk.perform_soundly(Write(file, position, effect.parts))
        return None

    def _elsewhere(self, disk: SimulatedDisk, effect: Write) -> tuple[FileName, int]:
        """As far into some sector of some file, not at its very beginning: there, one segment's first frames could pass for another's."""
        files = list(disk.names)
        file = files[self.dice.below(len(files))]
        sector = self.dice.below(len(disk.contents_of(file)) // SECTOR_BYTES + 1)
        position = sector * SECTOR_BYTES + effect.position % SECTOR_BYTES
        return (file, position) if position else (effect.file, SECTOR_BYTES)


def lay(simulation: Simulation, deed: LostWrite | MisdirectedWrite, quirk: Lost | Astray) -> bool:
    """Put `quirk` in front of the disk of what `deed` is done to."""
    disk = disk_of(simulation, deed.target)
    if deed in disk.quirks:
        return False
    disk.quirks[deed] = quirk
    return True
