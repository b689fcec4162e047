"""The score: what became of every mutant, as a table."""

from collections import Counter
from collections.abc import Iterable
from statistics import median
from typing import Any

import attrs

from streambus.sim.mutation.hunt import Capture
from streambus.sim.mutation.mutant import STORE, Mutant


@attrs.frozen
class Finding:
    """All hunts for one mutant."""

    mutant: Mutant
    captures: tuple[Capture, ...]

    @property
    def found(self) -> int:
        """In how many hunts it was found."""
        return sum(capture.violation is not None for capture in self.captures)

    @property
    def is_found(self) -> bool:
        """Whether it was found in more than half of the hunts."""
        return 2 * self.found > len(self.captures)

    @property
    def seeds(self) -> float:
        """How many seeds it took, as a median; a hunt without success counts with all it played."""
        return median(capture.seeds for capture in self.captures)

    @property
    def cpu_seconds(self) -> float:
        """How long it took, likewise."""
        return median(capture.cpu_seconds for capture in self.captures)

    @property
    def check(self) -> str:
        """What most often saw it first."""
        return _most_common(capture.check for capture in self.captures if capture.check)

    @property
    def faults(self) -> str:
        """What most often revealed it."""
        return _most_common(" + ".join(sorted(set(capture.faults))) or "none" for capture in self.captures if capture.violation)

    @property
    def fault_events(self) -> float:
        """Faults left after shrinking, as a median."""
        return median([len(capture.faults) for capture in self.captures if capture.violation] or [0])

    @property
    def operations(self) -> float:
        """Client operations left after shrinking, as a median."""
        return median([capture.chores for capture in self.captures if capture.violation] or [0])

    def to_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            "name": self.mutant.name,
            "code": self.mutant.code,
            "about": self.mutant.about,
            "breaks": self.mutant.breaks,
            "needs": self.mutant.needs,
            "excuse": self.mutant.excuse,
            "world": self.mutant.world,
            "found": self.found,
            "hunts": len(self.captures),
            "seeds": self.seeds,
            "cpu_seconds": round(self.cpu_seconds, 3),
            "check": self.check,
            "faults": self.faults,
            "shrunk_faults": self.fault_events,
            "shrunk_operations": self.operations,
            "shrinking_seconds": [round(capture.shrinking_seconds, 1) for capture in self.captures if capture.violation],
        }


@attrs.frozen
class Score:
    """All mutants."""

    findings: tuple[Finding, ...]

    @property
    def found(self) -> int:
        """How many were found."""
        return sum(finding.is_found for finding in self.findings)

    @property
    def hardest_quarter(self) -> tuple[Finding, ...]:
        """Of those that were found, the quarter that took most seeds."""
        found = sorted((finding for finding in self.findings if finding.is_found), key=lambda finding: -finding.seeds)
        return tuple(found[: max(1, len(found) // 4)])

    def to_markdown(self) -> str:
        """The table, for people."""
        lines = [
            "| mutant | what is broken | found | seeds | CPU s | seen first by | revealed by | shrunk to |",
            "|---|---|---|---|---|---|---|---|",
            *[_row(finding) for finding in self.findings],
        ]
        survivors = [finding for finding in self.findings if not finding.is_found]
        lines += ["", f"{self.found} of {len(self.findings)} found."]
        lines += [f"- `{finding.mutant.name}` survives: {finding.mutant.excuse or 'nobody knows why'}" for finding in survivors]
        return "\n".join(lines) + "\n"

    def to_json(self) -> dict[str, Any]:
        """The table, for programs."""
        return {"found": self.found, "mutants": len(self.findings), "findings": [finding.to_json() for finding in self.findings]}


def _row(finding: Finding) -> str:
    mutant = finding.mutant
    is_in_store = mutant.world == STORE
    revealed = "one store" if is_in_store else finding.faults
    shrunk = f"{finding.fault_events:g} faults, {finding.operations:g} operations" if finding.found and not is_in_store else ""
    return (
        f"| `{mutant.name}` {mutant.code} | {mutant.about} | {finding.found} of {len(finding.captures)} | {finding.seeds:g} "
        f"| {finding.cpu_seconds:.1f} | {finding.check.replace('|', '/')} | {revealed} | {shrunk} |"
    )


def _most_common(words: Iterable[str]) -> str:
    counted = Counter(words).most_common(1)
    return counted[0][0] if counted else ""
