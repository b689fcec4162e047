"""What a store should be: dicts and lists, and the rules of Kafka in the shortest form that is right."""

from copy import deepcopy
from typing import Any

import attrs

from streambus.records import BatchHeader, ControlType, control_type, parse_header
from streambus.storage import LogId, TableId

REMEMBERED = 5


@attrs.frozen
class ModelBatch:
    """One batch that was appended, as it is stored."""

    base_offset: int
    next_offset: int
    stored: bytes
    header: BatchHeader
    control: ControlType | None

    def __deepcopy__(self, memo: object) -> "ModelBatch":
        return self


@attrs.define
class ModelLog:
    """All that was ever appended to a log and not cut off; where it begins and ends; its epochs and producers."""

    start: int = 0
    end: int = 0
    history: list[ModelBatch] = attrs.Factory(list)
    epochs: list[tuple[int, int]] = attrs.Factory(list)
    producers: dict[int, list[tuple[int, int, int]]] = attrs.Factory(dict)
    """Of each: producer epoch, base sequence and base offset of its last batches."""
    vague: set[int] = attrs.Factory(set)
    """Producers that a truncation took back: a store need not remember all of their batches."""

    @property
    def batches(self) -> list[ModelBatch]:
        return [batch for batch in self.history if batch.next_offset > self.start]

    def append(self, batch: bytes, leader_epoch: int) -> None:
        header = parse_header(batch)
        stored = self.end.to_bytes(8, "big") + batch[8:12] + leader_epoch.to_bytes(4, "big") + batch[16:]
        if not self.epochs or leader_epoch > self.epochs[-1][0]:
            self.epochs = [*[pair for pair in self.epochs if pair[1] < self.end], (leader_epoch, self.end)]
        base, self.end = self.end, self.end + header.last_offset_delta + 1
        self.history.append(ModelBatch(base, self.end, stored, header, control_type(header, batch)))
        if header.producer_id >= 0 and header.base_sequence >= 0:
            self.producers[header.producer_id] = self._last_batches(header.producer_id)

    def _last_batches(self, producer_id: int) -> list[tuple[int, int, int]]:
        found: list[tuple[int, int, int]] = []
        for batch in reversed(self.history):
            header = batch.header
            if header.producer_id != producer_id or header.base_sequence < 0:
                continue
            if len(found) == REMEMBERED or (found and found[0][0] != header.producer_epoch):
                break
            found.insert(0, (header.producer_epoch, header.base_sequence, batch.base_offset))
        return found

    def truncate(self, end: int) -> None:
        if end == self.end:
            return
        kept = [batch for batch in self.history if batch.next_offset <= end]
        self.end = max(self.history[len(kept)].base_offset, self.start)
        lost = {batch.header.producer_id for batch in self.history[len(kept) :] if batch.header.base_sequence >= 0}
        self.history = kept
        self.epochs = [pair for pair in self.epochs if pair[1] < self.end]
        for producer_id in sorted(lost & set(self.producers)):
            self.vague.add(producer_id)
            self.producers[producer_id] = self._last_batches(producer_id)
        if self.end == self.start:
            self.history = []

    def trim(self, start: int) -> None:
        if start <= self.start:
            return
        self.start = start
        began = [pair for pair in self.epochs if pair[1] <= start]
        if began:
            self.epochs = [(began[-1][0], start), *self.epochs[len(began) :]]

    def transactions(self) -> tuple[dict[int, int], list[tuple[int, int, int]]]:
        """First offset of open transactions; producer, first and last offset of aborted ones."""
        opened: dict[int, int] = {}
        aborted: list[tuple[int, int, int]] = []
        for batch in self.history:
            producer_id = batch.header.producer_id
            if batch.control is not None and producer_id in opened:
                first = opened.pop(producer_id)
                if batch.control is ControlType.ABORT:
                    aborted.append((producer_id, max(first, self.start), batch.next_offset - 1))
            elif batch.header.is_transactional and not batch.header.is_control:
                opened.setdefault(producer_id, batch.base_offset)
        return {number: max(first, self.start) for number, first in opened.items()}, [one for one in aborted if one[2] >= self.start]

    def read(self, offset: int, end_offset: int, max_bytes: int, *, at_least_one: bool) -> list[ModelBatch]:
        found: list[ModelBatch] = []
        total = 0
        for batch in self.batches:
            if batch.next_offset <= offset or batch.base_offset >= end_offset:
                continue
            total += len(batch.stored)
            if total > max_bytes and (found or not at_least_one):
                break
            found.append(batch)
        return found

    def at_time(self, timestamp: int) -> int | None:
        found = [batch.base_offset for batch in self.batches if batch.header.max_timestamp >= max(timestamp, 0)]
        return found[0] if found else None

    def of_max_timestamp(self) -> int | None:
        best = max((batch for batch in self.batches), key=lambda batch: (batch.header.max_timestamp, -batch.base_offset), default=None)
        return best.base_offset if best is not None and best.header.max_timestamp >= 0 else None


@attrs.define
class Model:
    """A whole store."""

    logs: dict[LogId, ModelLog] = attrs.Factory(dict)
    tables: dict[TableId, dict[bytes, bytes]] = attrs.Factory(dict)

    def copy(self) -> "Model":
        return deepcopy(self)

    def table(self, table_id: TableId) -> dict[bytes, bytes]:
        return self.tables.setdefault(table_id, {})

    def delete_range(self, table_id: TableId, first: bytes, last: bytes | None) -> None:
        table = self.tables.get(table_id, {})
        for key in [key for key in table if first <= key and (last is None or key < last)]:
            del table[key]


def assert_same(life: Any, model: Model, but_for: tuple[LogId, ...] = ()) -> None:
    """All of the life's store is what the model says, everything read by way of the disk."""
    assert sorted(set(life.store.logs) - set(but_for)) == sorted(model.logs)
    for log_id, expected in sorted(model.logs.items()):
        assert_same_log(life, life.store.logs[log_id], expected)
    tables = {table_id: life.scan(table_id) for table_id in sorted(life.store.tables)}
    assert {table_id: entries for table_id, entries in tables.items() if entries} == {
        table_id: dict(sorted(entries.items())) for table_id, entries in sorted(model.tables.items()) if entries
    }


def assert_same_log(life: Any, log: Any, expected: ModelLog) -> None:
    assert (log.log_start_offset, log.log_end_offset) == (expected.start, expected.end), log.log_id
    assert life.read_all(log) == b"".join(batch.stored for batch in expected.batches), log.log_id
    assert_same_state(log, expected)
    for timestamp in {0, 1 << 60, *[batch.header.max_timestamp + extra for batch in expected.batches for extra in (0, 1)]} - {-1}:
        found = life.waiting(lambda at=timestamp: log.batch_at_time(at))
        assert (None if found is None else found.base_offset) == expected.at_time(timestamp), (log.log_id, timestamp)
    latest = life.waiting(log.batch_of_max_timestamp)
    assert (None if latest is None else latest.base_offset) == expected.of_max_timestamp(), log.log_id


def assert_same_state(log: Any, expected: ModelLog) -> None:
    """What a log knows without reading."""
    assert list(zip(log.epochs.epochs, log.epochs.start_offsets, strict=True)) == expected.epochs, log.log_id
    opened, aborted = expected.transactions()
    assert dict(log.transactions.open) == opened, log.log_id
    found = log.transactions.aborted_between(expected.start, expected.end)
    assert [(one.producer_id, max(one.first_offset, expected.start), one.last_offset) for one in found] == aborted, log.log_id
    known = {
        number: [(producer.producer_epoch, batch.base_sequence, batch.base_offset) for batch in producer.batches]
        for number, producer in log.producers.by_id.items()
    }
    for number, batches in expected.producers.items():
        remembered = known.pop(number, [])
        if number in expected.vague:
            assert remembered == batches[len(batches) - len(remembered) :], (log.log_id, number, remembered, batches)
        else:
            assert remembered == batches, (log.log_id, number, remembered, batches)
    assert not known, (log.log_id, known)
