"""`streambus sim explain`: why a run went wrong, in words and as a picture."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import attrs

from streambus.cli.misuse import Misuse
from streambus.reporting import write_explanation
from streambus.sim import Branch, NoScenario, NothingToShrink, Scenario, Tape, drawn_tape, find_playable, shrink
from streambus.sim.explain import Explanation, NothingToExplain, explain
from streambus.sim.failure import SCENARIO
from streambus.sim.source import scenario_source

SMALL_FAULTS, SMALL_CHORES = 4, 20
"""A run with no more of either is small enough to be explained as it is."""

EPILOG = """\
The run is played once more while everything is written down. From what went wrong its causes are followed backwards, and what matters
among them is told forwards. Then runs that differ in one decision are played: the nearest that passes shows what the failure hangs on.
All of it is drawn into one page, explain.html: lanes, messages, disk operations, crashes.

examples:
  streambus sim explain failures/random-4711                 a failure that was kept
  streambus sim explain random --seed 4711                   a run of a scenario, cut down to what matters first
  streambus sim explain calm_sea --seed 1 --anyway           a run in which nothing goes wrong
  streambus sim explain failures/random-4711 --without 1     what if the first fault had not happened?

exit status: 0 explained, 2 misuse, or nothing goes wrong in that run
"""


def register(commands: Any) -> None:
    """Add `explain` to the commands of `streambus sim`."""
    parser = commands.add_parser(
        "explain", help="say why a run went wrong, and draw it", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("failure", help="a folder of a failure, a file with one run (a TAPE), or a scenario together with --seed")
    parser.add_argument("--seed", type=int, help="which run of a scenario", metavar="N")
    parser.add_argument(
        "--out", type=Path, help="folder for explain.html (default: the failure's, or failures/NAME-SEED)", metavar="FOLDER"
    )
    parser.add_argument("--shrink", type=float, help="make it smaller first, for so long; 0 for not (default: 60)", metavar="SECONDS")
    parser.add_argument("--anyway", action="store_true", help="also if nothing goes wrong")
    parser.add_argument("--without", type=int, help="what if fault number N had not happened? Not shrunk", metavar="N")
    parser.add_argument("--with-luck", type=int, help="what if chance had been otherwise from the first fault on? Not shrunk", metavar="S")
    parser.add_argument("--text", action="store_true", help="print the story, draw nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=explain_command)


def explain_command(arguments: argparse.Namespace) -> int:
    """`streambus sim explain`."""
    try:
        name, folder, tape = _found(arguments)
        varied = _varied(arguments, tape)
        is_what_if = varied != tape
        tape = varied if is_what_if else _small(arguments, tape)
        explanation = explain(tape, title=_title(name, arguments), anyway=arguments.anyway or is_what_if)
    except (NoScenario, NothingToShrink, NothingToExplain) as error:
        hint = "; --anyway explains it all the same" if isinstance(error, NothingToShrink | NothingToExplain) else ""
        raise Misuse(f"{error}{hint}") from error
    page = None if arguments.text else _draw(explanation, folder, name)
    print(json.dumps(_to_json(explanation, page)) if arguments.json else _words(explanation, page))
    return 0


def _found(arguments: argparse.Namespace) -> tuple[str, Path, Tape]:
    """The name of the run, where its page goes, and its tape."""
    path = Path(arguments.failure)
    file = path / SCENARIO if path.is_dir() else path
    name, found = find_playable(str(file))
    name = path.resolve().name if path.is_dir() else name
    if isinstance(found, Scenario):
        if arguments.seed is None:
            raise Misuse(f"{arguments.failure} is a scenario: say which of its runs with --seed")
        tape = drawn_tape(found, arguments.seed)
        return f"{name}-{arguments.seed}", arguments.out or Path("failures") / f"{name}-{arguments.seed}", tape
    if arguments.seed is not None:
        raise Misuse(f"{arguments.failure} holds one run, a TAPE: it takes no seed")
    return name, arguments.out or (file.parent if file.is_file() else Path("failures") / name), found


def _varied(arguments: argparse.Namespace, tape: Tape) -> Tape:
    """What the what-ifs make of it."""
    if arguments.without is not None:
        if not 1 <= arguments.without <= len(tape.faults):
            raise Misuse(f"--without {arguments.without}: the run has {len(tape.faults)} faults, numbered from 1")
        at = arguments.without - 1
        tape = attrs.evolve(tape, faults=tape.faults[:at] + tape.faults[at + 1 :])
    if arguments.with_luck is not None:
        branch = Branch(min([planned.at for planned in tape.faults], default=0), arguments.with_luck)
        tape = attrs.evolve(tape, schedule=attrs.evolve(tape.schedule, branches=(*tape.schedule.branches, branch)))
    return tape


def _small(arguments: argparse.Namespace, tape: Tape) -> Tape:
    """The run, made smaller if that is asked for, or if it is large."""
    is_small = len(tape.faults) <= SMALL_FAULTS and len(tape.chores) <= SMALL_CHORES
    seconds = arguments.shrink if arguments.shrink is not None else 0.0 if is_small else 60.0
    if not seconds:
        return tape
    try:
        return shrink(tape, seconds=seconds).tape
    except NothingToShrink:
        if arguments.anyway:
            return tape
        raise


def _title(name: str, arguments: argparse.Namespace) -> str:
    without = f", without fault {arguments.without}" if arguments.without is not None else ""
    luck = f", with luck {arguments.with_luck}" if arguments.with_luck is not None else ""
    return f"{name}{without}{luck}"


def _draw(explanation: Explanation, folder: Path, name: str) -> Path:
    """Write the page, and the run beside it if it is not there."""
    scenario = folder / SCENARIO
    about = f"{name}: the run that is explained in explain.html."
    source = scenario_source(explanation.tape, f"{about}\n\nstreambus sim run {scenario}")
    try:
        page = write_explanation(explanation, folder, command=f"streambus sim run {scenario}", scenario=source)
        if not scenario.exists():
            scenario.write_text(source, encoding="utf-8")
    except OSError as error:
        raise Misuse(f"{folder}: {error.strerror}") from error
    return page


# Words -----------------------------------------------------------------------------------------------------------------


def _to_json(explanation: Explanation, page: Path | None) -> dict[str, Any]:
    return {**explanation.to_json(), "page": None if page is None else str(page)}


def _words(explanation: Explanation, page: Path | None) -> str:
    tape = explanation.tape
    size = f"{len(tape.faults)} faults, {len(tape.chores)} client operations, {explanation.recording.outcome.events:,} steps"
    ending = [] if explanation.violations else ["", "Nothing goes wrong."]
    drawn = [] if page is None else ["", f"drawn in {page}"]
    is_tty = sys.stdout.isatty()
    title = f"\x1b[1m{explanation.title}\x1b[0m" if is_tty else explanation.title
    return "\n".join([f"{title}: {size}", "", *explanation.lines(), *ending, *drawn])
