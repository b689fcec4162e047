"""The store with real files below it and nothing around it: effects in order, completions at once, in this process."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event as ThreadEvent
from threading import Lock
from time import monotonic_ns
from typing import Any

from streambus.kernel import Buffer, Effect, Event, FileName, FileSlice, Instant, Prng, Sync, SyncDirectory, Timers, Turn, Work, Write
from streambus.real.files import Files, OpenFile, read_span
from streambus.real.work import Worker
from streambus.storage import Log, LogId, LogRead, NotLoaded, Put, Stop, Store, StoreConfig, TableId

from .batches import Batch

_WALL_US = 1_760_000_000_000_000
_WORK_SECONDS_MAX = 600
"""A piece of long work that takes longer will not end."""


class CountedFiles:
    """Files that count what is written to them. Where only counts matter, `is_synced` False leaves syncing to the operating system."""

    def __init__(self, folder: Path, *, is_synced: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._files = Files(folder)
        self._is_synced = is_synced
        self._lock = Lock()
        self.written_bytes = 0

    def perform(self, effect: Effect) -> Event | None:
        """As `Files.perform`."""
        if isinstance(effect, Write):
            self._count(sum(map(len, effect.parts)))
        elif not self._is_synced and isinstance(effect, (Sync, SyncDirectory)):
            return effect.then
        return self._files.perform(effect)

    def open(self, name: FileName) -> OpenFile:
        """As `Files.open`."""
        return self._files.open(name)

    def copy(self, source: FileName, position: int, length: int, target: FileName, target_position: int) -> int:
        """As `Files.copy`."""
        copied = self._files.copy(source, position, length, target, target_position)
        self._count(copied)
        return copied

    def close(self) -> None:
        """As `Files.close`."""
        self._files.close()

    def _count(self, size: int) -> None:
        with self._lock:
            self.written_bytes += size


class DrivenStore:
    """One life of a store. A turn's facts that the store itself waits for are routed, the others are of no interest here."""

    def __init__(self, files: CountedFiles, config: StoreConfig) -> None:
        self.files = files
        self.store = Store(config)
        self._timers = Timers()
        self._dice = Prng(0)
        self._queue: deque[Effect] = deque()
        self._has_worked = ThreadEvent()
        self._worker = Worker(files, self._has_worked.set)
        self._works = 0

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """A step of the node around the store: what it asks for is queued when it ends, and performed by `settle`."""
        turn = Turn(_now(), self._dice, self._timers, _WALL_US)
        yield turn
        self._end(turn)

    def settle(self) -> None:
        """Perform everything that is asked for, and what follows from it. Long work goes on beside; what it has done by now is reported."""
        queue, perform = self._queue, self.files.perform
        while queue or self._take_work() or self._take_due():
            effect = queue.popleft()
            if type(effect) is Work:
                self._works += 1
                self._worker.submit(effect)
            elif (completion := perform(effect)) is not None:
                self._report(completion)

    def rest(self) -> None:
        """Make everything durable, then wait for all long work, and for all that follows from it."""
        self.flush()
        while self._works:
            self._has_worked.wait(_WORK_SECONDS_MAX)
            self.flush()

    def keep_pace(self) -> None:
        """If a segment is full, let all long work be done that follows: as it is where networks and disks set the pace."""
        if self.store.housekeeping.seals:
            self.rest()

    def _take_due(self) -> bool:
        """Report what was to happen by now; whether there are effects now."""
        while not self._queue and (deadline := self._timers.next_deadline) is not None and deadline <= (now := _now()):
            for event in self._timers.due(now):
                self._report(event)
        return bool(self._queue)

    def _take_work(self) -> bool:
        """Report what long work has done; whether there are effects now."""
        if self._works and self._has_worked.is_set():
            self._has_worked.clear()
            if self._worker.mistake is not None:
                raise self._worker.mistake
            for event in self._worker.completions():
                self._works -= 1
                self._report(event)
        return bool(self._queue)

    def recover(self) -> "DrivenStore":
        """Start, on whatever is in the folder."""
        with self.turn() as turn:
            self.store.start(turn)
        self.settle()
        assert self.store.is_ready, "the store did not recover"
        return self

    def flush(self) -> None:
        """Make everything durable that was asked for."""
        with self.turn() as turn:
            self.store.flush(turn)
        self.settle()

    def open_logs(self, count: int) -> list[Log]:
        """So many logs, durable."""
        with self.turn() as turn:
            logs = [self.store.open_log(turn, LogId(f"topic-{number}")) for number in range(count)]
        self.flush()
        return logs

    def append_group(self, logs: Sequence[Log], group: Sequence[Batch], first: int) -> None:
        """Append the batches of a group, the `first + n`-th to the log whose turn it is, and make them durable with one sync."""
        append, count = self.store.append, len(logs)
        with self.turn() as turn:
            for number, batch in enumerate(group, first):
                append(turn, logs[number % count], batch.header, batch.data, 0)
            self.store.flush(turn)
        self.settle()

    def put_group(self, table: TableId, entries: Sequence[tuple[bytes, bytes]]) -> None:
        """A put for each, and all of them durable with one sync."""
        put = self.store.put
        with self.turn() as turn:
            for key, value in entries:
                put(turn, table, key, value)
            self.store.flush(turn)
        self.settle()

    def put_batch(self, table: TableId, entries: Sequence[tuple[bytes, bytes]]) -> None:
        """A put for each, all of them or none, durable with one sync."""
        with self.turn() as turn:
            self.store.write(turn, tuple(Put(table, key, value) for key, value in entries))
            self.store.flush(turn)
        self.settle()

    def put_one_by_one(self, table: TableId, entries: Sequence[tuple[bytes, bytes]]) -> None:
        """A put for each, durable before the next."""
        for key, value in entries:
            with self.turn() as turn:
                self.store.put(turn, table, key, value)
                self.store.flush(turn)
            self.settle()

    def get(self, table: TableId, key: bytes) -> bytes | None:
        """What `key` means, whatever has to be loaded for it."""
        while True:
            try:
                return self.store.get(table, key)
            except NotLoaded:
                self.flush()

    def read(self, log: Log, offset: int, max_bytes: int) -> LogRead:
        """Up to `max_bytes` of whole batches from `offset` on, at least one, whatever has to be loaded for it."""
        while True:
            read = log.read(offset, log.recovery_point, max_bytes, at_least_one=True)
            if read.parts:
                return read
            assert read.stopped is Stop.LOADING, f"{read.stopped} at offset {offset} of {log.log_id}"
            self.flush()

    def seal(self, filler: Batch) -> None:
        """Fill the segment at hand with batches of a log that nobody reads, and rest: everything from before is in tables then."""
        with self.turn() as turn:
            log = self.store.open_log(turn, LogId("filler"))
        segment = self.store.wal.segment
        while self.store.wal.segment == segment:
            self.append_group([log], [filler] * 4, 0)
        self.rest()

    def bytes_of(self, part: Buffer | FileSlice) -> Buffer:
        """A part of a read, out of its file if it is in one."""
        if not isinstance(part, FileSlice):
            return part
        return read_span(self.files.open(part.file).fd, part.position, part.length)

    def close(self) -> None:
        """Cut long work off and let go of the files."""
        self._worker.finish()
        self.files.close()

    def _report(self, event: Event) -> None:
        with self.turn() as turn:
            self._route(turn, event)

    def _end(self, turn: Turn) -> None:
        for fact in turn.facts:  # grows while facts are routed
            if type(fact) in Store.ROUTES:
                self._route(turn, fact)
        self._queue.extend(turn.effects)

    def _route(self, turn: Turn, event: Event) -> Any:
        return getattr(self.store, str(Store.ROUTES[type(event)]))(turn, event)


def _now() -> Instant:
    return Instant(monotonic_ns() // 1_000)


@contextmanager
def fresh_store(folder: Path, config: StoreConfig | None = None, *, is_synced: bool = True) -> Iterator[DrivenStore]:
    """A new store in a folder of its own, which stays."""
    driven = DrivenStore(CountedFiles(folder, is_synced=is_synced), config or StoreConfig()).recover()
    try:
        yield driven
    finally:
        driven.close()
