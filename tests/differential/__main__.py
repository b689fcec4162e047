"""`python -m tests.differential`: hunt for differences between StreamBus and Kafka, or write down those that are known."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from .grammar import REQUESTS, script, spoken_by_both
from .known import KNOWN
from .play import Finding, Stage, Symptom
from .script import Script, told
from .shrink import shrunk
from .sides import Address, KafkaProcess, Side, StreamBusProcess, address_of


def main() -> int:
    """Exit status 1 if anything differs that is not known."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many scripts")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1, help="how many scripts at the same time, each with a pair of brokers")
    parser.add_argument("--only", action="append", default=[], metavar="API", help="ask mostly this (may be given more than once)")
    parser.add_argument("--kafka", metavar="HOST:PORT", help="a Kafka that runs already and is nobody's treasure")
    parser.add_argument("--streambus", metavar="HOST:PORT", help="a StreamBus that runs already")
    parser.add_argument("--findings", type=int, default=1000, help="stop after so many different ones")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after that time")
    parser.add_argument("--render", action="store_true", help="write docs/differences.md, and do nothing else")
    options = parser.parse_args()
    if options.render:
        from .render import DOCUMENT, rendered

        DOCUMENT.write_text(rendered())
        return 0
    unknown = [api for api in options.only if api not in REQUESTS]
    if unknown:
        parser.error(f"no such API: {unknown[0]}; there are {', '.join(REQUESTS)}")
    if options.jobs == 1:
        return hunt(options, 0)
    with ProcessPoolExecutor(options.jobs) as pool:
        return max(pool.map(hunt, [options] * options.jobs, range(options.jobs)))


@contextlib.contextmanager
def pair(kafka: str | None, streambus: str | None, run: str = "") -> Iterator[Stage]:
    """Both brokers, fresh unless they run already."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="differential-", ignore_cleanup_errors=True)))
        kafka_address: Address
        if kafka is None:
            process = KafkaProcess(folder / "kafka")
            stack.callback(process.stop)
            kafka_address = ("127.0.0.1", process.port)
        else:
            kafka_address = address_of(kafka)
        one = Side("Kafka", kafka_address, lags=True)
        stack.callback(one.close)
        if streambus is None:
            folder.joinpath("streambus").mkdir()
            broker = StreamBusProcess(folder / "streambus")
            stack.callback(broker.stop)
            other = Side("StreamBus", address_of(broker.address), lags=False)
            other.broker = broker
        else:
            other = Side("StreamBus", address_of(streambus), lags=False)
            stack.callback(other.close)
        yield Stage(one, other, run=run)


def hunt(options: argparse.Namespace, job: int) -> int:
    """Play every script of a job, and report what differs."""
    found: dict[Symptom, int] = {}
    began = time.monotonic()
    with pair(options.kafka, options.streambus, run=f"{os.getpid() % 100000:05d}") as stage:
        versions = spoken_by_both(stage.kafka.apis, stage.streambus.apis)
        if job == 0:
            missing = [api for api in REQUESTS if api not in versions]
            print(f"{len(versions)} APIs; not on both sides: {', '.join(missing) or 'none'}", flush=True)
        for seed in range(options.first + job, options.first + options.seeds, options.jobs):
            whole = script(seed, versions, options.only)
            while (finding := stage.play(whole, found)) is not None:
                report(stage, seed, whole, finding, found)
                for symptom in finding.symptoms:
                    found[symptom] = found.get(symptom, 0) + 1
            if stage.tally.scripts % 50 == 0:
                print(f"  ... {stage.tally.scripts} scripts, {stage.tally.requests.total()} requests, {len(found)} findings", flush=True)
            if len(found) >= options.findings or time.monotonic() - began > options.minutes * 60:
                break
        summary(stage, found, complete=len(found) == 0)
    return 1 if found else 0


def report(stage: Stage, seed: int, whole: Script, finding: Finding, reported: Collection[Symptom]) -> None:
    """Shrink a script that shows a difference, and print it."""

    def shows(candidate: Script) -> bool:
        again = stage.play(candidate, reported)
        return again is not None and bool(again.symptoms & finding.symptoms)

    smallest = whole[: finding.at + 1]
    if not shows(smallest):
        print(f"seed {seed}: seen once, and not again:\n{finding}\n", flush=True)
        return
    smallest = shrunk(smallest, shows)
    last = stage.play(smallest, reported)
    print(f"seed {seed}: {last or finding}\n{told(smallest)}\n", flush=True)


def summary(stage: Stage, found: dict[Symptom, int], *, complete: bool) -> None:
    """What was asked, what is known, and what is known but was not seen."""
    tally = stage.tally
    print(f"\n{tally.scripts} scripts, {tally.requests.total()} requests:")
    print("  " + ", ".join(f"{api} {count}" for api, count in sorted(tally.requests.items(), key=lambda item: -item[1])))
    for api, field, kafka, streambus in found:
        print(f"  differs: {api} {field}: {kafka} / {streambus}")
    _known(tally.known, enough=complete and tally.scripts >= 1000)


def _known(seen: Counter[str], *, enough: bool) -> None:
    for known in KNOWN:
        if seen[known.title]:
            print(f"  known   {seen[known.title]:4} times: {known.title}")
        elif enough:
            print(f"  known, but not seen any more: {known.title}")


if __name__ == "__main__":
    sys.exit(main())
