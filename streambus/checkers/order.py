"""Order: each process's own path through the partitions, as a reader and as a writer.

Between two looks at a partition a process may only go forward, and a reader may leave nothing out. A path starts afresh where the process
chose a position (`Assigned`, `Sought`) or cannot know its own (a poll whose outcome it never learnt). What is not ordered is not
compared: polls of one process that overlap, sends of one process that began at the same time.
"""

from bisect import bisect_right

from streambus.checkers.findings import Finding
from streambus.checkers.ledger import Ledger
from streambus.checkers.operations import Operation, Polled, Sent
from streambus.checkers.verdict import Kind
from streambus.kernel import message

Place = tuple[str, int]
"""Topic and partition."""


@message
class Jump:
    """A reader went from `last` to `first` and left offsets out. Whether records were there is only known at the end."""

    place: Place
    last: int
    first: int
    before: Operation
    after: Operation


class Reader:
    """One process's positions."""

    __slots__ = ("positions",)

    def __init__(self) -> None:
        self.positions: dict[Place, tuple[int, Operation]] = {}

    def forget_all(self) -> None:
        """The process chose all its positions anew, or does not know them any more."""
        self.positions.clear()

    def forget(self, place: Place) -> None:
        """The process chose its position in one partition anew."""
        self.positions.pop(place, None)

    def on_polled(self, operation: Operation, place: Place, offset: int, jumps: list[Jump], findings: list[Finding]) -> None:
        """The process was given the record at `offset`. What is wrong, or may be, goes into the lists."""
        position = self.positions.get(place)
        self.positions[place] = (offset, operation)
        if position is None or offset == position[0] + 1:
            return
        last, before = position
        if before is not operation and _overlap(before, operation):
            return
        if offset > last:
            jumps.append(Jump(place, last, offset, before, operation))
        else:
            findings.append(_went_back(place, last, offset, before, operation))


class Writer:
    """How far one process's sends to one partition have come."""

    __slots__ = ("began_at", "furthest", "latest", "latest_offset")

    def __init__(self) -> None:
        self.furthest: tuple[int, Operation] | None = None
        """The highest offset of all sends that began before `began_at`, and its operation."""
        self.latest: tuple[int, Operation] | None = None
        """The same of those that began at `began_at`."""
        self.began_at = 0

    def on_sent(self, operation: Operation, offset: int) -> tuple[int, Operation] | None:
        """A send landed at `offset`; the answer is an earlier send that lies at or behind it, or None if all is well."""
        if self.latest is None or operation.invoked_at > self.began_at:
            self.furthest = _further(self.furthest, self.latest)
            self.latest = None
            self.began_at = operation.invoked_at
        self.latest = _further(self.latest, (offset, operation))
        return self.furthest if self.furthest is not None and offset <= self.furthest[0] else None


def sent_behind(operation: Operation, sent: Sent, earlier: tuple[int, Operation]) -> Finding:
    """The finding for a send that landed at or before an earlier one of the same process."""
    offset, before = earlier
    inside = before is operation
    return Finding(
        Kind.INTERNAL_NONMONOTONIC_SEND if inside else Kind.NONMONOTONIC_SEND,
        sent.topic,
        sent.partition,
        sent.offset,
        f"{operation.process} sent to offset {offset} and then, {'in the same operation' if inside else 'later'}, to offset {sent.offset}.",
        operations=_pair(before, operation),
    )


def skipped(jump: Jump, ledger: Ledger, offsets: list[int]) -> Finding | None:
    """The finding for a jump over records; None if nobody ever saw one between. `offsets` are all that were read, in order.

    A record that nobody has read is no witness here: if it was acknowledged, it is a lost write and told as such.
    """
    start, end = bisect_right(offsets, jump.last), bisect_right(offsets, jump.first - 1)
    if start == end:
        return None
    topic, partition = jump.place
    inside = jump.before is jump.after
    count = end - start
    left_out = f"offset {offsets[start]}" if count == 1 else f"{count} records from offset {offsets[start]} to {offsets[end - 1]}"
    return Finding(
        Kind.INTERNAL_POLL_SKIP if inside else Kind.POLL_SKIP,
        topic,
        partition,
        offsets[start],
        f"{jump.after.process} went from offset {jump.last} to {jump.first}{' in one poll' if inside else ''} and left out {left_out}, "
        "which somebody else, or itself at another time, has read.",
        reads=((topic, partition, offsets[start], ledger.read[offsets[start]]),),
        operations=_pair(jump.before, jump.after),
        records=count,
    )


def values_landed(operation: Operation) -> list[Sent]:
    """The sends of an operation whose place in the log is known."""
    return [action for action in operation.actions if isinstance(action, Sent) and action.offset is not None and action.offset >= 0]


def was_poll(operation: Operation) -> bool:
    """Whether the operation, as far as it is known, was about reading: positions are unknown when its outcome is."""
    return not operation.actions or any(isinstance(action, Polled) for action in operation.actions)


def _went_back(place: Place, last: int, offset: int, before: Operation, after: Operation) -> Finding:
    topic, partition = place
    inside = before is after
    return Finding(
        Kind.INTERNAL_NONMONOTONIC_POLL if inside else Kind.NONMONOTONIC_POLL,
        topic,
        partition,
        offset,
        f"{after.process} was given offset {last} and then, {'in the same poll' if inside else 'in a later poll'}, offset {offset}, "
        "without having asked for it again.",
        operations=_pair(before, after),
    )


def _overlap(before: Operation, after: Operation) -> bool:
    return before.completed_at is None or after.invoked_at < before.completed_at


def _further(one: tuple[int, Operation] | None, other: tuple[int, Operation] | None) -> tuple[int, Operation] | None:
    if one is None or other is None:
        return one or other
    return other if other[0] > one[0] else one


def _pair(before: Operation, after: Operation) -> tuple[Operation, ...]:
    return (before,) if before is after else (before, after)
