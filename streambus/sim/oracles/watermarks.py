"""What must hold of every partition from step to step and from life to life, looked at from inside.

- The high watermark, the last stable offset and the log start never go back, not even over a crash; the leader epoch neither, and every
  life leads in a later one.
- `log start <= last stable offset <= high watermark <= recovery point <= log end`.
- What an earlier life showed as committed is there again when a later life serves. (What was acknowledged was committed: `produce_law`.)

A topic that is deleted and made again is another one: partitions are told apart by topic id.
"""

from uuid import UUID

from streambus.broker import Broker, Ready
from streambus.kernel import Drained, Effect, Event, Instant, Received
from streambus.replication import Partition
from streambus.sim.life import Life
from streambus.sim.simulation import Simulation

CHECK_EVERY = 384
"""Steps that move us between two calls of `Broker.check`, which looks at everything."""

Place = tuple[UUID, int]


class Watermarks:
    """An observer of one broker over all its lives."""

    def __init__(self, simulation: Simulation, host: str, *, is_budgeted: bool = True) -> None:
        self.simulation = simulation
        self.is_budgeted = is_budgeted
        """If not, the disk may have lost anything between two lives."""
        self.host = host
        self.hosts = (host,)
        self.unmoved_by = (Drained, Received)
        self.known: dict[Place, tuple[int, int, int, int]] = {}
        """High watermark, last stable offset, log start, leader epoch: as last seen by anyone."""
        self.led: dict[Place, int] = {}
        """In which leader epoch the lives before this one led."""
        self.starts: dict[Place, list[tuple[int, int]]] = {}
        """Where logs began, each with the position of the store's log below which that is written."""
        self.durable = 0
        """Up to where the store's log was durable."""
        self.steps = 0

    def on_birth(self, life: Life) -> None:
        """What was led is led no more. A beginning that was not durable yet may have been forgotten."""
        if not self.is_budgeted:
            self.known.clear()
        for place, (high_watermark, last_stable_offset, _, leader_epoch) in self.known.items():
            starts = [(position, start) for position, start in self.starts.get(place, []) if position <= self.durable]
            self.starts[place] = starts
            self.known[place] = (high_watermark, last_stable_offset, starts[-1][1] if starts else 0, leader_epoch)
        self.durable = 0
        self.led = {place: known[3] for place, known in self.known.items()}

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """The simulation knows already."""

    def on_end(self) -> None:
        """Look at everything once more."""
        life = self.simulation.hosts[self.host].life
        if life is not None and isinstance(life.node, Broker):
            self._check_all(life.node)
            self._check_partitions(life.node)

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """Look at the broker after its step."""
        broker = life.node
        if not isinstance(broker, Broker):
            return
        self.steps += 1
        kind = type(event)
        self.durable = broker.store.wal.durable
        if kind is not Received and kind is not Drained:
            self._check_partitions(broker)
            for effect in effects:
                if type(effect) is Ready:
                    self._check_recovered(broker)
        if self.steps % CHECK_EVERY == 0:
            self._check_all(broker)

    def _check_partitions(self, broker: Broker) -> None:
        known = self.known
        for partition in broker.partitions.values():
            log = partition.log
            seen = (partition.high_watermark, partition.last_stable_offset, log.log_start_offset, partition.leader_epoch)
            place = (partition.topic_id, partition.index)
            before = known.get(place)
            if seen != before:
                self._judge(partition, before or (0, 0, 0, 0), seen)
                known[place] = seen
                if log.log_start_offset and (before is None or log.log_start_offset != before[2]):
                    self.starts.setdefault(place, []).append((broker.store.wal.end, log.log_start_offset))

    def _judge(self, partition: Partition, before: tuple[int, int, int, int], seen: tuple[int, int, int, int]) -> None:
        for name, old, new in zip(("high watermark", "last stable offset", "log start offset", "leader epoch"), before, seen, strict=True):
            if new < old:
                self._fail(f"the {name} of {_shown(partition)} never goes back: it was {old} and is {new}")
        high_watermark, last_stable_offset, log_start_offset, leader_epoch = seen
        log = partition.log
        order = (log_start_offset, last_stable_offset, high_watermark, log.recovery_point, log.log_end_offset)
        if list(order) != sorted(order):
            words = "log start <= last stable offset <= high watermark <= recovery point <= log end"
            self._fail(f"{words}: in {_shown(partition)} they are {', '.join(map(str, order))}")
        if leader_epoch <= self.led.get((partition.topic_id, partition.index), -1):
            self._fail(f"every life leads in a later leader epoch: {_shown(partition)} is led in epoch {leader_epoch} again")

    def _check_recovered(self, broker: Broker) -> None:
        partitions = {(partition.topic_id, partition.index): partition for partition in broker.partitions.values()}
        for place, (committed, *_) in self.known.items():
            partition = partitions.get(place)
            if partition is not None and partition.log.log_end_offset < committed:
                self._lost(_shown(partition), committed, partition.log.log_end_offset)
            if partition is None and committed and place[0] in broker.image.topics_by_id:
                self._lost(f"{place[0]}-{place[1]}", committed, 0)

    def _lost(self, place: str, end: int, recovered: int) -> None:
        self._fail(f"what was committed is recovered: {place} was committed up to offset {end}, but was recovered up to {recovered} only")

    def _check_all(self, broker: Broker) -> None:
        try:
            broker.check()
        except AssertionError as error:
            self._fail(f"its own check says: {error}")

    def _fail(self, what: str) -> None:
        self.simulation.fail(f"{self.host}: {what}")


def _shown(partition: Partition) -> str:
    return f"{partition.topic}-{partition.index}"
