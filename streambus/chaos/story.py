"""The story: nemesis after nemesis, and one report about all of them."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from platform import python_version
from typing import Any

import attrs

from streambus.chaos.guardian import Guardian
from streambus.chaos.nemesis import Nemesis
from streambus.chaos.round import Judged, Round, play_round
from streambus.chaos.topics import CONTRACTS, EXACT
from streambus.chaos.writers import kinds
from streambus.checkers import History, check
from streambus.reporting import Run, SubRun, write_report

SUMMARY = (
    "Stock producers of five kinds wrote to a real broker through a proxy, and stock consumers followed, while a nemesis did to the "
    "broker, its disk, its clock or its network what the shaded stretches name. Then everything was healed, every record under way had to "
    "be answered, the broker was killed once more, and a new consumer read every record from start to end. The verdict is about the "
    "topics of idempotent producers and of such as never send anything twice; what is promised to the others is judged in a row of its own."
)

Say = Callable[[str], None]

RATE = 400.0
"""Records per second, all writers together: enough to have something under way at any moment, and a history that can still be looked at."""


@attrs.frozen
class Story:
    """What came of it. `left_out` are nemeses that the machine does not allow, and why."""

    report: Path
    rounds: tuple[Round, ...]
    left_out: Mapping[str, str]
    seconds: float
    seed: int

    @property
    def held(self) -> bool:
        """Whether every promise was kept in every round."""
        return bool(self.rounds) and all(each.held for each in self.rounds)

    def to_json(self) -> dict[str, Any]:
        """It as JSON."""
        return {
            "held": self.held,
            "seed": self.seed,
            "seconds": self.seconds,
            "report": str(self.report),
            "left_out": dict(self.left_out),
            "rounds": [
                {"nemesis": each.nemesis, "held": each.held, "anomalies": list(each.anomalies), **each.facts} for each in self.rounds
            ],
        }


def play(
    nemeses: Sequence[Nemesis],
    *,
    left_out: Mapping[str, str],
    seconds: float,
    seed: int,
    folder: Path,
    say: Say,
    progress: Say,
    rate: float = RATE,
) -> Story:
    """Play a round with each of `nemeses`, `seconds` of faults in all, and write the report into `folder`.

    `say` gets sentences to keep, `progress` the state of the moment.
    """
    rounds: list[Round] = []
    began = time.monotonic()
    with Guardian() as guardian:
        for number, nemesis in enumerate(nemeses):
            told = play_round(
                nemesis, seconds=seconds / len(nemeses), rate=rate, seed=seed + number * 1_000, guardian=guardian, progress=progress
            )
            rounds.append(told)
            say(_sentence(told))
    if folder.exists():
        shutil.rmtree(folder / "rounds", ignore_errors=True)
    configuration: dict[str, str | int | float] = {
        "seconds of faults": seconds,
        "records per second": rate,
        "seed": seed,
        "Python": python_version(),
        **_writers(),
    }
    for each in rounds:
        write_report(_run_of_round(each, configuration), folder / "rounds" / each.nemesis)
    report = write_report(_run_of_all(rounds, left_out, configuration), folder)
    return Story(report, tuple(rounds), left_out, round(time.monotonic() - began, 1), seed)


def _sentence(told: Round) -> str:
    facts = told.facts
    load = f"{facts['acknowledged']:>7,} of {facts['records sent']:>7,} acknowledged, {facts['faults']:>3} faults"
    return f"  {told.nemesis:15} {load}: {'every promise was kept' if told.held else f'{len(told.anomalies)} ANOMALIES'}"


def _run_of_round(told: Round, configuration: Mapping[str, str | int | float]) -> Run:
    exact, *others = told.judged
    return Run(
        title=f"One broker against {told.nemesis}",
        contract=exact.contract,
        when=_when(),
        world="real",
        history=told.history,
        verdict=exact.verdict,
        summary=SUMMARY,
        facts=told.facts,
        configuration=configuration,
        violations=told.violations,
        sub_runs=tuple(SubRun(f"{judged.topic}: {judged.contract.name}", judged.verdict, _counts(judged)) for judged in others),
    )


def _run_of_all(rounds: Sequence[Round], left_out: Mapping[str, str], configuration: Mapping[str, str | int | float]) -> Run:
    history = History(
        [operation for each in rounds for operation in each.history.operations], [fault for each in rounds for fault in each.history.faults]
    )
    facts = {name: sum(each.facts[name] for each in rounds) for name in rounds[0].facts}
    return Run(
        title="One broker against everything that can happen to it",
        contract=CONTRACTS[EXACT],
        when=_when(),
        world="real",
        history=history,
        verdict=check(_exact_part(rounds), CONTRACTS[EXACT]),
        summary=SUMMARY,
        facts=facts,
        configuration={**configuration, **{f"left out: {name}": why for name, why in left_out.items()}},
        violations=tuple(f"{each.nemesis}: {violation}" for each in rounds for violation in each.violations),
        sub_runs=tuple(_sub_run(each, judged) for each in rounds for judged in each.judged),
    )


def _exact_part(rounds: Sequence[Round]) -> History:
    parts = [each.judged[0].history for each in rounds]
    return History([operation for part in parts for operation in part.operations], [fault for part in parts for fault in part.faults])


def _sub_run(told: Round, judged: Judged) -> SubRun:
    return SubRun(f"{told.nemesis}: {judged.contract.name}", judged.verdict, {**_counts(judged), "faults": told.facts["faults"]})


def _counts(judged: Judged) -> Mapping[str, int]:
    covered = judged.verdict.covered
    return {
        "operations": covered.operations,
        "acknowledged": sum(partition.acknowledged for partition in covered.partitions),
        "unknown": sum(partition.unknown for partition in covered.partitions),
        "read": sum(partition.read for partition in covered.partitions),
    }


def _writers() -> Mapping[str, str]:
    return {f"writer {kind.name}": ", ".join(f"{name}={value}" for name, value in kind.settings.items()) for kind in kinds()}


def _when() -> str:
    return datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
