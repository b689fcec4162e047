"""Guided search: runs that did something new are kept, and others are made of them."""

import json
from pathlib import Path

import attrs
import pytest
from mutants import MUTANTS

from streambus.cli import main
from streambus.kernel import MILLISECOND, Prng
from streambus.sim import Between, FaultMix, Load, PowerCut, ProcessKill, Scenario, drawn_tape, play
from streambus.sim.guided import Corpus, Entry, FeatureObserver, mutated, search
from streambus.sim.guided.diversity import Diversity
from streambus.sim.guided.features import bucket, changed
from streambus.sim.guided.mutation import FAULTS_MAX, Source
from streambus.sim.guided.search import fault_kinds

QUIET = Scenario(
    "few faults",
    duration=300 * MILLISECOND,
    load=Load(writers=2, readers=1, partitions=2, linger=0, request_timeout=200 * MILLISECOND),
    faults=FaultMix(process_kill_every=400 * MILLISECOND, power_cut_every=1_000 * MILLISECOND, down_max=20 * MILLISECOND),
)


def learnt(corpus: Corpus, seed: int) -> bool:
    observer = FeatureObserver()
    tape = drawn_tape(QUIET, seed)
    outcome = play(tape, observers=(observer,))
    return corpus.learn(tape, observer.first_seen, outcome.reached)


def test_a_run_that_does_nothing_new_is_not_kept():
    corpus = Corpus()
    assert learnt(corpus, 1)
    assert not learnt(corpus, 1)
    assert len(corpus.entries) == 1


def test_features_say_what_the_broker_and_its_clients_looked_like():
    observer = FeatureObserver()
    play(drawn_tape(QUIET, 1), observers=(observer,))
    kinds = {feature[0] for feature in observer.first_seen}
    assert {"broker", "producer", "consumer", "born"} <= kinds
    assert all(at >= 0 for at in observer.first_seen.values())


def test_buckets_are_few():
    assert [bucket(number) for number in (0, 1, 2, 3, 4, 1_000_000)] == [0, 1, 2, 2, 3, 5]
    assert changed(("broker", 1, 2), ("broker", 1, 3)) == ((2, 3),)
    assert changed(None, ("broker", 1)) == ("new",)


def test_mutated_tapes_can_be_played_and_keep_within_bounds():
    corpus = Corpus()
    for seed in range(1, 6):
        learnt(corpus, seed)
    dice = Prng(5)
    source = Source(QUIET, fault_kinds(QUIET))
    tapes = [mutated(corpus.choose(dice), corpus, source, dice) for _ in range(60)]
    assert all(len(tape.faults) <= FAULTS_MAX for tape in tapes)
    assert all(planned.at < tape.scenario.duration for tape in tapes for planned in tape.faults)
    assert len(set(tapes)) > 40
    assert all(play(tape).is_clean for tape in tapes[:12])


def test_a_tape_without_faults_can_be_mutated():
    tape = attrs.evolve(drawn_tape(QUIET, 1), faults=())
    corpus = Corpus()
    corpus.entries.append(Entry(tape, (), ("x",)))
    dice = Prng(1)
    assert {len(mutated(corpus.entries[0], corpus, Source(QUIET, (PowerCut, ProcessKill)), dice).faults) for _ in range(40)} > {0, 1}


def test_settings_are_tweaked_within_what_the_scenario_allows():
    source = Source(attrs.evolve(QUIET, load=attrs.evolve(QUIET.load, linger=Between(0, 50), poll_records=Between(1, 9))), (PowerCut,))
    corpus = Corpus()
    corpus.entries.append(Entry(drawn_tape(source.scenario, 1), (), ("x",)))
    dice = Prng(1)
    tapes = [mutated(corpus.entries[0], corpus, source, dice) for _ in range(400)]
    assert len({tape.scenario.load.linger for tape in tapes}) > 3
    assert all(0 <= tape.scenario.load.linger <= 50 and 1 <= tape.scenario.load.poll_records <= 9 for tape in tapes)
    assert {tape.scenario.load.partitions for tape in tapes} == {2}
    assert len({tape.chores for tape in tapes}) > 3


def test_of_several_tapes_the_one_with_most_new_traits_is_played():
    diversity = Diversity()
    one = drawn_tape(QUIET, 1)
    assert diversity.worth(one) > 0
    diversity.add(one)
    assert diversity.worth(one) == 0
    other = attrs.evolve(one, scenario=attrs.evolve(one.scenario, load=attrs.evolve(one.scenario.load, linger=40_000)))
    assert diversity.worth(other) > 0


def test_only_faults_that_can_happen_are_added():
    assert fault_kinds(QUIET) == (ProcessKill, PowerCut)
    assert fault_kinds(Scenario("calm")) == ()


def test_one_seed_is_one_search():
    one, other = (search(QUIET, 3, 12) for _ in range(2))
    assert (one.plays, one.features, one.corpus) == (other.plays, other.features, other.corpus)


def test_a_planted_bug_is_found():
    with pytest.MonkeyPatch.context() as patch:
        found = search(QUIET, 1, 60, factories=MUTANTS[0](patch))
    assert found.outcome is not None
    assert not found.outcome.is_clean


def test_the_command_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    assert main(["sim", "search", "calm_sea", "--plays", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "clean"
    with pytest.MonkeyPatch.context() as patch:
        monkeypatch.setattr("streambus.cli.search.search", lambda *_arguments, **_named: search(QUIET, 1, 60, factories=MUTANTS[0](patch)))
        assert main(["sim", "search", "calm_sea", "--out", str(tmp_path / "found")]) == 1
    assert "streambus sim shrink" in capsys.readouterr().out
    assert (tmp_path / "found" / "scenario.py").exists()
    assert main(["sim", "search", "nowhere"]) == 2
