"""Features: what a run did, coarsely enough that most runs do the same, finely enough that the odd ones do not."""

from collections.abc import Callable
from typing import Any

from streambus.broker import Broker
from streambus.client import Consumer, Producer
from streambus.kernel import Drained, Effect, Event, Instant, Woken
from streambus.sim.life import Life

Feature = tuple[Any, ...]

BUCKET_MAX = 5


class FeatureObserver:
    """Collects the features of one run, each with the simulated time at which it first appeared."""

    def __init__(self) -> None:
        self.first_seen: dict[Feature, int] = {}
        self.before: dict[str, Feature] = {}

    def on_birth(self, life: Life) -> None:
        """A life after another is worth a look."""
        self._note(("born", type(life.node).__name__, bucket(life.number)), life)

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """The run is over anyway."""

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """What the node looks like now, and what brought it there."""
        picture = _PICTURES.get(type(life.node))
        if picture is None or (not effects and type(event) in (Drained, Woken)):
            return
        looks = picture(life.node)
        before = self.before.get(life.name)
        if before == looks:
            return
        self.before[life.name] = looks
        self._note(looks, life)
        self._note((type(event).__name__, looks[0], changed(before, looks)), life)

    def _note(self, feature: Feature, life: Life) -> None:
        if feature not in self.first_seen:
            self.first_seen[feature] = life.agenda.now


def bucket(number: int) -> int:
    """How many binary digits: few values for many numbers."""
    return min(number.bit_length(), BUCKET_MAX)


def changed(before: Feature | None, after: Feature) -> Feature:
    """Which parts of a picture changed, and to what."""
    if before is None or len(before) != len(after):
        return ("new",)
    return tuple([(place, new) for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new])


def _broker(broker: Broker) -> Feature:
    store = broker.store
    wal = store.wal
    pauses = 0
    out_of_turn = 0
    for connection in broker.connections.values():
        pauses |= connection.pauses
        out_of_turn += len(connection.slots) > 1
    recovery = store.recovery
    return (
        "broker",
        broker.is_serving,
        store.failed is not None,
        recovery.stage.name if recovery is not None else "",
        wal.syncing > wal.durable,
        bucket(len(wal.sealed)),
        bucket(wal.pending_bytes >> 9),
        bucket(len(wal.segments)),
        store.housekeeping.stage.name,
        bucket(len(store.housekeeping.seals)),
        bucket(len(store.shelf.directories)),
        bucket(len(store.keyspaces.layers.tables)),
        bool(store.shelf.reading),
        bucket(len(store.appended)),
        bucket(len(broker.purgatory)),
        pauses,
        bucket(out_of_turn),
        bucket(len(broker.uncommitted)),
        bucket(len(broker.partitions)),
        bucket(broker.counters.duplicate_batches),
    )


def _producer(producer: Producer) -> Feature:
    flying = queued = attempts = 0
    marks = [False, False, False]
    epoch = 0
    for outbox in producer.outboxes.values():
        flying += len(outbox.in_flight)
        queued += len(outbox.queue)
        marks[0] |= outbox.is_broken
        marks[1] |= outbox.is_confirmed
        epoch = max(epoch, outbox.producer_epoch)
        for batch in outbox.queue:
            attempts = max(attempts, batch.attempts)
            marks[2] |= batch.maybe_written
    return ("producer", bucket(flying), bucket(queued), bucket(attempts), *marks, bucket(epoch), producer.identity.is_pending)


def _consumer(consumer: Consumer) -> Feature:
    failures = max([position.failures for position in consumer.positions.values()], default=0)
    return (
        "consumer",
        bucket(failures),
        bucket(sum(position.is_stopped for position in consumer.positions.values())),
        bucket(sum(len(position.batches) for position in consumer.positions.values())),
        bucket(max([session.failures for session in consumer.sessions.values()], default=0)),
        bucket(consumer.session_resets),
    )


_PICTURES: dict[type, Callable[[Any], Feature]] = {Broker: _broker, Producer: _producer, Consumer: _consumer}
