"""One broker with tiny segments, killed again and again: everything is there; and the judge would notice if it were not."""

import json
import os
from pathlib import Path

import pytest

from streambus.chaos.lives import Trial, try_lives
from streambus.chaos.lives.folder import Autopsy
from streambus.cli import main


def test_a_broker_that_is_killed_again_and_again_keeps_everything(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    lives = 200 if request.config.getoption("--long") else 3
    status = main(["chaos", "lives", "--lives", str(lives), "--seed", "3", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert status == 0, told["violations"]
    assert told["lives"] == lives
    assert sum(told["kills"].values()) == lives
    assert told["acknowledged"] > 300 * lives
    assert told["segments_sealed"] > lives
    assert told["table_numbers"] > told["segments_sealed"]


def test_a_folder_from_which_something_is_taken_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = Autopsy.look

    def rob(autopsy: Autopsy) -> list[str]:
        """Cut off the last records of the newest segment: no examination can tell this from a torn tail, so the readers have to."""
        damages = look(autopsy)
        newest = max((autopsy.files.folder / "wal").iterdir())
        os.truncate(newest, newest.stat().st_size // 2)
        return damages

    monkeypatch.setattr(Autopsy, "look", rob)
    trial = try_lives(6, seed=1, say=lambda _: None, folder=tmp_path / "lives")
    assert not trial.held
    assert (tmp_path / "lives" / "data" / "wal").is_dir(), "it is there to be looked at"


def test_damage_in_a_dead_folder_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Autopsy, "look", lambda _: ["a page is black"])
    trial = try_lives(3, seed=1, say=lambda _: None)
    assert trial.violations[0] == "the dead folder is damaged: a page is black"
    assert trial.lives == 1, "the first broken promise is the last"


def test_a_trial_without_a_life_has_shown_nothing() -> None:
    assert not Trial(1).held


@pytest.mark.parametrize("arguments", [["--lives", "0"], ["--rate", "-1"], ["--folder", "/tmp"]])
def test_misuse_of_lives_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chaos", "lives", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1
