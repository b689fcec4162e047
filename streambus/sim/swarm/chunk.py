"""A chunk of seeds, played; and what it adds up to."""

import attrs

from streambus.sim.failure import Failure, failure_of
from streambus.sim.registry import FACTORIES
from streambus.sim.run import Outcome, play
from streambus.sim.scenario import Scenario
from streambus.sim.simulation import rare_collections
from streambus.sim.tape import drawn_tape

FAILURES_MAX = 64
"""Failing tapes are large; more than so many are only counted."""


@attrs.frozen
class Tally:
    """Sums over some runs. `faults` counts the runs in which a kind of fault happened, `reached` those in which a rare branch was taken."""

    runs: int = 0
    failed: int = 0
    events: int = 0
    operations: int = 0
    simulated_microseconds: int = 0
    wall_seconds: float = 0.0
    faults: dict[str, int] = attrs.field(factory=dict)
    reached: dict[str, int] = attrs.field(factory=dict)
    hashes: tuple[tuple[int, str], ...] = ()
    """Seed and trace hash of every run."""
    failures: tuple[Failure, ...] = ()
    """The first of those that failed."""
    mismatches: tuple[int, ...] = ()
    """Seeds whose two runs were not the same run."""

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.runs + other.runs,
            self.failed + other.failed,
            self.events + other.events,
            self.operations + other.operations,
            self.simulated_microseconds + other.simulated_microseconds,
            self.wall_seconds + other.wall_seconds,
            _sums(self.faults, other.faults),
            _sums(self.reached, other.reached),
            self.hashes + other.hashes,
            (self.failures + other.failures)[:FAILURES_MAX],
            self.mismatches + other.mismatches,
        )


def play_chunk(name: str, scenario: Scenario, first: int, end: int) -> Tally:
    """Play the runs that the seeds from `first` up to but not including `end` make of `scenario`."""
    tally = Tally()
    with rare_collections():
        for seed in range(first, end):
            tally += _tally_of(seed, play(drawn_tape(scenario, seed), name=name, factories=FACTORIES))
    return tally


def _tally_of(seed: int, outcome: Outcome) -> Tally:
    return Tally(
        1,
        not outcome.is_clean,
        outcome.events,
        len(outcome.history),
        outcome.simulated_microseconds,
        outcome.wall_seconds,
        dict.fromkeys(sorted({fault.name for fault in outcome.history.faults}), 1),
        dict.fromkeys(outcome.reached, 1),
        ((seed, outcome.trace_hash),),
        () if outcome.is_clean else (failure_of(outcome),),
    )


def _sums(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}
