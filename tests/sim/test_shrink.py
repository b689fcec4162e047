"""Shrinking: what is left of a failing run still fails, in the same way, and is small."""

import attrs
import pytest
from mutants import MUTANTS, Mutant
from test_planted_bugs import STORM

from streambus.kernel import MILLISECOND
from streambus.sim import FACTORIES, NothingToShrink, Planned, PowerCut, Scenario, Send, drawn_tape, play, shrink
from streambus.sim.shrink import Shrinker
from streambus.sim.symptom import symptom


def first_failing(factories):
    outcomes = (play(drawn_tape(STORM, seed), factories=factories) for seed in range(1, 21))
    return next(outcome for outcome in outcomes if not outcome.is_clean)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_planted_bug_is_cut_down_to_a_few_faults_and_operations(mutant: Mutant):
    with pytest.MonkeyPatch.context() as patch:
        factories = mutant(patch)
        found = first_failing(factories)
        shrunk = shrink(found.tape, seconds=30, factories=factories)
        again = play(shrunk.tape, factories=factories)
    assert len(shrunk.tape.faults) <= 4
    assert len(shrunk.tape.chores) <= 10
    assert symptom(found.violations[0]) in map(symptom, again.violations)
    assert again.trace_hash == shrunk.outcome.trace_hash
    assert play(shrunk.tape).is_clean, "without the bug nothing is wrong"


def test_what_does_not_fail_cannot_be_shrunk():
    with pytest.raises(NothingToShrink):
        shrink(drawn_tape(Scenario("calm", duration=50 * MILLISECOND), 1))


def test_a_shrinker_without_time_keeps_what_it_was_given():
    with pytest.MonkeyPatch.context() as patch:
        factories = MUTANTS[0](patch)
        found = first_failing(factories)
        shrunk = shrink(found.tape, seconds=0, factories=factories)
    assert shrunk.tape == found.tape
    assert not shrunk.minimal


def test_progress_is_told_after_every_step():
    told: list[tuple[int, int]] = []

    def progress(shrinker: Shrinker) -> None:
        told.append((len(shrinker.tape.faults), len(shrinker.tape.chores)))

    with pytest.MonkeyPatch.context() as patch:
        factories = MUTANTS[0](patch)
        shrink(first_failing(factories).tape, seconds=30, factories=factories, progress=progress)
    assert len(told) > 5
    assert told[-1] < told[0]


def test_a_run_that_breaks_for_another_reason_is_not_the_same():
    tape = attrs.evolve(
        drawn_tape(Scenario("nobody", duration=100 * MILLISECOND), 1), faults=(Planned(50 * MILLISECOND, PowerCut("nowhere", 1)),)
    )
    with pytest.raises(KeyError):
        shrink(tape, factories=FACTORIES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "duplicate in topic-0-1: “writer-1#2 0a” is one record, but was read at the offsets 1, 3.",
            "duplicate in topic-2-0: “writer-3#77 bb” is one record, but was read at the offsets 180, 1,182.",
        ),
        (
            "broker-1: the high watermark of side-a-0 went back from 1 to 0",
            "broker-1: the high watermark of topic-1-2 went back from 71 to 8",
        ),
    ],
)
def test_names_and_numbers_do_not_make_another_symptom(one: str, other: str):
    assert symptom(one) == symptom(other)


def test_sends_are_plain_in_the_end():
    with pytest.MonkeyPatch.context() as patch:
        factories = MUTANTS[0](patch)
        shrunk = shrink(first_failing(factories).tape, seconds=30, factories=factories)
    assert all(chore.size == 0 and chore.key is None for chore in shrunk.tape.chores if isinstance(chore, Send))
