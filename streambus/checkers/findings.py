"""Findings: what is wrong, before anybody has looked up the operations that prove it."""

from collections.abc import Iterable

from streambus.checkers.kinds import Kind
from streambus.checkers.operations import Operation
from streambus.kernel import message

Place = tuple[str, int]
"""Topic and partition."""

Send = tuple[str, int, bytes]
"""Topic, partition and mark of a send that belongs to the proof."""

Read = tuple[str, int, int, bytes]
"""Topic, partition, offset and mark of a read that belongs to the proof."""


@message
class Finding:
    """An anomaly whose proof is still a list of what to look for: `operations` are known, `sends` and `reads` are to be found.

    `excused`: the contract would exclude it, but this process was promised less (it is subscribed to a group).
    """

    kind: Kind
    topic: str
    partition: int
    offset: int | None
    explanation: str
    sends: tuple[Send, ...] = ()
    reads: tuple[Read, ...] = ()
    operations: tuple[Operation, ...] = ()
    records: int = 1
    excused: bool = False
    at: int | None = None
    """An offset whose record must be found in a read or an acknowledged send that was over before the others began."""


class Notebook:
    """Findings of the first walk: all are counted, at most `limit` of a kind are kept (those that count and those excused apart)."""

    __slots__ = ("kept", "limit", "more")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.kept: dict[tuple[Kind, bool], list[Finding]] = {}
        self.more: dict[tuple[Kind, bool], int] = {}

    def note(self, finding: Finding) -> None:
        """Take a finding down."""
        place = (finding.kind, finding.excused)
        kept = self.kept.setdefault(place, [])
        if len(kept) < self.limit:
            kept.append(finding)
        else:
            self.more[place] = self.more.get(place, 0) + finding.records


def merge_runs(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of one kind in one partition, with one finding for each run of neighbouring offsets. The first of a run stands for all."""
    merged: list[Finding] = []
    run: list[Finding] = []
    for finding in sorted(findings, key=_place):
        if run and (finding.kind is not run[-1].kind or _place(finding) != _place(run[-1]) + 1):
            merged.append(_merged(run))
            run = []
        run.append(finding)
    if run:
        merged.append(_merged(run))
    return merged


def _place(finding: Finding) -> int:
    return -1 if finding.offset is None else finding.offset


def _merged(run: list[Finding]) -> Finding:
    first = run[0]
    if len(run) == 1:
        return first
    return Finding(
        first.kind,
        first.topic,
        first.partition,
        first.offset,
        f"{first.explanation} The same befell the {_counted(len(run) - 1)} behind it, up to offset {run[-1].offset}.",
        first.sends,
        first.reads,
        first.operations,
        sum(finding.records for finding in run),
    )


def _counted(records: int) -> str:
    return "record" if records == 1 else f"{records} records"
