"""`streambus sim list`: which scenarios there are, and what each of them teaches."""

import argparse
import json
from pathlib import Path
from typing import Any

from streambus.cli.misuse import Misuse
from streambus.sim.library import FOLDER, all_scenarios

EPILOG = """\
examples:
  streambus sim list                    one line each
  streambus sim list --markdown         the gallery, as it is in docs/scenarios.md
"""

HEAD = """\
# Scenarios

A scenario is a kind of world; a seed makes one run of it. `streambus sim run NAME --seed N` plays one, `streambus sim swarm --scenario NAME
--seeds N` plays many. Each is a file in `scenarios/`, short enough to be read, and a good place to begin one's own.
"""


def register(commands: Any) -> None:
    """Add `list` to the commands of `streambus sim`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser("list", help="say which scenarios there are", epilog=EPILOG, formatter_class=texts)
    parser.add_argument("--folder", type=Path, default=Path(FOLDER), help=f"where they are (default: {FOLDER})", metavar="FOLDER")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print a page with all of each docstring")
    form.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=list_command)


def list_command(arguments: argparse.Namespace) -> int:
    """`streambus sim list`."""
    found = all_scenarios(arguments.folder)
    if not found:
        raise Misuse(f"no scenarios in {arguments.folder}: run it in the project's folder, or say where they are with --folder")
    if arguments.json:
        print(json.dumps(dict(found)))
    elif arguments.markdown:
        print(HEAD + "".join(_section(name, text) for name, text in found), end="")
    else:
        print("\n".join(f"{name:<30} {_headline(text)}" for name, text in found))
    return 0


def _headline(text: str) -> str:
    """The first line of a docstring, without the name that it begins with."""
    return text.split("\n", 1)[0].rstrip(".")


def _section(name: str, text: str) -> str:
    first, _, rest = text.partition("\n")
    return f"\n## `{name}`\n\n**{first.strip()}**\n{rest.rstrip()}\n"
