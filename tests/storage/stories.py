"""A life of a store with a model beside it: what is asked for is noted for every WAL position, so that any later life can be judged."""

from bisect import bisect_right
from typing import Any

from store_life import Life, make_batch
from store_model import Model, ModelLog, assert_same

from streambus.kernel import SECOND
from streambus.records import ControlType, Record, decode_records, encode_batch, parse_header
from streambus.storage import Append, Change, DeleteRange, LogId, Put, StoreConfig, TableId
from streambus.storage.cleaning import CleaningPolicy
from streambus.storage.pickers import PickerOptions

A, B, C = LogId("a"), LogId("b"), LogId("c")
CLEANED = LogId("cleaned")
T, U = TableId("t"), TableId("u")

EAGER = StoreConfig(
    segment_bytes=1_200,
    record_bytes_max=600,
    recovery_chunk_bytes=500,
    recent_bytes=800,
    recent_batch_bytes=300,
    cache_bytes=3_000,
    manifest_bytes=400,
    entry_block_bytes=100,
    picker=PickerOptions(
        fan_in=2,
        table_bytes=1_500,
        outputs_max=3,
        garbage_bytes_min=500,
        garbage_percent=20,
        entry_fan_in=3,
        entry_bytes_min=300,
        levels_max=2,
    ),
    garbage_bytes_min=400,
    delete_delay=SECOND,
    retry_delay=SECOND,
)
"""Everything happens early and often."""


class Story:
    """A life that remembers, for every WAL position, what a store should be like there."""

    def __init__(self, life: Life, settles: bool = True) -> None:
        self.life = life
        self.settles = settles
        self.model = Model()
        self.positions = [life.store.wal.end]
        self.models = [self.model.copy()]
        self.appended = 0
        self.leader_epoch = 0

    def note(self) -> None:
        self.positions.append(self.life.store.wal.end)
        self.models.append(self.model.copy())

    # What can be asked for -------------------------------------------------------------------------------------------

    def open(self, log_id: LogId) -> None:
        self.life.call("open_log", log_id)
        self.model.logs.setdefault(log_id, ModelLog())
        self.note()

    def batch(self, log_id: LogId, records: int = 1, size: int = 60, producer_id: int = -1, transactional: bool = False) -> bytes:
        self.appended += 1
        number = self.appended
        sequence = self.model.logs[log_id].end if producer_id >= 0 else -1
        return make_batch(
            records,
            size,
            timestamp=1_000 + (number * 37) % 50,
            producer=(producer_id, 0, sequence) if producer_id >= 0 else (-1, -1, -1),
            fill=b"%04d" % number,
            attributes=0x10 if transactional else 0,
        )

    def append(self, log_id: LogId, batch: bytes | None = None, **properties: Any) -> None:
        batch = batch or self.batch(log_id, **properties)
        self.life.append(self.life.store.logs[log_id], batch, self.leader_epoch)
        self.model.logs[log_id].append(batch, self.leader_epoch)
        self.note()

    def pairs(self, log_id: LogId, *pairs: tuple[bytes, bytes | None]) -> None:
        """Append a batch of keys and values."""
        self.append(log_id, encode_batch([Record(key, value, timestamp=5_000 + row) for row, (key, value) in enumerate(pairs)]))

    def end_transaction(self, log_id: LogId, producer_id: int, control: ControlType) -> None:
        marker = Record(b"\0\0" + control.to_bytes(2, "big"), b"\0\0\0\0\0\1", timestamp=5)
        self.append(log_id, encode_batch([marker], producer_id=producer_id, producer_epoch=0, is_transactional=True, is_control=True))

    def cut(self, method: str, log_id: LogId, offset: int) -> None:
        self.life.waiting(lambda: self.life.call(method, self.life.store.logs[log_id], offset))
        getattr(self.model.logs[log_id], method)(offset)
        self.note()

    def drop_log(self, log_id: LogId) -> None:
        self.life.call("drop_log", log_id)
        del self.model.logs[log_id]
        self.note()

    def put(self, table_id: TableId, key: bytes, value: bytes) -> None:
        self.life.call("put", table_id, key, value)
        self.model.table(table_id)[key] = value
        self.note()

    def delete(self, table_id: TableId, key: bytes) -> None:
        self.life.call("delete", table_id, key)
        self.model.table(table_id).pop(key, None)
        self.note()

    def delete_range(self, table_id: TableId, first: bytes, last: bytes | None) -> None:
        self.life.call("delete_range", table_id, first, last)
        self.model.delete_range(table_id, first, last)
        self.note()

    def drop_table(self, table_id: TableId) -> None:
        self.life.call("drop_table", table_id)
        del self.model.tables[table_id]
        self.note()

    def write(self, *changes: tuple[Any, ...]) -> None:
        """Several changes at once: (log, batch), (table, key, value) or (table, first, last, None)."""
        asked: list[Change] = []
        for change in changes:
            if len(change) == 2:
                log_id, batch = change
                asked.append(Append(self.life.store.logs[log_id], parse_header(batch), batch, self.leader_epoch))
                self.model.logs[log_id].append(batch, self.leader_epoch)
            elif len(change) == 3:
                asked.append(Put(*change))
                self.model.table(change[0])[change[1]] = change[2]
            else:
                asked.append(DeleteRange(*change[:3]))
                self.model.delete_range(*change[:3])
        self.life.call("write", tuple(asked))
        self.note()

    def clean(self, log_id: LogId) -> None:
        self.life.call("clean", log_id, CleaningPolicy(), self.model.logs[log_id].end)
        self.settle()

    def settle(self) -> None:
        self.life.call("flush")
        if self.settles:
            self.life.settle()

    def pass_time(self, seconds: int) -> None:
        if self.settles:
            self.life.pass_time(seconds * SECOND)

    # What came of it -------------------------------------------------------------------------------------------------

    def model_at(self, position: int) -> Model:
        return self.models[bisect_right(self.positions, position) - 1]

    def judge(self, after: Life, durable: int) -> None:
        """The store of `after` is this story up to some point, not before `durable`."""
        end = after.store.wal.end
        assert end >= durable, f"synced bytes {end}..{durable} are lost"
        judge(after, self.model_at(end))


def judge(life: Life, model: Model) -> None:
    """The store is what the model says; of a log that is cleaned, only the newest record of each key must be there."""
    whole = model.copy()
    cleaned = whole.logs.pop(CLEANED, None)
    log = life.store.logs.get(CLEANED)
    assert (cleaned is None) == (log is None)
    if cleaned is not None and log is not None:
        assert (log.log_start_offset, log.log_end_offset) == (cleaned.start, cleaned.end)
        written = {record.offset: record for batch in cleaned.batches for record in decode_records(batch.stored)}
        newest = {record.key: offset for offset, record in written.items()}
        found = {record.offset: record for record in decode_records(life.read_all(log))}
        assert all(written[offset] == record for offset, record in found.items())
        assert set(newest.values()) <= set(found), (newest, sorted(found))
    assert_same(life, whole, but_for=(CLEANED,))


def everything(story: Story, rounds: int = 9) -> None:
    """All that a store can be asked for, over many segments, so that all kinds of long work happen."""
    for log_id in (A, B, CLEANED):
        story.open(log_id)
    for number in range(rounds):
        story.leader_epoch = number // 3
        story.append(A, records=3, size=30 + 40 * (number % 4), producer_id=5)
        story.put(T, b"k%d" % (number % 4), b"v" * (number * 7))
        story.append(B, size=700 if number == 4 else 90, transactional=True, producer_id=number % 2)
        story.pairs(CLEANED, (b"key", b"%d" % number), (b"k%d" % (number % 3), b"x" * 20))
        story.settle()
        story.write((T, b"both", b"%d" % number), (B, story.batch(B)), (U, b"both", b"%d" % number), (T, b"k1", b"k2", None))
        story.append(A, size=120)
        story.settle()
        if number % 3 == 1:
            story.end_transaction(B, 1, ControlType.ABORT)
            story.end_transaction(B, 0, ControlType.COMMIT)
            story.cut("trim", A, story.model.logs[A].start + 5)
        if number % 3 == 2:
            story.cut("truncate", A, story.model.logs[A].end - 3)
            story.cut("truncate", B, max(story.model.logs[B].end - 3, story.model.logs[B].start))
            story.clean(CLEANED)
            story.delete_range(T, b"k2", None)
            story.pass_time(3)
        if number == 5:
            story.drop_log(B)
            story.open(B)
            story.drop_table(U)
            story.settle()
    story.cut("trim", A, story.model.logs[A].end - 4)
    story.settle()
    story.pass_time(5)


def finish(life: Life) -> None:
    """Have all long work be done, and all files be deleted that are not needed."""
    life.flush()
    life.pass_time(5 * SECOND)
    life.store.check()
    life.store.manifest.check()
