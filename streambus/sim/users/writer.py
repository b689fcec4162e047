"""Whoever writes."""

from typing import Any, ClassVar

from streambus import checkers, client
from streambus.checkers import Outcome
from streambus.kernel import Prng
from streambus.sim.agenda import Agenda
from streambus.sim.chores import SIDE_TOPICS, Chore, Send
from streambus.sim.users.stamp import LABEL_END, stamp
from streambus.sim.users.user import User


class Writer(User):
    """Sends records with unique values; one with `unanswered_max` records unanswered lets chores go by."""

    FILLER: ClassVar[bytes] = bytes(range(32, 127)) * 1_000

    def __init__(self, name: str, agenda: Agenda, history: checkers.History, dice: Prng, *, unanswered_max: int) -> None:
        super().__init__(name, agenda, history, dice)
        self.unanswered_max = unanswered_max
        self.sent = 0
        self.unanswered: dict[int, tuple[int, checkers.Sent]] = {}

    def note_unanswered(self) -> None:
        """Sends without an answer may have happened."""
        for invoked_at, sent in self.unanswered.values():
            self.history.append(checkers.Operation(self.process, Outcome.INFO, invoked_at, None, (sent,), "never answered"))
        self.unanswered.clear()

    def take_up(self, chore: Chore) -> None:
        """Send a record."""
        assert isinstance(chore, Send)
        if len(self.waiting) < self.unanswered_max:
            self._send(chore)

    def _send(self, chore: Send) -> None:
        self.sent += 1
        topic, partition = chore.topic, chore.partition
        label = b"%s#%d" % (self.name.encode(), self.sent)
        value = label + LABEL_END + self.FILLER[self.sent & 63 :][: chore.size]
        key = None if chore.key is None else b"key-%d" % chore.key
        headers = (("from", self.name.encode()), ("empty", None)) if chore.headers else ()
        if topic in SIDE_TOPICS:
            self.wish(lambda ticket: client.Produce(ticket, topic, partition, key, value, headers), _ignored)
            return
        sent = checkers.Sent(topic, partition, stamp(key, value, headers))
        invoked_at, ticket = self.agenda.now, self.tickets + 1
        self.unanswered[ticket] = (invoked_at, sent)
        self.wish(
            lambda ticket: client.Produce(ticket, topic, partition, key, value, headers),
            lambda result: self._answered(ticket, result),
        )

    def _answered(self, ticket: int, result: Any) -> None:
        invoked_at, sent = self.unanswered.pop(ticket)
        if not isinstance(result, client.Acknowledged):
            self.note(Outcome.FAIL if result.definite else Outcome.INFO, invoked_at, (sent,), result.text)
        elif result.offset < 0:
            self.note(Outcome.INFO, invoked_at, (sent,), "sent without asking for an answer")
        else:
            self.note(Outcome.OK, invoked_at, (checkers.Sent(sent.topic, sent.partition, sent.value, result.offset),))


def _ignored(_result: Any) -> None:
    """What became of a record in a topic that comes and goes is nobody's concern."""
