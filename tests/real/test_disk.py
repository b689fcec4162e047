"""The disk: every effect, in the loop and in the thread, in order, and what goes wrong."""

import os
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streambus.kernel import (
    Buffer,
    Create,
    Delete,
    DiskFailed,
    Effect,
    Event,
    FileName,
    Read,
    Rename,
    Sync,
    SyncDirectory,
    Truncate,
    Write,
    message,
)
from streambus.real.disk import INLINE_BYTES_MAX, Disk
from streambus.real.files import IOVECS_MAX, Files

A, B = FileName("wal/a"), FileName("b")
IN_LOOP, IN_THREAD = 60_000_000, 0
"""So many microseconds of patience make the disk choose one way or the other."""


@message
class Done(Event):
    number: int


@message
class Found(Event):
    number: int
    data: Buffer | None = None


class Desk:
    """Asks a disk for things and waits for what comes back."""

    def __init__(self, folder: Path, patience: int) -> None:
        self.completed = threading.Semaphore(0)
        self.disk = Disk(Files(folder), self.completed.release, inline_microseconds_max=patience)

    def ask(self, *effects: Effect) -> list[Event]:
        """What these effects complete with. The last of them must complete with something."""
        return self.wait(self.disk.submit(list(effects)))

    def wait(self, events: list[Event], last: Callable[[Event], bool] = lambda _: True) -> list[Event]:
        while not events or not last(events[-1]):
            assert self.completed.acquire(timeout=10), events
            events += self.disk.completions()
        return events


@pytest.fixture(params=[IN_LOOP, IN_THREAD], ids=["in the loop", "in the thread"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, request.param)
    yield desk
    desk.disk.finish()


def test_what_was_written_and_synced_is_in_the_file(desk: Desk, tmp_path: Path) -> None:
    assert desk.ask(
        Create(A), Write(A, 0, (b"hello ", memoryview(b"world"))), Write(A, 11, (b"!",)), SyncDirectory(Done(1)), Sync(A, Done(2))
    ) == [Done(1), Done(2)]
    assert (tmp_path / A).read_bytes() == b"hello world!"


def test_reads_bring_what_is_there(desk: Desk) -> None:
    assert desk.ask(
        Create(A),
        Write(A, 0, (b"0123456789",)),
        Read(A, 2, 4, Found(1)),
        Read(A, 8, 4, Found(2)),
        Read(A, 99, 1, Found(3)),
        Read(B, 0, 1, Found(4)),
    ) == [Found(1, b"2345"), Found(2, b"89"), Found(3, b""), Found(4, None)]


def test_files_are_cut_renamed_and_deleted(desk: Desk, tmp_path: Path) -> None:
    desk.ask(
        Create(A),
        Write(A, 0, (b"0123456789",)),
        Truncate(A, 4),
        Create(B),
        Write(B, 0, (b"old",)),
        Rename(A, B),
        Delete(A),
        Write(B, 4, (b"!",)),
        SyncDirectory(Done(1)),
    )
    assert (tmp_path / B).read_bytes() == b"0123!"
    assert not (tmp_path / A).exists()
    desk.ask(Delete(B), Sync(A, Done(1)))
    assert not (tmp_path / B).exists()


def test_more_parts_than_one_call_takes_are_all_written(desk: Desk, tmp_path: Path) -> None:
    small = tuple(b"%04d" % number for number in range(3 * IOVECS_MAX))
    large = tuple(bytes([number % 251]) * 5_000 for number in range(IOVECS_MAX + 3))
    desk.ask(Create(A), Write(A, 0, small), Create(B), Write(B, 7, large), Sync(B, Done(1)))
    assert (tmp_path / A).read_bytes() == b"".join(small)
    assert (tmp_path / B).read_bytes() == bytes(7) + b"".join(large)


def test_a_failure_is_told_before_anything_that_was_asked_later(desk: Desk) -> None:
    assert desk.ask(
        Create(A), Sync(A, Done(1)), Create(A), Write(B, 0, (b"x",)), Sync(B, Done(2)), Truncate(B, 0), Rename(B, A), Sync(A, Done(3))
    ) == [
        Done(1),
        DiskFailed(A, "create", "EEXIST"),
        DiskFailed(B, "write", "ENOENT"),
        DiskFailed(B, "sync", "ENOENT", Done(2)),
        DiskFailed(B, "truncate", "ENOENT"),
        DiskFailed(B, "rename", "ENOENT"),
        Done(3),
    ]


def test_a_full_disk_is_a_failed_write(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / B).symlink_to("/dev/full")
    assert desk.ask(Write(B, 0, (b"x",)), Create(A), Sync(A, Done(1))) == [DiskFailed(B, "write", "ENOSPC"), Done(1)]


@contextmanager
def file_size_limit(limit: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_was_cut_short_goes_on_until_the_error_shows(desk: Desk, tmp_path: Path) -> None:
    with file_size_limit(10_000):
        events = desk.ask(Create(A), Write(A, 0, (b"x" * 6_000, b"y" * 6_000)), Sync(A, Done(1)))
    assert events == [DiskFailed(A, "write", "EFBIG"), Done(1)]
    assert (tmp_path / A).read_bytes() == b"x" * 6_000 + b"y" * 4_000


def test_order_holds_when_the_way_changes(tmp_path: Path) -> None:
    desk = Desk(tmp_path, IN_LOOP)
    events: list[Event] = desk.disk.submit([Create(A)])
    for number in range(200):
        size = INLINE_BYTES_MAX + 1 if number % 7 == 0 else 10
        events += desk.disk.submit([Write(A, number, (bytes([number]) * size,)), Sync(A, Done(number))])
        if number % 3 == 0:
            events += desk.disk.completions()
    desk.wait(events, lambda event: event == Done(199))
    assert events == [Done(number) for number in range(200)]
    assert (tmp_path / A).read_bytes()[:200] == bytes(range(200))
    desk.disk.finish()


def test_bytes_are_settled_once_they_are_written(tmp_path: Path) -> None:
    desk = Desk(tmp_path, IN_THREAD)
    desk.ask(Create(A), Sync(A, Done(0)))
    assert desk.disk.is_settled(A, 1_000_000)
    desk.disk.submit([Write(A, 100, (b"x",)), Truncate(B, 50), Sync(A, Done(1))])
    assert desk.disk.is_settled(A, 100)
    assert not desk.disk.is_settled(A, 101)
    assert desk.disk.is_settled(B, 50)
    assert not desk.disk.is_settled(B, 51)
    desk.wait([], lambda event: event == Done(1))
    assert desk.disk.is_settled(A, 101)
    assert desk.disk.is_settled(B, 51)
    desk.disk.finish()


def test_an_open_file_outlives_its_name(tmp_path: Path) -> None:
    desk = Desk(tmp_path, IN_LOOP)
    desk.ask(Create(A), Write(A, 0, (b"still here",)), Sync(A, Done(0)))
    opened = desk.disk.open(A)
    desk.ask(Delete(A), SyncDirectory(Done(1)))
    assert os.pread(opened.fd, 99, 0) == b"still here"
    desk.disk.finish()


def test_finishing_performs_everything_that_was_asked_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path, IN_THREAD)
    desk.disk.submit([Create(A)])
    for number in range(100):
        desk.disk.submit([Write(A, number, (b"x",))])
    desk.disk.finish()
    assert (tmp_path / A).read_bytes() == b"x" * 100


def test_beside_long_work_only_good_news_of_the_disk_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync that seems slow moves the next ones to the thread, but not if it may be the work that took the time."""
    clock = [0]
    took = [0]

    def read_clock() -> int:
        clock[0] += took[0] * 1_000
        return clock[0]

    monkeypatch.setattr("streambus.real.disk.perf_counter_ns", read_clock)
    desk = Desk(tmp_path, 1_000)
    assert desk.disk.submit([Create(A), Sync(A, Done(1))]) == [Done(1)]
    desk.disk.has_company, took[0] = True, 50_000
    for number in range(5):
        assert desk.disk.submit([Sync(A, Done(number))]) == [Done(number)]
    desk.disk.has_company = False
    assert desk.disk.submit([Sync(A, Done(9))]) == [Done(9)]
    assert desk.disk.submit([Sync(A, Done(10))]) == []
    assert desk.wait([]) == [Done(10)]
    desk.disk.has_company, took[0] = True, 10
    for number in range(20):
        desk.ask(Sync(A, Done(number)))
    assert desk.disk.submit([Sync(A, Done(11))]) == [Done(11)]
    desk.disk.finish()
