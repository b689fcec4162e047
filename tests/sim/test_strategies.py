"""Tapes for Hypothesis: users' own tests search for failing runs and get them shrunk."""

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from mutants import MUTANTS

from streambus.kernel import MILLISECOND
from streambus.sim import FaultMix, Load, Scenario, play
from streambus.sim.strategies import tapes

SCENARIO = Scenario(
    "small",
    duration=200 * MILLISECOND,
    load=Load(writers=2, readers=1, partitions=2, linger=0, request_timeout=200 * MILLISECOND),
    faults=FaultMix(power_cut_every=1, link_reset_every=1, down_max=20 * MILLISECOND),
)


@given(tapes(SCENARIO))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_hypothesis_thinks_of_is_survived(tape):
    assert play(tape).violations == ()


def test_hypothesis_finds_a_planted_bug_and_shrinks_it():
    with pytest.MonkeyPatch.context() as patch:
        factories = MUTANTS[0](patch)
        tape = find(
            tapes(SCENARIO),
            lambda tape: not play(tape, factories=factories).is_clean,
            settings=settings(max_examples=200, deadline=None, database=None, phases=(Phase.generate, Phase.shrink), derandomize=True),
        )
    assert len(tape.faults) <= 2
    assert len(tape.chores) <= 3


def test_a_scenario_without_faults_has_none():
    calm = Scenario("calm", duration=100 * MILLISECOND, load=Load(readers=0))

    @given(tapes(calm))
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    def has_no_faults(tape):
        assert tape.faults == ()

    has_no_faults()
