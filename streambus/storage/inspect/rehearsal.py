"""Rehearsal: what a broker would make of a folder, without changing anything in it.

A real `Store` recovers here, and everything that it wants to read is read. What it wants to write (the last bytes of the log again, a
confirmation in the manifest) is said to be done and is not; long work is not begun. So the store that comes out is what the next start
would have in memory, or says why there would be none. It can be asked for anything, and must not be written to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

import attrs

from streambus.kernel import (
    Buffer,
    DiskFailed,
    Effect,
    Event,
    FileAccess,
    FileSlice,
    Instant,
    Prng,
    Read,
    Sync,
    SyncDirectory,
    Timers,
    Turn,
)
from streambus.storage.config import StoreConfig
from streambus.storage.events import RangeQuarantined, StoreCorrupted, StoreFailed, StoreRecovered, TableId
from streambus.storage.log import Log
from streambus.storage.reading import Stop
from streambus.storage.shelf import NotLoaded, Unreadable
from streambus.storage.store import Store

T = TypeVar("T")


class Rehearsal:
    """A store that has recovered (`recovered`), or why it has not (`refused`)."""

    def __init__(self, files: FileAccess, config: StoreConfig) -> None:
        self.files = files
        self.store = Store(config)
        self.recovered: StoreRecovered | None = None
        self.refused: StoreCorrupted | StoreFailed | None = None
        self.quarantined: list[RangeQuarantined] = []
        self._queue: deque[Effect] = deque()
        self._timers = Timers()

    # What there is -----------------------------------------------------------------------------------------------------

    def batches(self, log: Log, offset: int) -> Iterator[bytes | tuple[int, int]]:
        """The batches of a log from the one that contains `offset` on; of damaged ones their offsets: first, and behind the last."""
        while offset < log.log_end_offset:
            read = log.read(offset, log.log_end_offset, 1, at_least_one=True)
            if read.parts:
                yield b"".join([self._bytes_of(part) for part in read.parts])
            elif read.stopped is Stop.LOADING:
                self._load()
                continue
            elif read.next_offset == offset:
                end = self._damaged_until(log, offset)
                yield offset, end
                offset = end
                continue
            offset = read.next_offset

    def entries(self, table: TableId, first: bytes = b"", last: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """The entries of a table from key `first` on and below `last`, in order. Raises `Unreadable`."""
        while True:
            try:
                for key, value in self.store.scan(table, first, last):
                    yield key, value
                    first = key + b"\0"
            except NotLoaded:
                self._load()
                continue
            return

    def ask(self, question: Callable[[], T]) -> T:
        """The answer to a question for which blocks may have to be loaded. Raises `Unreadable`."""
        while True:
            try:
                return question()
            except NotLoaded:
                self._load()

    def _bytes_of(self, part: Buffer | FileSlice) -> bytes:
        return self.files.read(part.file, part.position, part.length) if isinstance(part, FileSlice) else bytes(part)

    def _damaged_until(self, log: Log, offset: int) -> int:
        """Behind which offset reading goes on."""
        row = log.blocks.row_of(offset)
        if row < 0 or offset >= log.blocks.end_offset:
            return log.index.next_offset(log.index.row_of(offset))
        ref = log.blocks.ref(row)
        try:
            rows = self.ask(lambda: log.shelf.rows(ref.table, ref.block, log.log_id))
        except Unreadable:
            return ref.end_offset
        return max(min(rows.next_offset(max(rows.row_of(offset), 0)), ref.end_offset), offset + 1)

    # How it is driven --------------------------------------------------------------------------------------------------

    def run(self) -> Rehearsal:
        """Have the store recover."""
        turn = self._turn()
        self.store.start(turn)
        self._end(turn)
        self._perform()
        return self

    def _load(self) -> None:
        """Have the store read what it misses."""
        turn = self._turn()
        self.store.flush(turn)
        self._end(turn)
        self._perform()

    def _perform(self) -> None:
        while self._queue:
            completion = self._completion(self._queue.popleft())
            if completion is not None:
                turn = self._turn()
                self._route(turn, completion)
                self._end(turn)

    def _completion(self, effect: Effect) -> Event | None:
        if isinstance(effect, (Sync, SyncDirectory)):
            return effect.then
        if not isinstance(effect, Read):
            return None
        data: bytes | None = None
        try:
            data = self.files.read(effect.file, effect.position, effect.length)
        except FileNotFoundError:
            pass
        except OSError as error:
            return DiskFailed(effect.file, "read", error.strerror or str(error), effect.then)
        return attrs.evolve(effect.then, data=data)  # type: ignore[misc,unused-ignore]

    def _turn(self) -> Turn:
        return Turn(Instant(0), Prng(0), self._timers, 0)

    def _end(self, turn: Turn) -> None:
        for fact in turn.facts:  # grows while facts are routed
            if isinstance(fact, StoreRecovered):
                self.recovered = fact
            elif isinstance(fact, (StoreCorrupted, StoreFailed)):
                self.refused = fact
            elif isinstance(fact, RangeQuarantined):
                self.quarantined.append(fact)
            self._route(turn, fact)
        self._queue.extend(turn.effects)

    def _route(self, turn: Turn, event: Event) -> None:
        method = Store.ROUTES.get(type(event))
        if method is not None:
            getattr(self.store, str(method))(turn, event)


def rehearse(files: FileAccess, config: StoreConfig | None = None) -> Rehearsal:
    """Have a store recover from `files`, and change nothing."""
    return Rehearsal(files, config or StoreConfig()).run()
