"""`python -m benchmarks`."""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import attrs

from . import rounds, table
from .machine import Machine, describe
from .subjects import SUBJECTS, Absent, Subject
from .works import WORKS, Scale, Work

_PROJECT = Path(__file__).resolve().parent.parent

_DESCRIPTION = """\
Measures StreamBus side by side with what the machine could do at best and with other brokers, in one run, and prints a table
of medians, spreads and ratios. Everything happens on the loopback interface of this machine; brokers are started on fresh folders
and ended again. Peers are fetched once into .cache/ (Kafka needs java and mvn; Tansu needs pip); who is missing is said, with the reason.
"""

_EXAMPLES = """\
examples:
  python -m benchmarks                          everything, numbers to keep (about 20 minutes)
  python -m benchmarks --quick                  everything, rough (about 5 minutes)
  python -m benchmarks --only produce           the works whose name begins with "produce"
  python -m benchmarks --only loop-1 --against streambus,kafka-sync --rounds 9
  python -m benchmarks --json results.json      keep every round

{names}

Nothing else should run meanwhile: rounds in which others used the processors are counted and named.
docs/benchmarks.md says how each number is made and how to read it.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; 0 when everyone finished, 1 when someone failed, 2 when the question made no sense."""
    asked = _parser().parse_args(arguments)
    if sys.platform != "linux":
        print("the benchmarks watch brokers through /proc and drive them with epoll: they run on Linux only", file=sys.stderr)
        return 2
    works = _chosen(WORKS, asked.only, "work")
    subjects = _chosen(SUBJECTS, asked.against, "subject")
    scale = Scale.quick() if asked.quick else Scale.full()
    if asked.rounds is not None:
        scale = attrs.evolve(scale, rounds=asked.rounds)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _compare(works, subjects, scale, asked)
    except KeyboardInterrupt:
        print("\ninterrupted; every broker is ended", file=sys.stderr)
        return 130


def _compare(works: Sequence[Work], subjects: Sequence[Subject], scale: Scale, asked: argparse.Namespace) -> int:
    asked.disk.mkdir(parents=True, exist_ok=True)
    machine = describe(asked.disk)
    versions, left_out = _provide(subjects, asked.cache)
    print(table.heading(machine, versions, left_out), flush=True)
    present = [subject for subject in subjects if subject.name in versions]
    results = []
    for work in works:
        result = rounds.run(work, present, scale, asked.cache, asked.disk, _progress)
        _progress("")
        print(
            "\n" + table.render(result, {rounds.LIMIT: work.limit_title, **{subject.name: subject.title for subject in present}}),
            flush=True,
        )
        results.append(result)
        if asked.json:
            _keep(asked.json, machine, versions, left_out, scale, results)
    print("\n" + table.notes())
    return 1 if any(result.failures for result in results) else 0


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    names = "works:     " + ", ".join(work.name for work in WORKS) + "\nsubjects:  " + ", ".join(subject.name for subject in SUBJECTS)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=_DESCRIPTION,
        epilog=_EXAMPLES.format(names=names),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="three short rounds instead of five long ones")
    parser.add_argument("--only", metavar="NAME", action="append", help="works whose name begins so (again for more)")
    parser.add_argument(
        "--against", metavar="NAMES", action="append", help="subjects whose name begins so, separated by commas; the limit always runs"
    )
    parser.add_argument("--rounds", metavar="N", type=_positive, help="measured rounds of each work")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every round to FILE, after each work")
    parser.add_argument(
        "--disk", metavar="FOLDER", type=Path, default=_PROJECT / ".cache" / "bench", help="where data is written (default: .cache/bench)"
    )
    parser.add_argument("--cache", metavar="FOLDER", type=Path, default=_PROJECT / ".cache", help="where peers are kept (default: .cache)")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_N = TypeVar("_N", bound=_Named)


def _chosen(every: Sequence[_N], asked: Sequence[str] | None, kind: str) -> list[_N]:
    """Those whose name is, or else begins with, one of the comma-separated words; ends the program (2) for a word that fits none."""
    if asked is None:
        return list(every)
    chosen: list[_N] = []
    for word in (word.strip() for words in asked for word in words.split(",")):
        found = [one for one in every if one.name == word] or [one for one in every if word and one.name.startswith(word)]
        if not found:
            print(f"no {kind} is called {word!r}; there are: {', '.join(one.name for one in every)}", file=sys.stderr)
            sys.exit(2)
        chosen += [one for one in found if one not in chosen]
    return chosen


def _provide(subjects: Sequence[Subject], cache: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Versions of those who can take part, and why the others cannot."""
    versions, left_out = {}, {}
    for subject in subjects:
        try:
            versions[subject.name] = subject.provide(cache)
        except Absent as absence:
            left_out[subject.name] = str(absence)
    return versions, left_out


def _progress(text: str) -> None:
    """One line that replaces itself, for those who watch."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _keep(
    path: Path, machine: Machine, versions: dict[str, str], left_out: dict[str, str], scale: Scale, results: Sequence[rounds.Result]
) -> None:
    """Everything that was measured, for other programs."""
    document = {
        "machine": attrs.asdict(machine),
        "scale": attrs.asdict(scale),
        "versions": versions,
        "left_out": left_out,
        "works": {
            result.work.name: {
                "title": result.work.title,
                "metrics": [attrs.asdict(metric) for metric in result.work.metrics],
                "rounds": {name: [attrs.asdict(measured) for measured in kept] for name, kept in result.rounds.items()},
                "failures": result.failures,
            }
            for result in results
        },
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
