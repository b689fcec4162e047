"""Findings: what a ledger or a path says is wrong, before anybody has looked up the operations that prove it."""

from collections.abc import Iterable

from streambus.checkers.operations import Operation
from streambus.checkers.verdict import Kind
from streambus.kernel import message

TEXT_LENGTH_MAX = 48
"""Longer values are shortened in explanations; the operations have them whole."""

Send = tuple[str, int, bytes]
"""Topic, partition and value of a send that belongs to the proof."""

Read = tuple[str, int, int, bytes]
"""Topic, partition, offset and value of a read that belongs to the proof."""


@message
class Finding:
    """An anomaly whose proof is still a list of what to look for: `operations` are known, `sends` and `reads` are to be found."""

    kind: Kind
    topic: str
    partition: int
    offset: int | None
    explanation: str
    sends: tuple[Send, ...] = ()
    reads: tuple[Read, ...] = ()
    operations: tuple[Operation, ...] = ()
    records: int = 1


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


def shown(value: bytes) -> str:
    """`value` for a sentence: quoted text when it is text, else hex; shortened."""
    if value.isascii() and (text := value.decode("ascii")).isprintable():
        if len(text) > TEXT_LENGTH_MAX:
            return f"“{text[:TEXT_LENGTH_MAX]}…” ({len(text)} bytes)"
        return f"“{text}”"
    if len(value) * 2 > TEXT_LENGTH_MAX:
        return f"0x{value[: TEXT_LENGTH_MAX // 2].hex()}… ({len(value)} bytes)"
    return f"0x{value.hex()}"


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
