"""The ledger of one partition: all that anybody learnt about what is in it.

A partition is a log, so whatever clients say of it at any time must fit into one table from offset to value. Every distinct value gets a
number; what is known of it stands in arrays by that number, and the log is a table from offset to number. Only what contradicts the first
word on an offset or a value costs more. Nothing here depends on the order in which clients spoke.

A distinct value costs about 200 bytes, whatever its length and however often it is read.
"""

from array import array

from streambus.checkers.frontier import NEVER
from streambus.checkers.marks import MARK_BYTES_MAX, mark
from streambus.checkers.offsets import NOTHING, OffsetTable
from streambus.checkers.operations import Operation, Outcome, Sent
from streambus.checkers.verdict import PartitionCoverage

NO_OFFSET = -(2**62)
"""Stands for an offset that is not known."""

ACKNOWLEDGED, UNKNOWN, FAILED, TRANSACTIONAL, REPEATED, READ, READ_COMMITTED, WEAK = 1, 2, 4, 8, 16, 32, 64, 128
"""What is known of a value: how sends of it ended; whether one was in a transaction; whether it was sent twice; whether anybody, or
anybody who reads committed, has read it; whether its send failed outside a transaction."""

MAY_BE_THERE = ACKNOWLEDGED | UNKNOWN
SENT = ACKNOWLEDGED | UNKNOWN | FAILED


class Ledger:
    """What is known of one partition of one topic."""

    __slots__ = (
        "acked",
        "again",
        "claims",
        "completed",
        "conflicts",
        "copies",
        "deleted_before",
        "flags",
        "found",
        "invoked",
        "log",
        "marks",
        "numbers",
        "partition",
        "polled",
        "seen",
        "sends",
        "topic",
    )

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.polled = 0
        self.sends = dict.fromkeys(Outcome, 0)
        self.deleted_before = NO_OFFSET
        """Nobody has to find a record before this offset."""
        self.numbers: dict[bytes, int] = {}
        self.marks: list[bytes] = []
        self.flags = bytearray()
        self.acked = array("q")
        """Where the sender was told that a value is."""
        self.claims: list[int] = []
        """Values of unknown outcome whose sender named an offset all the same."""
        self.found = array("q")
        """The first offset at which a value was read."""
        self.invoked = array("q")
        self.completed = array("q")
        """When a value's send began, and when it was over: `NEVER` if its end says nothing."""
        self.seen = array("q")
        """When the first poll that returned a value was over."""
        self.log = OffsetTable()
        """The first value read at each offset."""
        self.conflicts: dict[int, dict[int, None]] = {}
        """Further values read at an offset that had one."""
        self.copies: dict[int, dict[int, None]] = {}
        """Further offsets at which a value was read."""
        self.again: dict[int, int] = {}
        """How often a value was sent again, where values are not unique after all: so many copies more are in order."""

    # What clients say -----------------------------------------------------------------------------------------------------

    def on_sent(self, operation: Operation, sent: Sent, outcome: Outcome) -> int:
        """A send ended, and it is worth this outcome. The answer is the value's number."""
        self.sends[operation.outcome] += 1
        number = self._number(mark(sent.value))
        flags = self.flags[number]
        if outcome is Outcome.FAIL:
            self.flags[number] = flags | FAILED | (TRANSACTIONAL if operation.transactional else WEAK)
            return number
        if flags & MAY_BE_THERE:
            self.again[number] = self.again.get(number, 0) + 1
            flags |= REPEATED
        else:
            self.invoked[number] = operation.invoked_at
            completed_at = operation.completed_at
            self.completed[number] = NEVER if outcome is not Outcome.OK or completed_at is None else completed_at
        offset = NO_OFFSET if sent.offset is None or sent.offset < 0 else sent.offset
        if outcome is Outcome.OK:
            if not flags & ACKNOWLEDGED or offset > self.acked[number]:
                self.acked[number] = offset
            flags |= ACKNOWLEDGED
        else:
            if not flags & ACKNOWLEDGED and offset != NO_OFFSET:
                self.acked[number] = offset
                self.claims.append(number)
            flags |= UNKNOWN
        if operation.transactional:
            flags |= TRANSACTIONAL
        self.flags[number] = flags
        return number

    def on_polled(self, offset: int, value: bytes, over: int, read: int) -> None:
        """A consumer was given `value` at `offset`, in a poll that was over then. `read`: `READ`, with `READ_COMMITTED` if it asked for
        it."""
        self.polled += 1
        if len(value) > MARK_BYTES_MAX:
            value = mark(value)
        number = self.log.at(offset)
        if number < 0 or self.marks[number] != value:
            number = self._first_word(offset, number, value)
        self.flags[number] |= read
        if over < self.seen[number]:
            self.seen[number] = over

    def _first_word(self, offset: int, known: int, value: bytes) -> int:
        number = self._number(value)
        if known == NOTHING:
            self.log.put(offset, number)
        else:
            self.conflicts.setdefault(offset, {})[number] = None
        place = self.found[number]
        if place == NO_OFFSET:
            self.found[number] = offset
        elif place != offset:
            self.copies.setdefault(number, {})[offset] = None
        return number

    def _number(self, value: bytes) -> int:
        number = self.numbers.get(value)
        if number is None:
            number = self.numbers[value] = len(self.marks)
            self.marks.append(value)
            self.flags.append(0)
            self.acked.append(NO_OFFSET)
            self.found.append(NO_OFFSET)
            self.invoked.append(NEVER)
            self.completed.append(NEVER)
            self.seen.append(NEVER)
        return number

    # What follows ---------------------------------------------------------------------------------------------------------

    def promote(self, number: int) -> None:
        """The value's send, whose outcome is unknown, must have taken effect."""
        self.flags[number] |= ACKNOWLEDGED

    def state(self, value: bytes) -> int:
        """The flags of a value's mark; 0 if nothing is known of it."""
        number = self.numbers.get(value)
        return 0 if number is None else self.flags[number]

    @property
    def last_offset(self) -> int | None:
        """The highest offset that anybody has read."""
        log = self.log
        last = max(log.sparse, default=None)
        if len(log.dense):
            dense_last = log.base + len(log.dense) - 1
            return dense_last if last is None or dense_last > last else last
        return last

    def offset_of(self, number: int) -> int:
        """The one offset of a value that must be there, or `NO_OFFSET` if there is none, or two, or another value is there too."""
        flags = self.flags[number]
        if flags & REPEATED or number in self.copies:
            return NO_OFFSET
        found, acked = self.found[number], self.acked[number] if flags & ACKNOWLEDGED else NO_OFFSET
        if found != NO_OFFSET:
            return NO_OFFSET if found in self.conflicts or acked not in (NO_OFFSET, found) else found
        return acked

    def coverage(self, unseen: int, worst_lag: int) -> PartitionCoverage:
        """How much of this partition the history holds."""
        sends = self.sends
        return PartitionCoverage(
            self.topic,
            self.partition,
            sends[Outcome.OK],
            sends[Outcome.FAIL],
            sends[Outcome.INFO],
            len(self.log.dense) - self.log.dense.count(NOTHING) + len(self.log.sparse),
            self.polled,
            self.last_offset,
            unseen,
            worst_lag,
        )
