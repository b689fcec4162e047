"""The contracts that have names, from strict to lenient.

What Kafka never promises is allowed by nearly all of them, as by Jepsen's workload: that the sends of one operation lie side by side, that
operations with several records do not interleave (the G0 and, since ww edges are drawn, the G1c family), that transactions are
serializable, and that a group only commits forwards, which is its members' business.
"""

from streambus.checkers.contract import Contract
from streambus.checkers.kinds import Kind

SENDS_IN_CIRCLES = (
    Kind.G0,
    Kind.G0_PROCESS,
    Kind.G0_REALTIME,
    Kind.PL_1_CYCLE_EXISTS,
    Kind.STRONG_SESSION_PL_1_CYCLE_EXISTS,
    Kind.STRONG_PL_1_CYCLE_EXISTS,
)
READS_IN_CIRCLES = (
    Kind.G1C,
    Kind.G1C_PROCESS,
    Kind.G1C_REALTIME,
    Kind.PL_2_CYCLE_EXISTS,
    Kind.STRONG_SESSION_PL_2_CYCLE_EXISTS,
    Kind.STRONG_PL_2_CYCLE_EXISTS,
)
NOT_SERIALIZABLE = (Kind.INTERMEDIATE_READ, Kind.LOST_UPDATE, Kind.G_SINGLE, Kind.G_NONADJACENT, Kind.G2)
NEVER_PROMISED = (Kind.INTERNAL_SEND_SKIP, *SENDS_IN_CIRCLES, *READS_IN_CIRCLES, *NOT_SERIALIZABLE, Kind.NONMONOTONIC_COMMIT)
"""What no Kafka excludes."""

RETRIED = (Kind.DUPLICATE, Kind.NONMONOTONIC_SEND, Kind.INTERNAL_NONMONOTONIC_SEND)
"""What the retries of a producer that is not idempotent may bring about."""

_DURABLE = "Every acknowledged record is kept, once, at the offset its sender was told, in the order in which each producer sent; "

DURABLE_LOG = Contract(
    "durable log",
    _DURABLE + "every reader sees all of it in that order, and nothing else.",
    NEVER_PROMISED,
)
"""What acks=all with an idempotent producer promises when everything is read to its end."""

DURABLE_LOG_PARTLY_READ = Contract(
    "durable log, partly read",
    _DURABLE + "every reader sees a part of it in that order, and nothing else.",
    (*NEVER_PROMISED, Kind.UNSEEN),
)
"""The same, for histories that end before the readers have caught up."""

LINEARIZABLE_LOG = Contract(
    "linearizable log",
    _DURABLE + "every reader sees all of it in that order, and nothing else; and what was over before something else began lies before it.",
    (Kind.INTERNAL_SEND_SKIP, *NOT_SERIALIZABLE, Kind.NONMONOTONIC_COMMIT),
)
"""The durable log, held to the order of time as well: for histories whose operations send one record each, with one clock for all."""

SUBSCRIBED_LOG = Contract(
    "durable log, read by groups",
    _DURABLE + "somebody reads all of it; a hand-over within a group may make a reader skip or repeat.",
    (*NEVER_PROMISED, Kind.POLL_SKIP, Kind.NONMONOTONIC_POLL),
)
"""What is left of the durable log for readers that subscribe, where the history does not say when they do (`Subscribed`)."""

AT_LEAST_ONCE = Contract(
    "at least once",
    "Every acknowledged record is kept at the offset its sender was told; a retry may add a copy or land behind a later record.",
    (*NEVER_PROMISED, *RETRIED),
)
"""What acks=all without an idempotent producer promises."""

ACKS_1 = Contract(
    "acks=1",
    "What is read was sent, once, and is the same for everybody as long as its leader lives; a record that only "
    "the leader acknowledged may be lost "
    "or replaced when the leader fails.",
    (*NEVER_PROMISED, *RETRIED, Kind.WRONG_OFFSET),
    leader_acks_promise=False,
)
"""What acks=1 promises when leaders fail. On one broker it promises what acks=all does: use another contract for it."""

ACKS_0 = Contract(
    "acks=0",
    "What is read was sent, and is the same for everybody; nothing is promised of whether a record arrives, how often and in which order.",
    (*NEVER_PROMISED, *RETRIED, Kind.WRONG_OFFSET, Kind.LOST_WRITE, Kind.UNSEEN),
    leader_acks_promise=False,
)
"""What is left when nobody is asked."""

SAFETY_ONLY = Contract(
    "safety only",
    "Records may be lost, as on a disk that loses what was synced, but nothing is invented or altered and nothing aborted is shown.",
    (
        *NEVER_PROMISED,
        *RETRIED,
        Kind.LOST_WRITE,
        Kind.UNSEEN,
        Kind.INCONSISTENT_OFFSETS,
        Kind.WRONG_OFFSET,
        Kind.POLL_SKIP,
        Kind.NONMONOTONIC_POLL,
        Kind.INTERNAL_POLL_SKIP,
        Kind.GROUP_REWIND,
        Kind.GROUP_SKIP,
        Kind.TORN_TRANSACTION,
        Kind.ZOMBIE_COMMIT,
        Kind.DOUBLE_OWNERSHIP,
        Kind.WATERMARK_REGRESSED,
        Kind.READ_BELOW_LOG_START,
        Kind.INCONSISTENT_EPOCHS,
        Kind.WRONG_LISTING,
    ),
)
"""What must hold even when more fails than the fault model admits: an offset may be written anew, but only with something that was sent."""

READ_COMMITTED = Contract(
    "read-committed transactions",
    _DURABLE + "a transaction's records are all seen or none, and never before it is committed; transactions may interleave.",
    NEVER_PROMISED,
)
"""What transactions promise to those who read committed."""

READ_COMMITTED_WITHOUT_WW = Contract(
    "read-committed transactions, reads only",
    READ_COMMITTED.promise + " Operations do not read one another in a circle.",
    tuple([kind for kind in NEVER_PROMISED if kind not in READS_IN_CIRCLES]),
)
"""The same, and circles that hold a read are excluded too: true only where operations with several sends do not interleave."""

EXACTLY_ONCE = Contract(
    "exactly once",
    READ_COMMITTED.promise + " A group goes on exactly where the last committed transaction says, and never commits backwards.",
    tuple([kind for kind in NEVER_PROMISED if kind is not Kind.NONMONOTONIC_COMMIT]),
)
"""What reading, processing and writing in transactions promises as a whole."""

SERIALIZABLE = Contract(
    "serializable transactions",
    READ_COMMITTED.promise + " All of them together look as if they had run one after the other, in the order of time.",
)
"""More than Kafka promises: every kind of anomaly breaks it."""

COMPACTED_LOG = Contract(
    "compacted log",
    "The newest acknowledged record of every key is kept; older ones may go. What is read is the same for everybody, in order.",
    NEVER_PROMISED,
    compacted=True,
)
"""What a compacted topic promises; sends must carry their keys."""

CONTRACTS: dict[str, Contract] = {
    "durable-log": DURABLE_LOG,
    "durable-log-partly-read": DURABLE_LOG_PARTLY_READ,
    "linearizable-log": LINEARIZABLE_LOG,
    "subscribed-log": SUBSCRIBED_LOG,
    "at-least-once": AT_LEAST_ONCE,
    "acks-1": ACKS_1,
    "acks-0": ACKS_0,
    "safety-only": SAFETY_ONLY,
    "read-committed": READ_COMMITTED,
    "read-committed-without-ww": READ_COMMITTED_WITHOUT_WW,
    "exactly-once": EXACTLY_ONCE,
    "serializable": SERIALIZABLE,
    "compacted-log": COMPACTED_LOG,
}
"""By the names that a command line or a scenario uses."""
