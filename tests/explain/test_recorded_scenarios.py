"""Recording looks on and changes nothing, whatever faults there are; and of a sound broker it never says that it claims too much."""

from pathlib import Path

import attrs
import pytest

from streambus.kernel import MILLISECOND
from streambus.sim import FACTORIES, drawn_tape, find_scenario, play
from streambus.sim.explain import record

SCENARIOS = Path(__file__).parents[2] / "scenarios"
NAMES = ("random", "crash_storm", "fsyncgate", "full_disk", "half_open", "rolling_upgrade", "swapped_disk", "wild_bits")


@pytest.mark.parametrize("name", NAMES)
def test_a_sound_run_is_recorded_as_it_is(name: str):
    _, scenario = find_scenario(str(SCENARIOS / f"{name}.py"))
    tape = drawn_tape(attrs.evolve(scenario, duration=250 * MILLISECOND), 5)
    outcome, recording = play(tape), record(tape, FACTORIES)
    assert recording.outcome.trace_hash == outcome.trace_hash
    happenings = recording.happenings
    assert [one.number for one in happenings] == list(range(len(happenings)))
    for one in happenings:
        assert all(happenings[cause].at <= one.at for cause in one.causes)
    if outcome.is_clean:
        claims = [clause.text for one in happenings for clause in one.clauses if clause.weight == 10]
        assert claims == []
