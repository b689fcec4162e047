"""Idempotent producers of one log: which batch may follow, and which one was here before (KIP-98, KIP-360).

The rules are Kafka's. A producer numbers its records per partition from 0; after 2^31-1 comes 0. The last five batches of each producer are
remembered, because a producer has at most five requests in flight: one of them sent again is answered with its first offset.
A producer nobody remembers (new, expired, or its records are gone) may begin with any sequence; a new producer epoch begins at 0.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from enum import Enum

from streambus.kernel import message, sometimes
from streambus.records import BatchHeader
from streambus.storage.batch_index import BatchIndex

REMEMBERED_BATCHES = 5
SWEEP_EVERY_MS = 600_000
"""Kafka's `producer.id.expiration.check.interval.ms`: how often memory is given back. Who has expired is not believed in between either."""

SEQUENCE_MODULUS = 1 << 31
NO_SEQUENCE = -1


class Refusal(Enum):
    """Why a batch may not be appended."""

    OUT_OF_ORDER = "its sequence does not follow the last one"
    DUPLICATE_TOO_OLD = "it was appended before, but its offset is no longer remembered"
    STALE_EPOCH = "its producer epoch is older than one that was seen"


@message
class Accepted:
    """The batch may be appended."""


@message
class Duplicate:
    """The batch was appended before, at these offsets."""

    base_offset: int
    last_offset: int
    timestamp: int


@message
class Refused:
    """The batch must not be appended."""

    reason: Refusal


@message
class AppendedBatch:
    """A batch that a producer has appended."""

    base_sequence: int
    last_sequence: int
    base_offset: int
    last_offset: int
    timestamp: int


class Producer:
    """What is remembered of a producer: its newest epoch, the last batches of that epoch (oldest first), when it was last heard of."""

    __slots__ = ("batches", "last_active_ms", "producer_epoch")

    def __init__(self, producer_epoch: int, last_active_ms: int) -> None:
        self.producer_epoch = producer_epoch
        self.last_active_ms = last_active_ms
        self.batches: deque[AppendedBatch] = deque(maxlen=REMEMBERED_BATCHES)


_ACCEPTED = Accepted()


class Producers:
    """All producers of one log.

    A producer is silent since its last append by the broker's clock, not by the timestamps in its records, which may be years old. After a
    recovery all count as heard of just then: they are remembered longer, never shorter.
    """

    __slots__ = ("by_id", "changed", "expiration_ms", "sweep_at_ms")

    def __init__(self, expiration_ms: int) -> None:
        self.expiration_ms = expiration_ms
        self.by_id: dict[int, Producer] = {}
        self.changed: dict[int, None] = {}
        """Producers that are not as the last checkpoint has them."""
        self.sweep_at_ms = 0

    def check(self, header: BatchHeader, now_ms: int) -> Accepted | Duplicate | Refused:
        """Whether a batch with a producer id may be appended at `now_ms` of a clock that never jumps. Changes nothing."""
        producer = self.by_id.get(header.producer_id)
        if producer is None or now_ms - producer.last_active_ms >= self.expiration_ms:
            return _ACCEPTED
        if header.producer_epoch < producer.producer_epoch:
            sometimes("producers: an old producer epoch is refused")
            return Refused(Refusal.STALE_EPOCH)
        base_sequence = header.base_sequence
        if header.producer_epoch > producer.producer_epoch:
            sometimes("producers: a new producer epoch begins")
            return _ACCEPTED if base_sequence == 0 else Refused(Refusal.OUT_OF_ORDER)
        batches = producer.batches
        if base_sequence == (batches[-1].last_sequence + 1) % SEQUENCE_MODULUS:
            return _ACCEPTED
        return _earlier_append(batches, base_sequence, header.last_sequence)

    def append(self, header: BatchHeader, base_offset: int, now_ms: int) -> None:
        """Remember a batch that was appended at `base_offset`; now and then, forget who has been silent for too long."""
        producer = self.by_id.get(header.producer_id)
        if producer is None or header.producer_epoch != producer.producer_epoch:
            producer = self.by_id[header.producer_id] = Producer(header.producer_epoch, now_ms)
        producer.last_active_ms = now_ms
        self.changed[header.producer_id] = None
        last_offset = base_offset + header.last_offset_delta
        batch = AppendedBatch(header.base_sequence, header.last_sequence, base_offset, last_offset, header.max_timestamp)
        producer.batches.append(batch)
        if now_ms >= self.sweep_at_ms:
            self.sweep_at_ms = now_ms + SWEEP_EVERY_MS
            self.expire(now_ms)

    def expire(self, now_ms: int) -> None:
        """Forget the producers that have been silent for `expiration_ms`."""
        horizon = now_ms - self.expiration_ms
        expired = [number for number, producer in self.by_id.items() if producer.last_active_ms <= horizon]
        for number in expired:
            del self.by_id[number]
            self.changed[number] = None

    def take_changed(self) -> list[int]:
        """The producers that changed since this was asked last."""
        changed, self.changed = self.changed, {}
        return list(changed)

    def after_cut(self, end_offset: int, rows_before: list[tuple[BatchIndex, int]]) -> dict[int, Producer | None]:
        """What is left of the producers that have batches at or above `end_offset` when these are gone; None of one that is forgotten.

        Of each, those batches are remembered again that are in `rows_before` (rows, and how many of them; newest first). Changes nothing.
        """
        affected = [
            producer_id
            for producer_id, producer in self.by_id.items()
            if producer.batches and producer.batches[-1].last_offset >= end_offset
        ]
        found: dict[int, list[tuple[BatchIndex, int]]] = {producer_id: [] for producer_id in affected}
        unfinished = dict.fromkeys(affected)
        for index, row in _rows_backwards(rows_before):
            if not unfinished:
                break
            producer_id = index.producer_ids[row]
            if producer_id in unfinished and index.base_sequences[row] != NO_SEQUENCE:
                rows = found[producer_id]
                if rows and rows[0][0].producer_epochs[rows[0][1]] != index.producer_epochs[row]:
                    del unfinished[producer_id]
                    continue
                rows.append((index, row))
                if len(rows) == REMEMBERED_BATCHES:
                    del unfinished[producer_id]
        return {producer_id: self._remembered(producer_id, rows) for producer_id, rows in found.items()}

    def _remembered(self, producer_id: int, rows: list[tuple[BatchIndex, int]]) -> Producer | None:
        """A producer whose last batches are in these rows, the newest first."""
        if not rows:
            return None
        index, row = rows[0]
        producer = Producer(index.producer_epochs[row], self.by_id[producer_id].last_active_ms)
        for index, row in reversed(rows):
            base_offset, last_offset = index.base_offsets[row], index.end_of(row) - 1
            base_sequence = index.base_sequences[row]
            last_sequence = (base_sequence + last_offset - base_offset) % SEQUENCE_MODULUS
            producer.batches.append(AppendedBatch(base_sequence, last_sequence, base_offset, last_offset, index.max_timestamps[row]))
        return producer

    def restore(self, producers: Mapping[int, Producer | None]) -> None:
        """Have these be what is known of these producers; None of one that is forgotten."""
        for producer_id, producer in producers.items():
            self.changed[producer_id] = None
            if producer is None:
                self.by_id.pop(producer_id, None)
            else:
                self.by_id[producer_id] = producer

    def __len__(self) -> int:
        return len(self.by_id)


def _rows_backwards(rows_before: list[tuple[BatchIndex, int]]) -> Iterator[tuple[BatchIndex, int]]:
    for index, count in rows_before:
        for row in range(count - 1, -1, -1):
            yield index, row


def _earlier_append(batches: deque[AppendedBatch], base_sequence: int, last_sequence: int) -> Duplicate | Refused:
    """A batch that does not come next: sent again, sent again too late, or ahead of one that is missing."""
    for batch in batches:
        if batch.base_sequence == base_sequence and batch.last_sequence == last_sequence:
            sometimes("producers: a repeated batch is recognised")
            return Duplicate(batch.base_offset, batch.last_offset, batch.timestamp)
    # Half of the circle of sequences counts as past, the other half as future.
    behind = (batches[0].base_sequence - 1 - last_sequence) % SEQUENCE_MODULUS
    length = (last_sequence - base_sequence) % SEQUENCE_MODULUS
    is_past = behind + length < SEQUENCE_MODULUS // 2
    return Refused(Refusal.DUPLICATE_TOO_OLD if is_past else Refusal.OUT_OF_ORDER)
