"""Planted bugs: small patches of behaviour, made from outside. Nothing of them is reachable from production code."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from streambus.broker import Broker, BrokerConfig
from streambus.kernel import Drained, Turn
from streambus.sim import FACTORIES, Factories
from streambus.storage import LogDurable, StoreRecovered, wal_records, wal_scan

Mutant = Callable[[pytest.MonkeyPatch], Factories]
"""Plants a bug for as long as the patch lasts; the answer is what to run with."""


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
    """D01's little brother: the answer leaves while the data is in the page cache."""
    return {**FACTORIES, BrokerConfig: AcknowledgesBeforeSync}


def recovery_keeps_a_torn_tail(patch: pytest.MonkeyPatch) -> Factories:
    """Recovery trusts the directory of a record whose batches only half reached the disk."""
    read_record = wal_records.read_record

    def trusting(view: memoryview, start: int, position: int) -> Any:
        record, needed = read_record(view, start, position)
        return (attrs.evolve(record, damaged=[]) if record is not None else None), needed

    patch.setattr(wal_scan, "read_record", trusting)
    return FACTORIES


def duplicate_not_recognised_after_restart(_: pytest.MonkeyPatch) -> Factories:
    """P05: the sequence numbers of producers do not survive the broker."""
    return {**FACTORIES, BrokerConfig: ForgetsProducers}


MUTANTS: tuple[Mutant, ...] = (acknowledge_before_sync, recovery_keeps_a_torn_tail, duplicate_not_recognised_after_restart)
