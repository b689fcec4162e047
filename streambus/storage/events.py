"""What a store tells its siblings, and the completions that come back to it from the disk."""

from typing import NewType

from streambus.kernel import Buffer, Event, FileName, message

LogId = NewType("LogId", str)
"""The name of a log keyspace, chosen by whoever opens it."""

TableId = NewType("TableId", str)
"""The name of a table keyspace."""


# Facts -----------------------------------------------------------------------------------------------------------------


@message
class RecoveryProgressed(Event):
    """Recovery has read the WAL up to `position`."""

    position: int


@message
class StoreRecovered(Event):
    """The store is ready: everything in it is durable. `cut_bytes` of a torn tail, promised to nobody, were cut off."""

    log_count: int
    bytes: int
    cut_bytes: int
    segments: int


@message
class StoreCorrupted(Event):
    """Bytes that were durable are damaged, at `position` of `file`. The store does not start, rather than forget what follows."""

    file: FileName
    position: int
    reason: str


@message
class StoreFailed(Event):
    """The disk failed. Nothing is written from now on in this life; what was durable can still be read."""

    reason: str


@message
class LogDurable(Event):
    """A log's records below `recovery_point` are durable on this disk."""

    log_id: LogId
    recovery_point: int


@message
class WalDurable(Event):
    """Everything that was written below this WAL position is durable: how users of tables learn that a put is."""

    position: int


# Completions -----------------------------------------------------------------------------------------------------------


@message
class WalSynced(Event):
    """The group that ends at WAL position `end` is durable."""

    end: int


@message
class RecoveryRead(Event):
    """`length` bytes were asked for at WAL position `position`, of the segment that begins at `segment`."""

    segment: int
    position: int
    length: int
    data: Buffer | None = None


@message
class RecoverySettled(Event):
    """Everything that recovery found, and the directory, is durable."""

    end: int
