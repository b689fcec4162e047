"""Long work on a simulated disk: every file operation of a task is an operation of the disk, with all that may befall one.

A task is run in one go, at one moment of simulated time: its files are immutable or its own, so nobody could tell whether others came in
between. What can be told apart is how far it had come when its life ended. A **crash** in the middle leaves a beginning of its file
operations, the last of them in part (`perform_beginning`). A **trap** or another quirk that ends the life at one of the operations stops
the task right there: the disk counts deaths, and a task that has seen one goes no further.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import attrs

from streambus.kernel import (
    Buffer,
    Create,
    DiskFailed,
    Effect,
    Event,
    FileName,
    Prng,
    Read,
    Sync,
    SyncDirectory,
    Work,
    Write,
    encode_value,
    message,
)

if TYPE_CHECKING:
    from streambus.sim.disk import SimulatedDisk


@message
class OperationDone(Event):
    """A file operation of a task is done; what a read has read is in `data`."""

    data: bytes | None = None


DONE = OperationDone()


class Interrupted(BaseException):
    """The life in which a task ran has ended. No task may catch it."""


class SimulatedFiles:
    """A simulated disk as a task sees it (`FileAccess`). `operations` is what it has done there, as effects."""

    def __init__(self, disk: SimulatedDisk) -> None:
        self._disk = disk
        self._deaths = disk.deaths
        self.operations: list[Effect] = []
        self.failed: tuple[OSError, DiskFailed] | None = None
        """The last failure of an operation."""

    def read(self, file: FileName, position: int, length: int) -> bytes:
        """What is there, through the lenses of the disk."""
        done = self._perform(Read(file, position, length, DONE))
        data = getattr(done, "data", None)
        if data is None:
            self._fail(DiskFailed(file, "read", "ENOENT"))
        self._disk.worked_bytes += len(data)
        return bytes(data)

    def create(self, file: FileName) -> None:
        """Make a file."""
        self._perform(Create(file))

    def write(self, file: FileName, position: int, parts: Sequence[Buffer]) -> None:
        """Write to the page cache, as far as there is room."""
        effect = Write(file, position, tuple([bytes(part) for part in parts]))
        self._perform(effect)
        self._disk.worked_bytes += sum(map(len, effect.parts))

    def copy(self, source: FileName, position: int, length: int, target: FileName, target_position: int) -> None:
        """Read and write."""
        self.write(target, target_position, (self.read(source, position, length),))

    def sync(self, file: FileName) -> None:
        """Make a file durable."""
        self._perform(Sync(file, DONE))

    def sync_directory(self) -> None:
        """Make names durable."""
        self._perform(SyncDirectory(DONE))

    def _perform(self, effect: Effect) -> Event | None:
        self.operations.append(effect)
        answer = self._disk.perform(effect)
        if self._disk.deaths != self._deaths:
            raise Interrupted
        if isinstance(answer, DiskFailed):
            self._fail(answer)
        return answer

    def _fail(self, failed: DiskFailed) -> NoReturn:
        number = getattr(errno, failed.error)
        error = OSError(number, os.strerror(number), failed.file)
        self.failed = error, failed
        raise error


def perform_work(disk: SimulatedDisk, work: Work) -> Event | None:
    """Run the task of `work` now; return the completion with its result, or `DiskFailed`. None if a crash came in between."""
    files = SimulatedFiles(disk)
    disk.working += 1
    try:
        result = work.task.run(files)
    except Interrupted:
        return None
    except OSError as error:
        return work_failed(error, files.failed, work.then)
    finally:
        disk.working -= 1
    encode_value(result)  # a result that no journal can hold is a mistake of the task's
    return attrs.evolve(work.then, result=result)  # type: ignore[misc]


def work_failed(error: OSError, failed: tuple[OSError, DiskFailed] | None, then: Event) -> DiskFailed:
    """What the node is told of a task that let `error` pass, which is that of its last failed operation, or else its own."""
    if failed is not None and failed[0] is error:
        return DiskFailed(failed[1].file, failed[1].operation, failed[1].error, then)
    return DiskFailed(FileName(str(error.filename or "")), "work", errno.errorcode.get(error.errno or 0, "EIO"), then)


def file_operations(disk: SimulatedDisk, work: Work) -> list[Effect]:
    """The file operations that `work` would do on `disk` as it is, if no quirk came in between. The disk stays as it is."""
    files = SimulatedFiles(disk.copy())
    try:
        work.task.run(files)
    except OSError:
        pass  # it has come as far as it comes
    return files.operations


def perform_beginning(disk: SimulatedDisk, work: Work, dice: Prng) -> None:
    """Be interrupted while `work` is under way: none of its file operations has happened, all have, or so many and perhaps half of one."""
    operations = file_operations(disk, work)
    fate = dice.below(4)
    count = 0 if fate == 0 else len(operations) if fate == 1 else dice.below(len(operations) + 1)
    disk.working += 1
    for operation in operations[:count]:
        disk.perform_soundly(operation)
    if fate > 1 and count < len(operations) and dice.chance(1, 2):
        disk.perform_partly(operations[count])
    disk.working -= 1
