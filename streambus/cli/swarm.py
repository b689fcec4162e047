"""`streambus sim swarm`: thousands of runs on all cores, or on many machines."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from streambus.cli.misuse import Misuse
from streambus.kernel import SECOND
from streambus.sim import NoScenario, Scenario, drawn_tape, find_scenario
from streambus.sim.swarm import (
    Campaign,
    Logbook,
    NoEngine,
    OtherCampaign,
    Progress,
    dask_engine,
    first_divergence,
    local_engine,
    rare_branches,
)
from streambus.sim.swarm.campaign import CHUNK

CLEAN, VIOLATION = 0, 1

EPILOG = """\
Every seed is a world of its own: how many clients, how large their records, how fast disk and network are, which faults happen how often,
are drawn anew for each. What a swarm is worth is told by what it reached: which faults happened in how many runs, and which of the rare
branches of the code were taken.

examples:
  streambus sim swarm --seeds 1000                           1,000 worlds on all cores
  streambus sim swarm --seeds 20000 --out nightly            kept in a folder; called again, it goes on where it was
  streambus sim swarm --seeds 500 --scenario random --scenario anything_goes --twice --require-rare
                                                             every run in two processes, and every rare branch taken: for CI
  streambus sim swarm --seeds 1000000 --engine dask --address tcp://scheduler:8786

exit status: 0 clean, 1 a violation, a run that was not the same twice, or (--require-rare) a branch that was never taken, 2 misuse
"""


def register(commands: Any) -> None:
    """Add `swarm` to the commands of `streambus sim`."""
    parser = commands.add_parser(
        "swarm",
        help="play thousands of seeds on all cores or many machines",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=int, required=True, help="how many", metavar="N")
    parser.add_argument("--first", type=int, default=1, help="the first of them (default: 1)", metavar="N")
    parser.add_argument(
        "--scenario",
        action="append",
        help="where they are drawn from (default: random); may be given again: N seeds of each",
        metavar="NAME",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)", metavar="N")
    parser.add_argument("--twice", action="store_true", help="play every seed in two processes with two hash seeds, and compare")
    parser.add_argument("--require-rare", action="store_true", help="fail if a rare branch was never taken")
    parser.add_argument("--out", type=Path, help="folder for failures and progress (default: none is kept)", metavar="FOLDER")
    parser.add_argument("--engine", choices=("local", "dask"), default="local", help="who plays (default: local)")
    parser.add_argument("--address", help="a running Dask scheduler (default: a local cluster is made)", metavar="URL")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end and nothing else")
    parser.set_defaults(run=swarm_command)


def swarm_command(arguments: argparse.Namespace) -> int:
    """`streambus sim swarm`."""
    if arguments.seeds < 1 or arguments.jobs < 1:
        raise Misuse("--seeds and --jobs need numbers of at least 1")
    try:
        scenarios = [find_scenario(name) for name in arguments.scenario or ["random"]]
        with _engines(arguments) as engines:
            campaigns = [_run(arguments, name, scenario, engines) for name, scenario in scenarios]
    except (NoScenario, NoEngine, OtherCampaign) as error:
        raise Misuse(str(error)) from error
    progress = campaigns[0]
    for other in campaigns[1:]:
        progress += other
    parted = [
        drawn_tape(scenario, campaign.mismatches[0])
        for campaign, (_, scenario) in zip(campaigns, scenarios, strict=True)
        if campaign.mismatches
    ]
    divergences = [first_divergence(tape) or "" for tape in parted[:1]]
    never = [branch for branch in rare_branches() if branch not in progress.tally.reached]
    if arguments.json:
        print(json.dumps(_to_json(progress, never, divergences)))
    else:
        print("\r\x1b[K" * sys.stderr.isatty() + _words(progress, never, divergences, arguments.out))
    is_bad = progress.tally.failed or progress.mismatches or (arguments.require_rare and never)
    return VIOLATION if is_bad else CLEAN


def _run(arguments: argparse.Namespace, name: str, scenario: Scenario, engines: tuple[Executor, ...]) -> Progress:
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    logbook = None if arguments.out is None else Logbook(arguments.out / name, name, scenario, CHUNK)
    return Campaign(name, scenario, seeds, engines, logbook).run(_shower(arguments))


@contextmanager
def _engines(arguments: argparse.Namespace) -> Iterator[tuple[Executor, ...]]:
    with ExitStack() as stack:
        if arguments.engine == "dask":
            if arguments.twice:
                raise Misuse("--twice needs processes of this machine: leave out --engine dask")
            yield (stack.enter_context(dask_engine(arguments.address, arguments.jobs)),)
        elif arguments.twice:
            half = max(1, arguments.jobs // 2)
            yield tuple([stack.enter_context(local_engine(half, hash_seed)) for hash_seed in (1, 2)])
        else:
            yield (stack.enter_context(local_engine(arguments.jobs)),)


# Words -----------------------------------------------------------------------------------------------------------------


def _shower(arguments: argparse.Namespace) -> Any:
    if arguments.json or not sys.stderr.isatty():
        return lambda _progress: None
    return _show


def _show(progress: Progress) -> None:
    filled = 24 * progress.done // progress.total
    bar = "█" * filled + "·" * (24 - filled)
    rare = len(rare_branches())
    left = (progress.total - progress.done) / progress.rate if progress.rate else 0.0
    found = f"  first: seed {progress.tally.failures[0].tape.schedule.seed}" if progress.tally.failures else ""
    line = (
        f"{bar} {progress.done:,} of {progress.total:,} seeds  {progress.rate:.1f}/s  {left:.0f} s left  "
        f"rare {len(progress.tally.reached)}/{rare}  {progress.tally.failed} failed{found}"
    )
    print(f"\r\x1b[K{line[:138]}", end="", file=sys.stderr, flush=True)


def _words(progress: Progress, never: list[str], divergences: list[str], folder: Path | None) -> str:
    tally = progress.tally
    lines = [
        f"{progress.done:,} seeds, {tally.failed} failed, {tally.events:,} events, {tally.operations:,} operations, "
        f"{tally.simulated_microseconds / SECOND:,.0f} s simulated in {progress.seconds:.1f} s ({progress.rate:.1f} seeds/s"
        + (f"; {progress.resumed:,} were done before)" if progress.resumed else ")")
    ]
    lines += ["", "faults, and the runs in which they happened:", *_columns(tally.faults)]
    lines += ["", f"rare branches, and the runs that took them ({len(tally.reached)} of {len(rare_branches())}):", *_columns(tally.reached)]
    if never:
        lines += ["", "never taken:"] + [f"  {branch}" for branch in never]
    for failure in tally.failures[:10]:
        lines += ["", f"seed {failure.tape.schedule.seed}: {failure.violations[0]}"]
        lines += [f"  kept in {folder / failure.name}"] if folder is not None else []
        lines += [f"  less:  streambus sim shrink {failure.name} --seed {failure.tape.schedule.seed}"]
    if progress.mismatches:
        shown = ", ".join(map(str, progress.mismatches[:10]))
        lines += ["", f"not the same run twice: seeds {shown}", *divergences]
    return "\n".join(lines)


def _columns(counts: dict[str, int]) -> list[str]:
    return [f"  {count:>9,}  {name}" for name, count in sorted(counts.items(), key=lambda item: -item[1])]


def _to_json(progress: Progress, never: list[str], divergences: list[str]) -> dict[str, Any]:
    tally = progress.tally
    return {
        "seeds": progress.done,
        "resumed": progress.resumed,
        "failed": tally.failed,
        "failures": [{"seed": failure.tape.schedule.seed, "violations": list(failure.violations)} for failure in tally.failures],
        "mismatches": list(progress.mismatches),
        "divergences": divergences,
        "events": tally.events,
        "operations": tally.operations,
        "simulated_seconds": tally.simulated_microseconds / SECOND,
        "seconds": round(progress.seconds, 3),
        "core_seconds": round(tally.wall_seconds, 3),
        "faults": tally.faults,
        "reached": tally.reached,
        "never": never,
    }
