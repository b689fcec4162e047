"""The folder that a command is about, and who else is on it."""

import argparse
from pathlib import Path
from typing import Any

from streambus.cli.misuse import Misuse
from streambus.real.reading import FilesToRead, process_on
from streambus.storage.inspect import LOOKS_MAX, Rehearsal, read_manifest, rehearse
from streambus.storage.manifest import CURRENT


def add_arguments(parser: Any) -> None:
    """What all commands take."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a data folder: what `streambus serve --data` was given")
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")


def existing_folder(arguments: argparse.Namespace) -> Path:
    """The folder, if there is a store in it."""
    folder: Path = arguments.folder.expanduser()
    if not folder.is_dir():
        raise Misuse(f"{folder}: there is no such folder")
    try:
        names = [file for file, _ in FilesToRead(folder).listing()]
    except OSError as error:
        raise Misuse(f"{folder}: {(error.strerror or str(error)).lower()}") from error
    if not any(name.startswith(("manifest/", "wal/", "tables/")) for name in names):
        raise Misuse(f"{folder}: no broker has stored anything here: there is neither a manifest nor a write-ahead log")
    return folder


def told_of_process(folder: Path) -> str | None:
    """A line that says that a broker is running on the folder, if one is."""
    process = process_on(folder)
    return None if process is None else f"a broker is running on this folder (process {process}): what is said here was so a moment ago"


def require_manifest(folder: Path) -> None:
    """`Misuse` if there is no manifest: what is in the folder cannot be told then."""
    if not (folder / CURRENT).exists():
        raise Misuse(f"{folder} has lost its manifest; see streambus storage verify")


def rehearsed(folder: Path) -> Rehearsal:
    """What a broker would have in memory after a start on the folder. `Misuse` if it would refuse to start."""
    require_manifest(folder)
    reason = ""
    for _ in range(LOOKS_MAX):
        files = FilesToRead(folder)
        before = read_manifest(files)
        rehearsal = rehearse(files)
        if rehearsal.refused is None:
            return rehearsal
        reason = rehearsal.refused.reason
        if read_manifest(files).frames == before.frames:
            break
    raise Misuse(f"a broker would refuse to start here: {reason}; see streambus storage verify")
