"""Disks that refuse, and say so."""

from typing import Self

import attrs

from streambus.kernel import MILLISECOND, DiskFailed, Effect, Event, FileSlice, Prng, Write
from streambus.sim.disk import PlannedFailure, SimulatedDisk
from streambus.sim.disk_quirk import SOUND, Sound, Unreadable
from streambus.sim.faults.deed import Cast, disk_of
from streambus.sim.faults.mix import FaultMix
from streambus.sim.simulation import Simulation

FAILING = ("write", "write", "sync", "sync", "sync", "syncdirectory", "create", "truncate", "read", "read")
"""Which operations fail, the interesting ones more often."""

BURSTS = (1, 1, 2, 8, 1_000)
"""How many of them in a row: one, a few, or all as long as the fault lasts."""


@attrs.frozen
class DiskError:
    """The next `count` operations of one kind (`write`, `sync`, `syncdirectory`, `read` …) after `skip` sound ones fail with `error`.

    A failed sync has lost what it was for (fsyncgate); a failed write has written any prefix; nothing else that failed has happened.
    """

    target: str
    operation: str
    error: str
    skip: int
    count: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, once or in a burst."""
        operation = FAILING[dice.below(len(FAILING))]
        error = ("EIO", "EIO", "EROFS")[dice.below(3)] if operation != "read" else "EIO"
        return cls(
            cast.a_broker(dice),
            operation,
            error,
            dice.below(8),
            BURSTS[dice.below(len(BURSTS))],
            dice.between(MILLISECOND, mix.disk_trouble_max),
        )

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Fail from now on."""
        disk = disk_of(simulation, self.target)
        if self in disk.quirks or self in disk.lenses:
            return False
        if self.operation == "read":
            disk.lenses[self] = BadSectors(self.error, self.skip, self.count)
        else:
            disk.quirks[self] = Refusals(self.operation, self.error, self.skip, self.count)
        return True

    def end(self, simulation: Simulation) -> None:
        """Work again."""
        disk = disk_of(simulation, self.target)
        disk.quirks.pop(self, None)
        disk.lenses.pop(self, None)


@attrs.define
class Refusals:
    """Operations of one kind fail."""

    operation: str
    error: str
    skip: int
    count: int

    def interfere(self, disk: SimulatedDisk, effect: Effect) -> Event | Sound | None:
        """Let the disk fail with what is left of the burst; it knows what else a failure does."""
        if self.count and type(effect).__name__.lower() == self.operation:
            if self.skip:
                self.skip -= 1
            else:
                self.count -= 1
                disk.failures.insert(0, PlannedFailure(self.operation, self.error, 0))
        return SOUND


@attrs.define
class BadSectors:
    """Nothing can be read, whoever asks: the node for itself, or a connection for what is to be sent on it."""

    error: str
    skip: int
    count: int

    def distort(self, disk: SimulatedDisk, part: FileSlice, data: bytes) -> bytes:
        """Fail with what is left of the burst."""
        if self.skip:
            self.skip -= 1
        elif self.count:
            self.count -= 1
            raise Unreadable(self.error)
        return data


@attrs.frozen
class ShortWrite:
    """One write, after `skip` sound ones, writes all but its last bytes and then fails, as if the rest had been tried and refused."""

    target: str
    skip: int
    missing: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere; one byte is missing as likely as many."""
        return cls(cast.a_broker(dice), dice.below(8), 1 + dice.below(1 << dice.below(13)), dice.between(MILLISECOND, mix.disk_trouble_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Wait for a write."""
        disk = disk_of(simulation, self.target)
        if self in disk.quirks:
            return False
        disk.quirks[self] = CutShort(self.skip, self.missing)
        return True

    def end(self, simulation: Simulation) -> None:
        """Work again."""
        disk_of(simulation, self.target).quirks.pop(self, None)


@attrs.define
class CutShort:
    """One write lacks its end."""

    skip: int
    missing: int

    def interfere(self, disk: SimulatedDisk, effect: Effect) -> Event | Sound | None:
        """Write what is written of it."""
        if not isinstance(effect, Write) or not self.missing:
            return SOUND
        if self.skip:
            self.skip -= 1
            return SOUND
        data = b"".join(effect.parts)[: -self.missing]
        self.missing = 0
        failed = disk.perform_soundly(Write(effect.file, effect.position, (data,)))
        return failed if failed is not None else DiskFailed(effect.file, "write", "EIO")


@attrs.frozen
class ShortRead:
    """One read, after `skip` sound ones, comes back with less than there is. A driver asks for the rest before it tells the node; that is
    refused, and so the read has failed. It must never look like the end of the file.
    """

    target: str
    skip: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere."""
        return cls(cast.a_broker(dice), dice.below(8), dice.between(MILLISECOND, mix.disk_trouble_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Wait for a read."""
        disk = disk_of(simulation, self.target)
        if self in disk.lenses:
            return False
        disk.lenses[self] = BadSectors("EIO", self.skip, 1)
        return True

    def end(self, simulation: Simulation) -> None:
        """Work again."""
        disk_of(simulation, self.target).lenses.pop(self, None)


@attrs.frozen
class FullDisk:
    """There is room for `room` bytes more (ENOSPC) for `lasts` microseconds; then somebody has made room."""

    target: str
    room: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere; not one byte is as likely as many kilobytes."""
        return cls(cast.a_broker(dice), (1 << dice.below(18)) - 1, dice.between(MILLISECOND, mix.disk_trouble_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Fill up."""
        disk = disk_of(simulation, self.target)
        if disk.capacity is not None:
            return False
        disk.capacity = disk.used_bytes() + self.room
        return True

    def end(self, simulation: Simulation) -> None:
        """Make room."""
        disk_of(simulation, self.target).capacity = None
