"""Whoever reads."""

from collections import deque
from collections.abc import Callable
from typing import Any

from streambus import checkers, client
from streambus.checkers import Outcome
from streambus.kernel import MILLISECOND, Event, Prng
from streambus.records import Record
from streambus.sim.agenda import Agenda
from streambus.sim.chores import Assign, Chore, Seek
from streambus.sim.users.stamp import stamp
from streambus.sim.users.user import RETRY_AFTER, Place, User

POLL_TIMEOUT = 500 * MILLISECOND


class Reader(User):
    """Polls from its first `Assign` on until told to stop, one thing after the other: a chore waits for the poll that is under way."""

    def __init__(self, name: str, agenda: Agenda, history: checkers.History, dice: Prng, *, places: list[Place], poll_records: int) -> None:
        super().__init__(name, agenda, history, dice)
        self.places = places
        self.poll_records = poll_records
        self.is_idle = True
        self.is_reading = False
        self.errands: deque[Assign | Seek] = deque()
        self.last_error = ""
        self.polled: dict[Place, int] = {}
        """One behind the last offset that was returned from each partition."""

    def stop(self) -> None:
        """Poll no more."""
        super().stop()
        self.is_reading = False
        self.errands.clear()

    def miss(self, chore: Chore) -> None:
        """To be assigned partitions is made up for when there is a client again."""
        self.is_reading = self.is_reading or isinstance(chore, Assign)

    def begin_anew(self) -> None:
        """Read everything from the beginning, if this reader has read at all."""
        self.errands.clear()
        self.polled.clear()
        self.is_idle = True
        if self.is_reading:
            self.is_idle = False
            self.assign(client.EARLIEST)

    def take_up(self, chore: Chore) -> None:
        """Go elsewhere, when the poll under way has returned."""
        assert isinstance(chore, Assign | Seek)
        self.errands.append(chore)
        if self.is_idle:
            self.go_on()

    def go_on(self) -> None:
        """Do what comes next."""
        self.is_idle = False
        if self.errands:
            self._run(self.errands.popleft())
        elif self.is_reading:
            self._poll()
        else:
            self.is_idle = True

    def _run(self, errand: Assign | Seek) -> None:
        if isinstance(errand, Assign):
            self.assign(client.LATEST if errand.latest else client.EARLIEST)
        elif self.is_reading:
            self._seek(errand)
        else:
            self.go_on()

    def assign(self, where: int) -> None:
        """Begin anew with all partitions."""
        self.is_reading = True
        positions = tuple([(topic, partition, where) for topic, partition in self.places])
        self._position(lambda ticket: client.Assign(ticket, positions), checkers.Assigned(tuple(self.places)))

    def _seek(self, seek: Seek) -> None:
        topic, partition = seek.topic, seek.partition
        end = self.polled.get((topic, partition), 0)
        offset = client.EARLIEST if seek.per_mille is None else end * seek.per_mille // 1_000 + seek.beyond
        self._position(lambda ticket: client.Seek(ticket, topic, partition, offset), checkers.Sought(topic, partition))

    def _position(self, make: Callable[[int], Event], action: checkers.Action) -> None:
        invoked_at = self.agenda.now

        def answered(result: Any) -> None:
            if isinstance(result, client.Positioned):
                self.note(Outcome.OK, invoked_at, (action,))
                self.go_on()
            else:
                self.note(Outcome.INFO, invoked_at, (action,), result.text)
                self.after(RETRY_AFTER, self._position_again)

        self.wish(make, answered)

    def _position_again(self) -> None:
        """A position was refused: begin anew, unless it is time to stop."""
        if self.is_reading:
            self.assign(client.EARLIEST)
        else:
            self.go_on()

    def _poll(self) -> None:
        invoked_at = self.agenda.now

        def answered(result: Any) -> None:
            if isinstance(result, client.Fetched):
                actions = tuple([self._noted(topic, partition, record) for topic, partition, record in result.records])
                if actions:
                    self.note(Outcome.OK, invoked_at, actions)
                self.go_on()
            else:
                self.last_error = result.text
                self.note(Outcome.INFO, invoked_at, (), result.text)
                self.after(RETRY_AFTER, self.go_on)

        self.wish(lambda ticket: client.Poll(ticket, self.poll_records, POLL_TIMEOUT), answered)

    def _noted(self, topic: str, partition: int, record: Record) -> checkers.Polled:
        self.polled[topic, partition] = record.offset + 1
        return checkers.Polled(topic, partition, record.offset, stamp(record.key, record.value, record.headers))


class FinalReader(Reader):
    """Reads every partition from its first record to its last, then calls `then`."""

    def __init__(self, name: str, agenda: Agenda, history: checkers.History, dice: Prng, *, places: list[Place], poll_records: int) -> None:
        super().__init__(name, agenda, history, dice, places=places, poll_records=poll_records)
        self.ends: dict[Place, int] = {}

    def read_all(self, then: Callable[[], None]) -> None:
        """Find out where the partitions end, then read up to there."""
        self.then = then
        targets = tuple([(topic, partition, client.LATEST) for topic, partition in self.places])

        def answered(result: Any) -> None:
            if isinstance(result, client.OffsetsListed):
                self.ends = {(topic, partition): offset for topic, partition, offset, _ in result.offsets}
                self.assign(client.EARLIEST)
            else:
                self.after(RETRY_AFTER, ask)

        def ask() -> None:
            self.wish(lambda ticket: client.ListOffsets(ticket, targets), answered)

        ask()

    def go_on(self) -> None:
        """At the end of every partition this is over."""
        if self.unread():
            self._poll()
        else:
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
