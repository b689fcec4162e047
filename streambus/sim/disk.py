"""A simulated disk: a page cache over what is durable, and a power cord.

The fault model
===============

**Without faults.** Every operation is atomic and is seen at once by every later one: reads see the page cache.

**Process crash** (`crash_process`). The page cache lives on, dirty pages stay dirty. Nothing is lost, and nothing has become durable.

**Power cut** (`power_cut`). What was synced is there. Of what was not synced, any part may be there:

- A write reaches the disk in pieces, none, some or all of them, in any order. A piece is what the write has in one page of 4 KiB; it
  may be torn, then any of its sectors of 512 bytes are new and the others old. A sector is never torn.
- A file may have grown to any length it had, also where the data did not make it: then there are zeros.
- A truncation may be undone, also when later writes made it.
- A creation, renaming or deletion may be undone, each on its own, unless the directory was synced afterwards. Syncing a file does not
  make its name durable. A name may come back with a file that lost all of its data.

**Errors** (`fail`, `capacity`). A chosen operation answers with an errno name and has not happened, or only in part: a failed write
may have written any prefix. **A failed sync has lost what it was for** (fsyncgate): the pages are marked clean though they are not on
the disk, in part or at all. Reads go on seeing them, a later sync succeeds, and a power cut takes them away. A full disk refuses the
write that does not fit (ENOSPC), after writing what does.

**Halves** (`perform_partly`). The process dies, or the power fails, in the middle of an operation: a write has written any prefix, a
sync or a directory sync has made any part durable, of everything else nobody knows whether it happened.

**Long work** (`Work`). Each file operation of its task goes through everything above on its own; `sim/work.py` says what a crash leaves.

**Damage** (`flip_bit`). A bit on the disk and in the page cache is turned over.

**Misbehaviour** (`quirks`, `lenses`). Whatever a fault makes of an operation or of what is read: lost, misdirected and stale ones among it.
`injuries` counts every operation that did not go as it should, and `is_damaged` says that what is stored can no longer be trusted:
only a disk with either may be blamed.

All choices come from the dice the disk is given, so that equal dice make equal losses. Time is the driver's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from enum import Enum
from typing import Any

import attrs

from streambus.kernel import (
    Create,
    Delete,
    DiskFailed,
    Effect,
    Event,
    FileName,
    FileSlice,
    MeasureRoom,
    Prng,
    Read,
    Rename,
    Sync,
    SyncDirectory,
    Truncate,
    Work,
    Write,
)
from streambus.sim.disk_quirk import SOUND, Lens, Quirk, Unreadable
from streambus.sim.work import perform_beginning, perform_work

PAGE_BYTES = 4 * 1024
SECTOR_BYTES = 512


class Survival(Enum):
    """What of the unsynced a power cut leaves: the two extremes, or whatever the dice say."""

    NOTHING = "nothing"
    EVERYTHING = "everything"
    SOMETHING = "something"


@attrs.frozen
class PlannedFailure:
    """The next operation of this kind (the effect's name in lower case) but `skip` fails with `error`."""

    operation: str
    error: str
    skip: int


@attrs.frozen
class Change:
    """An unsynced change of a file: bytes written at `position`, or, if `data` is None, the file cut (or grown) to `position`."""

    position: int
    data: bytes | None


class SimulatedFile:
    """A file's content as the page cache has it, as the disk has it, and the changes between the two."""

    __slots__ = ("cached", "changes", "durable")

    def __init__(self) -> None:
        self.cached = bytearray()
        self.durable = bytearray()
        self.changes: list[Change] = []

    def change(self, change: Change) -> None:
        """Change the page cache; the disk follows when it is synced."""
        apply_change(self.cached, change)
        self.changes.append(change)

    def sync(self) -> None:
        """The disk has what the page cache has."""
        for change in self.changes:
            apply_change(self.durable, change)
        self.changes.clear()

    def sync_partly(self, dice: Prng) -> None:
        """The disk has some of what the page cache has; the rest is still to be synced."""
        for change in self.changes:
            for piece in surviving_pieces(change, dice):
                apply_change(self.durable, piece)

    def lose(self, dice: Prng, survival: Survival) -> None:
        """The disk has some of what the page cache had; the rest is nowhere."""
        if survival is Survival.EVERYTHING:
            self.sync()
        elif survival is Survival.SOMETHING:
            self.sync_partly(dice)
        self.changes.clear()

    def forget_cache(self) -> None:
        """The machine starts again: the page cache has what the disk has."""
        assert not self.changes
        self.cached = bytearray(self.durable)


@attrs.frozen
class NameChange:
    """An unsynced change of the directory: `name` is now the file of this number, or of none."""

    names: tuple[tuple[FileName, int | None], ...]


class SimulatedDisk:
    """A folder on a simulated disk. It outlives the processes that use it; `copy` it to try several futures.

    Operations are synchronous and happen in the order of the calls; queueing and latency are the driver's.
    """

    def __init__(self, dice: Prng, capacity: int | None = None) -> None:
        self.dice = dice
        self.capacity = capacity
        """Bytes that fit, names and holes aside; None if there is no end to it."""
        self.files: dict[int, SimulatedFile] = {}
        self.names: dict[FileName, int] = {}
        self.durable_names: dict[FileName, int] = {}
        self.name_changes: list[NameChange] = []
        self.last_number = 0
        self.failures: list[PlannedFailure] = []
        self.quirks: dict[object, Quirk] = {}
        self.lenses: dict[object, Lens] = {}
        """By whoever put them there, who also takes them away."""
        self.injuries = 0
        self.is_damaged = False
        self.operations: dict[str, int] = {}
        self.deaths = 0
        """How often a life beside this disk was ended from outside."""
        self.working = 0
        """Whether the operation that is performed is one of a task."""
        self.worked_bytes = 0
        """What tasks have read and written."""

    # What the driver asks for ----------------------------------------------------------------------------------------

    def perform(self, effect: Effect) -> Event | None:
        """Do `effect` now; return its completion (a `Read`'s with its data), `DiskFailed` if it failed, None if there is nothing to say."""
        kind = type(effect)
        operation = kind.__name__.lower()
        if kind is Work:
            self.operations[operation] = self.operations.get(operation, 0) + 1
            return perform_work(self, effect)  # type: ignore[arg-type]
        if self.quirks:
            for quirk in list(self.quirks.values()):
                answer = quirk.interfere(self, effect)
                if answer is not SOUND:
                    self.injuries += 1
                    return answer
        self.operations[operation] = self.operations.get(operation, 0) + 1
        error = self._planned_error(operation)
        if kind is Write:
            return self._write(effect, error)  # type: ignore[arg-type]
        if kind is Sync:
            return self._sync(effect, error)  # type: ignore[arg-type]
        if error is not None:
            return DiskFailed(_file_of(effect), operation, error, getattr(effect, "then", None))
        return _PERFORMERS[kind](self, effect)

    def read_slice(self, part: FileSlice) -> bytes:
        """The bytes that `part` names, as the page cache has them; fewer if there are not as many."""
        number = self.names.get(part.file)
        if number is None:
            return b""
        data = bytes(self.files[number].cached[part.position : part.position + part.length])
        return self._through_lenses(part, data) if self.lenses else data

    def read_soundly(self, part: FileSlice) -> bytes:
        """The bytes that `part` names, past all lenses."""
        return bytes(self.contents_of(part.file)[part.position : part.position + part.length])

    def perform_soundly(self, effect: Effect) -> Event | None:
        """Do `effect` past all quirks."""
        quirks, self.quirks = self.quirks, {}
        try:
            return self.perform(effect)
        finally:
            self.quirks = quirks

    def perform_partly(self, effect: Effect) -> None:
        """Be interrupted in the middle of `effect`."""
        if isinstance(effect, Write):
            data = b"".join(effect.parts)
            self.perform_soundly(Write(effect.file, effect.position, (data[: self.dice.below(len(data) + 1)],)))
        elif isinstance(effect, Sync):
            file = self._file(effect.file)
            if file is not None:
                file.sync_partly(self.dice)
        elif isinstance(effect, SyncDirectory):
            for change in self.name_changes:
                if self.dice.chance(1, 2):
                    apply_names(self.durable_names, change)
        elif isinstance(effect, Work):
            perform_beginning(self, effect, self.dice)
        elif self.dice.chance(1, 2):
            self.perform_soundly(effect)

    def _write(self, effect: Write, error: str | None) -> Event | None:
        file = self._file(effect.file)
        if file is None:
            return DiskFailed(effect.file, "write", "ENOENT")
        data = b"".join(effect.parts)
        written = len(data)
        if error is not None:
            written = self.dice.below(len(data) + 1)
        elif self.capacity is not None:
            room = max(self.capacity - self.used_bytes(), 0)
            growth = effect.position + len(data) - len(file.cached)
            if growth > room:
                error, written = "ENOSPC", max(len(data) - (growth - room), 0)
                self.injuries += 1
        if written:
            file.change(Change(effect.position, data[:written]))
        return None if error is None else DiskFailed(effect.file, "write", error)

    def _sync(self, effect: Sync, error: str | None) -> Event | None:
        file = self._file(effect.file)
        if file is None:
            return DiskFailed(effect.file, "sync", "ENOENT", effect.then)
        if error is not None:
            file.lose(self.dice, Survival.SOMETHING if self.dice.chance(1, 2) else Survival.NOTHING)
            return DiskFailed(effect.file, "sync", error, effect.then)
        file.sync()
        return effect.then

    def _create(self, effect: Create) -> Event | None:
        if effect.file in self.names:
            return DiskFailed(effect.file, "create", "EEXIST")
        self.last_number += 1
        self.files[self.last_number] = SimulatedFile()
        self._name((effect.file, self.last_number))
        return None

    def _sync_directory(self, effect: SyncDirectory) -> Event | None:
        self.durable_names = dict(self.names)
        self.name_changes.clear()
        self._forget_unnamed()
        return effect.then

    def _measure_room(self, effect: MeasureRoom) -> Event | None:
        if self.capacity is None:
            return effect.then
        room = max(self.capacity - self.used_bytes(), 0)
        measured: Any = effect.then
        event: Event = attrs.evolve(measured, total_bytes=self.capacity, usable_bytes=room)
        return event

    def _truncate(self, effect: Truncate) -> Event | None:
        file = self._file(effect.file)
        if file is None:
            return DiskFailed(effect.file, "truncate", "ENOENT")
        file.change(Change(effect.length, None))
        return None

    def _rename(self, effect: Rename) -> Event | None:
        number = self.names.get(effect.source)
        if number is None:
            return DiskFailed(effect.source, "rename", "ENOENT")
        self._name((effect.source, None), (effect.target, number))
        return None

    def _delete(self, effect: Delete) -> Event | None:
        if effect.file in self.names:
            self._name((effect.file, None))
        return None

    def _read(self, effect: Read) -> Event | None:
        data = None
        if effect.file in self.names:
            try:
                data = self.read_slice(FileSlice(effect.file, effect.position, effect.length))
            except Unreadable as unreadable:
                return DiskFailed(effect.file, "read", str(unreadable), effect.then)
        return attrs.evolve(effect.then, data=data)  # type: ignore[misc]

    # What the world does to it ---------------------------------------------------------------------------------------

    def crash_process(self) -> None:
        """The process was killed. The page cache lives on, and planned failures were planned for the dead."""
        self.failures.clear()
        self.deaths += 1

    def power_cut(self, dice: Prng, survival: Survival | None = None, names: Survival | None = None) -> None:
        """The machine lost power and is started again. If not told what survives of the unsynced, the dice decide.

        `names`: what survives of creations, renamings and deletions, if that is not as for the rest.
        """
        if survival is None:
            survival = (Survival.NOTHING, Survival.EVERYTHING, Survival.SOMETHING, Survival.SOMETHING)[dice.below(4)]
        if names is None:
            names = survival
        for change in self.name_changes:
            if names is Survival.EVERYTHING or (names is Survival.SOMETHING and dice.chance(1, 2)):
                apply_names(self.durable_names, change)
        self.name_changes.clear()
        self.names = dict(self.durable_names)
        self._forget_unnamed()
        for file in self.files.values():
            file.lose(dice, survival)
            file.forget_cache()
        self.failures.clear()
        self.deaths += 1

    def fail(self, operation: str, error: str = "EIO", skip: int = 0) -> None:
        """Have an operation fail: the next of its kind (`write`, `sync`, `syncdirectory`, `read`, …) but `skip`."""
        self.failures.append(PlannedFailure(operation, error, skip))

    def flip_bit(self, file: FileName, position: int, bit: int) -> None:
        """Turn over one bit of a file that is synced."""
        content = self.files[self.names[file]]
        content.cached[position] ^= 1 << bit
        content.durable[position] ^= 1 << bit
        self.is_damaged = True

    def put(self, contents: Mapping[FileName, bytes]) -> None:
        """Take another disk in place of this one: everything on it is durable, nothing on it is damaged."""
        self.files, self.names = {}, {}
        for name, content in contents.items():
            self.last_number += 1
            file = self.files[self.last_number] = SimulatedFile()
            file.cached, file.durable = bytearray(content), bytearray(content)
            self.names[name] = self.last_number
        self.durable_names = dict(self.names)
        self.name_changes = []
        self.is_damaged = False

    # What one can see of it ------------------------------------------------------------------------------------------

    def copy(self) -> SimulatedDisk:
        """The same disk, in another future, in which no fault interferes with it."""
        copy = SimulatedDisk(deepcopy(self.dice), self.capacity)
        for name, value in vars(self).items():
            if name not in ("dice", "quirks", "lenses"):
                setattr(copy, name, deepcopy(value))
        return copy

    def contents(self) -> dict[FileName, bytes]:
        """All files by name, as the page cache has them."""
        return {name: bytes(self.files[number].cached) for name, number in sorted(self.names.items())}

    def contents_of(self, file: FileName) -> bytearray:
        """One file, as the page cache has it; empty if there is none. Not to be written to."""
        found = self._file(file)
        return bytearray() if found is None else found.cached

    def durable_contents(self) -> dict[FileName, bytes]:
        """All files by name, as they would be if the power failed now and nothing else survived."""
        return {name: bytes(self.files[number].durable) for name, number in sorted(self.durable_names.items())}

    def used_bytes(self) -> int:
        """Bytes in all files that have a name."""
        return sum(len(self.files[number].cached) for number in self.names.values())

    def unsynced_changes(self) -> int:
        """How many changes a power cut could undo."""
        return len(self.name_changes) + sum(len(file.changes) for file in self.files.values())

    def statistics(self) -> dict[str, int]:
        """Operations by kind, and what there is."""
        return {**self.operations, "files": len(self.names), "used_bytes": self.used_bytes(), "unsynced_changes": self.unsynced_changes()}

    def _file(self, name: FileName) -> SimulatedFile | None:
        number = self.names.get(name)
        return None if number is None else self.files[number]

    def _name(self, *names: tuple[FileName, int | None]) -> None:
        change = NameChange(names)
        apply_names(self.names, change)
        self.name_changes.append(change)

    def _forget_unnamed(self) -> None:
        """Files without a name, now or after a power cut, are gone."""
        named = {*self.names.values(), *self.durable_names.values()}
        named.update(number for change in self.name_changes for _, number in change.names if number is not None)
        self.files = {number: file for number, file in self.files.items() if number in named}

    def _planned_error(self, operation: str) -> str | None:
        for place, planned in enumerate(self.failures):
            if planned.operation == operation:
                if planned.skip:
                    self.failures[place] = attrs.evolve(planned, skip=planned.skip - 1)
                    return None
                self.injuries += 1
                return self.failures.pop(place).error
        return None

    def _through_lenses(self, part: FileSlice, data: bytes) -> bytes:
        for lens in list(self.lenses.values()):
            try:
                seen = lens.distort(self, part, data)
            except Unreadable:
                self.injuries += 1
                raise
            self.injuries += seen != data
            data = seen
        return data


_PERFORMERS: dict[type[Effect], Callable[[SimulatedDisk, Any], Event | None]] = {
    Create: SimulatedDisk._create,
    SyncDirectory: SimulatedDisk._sync_directory,
    MeasureRoom: SimulatedDisk._measure_room,
    Truncate: SimulatedDisk._truncate,
    Rename: SimulatedDisk._rename,
    Delete: SimulatedDisk._delete,
    Read: SimulatedDisk._read,
}


def apply_names(names: dict[FileName, int], change: NameChange) -> None:
    """Change a directory."""
    for name, number in change.names:
        if number is None:
            names.pop(name, None)
        else:
            names[name] = number


def apply_change(content: bytearray, change: Change) -> None:
    """Change a file's content; what was never written is zero."""
    end = len(content)
    if change.position > end:
        content.extend(bytes(change.position - end))
    if change.data is None:
        del content[change.position :]
    else:
        content[change.position : change.position + len(change.data)] = change.data


def surviving_pieces(change: Change, dice: Prng) -> list[Change]:
    """What of `change` is on the disk after a power cut, if the dice decide: pages whole, torn or missing."""
    if change.data is None:
        return [change] if dice.chance(1, 2) else []
    pieces: list[Change] = []
    for page in split_at(change, PAGE_BYTES):
        fate = dice.below(4)
        if fate == 0:
            pieces.append(page)
        elif fate == 1:
            pieces.extend(sector for sector in split_at(page, SECTOR_BYTES) if dice.chance(1, 2))
        elif fate == 2 and page.data is not None:
            # The length made it to the disk, the data did not: an empty write there grows the file with zeros.
            pieces.append(Change(page.position + len(page.data), b""))
    return pieces


def split_at(change: Change, unit: int) -> list[Change]:
    """A write as one write per aligned `unit` bytes that it touches."""
    assert change.data is not None
    pieces: list[Change] = []
    start, end = change.position, change.position + len(change.data)
    while start < end:
        stop = min((start // unit + 1) * unit, end)
        pieces.append(Change(start, change.data[start - change.position : stop - change.position]))
        start = stop
    return pieces


def _file_of(effect: Effect) -> FileName:
    """The file an effect is about; none for the directory."""
    return effect.source if isinstance(effect, Rename) else getattr(effect, "file", FileName(""))
