"""Checkers: from what the clients of a run saw to a judgement on the system that served them.

Theory of operation
===================

A **History** is a list of **Operations**, each what one client did from its call to its answer, and beside it the **Faults** it was
done under. Every record carries a value that is unique within the history, so whatever is read can be traced to the send it came from.
An operation ends in one of three ways, and the difference is everything: `OK` is a fact, `FAIL` surely did not and will not happen,
`INFO` may have happened, may happen later, or never.

The checker knows nothing of brokers. It rests on one thing, that a partition is a log: one value per offset, never changed. So what
all clients together learnt about a partition can be laid into one **Ledger**:

1. operations are taken in order of invocation;
2. acknowledged and read offsets go into the partition's ledger; contradictions on the way are noted;
3. each process's path through a partition, as reader and as writer, is followed on its own (`order`): it may only go forward,
   and a reader may not leave out a record;
4. at the end the ledgers are read: what was promised and is missing, what is there and was never sent;
5. only if something is wrong is the history walked again, to collect the few operations that prove it (`witness`).

It is conservative: every anomaly it reports is proven by its witness, given that values are unique and a process does one thing after
another. It never alarms for an `INFO` send, whether its record appears or not, and takes an offset that nobody ever saw for one that
holds no record (a control record). Lost writes are judged as Jepsen's Kafka workload does, so at least one reader has to start at the
beginning. Retention and compaction are not known to it yet: histories must stay clear of them.

What was promised is a **Contract**; what it does not exclude is reported but does not make the history invalid.

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
