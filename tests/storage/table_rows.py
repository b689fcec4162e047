"""A store of rows: tables that know what is in them, but have no bytes. What the pickers are tried on.

Logs come in classes: `weight` logs that all do the same, with neighbouring keyspaces. That makes ten thousand logs a hundred classes.
"""

from __future__ import annotations

import attrs

from streambus.kernel import Prng
from streambus.storage.pickers import (
    Compaction,
    DropTables,
    EntryTable,
    LevelsView,
    LogTable,
    MergeEntryTables,
    MergeLogTables,
    PickerOptions,
    Reason,
    garbage_bytes_max,
    garbage_of,
    pick,
)

ROWS_PER_BLOCK_MAX = 1_024
SIDE_BYTES = 60
"""What a batch takes in a segment beside itself."""


@attrs.define
class Piece:
    """Batches `first` to `end` (not included) of every log of one class, each log's in one place."""

    logs: int
    first: int
    end: int


@attrs.define
class Contents:
    """What is in one table with batches."""

    number: int
    level: int
    end_position: int
    pieces: list[Piece]
    other_bytes: int = 0
    """Records in a segment that are no batches."""


@attrs.define
class RowStore:
    """Logs that grow and expire, segments that are sealed when they are full, and the work that pickers find."""

    weight: int
    batch_bytes: int
    segment_bytes: int
    options: PickerOptions
    classes: int
    tables: dict[int, Contents] = attrs.field(factory=dict)
    entries: dict[int, EntryTable] = attrs.field(factory=dict)
    next_number: int = 0
    starts: list[int] = attrs.field(init=False)
    ends: list[int] = attrs.field(init=False)
    sealed_ends: list[int] = attrs.field(init=False)
    appended_bytes: int = 0
    other_bytes: int = 0
    rewritten_bytes: int = 0
    merges: dict[Reason, int] = attrs.field(factory=dict)
    blocks_seen: int = 0

    def __attrs_post_init__(self) -> None:
        self.starts = [0] * self.classes
        self.ends = [0] * self.classes
        self.sealed_ends = [0] * self.classes

    # Life ------------------------------------------------------------------------------------------------------------

    def append(self, logs: int, batches: int = 1) -> None:
        """Every log of a class gets batches. Full segments are sealed."""
        self.ends[logs] += batches
        self.appended_bytes += self.weight * batches * (self.batch_bytes + SIDE_BYTES)
        if self._unsealed_bytes() >= self.segment_bytes:
            self.seal()

    def seal(self) -> None:
        """What is not sealed becomes a table, with an entry table beside it."""
        pieces = [Piece(logs, self.sealed_ends[logs], end) for logs, end in enumerate(self.ends) if end > self.sealed_ends[logs]]
        self.sealed_ends = list(self.ends)
        position = self.appended_bytes + self.other_bytes
        self.tables[self.next_number] = Contents(self.next_number, 0, position, pieces, self.other_bytes)
        self.appended_bytes += self.other_bytes
        self.other_bytes = 0
        self.next_number += 1

    def _unsealed_bytes(self) -> int:
        batches = sum(self.ends) - sum(self.sealed_ends)
        return batches * self.weight * (self.batch_bytes + SIDE_BYTES) + self.other_bytes

    # Work ------------------------------------------------------------------------------------------------------------

    def rest(self, steps_max: int = 500) -> int:
        """Do all that there is to do. How many pieces of work it was."""
        for step in range(steps_max):
            compaction = pick(self.view(), self.options)
            if compaction is None:
                return step
            self.perform(compaction)
        raise AssertionError(f"no rest after {steps_max} compactions")

    def perform(self, compaction: Compaction) -> None:
        """Do one piece of work."""
        if isinstance(compaction, DropTables):
            for number in compaction.tables:
                assert not self.row(self.tables.pop(number)).live_blocks
        elif isinstance(compaction, MergeLogTables):
            self._merge(compaction)
        else:
            self._fold(compaction)

    def _merge(self, merge: MergeLogTables) -> None:
        inputs = [self.tables.pop(number) for number in merge.tables]
        pieces = sorted((piece for table in inputs for piece in self.live(table)), key=lambda piece: (piece.logs, piece.first))
        live_bytes = sum(self.bytes_of(piece) for piece in pieces)
        limit = max(self.options.compaction_bytes_max, max(self.row(table).live_bytes for table in inputs))
        assert live_bytes <= limit, (live_bytes, limit)
        assert all(merge.level == table.level + 1 or merge.reason is Reason.GARBAGE for table in inputs)
        outputs: list[Contents] = []
        room = 0
        for piece in pieces:
            if room <= 0:
                end_position = max(table.end_position for table in inputs)
                outputs.append(Contents(self.next_number, merge.level, end_position, []))
                self.next_number += 1
                room = self.options.table_bytes
            here = outputs[-1].pieces
            if here and (here[-1].logs, here[-1].end) == (piece.logs, piece.first):
                here[-1] = Piece(piece.logs, here[-1].first, piece.end)
            else:
                here.append(piece)
            room -= self.bytes_of(piece)
        assert len(outputs) <= self.options.outputs_max
        self.tables.update({table.number: table for table in outputs})
        self.rewritten_bytes += live_bytes
        self.merges[merge.reason] = self.merges.get(merge.reason, 0) + 1

    def _fold(self, merge: MergeEntryTables) -> None:
        newest_first = sorted(self.entries.values(), key=lambda table: -table.end_position)
        numbers = [table.number for table in newest_first]
        place = numbers.index(merge.tables[0])
        assert tuple(numbers[place : place + len(merge.tables)]) == merge.tables, "not neighbours in age, or not the newest first"
        assert merge.is_bottom == (merge.tables[-1] == numbers[-1])
        inputs = [self.entries.pop(number) for number in merge.tables]
        size = sum(table.file_bytes for table in inputs)
        assert size <= self.options.compaction_bytes_max
        self.entries[self.next_number] = EntryTable(self.next_number, inputs[0].end_position, size)
        self.next_number += 1
        self.rewritten_bytes += size

    # What there is ---------------------------------------------------------------------------------------------------

    def live(self, table: Contents) -> list[Piece]:
        return [
            Piece(piece.logs, max(piece.first, self.starts[piece.logs]), piece.end)
            for piece in table.pieces
            if piece.end > self.starts[piece.logs]
        ]

    def bytes_of(self, piece: Piece) -> int:
        return (piece.end - piece.first) * self.batch_bytes * self.weight

    def row(self, table: Contents) -> LogTable:
        live = self.live(table)
        rows = sum(piece.end - piece.first for piece in table.pieces) * self.weight
        runs = rows if table.level == 0 and (len(table.pieces) > 1 or self.weight > 1) else blocks_of(table.pieces) * self.weight
        return LogTable(
            number=table.number,
            level=table.level,
            end_position=table.end_position,
            file_bytes=rows * (self.batch_bytes + SIDE_BYTES) + table.other_bytes,
            data_bytes=rows * self.batch_bytes,
            live_bytes=sum(map(self.bytes_of, live)),
            live_blocks=blocks_of(live) * self.weight,
            blocks=blocks_of(table.pieces) * self.weight,
            rows=rows,
            runs=runs,
            first_keyspace=table.pieces[0].logs * self.weight if table.pieces else 0,
            last_keyspace=(table.pieces[-1].logs + 1) * self.weight - 1 if table.pieces else 0,
        )

    def rows(self) -> tuple[LogTable, ...]:
        return tuple([self.row(table) for table in self.tables.values()])

    def view(self) -> LevelsView:
        rows = self.rows()
        self.blocks_seen = sum(row.blocks for row in rows)
        return LevelsView(rows, tuple(self.entries.values()))

    def garbage(self) -> tuple[int, int]:
        """Bytes of garbage, and how many are allowed."""
        rows = self.rows()
        return sum(map(garbage_of, rows)), garbage_bytes_max(rows, self.options)

    def write_amplification_percent(self) -> int:
        """Bytes written for a hundred bytes appended."""
        return 100 * (self.appended_bytes + self.rewritten_bytes) // self.appended_bytes

    def trim(self, logs: int, start: int) -> None:
        self.starts[logs] = max(self.starts[logs], min(start, self.sealed_ends[logs]))


def blocks_of(pieces: list[Piece]) -> int:
    """Index blocks for one log of each class."""
    return sum(-(-(piece.end - piece.first) // ROWS_PER_BLOCK_MAX) for piece in pieces)


def shuffled(dice: Prng, count: int) -> list[int]:
    """The numbers below `count` in some order."""
    numbers = list(range(count))
    for place in range(count - 1, 0, -1):
        other = dice.below(place + 1)
        numbers[place], numbers[other] = numbers[other], numbers[place]
    return numbers
