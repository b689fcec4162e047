"""The logbook of a campaign: one line of JSON per chunk that is done, so that nothing is played again after an interruption."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streambus import __version__
from streambus.sim.failure import Failure, read_failure
from streambus.sim.scenario import Scenario
from streambus.sim.source import expression
from streambus.sim.swarm.chunk import Tally
from streambus.sim.symptom import symptom

FILE = "campaign.ndjson"
KEPT_PER_SYMPTOM = 3
"""More of the same teach nothing more."""


class OtherCampaign(ValueError):
    """The folder holds the logbook of another campaign, or of another version. The text says what differs."""


class Logbook:
    """The folder of one campaign."""

    def __init__(self, folder: Path, name: str, scenario: Scenario, chunk: int) -> None:
        self.folder = folder
        self.file = folder / FILE
        self.head = {"version": __version__, "name": name, "chunk": chunk, "scenario": expression(scenario)}
        self.symptoms: dict[str, int] = {}

    def begin(self) -> Iterator[tuple[int, Tally]]:
        """Open it; what is in it already, chunk by chunk, each with its first seed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.file.exists():
            self._append(self.head)
            return
        head, *lines = self.file.read_text(encoding="utf-8").splitlines() or ["{}"]
        self._compare(head)
        for line in lines:
            try:
                entry = json.loads(line)
                tally = self._tally(entry)
            except (ValueError, KeyError, TypeError):
                continue  # a line that was being written when somebody pulled the plug
            yield entry["first"], tally

    def add(self, first: int, tally: Tally) -> None:
        """A chunk is done."""
        failures = [self._keep(failure) for failure in tally.failures]
        self._append(
            {
                "first": first,
                **_sums(tally),
                "hashes": [list(pair) for pair in tally.hashes],
                "mismatches": tally.mismatches,
                "failures": failures,
            }
        )

    def folder_of(self, failure: Failure) -> Path:
        """Where a failure is, or would be, kept."""
        return self.folder / "failures" / f"{failure.name}-{failure.tape.schedule.seed}"

    def _keep(self, failure: Failure) -> dict[str, Any]:
        kind = symptom(failure.violations[0])
        self.symptoms[kind] = self.symptoms.get(kind, 0) + 1
        if self.symptoms[kind] > KEPT_PER_SYMPTOM:
            return {"seed": failure.tape.schedule.seed, "symptom": kind}
        failure.write(self.folder_of(failure))
        return {"seed": failure.tape.schedule.seed, "symptom": kind, "folder": self.folder_of(failure).name}

    def _tally(self, entry: dict[str, Any]) -> Tally:
        failures = []
        for kept in entry["failures"]:
            self.symptoms[kept["symptom"]] = self.symptoms.get(kept["symptom"], 0) + 1
            if "folder" in kept:
                failures.append(read_failure(self.folder / "failures" / kept["folder"]))
        hashes = tuple([(seed, trace_hash) for seed, trace_hash in entry["hashes"]])
        return Tally(
            **{name: entry[name] for name in _SUMS}, hashes=hashes, failures=tuple(failures), mismatches=tuple(entry["mismatches"])
        )

    def _compare(self, head: str) -> None:
        try:
            before = json.loads(head)
        except ValueError:
            before = {}
        for name, value in self.head.items():
            if before.get(name) != value:
                raise OtherCampaign(f"{self.folder} is of another campaign: its {name} is not ours; choose another folder")

    def _append(self, entry: dict[str, Any]) -> None:
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, separators=(",", ":")) + "\n")


_SUMS = ("runs", "failed", "events", "operations", "simulated_microseconds", "wall_seconds", "faults", "reached")


def _sums(tally: Tally) -> dict[str, Any]:
    return {name: getattr(tally, name) for name in _SUMS}
