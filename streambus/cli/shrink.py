"""`streambus sim shrink`: cut a failing run down to what matters."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from streambus.cli.misuse import Misuse
from streambus.sim import NoScenario, NothingToShrink, Scenario, Shrunk, Tape, drawn_tape, find_playable, shrink
from streambus.sim.failure import failure_of
from streambus.sim.shrink import Shrinker

EPILOG = """\
Faults, client operations, settings and chance are taken away piece by piece, as long as the same thing still goes wrong. What is left is
written to a folder: a scenario file that `streambus sim run` plays, a test, and what is known about the violation.

examples:
  streambus sim shrink random --seed 4711                     the run that seed 4711 makes of a scenario
  streambus sim shrink failures/random-4711/scenario.py       a run that was kept
  streambus sim shrink random --seed 4711 --seconds 300 --out failures/mine

exit status: 0 shrunk, 2 misuse, or nothing goes wrong in that run
"""


def register(commands: Any) -> None:
    """Add `shrink` to the commands of `streambus sim`."""
    parser = commands.add_parser(
        "shrink", help="cut a failing run down to what matters", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenario", help="a file with one run (a TAPE), or a scenario together with --seed")
    parser.add_argument("--seed", type=int, help="which run of a scenario", metavar="N")
    parser.add_argument("--seconds", type=float, default=60.0, help="give up and keep the smallest so far (default: 60)", metavar="S")
    parser.add_argument("--any", action="store_true", help="accept any violation, not only the same one")
    parser.add_argument("--out", type=Path, help="folder for what is left (default: failures/NAME-SEED)", metavar="FOLDER")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=shrink_command)


def shrink_command(arguments: argparse.Namespace) -> int:
    """`streambus sim shrink`."""
    try:
        name, tape = _tape(arguments)
        progress = None if arguments.json or not sys.stderr.isatty() else _show
        shrunk = shrink(tape, seconds=arguments.seconds, any_violation=arguments.any, progress=progress)
    except (NoScenario, NothingToShrink) as error:
        raise Misuse(str(error)) from error
    folder = arguments.out or Path("failures") / f"{name}-{tape.schedule.seed}"
    file = failure_of(shrunk.outcome).write(folder)
    print(json.dumps(_to_json(shrunk, file)) if arguments.json else _words(tape, shrunk, file))
    return 0


def _tape(arguments: argparse.Namespace) -> tuple[str, Tape]:
    name, found = find_playable(arguments.scenario)
    if isinstance(found, Scenario):
        if arguments.seed is None:
            raise Misuse(f"{arguments.scenario} is a scenario: say which of its runs with --seed")
        return name, drawn_tape(found, arguments.seed)
    return name, found


def _show(shrinker: Shrinker) -> None:
    tape = shrinker.tape
    words = f"{len(tape.faults)} faults, {len(tape.chores)} operations, {shrinker.plays} runs tried"
    print(f"\r\x1b[K  {words} …", end="", file=sys.stderr, flush=True)


def _words(before: Tape, shrunk: Shrunk, file: Path) -> str:
    after = shrunk.tape
    end = "nothing more can be taken away" if shrunk.minimal else "time was up"
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    return (
        f"{clear}{len(before.faults)} faults and {len(before.chores)} operations shrunk to {len(after.faults)} and {len(after.chores)} "
        f"in {shrunk.seconds:.1f} s and {shrunk.plays} runs; {end}\n"
        f"  {shrunk.outcome.violations[0]}\n"
        f"again:    streambus sim run {file}\nexplain:  streambus sim explain {file}"
    )


def _to_json(shrunk: Shrunk, file: Path) -> dict[str, Any]:
    return {
        "file": str(file),
        "violations": list(shrunk.outcome.violations),
        "faults": len(shrunk.tape.faults),
        "operations": len(shrunk.tape.chores),
        "runs": shrunk.plays,
        "seconds": round(shrunk.seconds, 3),
        "minimal": shrunk.minimal,
    }
