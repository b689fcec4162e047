"""Vandals: whatever a peer sends, it gets an answer or a closed connection, and nobody else notices."""

from pathlib import Path

import attrs
import pytest

from streambus.kernel import MILLISECOND
from streambus.sim import Scenario, Vandalise, drawn_tape, find_scenario, play
from streambus.sim.vandal import TRICKS

SCENARIO = Scenario("ordinary clients", duration=300 * MILLISECOND)


@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_disturbs_anybody(trick: str):
    tape = drawn_tape(SCENARIO, 1)
    tricks = tuple(Vandalise(at * MILLISECOND, "vandal-0", trick, at) for at in range(5, 290, 10))
    spoilt = play(attrs.evolve(tape, chores=tape.chores + tricks))
    assert spoilt.violations == ()
    assert len(spoilt.history) > 0.8 * len(play(tape).history)


@pytest.mark.parametrize("trick", ["noise", "huge", "negative", "stranger", "nonsense", "rest is noise"])
def test_what_cannot_be_understood_is_noticed(trick: str):
    tape = drawn_tape(SCENARIO, 1)
    tricks = tuple(Vandalise(at * MILLISECOND, "vandal-0", trick, at) for at in range(5, 290, 10))
    assert "broker: a stream cannot be understood" in play(attrs.evolve(tape, chores=tape.chores + tricks)).reached


def test_the_scenario_has_them():
    _, scenario = find_scenario(str(Path(__file__).parents[2] / "scenarios" / "bad_company.py"))
    assert any(isinstance(chore, Vandalise) for chore in drawn_tape(scenario, 1).chores)
