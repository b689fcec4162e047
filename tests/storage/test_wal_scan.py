"""The scan of the WAL: what was synced comes back or is named, what was torn is cut, and nothing else ever comes back."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wal_life import SMALL, Diary, ScanLife, WalLife, disk_of, scanned, segment_name

from streambus.kernel import Create, FileName, FileSlice, Prng, Read, Sync, SyncDirectory, Truncate, Write
from streambus.records import crc32c
from streambus.sim.disk import SimulatedDisk, Survival
from streambus.storage import RecoveryProgressed, RecoveryRead, StoreConfig, StoreCorrupted
from streambus.storage.wal_records import RECORD_HEADER_BYTES, EntryKind, Inconsistent, pack_entry, read_record, record_header
from streambus.storage.wal_scan import ScanStage

Files = dict[FileName, bytes]
FIRST, SECOND, THIRD = map(segment_name, range(3))


def written(writes: int, size: int = 50, segment_bytes: int = 2_000, per_write: int = 1) -> WalLife:
    """A WAL with so many writes of so many batches."""
    life = WalLife(segment_bytes=segment_bytes)
    for number in range(writes):
        for place in range(per_write):
            life.append_batch(size=size, base_offset=number * per_write + place, fill=bytes([65 + number % 26]))
        life.flush()
    return life


def three_segments() -> WalLife:
    """Batches and puts in three segments, several entries to a record, several records to a write, several writes to a segment."""
    life = WalLife(segment_bytes=1_400, record_bytes_max=260)
    for number in range(9):
        life.append_batch(keyspace=16, size=20 + 3 * number, base_offset=number)
        life.append(EntryKind.PUTS, 17, b"p" * number)
        life.append_batch(keyspace=18, size=10, base_offset=2 * number, records=2)
        if number != 4:
            life.flush()
    assert life.wal.segment == 2
    return life


def boundaries(data: bytes, position: int) -> list[int]:
    """Where in `data`, which is of WAL position `position`, a record begins or the last one ends."""
    found = [0]
    while True:
        record, _ = read_record(memoryview(data), found[-1], position + found[-1])
        if record is None:
            return found
        found.append(found[-1] + record.header.size)


def entries_below(life: WalLife, end: int) -> list[tuple[int, int, int, bytes, int]]:
    return [entry for entry in life.diary if entry[4] < end]


# Sound logs ------------------------------------------------------------------------------------------------------------


def test_nothing_is_found_where_there_is_nothing():
    scan = scanned(WalLife().disk)
    assert (scan.scan.segments, scan.scan.segment, scan.scan.end) == ([], 0, 0)
    assert scan.diary.segments == [(0, 0)]
    assert all(isinstance(effect, Read) for effect in scan.effects)


@pytest.mark.parametrize("chunk", [1, 97, 300, 5_000, 1 << 20])
def test_everything_comes_back_whatever_the_chunk(chunk):
    life = three_segments()
    scan = scanned(life.disk, StoreConfig(recovery_chunk_bytes=chunk))
    assert scan.diary.entries == life.diary
    assert scan.diary.segments == scan.scan.segments == list(zip(life.wal.segments.numbers, life.wal.segments.starts, strict=True))
    assert (scan.scan.end, scan.scan.segment, scan.scan.segment_start) == (life.wal.end, 2, life.wal.segment_start)
    assert scan.scan.cut_bytes == 0


STEPS = st.one_of(
    st.tuples(st.just("batch"), st.integers(0, 400)),
    st.tuples(st.just("put"), st.integers(0, 400)),
    st.tuples(st.just("flush"), st.just(0)),
    st.tuples(st.just("segment"), st.just(0)),
    st.tuples(st.just("life"), st.just(0)),
)


@given(st.lists(STEPS, max_size=40), st.integers(96, 900), st.integers(100, 600))
@settings(deadline=None, max_examples=60)
def test_what_is_written_in_several_lives_is_read_in_the_next(steps, chunk, record_bytes_max):
    life = WalLife(segment_bytes=1_000, record_bytes_max=record_bytes_max)
    for step, size in [*steps, ("flush", 0)]:
        if step == "batch":
            life.append_batch(size=size)
        elif step == "put":
            life.append(EntryKind.PUTS, 3, bytes(size))
        elif step == "segment":
            life.wal.begin_segment()
        else:
            life.flush()
            if step == "life":
                life = life.resumed(scanned(life.disk), segment_bytes=1_000)
    scan = scanned(life.disk, StoreConfig(recovery_chunk_bytes=chunk))
    assert scan.diary.entries == life.diary
    assert scan.scan.end == life.wal.end


def test_a_scan_begins_where_the_manifest_says():
    life = three_segments()
    start = life.wal.segments.start_of(1)
    disk = disk_of({name: data for name, data in life.disk.contents().items() if name != FIRST})
    scan = ScanLife(disk).run(segment=1, start=start)
    assert scan.is_done
    assert scan.diary.entries == [entry for entry in life.diary if entry[4] >= start]
    assert scan.diary.segments[0] == (1, start)


def test_a_record_larger_than_a_chunk_is_read_whole():
    life = written(writes=3, size=5_000, segment_bytes=100_000)
    scan = scanned(life.disk, StoreConfig(recovery_chunk_bytes=100))
    assert scan.diary.entries == life.diary
    again = sum(len(part) for effect in scan.effects if isinstance(effect, Write) for part in effect.parts)
    assert again == life.wal.end - 2 * (5_061 + 68)


def test_progress_is_told():
    life = written(writes=40)
    scan = scanned(life.disk, StoreConfig(recovery_report_bytes=1_000, recovery_chunk_bytes=100))
    positions = [fact.position for fact in scan.facts if isinstance(fact, RecoveryProgressed)]
    assert len(positions) >= 4
    assert all(later - earlier >= 1_000 for earlier, later in pairwise([0, *positions]))


# Torn tails ------------------------------------------------------------------------------------------------------------


TAILS: dict[str, Callable[[bytes, int], bytes]] = {
    "short": lambda data, length: data[:length],
    "zeros": lambda data, length: data[:length] + bytes(len(data) - length + 500),
    "garbage": lambda data, length: data[:length] + bytes((7 * place + 1) % 251 for place in range(len(data) - length)),
    "holes": lambda data, length: data[:length] + bytes(len(data[length : length + 30])) + data[length + 30 :],
}


@pytest.mark.parametrize("tail", TAILS)
def test_of_a_write_torn_anywhere_exactly_the_whole_records_before_are_left(tail):
    life = WalLife(record_bytes_max=250)
    for number in range(2):
        life.append_batch(size=30, base_offset=number)
        life.flush()
    durable = life.wal.end
    for number in range(4):
        life.append_batch(size=20 + number, base_offset=2 + number)
        life.append(EntryKind.PUTS, 2, b"z" * number)
    life.flush()
    data = life.disk.contents()[FIRST]
    ends = boundaries(data, 0)
    assert len([end for end in ends if end > durable]) == 4
    for length in range(durable, len(data)):
        torn = TAILS[tail](data, length)
        scan = scanned(disk_of({FIRST: torn}))
        end = max(end for end in ends if torn[:end] == data[:end])
        assert scan.scan.end == end
        assert scan.diary.entries == entries_below(life, end)
        assert scan.disk.durable_contents() == {FIRST: data[:end]}
        assert scan.scan.cut_bytes == len(torn) - end


def test_the_first_write_of_a_segment_torn_anywhere_leaves_an_empty_segment_that_goes_on():
    life = written(writes=2, segment_bytes=250)
    contents = life.disk.contents()
    assert list(contents) == [FIRST, SECOND]
    start = life.wal.segment_start
    for tail in TAILS.values():
        for length in range(len(contents[SECOND])):
            scan = scanned(disk_of({FIRST: contents[FIRST], SECOND: tail(contents[SECOND], length)}))
            assert (scan.scan.end, scan.scan.segment, scan.scan.segments) == (start, 1, [(0, 0), (1, start)])
            assert scan.disk.durable_contents() == {FIRST: contents[FIRST], SECOND: b""}
    again = life.resumed(scan, segment_bytes=250)
    again.append_batch(size=50, fill=b"n")
    again.flush()
    assert scanned(again.disk).diary.entries == again.diary


def test_an_end_record_torn_anywhere_leaves_a_segment_that_goes_on():
    life = WalLife()
    life.append_batch()
    life.wal.begin_segment()
    life.flush()
    data = life.disk.contents()[FIRST]
    end = len(data) - RECORD_HEADER_BYTES
    for length in range(end, len(data)):
        scan = scanned(disk_of({FIRST: data[:length]}))
        assert (scan.scan.end, scan.scan.segment) == (end, 0)
    assert (scanned(disk_of({FIRST: data})).scan.segment, scanned(disk_of({FIRST: data, SECOND: b""})).scan.segments) == (
        1,
        [(0, 0), (1, len(data))],
    )


def test_a_torn_tail_larger_than_a_chunk_is_searched_through():
    life = written(writes=1, segment_bytes=100_000)
    whole = life.wal.end
    life.append_batch(size=3_000)
    life.flush()
    life.disk.flip_bit(FIRST, whole + 100, 3)
    assert scanned(life.disk.copy(), StoreConfig(recovery_chunk_bytes=128)).scan.end == whole
    life.append_batch()
    life.flush()
    scan = ScanLife(life.disk, StoreConfig(recovery_chunk_bytes=128)).run()
    assert scan.is_done
    assert len(scan.diary.lost) == 1


# What lies behind the last record --------------------------------------------------------------------------------------

FOOTER = b"STB\x01" + bytes(range(200)) + b"footer of a sealed table"


@pytest.mark.parametrize("behind", [bytes(3_000), FOOTER, b"SBW\x02" * 60], ids=["zeros", "a footer", "magic"])
def test_what_lies_behind_the_records_of_the_last_segment_is_cut(behind):
    life = three_segments()
    contents = life.disk.contents()
    scan = scanned(disk_of({**contents, THIRD: contents[THIRD] + behind}))
    assert scan.diary.entries == life.diary
    assert scan.scan.cut_bytes == len(behind)
    assert scan.disk.durable_contents() == contents


@pytest.mark.parametrize("behind", [bytes(3_000), FOOTER, b"SBW\x02" * 60], ids=["zeros", "a footer", "magic"])
def test_what_lies_behind_an_end_record_is_not_touched(behind):
    life = three_segments()
    contents = {name: data + behind for name, data in life.disk.contents().items()}
    contents[THIRD] = life.disk.contents()[THIRD]
    scan = scanned(disk_of(contents))
    assert scan.diary.entries == life.diary
    assert scan.disk.durable_contents() == contents


def test_a_footer_behind_an_end_record_without_a_next_segment_is_not_touched():
    life = written(writes=2)
    life.wal.begin_segment()
    life.flush()
    data = life.disk.contents()[FIRST] + FOOTER
    scan = scanned(disk_of({FIRST: data}))
    assert (scan.scan.segment, scan.scan.end, scan.diary.entries) == (1, life.wal.end, life.diary)
    assert scan.disk.durable_contents() == {FIRST: data}


def test_old_records_in_a_recycled_file_are_never_taken_for_new_ones():
    """The file of segment 0 is used again for segment 2. Record sizes are equal, so that old and new records begin at the same places."""
    life = written(writes=6, segment_bytes=700)
    life.wal.begin_segment()
    life.append_batch(size=50)
    life.flush()
    first, second, third = life.disk.contents().values()
    assert boundaries(first, 0)[1] == len(third) == 179
    start = life.wal.segments.start_of(1)
    for length in range(len(third) + 1):
        scan = ScanLife(disk_of({SECOND: second, THIRD: third[:length] + first[length:]})).run(segment=1, start=start)
        assert scan.is_done
        is_whole = length == len(third)
        assert scan.scan.end == (life.wal.end if is_whole else life.wal.segment_start)
        assert scan.diary.entries == [entry for entry in life.diary if start <= entry[4] < scan.scan.end]


def test_stale_records_behind_a_cut_are_never_seen_again():
    """Two lives write records of equal sizes to the same places; what the first one's lost tail left must not follow the second one's."""
    life = WalLife(record_bytes_max=150)
    for fill in (b"1", b"2", b"3"):
        life.append_batch(fill=fill)
    life.flush()
    size = life.wal.end // 3
    data = bytearray(life.disk.contents()[FIRST])
    data[size : size + 48] = bytes(48)
    scan = scanned(disk_of({FIRST: bytes(data)}))
    assert scan.scan.end == size
    again = life.resumed(scan)
    again.append_batch(fill=b"x")
    again.flush()
    assert scanned(again.disk).scan.end == 2 * size


# Damage ----------------------------------------------------------------------------------------------------------------


def judge_damage(life: WalLife, contents: Files, file: FileName, at: int, last_write: int) -> str:
    """Scan a damaged WAL; it must not tell anything that was not there, nor leave out anything that was durable without saying so."""
    scan = ScanLife(disk_of(contents)).run()
    lost = {(EntryKind.BATCH, position) for _, _, position, _, _ in scan.diary.lost}
    assert scan.diary.entries == [entry for entry in entries_below(life, scan.scan.end) if (entry[0], entry[4]) not in lost]
    for keyspace, offsets, position, lost_file, file_position in scan.diary.lost:
        (entry,) = [entry for entry in life.diary if (entry[0], entry[4]) == (EntryKind.BATCH, position)]
        assert (EntryKind.BATCH, keyspace, offsets) == entry[:3]
        assert lost_file == file
        assert file_position <= at < file_position + len(entry[3])
    if not scan.is_done:
        corruption = scan.corruption
        assert corruption.file == file
        assert corruption.position <= at
        assert disk_of(contents).contents() == scan.disk.contents()
        return "corrupted"
    if scan.scan.end < life.wal.end:
        assert (file, scan.scan.end >= last_write) == (THIRD, True)
        return "torn"
    return "quarantined" if lost else "harmless"


def test_every_damaged_byte_is_named_or_quarantined_or_in_the_last_write_or_harmless():
    life = three_segments()
    contents = life.disk.contents()
    records = boundaries(contents[THIRD], life.wal.segment_start)
    record, _ = read_record(memoryview(contents[THIRD]), records[-2], life.wal.segment_start + records[-2])
    assert record is not None
    seen: dict[str, int] = {}
    for file, data in contents.items():
        for at in range(len(data)):
            changed = bytearray(data)
            changed[at] ^= 0xFF if at % 3 else 1 << (at % 8)
            outcome = judge_damage(life, {**contents, file: bytes(changed)}, file, at, record.header.write_start)
            seen[outcome] = seen.get(outcome, 0) + 1
    # Only the two end records say nothing that is not known otherwise; but each has a byte that says which version wrote it.
    assert seen["harmless"] == 2 * (RECORD_HEADER_BYTES - 1)
    assert set(seen) == {"corrupted", "quarantined", "torn", "harmless"}
    assert seen["quarantined"] > 500


def test_a_damaged_batch_that_was_synced_is_quarantined_and_the_rest_of_its_record_comes_back():
    life = written(writes=3, per_write=3)
    life.disk.flip_bit(FIRST, life.diary[1][4] + 70, 2)
    life.disk.flip_bit(FIRST, life.diary[2][4], 2)
    scan = scanned(life.disk)
    assert scan.diary.entries == life.diary[:1] + life.diary[3:]
    assert scan.diary.lost == [(1, 1, position, FIRST, position) for position in (life.diary[1][4], life.diary[2][4])]
    assert scan.scan.quarantined == 2
    assert scan.scan.end == life.wal.end


def test_a_damaged_batch_at_the_end_of_a_segment_is_proven_by_the_next_segment():
    life = WalLife()
    life.append_batch()
    life.wal.begin_segment()
    life.flush()
    life.disk.flip_bit(FIRST, 60, 1)
    contents = life.disk.contents()
    assert scanned(disk_of(contents)).scan.end == 0, "nothing proves that the only write was synced"
    scan = scanned(disk_of({**contents, SECOND: b""}))
    assert (len(scan.diary.lost), scan.scan.segment, scan.scan.end) == (1, 1, life.wal.end)


def test_damage_that_cannot_be_mended_is_named_by_file_and_position_and_nothing_is_changed():
    life = written(writes=5, segment_bytes=700)
    start = life.wal.segment_start
    life.disk.flip_bit(SECOND, 12, 0)
    before = life.disk.contents()
    corruption = ScanLife(life.disk).run().corruption
    assert (corruption.file, corruption.position) == (SECOND, 0)
    assert corruption.reason == f"no whole record here, but the one at {start + 179} was written later, so what was here was synced"
    assert life.disk.contents() == before


def test_a_put_that_is_damaged_is_corruption():
    life = WalLife()
    life.append(EntryKind.PUTS, 1, b"put")
    life.flush()
    life.append(EntryKind.PUTS, 1, b"put")
    life.flush()
    life.disk.flip_bit(FIRST, 49, 0)
    assert ScanLife(life.disk).run().corruption.position == 0


@pytest.mark.parametrize("behind", [b"", bytes(500), FOOTER], ids=["the end of the file", "zeros", "a footer"])
def test_a_segment_with_a_successor_that_does_not_end_with_an_end_record_has_lost_something(behind):
    life = three_segments()
    contents = life.disk.contents()
    for end in boundaries(contents[FIRST], 0)[:-2]:
        corruption = ScanLife(disk_of({**contents, FIRST: contents[FIRST][:end] + behind})).run().corruption
        assert (corruption.file, corruption.position) == (FIRST, end)
        assert "segment 1 was begun later" in corruption.reason


def test_a_missing_end_record_is_seen_through_if_the_next_segment_begins_right_behind_it():
    life = three_segments()
    contents = life.disk.contents()
    contents[FIRST] = contents[FIRST][:-RECORD_HEADER_BYTES]
    assert scanned(disk_of(contents)).diary.entries == life.diary
    contents[SECOND] = b""
    assert "begun later" in ScanLife(disk_of(contents)).run().corruption.reason


def test_a_segment_that_is_missing_between_others_is_corruption():
    life = three_segments()
    contents = life.disk.contents()
    for missing in (FIRST, SECOND):
        corruption = ScanLife(disk_of({name: data for name, data in contents.items() if name != missing})).run().corruption
        assert (corruption.file, corruption.position) == (missing, 0)
        assert "no such file" in corruption.reason


def test_an_emptied_segment_with_a_successor_is_corruption():
    contents = three_segments().disk.contents()
    corruption = ScanLife(disk_of({**contents, SECOND: b""})).run().corruption
    assert (corruption.file, corruption.position) == (SECOND, 0)


@pytest.mark.parametrize(
    ("behind", "reason"),
    [
        (b"SBW\x03" + record_header(b"", 0, 7, 7)[4:], "format version 3 is not known here"),
        (None, "entry kind 99 is not known here"),
    ],
)
def test_what_a_newer_version_wrote_is_refused_and_not_cut(behind, reason):
    life = written(writes=2)
    end = life.wal.end
    if behind is None:
        directory = pack_entry(99, 0, 1, 3, 0, crc32c(b"new"))
        behind = record_header(directory, 3, end, end) + b"new" + directory
    before = {FIRST: life.disk.contents()[FIRST] + behind}
    scan = ScanLife(disk_of(before)).run()
    assert (scan.corruption.file, scan.corruption.position, scan.corruption.reason) == (FIRST, end, reason)
    assert scan.disk.contents() == before


def test_what_cannot_follow_from_what_was_before_is_corruption():
    class Sceptic(Diary):
        def replay(self, entry, payload, position, now_ms):
            if entry.keyspace == 2:
                raise Inconsistent("keyspace 2 is not open")

    life = written(writes=1)
    life.append(EntryKind.DROP, 2, b"")
    life.flush()
    corruption = ScanLife(life.disk, SMALL, Sceptic()).run().corruption
    assert (corruption.position, corruption.reason) == (179, "keyspace 2 is not open")


# Reads that are wrong for once -----------------------------------------------------------------------------------------


class WrongOnce:
    """A lens that spoils the first read that covers a byte of a file: `spoil` says how."""

    def __init__(self, file: FileName, position: int, spoil: Callable[[bytes, int], bytes]) -> None:
        self.file = file
        self.position = position
        self.spoil = spoil
        self.is_spent = False

    def distort(self, disk: SimulatedDisk, part: FileSlice, data: bytes) -> bytes:
        at = self.position - part.position
        if self.is_spent or part.file != self.file or not 0 <= at < len(data):
            return data
        self.is_spent = True
        return self.spoil(data, at)


SPOILS: dict[str, Callable[[bytes, int], bytes]] = {
    "a flipped bit": lambda data, at: data[:at] + bytes([data[at] ^ 8]) + data[at + 1 :],
    "zeros": lambda data, at: data[:at] + bytes(len(data) - at),
    "a short read": lambda data, at: data[:at],
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_read_that_is_wrong_once_harms_nothing(spoil):
    life = three_segments()
    for file, data in life.disk.contents().items():
        for at in range(0, len(data), 7):
            disk = life.disk.copy()
            lens = WrongOnce(file, at, SPOILS[spoil])
            disk.lenses[lens] = lens
            scan = scanned(disk)
            assert lens.is_spent
            assert scan.diary.entries == life.diary
            assert scan.diary.lost == []
            assert scan.disk.contents() == life.disk.contents()


def test_a_read_that_is_wrong_once_while_settling_harms_nothing():
    life = written(writes=1, per_write=3)
    for at in (5, 100, 300):
        scan = ScanLife(life.disk.copy())
        scan.run_until(ScanStage.SETTLE)
        lens = WrongOnce(FIRST, at, SPOILS["a flipped bit"])
        scan.disk.lenses[lens] = lens
        scan.go_on()
        assert lens.is_spent
        assert scan.is_done
        assert scan.disk.contents() == life.disk.contents()


@pytest.mark.parametrize("at", [10, 200, 430])
def test_bytes_that_change_for_good_while_settling_are_corruption(at):
    life = written(writes=1, per_write=3)
    scan = ScanLife(life.disk)
    scan.run_until(ScanStage.SETTLE)
    life.disk.flip_bit(FIRST, at, 0)
    scan.go_on()
    assert "not any more" in scan.corruption.reason
    assert (scan.corruption.file, scan.corruption.position) == (FIRST, 0)


def test_a_file_that_gets_shorter_while_settling_is_corruption():
    life = written(writes=1, size=2_000, segment_bytes=5_000)
    scan = ScanLife(life.disk)
    scan.run_until(ScanStage.SETTLE)
    life.disk.perform(Truncate(FIRST, 900))
    scan.go_on()
    assert "not any more" in scan.corruption.reason


def test_a_scan_that_has_ended_listens_no_more():
    life = written(writes=2)
    scan = scanned(life.disk)
    scan.hear(RecoveryRead(0, 0, 10, b"SBW\x09" + bytes(6)))
    assert scan.is_done
    assert not scan.queue


# Crashes ---------------------------------------------------------------------------------------------------------------


def test_no_crash_at_any_boundary_loses_a_synced_byte_or_brings_garbage():
    """Several lives; at every boundary of what they ask of the disk, several crashes, each recovered from and judged."""
    dice = Prng(2026)
    judged = 0
    for _ in range(6):
        life = WalLife(segment_bytes=900, record_bytes_max=300)
        for number in range(14):
            for _ in range(1 + dice.below(3)):
                life.append_batch(size=dice.below(200), base_offset=number)
                life.append(EntryKind.PUTS, 3, bytes(dice.below(60)))
            life.start_flush()
            while life.queue:
                judged += judge_crashes(life, dice)
                life.perform_one()
        assert life.wal.segment >= 2
    assert judged > 800


def judge_crashes(life: WalLife, dice: Prng) -> int:
    """Crash here in several ways. What comes back is a prefix that has all that was durable, and stays, whatever happens then."""
    disks = [life.disk.copy() for _ in range(4)]
    disks[0].crash_process()
    for disk, survival in zip(disks[1:], (Survival.NOTHING, Survival.SOMETHING, Survival.SOMETHING), strict=True):
        disk.power_cut(dice, survival)
    effect = life.queue[0]
    for _ in range(2):
        disk = life.disk.copy()
        disk.perform_partly(effect)
        disk.power_cut(dice, Survival.SOMETHING)
        disks.append(disk)
    for disk in disks:
        scan = scanned(disk)
        assert life.wal.durable <= scan.scan.end <= life.wal.end
        assert scan.diary.entries == entries_below(life, scan.scan.end)
        again = life.resumed(scan, segment_bytes=900)
        disk.power_cut(dice, Survival.NOTHING)
        assert scanned(disk).diary.entries == scan.diary.entries
        again.append_batch(size=30, fill=b"n")
        again.flush()
        disk.power_cut(dice, Survival.NOTHING)
        assert scanned(disk).diary.entries == again.diary
    return len(disks)


def test_no_crash_at_any_boundary_of_a_scan_harms():
    dice = Prng(7)
    for _ in range(10):
        life = WalLife(segment_bytes=900, record_bytes_max=300)
        for _ in range(9):
            life.append_batch(size=100)
            life.flush()
        life.append_batch(size=1_500)
        life.append_batch(size=300)
        life.start_flush()
        while not isinstance(life.queue[0], Sync):
            life.perform_one()
        life.disk.power_cut(dice, Survival.SOMETHING)
        scan = ScanLife(life.disk)
        scan.begin()
        while scan.queue:
            if not isinstance(scan.queue[0], Read):
                for survival in (Survival.NOTHING, Survival.SOMETHING, Survival.EVERYTHING):
                    disk = scan.disk.copy()
                    disk.perform_partly(scan.queue[0])
                    disk.power_cut(dice, survival)
                    again = scanned(disk)
                    assert again.scan.end >= life.wal.durable
                    assert again.diary.entries == entries_below(life, again.scan.end)
            scan.perform_one()
        assert scan.is_done


def test_what_was_not_proven_is_written_again():
    """The system forgot that pages were dirty when a sync failed: the next life reads them, and must not take them for durable."""
    life = written(writes=2)
    durable = life.wal.durable
    life.append_batch(size=700)
    life.append_batch(size=700)
    life.start_flush()
    life.disk.fail("sync")
    while life.queue:
        life.perform_one()
    scan = scanned(life.disk)
    assert [type(effect) for effect in scan.effects if not isinstance(effect, Read)] == [Write, Write, SyncDirectory, Sync]
    life.disk.power_cut(Prng(3), Survival.NOTHING)
    assert scanned(life.disk).scan.end == scan.scan.end > durable


def test_a_crash_between_creating_a_segment_and_writing_to_it_leaves_an_empty_one():
    life = written(writes=2)
    life.wal.begin_segment()
    life.flush()
    life.append_batch()
    life.start_flush()
    assert isinstance(life.queue[0], Create)
    life.perform_one()
    life.perform_one()
    life.disk.power_cut(Prng(1), Survival.NOTHING)
    scan = scanned(life.disk)
    assert scan.scan.segments == [(0, 0), (1, life.wal.segment_start)]
    again = life.resumed(scan)
    again.append_batch(fill=b"n")
    again.flush()
    assert scanned(life.disk).diary.entries == again.diary


def test_an_atomic_set_survives_as_a_whole_or_not_at_all():
    life = written(writes=1)
    life.wal.reserve(1_500, 5)
    for number in range(5):
        life.wal.append(EntryKind.PUTS, number, bytes(300))
    life.flush()
    data = life.disk.contents()[FIRST]
    for length in range(179, len(data), 5):
        assert len(scanned(disk_of({FIRST: data[:length]})).diary.entries) == 1
    assert len(scanned(disk_of({FIRST: data})).diary.entries) == 6


def test_a_refused_log_tells_so_once():
    life = written(writes=3)
    life.disk.flip_bit(FIRST, 20, 0)
    scan = ScanLife(life.disk).run()
    assert [type(fact) for fact in scan.facts] == [StoreCorrupted]
