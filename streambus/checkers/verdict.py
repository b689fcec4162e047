"""The judgement of a history: what was found, what was measured, and what it rests on."""

from streambus.checkers.kinds import Kind, Severity
from streambus.checkers.operations import Operation
from streambus.kernel import message


@message
class Anomaly:
    """Something that a correct system would not have shown, and its proof.

    `witness` is the proof in words; `operations` are the few operations that are enough to see it, in order of invocation.
    `offset` is the (first) place in the log, None where no single one is to blame. `records` is how many records it befell; of circles,
    how many tangles there are like this one.
    """

    kind: Kind
    severity: Severity
    topic: str
    partition: int
    offset: int | None
    witness: str
    operations: tuple[Operation, ...]
    records: int = 1


@message
class PartitionCoverage:
    """What the history holds of one partition.

    `acknowledged`, `failed` and `unknown` count sends by outcome; `read` counts offsets that were read, `polled` how often in total.
    `last_offset` is the highest that was read, `unseen` counts acknowledged records that nobody read to the end. `worst_lag` (µs) is how
    long at least the record after a reader's last one had been there when that reader polled: a lower bound on staleness.
    """

    topic: str
    partition: int
    acknowledged: int
    failed: int
    unknown: int
    read: int
    polled: int
    last_offset: int | None
    unseen: int = 0
    worst_lag: int = 0


@message
class Coverage:
    """What a verdict rests on: how much was judged, and against what.

    `checks` are the kinds that this history could have shown. `not_judged` says of the others what the history lacks. `strange` counts
    operations and actions that were left out, because a number in them is beyond 2^61.
    """

    operations: int
    ok: int
    failed: int
    unknown: int
    processes: int
    checks: tuple[Kind, ...]
    partitions: tuple[PartitionCoverage, ...]
    not_judged: tuple[tuple[Kind, str], ...] = ()
    transactions: int = 0
    strange: int = 0


@message
class Measures:
    """What was measured and is not part of the judgement, unless the contract bounds it.

    `unseen` is a series of moments and how many acknowledged records nobody had read by then. `consumed` says how many records were given
    how often to the same subscribed process. `longest_pause` is the longest time (µs) in which no operation ended `OK` although no fault
    was at work, and `pause_began_at` when it began. `unknown_causes` are the reasons for operations of unknown outcome.
    """

    unseen: tuple[tuple[int, int], ...] = ()
    consumed: tuple[tuple[int, int], ...] = ()
    longest_pause: int = 0
    pause_began_at: int | None = None
    unknown_causes: tuple[str, ...] = ()


@message
class Verdict:
    """What the checker found. `valid` if nothing that the contract excludes has happened.

    `anomalies` come worst first, at most `ANOMALIES_PER_KIND_MAX` of a kind; `counts` says of every kind that occurred how many
    records it befell. `excused` counts what only subscribed processes saw, of whom the contract asks less.
    """

    valid: bool
    anomalies: tuple[Anomaly, ...]
    covered: Coverage
    counts: tuple[tuple[Kind, int], ...]
    excused: tuple[tuple[Kind, int], ...] = ()
    measures: Measures = Measures()
