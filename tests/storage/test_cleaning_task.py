"""The task of cleaning: what it reads, what it writes, what it does about damage."""

import attrs
import pytest
from cleaned_logs import ABORT, COMMIT, LogMaker, batches_of, extents_of, records_of
from memory_files import MemoryFiles

from streambus.records import Codec, parse_header
from streambus.storage.cleaning import CleanedLog, CleanLog
from streambus.storage.sealed import Directory, LogExtent, WorkDamaged
from streambus.storage.sealed.work import READ_BYTES_MAX

NOW = 1_000


def small_log(*, batches_per_segment: int = 2) -> LogMaker:
    log = LogMaker()
    for row in range(6):
        log.data((b"same", b"%d" % row), (b"k%d" % row, b""))
    log.seal(batches_per_segment)
    return log


def cleaned_of(task: CleanLog, files: MemoryFiles) -> tuple[CleanedLog, tuple[LogExtent, ...]]:
    cleaned = task.run(files)
    assert isinstance(cleaned, CleanedLog), cleaned
    return cleaned, extents_of(*map(Directory.decode, cleaned.directories))


def test_it_says_what_it_has_done() -> None:
    log = small_log()
    cleaned = log.clean(NOW)
    assert (cleaned.cleaned_end, cleaned.records_before, cleaned.records_after) == (12, 12, 7)
    assert cleaned.bytes_before == sum(map(len, log.written))
    assert cleaned.bytes_after == sum(map(len, log.batches()))
    assert (cleaned.vanished, cleaned.unreadable_batches, len(cleaned.directories)) == ((), 0, 1)


def test_what_is_cleaned_away_is_a_hole_in_the_new_tables() -> None:
    log = LogMaker()
    for _ in range(6):
        log.data((b"same", b"value"))
    log.seal(batches_per_segment=2)
    log.clean(NOW, table_bytes=1)
    assert [(extent.first_offset, extent.end_offset) for extent in log.extents] == [(0, 6)]
    assert [header.base_offset for header in log.headers()] == [5]


def test_new_tables_are_as_large_as_they_may_be_and_speak_of_all_offsets() -> None:
    log = small_log()
    cleaned = log.clean(NOW, table_bytes=200)
    assert len(cleaned.directories) > 1
    assert (log.extents[0].first_offset, log.extents[-1].end_offset) == (0, 12)
    assert sorted(log.pairs()) == [1, 3, 5, 7, 9, 10, 11]
    infos = [Directory.decode(directory).info for directory in cleaned.directories]
    assert [(info.level, info.segment, info.end_position) for info in infos] == [(1, -1, log.wal_position)] * len(infos)


def test_nothing_is_read_that_was_trimmed() -> None:
    log = small_log()
    task = log.task(NOW)
    first = attrs.evolve(log.extents[1], first_offset=7)
    cleaned, extents = cleaned_of(attrs.evolve(task, extents=(first, log.extents[2]), dirty_start=7), log.files)
    assert (extents[0].first_offset, extents[-1].end_offset) == (7, 12)
    assert sorted(records_of(batches_of_trimmed(log, extents))) == [7, 9, 10, 11]
    assert cleaned.records_before == 6


def batches_of_trimmed(log: LogMaker, extents: tuple[LogExtent, ...]) -> list[bytes]:
    """As `batches_of`, where the first batch may begin before its extent."""
    whole = attrs.evolve(extents[0], first_offset=6)
    return batches_of(log.files, (whole, *extents[1:]))


def test_what_may_not_be_cleaned_yet_is_copied() -> None:
    log = small_log()
    task = attrs.evolve(log.task(NOW), end_offset=6)
    cleaned, extents = cleaned_of(task, log.files)
    assert (cleaned.cleaned_end, extents[-1].end_offset) == (6, 12)
    assert batches_of(log.files, extents)[-3:] == log.written[-3:]
    assert sorted(records_of(batches_of(log.files, extents))) == [1, 3, 4, 5, 6, 7, 8, 9, 10, 11]


def test_without_a_dirty_part_only_what_is_over_goes() -> None:
    log = LogMaker()
    log.data((b"a", None))
    log.data((b"a", b"1"))
    log.data((b"b", None))
    log.data((b"c", b"1"))
    log.seal()
    log.clean(NOW)
    log.clean(NOW + 10)
    assert log.pairs() == {1: (b"a", b"1"), 3: (b"c", b"1")}


def test_the_clean_part_is_read_only_once() -> None:
    log = small_log()
    log.clean(NOW)
    log.files.read_bytes = 0
    cleaned = log.clean(NOW)
    assert log.files.read_bytes == cleaned.bytes_before + 2 * sum(extent.length for extent in log.extents)


def test_what_ends_behind_the_extents_has_not_vanished() -> None:
    log = LogMaker()
    for producer_id in (1, 2):
        log.data((b"a", b"1"), producer_id=producer_id, transactional=True)
    for producer_id in (1, 2):
        log.marker(ABORT, producer_id)
    log.data((b"a", b"2"))
    log.seal(batches_per_segment=1)
    log.clean(NOW, last_batches=False, table_bytes=1)
    task = attrs.evolve(log.task(NOW, last_batches=False), extents=log.extents[:1])
    assert log.extents[0].end_offset == 3
    assert cleaned_of(task, log.files)[0].vanished == (2,)
    log.next_table += 1
    assert log.clean(NOW, last_batches=False).vanished == (2, 3)


def test_an_empty_log_is_clean() -> None:
    log = small_log()
    task = attrs.evolve(log.task(NOW), extents=(), end_offset=0)
    assert task.run(log.files) == CleanedLog((), 0, (), 0, 0, 0, 0, 0)


def test_a_log_of_nothing_but_a_hole_stays_one() -> None:
    log = LogMaker()
    for _ in range(2):
        log.data((b"same", b"1"))
    log.seal()
    log.clean(NOW)
    hole = attrs.evolve(log.extents[0], end_offset=1)
    cleaned, extents = cleaned_of(attrs.evolve(log.task(NOW), extents=(hole,), end_offset=1), log.files)
    assert (cleaned.bytes_before, [(extent.first_offset, extent.end_offset) for extent in extents]) == (0, [(0, 1)])


def test_the_last_batch_of_all_is_looked_for_behind_holes() -> None:
    log = LogMaker()
    log.data((b"a", b"1"))
    for _ in range(2):
        log.data((b"same", b"1"), producer_id=1, transactional=True)
    log.marker(COMMIT, 1)
    log.seal(batches_per_segment=1)
    log.clean(NOW, last_batches=False)
    hole = attrs.evolve(log.extents[0], first_offset=1, end_offset=2)
    rest = attrs.evolve(log.extents[0], end_offset=1)
    cleaned, extents = cleaned_of(attrs.evolve(log.task(NOW), extents=(rest, hole), end_offset=2), log.files)
    assert [parse_header(batch).base_offset for batch in batches_of(log.files, extents)] == [0]
    assert cleaned.bytes_before == len(log.written[0])


# Damage ----------------------------------------------------------------------------------------------------------------


def index_block_of(log: LogMaker) -> tuple[LogExtent, int]:
    return log.extents[1], log.extents[1].position + 40


def batch_in_the_middle(log: LogMaker) -> tuple[LogExtent, int]:
    extent = log.extents[1]
    return extent, bytes(log.files.content[extent.file]).index(log.written[3]) + 70


@pytest.mark.parametrize("place", [index_block_of, batch_in_the_middle])
def test_damage_is_returned_and_never_copied(place) -> None:
    log = small_log()
    extent, position = place(log)
    log.files.flip(extent.file, position)
    damaged = log.task(NOW).run(log.files)
    assert isinstance(damaged, WorkDamaged)
    assert damaged.file == extent.file
    assert damaged.position <= position < damaged.position + max(extent.length, len(log.written[3]))


@pytest.mark.parametrize("place", [index_block_of, batch_in_the_middle])
def test_damage_in_the_clean_part_is_found_as_well(place) -> None:
    log = small_log()
    extent, position = place(log)
    log.files.flip(extent.file, position)
    task = attrs.evolve(log.task(NOW), dirty_start=log.extents[2].first_offset)
    assert isinstance(task.run(log.files), WorkDamaged)


def test_a_disk_that_errs_in_passing_is_asked_again() -> None:
    log, spotless = small_log(), small_log()
    log.files.errs_in_passing = 1
    assert log.clean(NOW) == spotless.clean(NOW)
    assert log.batches() == spotless.batches()


def test_a_file_that_is_too_short_is_damaged() -> None:
    log = small_log()
    extent = log.extents[0]
    del log.files.content[extent.file][extent.position + 5 :]
    assert isinstance(log.task(NOW).run(log.files), WorkDamaged)


def test_a_missing_file_is_an_error_of_the_disk() -> None:
    log = small_log()
    del log.files.content[log.extents[0].file]
    with pytest.raises(FileNotFoundError):
        log.task(NOW).run(log.files)


# Limits ----------------------------------------------------------------------------------------------------------------


def test_little_is_read_and_written_at_once() -> None:
    log = LogMaker()
    for row in range(80):
        log.data((b"key%d" % (row % 50), b"%04d" % row * 32_000), codec=Codec.NONE)
    log.seal()
    log.files.largest_read = log.files.largest_write = 0
    log.clean(NOW)
    assert sorted(log.pairs()) == list(range(30, 80))
    assert log.files.largest_read <= READ_BYTES_MAX
    assert log.files.largest_write <= 2 * READ_BYTES_MAX


def test_equal_tasks_on_equal_files_do_equal_things() -> None:
    one, other = small_log(), small_log()
    assert one.task(NOW) == other.task(NOW)
    assert one.task(NOW).run(one.files) == other.task(NOW).run(other.files)
    assert one.files.content == other.files.content
