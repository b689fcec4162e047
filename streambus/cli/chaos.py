"""`streambus chaos`: do everything bad to a real broker that can happen to one, and judge what its clients saw."""

import argparse
import json
import secrets
import signal
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from streambus.cli.misuse import Misuse

EPILOG = """\
examples:
  streambus chaos list                                 all nemeses, what they need, and whether this machine has it
  streambus chaos run                                  all that this machine can do, a minute in all
  streambus chaos run --nemesis sigkill --for 20       one of them
  streambus chaos run --for 1800 --out reports/long    half an hour
  streambus chaos lives --lives 200                    kill one broker two hundred times; read everything after each
"""

RUN_EPILOG = """\
Every nemesis has a broker of its own, its share of the time, stock producers and consumers, and a verdict; the report tells about all
of them. What this machine does not allow is left out, and named with the reason.

exit status: 0 every promise was kept, 1 it was not, 2 misuse
"""

LIVES_EPILOG = """\
Segments are so small that several a second are sealed and merged. Stock clients write, topics and records come and go, retention is
at work; the broker is killed at any moment, or right when a segment, a table or the manifest changes, and at times while it recovers.
After each death the folder is examined and everything is read.

exit status: 0 every promise was kept, 1 it was not, 2 misuse
"""

NEEDS_CLIENT = "the broker is driven with a stock client: pip install confluent-kafka"
SECONDS = 60.0
LIVES = 20


def register(subparsers: Any) -> None:
    """Add `chaos` with its commands to the parser of `streambus`."""
    texts = argparse.RawDescriptionHelpFormatter
    chaos = subparsers.add_parser(
        "chaos", help="attack a real broker through stock clients", description=__doc__, epilog=EPILOG, formatter_class=texts
    )
    commands = chaos.add_subparsers(dest="chaos_command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="let nemeses strike, and judge", epilog=RUN_EPILOG, formatter_class=texts)
    run.add_argument("--nemesis", action="append", nargs="+", default=[], help="which ones (default: all that can)", metavar="NAME")
    run.add_argument(
        "--for", dest="seconds", type=float, default=SECONDS, help=f"how long in all (default: {SECONDS:.0f})", metavar="SECONDS"
    )
    run.add_argument("--rate", type=float, help="records per second, all writers together", metavar="N")
    run.add_argument("--seed", type=int, help="decides what happens when, as far as a real machine lets it (default: drawn)", metavar="N")
    run.add_argument(
        "--out", type=Path, default=Path("reports/chaos"), help="folder of the report (default: reports/chaos)", metavar="FOLDER"
    )
    run.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    run.set_defaults(run=run_command)

    lives = commands.add_parser(
        "lives", help="kill one broker with tiny segments again and again", epilog=LIVES_EPILOG, formatter_class=texts
    )
    lives.add_argument("--lives", type=int, default=LIVES, help=f"how often it is killed under load (default: {LIVES})", metavar="N")
    lives.add_argument("--rate", type=float, help="records per second, all writers together", metavar="N")
    lives.add_argument("--seed", type=int, help="decides what happens when, as far as a real machine lets it (default: drawn)", metavar="N")
    lives.add_argument("--folder", type=Path, help="where the broker lives, to be looked at afterwards (default: one that is removed)")
    lives.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    lives.set_defaults(run=lives_command)

    survey = commands.add_parser("list", help="name the nemeses, and what keeps this machine from them")
    survey.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    survey.set_defaults(run=list_command)


def list_command(arguments: argparse.Namespace) -> int:
    """`streambus chaos list`."""
    from streambus.chaos import survey
    from streambus.chaos.nemeses import NEMESES
    from streambus.chaos.nemesis import summary

    can, cannot = survey()
    every = [*NEMESES, can[-1]]
    if arguments.json:
        rows = [
            {
                "name": nemesis.name,
                "does": summary(nemesis),
                "needs": [each.value for each in nemesis.equipment],
                "possible": nemesis.name not in cannot,
                "why_not": cannot.get(nemesis.name),
            }
            for nemesis in every
        ]
        print(json.dumps({"nemeses": rows}, indent=2))
        return 0
    for nemesis in every:
        print(f"{nemesis.name:15} {summary(nemesis)}")
        needs = "; ".join(each.value for each in nemesis.equipment)
        if needs and nemesis is not can[-1]:
            print(f"{'':15}   needs {needs}")
        if nemesis.name in cannot:
            print(f"{'':15}   not on this machine: {cannot[nemesis.name]}")
    return 0


def run_command(arguments: argparse.Namespace) -> int:
    """`streambus chaos run`."""
    if find_spec("confluent_kafka") is None:
        raise Misuse(NEEDS_CLIENT)
    if arguments.seconds <= 0 or (arguments.rate is not None and arguments.rate <= 0):
        raise Misuse("--for and --rate must be positive")
    from streambus.chaos import NAMES, RATE, play, survey

    wanted = [name for names in arguments.nemesis for name in names]
    for name in wanted:
        if name not in NAMES:
            raise Misuse(f"there is no nemesis {name!r} (there are: {', '.join(NAMES)})")
    can, cannot = survey()
    for name in wanted:
        if name in cannot:
            raise Misuse(f"{name} is not possible here: {cannot[name]}")
    seed = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    screen = _Screen(silent=arguments.json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends us so wants us to clean up as well
    screen.say(f"seed {seed}")
    for name, why in ({} if wanted else cannot).items():
        screen.say(f"  {name:15} left out: {why}")
    story = play(
        [nemesis for nemesis in can if not wanted or nemesis.name in wanted],
        left_out={} if wanted else cannot,
        seconds=arguments.seconds,
        seed=seed,
        folder=arguments.out,
        say=screen.say,
        progress=screen.progress,
        rate=RATE if arguments.rate is None else arguments.rate,
    )
    if arguments.json:
        print(json.dumps(story.to_json(), indent=2))
        return 0 if story.held else 1
    for told in story.rounds:
        for anomaly in told.anomalies[:10]:
            screen.say(f"  {told.nemesis:15} {anomaly}")
    screen.say(f"  verdict         {'every promise was kept' if story.held else 'PROMISES WERE BROKEN'} ({story.seconds:.0f} s)")
    screen.say(f"  report          {story.report}")
    return 0 if story.held else 1


def lives_command(arguments: argparse.Namespace) -> int:
    """`streambus chaos lives`."""
    if find_spec("confluent_kafka") is None:
        raise Misuse(NEEDS_CLIENT)
    if arguments.lives <= 0 or (arguments.rate is not None and arguments.rate <= 0):
        raise Misuse("--lives and --rate must be positive")
    if arguments.folder is not None and arguments.folder.exists() and any(arguments.folder.iterdir()):
        raise Misuse(f"{arguments.folder} is not empty")
    from streambus.chaos.lives import RATE, try_lives

    seed = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    screen = _Screen(silent=arguments.json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends us so wants us to clean up as well
    screen.say(f"seed {seed}")
    rate = RATE if arguments.rate is None else arguments.rate
    trial = try_lives(arguments.lives, seed=seed, say=screen.say, rate=rate, folder=arguments.folder)
    if arguments.json:
        print(json.dumps(trial.to_json(), indent=2))
        return 0 if trial.held else 1
    for violation in trial.violations[:10]:
        screen.say(f"  {violation}")
    screen.say(f"  verdict         {'every promise was kept' if trial.held else 'PROMISES WERE BROKEN'} ({trial.seconds:.0f} s)")
    return 0 if trial.held else 1


class _Screen:
    """Sentences stay; below them, on a terminal, one line shows the state of the moment."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent
        self.is_terminal = sys.stdout.isatty()
        self.shown_at = 0.0

    def say(self, sentence: str) -> None:
        """Print a sentence."""
        if not self.silent:
            print(("\r\x1b[K" if self.is_terminal else "") + sentence, flush=True)

    def progress(self, state: str) -> None:
        """Show the state of the moment."""
        if self.silent or not self.is_terminal or time.monotonic() - self.shown_at < 0.2:
            return
        self.shown_at = time.monotonic()
        print(f"\r\x1b[K{state}", end="", flush=True)
