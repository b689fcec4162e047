"""The consistency report of one simulated run."""

from pathlib import Path
from platform import python_version

from streambus.kernel import SECOND
from streambus.reporting import Reproduction, Run, write_report
from streambus.sim import Outcome
from streambus.sim.explain import NothingToExplain, explain
from streambus.sim.source import expression, scenario_source

SUMMARY = (
    "Clients wrote and read while faults befell the broker. Then everything healed, every record under way was answered, and a new reader "
    "read all partitions from start to end. This is what the clients saw."
)

STORY_CHORES_MAX = 50
"""A run in which clients do more than this is shrunk before anybody explains it."""


def write_run_report(outcome: Outcome, folder: Path) -> Path:
    """Write what the clients of a simulated run saw, how it was judged, and how to play it again. The answer is the page."""
    tape = outcome.tape
    about = f"{outcome.scenario}, seed {outcome.seed}: {'; '.join(outcome.violations[:3]) or 'clean'}"
    reproduction = Reproduction(
        scenario_source(tape, about),
        f"streambus sim run {folder / 'scenario.py'}",
        _story(outcome),
        summary=f"{len(tape.faults)} faults and {len(tape.chores)} operations of clients, played with seed {outcome.seed}.",
    )
    run = Run(
        title=f"{outcome.scenario}: {tape.scenario.title}",
        contract=outcome.contract,
        when=f"seed {outcome.seed}",
        world="simulated",
        history=outcome.history,
        verdict=outcome.verdict,
        seeds=(outcome.seed,),
        summary=SUMMARY,
        facts={
            "events": outcome.events,
            "occurrences": outcome.occurrences,
            "simulated seconds": round(outcome.simulated_microseconds / SECOND, 3),
            "trace": outcome.trace_hash,
        },
        configuration={"scenario": expression(tape.scenario), "Python": python_version()},
        violations=outcome.violations if outcome.verdict.valid else (),
        reproduction=reproduction,
    )
    return write_report(run, folder)


def _story(outcome: Outcome) -> tuple[str, ...]:
    """What happened, if somebody can still take it in."""
    if outcome.is_clean or len(outcome.tape.chores) > STORY_CHORES_MAX:
        return ()
    try:
        return tuple([sentence.text for sentence in explain(outcome.tape, neighbours=False).sentences])
    except NothingToExplain:
        return ()
