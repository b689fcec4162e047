"""`python -m benchmarks.hostile`."""

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs

from ..connections import raise_descriptors
from ..processes import BrokerProcess
from ..subjects import SUBJECTS, Running, Subject, running
from ..wire import connect, produce_frame
from .clients import PRODUCERS, Heard, behave
from .peers import KINDS, Fate, torment

TOPIC = "hostile"
FILLED_BYTES = 32 << 20
"""What those find who fetch everything."""

WARM_UP_SECONDS = 4.0
SETTLE_SECONDS = 3.0
WATCH_SECONDS = 0.1
GOAL = 2.0
_PROJECT = Path(__file__).resolve().parent.parent.parent
_PROCESSES = multiprocessing.get_context("spawn")


@attrs.frozen
class Phase:
    """What was heard and seen in one phase of one round."""

    acknowledged_p50: float
    acknowledged_p99: float
    delivered_p50: float
    delivered_p99: float
    records: int
    failures: list[str]
    resident_most_mb: float
    broker_cpu: float


@attrs.frozen
class Round:
    """A calm phase and a hostile one, and the broker's memory when the peers had left."""

    calm: Phase
    hostile: Phase
    peers_cpu: float
    resident_after_mb: float


@attrs.define
class Result:
    """All rounds of one subject."""

    subject: str
    resident_before_mb: float
    rounds: list[Round] = attrs.Factory(list)
    fates: dict[str, Fate] = attrs.Factory(dict)


class _Watch:
    """The most resident memory that a process had while somebody watched it."""

    def __init__(self, process: BrokerProcess) -> None:
        self._process = process
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.most_mb = 0.0

    def _look(self) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            self.most_mb = max(self.most_mb, self._process.resident_mb())

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


@contextmanager
def _helper(target: Any, *arguments: Any) -> Iterator[tuple[Connection, Any]]:
    """A process that takes a pipe as its last argument; it is ended with the context."""
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=target, args=(*arguments, theirs), daemon=True)
    process.start()
    try:
        yield ours, process
    finally:
        process.kill()
        process.join()


def _phase(broker: Running, clients: Connection, seconds: float) -> Phase:
    cpu, started = broker.process.cpu_seconds(), time.perf_counter()
    with _Watch(broker.process) as watch:
        clients.send(seconds)
        heard: Heard = clients.recv()
    cpu = (broker.process.cpu_seconds() - cpu) / (time.perf_counter() - started)
    broker.process.check()
    acknowledged, delivered = sorted(heard.acknowledged), sorted(heard.delivered)
    return Phase(
        _percentile(acknowledged, 50),
        _percentile(acknowledged, 99),
        _percentile(delivered, 50),
        _percentile(delivered, 99),
        len(acknowledged),
        heard.failures,
        watch.most_mb,
        cpu,
    )


def _percentile(ordered: Sequence[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else float("inf")


def _round(broker: Running, clients: Connection, seconds: float, names: list[str], fates: dict[str, Fate]) -> Round:
    calm = _phase(broker, clients, seconds)
    with _helper(torment, broker.port, TOPIC, names) as (peers, process):
        time.sleep(WARM_UP_SECONDS)
        cpu, started = _cpu_seconds(process.pid), time.perf_counter()
        hostile = _phase(broker, clients, seconds)
        cpu = (_cpu_seconds(process.pid) - cpu) / (time.perf_counter() - started)
        peers.send("enough")
        for name, fate in peers.recv().items():
            before = fates.setdefault(name, Fate())
            fates[name] = Fate(*(ours + theirs for ours, theirs in zip(attrs.astuple(before), attrs.astuple(fate), strict=True)))
    time.sleep(SETTLE_SECONDS)
    return Round(calm, hostile, cpu, broker.process.resident_mb())


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _fill(port: int) -> None:
    """Records for those who want everything."""
    value = bytes(500_000)
    request = produce_frame(TOPIC, 0, value)
    with connect(port) as connection:
        for _ in range(FILLED_BYTES // len(value)):
            connection.sendall(request)
            connection.recv(4096)


def measure(subject: Subject, options: argparse.Namespace, names: list[str]) -> Result:
    """All rounds of one subject."""
    with TemporaryDirectory(dir=options.disk) as folder, running(subject, options.cache, Path(folder)) as broker:
        broker.create_topic(TOPIC, PRODUCERS)
        _fill(broker.port)
        with _helper(behave, broker.port, TOPIC) as (clients, _):
            clients.send(WARM_UP_SECONDS)
            clients.recv()
            time.sleep(SETTLE_SECONDS)
            result = Result(subject.name, broker.process.resident_mb())
            for _ in range(options.rounds):
                result.rounds.append(_round(broker, clients, options.seconds, names, result.fates))
            clients.send(0)
    return result


# Telling -----------------------------------------------------------------------------------------------------------------


def tell(result: Result) -> str:
    """The tables of one subject."""
    lines = [f"{result.subject}: {len(result.rounds)} rounds, load {os.getloadavg()[0]:.1f}"]
    lines.append(f"  {'ms, median of the rounds':<26}{'calm':>9}{'hostile':>9}{'ratio':>8}{'  lowest – highest'}")
    for name, title in (
        ("acknowledged_p50", "acknowledged, p50"),
        ("acknowledged_p99", "acknowledged, p99"),
        ("delivered_p50", "delivered, p50"),
        ("delivered_p99", "delivered, p99"),
    ):
        calm, hostile = ([getattr(phase, name) for phase in phases] for phases in _phases(result))
        ratios = [theirs / ours for ours, theirs in zip(calm, hostile, strict=True)]
        verdict = f"  goal {GOAL:g}× {'reached' if statistics.median(ratios) <= GOAL else 'MISSED'}" if name.endswith("99") else ""
        lines.append(
            f"  {title:<26}{statistics.median(calm):>9.2f}{statistics.median(hostile):>9.2f}{statistics.median(ratios):>7.2f}×"
            f"  {min(ratios):.2f} – {max(ratios):.2f}{verdict}"
        )
    calm_cpu, hostile_cpu = (statistics.median(phase.broker_cpu for phase in phases) for phases in _phases(result))
    peers_cpu = statistics.median(each.peers_cpu for each in result.rounds)
    lines.append(f"  cores: broker {calm_cpu:.2f} calm, {hostile_cpu:.2f} hostile; peers {peers_cpu:.2f}")
    most, after = max(each.hostile.resident_most_mb for each in result.rounds), [each.resident_after_mb for each in result.rounds]
    back = ", ".join(f"{each:.0f}" for each in after)
    lines.append(f"  resident MB: {result.resident_before_mb:.0f} before, at most {most:.0f} during, {back} after each round")
    failures = [failure for each in result.rounds for phase in (each.calm, each.hostile) for failure in phase.failures]
    lines.append(f"  failures of those who behave: {len(failures)}{': ' + '; '.join(failures[:3]) if failures else ''}")
    lines.append(f"  {'peers':<28}{'number':>7}{'connected':>11}{'refused':>9}{'hung up on':>12}{'MB sent':>9}{'MB received':>13}")
    for name, fate in result.fates.items():
        lines.append(
            f"  {name:<28}{KINDS[name][1]:>7}{fate.connected:>11}{fate.refused:>9}{fate.hung_up:>12}"
            f"{fate.bytes_sent / 1e6:>9.1f}{fate.bytes_received / 1e6:>13.1f}"
        )
    return "\n".join(lines)


def _phases(result: Result) -> tuple[list[Phase], list[Phase]]:
    return [each.calm for each in result.rounds], [each.hostile for each in result.rounds]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 if somebody who behaves was failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile")
    parser.add_argument("--quick", action="store_true", help="two rounds of three seconds a phase")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="how long a phase is")
    parser.add_argument("--only", action="append", help="kinds of peers whose name begins so")
    parser.add_argument("--without", action="append", default=[], help="kinds of peers to leave out")
    parser.add_argument("--against", default="streambus", help="subjects, separated by commas")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--disk", type=Path, default=_PROJECT / ".cache" / "bench")
    parser.add_argument("--cache", type=Path, default=_PROJECT / ".cache")
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.seconds = options.seconds or (3.0 if options.quick else 10.0)
    options.disk.mkdir(parents=True, exist_ok=True)
    raise_descriptors()
    names = [name for name in KINDS if not options.only or any(name.startswith(word) for word in options.only)]
    names = [name for name in names if not any(name.startswith(word) for word in options.without)]
    results = []
    for subject in (each for each in SUBJECTS if each.name in options.against.split(",")):
        subject.provide(options.cache)
        results.append(measure(subject, options, names))
        print(tell(results[-1]) + "\n", flush=True)
    if options.json:
        options.json.write_text(json.dumps([attrs.asdict(result) for result in results], indent=1) + "\n")
    return int(any(phase.failures for result in results for each in result.rounds for phase in (each.calm, each.hostile)))


if __name__ == "__main__":
    sys.exit(main())
