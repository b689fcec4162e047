"""What every user has: a client on a host, chores, and tickets under way."""

from collections import deque
from collections.abc import Callable
from typing import Any

from streambus import checkers, client
from streambus.checkers import Outcome
from streambus.kernel import MILLISECOND, Event, Prng
from streambus.sim.agenda import Agenda, Occurrence
from streambus.sim.chores import Chore
from streambus.sim.host import Host

RETRY_AFTER = 200 * MILLISECOND

Place = tuple[str, int]
"""Topic and partition."""


class User:
    """One who has a client. `host` is where the client lives; it is set when the two are brought together."""

    host: Host

    def __init__(self, name: str, agenda: Agenda, history: checkers.History, dice: Prng) -> None:
        self.name = name
        self.process = name
        """Who did it, in the history: a client that was restarted is another process."""
        self.lives = 1
        self.is_served = True
        """Whether there is a client to ask."""
        self.agenda = agenda
        self.history = history
        self.dice = dice
        self.tickets = 0
        self.waiting: dict[int, tuple[Event, Callable[[Any], None]]] = {}
        self.chores: deque[Chore] = deque()
        self.is_at_work = False

    def begin(self, chores: list[Chore]) -> None:
        """Do `chores`, each at its date, or now if that has passed."""
        self.chores.extend(chores)
        self.is_at_work = True
        self._next_chore()

    def stop(self) -> None:
        """Begin nothing more; what is under way goes on."""
        self.is_at_work = False
        self.chores.clear()

    def take_up(self, chore: Chore) -> None:
        """Do `chore` now."""
        raise NotImplementedError

    def miss(self, chore: Chore) -> None:
        """There is no client to do `chore`."""

    def wish(self, make: Callable[[int], Event], then: Callable[[Any], None]) -> None:
        """Tell the client what `make` makes of a new ticket; `then` is called with the result. Nothing comes of it without a client."""
        if not self.is_served:
            return
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
        self.history.append(checkers.Operation(self.process, outcome, invoked_at, self.agenda.now, actions, error))

    def after(self, delay: int, then: Callable[[], None]) -> None:
        """Do something later, unless the client dies before."""
        self.agenda.after(delay, self._call, (self.lives, then))

    def note_unanswered(self) -> None:
        """The run is over, or the client: write down what may still have happened."""

    def on_death(self) -> None:
        """The client is gone: what it was asked may still happen, and nobody will say."""
        self.note_unanswered()
        self.waiting.clear()
        self.is_served = False
        self.lives += 1

    def on_rebirth(self) -> None:
        """There is a new client: begin anew. Chores that came up meanwhile are not made up for."""
        self.process = f"{self.name}/{self.host.lives}"
        self.is_served = True
        self.begin_anew()

    def begin_anew(self) -> None:
        """Ask again for what has to be."""

    def what_waits(self) -> list[str]:
        """One phrase for every ticket that is not answered."""
        return [f"{self.name} waits for {type(event).__name__} {ticket}" for ticket, (event, _) in self.waiting.items()]

    def _next_chore(self, _occurrence: Occurrence | None = None) -> None:
        chores, now = self.chores, self.agenda.now
        while chores and chores[0].at <= now:
            chore = chores.popleft()
            if self.is_served:
                self.take_up(chore)
            else:
                self.miss(chore)
        if chores:
            self.agenda.at(chores[0].at, self._next_chore)

    def _call(self, occurrence: Occurrence) -> None:
        lives, then = occurrence.subject
        if lives == self.lives:
            then()
