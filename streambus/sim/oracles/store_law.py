"""The store's state in memory is what was written: logs, indexes, producers, epochs and tables, compared with the model of `written`.

Compared when a life begins to serve, on a schedule, and in the end; `replay_law` compares stores that were recovered for the purpose.
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from streambus.broker import Broker, Ready
from streambus.kernel import Connected, Drained, Effect, Event, Instant, Received
from streambus.sim.life import Life
from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.law import differs
from streambus.sim.oracles.log_model import LogModel
from streambus.sim.oracles.reference_model import ReferenceModel
from streambus.sim.oracles.written import METADATA_LOG, Written
from streambus.sim.simulation import Simulation
from streambus.storage import Log, Store

COMPARE_EVERY = 192
"""Steps of the broker that move us between two comparisons."""

ROWS_MAX = 64
"""So many of the last batches of each log are compared each time; all of them when a life begins to serve, and in the end."""


def store_difference(store: Store, written: Written, expected: Iterable[str], rows_max: int | None = None) -> str | None:
    """What of `store` is not as `written` has it, in words. The logs `expected` must be there."""
    missing = [log_id for log_id in expected if log_id not in store.logs]
    if missing:
        return f"log {missing[0]} is missing"
    for log_id, log in store.logs.items():
        model = written.logs.get(log_id)
        if model is None:
            if log.log_end_offset:
                return f"log {log_id} ends at {log.log_end_offset}, though nobody wrote it"
            continue
        is_ahead = log_id == METADATA_LOG and len(log.index) > len(model.batches)  # Decided, and not written yet.
        complaint = None if is_ahead else log_difference(log, model, rows_max)
        if complaint is not None:
            return f"log {log_id}: {complaint}"
    return None


def table_difference(store: Store, written: Written) -> str | None:
    """What of the tables is not as they were written. They must not have changed since the last write."""
    for name, entries in written.tables.items():
        table: Any = store.tables.get(name)  # type: ignore[call-overload]
        if table is None or dict(table.entries) != entries:
            return f"table {name} holds {dict(table.entries) if table is not None else None}, expected {entries}"
    return None


def log_difference(log: Log, model: LogModel, rows_max: int | None = None) -> str | None:
    """What of one log is not as the model has it."""
    index, batches = log.index, model.batches
    complaint = (
        differs("log_end_offset", model.end_offset, log.log_end_offset)
        or differs("log_start_offset", model.start_offset, log.log_start_offset)
        or differs("the number of batches", len(batches), len(index))
    )
    if complaint is not None:
        return complaint
    first = 0 if rows_max is None else max(len(batches) - rows_max, 0)
    for row in range(first, len(batches)):
        header = batches[row].header
        seen = (index.base_offsets[row], index.sizes[row], index.max_timestamps[row], index.producer_ids[row], index.base_sequences[row])
        expected = (header.base_offset, header.size, header.max_timestamp, header.producer_id, header.base_sequence)
        if seen != expected:
            return f"batch {row} is indexed as {seen}, expected {expected} (offset, size, time, producer, sequence)"
    return _epoch_difference(log, model) or _producer_difference(log, model) or _time_difference(log, model, rows_max)


def _epoch_difference(log: Log, model: LogModel) -> str | None:
    if not model.batches:
        return None
    return differs("the newest leader epoch", model.batches[-1].header.leader_epoch, log.epochs.latest)


def _producer_difference(log: Log, model: LogModel) -> str | None:
    for number, expected in model.producers.items():
        producer = log.producers.by_id.get(number)
        if producer is None:
            return f"producer {number} is forgotten, whose last batch ends at {expected.last[-1].end_offset}"
        seen = [(batch.base_sequence, batch.last_sequence, batch.base_offset) for batch in producer.batches]
        wanted = [(batch.header.base_sequence, batch.header.last_sequence, batch.base_offset) for batch in expected.last]
        if seen != wanted or producer.producer_epoch != expected.epoch:
            known = f"epoch {producer.producer_epoch} with {seen}, expected epoch {expected.epoch} with {wanted}"
            return f"producer {number} is remembered in {known}"
    extra = [number for number in log.producers.by_id if number not in model.producers]
    return f"producer {extra[0]} is remembered, who wrote nothing" if extra else None


def _time_difference(log: Log, model: LogModel, rows_max: int | None) -> str | None:
    """The time index answers like somebody who looks at every batch."""
    if rows_max is not None or not model.batches:
        return None
    highest: list[int] = []
    for batch in model.batches:
        highest.append(max(batch.header.max_timestamp, highest[-1] if highest else -1))
    for timestamp in dict.fromkeys((highest[0], highest[len(highest) // 2], highest[-1], highest[-1] + 1)):
        if timestamp < 0:
            continue
        row = bisect_left(highest, timestamp)
        expected = model.batches[row].base_offset if row < len(highest) else None
        location = log.batch_at_time(timestamp)
        found = location.base_offset if location is not None else None
        if found != expected:
            return f"the first batch that reaches time {timestamp} is at {found}, expected {expected}"
    return None


class StoreLaw:
    """Compares the live store with the reference model's account of what was written and accepted."""

    def __init__(self, simulation: Simulation, host: str, reference: ReferenceModel) -> None:
        self.simulation = simulation
        self.host = host
        self.hosts = (host,)
        self.unmoved_by = (Drained, Received, Connected)
        self.reference = reference
        self.steps = 0

    def on_birth(self, life: Life) -> None:
        """Nothing is recovered yet."""

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """The simulation knows already."""

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """Compare what is due."""
        self.steps += 1
        is_ready = Ready in map(type, effects)
        if is_ready or self.steps % COMPARE_EVERY == 0:
            self._compare(life.node, None if is_ready else ROWS_MAX)

    def on_end(self) -> None:
        """Compare everything."""
        life = self.simulation.hosts[self.host].life
        if life is not None:
            self._compare(life.node, None)

    def _compare(self, broker: Any, rows_max: int | None) -> None:
        model: BrokerModel = self.reference.model
        if not isinstance(broker, Broker) or not model.is_serving or model.written.is_failed:
            return
        topics = model.cluster.topics.values()
        expected = [METADATA_LOG, *[part.log_id for topic in topics for part in topic.partitions.values()]]
        complaint = store_difference(broker.store, model.written, expected, rows_max)
        if complaint is not None:
            self.simulation.fail(f"{self.host}: the store has what was written and accepted: {complaint}")
