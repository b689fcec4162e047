"""A store beside a simulated disk, without a broker: what the storage tests are written with."""

from collections import deque
from collections.abc import Callable
from struct import pack
from typing import Any, TypeVar

from streambus.kernel import Effect, Event, FileSlice, Instant, Prng, Timers, Turn, Work, digest
from streambus.records import crc32c, parse_header
from streambus.sim.disk import SimulatedDisk
from streambus.sim.work import perform_work
from streambus.storage import Log, LogRead, NotLoaded, Stop, Store, StoreConfig, StoreRecovered, TableId

T = TypeVar("T")

SMALL = StoreConfig(segment_bytes=2_000, recovery_chunk_bytes=300, recent_bytes=1_500, recent_batch_bytes=400)
"""Everything happens early: segments roll, chunks cut frames in two, memory is short."""

PATIENCE = 100
"""How often somebody asks again who wants blocks that are not in memory."""

WALL_MS = 1_700_000_000_000


def make_batch(
    records: int = 1,
    size: int = 20,
    timestamp: int = 1_000,
    producer: tuple[int, int, int] = (-1, -1, -1),
    fill: bytes = b"x",
    attributes: int = 0,
) -> bytes:
    """A batch as a producer sends it: `size` bytes stand for its records; `producer` is id, epoch and base sequence."""
    body = pack(">hiqqqhii", attributes, records - 1, timestamp, timestamp, *producer, records) + (fill * size)[:size]
    return pack(">qiibI", 0, len(body) + 9, -1, 2, crc32c(body)) + body


class Life:
    """One life of a store: its effects wait in `queue` until they are performed, long work in `works`, its facts gather in `facts`."""

    def __init__(self, disk: SimulatedDisk, config: StoreConfig = SMALL) -> None:
        self.disk = disk
        self.store = Store(config)
        self.queue: deque[Effect] = deque()
        self.works: deque[Work] = deque()
        self.facts: list[Event] = []
        self.now = Instant(0)
        self.timers = Timers()

    def turn(self) -> Turn:
        return Turn(self.now, Prng(0), self.timers, WALL_MS * 1_000)

    def end(self, turn: Turn) -> None:
        """Route what the store tells itself, as its node would, then take what the world is to do."""
        for fact in turn.facts:  # Which grows meanwhile.
            self.route(turn, fact)
        for effect in turn.effects:
            (self.works if isinstance(effect, Work) else self.queue).append(effect)  # type: ignore[arg-type]
        self.facts.extend(turn.facts)

    def route(self, turn: Turn, event: Event) -> None:
        method = Store.ROUTES.get(type(event))
        if method is not None:
            getattr(self.store, str(method))(turn, event)

    def call(self, method: str, *arguments: Any) -> Any:
        turn = self.turn()
        try:
            return getattr(self.store, method)(turn, *arguments)
        finally:
            self.end(turn)

    def happen(self, event: Event) -> None:
        turn = self.turn()
        self.route(turn, event)
        self.end(turn)

    def perform_one(self) -> None:
        completion = self.disk.perform(self.queue.popleft())
        if completion is not None:
            self.happen(completion)

    def work_one(self) -> None:
        completion = perform_work(self.disk, self.works.popleft())
        if completion is not None:
            self.happen(completion)

    def wake(self) -> bool:
        """Have the timers that are due happen; whether there were any."""
        due = self.timers.due(self.now)
        for event in due:
            self.happen(event)
        return bool(due)

    def settle(self) -> None:
        """Until nothing more happens at this moment."""
        while self.queue or self.works or self.wake():
            while self.queue:
                self.perform_one()
            if self.works:
                self.work_one()

    def pass_time(self, microseconds: int) -> None:
        """Time goes by, from timer to timer."""
        end = Instant(self.now + microseconds)
        while (deadline := self.timers.next_deadline) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.settle()
        self.now = end
        self.settle()

    def recover(self) -> "Life":
        self.call("start")
        self.settle()
        return self

    def flush(self) -> None:
        self.call("flush")
        self.settle()

    def append(self, log: Log, batch: bytes, leader_epoch: int = 0) -> int:
        offset: int = self.call("append", log, parse_header(batch), batch, leader_epoch)
        return offset

    def fact(self, kind: type[Event]) -> Any:
        (fact,) = [fact for fact in self.facts if type(fact) is kind]
        return fact

    def read(self, log: Log, offset: int, end_offset: int, max_bytes: int = 1 << 40, *, at_least_one: bool = True) -> LogRead:
        """Read, and wait for index blocks that are not in memory."""
        for _ in range(PATIENCE):
            read = log.read(offset, end_offset, max_bytes, at_least_one)
            if read.stopped is not Stop.LOADING:
                return read
            self.flush()
        raise AssertionError(f"blocks of {log.log_id} do not come")

    def read_all(self, log: Log) -> bytes:
        """All batches of a log, whatever part of it says that it is damaged."""
        data, offset = b"", log.log_start_offset
        while offset < log.log_end_offset:
            read = self.read(log, offset, log.log_end_offset)
            assert read.stopped is None, (log.log_id, offset, read)
            assert read.next_offset > offset, (log.log_id, offset, read)
            data += self.bytes_of(read.parts)
            offset = read.next_offset
        return data

    def waiting(self, question: Callable[[], T]) -> T:
        """The answer to a question about what may not be in memory."""
        for _ in range(PATIENCE):
            try:
                return question()
            except NotLoaded:
                self.flush()
        raise AssertionError("blocks do not come")

    def scan(self, table_id: TableId, first: bytes = b"", last: bytes | None = None) -> dict[bytes, bytes]:
        return self.waiting(lambda: dict(self.store.scan(table_id, first, last)))

    def bytes_of(self, parts: tuple[Any, ...]) -> bytes:
        return b"".join(self.disk.read_slice(part) if isinstance(part, FileSlice) else bytes(part) for part in parts)


def recovered(disk: SimulatedDisk, config: StoreConfig = SMALL) -> Life:
    """A new life beside `disk` that must recover."""
    life = Life(disk, config).recover()
    assert [fact for fact in life.facts if type(fact) is StoreRecovered], life.facts
    life.store.check()
    return life


def fresh(config: StoreConfig = SMALL, seed: int = 1) -> Life:
    return recovered(SimulatedDisk(Prng(seed)), config)


def essence(life: Life) -> Any:
    """What must be the same after recovery: all of logs and tables, but for where it is, and what only memory or the clock know."""
    logs = {
        log_id: (
            log.keyspace,
            log.log_start_offset,
            log.log_end_offset,
            life.read_all(log),
            digest(log.epochs),
            digest(log.transactions),
            {number: (producer.producer_epoch, tuple(producer.batches)) for number, producer in sorted(log.producers.by_id.items())},
        )
        for log_id, log in sorted(life.store.logs.items())
    }
    tables = {table_id: life.scan(table_id) for table_id in sorted(life.store.tables)}
    return logs, {table_id: entries for table_id, entries in tables.items() if entries}
