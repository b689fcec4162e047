"""The tape: every decision of one run, as one value. A run is a function of its tape and of the code, of nothing else.

Three tracks, and the world they are played in:

- the **scenario**, with all its knobs settled;
- the **faults**, each with its date and its own luck;
- the **chores** of the clients;
- the **schedule**: the seed of everything else that is random (latencies, the grouping of events, what a crash leaves), the purposes
  whose streams are calm, and the moments at which the run branches off to another seed.

`drawn_tape` draws one for a scenario and a seed. What shrinks, mutates, searches or writes scenarios works on tapes: any of them may
leave out a fault or a chore, move it, calm a stream, or branch, and what is left is a tape again.
"""

import attrs

from streambus.sim.chores import Chore, drawn_chores
from streambus.sim.faults import Cast, FaultMix, Planned, drawn_plan
from streambus.sim.knobs import settled
from streambus.sim.scenario import Scenario
from streambus.sim.streams import Streams

BROKER = "broker-1"
ADMIN = "admin"
FINAL_READER = "final-reader"


@attrs.frozen
class Branch:
    """From simulated time `at` on, chance is decided by `seed`."""

    at: int
    seed: int


@attrs.frozen
class Schedule:
    """What decides the rest."""

    seed: int
    calm: tuple[str, ...] = ()
    branches: tuple[Branch, ...] = ()


@attrs.frozen
class Tape:
    """One run to be."""

    scenario: Scenario
    faults: tuple[Planned, ...]
    chores: tuple[Chore, ...]
    schedule: Schedule

    @property
    def users(self) -> tuple[str, ...]:
        """Everybody who has something to do, by name."""
        return tuple(sorted({chore.user for chore in self.chores}))


def fitting(tape: Tape) -> Tape:
    """`tape` without the faults of those who have nothing to do any more: a client without chores does not exist."""
    hosts = {BROKER, ADMIN, FINAL_READER, *tape.users}
    faults = tuple([planned for planned in tape.faults if {planned.deed.target, getattr(planned.deed, "peer", BROKER)} <= hosts])
    return tape if len(faults) == len(tape.faults) else attrs.evolve(tape, faults=faults)


def drawn_tape(scenario: Scenario, seed: int) -> Tape:
    """The run that `seed` makes of `scenario`."""
    streams = Streams(seed)
    world = settled(scenario, streams, "scenario")
    chores = drawn_chores(world.load, world.duration, streams)
    clients = tuple(sorted({ADMIN, *(chore.user for chore in chores)}))
    faults = drawn_plan(world.faults, Cast((BROKER,), clients), world.duration, streams)
    plan = tuple(sorted((*world.plan, *faults), key=lambda planned: planned.at))
    return Tape(attrs.evolve(world, faults=FaultMix(), plan=()), plan, chores, Schedule(seed))
