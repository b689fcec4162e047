"""Every ticket is answered exactly once, in every client; a flush is answered after everything before it."""

from streambus.client import Complete, Flush, Flushed, Produce
from streambus.kernel import Drained, Effect, Event, Instant, Received, Woken
from streambus.sim.life import Life
from streambus.sim.simulation import Simulation


class TicketLaw:
    """Looks at what the users of all `hosts` ask and hear."""

    def __init__(self, simulation: Simulation, hosts: tuple[str, ...]) -> None:
        self.simulation = simulation
        self.hosts = hosts
        self.unmoved_by = (Drained, Received, Woken)
        self.open: dict[str, dict[int, Event]] = {}

    def on_birth(self, life: Life) -> None:
        """A new life knows no tickets of the one before."""
        if life.name in self.hosts:
            self.open[life.name] = {}

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """The simulation knows already."""

    def on_end(self) -> None:
        """Whoever still waits is named by the run itself."""

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """Wishes in, answers out."""
        tickets = self.open.get(life.name)
        if tickets is None:
            return
        kind = type(event)
        if kind is not Received and kind is not Drained and kind is not Woken:
            ticket = getattr(event, "ticket", None)
            if ticket is not None:
                tickets[ticket] = event
        for effect in effects:
            if type(effect) is Complete:
                self._answered(life, tickets, effect)

    def _answered(self, life: Life, tickets: dict[int, Event], complete: Complete) -> None:
        wish = tickets.pop(complete.ticket, None)
        if wish is None:
            self.simulation.fail(f"{life.name}: a ticket is answered once: {complete.ticket} is answered, but is not open")
        elif type(complete.result) is Flushed and type(wish) is Flush:
            for ticket, older in tickets.items():
                if ticket < complete.ticket and type(older) is Produce:
                    self.simulation.fail(f"{life.name}: a flush waits for all before it: {complete.ticket} is answered before {ticket}")
                    return
