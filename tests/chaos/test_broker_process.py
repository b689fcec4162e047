"""A broker as a process: how it starts, stands still, ends, and says why not."""

from pathlib import Path

import pytest

from streambus.chaos.broker_process import BrokerFailed, BrokerProcess
from streambus.chaos.nemeses.slow_reader import resident_bytes


def test_it_lives_dies_and_lives_again(tmp_path: Path) -> None:
    broker = BrokerProcess(tmp_path / "data")
    broker.start()
    assert broker.is_alive
    assert broker.exit_status is None
    broker.kill()
    assert not broker.is_alive
    broker.kill()
    broker.start()
    assert broker.stop() == 0
    assert broker.stop() == 0
    assert (broker.lives, broker.refuses_records) == (2, False)


def test_it_says_why_it_does_not_start(tmp_path: Path) -> None:
    first = BrokerProcess(tmp_path / "data")
    first.start()
    second = BrokerProcess(tmp_path / "data", log=tmp_path / "second.log")
    with pytest.raises(BrokerFailed, match="in use by process"):
        second.start()
    assert not second.is_alive
    first.kill()


def test_one_that_does_not_stop_is_killed_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streambus.chaos.broker_process.STOP_SECONDS_MAX", 0.2)
    broker = BrokerProcess(tmp_path / "data")
    broker.start()
    broker.freeze()
    with pytest.raises(BrokerFailed, match=r"did not stop within 0.2 s"):
        broker.stop()
    assert not broker.is_alive


def test_one_that_hangs_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streambus.chaos.broker_process.START_SECONDS_MAX", 0.2)
    broker = BrokerProcess(tmp_path / "data", program=("-c", "import signal; signal.pause()"))
    with pytest.raises(BrokerFailed, match="without a word"):
        broker.start()
    assert not broker.is_alive


def test_a_broker_that_is_not_there_uses_no_memory(stage) -> None:
    set_stage = stage()
    assert resident_bytes(set_stage) > 1_000_000
    set_stage.kill()
    assert resident_bytes(set_stage) == 0
