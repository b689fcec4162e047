"""One run: a tape, played to the end and judged. Whatever an oracle, the checker or a limit of time objects to is a violation."""

from time import perf_counter
from typing import Any, TextIO

import attrs

from streambus import checkers
from streambus.kernel import SECOND, forget_reached, reached
from streambus.sim.cluster import Cluster
from streambus.sim.journal import JournalWriter
from streambus.sim.registry import FACTORIES
from streambus.sim.scenario import Scenario
from streambus.sim.simulation import Factories, Observer
from streambus.sim.tape import Tape, drawn_tape


@attrs.frozen
class Outcome:
    """What became of a run. `violations` are sentences: what the checker or an invariant found, or what never came to rest; none
    means clean."""

    scenario: str
    tape: Tape
    violations: tuple[str, ...]
    verdict: checkers.Verdict
    history: checkers.History
    events: int
    simulated_microseconds: int
    wall_seconds: float
    trace_hash: str
    purposes: tuple[str, ...] = ()
    """What chance was asked for."""
    failed_at: tuple[int, int] | None = None
    """Where an oracle objected: how many events there had been, and the simulated time. None if the run was judged by its history alone."""

    reached: dict[str, int] = attrs.field(factory=dict)
    """How often which rare branch was taken."""
    occurrences: int = 0
    """What happened between the nodes' steps, which are the `events`."""
    contract: checkers.Contract = checkers.DURABLE_LOG
    """What the history was held to."""

    @property
    def seed(self) -> int:
        """The seed of its schedule, and, if it was drawn, of everything."""
        return self.tape.schedule.seed

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.violations

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain values, without the history."""
        return {
            "scenario": self.scenario,
            "seed": self.seed,
            "verdict": "clean" if self.is_clean else "violation",
            "anomalies": list(self.violations),
            "events": self.events,
            "occurrences": self.occurrences,
            "operations": len(self.history),
            "faults": len(self.history.faults),
            "simulated_seconds": self.simulated_microseconds / SECOND,
            "wall_seconds": round(self.wall_seconds, 3),
            "trace_hash": self.trace_hash,
        }


def run(
    scenario: Scenario,
    seed: int,
    *,
    name: str = "",
    factories: Factories = FACTORIES,
    journal: TextIO | None = None,
    observers: tuple[Observer, ...] = (),
) -> Outcome:
    """Draw a tape of `scenario` with `seed` and play it. Equal arguments give equal outcomes, `wall_seconds` excepted."""
    return play(drawn_tape(scenario, seed), name=name, factories=factories, journal=journal, observers=observers)


def play(
    tape: Tape,
    *,
    name: str = "",
    factories: Factories = FACTORIES,
    journal: TextIO | None = None,
    observers: tuple[Observer, ...] = (),
) -> Outcome:
    """Play `tape`. Equal tapes give equal outcomes, `wall_seconds` excepted."""
    began = perf_counter()
    cluster = Cluster(tape, factories)
    simulation = cluster.simulation
    simulation.observers.extend(observers)
    if journal is not None:
        simulation.observers.append(JournalWriter(journal, name or tape.scenario.title, tape.schedule.seed))
    return outcome_of(cluster, name, began)


def outcome_of(cluster: Cluster, name: str, began: float) -> Outcome:
    """Let a cluster play, and judge it. `began`: when that was, in wall time."""
    simulation, tape = cluster.simulation, cluster.tape
    forget_reached()
    violations = cluster.play()
    rarely = reached()
    contract = cluster.contract()
    verdict = checkers.check(cluster.history, contract)
    return Outcome(
        name or tape.scenario.title,
        tape,
        (*violations, *[_sentence(anomaly) for anomaly in verdict.anomalies if anomaly.severity is not checkers.Severity.ALLOWED]),
        verdict,
        cluster.history,
        simulation.events,
        simulation.agenda.now,
        perf_counter() - began,
        simulation.trace.hexdigest(),
        tuple(simulation.streams.purposes),
        simulation.failed_at,
        rarely,
        simulation.agenda.occurrences,
        contract,
    )


def _sentence(anomaly: checkers.Anomaly) -> str:
    return f"{anomaly.kind.value} in {anomaly.topic}-{anomaly.partition}: {anomaly.witness}"
