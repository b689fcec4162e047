"""Layers: all table keyspaces, as one ordered key space in layers, the newest first.

A key is looked for from layer to layer until one says something about it. Memtables are in memory; of sealed tables the blocks that are
needed are asked for by way of the shelf (`NotLoaded`).
"""

from collections.abc import Iterable, Iterator
from heapq import merge

from streambus.storage.key_ranges import KeyRanges
from streambus.storage.memtable import Memtable, folded
from streambus.storage.sealed.directory import Directory
from streambus.storage.sealed.entry_block import MISSING, Missing
from streambus.storage.shelf import Shelf


class SealedLayer:
    """The entries of one sealed table."""

    __slots__ = ("directory", "ranges", "shelf")

    def __init__(self, directory: Directory, shelf: Shelf) -> None:
        self.directory = directory
        self.shelf = shelf
        self.ranges = KeyRanges(directory.ranges)

    @property
    def number(self) -> int:
        """The number of the table."""
        return self.directory.info.number

    def look_up(self, key: bytes) -> bytes | Missing | None:
        """The value of `key`, None if it is deleted here, `MISSING` if this layer does not say. Raises `NotLoaded`, `Unreadable`."""
        value = self._in_blocks(key)
        return None if value is MISSING and key in self.ranges else value

    def _in_blocks(self, key: bytes) -> bytes | Missing | None:
        directory = self.directory
        block = directory.entry_block_of(key)
        if block < 0:
            return MISSING
        cached = self.shelf.cached_entries(directory, block)
        if cached is not None:
            return cached.get(key)
        if directory.bloom_length and not self.shelf.bloom(self.number).may_contain(key):
            return MISSING
        return self.shelf.entries(self.number, block).get(key)

    def scan(self, first: bytes, last: bytes) -> Iterator[tuple[bytes, bytes | None]]:
        """The entries from `first` on and below `last`, deleted ones too, in order. Raises `NotLoaded`, `Unreadable`."""
        for block in self.directory.entry_blocks_between(first, last):
            yield from self.shelf.entries(self.number, block).scan(first, last)


Layer = Memtable | SealedLayer


class Layers:
    """What all layers say together.

    `memtables`: the newest first; the first one takes what is written, the others do not change any more. `tables`: the newest first.
    """

    __slots__ = ("memtables", "tables")

    def __init__(self) -> None:
        self.memtables: list[Memtable] = [Memtable()]
        self.tables: list[SealedLayer] = []

    @property
    def active(self) -> Memtable:
        """The layer that takes what is written."""
        return self.memtables[0]

    def freeze(self) -> None:
        """Have what was written so far not change any more."""
        if not self.active.is_empty:
            self.memtables.insert(0, Memtable())

    def fold_above(self, mark: Memtable | None) -> Memtable:
        """One frozen memtable in the place of all those that are newer than `mark`; writing goes on in a new one."""
        count = self.memtables.index(mark) if mark is not None else len(self.memtables)
        newer = self.memtables[:count]
        frozen = newer[0] if len(newer) == 1 else folded(reversed(newer))
        self.memtables[:count] = [Memtable(), frozen]
        return frozen

    def look_up(self, key: bytes) -> bytes | None:
        """What `key` means, or None. Raises `NotLoaded`, `Unreadable`."""
        for memtable in self.memtables:
            value = memtable.entries.get(key, MISSING)
            if value is not MISSING:
                return value
            if key in memtable.ranges:
                return None
        return look_up(self.tables, key)

    def all(self) -> list[Layer]:
        """Every layer, the newest first."""
        return [*self.memtables, *self.tables]


def look_up(layers: Iterable[Layer], key: bytes) -> bytes | None:
    """What `layers`, the newest first, say of `key`."""
    for layer in layers:
        value = layer.look_up(key)
        if value is not MISSING:
            return value
    return None


def scan(layers: list[Layer], first: bytes, last: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The keys from `first` on and below `last` that mean something, in order, with their values. Raises `NotLoaded`, `Unreadable`."""
    for key, value in outcomes(layers, first, last):
        if value is not None:
            yield key, value


def outcomes(layers: list[Layer], first: bytes, last: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    """Every key from `first` on and below `last` of which some layer says something, in order, with what it means in the end: None if
    nothing.

    After `NotLoaded`, go on behind the last key that came, which may be a deleted one: so one comes on, however little memory there is.
    """
    if len(layers) == 1:
        yield from layers[0].scan(first, last)
        return
    current: bytes | None = None
    for key, age, value in merge(*[_aged(layer, age, first, last) for age, layer in enumerate(layers)]):
        if key == current:
            continue
        current = key
        is_deleted = not value or any(key in newer.ranges for newer in layers[:age])
        yield key, None if is_deleted else value[0]


def _aged(layer: Layer, age: int, first: bytes, last: bytes) -> Iterator[tuple[bytes, int, tuple[bytes, ...]]]:
    """Entries that sort by key and then the newest first; an empty tuple for a deleted one."""
    for key, value in layer.scan(first, last):
        yield key, age, () if value is None else (value,)
