"""`python -m benchmarks.storage`."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from ..machine import Machine, describe
from . import table
from .peers import versions
from .rounds import Result, chosen, run
from .work import Scale
from .works import WORKS

_PROJECT = Path(__file__).resolve().parent.parent.parent

_DESCRIPTION = """\
Measures the storage engine, without a broker, beside what the machine could do at best and beside RocksDB, in one run, and prints for
each comparison the value, the peer's, the ratio, and whether the goal is reached.
"""

_EXAMPLES = """\
examples:
  python -m benchmarks.storage                   everything, numbers to keep
  python -m benchmarks.storage --quick           everything, rough
  python -m benchmarks.storage append put        the works whose names begin with "append" and "put"
  python -m benchmarks.storage recover --rounds 9 --json results.json

works:
{works}

RocksDB takes part if rocksdict is installed (`pip install -e '.[bench]'`); without it the works of tables have no peer, and say so.
Nothing else should run meanwhile: measurements during which others used the processors are counted and named.
docs/benchmarks.md says how each number is made and how to read it.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; 0 when done, whatever the numbers say, 2 when the question made no sense."""
    asked = _parser().parse_args(arguments)
    if sys.platform != "linux":
        print("the benchmarks read /proc and send files with sendfile: they run on Linux only", file=sys.stderr)
        return 2
    try:
        works = chosen(WORKS, asked.work)
    except KeyError as unknown:
        print(f"no work is called {unknown}; there are: {', '.join(work.name for work in WORKS)}", file=sys.stderr)
        return 2
    scale = Scale.quick() if asked.quick else Scale.full()
    if asked.rounds is not None:
        scale = attrs.evolve(scale, rounds=asked.rounds)
    asked.disk.mkdir(parents=True, exist_ok=True)
    machine, peers = describe(asked.disk), versions()
    print(table.heading(machine, peers), flush=True)
    results = []
    try:
        for work in works:
            results.append(run(work, scale, asked.disk, _progress))
            _progress("")
            print("\n" + table.render(results[-1]), flush=True)
            if asked.json:
                _keep(asked.json, machine, peers, scale, results)
    except KeyboardInterrupt:
        print("\ninterrupted; nothing is left behind", file=sys.stderr)
        return 130
    print("\n" + table.notes())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.storage",
        description=_DESCRIPTION,
        epilog=_EXAMPLES.format(works="\n".join(f"  {work.name:<14}{work.title}" for work in WORKS)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("work", nargs="*", help="works whose name begins so (all, if none is named)")
    parser.add_argument("--quick", action="store_true", help="three small rounds instead of five large ones")
    parser.add_argument("--rounds", metavar="N", type=_positive, help="measured rounds of each work")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every round to FILE, after each work")
    default = _PROJECT / ".cache" / "bench"
    parser.add_argument("--disk", metavar="FOLDER", type=Path, default=default, help="where data is written (default: .cache/bench)")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _progress(text: str) -> None:
    """One line that replaces itself, for those who watch."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _keep(path: Path, machine: Machine, peers: Mapping[str, str], scale: Scale, results: Sequence[Result]) -> None:
    """Everything that was measured, for other programs."""
    document = {
        "machine": attrs.asdict(machine),
        "peers": dict(peers),
        "scale": attrs.asdict(scale),
        "works": {
            result.work.name: {
                "title": result.work.title,
                "figures": [attrs.asdict(figure) for figure in result.work.figures],
                "comparisons": [attrs.asdict(comparison) for comparison in result.work.comparisons],
                "found": result.found,
                "others_cpu": result.others_cpu,
                "left_out": result.left_out,
            }
            for result in results
        },
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
