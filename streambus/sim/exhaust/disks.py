"""States of the broker's disk, each kept once and known by a number, and what becomes of them: operations, power cuts.

Of the pieces of data and of the names that are not synced, a power cut may leave any subset. A piece is what one write has in one
sector; a sector is never torn. All subsets are tried if there are few pieces, else all, none, every prefix, and all but one. Besides,
the file may have grown to its length without any of the data.
"""

from itertools import combinations
from pickle import dumps, loads

from streambus.kernel import Effect, Event, FileSlice, Prng, Work
from streambus.sim.disk import SECTOR_BYTES, Change, SimulatedDisk, Survival, apply_change, apply_names, split_at
from streambus.sim.exhaust.canonical import digest_of
from streambus.sim.work import file_operations

PIECES_MAX = 3
"""Up to so many pieces, all subsets of them are tried."""

GROWN = "grown"
Key = Effect | bytes
Piece = tuple[int, Change]
"""A file's number, and a part of a change of it."""


class Disks:
    """All disks that were met."""

    def __init__(self) -> None:
        self.images: list[bytes] = []
        self.numbers: dict[bytes, int] = {}
        self.performed: dict[tuple[int, Key], tuple[int, Event | None]] = {}
        self.operations: dict[tuple[int, Key], list[Effect]] = {}
        self.cuts: dict[int, tuple[tuple[str, int], ...]] = {}
        self.slices: dict[tuple[int, FileSlice], bytes] = {}

    def empty(self) -> int:
        """A disk with nothing on it."""
        return self._keep(SimulatedDisk(Prng(0)))

    def disk(self, number: int) -> SimulatedDisk:
        """A copy of the disk, to look at or to try something."""
        disk: SimulatedDisk = loads(self.images[number])
        return disk

    def perform(self, number: int, effect: Effect) -> tuple[int, Event | None]:
        """The disk after `effect`, and the completion if there is one to tell."""
        key = number, key_of(effect)
        found = self.performed.get(key)
        if found is None:
            disk = self.disk(number)
            completion = disk.perform(effect)
            found = self.performed[key] = (self._keep(disk), completion)
        return found

    def operations_of(self, number: int, work: Work) -> list[Effect]:
        """The file operations that `work` does on the disk."""
        key = number, key_of(work)
        found = self.operations.get(key)
        if found is None:
            found = self.operations[key] = file_operations(self.disk(number), work)
        return found

    def read(self, number: int, part: FileSlice) -> bytes:
        """The bytes that `part` names."""
        data = self.slices.get((number, part))
        if data is None:
            data = self.slices[number, part] = self.disk(number).read_slice(part)
        return data

    def after_power_cut(self, number: int) -> tuple[tuple[str, int], ...]:
        """What may be left: names of what survived, and the disk. `everything` comes first; equal disks are named once."""
        found = self.cuts.get(number)
        if found is None:
            found = self.cuts[number] = self._after_power_cut(number)
        return found

    def _after_power_cut(self, number: int) -> tuple[tuple[str, int], ...]:
        outcomes: dict[int, str] = {}
        before = self.disk(number)
        pieces, names = _pieces(before), len(before.name_changes)
        for kept in _subsets(len(pieces) + names):
            disk = self.disk(number)
            _cut(disk, pieces, kept, names)
            outcomes.setdefault(self._keep(disk), _label(kept, len(pieces), names))
        if pieces:
            disk = self.disk(number)
            grown = [(file, Change(piece.position + len(piece.data), b"")) for file, piece in pieces if piece.data]
            _cut(disk, grown, tuple(range(len(grown) + names)), names)
            outcomes.setdefault(self._keep(disk), GROWN)
        return tuple((label, disk_number) for disk_number, label in outcomes.items())

    def _keep(self, disk: SimulatedDisk) -> int:
        files = [(key, file.cached, file.durable, file.changes) for key, file in disk.files.items()]
        digest = digest_of((files, disk.names, disk.durable_names, disk.name_changes, disk.last_number))
        number = self.numbers.get(digest)
        if number is None:
            number = self.numbers[digest] = len(self.images)
            disk.operations.clear()
            self.images.append(dumps(disk, 5))
        return number


def key_of(effect: Effect) -> Key:
    """What stands for `effect` in a table. Tasks may hold what cannot be hashed, and are long."""
    return digest_of(effect) if type(effect) is Work else effect


def _pieces(disk: SimulatedDisk) -> list[Piece]:
    """What may survive on its own of the unsynced content, in the order in which it was written."""
    return [
        (number, piece)
        for number, file in disk.files.items()
        for change in file.changes
        for piece in ([change] if change.data is None else split_at(change, SECTOR_BYTES))
    ]


def _subsets(count: int) -> list[tuple[int, ...]]:
    """Which pieces survive: everything first, nothing second."""
    everything = tuple(range(count))
    if count <= PIECES_MAX:
        others = [subset for size in range(1, count) for subset in combinations(everything, size)]
    else:
        others = [everything[:end] for end in range(1, count)]
        others += [tuple(place for place in everything if place != missing) for missing in everything]
    return [everything, (), *others]


def _cut(disk: SimulatedDisk, pieces: list[Piece], kept: tuple[int, ...], names: int) -> None:
    """Have the power fail, with only the `kept` ones of the pieces, and of the changes of names that follow them, on the disk."""
    assert len(disk.name_changes) == names
    for place in kept:
        if place < len(pieces):
            number, piece = pieces[place]
            apply_change(disk.files[number].durable, piece)
        else:
            apply_names(disk.durable_names, disk.name_changes[place - len(pieces)])
    disk.power_cut(Prng(0), Survival.NOTHING)


def _label(kept: tuple[int, ...], pieces: int, names: int) -> str:
    count = pieces + names
    if len(kept) == count:
        return "everything"
    if not kept:
        return "nothing"
    return "pieces " + ",".join(str(place + 1) for place in kept) + f" of {count}"
