"""Cleaning: of a log with keys, only the newest record of each key has to stay (`cleanup.policy=compact`).

Theory of operation
===================

A topic that is cleaned holds the latest state of something: a record says what is true of its key from now on, a **tombstone** (a record
without a value) that the key is gone. Whoever reads the log from its start to its end knows the latest state, however much was cleaned.
The rules are those of Kafka's log cleaner (KIP-98, KIP-354, KIP-534).

A log has a clean part and a dirty part behind it. `dirty_range` says what may be cleaned next (only what is sealed, below the last stable
offset, and old enough), `is_due` whether it is worth it. Then the task `CleanLog` walks over the log twice, beside the node:

1. Over the dirty part: a `KeyMap` notes the newest offset of every key, as far as its memory reaches.
2. Over all of the log: every batch is verified, opened, and written anew with what stays of it (`clean_batch`).

What stays, below the offset up to which the map knows everything:

- The newest record of each key. Records without a key go: they mean nothing here.
- **Tombstones** outlive their first cleaning by `delete.retention.ms`, so that whoever read the older value has that long to learn that
  it is gone. When that time ends is written into the batch, in the place of its base timestamp: files may be copied and clocks may jump.
- Nothing of **aborted** transactions. A **marker** stays as long as there is anything left of its transaction, and then as long as a
  tombstone. Keys of markers are not keys: they neither outdate anything nor are outdated.
- The **last batch of each producer** that is remembered, if need be without records: it says which sequence comes next. And the last
  batch of the log, which says where it ends for a replica that knows the log only by its batches.

Rules:

- Offsets, sequences, epochs, timestamps and codecs never change. A batch that loses nothing stays byte for byte as it is.
- One walk, one state: what is known of transactions and keys goes across all borders of extents and tables.
- The new tables speak of all offsets that the extents speak of. What was cleaned away is a hole in them.
- A batch that is intact but cannot be opened (its producer wrote nonsense, or a bomb) stays as it is, and is counted.
- A batch that was **lost** before (its row has no bytes) stays lost, so that a replica can bring it back. Markers behind it stay, too.
- Damage is returned, never copied, and nothing that was written is used then.
- Cleaning twice is cleaning once, but for horizons that have come meanwhile.

What is left out: who decides when (the store), and throttling.
"""

from streambus.storage.cleaning.batches import Cleaning, clean_batch, note_keys
from streambus.storage.cleaning.key_map import KeyMap
from streambus.storage.cleaning.outcomes import Outcomes
from streambus.storage.cleaning.policy import (
    CleaningPolicy,
    DirtyRange,
    LogPiece,
    bytes_between,
    dirty_millionths,
    dirty_range,
    is_due,
)
from streambus.storage.cleaning.task import CleanedLog, CleanLog

__all__ = [
    "CleanLog",
    "CleanedLog",
    "Cleaning",
    "CleaningPolicy",
    "DirtyRange",
    "KeyMap",
    "LogPiece",
    "Outcomes",
    "bytes_between",
    "clean_batch",
    "dirty_millionths",
    "dirty_range",
    "is_due",
    "note_keys",
]
