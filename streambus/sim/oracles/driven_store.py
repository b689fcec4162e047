"""A store that is driven by hand, beside a disk of its own: for those who try what a recovery would make of it."""

from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from streambus.kernel import Effect, Event, FileSlice, Instant, Prng, Timers, Turn
from streambus.sim.disk import SimulatedDisk
from streambus.storage import Log, NotLoaded, Stop, Store, StoreConfig, StoreCorrupted, StoreFailed, StoreRecovered

READ_BYTES = 1 << 16

TURNS_MAX = 100_000
"""So many turns are far more than a store needs for anything."""

T = TypeVar("T")


class DrivenStore:
    """A store beside `disk`. Its operations happen at once, one after the other."""

    def __init__(self, disk: SimulatedDisk, config: StoreConfig) -> None:
        self.disk = disk
        self.store = Store(config)
        self.timers = Timers()
        self.now = 0
        self.queue: deque[Effect] = deque()
        self.facts: list[Event] = []

    def call(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """Call a method of the store that takes a turn, and do what follows from it."""
        answer = self._turn(method, *arguments)
        self._drain()
        return answer

    def _drain(self) -> None:
        for _ in range(TURNS_MAX):
            if not self.queue:
                return
            completion = self.disk.perform(self.queue.popleft())
            if completion is not None:
                self._tell(completion)
        raise AssertionError("the store does not come to rest")

    def _turn(self, method: Callable[..., Any], *arguments: Any) -> Any:
        turn = Turn(Instant(self.now), Prng(0), self.timers, 0)
        answer = method(turn, *arguments)
        self.queue.extend(turn.effects)
        for fact in turn.facts:
            self.facts.append(fact)
            self._tell(fact)
        return answer

    def _tell(self, event: Event) -> None:
        method = Store.ROUTES.get(type(event))
        if method is not None:
            self._turn(getattr(self.store, str(method)), event)

    # What it is driven to ------------------------------------------------------------------------------------------------

    def recover(self) -> str | None:
        """Recover, or say why not."""
        self.call(self.store.start)
        if any(type(fact) is StoreRecovered for fact in self.facts):
            return None
        reasons = [fact for fact in self.facts if isinstance(fact, StoreCorrupted | StoreFailed)]
        return f"the store does not recover: {reasons[-1] if reasons else 'nothing was said'}"

    def tidy_up(self) -> None:
        """Do all long work that there is."""
        while (deadline := self.timers.next_deadline) is not None:
            self.now = max(self.now, deadline)
            for event in self.timers.due(Instant(self.now)):
                self._tell(event)
            self._drain()

    def read_all(self, log: Log) -> bytes | str:
        """Every batch of a log, or why not."""
        offset, parts = log.log_start_offset, []
        while offset < log.log_end_offset:
            read = log.read(offset, log.log_end_offset, READ_BYTES, at_least_one=True)
            parts += [self.disk.read_slice(part) if isinstance(part, FileSlice) else bytes(part) for part in read.parts]
            if read.stopped is Stop.DAMAGED:
                return f"log {log.log_id} cannot be read from offset {read.next_offset} on"
            if read.next_offset == offset and read.stopped is not Stop.LOADING:
                return f"reading log {log.log_id} gets no further than offset {offset} of {log.log_end_offset}"
            offset = read.next_offset
            self.call(self.store.flush)
        return b"".join(parts)

    def ask(self, question: Callable[[], T]) -> T:
        """The answer to a question about the store, as often as blocks have to be read for it."""
        for _ in range(TURNS_MAX):
            try:
                return question()
            except NotLoaded:
                self.call(self.store.flush)
        raise AssertionError("what a store notes as missing never comes")

    def table(self, table_id: Any) -> dict[bytes, bytes]:
        """All that a table says."""
        return self.ask(lambda: dict(self.store.scan(table_id)))
