"""Tapes for Hypothesis: `@given(tapes(SCENARIO))` searches for a run in which something goes wrong, and shrinks it.

    @given(tapes(Scenario("mine", faults=FaultMix(power_cut_every=1))))
    def test_nothing_is_lost(tape):
        assert play(tape).violations == ()

Hypothesis chooses what the clients do, which faults happen and when, and the seed of chance; a setting of the scenario that is a knob is
settled by chance, too. Kinds of faults whose `…_every` is 0 in the scenario's mix do not happen. Needs the package `hypothesis`.
"""

from operator import attrgetter
from typing import Any

import attrs
from hypothesis import strategies as st

from streambus.kernel import SECOND, Prng
from streambus.sim.chores import Assign, Chore, Seek, Send, topic_names
from streambus.sim.faults import FAULTS, Cast, FaultMix, Planned
from streambus.sim.faults.deed import Deed, snake
from streambus.sim.knobs import settled
from streambus.sim.scenario import Scenario
from streambus.sim.streams import Streams
from streambus.sim.tape import ADMIN, BROKER, Schedule, Tape

SEEDS = st.integers(0, (1 << 32) - 1)


@st.composite
def tapes(draw: st.DrawFn, scenario: Scenario, *, chores_max: int = 30, faults_max: int = 6) -> Tape:
    """Runs of `scenario` with at most so many chores and faults."""
    seed = draw(SEEDS)
    world = settled(scenario, Streams(seed), "scenario")
    workload = draw(st.lists(chores(world), max_size=chores_max))
    clients = tuple(sorted({ADMIN, *(chore.user for chore in workload)}))
    plan = draw(st.lists(planned_faults(world, Cast((BROKER,), clients)), max_size=faults_max))
    return Tape(
        attrs.evolve(world, faults=FaultMix(), plan=()),
        tuple(sorted((*world.plan, *plan), key=attrgetter("at"))),
        tuple(sorted(workload, key=attrgetter("at"))),
        Schedule(seed),
    )


def chores(world: Scenario) -> st.SearchStrategy[Chore]:
    """What one of the clients of a settled scenario may be asked to do."""
    load = world.load
    dates = st.integers(0, world.duration - 1)
    place: dict[str, Any] = {"topic": st.sampled_from(topic_names(load)), "partition": st.integers(0, load.partitions - 1)}
    kinds: list[st.SearchStrategy[Chore]] = []
    if load.writers:
        sizes, keys = st.integers(0, load.record_bytes), st.none() | st.integers(0, 3)
        kinds.append(st.builds(Send, dates, _names("writer", load.writers), **place, size=sizes, key=keys, headers=st.booleans()))
    if load.readers:
        readers = _names("reader", load.readers)
        kinds.append(st.builds(Assign, dates, readers, latest=st.booleans()))
        kinds.append(st.builds(Seek, dates, readers, **place, per_mille=st.none() | st.integers(0, 1_000)))
    return st.one_of(kinds)


@st.composite
def planned_faults(draw: st.DrawFn, world: Scenario, cast: Cast) -> Planned:
    """A fault of one of the kinds that the scenario's mix knows, somewhere in its duration."""
    kinds = [kind for kind in FAULTS if getattr(world.faults, f"{snake(kind)}_every")]
    if not kinds:
        return draw(st.nothing())
    deed: Deed = draw(st.sampled_from(kinds)).drawn(Prng(draw(SEEDS)), world.faults, cast)
    if deed.lasts:
        deed = attrs.evolve(deed, lasts=draw(st.integers(1, min(deed.lasts, 10 * SECOND))))  # type: ignore[misc]
    return Planned(draw(st.integers(0, world.duration - 1)), deed, draw(SEEDS))


def _names(calling: str, count: int) -> st.SearchStrategy[str]:
    return st.sampled_from([f"{calling}-{number}" for number in range(count)])
