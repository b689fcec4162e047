"""Order: each process's own path through the partitions, as a reader and as a writer.

Between two looks at a partition a process may only go forward, and a reader may leave nothing out. A path starts afresh where the process
chose a position (`Assigned`, `Sought`), lost and won a partition (`Rebalanced`) or cannot know its own position (a poll that did not end
`OK`). What is not ordered is not compared: polls of one process that overlap, sends of one process that began at the same time.
A `Resumed` position counts as the end of a poll right before it.

A subscribed process may be handed partitions to and fro by its group: its skips and steps back between polls are noted, but excused.
"""

from array import array
from bisect import bisect_right

from streambus.checkers.findings import Finding, Notebook, Place
from streambus.checkers.kinds import Kind
from streambus.checkers.operations import Assigned, Operation, Outcome, Polled, Rebalanced, Resumed, Sent, Subscribed


class Jump:
    """Readers went from `last` to `first` and left offsets out. Whether records were there is only known at the end."""

    __slots__ = ("after", "before", "count")

    def __init__(self, before: Operation, after: Operation) -> None:
        self.before = before
        self.after = after
        self.count = 1


Gap = tuple[Place, int, int, bool, bool, bool]
"""Place, last and first offset of a jump; whether it was inside one poll, is excused, and was by one who reads committed."""


class Reader:
    """One process's positions, and what it has read since it is subscribed."""

    __slots__ = ("is_subscribed", "polled_at", "positions", "runs")

    def __init__(self) -> None:
        self.positions: dict[Place, tuple[int, Operation]] = {}
        self.polled_at: int | None = None
        """When the last of its polls that ended `OK` began."""
        self.is_subscribed = False
        self.runs: dict[Place, Runs] = {}


class Runs:
    """Which offsets a subscriber was given, and how often: half-open runs, one for each time it did not go on where it was."""

    __slots__ = ("begins", "ends")

    def __init__(self) -> None:
        self.begins = array("q")
        self.ends = array("q")

    def add(self, offset: int) -> None:
        """The record at `offset` was given."""
        if len(self.ends) and self.ends[-1] == offset:
            self.ends[-1] = offset + 1
        else:
            self.begins.append(offset)
            self.ends.append(offset + 1)

    def times(self) -> dict[int, int]:
        """How many offsets were given so often."""
        steps = sorted([*[(begin, 1) for begin in self.begins], *[(end, -1) for end in self.ends]])
        counts: dict[int, int] = {}
        depth = last = 0
        for place, step in steps:
            if depth and place > last:
                counts[depth] = counts.get(depth, 0) + place - last
            depth += step
            last = place
        return counts


def note_step(
    reader: Reader,
    operation: Operation,
    place: Place,
    position: tuple[int, Operation],
    polled: Polled,
    jumps: dict[Gap, Jump],
    notes: Notebook,
) -> None:
    """The process went from `position` to a record that is not the next one."""
    last, before = position
    offset = polled.offset
    inside = before is operation
    if not inside and overlap(before, operation):
        return
    excused = reader.is_subscribed and not inside
    if offset > last:
        gap = (place, last, offset, inside, excused, operation.isolation.value == "read-committed")
        jump = jumps.get(gap)
        if jump is None:
            jumps[gap] = Jump(before, operation)
        else:
            jump.count += 1
    else:
        notes.note(_went_back(place, last, offset, before, operation, excused))


def change_positions(reader: Reader, action: object, operation: Operation) -> None:
    """The process's positions change, other than by a poll."""
    if isinstance(action, Assigned):
        reader.is_subscribed = False
        reader.positions.clear()
    elif isinstance(action, Subscribed):
        reader.is_subscribed = True
        reader.positions.clear()
    elif isinstance(action, Rebalanced):
        owned = frozenset(action.partitions)
        reader.positions = {place: position for place, position in reader.positions.items() if place in owned}
    elif isinstance(action, Resumed):
        place = (action.topic, action.partition)
        if action.offset is None or operation.outcome is not Outcome.OK:
            reader.positions.pop(place, None)
        else:
            reader.positions[place] = (action.offset - 1, operation)


class Writer:
    """How far one process's sends to one partition have come."""

    __slots__ = ("began_at", "furthest", "latest")

    def __init__(self) -> None:
        self.furthest: tuple[int, Operation] | None = None
        """The highest offset of all sends that began before `began_at`, and its operation."""
        self.latest: tuple[int, Operation] | None = None
        """The same of those that began at `began_at`."""
        self.began_at = 0

    def on_sent(self, operation: Operation, offset: int) -> tuple[int, Operation] | None:
        """A send landed at `offset`; the answer is an earlier send that lies at or behind it, or None if all is well."""
        latest = self.latest
        if latest is None or operation.invoked_at > self.began_at:
            if latest is not None and (self.furthest is None or latest[0] > self.furthest[0]):
                self.furthest = latest
            self.latest = (offset, operation)
            self.began_at = operation.invoked_at
        elif offset > latest[0]:
            self.latest = (offset, operation)
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


def skipped(gap: Gap, jump: Jump, offsets: "array[int]", value_at: dict[int, bytes]) -> Finding | None:
    """The finding for a jump over records; None if nobody ever saw one between. `offsets` are all that count, in order.

    A record that nobody has read is no witness here: if it was acknowledged, it is a lost write and told as such.
    """
    (topic, partition), last, first, inside, excused, _ = gap
    start, end = bisect_right(offsets, last), bisect_right(offsets, first - 1)
    if start == end:
        return None
    count = end - start
    left_out = f"offset {offsets[start]}" if count == 1 else f"{count} records from offset {offsets[start]} to {offsets[end - 1]}"
    return Finding(
        Kind.INTERNAL_POLL_SKIP if inside else Kind.POLL_SKIP,
        topic,
        partition,
        offsets[start],
        f"{jump.after.process} went from offset {last} to {first}{' in one poll' if inside else ''} and left out {left_out}, "
        "which somebody else, or itself at another time, has read.",
        reads=((topic, partition, offsets[start], value_at[offsets[start]]),),
        operations=_pair(jump.before, jump.after),
        records=count * jump.count,
        excused=excused,
    )


def was_poll(operation: Operation) -> bool:
    """Whether the operation, as far as it is known, was about reading: positions are unknown when its outcome is."""
    return not operation.actions or any(isinstance(action, Polled) for action in operation.actions)


def overlap(before: Operation, after: Operation) -> bool:
    """Whether `after` began before `before` was over."""
    return before.completed_at is None or after.invoked_at < before.completed_at


def _went_back(place: Place, last: int, offset: int, before: Operation, after: Operation, excused: bool) -> Finding:
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
        excused=excused,
    )


def _pair(before: Operation, after: Operation) -> tuple[Operation, ...]:
    return (before,) if before is after else (before, after)
