"""What a store tells its siblings, and the completions that come back to it from the disk."""

from typing import Any, NewType

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
    """The store is ready: everything in it is durable.

    `bytes` of live WAL were replayed; `cut_bytes` of a torn tail, promised to nobody, were cut off.
    """

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


# Sealed tables and what is noted of them ----------------------------------------------------------------------------------


@message
class LogLoaded(Event):
    """An index block that a log wanted is in memory, or known to be unreadable: what was put off can be tried again."""

    log_id: LogId


@message
class EntriesLoaded(Event):
    """A block of a table keyspace that somebody wanted is in memory, or known to be unreadable."""


@message
class BlockDamaged(Event):
    """A block of a sealed table is damaged for good: what it leads to is out of reach."""

    table: int
    kind: int
    block: int
    file: FileName
    position: int
    reason: str


@message
class RangeQuarantined(Event):
    """The batches of a log from `first_offset` on and below `end_offset` are damaged on this disk.

    The rest of the log is served; a replica can repair them.
    """

    log_id: LogId
    first_offset: int
    end_offset: int
    file: FileName
    reason: str


@message
class BlockRead(Event):
    """A block of a sealed table was read."""

    table: int
    kind: int
    block: int
    is_second: bool
    data: Buffer | None = None


@message
class DirectoryRead(Event):
    """The footer (`length` 0) or the directory of a sealed table was read."""

    table: int
    position: int
    length: int
    checksum: int
    is_second: bool
    data: Buffer | None = None


@message
class HousekeepingDue(Event):
    """Time to look for what could be sealed, merged or deleted, or to go on with it. There is one date for each `purpose`."""

    purpose: str = "work"


@message
class OutputsCleared(Event):
    """No file is in the way of what a job will write."""

    job: int


@message
class JobWorked(Event):
    """A task of a job is done; `result` is what it returned."""

    job: int
    result: Any = None


@message
class FilesDeleted(Event):
    """The files of these tables are durably gone."""

    tables: tuple[int, ...]
