"""The writing side of the WAL: positions, groups, segments, and what lands in one record."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_life import make_batch
from wal_life import SMALL, ScanLife, WalLife, new_turn, scanned, segment_name

from streambus.kernel import Create, DiskFailed, FileSlice, Sync, SyncDirectory, Write
from streambus.storage.events import WalSynced
from streambus.storage.wal_records import EntryKind, WalRecord, read_record
from streambus.storage.wal_segments import Segments, segment_file
from streambus.storage.wal_writer import JOINED_BELOW_BYTES, Wal, joined


def flushed(wal: Wal) -> list[Any]:
    turn = new_turn()
    wal.flush(turn)
    wal.check()
    return turn.effects


def records_of(data: bytes, position: int = 0) -> list[WalRecord]:
    """The records that `data` consists of."""
    records: list[WalRecord] = []
    start = 0
    while start < len(data):
        record, _ = read_record(memoryview(data), start, position + start)
        assert record is not None
        assert not record.damaged
        records.append(record)
        start += record.header.size
    return records


def test_nothing_is_written_when_nothing_gathered():
    assert flushed(Wal(1_000)) == []


def test_the_first_write_creates_the_segment():
    wal = Wal(1_000)
    position = wal.append(EntryKind.OPEN_LOG, 16, b"name")
    assert position == 48
    assert (wal.end, wal.pending_bytes) == (72, 72)
    create, directory, write, sync = flushed(wal)
    assert (create, directory) == (Create(segment_name(0)), SyncDirectory())
    assert isinstance(write, Write)
    assert (write.file, write.position, sum(map(len, write.parts))) == (segment_name(0), 0, 72)
    assert sync == Sync(segment_name(0), WalSynced(72))


def test_one_write_is_at_work_and_the_next_gathers():
    wal = Wal(10_000)
    wal.append(EntryKind.DROP, 1, b"")
    flushed(wal)
    wal.append(EntryKind.DROP, 2, b"")
    assert flushed(wal) == []
    assert (wal.durable, wal.syncing, wal.end, wal.segments.written) == (0, 68, 136, 68)
    wal.append(EntryKind.DROP, 3, b"")
    wal.on_synced(68)
    write, sync = flushed(wal)
    (record,) = records_of(b"".join(write.parts), 68)
    assert (record.header.write_start, len(record.entries)) == (68, 2)
    assert sync.then == WalSynced(156)
    assert wal.syncs == 2


def test_the_completion_of_something_else_is_our_mistake():
    wal = Wal(1_000)
    with pytest.raises(AssertionError):
        wal.on_synced(5)


def test_batches_of_a_record_lie_side_by_side_so_that_one_slice_has_them_all():
    life = WalLife(record_bytes_max=10_000)
    positions = [life.append_batch(size=40 + number, base_offset=number) for number in range(5)]
    sizes = [101 + number for number in range(5)]
    assert positions == [48 + sum(sizes[:number]) for number in range(5)]
    life.flush()
    slice_ = life.wal.segments.slice_of(positions[0], sum(sizes))
    assert life.disk.read_slice(slice_) == b"".join(payload for _, _, _, payload, _ in life.diary)


def test_a_batch_is_not_copied_on_its_way():
    wal = Wal(1 << 20)
    batch = memoryview(make_batch(size=3 * JOINED_BELOW_BYTES))
    wal.append_batch(1, bytes(16), batch, 1)
    _, _, write, _ = flushed(wal)
    assert any(isinstance(part, memoryview) and part.obj is batch.obj for part in write.parts)


def test_a_record_is_closed_before_it_grows_too_large():
    wal = Wal(1 << 20, record_bytes_max=200)
    for number in range(9):
        wal.append(EntryKind.OPEN_LOG, number, b"n" * 40)
        wal.check()
    _, _, write, _ = flushed(wal)
    records = records_of(b"".join(write.parts))
    assert [len(record.entries) for record in records] == [2, 2, 2, 2, 1]
    assert {record.header.write_start for record in records} == {0}


def test_something_too_large_has_a_record_of_its_own():
    wal = Wal(1 << 20, record_bytes_max=200)
    for size in (10, 5_000, 10):
        wal.append(EntryKind.OPEN_LOG, 1, b"n" * size)
    _, _, write, _ = flushed(wal)
    assert [record.header.body_bytes for record in records_of(b"".join(write.parts))] == [10, 5_000, 10]


@given(st.lists(st.integers(0, 120), max_size=6), st.lists(st.integers(0, 300), min_size=1, max_size=8), st.integers(0, 50))
@settings(deadline=None)
def test_an_atomic_set_lands_in_one_record(before, sizes, spare):
    wal = Wal(1 << 20, record_bytes_max=400)
    for size in before:
        wal.append(EntryKind.PUTS, 1, bytes(size))
    wal.reserve(sum(sizes) + spare, len(sizes))
    for size in sizes:
        wal.append(EntryKind.PUTS, 2, bytes(size))
        wal.check()
    wal.append(EntryKind.PUTS, 3, bytes(380))
    _, _, write, _ = flushed(wal)
    records = records_of(b"".join(write.parts))
    assert sum(any(entry.keyspace == 2 for entry in record.entries) for record in records) == 1


def test_a_reservation_that_is_not_used_costs_nothing():
    wal = Wal(1_000)
    wal.reserve(500, 3)
    assert (wal.end, flushed(wal)) == (0, [])


def test_what_no_length_field_can_say_is_our_mistake():
    with pytest.raises(AssertionError):
        Wal(1_000).reserve(1 << 32, 1)


# Segments --------------------------------------------------------------------------------------------------------------


def test_a_segment_is_needed_when_the_next_thing_does_not_fit():
    wal = Wal(300)
    assert not wal.needs_segment(10_000)
    wal.append(EntryKind.OPEN_LOG, 1, bytes(32))
    assert wal.end == 100
    assert not wal.needs_segment(84)
    assert wal.needs_segment(85)
    assert not wal.needs_segment(4, 5)
    assert wal.needs_segment(5, 5)


def test_an_append_never_begins_a_segment_itself():
    wal = Wal(100)
    for _ in range(5):
        wal.append(EntryKind.OPEN_LOG, 1, bytes(100))
    assert wal.segment == 0
    assert wal.end > 500


def test_a_segment_ends_with_an_end_record_and_the_next_begins_behind_it():
    wal = Wal(100)
    wal.append(EntryKind.OPEN_LOG, 1, b"n")
    wal.begin_segment()
    assert (wal.segment, wal.segment_start, wal.end) == (1, 117, 117)
    assert wal.append(EntryKind.OPEN_LOG, 1, b"n") == 117 + 48
    _, _, write, sync = flushed(wal)
    assert [record.is_end for record in records_of(b"".join(write.parts))] == [False, True]
    assert sync.then == WalSynced(117)
    assert flushed(wal) == []
    wal.on_synced(117)
    create, _, write, _ = flushed(wal)
    assert (create, write.file, write.position) == (Create(segment_name(1)), segment_name(1), 0)
    assert records_of(b"".join(write.parts), 117)[0].header.write_start == 117


def test_a_segment_that_is_all_written_is_ended_by_a_write_of_its_own():
    life = WalLife()
    life.append(EntryKind.DROP, 1, b"")
    life.flush()
    life.wal.begin_segment()
    life.wal.check()
    life.append(EntryKind.DROP, 2, b"")
    write, sync = flushed(life.wal)
    assert (write.file, write.position, len(b"".join(write.parts)), sync.then.end) == (segment_name(0), 68, 48, 116)


def test_beginning_an_empty_segment_again_is_nothing():
    wal = Wal(100)
    wal.begin_segment()
    assert (wal.segment, wal.end) == (0, 0)
    wal.append(EntryKind.DROP, 1, b"")
    wal.begin_segment()
    wal.begin_segment()
    assert wal.segment == 1
    wal.check()


def test_something_larger_than_a_segment_has_one_of_its_own():
    life = WalLife(segment_bytes=200)
    for size in (20, 900, 20):
        life.append(EntryKind.OPEN_LOG, 1, b"n" * size)
    life.flush()
    assert [life.wal.segments.end_of(number) - life.wal.segments.start_of(number) for number in range(3)] == [136, 1016, 88]
    assert scanned(life.disk).diary.entries == life.diary


def test_two_segments_may_end_while_one_write_is_at_work():
    life = WalLife(segment_bytes=200)
    for number in range(5):
        life.append(EntryKind.OPEN_LOG, number, bytes(60))
        life.wal.check()
    assert len(life.wal.sealed) == 4
    life.flush()
    assert life.wal.pending_bytes == 0
    assert scanned(life.disk).diary.entries == life.diary


# Life ------------------------------------------------------------------------------------------------------------------


def test_what_failed_is_not_read_any_more():
    life = WalLife()
    life.append(EntryKind.DROP, 1, b"")
    life.flush()
    life.append(EntryKind.DROP, 1, b"")
    life.disk.fail("sync")
    *_, sync = flushed(life.wal)
    assert isinstance(life.disk.perform(sync), DiskFailed)
    life.wal.fail()
    life.wal.check()
    assert life.wal.segments.written == life.wal.durable == 68
    assert life.wal.segments.end_of(0) == 68


def test_a_wal_goes_on_where_the_scan_ended():
    life = WalLife(segment_bytes=300)
    for number in range(7):
        life.append(EntryKind.OPEN_LOG, number, bytes(60))
    life.flush()
    again = life.resumed(scanned(life.disk), segment_bytes=300)
    assert (again.wal.end, again.wal.segment, again.wal.segment_start) == (life.wal.end, life.wal.segment, life.wal.segment_start)
    for number in range(7):
        again.append(EntryKind.OPEN_LOG, number, bytes(60))
    again.flush()
    assert scanned(life.disk).diary.entries == again.diary


def test_a_wal_goes_on_in_a_segment_that_has_no_file_yet():
    life = WalLife()
    life.append(EntryKind.DROP, 1, b"")
    life.wal.begin_segment()
    life.flush()
    assert len(life.disk.contents()) == 1
    scan = scanned(life.disk)
    assert (scan.scan.segments, scan.scan.segment, scan.scan.end) == ([(0, 0)], 1, 116)
    again = life.resumed(scan)
    again.append(EntryKind.DROP, 2, b"")
    again.flush()
    assert list(life.disk.contents()) == [segment_name(0), segment_name(1)]
    assert scanned(life.disk).diary.entries == again.diary


def test_a_wal_may_begin_in_the_middle_of_the_numbers():
    scan = ScanLife(WalLife().disk).run(segment=7, start=4_000)
    assert scan.is_done
    assert scan.diary.segments == [(7, 4_000)]
    life = WalLife().resumed(scan)
    life.disk = scan.disk
    life.append(EntryKind.DROP, 1, b"")
    life.flush()
    assert list(life.disk.contents()) == [segment_name(7)]
    again = ScanLife(life.disk, SMALL).run(segment=7, start=4_000)
    assert (again.diary.entries, again.scan.end) == (life.diary, 4_068)


def test_those_who_read_segments_see_what_a_wal_resumes():
    wal = Wal(1_000)
    shared = wal.segments
    wal.resume([(3, 100), (4, 250)], 300, 4)
    assert wal.segments is shared
    assert (list(shared.numbers), list(shared.starts), shared.written) == ([3, 4], [100, 250], 300)


def test_a_wal_is_resumed_before_it_is_written_to():
    wal = Wal(100)
    wal.append(EntryKind.DROP, 1, b"")
    with pytest.raises(AssertionError):
        wal.resume([], 0, 0)


def test_a_copy_of_a_wal_shares_what_waits_and_goes_its_own_way():
    life = WalLife(segment_bytes=300)
    for number in range(4):
        life.append_batch(size=90, base_offset=number)
    copy = deepcopy(life.wal)
    copy.check()
    assert len(copy.sealed) == 3
    assert copy.gathering.parts[2].obj is life.wal.gathering.parts[2].obj
    end = copy.end
    life.append(EntryKind.DROP, 1, b"")
    assert (copy.end, len(copy.gathering.parts)) == (end, 3)
    copy.append(EntryKind.DROP, 2, b"")
    copy.check()
    life.wal.check()
    assert [effect.parts for effect in flushed(copy) if isinstance(effect, Write)] == [
        effect.parts for effect in flushed(life.wal) if isinstance(effect, Write)
    ]


@given(st.lists(st.integers(0, 2 * JOINED_BELOW_BYTES), max_size=12))
@settings(deadline=None)
def test_joining_changes_no_byte_and_leaves_no_two_small_neighbours(sizes):
    parts = [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    result = joined(list(parts))
    assert b"".join(result) == b"".join(parts)
    was_small = [len(part) < JOINED_BELOW_BYTES for part in parts]
    assert len(result) == sum(not is_small for is_small in was_small) + sum(
        is_small and (not place or not was_small[place - 1]) for place, is_small in enumerate(was_small)
    )


# Where things are ------------------------------------------------------------------------------------------------------


def three_segments() -> Segments:
    segments = Segments()
    for number, start in ((4, 100), (5, 300), (6, 350)):
        segments.add(number, start)
    segments.written = 360
    return segments


def test_a_position_is_found_in_its_segment():
    segments = three_segments()
    assert segments.slice_of(100, 200) == FileSlice(segment_file(4), 0, 200)
    assert segments.slice_of(310, 5) == FileSlice(segment_file(5), 10, 5)
    assert segments.slice_of(9_000, 5) == FileSlice(segment_file(6), 8_650, 5)
    assert [segments.number_at(position) for position in (100, 299, 300, 350)] == [4, 4, 5, 6]
    assert [(segments.start_of(number), segments.end_of(number)) for number in (4, 5, 6)] == [(100, 300), (300, 350), (350, 360)]
    assert [segments.contains(position) for position in (99, 100, 349, 5_000)] == [False, True, True, True]
    assert segments.file_of(5) == "wal/00000000000000000005.wal"
    assert len(segments) == 3


def test_a_forgotten_segment_has_no_positions_and_no_other_gets_them():
    segments = three_segments()
    segments.forget(5)
    segments.forget(5)
    segments.forget(99)
    assert not segments.contains(310)
    assert segments.contains(299)
    assert segments.end_of(4) == 300
    for outside in ((310, 5), (299, 2), (50, 1)):
        with pytest.raises(AssertionError):
            segments.slice_of(*outside)
    for number in (5, 99):
        with pytest.raises(KeyError):
            segments.start_of(number)
    with pytest.raises(AssertionError):
        segments.number_at(310)


def test_the_segment_that_is_written_to_cannot_be_forgotten():
    with pytest.raises(AssertionError, match="being written"):
        three_segments().forget(6)


def test_segments_come_in_order():
    segments = three_segments()
    for number, start in ((6, 400), (7, 350)):
        with pytest.raises(AssertionError):
            segments.add(number, start)
