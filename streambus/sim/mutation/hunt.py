"""A hunt: one planted bug, and seeds until something goes wrong."""

from pathlib import Path
from time import process_time

import attrs

from streambus.sim.faults.deed import words
from streambus.sim.guided import search
from streambus.sim.mutation.catalogue import read_catalogue
from streambus.sim.mutation.mutant import STORE
from streambus.sim.run import Outcome, play
from streambus.sim.scenario import Scenario
from streambus.sim.shrink import Shrunk, shrink
from streambus.sim.stores import play_store
from streambus.sim.symptom import symptom
from streambus.sim.tape import Tape, drawn_tape

GAMES_PER_SEED = 10
"""Games with one store are so many times as cheap as a run of a cluster, and more of them are played."""


@attrs.frozen
class Capture:
    """What came of one hunt. `seeds` were played; `violation` is what was seen in the last of them, None if nothing ever was."""

    mutant: str
    seeds: int
    cpu_seconds: float
    violation: str | None = None
    faults: tuple[str, ...] = ()
    """The kinds of faults that are left when the failing run is shrunk."""
    chores: int = 0
    shrinking_seconds: float = 0.0
    tape: Tape | None = None

    @property
    def check(self) -> str:
        """Which check saw it, in a few words."""
        return "" if self.violation is None else symptom(self.violation)


def guided_hunt(catalogue: Path, name: str, scenario: Scenario, first: int, count: int, shrink_seconds: float) -> Capture:
    """Plant the mutant `name`, and search with up to `count` runs that learn from each other."""
    mutant = read_catalogue(catalogue)[name]
    if mutant.world == STORE:
        return hunt(catalogue, name, scenario, first, count, shrink_seconds)
    with mutant.planted():
        found = search(scenario, first, count)
        if found.outcome is None:
            return Capture(name, count, found.cpu_seconds)
        return _capture(name, found.plays, found.cpu_seconds, found.outcome, shrink_seconds)


def hunt(catalogue: Path, name: str, scenario: Scenario, first: int, count: int, shrink_seconds: float) -> Capture:
    """Plant the mutant `name`, play up to `count` seeds from `first` on, and shrink the first run in which something goes wrong."""
    mutant = read_catalogue(catalogue)[name]
    began = process_time()
    with mutant.planted():
        if mutant.world == STORE:
            return _hunt_in_stores(name, first, count * GAMES_PER_SEED)
        for played, seed in enumerate(range(first, first + count), 1):
            outcome = play(drawn_tape(scenario, seed))
            if not outcome.is_clean:
                return _capture(name, played, process_time() - began, outcome, shrink_seconds)
    return Capture(name, count, process_time() - began)


def _hunt_in_stores(name: str, first: int, count: int) -> Capture:
    """As `hunt`, with games of one store. There is no tape, and nothing to shrink."""
    began = process_time()
    for played, seed in enumerate(range(first, first + count), 1):
        violation = play_store(seed)
        if violation is not None:
            return Capture(name, played, process_time() - began, violation)
    return Capture(name, count, process_time() - began)


def _capture(name: str, seeds: int, cpu_seconds: float, outcome: Outcome, shrink_seconds: float) -> Capture:
    violation = outcome.violations[0]
    if not shrink_seconds:
        return Capture(name, seeds, cpu_seconds, violation, tape=outcome.tape)
    shrunk: Shrunk = shrink(outcome.tape, seconds=shrink_seconds, any_violation=True)
    faults = tuple([words(type(planned.deed)) for planned in shrunk.tape.faults])
    return Capture(name, seeds, cpu_seconds, violation, faults, len(shrunk.tape.chores), shrunk.seconds, shrunk.tape)
