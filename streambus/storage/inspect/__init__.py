"""Inspect: reading a data folder without owning it, for those who want to know what is in it and whether it is whole.

Theory of operation
===================

Everything here is a function of files (`FileAccess`), of which only `read` is used. A broker may be running on the folder meanwhile: files
grow, are replaced and vanish. So nothing is believed that is seen only once, and when a file is not there the manifest is asked again
whether it should be.

1. `read_manifest` and `walk_wal` read the two files that grow, frame by frame and record by record, and go on behind damage, if anything
   behind it can be found. `Names` gathers what the keyspaces are called, from checkpoints in tables and from the records that go by.
2. `rehearse` runs the recovery of a real `Store` on the folder and performs its reads, and nothing else. What comes out is what a broker
   would make of the folder, or why it would refuse it: the last word on where logs begin and end, and on what is in use.
3. `examine` does all of that to find everything that is wrong (`Finding`). `weigh` counts what is there.

What is left out: opinions in words for people, names of topics (which take the metadata log's records to know), and files that are real.
"""

from streambus.storage.inspect.examination import LOOKS_MAX, Examination, Examined, examine
from streambus.storage.inspect.findings import Finding, FindingKind
from streambus.storage.inspect.inventory import Inventory, sort_files
from streambus.storage.inspect.manifest_file import ManifestFile, read_manifest
from streambus.storage.inspect.names import Keyspace, Names
from streambus.storage.inspect.rehearsal import Rehearsal, rehearse
from streambus.storage.inspect.wal_walk import Gap, RecordFound, SegmentBegun, WalkEnd, walk_wal
from streambus.storage.inspect.weighing import LogWeight, StoreWeight, TableWeight, weigh

__all__ = [
    "LOOKS_MAX",
    "Examination",
    "Examined",
    "Finding",
    "FindingKind",
    "Gap",
    "Inventory",
    "Keyspace",
    "LogWeight",
    "ManifestFile",
    "Names",
    "RecordFound",
    "Rehearsal",
    "SegmentBegun",
    "StoreWeight",
    "TableWeight",
    "WalkEnd",
    "examine",
    "read_manifest",
    "rehearse",
    "sort_files",
    "walk_wal",
    "weigh",
]
