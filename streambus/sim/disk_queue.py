"""The queue in front of a simulated disk: one operation at a time, first in first out, each taking its time.

An operation takes effect on the disk when it *completes*: a sync that is still in the queue has made nothing durable, and a write
that is still in the queue is lost with the process. Only a slice that is being sent sees queued writes, because it must (duty 7 of
a driver).

Long work (`Work`) does not stand in this queue: it takes its own time beside it, holds nothing up, and happens all at once when that time
is over. Then it takes as long again as its bytes do before the node is told.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

import attrs

from streambus.kernel import (
    Create,
    Delete,
    Effect,
    Event,
    FileSlice,
    MeasureRoom,
    Prng,
    Read,
    Rename,
    Sync,
    SyncDirectory,
    Truncate,
    Work,
    Write,
)
from streambus.sim.agenda import Agenda, Occurrence
from streambus.sim.disk import Survival
from streambus.sim.disk_quirk import Unreadable

DiskEffect = Create | Write | Sync | SyncDirectory | Truncate | Rename | Delete | Read | MeasureRoom
DISK_EFFECTS: tuple[type[Effect], ...] = (Create, Write, Sync, SyncDirectory, Truncate, Rename, Delete, Read, MeasureRoom)


class Disk(Protocol):
    """What a host asks of its disk."""

    worked_bytes: int
    """What long work has read and written so far."""

    def perform(self, effect: Effect) -> Event | None:
        """Do `effect` now; the completion or the failure, if there is one to tell."""
        ...

    def perform_soundly(self, effect: Effect) -> Event | None:
        """The same, whatever is wrong with the disk."""
        ...

    def perform_partly(self, effect: Effect) -> None:
        """Be interrupted in the middle of `effect`."""
        ...

    def read_slice(self, part: FileSlice) -> bytes:
        """The bytes that `part` names, as the page cache has them."""
        ...

    def read_soundly(self, part: FileSlice) -> bytes:
        """The same, whatever is wrong with the disk."""
        ...

    def crash_process(self) -> None:
        """The process was killed; the page cache lives on."""
        ...

    def power_cut(self, dice: Prng, survival: Survival | None = None, names: Survival | None = None) -> None:
        """The machine lost power: what was not synced may be gone, or there in part."""
        ...


@attrs.frozen
class DiskSpeed:
    """How long operations take, in microseconds: a smallest and a largest time, and the throughput of writes and reads.

    `work_min` and `work_max`: how long long work takes, however few bytes it reads and writes.
    """

    sync_min: int = 150
    sync_max: int = 3_000
    other_min: int = 5
    other_max: int = 60
    bytes_per_microsecond: int = 500
    work_min: int = 1_000
    work_max: int = 50_000


class DiskQueue:
    """The disk as one life of a node has it."""

    __slots__ = (
        "agenda",
        "busy_until",
        "deliver",
        "dice",
        "disk",
        "is_over",
        "pending",
        "raised",
        "slowdown",
        "speed",
        "stalled_until",
        "works",
    )

    def __init__(
        self,
        agenda: Agenda,
        disk: Disk,
        speed: DiskSpeed,
        dice: Prng,
        deliver: Callable[[Event], None],
        raised: Callable[[Work, Exception], None],
    ) -> None:
        """`deliver` is given completions and failures, `raised` what a task raises that is no failure of a disk."""
        self.agenda = agenda
        self.disk = disk
        self.speed = speed
        self.dice = dice
        self.deliver = deliver
        self.raised = raised
        self.pending: deque[tuple[int, DiskEffect]] = deque()
        self.works: list[Work] = []
        """The long work under way, in the order in which it was asked for."""
        self.stalled_until = 0
        self.busy_until = 0
        self.slowdown = 1
        self.is_over = False

    def submit(self, effect: DiskEffect) -> None:
        """Put `effect` behind everything that was asked for before."""
        now = self.agenda.now
        start = self.busy_until if self.busy_until > now else now
        self.busy_until = due = start + self._duration(effect) * self.slowdown
        self.pending.append((due, effect))
        if len(self.pending) == 1:
            self.agenda.after(due - now, self._complete)

    def submit_work(self, work: Work) -> None:
        """Begin long work, beside everything else."""
        now = self.agenda.now
        self.works.append(work)
        start = max(self.stalled_until, now)
        self.agenda.after(start + self.dice.between(self.speed.work_min, self.speed.work_max) * self.slowdown - now, self._work, work)

    def read_slice(self, part: FileSlice) -> bytes:
        """The bytes of `part` as if every queued write had happened. Raises `Unreadable` if they are not all there."""
        data = self._with_queued(part, self.disk.read_slice(part))
        if len(data) < part.length:
            raise Unreadable("EOF")
        return data

    def read_soundly(self, part: FileSlice) -> bytes:
        """The same for somebody who looks on: what should be there, whatever the disk would make of it."""
        return self._with_queued(part, self.disk.read_soundly(part))

    def _with_queued(self, part: FileSlice, data: bytes) -> bytes:
        for _, effect in self.pending:
            if type(effect) is Write and effect.file == part.file:
                data = _overlaid(data, part, effect)
        return data

    def stall(self, microseconds: int) -> None:
        """Nothing that is asked for from now on begins before so much time has passed, and long work that is under way gets no further."""
        self.busy_until = max(self.busy_until, self.agenda.now) + microseconds
        self.stalled_until = max(self.stalled_until, self.agenda.now) + microseconds

    def abandon(self, dice: Prng, *, exactly: bool = False) -> None:
        """The process is gone, and the queue with it.

        The operation at work may have happened, in part or not at all, and so may a beginning of long work; not so if the process ended
        `exactly` where the disk is.
        """
        self.is_over = True
        works, self.works = self.works, []
        if exactly:
            self.pending.clear()
            return
        for work in works:
            self.disk.perform_partly(work)
        if not self.pending or not dice.chance(1, 2):
            return
        effect = self.pending[0][1]
        if type(effect) is Write:
            data = b"".join(effect.parts)
            effect = Write(effect.file, effect.position, (data[: dice.below(len(data) + 1)],))
        self.disk.perform_soundly(effect)

    def _complete(self, _occurrence: Occurrence) -> None:
        if self.is_over:
            return
        pending, now = self.pending, self.agenda.now
        while pending and pending[0][0] <= now:
            completion = self.disk.perform(pending.popleft()[1])
            if completion is not None:
                self.deliver(completion)
        if pending:
            self.agenda.after(pending[0][0] - now, self._complete)

    def _work(self, occurrence: Occurrence) -> None:
        """Do it, and tell the node when its bytes are through."""
        work = occurrence.subject
        if self.is_over:
            return
        if self.stalled_until > self.agenda.now:
            self.agenda.at(self.stalled_until, self._work, work)
            return
        self.works = [other for other in self.works if other is not work]
        before = self.disk.worked_bytes
        try:
            completion = self.disk.perform(work)
        except Exception as error:  # whatever it is: a task that raises it is wrong
            self.raised(work, error)
            return
        lasts = (self.disk.worked_bytes - before) // self.speed.bytes_per_microsecond * self.slowdown
        if completion is not None:
            self.agenda.after(lasts, self._tell, completion)

    def _tell(self, occurrence: Occurrence) -> None:
        if not self.is_over:
            self.deliver(occurrence.subject)

    def _duration(self, effect: DiskEffect) -> int:
        speed = self.speed
        kind = type(effect)
        if kind is Sync or kind is SyncDirectory:
            return self.dice.between(speed.sync_min, speed.sync_max)
        duration = self.dice.between(speed.other_min, speed.other_max)
        if isinstance(effect, Write):
            return duration + sum(map(len, effect.parts)) // speed.bytes_per_microsecond
        if isinstance(effect, Read):
            return duration + effect.length // speed.bytes_per_microsecond
        return duration


def _overlaid(data: bytes, part: FileSlice, write: Write) -> bytes:
    """`data`, which is what the disk has of `part`, with what `write` will put there."""
    written = b"".join(write.parts)
    start, end = max(part.position, write.position), min(part.position + part.length, write.position + len(written))
    if start >= end:
        return data
    first, last = start - part.position, end - part.position
    return data[:first].ljust(first, b"\0") + written[start - write.position : end - write.position] + data[last:]
