"""Purgatory: the only place where a request waits.

The name is Kafka's. A waiting value is frozen: it holds what was asked, never what is true now. Whenever something that it watches
changes, it is asked again whether it can be answered, with the node as its only source of truth. So there is nothing to keep in step.
"""

from collections.abc import Hashable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from streambus.kernel.instants import Instant
from streambus.kernel.messages import Event, message
from streambus.kernel.turn import Turn

NodeT = TypeVar("NodeT", contravariant=True)
AnswerT = TypeVar("AnswerT")
AnswerT_co = TypeVar("AnswerT_co", covariant=True)


class Delayed(Protocol[NodeT, AnswerT_co]):
    """A request that waits."""

    def try_complete(self, node: NodeT) -> AnswerT_co | None:
        """The answer, if it can be given now."""
        ...

    def expire(self, node: NodeT) -> AnswerT_co:
        """The answer now that time is up."""
        ...


@message
class DelayExpired(Event):
    """The deadline of a waiting request came. The node passes it to `Purgatory.expire`."""

    ticket: int


class PurgatoryFull(Exception):
    """As many requests wait as may wait; the new one must be refused."""


class Purgatory(Generic[NodeT, AnswerT]):
    """Waiting requests, watched by key, at most `capacity` of them."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.tickets = 0
        self.waiting: dict[int, tuple[Delayed[Any, AnswerT], tuple[Hashable, ...]]] = {}
        self.watchers: dict[Hashable, dict[int, None]] = {}

    def watch(self, turn: Turn, delayed: Delayed[NodeT, AnswerT], keys: Iterable[Hashable], deadline: Instant | None) -> int:
        """Let `delayed` wait until `complete` of one of `keys` finds an answer, or until `deadline`. Returns its ticket."""
        if len(self.waiting) >= self.capacity:
            raise PurgatoryFull(f"{self.capacity} requests are waiting")
        self.tickets += 1
        ticket = self.tickets
        watched = tuple(keys)
        self.waiting[ticket] = (delayed, watched)
        for key in watched:
            self.watchers.setdefault(key, {})[ticket] = None
        if deadline is not None:
            turn.wake_at(deadline, DelayExpired(ticket))
        return ticket

    def complete(self, turn: Turn, node: NodeT, key: Hashable) -> list[AnswerT]:
        """Ask everyone who watches `key`; return the answers of those who could, oldest first. They wait no longer."""
        tickets = self.watchers.get(key)
        if not tickets:
            return []
        answers: list[AnswerT] = []
        for ticket in list(tickets):
            entry = self.waiting.get(ticket)
            if entry is None:
                continue
            answer = entry[0].try_complete(node)
            if answer is not None:
                self.forget(turn, ticket)
                answers.append(answer)
        return answers

    def expire(self, node: NodeT, ticket: int) -> AnswerT | None:
        """The late answer of `ticket`, or None if it was answered before."""
        entry = self.waiting.get(ticket)
        if entry is None:
            return None
        self._remove(ticket)
        return entry[0].expire(node)

    def forget(self, turn: Turn, ticket: int) -> None:
        """Take `ticket` out without an answer, as when its connection is gone. Harmless if it is not waiting."""
        if ticket in self.waiting:
            self._remove(ticket)
            turn.cancel(DelayExpired(ticket))

    def forget_watchers(self, turn: Turn, key: Hashable) -> None:
        """Take out everyone who watches `key`, without an answer."""
        for ticket in list(self.watchers.get(key, ())):
            self.forget(turn, ticket)

    def _remove(self, ticket: int) -> None:
        _, keys = self.waiting.pop(ticket)
        for key in keys:
            tickets = self.watchers.get(key)
            if tickets is not None:
                tickets.pop(ticket, None)
                if not tickets:
                    del self.watchers[key]

    def __len__(self) -> int:
        return len(self.waiting)

    def statistics(self) -> dict[str, int]:
        """How many wait, how many ever waited, how many keys are watched."""
        return {"waiting": len(self.waiting), "tickets": self.tickets, "keys": len(self.watchers)}
