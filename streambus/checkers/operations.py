"""What clients did and learnt: the values a history is made of.

Everything here is a plain message. Times are integer microseconds on one clock of the world in which the history was recorded.

`value` stands for a whole record: its key, headers, timestamp and contents. Whoever records a history derives it from all that must
arrive unchanged, so that a changed header shows as a value that nobody sent.
"""

from enum import Enum
from typing import Any, get_args

import attrs

from streambus.kernel import message

UNKNOWN_PARTITION = -1
"""The partition of a send whose client never learnt, or never chose, where the record goes."""

ACKS_ALL, ACKS_LEADER, ACKS_NONE = -1, 1, 0
"""Who must have a record before its send is acknowledged."""

LIST_LATEST, LIST_EARLIEST = -1, -2
"""What `Listed.query` asks for if not for a time."""


class Outcome(Enum):
    """What a client knows of its operation."""

    OK = "ok"
    """It took effect, and its results are facts."""

    FAIL = "fail"
    """It certainly took no effect, and never will."""

    INFO = "info"
    """Nobody knows: a time-out, a lost connection, a crash. It may take effect at any later time, or never."""


class Isolation(Enum):
    """What a reader wants to see."""

    READ_UNCOMMITTED = "read-uncommitted"
    """Everything that is replicated, also what transactions wrote that are open or were aborted."""

    READ_COMMITTED = "read-committed"
    """Nothing of a transaction before it is committed."""


@message
class Sent:
    """A record was handed to the broker.

    `value` stands for the whole record and is unique within the history. `offset` is the acknowledged one, or None if none was given
    (acks=0, or the operation did not end `OK`). `partition` may be `UNKNOWN_PARTITION`. `key` is only needed to judge compaction: of
    the records of one key all but the newest may go.
    """

    topic: str
    partition: int
    value: bytes
    offset: int | None = None
    acks: int = ACKS_ALL
    key: bytes | None = None


@message
class Polled:
    """A record was returned to a consumer. `timestamp` (ms) and `leader_epoch` are what came with it, if the recorder noted them."""

    topic: str
    partition: int
    offset: int
    value: bytes
    timestamp: int | None = None
    leader_epoch: int | None = None


@message
class Assigned:
    """From here on the process reads these partitions, each from a position chosen anew, and no others."""

    partitions: tuple[tuple[str, int], ...]


@message
class Sought:
    """The process moved its position in one partition; its positions in others stay as they were."""

    topic: str
    partition: int


@message
class Subscribed:
    """From here on the group tells the process what to read. Hand-overs may make it skip or repeat, until it is `Assigned` again."""

    group: str
    topics: tuple[str, ...]


@message
class Rebalanced:
    """The process learnt what it owns in this generation of its group: exactly these partitions."""

    group: str
    generation: int
    partitions: tuple[tuple[str, int], ...]


@message
class Committed:
    """The process told the group where it goes on in a partition: at `offset`, the one after the last it has dealt with.

    In a transaction, the offset is committed if and only if the transaction is. `generation` is the one it acted in, None if it named none.
    """

    group: str
    topic: str
    partition: int
    offset: int
    generation: int | None = None


@message
class Resumed:
    """The process asked for the group's committed offset and was told this one (None: there is none). If there is one it reads on from
    there."""

    group: str
    topic: str
    partition: int
    offset: int | None


@message
class Observed:
    """The process was told, by the leader of the partition, what it knows: each is None if nothing was said of it."""

    topic: str
    partition: int
    high_watermark: int | None = None
    last_stable_offset: int | None = None
    log_start_offset: int | None = None
    leader_epoch: int | None = None


@message
class Listed:
    """The process asked for an offset: the earliest, the latest, or the first record at or after a time (ms). None: there is none."""

    topic: str
    partition: int
    query: int
    offset: int | None


@message
class Deleted:
    """Records before `offset` were asked to be deleted, or were seen to be gone by retention: nobody has to find them any more."""

    topic: str
    partition: int
    offset: int


Action = Sent | Polled | Assigned | Sought | Subscribed | Rebalanced | Committed | Resumed | Observed | Listed | Deleted


_NAMES: dict[Any, tuple[str, ...]] = {kind: tuple([field.name for field in attrs.fields(kind)]) for kind in get_args(Action)}


def fields_of(action: Action) -> tuple[Any, ...]:
    """What an action holds, in the order of its class."""
    return tuple([getattr(action, name) for name in _NAMES[type(action)]])


@message
class Operation:
    """One thing that one client did, from its call to its answer.

    `process` names a client that does one thing after the other: a consumer polls again when the last poll has returned. Only a
    producer may have several sends under way; their `invoked_at` tells their order. A client that was restarted is a new process.
    `completed_at` is when the client learnt the outcome or gave up waiting, None if it never did either. `actions` are in the order
    in which they happened. `error` says in words why an operation is not `OK`.

    A `transactional` operation is one transaction: its sends and committed offsets take effect together or not at all; `OK` is
    committed, `FAIL`
    aborted. What it or any other operation polled is a fact whatever became of it: a recorder notes only what it was really given.
    `isolation` is what its polls asked for.
    """

    process: str
    outcome: Outcome
    invoked_at: int
    completed_at: int | None
    actions: tuple[Action, ...] = ()
    error: str = ""
    transactional: bool = False
    isolation: Isolation = Isolation.READ_COMMITTED


@message
class Fault:
    """Something bad that was done to the system on purpose: a crash, a partition, a slow disk.

    `name` is the kind (`crash`), `target` what it was done to (`broker 1`). `ended_at` is None if it never ended, and equal to
    `began_at` for a fault that takes no time.
    """

    name: str
    target: str
    began_at: int
    ended_at: int | None = None
    details: str = ""
