"""Users: those who own the clients of a simulated cluster, and write into the history what they asked and what they learnt.

A user speaks to its client node in events with tickets and hears from it by `Complete` effects. Every user has its own random stream.

- `TopicMaker` creates the topics, again and again until they are there;
- `Writer` sends bursts of records with unique values, rests, and goes on;
- `Reader` assigns partitions, polls, and now and then goes elsewhere;
- `FinalReader` reads everything from the beginning to its end when all else has come to rest.
"""

from collections.abc import Callable
from typing import Any, ClassVar
from zlib import crc32

from streambus import checkers, client
from streambus.checkers import Outcome
from streambus.kernel import MILLISECOND, Buffer, Event, Prng
from streambus.records import Record
from streambus.sim.agenda import Agenda, Occurrence
from streambus.sim.host import Host
from streambus.sim.scenario import Load
from streambus.wire import ErrorCode, messages

LABEL_END = b"|"
LABEL_BYTES_MAX = 32
NO_KEY = 0xFFFFFFFF
"""In place of a key's checksum; an empty key has 0."""

RETRY_AFTER = 200 * MILLISECOND
POLL_TIMEOUT = 500 * MILLISECOND

Place = tuple[str, int]
"""Topic and partition."""


def stamp(key: Buffer | None, value: Buffer | None, headers: tuple[tuple[str, Any], ...]) -> bytes:
    """What stands for a whole record in a history: the label that its value begins with, and a checksum of everything."""
    whole = bytes(value or b"")
    checksum = crc32(whole, NO_KEY if key is None else crc32(key))
    if headers:
        checksum = crc32(repr([(name, None if data is None else bytes(data)) for name, data in headers]).encode(), checksum)
    return b"%s %08x" % (whole[:LABEL_BYTES_MAX].partition(LABEL_END)[0], checksum)


class User:
    """One who has a client. `host` is where the client lives; it is set when the two are brought together."""

    host: Host

    def __init__(self, name: str, agenda: Agenda, history: checkers.History, dice: Prng) -> None:
        self.name = name
        self.agenda = agenda
        self.history = history
        self.dice = dice
        self.tickets = 0
        self.waiting: dict[int, tuple[Event, Callable[[Any], None]]] = {}

    def wish(self, make: Callable[[int], Event], then: Callable[[Any], None]) -> None:
        """Tell the client what `make` makes of a new ticket; `then` is called with the result."""
        self.tickets += 1
        event = make(self.tickets)
        self.waiting[self.tickets] = (event, then)
        self.host.tell(event)

    def on_complete(self, complete: client.Complete) -> None:
        """The client answers a ticket. Exactly once: an answer to nothing is an error of the client."""
        _, then = self.waiting.pop(complete.ticket)
        then(complete.result)

    def note(self, outcome: Outcome, invoked_at: int, actions: tuple[checkers.Action, ...], error: str = "") -> None:
        """Write down an operation that ends now."""
        self.history.append(checkers.Operation(self.name, outcome, invoked_at, self.agenda.now, actions, error))

    def after(self, delay: int, then: Callable[[], None]) -> None:
        """Do something later."""
        self.agenda.after(delay, _call, then)

    def note_unanswered(self) -> None:
        """The run is over: write down what may still have happened."""

    def what_waits(self) -> list[str]:
        """One phrase for every ticket that is not answered."""
        return [f"{self.name} waits for {type(event).__name__} {ticket}" for ticket, (event, _) in self.waiting.items()]


def _call(occurrence: Occurrence) -> None:
    occurrence.subject()


class TopicMaker(User):
    """Creates topics through an admin client, then calls `then`."""

    def create(self, topics: list[str], partitions: int, then: Callable[[], None]) -> None:
        """Ask, and ask again, until every topic exists."""
        creatable = messages.CreateTopicsRequest.CreatableTopic
        body = messages.CreateTopicsRequest(
            topics=[creatable(name=topic, num_partitions=partitions, replication_factor=1) for topic in topics], timeout_ms=5_000
        )

        def answered(result: Any) -> None:
            if isinstance(result, client.Answered) and _all_exist(result.body):
                then()
            else:
                self.after(RETRY_AFTER, ask)

        def ask() -> None:
            self.wish(lambda ticket: client.Ask(ticket, body), answered)

        ask()


def _all_exist(body: Any) -> bool:
    return all(topic.error_code in (ErrorCode.NONE, ErrorCode.TOPIC_ALREADY_EXISTS) for topic in body.topics)


class Writer(User):
    """Sends records until told to stop. `acknowledged` is how far each partition is promised: one behind the last acknowledged offset."""

    FILLER: ClassVar[bytes] = bytes(range(32, 127)) * 1_000

    def __init__(self, name: str, agenda: Agenda, history: checkers.History, dice: Prng) -> None:
        super().__init__(name, agenda, history, dice)
        self.is_writing = False
        self.sent = 0
        self.unanswered: dict[int, tuple[int, checkers.Sent]] = {}

    def begin(self, places: list[Place], load: Load, acknowledged: dict[Place, int]) -> None:
        """Write to `places` as `load` says."""
        self.places = places
        self.load = load
        self.acknowledged = acknowledged
        self.is_writing = True
        self._burst()

    def stop(self) -> None:
        """Write no more; what is under way goes on."""
        self.is_writing = False

    def note_unanswered(self) -> None:
        """Sends without an answer may have happened."""
        for invoked_at, sent in self.unanswered.values():
            self.history.append(checkers.Operation(self.name, Outcome.INFO, invoked_at, None, (sent,), "never answered"))

    def _burst(self) -> None:
        if not self.is_writing:
            return
        load, dice = self.load, self.dice
        for _ in range(1 + dice.below(load.burst_records)):
            if len(self.waiting) >= load.unanswered_max:
                break
            self._send()
        self.after(1 + dice.below(load.pause), self._burst)

    def _send(self) -> None:
        dice = self.dice
        self.sent += 1
        topic, partition = self.places[dice.below(len(self.places))]
        draw = dice.bits64()
        label = b"%s#%d" % (self.name.encode(), self.sent)
        value = label + LABEL_END + self.FILLER[draw & 63 :][: (draw >> 6 & 0xFFFFFF) % self.load.record_bytes]
        key = None if draw >> 30 & 3 else b"key-%d" % (draw >> 32 & 15)
        headers = () if draw >> 36 & 7 else (("from", self.name.encode()), ("empty", None))
        invoked_at = self.agenda.now
        stamped = stamp(key, value, headers)

        ticket = self.tickets + 1

        def answered(result: Any) -> None:
            del self.unanswered[ticket]
            if isinstance(result, client.Acknowledged):
                offset = result.offset if result.offset >= 0 else None
                self.note(Outcome.OK, invoked_at, (checkers.Sent(topic, partition, stamped, offset),))
                place = (topic, partition)
                if offset is not None and offset >= self.acknowledged.get(place, 0):
                    self.acknowledged[place] = offset + 1
            else:
                outcome = Outcome.FAIL if result.definite else Outcome.INFO
                self.note(outcome, invoked_at, (checkers.Sent(topic, partition, stamped),), result.text)

        self.unanswered[ticket] = (invoked_at, checkers.Sent(topic, partition, stamped))
        self.wish(lambda ticket: client.Produce(ticket, topic, partition, key, value, headers), answered)


class Reader(User):
    """Polls until told to stop, from the beginning or from the end on."""

    def __init__(self, name: str, agenda: Agenda, history: checkers.History, dice: Prng) -> None:
        super().__init__(name, agenda, history, dice)
        self.is_reading = False
        self.last_error = ""
        self.polled: dict[Place, int] = {}
        """One behind the last offset that was returned from each partition."""

    def begin(self, places: list[Place], load: Load) -> None:
        """Read `places` as `load` says."""
        self.places = places
        self.load = load
        self.is_reading = True
        self._assign(client.EARLIEST if self.dice.chance(3, 4) else client.LATEST)

    def stop(self) -> None:
        """Poll no more."""
        self.is_reading = False

    def on_positioned(self) -> None:
        """Positions are known: go on."""
        self._poll()

    def on_polled(self) -> None:
        """A poll was answered: poll again, here or, once in a while, elsewhere."""
        if self.load.seek_one_in and self.dice.chance(1, self.load.seek_one_in):
            self._go_elsewhere()
        else:
            self._poll()

    def _go_elsewhere(self) -> None:
        if self.dice.chance(1, 4):
            self._assign(client.EARLIEST)
            return
        topic, partition = self.places[self.dice.below(len(self.places))]
        end = self.polled.get((topic, partition), 0)
        offset = self.dice.below(end + 1) if self.dice.chance(3, 4) else client.EARLIEST
        action = checkers.Sought(topic, partition)
        self._position(lambda ticket: client.Seek(ticket, topic, partition, offset), action)

    def _assign(self, where: int) -> None:
        positions = tuple([(topic, partition, where) for topic, partition in self.places])
        self._position(lambda ticket: client.Assign(ticket, positions), checkers.Assigned(tuple(self.places)))

    def _position(self, make: Callable[[int], Event], action: checkers.Action) -> None:
        invoked_at = self.agenda.now

        def answered(result: Any) -> None:
            if isinstance(result, client.Positioned):
                self.note(Outcome.OK, invoked_at, (action,))
                self.on_positioned()
            else:
                self.note(Outcome.INFO, invoked_at, (action,), result.text)
                self.after(RETRY_AFTER, lambda: self._assign(client.EARLIEST))

        self.wish(make, answered)

    def _poll(self) -> None:
        if not self.is_reading:
            return
        invoked_at = self.agenda.now

        def answered(result: Any) -> None:
            if isinstance(result, client.Fetched):
                actions = tuple([self._noted(topic, partition, record) for topic, partition, record in result.records])
                if actions:
                    self.note(Outcome.OK, invoked_at, actions)
                self.on_polled()
            else:
                self.last_error = result.text
                self.note(Outcome.INFO, invoked_at, (), result.text)
                self.after(RETRY_AFTER, self.on_polled)

        self.wish(lambda ticket: client.Poll(ticket, self.load.poll_records, POLL_TIMEOUT), answered)

    def _noted(self, topic: str, partition: int, record: Record) -> checkers.Polled:
        self.polled[topic, partition] = record.offset + 1
        return checkers.Polled(topic, partition, record.offset, stamp(record.key, record.value, record.headers))


class FinalReader(Reader):
    """Reads every partition from its first record to its last, then calls `then`."""

    def __init__(self, name: str, agenda: Agenda, history: checkers.History, dice: Prng) -> None:
        super().__init__(name, agenda, history, dice)
        self.ends: dict[Place, int] = {}

    def read_all(self, places: list[Place], load: Load, then: Callable[[], None]) -> None:
        """Find out where the partitions end, then read up to there."""
        self.places = places
        self.load = load
        self.then = then
        self.is_reading = True
        targets = tuple([(topic, partition, client.LATEST) for topic, partition in places])

        def answered(result: Any) -> None:
            if isinstance(result, client.OffsetsListed):
                self.ends = {(topic, partition): offset for topic, partition, offset, _ in result.offsets}
                self._assign(client.EARLIEST)
            else:
                self.after(RETRY_AFTER, ask)

        def ask() -> None:
            self.wish(lambda ticket: client.ListOffsets(ticket, targets), answered)

        ask()

    def on_polled(self) -> None:
        """At the end of every partition this is over."""
        if self.unread():
            self._poll()
        else:
            self.is_reading = False
            self.then()

    def unread(self) -> dict[Place, tuple[int, int]]:
        """How far the partitions have been read that have not been read to their end, and where that is."""
        return {place: (self.polled.get(place, 0), end) for place, end in self.ends.items() if self.polled.get(place, 0) < end}

    def what_waits(self) -> list[str]:
        """Where reading stands."""
        behind = [
            f"{self.name} has read {topic}-{partition} to {position} of {end}"
            for (topic, partition), (position, end) in self.unread().items()
        ]
        if behind and self.last_error:
            behind.append(f"its last error: {self.last_error}")
        return behind + super().what_waits()
