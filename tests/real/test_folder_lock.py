"""The data folder belongs to one process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streambus.real.folder import UnusableFolder, locked_folder


def test_a_folder_is_made_and_locked(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "down"
    with locked_folder(folder) as locked:
        assert locked == folder
        assert folder.is_dir()
    with locked_folder(folder):
        pass


def test_a_second_process_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    code = f"from pathlib import Path\nfrom streambus.real.folder import locked_folder\nwith locked_folder(Path({str(tmp_path)!r})): pass"
    with locked_folder(tmp_path):
        second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=20)
    assert f"the data folder {tmp_path} is in use by process {os.getpid()}" in second.stderr
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=20).returncode == 0


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableFolder, match=r"cannot use the data folder .*: not a directory"), locked_folder(tmp_path / "file" / "data"):
        pass
    with pytest.raises(UnusableFolder, match="file exists"), locked_folder(tmp_path / "file"):
        pass


@pytest.mark.parametrize("name", ["wal/00000000000000000003.wal", "tables/00000000000000000001.table"])
def test_data_without_a_manifest_is_not_taken_for_an_empty_folder(tmp_path, name):
    file = tmp_path / name
    file.parent.mkdir()
    file.write_bytes(b"data")
    with pytest.raises(UnusableFolder, match=f"has data \\({name}\\) but no manifest/current"), locked_folder(tmp_path):
        pass
    (tmp_path / "manifest").mkdir()
    (tmp_path / "manifest" / "current").write_bytes(b"whatever")
    with locked_folder(tmp_path):
        pass
