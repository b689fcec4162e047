"""Makes the example reports: one run that holds, and two with a bug planted into the broker. Equal code gives equal bytes.

    python tests/reporting/make_examples.py [FOLDER]

The runs are simulated. With a bug planted, the oracles inside the simulator would object within milliseconds and end the run; so the broken
brokers are judged as a stranger would judge them, by what their clients saw.
"""

import sys
from pathlib import Path

import pytest

from streambus import checkers
from streambus.kernel import MILLISECOND, SECOND
from streambus.reporting import Reproduction, Run, SubRun, write_gallery, write_report
from streambus.reporting.words import count
from streambus.sim import (
    FACTORIES,
    DiskSpeed,
    Factories,
    FaultMix,
    Load,
    Outcome,
    Scenario,
    Storyteller,
    cluster,
    drawn_tape,
    play,
    run,
    shrink,
)
from streambus.sim.source import scenario_source

sys.path.insert(0, str(Path(__file__).parents[1] / "sim"))

from mutants import Mutant, acknowledge_before_sync, duplicate_not_recognised_after_restart

SEEDS = range(1, 41)
SHRINK_SECONDS = 300.0
"""Never reached: what is left must not depend on the speed of a machine."""

STORM = Scenario(
    "power cuts and resets, several a second",
    duration=750 * MILLISECOND,
    load=Load(
        partitions=2,
        writers=2,
        readers=1,
        linger=0,
        record_bytes=2_000,
        burst_records=2,
        pause=20 * MILLISECOND,
        request_timeout=200 * MILLISECOND,
    ),
    disk=DiskSpeed(sync_min=MILLISECOND, sync_max=20 * MILLISECOND),
    faults=FaultMix(power_cut_every=200 * MILLISECOND, link_reset_every=200 * MILLISECOND, down_max=50 * MILLISECOND),
)

DONE = (
    "Two writers and a reader use a broker whose power fails several times a second and whose connections break; then everything is read."
)


def example(title: str, summary: str, seed: int, factories: Factories, reproduction: Reproduction | None = None) -> Run:
    """One run in full, and those of all other seeds as rows."""
    told = run(STORM, seed, factories=factories)
    others = [run(STORM, other, factories=factories) for other in SEEDS]
    load = STORM.load
    return Run(
        title,
        checkers.DURABLE_LOG,
        "an example",
        "simulated",
        told.history,
        told.verdict,
        seeds=(seed,),
        summary=f"{DONE} {summary}",
        facts=facts_of(told),
        configuration={"idempotent": True, "linger": f"{load.linger} ms", "partitions": load.partitions, "trace": told.trace_hash[:12]},
        sub_runs=tuple(
            SubRun(f"seed {one.seed}", one.verdict, {**facts_of(one), "trace": one.trace_hash[:12]}, unjudged(one)) for one in others
        ),
        violations=unjudged(told),
        reproduction=reproduction,
    )


def facts_of(outcome: Outcome) -> dict[str, int | float]:
    """The numbers of a run that no history tells."""
    return {"events": outcome.events, "simulated seconds": round(outcome.simulated_microseconds / SECOND, 2)}


def unjudged(outcome: Outcome) -> tuple[str, ...]:
    """What is wrong beside the anomalies, which come last."""
    anomalies = sum(anomaly.severity is not checkers.Severity.ALLOWED for anomaly in outcome.verdict.anomalies)
    return outcome.violations[: len(outcome.violations) - anomalies]


def reproduction_of(seed: int, factories: Factories, name: str) -> Reproduction:
    """The smallest run that shows the same first violation."""
    tape = shrink(drawn_tape(STORM, seed), seconds=SHRINK_SECONDS, factories=factories).tape
    storyteller = Storyteller("broker-1")
    violation = play(tape, factories=factories, observers=(storyteller,)).violations[0]
    left = f"{count(len(tape.faults), 'fault')} and {count(len(tape.chores), 'client operation')} are left of seed {seed}."
    planted = f"The bug is planted by {name} of tests/sim/mutants.py; with the broker as it is, this plays clean."
    summary = f"{left} They show: {violation} {planted}"
    source = scenario_source(tape, f"The smallest run that shows the planted bug:\n\n- {violation}")
    return Reproduction(source, "streambus sim run scenario.py", tuple(storyteller.lines), "scenario.py", summary)


def broken(title: str, summary: str, seed: int, mutant: Mutant) -> Run:
    """A run with a bug planted, and without the oracles."""
    with pytest.MonkeyPatch.context() as patch:
        factories = mutant(patch)
        patch.setattr(cluster, "oracles", lambda *_, **__: ())
        return example(title, summary, seed, factories, reproduction_of(seed, factories, mutant.__name__))


def make_examples(folder: Path) -> Path:
    """Write all of them into `folder`, and a page over them."""
    write_report(example("A broker that keeps its word", "Nothing may be lost, doubled or reordered.", 2, FACTORIES), folder / "clean")
    early = broken(
        "A broker that acknowledges before it syncs",
        "The broker has a planted bug: it answers while the data is still in the page cache.",
        20,
        acknowledge_before_sync,
    )
    write_report(early, folder / "acknowledges-early")
    forgetful = broken(
        "A broker that forgets its producers",
        "The broker has a planted bug: after a restart it does not know which batches it has appended before.",
        5,
        duplicate_not_recognised_after_restart,
    )
    write_report(forgetful, folder / "forgets-producers")
    return write_gallery(folder, title="Example reports")


if __name__ == "__main__":
    print(make_examples(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "reports" / "examples"))
