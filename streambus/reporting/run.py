"""What a report is about: one run, its history, its verdict, and whatever else is worth knowing of it."""

from collections.abc import Mapping
from typing import Literal

import attrs

from streambus.checkers import Contract, History, Verdict

Fact = str | int | float | bool
"""A value beside a name. Units belong to the name: `{"events per second": 31_000}`."""


@attrs.frozen
class SubRun:
    """A run that gets one row: one simulated seed, say. `facts` become columns.

    `violations` are sentences about what others than the history's checker found wrong: an invariant inside the system, say.
    """

    name: str
    verdict: Verdict
    facts: Mapping[str, Fact] = attrs.field(factory=dict)
    violations: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether nothing was found that must not be."""
        return self.verdict.valid and not self.violations


def _is_a_plain_name(_: object, __: object, name: str) -> None:
    if not name or "/" in name or "\\" in name or name.startswith(".") or name in ("index.html", "results.json", "history.ndjson"):
        raise ValueError(f"not the name of a file beside the report: {name!r}")


@attrs.frozen
class Reproduction:
    """How to see a run again: the smallest scenario known that shows the same, the command that plays it, and its story in lines.

    `scenario` is the text of a file, which is written beside the report as `file_name`. `story` has one line per thing that happened.
    """

    scenario: str
    command: str
    story: tuple[str, ...] = ()
    file_name: str = attrs.field(default="scenario.py", validator=_is_a_plain_name)
    summary: str = ""


@attrs.frozen
class Run:
    """One run of a system under test, and its judgement.

    `when` is shown as it is given. `world` is where it happened. `history` is what the plots are drawn from and `verdict` its judgement by
    `contract`; `violations` are sentences about what others than the history's checker found wrong. `summary` is a paragraph that says
    what was done. `sub_runs` are further runs that the report is about as well: it is only good news if all of them are valid.
    `reproduction` says how to see it again.
    """

    title: str
    contract: Contract
    when: str
    world: Literal["real", "simulated"]
    history: History
    verdict: Verdict
    seeds: tuple[int, ...] = ()
    summary: str = ""
    facts: Mapping[str, Fact] = attrs.field(factory=dict)
    configuration: Mapping[str, Fact] = attrs.field(factory=dict)
    sub_runs: tuple[SubRun, ...] = ()
    violations: tuple[str, ...] = ()
    reproduction: Reproduction | None = None

    @property
    def valid(self) -> bool:
        """Whether nothing at all was found that must not be, in this run and in its sub-runs."""
        return self.verdict.valid and not self.violations and all(sub_run.valid for sub_run in self.sub_runs)
