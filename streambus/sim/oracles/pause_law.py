"""Pauses: who is not read from is paused for a reason that is still true, and who gives a reason is paused.

The reasons, each with the limit at which it begins and the one at which it ends:

- the broker does not serve yet, or is shutting down;
- the peer is congested: from `Congested` to `Relieved`;
- it has asked for more than it is sent at once, and some of its requests are held back;
- too many of its requests are unanswered: from `pipelined_requests_max` on, until there are half as many;
- the disk is behind: from `pending_bytes_max` on, until half as much is pending.

Who is asked to stop reads from nobody, and ends in the very step in which nothing is on its way to the disk any more, not before.

A pause that outlives its reason is a client that waits until it loses patience, dials anew, and hides the mistake.
"""

from typing import Any

from streambus.broker import Broker, Ready
from streambus.kernel import (
    Close,
    Closed,
    Congested,
    Connected,
    Drained,
    Effect,
    Event,
    Halt,
    Instant,
    Pause,
    Received,
    Relieved,
    Resume,
    StopRequested,
)
from streambus.sim.life import Life
from streambus.sim.simulation import Simulation


class PauseLaw:
    """Looks at what the broker on `host` asks for: whom it reads from, and whom not."""

    def __init__(self, simulation: Simulation, host: str) -> None:
        self.simulation = simulation
        self.host = host
        self.hosts = (host,)
        self.unmoved_by = (Drained,)
        self.paused: dict[int, None] = {}
        self.congested: dict[int, None] = {}
        self.is_serving = self.is_stopping = False

    def on_birth(self, life: Life) -> None:
        """Nobody is there yet."""
        if life.name == self.host:
            self.paused, self.congested = {}, {}
            self.is_serving = self.is_stopping = False

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """The simulation knows already."""

    def on_end(self) -> None:
        """Every step was looked at."""

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """Take note of reasons and pauses, and compare them."""
        kind = type(event)
        if kind is Congested:
            self.congested[event.connection] = None  # type: ignore[attr-defined]
        elif kind is Relieved:
            self.congested.pop(event.connection, None)  # type: ignore[attr-defined]
        elif kind is Closed:
            self.congested.pop(event.connection, None)  # type: ignore[attr-defined]
            self.paused.pop(event.connection, None)  # type: ignore[attr-defined]
        elif kind is StopRequested:
            self.is_stopping = True
        for effect in effects:
            if type(effect) is Pause:
                self.paused[effect.connection] = None
            elif type(effect) is Resume:
                self.paused.pop(effect.connection, None)
            elif type(effect) is Ready:
                self.is_serving = True
        if self.is_stopping:
            self._judge_stopping(life.node, effects)
        elif kind is Connected and not self.is_serving:
            self._judge_early(event.connection, effects)  # type: ignore[attr-defined]
        if self.is_serving and not self.is_stopping and isinstance(life.node, Broker):
            if self.paused:
                self._judge_paused(life.node)
            if kind is Received or kind is Congested:
                self._judge_read(life.node, event.connection)  # type: ignore[attr-defined]

    def _judge_stopping(self, broker: object, effects: list[Effect]) -> None:
        halt = next((effect for effect in effects if type(effect) is Halt), None)
        if not isinstance(broker, Broker) or (halt is not None and halt.error is not None):
            return
        pending = broker.store.pending_bytes
        if halt is not None and pending:
            self._fail(f"a clean stop leaves nothing behind: {pending} bytes were on their way to the disk")
        elif halt is None and not pending:
            self._fail("a clean stop comes to its end: nothing is on its way to the disk, and yet the node goes on")

    def _judge_early(self, number: int, effects: list[Effect]) -> None:
        if number not in self.paused and not any(type(effect) is Close for effect in effects):
            self._fail(f"who cannot be served is not read from: connection {number} is, though nobody is served yet")

    def _judge_paused(self, broker: Broker) -> None:
        for number in self.paused:
            connection = broker.connections.get(number)  # type: ignore[call-overload]
            if connection is not None and not connection.is_closing and self._reason(broker, number, half=2) is None:
                self._fail(f"a pause ends with its reason: connection {number} is not read from, and nothing speaks against it")
                return

    def _judge_read(self, broker: Broker, number: int) -> None:
        connection = broker.connections.get(number)  # type: ignore[call-overload]
        if connection is None or connection.is_closing or number in self.paused or connection.wire.error is not None:
            return
        reason = self._reason(broker, number, half=1)
        if reason is not None:
            self._fail(f"who cannot be served is not read from: connection {number} is, though {reason}")

    def _reason(self, broker: Broker, number: int, *, half: int) -> str | None:
        """Why a connection may (`half` the limits) or must (all of them) be paused."""
        limits = broker.config.limits
        if number in self.congested:
            return "its peer is congested"
        connection: Any = broker.connections[number]  # type: ignore[index]
        if connection.held or getattr(connection, "unread", b""):
            return "some of its requests are held back"
        if len(connection.slots) > limits.pipelined_requests_max // half:
            return "too many of its requests are unanswered"
        if broker.store.pending_bytes > limits.pending_bytes_max // half:
            return "the disk is behind"
        return None

    def _fail(self, what: str) -> None:
        self.simulation.fail(f"{self.host}: {what}")
