"""Judging a history from a file."""

import json
from pathlib import Path

import pytest

from streambus.checkers import History, Operation, Outcome, Polled, Sent
from streambus.cli import main


@pytest.fixture
def lost(tmp_path: Path) -> Path:
    """Two records were acknowledged, and only the second one was read."""
    history = History()
    history.append(Operation("writer", Outcome.OK, 0, 10, (Sent("orders", 0, b"one", 0),)))
    history.append(Operation("writer", Outcome.OK, 20, 30, (Sent("orders", 0, b"two", 1),)))
    history.append(Operation("reader", Outcome.OK, 40, 50, (Polled("orders", 0, 1, b"two"),)))
    file = tmp_path / "history.ndjson"
    file.write_text("".join(f"{line}\n" for line in history.to_lines()))
    return file


def test_a_broken_promise_is_told(lost: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["check", str(lost)]) == 1
    told = capsys.readouterr().out
    assert told.startswith("durable log: BROKEN.")
    assert "lost-write" in told


def test_another_contract_may_have_been_kept(lost: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["check", str(lost), "--contract", "safety-only", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["valid"]
    assert main(["check", "--contracts"]) == 0
    assert "read-committed" in capsys.readouterr().out


def test_it_writes_a_report_and_edn(lost: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["check", str(lost), "--report", str(tmp_path / "report"), "--edn", str(tmp_path / "history.edn")]) == 1
    assert "report: " in capsys.readouterr().out
    assert (tmp_path / "report" / "index.html").exists()
    assert (tmp_path / "history.edn").read_text().count(":type :ok") == 3


@pytest.mark.parametrize("arguments", [[], ["nowhere.ndjson"], ["--contract", "none", "x"]])
def test_misuse_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(["check", *arguments]) == 2
    assert capsys.readouterr().err.startswith("streambus check: ")


def test_a_file_that_is_no_history_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "x").write_text("hello\n")
    assert main(["check", str(tmp_path / "x")]) == 2
    assert "x: " in capsys.readouterr().err
