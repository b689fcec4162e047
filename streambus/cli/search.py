"""`streambus sim search`: look for a failing run with seeds that learn from each other."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from streambus.cli.misuse import Misuse
from streambus.sim import NoScenario, find_scenario
from streambus.sim.failure import failure_of
from streambus.sim.guided import Corpus, search

EPILOG = """\
A swarm draws every seed anew. A search keeps the runs that did something no run before them had done, and goes on from those: one more
fault just where something new happened, another future from there on, the faults of two runs together.

examples:
  streambus sim search --plays 2000
  streambus sim search crash_storm --plays 500 --seed 7 --out failures/found

exit status: 0 nothing was found, 1 a violation, 2 misuse
"""


def register(commands: Any) -> None:
    """Add `search` to the commands of `streambus sim`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser("search", help="look for a failing run, guided by what is new", epilog=EPILOG, formatter_class=texts)
    parser.add_argument("scenario", nargs="?", default="random", help="where the first runs are drawn from (default: random)")
    parser.add_argument("--plays", type=int, default=1_000, help="runs (default: 1000)", metavar="N")
    parser.add_argument("--seed", type=int, default=1, help="of the search (default: 1)", metavar="N")
    parser.add_argument("--out", type=Path, help="folder for what is found (default: failures/NAME-search-SEED)", metavar="FOLDER")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=search_command)


def search_command(arguments: argparse.Namespace) -> int:
    """`streambus sim search`."""
    try:
        name, scenario = find_scenario(arguments.scenario)
    except NoScenario as error:
        raise Misuse(str(error)) from error
    quiet = arguments.json or not sys.stderr.isatty()
    found = search(scenario, arguments.seed, arguments.plays, show=(lambda _plays, _corpus: None) if quiet else _show)
    told = {"plays": found.plays, "features": found.features, "corpus": found.corpus, "cpu_seconds": round(found.cpu_seconds, 3)}
    words = f"{found.plays:,} runs, {found.features:,} features, {found.corpus} runs kept, {found.cpu_seconds:.1f} s"
    if not quiet:
        print("\r\x1b[K", end="", file=sys.stderr)
    if found.outcome is None:
        print(json.dumps({**told, "verdict": "clean"}) if arguments.json else f"{words}: nothing was found")
        return 0
    file = failure_of(found.outcome).write(arguments.out or Path("failures") / f"{name}-search-{arguments.seed}")
    violations = list(found.outcome.violations)
    if arguments.json:
        print(json.dumps({**told, "verdict": "violation", "violations": violations, "file": str(file)}))
    else:
        print(f"{words}:\n  {violations[0]}\nagain: streambus sim run {file}\nless:  streambus sim shrink {file}")
    return 1


def _show(plays: int, corpus: Corpus) -> None:
    line = f"  {plays:,} runs, {len(corpus.seen):,} features, {len(corpus.entries)} runs kept …"
    print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
