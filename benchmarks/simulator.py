"""`python -m benchmarks.simulator`: how fast the simulator is, beside what it was.

Every round is a fresh process for each subject, in turn, so that what drifts on the machine drifts for both. Rates are per second of
processor time, which is what a core does in a second when nobody disturbs it. Two things are counted and never mixed up:

- **events** are steps of nodes: something was handed to a broker or a client, and its effects were noted, looked at and performed;
- **occurrences** are what the simulated world does between them: arrivals, disk completions, bursts, alarms, deeds of users and faults.

The baseline is any commit of this repository. Each subject plays the scenarios of its own folder, so the work changes where those do.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs

from .goals import AT_LEAST, Goal
from .samples import ratios, summary

_PROJECT = Path(__file__).resolve().parent.parent
_WORKER = Path(__file__).with_name("simulated_work.py")


@attrs.frozen
class Work:
    """A scenario, how many seeds make a round of it, and the rate that matters there."""

    scenario: str
    seeds: int
    metric: str
    goal: float


WORKS = (
    Work("random", 16, "events", 100_000),
    Work("crash_storm", 3, "events", 100_000),
    Work("flaky_network", 4, "events", 100_000),
    Work("power_cuts", 8, "events", 100_000),
    Work("small", 30, "runs", 20),
    Work("light", 2, "simulated_seconds", 200),
)
"""The goals: 100,000 events, 20 runs of a small cluster under every fault, 200 simulated seconds under light load, in each second."""

METRICS = {"events": "events/s", "occurrences": "occurrences/s", "runs": "runs/s", "simulated_seconds": "simulated s/s"}


@attrs.frozen
class Subject:
    """A StreamBus to be measured: a folder with its sources."""

    name: str
    folder: Path

    def measure(self, work: Work) -> dict[str, float | None]:
        """One round in a process of its own."""
        command = [sys.executable, "-P", str(_WORKER), work.scenario, str(work.seeds)]
        environment = {**os.environ, "PYTHONPATH": str(self.folder)}
        result = subprocess.run(command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, check=True)
        figures: dict[str, float | None] = json.loads(result.stdout)
        return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0 if every run was clean."""
    asked = _parser().parse_args(arguments)
    subjects = [Subject("now", _PROJECT)]
    if asked.baseline:
        subjects.append(Subject(asked.baseline, _extracted(asked.baseline)))
    works = [work for work in WORKS if not asked.only or work.scenario in asked.only]
    print(f"Python {sys.version.split()[0]}, {asked.rounds} rounds, medians (lowest – highest) per second of processor time\n")
    rounds: dict[str, dict[str, list[dict[str, float | None]]]] = {}
    for work in works:
        measured = rounds[work.scenario] = {subject.name: [] for subject in subjects}
        for number in range(asked.rounds):
            for subject in subjects[number % len(subjects) :] + subjects[: number % len(subjects)]:
                measured[subject.name].append(subject.measure(work))
        _print(work, measured)
    if asked.json:
        asked.json.write_text(json.dumps(rounds, indent=1))
    dirty = [name for name, by_subject in rounds.items() if any(figures["clean"] != figures["runs"] for figures in by_subject["now"])]
    if dirty:
        print(f"\nruns with violations: {', '.join(dirty)}")
    return 1 if dirty else 0


def _print(work: Work, measured: dict[str, list[dict[str, float | None]]]) -> None:
    goal = Goal(None, AT_LEAST, work.goal)
    print(work.scenario)
    for metric in dict.fromkeys((work.metric, "events", "occurrences", "runs", "simulated_seconds")):
        for name, figures in measured.items():
            rates = _rates(figures, metric)
            if not rates:
                print(f"  {METRICS[metric]:<15} {name:<10}          not counted")
                continue
            shown = summary(rates)
            line = f"  {METRICS[metric]:<15} {name:<10} {shown.median:>12,.1f}  ({shown.low:,.1f} – {shown.high:,.1f})"
            if name == "now":
                for other, theirs in measured.items():
                    if other != name and (before := _rates(theirs, metric)):
                        line += f"  {ratios(rates, before).median:.2f} of {other}"
                if metric == work.metric:
                    line += f"  goal {goal.relation} {work.goal:,.0f}: {'reached' if goal.is_met(shown.median) else 'missed'}"
            print(line, flush=True)


def _rates(rounds: Sequence[dict[str, float | None]], metric: str) -> list[float]:
    """Per second of processor time, of the rounds in which this was counted."""
    counted = [(figures[metric], figures["processor_seconds"]) for figures in rounds]
    return [count / seconds for count, seconds in counted if count is not None and seconds]


def _extracted(revision: str) -> Path:
    """The sources of `revision`, in the cache."""
    name = ["git", "rev-parse", "--verify", f"{revision}^{{commit}}"]
    commit = subprocess.run(name, cwd=_PROJECT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    folder = _PROJECT / ".cache" / "simulator" / commit
    if not folder.exists():
        making = folder.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        archive = subprocess.run(["git", "archive", commit], cwd=_PROJECT, stdout=subprocess.PIPE, check=True)
        subprocess.run(["tar", "x", "-C", str(making)], input=archive.stdout, check=True)
        making.rename(folder)
    return folder


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulator", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--baseline", metavar="COMMIT", help="measure that commit as well, side by side")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds of each work (default: 5)")
    parser.add_argument(
        "--only", action="append", metavar="WORK", choices=[work.scenario for work in WORKS], help="this work (again for more)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep every round")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
