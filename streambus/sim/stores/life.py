"""One life of a store: what it asked for waits until somebody lets it happen."""

from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from streambus.kernel import Effect, Event, FileSlice, Instant, Prng, Timers, Turn, Work, Write
from streambus.sim.disk import SimulatedDisk
from streambus.sim.stores.wrong import Wrong
from streambus.sim.work import perform_work
from streambus.storage import Log, LogRead, NotLoaded, Stop, Store, StoreConfig, StoreCorrupted, StoreRecovered

T = TypeVar("T")

PATIENCE = 2_000
"""How often somebody asks again for what is not in memory, and how many operations one thing may need."""

WALL_START = 1_700_000_000_000_000


class StoreLife:
    """A store beside `disk`. Effects wait in `queue` and `works`; what it tells gathers in `facts`."""

    def __init__(self, disk: SimulatedDisk, config: StoreConfig, now: int) -> None:
        self.disk = disk
        self.store = Store(config)
        self.queue: deque[Effect] = deque()
        self.works: deque[Work] = deque()
        self.facts: list[Event] = []
        self.timers = Timers()
        self.now = Instant(now)

    # Turns -----------------------------------------------------------------------------------------------------------

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the store that takes a turn."""
        turn = self._turn()
        try:
            return getattr(self.store, method)(turn, *arguments)
        finally:
            self._end(turn)

    def _turn(self) -> Turn:
        return Turn(self.now, Prng(0), self.timers, WALL_START + self.now)

    def _end(self, turn: Turn) -> None:
        for fact in turn.facts:  # Which grows meanwhile.
            self._route(turn, fact)
        for effect in turn.effects:
            if isinstance(effect, Work):
                self.works.append(effect)
            else:
                self.queue.append(effect)
        self.facts += turn.facts

    def _route(self, turn: Turn, event: Event) -> None:
        method = Store.ROUTES.get(type(event))
        if method is not None:
            getattr(self.store, str(method))(turn, event)

    def _happen(self, event: Event | None) -> None:
        if event is not None:
            turn = self._turn()
            self._route(turn, event)
            self._end(turn)

    # The world -------------------------------------------------------------------------------------------------------

    def perform(self) -> None:
        """The oldest operation of the disk happens."""
        self._happen(self.disk.perform(self.queue.popleft()))

    def perform_all(self) -> None:
        """All operations happen that are asked for, but no long work."""
        for _ in range(PATIENCE):
            if not self.queue:
                return
            self.perform()
        raise Wrong("the store does not come to rest")

    def work(self) -> None:
        """Long work is done."""
        self._happen(perform_work(self.disk, self.works.popleft()))

    def wake(self) -> bool:
        """The timers that are due happen; whether there were any."""
        due = self.timers.due(self.now)
        for event in due:
            self._happen(event)
        return bool(due)

    def settle(self) -> None:
        """Until nothing more happens at this moment."""
        for _ in range(PATIENCE):
            self.perform_all()
            if self.works:
                self.work()
            elif not self.wake():
                return
        raise Wrong("long work never ends")

    def pass_time(self, microseconds: int) -> None:
        """Time goes by, from timer to timer."""
        end = Instant(self.now + microseconds)
        while (deadline := self.timers.next_deadline) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.settle()
        self.now = end

    def flush(self) -> None:
        """What was written or wanted is asked of the disk, which does it."""
        self.call("flush")
        self.perform_all()

    # Questions -------------------------------------------------------------------------------------------------------

    def recover(self) -> StoreCorrupted | None:
        """Recover, or say why not."""
        self.call("start")
        self.perform_all()
        if any(isinstance(fact, StoreRecovered) for fact in self.facts):
            return None
        for fact in self.facts:
            if isinstance(fact, StoreCorrupted):
                return fact
        raise Wrong(f"recovery comes to no end: {self.facts}")

    def waiting(self, question: Callable[[], T]) -> T:
        """The answer to a question about what may not be in memory."""
        for _ in range(PATIENCE):
            try:
                return question()
            except NotLoaded:
                self.flush()
        raise Wrong("a block that is needed never comes")

    def read(self, log: Log, offset: int, end_offset: int, max_bytes: int, *, at_least_one: bool) -> LogRead:
        """Read, and wait for what is not in memory, if there is nothing yet."""
        for _ in range(PATIENCE):
            read = log.read(offset, end_offset, max_bytes, at_least_one)
            if read.stopped is not Stop.LOADING or read.parts:
                return read
            self.flush()
        raise Wrong("an index block that is needed never comes")

    def bytes_of(self, read: LogRead) -> bytes:
        """What would be sent, once the writes that are on their way have happened."""
        files = {part.file for part in read.parts if isinstance(part, FileSlice)}
        while any(isinstance(effect, Write) and effect.file in files for effect in self.queue):
            self.perform()
        return b"".join([self.disk.read_soundly(part) if isinstance(part, FileSlice) else bytes(part) for part in read.parts])
