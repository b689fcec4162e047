"""The plan of faults, and the document that says what each of them is."""

from pathlib import Path

import attrs
import pytest

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim.faults import FAULTS, Cast, FaultMix, drawn_plan
from streambus.sim.faults.deed import snake
from streambus.sim.streams import Streams

MODEL = Path(__file__).parents[2] / "docs" / "fault-model.md"
CAST = Cast(("broker-1",), ("writer-0", "reader-0"))


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_every_fault_has_a_line_in_the_written_model(kind: type):
    assert f"| `{kind.__name__}` |" in MODEL.read_text()


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_every_fault_can_be_drawn_about_as_often_as_its_mix_says(kind: type):
    mix = attrs.evolve(FaultMix(), **{f"{snake(kind)}_every": 10 * MILLISECOND})
    plan = drawn_plan(mix, CAST, 10 * SECOND, Streams(1))
    assert {type(planned.deed) for planned in plan} == {kind}
    assert 800 < len(plan) < 1_200
    assert [planned.at for planned in plan] == sorted(planned.at for planned in plan)


def test_one_more_kind_of_fault_leaves_the_others_as_they_were():
    alone = drawn_plan(FaultMix(process_kill_every=SECOND), CAST, 60 * SECOND, Streams(1))
    both = drawn_plan(FaultMix(process_kill_every=SECOND, power_cut_every=SECOND), CAST, 60 * SECOND, Streams(1))
    assert set(alone) < set(both)
