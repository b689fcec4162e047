"""The sealed part of one log: which index blocks of which sealed tables say where its batches are."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping

from streambus.kernel import message


@message
class BlockRef:
    """The offsets from `first_offset` on and below `end_offset` are in index block number `block` of table `table`."""

    first_offset: int
    end_offset: int
    table: int
    block: int


class BlockList:
    """Index blocks of one log in order of offsets, 24 bytes each. They tile a range of offsets: one begins where the one before ends."""

    __slots__ = ("blocks", "end_offsets", "first_offsets", "tables")

    def __init__(self) -> None:
        self.first_offsets = array("q")
        self.end_offsets = array("q")
        self.tables = array("I")
        self.blocks = array("I")

    @property
    def end_offset(self) -> int:
        """Where the sealed part ends; -1 if there is none."""
        return self.end_offsets[-1] if self.end_offsets else -1

    def ref(self, row: int) -> BlockRef:
        """The block in `row`."""
        return BlockRef(self.first_offsets[row], self.end_offsets[row], self.tables[row], self.blocks[row])

    def refs(self, low: int = 0, high: int | None = None) -> list[BlockRef]:
        """The blocks in the rows from `low` on and below `high`."""
        return [self.ref(row) for row in range(low, len(self) if high is None else high)]

    def row_of(self, offset: int) -> int:
        """The row of the block that contains `offset`, or of the last one before it; -1 if there is none."""
        return bisect_right(self.first_offsets, offset) - 1

    def append(self, ref: BlockRef) -> None:
        """Add a block at the end."""
        self.replace(len(self), len(self), [ref])

    def replace(self, low: int, high: int, refs: list[BlockRef]) -> None:
        """Have `refs` be in the place of the rows from `low` on and below `high`."""
        self.first_offsets[low:high] = array("q", [ref.first_offset for ref in refs])
        self.end_offsets[low:high] = array("q", [ref.end_offset for ref in refs])
        self.tables[low:high] = array("I", [ref.table for ref in refs])
        self.blocks[low:high] = array("I", [ref.block for ref in refs])

    def overlay(self, ref: BlockRef) -> None:
        """`ref` is right about all of its offsets, whatever was said of them before. What is left on either side stays."""
        low = bisect_right(self.end_offsets, ref.first_offset)
        high = max(bisect_left(self.first_offsets, ref.end_offset), low)
        before = self.refs(low, high)
        left = [_clipped(old, old.first_offset, ref.first_offset) for old in before[:1]]
        right = [_clipped(old, ref.end_offset, old.end_offset) for old in before[-1:]]
        self.replace(low, high, [part for part in (*left, ref, *right) if part.first_offset < part.end_offset])

    def _fit(self) -> None:
        """Give back the memory of blocks that there were before a merge: arrays keep what they once needed."""
        self.first_offsets, self.end_offsets = self.first_offsets[:], self.end_offsets[:]
        self.tables, self.blocks = self.tables[:], self.blocks[:]

    def cut_from(self, end_offset: int) -> list[BlockRef]:
        """Forget what is at or above `end_offset`; return the blocks of which nothing is left."""
        row = self.row_of(end_offset)
        if row >= 0 and self.first_offsets[row] < end_offset:
            self.end_offsets[row] = min(self.end_offsets[row], end_offset)
            row += 1
        gone = self.refs(max(row, 0))
        self.replace(max(row, 0), len(self), [])
        return gone

    def cut_before(self, start_offset: int) -> list[BlockRef]:
        """Forget what is below `start_offset`; return the blocks of which nothing is left. One that is left in part stays as it is."""
        row = bisect_right(self.end_offsets, start_offset)
        gone = self.refs(0, row)
        self.replace(0, row, [])
        return gone

    def find(self, table: int, block: int, first_offset: int, end_offset: int) -> BlockRef | None:
        """The block with this number of this table, which speaks of these offsets, if it is here."""
        for row in range(max(self.row_of(first_offset), 0), len(self)):
            if self.first_offsets[row] >= end_offset:
                return None
            if self.tables[row] == table and self.blocks[row] == block:
                return self.ref(row)
        return None

    def swap(self, sources: Mapping[tuple[int, int], None], refs: list[BlockRef]) -> tuple[list[BlockRef], list[BlockRef]]:
        """What the blocks `sources` (table, block) said about the offsets of `refs`, these say now. Return what went and what came.

        Offsets that the sources do not speak of any more, because they were trimmed or cut off, do not come back.
        """
        low = max(self.row_of(refs[0].first_offset), 0)
        high = bisect_left(self.first_offsets, refs[-1].end_offset)
        before = self.refs(low, high)
        after: list[BlockRef] = []
        for old in before:
            if (old.table, old.block) in sources:
                _extend(after, [_clipped(old, old.first_offset, refs[0].first_offset)])
                _extend(after, [_clipped(ref, old.first_offset, old.end_offset) for ref in refs])
                _extend(after, [_clipped(old, refs[-1].end_offset, old.end_offset)])
            else:
                _extend(after, [old])
        self.replace(low, high, after)
        self._fit()
        were, are = _by_block(before), _by_block(after)
        return [ref for key, ref in were.items() if key not in are], [ref for key, ref in are.items() if key not in were]

    def check(self) -> None:
        """The invariants: blocks are not empty, and tile."""
        for row in range(len(self)):
            assert self.first_offsets[row] < self.end_offsets[row], self.ref(row)
            assert row == 0 or self.first_offsets[row] == self.end_offsets[row - 1], (self.ref(row - 1), self.ref(row))

    def __len__(self) -> int:
        return len(self.first_offsets)


def _clipped(ref: BlockRef, first_offset: int, end_offset: int) -> BlockRef:
    return BlockRef(max(ref.first_offset, first_offset), min(ref.end_offset, end_offset), ref.table, ref.block)


def _extend(refs: list[BlockRef], more: list[BlockRef]) -> None:
    """Add blocks that speak of anything; one that goes on where its beginning ended becomes one again."""
    for ref in more:
        if ref.first_offset >= ref.end_offset:
            continue
        last = refs[-1] if refs else None
        if last is not None and (last.table, last.block) == (ref.table, ref.block):
            refs[-1] = BlockRef(last.first_offset, ref.end_offset, ref.table, ref.block)
        else:
            refs.append(ref)


def _by_block(refs: list[BlockRef]) -> dict[tuple[int, int], BlockRef]:
    return {(ref.table, ref.block): ref for ref in refs}
