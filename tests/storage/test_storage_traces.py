"""Flows of a store, told as traces: what it asks of the disk (`>`), what comes back (`<`), and what it tells its siblings (`!`)."""

from collections.abc import Callable, Iterable
from typing import Any

import attrs
from store_life import Life, fresh, make_batch

from streambus.kernel import (
    SECOND,
    Create,
    Delete,
    Effect,
    Prng,
    Read,
    Rename,
    Sync,
    SyncDirectory,
    Truncate,
    Work,
    Write,
)
from streambus.sim.disk import SimulatedDisk, Survival
from streambus.storage import LogId, StoreConfig, TableId
from streambus.storage.events import HousekeepingDue, JobWorked
from streambus.storage.pickers import PickerOptions
from streambus.storage.sealed import FlushEntries, SealSegment
from streambus.storage.sealed.merge_entries import MergeEntries
from streambus.storage.sealed.merge_logs import MergeLogs

Golden = Callable[[str, Iterable[str]], None]

A, B = LogId("a"), LogId("b")
T = TableId("t")

TASKS: dict[type[Any], Callable[[Any], str]] = {
    SealSegment: lambda task: (
        f"seal segment {task.segment} as table {task.table}: indexes of {len(task.logs)} logs behind its {task.data_bytes} bytes of records"
    ),
    FlushEntries: lambda task: f"write {len(task.entries)} entries to table {task.table}",
    MergeLogs: lambda task: (
        f"copy {len(task.extents)} blocks of tables {_numbers(extent.table for extent in task.extents)} to table "
        f"{task.outputs[0]}, of level {task.level}"
    ),
    MergeEntries: lambda task: f"make table {task.table} of the entries of tables {_numbers(info.number for info, _ in task.inputs)}",
}

WORDS: dict[type[Effect], Callable[[Any], str]] = {
    Create: lambda effect: f"create {effect.file}",
    Delete: lambda effect: f"delete {effect.file}",
    Rename: lambda effect: f"rename {effect.source} to {effect.target}",
    SyncDirectory: lambda _: "sync the directory",
    Write: lambda effect: f"write {sum(map(len, effect.parts))} bytes at {effect.position} of {effect.file}",
    Sync: lambda effect: f"sync {effect.file}",
    Truncate: lambda effect: f"truncate {effect.file} to {effect.length}",
    Read: lambda effect: f"read {effect.length} bytes at {effect.position} of {effect.file}",
    Work: lambda effect: "long work: " + TASKS[type(effect.task)](effect.task),
}


def _numbers(tables: Iterable[int]) -> str:
    return ", ".join(str(table) for table in sorted(set(tables)))


class Narrator(Life):
    """A life that writes down what happens."""

    def __init__(self, disk: SimulatedDisk, config: StoreConfig) -> None:
        super().__init__(disk, config)
        self.lines: list[str] = []
        self.is_silent = False

    def say(self, line: str) -> None:
        if not self.is_silent:
            self.lines.append(line)

    def end(self, turn: Any) -> None:
        super().end(turn)
        for fact in turn.facts:
            self.say(f"! {fact}")
        for effect in turn.effects:
            self.say(f"> {WORDS[type(effect)](effect)}")

    def happen(self, event: Any) -> None:
        if isinstance(event, JobWorked):
            self.say("< JobWorked")
        elif not isinstance(event, HousekeepingDue):
            self.say(f"< {type(event).__name__}")
        super().happen(event)

    def add(self, log_id: str, size: int = 100) -> None:
        offset = self.append(self.store.logs[LogId(log_id)], make_batch(size=size))
        self.say(f"append to {log_id}: offset {offset}")


def narrated(config: StoreConfig) -> Narrator:
    """A narrator beside an empty folder, who begins to speak when the store is ready."""
    narrator = Narrator(SimulatedDisk(Prng(1)), config)
    narrator.is_silent = True
    narrator.recover()
    for log_id in (A, B):
        narrator.call("open_log", log_id)
    narrator.is_silent = False
    return narrator


def test_group_commit(golden: Golden):
    narrator = narrated(StoreConfig(segment_bytes=100_000))
    narrator.say("-- a burst over two logs ends: one write, one sync")
    for log_id in ("a", "b", "a"):
        narrator.add(log_id)
    narrator.call("flush")
    narrator.say("-- more comes while the disk is at work, and waits")
    for log_id in ("b", "a", "a"):
        narrator.add(log_id)
    narrator.call("flush")
    narrator.say("-- the disk is done with one group after the other")
    narrator.settle()
    golden("storage_group_commit", narrator.lines)


def test_a_seal(golden: Golden):
    narrator = narrated(StoreConfig(segment_bytes=900, delete_delay=10 * SECOND))
    narrator.say("-- the segment is full in the middle of a burst: the rest of it goes to the next one")
    narrator.call("put", T, b"key", b"value")
    for log_id in ("a", "b", "a", "a", "b"):
        narrator.add(log_id)
    narrator.call("flush")
    narrator.say("-- when the full segment is durable it is sealed, beside everything else, and the manifest says so")
    narrator.settle()
    narrator.say("-- the rows of its batches are not in memory any more: who reads them has to wait for an index block")
    read = narrator.store.logs[A].read(0, 3, 10_000, at_least_one=True)
    narrator.say(f"read from offset 0 of a: {read.stopped and read.stopped.name}")
    narrator.call("flush")
    narrator.settle()
    read = narrator.store.logs[A].read(0, 3, 10_000, at_least_one=True)
    narrator.say(f"read from offset 0 of a: {read.length} bytes in {len(read.parts)} parts")
    golden("storage_seal", narrator.lines)


MERGING = StoreConfig(
    segment_bytes=700,
    delete_delay=10 * SECOND,
    picker=PickerOptions(fan_in=3, run_bytes_min=10_000, entry_fan_in=3, outputs_max=2),
)


def test_a_merge(golden: Golden):
    narrator = narrated(MERGING)
    narrator.is_silent = True
    for number in range(10):
        narrator.add("a" if number % 2 else "b")
        narrator.call("put", T, b"key", b"%d" % number)
        narrator.flush()
        if narrator.store.manifest.wal_segment == 2:
            break
    narrator.is_silent = False
    narrator.say("-- two segments are sealed; a third one is full")
    while narrator.store.wal.segment < 3:
        narrator.add("a")
    narrator.call("flush")
    narrator.say("-- it is sealed; three tables of entries become one, then the batches of three segments move to one table, log by log")
    narrator.settle()
    narrator.say("-- ten seconds later nobody can be sent anything from the old files any more")
    narrator.pass_time(11 * SECOND)
    golden("storage_merge", narrator.lines)


def test_recovery_with_a_manifest(golden: Golden):
    before = fresh(attrs.evolve(MERGING, picker=PickerOptions()))
    log = before.call("open_log", A)
    for number in range(12):
        before.append(log, make_batch(size=100, producer=(7, 0, number)))
        before.call("put", T, b"key", b"%d" % number)
        before.flush()
    before.disk.power_cut(Prng(3), Survival.NOTHING)
    sealed, live = before.store.manifest.wal_segment, before.store.wal.segment
    narrator = Narrator(before.disk, before.store.config)
    narrator.say(f"-- {sealed} segments are sealed, and the tables of entries of four of them are merged; segment {live} is live")
    narrator.say("-- the manifest first, then the footer and the directory of every table, then the state of the logs, then the live WAL")
    narrator.call("start")
    narrator.settle()
    assert narrator.store.logs[A].log_end_offset == log.log_end_offset
    assert list(narrator.store.logs[A].producers.by_id) == [7]
    golden("storage_recovery", narrator.lines)


def test_recovery_of_a_torn_tail(golden: Golden):
    before = fresh(StoreConfig())
    log = before.call("open_log", A)
    before.append(log, make_batch(size=100))
    before.flush()
    for size in (100, 5_000):
        before.append(log, make_batch(size=size))
    before.call("flush")
    before.perform_one()
    before.disk.power_cut(Prng(3), Survival.SOMETHING)
    narrator = Narrator(before.disk, StoreConfig())
    narrator.say("-- the power failed during the second group, which is one record: it is all of it or nothing")
    narrator.call("start")
    narrator.settle()
    golden("storage_torn_tail", narrator.lines)
