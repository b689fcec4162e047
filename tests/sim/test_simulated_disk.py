"""The simulated disk keeps its written fault model, neither kinder nor crueller."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streambus.kernel import (
    Buffer,
    Create,
    Delete,
    DiskFailed,
    Event,
    FileName,
    FileSlice,
    Prng,
    Read,
    Rename,
    Sync,
    SyncDirectory,
    Truncate,
    Write,
    fingerprint,
    message,
)
from streambus.sim.disk import PAGE_BYTES, SECTOR_BYTES, Change, SimulatedDisk, Survival, split_at, surviving_pieces

F, G = FileName("f"), FileName("g")


@message
class Done(Event):
    """Some operation is done."""


@message
class Got(Event):
    """Bytes were read."""

    data: Buffer | None = None


def disk_with(content: bytes = b"", seed: int = 1) -> SimulatedDisk:
    """A disk with one file whose content and name are durable."""
    disk = SimulatedDisk(Prng(seed))
    for effect in (Create(F), Write(F, 0, (content,)), Sync(F, Done()), SyncDirectory()):
        disk.perform(effect)
    return disk


def read(disk: SimulatedDisk, file: FileName = F, position: int = 0, length: int = 1 << 20) -> Any:
    completion = disk.perform(Read(file, position, length, Got()))
    assert isinstance(completion, Got)
    return completion.data


def test_what_was_written_is_read_at_once():
    disk = disk_with(b"hello")
    assert disk.perform(Write(F, 5, (b" wor", memoryview(b"ld")))) is None
    assert read(disk) == b"hello world"
    assert read(disk, position=6, length=3) == b"wor"
    assert read(disk, position=50) == b""
    assert disk.read_slice(FileSlice(F, 0, 5)) == b"hello"


def test_a_gap_is_zeros():
    disk = disk_with(b"a")
    disk.perform(Write(F, 3, (b"b",)))
    assert read(disk) == b"a\0\0b"
    disk.perform(Truncate(F, 6))
    assert read(disk) == b"a\0\0b\0\0"


def test_completions_come_back_and_other_operations_say_nothing():
    disk = disk_with()
    assert disk.perform(Sync(F, Done())) == Done()
    assert disk.perform(SyncDirectory(Done())) == Done()
    assert disk.perform(SyncDirectory()) is None
    assert disk.perform(Rename(F, G)) is None
    assert disk.perform(Delete(G)) is None
    assert disk.perform(Delete(G)) is None
    assert disk.contents() == {}


def test_missing_and_existing_files_are_failures_but_reading_a_missing_one_is_none():
    disk = disk_with()
    assert disk.perform(Create(F)) == DiskFailed(F, "create", "EEXIST")
    assert disk.perform(Write(G, 0, (b"x",))) == DiskFailed(G, "write", "ENOENT")
    assert disk.perform(Sync(G, Done())) == DiskFailed(G, "sync", "ENOENT", Done())
    assert disk.perform(Truncate(G, 0)) == DiskFailed(G, "truncate", "ENOENT")
    assert disk.perform(Rename(G, F)) == DiskFailed(G, "rename", "ENOENT")
    assert read(disk, G) is None
    assert disk.read_slice(FileSlice(G, 0, 1)) == b""


def test_a_process_crash_loses_nothing_and_makes_nothing_durable():
    disk = disk_with(b"old")
    disk.perform(Write(F, 0, (b"new",)))
    disk.perform(Create(G))
    disk.crash_process()
    assert disk.contents() == {F: b"new", G: b""}
    disk.power_cut(Prng(1), Survival.NOTHING)
    assert disk.contents() == {F: b"old"}


def test_a_power_cut_keeps_what_was_synced_and_may_keep_the_rest():
    for survival, expected in ((Survival.NOTHING, b"synced"), (Survival.EVERYTHING, b"synced, not")):
        disk = disk_with(b"synced")
        disk.perform(Write(F, 6, (b", not",)))
        disk.power_cut(Prng(1), survival)
        assert disk.contents() == {F: expected}
        assert disk.unsynced_changes() == 0


def test_a_name_needs_a_directory_sync():
    disk = disk_with(b"f")
    for effect in (Create(G), Write(G, 0, (b"g",)), Sync(G, Done())):
        disk.perform(effect)
    lost = disk.copy()
    lost.power_cut(Prng(1), Survival.NOTHING)
    assert lost.contents() == {F: b"f"}
    disk.perform(SyncDirectory())
    disk.power_cut(Prng(1), Survival.NOTHING)
    assert disk.contents() == {F: b"f", G: b"g"}


def test_a_deletion_and_a_renaming_may_be_undone():
    disk = disk_with(b"f")
    for effect in (Create(G), SyncDirectory(), Rename(F, G)):
        disk.perform(effect)
    assert disk.contents() == {G: b"f"}
    disk.power_cut(Prng(1), Survival.NOTHING)
    assert disk.contents() == {F: b"f", G: b""}
    disk.perform(Delete(F))
    disk.power_cut(Prng(1), Survival.NOTHING)
    assert disk.contents() == {F: b"f", G: b""}
    disk.perform(Delete(F))
    disk.perform(SyncDirectory())
    disk.power_cut(Prng(1), Survival.NOTHING)
    assert disk.contents() == {G: b""}


def outcomes(disk: SimulatedDisk, count: int = 300) -> set[tuple[tuple[FileName, bytes], ...]]:
    seen = set()
    for seed in range(count):
        future = disk.copy()
        future.power_cut(Prng(seed))
        seen.add(tuple(future.contents().items()))
    return seen


def test_creations_are_lost_each_on_its_own():
    disk = disk_with()
    disk.perform(Create(G))
    disk.perform(Create(FileName("h")))
    names = {tuple(name for name, _ in outcome) for outcome in outcomes(disk)}
    assert names == {(F,), (F, G), (F, "h"), (F, G, "h")}


def test_pages_arrive_in_any_order_and_sectors_whole():
    disk = disk_with(bytes(3 * PAGE_BYTES))
    disk.perform(Write(F, 0, (b"x" * (3 * PAGE_BYTES),)))
    pages = set()
    torn = 0
    for ((_, content),) in outcomes(disk):
        sectors = [content[start : start + SECTOR_BYTES] for start in range(0, len(content), SECTOR_BYTES)]
        assert all(sector in (bytes(SECTOR_BYTES), b"x" * SECTOR_BYTES) for sector in sectors)
        each = [content[start : start + PAGE_BYTES] for start in range(0, len(content), PAGE_BYTES)]
        torn += any(0 < page.count(b"x") < PAGE_BYTES for page in each)
        pages.add(tuple(page.count(b"x") > 0 for page in each))
    assert torn
    assert len(pages) == 8


def test_a_file_may_have_grown_without_its_data():
    disk = disk_with(b"a")
    disk.perform(Write(F, 1, (b"bc",)))
    assert {content for ((_, content),) in outcomes(disk)} == {b"a", b"abc", b"a\0\0"}


def test_a_truncation_may_be_undone_although_a_later_write_is_there():
    disk = disk_with(b"abcd")
    disk.perform(Truncate(F, 1))
    disk.perform(Write(F, 1, (b"X",)))
    assert {b"abcd", b"aXcd", b"a", b"aX"} <= {content for ((_, content),) in outcomes(disk)}


def test_a_failed_sync_has_lost_what_it_was_for():
    kept = set()
    for seed in range(20):
        disk = disk_with(b"old", seed)
        disk.perform(Write(F, 0, (b"new",)))
        disk.fail("sync", "EIO")
        assert disk.perform(Sync(F, Done())) == DiskFailed(F, "sync", "EIO", Done())
        assert read(disk) == b"new"
        assert disk.perform(Sync(F, Done())) == Done()
        disk.power_cut(Prng(1), Survival.EVERYTHING)
        kept.add(read(disk))
    assert kept == {b"old", b"new"}


def test_a_failed_write_may_have_written_a_prefix():
    seen = set()
    for seed in range(50):
        disk = disk_with(b"", seed)
        disk.fail("write", "EIO")
        assert disk.perform(Write(F, 0, (b"ab",))) == DiskFailed(F, "write", "EIO")
        seen.add(read(disk))
    assert seen == {b"", b"a", b"ab"}


def test_failures_come_when_they_were_planned():
    disk = disk_with(b"x")
    disk.fail("read", "EIO", skip=1)
    disk.fail("syncdirectory", "EIO")
    assert read(disk) == b"x"
    assert disk.perform(SyncDirectory()) == DiskFailed(FileName(""), "syncdirectory", "EIO")
    assert disk.perform(Read(F, 0, 1, Got())) == DiskFailed(F, "read", "EIO", Got())
    assert read(disk) == b"x"
    disk.fail("rename")
    assert disk.perform(Rename(F, G)) == DiskFailed(F, "rename", "EIO")
    disk.fail("read")
    disk.crash_process()
    assert read(disk) == b"x"


def test_a_full_disk_takes_what_fits_and_refuses_the_rest():
    disk = disk_with(b"abc")
    disk.capacity = 5
    assert disk.perform(Write(F, 0, (b"ABC",))) is None
    assert disk.perform(Write(F, 3, (b"defg",))) == DiskFailed(F, "write", "ENOSPC")
    assert read(disk) == b"ABCde"
    assert disk.perform(Write(F, 5, (b"f",))) == DiskFailed(F, "write", "ENOSPC")
    disk.perform(Truncate(F, 0))
    assert disk.perform(Write(F, 0, (b"12345",))) is None


def test_a_flipped_bit_is_on_the_disk():
    disk = disk_with(b"abc")
    disk.flip_bit(F, 1, 0)
    disk.power_cut(Prng(1))
    assert read(disk) == b"acc"


def test_copies_have_their_own_futures():
    disk = disk_with(b"abc")
    other = disk.copy()
    assert fingerprint(other) == fingerprint(disk)
    other.perform(Write(F, 0, (b"x",)))
    assert read(disk) == b"abc"


def test_statistics_count_operations():
    disk = disk_with(b"abc")
    assert disk.statistics() == {"create": 1, "write": 1, "sync": 1, "syncdirectory": 1, "files": 1, "used_bytes": 3, "unsynced_changes": 0}


@settings(deadline=None)
@given(st.integers(0, 3 * PAGE_BYTES), st.binary(max_size=3 * PAGE_BYTES), st.sampled_from([SECTOR_BYTES, PAGE_BYTES]), st.integers(0, 99))
def test_pieces_of_a_write_are_its_bytes_in_aligned_places(position: int, data: bytes, unit: int, seed: int):
    change = Change(position, data)
    pieces = split_at(change, unit)
    assert b"".join(piece.data or b"" for piece in pieces) == data
    assert all(piece.position // unit == (piece.position + len(piece.data or b"") - 1) // unit for piece in pieces)
    for piece in surviving_pieces(change, Prng(seed)):
        assert piece.data is not None
        assert data[piece.position - position :].startswith(piece.data)
