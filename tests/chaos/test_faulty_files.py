"""The disk that fails on request, with real files."""

import errno
from pathlib import Path

import pytest

import streambus
from streambus.kernel import Create, Event, FileName, Read, Sync, SyncDirectory, Write, message
from streambus.real.faulty_files import PAGE_BYTES, DiskFault, FaultyFiles, ask_for

FILE = FileName("wal/0")


@message
class Done(Event):
    """What an operation is completed with."""

    data: bytes | None = None


class Disk:
    """A faulty disk with one file."""

    def __init__(self, folder: Path) -> None:
        self.control = folder / "control"
        self.path = folder / "data" / FILE
        (folder / "data").mkdir()
        self.files = FaultyFiles(folder / "data", self.control)
        self.files.perform(Create(FILE))

    def write(self, position: int, *parts: bytes) -> None:
        self.files.perform(Write(FILE, position, parts))

    def sync(self) -> Event | None:
        return self.files.perform(Sync(FILE, Done()))

    def fails(self, operation, *arguments) -> str:
        with pytest.raises(OSError) as caught:
            operation(*arguments)
        return errno.errorcode[caught.value.errno]


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def test_a_disk_that_nobody_asks_for_faults_has_none(disk: Disk) -> None:
    disk.write(0, b"ab", b"cd")
    assert disk.sync() == Done()
    assert disk.files.perform(Read(FILE, 0, 4, Done())) == Done(b"abcd")
    assert disk.files.perform(SyncDirectory(Done())) == Done()
    assert disk.files.open(FILE).fd > 0
    disk.files.close()


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_a_write_fails_and_writes_nothing(disk: Disk, error: str) -> None:
    disk.write(0, b"before")
    ask_for(disk.control, [DiskFault(("write",), error)])
    assert disk.fails(disk.write, 6, b"after") == error
    assert disk.path.read_bytes() == b"before"
    assert disk.sync() == Done(), "only what is named fails"


def test_it_is_healed_when_no_faults_are_asked_for(disk: Disk) -> None:
    ask_for(disk.control, [DiskFault(("write", "sync"), "EIO")])
    assert disk.fails(disk.sync) == "EIO"
    ask_for(disk.control, [])
    disk.write(0, b"again")
    assert disk.sync() == Done()
    disk.control.unlink()
    assert disk.sync() == Done()


def test_a_torn_write_leaves_its_first_part(disk: Disk) -> None:
    ask_for(disk.control, [DiskFault(("write",), "ENOSPC", harm="torn")])
    whole, lengths = bytes(range(200)), set()
    for _ in range(20):
        disk.path.write_bytes(b"")
        assert disk.fails(disk.write, 0, whole[:100], whole[100:]) == "ENOSPC"
        left = disk.path.read_bytes()
        assert left == whole[: len(left)]
        lengths.add(len(left))
    assert len(lengths) > 5


def test_a_sync_that_loses_pages_loses_only_what_was_never_synced(disk: Disk) -> None:
    old, new = b"o" * 1_000, b"n" * (20 * PAGE_BYTES)
    disk.write(0, old)
    disk.sync()
    disk.write(len(old), new)
    ask_for(disk.control, [DiskFault(("sync",), "EIO", harm="lost")])
    assert disk.fails(disk.sync) == "EIO"
    left = disk.path.read_bytes()
    assert left[:1_000] == old
    assert len(left) == len(old) + len(new)
    pages = [left[start : start + PAGE_BYTES] for start in range(PAGE_BYTES, len(left) - PAGE_BYTES, PAGE_BYTES)]
    assert all(page in (b"n" * PAGE_BYTES, bytes(PAGE_BYTES)) for page in pages)
    assert bytes(PAGE_BYTES) in pages
    ask_for(disk.control, [])
    assert disk.sync() == Done(), "and the next one says that all is well"


def test_a_lying_disk_says_that_all_is_well(disk: Disk) -> None:
    ask_for(disk.control, [DiskFault(("write", "sync"), harm="lied")])
    disk.write(0, b"never")
    assert disk.sync() == Done()
    assert disk.path.read_bytes() == b""


def test_opening_a_file_to_send_from_it_is_a_read(disk: Disk) -> None:
    ask_for(disk.control, [DiskFault(("read",), "EIO")])
    assert disk.fails(disk.files.open, FILE) == "EIO"
    assert disk.fails(disk.files.perform, Read(FILE, 0, 1, Done())) == "EIO"


def test_percent_are_percent(disk: Disk) -> None:
    ask_for(disk.control, [DiskFault(("sync",), "EIO", percent=50)])
    outcomes = []
    for _ in range(200):
        try:
            outcomes.append(disk.sync() is not None)
        except OSError:
            outcomes.append(False)
    assert 40 < sum(outcomes) < 160
    ask_for(disk.control, [DiskFault(("sync",), "EIO", percent=0)])
    assert disk.sync() == Done()


def test_a_delay_is_waited_for(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("streambus.real.faulty_files.time.sleep", slept.append)
    ask_for(disk.control, [DiskFault(("sync",), delay_ms=250), DiskFault(("write",), delay_ms=10)])
    assert disk.sync() == Done()
    assert slept == [0.25]


@pytest.mark.parametrize(
    "nonsense",
    [("EWHAT", 0, 100, "none"), ("EIO", -1, 100, "none"), ("EIO", 0, 101, "none"), ("", 0, 100, "torn"), ("EIO", 0, 100, "lied")],
)
def test_nonsense_is_refused(nonsense: tuple) -> None:
    error, delay_ms, percent, harm = nonsense
    with pytest.raises(AssertionError):
        DiskFault(("write",), error, delay_ms, percent, harm)


def test_no_part_of_a_broker_that_people_run_knows_of_it() -> None:
    package = Path(streambus.__file__).parent
    knowing = {str(path.relative_to(package)) for path in package.rglob("*.py") if "faulty_files" in path.read_text()}
    assert knowing == {"chaos/broker.py", "chaos/stage.py", "chaos/nemeses/failing_disk.py"}
