"""Small runs that fail while a bug is planted, and the one that does not."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from streambus.kernel import MILLISECOND
from streambus.sim import DiskSpeed, Load, Planned, PowerCut, ProcessKill, Scenario, Schedule, Send, Tape, play
from streambus.sim.disk import Survival
from streambus.sim.faults import DiskError, PowerCutLeaving
from streambus.sim.mutation import read_catalogue

CATALOGUE = Path(__file__).parents[1] / "mutants"

WORLD = Scenario(
    "one record, one fault",
    duration=80 * MILLISECOND,
    load=Load(partitions=1),
    disk=DiskSpeed(sync_min=5 * MILLISECOND, sync_max=10 * MILLISECOND),
)
SENDS = (Send(40 * MILLISECOND, "writer-0", "topic-0", 0), Send(50 * MILLISECOND, "writer-0", "topic-0", 0, size=6_000))
CLEAN = Tape(WORLD, (), SENDS, Schedule(1))


def cut(at: int, lasts: int = MILLISECOND) -> Planned:
    """A power cut."""
    return Planned(at, PowerCut("broker-1", lasts))


def lossy_cut(at: int) -> Planned:
    """A power cut that takes everything unsynced."""
    return Planned(at, PowerCutLeaving("broker-1", Survival.NOTHING, Survival.NOTHING, MILLISECOND))


def with_faults(*faults: Planned) -> Tape:
    """The run with these faults."""
    return attrs.evolve(CLEAN, faults=faults)


def drawn_with(tape: Tape, seed: int) -> Tape:
    """The same run with other chance."""
    return attrs.evolve(tape, schedule=Schedule(seed))


def moments(first: int, last: int, step: int = 1) -> Iterator[int]:
    """Dates in microseconds, from milliseconds."""
    return iter(range(first * MILLISECOND, last * MILLISECOND, step * MILLISECOND))


def tapes_for(name: str) -> Iterable[Tape]:
    """Runs of which one at least fails while the bug of that name is planted."""
    if name == "acknowledges_before_sync":
        return [CLEAN]
    if name == "forgets_producers_at_restart":
        return [with_faults(Planned(at, ProcessKill("broker-1", MILLISECOND))) for at in moments(44, 80, 2)]
    if name == "recovery_keeps_a_torn_tail":
        return [
            drawn_with(with_faults(Planned(at, PowerCutLeaving("broker-1", Survival.SOMETHING, Survival.SOMETHING, MILLISECOND))), seed)
            for seed in range(40, 60)
            for at in moments(52, 70, 2)
        ]
    if name == "does_not_sync_the_directory":
        return [
            with_faults(Planned(at, PowerCutLeaving("broker-1", Survival.EVERYTHING, Survival.NOTHING, MILLISECOND)))
            for at in moments(44, 60, 4)
        ]
    assert name == "takes_a_failed_sync_for_a_good_one"
    return [
        with_faults(
            Planned(0, DiskError("broker-1", "sync", "EIO", skip, 1, 78 * MILLISECOND)),
            lossy_cut(79 * MILLISECOND),
        )
        for skip in range(8)
    ]


@contextmanager
def failing(name: str) -> Iterator[Tape]:
    """The first of these runs that fails, while the bug is planted."""
    with read_catalogue(CATALOGUE)[name].planted():
        yield next(tape for tape in tapes_for(name) if not play(tape).is_clean)
