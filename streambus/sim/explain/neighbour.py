"""Neighbours: runs that differ from a failing one in a single decision. The nearest that passes shows what the failure hangs on.

Near is what stays the same for longest: of all neighbours that pass, the one whose steps are those of the failing run for the most steps.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from streambus.kernel import MILLISECOND, Effect, Event, Instant
from streambus.sim.explain.events import Happening, Kind, counted, date, listed
from streambus.sim.explain.recording import Recording, record
from streambus.sim.faults.deed import Planned, words
from streambus.sim.life import Life
from streambus.sim.run import play
from streambus.sim.simulation import Factories
from streambus.sim.tape import Branch, Tape
from streambus.sim.trace import flat

NEIGHBOURS_MAX = 80
EVENTS_MAX = 150_000
"""No more is played to find a neighbour, however long the run is."""

LINES_MAX = 8
SEEDS = (1, 2, 3)
WEIGHT_MIN = 2


@attrs.frozen
class Tried:
    """One neighbour: what is different, whether it passes, and how many steps are the same."""

    change: str
    passes: bool
    common_steps: int


@attrs.frozen
class Neighbour:
    """The nearest neighbour that passes. `failing` and `passing` are what happens next in either run from the first difference on."""

    change: str
    common_steps: int
    first_difference: str
    """When and where the two runs differ first."""
    failing: tuple[str, ...]
    passing: tuple[str, ...]
    tried: tuple[Tried, ...]


class StepLog:
    """An observer that remembers every step in a form that can be compared."""

    def __init__(self) -> None:
        self.steps: list[Any] = []

    def on_birth(self, life: Life) -> None:
        """A birth is known by its first step."""

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """Remember it."""
        self.steps.append((life.name, now, flat(event), flat(effects)))

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """Remember it."""
        self.steps.append((life.name, now, flat(event), None))


class Comparison(StepLog):
    """Counts the steps that are those of another run, up to the first that is not."""

    def __init__(self, other: StepLog) -> None:
        super().__init__()
        self.other = other
        self.common = 0
        self.is_same = True

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """Compare it."""
        if self.is_same:
            other = self.other.steps[self.common] if self.common < len(self.other.steps) else None
            self.is_same = other == (life.name, now, flat(event), flat(effects))
            self.common += self.is_same


def nearest(recording: Recording, steps: StepLog, factories: Factories) -> tuple[Neighbour | None, tuple[Tried, ...]]:
    """The nearest neighbour that passes, and all that were tried. The recording is of a run that fails, `steps` are its steps."""
    best: tuple[int, str, Tape] | None = None
    tried: list[Tried] = []
    played = 0
    for change, tape in _changes(recording):
        if len(tried) == NEIGHBOURS_MAX or played > EVENTS_MAX:
            break
        comparison = Comparison(steps)
        outcome = play(tape, factories=factories, observers=(comparison,))
        played += outcome.events
        tried.append(Tried(change, outcome.is_clean, comparison.common))
        if outcome.is_clean and (best is None or comparison.common > best[0]):
            best = (comparison.common, change, tape)
    if best is None:
        return None, tuple(tried)
    common, change, tape = best
    other = record(tape, factories)
    first = _step_after(recording, common)
    where = "where the failing run ends" if first is None else f"at {date(first.at)}, in a step of {first.lane}"
    difference = f"{common:,} steps are the same; the first difference is {where}"
    return Neighbour(change, common, difference, _lines(recording, common), _lines(other, common), tuple(tried)), tuple(tried)


# What can be changed ---------------------------------------------------------------------------------------------------


def _changes(recording: Recording) -> Iterator[tuple[str, Tape]]:
    """Every tape that differs in one decision, with the difference in words: the small ones first."""
    tape = recording.outcome.tape
    for number, planned in enumerate(tape.faults):
        name = f"fault {number + 1} ({words(type(planned.deed))} of {planned.deed.target})"
        yield f"without {name}", _with_faults(tape, number, ())
    for chore in tape.chores:
        what = f"{type(chore).__name__} of {chore.user} at {date(chore.at)}"
        yield f"without {what}", attrs.evolve(tape, chores=tuple([other for other in tape.chores if other is not chore]))
    for number, planned in enumerate(tape.faults):
        name = f"fault {number + 1} ({words(type(planned.deed))} of {planned.deed.target})"
        for seed in SEEDS:
            if seed != planned.luck:
                yield f"{name} with luck {seed}", _with_faults(tape, number, (attrs.evolve(planned, luck=seed),))
        for by in (-MILLISECOND, MILLISECOND, 10 * MILLISECOND):
            if 0 <= planned.at + by < tape.scenario.duration:
                moved = attrs.evolve(planned, at=planned.at + by)
                yield f"{name} {abs(by) // MILLISECOND} ms {'later' if by > 0 else 'earlier'}", _with_faults(tape, number, (moved,))
        for seed in SEEDS:
            yield f"chance decided by {seed} from {name} on", _branched(tape, planned.at, seed)
    for branch in tape.schedule.branches:
        kept = tuple([other for other in tape.schedule.branches if other is not branch])
        yield f"without the branch at {date(branch.at)}", _scheduled(tape, branches=kept)
    for purpose in tape.schedule.calm:
        calm = tuple([other for other in tape.schedule.calm if other != purpose])
        yield f"chance of “{purpose}” not calm", _scheduled(tape, calm=calm)
    for purpose in sorted(recording.outcome.purposes):
        if purpose not in tape.schedule.calm:
            yield f"chance of “{purpose}” calm", _scheduled(tape, calm=tuple(sorted((*tape.schedule.calm, purpose))))


def _with_faults(tape: Tape, number: int, instead: tuple[Planned, ...]) -> Tape:
    return attrs.evolve(tape, faults=(*tape.faults[:number], *instead, *tape.faults[number + 1 :]))


def _branched(tape: Tape, at: int, seed: int) -> Tape:
    return _scheduled(tape, branches=(*tape.schedule.branches, Branch(at, seed)))


def _scheduled(tape: Tape, **changes: Any) -> Tape:
    return attrs.evolve(tape, schedule=attrs.evolve(tape.schedule, **changes))


# What happens then -----------------------------------------------------------------------------------------------------


def _step_after(recording: Recording, common: int) -> Happening | None:
    """The first step that was told behind so many."""
    steps = [one for one in recording.happenings if one.kind is Kind.STEP and one.step is not None and one.step > common]
    return min(steps, key=lambda one: (one.step or 0, one.number), default=None)


def _lines(recording: Recording, common: int) -> tuple[str, ...]:
    """What happens after so many steps, in a few lines."""
    first = _step_after(recording, common)
    if first is None:
        return ("it ends here",)
    order = recording.sorted()
    later = order[order.index(first) :]
    lines = []
    for one in later:
        said = [clause.text for clause in one.clauses if clause.weight >= WEIGHT_MIN]
        if said and one.kind is not Kind.DISK:
            lines.append(f"{date(one.at)}  {one.lane} {listed(said, 3)}")
    ending = recording.violations[0].split("\n", 1)[0] if recording.violations else "nothing is wrong"
    more = [f"… and after {counted(len(lines) - LINES_MAX, 'more line')}:"] if len(lines) > LINES_MAX else []
    return (*lines[:LINES_MAX], *more, ending)
