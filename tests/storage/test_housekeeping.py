"""Long work beside everything else: logs are cut, dropped and opened anew while they are sealed, merged and cleaned."""

import attrs
import pytest
from store_life import fresh, make_batch, recovered
from store_model import assert_same
from stories import CLEANED, EAGER, A, B, Story, T, finish, judge

from streambus.kernel import SECOND, DiskFailed, FileName, FileSlice
from streambus.records import parse_header
from streambus.sim.disk import SimulatedDisk
from streambus.sim.disk_quirk import Unreadable
from streambus.storage import Duplicate, LogId, RangeQuarantined, Stop, StoreConfig
from streambus.storage.block_list import BlockRef
from streambus.storage.cleaning import CleaningPolicy
from streambus.storage.housekeeping import Stage
from streambus.storage.pickers import PickerOptions


def with_log(*logs: LogId, config: StoreConfig = EAGER) -> Story:
    story = Story(fresh(config))
    for log_id in logs:
        story.open(log_id)
    return story


def to_be_cleaned() -> Story:
    """A story with a sealed log of three keys, and the wish to clean it."""
    story = with_log(CLEANED)
    for number in range(40):
        story.pairs(CLEANED, (b"k%d" % (number % 3), b"v" * 30))
    story.settle()
    story.pass_time(3)
    story.life.call("clean", CLEANED, CleaningPolicy(), 40)
    story.life.wake()
    assert story.life.store.housekeeping.stage is Stage.CLEARING
    return story


def test_a_log_is_cleaned_and_the_rest_of_it_says_the_same():
    story = to_be_cleaned()
    before = story.life.store.logs[CLEANED].bytes_between(0, 40, 1 << 40)
    finish(story.life)
    log = story.life.store.logs[CLEANED]
    assert log.cleaned_end > 25
    assert story.life.waiting(lambda: log.bytes_between(0, 40, 1 << 40)) < before / 2
    judge(story.life, story.model)
    judge(recovered(story.life.disk, EAGER), story.model)


def test_a_log_may_be_dropped_when_it_is_about_to_be_cleaned():
    story = to_be_cleaned()
    story.drop_log(CLEANED)
    finish(story.life)
    assert story.life.store.housekeeping.stage is Stage.IDLE
    judge(story.life, story.model)


@pytest.mark.parametrize("is_working", [False, True])
def test_a_log_opened_under_the_name_of_one_that_is_being_cleaned_is_not_clean(is_working: bool):
    story = to_be_cleaned()
    while is_working and story.life.queue:
        story.life.perform_one()
    assert bool(story.life.works) is is_working
    story.drop_log(CLEANED)
    story.open(CLEANED)
    for number in range(40):
        story.pairs(CLEANED, (b"k%d" % (number % 3), b"v" * 30))
    finish(story.life)
    assert story.life.store.logs[CLEANED].cleaned_end == 0
    judge(story.life, story.model)


def test_an_empty_or_unknown_log_is_clean_at_once():
    story = with_log(CLEANED)
    story.life.call("clean", CLEANED, CleaningPolicy(), 0)
    story.life.call("clean", A, CleaningPolicy(), 0)
    finish(story.life)
    assert story.life.store.housekeeping.stage is Stage.IDLE


def test_files_that_are_not_needed_go_when_their_time_has_come_though_nothing_else_happens():
    story = with_log(A)
    for _ in range(30):
        story.append(A, size=200)
    story.settle()
    assert len(story.life.disk.contents()) > 5
    story.cut("trim", A, 30)
    story.settle()
    story.life.pass_time(2 * SECOND)
    assert sum(name.startswith("wal/") for name in story.life.disk.contents()) <= 2


def test_a_file_that_a_view_reads_from_stays_until_the_view_is_closed():
    story = with_log(A)
    for number in range(30):
        story.put(T, b"%02d" % number, b"v" * 100)
        story.settle()
    view, expected = story.life.store.view(), dict(story.model.tables[T])
    for number in range(30):
        story.put(T, b"%02d" % number, b"w" * 100)
        story.settle()
    story.life.pass_time(5 * SECOND)
    retired = set(story.life.store.shelf.retired)
    assert retired
    assert story.life.waiting(lambda: dict(view.scan(T))) == expected
    view.close()
    view.close()
    story.life.pass_time(SECOND)
    assert not story.life.store.shelf.retired
    assert not [name for name in story.life.disk.contents() if name.startswith("tables/") and int(name[7:27]) in retired]


def test_a_block_that_was_trimmed_in_part_leaves_nothing_below_the_start_when_it_becomes_several():
    story = with_log(
        A, config=StoreConfig(segment_bytes=1_000, picker=PickerOptions(fan_in=2, run_bytes_min=10_000, table_bytes=300, outputs_max=9))
    )
    for _ in range(3):
        story.append(A, records=3, size=150)
    story.append(A, size=400)
    story.settle()
    assert story.life.store.logs[A].blocks.refs() == [BlockRef(0, 9, 0, 0)]
    story.cut("trim", A, 8)
    for _ in range(20):
        story.append(A, size=150)
    finish(story.life)
    assert story.life.store.logs[A].blocks.first_offsets[0] == 6
    judge(story.life, story.model)


def test_a_log_trimmed_while_it_is_merged_does_not_come_back():
    story = with_log(A)
    for _ in range(40):
        story.append(A, size=150)
    story.life.call("flush")
    cut = 0
    while story.life.queue or story.life.works or story.life.wake():
        while story.life.queue:
            story.life.perform_one()
        if story.life.works and cut < 38:
            cut += 4
            story.cut("trim", A, cut)
            story.cut("truncate", A, max(story.model.logs[A].end - 1, cut))
            story.append(A)
            story.life.call("flush")
            story.life.work_one()
        elif story.life.works:
            story.life.work_one()
        story.life.store.check()
    finish(story.life)
    judge(story.life, story.model)
    judge(recovered(story.life.disk, EAGER), story.model)


def test_the_largest_timestamp_is_found_though_its_block_had_a_larger_one():
    life = fresh(StoreConfig(segment_bytes=800))
    log = life.call("open_log", A)
    for timestamp in (50, 70, 60, 100):
        life.append(log, make_batch(timestamp=timestamp, size=20))
    for timestamp in (40, 40, 40):
        life.append(log, make_batch(timestamp=timestamp, size=300))
    life.flush()
    assert life.store.statistics()["sealed_tables"] >= 2
    life.waiting(lambda: life.call("truncate", log, 3))
    for timestamp in (60, 70):
        life.append(log, make_batch(timestamp=timestamp, size=20))
    assert life.waiting(log.batch_of_max_timestamp).base_offset == 1
    life.call("trim", log, 2)
    assert life.waiting(log.batch_of_max_timestamp).base_offset == 4


def test_no_producer_remembers_a_batch_that_was_cut_away_from_both_sides():
    life = fresh()
    log = life.call("open_log", A)
    batch = make_batch(records=4, producer=(7, 0, 0))
    life.append(log, batch)
    assert isinstance(log.producers.check(parse_header(batch), 0), Duplicate)
    life.call("trim", log, 1)
    life.call("truncate", log, 1)
    assert not isinstance(log.producers.check(parse_header(batch), 0), Duplicate)


def test_long_work_that_fails_for_lack_of_space_is_tried_again():
    story = with_log(A)
    for _ in range(12):
        story.append(A, size=150)
    story.life.call("flush")
    while not story.life.works:
        story.life.perform_one()
    while story.life.queue:
        story.life.perform_one()
    story.life.disk.capacity = story.life.disk.used_bytes()
    story.life.work_one()
    assert story.life.store.failed is None
    assert story.life.store.housekeeping.retry_at is not None
    while story.life.queue:
        story.life.perform_one()
    story.life.disk.capacity = None
    story.life.pass_time(2 * SECOND)
    assert story.life.store.manifest.wal_segment > 0
    assert_same(story.life, story.model)


def test_a_failed_sync_in_long_work_is_the_end_of_writing():
    story = with_log(A)
    for _ in range(12):
        story.append(A, size=150)
    story.life.call("flush")
    while not story.life.works:
        story.life.perform_one()
    while story.life.queue:
        story.life.perform_one()
    story.life.disk.fail("sync")
    story.life.work_one()
    assert "sync" in (story.life.store.failed or "")
    finished = story.life.store.statistics()["jobs"]
    story.life.happen(DiskFailed("elsewhere", "sync", "EIO"))
    story.life.settle()
    assert story.life.store.statistics()["jobs"] == finished
    assert_same(recovered(story.life.disk, EAGER), story.model)


def test_completions_of_work_that_was_given_up_do_not_count():
    story = to_be_cleaned()
    housekeeping = story.life.store.housekeeping
    while story.life.queue:
        story.life.perform_one()
    work = story.life.works[0]
    story.life.happen(DiskFailed("tables/x", "create", "EEXIST", work.then))
    assert housekeeping.stage is Stage.IDLE
    story.life.work_one()
    story.life.happen(work.then)
    assert housekeeping.stage is Stage.IDLE
    finish(story.life)
    judge(story.life, story.model)


class Scratch:
    """A lens: a file that cannot be read."""

    def __init__(self, file: FileName) -> None:
        self.file = file

    def distort(self, disk: SimulatedDisk, part: FileSlice, data: bytes) -> bytes:
        if part.file == self.file:
            raise Unreadable("EIO")
        return data


def test_a_table_that_cannot_be_read_does_not_keep_others_from_being_merged():
    config = StoreConfig(segment_bytes=600, recent_bytes=0, picker=PickerOptions(fan_in=3, run_bytes_min=10_000, entry_fan_in=1_000))
    story = with_log(A, B, config=config)
    for _ in range(6):
        story.append(A, size=100)
        story.append(B, size=100)
    lens = Scratch(FileName("wal/00000000000000000001.wal"))
    story.life.disk.lenses[lens] = lens
    story.settle()
    for _ in range(30):
        story.append(A, size=100)
        story.append(B, size=100)
    story.settle()
    story.life.pass_time(60 * SECOND)
    store = story.life.store
    assert store.failed is None
    assert list(store.housekeeping.spoiled.values()) == ["the disk could not read it: EIO"]
    assert [info for info in store.manifest.tables.values() if info.level > 0]
    assert store.manifest.wal_segment == store.wal.segment
    story.life.disk.lenses.clear()
    story.life.flush()
    judge(story.life, story.model)


def test_damage_that_cleaning_finds_again_is_told_once():
    story = to_be_cleaned()
    while story.life.queue:
        story.life.perform_one()
    extent = story.life.works[0].task.extents[0]
    story.life.disk.flip_bit(extent.file, 70, 0)
    for _ in range(3):
        story.life.settle()
        story.life.call("clean", CLEANED, CleaningPolicy(), 40)
    told = [fact for fact in story.life.facts if isinstance(fact, RangeQuarantined)]
    log = story.life.store.logs[CLEANED]
    assert [(fact.first_offset, fact.end_offset) for fact in told] == log.holes == [(0, told[0].end_offset)]
    read = story.life.read(log, 0, 40)
    assert (read.stopped, read.length) == (Stop.DAMAGED, 0)
    read = story.life.read(log, log.holes[0][1], 40)
    assert (read.stopped, read.next_offset) == (None, 40)


def test_a_store_that_may_not_rewrite_seals_and_drops_but_neither_merges_nor_cleans():
    story = with_log(CLEANED, A, config=attrs.evolve(EAGER, may_rewrite=False))
    for number in range(40):
        story.pairs(CLEANED, (b"k%d" % (number % 3), b"v" * 30))
        story.append(A, size=200)
    story.settle()
    story.life.call("clean", CLEANED, CleaningPolicy(), 40)
    finish(story.life)
    store = story.life.store
    sealed = len(store.manifest.tables)
    assert sealed > 10
    assert {info.level for info in store.manifest.tables.values()} == {0}
    assert store.logs[CLEANED].cleaned_end == 0
    story.drop_log(CLEANED)
    story.cut("trim", A, 40)
    story.settle()
    story.life.pass_time(2 * SECOND)
    finish(story.life)
    assert len(store.manifest.tables) < sealed
    judge(story.life, story.model)
