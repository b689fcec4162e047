"""Merging everything, because somebody asked for it: it ends, and leaves every log in one piece."""

from streambus.storage.pickers import (
    EntryTable,
    LevelsView,
    LogTable,
    MergeEntryTables,
    MergeLogTables,
    PickerOptions,
    Reason,
    pick,
    pick_all,
)

FULL = PickerOptions(is_full=True, entry_inputs_max=3)


def row(number: int, level: int = 1, end_position: int = 0, live_bytes: int = 1_000, *, is_spoiled: bool = False) -> LogTable:
    return LogTable(
        number=number,
        level=level,
        end_position=end_position or 1_000 * number,
        file_bytes=1_100,
        data_bytes=1_000,
        live_bytes=live_bytes,
        live_blocks=2,
        blocks=2,
        rows=10,
        runs=2,
        first_keyspace=16,
        last_keyspace=17,
        is_spoiled=is_spoiled,
    )


def entries(number: int, *, is_spoiled: bool = False) -> EntryTable:
    return EntryTable(number, 1_000 * number, 100, is_spoiled)


def test_nobody_gets_it_unasked() -> None:
    assert pick_all(LevelsView((row(1, level=0), row(2)), (entries(3), entries(4))), PickerOptions()) is None


def test_log_tables_of_all_ages_become_tables_of_the_highest_level() -> None:
    assert pick(LevelsView((row(3), row(1, level=3), row(2, level=0))), FULL) == MergeLogTables((1, 2, 3), 3, Reason.ASKED)


def test_a_single_segment_is_merged_too_and_a_single_table_with_garbage() -> None:
    assert pick_all(LevelsView((row(1, level=0),)), FULL) == MergeLogTables((1,), 1, Reason.ASKED)
    assert pick_all(LevelsView((row(1, level=2, live_bytes=999),)), FULL) == MergeLogTables((1,), 2, Reason.ASKED)


def test_what_came_from_one_merge_is_at_rest() -> None:
    assert pick_all(LevelsView((row(1, end_position=5), row(2, end_position=5))), FULL) is None


def test_spoiled_tables_are_left_alone() -> None:
    assert pick_all(LevelsView((row(1), row(2, is_spoiled=True))), FULL) is None
    assert pick_all(LevelsView((), (entries(1), entries(2, is_spoiled=True), entries(3))), FULL) is None
    assert pick_all(LevelsView((), (entries(1), entries(2, is_spoiled=True), entries(3), entries(4))), FULL) == MergeEntryTables(
        (4, 3), False
    )


def test_entry_tables_become_one_the_newest_first_so_many_at_a_time() -> None:
    assert pick_all(LevelsView((), tuple(map(entries, range(1, 5)))), FULL) == MergeEntryTables((4, 3, 2), False)
    assert pick_all(LevelsView((), (entries(1), entries(9))), FULL) == MergeEntryTables((9, 1), True)
    assert pick_all(LevelsView((), (entries(9),)), FULL) is None
