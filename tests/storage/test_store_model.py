"""The store against a model of dicts and lists, through any sequence of operations, crashes, power cuts and disk failures."""

from bisect import bisect_right
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from store_life import WALL_MS, essence, make_batch, recovered

from streambus.kernel import Prng
from streambus.records import parse_header
from streambus.sim.disk import SimulatedDisk
from streambus.storage import Accepted, LogId, Store, StoreConfig, TableId

LOGS = st.sampled_from([LogId("a"), LogId("b"), LogId("c")])
TABLES = st.sampled_from([TableId("t"), TableId("u")])
KEYS = st.sampled_from([b"k1", b"k2", b"k3"])
CONFIGS = st.builds(
    StoreConfig,
    segment_bytes=st.sampled_from([1, 300, 1_000, 100_000]),
    recovery_chunk_bytes=st.sampled_from([1, 100, 1_000, 100_000]),
    recent_bytes=st.sampled_from([0, 500, 100_000]),
    recent_batch_bytes=st.sampled_from([0, 200, 100_000]),
)


class ModelLog:
    """A log is a list of (base offset, next offset, bytes), and where it begins."""

    def __init__(self) -> None:
        self.start = 0
        self.end = 0
        self.batches: list[tuple[int, int, bytes]] = []

    def append(self, batch: bytes, records: int, leader_epoch: int) -> None:
        stamped = self.end.to_bytes(8, "big") + batch[8:12] + leader_epoch.to_bytes(4, "big") + batch[16:]
        self.batches.append((self.end, self.end + records, stamped))
        self.end += records

    def truncate(self, end: int) -> None:
        if end < self.end:
            kept = [batch for batch in self.batches if batch[1] <= end]
            self.end = max(self.batches[len(kept)][0], self.start)
            self.batches = kept

    def trim(self, start: int) -> None:
        self.start = max(self.start, start)
        self.batches = [batch for batch in self.batches if batch[1] > self.start]

    def seen(self) -> tuple[int, int, bytes]:
        return self.start, self.end, b"".join(batch[2] for batch in self.batches)


class Model:
    def __init__(self) -> None:
        self.logs: dict[LogId, ModelLog] = {}
        self.tables: dict[TableId, dict[bytes, bytes]] = {}

    def seen(self) -> Any:
        logs = {log_id: log.seen() for log_id, log in self.logs.items()}
        return logs, {table_id: dict(sorted(table.items())) for table_id, table in self.tables.items() if table}


class StoreAgainstModel(RuleBasedStateMachine):
    @initialize(config=CONFIGS, seed=st.integers(0, 1 << 32))
    def begin(self, config: StoreConfig, seed: int) -> None:
        self.dice = Prng(seed)
        self.disk = SimulatedDisk(Prng(seed + 1))
        self.leader_epoch = 0
        self.model = Model()
        self.chapters: list[tuple[int, Any, Any]] = []
        self.live(config)

    # Lives -----------------------------------------------------------------------------------------------------------

    def live(self, config: StoreConfig) -> None:
        self.life = recovered(self.disk, config)
        assert self.seen(self.life.store) == self.model.seen()
        self.chapters = []
        self.note()

    def note(self) -> None:
        """Remember what is, for the case that a crash goes back to here."""
        self.chapters.append((self.life.store.wal.end, deepcopy(self.model), deepcopy(essence(self.life.store))))

    def go_back(self, config: StoreConfig) -> None:
        """The next life begins somewhere between what was durable and what was asked for last."""
        durable = self.life.store.wal.durable
        again = recovered(self.disk, config)
        end = again.store.wal.end
        assert end >= durable
        _, self.model, expected = self.chapters[bisect_right([chapter[0] for chapter in self.chapters], end) - 1]
        assert essence(again.store) == expected
        self.live(config)

    def seen(self, store: Store) -> Any:
        logs = {}
        for log_id, log in store.logs.items():
            read, offset = b"", log.log_start_offset
            while offset < log.log_end_offset:
                some = log.read(offset, log.log_end_offset, 1 << 20, at_least_one=True)
                assert some.next_offset > offset
                read, offset = read + self.life.bytes_of(some.parts), some.next_offset
            logs[log_id] = (log.log_start_offset, log.log_end_offset, read)
        return logs, {table_id: dict(store.scan(table_id)) for table_id in store.tables if dict(store.scan(table_id))}

    @rule(config=CONFIGS)
    def stop_cleanly(self, config: StoreConfig) -> None:
        self.sync_everything()
        self.live(config)

    @rule(config=CONFIGS, performed=st.integers(0, 3))
    def crash(self, config: StoreConfig, performed: int) -> None:
        self.perform(performed)
        self.disk.crash_process()
        self.go_back(config)

    @rule(config=CONFIGS, performed=st.integers(0, 3))
    def cut_power(self, config: StoreConfig, performed: int) -> None:
        self.perform(performed)
        self.disk.power_cut(self.dice)
        self.go_back(config)

    @rule(config=CONFIGS, operation=st.sampled_from(["create", "syncdirectory", "write", "sync"]), is_power_cut=st.booleans())
    def fail(self, config: StoreConfig, operation: str, is_power_cut: bool) -> None:
        self.disk.fail(operation)
        self.life.flush()
        if is_power_cut:
            self.disk.power_cut(self.dice)
        else:
            self.disk.crash_process()
        self.go_back(config)

    # Work ------------------------------------------------------------------------------------------------------------

    @rule(log_id=LOGS)
    def open_log(self, log_id: LogId) -> None:
        self.life.call("open_log", log_id)
        self.model.logs.setdefault(log_id, ModelLog())
        self.note()

    @rule(
        log_id=LOGS,
        records=st.integers(1, 4),
        size=st.sampled_from([1, 50, 700]),
        is_new_leader=st.booleans(),
        producer_id=st.integers(-1, 2),
    )
    def append(self, log_id: LogId, records: int, size: int, is_new_leader: bool, producer_id: int) -> None:
        if log_id not in self.model.logs:
            self.open_log(log_id)
        log = self.life.store.logs[log_id]
        self.leader_epoch += is_new_leader
        producer = (-1, -1, -1)
        if producer_id >= 0:
            known = log.producers.by_id.get(producer_id)
            producer = (producer_id, 0, (known.batches[-1].last_sequence + 1) % 2**31 if known else 2**31 - 3)
        batch = make_batch(records, size, timestamp=self.dice.below(1_000), producer=producer, fill=bytes([self.dice.below(256)]))
        if producer_id >= 0:
            assert log.producers.check(parse_header(batch), WALL_MS) == Accepted()
        assert self.life.append(log, batch, self.leader_epoch) == self.model.logs[log_id].end
        self.model.logs[log_id].append(batch, records, self.leader_epoch)
        self.note()

    @precondition(lambda self: self.model.logs)
    @rule(data=st.data(), is_trim=st.booleans())
    def cut(self, data: st.DataObject, is_trim: bool) -> None:
        log_id = data.draw(st.sampled_from(sorted(self.model.logs)))
        log = self.life.store.logs[log_id]
        offset = data.draw(st.integers(log.log_start_offset, log.log_end_offset))
        self.life.call("trim" if is_trim else "truncate", log, offset)
        model = self.model.logs[log_id]
        (model.trim if is_trim else model.truncate)(offset)
        self.note()

    @precondition(lambda self: self.model.logs)
    @rule(data=st.data())
    def drop_log(self, data: st.DataObject) -> None:
        log_id = data.draw(st.sampled_from(sorted(self.model.logs)))
        self.life.call("drop_log", log_id)
        del self.model.logs[log_id]
        self.note()

    @rule(table_id=TABLES, key=KEYS, value=st.binary(max_size=20))
    def put(self, table_id: TableId, key: bytes, value: bytes) -> None:
        self.life.call("put", table_id, key, value)
        self.model.tables.setdefault(table_id, {})[key] = value
        self.note()

    @rule(table_id=TABLES, key=KEYS)
    def delete(self, table_id: TableId, key: bytes) -> None:
        self.life.call("delete", table_id, key)
        self.model.tables.get(table_id, {}).pop(key, None)
        self.note()

    @rule()
    def flush(self) -> None:
        self.life.call("flush")

    @rule(count=st.integers(1, 4))
    def perform(self, count: int) -> None:
        for _ in range(min(count, len(self.life.queue))):
            self.life.perform_one()

    @rule()
    def sync_everything(self) -> None:
        self.life.flush()
        store = self.life.store
        assert store.pending_bytes == 0
        assert self.seen(store) == self.model.seen()
        assert all(log.recovery_point == log.log_end_offset for log in store.logs.values())

    @invariant()
    def invariants_hold(self) -> None:
        self.life.store.check()


TestStoreAgainstModel = StoreAgainstModel.TestCase
TestStoreAgainstModel.settings = settings(max_examples=120, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck))
