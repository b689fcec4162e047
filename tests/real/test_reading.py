"""Reading a folder that may be another's: nothing changes, and what is read stays readable."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from streambus.kernel import FileName
from streambus.real import reading
from streambus.real.folder import LOCK_FILE, locked_folder
from streambus.real.reading import FilesToRead, open_files_max, process_on

TABLE = FileName("tables/00000000000000000001.table")
OTHER = FileName("manifest/current")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in (TABLE, OTHER):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_bytes(b"0123456789")
    return tmp_path


def test_it_reads_to_the_end_of_the_file(folder: Path) -> None:
    files = FilesToRead(folder)
    assert files.read(TABLE, 3, 4) == b"3456"
    assert files.read(TABLE, 8, 100) == b"89"
    with pytest.raises(FileNotFoundError):
        files.read(FileName("wal/0.wal"), 0, 1)


def test_a_table_that_was_read_can_be_read_on_when_it_is_deleted(folder: Path) -> None:
    files = FilesToRead(folder)
    files.read(TABLE, 0, 1)
    (folder / TABLE).unlink()
    assert files.read(TABLE, 1, 1) == b"1"


def test_other_files_are_what_has_their_name_now(folder: Path) -> None:
    files = FilesToRead(folder)
    files.read(OTHER, 0, 1)
    (folder / "new").write_bytes(b"abc")
    os.replace(folder / "new", folder / OTHER)
    assert files.read(OTHER, 0, 9) == b"abc"


def test_beyond_what_may_be_open_tables_are_opened_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "open_files_max", lambda: reading.SPARE_FILES)
    files = FilesToRead(folder)
    files.read(TABLE, 0, 1)
    (folder / TABLE).unlink()
    with pytest.raises(FileNotFoundError):
        files.read(TABLE, 1, 1)


def test_nothing_can_be_changed(folder: Path) -> None:
    files = FilesToRead(folder)
    for change in (
        lambda: files.create(TABLE),
        lambda: files.write(TABLE, 0, [b"x"]),
        lambda: files.copy(TABLE, 0, 1, OTHER, 0),
        lambda: files.sync(TABLE),
        lambda: files.sync_directory(),
    ):
        with pytest.raises(PermissionError, match="only read"):
            change()
    assert files.listing() == [(OTHER, 10), (TABLE, 10)]


def test_a_process_may_open_as_many_files_as_it_is_allowed_to_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (1_024, 4_096))
    monkeypatch.setattr(resource, "setrlimit", lambda _kind, limits: asked.append(limits))
    assert open_files_max() == 4_096
    assert asked == [(4_096, 4_096)]

    def refuse(_kind: int, _limits: tuple[int, int]) -> None:
        raise ValueError("not allowed")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert open_files_max() == 1_024
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert open_files_max() == reading.OPEN_FILES_MAX


def test_who_has_locked_a_folder_is_seen_without_locking_it(tmp_path: Path) -> None:
    assert process_on(tmp_path) is None
    with locked_folder(tmp_path):
        assert process_on(tmp_path) == os.getpid()
    assert process_on(tmp_path) is None


def test_a_process_that_is_gone_or_is_another_one_has_not_locked_it(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for owner in (str(ended.pid), str(os.getpid()), "", "nonsense"):
        (tmp_path / LOCK_FILE).write_text(owner)
        assert process_on(tmp_path) is None


def test_where_the_system_does_not_say_what_is_open_a_process_that_lives_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / LOCK_FILE).write_text(str(os.getpid()))

    def refuse(*_arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "scandir", refuse)
    assert process_on(tmp_path) == os.getpid()
    monkeypatch.setattr(os, "kill", refuse)
    assert process_on(tmp_path) == os.getpid()
