"""`streambus sim explain` as a person uses it."""

import json
from pathlib import Path

import pytest
from planted_runs import CLEAN, cut, failing, with_faults

from streambus.cli import main
from streambus.kernel import MILLISECOND
from streambus.sim import Tape
from streambus.sim.source import scenario_source


def kept(tape: Tape, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "scenario.py").write_text(scenario_source(tape, "A run."), encoding="utf-8")
    return folder


def test_a_failure_is_told_and_drawn_beside_its_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with failing("forgets_producers_at_restart") as tape:
        folder = kept(tape, tmp_path / "failure")
        assert main(["sim", "explain", str(folder)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("failure: 1 faults, 2 client operations")
    assert "Therefore: broker-1" in told
    assert "It passes without fault 1" in told
    assert told.rstrip().endswith(f"drawn in {folder / 'explain.html'}")
    assert (folder / "explain.html").is_file()


def test_what_if_a_fault_had_not_happened(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with failing("forgets_producers_at_restart") as tape:
        folder = kept(tape, tmp_path / "failure")
        assert main(["sim", "explain", str(folder), "--without", "1", "--text"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("failure, without fault 1: 0 faults")
    assert "Nothing goes wrong." in told
    assert not (folder / "explain.html").exists()


def test_what_if_chance_had_been_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = kept(with_faults(cut(46 * MILLISECOND)), tmp_path / "run")
    assert main(["sim", "explain", str(folder), "--with-luck", "7", "--text"]) == 0
    assert "with luck 7" in capsys.readouterr().out


def test_json_has_the_words_and_where_the_page_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with failing("forgets_producers_at_restart") as tape:
        folder = kept(tape, tmp_path / "failure")
        assert main(["sim", "explain", str(folder), "--json", "--out", str(tmp_path / "page")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["page"] == str(tmp_path / "page" / "explain.html")
    assert told["neighbour"]["change"].startswith("without fault 1")
    assert told["sentences"][-1]["text"].startswith("Therefore")


def test_a_failure_is_shrunk_first_if_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with failing("acknowledges_before_sync") as tape:
        folder = kept(tape, tmp_path / "failure")
        assert main(["sim", "explain", str(folder), "--shrink", "3", "--text"]) == 0
    assert "1 client operations" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nothing goes wrong when this is played; --anyway explains it all the same"),
        (["--shrink", "1"], "nothing goes wrong when this is played; --anyway"),
        (["--seed", "1"], "it takes no seed"),
        (["--without", "1"], "the run has 0 faults"),
    ],
)
def test_misuse_is_said_in_a_line(tmp_path: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]):
    folder = kept(CLEAN, tmp_path / "clean")
    assert main(["sim", "explain", str(folder), *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_scenario_needs_a_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "quick.py"
    path.write_text('"""Quick."""\nfrom streambus.sim import Scenario\nSCENARIO = Scenario("a moment", duration=50_000)\n')
    assert main(["sim", "explain", str(path)]) == 2
    assert "say which of its runs with --seed" in capsys.readouterr().err
    assert main(["sim", "explain", str(path), "--seed", "1", "--anyway", "--shrink", "0", "--text"]) == 0
    assert "Nothing goes wrong." in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_misuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = kept(CLEAN, tmp_path / "clean")
    (tmp_path / "file").write_text("")
    assert main(["sim", "explain", str(folder), "--anyway", "--out", str(tmp_path / "file")]) == 2
    assert "exists" in capsys.readouterr().err.lower()
