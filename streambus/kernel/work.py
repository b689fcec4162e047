"""Long work: what would keep a node from answering if it did it in a step, or would hold up its other disk operations.

A machine describes the work as a `Task` and asks for it with `Work`; a driver runs the task beside everything else and reports what
came out. A task sees the node's files through `FileAccess` and nothing else: no clock, no dice, no state of the node. Equal tasks on
equal files do equal things, wherever they run.

Nothing orders a task against the node's other disk effects. That is why it only reads what cannot change any more and only writes
files that nobody else uses, and why a machine asks for it when everything that the task is to read has been written (the completion
came), not merely asked for.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from streambus.kernel.messages import Effect, Event, message
from streambus.kernel.world import Buffer, FileName


class FileAccess(Protocol):
    """What a task sees of the node's files. Everything raises `OSError` if it fails, as real files do; a task may leave that to the driver.

    Every method is one *file operation*, a copy two of them: a life can end before, after and in the middle of each, and disks fail one
    by one. Operations are seen by later ones of the same task at once and are durable as those of the effects with the same names.
    """

    def read(self, file: FileName, position: int, length: int) -> bytes:
        """Up to `length` bytes from `position`; fewer if the file ends there. `FileNotFoundError` if there is no such file."""
        ...

    def create(self, file: FileName) -> None:
        """Make `file`, empty, and the folders above it. `FileExistsError` if there is one."""
        ...

    def write(self, file: FileName, position: int, parts: Sequence[Buffer]) -> None:
        """Write all `parts` one after the other from `position` on. What fails may have written any beginning of them."""
        ...

    def copy(self, source: FileName, position: int, length: int, target: FileName, target_position: int) -> None:
        """Copy `length` bytes of `source`, or as many as it has from `position` on, into `target`.

        It is a read of `source` and a write to `target`, and it fails as the one or the other.
        """
        ...

    def sync(self, file: FileName) -> None:
        """Make everything written to `file` so far durable, length included. Once it failed it must never be tried again."""
        ...

    def sync_directory(self) -> None:
        """Make creations, renames and deletions of files durable."""
        ...


class Task(Protocol):
    """What is to be done, as a frozen value (a `message`): on files that are immutable and files that nobody else uses."""

    def run(self, files: FileAccess) -> Any:
        """Do it. The result is of what journals can hold: None, numbers, bytes, text, tuples, messages.

        Raises nothing but the `OSError`s of `files`: damage that it finds is a result.
        """
        ...


@message
class Work(Effect):
    """Run `task` beside everything else; then `then` happens with its `result` field filled in.

    If a file operation fails and the task lets its `OSError` pass, `DiskFailed` happens instead: its `file` and `operation` (`read`,
    `create`, `write`, `sync` or `syncdirectory`) are those of the operation that failed, its `then` is this one's.
    """

    task: Task
    then: Event
