"""Storage: everything a broker keeps, in one LSM-tree that is built for streams.

Theory of operation
===================

A **Store** has keyspaces. A **log** keyspace is a sequence of record batches (one per partition, one for the metadata); a **table**
keyspace maps bytes to bytes. The formats are described in `docs/storage/`.

The flow of a batch:

1. `append` gives it offsets, adds it to the open record of the **WAL** without copying it, notes it in the log's rows, and returns.
   Nothing has happened in the world.
2. `flush`, when a burst is over, hands what gathered to the disk: one `Write`, one `Sync`, whatever it is and however many partitions it is
   for. While these are at work, more gathers.
3. `WalSynced` comes back: `LogDurable` is told for every log that moved, and the next group goes to the disk at once. So a group is
   as large as what arrives during one sync: alone, a batch waits for nobody; under load, a thousand share one sync.
4. `log.read` answers with slices of files, or with copies of recent small batches; data on disk never enters the machine.
5. When a **segment** of the WAL is full, its logs' rows are written behind its records as index blocks: it is a **sealed table** now,
   without a second write of a batch. Entries of table keyspaces, and what changed in the state of logs (a **checkpoint**), become a
   table of entries. One edit of the **manifest** makes both true, and recovery begins behind them.
6. **Pickers** look for tables that are worth dropping or merging. Plain retention never rewrites: a table is dropped when nothing of it
   is in use.

Who is who: `Wal` (`wal_writer`) gathers and writes; `Log` and `Layers` answer questions; `Shelf` has the directories and cached blocks of
sealed tables; `Housekeeping` does one long `Job` at a time; `Manifest` knows which tables are true; `Recovery` puts all of it together
again.

Watermarks, in WAL positions: `wal.end >= wal.syncing >= wal.durable`; in offsets of one log: `log_end_offset >= recovery_point`;
in edits: `manifest.last_edit >= durable_edit >= confirmed_edit`.

Rules:

- Two states are the same if they were made by the same entries: `Keyspaces.replay` does in recovery what the store did when it wrote them.
- Long work is a task that the driver runs beside everything else, on files that do not change and files that nobody else knows. What it
  made is true when the manifest says so; what it replaced is deleted when that is confirmed, and nobody can still be sent from it.
- A manifest's edit relies on nothing that is not durable: a job waits for the WAL up to where it was planned.
- Nobody waits for a block that is not in memory: try, be told `NotLoaded`, and try again when `LogLoaded` or `EntriesLoaded` is told.
- Every block has a checksum and says which one it is. What looks damaged is read once more; then it is fenced off and said aloud
  (`RangeQuarantined`), or, if nobody could know what was there, the store refuses to start (`StoreCorrupted`).
- A failed sync, or a failed write of WAL or manifest, is the end of writing for this life. Nothing is retried; reading goes on. Long
  work that fails for lack of space is given up and tried again later.

What is left for later, and where: encryption and compression of blocks (the transform code in every block header, the flags of a WAL
entry), and sealed tables that live elsewhere (`TableInfo.file` is the only place that says where a table is; all reads go through slices
and `Read`).
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
from streambus.storage.log import Log
from streambus.storage.pickers import PickerOptions
from streambus.storage.producers import Accepted, Duplicate, Producers, Refusal, Refused
from streambus.storage.reading import LogRead, Stop
from streambus.storage.retention import overdue, retention_start, start_within_block
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
    "PickerOptions",
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
    "overdue",
    "retention_start",
    "start_within_block",
]
