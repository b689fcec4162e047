"""The store against a model of dicts and lists, through any sequence of operations, crashes, power cuts and disk failures."""

from bisect import bisect_right
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from store_life import Life, make_batch
from store_model import Model, ModelLog, assert_same, assert_same_state

from streambus.kernel import Prng
from streambus.records import ControlType, Record, encode_batch, parse_header
from streambus.sim.disk import SimulatedDisk
from streambus.storage import (
    Accepted,
    Append,
    DeleteRange,
    Duplicate,
    LogDurable,
    LogId,
    Put,
    ReadView,
    Stop,
    StoreConfig,
    StoreRecovered,
    TableId,
    WalDurable,
)
from streambus.storage.pickers import PickerOptions

LOGS = st.sampled_from([LogId("a"), LogId("b"), LogId("c")])
TABLES = st.sampled_from([TableId("t"), TableId("u")])
KEYS = st.sampled_from([b"", b"k1", b"k2", b"k3", b"k4", b"z"])
VALUES = st.binary(max_size=30)
PICKERS = st.builds(
    PickerOptions,
    fan_in=st.sampled_from([2, 3, 8]),
    run_bytes_min=st.sampled_from([1, 10_000]),
    blocks_max=st.sampled_from([1, 1_000]),
    garbage_percent=st.sampled_from([0, 50]),
    garbage_bytes_min=st.sampled_from([0, 1_000]),
    table_bytes=st.sampled_from([1, 300, 100_000]),
    outputs_max=st.sampled_from([1, 2, 16]),
    levels_max=st.sampled_from([1, 3]),
    entry_fan_in=st.sampled_from([2, 4]),
    entry_bytes_min=st.sampled_from([100, 100_000]),
    drops_max=st.sampled_from([1, 1_000]),
)
CONFIGS = st.builds(
    StoreConfig,
    segment_bytes=st.sampled_from([1, 400, 1_000, 4_000, 100_000]),
    record_bytes_max=st.sampled_from([1, 300, 100_000]),
    recovery_chunk_bytes=st.sampled_from([1, 100, 1_000, 100_000]),
    recent_bytes=st.sampled_from([0, 500, 100_000]),
    recent_batch_bytes=st.sampled_from([0, 200, 100_000]),
    cache_bytes=st.sampled_from([0, 2_000, 1_000_000]),
    manifest_bytes=st.sampled_from([1, 300, 100_000]),
    entry_block_bytes=st.sampled_from([1, 64, 4_096]),
    bits_per_key=st.sampled_from([0, 1, 10]),
    picker=PICKERS,
    garbage_bytes_min=st.sampled_from([0, 300, 100_000]),
    delete_delay=st.sampled_from([0, 1_000_000]),
    retry_delay=st.just(1_000_000),
)


class LazyLife(Life):
    """A life that waits for nothing but the disk: long work is left lying."""

    def flush(self) -> None:
        self.call("flush")
        while self.queue:
            self.perform_one()


@attrs.define
class Chapter:
    """What should be there if everything up to this WAL position is, and nothing behind it."""

    end: int
    model: Model
    producers: dict[LogId, Any]


def remembered(life: Life) -> dict[LogId, Any]:
    """What exactly the logs know of producers."""
    return {
        log_id: {number: (producer.producer_epoch, tuple(producer.batches)) for number, producer in log.producers.by_id.items()}
        for log_id, log in life.store.logs.items()
    }


class StoreAgainstModel(RuleBasedStateMachine):
    @initialize(config=CONFIGS, seed=st.integers(0, 1 << 32))
    def begin(self, config: StoreConfig, seed: int) -> None:
        self.dice = Prng(seed)
        self.disk = SimulatedDisk(Prng(seed + 1))
        self.leader_epoch = 0
        self.model = Model()
        self.fills = 0
        self.life = self.born(config)
        self.begin_chapters()

    # Lives -----------------------------------------------------------------------------------------------------------

    def born(self, config: StoreConfig) -> LazyLife:
        life = LazyLife(self.disk, config)
        life.call("start")
        while life.queue:
            life.perform_one()
        assert life.store.is_ready, life.facts
        assert [fact for fact in life.facts if isinstance(fact, StoreRecovered)]
        life.store.check()
        return life

    def begin_chapters(self) -> None:
        self.views: list[tuple[ReadView, dict[TableId, dict[bytes, bytes]]]] = []
        self.told = 0
        self.chapters: list[Chapter] = []
        self.note()

    def note(self) -> None:
        """Remember what is, for the case that a crash goes back to here."""
        self.chapters.append(Chapter(self.life.store.wal.end, self.model.copy(), remembered(self.life)))

    def chapter_at(self, position: int) -> Chapter:
        return self.chapters[bisect_right([chapter.end for chapter in self.chapters], position) - 1]

    def go_back(self, config: StoreConfig) -> None:
        """The next life begins somewhere between what was durable and what was asked for last."""
        durable = self.life.store.wal.durable
        self.disk.capacity = None
        self.disk.failures.clear()
        again = self.born(config)
        end = again.store.wal.end
        assert durable <= end <= self.life.store.wal.end
        chapter = self.chapter_at(end)
        self.model, self.life = chapter.model.copy(), again
        assert remembered(again) == chapter.producers
        assert_same(again, self.model)
        self.begin_chapters()

    @rule(config=CONFIGS, performed=st.integers(0, 5), worked=st.booleans())
    def crash(self, config: StoreConfig, performed: int, worked: bool) -> None:
        self.perform(performed)
        self.be_interrupted(worked)
        self.disk.crash_process()
        self.go_back(config)

    @rule(config=CONFIGS, performed=st.integers(0, 5), worked=st.booleans())
    def cut_power(self, config: StoreConfig, performed: int, worked: bool) -> None:
        self.perform(performed)
        self.be_interrupted(worked)
        self.disk.power_cut(self.dice)
        self.go_back(config)

    def be_interrupted(self, worked: bool) -> None:
        waiting = self.life.works if worked else self.life.queue
        if waiting:
            self.disk.perform_partly(waiting[0])

    @rule(config=CONFIGS)
    def stop_cleanly(self, config: StoreConfig) -> None:
        self.finish_everything()
        self.disk.crash_process()
        self.go_back(config)

    @rule(
        config=CONFIGS,
        operation=st.sampled_from(["create", "syncdirectory", "write", "sync", "delete", "rename", "truncate"]),
        skip=st.integers(0, 6),
        is_power_cut=st.booleans(),
    )
    def fail(self, config: StoreConfig, operation: str, skip: int, is_power_cut: bool) -> None:
        self.disk.fail(operation, "EIO", skip)
        self.life.flush()
        self.life.settle()
        if self.life.store.failed is None:
            self.disk.failures.clear()
            return
        if is_power_cut:
            self.disk.power_cut(self.dice)
        else:
            self.disk.crash_process()
        self.go_back(config)

    @rule(config=CONFIGS, room=st.integers(0, 2_000))
    def fill_the_disk(self, config: StoreConfig, room: int) -> None:
        self.disk.capacity = self.disk.used_bytes() + room
        self.life.flush()
        self.life.settle()
        if self.life.store.failed is None:
            self.disk.capacity = None
            return
        self.go_back(config)

    # Logs ------------------------------------------------------------------------------------------------------------

    @rule(log_id=LOGS)
    def open_log(self, log_id: LogId) -> None:
        self.life.call("open_log", log_id)
        self.model.logs.setdefault(log_id, ModelLog())
        self.note()

    def a_log(self, log_id: LogId) -> tuple[Any, ModelLog]:
        if log_id not in self.model.logs:
            self.open_log(log_id)
        return self.life.store.logs[log_id], self.model.logs[log_id]

    def a_batch(self, model: ModelLog, records: int, size: int, producer_id: int, is_transactional: bool) -> bytes:
        self.fills += 1
        producer = (-1, -1, -1)
        if producer_id >= 0:
            known = model.producers.get(producer_id)
            sequence = (parse_header(self.newest_of(model, producer_id)).last_sequence + 1) % 2**31 if known else 2**31 - 3
            producer = (producer_id, 0, sequence)
        return make_batch(
            records,
            size,
            timestamp=self.dice.below(1_000) - 1,
            producer=producer,
            fill=self.fills.to_bytes(4, "big"),
            attributes=0x10 if is_transactional and producer_id >= 0 else 0,
        )

    def newest_of(self, model: ModelLog, producer_id: int) -> bytes:
        base = model.producers[producer_id][-1][2]
        return next(batch.stored for batch in model.history if batch.base_offset == base)

    @rule(
        log_id=LOGS,
        records=st.integers(1, 4),
        size=st.sampled_from([1, 50, 700]),
        is_new_leader=st.booleans(),
        producer_id=st.integers(-1, 2),
        is_transactional=st.booleans(),
    )
    def append(self, log_id: LogId, records: int, size: int, is_new_leader: bool, producer_id: int, is_transactional: bool) -> None:
        log, model = self.a_log(log_id)
        self.leader_epoch += is_new_leader
        if producer_id >= 0 and not self.can_go_on(model, producer_id):
            producer_id = -1
        batch = self.a_batch(model, records, size, producer_id, is_transactional)
        if producer_id >= 0:
            assert log.producers.check(parse_header(batch), self.life.now // 1_000) == Accepted()
        assert self.life.append(log, batch, self.leader_epoch) == model.end
        model.append(batch, self.leader_epoch)
        self.note()

    @rule(count=st.integers(3, 12), settles=st.booleans(), size=st.sampled_from([10, 100, 400]))
    def be_busy(self, count: int, settles: bool, size: int) -> None:
        """A lot at once, so that segments are filled, sealed and merged."""
        for _ in range(count):
            number = self.dice.below(3)
            self.append(LogId("abc"[number]), 1 + number, size, self.dice.chance(1, 8), self.dice.below(4) - 1, self.dice.chance(1, 2))
            self.put(TableId("t"), b"k%d" % self.dice.below(6), b"v" * self.dice.below(30))
        if settles:
            self.life.flush()
            self.life.settle()

    def can_go_on(self, model: ModelLog, producer_id: int) -> bool:
        """Whether the model still has the producer's last batch, to number the next one behind it."""
        known = model.producers.get(producer_id)
        return not known or any(batch.base_offset == known[-1][2] for batch in model.history)

    @precondition(lambda self: self.model.logs)
    @rule(data=st.data(), is_abort=st.booleans())
    def end_transaction(self, data: st.DataObject, is_abort: bool) -> None:
        log_id = data.draw(st.sampled_from(sorted(self.model.logs)))
        opened, _ = self.model.logs[log_id].transactions()
        if not opened:
            return
        producer_id = data.draw(st.sampled_from(sorted(opened)))
        control = ControlType.ABORT if is_abort else ControlType.COMMIT
        marker = Record(b"\0\0" + control.to_bytes(2, "big"), b"\0\0\0\0\0\1", timestamp=5)
        batch = encode_batch([marker], producer_id=producer_id, producer_epoch=0, is_transactional=True, is_control=True)
        self.life.append(self.life.store.logs[log_id], batch, self.leader_epoch)
        self.model.logs[log_id].append(batch, self.leader_epoch)
        self.note()

    @precondition(lambda self: self.model.logs)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        log_id = data.draw(st.sampled_from(sorted(self.model.logs)))
        model = self.model.logs[log_id]
        for producer_id, batches in model.producers.items():
            if producer_id in model.vague or not batches:
                continue
            _, _, base_offset = data.draw(st.sampled_from(batches))
            header = next((batch.header for batch in model.history if batch.base_offset == base_offset), None)
            if header is not None:
                verdict = self.life.store.logs[log_id].producers.check(header, self.life.now // 1_000)
                assert isinstance(verdict, Duplicate)
                assert verdict.base_offset == base_offset

    @precondition(lambda self: self.model.logs)
    @rule(data=st.data(), is_trim=st.booleans())
    def cut(self, data: st.DataObject, is_trim: bool) -> None:
        log_id = data.draw(st.sampled_from(sorted(self.model.logs)))
        log, model = self.a_log(log_id)
        offset = data.draw(st.integers(model.start, model.end))
        self.life.waiting(lambda: self.life.call("trim" if is_trim else "truncate", log, offset))
        (model.trim if is_trim else model.truncate)(offset)
        self.note()

    @precondition(lambda self: self.model.logs)
    @rule(data=st.data())
    def drop_log(self, data: st.DataObject) -> None:
        log_id = data.draw(st.sampled_from(sorted(self.model.logs)))
        self.life.call("drop_log", log_id)
        del self.model.logs[log_id]
        self.note()

    @precondition(lambda self: self.model.logs)
    @rule(data=st.data(), max_bytes=st.sampled_from([0, 100, 300, 2_000, 1 << 40]), at_least_one=st.booleans())
    def read(self, data: st.DataObject, max_bytes: int, at_least_one: bool) -> None:
        log_id = data.draw(st.sampled_from(sorted(self.model.logs)))
        log, model = self.a_log(log_id)
        offset = data.draw(st.integers(model.start, model.end))
        end_offset = data.draw(st.integers(offset, model.end))
        expected = model.read(offset, end_offset, max_bytes, at_least_one=at_least_one)
        read = self.life.read(log, offset, end_offset, max_bytes, at_least_one=at_least_one)
        stored = self.life.bytes_of(read.parts)
        whole = b"".join(batch.stored for batch in expected)
        wal = self.life.store.wal
        if wal.syncing == wal.end and not self.life.queue:
            assert stored == whole
            assert read.next_offset == (expected[-1].next_offset if expected else offset)
        assert whole.startswith(stored)  # What the disk was handed and has not done yet is not in its files.
        assert read.length == len(stored) or self.life.queue
        assert read.stopped is None
        total = sum(len(batch.stored) for batch in model.read(offset, end_offset, 1 << 40, at_least_one=True))
        assert self.life.waiting(lambda: log.bytes_between(offset, end_offset, 1 << 40)) == total

    @precondition(lambda self: self.model.logs)
    @rule(data=st.data())
    def fail_to_read(self, data: st.DataObject) -> None:
        log_id = data.draw(st.sampled_from(sorted(self.model.logs)))
        log, model = self.a_log(log_id)
        self.disk.fail("read")
        read = self.life.read(log, model.start, model.end)
        assert read.stopped in (None, Stop.DAMAGED)
        self.disk.failures.clear()
        self.life.flush()
        assert self.life.read(log, model.start, model.end).stopped is None

    # Tables ----------------------------------------------------------------------------------------------------------

    @rule(table_id=TABLES, key=KEYS, value=VALUES)
    def put(self, table_id: TableId, key: bytes, value: bytes) -> None:
        self.life.call("put", table_id, key, value)
        self.model.table(table_id)[key] = value
        self.note()

    @rule(table_id=TABLES, key=KEYS)
    def delete(self, table_id: TableId, key: bytes) -> None:
        self.life.call("delete", table_id, key)
        self.model.tables.get(table_id, {}).pop(key, None)
        self.note()

    @rule(table_id=TABLES, first=KEYS, last=st.none() | KEYS)
    def delete_range(self, table_id: TableId, first: bytes, last: bytes | None) -> None:
        if last == b"":
            last = None
        self.life.call("delete_range", table_id, first, last)
        self.model.delete_range(table_id, first, last)
        self.note()

    @precondition(lambda self: self.model.tables)
    @rule(data=st.data())
    def drop_table(self, data: st.DataObject) -> None:
        table_id = data.draw(st.sampled_from(sorted(self.model.tables)))
        self.life.call("drop_table", table_id)
        del self.model.tables[table_id]
        self.note()

    @rule(data=st.data(), count=st.integers(1, 6))
    def write(self, data: st.DataObject, count: int) -> None:
        """Several changes that are there together or not at all."""
        changes: list[Append | Put | DeleteRange] = []
        after = self.model.copy()
        for _ in range(count):
            kind = data.draw(st.integers(0, 2 if after.logs else 1))
            table_id, key = data.draw(TABLES), data.draw(KEYS)
            if kind == 0:
                value = data.draw(st.none() | VALUES)
                changes.append(Put(table_id, key, value))
                after.table(table_id).pop(key, None)
                if value is not None:
                    after.table(table_id)[key] = value
            elif kind == 1:
                after.table(table_id)
                changes.append(DeleteRange(table_id, key, None))
                after.delete_range(table_id, key, None)
            else:
                log_id = data.draw(st.sampled_from(sorted(after.logs)))
                batch = self.a_batch(after.logs[log_id], 1, 30, -1, is_transactional=False)
                changes.append(Append(self.life.store.logs[log_id], parse_header(batch), batch, self.leader_epoch))
                after.logs[log_id].append(batch, self.leader_epoch)
        self.life.call("write", tuple(changes))
        self.model = after
        self.note()

    @rule(table_id=TABLES, key=KEYS, first=KEYS, last=st.none() | KEYS)
    def ask(self, table_id: TableId, key: bytes, first: bytes, last: bytes | None) -> None:
        table = self.model.tables.get(table_id, {})
        assert self.life.waiting(lambda: self.life.store.get(table_id, key)) == table.get(key)
        expected = {key: value for key, value in sorted(table.items()) if first <= key and (last is None or key < last)}
        assert self.life.scan(table_id, first, last) == expected

    @rule()
    def look(self) -> None:
        """Open a view, to be looked at from time to time for as long as this life lasts."""
        if len(self.views) < 3:
            self.views.append((self.life.store.view(), self.model.copy().tables))

    @precondition(lambda self: self.views)
    @rule(data=st.data(), is_last=st.booleans(), table_id=TABLES, key=KEYS)
    def look_again(self, data: st.DataObject, is_last: bool, table_id: TableId, key: bytes) -> None:
        number = data.draw(st.integers(0, len(self.views) - 1))
        view, tables = self.views[number]
        expected = dict(sorted(tables.get(table_id, {}).items()))
        assert self.life.waiting(lambda: dict(view.scan(table_id))) == expected
        assert self.life.waiting(lambda: view.get(table_id, key)) == expected.get(key)
        if is_last:
            view.close()
            del self.views[number]

    # The world -------------------------------------------------------------------------------------------------------

    @rule()
    def flush(self) -> None:
        self.life.call("flush")

    @rule(count=st.integers(1, 6))
    def perform(self, count: int) -> None:
        for _ in range(min(count, len(self.life.queue))):
            self.life.perform_one()

    @precondition(lambda self: self.life.works)
    @rule()
    def work(self) -> None:
        self.life.work_one()

    @rule()
    def wake(self) -> None:
        self.life.wake()

    @rule(microseconds=st.sampled_from([1_000, 2_000_000]))
    def pass_time(self, microseconds: int) -> None:
        self.life.pass_time(microseconds)

    @rule()
    def finish_everything(self) -> None:
        for view, _ in self.views:
            view.close()
        self.views.clear()
        self.life.flush()
        for _ in range(3):
            self.life.pass_time(2_000_000)
        store = self.life.store
        assert store.pending_bytes == 0
        assert_same(self.life, self.model)
        assert all(log.recovery_point == log.log_end_offset for log in store.logs.values())
        self.no_file_is_left()

    def no_file_is_left(self) -> None:
        """Only what the manifest names is on the disk, and the live WAL, and what the next job will overwrite."""
        manifest = self.life.store.manifest
        named = {"manifest/current", "manifest/new", *[info.file for info in manifest.tables.values()]}
        files = set(self.disk.contents()) - named
        live = {f"wal/{number:020}.wal" for number in self.life.store.wal.segments.numbers}
        future = {name for name in files if name.startswith("tables/") and int(name[7:27]) >= manifest.next_table}
        assert files <= live | future, (files, live)

    @invariant()
    def invariants_hold(self) -> None:
        self.life.store.check()
        self.life.store.manifest.check()
        for log_id, log in self.life.store.logs.items():
            expected = self.model.logs[log_id]
            log.blocks.check()
            log.transactions.check()
            assert (log.log_start_offset, log.log_end_offset) == (expected.start, expected.end)
            assert_same_state(log, expected)
        self.what_is_told_durable_is()

    def what_is_told_durable_is(self) -> None:
        facts = self.life.facts[self.told :]
        self.told += len(facts)
        durable = self.chapter_at(self.life.store.wal.durable).model
        for fact in facts:
            if isinstance(fact, WalDurable):
                assert fact.position <= self.life.store.wal.durable
            elif isinstance(fact, LogDurable):
                assert fact.recovery_point <= durable.logs[fact.log_id].end or fact.log_id not in self.model.logs


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        StoreAgainstModel,
        settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)),
    )


def test_a_store_is_what_its_model_is_whatever_happens(request: pytest.FixtureRequest):
    is_long = request.config.getoption("--long")
    run(examples=3_000 if is_long else 60, steps=80 if is_long else 40)
