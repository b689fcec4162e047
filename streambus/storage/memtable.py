"""The memtable: the entries of table keyspaces that live WAL segments hold."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from streambus.storage.key_ranges import KeyRange, KeyRanges
from streambus.storage.sealed.entry_block import MISSING, Missing


class Memtable:
    """One layer of entries in memory: keys to values, `None` for a deleted one, and the ranges that it deletes from older layers.

    Keys are sorted when somebody wants them in order, not when they come: a dict and one sort cost a fifth of a sorted dict.
    """

    __slots__ = ("bytes", "entries", "keys", "ranges", "unsorted")

    def __init__(self) -> None:
        self.entries: dict[bytes, bytes | None] = {}
        self.ranges = KeyRanges()
        self.keys: list[bytes] = []
        self.unsorted: list[bytes] = []
        self.bytes = 0

    @property
    def is_empty(self) -> bool:
        """Whether this layer says nothing about any key."""
        return not self.entries and not self.ranges

    def put(self, key: bytes, value: bytes | None) -> None:
        """Have `key` mean `value`, or nothing."""
        if key not in self.entries:
            self.unsorted.append(key)
            self.bytes += len(key)
        self.bytes += len(value) if value is not None else 0
        self.entries[key] = value

    def delete_range(self, first: bytes, last: bytes) -> None:
        """Have the keys from `first` on and below `last` mean nothing, here and in older layers."""
        keys = self.sorted_keys()
        low, high = bisect_left(keys, first), bisect_left(keys, last)
        for key in keys[low:high]:
            del self.entries[key]
        del keys[low:high]
        self.ranges.add(first, last)

    def look_up(self, key: bytes) -> bytes | Missing | None:
        """The value of `key`, None if it is deleted here, `MISSING` if this layer does not say."""
        value = self.entries.get(key, MISSING)
        return None if value is MISSING and key in self.ranges else value

    def scan(self, first: bytes, last: bytes) -> Iterator[tuple[bytes, bytes | None]]:
        """The entries from `first` on and below `last`, deleted ones too, in order."""
        keys, entries = self.sorted_keys(), self.entries
        for row in range(bisect_left(keys, first), bisect_left(keys, last)):
            yield keys[row], entries[keys[row]]

    def sorted_keys(self) -> list[bytes]:
        """All keys in order."""
        if self.unsorted:
            self.keys += self.unsorted
            self.unsorted.clear()
            self.keys.sort()
        return self.keys

    def sorted_entries(self) -> tuple[tuple[bytes, bytes | None], ...]:
        """All entries in order of keys."""
        entries = self.entries
        return tuple([(key, entries[key]) for key in self.sorted_keys()])


def folded(layers: Iterable[Memtable]) -> Memtable:
    """One layer that says what `layers` say together, the oldest first."""
    result = Memtable()
    for layer in layers:
        ranges: tuple[KeyRange, ...] = layer.ranges.to_tuple()
        for first, last in ranges:
            result.delete_range(first, last)
        for key, value in layer.entries.items():
            result.put(key, value)
    return result
