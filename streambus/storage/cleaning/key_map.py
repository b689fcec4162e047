"""The newest offset of every key in the dirty part of a log, within a limit of memory."""

from hashlib import blake2b
from itertools import repeat

NAME_BYTES = 16
BYTES_PER_KEY = 208
"""What a key takes at most: its name (64), its offset (32), and its part of the dict, old and new, while that is made larger."""

NO_OFFSET = -1
"""The offset of a key that is not in the map: every record comes after it."""
NEVER_OFFSET = (1 << 63) - 1
"""The offset of records without a key, which have no place in a log that is cleaned: every record comes before it."""


class KeyMap:
    """Keys and their newest offsets. A key of 16 bytes or more is known by a hash of 16 bytes, a shorter one by itself.

    Promises: it knows the newest offset of each key between where it began and `end_offset`. A record that finds no more room ends that.
    """

    __slots__ = ("capacity", "end_offset", "is_full", "offsets")

    def __init__(self, bytes_max: int, first_offset: int) -> None:
        self.capacity = max(bytes_max // BYTES_PER_KEY, 1)
        self.end_offset = first_offset
        self.is_full = False
        self.offsets: dict[bytes | None, int] = {None: NEVER_OFFSET}

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def add(self, keys: list[bytes | None], offsets: list[int]) -> None:
        """Add records, all of which come after those that were added before. When there is no more room, the rest is left out."""
        assert not self.is_full
        names = _names(keys)
        if None in names:
            offsets = [offset for offset, name in zip(offsets, names, strict=True) if name is not None]
            names = [name for name in names if name is not None]
        if len(self) + len(names) <= self.capacity:
            self.offsets.update(zip(names, offsets, strict=True))
        else:
            self._add_one_by_one(names, offsets)

    def cover(self, end_offset: int) -> None:
        """All records below `end_offset` were added, if there was room for them."""
        if not self.is_full:
            self.end_offset = end_offset

    def newest(self, keys: list[bytes | None]) -> list[int]:
        """The newest offset of each key; -1 for one that is not in the map, and an offset never reached for a record without a key."""
        return list(map(self.offsets.get, _names(keys), repeat(NO_OFFSET)))

    def _add_one_by_one(self, names: list[bytes | None], offsets: list[int]) -> None:
        for name, offset in zip(names, offsets, strict=True):
            if len(self) == self.capacity and name not in self.offsets:
                self.end_offset, self.is_full = offset, True
                return
            self.offsets[name] = offset


def _names(keys: list[bytes | None]) -> list[bytes | None]:
    """What the keys are known by. Only the names of long keys have 16 bytes, so no short key is taken for one."""
    return [key if key is None or len(key) < NAME_BYTES else blake2b(key, digest_size=NAME_BYTES).digest() for key in keys]
