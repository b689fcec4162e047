"""Planted bugs, made from outside. Nothing of them is reachable from production code."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from streambus.broker import Broker, BrokerConfig
from streambus.client.outbox import Outbox
from streambus.kernel import Drained, Node, Turn
from streambus.replication import Partition
from streambus.sim import FACTORIES
from streambus.storage import Accepted, LogDurable, StoreRecovered, recovery
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
    """Recovery trusts the header of a frame whose payload only half reached the disk."""
    patch.setattr(recovery, "is_whole", lambda _frame, _payload: True)
    return FACTORIES


def lost_batches_are_overtaken(patch: pytest.MonkeyPatch) -> Factories:
    """A batch of a lost connection goes behind those that were never sent, and those that are sent again do not travel alone."""

    def put_back(self: Outbox, batch: Any) -> None:
        self.queue.append(batch)

    patch.setattr(Outbox, "put_back", put_back)
    return FACTORIES


def repetitions_do_not_travel_alone(patch: pytest.MonkeyPatch) -> Factories:
    """The first batch of a chain, and those that are sent again, are sent together with others."""
    sendable = Outbox.sendable

    def eager(self: Outbox, now: Any, leader: int, *, sequenced: bool) -> Any:
        if not self.queue or self.queue[0].retry_at > now:
            return None
        hidden, self.in_flight = self.in_flight, deque()
        try:
            return sendable(self, now, leader, sequenced=sequenced)
        finally:
            self.in_flight = hidden

    patch.setattr(Outbox, "sendable", eager)
    return FACTORIES
