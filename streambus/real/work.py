"""The worker: runs one node's long work (`Work`) in a thread of its own, beside the loop and beside the disk.

The thread is started when it is first needed. Its tasks are done one after the other; what comes out of them is handed back as the disk's
completions are. A task's file operations are those of the node's own `FileSystem`, so that whatever stands between a node and its disk
stands before its tasks as well.

**The end.** Nobody waits for a task. Every file operation of a task first passes a gate, and `finish` shuts it: it waits for the one
operation that may be inside, and after that nothing of the task happens any more. The thread ends at the next gate.

**Who gets the processor.** A task is Python, and only one thread runs Python at a time. Every system call of the loop lets the task in, and
the loop comes back when the task touches a file, or after the interpreter's switch interval of 5 ms. So what counts is how long a task
computes between two file operations. Measured on two processors, both taken by others as well, with a node that writes 100 bytes and
syncs them every 2 ms, on a disk that took 2 ms for it:

| beside it                             | write and sync: median, 99 % | steps late: median, 99 % |
|---------------------------------------|------------------------------|--------------------------|
| nothing                               | 2, 26 to 30 ms               | 0.2, 2 ms                |
| a task that touches a file per 64 KiB | 3 to 4, 6 ms                 | 1 to 2, 4 ms             |
| one that does per 1 MiB               | 4, 8 ms                      | 2, 6 ms                  |
| one that never does                   | 8, 24 to 31 ms               | 6, 22 to 30 ms           |

(Beside long work the disk stays in the loop, which is what cuts off the tail; see `streambus.real.disk`. In its thread the last three had
1 to 44 ms in the median and 85 to 270 ms in the worst percent.)

So tasks that look at every byte do well to take 64 KiB at a time; `copy` costs no Python at all. A shorter switch interval would help,
but it is the whole process's, not ours. A lower priority for the thread would make things worse: while strangers have its processor, it
would keep the interpreter from the loop.
"""

import errno
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

import attrs

from streambus.kernel import Buffer, Create, DiskFailed, Effect, Event, FileName, Read, Sync, SyncDirectory, Work, Write, message
from streambus.real.files import FileSystem

COPY_BYTES_MAX = 8 * 1024 * 1024
"""What the kernel is asked to copy at once: nobody waits longer than that takes for a task to end."""

PIECE_BYTES = 1024 * 1024
"""What is read and written at once where the kernel does not copy."""


@message
class OperationDone(Event):
    """A file operation of a task is done; what a read has read is in `data`."""

    data: bytes | None = None


DONE = OperationDone()


class Stopped(BaseException):
    """The node's life is over, and with it the task. No task may catch it."""


class Worker:
    """The long work of one node. All methods are called from the loop's thread."""

    def __init__(self, files: FileSystem, completed_soon: Callable[[], None]) -> None:
        """`completed_soon` is called in the thread when `completions` has something new; it must be quick and thread-safe."""
        self._files = files
        self._completed_soon = completed_soon
        self._gate = Gate()
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._done: deque[Event] = deque()
        self._thread: Thread | None = None
        self._pending = 0
        self.mistake: Exception | None = None
        """What a task has raised that is not a failure of the disk. There is no more work after that."""

    def submit(self, work: Work) -> None:
        """Do `work` soon, after what was submitted before."""
        self._pending += 1
        if self._thread is None:
            self._thread = Thread(target=self._work, name="work", daemon=True)
            self._thread.start()
        self._queue.put(work)

    def completions(self) -> list[Event]:
        """What was done since the last call."""
        events = []
        while self._done:
            events.append(self._done.popleft())
        self._pending -= len(events)
        return events

    @property
    def is_busy(self) -> bool:
        """Whether there is work whose completion has not been taken."""
        return self._pending > 0

    def finish(self) -> None:
        """Let nothing more happen to any file. Waits for a file operation that is at work, not for the task."""
        self._gate.shut()
        self._queue.put(None)

    # In the thread ------------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while (work := self._queue.get()) is not None:
                self._done.append(self._completion(work))
                self._tell()
        except Stopped:
            pass
        except Exception as mistake:  # whatever it is: the loop raises it, and the node does not go on
            self.mistake = mistake
            self._tell()

    def _completion(self, work: Work) -> Event:
        files = TaskFiles(self._files, self._gate)
        try:
            result = work.task.run(files)
        except OSError as error:
            return files.failure(error, work.then)
        return attrs.evolve(work.then, result=result)  # type: ignore[misc,unused-ignore]

    def _tell(self) -> None:
        try:
            with self._gate:
                self._completed_soon()
        except Stopped:
            pass


class Gate:
    """Lets one in at a time, until it is shut."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_shut = False

    def __enter__(self) -> None:
        self._lock.acquire()
        if self._is_shut:
            self._lock.release()
            raise Stopped

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def shut(self) -> None:
        """Wait for who is inside; let nobody in any more."""
        with self._lock:
            self._is_shut = True


class TaskFiles:
    """The node's files as one task sees them (`FileAccess`)."""

    def __init__(self, files: FileSystem, gate: Gate) -> None:
        self._files = files
        self._gate = gate
        self._failed: tuple[OSError, FileName, str] | None = None
        """The last failure: what was raised, and by which operation on which file."""

    def read(self, file: FileName, position: int, length: int) -> bytes:
        """`pread`, until all is there or the file ends."""
        data: bytes = self._perform("read", file, lambda: self._read(file, position, length))
        return data

    def create(self, file: FileName) -> None:
        """Make a file and its folders."""
        self._effect("create", file, Create(file))

    def write(self, file: FileName, position: int, parts: Sequence[Buffer]) -> None:
        """`pwritev`, until all is written."""
        self._effect("write", file, Write(file, position, tuple(parts)))

    def copy(self, source: FileName, position: int, length: int, target: FileName, target_position: int) -> None:
        """Have the kernel copy what it will, and read and write the rest, which is also where an error shows for what it is."""
        end = position + length
        shift = target_position - position
        while position < end:
            with self._gate:
                copied = self._files.copy(source, position, min(end - position, COPY_BYTES_MAX), target, position + shift)
            if not copied:
                break
            position += copied
        while position < end:
            data = self.read(source, position, min(end - position, PIECE_BYTES))
            if not data:
                break
            self.write(target, position + shift, (data,))
            position += len(data)

    def sync(self, file: FileName) -> None:
        """`fdatasync`."""
        self._effect("sync", file, Sync(file, DONE))

    def sync_directory(self) -> None:
        """`fsync` of every folder in which a name has changed, whoever changed it."""
        self._effect("syncdirectory", FileName(""), SyncDirectory(DONE))

    def failure(self, error: OSError, then: Event) -> DiskFailed:
        """What the node is told of a task that let `error` pass, which is that of its last failed operation, or else its own."""
        name = errno.errorcode.get(error.errno or 0, "EIO")
        if self._failed is not None and self._failed[0] is error:
            return DiskFailed(self._failed[1], self._failed[2], name, then)
        return DiskFailed(FileName(str(error.filename or "")), "work", name, then)

    def _read(self, file: FileName, position: int, length: int) -> bytes:
        done: Any = self._files.perform(Read(file, position, length, DONE))
        if done.data is None:
            raise FileNotFoundError(errno.ENOENT, "no such file", file)
        data: bytes = done.data
        return data

    def _effect(self, operation: str, file: FileName, effect: Effect) -> None:
        self._perform(operation, file, lambda: self._files.perform(effect))

    def _perform(self, operation: str, file: FileName, perform: Callable[[], Any]) -> Any:
        with self._gate:
            try:
                return perform()
            except OSError as error:
                self._failed = error, file, operation
                raise
