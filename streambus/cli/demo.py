"""`streambus demo`: see a broker survive being killed, and 50 simulated power cuts."""

import argparse
import secrets
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from streambus.cli.misuse import Misuse

EPILOG = """\
Starts a real broker on a fresh folder, writes a real data set to it with a stock client while the broker is killed with SIGKILL again and
again, reads everything back, plays the same story in the simulator with power cuts, and writes one HTML report about both.

exit status: 0 every promise was kept, 1 it was not, 2 misuse
"""


def register(subparsers: Any) -> None:
    """Add `demo` to the parser of `streambus`."""
    parser = subparsers.add_parser(
        "demo",
        help="see a broker survive being killed, and 50 simulated power cuts",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=14.0, help="how long the load lasts (default: 14)", metavar="S")
    parser.add_argument("--seeds", type=int, default=50, help="how many simulated runs (default: 50)", metavar="N")
    parser.add_argument("--seed", type=int, help="decides the moments of the kills (default: drawn)", metavar="N")
    parser.add_argument(
        "--report", type=Path, default=Path("reports/demo"), help="folder of the report (default: reports/demo)", metavar="DIR"
    )
    parser.set_defaults(run=demo)


def demo(arguments: argparse.Namespace) -> int:
    """Play the demo."""
    if find_spec("confluent_kafka") is None:
        raise Misuse("the demo drives the broker with a stock client: pip install confluent-kafka")
    if arguments.seconds <= 0 or arguments.seeds < 1:
        raise Misuse("--seconds and --seeds must be positive")
    from streambus.demo import play

    began = time.monotonic()
    seed = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    screen = _Screen()
    result = play(
        seconds=arguments.seconds, seeds=arguments.seeds, seed=seed, folder=arguments.report, say=screen.say, progress=screen.progress
    )
    screen.say("")
    screen.say(f"  real       {result.verified:,} of {result.acknowledged:,} acknowledged records verified after {result.kills} kills")
    screen.say(f"  simulated  {result.seeds_clean} of {result.seeds} seeds clean after {result.power_cuts} power cuts")
    screen.say(f"  verdict    {'every promise was kept' if result.held else 'PROMISES WERE BROKEN'} ({time.monotonic() - began:.0f} s)")
    for anomaly in result.anomalies[:10]:
        screen.say(f"             {anomaly}")
    screen.say(f"  report     {result.report}")
    return 0 if result.held else 1


class _Screen:
    """Sentences stay; below them, one line shows the state of the moment."""

    def __init__(self) -> None:
        self.is_terminal = sys.stdout.isatty()
        self.shown_at = 0.0

    def say(self, sentence: str) -> None:
        """Print a sentence."""
        print(("\r\x1b[K" if self.is_terminal else "") + sentence, flush=True)

    def progress(self, state: str) -> None:
        """Show the state of the moment; on a terminal ten times a second, elsewhere every five seconds."""
        now = time.monotonic()
        if now - self.shown_at < (0.1 if self.is_terminal else 5.0):
            return
        self.shown_at = now
        print(f"\r\x1b[K{state}" if self.is_terminal else state, end="" if self.is_terminal else "\n", flush=True)
