"""Inspecting a folder: what is wrong is found, what is not wrong is not, and recovery agrees."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_files import MemoryFiles
from store_life import Life, fresh, make_batch

from streambus.kernel import FileName
from streambus.records import split_batches
from streambus.storage import LogId, StoreConfig, TableId
from streambus.storage.inspect import (
    Examination,
    Finding,
    FindingKind,
    Gap,
    Names,
    RecordFound,
    SegmentBegun,
    WalkEnd,
    examine,
    read_manifest,
    rehearse,
    sort_files,
    walk_wal,
)
from streambus.storage.manifest import CURRENT, READINGS_MAX
from streambus.storage.manifest_edits import Contents
from streambus.storage.pickers import PickerOptions
from streambus.storage.table_info import TableInfo
from streambus.storage.wal_segments import segment_file

Folder = dict[FileName, bytes]

TINY = StoreConfig(
    segment_bytes=1_500,
    delete_delay=0,
    entry_block_bytes=100,
    picker=PickerOptions(fan_in=3, run_bytes_min=2_000, garbage_bytes_min=50_000, entry_bytes_min=200),
)
TABLE = TableId("groups")


def written(rounds: int) -> Life:
    """A store with two logs and a table, of so many rounds."""
    life = fresh(TINY)
    logs = [life.call("open_log", LogId(f"log-{number}")) for number in range(2)]
    for number in range(rounds):
        for log in logs:
            life.append(log, make_batch(records=2, size=40 + number % 7, fill=bytes([65 + number % 26])))
        life.call("put", TABLE, b"key-%d" % (number % 5), b"value-%d" % number)
        life.flush()
        life.pass_time(1)
    return life


@cache
def kept() -> Folder:
    return files_of(written(40))


def files_of(life: Life) -> Folder:
    return {file: bytes(data) for file, data in life.disk.contents().items()}


def examined(folder: Folder | MemoryFiles) -> tuple[list[Finding], Examination]:
    """What an examination finds."""
    files = folder if isinstance(folder, MemoryFiles) else MemoryFiles(folder)
    examination = examine(files, lambda: [(file, len(data)) for file, data in files.content.items()])
    return [found for found in examination.run() if isinstance(found, Finding)], examination


def walked(folder: Folder, segment: int, start: int | None) -> tuple[list[SegmentBegun | RecordFound | Gap], WalkEnd]:
    steps = []
    walk = walk_wal(MemoryFiles(folder), segment, start)
    while True:
        try:
            steps.append(next(walk))
        except StopIteration as end:
            return steps, end.value


def live_files(folder: Folder) -> list[FileName]:
    contents = read_manifest(MemoryFiles(folder)).contents
    return sorted(sort_files([(file, len(data)) for file, data in folder.items()], contents).live)


# Whole folders ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rounds", [0, 1, 5, 40])
def test_nothing_is_wrong_with_what_a_store_has_written(rounds: int) -> None:
    findings, examination = examined(files_of(written(rounds)))
    assert findings == []
    assert examination.rehearsal is not None
    assert examination.rehearsal.recovered is not None
    assert examination.bytes == examination.total


def test_a_rehearsed_store_is_what_was_written() -> None:
    life = written(40)
    folder = files_of(life)
    rehearsal = rehearse(MemoryFiles(folder))
    for log_id, log in life.store.logs.items():
        batches = list(rehearsal.batches(rehearsal.store.logs[log_id], 0))
        assert b"".join(batch for batch in batches if isinstance(batch, bytes)) == life.read_all(log)
    assert dict(rehearsal.entries(TABLE)) == life.scan(TABLE)
    assert rehearsal.ask(lambda: rehearsal.store.get(TABLE, b"key-3")) == b"value-38"
    assert {file: bytes(data) for file, data in folder.items()} == files_of(life)


def test_names_are_known_from_tables_and_from_the_log() -> None:
    folder = kept()
    _, examination = examined(folder)
    assert [(keyspace.name, keyspace.is_log) for _, keyspace in sorted(examination.names.keyspaces.items())] == [
        ("log-0", True),
        ("log-1", True),
        ("groups", False),
    ]
    assert examination.names.number_of("log-1") == 17
    assert examination.names.name_of(99) is None


def test_the_batches_of_a_watched_log_are_come_upon() -> None:
    batches: list[bytes] = []
    files = MemoryFiles(kept())
    names = Names("log-1", batches.append)
    list(examine(files, lambda: [(file, len(data)) for file, data in files.content.items()], names).run())
    rehearsal = rehearse(files)
    assert sorted(batches) == sorted(rehearsal.batches(rehearsal.store.logs[LogId("log-1")], 0))


# Damage ----------------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_examination_and_recovery_agree_on_damage_in_the_live_log(data: st.DataObject) -> None:
    folder = dict(kept())
    file = data.draw(st.sampled_from(live_files(folder)))
    changed = bytearray(folder[file])
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    folder[file] = bytes(changed[: data.draw(st.integers(0, len(changed)))]) if data.draw(st.booleans()) else bytes(changed)
    findings, examination = examined(folder)
    kinds = [finding.kind for finding in findings]
    rehearsal = examination.rehearsal
    assert rehearsal is not None
    if rehearsal.refused is not None:
        assert {FindingKind.WAL_DAMAGED, FindingKind.WAL_BATCH_DAMAGED, FindingKind.VERSION_UNKNOWN} & set(kinds)
    else:
        assert rehearsal.recovered is not None
        assert not {FindingKind.WAL_DAMAGED, FindingKind.VERSION_UNKNOWN} & set(kinds)
        lost = [(fact.file, fact.first_offset, fact.end_offset) for fact in rehearsal.quarantined]
        named = [finding for finding in findings if finding.kind is FindingKind.WAL_BATCH_DAMAGED]
        assert lost == [(finding.file, finding.first_offset, finding.end_offset) for finding in named]
        assert bool(rehearsal.recovered.cut_bytes) >= (FindingKind.WAL_TORN in kinds)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_every_byte_of_a_table_counts(data: st.DataObject) -> None:
    folder = dict(kept())
    file = data.draw(st.sampled_from(sorted(file for file in folder if file.startswith("tables/"))))
    changed = bytearray(folder[file])
    position = data.draw(st.integers(0, len(changed) - 1).filter(lambda position: position not in leader_epochs(file)))
    changed[position] ^= data.draw(st.integers(1, 255))
    folder[file] = bytes(changed)
    findings, _ = examined(folder)
    assert any(finding.file == file and finding.kind.is_damage for finding in findings)


@cache
def leader_epochs(file: FileName) -> set[int]:
    """The bytes of a table that nobody sums: no checksum of a batch covers its leader epoch, and no row repeats it."""
    folder = kept()
    _, examination = examined(folder)
    (table,) = [table for table in examination.directories.values() if table.info.file == file]
    covered, position = set(), 0
    for _, batch in split_batches(folder[file][: min(table.positions, default=0)]):
        covered |= set(range(position + 12, position + 16))
        position += len(batch)
    return covered


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_damage_to_a_manifest_is_never_passed_over(data: st.DataObject) -> None:
    folder = dict(kept())
    manifest = read_manifest(MemoryFiles(folder))
    frame = data.draw(st.sampled_from(manifest.frames[:-1]))
    changed = bytearray(folder[CURRENT])
    changed[frame.position + data.draw(st.integers(0, 47 + len(frame.payload)))] ^= data.draw(st.integers(1, 255))
    folder[CURRENT] = bytes(changed)
    findings, _ = examined(folder)
    assert findings[0].file == CURRENT


def test_a_missing_segment_is_damage() -> None:
    unsealed = unsealed_folder()
    first = live_files(unsealed)[0]
    del unsealed[first]
    findings, _ = examined(unsealed)
    assert [finding.kind for finding in findings] == [FindingKind.WAL_DAMAGED, FindingKind.START_REFUSED]
    assert findings[0].reason == "there is no such file, but segment 1 is there"


@cache
def _unsealed() -> Folder:
    life = fresh(TINY)
    log = life.call("open_log", LogId("log-0"))
    for number in range(24):
        life.append(log, make_batch(records=2, size=60, fill=bytes([65 + number])))
        life.call("flush")
        while life.queue:
            life.perform_one()
    return files_of(life)


def unsealed_folder() -> Folder:
    """Several live segments, none of which has become a table."""
    folder = dict(_unsealed())
    assert len(live_files(folder)) >= 3
    return folder


def test_a_walk_goes_on_behind_what_is_broken() -> None:
    folder = unsealed_folder()
    whole, _ = walked(folder, 0, 0)
    records = [step for step in whole if isinstance(step, RecordFound)]
    second = next(step for step in records if step.segment == 1)
    changed = bytearray(folder[segment_file(0)])
    changed[records[1].place + 3] ^= 1
    folder[segment_file(0)] = bytes(changed)
    changed = bytearray(folder[segment_file(1)])
    changed[second.place + 9] ^= 1
    folder[segment_file(1)] = bytes(changed)
    steps, end = walked(folder, 0, 0)
    assert [step.record.header.position for step in steps if isinstance(step, RecordFound)] == [
        record.record.header.position for record in records if record not in (records[1], second)
    ]
    gaps = [step for step in steps if isinstance(step, Gap)]
    assert [(gap.segment, gap.position, gap.length) for gap in gaps] == [
        (record.segment, record.record.header.position, record.record.header.size) for record in (records[1], second)
    ]
    assert all(end.is_proven(gap.segment, gap.position) for gap in gaps)


def test_a_walk_finds_out_where_a_segment_begins() -> None:
    folder = unsealed_folder()
    (begun, *_), _ = walked(folder, 1, None)
    steps, _ = walked(folder, 0, 0)
    assert begun in steps
    folder[segment_file(0)] = folder[segment_file(0)][:700]  # Its end record is gone, too.
    steps, _ = walked(folder, 0, 0)
    assert begun in steps
    folder[segment_file(1)] = b"x" * 500
    steps, end = walked(folder, 0, 0)
    assert any(isinstance(step, Gap) and step.segment == 1 and step.length == 500 for step in steps)
    assert end.newest_segment == 3


def test_records_longer_than_a_chunk_are_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = unsealed_folder()
    whole = walked(folder, 0, 0)
    monkeypatch.setattr("streambus.storage.inspect.wal_walk.CHUNK_BYTES", 100)
    assert walked(folder, 0, 0)[1] == whole[1]
    changed = bytearray(folder[segment_file(0)])
    changed[5] ^= 1
    folder[segment_file(0)] = bytes(changed)
    steps, _ = walked(folder, 0, 0)
    assert isinstance(steps[1], Gap)


# Folders that change, and disks that fail ------------------------------------------------------------------------------


class Moving(MemoryFiles):
    """Files that become others, step by step: `moments` are what they are after so many reads."""

    def __init__(self, moments: Iterator[Folder], every: int) -> None:
        super().__init__(next(moments))
        self.moments = moments
        self.every = every

    def read(self, file: FileName, position: int, length: int) -> bytes:
        if self.reads % self.every == self.every - 1:
            self.content = {name: bytearray(data) for name, data in next(self.moments, self.content).items()}
        return super().read(file, position, length)


@pytest.mark.parametrize("every", [2, 5, 9, 17, 40])
def test_a_folder_that_changes_meanwhile_is_not_damaged(every: int) -> None:
    def moments() -> Iterator[Folder]:
        life = written(10)
        logs = list(life.store.logs.values())
        for number in range(60):
            yield files_of(life)
            for log in logs:
                life.append(log, make_batch(records=2, size=50))
            life.call("put", TABLE, b"key-%d" % (number % 5), b"value-%d" % number)
            life.flush()
            life.pass_time(1)
        yield files_of(life)

    findings, _ = examined(Moving(moments(), every))
    assert not [finding for finding in findings if finding.kind.is_damage]


class Failing(MemoryFiles):
    """Files one of which cannot be read."""

    def __init__(self, folder: Folder, fails: Callable[[FileName, int], bool]) -> None:
        super().__init__(folder)
        self.fails = fails

    def read(self, file: FileName, position: int, length: int) -> bytes:
        if self.fails(file, position):
            raise OSError(5, "Input/output error", file)
        return super().read(file, position, length)


@pytest.mark.parametrize("part", ["manifest/", "wal/", "tables/"])
def test_what_the_disk_does_not_give_is_said(part: str) -> None:
    findings, _ = examined(Failing(kept(), lambda file, _position: file.startswith(part)))
    kinds = [finding.kind for finding in findings]
    assert kinds[0] is FindingKind.READ_FAILED
    assert findings[0].file.startswith(part)
    assert findings[0].reason == "the disk does not give it: input/output error"
    assert (FindingKind.START_REFUSED in kinds) == (part != "manifest/")


def test_a_block_that_the_disk_does_not_give_is_said() -> None:
    folder = kept()
    _, examination = examined(folder)
    table = next(table for table in examination.directories.values() if table.first_keys)
    findings, _ = examined(Failing(folder, lambda file, position: (file, position) == (table.info.file, table.bloom_position)))
    assert [(finding.kind, finding.file) for finding in findings] == [(FindingKind.READ_FAILED, table.info.file)]


def test_a_manifest_that_reads_differently_every_time_is_damaged() -> None:
    class Restless(MemoryFiles):
        def read(self, file: FileName, position: int, length: int) -> bytes:
            data = bytearray(super().read(file, position, length))
            data[8 + self.reads] ^= 1
            return bytes(data)

    manifest = read_manifest(Restless({CURRENT: kept()[CURRENT]}))
    assert manifest.damage == f"{READINGS_MAX} readings differ from each other"


def test_without_a_manifest_the_log_is_looked_at_all_the_same() -> None:
    folder = unsealed_folder()
    del folder[CURRENT]
    changed = bytearray(folder[segment_file(0)])
    changed[300] ^= 1
    folder[segment_file(0)] = bytes(changed)
    findings, _ = examined(folder)
    assert [finding.kind for finding in findings] in (
        [FindingKind.MANIFEST_MISSING, FindingKind.WAL_BATCH_DAMAGED],
        [FindingKind.MANIFEST_MISSING, FindingKind.WAL_DAMAGED],
    )


def test_files_are_sorted_by_what_the_manifest_says() -> None:
    table, condemned = TableInfo(3, 1, -1, 10, 0), TableInfo(4, 0, 1, 10, 0)
    contents = Contents({3: table}, {4: condemned}, wal_segment=5, next_table=9)
    names = [table.file, condemned.file, segment_file(5), segment_file(4), TableInfo(9, 0, -1, 0, 0).file, FileName("manifest/new")]
    found = sort_files([(name, 1) for name in [*names, FileName(".lock"), FileName("wal/７.wal")]], contents)
    assert list(found.tables) == [table.file]
    assert list(found.condemned) == [condemned.file]
    assert list(found.live) == [segment_file(5)]
    assert list(found.unfinished) == [TableInfo(9, 0, -1, 0, 0).file]
    assert list(found.orphans) == [segment_file(4), "wal/７.wal"]
    assert list(found.manifest) == ["manifest/new"]
