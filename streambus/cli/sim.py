"""`streambus sim`: play scenarios in the simulator, and replay what was journalled."""

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TextIO, cast

from streambus.cli import exhaust, explain, mutants, scenarios, search, shrink, swarm
from streambus.cli.misuse import Misuse
from streambus.cli.run_report import write_run_report
from streambus.sim import (
    FACTORIES,
    NoScenario,
    Replayed,
    Scenario,
    Tape,
    UnreadableJournal,
    drawn_tape,
    find_playable,
    play,
    replay_journal,
)

CLEAN, VIOLATION = 0, 1

SIM_EPILOG = """\
A scenario says what kind of world it is; a seed decides everything in it. The same seed gives the same run, always and everywhere.

examples:
  streambus sim list                                       which scenarios there are
  streambus sim run scenarios/random.py --seed 7           one run, told in a line
  streambus sim run random --seeds 1..200 --jobs 2         many runs
  streambus sim swarm --seeds 10000                        very many runs, and what they reached
  streambus sim run random --seed 7 --journal run.jsonl    write down every event that every node saw
  streambus sim run random --seed 7 --report reports/seven consistency report: what the clients saw, judged and drawn
  streambus sim replay run.jsonl                           feed it to fresh nodes, without a simulator, and compare
  streambus sim search --plays 2000                        runs that learn from each other
  streambus sim shrink random --seed 4711                  cut a failing run down to what matters
  streambus sim explain failures/random-4711               say why a run went wrong, and draw it
  streambus sim mutants                                    plant bugs, and see whether they are found
"""

RUN_EPILOG = """\
What happens in a run: clients write and read while faults befall the broker, its disk and its network; then everything heals, every
record that is under way has to be answered, a new reader reads all partitions from start to end, and the history of what all
clients saw is checked.

exit status: 0 clean, 1 violation, 2 misuse
"""

REPLAY_EPILOG = """\
A journal holds every event that every node of a run saw, and a digest of every effect. Replay needs no simulator: it makes fresh nodes,
feeds them the same events and compares. The first difference is named.

exit status: 0 equal, 1 different, 2 misuse
"""


def register(subparsers: Any) -> None:
    """Add `sim` with its commands to the parser of `streambus`. Every command sets `run`, a function of the parsed arguments."""
    texts = argparse.RawDescriptionHelpFormatter
    sim = subparsers.add_parser(
        "sim", help="play scenarios in the deterministic simulator", description=__doc__, epilog=SIM_EPILOG, formatter_class=texts
    )
    commands = sim.add_subparsers(dest="sim_command", required=True, metavar="COMMAND")

    player = commands.add_parser("run", help="play a scenario with one seed or many", epilog=RUN_EPILOG, formatter_class=texts)
    player.add_argument("scenario", help="a scenario file, or the name of one in the folder scenarios/; a file with one run needs no seed")
    seeds = player.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=_seed, help="one seed, a whole number", metavar="N")
    seeds.add_argument("--seeds", type=_seeds, help="all seeds from A to B, both included", metavar="A..B")
    player.add_argument("--json", action="store_true", help="print one JSON object per seed and nothing else")
    player.add_argument("--journal", type=Path, help="write the journal of the run to FILE (with --seed only)", metavar="FILE")
    player.add_argument("--report", type=Path, help="write a consistency report of the run to FOLDER (one run only)", metavar="FOLDER")
    player.add_argument("--jobs", type=int, default=1, help="processes to share the seeds among (default: 1)", metavar="N")
    player.set_defaults(run=run_command)

    again = commands.add_parser("replay", help="feed a journal to fresh nodes and compare", epilog=REPLAY_EPILOG, formatter_class=texts)
    again.add_argument("journal", type=Path, help="a file written by `sim run --journal`")
    again.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    again.set_defaults(run=replay_command)

    scenarios.register(commands)
    swarm.register(commands)
    shrink.register(commands)
    explain.register(commands)
    search.register(commands)
    mutants.register(commands)
    exhaust.register(commands)


def run_command(arguments: argparse.Namespace) -> int:
    """`streambus sim run`."""
    try:
        return _run(arguments)
    except NoScenario as error:
        raise Misuse(str(error)) from error


def replay_command(arguments: argparse.Namespace) -> int:
    """`streambus sim replay`."""
    try:
        with arguments.journal.open(encoding="utf-8") as lines:
            replayed = replay_journal(lines, FACTORIES)
    except (OSError, UnicodeDecodeError, UnreadableJournal) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise Misuse(f"{arguments.journal}: {reason}") from error
    print(json.dumps(_replayed_json(replayed)) if arguments.json else _replayed_words(replayed))
    return CLEAN if replayed.divergence is None else VIOLATION


# Running ---------------------------------------------------------------------------------------------------------------


def _run(arguments: argparse.Namespace) -> int:
    name, found = find_playable(arguments.scenario)
    scenario = found.scenario if isinstance(found, Tape) else found
    seeds = _asked_seeds(arguments, found)
    if arguments.journal is not None and len(seeds) != 1:
        raise Misuse("--journal needs one --seed")
    if arguments.report is not None and len(seeds) != 1:
        raise Misuse("--report is of one run: it needs one --seed")
    if arguments.jobs < 1:
        raise Misuse("--jobs needs a number of at least 1")
    if not arguments.json:
        print(f"{name}: {scenario.title}")
    progress = _Progress(len(seeds), is_shown=not arguments.json and sys.stderr.isatty() and len(seeds) > 1)
    failed: list[int] = []
    for result in _results(arguments, seeds):
        if result["verdict"] != "clean":
            failed.append(result["seed"])
        progress.clear()
        print(json.dumps(result) if arguments.json else _words(result, _named(arguments.scenario, found, result["seed"])), flush=True)
        progress.step(failed=len(failed))
    progress.clear()
    if not arguments.json and len(seeds) > 1:
        print(f"{len(seeds) - len(failed)} of {len(seeds)} seeds clean" + (f"; violations in {_listed(failed)}" if failed else ""))
    return VIOLATION if failed else CLEAN


def _asked_seeds(arguments: argparse.Namespace, found: Scenario | Tape) -> range:
    """Those that were asked for. A tape has its own."""
    if isinstance(found, Tape):
        if arguments.seed is not None or arguments.seeds is not None:
            raise Misuse(f"{arguments.scenario} holds one run, a TAPE: it takes no seed")
        return range(found.schedule.seed, found.schedule.seed + 1)
    if arguments.seeds is not None:
        return cast(range, arguments.seeds)
    if arguments.seed is None:
        raise Misuse("say which runs: --seed N or --seeds A..B")
    return range(arguments.seed, arguments.seed + 1)


def _results(arguments: argparse.Namespace, seeds: range) -> Iterator[dict[str, Any]]:
    if arguments.jobs == 1 or len(seeds) == 1:
        with _opened(arguments.journal) as journal:
            yield from (_play(arguments.scenario, seed, journal, arguments.report) for seed in seeds)
        return
    with ProcessPoolExecutor(min(arguments.jobs, len(seeds)), mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(_play, arguments.scenario), seeds)


def _play(scenario: str, seed: int, journal: TextIO | None = None, report: Path | None = None) -> dict[str, Any]:
    name, found = find_playable(scenario)
    tape = found if isinstance(found, Tape) else drawn_tape(found, seed)
    outcome = play(tape, name=name, journal=journal)
    told = outcome.to_json()
    return told if report is None else {**told, "report": str(write_run_report(outcome, report))}


@contextmanager
def _opened(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise Misuse(f"{path}: {error.strerror}") from error
    with file:
        yield file


def _seed(text: str) -> int:
    try:
        seed = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
    if not 0 <= seed < 1 << 64:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 2^64 - 1")
    return seed


def _seeds(text: str) -> range:
    first, dots, last = text.partition("..")
    if not dots:
        raise argparse.ArgumentTypeError(f"{text!r} is not a range of seeds like 1..200")
    seeds = range(_seed(first), _seed(last) + 1)
    if not seeds:
        raise argparse.ArgumentTypeError(f"{text} is empty: the first seed is behind the last")
    return seeds


# Words -----------------------------------------------------------------------------------------------------------------


class _Progress:
    """A line at the bottom of the terminal, while more seeds are to come."""

    def __init__(self, total: int, *, is_shown: bool) -> None:
        self.total = total
        self.done = 0
        self.is_shown = is_shown

    def step(self, *, failed: int) -> None:
        """One more seed is done."""
        self.done += 1
        if self.is_shown and self.done < self.total:
            found = f", {failed} with violations" if failed else ""
            print(f"  {self.done} of {self.total} seeds{found} …", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        if self.is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _named(scenario: str, found: Scenario | Tape, seed: int) -> str:
    """How to ask for that run again."""
    return scenario if isinstance(found, Tape) else f"{scenario} --seed {seed}"


def _words(result: dict[str, Any], run_name: str) -> str:
    simulated, wall = result["simulated_seconds"], result["wall_seconds"]
    line = (
        f"seed {result['seed']:<6} {result['verdict']:<9}  {result['events']:>7,} events  {result['operations']:>6,} operations  "
        f"{result['faults']:>3} faults  {simulated:>6.1f} s simulated in {wall:>5.2f} s  {result['trace_hash'][:16]}"
    )
    if "report" in result:
        line += f"\n    report: {result['report']}"
    if result["verdict"] == "clean":
        return line
    reasons = "".join("\n    " + reason.replace("\n", "\n      ") for reason in result["anomalies"][:8])
    more = len(result["anomalies"]) - 8
    return (
        f"{line}{reasons}"
        + (f"\n    … and {more} more" if more > 0 else "")
        + f"\n    again: streambus sim run {run_name}"
        + f"\n    less:  streambus sim shrink {run_name}"
    )


def _listed(seeds: list[int]) -> str:
    shown = ", ".join(map(str, seeds[:10]))
    return shown if len(seeds) <= 10 else f"{shown} and {len(seeds) - 10} more"


def _replayed_words(replayed: Replayed) -> str:
    told = f"{replayed.scenario}, seed {replayed.seed}: {replayed.events:,} events of {replayed.lives} lives"
    divergence = replayed.divergence
    if divergence is None:
        return f"{told} replayed; every effect is as it was"
    event = repr(divergence.event)
    shown = event if len(event) <= 200 else f"{event[:200]}…"
    return f"{told} replayed, then line {divergence.line} differs: {divergence.life} on {shown}: {divergence.difference}"


def _replayed_json(replayed: Replayed) -> dict[str, Any]:
    divergence = replayed.divergence
    told = {"line": divergence.line, "life": divergence.life, "difference": divergence.difference} if divergence else None
    return {
        "scenario": replayed.scenario,
        "seed": replayed.seed,
        "version": replayed.version,
        "events": replayed.events,
        "lives": replayed.lives,
        "divergence": told,
    }
