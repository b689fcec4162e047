"""Storage: everything a broker keeps, in one write-ahead log.

Theory of operation
===================

A **Store** has keyspaces. A **log** keyspace is a sequence of record batches (one per partition, one for the metadata); a **table**
keyspace maps bytes to bytes. All of them are written to one WAL of segment files, so that one sync makes a whole turn durable,
however many partitions it touched. The format is described in `docs/storage/wal.md`.

The flow of a batch:

1. `append` gives it offsets, frames it without copying it, notes it in the log's indexes, and returns. Nothing has happened in the
   world.
2. `flush`, when a burst is over, hands what gathered to the disk: one `Write`, one `Sync`. While these are at work, more gathers.
3. `WalSynced` comes back: `LogDurable` is told for every log that moved, and the next group goes to the disk at once. So a group is
   as large as what arrives during one sync: alone, a batch waits for nobody; under load, a thousand share one sync.
4. `log.read` answers with slices of segment files, or with copies of recent small batches; data on disk never enters the machine.

Watermarks, in WAL positions: `wal.end >= wal.syncing >= wal.durable`; in offsets of one log: `log_end_offset >= recovery_point`.

Rules:

- Two states are the same if they were made by the same frames: `Keyspaces.replay` does in recovery what the store did when it wrote them.
- Recovery is a flow of bounded reads (`Recovery`). It cuts a torn tail, and refuses to start over damage to what was durable.
- A failed write or sync is the end of writing for this life. Nothing is retried; reading goes on.

What is left for later, and where: sealed segments become tables with an index footer (`Segments`, `BatchIndex`), levels and
compaction beside them, a manifest that names them, retention. Until then the WAL only grows, and all indexes are in memory.
"""

from streambus.storage.batch_index import BatchLocation
from streambus.storage.config import StoreConfig
from streambus.storage.epochs import LeaderEpochs
from streambus.storage.events import (
    EntriesLoaded,
    LogDurable,
    LogId,
    LogLoaded,
    RangeQuarantined,
    RecoveryProgressed,
    RecoveryRead,
    RecoverySettled,
    StoreCorrupted,
    StoreFailed,
    StoreRecovered,
    TableId,
    WalDurable,
    WalSynced,
)
from streambus.storage.log import Log, LogRead, Stop
from streambus.storage.producers import Accepted, Duplicate, Producers, Refusal, Refused
from streambus.storage.shelf import NotLoaded, Unreadable
from streambus.storage.store import Append, Change, DeleteRange, Put, Store, StoreUnavailable
from streambus.storage.view import ReadView

__all__ = [
    "Accepted",
    "Append",
    "BatchLocation",
    "Change",
    "DeleteRange",
    "Duplicate",
    "EntriesLoaded",
    "LeaderEpochs",
    "Log",
    "LogDurable",
    "LogId",
    "LogLoaded",
    "LogRead",
    "NotLoaded",
    "Producers",
    "Put",
    "RangeQuarantined",
    "ReadView",
    "RecoveryProgressed",
    "RecoveryRead",
    "RecoverySettled",
    "Refusal",
    "Refused",
    "Stop",
    "Store",
    "StoreConfig",
    "StoreCorrupted",
    "StoreFailed",
    "StoreRecovered",
    "StoreUnavailable",
    "TableId",
    "Unreadable",
    "WalDurable",
    "WalSynced",
]
