"""Contracts: what a history is held to."""

from streambus.checkers.verdict import Kind, Severity
from streambus.kernel import message


@message
class Contract:
    """A promise by name, and the kinds of anomaly that do not break it. Those are still looked for and reported, as `ALLOWED`."""

    name: str
    promise: str
    allowed: tuple[Kind, ...] = ()

    def severity(self, kind: Kind) -> Severity:
        """How bad an anomaly of this kind is under this contract."""
        return Severity.ALLOWED if kind in self.allowed else kind.severity


DURABLE_LOG = Contract(
    "durable log",
    "Every acknowledged record is kept, once, at the offset its sender was told, in the order in which each producer sent; "
    "every reader sees all of it in that order, and nothing else.",
)
"""What acks=all with an idempotent producer promises when everything is read to its end."""

DURABLE_LOG_PARTLY_READ = Contract(
    "durable log, partly read",
    "Every acknowledged record is kept, once, at the offset its sender was told, in the order in which each producer sent; "
    "every reader sees a part of it in that order, and nothing else.",
    (Kind.UNSEEN,),
)
"""The same, for histories that end before the readers have caught up."""

AT_LEAST_ONCE = Contract(
    "at least once",
    "Every acknowledged record is kept at the offset its sender was told; a retry may add a copy or land behind a later record.",
    (Kind.DUPLICATE, Kind.NONMONOTONIC_SEND, Kind.INTERNAL_NONMONOTONIC_SEND),
)
"""What acks=all without an idempotent producer promises."""
