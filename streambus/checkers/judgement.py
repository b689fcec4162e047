"""The end of a judgement: from what a checker noted to a verdict.

1. what waits for the end is settled, and what must have taken effect although its outcome is unknown is counted as acknowledged;
2. the ledgers, jumps, groups and observations are read: each gives findings;
3. if dependencies may form a circle, the operations are walked again and their graph is built;
4. findings are put in order, and their witnesses are looked up in one more walk.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from streambus.checkers.contents import Contents
from streambus.checkers.coverage import coverage
from streambus.checkers.cycles import Circles
from streambus.checkers.dependencies import Dependencies, can_be_ordered
from streambus.checkers.findings import Finding, Place, merge_runs
from streambus.checkers.frontier import NEVER
from streambus.checkers.isolation import missed_isolation
from streambus.checkers.kinds import Kind, Severity
from streambus.checkers.ledger import ACKNOWLEDGED, NO_OFFSET, READ, READ_COMMITTED, TRANSACTIONAL, UNKNOWN, Ledger
from streambus.checkers.operations import UNKNOWN_PARTITION, Operation
from streambus.checkers.order import skipped
from streambus.checkers.series import unseen_series
from streambus.checkers.verdict import Measures, Verdict
from streambus.checkers.witness import prove

if TYPE_CHECKING:
    from streambus.checkers.checker import Checker

_RANK = {severity: rank for rank, severity in enumerate(Severity)}
_KIND_RANK = {kind: rank for rank, kind in enumerate(Kind)}


def judge(checker: "Checker", walk: Callable[[], Iterable[Operation]]) -> Verdict:
    """The verdict on what `checker` observed; `walk` gives the operations anew."""
    checker.settle()
    _promote(checker)
    return Judgement(checker, walk).verdict()


def _promote(checker: "Checker") -> None:
    """Count as acknowledged what must have taken effect: all of a transaction if a part of it was read, and reads of what named an
    offset."""
    for transaction in checker.open_transactions:
        if any(checker.ledgers[place].flags[number] & READ_COMMITTED for place, number in transaction):
            for place, number in transaction:
                checker.ledgers[place].promote(number)
    for ledger in checker.ledgers.values():
        for number in ledger.claims:
            flags = ledger.flags[number]
            if flags & UNKNOWN and flags & (READ_COMMITTED if flags & TRANSACTIONAL else READ):
                ledger.promote(number)


class Judgement:
    """The findings of a checker, and the verdict made of them."""

    def __init__(self, checker: "Checker", walk: Callable[[], Iterable[Operation]]) -> None:
        self.checker = checker
        self.walk = walk
        self.contract = checker.contract
        retention = self.contract.retention
        expired_before = -NEVER if retention is None else checker.ended_at - retention
        ledgers = checker.ledgers
        self.contents = {
            (topic, partition): Contents(
                ledger, ledgers.get((topic, UNKNOWN_PARTITION)), expired_before, checker.keys.get((topic, partition), {})
            )
            for (topic, partition), ledger in ledgers.items()
            if partition != UNKNOWN_PARTITION
        }

    def verdict(self) -> Verdict:
        """All of it."""
        checker = self.checker
        counts, excused = dict.fromkeys(Kind, 0), dict.fromkeys(Kind, 0)
        per_kind = dict.fromkeys(Kind, 0)
        shown: list[Finding] = []
        for finding in sorted(self._findings(), key=self._order):
            (excused if finding.excused else counts)[finding.kind] += finding.records
            per_kind[finding.kind] += 1
            if per_kind[finding.kind] <= checker.notes.limit:
                shown.append(finding)
        for (kind, is_excused), more in checker.notes.more.items():
            (excused if is_excused else counts)[kind] += more
        return Verdict(
            not any(count and kind not in self.contract.allowed for kind, count in counts.items()),
            tuple(prove(shown, self.walk, self.contract)),
            coverage(checker, {place: len(contents.unseen()) for place, contents in self.contents.items()}),
            tuple([(kind, count) for kind, count in counts.items() if count]),
            tuple([(kind, count) for kind, count in excused.items() if count]),
            self._measures(),
        )

    def _findings(self) -> Iterator[Finding]:
        checker = self.checker
        yield from checker.findings()
        yield from self._skips()
        for contents in self.contents.values():
            for findings in contents.findings_by_offset():
                yield from merge_runs(findings)
            yield from contents.not_yet_read()
        for (topic, partition), ledger in checker.ledgers.items():
            if partition == UNKNOWN_PARTITION:
                yield from self._unplaced(topic, ledger)
        for place, observations in checker.observations.items():
            yield from observations.findings(checker.ledgers.get(place))
        yield from self._send_skips()
        yield from self._pause()
        yield from self._circles()

    def _skips(self) -> Iterator[Finding]:
        offsets: dict[tuple[Place, int], tuple[array[int], dict[int, bytes]]] = {}
        for gap, jump in self.checker.jumps.items():
            place, reads_committed = gap[0], gap[-1]
            wanted = READ_COMMITTED if reads_committed else READ
            if (place, wanted) not in offsets:
                offsets[place, wanted] = self._that_count(place, wanted)
            finding = skipped(gap, jump, *offsets[place, wanted])
            if finding is not None:
                yield finding

    def _that_count(self, place: Place, wanted: int) -> "tuple[array[int], dict[int, bytes]]":
        """The offsets at which there is a record that a reader may not leave out, and what is there."""
        ledger = self.checker.ledgers[place]
        contents = self.contents.get(place)
        offsets, values = array("q"), dict[int, bytes]()
        for offset, number in ledger.log:
            if ledger.flags[number] & wanted and not (contents is not None and contents.may_be_gone(number, offset)):
                offsets.append(offset)
                values[offset] = ledger.marks[number]
        return offsets, values

    def _send_skips(self) -> Iterator[Finding]:
        gaps = self.checker.send_gaps
        known: dict[Place, dict[int, bytes]] = {}
        for (place, first, last), operation in gaps.items():
            ledger = self.checker.ledgers[place]
            if place not in known:
                known[place] = {offset: ledger.marks[number] for offset, number in (*_promised(ledger), *ledger.log)}
            between = next((offset for offset in _between(first, last, known[place])), None)
            if between is not None:
                value = known[place][between]
                yield Finding(
                    Kind.INTERNAL_SEND_SKIP,
                    *place,
                    between,
                    f"{operation.process} sent to offsets {first} and {last} in one operation, and another record is at offset {between}.",
                    sends=((*place, value),),
                    reads=((*place, between, value),),
                    operations=(operation,),
                )

    def _unplaced(self, topic: str, ledger: Ledger) -> Iterator[Finding]:
        """Of the sends whose partition is not known, those acknowledged that are in no partition of the topic."""
        others = [contents.ledger for (name, _), contents in self.contents.items() if name == topic]
        missing = [
            value
            for number, value in enumerate(ledger.marks)
            if ledger.flags[number] & ACKNOWLEDGED and not any(other.state(value) & READ for other in others)
        ]
        if missing:
            yield Finding(
                Kind.UNSEEN,
                topic,
                UNKNOWN_PARTITION,
                None,
                f"{len(missing)} records of unknown partition had been acknowledged, but nobody read them anywhere.",
                sends=((topic, UNKNOWN_PARTITION, missing[0]),),
                records=len(missing),
            )

    def _pause(self) -> Iterator[Finding]:
        pauses, bound = self.checker.pauses, self.contract.pause_max
        if bound is not None and pauses.longest > bound:
            yield Finding(
                Kind.UNAVAILABLE,
                "",
                UNKNOWN_PARTITION,
                None,
                f"Nothing was done for {pauses.longest} µs from {pauses.began_at} on, though no fault was at work; {bound} are allowed.",
            )

    def _circles(self) -> Iterator[Finding]:
        checker = self.checker
        if not checker.has_wide_operations and can_be_ordered(checker.ledgers):
            return
        graph = Dependencies(checker.ledgers, checker.promises)
        graph.build(self.walk())
        yield from Circles(graph).findings(self.walk)
        if checker.transactions:
            yield from missed_isolation(graph, self.walk)

    def _order(self, finding: Finding) -> tuple[int, int, str, int, int]:
        severity = Severity.ALLOWED if finding.excused else self.contract.severity(finding.kind)
        return (
            _RANK[severity],
            _KIND_RANK[finding.kind],
            finding.topic,
            finding.partition,
            -1 if finding.offset is None else finding.offset,
        )

    def _measures(self) -> Measures:
        checker = self.checker
        consumed: dict[int, int] = {}
        for reader in checker.readers.values():
            for runs in reader.runs.values():
                for times, records in runs.times().items():
                    consumed[times] = consumed.get(times, 0) + records
        return Measures(
            unseen_series(checker.ledgers.values(), checker.began_at or 0, checker.ended_at),
            tuple(sorted(consumed.items())),
            checker.pauses.longest,
            checker.pauses.began_at,
            tuple(checker.causes),
        )


def _promised(ledger: Ledger) -> Iterator[tuple[int, int]]:
    """Where senders were told that their records are."""
    for number, offset in enumerate(ledger.acked):
        if offset != NO_OFFSET and ledger.flags[number] & ACKNOWLEDGED:
            yield offset, number


def _between(first: int, last: int, known: dict[int, bytes]) -> Iterable[int]:
    """The known offsets strictly between, in order."""
    if last - first < len(known):
        return (offset for offset in range(first + 1, last) if offset in known)
    return sorted(offset for offset in known if first < offset < last)
