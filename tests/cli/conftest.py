"""Fixtures of the command line's tests."""

import shutil
from pathlib import Path

import pytest
from at_work import Run, runner
from kept_folders import keep

from streambus.testing import RunningBroker


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that is not to be changed."""
    return keep(tmp_path_factory.mktemp("kept") / "data")


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    """A copy of it, to do anything with."""
    return Path(shutil.copytree(kept, tmp_path / "data"))


@pytest.fixture
def run(streambus_broker: RunningBroker, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs commands against a new broker."""
    return runner(capsys, monkeypatch, streambus_broker.bootstrap_servers)
