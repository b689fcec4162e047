"""Disks that lie when they are read, once: a second read is right. Only for runs that ask for safety alone.

What no reader on the far side of the protocol could notice is left out: the CRC of a record batch does not cover its base offset and its
leader epoch, and a batch is not bound to its place. It takes a broker that checks what it sends to notice that.
"""

from typing import Self

import attrs

from streambus.kernel import MILLISECOND, FileName, FileSlice, Prng
from streambus.sim.disk import SECTOR_BYTES, SimulatedDisk
from streambus.sim.disk_quirk import Lens
from streambus.sim.faults.coverage import is_covered, passes_for_a_batch
from streambus.sim.faults.deed import Cast, disk_of
from streambus.sim.faults.mix import FaultMix
from streambus.sim.simulation import Simulation

LIE_ONE_IN_MAX = 16


@attrs.frozen
class TransientBitFlip:
    """One in `one_in` reads returns its bytes with one bit turned over, for `lasts` microseconds. What is stored is whole."""

    target: str
    one_in: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, for a while."""
        return cls(cast.a_broker(dice), 1 + dice.below(LIE_ONE_IN_MAX), dice.between(MILLISECOND, mix.disk_trouble_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Begin to lie."""
        return hold_lens(simulation, self, FlippedBit(self.one_in, dice))

    def end(self, simulation: Simulation) -> None:
        """Tell the truth."""
        drop_lens(simulation, self)


@attrs.frozen
class StaleRead:
    """One in `one_in` reads returns what was on the disk when the fault began, and zeros where nothing was, for `lasts` microseconds."""

    target: str
    one_in: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, for a while."""
        return cls(cast.a_broker(dice), 1 + dice.below(LIE_ONE_IN_MAX), dice.between(MILLISECOND, mix.disk_trouble_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Remember, and begin to lie."""
        return hold_lens(simulation, self, OldPicture(self.one_in, dice, disk_of(simulation, self.target).durable_contents()))

    def end(self, simulation: Simulation) -> None:
        """Tell the truth."""
        drop_lens(simulation, self)


@attrs.frozen
class MisdirectedRead:
    """One in `one_in` reads returns the bytes of other sectors, for `lasts` microseconds."""

    target: str
    one_in: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, for a while."""
        return cls(cast.a_broker(dice), 1 + dice.below(LIE_ONE_IN_MAX), dice.between(MILLISECOND, mix.disk_trouble_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Begin to lie."""
        return hold_lens(simulation, self, Elsewhere(self.one_in, dice))

    def end(self, simulation: Simulation) -> None:
        """Tell the truth."""
        drop_lens(simulation, self)


@attrs.define
class FlippedBit:
    """Every now and then one bit is wrong."""

    one_in: int
    dice: Prng

    def distort(self, disk: SimulatedDisk, part: FileSlice, data: bytes) -> bytes:
        """Flip a bit that some checksum covers."""
        if not data or not self.dice.chance(1, self.one_in):
            return data
        at, bit = self.dice.below(len(data)), self.dice.below(8)
        if not is_covered(disk.contents_of(part.file), part.position + at):
            return data
        return data[:at] + bytes((data[at] ^ 1 << bit,)) + data[at + 1 :]


@attrs.define
class OldPicture:
    """Every now and then everything is as it was."""

    one_in: int
    dice: Prng
    contents: dict[FileName, bytes]

    def distort(self, disk: SimulatedDisk, part: FileSlice, data: bytes) -> bytes:
        """Return what was there, as long as what is there."""
        if not self.dice.chance(1, self.one_in):
            return data
        old = self.contents.get(part.file, b"")[part.position : part.position + len(data)].ljust(len(data), b"\0")
        return data if passes_for_a_batch(old) else old


@attrs.define
class Elsewhere:
    """Every now and then it is the wrong place that is read."""

    one_in: int
    dice: Prng

    def distort(self, disk: SimulatedDisk, part: FileSlice, data: bytes) -> bytes:
        """Return as many bytes from some sectors on, of any file."""
        files = list(disk.names)
        if not files or not self.dice.chance(1, self.one_in):
            return data
        content = bytes(disk.contents_of(files[self.dice.below(len(files))]))
        start = self.dice.below(len(content) // SECTOR_BYTES + 1) * SECTOR_BYTES + part.position % SECTOR_BYTES
        other = content[start : start + len(data)].ljust(len(data), b"\0")
        return data if passes_for_a_batch(other) else other


Lie = TransientBitFlip | StaleRead | MisdirectedRead


def hold_lens(simulation: Simulation, deed: Lie, lens: Lens) -> bool:
    """Look through `lens` at the disk of what `deed` is done to."""
    disk = disk_of(simulation, deed.target)
    if deed in disk.lenses:
        return False
    disk.lenses[deed] = lens
    return True


def drop_lens(simulation: Simulation, deed: Lie) -> None:
    """Take it away."""
    disk_of(simulation, deed.target).lenses.pop(deed, None)
