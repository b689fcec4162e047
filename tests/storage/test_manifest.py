"""The manifest: what edits do, when they are durable and confirmed, and what recovery makes of the file."""

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from manifest_life import SMALL_BYTES, ManifestLife, essence, fresh, recovered, table

import streambus.storage.manifest as machine
from streambus.kernel import DiskFailed, FileSlice, Prng, Write, fingerprint
from streambus.records import crc32c
from streambus.sim.disk import SimulatedDisk, Survival
from streambus.storage.manifest import CURRENT, NEW, ManifestRead, ManifestSettled, ManifestStage, ManifestSynced
from streambus.storage.manifest_edits import Contents, Edit, Inconsistent, decode_contents, decode_edit, encode_contents, encode_edit
from streambus.storage.manifest_frames import FRAME_HEADER_BYTES, PAGE_BYTES, FrameKind, encode_frame, read_frames

# What an edit says ---------------------------------------------------------------------------------------------------------


def test_an_edit_changes_at_once_what_the_manifest_says():
    life = fresh()
    life.commit(Edit(added=(table(0), table(1, segment=4)), wal_segment=5, wal_start=900, next_table=2))
    manifest = life.manifest
    assert manifest.tables == {0: table(0), 1: table(1, segment=4)}
    assert (manifest.wal_segment, manifest.wal_start, manifest.next_table) == (5, 900, 2)
    life.commit(Edit(removed=(0,), added=(table(2, level=1),), next_table=3))
    assert list(manifest.tables) == [1, 2]
    assert manifest.condemned == {0: table(0)}
    assert (manifest.wal_segment, manifest.wal_start) == (5, 900)
    life.commit(Edit(deleted=(0,)))
    assert manifest.condemned == {}


def test_a_table_that_is_removed_and_added_is_changed_and_keeps_its_file():
    life = fresh()
    life.commit(Edit(added=(table(0),), next_table=1))
    life.commit(Edit(added=(table(0, level=1),), removed=(0,)))
    assert life.manifest.tables == {0: table(0, level=1)}
    assert life.manifest.condemned == {}


BEFORE = Edit(added=(table(0), table(1), table(2)), next_table=3, wal_segment=3, wal_start=30)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Edit(removed=(7,)), "table 7 is removed, but there is none"),
        (Edit(removed=(0, 0)), "named twice"),
        (Edit(deleted=(0,)), "table 0 is deleted, but was not removed"),
        (Edit(added=(table(0),)), "table 0 is added, but is there"),
        (Edit(added=(table(2),)), "table 2 is added, but its file is still to be deleted"),
        (Edit(added=(table(3),)), "table 3 is added, but is not below the next table, 3"),
        (Edit(added=(table(3), table(3)), next_table=4), "named twice"),
        (Edit(next_table=2), "next_table goes back from 3 to 2"),
        (Edit(wal_segment=2), "wal_segment goes back from 3 to 2"),
        (Edit(wal_start=29), "wal_start goes back from 30 to 29"),
    ],
)
def test_an_edit_that_cannot_follow_is_refused_and_changes_nothing(edit, reason):
    life = fresh()
    life.commit(BEFORE)
    life.commit(Edit(removed=(2,)))
    before = essence(life.manifest.contents)
    with pytest.raises(Inconsistent, match=reason):
        life.commit(edit)
    assert essence(life.manifest.contents) == before
    assert life.manifest.last_edit == 2


tables = st.builds(table, st.integers(0, 1 << 40), level=st.integers(0, 60), segment=st.integers(-1, 1 << 40))
numbers = st.lists(st.integers(0, 1 << 62), max_size=5).map(tuple)
fields = st.integers(-1, (1 << 63) - 1)


@settings(deadline=None)
@given(st.builds(Edit, st.lists(tables, max_size=5).map(tuple), numbers, numbers, fields, fields, fields))
def test_edits_are_read_as_they_were_written(edit):
    assert decode_edit(encode_edit(edit)) == edit


@settings(deadline=None)
@given(st.lists(tables, max_size=9, unique_by=(lambda info: info.number, lambda info: info.file)), st.integers(0, 9))
def test_snapshots_are_read_as_they_were_written(infos, condemned):
    by_number = [{info.number: info for info in part} for part in (infos[condemned:], infos[:condemned])]
    contents = Contents(by_number[0], by_number[1], 3, 4_000, 1 << 41)
    assert essence(decode_contents(encode_contents(contents))) == essence(contents)


@pytest.mark.parametrize("cut", [1, 8, 36, 60, 77])
def test_payloads_of_a_wrong_length_are_inconsistent(cut):
    edit = encode_edit(Edit(added=(table(0),), removed=(1,), next_table=1))
    with pytest.raises(Inconsistent):
        decode_edit(edit[:-cut])
    snapshot = encode_contents(Contents({0: table(0)}, {}, 0, 0, 1))
    with pytest.raises(Inconsistent):
        decode_contents(snapshot[: max(len(snapshot) - cut, 0)])


@pytest.mark.parametrize(
    "contents",
    [
        Contents({5: table(5)}, {}, 0, 0, 5),
        Contents({0: table(0, level=-1)}, {}, 0, 0, 1),
        Contents({0: table(0, segment=1), 1: table(1, segment=1)}, {}, 0, 0, 2),
        Contents({}, {}, -1, 0, 0),
    ],
)
def test_snapshots_of_what_cannot_be_are_inconsistent(contents):
    with pytest.raises(Inconsistent):
        decode_contents(encode_contents(contents))


# Durable and confirmed -----------------------------------------------------------------------------------------------------


def test_a_new_folder_is_new_until_the_first_edit_is_durable():
    life = fresh()
    manifest = life.manifest
    assert manifest.is_new
    assert manifest.is_recovered
    assert life.facts == [ManifestSettled(0, 0)]
    assert life.disk.contents() == {}
    assert life.commit(Edit(added=(table(0),), next_table=1)) == 1
    assert manifest.durable_edit == 0
    life.settle()
    assert not manifest.is_new
    assert (manifest.durable_edit, manifest.confirmed_edit) == (1, 1)
    assert list(life.disk.durable_contents()) == [CURRENT]


def test_an_edit_is_durable_first_and_confirmed_later():
    life = fresh()
    life.commit(Edit(next_table=1))
    life.settle()
    number = life.commit(Edit(next_table=2))
    watermarks = []
    while life.queue:
        life.perform_one()
        watermarks.append((life.manifest.durable_edit - number, life.manifest.confirmed_edit - number))
    assert watermarks == [(-1, -1), (0, -1), (0, -1), (0, 0)]


def test_edits_that_come_while_others_are_synced_go_together_and_confirm_those():
    life = fresh()
    life.commit(Edit(next_table=1))
    life.settle()
    numbers = [life.commit(Edit(next_table=2 + index)) for index in range(3)]
    assert len(life.queue) == 2
    life.perform_one()
    life.perform_one()
    assert life.manifest.durable_edit == numbers[0]
    assert life.manifest.confirmed_edit == numbers[0] - 1
    assert isinstance(life.queue[0], Write)
    assert len(life.queue[0].parts) == 2
    life.perform_one()
    life.perform_one()
    assert life.manifest.durable_edit == numbers[2]
    assert life.manifest.confirmed_edit == numbers[0]
    life.settle()
    assert life.manifest.confirmed_edit == numbers[2]
    assert essence(recovered(life.disk).manifest.contents) == essence(life.manifest.contents)


def test_the_file_is_written_anew_when_edits_have_outgrown_it_and_never_grows_beyond():
    life = fresh()
    for number in range(60):
        life.commit(Edit(next_table=number + 1))
        life.settle()
        assert len(life.disk.contents()[CURRENT]) <= SMALL_BYTES + 3 * PAGE_BYTES
        assert NEW not in life.disk.contents()
    assert 10 < life.manifest.replacements < 40
    assert recovered(life.disk).manifest.next_table == 60


def test_a_large_manifest_is_not_written_anew_for_every_few_edits():
    life = fresh()
    life.commit(Edit(added=tuple(table(number) for number in range(5_000)), next_table=5_000))
    life.settle()
    snapshot_pages = life.manifest.snapshot_bytes // PAGE_BYTES
    assert snapshot_pages > 40
    for _ in range(snapshot_pages // 2):
        life.commit(Edit())
        life.settle()
    assert life.manifest.replacements == 1
    life.commit(Edit())
    life.settle()
    assert life.manifest.replacements == 2


def test_edits_that_come_while_the_file_is_written_anew_follow_it():
    life = fresh()
    life.commit(Edit(next_table=1))
    for number in range(2, 20):
        life.commit(Edit(next_table=number))
        life.perform_one()
        life.manifest.check()
    life.settle()
    again = recovered(life.disk).manifest
    assert (again.next_table, again.last_edit) == (19, 19)


def test_a_page_is_never_shared_by_two_frames():
    life = fresh()
    for number in range(4):
        life.commit(Edit(next_table=number + 1))
    life.settle()
    frames = read_frames(life.disk.contents()[CURRENT]).frames
    assert [frame.kind for frame in frames] == [FrameKind.SNAPSHOT, FrameKind.EDIT, FrameKind.EDIT, FrameKind.EDIT, FrameKind.CONFIRMATION]
    assert [frame.position for frame in frames] == [0, 4096, 8192, 12288, 16384]
    assert [frame.write_start for frame in frames] == [0, 4096, 4096, 4096, 16384]


def test_after_a_failure_nothing_is_written_and_no_completion_counts():
    life = fresh()
    life.commit(Edit(next_table=1))
    life.disk.fail("sync")
    life.settle()
    assert [fact.file for fact in life.facts if isinstance(fact, DiskFailed)] == [NEW]
    assert life.manifest.stage is ManifestStage.FAILED
    turn = life.turn()
    life.manifest.on_synced(turn, ManifestSynced(1))
    assert not turn.effects
    assert life.manifest.durable_edit == 0
    with pytest.raises(AssertionError):
        life.commit(Edit())


def test_a_manifest_can_be_copied_and_fingerprinted_in_any_state():
    life = fresh()
    for number in range(12):
        life.commit(Edit(next_table=number + 1))
        copy = deepcopy(life.manifest)
        assert fingerprint(copy) == fingerprint(life.manifest)
        life.perform_one()
    life.settle()
    assert set(life.manifest.statistics()) >= {"tables", "durable_edit", "confirmed_edit", "file_bytes", "replacements"}


# Recovery ------------------------------------------------------------------------------------------------------------------


def written(edits: int, bytes_max: int = 1 << 20) -> ManifestLife:
    """A manifest of so many edits, all confirmed, the first of them in the snapshot."""
    life = fresh(bytes_max)
    for number in range(edits):
        life.commit(Edit(added=(table(number),), removed=(number - 1,) if number % 3 == 2 else (), next_table=number + 1))
        life.settle()
    return life


def outcome(disk: SimulatedDisk) -> ManifestLife:
    return ManifestLife(disk).recover()


def test_what_was_recovered_goes_on_where_it_was():
    life = written(3)
    again = recovered(life.disk)
    assert essence(again.manifest.contents) == essence(life.manifest.contents)
    assert again.facts == [ManifestSettled(2, 0)]
    assert again.commit(Edit(deleted=(1,))) == 4
    again.settle()
    third = recovered(life.disk).manifest
    assert (third.last_edit, third.confirmed_edit, third.condemned) == (4, 4, {})


def test_a_manifest_longer_than_one_read_is_read_in_pieces(monkeypatch):
    monkeypatch.setattr(machine, "READ_BYTES", 5_000)
    life = written(6)
    again = outcome(life.disk)
    assert essence(again.manifest.contents) == essence(life.manifest.contents)


def test_every_flipped_byte_of_a_confirmed_manifest_is_detected_or_harmless():
    life = written(4)
    whole = essence(life.manifest.contents)
    content = life.disk.contents()[CURRENT]
    confirmation = len(content) - PAGE_BYTES
    seen = {"damage": 0, "harmless": 0}
    for page in range(0, len(content), PAGE_BYTES):
        length = FRAME_HEADER_BYTES + 160
        for position in [*range(page, page + length), page + length + 1_000, page + PAGE_BYTES - 1]:
            disk = life.disk.copy()
            disk.flip_bit(CURRENT, position, position % 8)
            manifest = outcome(disk).manifest
            if manifest.damage is None:
                assert essence(manifest.contents) == whole
                assert manifest.last_edit == 4
                seen["harmless"] += 1
            else:
                assert manifest.damage.startswith(f"{CURRENT} at {page}: ")
                assert manifest.damage_position == page
                assert page < confirmation or "format version" in manifest.damage
                seen["damage"] += 1
    assert seen["damage"] > 400
    assert seen["harmless"] > 400


@pytest.mark.parametrize("fill", [b"\0", b"\xff", b"SBM\x01"])
def test_every_lost_page_of_a_confirmed_manifest_is_detected_or_harmless(fill):
    life = written(5)
    whole = essence(life.manifest.contents)
    content = life.disk.contents()[CURRENT]
    for page in range(0, len(content), PAGE_BYTES):
        disk = life.disk.copy()
        disk.put({CURRENT: content[:page] + fill * (PAGE_BYTES // len(fill)) + content[page + PAGE_BYTES :]})
        manifest = outcome(disk).manifest
        if page == len(content) - PAGE_BYTES:
            assert essence(manifest.contents) == whole
        else:
            assert manifest.damage is not None
            assert f"at {page}:" in manifest.damage


def test_pages_that_changed_places_are_damage():
    life = written(4)
    content = life.disk.contents()[CURRENT]
    swapped = content[:4096] + content[8192:12288] + content[4096:8192] + content[12288:]
    life.disk.put({CURRENT: swapped})
    assert "at 4096: no frame here, but the one at 12288 was written after" in (outcome(life.disk).manifest.damage or "")


def test_damage_to_an_edit_that_is_durable_but_not_confirmed_is_taken_for_a_torn_tail():
    life = written(2)
    life.commit(Edit(added=(table(2),), next_table=3))
    while life.manifest.durable_edit < 3:
        life.perform_one()
    assert life.manifest.confirmed_edit == 2
    life.disk.flip_bit(CURRENT, life.manifest.end - 2 * PAGE_BYTES + 60, 0)
    again = recovered(life.disk)
    assert again.manifest.last_edit == 2
    assert again.facts == [ManifestSettled(2, PAGE_BYTES)]
    assert recovered(life.disk).facts == [ManifestSettled(2, 0)]


def test_what_recovery_found_unconfirmed_is_confirmed_before_it_is_recovered():
    life = written(2)
    number = life.commit(Edit(removed=(0,)))
    life.perform_one()
    life.disk.crash_process()
    again = ManifestLife(life.disk)
    again.start()
    while not again.manifest.is_recovered:
        assert not again.facts
        again.perform_one()
    assert again.manifest.confirmed_edit == number
    disk = life.disk
    disk.power_cut(Prng(3), Survival.NOTHING)
    assert recovered(disk).manifest.last_edit == number
    disk.flip_bit(CURRENT, again.manifest.end - 2 * PAGE_BYTES + 60, 0)
    assert "was synced" in (outcome(disk).manifest.damage or "")


def test_zeros_behind_the_last_frame_are_a_torn_tail():
    life = written(2)
    life.disk.put({CURRENT: life.disk.contents()[CURRENT] + bytes(3 * PAGE_BYTES)})
    assert recovered(life.disk).facts == [ManifestSettled(2, 3 * PAGE_BYTES)]
    assert recovered(life.disk).facts == [ManifestSettled(2, 0)]


def test_a_copy_of_a_frame_in_another_place_is_no_frame():
    life = written(2)
    content = life.disk.contents()[CURRENT]
    life.disk.put({CURRENT: content + content[-PAGE_BYTES:]})
    assert recovered(life.disk).facts == [ManifestSettled(2, PAGE_BYTES)]


def test_an_empty_file_is_damage_and_a_missing_one_is_a_beginning():
    life = fresh()
    life.disk.put({CURRENT: b""})
    assert outcome(life.disk).manifest.damage == f"{CURRENT} at 0: there is no snapshot"
    life.disk.put({NEW: b"half a snapshot"})
    again = recovered(life.disk)
    assert again.manifest.is_new
    again.commit(Edit(next_table=1))
    again.settle()
    assert list(life.disk.contents()) == [CURRENT]
    assert recovered(life.disk).manifest.next_table == 1


def frame(kind: int, generation: int, sequence: int, position: int, write_start: int, payload: bytes) -> bytes:
    return encode_frame(kind, generation, sequence, position, write_start, payload)  # type: ignore[arg-type]


def foreign(changed_byte: int, value: int) -> bytes:
    """A frame of which one byte is different, but the checksum is right."""
    data = bytearray(frame(2, 1, 2, PAGE_BYTES, PAGE_BYTES, encode_edit(Edit())))
    data[changed_byte] = value
    end = FRAME_HEADER_BYTES + len(encode_edit(Edit()))
    data[4:8] = crc32c(bytes(data[8:end])).to_bytes(4, "big")
    return bytes(data)


SNAPSHOT = encode_contents(Contents())


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (foreign(3, 2), "format version 2 is not known here"),
        (foreign(13, 9), "frame kind 9 is not known here"),
        (foreign(15, 1), "frame flags 1 are not known here"),
        (frame(1, 1, 2, PAGE_BYTES, PAGE_BYTES, SNAPSHOT), "a snapshot is not the first frame"),
        (frame(2, 1, 3, PAGE_BYTES, PAGE_BYTES, encode_edit(Edit())), "edit 3 follows edit 1"),
        (frame(3, 1, 2, PAGE_BYTES, PAGE_BYTES, b""), "edit 2 follows edit 1"),
        (frame(2, 1, 2, PAGE_BYTES, PAGE_BYTES, b"?"), "unpack"),
        (frame(2, 1, 2, PAGE_BYTES, PAGE_BYTES, encode_edit(Edit(removed=(3,)))), "table 3 is removed, but there is none"),
    ],
)
def test_whole_frames_that_cannot_follow_are_refused_not_cut(second, reason):
    life = fresh()
    life.disk.put({CURRENT: frame(1, 1, 1, 0, 0, SNAPSHOT) + second})
    damage = outcome(life.disk).manifest.damage or ""
    assert damage.startswith(f"{CURRENT} at {PAGE_BYTES}: ")
    assert reason in damage
    assert life.disk.contents()[CURRENT][PAGE_BYTES:] == second


def test_a_frame_of_an_earlier_generation_is_no_frame():
    life = fresh()
    life.disk.put({CURRENT: frame(1, 2, 1, 0, 0, SNAPSHOT) + frame(2, 1, 2, PAGE_BYTES, PAGE_BYTES, encode_edit(Edit(next_table=7)))})
    again = recovered(life.disk)
    assert again.facts == [ManifestSettled(0, PAGE_BYTES)]
    assert again.manifest.next_table == 0


def test_a_frame_of_an_earlier_generation_proves_nothing():
    life = fresh()
    stale = frame(2, 1, 9, 2 * PAGE_BYTES, 2 * PAGE_BYTES, encode_edit(Edit(next_table=7)))
    life.disk.put({CURRENT: frame(1, 2, 1, 0, 0, SNAPSHOT) + bytes(PAGE_BYTES) + stale})
    assert recovered(life.disk).facts == [ManifestSettled(0, 2 * PAGE_BYTES)]
    life.disk.put({CURRENT: frame(1, 1, 1, 0, 0, SNAPSHOT) + bytes(PAGE_BYTES) + stale})
    assert "was written after this one was synced" in (outcome(life.disk).manifest.damage or "")


def test_a_file_that_begins_with_an_edit_is_refused():
    life = fresh()
    life.disk.put({CURRENT: frame(2, 1, 1, 0, 0, encode_edit(Edit()))})
    assert "the first frame is not a snapshot" in (outcome(life.disk).manifest.damage or "")


# Reading more than once ----------------------------------------------------------------------------------------------------


class WrongReads:
    """A lens that turns a bit over in the first `times` reads of the manifest, at another place every time if `wandering`."""

    def __init__(self, position: int, times: int, wandering: bool = False) -> None:
        self.position, self.left, self.wandering = position, times, wandering

    def distort(self, disk: SimulatedDisk, part: FileSlice, data: bytes) -> bytes:
        del disk, part
        if not self.left:
            return data
        self.left -= 1
        position = self.position + (self.left if self.wandering else 0)
        return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


@pytest.mark.parametrize("page", [0, 1, 2, 3])
def test_a_wrong_read_that_passes_harms_nobody(page):
    life = written(2)
    life.commit(Edit(next_table=9))
    while life.manifest.durable_edit < 3:
        life.perform_one()
    life.disk.lenses["wrong"] = WrongReads(page * PAGE_BYTES + 70, times=1)
    again = recovered(life.disk)
    assert again.manifest.last_edit == 3
    assert again.manifest.next_table == 9


def test_readings_that_all_differ_are_damage():
    life = written(2)
    life.disk.lenses["wrong"] = WrongReads(PAGE_BYTES + 70, times=40, wandering=True)
    assert outcome(life.disk).manifest.damage == f"{CURRENT} at {PAGE_BYTES}: 4 readings differ from each other"


def test_a_file_that_vanishes_between_two_readings_is_damage():
    life = written(2)
    life.disk.flip_bit(CURRENT, 70, 0)
    again = ManifestLife(life.disk)
    again.start()
    again.perform_one()
    life.disk.put({})
    again.settle()
    assert again.manifest.damage == f"{CURRENT} at 0: the file was there a moment ago"
    turn = again.turn()
    again.manifest.on_read(turn, ManifestRead(CURRENT, 0, 10, 1, b""))
    assert not turn.effects


# Any life ------------------------------------------------------------------------------------------------------------------


class AnyLife(RuleBasedStateMachine):
    """Edits, crashes and power cuts in any order, beside a list of what the manifest said after each edit."""

    def __init__(self) -> None:
        super().__init__()
        self.disk = SimulatedDisk(Prng(5))
        self.life = recovered(self.disk)
        self.said = [essence(self.life.manifest.contents)]

    @initialize(seed=st.integers(0, 1 << 30))
    def begin(self, seed):
        self.dice = Prng(seed)

    @rule(added=st.integers(0, 3), removed=st.integers(0, 2), moved=st.booleans(), deleted=st.integers(0, 2), wal=st.integers(0, 2))
    def commit(self, added, removed, moved, deleted, wal):
        manifest = self.life.manifest
        next_table = manifest.next_table + added
        infos = [table(number) for number in range(manifest.next_table, next_table)]
        gone = list(manifest.tables)[:removed]
        if moved and gone:
            infos.append(table(gone[0], level=9))
        number = self.life.commit(
            Edit(
                added=tuple(infos),
                removed=tuple(gone),
                deleted=tuple(list(manifest.condemned)[:deleted]),
                wal_segment=manifest.wal_segment + wal if wal else -1,
                wal_start=manifest.wal_start + 10 * wal if wal else -1,
                next_table=next_table if added else -1,
            )
        )
        self.said.append(essence(manifest.contents))
        assert number == len(self.said) - 1

    @rule(steps=st.integers(1, 8))
    def let_the_disk_work(self, steps):
        for _ in range(min(steps, len(self.life.queue))):
            self.life.perform_one()

    @rule()
    def rest(self):
        self.life.settle()
        assert self.life.manifest.confirmed_edit == len(self.said) - 1

    @rule(is_process=st.booleans(), is_partly=st.booleans())
    def crash(self, is_process, is_partly):
        if is_partly and self.life.queue:
            self.disk.perform_partly(self.life.queue[0])
        if is_process:
            self.disk.crash_process()
        else:
            self.disk.power_cut(self.dice)
        durable = self.life.manifest.durable_edit
        self.life = recovered(self.disk)
        last = self.life.manifest.last_edit
        assert durable <= last < len(self.said)
        assert essence(self.life.manifest.contents) == self.said[last]
        del self.said[last + 1 :]

    @precondition(lambda self: self.life.manifest.confirmed_edit == len(self.said) - 1 > 0 and not self.life.queue)
    @rule(where=st.integers(0, 1 << 20), bit=st.integers(0, 7))
    def damage_is_detected_or_harmless(self, where, bit):
        disk = self.disk.copy()
        disk.flip_bit(CURRENT, where % len(disk.contents()[CURRENT]), bit)
        manifest = outcome(disk).manifest
        assert manifest.damage is not None or essence(manifest.contents) == self.said[-1]

    @invariant()
    def says_what_it_was_told(self):
        assert essence(self.life.manifest.contents) == self.said[-1]


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(deadline=None, max_examples=40, stateful_step_count=40)
