"""Reading a data folder that may be another process's: nothing is locked, made or changed."""

import os
import resource
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from streambus.kernel import Buffer, FileName
from streambus.real.files import OpenFile, read_span
from streambus.real.folder import LOCK_FILE

OPEN_FILES_MAX = 100_000
"""How many files are kept open if nobody forbids it."""

SPARE_FILES = 100
"""What a process may want to open beside them."""

READ_ONLY = "a folder that is only read is not written to"


class FilesToRead:
    """The files below `folder` (`FileAccess`).

    Tables and segments stay open once they were read, so that they can be read on when somebody deletes them: whoever has read the
    directories of all tables has a picture of the folder that stays. Other files are opened anew for every read: what has the name now is
    what is read. Beyond what a process may have open, tables and segments are treated as other files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._open: dict[FileName, OpenFile] = {}
        self._open_max = open_files_max() - SPARE_FILES

    def read(self, file: FileName, position: int, length: int) -> bytes:
        """`length` bytes from `position`, or fewer if the file ends there."""
        opened = self._open.get(file)
        if opened is None:
            opened = OpenFile(os.open(f"{self._folder}/{file}", os.O_RDONLY | os.O_CLOEXEC))
            if len(self._open) < self._open_max and file.startswith(("tables/", "wal/")):
                self._open[file] = opened
        return read_span(opened.fd, position, length)

    def listing(self) -> list[tuple[FileName, int]]:
        """Every file with its size, in order of names. One that vanishes meanwhile is left out."""
        found = []
        for path, folders, names in os.walk(self._folder):
            folders.sort()
            for name in names:
                whole = os.path.join(path, name)
                try:
                    found.append((FileName(os.path.relpath(whole, self._folder)), os.lstat(whole).st_size))
                except FileNotFoundError:
                    continue
        return sorted(found)

    def create(self, file: FileName) -> NoReturn:
        """Not here."""
        raise PermissionError(READ_ONLY)

    def write(self, file: FileName, position: int, parts: Sequence[Buffer]) -> NoReturn:
        """Not here."""
        raise PermissionError(READ_ONLY)

    def copy(self, source: FileName, position: int, length: int, target: FileName, target_position: int) -> NoReturn:
        """Not here."""
        raise PermissionError(READ_ONLY)

    def sync(self, file: FileName) -> NoReturn:
        """Not here."""
        raise PermissionError(READ_ONLY)

    def sync_directory(self) -> NoReturn:
        """Not here."""
        raise PermissionError(READ_ONLY)


def open_files_max() -> int:
    """How many files this process may have open: as many as it is allowed to ask for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (OSError, ValueError):
            pass
    return soft if soft != resource.RLIM_INFINITY else OPEN_FILES_MAX


def process_on(folder: Path) -> int | None:
    """The process that has locked `folder`, as far as can be seen without locking anything; None if there is none.

    The lock's file says which process had it last; whether that one lives and holds the file open, the system says (`/proc`). Where it
    does not, a process that lives counts. Processes of other containers are not seen.
    """
    try:
        owner = int((folder / LOCK_FILE).read_text())
        lock = os.stat(folder / LOCK_FILE)
        os.kill(owner, 0)
    except PermissionError:
        return owner
    except (OSError, ValueError):
        return None
    try:
        held = [os.stat(entry.path) for entry in os.scandir(f"/proc/{owner}/fd") if os.path.exists(entry.path)]
    except OSError:
        return owner
    return owner if any(os.path.samestat(each, lock) for each in held) else None
