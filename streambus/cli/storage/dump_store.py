"""Dumps of what a broker would have in memory: keyspaces, one log, entries of tables."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from streambus.cli.misuse import Misuse
from streambus.cli.storage.dump_files import key_line
from streambus.cli.storage.folders import rehearsed
from streambus.cli.storage.labels import METADATA_LOG, Labels
from streambus.cli.storage.lines import Line, batch_line, line, record_lines
from streambus.records import BadBatch, parse_header
from streambus.storage import Log, TableId, Unreadable
from streambus.storage.inspect import Rehearsal


def keyspace_lines(folder: Path, _arguments: argparse.Namespace) -> Iterator[Line]:
    """Every log and every table, by number."""
    rehearsal = rehearsed(folder)
    labels = Labels.of_rehearsal(rehearsal)
    keyspaces = rehearsal.store.keyspaces
    for number in sorted(keyspaces.logs_by_number.keys() | keyspaces.tables_by_number.keys()):
        log = keyspaces.logs_by_number.get(number)
        if log is None:
            yield line("table", number=number, name=keyspaces.tables_by_number[number])
        else:
            yield _log_line(log, labels)


def _log_line(log: Log, labels: Labels) -> Line:
    label = labels.label(log.log_id)
    return line(
        "log",
        number=log.keyspace,
        name=label,
        store_name=log.log_id if log.log_id != label else None,
        start_offset=log.log_start_offset,
        log_end_offset=log.log_end_offset,
        leader_epoch=log.epochs.latest,
        producers=len(log.producers),
        sealed_blocks=len(log.blocks),
        live_batches=len(log.index),
    )


def log_lines(folder: Path, arguments: argparse.Namespace, name: str) -> Iterator[Line]:
    """The batches of one log."""
    rehearsal = rehearsed(folder)
    labels = Labels.of_rehearsal(rehearsal)
    log = _log_of(rehearsal, labels, name)
    yield _log_line(log, labels)
    for batch in rehearsal.batches(log, min(max(arguments.start, log.log_start_offset), log.log_end_offset)):
        if isinstance(batch, tuple):
            yield line("damaged", 1, first_offset=batch[0], end_offset=batch[1])
            continue
        try:
            yield batch_line(parse_header(batch), 1, batch)
        except BadBatch as bad:
            yield line("damage", 1, reason=bad.reason)
            continue
        if arguments.records:
            for record in record_lines(batch, 2, is_metadata=log.log_id == METADATA_LOG):
                if record.fields.get("offset", arguments.start) >= arguments.start:
                    yield record


def _log_of(rehearsal: Rehearsal, labels: Labels, name: str) -> Log:
    for log in rehearsal.store.logs.values():
        if name in (log.log_id, labels.label(log.log_id)):
            return log
    names = sorted(labels.label(log_id) for log_id in rehearsal.store.logs)
    raise Misuse(
        f"there is no log {name!r}; there are: {', '.join(names[:20])}{', …' if len(names) > 20 else ''}" if names else "there are no logs"
    )


def entry_lines(folder: Path, _arguments: argparse.Namespace, name: str | None = None) -> Iterator[Line]:
    """Keys and values of all tables, or of one."""
    rehearsal = rehearsed(folder)
    tables = sorted(rehearsal.store.tables)
    if name is not None and name not in tables:
        raise Misuse(f"there is no table {name!r}; there are: {', '.join(tables)}" if tables else "there are no tables")
    for table in tables if name is None else [TableId(name)]:
        try:
            for key, value in rehearsal.entries(table):
                yield key_line(key, value, 0, table=table)
        except Unreadable as fault:
            yield line("damage", table=table, reason=str(fault))
