"""The reference model: an independent, small model of a broker that checks every answer at the door, field by field.

1. A request arrives: its law notes what the answer will have to say, and the model changes as the broker must (`produce_law` appends).
   A broker that is not ready yet looks at nothing; what arrives waits with us as it waits there.
2. What the broker writes and syncs tells how far each log is durable (`written`), and with it what the cluster is (`cluster_model`).
3. An answer leaves: its law compares. 4. What is due has left, at the latest when the step is over.

An answer is made when its request is looked at, or later, and leaves when all before it have left. Only if it may have been made in an
earlier step (`Asked.is_old`: it stood behind another) are watermarks known as ranges.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from streambus.broker import Ready
from streambus.broker.offsets import BatchRead
from streambus.kernel import (
    Close,
    Closed,
    Connected,
    Delete,
    Drained,
    Effect,
    Event,
    Instant,
    Received,
    Relieved,
    Send,
    Sync,
    Woken,
    Work,
    Write,
)
from streambus.sim.life import Life
from streambus.sim.oracles import (
    administration_law,
    configs_law,
    delete_records_law,
    description_law,
    identity_law,
    list_offsets_law,
    produce_law,
    topics_law,
)
from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.door import Asked, Door, Guest
from streambus.sim.oracles.fetch_law import FetchLaw
from streambus.sim.oracles.law import Law
from streambus.sim.simulation import Simulation
from streambus.wire import ApiKey

LAWS: dict[int, Law] = {
    ApiKey.PRODUCE: produce_law.LAW,
    ApiKey.LIST_OFFSETS: list_offsets_law.LAW,
    ApiKey.METADATA: topics_law.METADATA,
    ApiKey.CREATE_TOPICS: topics_law.CREATE_TOPICS,
    ApiKey.DELETE_TOPICS: topics_law.DELETE_TOPICS,
    ApiKey.DESCRIBE_TOPIC_PARTITIONS: topics_law.DESCRIBE_TOPIC_PARTITIONS,
    ApiKey.DESCRIBE_CLUSTER: topics_law.DESCRIBE_CLUSTER,
    **configs_law.LAWS,
    **administration_law.LAWS,
    **description_law.LAWS,
    ApiKey.DELETE_RECORDS: delete_records_law.LAW,
    ApiKey.INIT_PRODUCER_ID: identity_law.INIT_PRODUCER_ID,
    ApiKey.API_VERSIONS: identity_law.API_VERSIONS,
}
"""One law per API, beside Fetch, whose law has sessions. Requests of APIs that have none here are only counted in their order."""


def _whole_frames(data: bytes) -> int:
    """How many frames are in what the broker has not looked into yet."""
    count = at = 0
    while at + 4 <= len(data) and (at := at + 4 + int.from_bytes(data[at : at + 4], "big")) <= len(data):
        count += 1
    return count


def _is_hung_up_on(asked: Asked) -> bool:
    """Whether this cannot be told that it is refused: its connection is closed, and what came behind it is not looked at."""
    return asked.api_key == ApiKey.PRODUCE and asked.expected is not None and asked.body.acks == 0 and produce_law.is_refused(asked)


DISK_EFFECTS = (Write, Sync, Work, Delete)
"""What is asked of the disk that changes what is written, or where it is."""


class ReferenceModel:
    """Looks on at the door of the broker on `host`, over all its lives."""

    def __init__(self, simulation: Simulation, host: str) -> None:
        self.simulation = simulation
        self.host = host
        self.hosts = (host,)
        self.unmoved_by = (Drained,)
        self.model = BrokerModel(self._fail)
        self.door: Door
        self.fetch_law: FetchLaw
        self.laws: dict[int, Law] = LAWS
        self.judged = 0
        """Answers that were compared so far."""

    def on_birth(self, life: Life) -> None:
        """The broker is born again."""
        self.model.begin_life(life)
        self.door = Door(life, self._fail)
        self.fetch_law = FetchLaw(self.model)
        self.laws = {**LAWS, ApiKey.FETCH: self.fetch_law.law}

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """The simulation knows already."""

    def on_end(self) -> None:
        """Every answer was looked at when it left."""

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """Requests in, disk, answers out."""
        model, kind = self.model, type(event)
        model.on_event(now, event)
        if kind is Woken and model.is_serving:
            model.take_note_of_retention()
        arrived: list[Asked] = []
        if kind is Received:
            arrived = self._receive(life, event)
        elif kind is Connected:
            self.door.connect(event.connection)  # type: ignore[attr-defined]
        elif kind is Closed:
            self._forget(self.door.close(event.connection))  # type: ignore[attr-defined]
        elif kind is BatchRead:
            self._compare_read(event)
        elif kind is Woken or kind is Relieved:
            arrived = self._receive_held(life)
        if effects:
            self._on_effects(life, effects, arrived)
        elif arrived:
            self._note_waiting(arrived)
        if kind is Woken:
            self._judge_what_is_due(self.door.guests.values(), is_woken=True)
        elif model.written.moved_in == model.step:
            self._judge_what_is_due(self.door.guests.values(), is_woken=False)
        elif arrived and model.is_serving:
            self._judge_what_is_due(self._guests_of(arrived), is_woken=False)

    # Requests ----------------------------------------------------------------------------------------------------------

    def _receive(self, life: Life, event: Any) -> list[Asked]:
        arrived = self.door.receive(event.connection, event.data)
        if not arrived:
            return []
        guest = self.door.guests[event.connection]
        if guest.is_shown_out:
            return []
        guest.received.extend(arrived)
        return self._take_up(life, guest) if self.model.is_serving else []

    def _receive_held(self, life: Life) -> list[Asked]:
        """What the broker takes up now of that which it held back, because it had answered enough at once."""
        return [asked for guest in self.door.guests.values() if guest.received for asked in self._take_up(life, guest)]

    def _take_up(self, life: Life, guest: Guest) -> list[Asked]:
        """Look at the requests that the broker does not hold back any more."""
        connection = life.node.connections.get(guest.number)  # type: ignore[attr-defined]
        held = len(connection.held) + _whole_frames(getattr(connection, "unread", b"")) if connection is not None else 0
        taken: list[Asked] = []
        while len(guest.received) > held:
            taken.append(guest.received.popleft())
            self._look_at(guest, taken[-1])
            if _is_hung_up_on(taken[-1]):
                guest.received.clear()
        return taken

    def _compare_read(self, event: Any) -> None:
        """A disk may give other bytes than it was given: then a search may end with an error."""
        log = self.model.written.logs.get(event.search.lookups[0].log_id)
        if log is None or not log.batches or event.data != log.batches[log.row_of(event.batch.base_offset)].data:
            self.model.has_read_error = True

    def _look_at(self, guest: Guest, asked: Asked) -> None:
        model = self.model
        asked.is_crowded = self.door.unanswered >= model.config.limits.delayed_requests_max
        asked.arrived_in = model.step
        asked.arrived_at = model.now
        law = self.laws.get(asked.api_key)
        if law is not None and asked.body is not None:
            law.ask(model, asked)
        if asked.api_key != ApiKey.PRODUCE or asked.body.acks != 0:
            guest.asked.append(asked)
            self.door.unanswered += 1

    def _begin_serving(self, life: Life) -> list[Asked]:
        """The broker has recovered: it looks at what waited."""
        self.model.is_serving = True
        return self._receive_held(life)

    def _forget(self, guest: Guest | None) -> None:
        if guest is not None:
            for asked in guest.asked:
                if asked.api_key == ApiKey.FETCH and asked.expected.session is not None:
                    self.fetch_law.lost(asked)

    # Effects -----------------------------------------------------------------------------------------------------------

    def _on_effects(self, life: Life, effects: list[Effect], arrived: list[Asked]) -> None:
        door, model = self.door, self.model
        closed: dict[int, None] = {}
        for place, effect in enumerate(effects):
            kind = type(effect)
            if kind is Send:
                door.check_effect(effect)
                for asked, body in door.answers(effects, place):
                    self._judge(asked, body)
            elif kind in DISK_EFFECTS:
                model.on_effect(effect)
            elif kind is Ready:
                arrived += self._begin_serving(life)
            else:
                door.check_effect(effect)
                if kind is Close:
                    closed[effect.connection] = None  # type: ignore[attr-defined]
                    door.show_out(effect.connection)  # type: ignore[attr-defined]
        if arrived:
            self._judge_closing(arrived, closed)
            self._note_waiting(arrived)

    def _judge(self, asked: Asked, body: Any) -> None:
        law = self.laws.get(asked.api_key)
        if law is None:
            return
        self.judged += 1
        complaint = law.judge(self.model, asked, body)
        if complaint is not None:
            self._fail(f"{asked} is answered wrongly: {complaint}")

    def _judge_closing(self, arrived: list[Asked], closed: dict[int, None]) -> None:
        for asked in arrived:
            if _is_hung_up_on(asked) and asked.connection not in closed:
                self._fail(f"{asked} with acks=0 is refused, so its connection is closed, but it is not")

    def _note_waiting(self, arrived: list[Asked]) -> None:
        """Who stands behind another when the step is over may be answered long before the answer leaves."""
        for guest in self._guests_of(arrived):
            for asked in islice(guest.asked, 1, None):
                asked.is_old = True

    def _guests_of(self, arrived: list[Asked]) -> list[Guest]:
        """Who sent these, and is there."""
        guests = self.door.guests
        return [guests[number] for number in dict.fromkeys([asked.connection for asked in arrived]) if number in guests]

    # What is due -------------------------------------------------------------------------------------------------------

    def _judge_what_is_due(self, guests: Iterable[Guest], *, is_woken: bool) -> None:
        model = self.model
        for guest in guests:
            if not guest.asked or guest.is_shown_out:
                continue
            front = guest.asked[0]
            law = self.laws.get(front.api_key)
            reason = law.due(model, front) if law is not None and front.body is not None else None
            is_late = is_woken and front.deadline is not None and front.deadline <= model.now
            if is_late and not (law is not None and law.is_loading(model, front)):
                self._fail(f"nobody waits longer than asked for: {front} had until {front.deadline}, and is not answered at {model.now}")
                return
            if reason is not None:
                self._fail(f"what can be answered is answered: {front} still waits, though {reason}")
                return

    def _fail(self, what: str) -> None:
        self.simulation.fail(f"{self.host}: {what}")
