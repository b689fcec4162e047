"""Checkers: from what the clients of a run saw to a judgement on the system that served them.

Theory of operation
===================

A **History** is a list of **Operations**, each what one client did from its call to its answer, and beside it the **Faults** it was
done under. Every record carries a value that is unique within the history and stands for all of the record, so whatever is read can be
traced to the send it came from. An operation ends in one of three ways, and the difference is everything: `OK` is a fact, `FAIL` surely
did not and will not happen, `INFO` may have happened, may happen later, or never. A *transaction* is an operation whose sends and committed
offsets take effect together. What was polled is a fact however the operation ended.

The checker knows nothing of brokers. It rests on one thing, that a partition is a log: one value per offset, never changed. So what
all clients together learnt about a partition can be laid into one **Ledger**:

1. operations are taken in order of invocation (`checker`);
2. acknowledged and read offsets go into the partition's `ledger`, in arrays by number of value; contradictions on the way are noted;
3. each process's path through a partition, as reader and as writer, is followed on its own (`order`): it may only go forward,
   and a reader may not leave out a record; who is subscribed may, between polls, and that is told as excused;
4. what a group committed is a register that members read back (`groups`), what the leader says of a partition may only grow
   (`observations`), and somebody should get something done while no fault is at work (`pauses`);
5. at the end the ledgers are read (`judgement`, `contents`): what was promised and is missing, what is there and was never sent;
6. if a circle of dependencies is possible, the operations are walked again, their graph is built (`dependencies`) and its tangles are
   searched for the shortest circle of each kind (`components`, `cycles`, `isolation`). Of plain sends and polls it nearly never is: an
   order in which all dependencies lead forward is found without the graph;
7. only if something is wrong is the history walked once more, to collect the few operations that prove it (`witness`).

It is conservative: every anomaly it reports is proven by its witness, given that values are unique and a process does one thing after
another. It never alarms for an `INFO` send, whether its record appears or not, and takes an offset that nobody ever saw for one that
holds no record (a control record). Lost writes are judged as Jepsen's Kafka workload does, so at least one reader has to start at the
beginning. `Coverage` says what could not be judged and what the history lacks for it.

It covers what Jepsen's Kafka workload reports, under its names, and more. Where we differ from it: what it calls a duplicate because the
sender was told another offset is a `wrong-offset`; sends of one process under way together are not put in order by their process (only
their offsets are compared); times and lags begin only at a record that was polled.

What was promised is a **Contract**; what it does not exclude is reported but does not make the history invalid. `CONTRACTS` has those
with names. Records may be missing only if they were `Deleted`, or by a contract's retention or compaction.

Bounds: some 250 bytes for each distinct value whatever its length, 16 for each step of a partition's end, one operation for each path of a
process; the graph, if it is built, some 1,000 bytes for each operation.

Not decidable from a history, and not judged: retention by size; whether a compacted-away tombstone was kept long enough; what a follower
told of its watermarks; the epoch end offsets of OffsetForLeaderEpoch.

Layer 0: pure, and used alike by the simulator, by real clients and by whoever has a history in a file.
"""

from streambus.checkers.checker import ANOMALIES_PER_KIND_MAX, Checker, Source, check
from streambus.checkers.contract import Contract
from streambus.checkers.contracts import (
    ACKS_0,
    ACKS_1,
    AT_LEAST_ONCE,
    COMPACTED_LOG,
    CONTRACTS,
    DURABLE_LOG,
    DURABLE_LOG_PARTLY_READ,
    EXACTLY_ONCE,
    LINEARIZABLE_LOG,
    READ_COMMITTED,
    READ_COMMITTED_WITHOUT_WW,
    SAFETY_ONLY,
    SERIALIZABLE,
    SUBSCRIBED_LOG,
)
from streambus.checkers.edn import to_edn
from streambus.checkers.history import History
from streambus.checkers.kinds import Kind, Severity
from streambus.checkers.lines import UnreadableHistory
from streambus.checkers.operations import (
    ACKS_ALL,
    ACKS_LEADER,
    ACKS_NONE,
    LIST_EARLIEST,
    LIST_LATEST,
    UNKNOWN_PARTITION,
    Action,
    Assigned,
    Committed,
    Deleted,
    Fault,
    Isolation,
    Listed,
    Observed,
    Operation,
    Outcome,
    Polled,
    Rebalanced,
    Resumed,
    Sent,
    Sought,
    Subscribed,
)
from streambus.checkers.verdict import Anomaly, Coverage, Measures, PartitionCoverage, Verdict

__all__ = [
    "ACKS_0",
    "ACKS_1",
    "ACKS_ALL",
    "ACKS_LEADER",
    "ACKS_NONE",
    "ANOMALIES_PER_KIND_MAX",
    "AT_LEAST_ONCE",
    "COMPACTED_LOG",
    "CONTRACTS",
    "DURABLE_LOG",
    "DURABLE_LOG_PARTLY_READ",
    "EXACTLY_ONCE",
    "LINEARIZABLE_LOG",
    "LIST_EARLIEST",
    "LIST_LATEST",
    "READ_COMMITTED",
    "READ_COMMITTED_WITHOUT_WW",
    "SAFETY_ONLY",
    "SERIALIZABLE",
    "SUBSCRIBED_LOG",
    "UNKNOWN_PARTITION",
    "Action",
    "Anomaly",
    "Assigned",
    "Checker",
    "Committed",
    "Contract",
    "Coverage",
    "Deleted",
    "Fault",
    "History",
    "Isolation",
    "Kind",
    "Listed",
    "Measures",
    "Observed",
    "Operation",
    "Outcome",
    "PartitionCoverage",
    "Polled",
    "Rebalanced",
    "Resumed",
    "Sent",
    "Severity",
    "Sought",
    "Source",
    "Subscribed",
    "UnreadableHistory",
    "Verdict",
    "check",
    "to_edn",
]
