"""Planted bugs, made from outside. Nothing of them is reachable from production code."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import attrs
import pytest

from streambus.broker import Broker, BrokerConfig, fetch
from streambus.client import Producer
from streambus.client.outbox import Outbox
from streambus.kernel import Drained, Node, Turn
from streambus.replication import Partition
from streambus.sim import FACTORIES
from streambus.storage import Accepted, LogDurable, StoreRecovered, wal_records, wal_scan
from streambus.storage.producers import Producers

Factories = Mapping[type, Callable[[Any], Node]]
Mutant = Callable[[pytest.MonkeyPatch], Factories]
"""Plants a bug for as long as the patch lasts; the answer is what to explore with."""


class AcknowledgesBeforeSync(Broker):
    """Calls durable what it has only asked the disk to write. It believes itself: no look at its state can tell."""

    def on_drained(self, turn: Turn, event: Drained) -> None:
        super().on_drained(turn, event)
        if not self.is_serving:
            return
        for log in self.store.logs.values():
            if log.recovery_point < log.log_end_offset:
                log.recovery_point = log.log_end_offset
                turn.tell(LogDurable(log.log_id, log.log_end_offset))


class ForgetsProducers(Broker):
    """Does not know after a restart which batches it has appended before."""

    def on_store_recovered(self, turn: Turn, event: StoreRecovered) -> None:
        for log in self.store.logs.values():
            log.producers.by_id.clear()
        super().on_store_recovered(turn, event)


def acknowledge_before_sync(_: pytest.MonkeyPatch) -> Factories:
    """The answer leaves while the data is in the page cache."""
    return {**FACTORIES, BrokerConfig: AcknowledgesBeforeSync}


def producers_forgotten_after_restart(_: pytest.MonkeyPatch) -> Factories:
    """The sequence numbers of producers do not survive the broker."""
    return {**FACTORIES, BrokerConfig: ForgetsProducers}


def high_watermark_before_durable(patch: pytest.MonkeyPatch) -> Factories:
    """A partition counts its own log's end as durable as soon as it appends."""
    append = Partition.append

    def hasty(self: Partition, *arguments: Any) -> int:
        base_offset = append(self, *arguments)
        self.advance(self.log.log_end_offset)
        return base_offset

    patch.setattr(Partition, "append", hasty)
    return FACTORIES


def dedupe_window_off(patch: pytest.MonkeyPatch) -> Factories:
    """Every batch is taken for a new one."""
    patch.setattr(Producers, "check", lambda *_: Accepted())
    return FACTORIES


def recovery_keeps_a_torn_tail(patch: pytest.MonkeyPatch) -> Factories:
    """Recovery trusts the directory of a record whose batches only half reached the disk."""
    read_record = wal_records.read_record

    def trusting(view: memoryview, start: int, position: int) -> Any:
        record, needed = read_record(view, start, position)
        return (attrs.evolve(record, damaged=[]) if record is not None else None), needed

    patch.setattr(wal_scan, "read_record", trusting)
    return FACTORIES


def lost_batches_are_overtaken(patch: pytest.MonkeyPatch) -> Factories:
    """A batch of a lost connection goes behind those that were never sent, and those that are sent again do not travel alone."""

    def put_back(self: Outbox, batch: Any) -> None:
        self.queue.append(batch)

    patch.setattr(Outbox, "put_back", put_back)
    return FACTORIES


def readers_see_what_is_not_durable(patch: pytest.MonkeyPatch) -> Factories:
    """A fetch goes up to the end of the log."""
    read_all, available_bytes = fetch.read_all, fetch.available_bytes

    def dirty(then: Callable[..., Any], broker: Broker, *arguments: Any) -> Any:
        partitions = list(broker.partitions.values())
        true = [partition.high_watermark for partition in partitions]
        for partition in partitions:
            partition.high_watermark = partition.log.log_end_offset
        try:
            return then(broker, *arguments)
        finally:
            for partition, high_watermark in zip(partitions, true, strict=True):
                partition.high_watermark = high_watermark

    patch.setattr(fetch, "read_all", partial(dirty, read_all))
    patch.setattr(fetch, "available_bytes", partial(dirty, available_bytes))
    return FACTORIES


def expired_batches_surely_failed(patch: pytest.MonkeyPatch) -> Factories:
    """A record that is not acknowledged in time is said to have failed for good, though it may be in the log."""
    fail = Producer._fail

    def sure(self: Producer, turn: Turn, batch: Any, error: Any, text: str, **_: Any) -> None:
        batch.maybe_written = False
        fail(self, turn, batch, error, text)

    patch.setattr(Producer, "_fail", sure)
    return FACTORIES
