"""Every fault of disks does to a disk what the fault model says, no more, and is over when it ends."""

from collections.abc import Iterator
from typing import Any

import pytest
from toy_nodes import NotaryConfig

from streambus.kernel import (
    Create,
    DiskFailed,
    Effect,
    Event,
    FileName,
    FileSlice,
    Prng,
    Read,
    Sync,
    SyncDirectory,
    Truncate,
    Write,
    message,
)
from streambus.records import Record, crc32c, encode_batch
from streambus.sim import FACTORIES, SimulatedDisk, Simulation
from streambus.sim.disk import SECTOR_BYTES, Survival
from streambus.sim.disk_quirk import Unreadable
from streambus.sim.faults import (
    FAULTS,
    BitRot,
    Cast,
    DeadDisk,
    DiskError,
    DiskSwap,
    FaultMix,
    FullDisk,
    LostWrite,
    MisdirectedRead,
    MisdirectedWrite,
    ShortRead,
    ShortWrite,
    StaleRead,
    TransientBitFlip,
)
from streambus.sim.faults.coverage import is_covered, passes_for_a_batch
from streambus.storage.wal_records import EntryKind, pack_entry, record_header

F, G = FileName("f"), FileName("g")
HOST = "broker-1"
SECTORS = bytes(range(256)) * 2 * 8


@message
class Done(Event):
    """Some operation is done."""


@message
class Got(Event):
    """Bytes were read."""

    data: Any = None


class Scene:
    """A disk with one durable file, in a machine that is off, and a fault that has begun."""

    def __init__(self, fault: Any, content: bytes = SECTORS, luck: int = 1) -> None:
        self.simulation = Simulation(1, FACTORIES)
        self.disk = SimulatedDisk(Prng(1))
        self.simulation.add_host(HOST, NotaryConfig(), self.disk)
        self.write_durably(content)
        self.fault = fault
        assert fault.begin(self.simulation, Prng(luck))

    def write_durably(self, content: bytes) -> None:
        for effect in (Create(F), Write(F, 0, (content,)), Sync(F, Done()), SyncDirectory()):
            self.disk.perform(effect)

    def end(self) -> None:
        self.fault.end(self.simulation)
        assert not self.disk.quirks
        assert not self.disk.lenses

    def do(self, effect: Effect) -> Event | None:
        return self.disk.perform(effect)

    def read(self, length: int = 1 << 20, position: int = 0) -> Any:
        answer = self.disk.perform(Read(F, position, length, Got()))
        return answer.data if isinstance(answer, Got) else answer

    def cut_power(self, survival: Survival = Survival.NOTHING) -> None:
        self.disk.power_cut(Prng(1), survival)


# Errors ----------------------------------------------------------------------------------------------------------------

OPERATIONS: dict[str, Effect] = {
    "write": Write(F, 0, (b"new",)),
    "sync": Sync(F, Done()),
    "syncdirectory": SyncDirectory(Done()),
    "create": Create(G),
    "truncate": Truncate(F, 0),
    "read": Read(F, 0, 9, Got()),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_disk_error_befalls_so_many_operations_of_one_kind(operation: str):
    scene = Scene(DiskError(HOST, operation, "EIO", skip=1, count=2, lasts=9))
    results = []
    for _ in range(5):
        results.append(isinstance(scene.do(OPERATIONS[operation]), DiskFailed))
        others = [scene.do(effect) for name, effect in OPERATIONS.items() if name not in (operation, "create")]
        assert not any(isinstance(other, DiskFailed) for other in others)
    expected = [False, True, True, False, False]
    assert results == (expected if operation != "create" else [False, True, True, True, True])
    assert scene.disk.injuries == 2


def test_a_disk_error_says_which_and_is_over_when_it_ends():
    scene = Scene(DiskError(HOST, "write", "EROFS", skip=0, count=1_000, lasts=9))
    assert scene.do(Write(F, 0, (b"x",))) == DiskFailed(F, "write", "EROFS")
    assert scene.do(Write(F, 0, (b"x",))) == DiskFailed(F, "write", "EROFS")
    scene.end()
    assert scene.do(Write(F, 0, (b"x",))) is None


def test_a_failed_sync_has_lost_its_pages_and_nobody_remembers():
    scene = Scene(DiskError(HOST, "sync", "EIO", skip=0, count=1, lasts=9), content=b"old")
    scene.disk.dice = Prng(2)
    scene.do(Write(F, 0, (b"new",)))
    assert scene.do(Sync(F, Done())) == DiskFailed(F, "sync", "EIO", Done())
    assert scene.do(Sync(F, Done())) == Done()
    assert scene.read() == b"new"
    scene.cut_power(Survival.EVERYTHING)
    assert scene.read() == b"old"


def test_what_cannot_be_read_cannot_be_sent_either():
    scene = Scene(DiskError(HOST, "read", "EIO", skip=0, count=2, lasts=9))
    with pytest.raises(Unreadable):
        scene.disk.read_slice(FileSlice(F, 0, 9))
    assert scene.disk.read_soundly(FileSlice(F, 0, 9)) == SECTORS[:9]
    assert scene.read(9) == DiskFailed(F, "read", "EIO", Got())
    assert scene.read(9) == SECTORS[:9]


def test_a_short_write_lacks_its_end_and_has_failed():
    scene = Scene(ShortWrite(HOST, skip=1, missing=2, lasts=9), content=b"")
    assert scene.do(Write(F, 0, (b"whole",))) is None
    assert scene.do(Write(F, 5, (b"cut ", b"short"))) == DiskFailed(F, "write", "EIO")
    assert scene.read() == b"wholecut sho"
    assert scene.do(Write(F, 5, (b"cut ", b"short"))) is None
    scene.end()


def test_a_short_read_is_a_failure_and_never_the_end_of_the_file():
    scene = Scene(ShortRead(HOST, skip=1, lasts=9))
    assert scene.read(9) == SECTORS[:9]
    assert scene.read(9) == DiskFailed(F, "read", "EIO", Got())
    assert scene.read(9) == SECTORS[:9]
    scene.end()


def test_a_full_disk_takes_what_fits_until_somebody_makes_room():
    scene = Scene(FullDisk(HOST, room=2, lasts=9), content=b"abc")
    assert not FullDisk(HOST, room=9, lasts=9).begin(scene.simulation, Prng(1))
    assert scene.do(Write(F, 3, (b"defg",))) == DiskFailed(F, "write", "ENOSPC")
    assert scene.read() == b"abcde"
    assert scene.do(Write(F, 0, (b"ABC",))) is None
    scene.end()
    assert scene.do(Write(F, 3, (b"defg",))) is None
    assert scene.read() == b"ABCdefg"


# Lies ------------------------------------------------------------------------------------------------------------------


def lies(scene: Scene, reads: int = 400) -> Iterator[tuple[bytes, bytes]]:
    """What should be read and what is, where that differs."""
    dice = Prng(7)
    for _ in range(reads):
        position = dice.below(len(SECTORS) - 64)
        truth = SECTORS[position : position + 64]
        seen = scene.read(64, position)
        assert len(seen) == 64
        if seen != truth:
            yield truth, seen


def test_a_transient_flip_turns_over_one_bit_and_a_second_read_is_right():
    scene = Scene(TransientBitFlip(HOST, one_in=4, lasts=9))
    seen = list(lies(scene))
    assert 50 < len(seen) < 150
    for truth, lie in seen:
        assert sum((one ^ other).bit_count() for one, other in zip(truth, lie, strict=True)) == 1
    scene.end()
    assert not list(lies(scene))


def test_a_stale_read_returns_what_was_there_when_it_began():
    scene = Scene(StaleRead(HOST, one_in=4, lasts=9), content=b"old")
    scene.do(Write(F, 0, (b"new and longer",)))
    scene.do(Sync(F, Done()))
    assert {scene.read() for _ in range(99)} == {b"new and longer", b"old".ljust(14, b"\0")}
    scene.end()
    assert {scene.read() for _ in range(99)} == {b"new and longer"}


def test_a_misdirected_read_returns_other_sectors():
    content = b"".join([bytes((number,)) * SECTOR_BYTES for number in range(1, 9)])
    scene = Scene(MisdirectedRead(HOST, one_in=4, lasts=9), content=content)
    seen = {scene.read(16, 3 * SECTOR_BYTES) for _ in range(200)}
    assert seen == {bytes((number,)) * 16 for number in range(9)}
    scene.end()
    assert scene.read(16, 3 * SECTOR_BYTES) == b"\x04" * 16


# Damage ----------------------------------------------------------------------------------------------------------------


def test_rot_stays():
    scene = Scene(BitRot(HOST, flips=1))
    assert scene.disk.is_damaged
    scene.cut_power()
    rotten = scene.read()
    assert sum((one ^ other).bit_count() for one, other in zip(SECTORS, rotten, strict=True)) == 1
    assert BitRot(HOST, flips=8).begin(scene.simulation, Prng(2))


def test_there_is_no_rot_where_there_is_nothing():
    scene = Scene(FullDisk(HOST, room=9, lasts=9), content=b"")
    assert not BitRot(HOST, flips=9).begin(scene.simulation, Prng(1))
    assert not scene.disk.is_damaged


@pytest.mark.parametrize(("is_cached", "at_once"), [(True, b"new"), (False, b"old")])
def test_a_lost_write_is_acknowledged_and_synced_and_not_there(is_cached: bool, at_once: bytes):
    scene = Scene(LostWrite(HOST, skip=1, count=1, is_cached=is_cached, lasts=9), content=b"")
    assert scene.do(Write(F, 0, (b"old",))) is None
    assert scene.do(Write(F, 0, (b"new",))) is None
    assert scene.do(Sync(F, Done())) == Done()
    assert scene.read() == at_once
    scene.cut_power(Survival.EVERYTHING)
    assert scene.read() == b"old"
    assert scene.disk.is_damaged
    scene.end()


def test_a_lost_write_to_a_file_that_is_not_there_fails_all_the_same():
    scene = Scene(LostWrite(HOST, skip=0, count=1, is_cached=True, lasts=9))
    assert scene.do(Write(G, 0, (b"x",))) == DiskFailed(G, "write", "ENOENT")


def test_a_misdirected_write_lands_in_other_sectors():
    places = set()
    for luck in range(40):
        scene = Scene(MisdirectedWrite(HOST, skip=0, count=1, lasts=9), content=bytes(len(SECTORS)), luck=luck)
        assert scene.do(Write(F, 2 * SECTOR_BYTES + 5, (b"astray",))) is None
        places.add(scene.read().find(b"astray"))
        assert scene.do(Write(F, 0, (b"right",))) is None
        assert scene.read().startswith(b"right")
        scene.end()
    assert all(place % SECTOR_BYTES == 5 for place in places)
    assert len(places) > 4


# Replacement -----------------------------------------------------------------------------------------------------------


def test_a_swapped_disk_is_as_it_was():
    scene = Scene(DiskSwap(HOST, lasts=9), content=b"then")
    scene.do(Write(F, 0, (b"unsynced",)))
    assert scene.disk.used_bytes() == 8
    scene.do(Create(G))
    scene.do(SyncDirectory())
    scene.end()
    assert scene.disk.contents() == {F: b"then"}
    assert scene.disk.unsynced_changes() == 0


def test_a_dead_disk_fails_whatever_is_tried_and_is_replaced_by_an_empty_one():
    scene = Scene(DeadDisk(HOST, lasts=9))
    assert not DeadDisk(HOST, lasts=9).begin(scene.simulation, Prng(1))
    for operation, effect in OPERATIONS.items():
        failed = scene.do(effect)
        assert isinstance(failed, DiskFailed)
        assert failed.operation == operation
    with pytest.raises(Unreadable):
        scene.disk.read_slice(FileSlice(F, 0, 9))
    scene.end()
    assert scene.disk.contents() == {}
    assert not scene.disk.is_damaged


# Of all of them --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_equal_dice_draw_equal_faults(kind: Any):
    cast = Cast((HOST,), ("writer-0",))
    drawn = [[kind.drawn(dice, FaultMix(), cast) for _ in range(9)] for dice in (Prng(1), Prng(1))]
    assert drawn[0] == drawn[1]


def test_half_a_directory_sync_makes_any_of_the_names_durable_and_forgets_none():
    seen = set()
    for seed in range(20):
        disk = SimulatedDisk(Prng(seed))
        disk.perform(Create(F))
        disk.perform(Create(G))
        disk.perform_partly(SyncDirectory())
        whole = disk.copy()
        whole.perform(SyncDirectory())
        for future in (disk, whole):
            future.power_cut(Prng(1), Survival.NOTHING)
        assert list(whole.contents()) == [F, G]
        seen.add(tuple(disk.contents()))
    assert seen == {(), (F,), (G,), (F, G)}


def test_half_a_sync_makes_any_part_durable_and_forgets_nothing():
    seen = set()
    for seed in range(20):
        disk = Scene(FullDisk(HOST, room=99, lasts=9), content=b"").disk
        disk.dice = Prng(seed)
        disk.perform(Write(F, 0, (b"bytes",)))
        disk.perform_partly(Sync(F, Done()))
        disk.perform_partly(Sync(G, Done()))
        whole = disk.copy()
        whole.perform(Sync(F, Done()))
        for future in (disk, whole):
            future.power_cut(Prng(1), Survival.NOTHING)
        assert whole.contents() == {F: b"bytes"}
        seen.add(disk.contents()[F])
    assert seen == {b"", b"bytes", bytes(5)}


def test_half_of_any_other_operation_happened_or_not():
    seen = set()
    for seed in range(20):
        disk = SimulatedDisk(Prng(seed))
        disk.perform_partly(Create(F))
        seen.add(tuple(disk.contents()))
    assert seen == {(), (F,)}


def test_a_copy_of_a_disk_is_free_of_faults():
    scene = Scene(DeadDisk(HOST, lasts=9))
    copy = scene.disk.copy()
    assert copy.perform(Read(F, 0, 9, Got())) == Got(SECTORS[:9])


def test_what_the_batch_checksum_does_not_cover_is_spared():
    batch = encode_batch([Record(None, b"value", (), 1, 0)])
    directory = pack_entry(EntryKind.BATCH, 0, 1, len(batch), 1, crc32c(batch[:21]))
    header = record_header(directory, len(batch), 0, 0)
    content = header + batch + directory
    spared = [position for position in range(len(content)) if not is_covered(content, position)]
    assert spared == list(range(len(header), len(header) + 16))
    assert passes_for_a_batch(batch + b"more")
    assert not passes_for_a_batch(batch[:-1])
    assert not passes_for_a_batch(b"")
