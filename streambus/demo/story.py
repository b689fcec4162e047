"""The story of the demo, from an empty folder to a report."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from platform import python_version
from typing import Any

import attrs

from streambus import checkers
from streambus.chaos.broker_process import BrokerProcess
from streambus.demo.chaos import Chaos
from streambus.demo.characters import characters
from streambus.demo.topic import CODECS, PARTITIONS
from streambus.kernel import MILLISECOND, SECOND
from streambus.reporting import Run, SubRun, write_report
from streambus.sim import FaultMix, Load, Outcome, Scenario, run

SIMULATED_STORY = Scenario(
    "five idempotent writers with codecs of their own, six partitions, and the power fails every other second",
    duration=6 * SECOND,
    load=Load(partitions=PARTITIONS, writers=len(CODECS), readers=1, codec=None, burst_records=16, pause=100 * MILLISECOND),
    faults=FaultMix(power_cut_every=2 * SECOND, down_max=SECOND),
)

Say = Callable[[str], None]


@attrs.frozen
class DemoResult:
    """What came of it."""

    report: Path
    acknowledged: int
    verified: int
    kills: int
    power_cuts: int
    seeds_clean: int
    seeds: int
    anomalies: tuple[str, ...]

    @property
    def held(self) -> bool:
        """Whether every promise was kept, in both worlds."""
        return not self.anomalies and self.verified == self.acknowledged > 0 and self.seeds_clean == self.seeds


@attrs.frozen
class _RealPart:
    history: checkers.History
    verdict: checkers.Verdict
    acknowledged: int
    verified: int
    kills: int
    missing: tuple[str, ...]


def play(*, seconds: float, seeds: int, seed: int, folder: Path, say: Say, progress: Say) -> DemoResult:
    """Play both parts and write the report into `folder`. `say` gets sentences to keep, `progress` the state of the moment."""
    real = _play_real(seconds, seed, say, progress)
    outcomes = list(_play_simulated(seeds, say, progress))
    power_cuts = sum(len(outcome.history.faults) for outcome in outcomes)
    report = write_report(_run(real, outcomes, seconds), folder)
    anomalies = (
        *real.missing,
        *(f"real: {anomaly.kind.value}: {anomaly.witness}" for anomaly in real.verdict.anomalies),
        *(f"seed {outcome.seed}: {violation}" for outcome in outcomes for violation in outcome.violations),
    )
    clean = sum(outcome.is_clean for outcome in outcomes)
    return DemoResult(report, real.acknowledged, real.verified, real.kills, power_cuts, clean, seeds, anomalies)


def _play_real(seconds: float, seed: int, say: Say, progress: Say) -> _RealPart:
    # Imported here: a stock client is needed to run the demo, not to read its help.
    from streambus.demo.clients import Writers, create_topic, read_back

    records = list(characters())
    history = checkers.History()
    with tempfile.TemporaryDirectory(prefix="streambus-demo-") as scratch:
        broker = BrokerProcess(Path(scratch) / "data")
        broker.start()
        try:
            create_topic(broker.address)
            say(f"A real broker serves on {broker.address}.")
            say(f"Stock producers write {len(records):,} characters of Unicode to {PARTITIONS} partitions ({', '.join(CODECS)}).")
            writers, chaos = Writers(broker.address, history), Chaos(broker, history, seed)
            chaos.start()

            def tick() -> None:
                progress(f"  {len(writers.acknowledged):>6,} of {len(records):,} acknowledged, killed {chaos.kills} times")

            writers.write(records, seconds, len(records), tick)
            chaos.stop()
            say(f"The broker was killed {chaos.kills} times with SIGKILL; {len(writers.acknowledged):,} records are acknowledged.")
            broker.kill()
            broker.start()
            found = read_back(broker.address, history, lambda: progress("  reading everything back"))
        finally:
            broker.kill()
    missing = tuple(
        f"acknowledged at {partition}/{offset} but not read there: {record[0].decode()}"
        for (partition, offset), record in writers.acknowledged.items()
        if found.get((partition, offset)) != record
    )
    verified = len(writers.acknowledged) - len(missing)
    say(f"{verified:,} of {len(writers.acknowledged):,} acknowledged records are at their offsets, byte for byte.")
    if writers.unanswered:
        missing = (*missing, f"{writers.unanswered} records were never answered")
    verdict = checkers.check(history, checkers.DURABLE_LOG)
    return _RealPart(history, verdict, len(writers.acknowledged), verified, chaos.kills, missing)


def _play_simulated(seeds: int, say: Say, progress: Say) -> Iterator[Outcome]:
    say(f"The same story in the simulator, with power cuts, over {seeds} seeds.")
    began = time.monotonic()
    events = 0
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=get_context("spawn")) as pool:
        for done, outcome in enumerate(pool.map(partial(run, SIMULATED_STORY, name="demo"), range(1, seeds + 1)), start=1):
            events += outcome.events
            progress(f"  {done} of {seeds} seeds, {events:,} events")
            yield outcome
    say(f"{events:,} simulated events in {time.monotonic() - began:.0f} s.")


def _run(real: _RealPart, outcomes: list[Outcome], seconds: float) -> Run:
    return Run(
        title="A broker killed under load",
        contract=checkers.DURABLE_LOG,
        when=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        world="real",
        history=real.history,
        verdict=real.verdict,
        seeds=tuple(outcome.seed for outcome in outcomes),
        summary=(
            "Five stock producers, one for each codec, wrote the named characters of Unicode to six partitions while the broker was "
            f"killed with SIGKILL {real.kills} times. Afterwards a stock consumer read everything back. The same story was then played "
            f"in the simulator, with power cuts that lose everything unsynced, over {len(outcomes)} seeds."
        ),
        facts={"records acknowledged": real.acknowledged, "records verified byte for byte": real.verified, "kills": real.kills},
        configuration={"seconds of load": seconds, "partitions": PARTITIONS, "codecs": ", ".join(CODECS), "Python": python_version()},
        violations=real.missing,
        sub_runs=tuple(SubRun(f"seed {outcome.seed}", outcome.verdict, _facts_of(outcome), _unjudged(outcome)) for outcome in outcomes),
    )


def _unjudged(outcome: Outcome) -> tuple[str, ...]:
    """What only the simulator can see: a broken invariant, no rest. The verdict tells the rest."""
    return outcome.violations if outcome.verdict.valid else ()


def _facts_of(outcome: Outcome) -> dict[str, Any]:
    return {
        "events": outcome.events,
        "power cuts": len(outcome.history.faults),
        "simulated seconds": round(outcome.simulated_microseconds / SECOND, 1),
        "trace": outcome.trace_hash[:12],
    }
