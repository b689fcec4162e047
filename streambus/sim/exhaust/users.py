"""Users: what each client is asked and what it has answered so far, as a small value that is part of the world.

A user goes through its script. A `Send` does not wait; everything else waits for what came before and is waited for. What the user has
learnt is kept in the order of its wishes, without dates: it is what its history is made of, and two worlds in which the users have
learnt different things are different worlds.
"""

from typing import Any, NamedTuple

from streambus import checkers, client
from streambus.checkers import Outcome
from streambus.kernel import SECOND, Event
from streambus.sim.exhaust.spec import CreateTopic, ReadUntil, Send, Settle, Wish
from streambus.wire import ErrorCode, messages

POLL_TIMEOUT = 60 * SECOND
POLL_RECORDS = 100
TICKETS_PER_WISH = 1_000
"""Tickets of a wish are numbered from its place times this: a wish that is repeated has several."""

DATE_MS = 1_767_225_600_000
"""The timestamp of every record."""

END = 1_000_000
"""In histories: when users are done, and the final reading begins later."""

Record = tuple[int, bytes]
"""Offset and value."""


class User(NamedTuple):
    """Where a user is in its script. `waiting`: open tickets. `tries`: how often the client was asked for the present wish."""

    at: int = 0
    waiting: tuple[int, ...] = ()
    tries: int = 0
    sent: tuple[tuple[int, str, int], ...] = ()
    """Of each answered `Send`: its place in the script, its outcome, and its offset or -1."""
    read: tuple[tuple[int, Record], ...] = ()
    """Place of the `ReadUntil`, and what it returned."""
    assigned: tuple[int, ...] = ()
    """Places of the reads that were answered with a position, each once per answer."""


class Script:
    """The wishes of one client, up to `end`. Those before `begin` are fulfilled before anything is explored."""

    def __init__(self, name: str, wishes: tuple[Wish, ...], *, begin: int = 0, end: int | None = None) -> None:
        self.name = name
        self.wishes = wishes
        self.begin = begin
        self.end = len(wishes) if end is None else end

    def has_begun(self, user: User) -> bool:
        """Whether a user has made a wish since `begin`."""
        return user.at > self.begin or bool(user.waiting)

    def is_done(self, user: User) -> bool:
        """Whether there is nothing more to wish and nothing to wait for."""
        return user.at >= self.end and not user.waiting

    def can_wish(self, user: User) -> bool:
        """Whether the next wish may be told to the client now."""
        if user.at >= self.end:
            return False
        return not user.waiting or isinstance(self.wishes[user.at], Send)

    def skip_settled(self, user: User) -> User:
        """Go past every `Settle` that has nothing to wait for."""
        while not user.waiting and user.at < self.end and isinstance(self.wishes[user.at], Settle):
            user = user._replace(at=user.at + 1)
        return user

    def wish(self, user: User) -> tuple[User, Event]:
        """Tell the client the next wish."""
        place = user.at
        wish = self.wishes[place]
        ticket = place * TICKETS_PER_WISH + user.tries + 1
        if isinstance(wish, Send):
            event: Event = client.Produce(ticket, wish.topic, wish.partition, None, self.value(place), (), DATE_MS)
            return user._replace(at=place + 1, waiting=(*user.waiting, ticket)), event
        if isinstance(wish, CreateTopic):
            event = client.Ask(ticket, _creation(wish))
        else:
            assert isinstance(wish, ReadUntil), wish
            if place not in user.assigned:
                event = client.Assign(ticket, ((wish.topic, wish.partition, client.EARLIEST),))
            else:
                event = client.Poll(ticket, POLL_RECORDS, POLL_TIMEOUT)
        return user._replace(waiting=(ticket,), tries=user.tries + 1), event

    def value(self, place: int) -> bytes:
        """What the `Send` at `place` sends."""
        wish = self.wishes[place]
        assert isinstance(wish, Send), wish
        return wish.value or b"%s#%d" % (self.name.encode(), place)

    def on_complete(self, user: User, complete: client.Complete) -> User:
        """The client answers a ticket. An answer to nothing is an error of the client."""
        ticket, result = complete.ticket, complete.result
        assert ticket in user.waiting, f"{self.name} answers ticket {ticket}, which does not wait"
        user = user._replace(waiting=tuple(other for other in user.waiting if other != ticket))
        place = ticket // TICKETS_PER_WISH
        wish = self.wishes[place]
        if isinstance(wish, Send):
            user = self._sent(user, place, result)
        elif isinstance(wish, CreateTopic):
            is_there = isinstance(result, client.Answered) and _exists(result.body)
            user = user._replace(at=place + 1, tries=0) if is_there else user
        else:
            assert isinstance(wish, ReadUntil), wish
            user = self._read(user, place, wish, result)
        return self.skip_settled(user)

    def _sent(self, user: User, place: int, result: Any) -> User:
        if isinstance(result, client.Acknowledged):
            answer = (place, Outcome.OK.value, result.offset)
        else:
            answer = (place, (Outcome.FAIL if result.definite else Outcome.INFO).value, -1)
        return user._replace(sent=tuple(sorted((*user.sent, answer))))

    def _read(self, user: User, place: int, wish: ReadUntil, result: Any) -> User:
        if isinstance(result, client.Positioned):
            return user._replace(assigned=(*user.assigned, place))
        if isinstance(result, client.Fetched):
            records = [(place, (record.offset, bytes(record.value or b""))) for _, _, record in result.records]
            user = user._replace(read=(*user.read, *records))
            if sum(number == place for number, _ in user.read) >= wish.records:
                return user._replace(at=place + 1, tries=0)
        return user

    # What was learnt ---------------------------------------------------------------------------------------------------

    def learnt(self, user: User) -> list[tuple[str, int, int]]:
        """Topic, partition and one behind the offset of everything that was acknowledged or read."""
        ends: list[tuple[str, int, int]] = []
        for place, outcome, offset in user.sent:
            wish = self.wishes[place]
            if outcome == Outcome.OK.value and isinstance(wish, Send):
                ends.append((wish.topic, wish.partition, offset + 1))
        for place, (offset, _) in user.read:
            wish = self.wishes[place]
            assert isinstance(wish, ReadUntil), wish
            ends.append((wish.topic, wish.partition, offset + 1))
        return ends

    def operations(self, user: User) -> list[checkers.Operation]:
        """The user's part of the history. Worlds have no common clock, so nothing of one process is over before another's begins: every
        send ends at the end, in the order in which they were made, and all that was read is one long operation."""
        operations: list[checkers.Operation] = []
        answered = {place: (outcome, offset) for place, outcome, offset in user.sent}
        for place in range(user.at):
            wish = self.wishes[place]
            if not isinstance(wish, Send):
                continue
            outcome, offset = answered.get(place, (Outcome.INFO.value, -1))
            sent = checkers.Sent(wish.topic, wish.partition, self.value(place), offset if offset >= 0 else None)
            operations.append(checkers.Operation(self.name, Outcome(outcome), place, END + place, (sent,)))
        read: list[checkers.Action] = []
        for place in user.assigned:
            wish = self.wishes[place]
            assert isinstance(wish, ReadUntil), wish
            read.append(checkers.Assigned(((wish.topic, wish.partition),)))
            read += [checkers.Polled(wish.topic, wish.partition, offset, value) for number, (offset, value) in user.read if number == place]
        if read:
            operations.append(checkers.Operation(self.name, Outcome.OK, 0, END, tuple(read)))
        return operations


def _creation(wish: CreateTopic) -> messages.CreateTopicsRequest:
    topic = messages.CreateTopicsRequest.CreatableTopic(name=wish.topic, num_partitions=wish.partitions, replication_factor=1)
    return messages.CreateTopicsRequest(topics=[topic], timeout_ms=5_000)


def _exists(body: Any) -> bool:
    return all(topic.error_code in (ErrorCode.NONE, ErrorCode.TOPIC_ALREADY_EXISTS) for topic in body.topics)
