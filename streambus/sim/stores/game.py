"""A game: one seed, one store, a few lives."""

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import attrs

from streambus.kernel import MILLISECOND, Delete, Event, FileName, Prng
from streambus.records import ControlType, parse_header
from streambus.sim.disk import SimulatedDisk
from streambus.sim.stores.choices import KEYS, LOGS, TABLES, draw_batch, draw_config, marker
from streambus.sim.stores.damage import WrongReads, spoil_block, spoil_last_edit, write
from streambus.sim.stores.judge import Cleanings, compare, judge, judge_state, judge_what_is_left, leftovers, read_all, split, without_epoch
from streambus.sim.stores.life import StoreLife
from streambus.sim.stores.model import ModelLog, StoreModel
from streambus.sim.stores.wrong import Wrong
from streambus.storage import (
    Accepted,
    Append,
    DeleteRange,
    Duplicate,
    Log,
    LogDurable,
    LogId,
    Put,
    RangeQuarantined,
    ReadView,
    Stop,
    StoreConfig,
    WalDurable,
)
from streambus.storage.cleaning import CleaningPolicy
from streambus.storage.shelf import ROWS
from streambus.storage.wal_records import RECORD_HEADER_BYTES

FOR_EVER_MS = 1 << 40
FAILING = ("create", "syncdirectory", "write", "sync", "sync", "sync", "delete", "rename", "truncate")

STEPS: tuple[tuple[str, int], ...] = (
    ("append", 34),
    ("put", 9),
    ("delete_range", 3),
    ("write", 4),
    ("truncate", 4),
    ("trim", 5),
    ("end_transaction", 7),
    ("clean", 6),
    ("drop_log", 1),
    ("drop_table", 1),
    ("ask", 5),
    ("read", 8),
    ("repeat", 4),
    ("look", 2),
    ("look_again", 3),
    ("flush", 12),
    ("perform", 12),
    ("work", 10),
    ("wake", 10),
    ("pass_time", 4),
    ("settle", 6),
    ("crash", 2),
    ("cut_power", 5),
    ("fail", 3),
    ("fill_the_disk", 1),
    ("lose_an_edit", 2),
    ("finish", 2),
)
FOCUSES: tuple[dict[str, int], ...] = (
    {},
    {"put": 30, "write": 14, "ask": 12, "look": 7, "look_again": 9, "append": 8, "settle": 14, "lose_an_edit": 4, "cut_power": 8},
    {
        "append": 50,
        "end_transaction": 16,
        "clean": 16,
        "read": 14,
        "settle": 22,
        "truncate": 5,
        "trim": 9,
        "put": 2,
        "write": 1,
        "drop_log": 0,
    },
)
"""What some games do more often, or less: everything; tables; logs that are cleaned."""

LOGS_FIRST = 2
"""The focus in which there is one log."""


def names_of(focus: int) -> tuple[str, ...]:
    """The steps of a game, each as often as it weighs."""
    return tuple([name for name, weight in STEPS for _ in range(FOCUSES[focus].get(name, weight))])


@attrs.frozen
class Chapter:
    """What should be there if everything up to this WAL position is, and nothing behind it; and what the store knew of producers."""

    end: int
    model: StoreModel
    remembered: dict[LogId, Any]


def play_store(seed: int) -> str | None:
    """Play one game. What went wrong, or None if nothing did."""
    game = Game(seed)
    try:
        game.play()
    except Wrong as wrong:
        return f"{game.step}: {wrong}"
    except Exception as error:  # Whatever a store raises that it should not is what is looked for.
        return f"{game.step}: the store raised {type(error).__name__}: {error}"
    return None


class Game:
    """One store in the hands of the dice."""

    def __init__(self, seed: int) -> None:
        self.dice = Prng(seed).fork("game")
        self.disk = SimulatedDisk(Prng(seed).fork("disk"))
        self.step = "birth"
        self.serial = 0
        self.leader_epoch = 0
        self.model = StoreModel()
        self.cleanings = Cleanings(keeps_tombstones=self.dice.chance(1, 2))
        self.views: list[tuple[ReadView, StoreModel]] = []
        self.told = 0
        self.chapters: list[Chapter] = []
        self.cleaned: dict[int, tuple[int, int]] = {}
        """By serial number of a log: up to where it is known to be clean, and the WAL position at which that was first seen."""
        self.focus = self.dice.below(len(FOCUSES))
        self.has_wrong_reads = self.dice.chance(1, 3)
        self.config = draw_config(self.dice)
        self.life = self._born(self.config, 0)
        self._begin_chapters()

    def play(self) -> None:
        """Step by step, until it is over."""
        names = names_of(self.focus)
        for number in range(self.dice.between(20, 110)):
            name = names[self.dice.below(len(names))]
            self.step = f"step {number}, {name}"
            step: Callable[[], None] = getattr(self, f"_{name}")
            step()
            self._look_at_invariants()
        ending = self.dice.below(4)
        self.step = "the end"
        if ending == 0:
            self._damage_a_block()
        elif ending == 1:
            self._damage_the_wal()
        else:
            self._finish()
            self.disk.crash_process()
            self._go_on()

    # Lives -----------------------------------------------------------------------------------------------------------

    def _born(self, config: StoreConfig, now: int) -> StoreLife:
        self.disk.lenses.clear()
        if self.has_wrong_reads:
            self.disk.lenses["wrong reads"] = WrongReads(self.dice.fork("wrong reads"))
        life = StoreLife(self.disk, config, now)
        refused = life.recover()
        if refused is not None:
            raise Wrong(f"the store does not start: {refused.reason} ({refused.file} at {refused.position})")
        life.store.check()
        return life

    def _begin_chapters(self) -> None:
        self.views.clear()
        self.told = 0
        self.chapters.clear()
        self._note()

    def _note(self) -> None:
        remembered = {
            log_id: {number: (producer.producer_epoch, tuple(producer.batches)) for number, producer in log.producers.by_id.items()}
            for log_id, log in self.life.store.logs.items()
        }
        wal = self.life.store.wal
        end = wal.end if wal.end > wal.segment_start else wal.end - RECORD_HEADER_BYTES  # The end of a segment says nothing.
        self.chapters.append(Chapter(end, self.model, remembered))

    def _chapter_at(self, position: int) -> Chapter:
        return self.chapters[bisect_right(self.chapters, position, key=lambda chapter: chapter.end) - 1]

    def _go_on(self) -> None:
        """The next life begins somewhere between what was durable and what was asked for last."""
        before = self.life.store
        self.disk.capacity = None
        self.disk.failures.clear()
        if self.dice.chance(1, 2):
            self.config = draw_config(self.dice)
        again = self._born(self.config, self.life.now)
        end = again.store.wal.end
        if not before.wal.durable <= end <= before.wal.end:
            raise Wrong(f"recovered up to {end}, expected no less than the durable {before.wal.durable} and no more than {before.wal.end}")
        chapter = self._chapter_at(end)
        self.model, self.life = chapter.model, again
        for log_id, expected in chapter.remembered.items():
            log = again.store.logs.get(log_id)
            found = {} if log is None else {number: (one.producer_epoch, tuple(one.batches)) for number, one in log.producers.by_id.items()}
            compare(f"what is remembered of the producers of {log_id}", found, expected)
        self._compare_cleaned_ends()
        judge(again, self.model, self.cleanings)
        self._begin_chapters()

    def _compare_cleaned_ends(self) -> None:
        """A checkpoint says how far a log is clean."""
        logs = {self.model.logs[log_id].serial: log for log_id, log in self.life.store.logs.items()}
        for serial, (cleaned_end, position) in self.cleaned.items():
            if serial in logs and position < self.life.store.manifest.wal_start and logs[serial].cleaned_end < cleaned_end:
                raise Wrong(f"{logs[serial].log_id} was clean up to {cleaned_end}, and is up to {logs[serial].cleaned_end}")
        self.cleaned.clear()

    def _be_interrupted(self) -> None:
        waiting: Any = self.life.works if self.dice.chance(1, 2) and self.life.works else self.life.queue
        if waiting and self.dice.chance(1, 2):
            self.disk.perform_partly(waiting[0])

    def _crash(self) -> None:
        self._be_interrupted()
        self.disk.crash_process()
        self._go_on()

    def _cut_power(self) -> None:
        """The power fails, best when something was deleted and nothing says so yet."""
        for _ in range(self.dice.below(2) * 30):
            if self.life.queue and isinstance(self.life.queue[0], Delete):
                self.life.perform()
                break
            self._go_on_a_little()
        self._be_interrupted()
        self.disk.power_cut(self.dice)
        self._go_on()

    def _lose_an_edit(self) -> None:
        """The power fails, best while something that the manifest says is durable and no more than that; and that is damaged, too."""
        manifest = self.life.store.manifest
        wants_deletion = self.dice.chance(2, 3)
        for _ in range(60):
            if manifest.durable_edit > manifest.confirmed_edit and (manifest.condemned or not wants_deletion):
                break
            self._go_on_a_little()
        for _ in range(min(self.dice.below(6), len(self.life.queue))):
            self.life.perform()
        self.disk.power_cut(self.dice)
        spoil_last_edit(self.disk, self.dice)
        self._go_on()

    def _go_on_a_little(self) -> None:
        if self.life.queue:
            self.life.perform()
        elif self.life.works:
            self.life.work()
        else:
            self.life.wake()

    def _fail(self) -> None:
        """Something that is asked of the disk fails, best a part of long work."""
        for _ in range(self.dice.below(2) * 30):
            if self.life.works:
                break
            self._go_on_a_little()
        self.disk.fail(FAILING[self.dice.below(len(FAILING))], "EIO", self.dice.below(6))
        if self.life.works and self.dice.chance(3, 4):
            self.disk.failures[-1] = attrs.evolve(self.disk.failures[-1], skip=self.dice.below(2))
            self.life.work()
        else:
            self.life.flush()
        if self.dice.chance(1, 2):
            self.life.settle()
        self.disk.failures.clear()
        if self.life.store.failed is None and self.dice.chance(1, 2):
            return
        if self.dice.chance(3, 4):
            self.disk.power_cut(self.dice)
        else:
            self.disk.crash_process()
        self._go_on()

    def _fill_the_disk(self) -> None:
        self.disk.capacity = self.disk.used_bytes() + self.dice.below(2_000)
        self.life.flush()
        self.life.settle()
        self.disk.capacity = None
        if self.life.store.failed is not None:
            self.disk.crash_process()
            self._go_on()

    # Logs ------------------------------------------------------------------------------------------------------------

    def _a_log(self) -> tuple[Log, ModelLog]:
        log_id = LOGS[0 if self.focus == LOGS_FIRST and self.dice.chance(5, 6) else min(self.dice.below(4), self.dice.below(3))]
        if log_id not in self.model.logs:
            self.life.call("open_log", log_id)
            self.serial += 1
            self.model = self.model.with_log(log_id, ModelLog(self.serial))
            self._note()
        return self.life.store.logs[log_id], self.model.logs[log_id]

    def _append(self) -> None:
        log, model = self._a_log()
        self.leader_epoch += self.dice.chance(1, 10)
        producer_id = self.dice.below(5) - 2
        opened, _ = model.transactions()
        is_transactional = producer_id in opened or self.dice.chance(1, 2)
        self._put_batch(log, model, producer_id, is_transactional=is_transactional)

    def _put_batch(self, log: Log, model: ModelLog, producer_id: int, *, is_transactional: bool) -> None:
        self.serial += 1
        batch = draw_batch(self.dice, model, max(producer_id, -1), is_transactional=is_transactional, serial=self.serial)
        if producer_id >= 0:
            compare("the next batch of a producer", log.producers.check(parse_header(batch), self.life.now // MILLISECOND), Accepted())
        self._append_batch(log, model, batch)

    def _append_batch(self, log: Log, model: ModelLog, batch: bytes) -> None:
        offset = self.life.call("append", log, parse_header(batch), batch, self.leader_epoch)
        compare("the base offset of a batch", offset, model.end)
        self.model = self.model.with_log(log.log_id, model.append(batch, self.leader_epoch))
        self._note()

    def _end_transaction(self) -> None:
        for log_id, model in sorted(self.model.logs.items()):
            opened, _ = model.transactions()
            if opened:
                producer_id = list(opened)[self.dice.below(len(opened))]
                control = ControlType.ABORT if self.dice.chance(1, 2) else ControlType.COMMIT
                self._append_batch(self.life.store.logs[log_id], model, marker(control, producer_id))
                return

    def _repeat(self) -> None:
        """A batch that is remembered comes once more."""
        log, model = self._a_log()
        for number, batches in model.producers.items():
            if number not in model.vague and batches:
                batch = batches[self.dice.below(len(batches))]
                verdict = log.producers.check(batch.header, self.life.now // MILLISECOND)
                expected = Duplicate(batch.base_offset, batch.next_offset - 1, batch.header.max_timestamp)
                compare(f"the answer to a repeated batch of producer {number}", verdict, expected)

    def _truncate(self) -> None:
        log, model = self._a_log()
        asked = self.dice.between(max(model.start, model.end - self.dice.below(30)), model.end)
        if model.serial in self.cleanings.limits:
            asked = model.boundary_of(asked)  # Who knows what is left of the batch that contains it?
        self.life.waiting(lambda: self.life.call("truncate", log, asked))
        end = model.boundary_of(asked)
        compare(f"the end of {log.log_id} after a truncation to {asked}", log.log_end_offset, end)
        if end < self.cleanings.stable.get(model.serial, 0):
            self.cleanings.shortened[model.serial] = None
        after = model.truncate(end)
        if model.serial in self.cleanings.shortened:  # Cleaning may have left out what a producer wrote last.
            after = _remembering(after, model, log)
        self.model = self.model.with_log(log.log_id, after)
        if model.serial in self.cleaned and self.cleaned[model.serial][0] > end:
            del self.cleaned[model.serial]
        self._note()

    def _trim(self) -> None:
        log, model = self._a_log()
        start = self.dice.between(model.start, model.end)
        self.life.call("trim", log, start)
        self.model = self.model.with_log(log.log_id, model.trim(start))
        self._note()

    def _drop_log(self) -> None:
        log, _ = self._a_log()
        self.life.call("drop_log", log.log_id)
        self.model = self.model.with_log(log.log_id, None)
        self._note()

    def _clean(self) -> None:
        log, model = self._a_log()
        opened, _ = model.transactions()
        stable = min([model.end, *opened.values()])
        if stable <= model.start:
            return
        end = stable if self.dice.chance(2, 3) else model.boundary_of(self.dice.between(model.start, stable))
        if end <= model.start:
            return
        limits = self.cleanings.limits
        limits[model.serial] = max(limits.get(model.serial, 0), end)
        self.cleanings.stable[model.serial] = max(self.cleanings.stable.get(model.serial, 0), model.end)
        policy = CleaningPolicy(delete_retention_ms=FOR_EVER_MS if self.cleanings.keeps_tombstones else 0)
        self.life.call("clean", log.log_id, policy, end)

    def _read(self) -> None:
        log, model = self._a_log()
        offset = self.dice.between(model.start, model.end)
        end_offset = self.dice.between(offset, model.end)
        max_bytes = (1, 200, 1_000, 1 << 40)[self.dice.below(4)]
        at_least_one = self.dice.chance(1, 2)
        read = self.life.read(log, offset, end_offset, max_bytes, at_least_one=at_least_one)
        if read.stopped is Stop.DAMAGED:
            raise Wrong(f"offset {read.next_offset} of {log.log_id} is called damaged, though nothing is")
        if model.serial in self.cleanings.limits:
            self._read_forward(log, offset, read.next_offset, self.life.bytes_of(read))
            return
        due = [batch for batch in model.batches if batch.next_offset > offset and batch.base_offset < end_offset]
        data = self.life.bytes_of(read)
        count, size = 0, 0
        while count < len(due) and size < len(data):
            size += len(due[count].stored)
            count += 1
        found = [without_epoch(stored) for stored in split(data)]
        compare(
            f"what is read of {log.log_id} from {offset} to {end_offset}", found, [without_epoch(batch.stored) for batch in due[:count]]
        )
        if size > max_bytes and (count > 1 or not at_least_one):
            raise Wrong(f"{size} bytes are read, and {max_bytes} were allowed")
        if count:
            compare(f"where reading {log.log_id} goes on", read.next_offset, due[count - 1].next_offset)
        elif (
            due and read.stopped is None and due[0].next_offset <= log.recovery_point and (at_least_one or len(due[0].stored) <= max_bytes)
        ):
            raise Wrong(f"nothing of {log.log_id} is read at {offset}, though there is something")

    def _read_forward(self, log: Log, offset: int, next_offset: int, data: bytes) -> None:
        """Whatever cleaning has left: what is read comes behind what was asked for."""
        for header in map(parse_header, split(data)):
            if not offset < header.next_offset <= next_offset:
                raise Wrong(f"reading {log.log_id} from {offset} to {next_offset} gives a batch that ends at {header.next_offset}")

    # Tables ----------------------------------------------------------------------------------------------------------

    def _a_key(self) -> bytes:
        return KEYS[self.dice.below(len(KEYS))]

    def _a_value(self) -> bytes:
        self.serial += 1
        return b"%d" % self.serial + bytes(self.dice.below(2) * self.dice.below(90))

    def _put(self) -> None:
        table_id, key = TABLES[self.dice.below(2)], self._a_key()
        if self.dice.chance(1, 4):
            self.life.call("delete", table_id, key)
            self.model = self.model.put(table_id, key, None)
        else:
            value = self._a_value()
            self.life.call("put", table_id, key, value)
            self.model = self.model.put(table_id, key, value)
        self._note()

    def _a_range(self) -> tuple[bytes, bytes | None]:
        return self._a_key(), (self._a_key() or None) if self.dice.chance(2, 3) else None

    def _delete_range(self) -> None:
        table_id, (first, last) = TABLES[self.dice.below(2)], self._a_range()
        self.life.call("delete_range", table_id, first, last)
        self.model = self.model.delete_range(table_id, first, last)
        self._note()

    def _drop_table(self) -> None:
        table_id = TABLES[self.dice.below(2)]
        if table_id in self.life.store.tables:
            self.life.call("drop_table", table_id)
            self.model = self.model.with_table(table_id, {})
            self._note()

    def _write(self) -> None:
        """Several changes, all or nothing."""
        log, _ = self._a_log()
        changes: list[Any] = []
        after = self.model
        for _ in range(self.dice.between(2, 6)):
            kind, table_id = self.dice.below(5), TABLES[self.dice.below(2)]
            if kind == 0:
                self.serial += 1
                batch = draw_batch(self.dice, after.logs[log.log_id], -1, is_transactional=False, serial=self.serial)
                changes.append(Append(log, parse_header(batch), batch, self.leader_epoch))
                after = after.with_log(log.log_id, after.logs[log.log_id].append(batch, self.leader_epoch))
            elif kind == 1:
                first, last = self._a_range()
                changes.append(DeleteRange(table_id, first, last))
                after = after.delete_range(table_id, first, last)
            else:
                key, value = self._a_key(), self._a_value() if self.dice.chance(4, 5) else None
                changes.append(Put(table_id, key, value))
                after = after.put(table_id, key, value)
        self.life.call("write", tuple(changes))
        self.model = after
        self._note()

    def _ask(self) -> None:
        table_id, key, (first, last) = TABLES[self.dice.below(2)], self._a_key(), self._a_range()
        table = self.model.tables.get(table_id, {})
        compare(f"key {key!r} of {table_id}", self.life.waiting(lambda: self.life.store.get(table_id, key)), table.get(key))
        found = self.life.waiting(lambda: list(self.life.store.scan(table_id, first, last)))
        expected = [(key, value) for key, value in sorted(table.items()) if first <= key and (last is None or key < last)]
        compare(f"the keys from {first!r} to {last!r} of {table_id}", found, expected)

    def _look(self) -> None:
        if len(self.views) < 2:
            self.views.append((self.life.store.view(), self.model))

    def _look_again(self) -> None:
        if not self.views:
            return
        view, model = self.views[0]
        for table_id in TABLES:
            found = self.life.waiting(lambda table_id=table_id: list(view.scan(table_id)))  # type: ignore[misc]
            compare(f"table {table_id} in a view", found, sorted(model.tables.get(table_id, {}).items()))
            key = self._a_key()
            value = self.life.waiting(lambda table_id=table_id, key=key: view.get(table_id, key))  # type: ignore[misc]
            compare(f"key {key!r} of {table_id} in a view", value, model.tables.get(table_id, {}).get(key))
        if self.dice.chance(1, 4):
            view.close()
            del self.views[0]

    # The world -------------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        self.life.call("flush")

    def _perform(self) -> None:
        for _ in range(min(self.dice.between(1, 5), len(self.life.queue))):
            self.life.perform()

    def _work(self) -> None:
        if self.life.works:
            self.life.work()

    def _wake(self) -> None:
        self.life.wake()

    def _pass_time(self) -> None:
        self.life.pass_time((1_000, 1_500_000)[self.dice.below(2)])

    def _settle(self) -> None:
        if self.dice.chance(1, 2):
            self.life.call("flush")
        self.life.settle()

    def _finish(self) -> None:
        """Everything that is to be done is done."""
        for view, _ in self.views:
            view.close()
        self.views.clear()
        self.life.flush()
        for _ in range(3):
            self.life.pass_time(1_500_000)
        store = self.life.store
        compare("what is pending when all is done", store.pending_bytes, 0)
        judge(self.life, self.model, self.cleanings)
        self._no_file_is_left()
        for log_id, log in sorted(store.logs.items()):
            compare(f"the recovery point of {log_id} when all is done", log.recovery_point, log.log_end_offset)
            if log.cleaned_end > log.log_start_offset and not log.transactions.open:
                expected = self.model.logs[log_id]
                is_shortened = expected.serial in self.cleanings.shortened
                leftovers(read_all(self.life, log), expected, log.cleaned_end, is_shortened=is_shortened)

    def _no_file_is_left(self) -> None:
        manifest = self.life.store.manifest
        named = {"manifest/current", *[info.file for info in manifest.tables.values()]}
        live = {f"wal/{number:020}.wal" for number in self.life.store.wal.segments.numbers}
        for name in sorted(set(self.disk.contents()) - named - live):
            if not (name.startswith("tables/") and int(name[7:27]) >= manifest.next_table) and name != "manifest/new":
                raise Wrong(f"nobody needs {name}, and it is still there")

    # What always holds -----------------------------------------------------------------------------------------------

    def _look_at_invariants(self) -> None:
        store = self.life.store
        store.check()
        store.manifest.check()
        refs: dict[int, int] = {}
        for log_id, log in store.logs.items():
            expected = self.model.logs[log_id]
            judge_state(log, expected, is_cleaned=expected.serial in self.cleanings.limits)
            for table in log.blocks.tables:
                refs[table] = refs.get(table, 0) + 1
            if log.cleaned_end > self.cleaned.get(expected.serial, (0, 0))[0]:
                self.cleaned[expected.serial] = log.cleaned_end, store.wal.end
        live = {table: count for table, count in store.shelf.live_blocks.items() if count}
        compare("how many blocks of each table are in use", live, refs)
        facts: list[Event] = self.life.facts[self.told :]
        self.told += len(facts)
        durable = self._chapter_at(store.wal.durable).model
        for fact in facts:
            if isinstance(fact, WalDurable) and fact.position > store.wal.durable:
                raise Wrong(f"{fact} was told before it was true")
            if isinstance(fact, LogDurable) and fact.log_id in durable.logs and fact.recovery_point > durable.logs[fact.log_id].end:
                raise Wrong(f"{fact} was told before it was true")
            if isinstance(fact, RangeQuarantined):
                raise Wrong(f"{fact} was told, and nothing is damaged")

    # Damage ----------------------------------------------------------------------------------------------------------

    def _rest(self) -> None:
        """Nothing is on its way, and nothing goes wrong by itself any more."""
        self._finish()
        self.disk.crash_process()
        self.disk.lenses.clear()
        self.focus = self.dice.below(len(FOCUSES))
        self.has_wrong_reads = False

    def _damage_a_block(self) -> None:
        self._rest()
        spoiled = spoil_block(self.disk, self.life.store, self.dice)
        if spoiled is None:
            return
        logs = {log.keyspace: log_id for log_id, log in self.life.store.logs.items()}
        again = StoreLife(self.disk, self.config, self.life.now)
        refused = again.recover()
        if refused is not None:
            if spoiled.kind == ROWS:
                raise Wrong(f"the store does not start: {refused.reason}")
            return
        lost = judge_what_is_left(again, self.model, self.cleanings)
        told = [fact.log_id for fact in again.facts if isinstance(fact, RangeQuarantined)]
        for log_id in lost:
            if log_id != logs.get(spoiled.keyspace):
                raise Wrong(f"{log_id} is called damaged, though nothing of it is")
            if log_id not in told:
                raise Wrong(f"something of {log_id} is damaged, and nobody was told")

    def _damage_the_wal(self) -> None:
        """A bit of a batch in the live WAL."""
        self._rest()
        store = self.life.store
        rows = [(log, row) for _, log in sorted(store.logs.items()) for row in range(len(log.index)) if log.index.sizes[row]]
        if not rows:
            return
        log, row = rows[self.dice.below(len(rows))]
        position, size = log.index.positions[row], log.index.sizes[row]
        place = store.wal.segments.slice_of(position, size)
        at = place.position + self.dice.below(size)
        byte = self.disk.contents_of(place.file)[at]
        write(self.disk, FileName(place.file), at, bytes((byte ^ 1 << self.dice.below(8),)))
        again = StoreLife(self.disk, self.config, self.life.now)
        refused = again.recover()
        if refused is not None:
            if "no table has" in refused.reason:
                return  # The last write said that these were not needed any more, and it may never have been durable.
            raise Wrong(f"the store does not start, though only a batch is damaged: {refused.reason}")
        end = again.store.wal.end
        if end <= position:  # Nothing proves that the last write was ever durable.
            if end >= self.chapters[0].end and not self.cleanings.limits:
                judge(again, self._chapter_at(end).model, self.cleanings)
            return
        lost = judge_what_is_left(again, self.model, self.cleanings)
        told = [fact for fact in again.facts if isinstance(fact, RangeQuarantined)]
        base = max(log.index.base_offsets[row], log.log_start_offset)
        if [fact.log_id for fact in told] != [log.log_id] or not told[0].first_offset <= base < told[0].end_offset:
            raise Wrong(f"the batch at {base} of {log.log_id} is damaged; what is told is {told}")
        if lost.get(log.log_id) != [base]:
            raise Wrong(f"the batch at {base} of {log.log_id} is damaged; not served is {lost}")


def _remembering(model: ModelLog, before: ModelLog, log: Log) -> ModelLog:
    """The model of a log that was as in `before`, of whose producers just that is remembered that the log itself remembers."""
    batches = {batch.base_offset: batch for known in (before.history, *before.producers.values()) for batch in known}
    remembered = {number: [batches.get(one.base_offset) for one in producer.batches] for number, producer in log.producers.by_id.items()}
    producers = {number: tuple([batch for batch in found if batch is not None]) for number, found in remembered.items()}
    return attrs.evolve(model, producers={number: found for number, found in producers.items() if found})
