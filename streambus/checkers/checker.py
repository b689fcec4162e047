"""The checker: walks a history once, lays what it says into ledgers and paths, and judges."""

from collections.abc import Iterable, Iterator

from streambus.checkers.contract import DURABLE_LOG, Contract
from streambus.checkers.findings import Finding, merge_runs
from streambus.checkers.history import History
from streambus.checkers.ledger import Ledger
from streambus.checkers.operations import UNKNOWN_PARTITION, Assigned, Operation, Outcome, Polled, Sent
from streambus.checkers.order import Jump, Reader, Writer, sent_behind, skipped, values_landed, was_poll
from streambus.checkers.verdict import Coverage, Kind, Severity, Verdict
from streambus.checkers.witness import prove

ANOMALIES_PER_KIND_MAX = 100
"""More of one kind teach nothing more and make a report unreadable; they are counted all the same."""

_RANK = {severity: rank for rank, severity in enumerate(Severity)}
_KIND_RANK = {kind: rank for rank, kind in enumerate(Kind)}


def check(history: History, contract: Contract = DURABLE_LOG) -> Verdict:
    """Judge `history` by `contract`. The order of its operations does not matter, except for those of one process at the same time."""
    operations = sorted(history.operations, key=_moment)
    checker = Checker(contract)
    for operation in operations:
        checker.observe(operation)
    return checker.verdict(operations)


class Checker:
    """A judgement in the making. `observe` every operation in order of invocation, then ask for the `verdict`.

    Time is linear in the number of actions; memory in the number of distinct values and offsets, not in how often they were read.
    """

    __slots__ = ("contract", "findings", "jumps", "ledgers", "outcomes", "readers", "writers")

    def __init__(self, contract: Contract = DURABLE_LOG) -> None:
        self.contract = contract
        self.outcomes = dict.fromkeys(Outcome, 0)
        self.ledgers: dict[tuple[str, int], Ledger] = {}
        self.readers: dict[str, Reader] = {}
        self.writers: dict[tuple[str, tuple[str, int]], Writer] = {}
        self.jumps: list[Jump] = []
        self.findings: list[Finding] = []

    def observe(self, operation: Operation) -> None:
        """Take in the next operation."""
        self.outcomes[operation.outcome] += 1
        reader = self.readers.get(operation.process)
        if reader is None:
            reader = self.readers[operation.process] = Reader()
        if operation.outcome is Outcome.INFO and was_poll(operation):
            reader.forget_all()
        landed = False
        for action in operation.actions:
            if isinstance(action, Polled):
                self._on_polled(operation, action, reader)
            elif isinstance(action, Sent):
                self._ledger((action.topic, action.partition)).on_sent(operation.outcome, action.value, action.offset)
                landed = landed or action.offset is not None
            elif isinstance(action, Assigned):
                reader.forget_all()
            else:
                reader.forget((action.topic, action.partition))
        if landed and operation.outcome is not Outcome.FAIL:
            self._follow_sends(operation)

    def verdict(self, operations: Iterable[Operation]) -> Verdict:
        """The judgement on what was observed. `operations` are the observed ones once more: the witnesses are among them."""
        findings = sorted([*self._findings()], key=self._order)
        counts = dict.fromkeys(Kind, 0)
        shown: list[Finding] = []
        per_kind = dict.fromkeys(Kind, 0)
        for finding in findings:
            counts[finding.kind] += finding.records
            per_kind[finding.kind] += 1
            if per_kind[finding.kind] <= ANOMALIES_PER_KIND_MAX:
                shown.append(finding)
        return Verdict(
            all(kind in self.contract.allowed for kind, count in counts.items() if count),
            tuple(prove(shown, operations, self.contract)),
            self._coverage(),
            tuple([(kind, count) for kind, count in counts.items() if count]),
        )

    # Observing ------------------------------------------------------------------------------------------------------------

    def _on_polled(self, operation: Operation, polled: Polled, reader: Reader) -> None:
        place = (polled.topic, polled.partition)
        if operation.outcome is not Outcome.OK:
            reader.forget(place)
            return
        self._ledger(place).on_polled(polled.offset, polled.value)
        reader.on_polled(operation, place, polled.offset, self.jumps, self.findings)

    def _follow_sends(self, operation: Operation) -> None:
        """Compare where this operation's records landed with the process's earlier ones, and among themselves."""
        within: dict[tuple[str, int], int] = {}
        for sent in values_landed(operation):
            assert sent.offset is not None
            place = (sent.topic, sent.partition)
            last = within.get(place)
            within[place] = sent.offset
            if last is not None and sent.offset <= last:
                self.findings.append(sent_behind(operation, sent, (last, operation)))
            earlier = self._writer(operation.process, place).on_sent(operation, sent.offset)
            if earlier is not None and last is None:
                self.findings.append(sent_behind(operation, sent, earlier))

    def _ledger(self, place: tuple[str, int]) -> Ledger:
        ledger = self.ledgers.get(place)
        if ledger is None:
            ledger = self.ledgers[place] = Ledger(*place)
        return ledger

    def _writer(self, process: str, place: tuple[str, int]) -> Writer:
        writer = self.writers.get((process, place))
        if writer is None:
            writer = self.writers[process, place] = Writer()
        return writer

    # Judging --------------------------------------------------------------------------------------------------------------

    def _findings(self) -> Iterator[Finding]:
        yield from self.findings
        yield from self._skips()
        for (topic, partition), ledger in self.ledgers.items():
            if partition == UNKNOWN_PARTITION:
                yield from self._unplaced(ledger)
                continue
            elsewhere = self.ledgers.get((topic, UNKNOWN_PARTITION))
            yield from merge_runs(ledger.passed_over())
            yield from merge_runs(ledger.never_sent(elsewhere))
            yield from merge_runs(ledger.failed_but_read(elsewhere))
            yield from merge_runs(ledger.two_values_at_one_offset())
            yield from merge_runs(ledger.acknowledged_elsewhere())
            yield from merge_runs(ledger.one_value_at_two_offsets())
            yield from ledger.not_yet_read()

    def _skips(self) -> Iterator[Finding]:
        offsets: dict[tuple[str, int], list[int]] = {}
        for jump in self.jumps:
            ledger = self.ledgers[jump.place]
            if jump.place not in offsets:
                offsets[jump.place] = sorted(ledger.read)
            finding = skipped(jump, ledger, offsets[jump.place])
            if finding is not None:
                yield finding

    def _unplaced(self, ledger: Ledger) -> Iterator[Finding]:
        """Of the sends whose partition is not known, those acknowledged that are in no partition of the topic."""
        missing = Ledger(ledger.topic, ledger.partition)
        for value in ledger.acknowledged:
            if not any(value in other.found for (topic, _), other in self.ledgers.items() if topic == ledger.topic):
                missing.on_sent(Outcome.OK, value, None)
        yield from missing.not_yet_read()

    def _order(self, finding: Finding) -> tuple[int, int, str, int, int]:
        return (
            _RANK[self.contract.severity(finding.kind)],
            _KIND_RANK[finding.kind],
            finding.topic,
            finding.partition,
            -1 if finding.offset is None else finding.offset,
        )

    def _coverage(self) -> Coverage:
        outcomes = self.outcomes
        return Coverage(
            sum(outcomes.values()),
            outcomes[Outcome.OK],
            outcomes[Outcome.FAIL],
            outcomes[Outcome.INFO],
            len(self.readers),
            tuple(Kind),
            tuple([self.ledgers[place].coverage() for place in sorted(self.ledgers)]),
        )


def _moment(operation: Operation) -> tuple[int, bool, int]:
    """The order in which operations are taken: by invocation, then by completion, those that never completed last."""
    completed_at = operation.completed_at
    return (operation.invoked_at, completed_at is None, completed_at or 0)
