"""Swarms: chunks add up, interruptions cost nothing, two processes agree, Dask plays the same."""

import json
import os
import subprocess
import sys
from concurrent.futures import Executor, Future
from pathlib import Path

import attrs
import pytest
from mutants import MUTANTS
from test_planted_bugs import STORM

from streambus.cli import main
from streambus.kernel import MILLISECOND, forget_reached, reached, sometimes
from streambus.sim import FaultMix, Load, Scenario, drawn_tape, run
from streambus.sim.swarm import (
    Campaign,
    Logbook,
    OtherCampaign,
    Tally,
    dask_engine,
    first_divergence,
    local_engine,
    play_chunk,
    rare_branches,
)
from streambus.sim.swarm import campaign as campaign_module
from streambus.sim.swarm.campaign import CHUNK

QUICK = Scenario(
    "quick",
    duration=60 * MILLISECOND,
    load=Load(writers=1, readers=1, partitions=1),
    faults=FaultMix(link_reset_every=20 * MILLISECOND),
)


class InThisProcess(Executor):
    """An engine without processes. After `limit` chunks it pretends that somebody pulled the plug."""

    def __init__(self, limit: int = 1_000) -> None:
        self.played: list[int] = []
        self.limit = limit

    def submit(self, function, /, *arguments) -> Future:  # type: ignore[no-untyped-def, override]
        future: Future = Future()
        if len(self.played) == self.limit:
            future.set_exception(KeyboardInterrupt())
        else:
            self.played.append(arguments[2])
            future.set_result(function(*arguments))
        return future


class OneHashIsOther(InThisProcess):
    """An engine that plays seed 5 differently."""

    def submit(self, function, /, *arguments) -> Future:  # type: ignore[no-untyped-def, override]
        tally: Tally = function(*arguments)
        hashes = tuple((seed, "x" if seed == 5 else trace_hash) for seed, trace_hash in tally.hashes)
        future: Future = Future()
        future.set_result(attrs.evolve(tally, hashes=hashes))
        return future


def test_a_chunk_adds_up_its_runs():
    tally = play_chunk("quick", QUICK, 1, 4)
    outcomes = [run(QUICK, seed) for seed in (1, 2, 3)]
    assert (tally.runs, tally.failed) == (3, 0)
    assert tally.events == sum(outcome.events for outcome in outcomes)
    assert tally.hashes == tuple((outcome.seed, outcome.trace_hash) for outcome in outcomes)


def test_a_campaign_plays_every_seed_once():
    engine = InThisProcess()
    progress = Campaign("quick", QUICK, range(1, 21), (engine,)).run(lambda _: None)
    assert progress.done == progress.total == 20
    assert sorted(engine.played) == [1, 1 + CHUNK, 1 + 2 * CHUNK]


def test_an_interrupted_campaign_goes_on_where_it_was(tmp_path: Path):
    with pytest.raises(KeyboardInterrupt):
        Campaign("quick", QUICK, range(1, 33), (InThisProcess(limit=2),), Logbook(tmp_path, "quick", QUICK, CHUNK)).run(lambda _: None)
    with (tmp_path / "campaign.ndjson").open("a") as file:
        file.write('{"first": 17, "ru')
    engine = InThisProcess()
    progress = Campaign("quick", QUICK, range(1, 33), (engine,), Logbook(tmp_path, "quick", QUICK, CHUNK)).run(lambda _: None)
    whole = Campaign("quick", QUICK, range(1, 33), (InThisProcess(),)).run(lambda _: None)
    assert progress.done == 32
    assert progress.resumed > 0
    assert len(engine.played) + progress.resumed // CHUNK == 4
    assert progress.tally.events == whole.tally.events


def test_the_folder_of_another_campaign_is_refused(tmp_path: Path):
    list(Logbook(tmp_path, "quick", QUICK, CHUNK).begin())
    with pytest.raises(OtherCampaign, match="scenario"):
        list(Logbook(tmp_path, "quick", attrs.evolve(QUICK, duration=1), CHUNK).begin())


def test_failures_are_kept_but_not_many_of_a_kind(tmp_path: Path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streambus.sim.swarm.chunk.FACTORIES", MUTANTS[0](patch))
        logbook = Logbook(tmp_path, "storm", STORM, CHUNK)
        progress = Campaign("storm", STORM, range(1, 9), (InThisProcess(),), logbook).run(lambda _: None)
    kept = list((tmp_path / "failures").iterdir())
    assert progress.tally.failed == 8
    assert 1 <= len(kept) <= 3 * len(logbook.symptoms)
    assert all((folder / "scenario.py").exists() for folder in kept)
    again = sum((tally for _, tally in Logbook(tmp_path, "storm", STORM, CHUNK).begin()), Tally())
    assert again.failed == 8
    assert len(again.failures) == len(kept)


def test_two_engines_that_differ_are_told():
    progress = Campaign("quick", QUICK, range(1, 9), (InThisProcess(), OneHashIsOther())).run(lambda _: None)
    assert progress.mismatches == (5,)


def test_a_difference_is_not_forgotten_when_a_campaign_goes_on(tmp_path: Path):
    for _ in range(2):
        engines = (InThisProcess(), OneHashIsOther())
        progress = Campaign("quick", QUICK, range(1, 9), engines, Logbook(tmp_path, "quick", QUICK, CHUNK)).run(lambda _: None)
        assert progress.mismatches == (5,)


def test_two_processes_with_two_hash_seeds_play_the_same():
    with local_engine(1, 1) as one, local_engine(1, 2) as other:
        assert [engine.submit(os.getenv, "PYTHONHASHSEED").result() for engine in (one, other)] == ["1", "2"]
        progress = Campaign("quick", QUICK, range(1, 9), (one, other)).run(lambda _: None)
    assert progress.done == 8
    assert progress.mismatches == ()


def test_there_is_no_divergence_in_one_tape():
    assert first_divergence(drawn_tape(QUICK, 1)) is None


def test_the_first_divergence_is_shown(monkeypatch: pytest.MonkeyPatch):
    def journal(_scenario: Path, file: Path, hash_seed: int) -> Path:
        file.write_text(f'["birth"]\n["step", {hash_seed}]\n')
        return file

    monkeypatch.setattr("streambus.sim.swarm.divergence._journal", journal)
    assert first_divergence(drawn_tape(QUICK, 1)) == 'line 2 of the journals differs:\n  ["step", 1]\n  ["step", 2]'


def test_dask_plays_the_same_runs():
    with dask_engine(None, 2) as engine:
        progress = Campaign("quick", QUICK, range(1, 17), (engine,)).run(lambda _: None)
    here = Campaign("quick", QUICK, range(1, 17), (InThisProcess(),)).run(lambda _: None)
    assert progress.tally.events == here.tally.events
    assert progress.tally.failed == 0


@pytest.fixture
def quick(tmp_path: Path) -> str:
    file = tmp_path / "quick.py"
    file.write_text(
        "from streambus.sim import FaultMix, Load, Scenario\n"
        "LOAD = Load(writers=1, readers=0, partitions=1)\n"
        "SCENARIO = Scenario('quick', duration=60_000, load=LOAD, faults=FaultMix(link_reset_every=20_000))\n"
    )
    return str(file)


def test_the_command_tells_what_a_swarm_reached(quick: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    arguments = ["sim", "swarm", "--scenario", quick, "--seeds", "9", "--jobs", "1", "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    told = capsys.readouterr().out
    assert told.startswith("9 seeds, 0 failed, ")
    assert "link reset" in told
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["resumed"] == 9
    assert main(["sim", "swarm", "--scenario", quick, "--scenario", quick, "--seeds", "2", "--jobs", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seeds"] == 4


@pytest.mark.parametrize("arguments", [["0"], ["1", "--engine", "dask", "--twice"], ["1", "--scenario", "nowhere"]])
def test_misuse_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(["sim", "swarm", "--seeds", *arguments]) == 2
    assert capsys.readouterr().err


def test_rare_branches_are_counted_and_forgotten():
    forget_reached()
    sometimes("a test is run")  # the list of rare branches is made of the package alone
    sometimes("a test is run")
    assert reached() == {"a test is run": 2}
    forget_reached()
    assert reached() == {}


def test_the_names_of_rare_branches_are_unique():
    assert len(set(rare_branches())) == len(rare_branches())
    assert "a test is run" not in rare_branches()


def test_a_swarm_without_dask_says_what_to_install():
    program = "import sys; sys.modules['distributed'] = None; from streambus.cli import main; sys.exit(main(sys.argv[1:]))"
    told = subprocess.run(
        [sys.executable, "-c", program, "sim", "swarm", "--seeds", "1", "--engine", "dask"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 2
    assert "streambus[swarm]" in told.stderr


def test_chunks_are_small_enough_to_be_lost():
    assert campaign_module.CHUNK <= 16
