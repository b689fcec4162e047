"""`streambus sim exhaust` as a person uses it."""

import json
import runpy
from pathlib import Path

import planted
import pytest

from streambus.cli import main
from streambus.client import Producer
from streambus.sim.exhaust import search

SPEC_FILE = '''"""Small: one record."""
from streambus.sim.exhaust import Send, Spec, producer
SPEC = Spec("one record and one broken connection", (producer("writer", Send()),), connection_cuts=1)
'''


@pytest.fixture
def small(tmp_path: Path) -> str:
    file = tmp_path / "small.py"
    file.write_text(SPEC_FILE)
    return str(file)


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_a_clean_spec_is_exhausted_at_its_bound(small: str, capsys: pytest.CaptureFixture[str]):
    assert main(["sim", "exhaust", small]) == 0
    lines = said(capsys)
    assert lines[0] == "small: one record and one broken connection"
    assert lines[1].startswith("  0 delays: ")
    assert lines[-1].startswith("exhausted at bound 1: ")
    assert lines[-1].endswith("all clean")


def test_every_order_is_a_bound_too(small: str, capsys: pytest.CaptureFixture[str]):
    assert main(["sim", "exhaust", small, "--delays", "all", "--json"]) == 0
    found = json.loads(said(capsys)[0])
    assert (found["verdict"], found["bound"], found["violation"]) == ("exhausted", "all", None)
    assert found["states"] > 50
    assert found["local_steps"] < found["transitions"] * 5


def test_fewer_faults_make_fewer_states(small: str, capsys: pytest.CaptureFixture[str]):
    states = []
    for cuts in ("0", "1"):
        assert main(["sim", "exhaust", small, "--connection-cuts", cuts, "--json"]) == 0
        states.append(json.loads(said(capsys)[0])["states"])
    assert states[0] < states[1] / 3


def test_a_limit_ends_it_unfinished(small: str, capsys: pytest.CaptureFixture[str]):
    assert main(["sim", "exhaust", small, "--limit", "5"]) == 3
    assert said(capsys)[-1].startswith("stopped at the limit: 5 states")


def test_progress_is_shown_on_a_terminal(small: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(search, "PROGRESS_EVERY", 10)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert main(["sim", "exhaust", small, "--delays", "0"]) == 0
    shown = capsys.readouterr().err
    assert "  10 states, " in shown
    assert "/s, 0 delays, depth " in shown
    assert shown.endswith("\r\x1b[K")


def test_a_violation_is_told_kept_and_replayed(small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "found.json"
    with pytest.MonkeyPatch.context() as patch:
        planted.dedupe_window_off(patch)
        assert main(["sim", "exhaust", small, "--out", str(out)]) == 1
        told = said(capsys)
        assert main(["sim", "exhaust", "--replay", str(out)]) == 1
        assert said(capsys)[-1] == told[-2]
        assert main(["sim", "exhaust", "--replay", str(out), "--json"]) == 1
        replayed = json.loads(said(capsys)[0])
    story = "\n".join(told)
    assert "  1. the user of writer speaks" in story
    assert "THE CONNECTION of writer breaks" in story
    assert told[-2].startswith("VIOLATION: duplicate")
    assert told[-1].startswith("again: streambus sim exhaust --replay ")
    assert replayed["violation"] == replayed["expected"]
    runpy.run_path(str(tmp_path / "test_found.py"))["test_the_counterexample_is_gone"]()


def test_what_is_not_a_counterexample_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for text in ("{}", "no", '{"format": "another"}'):
        file = tmp_path / "found.json"
        file.write_text(text)
        assert main(["sim", "exhaust", "--replay", str(file)]) == 2
    assert main(["sim", "exhaust", "--replay", str(tmp_path / "nowhere.json")]) == 2
    assert "No such file" in capsys.readouterr().err
    assert main(["sim", "exhaust", "nowhere"]) == 2


def test_a_machine_that_raises_is_a_violation(small: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def clumsy(*_: object) -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr(Producer, "on_produce", clumsy)
    assert main(["sim", "exhaust", small]) == 1
    assert said(capsys)[-1].startswith("VIOLATION: writer raised RuntimeError on Produce: oh")


def test_misuse_is_named(capsys: pytest.CaptureFixture[str]):
    for arguments in (["--delays", "x", "long_poll"], ["--limit", "-1", "long_poll"], []):
        with pytest.raises(SystemExit) as ended:
            main(["sim", "exhaust", *arguments])
        assert ended.value.code == 2
    assert "'x' is not a whole number" in capsys.readouterr().err
