"""Pickers: each rule by its limits, and what they make of the life of a store."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_rows import RowStore, shuffled

from streambus.kernel import Prng
from streambus.storage.pickers import (
    DropTables,
    EntryTable,
    LevelsView,
    LogTable,
    MergeEntryTables,
    MergeLogTables,
    PickerOptions,
    Reason,
    garbage_of,
    pick,
    pick_entries,
    tier_of,
)

KIB, MIB = 1024, 1024 * 1024

SCALED = PickerOptions(table_bytes=2 * MIB, compaction_bytes_max=16 * MIB, garbage_bytes_min=8 * MIB, entry_bytes_min=16 * KIB)
"""Everything 64 times smaller, with segments of 2 MiB."""


def segment(number: int, level: int = 0, end_position: int = -1, **fields: int | bool) -> LogTable:
    """A sound table of 100 MB in long runs, all of it in use."""
    row = LogTable(
        number=number,
        level=level,
        end_position=end_position if end_position >= 0 else 1_000 * number,
        file_bytes=101_000_000,
        data_bytes=100_000_000,
        live_bytes=100_000_000,
        live_blocks=200,
        blocks=200,
        rows=20_000,
        runs=200,
        first_keyspace=16,
        last_keyspace=115,
    )
    return attrs.evolve(row, **fields)


def choice(*tables: LogTable, options: PickerOptions = PickerOptions()) -> object:  # noqa: B008
    return pick(LevelsView(logs=tables), options)


# Dropping ------------------------------------------------------------------------------------------------------------------


def test_what_nobody_refers_to_is_dropped_and_nothing_else():
    dead = {"live_bytes": 0, "live_blocks": 0}
    assert choice(segment(3, **dead), segment(1, **dead), segment(2)) == DropTables((1, 3))
    assert choice(segment(1, is_spoiled=True, **dead)) == DropTables((1,))
    assert choice(segment(1, live_bytes=0)) is None
    assert choice() is None


def test_not_all_tables_of_a_dropped_topic_are_in_one_edit():
    tables = [segment(number, live_blocks=0) for number in range(5)]
    assert choice(*tables, options=PickerOptions(drops_max=3)) == DropTables((0, 1, 2))


# Garbage -------------------------------------------------------------------------------------------------------------------


def half_dead(number: int, live_bytes: int = 40_000_000, **fields: int | bool) -> LogTable:
    return segment(number, live_bytes=live_bytes, **fields)


def test_garbage_is_rewritten_when_all_of_it_is_too_much_the_worst_first():
    options = PickerOptions(garbage_bytes_min=150_000_000)
    assert choice(half_dead(0), half_dead(1), options=options) is None
    assert choice(half_dead(0), half_dead(1, live_bytes=30_000_000), half_dead(2), options=options) == MergeLogTables(
        (0, 1, 2), 1, Reason.GARBAGE
    )
    others = [segment(number) for number in range(3, 6)]
    assert choice(half_dead(0), half_dead(1), half_dead(2), *others, options=options) is None


def test_garbage_is_gathered_into_one_new_table_of_the_level():
    options = PickerOptions(garbage_bytes_min=0)
    tables = [half_dead(0, 60_000_000), half_dead(1, 50_000_000), half_dead(2, 55_000_000), half_dead(3, 20_000_000, level=2)]
    assert choice(*tables, options=options) == MergeLogTables((3,), 2, Reason.GARBAGE)
    assert choice(*tables[:3], options=options) == MergeLogTables((1, 2), 1, Reason.GARBAGE)
    small = [half_dead(number, 1_000_000) for number in range(12)]
    assert choice(*small, options=options) == MergeLogTables(tuple(range(8)), 1, Reason.GARBAGE)


def test_what_somebody_deleted_is_rewritten_away_at_once_where_it_was_a_fourth():
    expired = segment(0, live_bytes=70_000_000)
    deleted = [segment(number, live_bytes=70_000_000, unwanted_bytes=30_000_000) for number in (1, 2)]
    crumbs = segment(3, live_bytes=80_000_000, unwanted_bytes=20_000_000)
    assert choice(expired, crumbs) is None
    assert choice(expired, crumbs, *deleted) == MergeLogTables((1, 2), 1, Reason.UNWANTED)
    assert choice(attrs.evolve(deleted[0], is_spoiled=True)) is None
    assert choice(*deleted, options=PickerOptions(compaction_bytes_max=100_000_000)) == MergeLogTables((1,), 1, Reason.UNWANTED)
    merged = segment(4, level=2, live_bytes=70_000_000, unwanted_bytes=30_000_000)
    assert choice(merged) == MergeLogTables((4,), 2, Reason.UNWANTED)


def test_a_table_with_little_garbage_is_not_rewritten_with_others():
    tables = [half_dead(0, 1_000_000), segment(1, live_bytes=80_000_000)]
    assert choice(*tables, options=PickerOptions(garbage_bytes_min=0)) == MergeLogTables((0,), 1, Reason.GARBAGE)


def test_what_a_segment_has_beside_batches_is_garbage_but_for_what_batches_cost_anywhere():
    assert garbage_of(segment(0, file_bytes=100_000_000 + 20_000 * 64)) == 0
    assert garbage_of(segment(0, file_bytes=150_000_000 + 20_000 * 64)) == 50_000_000
    assert garbage_of(segment(0, level=1, file_bytes=150_000_000)) == 0
    assert garbage_of(segment(0, data_bytes=0, live_bytes=0, rows=0)) == 101_000_000


def test_tables_with_damage_are_not_merged():
    tables = [half_dead(number, is_spoiled=True) for number in range(9)]
    assert choice(*tables, options=PickerOptions(garbage_bytes_min=0)) is None
    tables = [segment(number, runs=20_000, is_spoiled=number == 4) for number in range(8)]
    assert choice(*tables) is None


# Fragments and blocks ------------------------------------------------------------------------------------------------------


def fragmented(number: int, **fields: int | bool) -> LogTable:
    return segment(number, **{"runs": 20_000, **fields})


def test_segments_in_short_pieces_are_merged_when_there_are_enough_neighbours():
    assert choice(*[fragmented(number) for number in range(7)]) is None
    assert choice(*[fragmented(number) for number in reversed(range(9))]) == MergeLogTables(tuple(range(8)), 1, Reason.FRAGMENTS)
    run_bytes = PickerOptions(run_bytes_min=5_000)
    assert choice(*[fragmented(number) for number in range(8)], options=run_bytes) is None


def test_the_oldest_ages_that_are_in_short_pieces_on_average_are_merged():
    tables = [segment(number) for number in range(4)] + [fragmented(number) for number in range(4, 12)]
    tables[0] = segment(0, runs=1)
    assert choice(*tables) == MergeLogTables(tuple(range(1, 9)), 1, Reason.FRAGMENTS)
    lone = [segment(number, runs=0 if number % 8 else 20_000) for number in range(24)]
    assert choice(*lone) is None


def test_the_lowest_level_comes_first_and_the_highest_is_not_merged():
    low = [fragmented(number, level=1) for number in range(10, 18)]
    high = [fragmented(number, level=3) for number in range(8)]
    assert choice(*low, *high) == MergeLogTables(tuple(range(10, 18)), 2, Reason.FRAGMENTS)
    assert choice(*high) == MergeLogTables(tuple(range(8)), 4, Reason.FRAGMENTS)
    assert choice(*high, options=PickerOptions(levels_max=3)) is None


def test_half_empty_blocks_are_merged_only_when_there_are_too_many():
    tables = [segment(number) for number in range(8)]
    assert choice(*tables, options=PickerOptions(blocks_max=1_600)) is None
    assert choice(*tables, options=PickerOptions(blocks_max=1_599)) == MergeLogTables(tuple(range(8)), 1, Reason.BLOCKS)
    full = [segment(number, rows=200 * 512) for number in range(8)]
    assert choice(*full, options=PickerOptions(blocks_max=1_599)) is None


def test_a_merge_has_no_more_bytes_than_it_may():
    tables = [fragmented(number) for number in range(8)]
    assert choice(*tables, options=PickerOptions(compaction_bytes_max=500_000_000)) == MergeLogTables((0, 1, 2, 3, 4), 1, Reason.FRAGMENTS)
    assert choice(*tables, options=PickerOptions(compaction_bytes_max=300_000_000)) is None
    assert choice(*tables, options=PickerOptions(outputs_max=7, table_bytes=100_000_000)) == MergeLogTables(
        (0, 1, 2, 3, 4, 5), 1, Reason.FRAGMENTS
    )


def test_of_each_age_the_table_with_the_most_keyspaces_in_common_is_taken():
    tables = [
        fragmented(10 * age + part, level=1, end_position=age, first_keyspace=100 * part + age % 3, last_keyspace=100 * part + 99 + age % 3)
        for age in range(8)
        for part in range(4)
    ]
    assert choice(*tables) == MergeLogTables(tuple(10 * age for age in range(8)), 2, Reason.FRAGMENTS)
    left = [table for table in tables if table.number % 10]
    assert choice(*left) == MergeLogTables(tuple(10 * age + 1 for age in range(8)), 2, Reason.FRAGMENTS)
    left = [table for table in tables if table.number >= 10 or table.number == 2]
    assert choice(*left) == MergeLogTables(tuple(10 * age + 2 for age in range(8)), 2, Reason.FRAGMENTS)


def test_a_table_that_shares_keyspaces_with_nobody_stands_in_nobody_s_way():
    alone = fragmented(99, level=1, end_position=0, first_keyspace=1, last_keyspace=5)
    tables = [fragmented(number, level=1, end_position=number) for number in range(8)]
    assert choice(alone, *tables) == MergeLogTables(tuple(range(8)), 2, Reason.FRAGMENTS)
    apart = [fragmented(number, level=1, first_keyspace=number, last_keyspace=number) for number in range(8)]
    assert choice(*apart) is None


# Entries -------------------------------------------------------------------------------------------------------------------


def entry_tables(*sizes: int, spoiled: int = -1) -> tuple[EntryTable, ...]:
    """Tables of so many MiB, the oldest first; numbers are those of a list from 0."""
    return tuple([EntryTable(number, 100 * number, size * MIB, number == spoiled) for number, size in enumerate(sizes)])


@pytest.mark.parametrize(
    ("sizes", "merged", "is_bottom"),
    [
        ((), None, None),
        ((1, 1, 1), None, None),
        ((1, 1, 1, 1), (3, 2, 1, 0), True),
        ((1, 3, 2, 1, 0), (3, 2, 1, 0), True),
        ((4, 1, 1, 1, 1), (4, 3, 2, 1), False),
        ((64, 16, 4, 1), None, None),
        ((0, 0, 0, 64, 0), (3, 2, 1, 0), True),
        ((16, 16, 16, 4, 16), (4, 3, 2, 1, 0), True),
        ((600, 600, 600, 600), None, None),
        ((1_100, 200, 200, 200, 200, 1_100, 1_100), (4, 3, 2, 1), False),
        ((200, 200, 200, 200, 300, 300), (5, 4, 3, 2), False),
        ((1,) * 20, tuple(range(19, 3, -1)), False),
    ],
)
def test_neighbours_in_age_of_one_tier_of_size_are_merged(sizes, merged, is_bottom):
    expected = None if merged is None else MergeEntryTables(merged, is_bottom)
    assert pick_entries(entry_tables(*sizes), PickerOptions()) == expected


def test_nothing_is_merged_across_an_entry_table_with_damage():
    assert pick_entries(entry_tables(1, 1, 1, 1, 1, spoiled=2), PickerOptions()) is None
    assert pick_entries(entry_tables(1, 1, 1, 1, 1, 1, spoiled=0), PickerOptions()) == MergeEntryTables((5, 4, 3, 2, 1), False)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 1 << 30), st.integers(1, 400))
def test_entry_tables_are_as_many_as_the_logarithm_of_what_was_flushed(seed, flushes):
    dice = Prng(seed)
    store = RowStore(1, 1, 1, SCALED, 1)
    flushed = 0
    for number in range(flushes):
        size = (1 + dice.below(4 * KIB)) << (2 * dice.below(4))
        flushed += size
        store.entries[store.next_number] = EntryTable(store.next_number, number, size)
        store.next_number += 1
        store.rest()
        if flushed < SCALED.compaction_bytes_max // 2:
            assert len(store.entries) < SCALED.entry_fan_in * (tier_of(flushed, SCALED) + 1)
            assert store.rewritten_bytes <= 4 * (tier_of(flushed, SCALED) + 1) * flushed


# The life of a store -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("retained", [2, 12, 40])
def test_plain_retention_hardly_rewrites_anything(seed, retained):
    """A hundred partitions of 16 KiB batches that all expire alike, after so many segments; expiry is looked for now and then."""
    dice = Prng(seed)
    store = RowStore(weight=1, batch_bytes=16 * KIB, segment_bytes=2 * MIB, options=SCALED, classes=100)
    history: list[list[int]] = []
    while len(history) < 150:
        for logs in shuffled(dice, 100):
            store.append(logs, batches=1 + dice.below(2))
        history.append(list(store.ends))
        if dice.chance(1, 3) and len(history) > retained:
            for logs, start in enumerate(history[-1 - retained]):
                store.trim(logs, start)
        store.rest()
    assert store.write_amplification_percent() <= 110, store.merges
    assert len(store.tables) <= 2 * retained + 20


@pytest.mark.parametrize(("run_bytes_min", "reason"), [(8 * KIB // 64, Reason.FRAGMENTS), (1, Reason.BLOCKS)])
def test_ten_thousand_partitions_of_small_batches_have_a_bounded_number_of_index_blocks(run_bytes_min, reason):
    """Small batches in between each other: without merging, every segment would have ten thousand blocks of a few rows."""
    options = attrs.evolve(SCALED, run_bytes_min=run_bytes_min, blocks_max=200_000)
    store = RowStore(weight=100, batch_bytes=40, segment_bytes=2 * MIB, options=options, classes=100)
    dice = Prng(4)
    blocks_max = 0
    history = []
    while len(history) < 500:
        for logs in shuffled(dice, 100):
            store.append(logs)
        history.append(list(store.ends))
        if len(history) > 240:
            for logs, start in enumerate(history[-240]):
                store.trim(logs, start)
        store.rest()
        blocks_max = max(blocks_max, store.blocks_seen)
    segments = store.appended_bytes // (2 * MIB)
    assert segments > 200
    assert blocks_max <= options.blocks_max + options.fan_in * 10_000
    assert store.merges[reason] > 10
    assert store.write_amplification_percent() < 300


def test_with_more_index_blocks_than_there_may_be_but_full_ones_a_store_is_at_rest():
    options = attrs.evolve(SCALED, blocks_max=10)
    store = RowStore(weight=1, batch_bytes=40, segment_bytes=2 * MIB, options=options, classes=1)
    while len(store.tables) < 20:
        store.append(0, batches=1_000)
        store.rest()
    assert store.blocks_seen > 10 * options.blocks_max
    assert not store.merges


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 1 << 30), st.sampled_from([1, 40]), st.sampled_from([120, 2 * KIB, 16 * KIB]), st.integers(0, 3), st.integers(1, 12))
def test_any_life_comes_to_rest_within_bounds(seed, weight, batch_bytes, other, logs_count):
    """Logs of unequal speed and unequal retention, some deleted, with other records in between."""
    dice = Prng(seed)
    options = attrs.evolve(SCALED, fan_in=4, garbage_bytes_min=2 * MIB, blocks_max=2_000, levels_max=4, drops_max=7)
    store = RowStore(weight, batch_bytes, 2 * MIB // 8, options, logs_count)
    written_by_rest = 0
    for _ in range(60):
        for _ in range(1 + dice.below(6)):
            logs = min(dice.below(logs_count), dice.below(logs_count))
            store.append(logs, batches=1 + dice.below(1 + (200 * KIB) // (batch_bytes * weight)))
            store.other_bytes += other * dice.below(60 * KIB)
        if dice.chance(1, 2):
            logs = dice.below(logs_count)
            store.trim(logs, store.ends[logs] - dice.below(1 + store.ends[logs]))
        store.rest()
        garbage, garbage_max = store.garbage()
        assert garbage <= garbage_max
        assert all(row.level <= options.levels_max for row in store.rows())
        assert all(row.live_blocks for row in store.rows())
        written_by_rest = store.rewritten_bytes
    assert pick(store.view(), options) is None
    # Once for each level, and for garbage as much again as there was garbage and twice what was in use beside it.
    assert written_by_rest <= (options.levels_max + 3) * store.appended_bytes


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1 << 30))
def test_the_order_of_rows_does_not_matter(seed):
    dice = Prng(seed)
    options = PickerOptions(garbage_bytes_min=300_000_000, blocks_max=3_000)
    tables = [
        segment(number, level=dice.below(2), live_bytes=dice.below(100_000_000), runs=1 + dice.below(30_000), end_position=dice.below(12))
        for number in range(40)
    ]
    entries = entry_tables(*[dice.below(30) for _ in range(12)])
    for logs, layers in ((tables, ()), ([], entries)):
        chosen = pick(LevelsView(tuple(logs), tuple(layers)), options)
        other = pick(
            LevelsView(
                tuple([logs[place] for place in shuffled(dice, len(logs))]), tuple([layers[place] for place in shuffled(dice, len(layers))])
            ),
            options,
        )
        assert chosen == other
