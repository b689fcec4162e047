"""Long work with real files: results, failures, the end of a life, and what threads that share files must not do to each other."""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trio

from streambus.kernel import (
    Create,
    Delete,
    DiskFailed,
    Drained,
    Event,
    FileAccess,
    FileName,
    Halt,
    Journal,
    Node,
    Routes,
    Started,
    Sync,
    SyncDirectory,
    Turn,
    Work,
    Write,
    message,
    replay,
)
from streambus.real import Driver
from streambus.real import files as files_module
from streambus.real import work as work_module
from streambus.real.faulty_files import DiskFault, FaultyFiles, Harm, ask_for
from streambus.real.files import Files, FileSystem
from streambus.real.work import Worker

A, B, DEEP = FileName("a"), FileName("b"), FileName("tables/deep/1")


@message
class WorkDone(Event):
    result: Any = None


@message
class Ticked(Event):
    number: int


@message
class Do:
    """Calls a function, which a task outside of tests may not hold."""

    function: Callable[[FileAccess], Any]

    def run(self, files: FileAccess) -> Any:
        return self.function(files)


@message
class Double:
    """Writes a file twice over into another one."""

    source: FileName
    target: FileName
    length: int

    def run(self, files: FileAccess) -> int:
        files.create(self.target)
        files.copy(self.source, 0, self.length, self.target, 0)
        files.write(self.target, self.length, (files.read(self.source, 0, self.length),))
        files.sync(self.target)
        files.sync_directory()
        return len(files.read(self.target, 0, 1 << 30))


class Bench:
    """A worker, and who waits for it."""

    def __init__(self, files: FileSystem) -> None:
        self.files = files
        self.completed = threading.Semaphore(0)
        self.worker = Worker(files, self.completed.release)

    def ask(self, *works: Work) -> list[Event]:
        for work in works:
            self.worker.submit(work)
        events: list[Event] = []
        while len(events) < len(works) and self.worker.mistake is None:
            assert self.completed.acquire(timeout=10)
            events += self.worker.completions()
        return events

    def run(self, function: Callable[[FileAccess], Any]) -> Any:
        (event,) = self.ask(Work(Do(function), WorkDone()))
        return event.result if isinstance(event, WorkDone) else event

    def thread(self) -> threading.Thread:
        assert self.worker._thread is not None
        return self.worker._thread


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(Files(tmp_path))
    yield bench
    bench.worker.finish()
    bench.files.close()


# What comes out ---------------------------------------------------------------------------------------------------------


def test_work_is_done_in_turn_and_answers_with_its_result(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / A).write_bytes(b"x" * 5000)
    assert bench.ask(Work(Double(A, B, 5000), WorkDone()), Work(Double(A, DEEP, 5), WorkDone())) == [WorkDone(10_000), WorkDone(10)]
    assert (tmp_path / B).read_bytes() == b"x" * 10_000
    assert (tmp_path / DEEP).read_bytes() == b"x" * 10


def test_a_write_has_all_its_parts_and_a_read_ends_with_the_file(bench: Bench) -> None:
    def task(files: FileAccess) -> tuple[bytes, bytes]:
        files.create(A)
        files.write(A, 3, [b"one", memoryview(b"two"), bytearray(b"three")])
        return files.read(A, 0, 7), files.read(A, 7, 100)

    assert bench.run(task) == (b"\0\0\0onet", b"wothree")


@pytest.mark.parametrize("limit", [1 << 40, 1_000, 0], ids=["in one go", "in short pieces", "not by the kernel"])
def test_a_copy_is_whole_however_much_the_kernel_copies(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    content = os.urandom(20_000)
    (tmp_path / A).write_bytes(content)
    (tmp_path / B).write_bytes(b"12345")
    copy_file_range = os.copy_file_range

    def copy_some(source: int, target: int, length: int, *positions: int) -> int:
        if not limit:
            raise OSError(errno.EXDEV, "not across these")
        return copy_file_range(source, target, min(length, limit), *positions)

    monkeypatch.setattr(os, "copy_file_range", copy_some)
    monkeypatch.setattr(work_module, "PIECE_BYTES", 3_000)
    monkeypatch.setattr(work_module, "COPY_BYTES_MAX", 7_000)
    bench.run(lambda files: files.copy(A, 100, 15_000, B, 3))
    assert (tmp_path / B).read_bytes() == b"123" + content[100:15_100]
    bench.run(lambda files: files.copy(A, 19_000, 5_000, B, 0))  # there are only 1,000
    assert (tmp_path / B).read_bytes() == content[19_000:] + content[100 + 997 : 15_100]


def test_a_copy_goes_on_where_the_kernel_stopped_early(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / A).write_bytes(b"abcdef")
    (tmp_path / B).write_bytes(b"")
    copy_file_range, calls = os.copy_file_range, iter([2, 0])
    monkeypatch.setattr(os, "copy_file_range", lambda a, b, _, *rest: (count := next(calls)) and copy_file_range(a, b, count, *rest))
    bench.run(lambda files: files.copy(A, 0, 6, B, 0))
    assert (tmp_path / B).read_bytes() == b"abcdef"


# What fails -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "failed"),
    [
        (lambda files: files.read(B, 0, 1), (B, "read", "ENOENT")),
        (lambda files: files.create(A), (A, "create", "EEXIST")),
        (lambda files: files.write(B, 0, (b"x",)), (B, "write", "ENOENT")),
        (lambda files: files.sync(B), (B, "sync", "ENOENT")),
        (lambda files: files.copy(B, 0, 1, A, 0), (B, "read", "ENOENT")),
        (lambda files: files.copy(A, 0, 1, B, 0), (B, "write", "ENOENT")),
        (lambda _: os.open("/nowhere/at/all", 0), (FileName("/nowhere/at/all"), "work", "ENOENT")),
    ],
)
def test_a_failure_names_file_operation_and_error(bench: Bench, tmp_path: Path, task: Any, failed: tuple[FileName, str, str]) -> None:
    (tmp_path / A).write_bytes(b"x")
    assert bench.run(task) == DiskFailed(*failed, WorkDone())
    assert bench.run(lambda files: files.read(A, 0, 1)) == b"x"


def test_a_task_may_expect_a_failure(bench: Bench) -> None:
    def task(files: FileAccess) -> str:
        try:
            files.read(A, 0, 1)
        except FileNotFoundError:
            return "there is none"
        return "found"

    assert bench.run(task) == "there is none"


@pytest.mark.parametrize(
    ("operation", "harm", "file"), [("create", "none", B), ("write", "torn", B), ("read", "none", A), ("sync", "lost", B)]
)
def test_injected_faults_befall_tasks(tmp_path: Path, operation: str, harm: Harm, file: FileName) -> None:
    (tmp_path / A).write_bytes(b"x" * 100)
    bench = Bench(FaultyFiles(tmp_path, tmp_path / "control"))
    ask_for(tmp_path / "control", [DiskFault((operation,), "EIO", harm=harm)])
    assert bench.ask(Work(Double(A, B, 100), WorkDone())) == [DiskFailed(file, operation, "EIO", WorkDone())]
    ask_for(tmp_path / "control", [])
    assert bench.ask(Work(Double(A, DEEP, 100), WorkDone())) == [WorkDone(200)]
    bench.worker.finish()


def test_a_directory_that_could_not_be_synced_is_never_taken_for_synced(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever changed what in it: the disk's thread may be told first, the worker must not be told that all is well then."""

    def fail(_: str) -> None:
        raise OSError(errno.EIO, "gone")

    bench.run(lambda files: files.create(DEEP))
    with monkeypatch.context() as broken:
        broken.setattr(files_module, "sync_folder", fail)
        with pytest.raises(OSError, match="gone"):
            bench.files.perform(SyncDirectory())
    assert bench.run(lambda files: files.sync_directory()) == DiskFailed(FileName(""), "syncdirectory", "EIO", WorkDone())


def test_a_mistake_of_a_task_is_kept_for_the_loop(bench: Bench) -> None:
    assert bench.ask(Work(Do(lambda _: 1 // 0), WorkDone())) == []
    assert isinstance(bench.worker.mistake, ZeroDivisionError)


# Threads ----------------------------------------------------------------------------------------------------------------


def test_who_finds_nothing_to_sync_waits_for_who_is_at_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    order = []
    sync_folder = files_module.sync_folder

    def slowly(path: str) -> None:
        if not order:
            order.append("first begins")
            bench.worker.submit(Work(Do(lambda files: (files.sync_directory(), order.append("second is told"))), WorkDone()))
            assert not bench.completed.acquire(timeout=0.05)
        sync_folder(path)

    monkeypatch.setattr(files_module, "sync_folder", slowly)
    bench.files.perform(Create(A))
    monkeypatch.setattr(bench.files, "_syncing", Noting(bench.files._syncing, order))  # type: ignore[attr-defined]
    bench.files.perform(SyncDirectory())
    assert bench.completed.acquire(timeout=10)
    assert order == ["first begins", "first ends", "first ends", "second is told"]


class Noting:
    """A lock that notes when it is let go of."""

    def __init__(self, lock: Any, order: list[str]) -> None:
        self.lock, self.order = lock, order

    def __enter__(self) -> None:
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.order.append("first ends")
        self.lock.release()


def test_files_that_are_crowded_out_of_what_is_open_stay_open_while_they_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads with eight files each and room for two: everybody finds its own bytes in its own files."""
    monkeypatch.setattr(files_module, "OPEN_FILES_MAX", 2)
    bench = Bench(Files(tmp_path))

    def churn(prefix: str, files: FileAccess) -> bool:
        names = [FileName(f"{prefix}/{number}") for number in range(8)]
        for name in names:
            files.create(name)
        for turn in range(100):
            for name in names:
                files.write(name, turn * 20, (name.ljust(20).encode(),))
                if files.read(name, turn * 20, 20) != name.ljust(20).encode():
                    return False
        return all(files.read(name, 0, 1 << 20) == name.ljust(20).encode() * 100 for name in names)

    other = Bench(bench.files)
    other.worker.submit(Work(Do(lambda files: churn("other", files)), WorkDone()))
    assert bench.run(lambda files: churn("one", files)) is True
    assert other.completed.acquire(timeout=10)
    assert other.worker.completions() == [WorkDone(True)]


def test_many_threads_make_the_same_folder(tmp_path: Path) -> None:
    files = Files(tmp_path)
    benches = [Bench(files) for _ in range(4)]
    for place, bench in enumerate(benches):
        names = [FileName(f"deep/{number}/{place}") for number in range(50)]
        bench.worker.submit(Work(Do(lambda access, names=names: [access.create(name) for name in names] and None), WorkDone()))
    for bench in benches:
        assert bench.completed.acquire(timeout=10)
        assert bench.worker.completions() == [WorkDone(None)]
    assert len(list(tmp_path.glob("deep/*/*"))) == 200


# The end ----------------------------------------------------------------------------------------------------------------


def test_at_the_end_nobody_waits_for_a_task_and_it_touches_nothing_more(bench: Bench, tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def task(files: FileAccess) -> None:
        files.create(A)
        begun.set()
        assert go_on.wait(10)
        files.create(B)

    bench.worker.submit(Work(Do(task), WorkDone()))
    assert begun.wait(10)
    bench.worker.finish()  # returns although the task goes on
    go_on.set()
    bench.thread().join(10)
    assert not bench.thread().is_alive()
    assert os.listdir(tmp_path) == [A]
    assert bench.worker.completions() == []
    assert not bench.completed.acquire(blocking=False)


def test_the_end_waits_for_the_file_operation_that_is_at_work(tmp_path: Path) -> None:
    inside, finished = threading.Event(), threading.Event()

    class Slow(Files):
        def perform(self, effect: Any) -> Event | None:
            if type(effect) is Write:
                inside.set()
                assert not finished.wait(0.05)
            return super().perform(effect)

    bench = Bench(Slow(tmp_path))
    bench.worker.submit(Work(Do(lambda files: (files.create(A), files.write(A, 0, (b"all",)))), WorkDone()))
    assert inside.wait(10)
    bench.worker.finish()
    finished.set()
    assert (tmp_path / A).read_bytes() == b"all"


def test_a_result_that_comes_after_the_end_is_not_told(bench: Bench) -> None:
    begun, go_on = threading.Event(), threading.Event()
    bench.worker.submit(Work(Do(lambda _: (begun.set(), go_on.wait(10))), WorkDone()))
    assert begun.wait(10)
    bench.worker.finish()
    go_on.set()
    bench.thread().join(10)
    assert not bench.completed.acquire(blocking=False)


# In the driver ----------------------------------------------------------------------------------------------------------


class Foreman(Node):
    """Asks for work and for syncs at its start; ends its life when it has heard of both, or at once."""

    ROUTES: ClassVar[Routes] = dict.fromkeys((Started, Ticked, WorkDone, DiskFailed, Drained), "hear")

    def __init__(self, work: Work, ticks: int = 0, *, halts_at: type[Event] = WorkDone) -> None:
        super().__init__()
        self.work, self.ticks, self.halts_at = work, ticks, halts_at
        self.heard: list[Event] = []

    def hear(self, turn: Turn, event: Event) -> None:
        if type(event) is Started:
            turn.do(self.work)
            if self.ticks:
                turn.do(Create(B))
                turn.do(Sync(B, Ticked(0)))
        elif type(event) is Drained:
            return
        elif type(event) is Ticked and event.number + 1 < self.ticks:
            turn.do(Write(B, 0, (b"tick",)))
            turn.do(Sync(B, Ticked(event.number + 1)))
        elif type(event) is self.halts_at:
            turn.do(Halt())
        self.heard.append(event)


def test_the_loop_and_the_disk_go_on_while_work_is_under_way(tmp_path: Path) -> None:
    """The task waits until it sees what the node wrote in its eleventh step: neither could come if one held up the other."""
    seen: list[int] = []
    company: list[bool] = []

    class Watched(Foreman):
        def hear(self, turn: Turn, event: Event) -> None:
            super().hear(turn, event)
            if type(event) is Ticked:
                assert driver.disk is not None
                company.append(driver.disk.has_company)
            if event == Ticked(10):
                go_on.set()

    go_on = threading.Event()
    node = Watched(Work(Do(lambda files: (go_on.wait(10), files.create(A), seen.append(1)) and 42), WorkDone()), ticks=11)
    driver = Driver(node, folder=tmp_path)
    assert driver.disk is not None
    assert trio.run(driver.run) is None
    assert node.heard[1:] == [*[Ticked(number) for number in range(11)], WorkDone(42)]
    assert company == [True] * 11
    assert not driver.disk.has_company


def test_work_is_journalled_by_its_result(tmp_path: Path) -> None:
    (tmp_path / A).write_bytes(b"x" * 100)
    work = Work(Double(A, DEEP, 100), WorkDone())
    journal = Journal()
    node = Foreman(work)
    assert trio.run(Driver(node, folder=tmp_path, journal=journal).run) is None
    again = Foreman(work)
    assert [effects for effects in replay(again, journal) if effects] == [[work], [Halt()]]
    assert again.heard[1:] == [WorkDone(200)]


def test_failed_work_is_told_to_the_node(tmp_path: Path) -> None:
    node = Foreman(Work(Double(A, B, 1), WorkDone()), halts_at=DiskFailed)
    assert trio.run(Driver(node, folder=tmp_path).run) is None
    assert node.heard[1:] == [DiskFailed(A, "read", "ENOENT", WorkDone())]


def test_a_mistake_of_a_task_ends_the_node_loudly(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        trio.run(Driver(Foreman(Work(Do(lambda _: 1 // 0), WorkDone())), folder=tmp_path).run)


def test_a_node_that_halts_does_not_wait_for_its_work(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def task(files: FileAccess) -> None:
        begun.set()
        go_on.wait(10)
        files.create(A)

    driver = Driver(Foreman(Work(Do(task), WorkDone()), ticks=1, halts_at=Ticked), folder=tmp_path)
    assert trio.run(driver.run) is None
    assert not go_on.is_set()
    go_on.set()
    assert driver.worker is not None
    thread = driver.worker._thread
    assert thread is not None
    thread.join(10)
    assert os.listdir(tmp_path) == [B]


def test_the_disk_deletes_while_work_makes_files(tmp_path: Path) -> None:
    """What both note of changed folders stays whole: hundreds of creations and deletions at the same time, every one of them synced."""
    files = Files(tmp_path)
    bench = Bench(files)
    names = [FileName(f"made/{number}") for number in range(300)]
    old = [FileName(f"old/{number}") for number in range(300)]
    for name in old:
        files.perform(Create(name))

    def make(access: FileAccess) -> int:
        for name in names:
            access.create(name)
            access.sync_directory()
        return len(names)

    bench.worker.submit(Work(Do(make), WorkDone()))
    for name in old:
        files.perform(Delete(name))
        files.perform(SyncDirectory())
    assert bench.completed.acquire(timeout=30)
    assert bench.worker.completions() == [WorkDone(300)]
    assert files._changed_folders == {}
    assert (os.listdir(tmp_path / "old"), len(os.listdir(tmp_path / "made"))) == ([], 300)
