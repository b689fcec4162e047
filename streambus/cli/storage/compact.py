"""Put a data folder in order while no broker runs on it: the same housekeeping that a broker does beside its work, until it is at rest."""

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import attrs

from streambus.cli.misuse import Misuse
from streambus.cli.showing import Progress, count_of, size_of
from streambus.cli.storage.folders import add_arguments, existing_folder, rehearsed, require_manifest
from streambus.kernel import Task
from streambus.real.folder import UnusableFolder
from streambus.real.offline import CannotGoOn, OfflineStore, offline_store
from streambus.real.reading import FilesToRead
from streambus.storage import Store, StoreConfig
from streambus.storage.inspect import sort_files
from streambus.storage.inspect.inventory import UNKEPT
from streambus.storage.levels import levels_view
from streambus.storage.pickers import PickerOptions, garbage_of

DONE, FAILED = 0, 1

OUTPUTS_MAX = 4096
"""Tables that one merge may write: half a terabyte, before the last one grows."""

FULL = PickerOptions(is_full=True, garbage_percent=0, garbage_bytes_min=0, entry_inputs_max=200, outputs_max=OUTPUTS_MAX)

EPILOG = """\
Without options it does what a broker would do if it were left alone: it seals full segments, drops tables that nobody needs, merges tables
that are worth it, and deletes files. Retention and cleaning by topic settings are left to the broker, which knows the settings.

It is safe to be killed at any moment, as a broker is: what was merged so far stays, files of an unfinished merge are written over later.
--full writes everything that is live once more before anything is deleted, so it needs as much free space as there is live data.

examples:
  streambus storage compact /var/lib/streambus             what a broker would do
  streambus storage compact /var/lib/streambus --seal      make tables of the live write-ahead log, too: the next start replays nothing
  streambus storage compact /var/lib/streambus --full      every log in one piece, no garbage, one table of entries

exit status: 0 done, 1 the disk failed, 2 misuse, a broker is running, or one would refuse to start
"""


@attrs.frozen
class Measure:
    """A folder before or after."""

    files: int
    bytes: int
    tables: int
    live_segments: int
    live_bytes: int
    """Of batches in tables."""
    garbage_bytes: int


def register(commands: Any) -> None:
    """Add `compact`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser("compact", help="merge tables offline", description=__doc__, epilog=EPILOG, formatter_class=texts)
    add_arguments(parser)
    parser.add_argument("--seal", action="store_true", help="first make tables of what is in the live write-ahead log")
    parser.add_argument("--full", action="store_true", help="seal, then merge everything into tables in which every log is in one piece")
    parser.set_defaults(run=compact_command)


def compact_command(arguments: argparse.Namespace) -> int:
    """`streambus storage compact`."""
    folder = existing_folder(arguments)
    require_manifest(folder)
    progress = Progress("compact:")
    config = StoreConfig(delete_delay=0, picker=FULL if arguments.full else PickerOptions())
    try:
        with offline_store(folder, config) as offline:
            before = _compact(arguments, folder, offline, progress)
            after = measured(folder, offline.store)
            jobs, written = offline.works, offline.written_bytes
    except UnusableFolder as unusable:
        raise Misuse(str(unusable)) from unusable
    except CannotGoOn as reason:
        progress.clear()
        return _failed(arguments, folder, str(reason))
    progress.clear()
    if arguments.json:
        said = {
            "folder": str(folder),
            "tasks": jobs,
            "written_bytes": written,
            "before": attrs.asdict(before),
            "after": attrs.asdict(after),
        }
        print(json.dumps(said, indent=2))
    else:
        print("\n".join(_words(folder, before, after, jobs, written)))
    return DONE


def _compact(arguments: argparse.Namespace, folder: Path, offline: OfflineStore, progress: Progress) -> Measure:
    """Do it; what was there before."""
    before = measured(folder, rehearsed(folder).store)
    if arguments.full:
        _require_space(folder, before.live_bytes)
    task = ""

    def on_work(begun: Task) -> None:
        nonlocal task
        task = TASKS.get(type(begun).__name__, "working")
        progress.say(task)

    offline.on_work = on_work
    offline.on_bytes = lambda written: progress.say(f"{task}: {size_of(written)} written")
    progress.say("replaying the live write-ahead log")
    offline.recover()
    if arguments.seal or arguments.full:
        offline.seal()
    offline.rest()
    return before


TASKS = {
    "SealSegment": "sealing a segment",
    "FlushEntries": "writing entries",
    "MergeLogs": "merging logs",
    "MergeEntries": "merging entries",
}


def _require_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Misuse(f"--full needs {size_of(needed)} of free space on the disk of {folder}, and there are {size_of(free)}")


def measured(folder: Path, store: Store) -> Measure:
    """What there is in `folder`, on which `store` has recovered."""
    listing = [(file, size) for file, size in FilesToRead(folder).listing() if file not in UNKEPT]
    logs = levels_view(store.shelf, store.keyspaces, {}).logs
    return Measure(
        len(listing),
        sum(size for _, size in listing),
        len(store.shelf.directories),
        len(sort_files(listing, store.manifest.contents).live),
        sum(table.live_bytes for table in logs),
        sum(map(garbage_of, logs)),
    )


def _words(folder: Path, before: Measure, after: Measure, jobs: int, written: int) -> list[str]:
    lines = [f"{folder}: {count_of(jobs, 'task')}, {size_of(written)} written", f"{'':<22}{'before':>12}{'after':>12}"]
    for name in attrs.fields_dict(Measure):
        old, new = getattr(before, name), getattr(after, name)
        shown = [size_of(number) if name.endswith("bytes") else f"{number:,}" for number in (old, new)]
        lines.append(f"{LABELS[name]:<22}{shown[0]:>12}{shown[1]:>12}")
    return lines


LABELS = {
    "files": "files",
    "bytes": "size",
    "tables": "sealed tables",
    "live_segments": "live segments",
    "live_bytes": "batches in tables",
    "garbage_bytes": "garbage in tables",
}


def _failed(arguments: argparse.Namespace, folder: Path, reason: str) -> int:
    if arguments.json:
        print(json.dumps({"folder": str(folder), "error": reason}))
    print(f"streambus storage compact: {folder}: {reason}", file=sys.stderr)
    return FAILED
