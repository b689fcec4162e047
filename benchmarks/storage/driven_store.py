"""The store with real files below it and nothing around it: effects in order, completions at once, in this process."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic_ns
from typing import Any

from streambus.kernel import Buffer, Effect, Event, FileSlice, Instant, Prng, Sync, SyncDirectory, Timers, Turn, Write
from streambus.real.files import Files, read_span
from streambus.storage import Log, LogId, LogRead, Store, StoreConfig, TableId

from .batches import Batch

_WALL_US = 1_760_000_000_000_000


class CountedFiles:
    """Files that count what is written to them. Where only counts matter, `is_synced` False leaves syncing to the operating system."""

    def __init__(self, folder: Path, *, is_synced: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.files = Files(folder)
        self.is_synced = is_synced
        self.written_bytes = 0

    def perform(self, effect: Effect) -> Event | None:
        """Do what `effect` says; the event that completes it, if it asked for one."""
        kind = type(effect)
        if kind is Write:
            assert isinstance(effect, Write)
            self.written_bytes += sum(map(len, effect.parts))
        elif not self.is_synced and isinstance(effect, (Sync, SyncDirectory)):
            return effect.then
        return self.files.perform(effect)


class DrivenStore:
    """One life of a store. A turn's facts that the store itself waits for are routed, the others are of no interest here."""

    def __init__(self, files: CountedFiles, config: StoreConfig) -> None:
        self.files = files
        self.store = Store(config)
        self._timers = Timers()
        self._dice = Prng(0)
        self._queue: deque[Effect] = deque()

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """A step of the node around the store: what it asks for is queued when it ends, and performed by `settle`."""
        turn = Turn(Instant(monotonic_ns() // 1_000), self._dice, self._timers, _WALL_US)
        yield turn
        self._end(turn)

    def settle(self) -> None:
        """Perform everything that is asked for, and what follows from it, until nothing is left to do."""
        queue, perform = self._queue, self.files.perform
        while queue:
            completion = perform(queue.popleft())
            if completion is not None:
                self._report(completion)

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

    def put_one_by_one(self, table: TableId, entries: Sequence[tuple[bytes, bytes]]) -> None:
        """A put for each, durable before the next."""
        for key, value in entries:
            with self.turn() as turn:
                self.store.put(turn, table, key, value)
                self.store.flush(turn)
            self.settle()

    def read(self, log: Log, offset: int, max_bytes: int) -> LogRead:
        """Up to `max_bytes` of whole batches from `offset` on, at least one."""
        read = log.read(offset, log.recovery_point, max_bytes, at_least_one=True)
        assert read.parts, f"nothing at offset {offset} of {log.log_id}"
        return read

    def bytes_of(self, part: Buffer | FileSlice) -> Buffer:
        """A part of a read, out of its file if it is in one."""
        if not isinstance(part, FileSlice):
            return part
        return read_span(self.files.files.open(part.file).fd, part.position, part.length)

    def rest(self) -> None:
        """Let everything end that the store does beside its work."""
        self.settle()

    def close(self) -> None:
        """Let go of the files."""
        self.files.files.close()

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


@contextmanager
def fresh_store(folder: Path, config: StoreConfig | None = None, *, is_synced: bool = True) -> Iterator[DrivenStore]:
    """A new store in a folder of its own, which stays."""
    driven = DrivenStore(CountedFiles(folder, is_synced=is_synced), config or StoreConfig()).recover()
    try:
        yield driven
    finally:
        driven.close()
