"""The folder of a dead broker: whether it is whole, and what the engine did in it."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from streambus.kernel import Buffer, FileName
from streambus.storage.inspect import Finding, examine, read_manifest


class DeadFolder:
    """The files below `folder`, which nobody changes at the moment (`FileAccess`, but only for reading)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, file: FileName, position: int, length: int) -> bytes:
        """The bytes, as many as there are. Raises `FileNotFoundError`."""
        with (self.folder / file).open("rb") as opened:
            return os.pread(opened.fileno(), length, position)

    def listing(self) -> Iterable[tuple[FileName, int]]:
        """All files and their sizes."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                yield FileName(str(path.relative_to(self.folder))), path.stat().st_size

    def create(self, file: FileName) -> None:
        """Nothing is changed here."""
        raise PermissionError(file)

    def write(self, file: FileName, position: int, parts: Sequence[Buffer]) -> None:
        """Nothing is changed here."""
        raise PermissionError(file)

    def copy(self, source: FileName, position: int, length: int, target: FileName, target_position: int) -> None:
        """Nothing is changed here."""
        raise PermissionError(target)

    def sync(self, file: FileName) -> None:
        """Nothing is changed here."""
        raise PermissionError(file)

    def sync_directory(self) -> None:
        """Nothing is changed here."""
        raise PermissionError(self.folder)


class Autopsy:
    """What dead folders of one broker show, death after death."""

    def __init__(self, folder: Path) -> None:
        self.files = DeadFolder(folder)
        self.sealed = 0
        """Segments that have become tables, up to now."""
        self.numbers = 0
        """Numbers of tables that were given out. Those of work that a death cut short are given again."""
        self.merged: set[int] = set()
        """Tables of batches that merges made, as far as a death has shown them."""
        self.folded: set[int] = set()
        """Tables of entries likewise."""
        self.snapshots = 0
        """How often the manifest had been begun anew since the death before."""
        self._generation = b""

    def look(self) -> list[str]:
        """Examine the folder; sentences about what is damaged."""
        damages = [
            f"{found.file} at byte {found.position}: {found.kind.value}: {found.reason}"
            for found in examine(self.files, self.files.listing).run()
            if isinstance(found, Finding) and found.kind.is_damage
        ]
        try:
            manifest = read_manifest(self.files)
        except FileNotFoundError:
            return damages
        contents = manifest.contents
        self.sealed = max(self.sealed, contents.wal_segment)
        self.numbers = max(self.numbers, contents.next_table)
        for info in contents.tables.values():
            if info.segment < 0 and info.level:
                self.merged.add(info.number)
        first = self.files.read(FileName("manifest/current"), 0, 64)
        self.snapshots += first != self._generation
        self._generation = first
        return damages
