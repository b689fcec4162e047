"""Recovery: what it refuses and why, what a disk can do to it, and that it tells how far it is."""

from itertools import pairwise

import pytest
from store_life import SMALL, Life, fresh, make_batch, recovered
from stories import EAGER, A, B, Story, T, everything, finish

from streambus.kernel import DiskFailed, Event, FileName, Prng, Write
from streambus.sim.disk import SimulatedDisk
from streambus.storage import (
    LogId,
    RecoveryProgressed,
    RecoveryRead,
    RecoverySettled,
    Store,
    StoreConfig,
    StoreCorrupted,
    StoreFailed,
    StoreRecovered,
    WalSynced,
)
from streambus.storage.events import (
    BlockRead,
    DirectoryRead,
    EntriesLoaded,
    FilesDeleted,
    HousekeepingDue,
    JobWorked,
    OutputsCleared,
)
from streambus.storage.keyspaces import encode_range
from streambus.storage.manifest import CURRENT, ManifestRead, ManifestSettled, ManifestSynced
from streambus.storage.recovery import RecoveryStage
from streambus.storage.wal_records import EntryKind
from streambus.storage.wal_scan import ScanStage

FIRST = FileName("wal/00000000000000000000.wal")
LOG, TABLE, NEXT = 16, 17, 18
"""The keyspaces of a store with one log and one table, and the next one."""


def outcome(disk: SimulatedDisk, config: StoreConfig = SMALL) -> Life:
    return Life(disk, config).recover()


def forged(*entries: tuple[int, int, bytes]) -> SimulatedDisk:
    """A store with a log and a table, and entries in its WAL that are whole but were never written by a store."""
    life = fresh(StoreConfig())
    life.append(life.call("open_log", A), make_batch())
    life.call("put", T, b"k", b"v")
    for kind, keyspace, payload in entries:
        if kind is EntryKind.BATCH:
            life.store.wal.append_batch(keyspace, payload[:16], memoryview(payload), 1)
        else:
            life.store.wal.append(kind, keyspace, payload)
    life.flush()
    return life.disk


BATCH = make_batch()


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ((EntryKind.BATCH, NEXT, BATCH), "keyspace 18 is not an open log"),
        ((EntryKind.BATCH, TABLE, BATCH), "keyspace 17 is not an open log"),
        ((EntryKind.BATCH, LOG, BATCH), "a batch at offset 0 follows offset 1 of a"),
        ((EntryKind.TRIM, NEXT, bytes(8)), "keyspace 18 is not an open log"),
        ((EntryKind.TRUNCATE, TABLE, bytes(8)), "keyspace 17 is not an open log"),
        ((EntryKind.PUTS, LOG, b""), "keyspace 16 is not an open table"),
        ((EntryKind.DELETE_RANGE, LOG, encode_range(b"", b"")), "keyspace 16 is not an open table"),
        ((EntryKind.DELETE_RANGE, TABLE, b"\0\0\0\x09k"), "a range of keys is cut off"),
        ((EntryKind.DROP, NEXT, b""), "keyspace 18 is dropped but not open"),
        ((EntryKind.OPEN_LOG, NEXT + 1, b"z"), "keyspace 19 is opened after keyspace 17"),
        ((EntryKind.OPEN_TABLE, TABLE, b"z"), "keyspace 17 is opened after keyspace 17"),
    ],
)
def test_whole_entries_that_cannot_follow_each_other_are_corruption(entry: tuple[int, int, bytes], reason: str):
    assert reason in outcome(forged(entry)).fact(StoreCorrupted).reason


def test_a_store_that_refuses_leaves_everything_as_it_is():
    disk = forged((EntryKind.DROP, NEXT, b""))
    before = disk.contents()
    again = outcome(disk)
    assert not again.store.is_ready
    assert disk.contents() == before
    again.call("flush")
    assert not again.queue


def written() -> Life:
    """A store with tables of all kinds and a live segment whose last record is not proven to be durable."""
    story = Story(fresh(EAGER))
    everything(story, rounds=4)
    return story.life


@pytest.mark.parametrize("operation", ["read", "truncate", "write", "sync", "syncdirectory"])
@pytest.mark.parametrize("skip", [0, 1, 2, 4, 6])
def test_a_disk_failure_during_recovery_ends_it_and_the_next_one_finds_everything(operation: str, skip: int):
    life = written()
    segment = life.store.wal.segments.file_of(life.store.wal.segment)
    life.disk.perform_soundly(Write(segment, len(life.disk.contents_of(segment)), (bytes(100),)))
    before = {log_id: log.log_end_offset for log_id, log in life.store.logs.items()}
    life.disk.fail(operation, "EIO", skip)
    again = outcome(life.disk, EAGER)
    if not life.disk.failures:
        assert operation in again.fact(StoreFailed).reason
        assert again.store.failed is not None
        again.happen(DiskFailed(FIRST, "read", "EIO"))
        assert again.fact(StoreFailed)
    life.disk.crash_process()
    third = recovered(life.disk, EAGER)
    assert {log_id: log.log_end_offset for log_id, log in third.store.logs.items()} == before


@pytest.mark.parametrize(
    "event",
    [
        ManifestRead(CURRENT, 0, 10, 1, b""),
        ManifestSettled(0, 0),
        ManifestSynced(1),
        DirectoryRead(1, 0, 0, 0, False, b""),
        RecoveryRead(0, 0, 10, b""),
        RecoverySettled(0),
        WalSynced(1),
        OutputsCleared(1),
        JobWorked(1, b""),
        FilesDeleted((1,)),
        HousekeepingDue(),
        EntriesLoaded(),
        BlockRead(99, 0, 0, False, b""),
        DiskFailed(FIRST, "write", "EIO"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_comes_after_a_failure_changes_nothing(event: Event):
    life = written()
    life.disk.fail("sync")
    life.append(life.store.logs[A], make_batch(), 9)
    life.flush()
    assert life.store.failed is not None
    told = [fact for fact in life.facts if isinstance(fact, StoreFailed)]
    life.happen(event)
    assert not life.queue
    assert not life.works
    assert [fact for fact in life.facts if isinstance(fact, StoreFailed)] == told
    life.store.check()


def test_what_comes_late_from_a_recovery_changes_nothing():
    life = written()
    events = [DirectoryRead(1, 0, 0, 0, False, b""), RecoveryRead(0, 0, 10, b""), RecoverySettled(0), ManifestSettled(0, 0)]
    facts = len(life.facts)
    for event in events:
        life.happen(event)
    assert len(life.facts) == facts
    assert not life.queue


def test_bytes_that_change_between_two_reads_are_corruption():
    life = fresh(StoreConfig())
    log = life.call("open_log", A)
    life.append(log, make_batch(size=50))
    life.flush()
    again = Life(life.disk, StoreConfig())
    again.call("start")
    while again.store.recovery is not None and again.store.recovery.stage is not RecoveryStage.WAL:
        again.perform_one()
    while again.store.recovery.scan.stage is not ScanStage.SETTLE:
        again.perform_one()
    life.disk.flip_bit(FIRST, 100, 0)
    again.settle()
    assert "not any more" in again.fact(StoreCorrupted).reason


def test_a_directory_read_wrongly_once_is_read_again():
    life = written()

    class Lens:
        """Turns over a bit of the first footer that is read."""

        is_spent = False

        def distort(self, disk: SimulatedDisk, part: object, data: bytes) -> bytes:
            if self.is_spent or getattr(part, "length", 0) != 64:
                return data
            self.is_spent = True
            return bytes([data[0] ^ 1]) + data[1:]

    lens = Lens()
    life.disk.lenses[lens] = lens
    again = recovered(life.disk, EAGER)
    assert lens.is_spent
    assert sorted(again.store.logs) == sorted(life.store.logs)


def test_progress_is_told():
    life = fresh(StoreConfig())
    log = life.call("open_log", A)
    for _ in range(20):
        life.append(log, make_batch(size=50))
        life.flush()
    again = recovered(life.disk, StoreConfig(recovery_report_bytes=1_000, recovery_chunk_bytes=100))
    positions = [fact.position for fact in again.facts if isinstance(fact, RecoveryProgressed)]
    assert len(positions) >= 2
    assert all(later - earlier >= 1_000 for earlier, later in pairwise([0, *positions]))


def test_segments_that_were_full_and_not_sealed_are_sealed_in_the_next_life():
    life = fresh(EAGER)
    log = life.call("open_log", A)
    for number in range(30):
        life.append(log, make_batch(size=200))
        life.call("put", T, b"%d" % number, b"v")
    life.call("flush")
    while life.queue:
        life.perform_one()
    assert life.works, "nothing was sealed"
    life.disk.crash_process()
    again = recovered(life.disk, EAGER)
    finish(again)
    assert again.fact(StoreRecovered).segments > 3
    assert again.store.manifest.wal_segment == again.store.wal.segment
    assert len(again.read_all(again.store.logs[A])) == 30 * len(make_batch(size=200))
    assert len(again.scan(T)) == 30


def test_a_power_cut_between_creating_a_segment_and_writing_to_it_leaves_an_empty_one():
    life = fresh(StoreConfig(segment_bytes=300))
    log = life.call("open_log", B)
    for _ in range(3):
        life.append(log, make_batch(size=100))
    life.call("flush")
    while not life.disk.names.get(FileName("wal/00000000000000000001.wal")):
        life.perform_one()
    life.disk.perform_soundly(life.queue[0])
    life.disk.power_cut(Prng(3))
    again = recovered(life.disk, StoreConfig(segment_bytes=300))
    end = again.store.logs[B].log_end_offset
    again.append(again.store.logs[B], make_batch())
    again.flush()
    life.disk.power_cut(Prng(3))
    assert recovered(life.disk).store.logs[B].log_end_offset == end + 1


def test_every_completion_has_a_way_into_the_store():
    assert all(hasattr(Store, str(method)) for method in Store.ROUTES.values())


def test_a_log_of_a_thousand_names_is_found_again():
    life = fresh(StoreConfig(segment_bytes=20_000))
    names = [LogId(f"log-{number}") for number in range(1_000)]
    for name in names:
        life.append(life.call("open_log", name), make_batch(size=1))
    life.flush()
    assert list(recovered(life.disk).store.logs) == names
