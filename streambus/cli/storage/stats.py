"""Count what is in a data folder: by level and kind, by table, by log. It changes nothing, and locks nothing."""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs

from streambus.cli.showing import Progress, count_of, size_of, time_of
from streambus.cli.storage.folders import add_arguments, existing_folder, rehearsed, told_of_process
from streambus.cli.storage.labels import Labels
from streambus.real.reading import FilesToRead, process_on
from streambus.storage.inspect import Inventory, LogWeight, StoreWeight, TableWeight, sort_files, weigh

TOP = 10

EPILOG = """\
Live bytes of a table are those of batches that a log still refers to; garbage is what rewriting the table would win back. Of entries
(keys and values of tables, and the checkpoints of logs) only a merge knows what is garbage. The run length of a log is how many bytes
of it lie in one piece: a consumer that reads from the beginning needs one disk access for each. Write amplification is the least that
can be told from the levels: how often the batches that are here were written. Memory is what directories take in a running broker,
blocks in its cache apart. Every index block is read for this, 42 bytes for each batch.

examples:
  streambus storage stats /var/lib/streambus               the 10 largest logs, and the 10 tables with the most garbage
  streambus storage stats /var/lib/streambus --top 1000
  streambus storage stats /var/lib/streambus --json | jq '.logs | map(.bytes) | add'

exit status: 0 done, 2 misuse or a folder that no broker would start on
"""


def register(commands: Any) -> None:
    """Add `stats`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser("stats", help="how much is there of what?", description=__doc__, epilog=EPILOG, formatter_class=texts)
    add_arguments(parser)
    parser.add_argument("--top", type=int, default=TOP, help=f"how many logs and tables are listed (default: {TOP})", metavar="N")
    parser.set_defaults(run=stats_command)


def stats_command(arguments: argparse.Namespace) -> int:
    """`streambus storage stats`."""
    folder = existing_folder(arguments)
    progress = Progress("stats:")
    progress.say("reading what a broker would have in memory")
    rehearsal = rehearsed(folder)
    labels = Labels.of_rehearsal(rehearsal)
    weight = weigh(rehearsal, lambda done, total: progress.say(f"{done} of {total} logs"))
    progress.clear()
    inventory = sort_files(FilesToRead(folder).listing(), rehearsal.store.manifest.contents)
    if arguments.json:
        print(json.dumps(_to_json(folder, weight, inventory, labels), indent=2))
    else:
        print("\n".join(_words(folder, weight, inventory, labels, arguments.top)))
    return 0


def _words(folder: Path, weight: StoreWeight, inventory: Inventory, labels: Labels, top: int) -> Iterable[str]:
    data_bytes = sum(log.bytes for log in weight.logs)
    yield f"{folder}: {count_of(len(weight.logs), 'log')}, {count_of(weight.entry_keyspaces, 'table')}, {size_of(data_bytes)} of batches"
    told = told_of_process(folder)
    if told is not None:
        yield told
    yield ""
    yield f"{'kind':<22}{'files':>8}{'size':>12}{'live':>12}{'garbage':>12}{'blocks':>10}{'entries':>12}{'memory':>11}"
    for row in _kinds(weight, inventory):
        yield (
            f"{row['kind']:<22}{row['files']:>8,}{size_of(row['bytes']):>12}{_size(row['live_bytes']):>12}{_size(row['garbage_bytes']):>12}"
            f"{_count(row['blocks']):>10}{_count(row['entries']):>12}{_size(row['memory_bytes']):>11}"
        )
    if weight.write_amplification is not None:
        yield ""
        yield f"write amplification: the batches in tables were written {weight.write_amplification:.2f} times, at least"
    worst = sorted([table for table in weight.tables if table.garbage_bytes], key=lambda table: (-table.garbage_bytes, table.number))
    if worst and top:
        yield ""
        yield f"{'table':>8}  {'file':<34}{'level':>6}{'size':>12}{'live':>12}{'garbage':>12}{'mean run':>12}"
        yield from map(_table_line, worst[:top])
        if len(worst) > top:
            yield f"… and {len(worst) - top:,} more"
    largest = sorted(weight.logs, key=lambda log: (-log.bytes, log.name))
    if largest and top:
        yield ""
        yield f"{'log':<34}{'offsets':>22}{'size':>10}{'batches':>10}{'mean run':>10}  last batch"
        yield from [_log_line(log, labels.label(log.name)) for log in largest[:top]]
        if len(largest) > top:
            yield f"… and {len(largest) - top:,} more"


def _table_line(table: TableWeight) -> str:
    file = table.file if len(table.file) <= 33 else f"…{table.file[-32:]}"
    return (
        f"{table.number:>8}  {file:<34}{table.level:>6}{size_of(table.file_bytes):>12}{size_of(table.live_bytes):>12}"
        f"{size_of(table.garbage_bytes):>12}{_mean(table.data_bytes, table.runs):>12}"
    )


def _log_line(log: LogWeight, label: str) -> str:
    name = label if len(label) <= 33 else f"{label[:20]}…{label[-12:]}"
    offsets = f"{log.start_offset:,}–{log.end_offset:,}"
    damage = "  DAMAGED" if log.damaged_batches or log.unreadable_blocks else ""
    when = time_of(log.last_timestamp)[:10]
    return f"{name:<34}{offsets:>22}{size_of(log.bytes):>10}{log.batches:>10,}{_mean(log.bytes, log.runs):>10}  {when}{damage}"


def _mean(total: int, count: int) -> str:
    return size_of(total // count) if count else "-"


def _size(count: int | None) -> str:
    return "-" if count is None else size_of(count)


def _count(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _kinds(weight: StoreWeight, inventory: Inventory) -> list[dict[str, Any]]:
    """One row for each level of tables with batches, for tables with entries, and for everything that is no table."""
    rows = []
    logs = [table for table in weight.tables if table.kind == "log"]
    for level in sorted({table.level for table in logs}):
        name = "level 0 (sealed WAL)" if not level else f"level {level}"
        rows.append(_kind(name, [table for table in logs if table.level == level], has_garbage=True))
    rows.append(_kind("entries", [table for table in weight.tables if table.kind == "entries"], has_garbage=False))
    for name, files in (
        ("live WAL", inventory.live),
        ("manifest", inventory.manifest),
        ("to be deleted", inventory.condemned),
        ("of nobody", {**inventory.unfinished, **inventory.orphans}),
    ):
        if files or name in ("live WAL", "manifest"):
            rows.append(_row(name, len(files), sum(files.values())))
    return rows


def _kind(name: str, tables: list[TableWeight], *, has_garbage: bool) -> dict[str, Any]:
    row = _row(name, len(tables), sum(table.file_bytes for table in tables))
    row["blocks"] = sum(table.blocks for table in tables)
    row["memory_bytes"] = sum(table.memory_bytes for table in tables)
    if has_garbage:
        row["live_bytes"] = sum(table.live_bytes for table in tables)
        row["garbage_bytes"] = sum(table.garbage_bytes for table in tables)
    else:
        row["entries"] = sum(table.entries for table in tables)
    return row


def _row(name: str, files: int, size: int) -> dict[str, Any]:
    unknown = dict.fromkeys(("live_bytes", "garbage_bytes", "blocks", "entries", "memory_bytes"))
    return {"kind": name, "files": files, "bytes": size, **unknown}


def _to_json(folder: Path, weight: StoreWeight, inventory: Inventory, labels: Labels) -> dict[str, Any]:
    return {
        "folder": str(folder),
        "running_process": process_on(folder),
        "kinds": _kinds(weight, inventory),
        "wal": {"live_segments": len(inventory.live), "live_bytes": weight.wal_bytes},
        "directory_memory_bytes": weight.memory_bytes,
        "write_amplification": weight.write_amplification,
        "tables": [attrs.asdict(table) for table in weight.tables],
        "logs": [
            {
                **attrs.asdict(log),
                "name": labels.label(log.name),
                "store_name": log.name,
                "mean_run_bytes": log.bytes // log.runs if log.runs else 0,
            }
            for log in sorted(weight.logs, key=lambda log: (-log.bytes, log.name))
        ],
    }
