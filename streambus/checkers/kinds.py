"""The kinds of anomaly, what each breaks, and how bad it is."""

from enum import Enum


class Severity(Enum):
    """How bad an anomaly is for those who rely on the log."""

    CRITICAL = "critical"
    """Data was lost, altered or invented."""

    SERIOUS = "serious"
    """All data is there, but its order, its number of copies or its offsets are not as promised."""

    ALLOWED = "allowed"
    """Worth knowing, but the contract does not exclude it: the history stays valid."""


class Kind(Enum):
    """The kinds of anomaly. Names are those of Jepsen's Kafka workload and of Elle where they have one."""

    # What is in the log

    LOST_WRITE = "lost-write"
    """An acknowledged record is missing although a record behind it has been read."""

    PHANTOM = "phantom"
    """A value was read that nobody had sent there: invented, misdirected or damaged."""

    ABORTED_READ = "G1a"
    """A value was read whose send had certainly failed, or whose transaction was aborted."""

    PRECOMMITTED_READ = "precommitted-read"
    """A transaction read what it had sent itself, before it was committed."""

    INCONSISTENT_OFFSETS = "inconsistent-offsets"
    """One offset carries two values, as told to different clients or at different times."""

    WRONG_OFFSET = "wrong-offset"
    """A record was read, but not at the offset that its sender was told. (Jepsen counts it as a duplicate.)"""

    DUPLICATE = "duplicate"
    """One value is in the log more often than it was sent."""

    UNSEEN = "unseen"
    """Acknowledged records were not read by the end of the history: lost, or merely not yet read."""

    # Each process's path

    POLL_SKIP = "poll-skip"
    """Successive polls of one process jumped over a record."""

    NONMONOTONIC_POLL = "nonmonotonic-poll"
    """A poll began at or before the end of the same process's last one."""

    INTERNAL_POLL_SKIP = "int-poll-skip"
    """One poll jumped over a record."""

    INTERNAL_NONMONOTONIC_POLL = "int-nonmonotonic-poll"
    """One poll returned a record at or before its last one."""

    NONMONOTONIC_SEND = "nonmonotonic-send"
    """A later send of the same process landed before an earlier one."""

    INTERNAL_NONMONOTONIC_SEND = "int-nonmonotonic-send"
    """Sends within one operation landed out of order."""

    INTERNAL_SEND_SKIP = "int-send-skip"
    """Records of others lie between the sends of one operation."""

    # Cycles of dependencies

    G0 = "G0"
    """Operations whose sends lie before one another in a circle."""

    G0_PROCESS = "G0-process"
    """The same, with the order in which one process did things as a part of the circle."""

    G0_REALTIME = "G0-realtime"
    """The same, with what had ended before something else began as a part of the circle."""

    G1C = "G1c"
    """Operations that lie before, or have read, one another in a circle."""

    G1C_PROCESS = "G1c-process"
    """The same, with the order in which one process did things."""

    G1C_REALTIME = "G1c-realtime"
    """The same, with what had ended before something else began."""

    PL_1_CYCLE_EXISTS = "PL-1-cycle-exists"
    """There is a G0, in a tangle too large to show its shortest circle."""

    STRONG_SESSION_PL_1_CYCLE_EXISTS = "strong-session-PL-1-cycle-exists"
    """The same for G0-process."""

    STRONG_PL_1_CYCLE_EXISTS = "strong-PL-1-cycle-exists"
    """The same for G0-realtime."""

    PL_2_CYCLE_EXISTS = "PL-2-cycle-exists"
    """The same for G1c."""

    STRONG_SESSION_PL_2_CYCLE_EXISTS = "strong-session-PL-2-cycle-exists"
    """The same for G1c-process."""

    STRONG_PL_2_CYCLE_EXISTS = "strong-PL-2-cycle-exists"
    """The same for G1c-realtime."""

    # Transactions among each other

    INTERMEDIATE_READ = "G1b"
    """A transaction read a part of what another one sent to a partition."""

    LOST_UPDATE = "lost-update"
    """Two transactions read a partition to the same record and both appended to it."""

    G_SINGLE = "G-single"
    """A circle of transactions in which exactly one did not see what the next one sent."""

    G_NONADJACENT = "G-nonadjacent"
    """The same with several such steps, no two of them one after the other."""

    G2 = "G2"
    """The same with two such steps one after the other."""

    # Groups

    GROUP_REWIND = "group-rewind"
    """A group was told a committed offset before the one that was committed last: it reads records again."""

    GROUP_SKIP = "group-skip"
    """A group was told a committed offset behind the one that was committed last: it misses records."""

    TORN_TRANSACTION = "torn-transaction"
    """What a transaction sent was read, but a group was told an offset from before the one that it committed."""

    NONMONOTONIC_COMMIT = "nonmonotonic-commit"
    """A group committed an offset before one that it had committed earlier."""

    ZOMBIE_COMMIT = "zombie-commit"
    """A commit was accepted from a generation that was over."""

    DOUBLE_OWNERSHIP = "double-ownership"
    """Two members of one generation were given the same partition."""

    # What the broker says of a partition

    WATERMARK_REGRESSED = "watermark-regressed"
    """A high watermark, last stable offset, log start or leader epoch is behind one that was known before."""

    READ_BELOW_LOG_START = "read-below-log-start"
    """A record was read after it was certainly gone."""

    INCONSISTENT_EPOCHS = "inconsistent-epochs"
    """Leader epochs do not grow along the log."""

    WRONG_LISTING = "wrong-listing"
    """An offset that was looked up contradicts the records that were read."""

    UNAVAILABLE = "unavailable"
    """Nobody got anything done for longer than the contract allows, though no fault was at work."""

    @property
    def severity(self) -> Severity:
        """How bad this is unless the contract allows it."""
        return Severity.CRITICAL if self in _CRITICAL else Severity.SERIOUS

    @property
    def title(self) -> str:
        """What an anomaly of this kind is called, in plain words."""
        return WORDS[self][0]

    @property
    def broken_promise(self) -> str:
        """The promise that an anomaly of this kind breaks."""
        return WORDS[self][1]


_CRITICAL = frozenset(
    (
        Kind.LOST_WRITE,
        Kind.PHANTOM,
        Kind.ABORTED_READ,
        Kind.PRECOMMITTED_READ,
        Kind.INCONSISTENT_OFFSETS,
        Kind.GROUP_SKIP,
        Kind.TORN_TRANSACTION,
    ),
)

_G0 = "Sends lie before one another in no circle"
_G1C = "Operations lie before, or read, one another in no circle"

WORDS: dict[Kind, tuple[str, str]] = {
    Kind.LOST_WRITE: ("Lost write", "No acknowledged record is missing where readers have passed"),
    Kind.PHANTOM: ("Phantom record", "Nothing is read that nobody sent there, and nothing is altered"),
    Kind.ABORTED_READ: ("Read of a failed send", "No record is read whose send had certainly failed"),
    Kind.PRECOMMITTED_READ: ("Read of an open transaction", "No transaction reads its own records before it is committed"),
    Kind.INCONSISTENT_OFFSETS: ("Inconsistent offset", "One offset carries one value, for everybody and for ever"),
    Kind.WRONG_OFFSET: ("Wrong offset", "A record is read at the offset that its sender was told"),
    Kind.DUPLICATE: ("Duplicate", "A record is in the log as often as it was sent: once"),
    Kind.UNSEEN: ("Unseen records", "All acknowledged records have been read by the end"),
    Kind.POLL_SKIP: ("Skip between polls", "Successive polls leave out no record"),
    Kind.NONMONOTONIC_POLL: ("Step back between polls", "Successive polls never go back"),
    Kind.INTERNAL_POLL_SKIP: ("Skip within a poll", "One poll leaves out no record"),
    Kind.INTERNAL_NONMONOTONIC_POLL: ("Step back within a poll", "One poll never goes back"),
    Kind.NONMONOTONIC_SEND: ("Sends out of order", "Records of one producer land in the order in which they were sent"),
    Kind.INTERNAL_NONMONOTONIC_SEND: ("Sends out of order within an operation", "Records sent together land in the order of sending"),
    Kind.INTERNAL_SEND_SKIP: ("Sends interleaved", "Records sent together lie side by side"),
    Kind.G0: ("Circle of sends", _G0),
    Kind.G0_PROCESS: ("Circle of sends and a client's order", f"{_G0}, nor with the order in which each client did them"),
    Kind.G0_REALTIME: ("Circle of sends and time", f"{_G0}, nor with the order of time"),
    Kind.G1C: ("Circle of sends and reads", _G1C),
    Kind.G1C_PROCESS: ("Circle of sends, reads and a client's order", f"{_G1C}, nor with the order in which each client did them"),
    Kind.G1C_REALTIME: ("Circle of sends, reads and time", f"{_G1C}, nor with the order of time"),
    Kind.PL_1_CYCLE_EXISTS: ("Large tangle of sends", _G0),
    Kind.STRONG_SESSION_PL_1_CYCLE_EXISTS: ("Large tangle of sends and a client's order", f"{_G0}, nor with each client's order"),
    Kind.STRONG_PL_1_CYCLE_EXISTS: ("Large tangle of sends and time", f"{_G0}, nor with the order of time"),
    Kind.PL_2_CYCLE_EXISTS: ("Large tangle of sends and reads", _G1C),
    Kind.STRONG_SESSION_PL_2_CYCLE_EXISTS: ("Large tangle of sends, reads and a client's order", f"{_G1C}, nor with each client's order"),
    Kind.STRONG_PL_2_CYCLE_EXISTS: ("Large tangle of sends, reads and time", f"{_G1C}, nor with the order of time"),
    Kind.INTERMEDIATE_READ: ("Read of a part of a transaction", "A transaction sees all or nothing of another one"),
    Kind.LOST_UPDATE: ("Lost update", "What a transaction appended follows what it had read"),
    Kind.G_SINGLE: (
        "Transactions not in one order, one missed read",
        "All transactions can be put into one order that explains their reads",
    ),
    Kind.G_NONADJACENT: (
        "Transactions not in one order, missed reads apart",
        "All transactions can be put into one order that explains their reads",
    ),
    Kind.G2: (
        "Transactions not in one order, missed reads in a row",
        "All transactions can be put into one order that explains their reads",
    ),
    Kind.GROUP_REWIND: ("Group set back", "A group goes on no earlier than where it committed last"),
    Kind.GROUP_SKIP: ("Group set forward", "A group goes on no later than where it committed last"),
    Kind.TORN_TRANSACTION: ("Torn transaction", "A transaction's records and the offsets that it commits take effect together"),
    Kind.NONMONOTONIC_COMMIT: ("Commit backwards", "A group's committed offsets only grow"),
    Kind.ZOMBIE_COMMIT: ("Commit from a past generation", "Only members of the present generation commit"),
    Kind.DOUBLE_OWNERSHIP: ("Two owners", "In one generation a partition has one owner"),
    Kind.WATERMARK_REGRESSED: ("Watermark went back", "Watermarks and epochs never go back"),
    Kind.READ_BELOW_LOG_START: ("Read of a deleted record", "What is deleted is not read again"),
    Kind.INCONSISTENT_EPOCHS: ("Epochs out of order", "Leader epochs grow along the log"),
    Kind.WRONG_LISTING: ("Wrong listing", "An offset that is looked up agrees with the records"),
    Kind.UNAVAILABLE: ("Unavailable", "Somebody gets something done at all times while no fault is at work"),
}
"""For every kind: what an anomaly is called, and the promise that it breaks."""
