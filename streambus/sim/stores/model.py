"""What a store should be: frozen values, of which a copy costs nothing."""

from itertools import pairwise

import attrs

from streambus.records import BatchHeader, ControlType, Record, control_type, decode_batch, parse_header
from streambus.storage import LogId, TableId

REMEMBERED = 5


@attrs.frozen
class ModelBatch:
    """A batch as it is stored, where it is, and what is in it."""

    base_offset: int
    next_offset: int
    stored: bytes
    header: BatchHeader
    control: ControlType | None
    records: tuple[Record, ...]


def model_batch(batch: bytes, base_offset: int, leader_epoch: int) -> ModelBatch:
    """What becomes of `batch` when it is appended there."""
    stored = base_offset.to_bytes(8, "big") + batch[8:12] + leader_epoch.to_bytes(4, "big") + batch[16:]
    header = parse_header(stored)
    records = () if header.is_control else tuple(decode_batch(header, stored))
    return ModelBatch(base_offset, header.next_offset, stored, header, control_type(header, stored), records)


@attrs.frozen
class Ended:
    """A transaction that ended with the batch at `marker_offset`."""

    producer_id: int
    first_offset: int
    marker_offset: int
    is_aborted: bool


@attrs.frozen
class ModelLog:
    """All batches that were appended and not cut off, also in front of `start`; leader epochs; the last batches of producers."""

    serial: int
    start: int = 0
    end: int = 0
    history: tuple[ModelBatch, ...] = ()
    epochs: tuple[tuple[int, int], ...] = ()
    producers: dict[int, tuple[ModelBatch, ...]] = attrs.Factory(dict)
    vague: frozenset[int] = frozenset()
    """Producers that a truncation has taken back: fewer of their batches may be remembered."""

    @property
    def batches(self) -> list[ModelBatch]:
        """Those that are to be read."""
        return [batch for batch in self.history if batch.next_offset > self.start]

    def append(self, batch: bytes, leader_epoch: int) -> "ModelLog":
        """With a batch more."""
        new = model_batch(batch, self.end, leader_epoch)
        epochs, producers = self.epochs, self.producers
        if not epochs or leader_epoch > epochs[-1][0]:
            epochs = (*[pair for pair in epochs if pair[1] < self.end], (leader_epoch, self.end))
        number = new.header.producer_id
        if number >= 0 and new.header.base_sequence >= 0:
            producers = {**producers, number: (*producers.get(number, ()), new)[-REMEMBERED:]}
        return attrs.evolve(self, end=new.next_offset, history=(*self.history, new), epochs=epochs, producers=producers)

    def boundary_of(self, offset: int) -> int:
        """Where a truncation to `offset` ends."""
        for batch in self.history:
            if batch.base_offset < offset < batch.next_offset:
                return max(batch.base_offset, self.start)
        return offset

    def truncate(self, end: int) -> "ModelLog":
        """Without the batches that reach beyond `end`, which is a boundary."""
        if end == self.end:
            return self
        history = tuple([batch for batch in self.history if batch.next_offset <= end])
        producers, vague = dict(self.producers), set(self.vague)
        for number, batches in self.producers.items():
            if batches[-1].next_offset > end:
                vague.add(number)
                left = [batch for batch in history if batch.header.producer_id == number and batch.header.base_sequence >= 0]
                producers[number] = tuple(left[-REMEMBERED:])
                if not left:
                    del producers[number]
        epochs = tuple([pair for pair in self.epochs if pair[1] < end])
        kept = history if end > self.start else ()
        return ModelLog(self.serial, self.start, end, kept, epochs, producers, frozenset(vague))

    def trim(self, start: int) -> "ModelLog":
        """Without the records below `start`."""
        if start <= self.start:
            return self
        began = [pair for pair in self.epochs if pair[1] <= start]
        epochs = ((began[-1][0], start), *self.epochs[len(began) :]) if began else self.epochs
        return attrs.evolve(self, start=start, epochs=epochs)

    def transactions(self) -> tuple[dict[int, int], list[Ended]]:
        """The first offsets of open transactions, and those that ended."""
        opened: dict[int, int] = {}
        ended: list[Ended] = []
        for batch in self.history:
            number = batch.header.producer_id
            if batch.control is not None and number in opened:
                ended.append(Ended(number, opened.pop(number), batch.base_offset, batch.control is ControlType.ABORT))
            elif batch.header.is_transactional and not batch.header.is_control:
                opened.setdefault(number, batch.base_offset)
        return opened, ended

    def first_reaching(self, timestamp: int) -> int | None:
        """The base offset of the first batch with a timestamp so large."""
        return next((batch.base_offset for batch in self.batches if batch.header.max_timestamp >= timestamp), None)

    def with_largest_timestamp(self) -> int | None:
        """The base offset of the first batch with the largest timestamp of all."""
        return max(self.batches, key=lambda batch: (batch.header.max_timestamp, -batch.base_offset)).base_offset if self.batches else None

    def check(self) -> None:
        """Batches follow each other."""
        assert all(earlier.next_offset == later.base_offset for earlier, later in pairwise(self.history))


@attrs.frozen
class StoreModel:
    """A whole store."""

    logs: dict[LogId, ModelLog] = attrs.Factory(dict)
    tables: dict[TableId, dict[bytes, bytes]] = attrs.Factory(dict)

    def with_log(self, log_id: LogId, log: ModelLog | None) -> "StoreModel":
        """With another log of this name, or none."""
        logs = {**self.logs}
        logs.pop(log_id, None)
        return StoreModel(logs if log is None else {**logs, log_id: log}, self.tables)

    def with_table(self, table_id: TableId, entries: dict[bytes, bytes]) -> "StoreModel":
        """With another table of this name."""
        return StoreModel(self.logs, {**self.tables, table_id: entries})

    def put(self, table_id: TableId, key: bytes, value: bytes | None) -> "StoreModel":
        """With another value."""
        entries = {name: known for name, known in self.tables.get(table_id, {}).items() if name != key}
        return self.with_table(table_id, entries if value is None else {**entries, key: value})

    def delete_range(self, table_id: TableId, first: bytes, last: bytes | None) -> "StoreModel":
        """Without the keys between."""
        entries = self.tables.get(table_id, {})
        return self.with_table(
            table_id, {key: value for key, value in entries.items() if key < first or (last is not None and key >= last)}
        )
