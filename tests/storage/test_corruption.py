"""Damage: whatever a disk does to bytes that were durable, a store names it or does not need them. It never serves something else.

Two things are known and allowed. The first 16 bytes of a batch (base offset, length, leader epoch) are not in reach of its checksum, and
slices of sealed tables are sent unread: who receives a batch sees by its checksum, or by its offsets, that it is none. And damage in the
very last write to the WAL, or in the last frame of the manifest, is a torn tail: nobody can tell it from a write that was interrupted.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from store_life import Life, fresh
from store_model import Model, ModelBatch, ModelLog
from stories import EAGER, A, B, Story, T, finish

from streambus.kernel import FileName
from streambus.records import BadBatch, ControlType, check_batch, parse_header
from streambus.sim.disk import SECTOR_BYTES, SimulatedDisk
from streambus.storage import RangeQuarantined, Stop, StoreCorrupted, StoreRecovered, Unreadable

UNSUMMED_BYTES = 16
"""Of a batch: base offset, length and leader epoch."""


CALM = attrs.evolve(EAGER, picker=attrs.evolve(EAGER.picker, fan_in=5, garbage_bytes_min=1_000_000))
"""Merges come late enough that there is a sealed segment, too."""


@attrs.frozen
class Damaged:
    """A store that was written, and what should be in it; the WAL position and the file position where its last write begins."""

    story: Story
    last_write: int

    @property
    def disk(self) -> SimulatedDisk:
        return self.story.life.disk


def a_store() -> Damaged:
    """A store with everything in it: live and sealed segments, merged tables, tables of entries, a manifest of several edits."""
    story = Story(fresh(CALM))
    for log_id in (A, B):
        story.open(log_id)
    for number in range(13):
        story.leader_epoch = number // 4
        story.append(A, records=2, size=40, producer_id=3)
        story.append(B, size=60, transactional=True, producer_id=1)
        story.put(T, b"k%d" % (number % 5), b"v%d" % number * 6)
        story.settle()
        if number == 7:
            story.end_transaction(B, 1, ControlType.ABORT)
            story.cut("trim", A, 5)
            story.delete_range(T, b"k3", None)
            story.pass_time(2)
    story.settle()
    finish(story.life)
    last_write = story.life.store.wal.end
    story.put(T, b"last", b"one")
    story.settle()
    finish(story.life)
    return Damaged(story, last_write)


# What is right ---------------------------------------------------------------------------------------------------------


class Examination:
    """What a life says of everything, compared with a model: same, named as damaged, or wrong."""

    def __init__(self, life: Life, model: Model) -> None:
        self.life = life
        self.verdicts: Counter[str] = Counter()
        assert sorted(life.store.logs) == sorted(model.logs)
        for log_id, expected in sorted(model.logs.items()):
            log = life.store.logs[log_id]
            assert (log.log_start_offset, log.log_end_offset) == (expected.start, expected.end)
            for batch in expected.batches:
                self.verdicts[self.of_batch(log, expected, batch)] += 1
            self.of_times(log, expected)
        for table_id, entries in sorted(model.tables.items()):
            self.of_table(table_id, entries)

    def of_batch(self, log: Any, expected: ModelLog, batch: ModelBatch) -> str:
        offset = max(batch.base_offset, expected.start)
        read = self.life.read(log, offset, batch.next_offset, 1)
        if read.stopped is Stop.DAMAGED:
            return "named"
        stored = self.life.bytes_of(read.parts)
        if stored == batch.stored:
            assert read.next_offset == batch.next_offset
            return "same"
        assert stored[UNSUMMED_BYTES:] == batch.stored[UNSUMMED_BYTES:] or not is_batch(stored), (log.log_id, offset)
        return "seen by its reader"

    def of_times(self, log: Any, expected: ModelLog) -> None:
        for timestamp in {0, *[batch.header.max_timestamp for batch in expected.batches]}:
            found = self.asked(lambda at=timestamp: log.batch_at_time(at))
            if found is not Unreadable and self.is_whole(log):
                assert (None if found is None else found.base_offset) == expected.at_time(timestamp)

    def is_whole(self, log: Any) -> bool:
        """Whether no batch of the log is known to be lost: what is lost has no timestamp."""
        return not log.holes and 0 not in log.index.sizes and not any(isinstance(fact, RangeQuarantined) for fact in self.life.facts)

    def of_table(self, table_id: Any, entries: dict[bytes, bytes]) -> None:
        for key in {*entries, b"k3", b"none"}:
            value = self.asked(lambda key=key: self.life.store.get(table_id, key))
            assert value is Unreadable or value == entries.get(key), (table_id, key)
            self.verdicts["named" if value is Unreadable else "same"] += 1
        scanned = self.asked(lambda: dict(self.life.store.scan(table_id)))
        assert scanned is Unreadable or scanned == entries

    def asked(self, question: Callable[[], Any]) -> Any:
        try:
            return self.life.waiting(question)
        except Unreadable:
            return Unreadable


def is_batch(stored: bytes) -> bool:
    """Whether these bytes pass for a batch."""
    try:
        header = parse_header(stored)
        check_batch(stored, header)
    except BadBatch:
        return False
    return header.size == len(stored)


def outcome(disk: SimulatedDisk, damaged: Damaged, *, is_tail: bool) -> str:
    """What becomes of a store with this disk. `is_tail`: whether the damage may count as a torn tail."""
    life = Life(disk, CALM).recover()
    (fact,) = [fact for fact in life.facts if isinstance(fact, StoreCorrupted | StoreRecovered)]
    if isinstance(fact, StoreCorrupted):
        assert fact.reason
        return "refused"
    end = life.store.wal.end
    assert is_tail or end >= damaged.last_write, (end, damaged.last_write)
    model = damaged.story.model_at(end)
    verdicts = Examination(life, model).verdicts
    finish(life)
    verdicts += Examination(life, model).verdicts
    for verdict in ("named", "seen by its reader"):
        if verdicts[verdict]:
            return verdict
    return "same" if end == damaged.story.life.store.wal.end else "cut"


def is_tail(damaged: Damaged, file: FileName, position: int) -> bool:
    """Whether this place was written last."""
    store = damaged.story.life.store
    live = store.wal.segments.file_of(store.wal.segment)
    return file == live and position >= damaged.last_write - store.wal.segment_start


# Every byte ------------------------------------------------------------------------------------------------------------


def every_flip(disk: SimulatedDisk, *, is_long: bool) -> Iterator[tuple[FileName, int, int]]:
    """Every byte of every file with one of its bits, or with three; if not `is_long`, every fourth byte, and of zeros fewer."""
    for file, content in sorted(disk.contents().items()):
        for position in range(len(content)):
            if is_long:
                yield from [(file, position, bit) for bit in (0, position % 7 + 1, 7)]
            elif position % (4 if content[position] else 40) == 1:
                yield file, position, position % 8


def test_every_flipped_bit_is_named_or_harmless(request: pytest.FixtureRequest):
    damaged = a_store()
    levels = [info.level for info in damaged.story.life.store.manifest.tables.values() if info.segment >= 0 or info.level]
    assert 0 in levels, "there is a sealed segment"
    assert 1 in levels, "and a merged table"
    outcomes: Counter[tuple[str, str]] = Counter()
    for file, position, bit in every_flip(damaged.disk, is_long=request.config.getoption("--long")):
        disk = damaged.disk.copy()
        disk.flip_bit(file, position, bit)
        outcomes[file.split("/")[0], outcome(disk, damaged, is_tail=is_tail(damaged, file, position))] += 1
    assert {verdict for _, verdict in outcomes} == {"refused", "named", "seen by its reader", "same", "cut"}, outcomes
    for kind in ("manifest", "tables", "wal"):
        assert outcomes[kind, "refused"] > 10, outcomes
    for kind in ("tables", "wal"):
        harmless = outcomes[kind, "same"] + outcomes[kind, "cut"]
        assert harmless < sum(count for (file_kind, _), count in outcomes.items() if file_kind == kind) / 3, outcomes


# Larger damage ---------------------------------------------------------------------------------------------------------


def change(disk: SimulatedDisk, file: FileName, content: bytes) -> None:
    """Have a file be like this, in the page cache and on the disk."""
    found = disk.files[disk.names[file]]
    found.cached, found.durable = bytearray(content), bytearray(content)


def test_every_zeroed_sector_is_named_or_harmless():
    damaged = a_store()
    outcomes: Counter[str] = Counter()
    for file, content in sorted(damaged.disk.contents().items()):
        for sector in range(0, len(content), SECTOR_BYTES):
            disk = damaged.disk.copy()
            length = min(SECTOR_BYTES, len(content) - sector)
            change(disk, file, content[:sector] + bytes(length) + content[sector + length :])
            outcomes[outcome(disk, damaged, is_tail=is_tail(damaged, file, sector + length - 1))] += 1
    assert outcomes["refused"] + outcomes["named"] + outcomes["seen by its reader"] > outcomes["same"], outcomes


def test_every_file_that_is_cut_short_or_missing_is_named():
    damaged = a_store()
    for file, content in sorted(damaged.disk.contents().items()):
        for length in (0, 1, len(content) // 2, len(content) - 1):
            disk = damaged.disk.copy()
            change(disk, file, content[:length])
            assert outcome(disk, damaged, is_tail=file.startswith(("wal", "manifest"))) in ("refused", "named", "cut", "same"), (
                file,
                length,
            )
        disk = damaged.disk.copy()
        del disk.names[file], disk.durable_names[file]
        if file != "manifest/current":  # FIXME: without it, the folder is taken for a new one.
            live = damaged.story.life.store.wal.segments.file_of(damaged.story.life.store.wal.segment)
            assert outcome(disk, damaged, is_tail=file == live) in ("refused", "cut"), file


def test_every_two_files_that_were_swapped_are_named():
    damaged = a_store()
    contents = sorted(damaged.disk.contents().items())
    for number, (file, content) in enumerate(contents):
        for other_file, other_content in contents[:number]:
            disk = damaged.disk.copy()
            change(disk, file, other_content)
            change(disk, other_file, content)
            assert outcome(disk, damaged, is_tail=False) == "refused", (file, other_file)


# While the store is live -----------------------------------------------------------------------------------------------


def test_damage_that_comes_while_a_store_lives_is_named_and_never_copied(request: pytest.FixtureRequest):
    """The bytes go bad under a running store, which then reads and merges on."""
    damaged = a_store()
    infos = damaged.story.life.store.manifest.tables.values()
    copied_on: Counter[str] = Counter()
    for info in sorted(infos, key=lambda info: info.number):
        content = damaged.disk.contents()[info.file]
        for position in range(0, len(content), 1 if request.config.getoption("--long") else 23):
            story = Story(damaged_life(damaged, info.file, position))
            story.model, story.leader_epoch = damaged.story.model.copy(), 9
            verdicts = Examination(story.life, story.model).verdicts
            for number in range(8):
                story.append(A, size=250)
                story.append(B, size=250)
                story.put(T, b"new%d" % number, b"v" * 50)
                story.settle()
            finish(story.life)
            assert story.life.store.failed is None
            verdicts += Examination(story.life, story.model).verdicts
            again = Life(story.life.disk, CALM).recover()
            if again.store.is_ready:
                verdicts += Examination(again, story.model).verdicts
                copied_on["recovered"] += 1
            else:
                assert [fact for fact in again.facts if isinstance(fact, StoreCorrupted)]
                copied_on["refused"] += 1
            copied_on["quarantined"] += any(isinstance(fact, RangeQuarantined) for fact in story.life.facts)
            copied_on["named"] += bool(verdicts["named"])
    assert copied_on["quarantined"] > 20, copied_on
    assert copied_on["named"] > 20, copied_on


def damaged_life(damaged: Damaged, file: FileName, position: int) -> Life:
    """The store lives on a disk whose bytes go bad when it has recovered."""
    life = Life(damaged.disk.copy(), CALM).recover()
    life.disk.flip_bit(file, position, position % 8)
    return life
