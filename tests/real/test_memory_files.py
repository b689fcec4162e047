"""Files in memory do what files on a disk do."""

from pathlib import Path

import pytest

from streambus.kernel import Create, Delete, Event, FileName, MeasureRoom, Read, Rename, Sync, SyncDirectory, Truncate, Write, message
from streambus.real.files import Files, FileSystem
from streambus.real.memory_files import MemoryFiles

A, B = FileName("wal/a"), FileName("tables/b")


@message
class Done(Event):
    """An operation is complete."""

    data: bytes | None = b"not filled in"
    total_bytes: int = -1
    usable_bytes: int = -1


@pytest.fixture(params=["disk", "memory"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystem:
    return Files(tmp_path) if request.param == "disk" else MemoryFiles()


def content(files: FileSystem, name: FileName) -> bytes | None:
    done = files.perform(Read(name, 0, 100, Done()))
    assert isinstance(done, Done)
    return done.data


def test_what_is_written_is_read(files: FileSystem) -> None:
    files.perform(Create(A))
    files.perform(Write(A, 0, (b"hello ", b"world")))
    files.perform(Write(A, 6, (b"there",)))
    assert content(files, A) == b"hello there"
    assert files.perform(Sync(A, Done())) == Done()
    assert files.perform(SyncDirectory(Done())) == Done()
    assert files.perform(SyncDirectory()) is None


def test_what_is_not_there_is_none(files: FileSystem) -> None:
    assert content(files, A) is None
    files.perform(Delete(A))
    with pytest.raises(FileNotFoundError):
        files.open(A)
    with pytest.raises(FileNotFoundError):
        files.perform(Write(A, 0, (b"x",)))
    with pytest.raises(FileNotFoundError):
        files.perform(Rename(A, B))


def test_a_file_is_made_once(files: FileSystem) -> None:
    files.perform(Create(A))
    with pytest.raises(FileExistsError):
        files.perform(Create(A))


def test_files_are_cut_renamed_and_deleted(files: FileSystem) -> None:
    files.perform(Create(A))
    files.perform(Create(B))
    files.perform(Write(A, 0, (b"0123456789",)))
    files.perform(Truncate(A, 4))
    files.perform(Rename(A, B))
    assert (content(files, A), content(files, B)) == (None, b"0123")
    held = files.open(B)
    files.perform(Delete(B))
    assert content(files, B) is None
    assert held.fd >= 0


def test_bytes_are_copied_as_far_as_the_kernel_does_it(files: FileSystem) -> None:
    files.perform(Create(A))
    files.perform(Create(B))
    files.perform(Write(A, 0, (b"0123456789",)))
    copied = files.copy(A, 2, 5, B, 0)
    assert content(files, B) == b"23456"[:copied]
    assert files.copy(FileName("nothing"), 0, 1, B, 0) == 0


def test_how_much_room_there_is_can_be_asked(files: FileSystem) -> None:
    done = files.perform(MeasureRoom(Done()))
    assert isinstance(done, Done)
    assert 0 < done.usable_bytes <= done.total_bytes


def test_what_is_in_memory_outlives_a_life() -> None:
    files = MemoryFiles()
    files.perform(Create(A))
    files.close()
    assert content(files, A) == b""
