"""Sealed tables: immutable files of batches and entries, with the indexes that lead to them.

Theory of operation
===================

The format is a document: `docs/storage/table.md`. A table has data (batches of logs, as they were produced), **index blocks** (rows: what
must be known of batches without reading them), **entry blocks** (keys and values), a bloom filter, a **directory**, which is what a store
keeps in memory, and a **footer**, which leads to the directory. A table is either in the file of a segment of the write-ahead log
(level 0), or has a file of its own.

How a table comes to be: by one of four tasks, which run beside the node (`Work`) and see only files.

1. `SealSegment` writes the indexes of a full segment behind its records: no batch is written twice.
2. `FlushEntries` writes what a memtable holds.
3. `MergeLogs` copies the live batches of many tables, partition by partition, into few.
4. `MergeEntries` makes one table of entries of many: the newest value of each key wins.

Each returns the directory as it was written (`Directory.decode` finds the `TableInfo` for the manifest in it), everything durable by then.
A table is true once the manifest names it, and not before.

How a table is read: `parse_footer` tells where the directory is, `Directory.decode` what there is, and `decode_rows`, `decode_entries` and
`decode_bloom` decode a block that was read at the place, and with the checksum, that the directory says. These are pure functions of
bytes: whoever asks the disk for them keeps the results in a cache. `read_table` and `check_table` do the same with files at hand, to verify
a table from end to end.

Rules:

- A block is believed only if its checksum is right and it says that it is that block of that table. Decoders raise `Damaged`, whatever is
  wrong, and nothing else; they take no length for granted.
- Tasks verify everything that they copy, read what seems damaged once more, and return what they find as `WorkDamaged`.
- A block's range of offsets tiles its log: what is not in a row of it is a hole. A row of size 0 is a loss: a batch that was found damaged.
- Decoding and encoding are slices of arrays: a few microseconds a block, whatever is in it.
- A task holds a few megabytes and the index of what it writes, however large the tables are.

What is left out on purpose: levels, pickers and the manifest (who decides what is merged when), caches, and everything that waits.
"""

from streambus.storage.sealed.blocks import Damaged
from streambus.storage.sealed.bloom import Bloom, decode_bloom, encode_bloom
from streambus.storage.sealed.directory import Directory
from streambus.storage.sealed.entry_block import MISSING, EntryBlock, Missing, decode_entries, encode_entries
from streambus.storage.sealed.flush import EntryOptions, FlushEntries
from streambus.storage.sealed.footer import FOOTER_BYTES, parse_footer
from streambus.storage.sealed.index_block import ROWS_PER_BLOCK_MAX, IndexBlock, decode_index_block, decode_rows, encode_rows
from streambus.storage.sealed.log_writer import LogWriter
from streambus.storage.sealed.merge_entries import MergeEntries
from streambus.storage.sealed.merge_logs import LogExtent, MergeLogs
from streambus.storage.sealed.seal import SealSegment
from streambus.storage.sealed.verify import Problem, ProblemKind, Progress, check_table, read_table
from streambus.storage.sealed.work import WorkDamaged
from streambus.storage.table_info import TableInfo

__all__ = [
    "FOOTER_BYTES",
    "MISSING",
    "ROWS_PER_BLOCK_MAX",
    "Bloom",
    "Damaged",
    "Directory",
    "EntryBlock",
    "EntryOptions",
    "FlushEntries",
    "IndexBlock",
    "LogExtent",
    "LogWriter",
    "MergeEntries",
    "MergeLogs",
    "Missing",
    "Problem",
    "ProblemKind",
    "Progress",
    "SealSegment",
    "TableInfo",
    "WorkDamaged",
    "check_table",
    "decode_bloom",
    "decode_entries",
    "decode_index_block",
    "decode_rows",
    "encode_bloom",
    "encode_entries",
    "encode_rows",
    "parse_footer",
    "read_table",
]
