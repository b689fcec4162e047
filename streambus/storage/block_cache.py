"""Decoded blocks of sealed tables, as many as fit: the least recently used ones go first.

A dict in the order of use is all there is. Looking for the oldest of a dict's items passes over the places of those that left before it, so
blocks leave in sweeps of many, which makes that cost nothing.
"""

from typing import Any

SWEEP_FRACTION = 16
"""A sweep makes room for this fraction of the cache: more would forget too early, less would sweep too often."""


class BlockCache:
    """Blocks by table number and position in the table's file, within `bytes_max` of what their owner says they cost."""

    __slots__ = ("blocks", "bytes", "bytes_max", "evictions", "hits", "misses", "positions")

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self.blocks: dict[tuple[int, int], tuple[Any, int]] = {}
        """Blocks and what they cost, the least recently used one first."""
        self.positions: dict[int, dict[int, None]] = {}
        """Which blocks of each table are here."""
        self.bytes = 0
        self.hits = 0
        self.misses = 0
        self.evictions = 0

    def get(self, table: int, position: int) -> Any:
        """The block at `position` of `table`, or None if it is not here."""
        key = (table, position)
        found = self.blocks.pop(key, None)
        if found is None:
            self.misses += 1
            return None
        self.blocks[key] = found
        self.hits += 1
        return found[0]

    def put(self, table: int, position: int, block: Any, cost: int) -> None:
        """Keep `block`, in place of what was kept for it. One that would not fit alone is not kept."""
        key = (table, position)
        known = self.blocks.pop(key, None)
        if known is not None:
            self._left(key, known[1])
        if cost > self.bytes_max:
            return
        if self.bytes + cost > self.bytes_max:
            self._make_room(cost)
        self.blocks[key] = (block, cost)
        here = self.positions.get(table)
        if here is None:
            self.positions[table] = {position: None}
        else:
            here[position] = None
        self.bytes += cost

    def forget_table(self, table: int) -> None:
        """The table is gone, and so are its blocks."""
        for position in self.positions.pop(table, ()):
            _, cost = self.blocks.pop((table, position))
            self.bytes -= cost

    def check(self) -> None:
        """The invariants of the cache."""
        assert self.bytes <= self.bytes_max, (self.bytes, self.bytes_max)
        assert self.bytes == sum(cost for _, cost in self.blocks.values())
        assert sorted(self.blocks) == sorted((table, position) for table, here in self.positions.items() for position in here)
        assert all(self.positions.values())

    def statistics(self) -> dict[str, int]:
        """What there is, and what was asked for."""
        return {
            "blocks": len(self.blocks),
            "bytes": self.bytes,
            "hits": self.hits,
            "misses": self.misses,
            "evictions": self.evictions,
        }

    def _make_room(self, cost: int) -> None:
        """Have the oldest blocks leave until there is room for `cost` bytes, and some more."""
        excess = max(self.bytes + cost - self.bytes_max, self.bytes_max // SWEEP_FRACTION)
        leaving = []
        for key, (_, its_cost) in self.blocks.items():
            if excess <= 0:
                break
            leaving.append(key)
            excess -= its_cost
        for key in leaving:
            self._left(key, self.blocks.pop(key)[1])
        self.evictions += len(leaving)

    def _left(self, key: tuple[int, int], cost: int) -> None:
        table, position = key
        here = self.positions[table]
        del here[position]
        if not here:
            del self.positions[table]
        self.bytes -= cost
