"""Mutations: how one tape is made of another."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, cast

import attrs

from streambus.kernel import MILLISECOND, SECOND, Prng
from streambus.sim.chores import drawn_chores
from streambus.sim.faults import Cast, FaultMix, Planned
from streambus.sim.faults.deed import Deed
from streambus.sim.guided.corpus import Corpus, Entry
from streambus.sim.knobs import settled
from streambus.sim.scenario import Scenario
from streambus.sim.streams import Streams
from streambus.sim.tape import ADMIN, BROKER, Branch, Tape, fitting

MIX = FaultMix(down_max=50 * MILLISECOND, partition_max=SECOND // 2, slow_disk_max=SECOND // 2)
"""How bad an added fault is: short ones leave time for others."""

SOON = (10, 100, 1_000, 5_000, 20_000, 100_000)
"""Microseconds between a fault and one that is to meet the system before it has recovered from the first."""

FAULTS_MAX = 40

PARTS = ("", "load", "load", "disk", "link", "limits")
"""Of a scenario, those that have settings to tweak."""

KEPT = (
    "title",
    "duration",
    "topics",
    "partitions",
    "writers",
    "readers",
    "inquirers",
    "administrators",
    "vandals",
    "faults",
    "plan",
    "safety_only",
)
"""Settings that others depend on, or that have said what they had to say when the tape was drawn."""

Mutation = Callable[[Entry, Corpus, "Source", Prng], Tape]


@attrs.frozen
class Source:
    """Where new things come from: a scenario with its knobs, and the kinds of faults that can happen in it."""

    scenario: Scenario
    kinds: tuple[type[Deed], ...]


def mutated(entry: Entry, corpus: Corpus, source: Source, dice: Prng) -> Tape:
    """A new tape: the tape of `entry` after one to four mutations."""
    tape = entry.tape
    for _ in range(1 + dice.below(4)):
        mutation = _MUTATIONS[dice.below(len(_MUTATIONS))]
        tape = mutation(attrs.evolve(entry, tape=tape), corpus, source, dice)
    return fitting(tape)


def _aim(entry: Entry, _corpus: Corpus, source: Source, dice: Prng) -> Tape:
    """One more fault, at a moment at which something new happened."""
    duration = entry.tape.scenario.duration
    at = entry.moments[dice.below(len(entry.moments))] if entry.moments else dice.below(duration)
    return _with(entry.tape, _drawn(max(0, at + dice.between(-500, 2_000)), entry.tape, source, dice))


def _follow(entry: Entry, _corpus: Corpus, source: Source, dice: Prng) -> Tape:
    """One more fault, soon after another one has begun or ended."""
    faults = entry.tape.faults
    if not faults:
        return _aim(entry, _corpus, source, dice)
    before = faults[dice.below(len(faults))]
    end = before.at + (before.deed.lasts if dice.chance(1, 2) else 0)
    return _with(entry.tape, _drawn(end + dice.below(SOON[dice.below(len(SOON))]), entry.tape, source, dice))


def _repeat(entry: Entry, _corpus: Corpus, source: Source, dice: Prng) -> Tape:
    """A fault happens again, soon after it has ended."""
    faults = entry.tape.faults
    if not faults:
        return _aim(entry, _corpus, source, dice)
    before = faults[dice.below(len(faults))]
    at = before.at + before.deed.lasts + dice.below(SOON[dice.below(len(SOON))])
    return _with(entry.tape, Planned(at, before.deed, dice.bits64()))


def _move(entry: Entry, _corpus: Corpus, source: Source, dice: Prng) -> Tape:
    """A fault happens a little earlier or later, with other luck."""
    faults = entry.tape.faults
    if not faults:
        return _aim(entry, _corpus, source, dice)
    moved = faults[dice.below(len(faults))]
    shift = dice.between(-1, 1) * dice.below(SOON[dice.below(len(SOON))])
    others = tuple([planned for planned in faults if planned is not moved])
    return _with(attrs.evolve(entry.tape, faults=others), Planned(max(0, moved.at + shift), moved.deed, dice.bits64()))


def _leave_out(entry: Entry, _corpus: Corpus, _source: Source, dice: Prng) -> Tape:
    """A fault does not happen."""
    faults = entry.tape.faults
    place = dice.below(len(faults)) if faults else 0
    return attrs.evolve(entry.tape, faults=faults[:place] + faults[place + 1 :])


def _branch(entry: Entry, _corpus: Corpus, _source: Source, dice: Prng) -> Tape:
    """Another future, from a moment on at which something new had happened."""
    tape = entry.tape
    at = entry.moments[dice.below(len(entry.moments))] if entry.moments else dice.below(tape.scenario.duration)
    branches = (*tape.schedule.branches, Branch(at, dice.bits64()))[-8:]
    return attrs.evolve(tape, schedule=attrs.evolve(tape.schedule, branches=tuple(sorted(branches, key=attrgetter("at")))))


def _reseed(entry: Entry, _corpus: Corpus, _source: Source, dice: Prng) -> Tape:
    """The same plan, under another star."""
    return attrs.evolve(entry.tape, schedule=attrs.evolve(entry.tape.schedule, seed=dice.bits64(), branches=()))


def _splice(entry: Entry, corpus: Corpus, _source: Source, dice: Prng) -> Tape:
    """The faults of another tape as well, as far as they concern somebody here."""
    tape, other = entry.tape, corpus.entries[dice.below(len(corpus.entries))].tape
    known = {BROKER, ADMIN, *tape.users}
    fitting = [planned for planned in other.faults if planned.at < tape.scenario.duration and _names(planned.deed) <= known]
    return _with(tape, *fitting[: FAULTS_MAX // 2])


def _tweak(entry: Entry, _corpus: Corpus, source: Source, dice: Prng) -> Tape:
    """A few settings have other values, as the scenario's knobs allow."""
    fresh = settled(source.scenario, Streams(dice.bits64()), "scenario")
    world = entry.tape.scenario
    for _ in range(1 + dice.below(3)):
        world = _tweaked(world, fresh, dice)
    return attrs.evolve(entry.tape, scenario=world)


def _tweaked(world: Scenario, fresh: Scenario, dice: Prng) -> Scenario:
    part = PARTS[dice.below(len(PARTS))]
    if not part:
        return cast(Scenario, _with_one_of(world, fresh, dice))
    changes: dict[str, Any] = {part: _with_one_of(getattr(world, part), getattr(fresh, part), dice)}
    return attrs.evolve(world, **changes)


def _with_one_of(ours: Any, theirs: Any, dice: Prng) -> Any:
    """`ours`, but for one setting, which is as in `theirs`."""
    fields = [field.name for field in attrs.fields(type(ours)) if field.name not in KEPT]
    names = [name for name in fields if not attrs.has(type(getattr(ours, name)))]
    name = names[dice.below(len(names))]
    return attrs.evolve(ours, **{name: getattr(theirs, name)})


def _busier(entry: Entry, _corpus: Corpus, source: Source, dice: Prng) -> Tape:
    """One client more, or one that does other things."""
    world = entry.tape.scenario
    fresh = settled(source.scenario, Streams(dice.bits64()), "scenario")
    load = attrs.evolve(fresh.load, topics=world.load.topics, partitions=world.load.partitions)
    theirs = drawn_chores(load, world.duration, Streams(dice.bits64()))
    users = sorted({chore.user for chore in theirs})
    if not users:
        return entry.tape
    user = users[dice.below(len(users))]
    chores = [chore for chore in entry.tape.chores if chore.user != user] + [chore for chore in theirs if chore.user == user]
    return attrs.evolve(entry.tape, chores=tuple(sorted(chores, key=attrgetter("at"))))


def _names(deed: Deed) -> set[str]:
    return {deed.target, getattr(deed, "peer", deed.target)}


def _drawn(at: int, tape: Tape, source: Source, dice: Prng) -> Planned:
    cast = Cast((BROKER,), (ADMIN, *tape.users))
    return Planned(at, source.kinds[dice.below(len(source.kinds))].drawn(dice, MIX, cast), dice.bits64())


def _with(tape: Tape, *more: Planned) -> Tape:
    faults = [planned for planned in (*tape.faults, *more) if planned.at < tape.scenario.duration]
    return attrs.evolve(tape, faults=tuple(sorted(faults, key=attrgetter("at"))[:FAULTS_MAX]))


_MUTATIONS: tuple[Mutation, ...] = (
    _aim,
    _aim,
    _aim,
    _follow,
    _follow,
    _follow,
    _repeat,
    _repeat,
    _move,
    _leave_out,
    _branch,
    _reseed,
    _splice,
    *[_tweak] * 4,
    *[_busier] * 2,
)
