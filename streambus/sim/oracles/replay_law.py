"""Replay equivalence: what a recovery would make of the disk, now, is what is there.

On a schedule and in the end the disk is copied, and a crash happens to the copy: the process dies, or the power fails and nothing that
was not synced survives. A fresh store recovers there, driven by hand, and is compared:

1. with what was durable, and an independent reading of the log behind that (`wal_document`): every batch, byte for byte, wherever it is
   by now, index, producer, epoch and table;
2. with the life that goes on: a broker image replayed from the recovered metadata log equals the live one, unless the live one is further;
3. with itself: another recovery, of the disk that the first one left, read in other pieces, gives the same state; and so does all the
   long work that there is to do: sealing and merging change where things are, not what they are.

Recovering costs time in proportion to the log, so every step of the broker earns credit, and a replay is made when there is enough.
"""

from collections.abc import Set as AbstractSet
from typing import Any

import attrs

from streambus.broker import Broker
from streambus.kernel import Connected, Drained, Effect, Event, Instant, Prng, Received
from streambus.metadata import Delta, Image
from streambus.sim.disk import SimulatedDisk, Survival
from streambus.sim.life import Life
from streambus.sim.oracles.cleaning_law import cleaned_difference
from streambus.sim.oracles.cluster_model import ClusterModel, changes_in
from streambus.sim.oracles.driven_store import DrivenStore
from streambus.sim.oracles.reference_model import ReferenceModel
from streambus.sim.oracles.store_law import store_difference
from streambus.sim.oracles.written import METADATA_LOG, Written
from streambus.sim.simulation import Simulation
from streambus.storage import Log, LogId

LOOK_EVERY = 192
"""Steps of the broker that move us between two looks at the credit."""

STEPS_PER_FRAME = 2
"""So many of them earn the recovery of one frame."""


OTHER_CHUNK_BYTES = 1024 * 1024
"""In pieces of this size a second recovery reads, whatever the first one did: the state does not depend on it."""


TIDY_EVERY = 4
"""After so many replays one does all long work, too: that costs more than the rest."""


class ReplayLaw:
    """Tries crashes on copies of the disk of the broker on `host`."""

    def __init__(self, simulation: Simulation, host: str, reference: ReferenceModel) -> None:
        self.simulation = simulation
        self.host = host
        self.hosts = (host,)
        self.unmoved_by = (Drained, Received, Connected)
        self.reference = reference
        self.steps = 0
        self.spent = 0
        self.replays = 0

    def on_birth(self, life: Life) -> None:
        """The life itself will recover."""

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """The simulation knows already."""

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """Earn credit, and spend it."""
        self.steps += 1
        if self.steps % LOOK_EVERY == 0:
            self._maybe_replay()

    def on_end(self) -> None:
        """Once more, in what is there in the end."""
        self._maybe_replay()

    def _maybe_replay(self) -> None:
        written = self.reference.model.written
        frames = sum(len(log.batches) for log in written.logs.values()) + len(written.names)
        if self.spent + frames > self.steps // STEPS_PER_FRAME or not self.reference.model.is_serving or written.is_failed:
            return
        self.spent += frames
        self.replays += 1
        self.replay(is_power_cut=self.replays % 2 == 1)

    def replay(self, *, is_power_cut: bool) -> None:
        """Try one crash."""
        host = self.simulation.hosts[self.host]
        if not isinstance(host.disk, SimulatedDisk):
            return
        disk = host.disk.copy()
        disk.failures.clear()
        disk.capacity = None
        if is_power_cut:
            disk.power_cut(Prng(0), Survival.NOTHING)
        else:
            disk.crash_process()
        words = "a power cut that nothing unsynced survives" if is_power_cut else "a crash of the process"
        complaint = self._complaint_about(disk, host.config.store, host.life.node if host.life is not None else None)
        if complaint is not None:
            self.simulation.fail(f"{self.host}: what is there is what a recovery would make of it: after {words}, {complaint}")

    def _complaint_about(self, disk: SimulatedDisk, config: Any, broker: Any) -> str | None:
        found: list[str] = []
        expected = Written(found.append)
        metadata = expected.read({str(name): data for name, data in disk.contents().items()}, 0, self.reference.model.written)
        if found:
            return found[0]
        compacted = self.reference.model.compacted_logs()
        recovered = DrivenStore(disk, config)
        complaint = recovered.recover() or content_difference(recovered, expected, compacted) or self._durable_difference(expected)
        if complaint is None and isinstance(broker, Broker):
            complaint = _image_difference(broker, metadata)
        if complaint is not None:
            return complaint
        again = DrivenStore(disk, attrs.evolve(config, recovery_chunk_bytes=OTHER_CHUNK_BYTES))
        complaint = again.recover()
        if complaint is not None:
            return f"a second recovery fails: {complaint}"
        if essence(recovered) != essence(again):
            return "a second recovery gives another state than the first"
        if self.replays % TIDY_EVERY:
            return None
        again.tidy_up()
        complaint = content_difference(again, expected, compacted)
        return None if complaint is None else f"and after all long work was done, {complaint}"

    def _durable_difference(self, found: Written) -> str | None:
        for log_id, log in self.reference.model.written.logs.items():
            there = found.logs.get(log_id)
            end = there.end_offset if there is not None else 0
            if end < log.durable_end:
                return f"log {log_id} ends at {end}, though it is durable up to {log.durable_end}"
        return None


def content_difference(driven: DrivenStore, expected: Written, compacted: AbstractSet[str]) -> str | None:
    """What of a store that is driven is not as `expected` has it: all there is, read as anybody would. `compacted` logs may be cleaned."""
    names = list(expected.names.values() - expected.tables.keys())
    complaint = store_difference(driven.store, expected, names, compacted)
    if complaint is not None:
        return complaint
    for name, entries in expected.tables.items():
        table = driven.table(name)
        if table != entries:
            return f"table {name} holds {table}, expected {entries}"
    for log_id, log in driven.store.logs.items():
        complaint = _batch_difference(driven, log, expected, is_compacted=log_id in compacted)
        if complaint is not None:
            return f"log {log_id}: {complaint}"
    return None


def _batch_difference(driven: DrivenStore, log: Log, expected: Written, *, is_compacted: bool) -> str | None:
    model = expected.logs.get(log.log_id)
    if model is None:
        return None
    found = driven.read_all(log)
    if isinstance(found, str):
        return found
    if is_compacted:
        return cleaned_difference(model, model.start_offset, model.end_offset, found, is_all=True)
    wanted = b"".join([batch.data for batch in model.batches])
    if found == wanted:
        return None
    place = next(
        (place for place, (one, other) in enumerate(zip(found, wanted, strict=False)) if one != other), min(len(found), len(wanted))
    )
    return f"its batches are {len(wanted)} bytes, {len(found)} are read, and they differ from byte {place} on"


def essence(driven: DrivenStore) -> list[Any]:
    """What must be the same after every recovery: logs and tables, but for when producers were last heard of."""
    store = driven.store
    logs = [
        (
            log_id,
            log.log_start_offset,
            log.log_end_offset,
            *map(_fields, (log.blocks, log.index, log.times, log.epochs)),
            _producers(log),
        )
        for log_id, log in store.logs.items()
    ]
    return [*logs, *[(table_id, driven.table(table_id)) for table_id in store.tables]]


def _fields(value: Any) -> list[Any]:
    return [getattr(value, name) for name in value.__slots__]


def _producers(log: Any) -> Any:
    return [(number, producer.producer_epoch, tuple(producer.batches)) for number, producer in sorted(log.producers.by_id.items())]


def _image_difference(broker: Broker, metadata: list[bytes]) -> str | None:
    """How an image replayed from these batches differs from the broker's."""
    image, cluster = Image(broker.properties), ClusterModel()
    delta = Delta()
    for batch in metadata:
        cluster.apply(batch)
        for _, change in changes_in(batch):
            image.apply(change, delta)
    live = broker.image if cluster.end_offset == broker.image_offset else broker.controller.image
    end = broker.image_offset if live is broker.image else broker.store.logs[LogId(METADATA_LOG)].log_end_offset
    if cluster.end_offset != end:
        return None  # Something between the two is on its way.
    return None if list(image.to_records()) == list(live.to_records()) else f"the image replayed up to offset {end} is not the live one"
