"""Contents: what the ledger of a partition says is wrong with what is in it.

A record may be gone, and nobody has to find it, if it was deleted (`Deleted`), if it is older than the contract's retention, or if the
contract lets partitions be compacted and a newer record has the same key.
"""

from array import array
from collections.abc import Iterator

from streambus.checkers.findings import Finding
from streambus.checkers.kinds import Kind
from streambus.checkers.ledger import (
    ACKNOWLEDGED,
    FAILED,
    MAY_BE_THERE,
    NO_OFFSET,
    READ,
    READ_COMMITTED,
    REPEATED,
    SENT,
    WEAK,
    Ledger,
)
from streambus.checkers.marks import shown


class Contents:
    """One ledger at the end of a history, and the findings in it. `elsewhere` has the topic's sends whose partition is not known."""

    def __init__(self, ledger: Ledger, elsewhere: Ledger | None, expired_before: int, keys: dict[int, bytes]) -> None:
        self.ledger = ledger
        self.elsewhere = elsewhere
        self.expired_before = expired_before
        self.keys = keys
        self.newest = self._newest_of_keys()

    def bound(self) -> tuple[int, int]:
        """The furthest offset that has certainly been passed by readers, and the number of the value that shows it.

        A value counts where it first appears, so that a copy far behind proves nothing.
        """
        ledger, best, witness = self.ledger, NO_OFFSET, -1
        if not ledger.copies and not ledger.conflicts:
            last = ledger.last_offset
            if last is not None:
                number = ledger.log.at(last)
                if self._first_place(number) == last:
                    return last, number
        for number, found in enumerate(ledger.found):
            if found != NO_OFFSET and found > best:
                place = self._first_place(number)
                if place > best:
                    best, witness = place, number
        return best, witness

    def may_be_gone(self, number: int, offset: int) -> bool:
        """Whether nobody has to find this record any more."""
        if offset < self.ledger.deleted_before or self.ledger.invoked[number] < self.expired_before:
            return True
        key = self.keys.get(number)
        return key is not None and self.newest[key] > offset

    def findings_by_offset(self) -> tuple[list[Finding], ...]:
        """Every check whose neighbouring findings are told as one."""
        return (
            [*self.passed_over()],
            [*self.never_sent()],
            [*self.failed_but_read()],
            [*self.two_values_at_one_offset()],
            [*self.acknowledged_elsewhere()],
            [*self.one_value_at_two_offsets()],
        )

    def two_values_at_one_offset(self) -> Iterator[Finding]:
        """Offsets at which two values were read, for which two sends were acknowledged, or one of each."""
        ledger = self.ledger
        for offset, others in ledger.conflicts.items():
            values = tuple([ledger.marks[number] for number in (ledger.log.at(offset), *others)])
            yield self._finding(
                Kind.INCONSISTENT_OFFSETS,
                offset,
                f"Offset {offset} was read as {_listed(values)}: a log has one value per offset and never changes it.",
                reads=tuple([(offset, value) for value in values]),
            )
        promised: dict[int, int] = {}
        acked, flags, log, marks = ledger.acked, ledger.flags, ledger.log, ledger.marks
        for number, offset in enumerate(acked):
            if offset == NO_OFFSET or not flags[number] & ACKNOWLEDGED or ledger.found[number] == offset or offset in ledger.conflicts:
                continue
            other = log.at(offset)
            if other >= 0 and other != number:
                yield self._finding(
                    Kind.INCONSISTENT_OFFSETS,
                    offset,
                    f"Offset {offset} was acknowledged to the sender of {shown(marks[number])}, but {shown(marks[other])} was read there.",
                    sends=(marks[number],),
                    reads=((offset, marks[other]),),
                )
            elif other < 0 and promised.setdefault(offset, number) != number:
                first, second = marks[promised[offset]], marks[number]
                yield self._finding(
                    Kind.INCONSISTENT_OFFSETS,
                    offset,
                    f"Offset {offset} was acknowledged to the senders of both {shown(first)} and {shown(second)}.",
                    sends=(first, second),
                )

    def one_value_at_two_offsets(self) -> Iterator[Finding]:
        """Values that are in the log more often than they were sent."""
        ledger = self.ledger
        for number, others in ledger.copies.items():
            more = len(others) - ledger.again.get(number, 0)
            if more > 0:
                offsets = sorted((ledger.found[number], *others))
                value = ledger.marks[number]
                yield self._finding(
                    Kind.DUPLICATE,
                    offsets[-1],
                    f"{shown(value)} is one record, but was read at the offsets {', '.join(map(str, offsets[:4]))}"
                    f"{' and more' if len(offsets) > 4 else ''}.",
                    sends=(value,),
                    reads=tuple([(offset, value) for offset in offsets[:2]]),
                    records=more,
                )

    def acknowledged_elsewhere(self) -> Iterator[Finding]:
        """Values that were read, but not where their sender was told they are."""
        ledger = self.ledger
        last_offset = ledger.last_offset
        flags, found = ledger.flags, ledger.found
        for number, offset in enumerate(ledger.acked):
            place = found[number]
            if NO_OFFSET in (place, offset) or place == offset:
                continue
            if flags[number] & REPEATED or not flags[number] & ACKNOWLEDGED or offset in ledger.copies.get(number, ()):
                continue
            assert last_offset is not None
            beyond = offset > last_offset
            value = ledger.marks[number]
            reads = [(place, value)]
            if not beyond and place < offset:
                reads.append((last_offset, ledger.marks[ledger.log.at(last_offset)]))
            yield self._finding(
                Kind.DUPLICATE if beyond else Kind.WRONG_OFFSET,
                offset,
                f"The sender of {shown(value)} was told that it is at offset {offset}, but it was read at offset {place}"
                + (f"; nobody has read as far as {offset} yet." if beyond else "."),
                sends=(value,),
                reads=tuple(reads),
            )

    def never_sent(self) -> Iterator[Finding]:
        """Values that were read and that nobody sent here."""
        ledger = self.ledger
        for number, flags in enumerate(ledger.flags):
            if flags & SENT or not flags & READ:
                continue
            value = ledger.marks[number]
            if self.elsewhere is not None and self.elsewhere.state(value) & SENT:
                continue
            offset = ledger.found[number]
            yield self._finding(
                Kind.PHANTOM,
                offset,
                f"{shown(value)} was read at offset {offset}, but nobody ever sent it to this partition.",
                reads=((offset, value),),
            )

    def failed_but_read(self) -> Iterator[Finding]:
        """Values that were read although every send of them had certainly failed.

        Who reads uncommitted may well be given records of an aborted transaction.
        """
        ledger, elsewhere = self.ledger, self.elsewhere
        for number, flags in enumerate(ledger.flags):
            if not flags & READ or flags & MAY_BE_THERE:
                continue
            value = ledger.marks[number]
            there = 0 if elsewhere is None else elsewhere.state(value)
            if not (flags | there) & FAILED or there & MAY_BE_THERE:
                continue
            if not flags & READ_COMMITTED and not (flags | there) & WEAK:
                continue
            offset = ledger.found[number]
            partition = ledger.partition if flags & FAILED or elsewhere is None else elsewhere.partition
            yield Finding(
                Kind.ABORTED_READ,
                ledger.topic,
                ledger.partition,
                offset,
                f"{shown(value)} was read at offset {offset}, but its sender was told that it certainly failed.",
                sends=((ledger.topic, partition, value),),
                reads=((ledger.topic, ledger.partition, offset, value),),
            )

    def passed_over(self) -> Iterator[Finding]:
        """Values that must be there and that nobody ever read, although somebody read at or behind their offset."""
        ledger = self.ledger
        bound, number_read = self.bound()
        if number_read < 0:
            return
        flags, found = ledger.flags, ledger.found
        for number, offset in enumerate(ledger.acked):
            if offset > bound or found[number] != NO_OFFSET or offset == NO_OFFSET or not flags[number] & ACKNOWLEDGED:
                continue
            if self.may_be_gone(number, offset):
                continue
            value = ledger.marks[number]
            yield self._finding(
                Kind.LOST_WRITE,
                offset,
                f"{shown(value)} was acknowledged at offset {offset} and nobody ever read it, although offset {bound} was read.",
                sends=(value,),
                reads=((ledger.found[number_read], ledger.marks[number_read]),),
            )

    def unseen(self) -> "array[int]":
        """The numbers of acknowledged values that were not read and are not proven lost."""
        ledger = self.ledger
        bound, number_read = self.bound()
        flags, found, acked = ledger.flags, ledger.found, ledger.acked
        missing = array("i")
        for number, known in enumerate(flags):
            if known & ACKNOWLEDGED and found[number] == NO_OFFSET:
                offset = acked[number]
                if (offset == NO_OFFSET or number_read < 0 or offset > bound) and not self.may_be_gone(number, offset):
                    missing.append(number)
        return missing

    def not_yet_read(self) -> Iterator[Finding]:
        """Acknowledged values beyond everything that was read: one finding for all of them."""
        ledger = self.ledger
        unseen = self.unseen()
        if not unseen:
            return
        offset, number = min([(ledger.acked[number], number) for number in unseen])
        others = f" and {len(unseen) - 1} more" if len(unseen) > 1 else ""
        bound, number_read = self.bound()
        end = "nothing was read there" if number_read < 0 else f"reading ended at offset {bound}"
        yield self._finding(
            Kind.UNSEEN,
            None if offset == NO_OFFSET else offset,
            f"{shown(ledger.marks[number])}{others} had been acknowledged, but {end}.",
            sends=(ledger.marks[number],),
            records=len(unseen),
        )

    def _first_place(self, number: int) -> int:
        """The lowest offset at which a value that was read is said to be."""
        ledger = self.ledger
        place = min((ledger.found[number], *ledger.copies.get(number, ())))
        acked = ledger.acked[number]
        return acked if NO_OFFSET < acked < place and ledger.flags[number] & ACKNOWLEDGED else place

    def _newest_of_keys(self) -> dict[bytes, int]:
        ledger, newest = self.ledger, dict[bytes, int]()
        for number, key in self.keys.items():
            flags = ledger.flags[number]
            offset = max(ledger.found[number], ledger.acked[number] if flags & ACKNOWLEDGED else NO_OFFSET)
            if offset == NO_OFFSET and flags & MAY_BE_THERE:
                offset = 2**62  # it may lie behind all others
            newest[key] = max(newest.get(key, NO_OFFSET), offset)
        return newest

    def _finding(
        self,
        kind: Kind,
        offset: int | None,
        explanation: str,
        *,
        sends: tuple[bytes, ...] = (),
        reads: tuple[tuple[int, bytes], ...] = (),
        records: int = 1,
    ) -> Finding:
        topic, partition = self.ledger.topic, self.ledger.partition
        return Finding(
            kind,
            topic,
            partition,
            offset,
            explanation,
            tuple([(topic, partition, value) for value in sends]),
            tuple([(topic, partition, place, value) for place, value in reads]),
            (),
            records,
        )


def _listed(values: tuple[bytes, ...]) -> str:
    texts = [shown(value) for value in values[:4]]
    if len(values) > 4:
        texts.append(f"{len(values) - 4} more")
    return f"{', '.join(texts[:-1])} and {texts[-1]}"
