"""`streambus sim mutants`: plant bugs, and see whether the simulator finds them."""

import argparse
import json
import os
import sys
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any

from streambus.cli.misuse import Misuse
from streambus.sim import NoScenario, find_scenario
from streambus.sim.mutation import Capture, Finding, Mutant, NoCatalogue, Score, guided_hunt, hunt, read_catalogue
from streambus.sim.mutation.catalogue import FOLDER
from streambus.sim.swarm import local_engine

SEEDS_APART = 10_000
"""Between the first seeds of two hunts for one mutant."""

EPILOG = """\
A simulator that finds nothing is either watching a perfect system or blind. To tell which, bugs are planted, one at a time, and seeds are
played until a check objects. The checks know nothing of the bugs.

examples:
  streambus sim mutants                                every mutant of the catalogue, one hunt each
  streambus sim mutants --only forgets_producers       one of them
  streambus sim mutants --hunts 5 --out reports/mutants.md

exit status: 0 at least 95 % were found, 1 fewer, 2 misuse
"""

ENOUGH = 0.95


def register(commands: Any) -> None:
    """Add `mutants` to the commands of `streambus sim`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser("mutants", help="plant bugs, and see whether they are found", epilog=EPILOG, formatter_class=texts)
    parser.add_argument("--only", action="append", default=[], help="hunt only this one; may be given again", metavar="NAME")
    parser.add_argument("--hunts", type=int, default=1, help="hunts for each, with other seeds (default: 1)", metavar="N")
    parser.add_argument("--seeds", type=int, default=200, help="seeds until a hunt is given up (default: 200)", metavar="N")
    parser.add_argument("--scenario", default="random", help="the scenario they are drawn from (default: random)", metavar="NAME")
    parser.add_argument("--shrink", type=float, default=10.0, help="seconds to shrink a failing run, 0 for none (default: 10)", metavar="S")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)", metavar="N")
    parser.add_argument("--catalogue", type=Path, default=FOLDER, help=f"where the mutants are (default: {FOLDER})", metavar="FOLDER")
    parser.add_argument("--out", type=Path, help="write the table to FILE, as Markdown; and beside it as JSON", metavar="FILE")
    parser.add_argument("--guided", action="store_true", help="let the seeds of a hunt learn from each other (see sim search)")
    parser.add_argument("--list", action="store_true", help="only say what there is")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=mutants_command)


def mutants_command(arguments: argparse.Namespace) -> int:
    """`streambus sim mutants`."""
    try:
        catalogue = read_catalogue(arguments.catalogue)
        _, scenario = find_scenario(arguments.scenario)
    except (NoCatalogue, NoScenario) as error:
        raise Misuse(str(error)) from error
    unknown = [name for name in arguments.only if name not in catalogue]
    if unknown:
        raise Misuse(f"no mutant {unknown[0]!r}; there are: {', '.join(catalogue)}")
    mutants = [mutant for name, mutant in catalogue.items() if not arguments.only or name in arguments.only]
    if arguments.list:
        print("\n".join(f"{mutant.code:<5} {mutant.name:<44} {mutant.about}" for mutant in mutants))
        return 0
    score = Score(_hunted(arguments, mutants, scenario))
    if arguments.out is not None:
        arguments.out.write_text(score.to_markdown(), encoding="utf-8")
        arguments.out.with_suffix(".json").write_text(json.dumps(score.to_json(), indent=2) + "\n", encoding="utf-8")
    print(json.dumps(score.to_json()) if arguments.json else score.to_markdown(), end="" if not arguments.json else "\n")
    return 0 if score.found >= ENOUGH * len(mutants) else 1


def _hunted(arguments: argparse.Namespace, mutants: list[Mutant], scenario: Any) -> tuple[Finding, ...]:
    captures: dict[str, list[Capture]] = {mutant.name: [] for mutant in mutants}
    hunter = guided_hunt if arguments.guided else hunt
    with local_engine(arguments.jobs) as engine:
        hunts = [
            engine.submit(hunter, arguments.catalogue, mutant.name, scenario, 1 + number * SEEDS_APART, arguments.seeds, arguments.shrink)
            for mutant in mutants
            for number in range(arguments.hunts)
        ]
        for future in as_completed(hunts):
            capture = future.result()
            captures[capture.mutant].append(capture)
            if not arguments.json:
                found = (
                    f"seed {capture.seeds} of the hunt, {capture.cpu_seconds:.1f} s: {capture.check}" if capture.violation else "not found"
                )
                print(f"{capture.mutant:<44} {found}", file=sys.stderr, flush=True)
    return tuple([Finding(mutant, tuple(captures[mutant.name])) for mutant in mutants])


def _found(capture: Capture) -> str:
    return f"seed {capture.seeds} of the hunt, {capture.cpu_seconds:.1f} s: {capture.check}" if capture.violation else "not found"
