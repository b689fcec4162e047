"""Files in memory: what a disk does, without one. For brokers in tests, which need not outlive their process.

Anonymous files of the kernel stand in for those of a folder, so that slices of them can be sent like any other's. A sync costs nothing and
promises nothing but that the next life of the same node, on the same `MemoryFiles`, finds everything.
"""

import os
import tempfile
from collections.abc import Callable
from threading import Lock
from typing import Any

import attrs

from streambus.kernel import Create, Delete, Effect, Event, FileName, MeasureRoom, Read, Rename, Sync, SyncDirectory, Truncate, Write
from streambus.real.files import OpenFile, read_span, write_parts


class MemoryFiles:
    """The files of one node, as long as this object lives. Several threads may use it at the same time, like `Files`."""

    def __init__(self) -> None:
        self._files: dict[FileName, OpenFile] = {}
        self._lock = Lock()
        self._perform: dict[type[Effect], Callable[[Any], Event | None]] = {
            Create: self._create,
            Write: self._write,
            Sync: self._complete,
            SyncDirectory: self._complete,
            Truncate: self._truncate,
            Rename: self._rename,
            Delete: self._delete,
            Read: self._read,
            MeasureRoom: self._measure_room,
        }

    def perform(self, effect: Effect) -> Event | None:
        """Do what `effect` says; the event that completes it, if it asked for one. Raises `OSError`."""
        return self._perform[type(effect)](effect)

    def open(self, name: FileName) -> OpenFile:
        """`name`, open for reading and writing. Raises `FileNotFoundError`."""
        with self._lock:
            try:
                return self._files[name]
            except KeyError:
                raise FileNotFoundError(f"there is no file {name} in memory") from None

    def copy(self, source: FileName, position: int, length: int, target: FileName, target_position: int) -> int:
        """Copy bytes from file to file; how many it did."""
        try:
            read_from, written_to = self.open(source), self.open(target)
            return os.copy_file_range(read_from.fd, written_to.fd, length, position, target_position)
        except OSError:
            return 0

    def close(self) -> None:
        """A life is over. The files stay: the next one begins with them."""

    def _create(self, effect: Create) -> None:
        with self._lock:
            if effect.file in self._files:
                raise FileExistsError(f"there is a file {effect.file} in memory")
            self._files[effect.file] = OpenFile(_anonymous_file(effect.file))

    def _write(self, effect: Write) -> None:
        write_parts(self.open(effect.file).fd, effect.position, effect.parts)

    def _complete(self, effect: Sync | SyncDirectory) -> Event | None:
        return effect.then

    def _truncate(self, effect: Truncate) -> None:
        os.ftruncate(self.open(effect.file).fd, effect.length)

    def _rename(self, effect: Rename) -> None:
        opened = self.open(effect.source)
        with self._lock:
            del self._files[effect.source]
            self._files[effect.target] = opened

    def _delete(self, effect: Delete) -> None:
        with self._lock:
            self._files.pop(effect.file, None)

    def _read(self, effect: Read) -> Event:
        try:
            opened = self.open(effect.file)  # held: another thread may delete it
        except FileNotFoundError:
            return attrs.evolve(effect.then, data=None)  # type: ignore[misc,unused-ignore]
        return attrs.evolve(effect.then, data=read_span(opened.fd, effect.position, effect.length))  # type: ignore[misc,unused-ignore]

    def _measure_room(self, effect: MeasureRoom) -> Event:
        page, pages, free = (os.sysconf(name) for name in ("SC_PAGE_SIZE", "SC_PHYS_PAGES", "SC_AVPHYS_PAGES"))
        return attrs.evolve(effect.then, total_bytes=pages * page, usable_bytes=free * page)  # type: ignore[misc,unused-ignore]


def _anonymous_file(name: FileName) -> int:
    """A file without a name in any folder: in memory where the system has such files, else wherever it keeps temporary ones."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name.replace("/", "-")[-200:], os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
