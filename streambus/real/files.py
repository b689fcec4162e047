"""Files below one folder: what each disk effect does to them, now and in the calling thread.

This is the only place that turns `Create`, `Write`, `Sync` … into system calls. Order, threads and completions are the business of
`streambus.real.disk`.
"""

import os
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import attrs

from streambus.kernel import (
    Buffer,
    Create,
    Delete,
    Effect,
    Event,
    FileName,
    MeasureRoom,
    Read,
    Rename,
    Sync,
    SyncDirectory,
    Truncate,
    Write,
)

OPEN_FILES_MAX = 256
"""Files kept open for the next use."""

IOVECS_MAX = 1024
"""IOV_MAX of Linux: more buffers need another call."""

JOINED_PART_BYTES = 4096
"""Parts that are shorter on average are cheaper to copy together than to list."""


class OpenFile:
    """An open file, closed when nobody refers to it any more: it can be sent from although it was deleted meanwhile."""

    __slots__ = ("fd",)

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __del__(self) -> None:
        os.close(self.fd)


class FileSystem(Protocol):
    """What a disk and long work stand on: `Files`, or something around it that has the same methods."""

    def perform(self, effect: Effect) -> Event | None:
        """Do what `effect` says; the event that completes it, if it asked for one. Raises `OSError`."""
        ...

    def open(self, name: FileName) -> OpenFile:
        """`name`, opened for reading and writing. Raises `OSError`."""
        ...

    def copy(self, source: FileName, position: int, length: int, target: FileName, target_position: int) -> int:
        """Have the kernel copy bytes from file to file; how many it did, which may be none. Raises nothing: reading and writing will."""
        ...

    def close(self) -> None:
        """Nothing is to be done any more."""
        ...


class Files:
    """The files of one node.

    Several threads may use it at the same time: the loop's and the disk's, which take turns at changing things, and the worker's, which
    changes files that nobody else uses. What they share is which files are open and which folders have changed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._open: OrderedDict[FileName, OpenFile] = OrderedDict()
        self._lock = Lock()
        """Of what is open, of what has changed, and of folders that are to be made."""
        self._syncing = Lock()
        """Held while folders are synced: whoever finds nothing left to sync must not say so before the others are done."""
        self._folder_error: OSError | None = None
        """Why folders that had changed could not be synced: then nobody can any more."""
        # What an earlier life created and did not live to sync is as volatile as what this one creates.
        self._changed_folders = dict.fromkeys(path for path, _, _ in os.walk(self._folder))
        self._perform: dict[type[Effect], Callable[[Any], Event | None]] = {
            Create: self._create,
            Write: self._write,
            Sync: self._sync,
            SyncDirectory: self._sync_directory,
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
        """`name`, opened for reading and writing. Raises `OSError`."""
        with self._lock:
            opened = self._open.get(name)
            if opened is None:
                opened = self._keep(name, os.open(self._path(name), os.O_RDWR | os.O_CLOEXEC))
            else:
                self._open.move_to_end(name)
            return opened

    def copy(self, source: FileName, position: int, length: int, target: FileName, target_position: int) -> int:
        """Have the kernel copy bytes from file to file; how many it did."""
        try:
            read_from, written_to = self.open(source), self.open(target)
            return os.copy_file_range(read_from.fd, written_to.fd, length, position, target_position)
        except OSError:
            return 0

    def close(self) -> None:
        """Keep nothing open any longer."""
        with self._lock:
            self._open.clear()

    def _path(self, name: FileName) -> str:
        return f"{self._folder}/{name}"

    def _keep(self, name: FileName, fd: int) -> OpenFile:
        opened = self._open[name] = OpenFile(fd)
        if len(self._open) > OPEN_FILES_MAX:
            self._open.popitem(last=False)
        return opened

    def _create(self, effect: Create) -> None:
        path = self._path(effect.file)
        with self._lock:
            self._make_folder(os.path.dirname(path))
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        with self._lock:
            self._keep(effect.file, fd)
            self._changed(path)

    def _make_folder(self, path: str) -> None:
        """With the lock: a folder that is there has also been noted."""
        if not os.path.isdir(path):
            self._make_folder(os.path.dirname(path))
            os.mkdir(path)
            self._changed(path)

    def _changed(self, path: str) -> None:
        self._changed_folders[os.path.dirname(path)] = None

    def _write(self, effect: Write) -> None:
        opened = self.open(effect.file)
        write_parts(opened.fd, effect.position, effect.parts)

    def _sync(self, effect: Sync) -> Event:
        opened = self.open(effect.file)
        os.fdatasync(opened.fd)  # the new length is among what fdatasync makes durable
        return effect.then

    def _sync_directory(self, effect: SyncDirectory) -> Event | None:
        with self._syncing:
            if self._folder_error is not None:
                raise OSError(self._folder_error.errno, self._folder_error.strerror)
            with self._lock:
                paths, self._changed_folders = self._changed_folders, {}
            try:
                for path in paths:
                    sync_folder(path)
            except OSError as error:
                self._folder_error = error
                raise
        return effect.then

    def _measure_room(self, effect: MeasureRoom) -> Event:
        disk = os.statvfs(self._folder)
        total, usable = disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize
        return attrs.evolve(effect.then, total_bytes=total, usable_bytes=usable)  # type: ignore[misc,unused-ignore]

    def _truncate(self, effect: Truncate) -> None:
        opened = self.open(effect.file)
        os.ftruncate(opened.fd, effect.length)

    def _rename(self, effect: Rename) -> None:
        source, target = self._path(effect.source), self._path(effect.target)
        os.replace(source, target)
        with self._lock:
            self._open.pop(effect.target, None)
            opened = self._open.pop(effect.source, None)
            if opened is not None:
                self._open[effect.target] = opened
            self._changed(source)
            self._changed(target)

    def _delete(self, effect: Delete) -> None:
        path = self._path(effect.file)
        with self._lock:
            self._open.pop(effect.file, None)
        with suppress(FileNotFoundError):
            os.unlink(path)
            with self._lock:
                self._changed(path)

    def _read(self, effect: Read) -> Event:
        try:
            opened = self.open(effect.file)  # held: another thread may crowd it out of what is kept open
            data = read_span(opened.fd, effect.position, effect.length)
        except FileNotFoundError:
            return attrs.evolve(effect.then, data=None)  # type: ignore[misc,unused-ignore]
        return attrs.evolve(effect.then, data=data)  # type: ignore[misc,unused-ignore]


def sync_folder(path: str) -> None:
    """Make the names in a folder durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_parts(fd: int, position: int, parts: tuple[Buffer, ...]) -> None:
    """Write `parts` from `position` on, all of them, however many calls that takes."""
    total = sum(map(len, parts))
    if len(parts) > 1 and total < JOINED_PART_BYTES * len(parts):
        parts = (b"".join(parts),)
    index = 0
    while index < len(parts):
        group = parts[index : index + IOVECS_MAX]
        index += len(group)
        length = sum(map(len, group))
        written = os.pwritev(fd, group, position)
        position += written
        if written < length:
            position = _write_rest(fd, position, memoryview(b"".join(group))[written:])


def _write_rest(fd: int, position: int, rest: memoryview) -> int:
    """A write was cut short, as when the disk fills up: go on until all is written or the error shows."""
    while rest:
        written = os.pwrite(fd, rest, position)
        position += written
        rest = rest[written:]
    return position


def read_span(fd: int, position: int, length: int) -> bytes:
    """`length` bytes from `position`, or fewer if the file ends there."""
    data = os.pread(fd, length, position)
    if len(data) == length or not data:
        return data
    pieces = [data]
    missing = length - len(data)
    while missing and (data := os.pread(fd, missing, position + length - missing)):
        pieces.append(data)
        missing -= len(data)
    return b"".join(pieces)
