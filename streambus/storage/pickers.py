"""Pickers: what to merge next, if anything. Pure functions from rows about tables to one piece of work.

A broker's log is mostly written once, read by those who follow it, and dropped whole when it has expired. So the best that can be done with
a table is nothing, until nothing in it is in use. Everything else costs writing again, and has a reason with a number:

1. A table that no log refers to is **dropped**.
2. **Entry tables** are looked into one after the other by every look-up: `entry_fan_in` neighbours in age, of one tier of size, become
   one. An older table is at least in the tier of every newer one, so that there are fewer than `entry_fan_in` tables in a tier,
   and as many tiers as the logarithm of the size has digits. Larger tables than `compaction_bytes_max` allows stay as they are.
3. What somebody **deleted** (a topic, or records), rather than let expire, is rewritten away at once from every table of which it
   was a fourth.
4. **Garbage**, bytes that are in nobody's use, is rewritten away, the worst tables first, once all of it together is more than
   `garbage_percent` of what is in use, and more than `garbage_bytes_min`. The bound is on the whole: while logs expire alike, the
   few oldest tables are half dead for a while and then dead, and whoever rewrote them would have done it for nothing.
5. **Fragments**: a log that is in pieces of a few batches costs a read for each. Tables of `fan_in` neighbouring ages whose pieces
   are shorter than `run_bytes_min` on average are merged into the next level, each log in one piece.
6. **Index blocks** take memory, whether they are full or not. While there are more than `blocks_max`, `fan_in` neighbouring ages are merged
   likewise, if their blocks have fewer than `rows_per_block_min` rows on average.

Tables of one level and one `end_position` are of one **age**: they were made by merges of the same inputs, and share out the keyspaces.
A merge takes one table from each age, those that have the most keyspaces in common.

It comes to rest: a merge leaves fewer entry tables than there were, or no garbage in what it made (which is never of level 0), or has
lifted its tables by a level, of which there are `levels_max`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from itertools import accumulate, groupby

from streambus.kernel import message

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

ROW_BYTES = 64
"""What a batch takes in a segment beside itself: its entry in a record's directory, and its row in an index block."""

GARBAGE_FRACTION = 4
"""A table of which less than a fourth is garbage is not worth being rewritten for it. If a third of all is, some table has more."""


@message
class PickerOptions:
    """When tables are merged, and how much at once."""

    fan_in: int = 8
    """Ages that are merged into one: a batch is rewritten once for each factor of so many."""

    run_bytes_min: int = 8 * KIB
    """A shorter run of batches costs more for being found and asked for than for being read."""

    blocks_max: int = 1_000_000
    """Index blocks in all directories together: 56 bytes of memory each."""

    rows_per_block_min: int = 512
    """Half of a full index block: merging fuller ones would hardly make them fewer."""

    garbage_percent: int = 50
    """How much garbage is allowed, in percent of what is in use."""

    garbage_bytes_min: int = 512 * MIB
    """How much garbage is always allowed: four segments of the usual size, which is what expires at the time."""

    table_bytes: int = 128 * MIB
    """How large the tables are that a merge writes."""

    outputs_max: int = 16
    """How many tables a merge may write."""

    compaction_bytes_max: int = 1 * GIB
    """How many bytes one merge may copy. Meanwhile no segment is sealed, and nothing else is merged."""

    levels_max: int = 6
    """Tables of this level are not merged any higher. 8 to the 6th segments fit on no disk."""

    entry_fan_in: int = 4
    """Entry tables that are merged into one, and the factor between two tiers of size."""

    entry_bytes_min: int = 1 * MIB
    """Smaller entry tables are all of the lowest tier."""

    entry_inputs_max: int = 16
    """How many entry tables are merged at once: as many files are read side by side."""

    is_full: bool = False
    """Whether everything is merged with everything, whatever it costs, until every log is in one piece: for stores that are not in use."""

    drops_max: int = 1_000
    """How many tables are dropped at once: one edit of the manifest names them all."""


# What there is ---------------------------------------------------------------------------------------------------------


@message
class LogTable:
    """A sealed table with batches, and what of it is in use. Level 0 is a sealed segment of the WAL."""

    number: int
    level: int
    end_position: int
    file_bytes: int
    data_bytes: int
    """Of all its batches."""
    live_bytes: int
    """Of the batches in index blocks that logs refer to."""
    live_blocks: int
    """Index blocks that logs refer to."""
    blocks: int
    """Index blocks in its directory."""
    rows: int
    """Batches in these."""
    runs: int
    """In how many pieces the batches lie in the file, each of one log and without a gap."""
    first_keyspace: int
    last_keyspace: int
    """The least and the greatest keyspace that has an index block here."""
    is_spoiled: bool = False
    """Damage was found in it: it may be dropped, but not merged."""
    unwanted_bytes: int = 0
    """Of batches that somebody had deleted: in logs that were dropped, or below an offset that was asked for. Not of those that expired."""


@message
class EntryTable:
    """A sealed table with entries."""

    number: int
    end_position: int
    file_bytes: int
    is_spoiled: bool = False
    """Damage was found in it: it is not merged, nor anything across it."""


@message
class LevelsView:
    """All sealed tables, in any order."""

    logs: tuple[LogTable, ...] = ()
    entries: tuple[EntryTable, ...] = ()


# What to do ------------------------------------------------------------------------------------------------------------


class Reason(Enum):
    """Why log tables are merged."""

    UNWANTED = "somebody had a good part of them deleted"
    GARBAGE = "too many bytes are in nobody's use"
    FRAGMENTS = "logs are in short pieces"
    BLOCKS = "there are too many index blocks"
    ASKED = "somebody asked for it"


@message
class DropTables:
    """Nothing in these tables is in use."""

    tables: tuple[int, ...]


@message
class MergeLogTables:
    """Copy what is in use of these tables, the oldest first, to new ones of `level`."""

    tables: tuple[int, ...]
    level: int
    reason: Reason


@message
class MergeEntryTables:
    """Make one entry table of these, the newest first. `is_bottom`: there is none older, so that deletions need not be remembered."""

    tables: tuple[int, ...]
    is_bottom: bool


Compaction = DropTables | MergeLogTables | MergeEntryTables


def pick(view: LevelsView, options: PickerOptions) -> Compaction | None:
    """What is most worth doing, or None if nothing is. Equal views and options have equal answers, in whatever order the rows are."""
    rules: tuple[Callable[[], Compaction | None], ...] = (
        lambda: pick_dead(view.logs, options),
        lambda: pick_all(view, options),
        lambda: pick_entries(view.entries, options),
        lambda: pick_unwanted(view.logs, options),
        lambda: pick_garbage(view.logs, options),
        lambda: pick_scattered(view.logs, options),
    )
    for rule in rules:
        compaction = rule()
        if compaction is not None:
            return compaction
    return None


def pick_dead(tables: Sequence[LogTable], options: PickerOptions) -> DropTables | None:
    """Tables that no log refers to."""
    dead = sorted(table.number for table in tables if not table.live_blocks)
    return DropTables(tuple(dead[: options.drops_max])) if dead else None


def pick_all(view: LevelsView, options: PickerOptions) -> Compaction | None:
    """All sound log tables, then all neighbouring entry tables, unless that is what they came from; nothing if nobody asked for it."""
    if not options.is_full:
        return None
    sound = [table for table in view.logs if not table.is_spoiled]
    if len({(table.level, table.end_position) for table in sound}) > 1 or any(not table.level or garbage_of(table) for table in sound):
        return _merge(sound, max(1, *[table.level for table in sound]), Reason.ASKED)
    newest_first = sorted(view.entries, key=lambda table: (table.end_position, table.number), reverse=True)
    for is_spoiled, neighbours in groupby(newest_first, key=lambda table: table.is_spoiled):
        taken = list(neighbours)[: options.entry_inputs_max]
        if not is_spoiled and len(taken) > 1:
            return MergeEntryTables(tuple([table.number for table in taken]), taken[-1] is newest_first[-1])
    return None


# Entries ---------------------------------------------------------------------------------------------------------------


def pick_entries(tables: Sequence[EntryTable], options: PickerOptions) -> MergeEntryTables | None:
    """The newest neighbours in age that fill a tier."""
    newest_first = sorted(tables, key=lambda table: (table.end_position, table.number), reverse=True)
    for neighbours in tiers_of(newest_first, options):
        taken = _fitting(neighbours, options)
        if len(taken) >= options.entry_fan_in:
            return MergeEntryTables(tuple([table.number for table in taken]), taken[-1] is newest_first[-1])
    return None


def _fitting(neighbours: list[EntryTable], options: PickerOptions) -> list[EntryTable]:
    """The newest of `neighbours` that are enough for a merge and not too large for one; too few, if there are none."""
    taken: list[EntryTable] = []
    taken_bytes = 0
    for table in neighbours:
        if taken_bytes + table.file_bytes > options.compaction_bytes_max:
            if len(taken) >= options.entry_fan_in:
                break
            taken, taken_bytes = [], 0
        if table.file_bytes <= options.compaction_bytes_max and len(taken) < options.entry_inputs_max:
            taken.append(table)
            taken_bytes += table.file_bytes
    return taken


def tiers_of(newest_first: Sequence[EntryTable], options: PickerOptions) -> list[list[EntryTable]]:
    """Neighbours in age of one tier, the newest first. A table is in the tier of its size, or in a higher one that a newer table is in."""
    tiers: list[list[EntryTable]] = []
    highest = -1
    was_spoiled = False
    for table in newest_first:
        tier = tier_of(table.file_bytes, options)
        if tier > highest or was_spoiled or table.is_spoiled:
            tiers.append([])
        highest = max(highest, tier)
        was_spoiled = table.is_spoiled
        if not was_spoiled:
            tiers[-1].append(table)
    return tiers


def tier_of(size: int, options: PickerOptions) -> int:
    """How often `size` can be divided by the fan-in before it is small."""
    tier = 0
    while size >= options.entry_bytes_min:
        size //= options.entry_fan_in
        tier += 1
    return tier


# Garbage ---------------------------------------------------------------------------------------------------------------


def garbage_of(table: LogTable) -> int:
    """Bytes that rewriting the table would win back.

    In a segment that is everything but the batches in use and what they cost anywhere; in other tables, whose files have little else than
    batches, it is the batches that are not in use: so there is none in a new one, and nothing is rewritten twice for nothing.
    """
    if table.level:
        return table.data_bytes - table.live_bytes
    live_rows = table.rows * table.live_bytes // table.data_bytes if table.data_bytes else 0
    return max(table.file_bytes - table.live_bytes - live_rows * ROW_BYTES, 0)


def garbage_bytes_max(tables: Sequence[LogTable], options: PickerOptions) -> int:
    """How much garbage there may be in all of `tables`."""
    return max(sum(table.live_bytes for table in tables) * options.garbage_percent // 100, options.garbage_bytes_min)


def pick_garbage(tables: Sequence[LogTable], options: PickerOptions) -> MergeLogTables | None:
    """The tables with the largest part of garbage, as many of a level as make one new table, if there is too much garbage."""
    sound = [table for table in tables if not table.is_spoiled]
    if sum(map(garbage_of, sound)) <= garbage_bytes_max(sound, options):
        return None
    worst_first = sorted(sound, key=lambda table: (-garbage_permille(table), table.number))
    worst = worst_first[0]
    taken: list[LogTable] = []
    taken_bytes = 0
    for table in worst_first:
        is_worth_it = garbage_permille(table) * GARBAGE_FRACTION >= 1_000
        if table.level != worst.level or not is_worth_it:
            continue
        taken_bytes += table.live_bytes
        if taken and (taken_bytes > options.table_bytes or len(taken) == options.fan_in):
            break
        taken.append(table)
    return _merge(taken, max(worst.level, 1), Reason.GARBAGE) if taken else None


def pick_unwanted(tables: Sequence[LogTable], options: PickerOptions) -> MergeLogTables | None:
    """Tables of which a good part was deleted by somebody, who expects to have the space back: at once, however little it is."""
    sound = [table for table in tables if not table.is_spoiled and table.unwanted_bytes * GARBAGE_FRACTION >= table.data_bytes > 0]
    if not sound:
        return None
    first = min(sound, key=_by_age)
    taken: list[LogTable] = []
    taken_bytes = 0
    for table in sorted([table for table in sound if table.level == first.level], key=_by_age):
        taken_bytes += table.live_bytes
        if taken and (taken_bytes > options.compaction_bytes_max or len(taken) == options.fan_in):
            break
        taken.append(table)
    return _merge(taken, max(first.level, 1), Reason.UNWANTED)


def garbage_permille(table: LogTable) -> int:
    """How much of a table is garbage, in thousandths."""
    garbage = garbage_of(table)
    return garbage * 1_000 // (garbage + table.live_bytes) if garbage else 0


# Fragments and index blocks --------------------------------------------------------------------------------------------


def pick_scattered(tables: Sequence[LogTable], options: PickerOptions) -> MergeLogTables | None:
    """Neighbouring ages, of the lowest level first, with logs in short pieces, or with half-empty index blocks if there are too many."""
    has_many_blocks = sum(table.blocks for table in tables) > options.blocks_max
    sound = sorted([table for table in tables if not table.is_spoiled], key=_by_age)
    for level in range(options.levels_max):
        ages = [list(age) for _, age in groupby([table for table in sound if table.level == level], key=lambda table: table.end_position)]
        spread = _Spread(ages)
        for start in range(len(ages) - options.fan_in + 1):
            reason = spread.reason(start, start + options.fan_in, options, has_many_blocks=has_many_blocks)
            taken = _in_common(ages[start : start + options.fan_in], options) if reason else None
            if reason and taken:
                return _merge(taken, level + 1, reason)
    return None


class _Spread:
    """How long the runs and how full the index blocks of neighbouring ages are: sums over all ages before each."""

    def __init__(self, ages: list[list[LogTable]]) -> None:
        self.data_bytes = _sums([sum([table.data_bytes for table in age]) for age in ages])
        self.runs = _sums([sum([table.runs for table in age]) for age in ages])
        self.rows = _sums([sum([table.rows for table in age]) for age in ages])
        self.blocks = _sums([sum([table.blocks for table in age]) for age in ages])

    def reason(self, start: int, end: int, options: PickerOptions, *, has_many_blocks: bool) -> Reason | None:
        """Why the ages from `start` on and before `end` are worth merging, if they are."""
        if self.data_bytes[end] - self.data_bytes[start] < options.run_bytes_min * (self.runs[end] - self.runs[start]):
            return Reason.FRAGMENTS
        rows, blocks = self.rows[end] - self.rows[start], self.blocks[end] - self.blocks[start]
        return Reason.BLOCKS if has_many_blocks and rows < options.rows_per_block_min * blocks else None


def _sums(numbers: list[int]) -> list[int]:
    return list(accumulate(numbers, initial=0))


def _in_common(window: list[list[LogTable]], options: PickerOptions) -> list[LogTable] | None:
    """A table of the oldest age, and of each later one that which shares the most keyspaces with it, until they are too many bytes.

    None if no table of the oldest age finds partners in half of the ages.
    """
    bytes_max = min(options.compaction_bytes_max, (options.outputs_max - 1) * options.table_bytes)
    for first in window[0]:
        taken = [first]
        taken_bytes = first.live_bytes
        for age in window[1:]:
            best = max(age, key=lambda table: _shared_keyspaces(first, table))
            if _shared_keyspaces(first, best) <= 0:
                continue
            taken_bytes += best.live_bytes
            if taken_bytes > bytes_max:
                break
            taken.append(best)
        if len(taken) >= max(options.fan_in // 2, 2):
            return taken
    return None


def _shared_keyspaces(one: LogTable, other: LogTable) -> int:
    return min(one.last_keyspace, other.last_keyspace) - max(one.first_keyspace, other.first_keyspace) + 1


def _by_age(table: LogTable) -> tuple[int, int, int]:
    return table.end_position, table.first_keyspace, table.number


def _merge(tables: list[LogTable], level: int, reason: Reason) -> MergeLogTables:
    return MergeLogTables(tuple([table.number for table in sorted(tables, key=_by_age)]), level, reason)
