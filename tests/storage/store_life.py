"""A store beside a simulated disk, without a broker: what the storage tests are written with."""

from collections import deque
from struct import pack
from typing import Any

from streambus.kernel import Effect, Event, FileSlice, Instant, Prng, Timers, Turn, digest
from streambus.records import crc32c, parse_header
from streambus.sim.disk import SimulatedDisk
from streambus.storage import Log, Store, StoreConfig, StoreRecovered

SMALL = StoreConfig(segment_bytes=2_000, recovery_chunk_bytes=300, recent_bytes=1_500, recent_batch_bytes=400)
"""Everything happens early: segments roll, chunks cut frames in two, memory is short."""

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
    """One life of a store: its effects wait in `queue` until they are performed, its facts gather in `facts`."""

    def __init__(self, disk: SimulatedDisk, config: StoreConfig = SMALL) -> None:
        self.disk = disk
        self.store = Store(config)
        self.queue: deque[Effect] = deque()
        self.facts: list[Event] = []
        self.now = Instant(0)
        self.timers = Timers()

    def turn(self) -> Turn:
        return Turn(self.now, Prng(0), self.timers, WALL_MS * 1_000)

    def end(self, turn: Turn) -> None:
        self.queue.extend(turn.effects)
        self.facts.extend(turn.facts)

    def call(self, method: str, *arguments: Any) -> Any:
        turn = self.turn()
        try:
            return getattr(self.store, method)(turn, *arguments)
        finally:
            self.end(turn)

    def perform_one(self) -> None:
        completion = self.disk.perform(self.queue.popleft())
        if completion is not None:
            self.call(str(Store.ROUTES[type(completion)]), completion)

    def settle(self) -> None:
        while self.queue:
            self.perform_one()

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

    def read_all(self, log: Log) -> bytes:
        read = log.read(log.log_start_offset, log.log_end_offset, 1 << 40, at_least_one=True)
        return self.bytes_of(read.parts)

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


def essence(store: Store) -> Any:
    """What must be the same after recovery: all of logs and tables, but for what is only in memory or only known to the clock."""
    logs = {
        log_id: (
            log.keyspace,
            log.log_start_offset,
            log.log_end_offset,
            digest(log.index),
            digest(log.times),
            digest(log.epochs),
            {number: (producer.producer_epoch, tuple(producer.batches)) for number, producer in log.producers.by_id.items()},
        )
        for log_id, log in store.logs.items()
    }
    tables = {table_id: dict(table.entries) for table_id, table in store.tables.items() if table.entries}
    return logs, tables
