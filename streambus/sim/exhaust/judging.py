"""What must hold of a broker in every state, from one state to the next, and of everything when it has come to rest.

- In every state: `Broker.check`, and no high watermark above what the store calls durable.
- From one state to the next within a life: no high watermark goes back.
- When a later life serves: everything is there that an earlier one showed as committed, that a user was told is written, and that a user
  has read.
- At rest: the history of what all users learnt, with a final reading of every partition, keeps its contract.
"""

from collections.abc import Sequence

import attrs

from streambus import checkers
from streambus.broker import Broker
from streambus.kernel import Buffer, FileSlice, Node
from streambus.records import decode_records
from streambus.sim.exhaust.disks import Disks
from streambus.sim.exhaust.users import END, Script, User

Promises = tuple[tuple[str, int, int], ...]
"""Topic, partition, and the offset up to which it is promised."""

FINAL_READER = "final reader"


@attrs.frozen
class Sight:
    """What a look at a broker's state shows. `watermarks`: topic, partition, high watermark, log end offset."""

    watermarks: tuple[tuple[str, int, int, int], ...] = ()
    problem: str | None = None


NOTHING_SEEN = Sight()


def look(node: Node) -> Sight:
    """Look at the state of any node; there is something to see in brokers only."""
    if not isinstance(node, Broker):
        return NOTHING_SEEN
    problem: str | None = None
    watermarks: list[tuple[str, int, int, int]] = []
    for (topic, index), partition in node.partitions.items():
        high_watermark, durable = partition.high_watermark, partition.log.recovery_point
        watermarks.append((topic, index, high_watermark, partition.log.log_end_offset))
        if high_watermark > durable:
            problem = f"the high watermark of {topic}-{index} is {high_watermark}, but only {durable} is durable"
    if problem is None:
        try:
            node.check()
        except AssertionError as error:
            problem = f"the broker's own check fails: {error}"
    return Sight(tuple(sorted(watermarks)), problem)


def gone_back(before: Sight, after: Sight) -> str | None:
    """Whether a high watermark has gone back within a life."""
    if before.watermarks == after.watermarks:
        return None
    known = {(topic, partition): high_watermark for topic, partition, high_watermark, _ in before.watermarks}
    for topic, partition, high_watermark, _ in after.watermarks:
        if high_watermark < known.get((topic, partition), 0):
            return f"the high watermark of {topic}-{partition} went back from {known[topic, partition]} to {high_watermark}"
    return None


def raised(promised: Promises, sight: Sight) -> Promises:
    """What is promised now that this was seen as well."""
    ends = {(topic, partition): end for topic, partition, end in promised}
    for topic, partition, high_watermark, _ in sight.watermarks:
        ends[topic, partition] = max(high_watermark, ends.get((topic, partition), 0))
    return tuple((topic, partition, end) for (topic, partition), end in sorted(ends.items()) if end)


def lost_in_recovery(committed: Promises, learnt: Promises, sight: Sight) -> str | None:
    """Whether a broker that has just recovered has less than was promised."""
    ends = {(topic, partition): end for topic, partition, _, end in sight.watermarks}
    for promises, words in ((learnt, "was acknowledged or read"), (committed, "was committed")):
        for topic, partition, end in promises:
            recovered = ends.get((topic, partition), 0)
            if recovered < end:
                return f"{topic}-{partition} {words} up to offset {end}, but was recovered up to {recovered} only"
    return None


# At rest ---------------------------------------------------------------------------------------------------------------

Contents = tuple[tuple[str, int, tuple[tuple[int, bytes], ...]], ...]
"""Topic, partition, and offsets and values of its records."""


def final_reading(broker: Node, disks: Disks, disk: int) -> Contents:
    """All that a fetch could return of all partitions: batch by batch below the high watermark, out of memory or from the disk."""
    assert isinstance(broker, Broker)
    contents: list[tuple[str, int, tuple[tuple[int, bytes], ...]]] = []
    for (topic, index), partition in sorted(broker.partitions.items()):
        records: list[tuple[int, bytes]] = []
        offset = partition.log.log_start_offset
        while offset < partition.high_watermark:
            read = partition.log.read(offset, partition.high_watermark, 1, at_least_one=True)
            parts: list[Buffer] = [disks.read(disk, part) if isinstance(part, FileSlice) else part for part in read.parts]
            records += [(record.offset, bytes(record.value or b"")) for record in decode_records(b"".join(parts))]
            assert read.next_offset > offset, "a fetch that gets nowhere"
            offset = read.next_offset
        contents.append((topic, index, tuple(records)))
    return tuple(contents)


def history(scripts: Sequence[Script], users: Sequence[User], contents: Contents) -> checkers.History:
    """What everybody did and learnt, the final reading last."""
    written = checkers.History()
    for script, user in zip(scripts, users, strict=True):
        for operation in script.operations(user):
            written.append(operation)
    places = tuple((topic, partition) for topic, partition, _ in contents)
    written.append(checkers.Operation(FINAL_READER, checkers.Outcome.OK, 2 * END, 2 * END, (checkers.Assigned(places),)))
    for date, (topic, partition, records) in enumerate(contents, start=2 * END + 1):
        polled = tuple(checkers.Polled(topic, partition, offset, value) for offset, value in records)
        if polled:
            written.append(checkers.Operation(FINAL_READER, checkers.Outcome.OK, date, date, polled))
    return written


def broken_promise(written: checkers.History, contract: checkers.Contract) -> str | None:
    """The first anomaly that `contract` does not allow, in a sentence."""
    for anomaly in checkers.check(written, contract).anomalies:
        if anomaly.severity is not checkers.Severity.ALLOWED:
            return f"{anomaly.kind.value} in {anomaly.topic}-{anomaly.partition}: {anomaly.witness}"
    return None
