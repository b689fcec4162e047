"""Witnesses: the few operations that prove a finding, looked up in the history once it is known what to look for.

Keeping an operation beside every offset and value would make each correct history pay for the rare wrong one. A second walk costs only
those that are wrong, and works as well when the history is read from a file.
"""

from collections.abc import Iterable

from streambus.checkers.contract import Contract
from streambus.checkers.findings import Finding, Read, Send
from streambus.checkers.operations import Operation, Outcome, Polled, Sent
from streambus.checkers.verdict import Anomaly


def prove(findings: list[Finding], operations: Iterable[Operation], contract: Contract) -> list[Anomaly]:
    """The anomalies that `findings` are, each with the first operations in `operations` that show what it says."""
    if not findings:
        return []
    sends, reads = _look_up(findings, operations)
    anomalies = []
    for finding in findings:
        witnesses = [
            *finding.operations,
            *(sends[send] for send in finding.sends if send in sends),
            *(reads[read] for read in finding.reads if read in reads),
        ]
        anomalies.append(
            Anomaly(
                finding.kind,
                contract.severity(finding.kind),
                finding.topic,
                finding.partition,
                finding.offset,
                finding.explanation,
                _in_order(witnesses),
                finding.records,
            )
        )
    return anomalies


def _look_up(findings: list[Finding], operations: Iterable[Operation]) -> tuple[dict[Send, Operation], dict[Read, Operation]]:
    """For every send and read that a finding mentions, the first operation that holds it. An `OK` send is preferred to any other."""
    wanted_sends = {send for finding in findings for send in finding.sends}
    wanted_reads = {read for finding in findings for read in finding.reads}
    sends: dict[Send, Operation] = {}
    reads: dict[Read, Operation] = {}
    for operation in operations:
        ok = operation.outcome is Outcome.OK
        for action in operation.actions:
            if isinstance(action, Sent):
                send = (action.topic, action.partition, action.value)
                if send in wanted_sends and (send not in sends or (ok and sends[send].outcome is not Outcome.OK)):
                    sends[send] = operation
            elif ok and isinstance(action, Polled):
                read = (action.topic, action.partition, action.offset, action.value)
                if read in wanted_reads:
                    reads.setdefault(read, operation)
    return sends, reads


def _in_order(operations: list[Operation]) -> tuple[Operation, ...]:
    distinct = {id(operation): operation for operation in operations}
    return tuple(sorted(distinct.values(), key=lambda operation: operation.invoked_at))
