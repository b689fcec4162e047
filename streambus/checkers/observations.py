"""Observations: what the broker said of a partition, against what clients know of it.

Watermarks and epochs only grow: whoever asks after somebody else was told something must be told no less. That a record was read, or
acknowledged with all acks, says as much of the high watermark as a number does. Only the leader's own word counts (`Observed`): a
follower may
lag. A listing by time must name the first record that is young enough among those that were read; where no record was read, or its
timestamp was not noted, nothing can be decided.

What cannot be judged from a history at all: that a record's headers and timestamp arrive unchanged is judged by its value, which stands for
all of it; that retention is due is judged only by age, since sizes are not in a history.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator

from streambus.checkers.findings import Finding, Notebook, Place
from streambus.checkers.frontier import NEVER, Frontier
from streambus.checkers.kinds import Kind
from streambus.checkers.ledger import Ledger
from streambus.checkers.operations import LIST_EARLIEST, LIST_LATEST, Deleted, Isolation, Listed, Observed, Operation, Outcome, Polled

LISTINGS_MAX = 10_000
"""So many listings by time are kept for each partition; of more, the rest is not judged."""

NAMES = ("high watermark", "last stable offset", "log start offset", "leader epoch")


class Observations:
    """What is known of one partition from outside its records."""

    __slots__ = ("epochs", "facts", "listings", "place", "proofs", "times")

    def __init__(self, place: Place) -> None:
        self.place = place
        self.facts = tuple([Frontier() for _ in NAMES])
        self.proofs: tuple[dict[int, Operation], ...] = tuple([{} for _ in NAMES])
        """For each value that was told, the operation that was told it first."""
        self.epochs: dict[int, list[tuple[int, Operation]]] = {}
        """For each leader epoch its lowest and highest offset, with who read it."""
        self.listings: list[tuple[Operation, Listed]] = []
        self.times: dict[int, int] = {}
        """The timestamp of each offset, where it was noted."""

    def on_observed(self, operation: Operation, observed: Observed, known: int | None, notes: Notebook) -> None:
        """The leader told where it stands; `known` is the furthest offset of which clients had known before that it holds a record."""
        told = (observed.high_watermark, observed.last_stable_offset, observed.log_start_offset, observed.leader_epoch)
        for fact, value in enumerate(told):
            if value is not None:
                self._told(operation, fact, value, known if fact == 0 else None, notes)

    def on_listed(self, operation: Operation, listed: Listed, known: int | None, notes: Notebook) -> None:
        """An offset was looked up."""
        if listed.query == LIST_LATEST and listed.offset is not None:
            fact = 1 if operation.isolation is Isolation.READ_COMMITTED else 0
            self._told(operation, fact, listed.offset, None if fact else known, notes)
        elif listed.query == LIST_EARLIEST and listed.offset is not None:
            self._told(operation, 2, listed.offset, None, notes)
        elif listed.query >= 0 and operation.outcome is Outcome.OK and len(self.listings) < LISTINGS_MAX:
            self.listings.append((operation, listed))

    def on_deleted(self, operation: Operation, deleted: Deleted) -> None:
        """Records were deleted: if that is certain, nobody may read them afterwards."""
        if operation.outcome is Outcome.OK and operation.completed_at is not None:
            self._known(operation, 2, deleted.offset, operation.completed_at)

    def on_polled(self, operation: Operation, polled: Polled, notes: Notebook) -> None:
        """A record was read; called only if something of this kind is known of the partition, or comes with the record."""
        gone = self.facts[2]
        if gone.since(polled.offset + 1) < operation.invoked_at:
            proof = self._proof(2, polled.offset + 1)
            notes.note(
                Finding(
                    Kind.READ_BELOW_LOG_START,
                    *self.place,
                    polled.offset,
                    f"{operation.process} read offset {polled.offset}, but {proof.process} had been told before that the log begins "
                    f"behind it.",
                    operations=(proof, operation),
                )
            )
        if polled.timestamp is not None and -NEVER < polled.timestamp < NEVER:
            self.times.setdefault(polled.offset, polled.timestamp)
        if polled.leader_epoch is not None:
            ends = self.epochs.setdefault(polled.leader_epoch, [(polled.offset, operation)] * 2)
            if polled.offset < ends[0][0]:
                ends[0] = (polled.offset, operation)
            if polled.offset > ends[1][0]:
                ends[1] = (polled.offset, operation)

    def findings(self, ledger: Ledger | None) -> Iterator[Finding]:
        """What only the whole history shows."""
        yield from self._disordered_epochs()
        yield from self._wrong_listings(ledger)

    def _told(self, operation: Operation, fact: int, value: int, known: int | None, notes: Notebook) -> None:
        if operation.outcome is not Outcome.OK:
            return
        before = self.facts[fact].before(operation.invoked_at)
        if before is not None and before > value:
            proof = self._proof(fact, value + 1)
            notes.note(
                Finding(
                    Kind.WATERMARK_REGRESSED,
                    *self.place,
                    value,
                    f"{operation.process} was told the {NAMES[fact]} {value}, but {proof.process} had been told a higher one before.",
                    operations=(proof, operation),
                )
            )
        elif known is not None and known >= value:
            notes.note(
                Finding(
                    Kind.WATERMARK_REGRESSED,
                    *self.place,
                    known,
                    f"{operation.process} was told the {NAMES[fact]} {value}, but offset {known} had been read or acknowledged before.",
                    operations=(operation,),
                    at=known,
                )
            )
        if operation.completed_at is not None:
            self._known(operation, fact, value, operation.completed_at)

    def _known(self, operation: Operation, fact: int, value: int, time: int) -> None:
        facts = self.facts[fact]
        if time < facts.since(value):
            facts.reached(time, value)
            self.proofs[fact][value] = operation

    def _proof(self, fact: int, value: int) -> Operation:
        """The operation that was first to be told `value` or more."""
        facts = self.facts[fact]
        return self.proofs[fact][facts.values[bisect_left(facts.values, value)]]

    def _disordered_epochs(self) -> Iterator[Finding]:
        furthest: tuple[int, Operation] | None = None
        furthest_epoch = 0
        for epoch, (first, last) in sorted(self.epochs.items(), key=lambda entry: entry[0]):
            if furthest is not None and first[0] <= furthest[0]:
                yield Finding(
                    Kind.INCONSISTENT_EPOCHS,
                    *self.place,
                    first[0],
                    f"Offset {furthest[0]} was read with leader epoch {furthest_epoch}, and offset {first[0]}, not behind it, with "
                    f"epoch {epoch}.",
                    operations=(furthest[1], first[1]),
                )
            if furthest is None or last[0] > furthest[0]:
                furthest, furthest_epoch = last, epoch

    def _wrong_listings(self, ledger: Ledger | None) -> Iterator[Finding]:
        if not self.listings or ledger is None:
            return
        offsets = sorted(self.times)
        start = self.facts[2].values[-1] if len(self.facts[2].values) else 0
        youngest, newest = array("q"), -NEVER
        for offset in offsets:
            if offset >= start and self.times[offset] > newest:
                newest = self.times[offset]
            youngest.append(newest)
        for operation, listed in self.listings:
            if listed.offset is None:
                continue
            time = self.times.get(listed.offset)
            if time is not None and time < listed.query:
                reason = f"whose timestamp is only {time}"
                proof = listed.offset
            elif (place := bisect_left(offsets, listed.offset)) and youngest[place - 1] >= listed.query:
                proof = offsets[bisect_left(youngest, listed.query)]
                reason = f"although offset {proof} has timestamp {self.times[proof]}"
            else:
                continue
            yield Finding(
                Kind.WRONG_LISTING,
                *self.place,
                listed.offset,
                f"{operation.process} asked for the first record at or after {listed.query} and was told offset {listed.offset}, {reason}.",
                reads=((*self.place, proof, ledger.marks[ledger.log.at(proof)]),),
                operations=(operation,),
            )
