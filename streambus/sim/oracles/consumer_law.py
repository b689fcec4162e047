"""Consumers: records are handed out in the order of the log, each once, from where the user wants to read, and as they are in the log;
none of a partition that is not assigned, none that is not durable. What the consumer believes of its fetch session, the broker knows.
"""

from typing import Any

from streambus.broker import Broker
from streambus.client import Assign, Complete, Consumer, Fetched, Positioned, Seek
from streambus.kernel import Drained, Effect, Event, Instant, Received, Woken
from streambus.records import Record
from streambus.sim.life import Life
from streambus.sim.oracles.record_lookup import RecordLookup
from streambus.sim.oracles.reference_model import ReferenceModel
from streambus.sim.simulation import Simulation

COMPARE_SESSIONS_EVERY = 32
"""Steps of consumers between two comparisons of a session."""

Place = tuple[str, int]


class Reading:
    """Where one consumer is. An unknown position is None: it will be told by `Positioned`, or by the first record."""

    __slots__ = ("positions", "wishes")

    def __init__(self) -> None:
        self.positions: dict[Place, int | None] = {}
        self.wishes: dict[int, tuple[Place, ...]] = {}


class ConsumerLaw:
    """Looks at the consumers on `hosts`, beside the reference model of `broker`, their broker."""

    def __init__(self, simulation: Simulation, hosts: tuple[str, ...], broker: str, reference: ReferenceModel) -> None:
        self.simulation = simulation
        self.hosts = hosts
        self.unmoved_by = (Drained, Woken)
        self.broker = broker
        self.model = reference.model
        self.lookup = RecordLookup(reference.model)
        self.readings: dict[str, Reading] = {}
        self.handed_out = 0
        self.steps = 0

    def on_birth(self, life: Life) -> None:
        """Nothing is assigned yet."""
        self.readings[life.name] = Reading()

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """The simulation knows already."""

    def on_end(self) -> None:
        """Every record was looked at when it was handed out."""

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """Wishes in, records out."""
        kind = type(event)
        reading = self.readings[life.name]
        if kind is Assign:
            self._on_assign(reading, event)  # type: ignore[arg-type]
        elif kind is Seek:
            self._on_seek(reading, event)  # type: ignore[arg-type]
        for effect in effects:
            if type(effect) is Complete:
                self._on_complete(life.name, reading, effect)
        if kind is Received:
            self.steps += 1
            if self.steps % COMPARE_SESSIONS_EVERY == 0 and isinstance(life.node, Consumer):
                self._compare_sessions(life.name, life.node)

    # Wishes ------------------------------------------------------------------------------------------------------------

    def _on_assign(self, reading: Reading, assign: Assign) -> None:
        reading.positions = {(topic, index): self._believed(topic, index, offset) for topic, index, offset in assign.positions}
        reading.wishes = {assign.ticket: tuple(reading.positions)}

    def _on_seek(self, reading: Reading, seek: Seek) -> None:
        place = (seek.topic, seek.partition)
        if place in reading.positions:
            reading.positions[place] = self._believed(*place, seek.offset)
            reading.wishes[seek.ticket] = (place,)

    def _believed(self, topic: str, index: int, offset: int) -> int | None:
        """Where reading will begin: unknown if it has to be looked up, or if the log may not have that offset."""
        log = self.lookup.log_of(topic, index)
        if offset < 0 or log is None or not log.start_offset <= offset <= log.durable_end:
            return None
        return offset

    # Answers -----------------------------------------------------------------------------------------------------------

    def _on_complete(self, name: str, reading: Reading, complete: Complete) -> None:
        result: Any = complete.result
        if type(result) is Fetched:
            for topic, index, record in result.records:
                if not self._judge(name, reading, (topic, index), record):
                    return
        elif type(result) is Positioned:
            for topic, index, offset in result.positions:
                place = (topic, index)
                known = reading.positions.get(place)
                if known is not None and known != offset and complete.ticket in reading.wishes:
                    self._fail(name, f"a position is where the user put it: {topic}-{index} is positioned at {offset}, not at {known}")
                elif place in reading.positions:
                    reading.positions[place] = self._believed(topic, index, offset)
        reading.wishes.pop(complete.ticket, None)

    def _judge(self, name: str, reading: Reading, place: Place, record: Record) -> bool:
        shown = f"{place[0]}-{place[1]}"
        if place not in reading.positions:
            return self._fail(name, f"only what is assigned is read: offset {record.offset} of {shown} is handed out")
        expected = reading.positions[place]
        reading.positions[place] = record.offset + 1
        log = self.lookup.log_of(*place)
        if log is None:
            return True
        if expected is not None and record.offset != expected:
            law = "a position never goes back" if record.offset < expected else "nothing is skipped"
            return self._fail(name, f"{law}: offset {record.offset} of {shown} is handed out, expected {expected}")
        if record.offset >= log.durable_end:
            return self._fail(name, f"nobody reads what is not durable: offset {record.offset} of {shown}, durable up to {log.durable_end}")
        self.handed_out += 1
        if self.lookup.record(log, record.offset) != record:
            return self._fail(name, f"what is read is what is in the log: offset {record.offset} of {shown} is another record there")
        return True

    # Sessions ----------------------------------------------------------------------------------------------------------

    def _compare_sessions(self, name: str, consumer: Consumer) -> None:
        life = self.simulation.hosts[self.broker].life
        if life is None or not isinstance(life.node, Broker):
            return
        for session in consumer.sessions.values():
            known = life.node.fetch_sessions.sessions.get(session.session_id)
            if session.under_way or known is None or not session.epoch or known.epoch != session.epoch:
                continue
            ours = {(topic, index): said.offset for (topic, index), said in session.said.items()}
            theirs = {(self._name_of(want), want.partition): want.offset for want in known.wanted.values()}
            if ours != theirs and all(topic in life.node.image.topics for topic, _ in ours):
                self._fail(
                    name,
                    f"both sides know the same of fetch session {session.session_id}: the consumer said {ours}, the broker knows {theirs}",
                )
                return

    def _name_of(self, want: Any) -> str:
        """The topic that is wanted by name or by id."""
        return str(want.topic or self.model.cluster.names_by_id.get(want.topic_id, ""))

    def _fail(self, name: str, what: str) -> bool:
        self.simulation.fail(f"{name}: {what}")
        return False
