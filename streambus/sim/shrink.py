"""Shrinking: a failing tape cut down to what matters, over faults, chores, world and schedule together.

Every candidate is a tape, and is played: it is kept if the same thing goes wrong in it. The passes, repeated until none gets any further
or time is up:

1. what comes after the violation is cut off;
2. clients go, one by one;
3. faults and chores are left out, in ever smaller pieces (delta debugging, Zeller and Hildebrandt, "Simplifying and isolating
   failure-inducing input", 2002);
4. everything happens earlier, and in one partition; settings of the world return to their defaults;
5. random streams become calm;
6. what is left is made simple: small records, faults without luck, round dates.
"""

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import Any, TypeVar

import attrs

from streambus.kernel import MILLISECOND
from streambus.sim.chores import SIDE_TOPICS, Chore, LookUp, Seek, Send
from streambus.sim.faults import Planned
from streambus.sim.registry import FACTORIES
from streambus.sim.run import Outcome, play
from streambus.sim.scenario import Scenario
from streambus.sim.simulation import Factories
from streambus.sim.symptom import symptom
from streambus.sim.tape import Schedule, Tape, fitting

T = TypeVar("T")

Progress = Callable[["Shrinker"], None]


class NothingToShrink(ValueError):
    """The tape plays without a violation."""


@attrs.frozen
class Shrunk:
    """What is left of a failing tape. `minimal`: whether nothing more could be taken away, or only time was up."""

    outcome: Outcome
    plays: int
    seconds: float
    minimal: bool

    @property
    def tape(self) -> Tape:
        """The smallest tape that was found."""
        return self.outcome.tape


def shrink(
    tape: Tape,
    *,
    seconds: float = 60.0,
    factories: Factories = FACTORIES,
    any_violation: bool = False,
    progress: Progress | None = None,
) -> Shrunk:
    """The smallest tape found within `seconds` in which the same thing goes wrong as in `tape`, or anything if `any_violation`."""
    return Shrinker(tape, seconds, factories, any_violation=any_violation, progress=progress).shrink()


class Shrinker:
    """One search for a smaller tape. `best` is the smallest so far."""

    def __init__(
        self, tape: Tape, seconds: float, factories: Factories, *, any_violation: bool = False, progress: Progress | None = None
    ) -> None:
        self.began = perf_counter()
        self.seconds = seconds
        self.factories = factories
        self.any_violation = any_violation
        self.progress = progress
        self.plays = 0
        self.tried: set[Tape] = set()
        self.best = self._play(tape)
        if self.best.is_clean:
            raise NothingToShrink("nothing goes wrong when this is played")
        self.symptom = symptom(self.best.violations[0])

    @property
    def tape(self) -> Tape:
        """The smallest tape so far."""
        return self.best.tape

    @property
    def is_out_of_time(self) -> bool:
        """Whether to stop with what there is."""
        return perf_counter() - self.began > self.seconds

    def shrink(self) -> Shrunk:
        """Take away until nothing more can be taken away, or time is up."""
        before = None
        while before != self.tape and not self.is_out_of_time:
            before = self.tape
            self._cut_off_the_end()
            self._leave_out_users()
            self._reduce_faults()
            self._reduce_chores()
            self._bring_forward()
            self._gather_places()
            self._default_settings()
            self._calm_streams()
            self._simplify_faults()
            self._simplify_chores()
        return Shrunk(self.best, self.plays, perf_counter() - self.began, before == self.tape)

    def consider(self, tape: Tape) -> bool:
        """Play `tape`, unless it was tried before; keep it if it goes wrong in the same way."""
        tape = fitting(tape)
        if self.is_out_of_time or tape == self.tape or tape in self.tried:
            return False
        self.tried.add(tape)
        outcome = self._play(tape)
        if outcome.is_clean or not (self.any_violation or self.symptom in map(symptom, outcome.violations)):
            return False
        self.best = outcome
        if self.progress is not None:
            self.progress(self)
        return True

    def _play(self, tape: Tape) -> Outcome:
        self.plays += 1
        return play(tape, factories=self.factories)

    # Passes ------------------------------------------------------------------------------------------------------------

    def _cut_off_the_end(self) -> None:
        """Nothing after the violation can have caused it; half of what is before it may do, too."""
        tape, end = self.tape, min(self.best.simulated_microseconds + 1, self.tape.scenario.duration)
        self.consider(_until(tape, end))
        step = self.tape.scenario.duration // 2
        while step >= MILLISECOND and not self.is_out_of_time:
            if not self.consider(_until(self.tape, self.tape.scenario.duration - step)):
                step //= 2

    def _bring_forward(self) -> None:
        """Let everything happen earlier."""
        tape = self.tape
        first = min([item.at for item in (*tape.faults, *tape.chores)], default=0)
        for earlier in (first, first - first // 8, first // 2):
            if earlier and self.consider(_earlier(tape, earlier)):
                return

    def _leave_out_users(self) -> None:
        for user in self.tape.users:
            self.consider(attrs.evolve(self.tape, chores=tuple([chore for chore in self.tape.chores if chore.user != user])))

    def _reduce_faults(self) -> None:
        self._reduce(lambda tape: tape.faults, lambda tape, faults: attrs.evolve(tape, faults=faults))

    def _reduce_chores(self) -> None:
        self._reduce(lambda tape: tape.chores, lambda tape, chores: attrs.evolve(tape, chores=chores))

    def _reduce(self, items_of: Callable[[Tape], tuple[Any, ...]], with_items: Callable[[Tape, tuple[Any, ...]], Tape]) -> None:
        """Leave out pieces of a list, from halves down to single items."""
        size = max(1, len(items_of(self.tape)) // 2)
        while True:
            start = 0
            while start < len(items_of(self.tape)) and not self.is_out_of_time:
                items = items_of(self.tape)
                if not self.consider(with_items(self.tape, items[:start] + items[start + size :])):
                    start += size
            if size == 1 or self.is_out_of_time:
                return
            size //= 2

    def _gather_places(self) -> None:
        """Everything in one partition."""
        load = attrs.evolve(self.tape.scenario.load, topics=1, partitions=1)
        chores = tuple([_moved(chore) for chore in self.tape.chores])
        self.consider(attrs.evolve(self.tape, scenario=attrs.evolve(self.tape.scenario, load=load), chores=chores))

    def _default_settings(self) -> None:
        for simplified in _simpler(self.tape.scenario, Scenario("")):
            self.consider(attrs.evolve(self.tape, scenario=simplified(self.tape.scenario)))

    def _calm_streams(self) -> None:
        purposes = tuple(sorted(self.best.purposes))
        if self.consider(self._with_schedule(calm=purposes)):
            return
        for purpose in purposes:
            if purpose not in self.tape.schedule.calm:
                self.consider(self._with_schedule(calm=tuple(sorted((*self.tape.schedule.calm, purpose)))))
        for branch in self.tape.schedule.branches:
            self.consider(self._with_schedule(branches=tuple([kept for kept in self.tape.schedule.branches if kept is not branch])))

    def _with_schedule(self, **changes: Any) -> Tape:
        schedule: Schedule = attrs.evolve(self.tape.schedule, **changes)
        return attrs.evolve(self.tape, schedule=schedule)

    def _simplify_faults(self) -> None:
        for index in range(len(self.tape.faults)):
            for planned in _simpler_faults(self.tape.faults[index]):
                self.consider(attrs.evolve(self.tape, faults=_replaced(self.tape.faults, index, planned)))

    def _simplify_chores(self) -> None:
        plain = tuple([_plain(chore) for chore in self.tape.chores])
        if not self.consider(attrs.evolve(self.tape, chores=plain)):
            for index, chore in enumerate(plain):
                self.consider(attrs.evolve(self.tape, chores=_replaced(self.tape.chores, index, chore)))
        self.consider(attrs.evolve(self.tape, chores=tuple([attrs.evolve(chore, at=_rounded(chore.at)) for chore in self.tape.chores])))


def _until(tape: Tape, end: int) -> Tape:
    """`tape`, but the load ends at `end`."""
    return attrs.evolve(
        tape,
        scenario=attrs.evolve(tape.scenario, duration=max(end, 1)),
        faults=tuple([planned for planned in tape.faults if planned.at < end]),
        chores=tuple([chore for chore in tape.chores if chore.at < end]),
        schedule=attrs.evolve(tape.schedule, branches=tuple([branch for branch in tape.schedule.branches if branch.at < end])),
    )


def _earlier(tape: Tape, by: int) -> Tape:
    """`tape`, but everything happens `by` microseconds earlier, or at once."""
    return attrs.evolve(
        tape,
        scenario=attrs.evolve(tape.scenario, duration=tape.scenario.duration - by),
        faults=tuple([attrs.evolve(planned, at=max(0, planned.at - by)) for planned in tape.faults]),
        chores=tuple([attrs.evolve(chore, at=max(0, chore.at - by)) for chore in tape.chores]),
    )


def _simpler(value: Any, default: Any) -> Iterator[Callable[[Any], Any]]:
    """Functions that set one setting of a scenario back to its default."""
    for field in attrs.fields(type(value)):
        now, plain = getattr(value, field.name), getattr(default, field.name)
        if field.name in ("title", "duration", "topics", "partitions") or now == plain:
            continue
        if attrs.has(type(now)) and type(now) is type(plain):
            for inner in _simpler(now, plain):
                yield _within(field.name, inner)
        else:
            yield _setting(field.name, plain)


def _within(name: str, inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: attrs.evolve(value, **{name: inner(getattr(value, name))})


def _setting(name: str, plain: Any) -> Callable[[Any], Any]:
    return lambda value: attrs.evolve(value, **{name: plain})


def _simpler_faults(planned: Planned) -> Iterator[Planned]:
    """The fault without luck, at a round date, and shorter."""
    if planned.luck:
        yield attrs.evolve(planned, luck=0)
    if planned.at != _rounded(planned.at):
        yield attrs.evolve(planned, at=_rounded(planned.at))
    deed: Any = planned.deed
    lasts = deed.lasts
    while lasts > MILLISECOND:
        lasts //= 4
        yield attrs.evolve(planned, deed=attrs.evolve(deed, lasts=lasts))


def _plain(chore: Chore) -> Chore:
    return attrs.evolve(chore, size=0, key=None, headers=False) if isinstance(chore, Send) else chore


def _moved(chore: Chore) -> Chore:
    if isinstance(chore, Send | Seek | LookUp) and chore.topic not in SIDE_TOPICS:
        return attrs.evolve(chore, topic="topic-0", partition=0)
    return chore


def _rounded(at: int) -> int:
    return at - at % MILLISECOND


def _replaced(items: Sequence[T], index: int, item: T) -> tuple[T, ...]:
    return (*items[:index], item, *items[index + 1 :])
