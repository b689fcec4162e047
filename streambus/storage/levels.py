"""Levels: what the pickers see of a store, and the jobs that do what they choose."""

from collections.abc import Mapping

from streambus.storage.jobs import DropJob, FoldJob, Job, MergeJob
from streambus.storage.keyspaces import Keyspaces
from streambus.storage.pickers import Compaction, DropTables, EntryTable, LevelsView, LogTable, MergeLogTables
from streambus.storage.sealed.directory import Directory
from streambus.storage.shelf import Shelf


def levels_view(shelf: Shelf, keyspaces: Keyspaces, spoiled: Mapping[int, str]) -> LevelsView:
    """All tables that there are. In a table without batches or entries, of a segment that had none, nothing is in use."""
    others = {layer.number: None for layer in keyspaces.layers.tables} | shelf.retired
    return LevelsView(
        tuple([_log_table(shelf, table, spoiled) for number, table in shelf.directories.items() if number not in others]),
        tuple([_entry_table(layer.directory, spoiled) for layer in keyspaces.layers.tables]),
    )


def job_for(compaction: Compaction) -> Job:
    """The job that does what a picker chose."""
    if isinstance(compaction, DropTables):
        return DropJob(compaction.tables)
    if isinstance(compaction, MergeLogTables):
        return MergeJob(compaction.tables, compaction.level)
    return FoldJob(compaction.tables, compaction.is_bottom)


def _log_table(shelf: Shelf, directory: Directory, spoiled: Mapping[int, str]) -> LogTable:
    info = directory.info
    data_bytes, rows = shelf.totals[info.number]
    return LogTable(
        info.number,
        info.level,
        info.end_position,
        info.file_bytes,
        data_bytes,
        shelf.live_bytes[info.number],
        shelf.live_blocks[info.number],
        len(directory),
        rows,
        directory.run_count,
        directory.keyspaces[0] if len(directory) else 0,
        directory.keyspaces[-1] if len(directory) else 0,
        info.number in spoiled,
        shelf.unwanted_bytes[info.number],
    )


def _entry_table(directory: Directory, spoiled: Mapping[int, str]) -> EntryTable:
    info = directory.info
    return EntryTable(info.number, info.end_position, info.file_bytes, info.number in spoiled)
