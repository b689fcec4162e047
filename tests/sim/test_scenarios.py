"""The scenarios of the project: each teaches something, is in the gallery, and is clean."""

import json
from pathlib import Path

import pytest

from streambus.cli import main
from streambus.sim import run
from streambus.sim.library import all_scenarios, find_scenario

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "scenarios"


def test_there_are_many_and_each_says_what_it_teaches():
    found = dict(all_scenarios(FOLDER))
    assert len(found) >= 15
    assert all(len(text) > 200 for text in found.values()), [name for name, text in found.items() if len(text) <= 200]


def test_the_gallery_is_as_the_scenarios_are(capsys: pytest.CaptureFixture[str]):
    assert main(["sim", "list", "--folder", str(FOLDER), "--markdown"]) == 0
    assert (ROOT / "docs" / "scenarios.md").read_text() == capsys.readouterr().out


def test_the_list_has_a_line_for_each(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    assert main(["sim", "list", "--folder", str(FOLDER)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["sim", "list", "--folder", str(FOLDER), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(lines)
    assert main(["sim", "list", "--folder", str(tmp_path)]) == 2


@pytest.mark.parametrize("name", [name for name, _ in all_scenarios(FOLDER)])
def test_a_run_of_each_is_clean(name: str):
    _, scenario = find_scenario(str(FOLDER / f"{name}.py"))
    assert run(scenario, 1).violations == ()
