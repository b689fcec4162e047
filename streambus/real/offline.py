"""An offline store: the same machine on the same files, with nothing around it, and nothing beside it.

Effects are performed at once and in order, long work in this very thread. There is no broker: nobody waits for anything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic_ns

import attrs

from streambus.kernel import Buffer, Effect, Event, FileAccess, FileName, Instant, Prng, Task, Timers, Turn, Work
from streambus.real.files import Files
from streambus.real.folder import locked_folder
from streambus.real.work import Gate, TaskFiles
from streambus.storage import Store, StoreConfig, StoreCorrupted, StoreFailed


class CannotGoOn(Exception):
    """The store has refused the folder, or its disk has failed. The text is one line for people."""


class OfflineStore:
    """One life of a store. `on_work` is told which task begins, `on_bytes` how many bytes tasks have written so far."""

    def __init__(self, folder: Path, config: StoreConfig) -> None:
        self.store = Store(config)
        self.on_work: Callable[[Task], None] = lambda _task: None
        self.on_bytes: Callable[[int], None] = lambda _bytes: None
        self.works = 0
        self.written_bytes = 0
        self._files = Files(folder)
        self._timers = Timers()
        self._queue: deque[Effect] = deque()
        self._failure: str | None = None

    def recover(self) -> None:
        """Start, on what is in the folder; housekeeping waits until `rest`. Raises `CannotGoOn`."""
        with self.turn() as turn:
            self.store.start(turn)
        self._perform()
        if not self.store.is_ready:
            raise CannotGoOn("the store did not recover")

    def seal(self) -> None:
        """Have all that is live become tables; `rest` does it."""
        with self.turn() as turn:
            self.store.seal(turn)

    def rest(self) -> None:
        """Make everything durable, and let housekeeping do what it finds worth doing, until that is nothing. Raises `CannotGoOn`."""
        with self.turn() as turn:
            self.store.flush(turn)
        self._perform()
        while self._take_due():
            self._perform()

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """A step of the node around the store; what it asks for is performed by `rest`."""
        turn = Turn(_now(), Prng(0), self._timers, 0)
        yield turn
        for fact in turn.facts:  # grows while facts are routed
            if isinstance(fact, StoreCorrupted):
                self._failure = f"{fact.file} is damaged at byte {fact.position}: {fact.reason}"
            elif isinstance(fact, StoreFailed):
                self._failure = fact.reason
            self._route(turn, fact)
        self._queue.extend(turn.effects)

    def close(self) -> None:
        """Let go of the files."""
        self._files.close()

    def _perform(self) -> None:
        while self._queue:
            completion = self._completion(self._queue.popleft())
            if completion is not None:
                self._report(completion)
        if self._failure is not None:
            raise CannotGoOn(self._failure)

    def _take_due(self) -> bool:
        """Have what is due happen; whether anything was."""
        events = self._timers.due(_now())
        for event in events:
            self._report(event)
        return bool(events)

    def _completion(self, effect: Effect) -> Event | None:
        if isinstance(effect, Work):
            return self._worked(effect)
        try:
            return self._files.perform(effect)
        except OSError as error:
            raise CannotGoOn(f"{type(effect).__name__.lower()} failed: {_reason(error)}") from error

    def _worked(self, work: Work) -> Event:
        self.works += 1
        self.on_work(work.task)
        files = TaskFiles(self._files, Gate())
        try:
            result = work.task.run(_Counted(files, self))
        except OSError as error:
            failure = files.failure(error, work.then)
            self._failure = f"{failure.operation} of {failure.file or 'the data folder'} failed: {_reason(error)}"
            return failure
        return attrs.evolve(work.then, result=result)  # type: ignore[misc,unused-ignore]

    def _report(self, event: Event) -> None:
        with self.turn() as turn:
            self._route(turn, event)

    def _route(self, turn: Turn, event: Event) -> None:
        method = Store.ROUTES.get(type(event))
        if method is not None:
            getattr(self.store, str(method))(turn, event)


class _Counted:
    """The files of a task (`FileAccess`), counting what is written."""

    def __init__(self, files: FileAccess, store: OfflineStore) -> None:
        self._files = files
        self._store = store

    def read(self, file: FileName, position: int, length: int) -> bytes:
        return self._files.read(file, position, length)

    def create(self, file: FileName) -> None:
        self._files.create(file)

    def write(self, file: FileName, position: int, parts: Sequence[Buffer]) -> None:
        self._files.write(file, position, parts)
        self._count(sum(map(len, parts)))

    def copy(self, source: FileName, position: int, length: int, target: FileName, target_position: int) -> None:
        self._files.copy(source, position, length, target, target_position)
        self._count(length)

    def sync(self, file: FileName) -> None:
        self._files.sync(file)

    def sync_directory(self) -> None:
        self._files.sync_directory()

    def _count(self, size: int) -> None:
        self._store.written_bytes += size
        self._store.on_bytes(self._store.written_bytes)


@contextmanager
def offline_store(folder: Path, config: StoreConfig) -> Iterator[OfflineStore]:
    """The store in `folder`, for this process alone, not recovered yet. Raises `UnusableFolder`."""
    with locked_folder(folder):
        store = OfflineStore(folder, config)
        try:
            yield store
        finally:
            store.close()


def _now() -> Instant:
    return Instant(monotonic_ns() // 1_000)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
