"""Failures that are kept: as a scenario file, as a test, and as facts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from mutants import MUTANTS
from test_shrink import first_failing

from streambus.cli import main
from streambus.client import Acks
from streambus.kernel import MILLISECOND
from streambus.records import Codec
from streambus.sim import (
    FACTORIES,
    FaultMix,
    Load,
    NoScenario,
    Octaves,
    Planned,
    PowerCut,
    Scenario,
    Schedule,
    Send,
    Tape,
    drawn_tape,
    find_playable,
    find_scenario,
    play,
)
from streambus.sim.failure import failure_of, plays_again, read_failure
from streambus.sim.source import expression, scenario_source, test_source

SCENARIO = Scenario(
    'with “quotes”, "more" and \\',
    duration=200 * MILLISECOND,
    load=Load(codec=Codec.ZSTD, acks=Acks.LEADER, inquirers=1, side_one_in=3, record_bytes=Octaves(1, 100)),
    faults=FaultMix(power_cut_every=50 * MILLISECOND, link_reset_every=20 * MILLISECOND),
)


@pytest.mark.parametrize("seed", range(5))
def test_a_tape_read_from_its_source_is_the_same_tape(seed: int, tmp_path: Path):
    tape = drawn_tape(SCENARIO, seed)
    file = tmp_path / "one.py"
    file.write_text(scenario_source(tape, 'about """it""" \\ all "'))
    assert find_playable(str(file)) == ("one", tape)


def test_source_says_only_what_is_not_the_default():
    tape = Tape(
        Scenario("small", duration=20_000),
        (Planned(5, PowerCut("broker-1", 393)),),
        (Send(1, "writer-0", "topic-0", 0),),
        Schedule(1, calm=("bursts",)),
    )
    assert expression(tape) == (
        'Tape(\n    Scenario("small", duration=20_000),\n    faults=(Planned(5, PowerCut("broker-1", 393)),),\n'
        '    chores=(Send(1, "writer-0", "topic-0", 0),),\n    schedule=Schedule(1, calm=("bursts",)),\n)'
    )


def test_the_emitted_test_is_a_test(tmp_path: Path):
    file = tmp_path / "test_emitted.py"
    file.write_text(test_source(drawn_tape(SCENARIO, 1), "nothing_is_lost", "Nothing is lost."))
    told = subprocess.run([sys.executable, "-m", "pytest", "-q", str(file)], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "1 passed" in told.stdout, told.stdout


def test_a_kept_failure_plays_again_event_by_event(tmp_path: Path):
    with pytest.MonkeyPatch.context() as patch:
        factories = MUTANTS[0](patch)
        found = first_failing(factories)
        failure_of(found).write(tmp_path / "kept")
        kept = read_failure(tmp_path / "kept")
        assert plays_again(kept, factories)
        assert kept.tape == found.tape
        assert kept.event is not None
        assert kept.event <= found.events
    assert not plays_again(kept, FACTORIES)


def test_a_folder_without_a_failure_is_refused(tmp_path: Path):
    with pytest.raises(NoScenario):
        read_failure(tmp_path)
    failure_of(play(drawn_tape(SCENARIO, 1))).write(tmp_path)
    (tmp_path / "failure.json").write_text("{}")
    with pytest.raises(NoScenario, match=r"failure\.json"):
        read_failure(tmp_path)


def test_a_file_with_one_run_is_played_without_a_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "one.py"
    file.write_text(scenario_source(drawn_tape(SCENARIO, 3), "one run"))
    assert main(["sim", "run", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trace_hash"] == play(drawn_tape(SCENARIO, 3)).trace_hash
    assert main(["sim", "run", str(file), "--seed", "3"]) == 2
    with pytest.raises(NoScenario, match="holds one run"):
        find_scenario(str(file))


def test_the_command_shrinks_and_says_how_to_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.MonkeyPatch.context() as patch:
        MUTANTS[1](patch)
        found = first_failing(FACTORIES)
        file = failure_of(found).write(tmp_path / "big")
        assert main(["sim", "shrink", str(file), "--seconds", "2", "--out", str(tmp_path / "small"), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["operations"] < len(found.tape.chores)
        assert main(["sim", "shrink", told["file"], "--seconds", "1", "--out", str(tmp_path / "smaller")]) == 0
        assert "streambus sim run" in capsys.readouterr().out
    assert main(["sim", "shrink", told["file"]]) == 2
    assert "nothing goes wrong" in capsys.readouterr().err
    assert main(["sim", "shrink", "calm_sea"]) == 2
