"""Witnesses: the few operations that prove a finding, looked up in the history once it is known what to look for.

Keeping an operation beside every offset and value would make each correct history pay for the rare wrong one. A second walk costs only
those that are wrong, and works as well when the history is read from a file.

A witness judged on its own shows the same kind of anomaly. Two kinds are an absence, and their witness proves it only as long as it is
complete: that nobody read a *lost write* or an *unseen* record is a fact about all other operations; and if the very operation that sent
an unseen record was itself given another one there, it looks lost on its own. *Unavailable* has no witness at all.
"""

from collections.abc import Callable, Iterable

from streambus.checkers.contract import Contract
from streambus.checkers.findings import Finding, Read, Send
from streambus.checkers.kinds import Kind, Severity
from streambus.checkers.marks import mark
from streambus.checkers.operations import ACKS_ALL, Isolation, Operation, Outcome, Polled, Sent
from streambus.checkers.verdict import Anomaly

_REST_ON_EFFECTS = frozenset(
    (
        Kind.LOST_WRITE,
        Kind.UNSEEN,
        Kind.INCONSISTENT_OFFSETS,
        Kind.WRONG_OFFSET,
        Kind.DUPLICATE,
        Kind.INTERNAL_SEND_SKIP,
        *(kind for kind in Kind if kind.value.startswith("G") and kind is not Kind.ABORTED_READ),
    )
)
"""Kinds whose proof may need that an operation of unknown outcome did take effect."""

_USEFUL = {Outcome.OK: 0, Outcome.INFO: 1, Outcome.FAIL: 2}
"""Of several sends of one value, the one that says most is taken."""


def prove(findings: list[Finding], walk: Callable[[], Iterable[Operation]], contract: Contract) -> list[Anomaly]:
    """The anomalies that `findings` are, each with the first operations of `walk` that show what it says."""
    if not findings:
        return []
    sends, reads = _look_up(findings, walk())
    witnesses = [
        [
            *finding.operations,
            *(sends[send] for send in finding.sends if send in sends),
            *(reads[read] for read in finding.reads if read in reads),
            *(() if finding.at is None else _before(finding, finding.at, walk())),
        ]
        for finding in findings
    ]
    _add_effects(findings, witnesses, walk)
    return [
        Anomaly(
            finding.kind,
            Severity.ALLOWED if finding.excused else contract.severity(finding.kind),
            finding.topic,
            finding.partition,
            finding.offset,
            finding.explanation,
            _in_order(operations),
            finding.records,
        )
        for finding, operations in zip(findings, witnesses, strict=True)
    ]


def _add_effects(findings: list[Finding], witnesses: list[list[Operation]], walk: Callable[[], Iterable[Operation]]) -> None:
    """To operations of unknown outcome that a proof counts as done, add a poll that shows that they were."""
    wanted: dict[tuple[str, int, bytes], Operation | None] = {}
    unknown: list[tuple[list[Operation], list[tuple[str, int, bytes]], bool]] = []
    for finding, operations in zip(findings, witnesses, strict=True):
        if finding.kind not in _REST_ON_EFFECTS:
            continue
        for operation in list(operations):
            if operation.outcome is Outcome.INFO or any(
                isinstance(action, Sent) and action.acks != ACKS_ALL for action in operation.actions
            ):
                sent = [(action.topic, action.partition, mark(action.value)) for action in operation.actions if isinstance(action, Sent)]
                unknown.append((operations, sent, operation.transactional))
                wanted.update(dict.fromkeys(sent))
    if not wanted:
        return
    for operation in walk():
        if operation.isolation is not Isolation.READ_COMMITTED:
            continue
        for action in operation.actions:
            if isinstance(action, Polled):
                value = (action.topic, action.partition, mark(action.value))
                if value in wanted and wanted[value] is None:
                    wanted[value] = operation
    for operations, sent, is_atomic in unknown:
        polls = [poll for value in sent if (poll := wanted[value]) is not None]
        operations += polls[:1] if is_atomic else polls


def _look_up(findings: list[Finding], operations: Iterable[Operation]) -> tuple[dict[Send, Operation], dict[Read, Operation]]:
    """For every send and read that a finding mentions, the first operation that holds it: of sends, one that ended well if there is one."""
    wanted_sends = {send for finding in findings for send in finding.sends}
    wanted_reads = {read for finding in findings for read in finding.reads}
    sends: dict[Send, Operation] = {}
    reads: dict[Read, Operation] = {}
    if not wanted_sends and not wanted_reads:
        return sends, reads
    for operation in operations:
        for action in operation.actions:
            if isinstance(action, Sent):
                send = (action.topic, action.partition, mark(action.value))
                if send in wanted_sends and (send not in sends or _USEFUL[operation.outcome] < _USEFUL[sends[send].outcome]):
                    sends[send] = operation
            elif isinstance(action, Polled):
                read = (action.topic, action.partition, action.offset, mark(action.value))
                if read in wanted_reads and (read not in reads or _says_more(operation, reads[read])):
                    reads[read] = operation
    return sends, reads


def _says_more(poll: Operation, known: Operation) -> bool:
    """Whether a poll is the first that reads committed: what it was given is not merely there, but was committed."""
    return poll.isolation is Isolation.READ_COMMITTED and known.isolation is not Isolation.READ_COMMITTED


def _before(finding: Finding, offset: int, operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """The first operation to be over that read the record at `offset` or was told that it is there."""
    latest = min(operation.invoked_at for operation in finding.operations)
    first: Operation | None = None
    for operation in operations:
        over = operation.completed_at
        if operation.outcome is not Outcome.OK or over is None or over >= latest:
            continue
        there = any(
            isinstance(action, Sent | Polled)
            and (action.topic, action.partition, action.offset) == (finding.topic, finding.partition, offset)
            for action in operation.actions
        )
        if there and (first is None or first.completed_at is None or over < first.completed_at):
            first = operation
    return () if first is None else (first,)


def _in_order(operations: list[Operation]) -> tuple[Operation, ...]:
    distinct = {id(operation): operation for operation in operations}
    return tuple(sorted(distinct.values(), key=lambda operation: operation.invoked_at))
