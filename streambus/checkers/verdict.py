"""The judgement of a history: what kinds of anomaly there are, and what was found."""

from enum import Enum

from streambus.checkers.operations import Operation
from streambus.kernel import message


class Severity(Enum):
    """How bad an anomaly is for those who rely on the log."""

    CRITICAL = "critical"
    """Data was lost, altered or invented."""

    SERIOUS = "serious"
    """All data is there, but its order, its number of copies or its offsets are not as promised."""

    ALLOWED = "allowed"
    """Worth knowing, but the contract does not exclude it: the history stays valid."""


class Kind(Enum):
    """The kinds of anomaly. Names follow Jepsen's Kafka workload where it has one."""

    LOST_WRITE = "lost-write"
    """An acknowledged record is missing although a record behind it has been read."""

    PHANTOM = "phantom"
    """A value was read that nobody had sent there: invented, misdirected or damaged."""

    ABORTED_READ = "aborted-read"
    """A value was read whose send had certainly failed (Adya's G1a)."""

    INCONSISTENT_OFFSETS = "inconsistent-offsets"
    """One offset carries two values, as told to different clients or at different times."""

    WRONG_OFFSET = "wrong-offset"
    """A record was read, but not at the offset that its sender was told."""

    DUPLICATE = "duplicate"
    """One value is in the log more often than it was sent."""

    UNSEEN = "unseen"
    """Acknowledged records were not read by the end of the history: lost, or merely not yet read."""

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

    @property
    def severity(self) -> Severity:
        """How bad this is unless the contract allows it."""
        return Severity.CRITICAL if self in _CRITICAL else Severity.SERIOUS


_CRITICAL = (Kind.LOST_WRITE, Kind.PHANTOM, Kind.ABORTED_READ, Kind.INCONSISTENT_OFFSETS)


@message
class Anomaly:
    """Something that a correct system would not have shown, and its proof.

    `witness` is the proof in words; `operations` are the few operations that are enough to see it, in order of invocation.
    `offset` is the (first) place in the log, None where no single one is to blame. `records` is how many records it befell.
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
    `last_offset` is the highest that was read.
    """

    topic: str
    partition: int
    acknowledged: int
    failed: int
    unknown: int
    read: int
    polled: int
    last_offset: int | None


@message
class Coverage:
    """What a verdict rests on: how much was judged, and against what."""

    operations: int
    ok: int
    failed: int
    unknown: int
    processes: int
    checks: tuple[Kind, ...]
    partitions: tuple[PartitionCoverage, ...]


@message
class Verdict:
    """What the checker found. `valid` if nothing that the contract excludes has happened.

    `anomalies` come worst first, at most `ANOMALIES_PER_KIND_MAX` of a kind; `counts` says of every kind that occurred how many
    records it befell.
    """

    valid: bool
    anomalies: tuple[Anomaly, ...]
    covered: Coverage
    counts: tuple[tuple[Kind, int], ...]
