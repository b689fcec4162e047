"""The data folder: it belongs to one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_FILE = ".lock"
"""Locked as long as the process lives, whatever it dies of. Holds its process id, for people."""


class UnusableFolder(Exception):
    """The folder cannot be had. The text is one line for people."""


@contextmanager
def locked_folder(path: Path) -> Iterator[Path]:
    """`path`, made if it is missing, for this process alone until the block ends. Raises `UnusableFolder`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = os.open(path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise UnusableFolder(f"cannot use the data folder {path}: {(error.strerror or str(error)).lower()}") from error
    try:
        _lock(path, lock)
        _require_manifest(path)
        yield path
    finally:
        os.close(lock)


def _require_manifest(path: Path) -> None:
    """A folder with data has a manifest, which is made before anything else. Without it the data would pass for leftovers, and be
    overwritten.

    A machine cannot list a folder, so it cannot tell; whoever starts one can.
    """
    if (path / "manifest" / "current").exists():
        return
    found = next((name for pattern in ("wal/*.wal", "tables/*.table") for name in path.glob(pattern)), None)
    if found is not None:
        raise UnusableFolder(
            f"the data folder {path} has data ({found.relative_to(path)}) but no manifest/current: bring that back from a backup of the "
            "folder, or use another folder; a folder of an older version cannot be used"
        )


def _lock(path: Path, lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(lock, 32, 0).decode("ascii", "replace").strip()
        raise UnusableFolder(f"the data folder {path} is in use by process {holder or 'unknown'}") from error
    try:
        owner = f"{os.getpid()}\n".encode()
        os.pwrite(lock, owner, 0)  # first, and in place: on a full disk there is no room for what was given back a moment ago
        os.ftruncate(lock, len(owner))
    except OSError as error:
        raise UnusableFolder(f"cannot write to the data folder {path}: {(error.strerror or str(error)).lower()}") from error
