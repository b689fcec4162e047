"""Whoever waits inside the broker is waited for outside, and the other way round.

- A request in purgatory belongs to a connection that is there, and its slot is open.
- An open slot has somebody who will fill it: a request in purgatory, one that is held until the broker is ready, a search that reads.
- Nobody waits for logs all of which are gone; no more wait than may.
"""

from typing import Any

from streambus.broker import Broker
from streambus.broker.log_dirs import RoomMeasured
from streambus.kernel import Closed, Connected, Drained, Effect, Event, Instant, Read, Received
from streambus.sim.life import Life
from streambus.sim.simulation import Simulation

LOOK_EVERY = 64
"""Steps of the broker that move us between two looks."""


class WaitingLaw:
    """Looks at slots and purgatory of the broker on `host`."""

    def __init__(self, simulation: Simulation, host: str) -> None:
        self.simulation = simulation
        self.host = host
        self.hosts = (host,)
        self.unmoved_by = (Drained, Received, Connected)
        self.steps = 0

    def on_birth(self, life: Life) -> None:
        """Nobody waits yet."""

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """The simulation knows already."""

    def on_end(self) -> None:
        """Look once more."""
        life = self.simulation.hosts[self.host].life
        if life is not None:
            self._look(life)

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """Look when somebody has left, and on a schedule."""
        self.steps += 1
        if self.steps % LOOK_EVERY == 0 or type(event) is Closed:
            self._look(life, effects)

    def _look(self, life: Life, effects: list[Effect] | None = None) -> None:
        if isinstance(life.node, Broker):
            complaint = complaint_about(life.node, life, effects or [])
            if complaint is not None:
                self.simulation.fail(f"{self.host}: {complaint}")


def complaint_about(broker: Broker, life: Life, effects: list[Effect]) -> str | None:
    """What is wrong with those who wait, in words."""
    waiting = broker.purgatory.waiting
    if len(waiting) > broker.purgatory.capacity:
        return f"{len(waiting)} requests wait, though only {broker.purgatory.capacity} may"
    fillers: set[tuple[int, int]] = {(call.connection, call.slot) for call in _searching(life, effects)}
    for delayed, keys in waiting.values():
        call: Any = delayed.call  # type: ignore[attr-defined]
        logs = [key for key in keys if isinstance(key, str)]
        if logs and not any(log in (broker.METADATA_LOG, broker.WAL) or log in broker.partitions_by_log for log in logs):
            return f"nobody waits for what is gone: a {type(delayed).__name__} watches {', '.join(logs)}, and there is none of these"
        connection = broker.connections.get(call.connection)
        if connection is None:
            return f"who is gone is not waited for: a {call.request.api_key.name} of connection {call.connection} is in purgatory"
        place = call.slot - connection.first_slot
        if not 0 <= place < len(connection.slots) or connection.slots[place] is not None:
            name = call.request.api_key.name
            return f"one answer per request: {name} in slot {call.slot} of connection {call.connection} waits, but is answered"
        fillers.add((call.connection, call.slot))
    return _forgotten_slot(broker, fillers)


def _forgotten_slot(broker: Broker, fillers: set[tuple[int, int]]) -> str | None:
    for connection in [connection for connection in broker.connections.values() if not connection.is_closing]:
        held = {call.slot for call in connection.held}
        for place, answer in enumerate(connection.slots):
            slot = connection.first_slot + place
            if answer is None and slot not in held and (connection.id, slot) not in fillers:
                return f"no request is forgotten: slot {slot} of connection {connection.id} is open, but nobody will fill it"
    return None


def _searching(life: Life, effects: list[Effect]) -> list[Any]:
    """The calls of searches whose batch is being read, and of those who want to know how much room there is."""
    asked = [effect for _, effect in life.disk_queue.pending] + list(effects)
    completions = [effect.then for effect in asked if type(effect) is Read]
    measured = [getattr(effect, "then", effect) for effect in (*asked, *life.ready)]
    searches = [
        getattr(event, "search", None) or getattr(getattr(event, "then", None), "search", None) for event in (*completions, *life.ready)
    ]
    measuring = [event.call for event in measured if type(event) is RoomMeasured]
    return [search.call for search in searches if search is not None] + measuring
