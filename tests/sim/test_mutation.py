"""Planting bugs: patches come and go, hunts find or give up, the score tells it."""

import json
import sys
from pathlib import Path

import pytest

from streambus.cli import main
from streambus.kernel import MILLISECOND
from streambus.sim import Scenario
from streambus.sim.mutation import Capture, Finding, Mutant, NoCatalogue, Patch, Score, guided_hunt, hunt, mutant, read_catalogue

CATALOGUE = Path(__file__).parents[1] / "mutants"

TWO = """
from streambus.broker import Broker
from streambus.sim.mutation import mutant

@mutant("A1", breaks="everything", needs="nothing")
def answers_nobody(patch):
    '''Nobody is ever answered.'''
    patch.replace(Broker, "_carry_out", lambda *_: None)

@mutant("A2", breaks="nothing", needs="nothing", excuse="it is not a bug")
def is_no_bug(patch):
    '''All is well.'''
"""

CALM = """
from streambus.sim import Load, Scenario
SCENARIO = Scenario('calm', duration=20_000, load=Load(writers=1, readers=0, partitions=1))
"""


class Thing:
    size = 1

    def double(self) -> int:
        return 2 * self.size


class Kind(Thing):
    pass


@pytest.fixture
def two(tmp_path: Path) -> Path:
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "two.py").write_text(TWO)
    (tmp_path / "calm.py").write_text(CALM)
    return tmp_path


def test_a_patch_comes_and_goes():
    patch = Patch()
    patch.replace(Thing, "size", 5)
    patch.wrap(Thing, "double", lambda original, thing: original(thing) + 1)
    patch.replace(Kind, "size", 7)
    assert (Thing().double(), Kind().double()) == (11, 15)
    patch.undo()
    assert (Thing().double(), Kind().double(), "size" in vars(Kind)) == (2, 2, False)


def test_a_patch_of_nothing_is_a_mistake():
    with pytest.raises(AssertionError, match="has no weight"):
        Patch().replace(Thing, "weight", 1)


def a_third(number: int) -> int:
    """Of a number."""
    return number // 3


def test_a_function_may_be_rewritten_for_everyone_who_has_it():
    imported, patch = a_third, Patch()
    patch.rewrite(sys.modules[__name__], "a_third", "// 3", "// 2")
    assert imported(6) == 3
    patch.undo()
    assert imported(6) == 2


def test_what_is_not_there_cannot_be_rewritten():
    with pytest.raises(AssertionError, match="says 0 times"):
        Patch().rewrite(sys.modules[__name__], "a_third", "// 4", "// 2")


def test_a_mutant_says_what_is_broken():
    with pytest.raises(AssertionError, match="does not say"):
        mutant("A1", breaks="x", needs="y")(lambda _patch: None)


def test_the_catalogue_is_large_and_every_mutant_can_be_planted():
    catalogue = read_catalogue(CATALOGUE)
    assert len(catalogue) >= 25
    assert len({found.code for found in catalogue.values()}) == len(catalogue)
    for found in catalogue.values():
        with found.planted():
            pass
        assert found.breaks
        assert found.needs


def test_nothing_of_the_catalogue_is_in_the_package():
    package = Path(__file__).parents[2] / "streambus"
    sources = "".join(file.read_text() for file in package.rglob("*.py"))
    assert not [name for name in read_catalogue(CATALOGUE) if name in sources]


def test_a_folder_without_mutants_is_refused(tmp_path: Path):
    with pytest.raises(NoCatalogue, match="no mutants"):
        read_catalogue(tmp_path)


def test_a_name_that_is_used_twice_is_refused(two: Path):
    (two / "catalogue" / "again.py").write_text(TWO)
    with pytest.raises(NoCatalogue, match="another mutant"):
        read_catalogue(two / "catalogue")


def test_hunts_find_or_give_up(two: Path):
    calm = Scenario("calm", duration=20 * MILLISECOND)
    for hunter in (hunt, guided_hunt):
        found = hunter(two / "catalogue", "answers_nobody", calm, 1, 3, 0.0)
        assert (found.seeds, found.violation is not None) == (1, True)
        assert hunter(two / "catalogue", "is_no_bug", calm, 1, 3, 0.0) == Capture("is_no_bug", 3, pytest.approx(0, abs=60))


def some(name: str, *seeds: int | None, excuse: str = "") -> Finding:
    kind = Mutant(name, "A1", "it is broken", "something", "a fault", lambda _patch: None, excuse)
    captures = [
        Capture(name, 200, 9.0)
        if count is None
        else Capture(name, count, 1.0, f"topic-0-{count} is lost at {count}", ("power cut", "power cut"), 3, 2.0)
        for count in seeds
    ]
    return Finding(kind, tuple(captures))


def test_the_score_is_a_table():
    score = Score((some("first", 3, 5, None), some("second", None, None, 4, excuse="the moon was full"), some("third", 1, 1, 1)))
    assert score.found == 2
    assert [finding.mutant.name for finding in score.hardest_quarter] == ["first"]
    table = score.to_markdown()
    assert "| `first` A1 | it is broken | 2 of 3 | 5 | 1.0 | @ is lost at # | power cut | 2 faults, 3 operations |" in table
    assert "2 of 3 found." in table
    assert "`second` survives: the moon was full" in table
    assert score.to_json()["findings"][0]["shrunk_operations"] == 3


def test_the_command_writes_the_table(two: Path, capsys: pytest.CaptureFixture[str]):
    arguments = ["sim", "mutants", "--catalogue", str(two / "catalogue"), "--scenario", str(two / "calm.py"), "--seeds", "2", "--jobs", "1"]
    assert main([*arguments, "--shrink", "2", "--only", "answers_nobody", "--out", str(two / "table.md")]) == 0
    assert "answers_nobody" in capsys.readouterr().err
    assert "1 of 1 found" in (two / "table.md").read_text()
    assert json.loads((two / "table.json").read_text())["found"] == 1
    assert main([*arguments, "--json", "--guided"]) == 1
    assert json.loads(capsys.readouterr().out)["mutants"] == 2
    assert main([*arguments, "--list"]) == 0
    assert "is_no_bug" in capsys.readouterr().out
    assert main([*arguments, "--only", "nobody"]) == 2
    assert main(["sim", "mutants", "--catalogue", str(two)]) == 2
