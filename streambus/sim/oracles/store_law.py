"""The store's state in memory is what was written: logs, indexes, producers and epochs, compared with the model of `written`.

The rows of live segments are compared one by one; of the sealed part, that its blocks tile the log's offsets without a gap, and, as far as
directories say it, how many batches and bytes they lead to. What is behind them on the disk is not read here: that would change what the
broker has in memory. Compared when a life begins to serve, on a schedule, and in the end; `replay_law` reads everything.
"""

from bisect import bisect_left
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
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
from streambus.storage.block_list import BlockRef

COMPARE_EVERY = 192
"""Steps of the broker that move us between two comparisons."""

ROWS_MAX = 64
"""So many of the last batches of each log are compared each time; all of them when a life begins to serve, and in the end."""


def store_difference(
    store: Store, written: Written, expected: Iterable[str], compacted: AbstractSet[str], rows_max: int | None = None
) -> str | None:
    """What of `store` is not as `written` has it, in words. The logs `expected` must be there, and those in `compacted` may be cleaned."""
    missing = [log_id for log_id in expected if log_id not in store.logs]
    if missing:
        return f"log {missing[0]} is missing"
    for log_id, log in store.logs.items():
        model = written.logs.get(log_id)
        if model is None:
            if log.log_end_offset:
                return f"log {log_id} ends at {log.log_end_offset}, though nobody wrote it"
            continue
        is_ahead = log_id == METADATA_LOG and log.log_end_offset > model.end_offset  # Decided, and not written yet.
        complaint = None if is_ahead else log_difference(log, model, rows_max, is_compacted=log_id in compacted)
        if complaint is not None:
            return f"log {log_id}: {complaint}"
    return None


def log_difference(log: Log, model: LogModel, rows_max: int | None = None, *, is_compacted: bool = False) -> str | None:
    """What of one log is not as the model has it."""
    index, batches = log.index, model.batches
    complaint = differs("log_end_offset", model.end_offset, log.log_end_offset) or differs(
        "log_start_offset", model.start_offset, log.log_start_offset
    )
    if complaint is not None:
        return complaint
    sealed = bisect_left(model.bases, log.live_start_offset) if len(index) else len(batches)
    complaint = differs("the number of batches of live segments", len(batches) - sealed, len(index))
    if complaint is not None:
        return complaint
    first = sealed if rows_max is None else max(len(batches) - rows_max, sealed)
    for row in range(first, len(batches)):
        header, place = batches[row].header, row - sealed
        seen = (
            index.base_offsets[place],
            index.sizes[place],
            index.spans[place],
            index.max_timestamps[place],
            index.producer_ids[place],
            index.base_sequences[place],
        )
        expected = (
            header.base_offset,
            header.size,
            header.last_offset_delta + 1,
            header.max_timestamp,
            header.producer_id,
            header.base_sequence,
        )
        if seen != expected:
            return f"batch {row} is indexed as {seen}, expected {expected} (offset, size, span, time, producer, sequence)"
    return (
        _block_difference(log, model, sealed, is_compacted=is_compacted)
        or _epoch_difference(log, model)
        or _producer_difference(log, model)
        or _time_difference(log, model, sealed, rows_max)
    )


def _block_difference(log: Log, model: LogModel, sealed: int, *, is_compacted: bool) -> str | None:
    """The blocks of the sealed part tile it, and lead to as many batches and bytes as there are."""
    offset = log.log_start_offset
    for ref in log.blocks.refs():
        if ref.first_offset > offset:
            return f"nothing says where the offsets {offset} to {ref.first_offset - 1} are"
        complaint = _directory_difference(log, model, ref, is_compacted=is_compacted)
        if complaint is not None:
            return f"block {ref.block} of table {ref.table}, for offsets {ref.first_offset} to {ref.end_offset - 1}: {complaint}"
        offset = ref.end_offset
    end = model.batches[sealed].base_offset if sealed < len(model.batches) else log.log_end_offset
    return f"nothing says where the offsets {offset} to {end - 1} are" if offset < end else None


def _directory_difference(log: Log, model: LogModel, ref: BlockRef, *, is_compacted: bool) -> str | None:
    directory = log.shelf.directories[ref.table]
    first_offset, end_offset = directory.first_offsets[ref.block], directory.end_offsets[ref.block]
    if directory.keyspaces[ref.block] != log.keyspace:
        return f"it is about log number {directory.keyspaces[ref.block]}, and not {log.keyspace}"
    if not first_offset <= ref.first_offset < ref.end_offset <= end_offset:
        return f"it speaks of the offsets {first_offset} to {end_offset - 1} only"
    if is_compacted or first_offset < model.start_offset or end_offset > model.end_offset:
        return None  # Something of it is gone.
    batches = model.batches[bisect_left(model.bases, first_offset) : bisect_left(model.bases, end_offset)]
    seen = (directory.row_counts[ref.block], directory.data_bytes[ref.block])
    expected = (len(batches), sum(len(batch.data) for batch in batches))
    return differs("batches and bytes", expected, seen)


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


def _time_difference(log: Log, model: LogModel, sealed: int, rows_max: int | None) -> str | None:
    """The time index of live segments answers like somebody who looks at every batch."""
    batches = model.batches[sealed:]
    if rows_max is not None or not batches:
        return None
    highest: list[int] = []
    for batch in batches:
        highest.append(max(batch.header.max_timestamp, highest[-1] if highest else -1))
    for timestamp in dict.fromkeys((highest[0], highest[len(highest) // 2], highest[-1], highest[-1] + 1)):
        if timestamp < 0:
            continue
        row = bisect_left(highest, timestamp)
        expected = batches[row].base_offset if row < len(highest) else None
        found = log.times.first_reaching(timestamp)
        if found != expected:
            return f"the first batch of live segments that reaches time {timestamp} is at {found}, expected {expected}"
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
        complaint = store_difference(broker.store, model.written, expected, model.compacted_logs(), rows_max)
        if complaint is not None:
            self.simulation.fail(f"{self.host}: the store has what was written and accepted: {complaint}")
