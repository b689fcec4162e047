"""The disk: performs one node's disk effects first in, first out, and hands their completions back in that order.

There are two ways to wait for a disk, and neither is always right:

- **In the loop.** Nothing else happens meanwhile, but nobody has to be woken. Right when the disk is quick: whoever waits for an
  acknowledgement waits for nothing but the disk, and a group of many producers costs less processor time than with a second thread.
- **In the writer thread.** The loop goes on receiving what will be the next group. Right when the disk takes long, because it is slow or
  busy or there are many bytes. It costs a wake-up each way, 50 to 80 µs.

`Disk` chooses anew for every group, by how much it is and how long syncs took of late. The order is the same either way: a group is only
done in the loop when the thread has nothing left. Measured with one-record producers on a quiet machine whose syncs take 0.25 ms, the loop
is 1.15 times as fast as the thread with one producer, 1.4 with four, on a par with 16, 1.05 with 64. On a machine whose processors are
taken by others it is slower with one or two, and the longer syncs say so.

While long work computes beside the loop (`streambus.real.work`), a sync seems to take as long as it takes to get the interpreter back. The
thread would have to get it back more often than the loop, so this must not look like a slow disk: meanwhile only good news is believed.
"""

import errno
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from time import perf_counter_ns

from streambus.kernel import (
    Create,
    Delete,
    DiskFailed,
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
from streambus.real.files import FileSystem, OpenFile

DISK_EFFECTS: tuple[type[Effect], ...] = (Create, Write, Sync, SyncDirectory, Truncate, Rename, Delete, Read, MeasureRoom)

INLINE_BYTES_MAX = 64 * 1024
"""A group that writes or reads more than this is done in the thread."""

INLINE_MICROSECONDS_MAX = 1_000
"""While syncs take as long as this, they are waited for in the thread: the wake-ups weigh little then."""


class Disk:
    """The disk effects of one node. All methods are called from the loop's thread."""

    def __init__(
        self, files: FileSystem, completed_soon: Callable[[], None], *, inline_microseconds_max: int = INLINE_MICROSECONDS_MAX
    ) -> None:
        """`completed_soon` is called in the writer thread when `completions` has something new; it must be quick and thread-safe.

        `inline_microseconds_max` 0 leaves everything to the thread.
        """
        self._files = files
        self._completed_soon = completed_soon
        self._work: SimpleQueue[list[Effect] | None] = SimpleQueue()
        self._done: deque[tuple[Effect, Event | None]] = deque()
        self._signalled = False
        self._thread: Thread | None = None
        self._pending = 0
        self._unsettled: dict[FileName, dict[int, int]] = {}
        self._inline_microseconds_max = inline_microseconds_max
        self._sync_microseconds = 0
        self.has_company = False
        """Whether long work is under way."""

    def submit(self, effects: list[Effect]) -> list[Event]:
        """Perform `effects`, now or soon. Returns their completions if they are done already."""
        if self._pending or self._sync_microseconds >= self._inline_microseconds_max or _is_big(effects):
            self._pending += len(effects)
            for effect in effects:
                self._unsettle(effect)
            self._start_thread()
            self._work.put(effects)
            return []
        started = perf_counter_ns()
        completions = [event for effect in effects if (event := self._complete(effect)) is not None]
        self._remember(effects, started)
        return completions

    def completions(self) -> list[Event]:
        """What the thread has completed since the last call, in order."""
        self._signalled = False
        events: list[Event] = []
        while self._done:
            effect, event = self._done.popleft()
            self._pending -= 1
            self._settle(effect)
            if event is not None:
                events.append(event)
        return events

    def is_settled(self, file: FileName, end_position: int) -> bool:
        """True if nothing that was asked for and is not yet done touches `file` below `end_position`."""
        unsettled = self._unsettled.get(file)
        return unsettled is None or min(unsettled.values()) >= end_position

    def open(self, file: FileName) -> OpenFile:
        """`file`, to send from. Raises `OSError`."""
        return self._files.open(file)

    def finish(self) -> None:
        """Perform everything that was asked for, then let go of the files."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()
        self._files.close()

    # In the writer thread -----------------------------------------------------------------------------------------------

    def _start_thread(self) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._perform_all, name="disk", daemon=True)
            self._thread.start()

    def _perform_all(self) -> None:
        while (effects := self._work.get()) is not None:
            started = perf_counter_ns()
            for effect in effects:
                self._done.append((effect, self._complete(effect)))
            self._remember(effects, started)
            if not self._signalled:
                self._signalled = True
                self._completed_soon()

    # In either thread ---------------------------------------------------------------------------------------------------

    def _complete(self, effect: Effect) -> Event | None:
        try:
            return self._files.perform(effect)
        except OSError as error:
            return DiskFailed(_file_of(effect), type(effect).__name__.lower(), _errno_name(error), getattr(effect, "then", None))

    def _remember(self, effects: list[Effect], started: int) -> None:
        """A moving average of how long groups with a sync take."""
        if type(effects[-1]) is Sync:
            took = (perf_counter_ns() - started) // 1_000
            if took < self._sync_microseconds or not self.has_company:
                self._sync_microseconds += (took - self._sync_microseconds) // 4

    # Which bytes are not there yet --------------------------------------------------------------------------------------

    def _unsettle(self, effect: Effect) -> None:
        for file, position in _touched(effect):
            self._unsettled.setdefault(file, {})[id(effect)] = position

    def _settle(self, effect: Effect) -> None:
        for file, _ in _touched(effect):
            unsettled = self._unsettled[file]
            del unsettled[id(effect)]
            if not unsettled:
                del self._unsettled[file]


def _is_big(effects: list[Effect]) -> bool:
    size = 0
    for effect in effects:
        if type(effect) is Write:
            size += sum(map(len, effect.parts))
        elif type(effect) is Read:
            size += effect.length
    return size > INLINE_BYTES_MAX


def _touched(effect: Effect) -> tuple[tuple[FileName, int], ...]:
    """Which files `effect` changes, and from where on."""
    if type(effect) is Write:
        return ((effect.file, effect.position),)
    if type(effect) is Truncate:
        return ((effect.file, effect.length),)
    if type(effect) is Create or type(effect) is Delete:
        return ((effect.file, 0),)
    if type(effect) is Rename:
        return ((effect.source, 0), (effect.target, 0))
    return ()


def _file_of(effect: Effect) -> FileName:
    if isinstance(effect, Rename):
        return effect.source
    return getattr(effect, "file", FileName(""))


def _errno_name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "EIO")
