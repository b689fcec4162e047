"""A disk that fails on request: the files of one node, with faults between the node and its disk.

`FaultyFiles` stands where `Files` stands. Before every operation it looks whether a control file asks for faults, and does what
that says: an error, a delay, half a write, the loss of what was never synced. Whoever drives the test replaces the control file with
`ask_for`; a missing file asks for nothing.

Nothing in a broker that people run leads here: `serve` opens `Files` unless its caller passes something else, no setting, flag or
environment variable does, and only `python -m streambus.chaos.broker` passes this.
"""

import errno
import json
import os
import random
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Literal

import attrs

from streambus.kernel import Effect, Event, FileName, Sync, Write
from streambus.real.files import Files, FileSystem, OpenFile, write_parts

PAGE_BYTES = 4096
"""What a kernel writes back, or loses, at once."""

Harm = Literal["none", "torn", "lost", "lied"]
"""What a failing operation leaves behind: nothing; the first part of a write; or, of a sync, only some of the pages that it was to save.

`lied`: nothing either, but the disk says that all is well. No broker survives such a disk; a test that does not notice it is no test.
"""


@attrs.frozen
class DiskFault:
    """What befalls some operations: in `percent` of the cases a delay, then `error` (a name of errno; empty: none) with its `harm`.

    A lie has no error.

    `operations` are effects by their lower-case names (`write`, `sync`, `read`, `create`, …). Opening a file to send from it is a `read`.
    `below`: only on files whose names begin so (`tables/`); empty: on all.
    """

    operations: tuple[str, ...]
    error: str = ""
    delay_ms: int = 0
    percent: int = 100
    harm: Harm = "none"
    below: str = ""

    def __attrs_post_init__(self) -> None:
        assert not self.error or hasattr(errno, self.error), self.error
        assert 0 <= self.percent <= 100, self.percent
        assert self.delay_ms >= 0, self.delay_ms
        assert not self.error if self.harm == "lied" else self.error or self.harm == "none", self.harm


def ask_for(control: Path, faults: Sequence[DiskFault]) -> None:
    """Have `faults` befall from the next operation on, and no others; none of them is a healed disk. `control` changes all at once."""
    fresh = control.with_name(control.name + ".fresh")
    fresh.write_text(json.dumps([attrs.asdict(fault) for fault in faults]), encoding="ascii")
    fresh.replace(control)


class FaultyFiles:
    """The files below `folder`, with the faults that `control` asks for at the moment."""

    def __init__(self, folder: Path, control: Path) -> None:
        self._files: FileSystem = Files(folder)
        self._control = control
        self._seen: tuple[int, int] | None = None
        self._faults: tuple[DiskFault, ...] = ()
        self._unsynced: dict[FileName, list[tuple[int, int]]] = {}
        self._dice = random.Random()
        self._lock = Lock()

    def perform(self, effect: Effect) -> Event | None:
        """As `Files.perform`, or not."""
        fault = self._befalls(type(effect).__name__.lower(), getattr(effect, "file", ""))
        if fault is not None:
            if fault.harm == "lied":
                return getattr(effect, "then", None)
            self._harm(effect, fault.harm)
            raise _error(fault)
        completion = self._files.perform(effect)
        if type(effect) is Write:
            self._unsynced.setdefault(effect.file, []).append((effect.position, sum(map(len, effect.parts))))
        elif type(effect) is Sync:
            self._unsynced.pop(effect.file, None)
        return completion

    def open(self, name: FileName) -> OpenFile:
        """As `Files.open`, or not."""
        fault = self._befalls("read", name)
        if fault is not None and fault.error:
            raise _error(fault)
        return self._files.open(name)

    def copy(self, source: FileName, position: int, length: int, target: FileName, target_position: int) -> int:
        """As `Files.copy`, unless faults are asked for: then nothing, so that they befall reads and writes."""
        if self._asked_for():
            return 0
        copied = self._files.copy(source, position, length, target, target_position)
        self._unsynced.setdefault(target, []).append((target_position, copied))
        return copied

    def close(self) -> None:
        """As `Files.close`."""
        self._files.close()

    def _befalls(self, operation: str, file: str) -> DiskFault | None:
        """Let the delays for `operation` on `file` pass; the fault with an error, or a lie, that befalls it, if one does."""
        for fault in self._asked_for():
            if operation in fault.operations and file.startswith(fault.below) and self._dice.randrange(100) < fault.percent:
                time.sleep(fault.delay_ms / 1_000)
                if fault.error or fault.harm == "lied":
                    return fault
        return None

    def _asked_for(self) -> tuple[DiskFault, ...]:
        with self._lock:
            return self._read_control()

    def _read_control(self) -> tuple[DiskFault, ...]:
        try:
            status = os.stat(self._control)
        except FileNotFoundError:
            self._seen, self._faults = None, ()
            return ()
        seen = (status.st_ino, status.st_mtime_ns)
        if seen != self._seen:
            faults = json.loads(self._control.read_text(encoding="ascii"))
            self._seen, self._faults = seen, tuple([_fault(**fault) for fault in faults])
        return self._faults

    def _harm(self, effect: Effect, harm: Harm) -> None:
        if type(effect) is Write and harm == "torn":
            torn = b"".join(effect.parts)
            write_parts(self._files.open(effect.file).fd, effect.position, (torn[: self._dice.randrange(len(torn) + 1)],))
        elif type(effect) is Sync and harm == "lost":
            # The pages that could not be written are gone, the kernel calls them clean, and the next sync will succeed.
            fd = self._files.open(effect.file).fd
            for position, length in self._unsynced.pop(effect.file, []):
                self._lose_pages(fd, position, position + length)

    def _lose_pages(self, fd: int, position: int, end: int) -> None:
        while position < end:
            page_end = min(end, position - position % PAGE_BYTES + PAGE_BYTES)
            if self._dice.random() < 0.5:
                os.pwrite(fd, bytes(page_end - position), position)
            position = page_end


def _fault(operations: list[str], error: str, delay_ms: int, percent: int, harm: Harm, below: str) -> DiskFault:
    return DiskFault(tuple(operations), error, delay_ms, percent, harm, below)


def _error(fault: DiskFault) -> OSError:
    number = getattr(errno, fault.error)
    return OSError(number, os.strerror(number))
