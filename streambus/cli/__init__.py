"""The command line: `streambus COMMAND`.

Every command is a module of this package with one function, `register(subparsers)`: it adds its parser, and sets `run` to a function
that takes the parsed arguments and returns the exit status. Only the module of the command that was asked for is imported, so that
starting a broker does not wait for the simulator.

Misuse is said in one line on stderr, with exit status 2 and no traceback; `Misuse` is how commands say so.
"""

import argparse
import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from streambus import __version__
from streambus.cli.misuse import Misuse

COMMANDS = {
    "serve": "run a broker",
    "topics": "see, make, change and delete topics",
    "produce": "write records from stdin or files",
    "consume": "read records",
    "configs": "see and change what topics, brokers and groups are told",
    "sim": "run, search and replay simulated clusters",
    "storage": "look into data folders, check them, and put them in order",
    "check": "judge a history of what clients saw",
    "chaos": "attack a real broker through stock clients",
    "demo": "see a broker survive being killed, and 50 simulated power cuts",
}
"""Name and purpose of every command. The module has the command's name."""

EPILOG = """\
examples:
  streambus serve                                   a broker on 127.0.0.1:9092, its data in ./streambus-data
  streambus serve --listen 127.0.0.1:0 --data /tmp/try   any free port, another folder
  streambus serve --help                            all that a broker can be told
  streambus topics create orders --partitions 6     on any broker that speaks Kafka's protocol: -b HOST:PORT
  echo hello | streambus produce orders             a record
  streambus consume orders                          all records
  streambus sim run scenarios/power_cuts --seed 7   one simulated run, the same every time
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message} (see {self.prog} --help)", file=sys.stderr)
        sys.exit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line `arguments` (default: this process's); return the exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = _Parser(
        prog="streambus",
        description="StreamBus: an event-streaming broker that speaks the Kafka protocol, made of pure state machines.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"streambus {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    asked = next((word for word in given if not word.startswith("-")), None)
    for name, purpose in COMMANDS.items():
        if name == asked:
            _import(f"streambus.cli.{name}").register(subparsers)
        else:
            subparsers.add_parser(name, help=purpose)
    options = parser.parse_args(given)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        return int(options.run(options))
    except Misuse as misuse:
        print(f"streambus {options.command}: {misuse}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _import(name: str) -> Any:
    """The module `name`. What modules are made of stays until the end: looking through it for garbage is a tenth of the time to start."""
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()


__all__ = ["COMMANDS", "Misuse", "main"]
