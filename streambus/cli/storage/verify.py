"""Read everything in a data folder and say what is wrong with it. It changes nothing, and locks nothing."""

import argparse
import json
from pathlib import Path
from typing import Any

from streambus.cli.showing import Progress, count_of, size_of
from streambus.cli.storage.folders import add_arguments, existing_folder, told_of_process
from streambus.cli.storage.labels import Labels
from streambus.real.reading import FilesToRead, process_on
from streambus.storage.inspect import Examination, Finding, FindingKind, examine

CLEAN, DAMAGED = 0, 1

EPILOG = """\
What is read: the manifest; of every sealed table the footer, the directory, all blocks, and the checksum and place of every batch; every
record of the live write-ahead log. Then it is tried, without writing, whether a broker would start, and whether every log is there from
its start to its end. Files that nobody needs are named. What looks damaged is read twice before it is believed.

It can be used while a broker runs on the folder. What a power cut tore and nobody was promised is no damage; it is told as a note.

examples:
  streambus storage verify /var/lib/streambus
  streambus storage verify /var/lib/streambus --json | jq '.findings[] | select(.damage)'

exit status: 0 all that was promised is there, 1 damage, 2 misuse
"""

_MANIFEST = "no broker starts here: nobody knows which tables count"
_RESTORE = "stop writing to this disk; restore the folder from a backup, or let a replica send the data again"
_QUARANTINED = "these records are lost on this disk; fetches of them answer KAFKA_STORAGE_ERROR, the rest of the log is served"
_REPAIR = "copy them from a replica or another source; trim the log behind them if nobody needs them"

MEANINGS: dict[FindingKind, tuple[str, str]] = {
    FindingKind.MANIFEST_MISSING: (_MANIFEST, "do not start a broker: it would take the folder for a new one. " + _RESTORE),
    FindingKind.MANIFEST_DAMAGED: (_MANIFEST, _RESTORE),
    FindingKind.MANIFEST_TORN: ("a power cut tore a write that nobody was promised", "nothing: the next start cuts it off"),
    FindingKind.TABLE_UNREADABLE: ("nothing in this table can be found; no broker starts here", _RESTORE),
    FindingKind.INDEX_DAMAGED: (_QUARANTINED, _REPAIR),
    FindingKind.BATCH_DAMAGED: (_QUARANTINED, _REPAIR),
    FindingKind.BATCH_LOST: ("known since earlier: " + _QUARANTINED, _REPAIR),
    FindingKind.ENTRIES_DAMAGED: (
        "keys of tables cannot be looked up; if they say how the logs are, no broker starts here",
        _RESTORE,
    ),
    FindingKind.FILTER_DAMAGED: ("keys of this table cannot be looked up", "streambus storage compact --full writes it anew"),
    FindingKind.WAL_DAMAGED: ("records that were durable cannot be read; no broker starts here rather than forget what follows", _RESTORE),
    FindingKind.WAL_BATCH_DAMAGED: (_QUARANTINED, _REPAIR),
    FindingKind.WAL_TORN: ("a write was not finished, and nobody was promised it", "nothing: the next start cuts it off"),
    FindingKind.VERSION_UNKNOWN: (
        "another version of StreamBus wrote this, unless the byte that says so is damaged; no broker of this version starts here",
        "use the version that wrote it, or read the changelog for a way to move",
    ),
    FindingKind.OFFSETS_MISSING: ("records are lost; no broker starts here", _RESTORE),
    FindingKind.START_REFUSED: ("a broker would refuse to start here", _RESTORE),
    FindingKind.READ_FAILED: (
        "what is there is not known",
        "look at the disk and its cables, copy the folder while it can be read, and verify the copy",
    ),
    FindingKind.ORPHAN: ("nobody reads it", "delete it when no broker is running, if you did not put it there"),
    FindingKind.CONDEMNED: ("nobody reads it any more", "nothing: the broker deletes it"),
}
"""What a finding means for those who use the broker, and what to do."""


OF_FILES = (FindingKind.ORPHAN, FindingKind.CONDEMNED, FindingKind.READ_FAILED, FindingKind.MANIFEST_MISSING)
"""Findings that are about a whole file."""


def register(commands: Any) -> None:
    """Add `verify`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser(
        "verify", help="is every byte what was written?", description=__doc__, epilog=EPILOG, formatter_class=texts
    )
    add_arguments(parser)
    parser.set_defaults(run=verify_command)


def verify_command(arguments: argparse.Namespace) -> int:
    """`streambus storage verify`."""
    folder = existing_folder(arguments)
    files, labels, progress = FilesToRead(folder), Labels(), Progress("verify: read")
    examination = examine(files, files.listing, labels.names)
    findings = []
    for found in examination.run():
        if isinstance(found, Finding):
            findings.append(found)
            if not arguments.json:
                progress.clear()
                print(_told(found, labels), flush=True)
        else:
            progress.bytes(found.bytes, found.total)
    progress.clear()
    running = process_on(folder)
    if arguments.json:
        print(json.dumps(_to_json(folder, examination, findings, labels, running), indent=2))
    else:
        print(_summary(folder, examination, findings))
    return DAMAGED if any(found.kind.is_damage for found in findings) else CLEAN


def _told(found: Finding, labels: Labels) -> str:
    meaning, advice = MEANINGS[found.kind]
    lines = [
        f"{'DAMAGE' if found.kind.is_damage else 'note':<8}{found.kind.value}: {found.file}"
        + (f" at byte {found.position:,}" if found.kind not in OF_FILES else "")
        + (f", {size_of(found.size)}" if found.size else ""),
        f"        what    {_about(found, labels)}{found.reason}",
        f"        means   {meaning}",
        f"        to do   {advice}",
    ]
    return "\n".join(lines)


def _about(found: Finding, labels: Labels) -> str:
    if not found.keyspace:
        return ""
    offsets = f", offsets {found.first_offset:,} to {found.end_offset - 1:,}" if found.end_offset else ""
    return f"{labels.of(found.keyspace)}{offsets}: "


def _summary(folder: Path, examination: Examination, findings: list[Finding]) -> str:
    damages = sum(found.kind.is_damage for found in findings)
    notes = len(findings) - damages
    segments = examination.walk.segments if examination.walk is not None else 0
    logs = len(examination.rehearsal.store.logs) if examination.rehearsal is not None else 0
    lines = [
        f"{folder}: {'DAMAGED' if damages else 'clean'}. {count_of(damages, 'damaged place')}, {count_of(notes, 'note')}",
        f"read {size_of(examination.bytes)}: {count_of(examination.tables, 'sealed table')}, "
        f"{count_of(segments, 'live segment')}, {count_of(logs, 'log')}",
    ]
    told = told_of_process(folder)
    return "\n".join(lines if told is None else [*lines, told])


def _to_json(folder: Path, examination: Examination, findings: list[Finding], labels: Labels, running: int | None) -> dict[str, Any]:
    walk, rehearsal = examination.walk, examination.rehearsal
    return {
        "folder": str(folder),
        "clean": not any(found.kind.is_damage for found in findings),
        "running_process": running,
        "read_bytes": examination.bytes,
        "tables": examination.tables,
        "live_segments": walk.segments if walk is not None else 0,
        "wal_end": walk.position if walk is not None else None,
        "logs": len(rehearsal.store.logs) if rehearsal is not None else None,
        "starts": rehearsal is not None and rehearsal.refused is None,
        "findings": [_finding_json(found, labels) for found in findings],
    }


def _finding_json(found: Finding, labels: Labels) -> dict[str, Any]:
    meaning, advice = MEANINGS[found.kind]
    return {
        "kind": found.kind.value,
        "damage": found.kind.is_damage,
        "file": found.file,
        "position": found.position,
        "size": found.size,
        "log": labels.of(found.keyspace) if found.keyspace else None,
        "first_offset": found.first_offset if found.keyspace else None,
        "end_offset": found.end_offset if found.keyspace else None,
        "reason": found.reason,
        "means": meaning,
        "to_do": advice,
    }
