"""`streambus sim` as a person uses it."""

import json
from pathlib import Path

import pytest

from streambus.cli import main

QUICK = '''"""Quick: a moment of calm."""
from streambus.sim import Scenario
SCENARIO = Scenario("a moment of calm", duration=100_000)
'''

DOOMED = '''"""Doomed: its broker is switched off for good."""
from streambus.sim import Planned, PowerCut, Scenario
SCENARIO = Scenario("the end", duration=100_000, plan=(Planned(50_000, PowerCut("nowhere", 1)),))
'''


@pytest.fixture
def quick(tmp_path: Path) -> str:
    path = tmp_path / "quick.py"
    path.write_text(QUICK)
    return str(path)


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_a_run_is_told_in_a_line(quick: str, capsys: pytest.CaptureFixture[str]):
    assert main(["sim", "run", quick, "--seed", "3"]) == 0
    title, line = said(capsys)
    assert title == "quick: a moment of calm"
    assert line.startswith("seed 3      clean")


def test_many_seeds_end_with_a_summary(quick: str, capsys: pytest.CaptureFixture[str]):
    assert main(["sim", "run", quick, "--seeds", "1..3"]) == 0
    assert said(capsys)[-1] == "3 of 3 seeds clean"


def test_json_has_one_object_per_seed(quick: str, capsys: pytest.CaptureFixture[str]):
    assert main(["sim", "run", quick, "--seeds", "1..2", "--json"]) == 0
    first, second = [json.loads(line) for line in said(capsys)]
    assert (first["seed"], second["seed"]) == (1, 2)
    assert first["verdict"] == "clean"
    assert first["anomalies"] == []
    assert first["scenario"] == "quick"
    assert first["events"] > 100
    assert first["simulated_seconds"] > 0.1
    assert first["wall_seconds"] > 0
    assert len(first["trace_hash"]) == 32


def test_several_processes_find_what_one_does(quick: str, capsys: pytest.CaptureFixture[str]):
    hashes = []
    for jobs in ("1", "2"):
        assert main(["sim", "run", quick, "--seeds", "1..3", "--json", "--jobs", jobs]) == 0
        hashes.append([json.loads(line)["trace_hash"] for line in said(capsys)])
    assert hashes[0] == hashes[1]


def test_a_journal_can_be_replayed(quick: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    journal = str(tmp_path / "run.jsonl")
    assert main(["sim", "run", quick, "--seed", "1", "--journal", journal]) == 0
    said(capsys)
    assert main(["sim", "replay", journal]) == 0
    assert "every effect is as it was" in said(capsys)[0]
    assert main(["sim", "replay", journal, "--json"]) == 0
    assert json.loads(said(capsys)[0])["divergence"] is None


def test_a_replay_that_differs_is_a_violation(quick: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    journal = tmp_path / "run.jsonl"
    assert main(["sim", "run", quick, "--seed", "1", "--journal", str(journal)]) == 0
    lines = journal.read_text().splitlines()
    entry = json.loads(lines[-1])
    lines[-1] = json.dumps([*entry[:4], [*entry[4], "0000"]])
    journal.write_text("\n".join(lines))
    said(capsys)
    assert main(["sim", "replay", str(journal)]) == 1
    assert f"then line {len(lines)} differs" in said(capsys)[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "nowhere", "--seed", "1"], "no scenario 'nowhere'"),
        (["run", "QUICK", "--seeds", "1..2", "--journal", "x"], "--journal needs one --seed"),
        (["run", "QUICK", "--seed", "1", "--jobs", "0"], "--jobs needs a number of at least 1"),
        (["run", "QUICK", "--seed", "1", "--journal", "/no/such/folder/x"], "No such file or directory"),
        (["replay", "/no/such/journal"], "No such file or directory"),
        (["replay", "QUICK"], "this is not a streambus run journal"),
    ],
)
def test_misuse_is_said_in_a_line(quick: str, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]):
    assert main(["sim", *[quick if word == "QUICK" else word for word in arguments]]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_scenario_needs_a_seed(quick: str, capsys: pytest.CaptureFixture[str]):
    assert main(["sim", "run", quick]) == 2
    assert "say which runs" in capsys.readouterr().err


@pytest.mark.parametrize("seeds", [["--seed", "x"], ["--seed", "-1"], ["--seeds", "5"], ["--seeds", "5..1"]])
def test_seeds_that_make_no_sense_are_refused(quick: str, seeds: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stopped:
        main(["sim", "run", quick, *seeds])
    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [("SCENARIO = 1", "no value SCENARIO"), ("import nonsense_that_is_not_there", "cannot be read: ModuleNotFoundError")],
)
def test_a_file_that_is_no_scenario_is_refused(tmp_path: Path, text: str, words: str, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "broken.py"
    path.write_text(text)
    assert main(["sim", "run", str(path), "--seed", "1"]) == 2
    assert words in capsys.readouterr().err


def test_a_report_of_a_run_has_its_history_and_the_way_to_play_it_again(
    quick: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    assert main(["sim", "run", quick, "--seed", "1", "--report", str(tmp_path / "clean")]) == 0
    assert "index.html" in capsys.readouterr().out
    assert main(["sim", "run", str(tmp_path / "clean" / "scenario.py"), "--json"]) == 0
    assert main(["sim", "run", quick, "--seeds", "1..2", "--report", str(tmp_path / "no")]) == 2
    capsys.readouterr()
    monkeypatch.setattr("streambus.broker.produce.ProduceResponse", lambda **_: 1 / 0)
    assert main(["sim", "run", quick, "--seed", "1", "--report", str(tmp_path / "broken"), "--json"]) == 1
    assert "ZeroDivisionError" in (tmp_path / "broken" / "index.html").read_text()
