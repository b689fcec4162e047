"""The ledger of one partition: all that anybody learnt about what is in it.

A partition is a log, so whatever clients say of it at any time must fit into one table from offset to value. The first word on an offset
or a value is kept in two plain dicts; only what contradicts it costs more. Nothing here depends on the order in which clients spoke.
"""

from collections.abc import Iterator

from streambus.checkers.findings import Finding, shown
from streambus.checkers.operations import Outcome
from streambus.checkers.verdict import Kind, PartitionCoverage

NO_OFFSET = -1
"""Stands in `acknowledged` for a send that was acknowledged without an offset."""


class Ledger:
    """What is known of one partition of one topic. Memory is linear in the number of distinct values and offsets."""

    __slots__ = (
        "acknowledged",
        "conflicts",
        "copies",
        "failed",
        "found",
        "partition",
        "polled",
        "read",
        "repeated",
        "sends",
        "topic",
        "unknown",
    )

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.polled = 0
        self.sends = dict.fromkeys(Outcome, 0)
        self.read: dict[int, bytes] = {}
        """The first value read at each offset."""
        self.found: dict[bytes, int] = {}
        """The first offset at which each value was read."""
        self.conflicts: dict[int, dict[bytes, None]] = {}
        """Further values read at an offset that had one."""
        self.copies: dict[bytes, dict[int, None]] = {}
        """Further offsets at which a value was read."""
        self.acknowledged: dict[bytes, int] = {}
        self.unknown: dict[bytes, None] = {}
        self.failed: dict[bytes, None] = {}
        self.repeated: dict[bytes, int] = {}
        """How often a value was sent again, where values are not unique after all: so many copies more are in order."""

    # What clients say -----------------------------------------------------------------------------------------------------

    def on_sent(self, outcome: Outcome, value: bytes, offset: int | None) -> None:
        """A send ended, with this outcome."""
        self.sends[outcome] += 1
        if outcome is Outcome.FAIL:
            self.failed[value] = None
            return
        if value in self.acknowledged or value in self.unknown:
            self.repeated[value] = self.repeated.get(value, 0) + 1
        if outcome is Outcome.OK:
            self.acknowledged.setdefault(value, NO_OFFSET if offset is None else offset)
        else:
            self.unknown[value] = None

    def on_polled(self, offset: int, value: bytes) -> None:
        """A consumer was given `value` at `offset`."""
        self.polled += 1
        known = self.read.get(offset)
        if known is None:
            self.read[offset] = value
        elif known == value:
            return
        else:
            self.conflicts.setdefault(offset, {})[value] = None
        place = self.found.setdefault(value, offset)
        if place != offset:
            self.copies.setdefault(value, {})[offset] = None

    # What follows ---------------------------------------------------------------------------------------------------------

    @property
    def last_offset(self) -> int | None:
        """The highest offset that anybody has read."""
        return max(self.read, default=None)

    def coverage(self) -> PartitionCoverage:
        """How much of this partition the history holds."""
        sends = self.sends
        return PartitionCoverage(
            self.topic,
            self.partition,
            sends[Outcome.OK],
            sends[Outcome.FAIL],
            sends[Outcome.INFO],
            len(self.read),
            self.polled,
            self.last_offset,
        )

    def two_values_at_one_offset(self) -> Iterator[Finding]:
        """Offsets at which two values were read, for which two sends were acknowledged, or one of each."""
        for offset, others in self.conflicts.items():
            values = (self.read[offset], *others)
            yield self._finding(
                Kind.INCONSISTENT_OFFSETS,
                offset,
                f"Offset {offset} was read as {_listed(values)}: a log has one value per offset and never changes it.",
                reads=values,
            )
        promised: dict[int, bytes] = {}
        for value, offset in self.acknowledged.items():
            if offset == NO_OFFSET or offset in self.conflicts:
                continue
            other = self.read.get(offset)
            if other is not None and other != value:
                yield self._finding(
                    Kind.INCONSISTENT_OFFSETS,
                    offset,
                    f"Offset {offset} was acknowledged to the sender of {shown(value)}, but {shown(other)} was read there.",
                    sends=(value,),
                    reads=(other,),
                )
            elif other is None and promised.setdefault(offset, value) != value:
                first = promised[offset]
                yield self._finding(
                    Kind.INCONSISTENT_OFFSETS,
                    offset,
                    f"Offset {offset} was acknowledged to the senders of both {shown(first)} and {shown(value)}.",
                    sends=(first, value),
                )

    def one_value_at_two_offsets(self) -> Iterator[Finding]:
        """Values that are in the log more often than they were sent."""
        for value, others in self.copies.items():
            offsets = sorted((self.found[value], *others))
            if len(others) > self.repeated.get(value, 0):
                yield Finding(
                    Kind.DUPLICATE,
                    self.topic,
                    self.partition,
                    offsets[-1],
                    f"{shown(value)} is one record, but was read at the offsets {', '.join(map(str, offsets[:4]))}"
                    f"{' and more' if len(offsets) > 4 else ''}.",
                    sends=((self.topic, self.partition, value),),
                    reads=tuple([(self.topic, self.partition, offset, value) for offset in offsets[:2]]),
                    records=len(others) - self.repeated.get(value, 0),
                )

    def acknowledged_elsewhere(self) -> Iterator[Finding]:
        """Values that were read, but not where their sender was told they are."""
        last_offset = self.last_offset
        for value, offset in self.acknowledged.items():
            place = self.found.get(value)
            if place is None or place == offset or offset == NO_OFFSET:
                continue
            if value in self.repeated or offset in self.copies.get(value, ()):
                continue
            assert last_offset is not None
            beyond = offset > last_offset
            yield self._finding(
                Kind.DUPLICATE if beyond else Kind.WRONG_OFFSET,
                offset,
                f"The sender of {shown(value)} was told that it is at offset {offset}, but it was read at offset {place}"
                + (f"; nobody has read as far as {offset} yet." if beyond else "."),
                sends=(value,),
                reads_at=((place, value),),
            )

    def never_sent(self, elsewhere: "Ledger | None") -> Iterator[Finding]:
        """Values that were read and that nobody sent here. `elsewhere` has the topic's sends whose partition is not known."""
        for value, offset in self.found.items():
            if value in self.acknowledged or value in self.unknown or value in self.failed:
                continue
            if elsewhere is not None and (value in elsewhere.acknowledged or value in elsewhere.unknown or value in elsewhere.failed):
                continue
            yield self._finding(
                Kind.PHANTOM,
                offset,
                f"{shown(value)} was read at offset {offset}, but nobody ever sent it to this partition.",
                reads_at=((offset, value),),
            )

    def failed_but_read(self, elsewhere: "Ledger | None") -> Iterator[Finding]:
        """Values that were read although every send of them had certainly failed."""
        for value, offset in self.found.items():
            failed_here = value in self.failed
            if not failed_here and (elsewhere is None or value not in elsewhere.failed):
                continue
            if _may_be_there(self, value) or (elsewhere is not None and _may_be_there(elsewhere, value)):
                continue
            partition = self.partition if failed_here or elsewhere is None else elsewhere.partition
            yield Finding(
                Kind.ABORTED_READ,
                self.topic,
                self.partition,
                offset,
                f"{shown(value)} was read at offset {offset}, but its sender was told that it certainly failed.",
                sends=((self.topic, partition, value),),
                reads=((self.topic, self.partition, offset, value),),
            )

    def passed_over(self) -> Iterator[Finding]:
        """Acknowledged values that nobody ever read, although somebody read at or behind their offset."""
        last_offset = self.last_offset
        if last_offset is None:
            return
        for value, offset in self.acknowledged.items():
            if value not in self.found and NO_OFFSET < offset <= last_offset:
                yield self._finding(
                    Kind.LOST_WRITE,
                    offset,
                    f"{shown(value)} was acknowledged at offset {offset} and nobody ever read it, although offset {last_offset} was read.",
                    sends=(value,),
                    reads_at=((last_offset, self.read[last_offset]),),
                )

    def not_yet_read(self) -> Iterator[Finding]:
        """Acknowledged values beyond everything that was read: one finding for all of them."""
        last_offset = -1 if (last := self.last_offset) is None else last
        unseen = [
            (offset, value)
            for value, offset in self.acknowledged.items()
            if value not in self.found and (offset == NO_OFFSET or offset > last_offset)
        ]
        if not unseen:
            return
        offset, value = min(unseen)
        others = f" and {len(unseen) - 1} more" if len(unseen) > 1 else ""
        end = "nothing was read there" if last is None else f"reading ended at offset {last}"
        yield self._finding(
            Kind.UNSEEN,
            None if offset == NO_OFFSET else offset,
            f"{shown(value)}{others} had been acknowledged, but {end}.",
            sends=(value,),
            reads_at=() if last is None else ((last, self.read[last]),),
            records=len(unseen),
        )

    def _finding(
        self,
        kind: Kind,
        offset: int | None,
        explanation: str,
        *,
        sends: tuple[bytes, ...] = (),
        reads: tuple[bytes, ...] = (),
        reads_at: tuple[tuple[int, bytes], ...] = (),
        records: int = 1,
    ) -> Finding:
        """A finding in this partition. `reads` are values read at `offset`, `reads_at` such at other offsets."""
        assert offset is not None or not reads
        places = [(offset or 0, value) for value in reads] + list(reads_at)
        return Finding(
            kind,
            self.topic,
            self.partition,
            offset,
            explanation,
            tuple([(self.topic, self.partition, value) for value in sends]),
            tuple([(self.topic, self.partition, place, value) for place, value in places]),
            (),
            records,
        )


def _may_be_there(ledger: Ledger, value: bytes) -> bool:
    return value in ledger.acknowledged or value in ledger.unknown


def _listed(values: tuple[bytes, ...]) -> str:
    texts = [shown(value) for value in values[:4]]
    if len(values) > 4:
        texts.append(f"{len(values) - 4} more")
    return f"{', '.join(texts[:-1])} and {texts[-1]}"
