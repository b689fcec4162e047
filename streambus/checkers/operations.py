"""What clients did and learnt: the values a history is made of.

Everything here is a plain message. Times are integer microseconds on one clock of the world in which the history was recorded.
"""

from enum import Enum

from streambus.kernel import message

UNKNOWN_PARTITION = -1
"""The partition of a send whose client never learnt, or never chose, where the record goes."""


class Outcome(Enum):
    """What a client knows of its operation."""

    OK = "ok"
    """It took effect, and its results are facts."""

    FAIL = "fail"
    """It certainly took no effect, and never will."""

    INFO = "info"
    """Nobody knows: a time-out, a lost connection, a crash. It may take effect at any later time, or never."""


@message
class Sent:
    """A record was handed to the broker.

    `value` stands for the whole record and is unique within the history. `offset` is the acknowledged one, or None if none was given
    (acks=0, or the operation did not end `OK`). `partition` may be `UNKNOWN_PARTITION`.
    """

    topic: str
    partition: int
    value: bytes
    offset: int | None = None


@message
class Polled:
    """A record was returned to a consumer."""

    topic: str
    partition: int
    offset: int
    value: bytes


@message
class Assigned:
    """From here on the process reads these partitions, each from a position chosen anew, and no others."""

    partitions: tuple[tuple[str, int], ...]


@message
class Sought:
    """The process moved its position in one partition; its positions in others stay as they were."""

    topic: str
    partition: int


Action = Sent | Polled | Assigned | Sought


@message
class Operation:
    """One thing that one client did, from its call to its answer.

    `process` names a client that does one thing after the other: a consumer polls again when the last poll has returned. Only a
    producer may have several sends under way; their `invoked_at` tells their order. A client that was restarted is a new process.
    `completed_at` is when the client learnt the outcome or gave up waiting, None if it never did either. `actions` are in the order
    in which they happened; a transaction is an operation with several. `error` says in words why an operation is not `OK`.
    """

    process: str
    outcome: Outcome
    invoked_at: int
    completed_at: int | None
    actions: tuple[Action, ...] = ()
    error: str = ""


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
