"""One life of one node: from `Started` to a crash or a `Halt`.

A life queues what happens to its node, hands it over in bursts, performs the effects in order and wakes the node at its deadline.
Where a burst ends is drawn, because that is where `Drained` comes, and with it group commit: every grouping of appends must be
right, not only the natural one.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from streambus.kernel import (
    ClockAdjusted,
    Close,
    ConnectionId,
    Dial,
    Drained,
    Effect,
    Event,
    FileSlice,
    Halt,
    Instant,
    Node,
    Pause,
    Received,
    Resume,
    Send,
    Started,
    Trace,
    Woken,
    Work,
)
from streambus.sim.agenda import Occurrence
from streambus.sim.clock import TOLERANCE
from streambus.sim.disk_queue import DISK_EFFECTS, DiskQueue
from streambus.sim.disk_quirk import Unreadable
from streambus.sim.network import Endpoint

if TYPE_CHECKING:
    from streambus.sim.host import Host

BURST_SIZES = (1, 2, 3, 8, 64, 64, 64, 64)
"""How many events may be handed over before `Drained`, as drawn; never more than 64 (duty 6 of a driver)."""

WOKEN = Woken()
DRAINED = Drained()


class Life:
    """A node that lives on `host`. `origin` is its own clock minus its host's: no two lives agree on what an `Instant` counts from.

    `shift` is its own clock minus simulated time. While the host's clock runs as it should, that stays what it is; otherwise it is
    found out again whenever the node is about to look.
    """

    def __init__(self, host: "Host", number: int, node: Node, origin: int) -> None:
        simulation = host.simulation
        streams, name = simulation.streams, f"{host.name}/{number}"
        self.host = host
        self.name = host.name
        self.number = number
        self.node = node
        self.agenda = simulation.agenda
        self.clock = host.clock
        self.origin = origin
        self.shift = host.clock.monotonic.read(self.agenda.now) + origin - self.agenda.now
        self.has_true_clock = host.clock.is_true
        self.wall_offset = host.clock.wall_offset(self.agenda.now) - origin
        """Of what the node knows: wall clock minus its own."""
        self.network = simulation.network
        self.simulation = simulation
        self.bursts = streams.stream(name, "bursts")
        latency = streams.stream(name, "disk latency")
        self.disk_queue = DiskQueue(self.agenda, host.disk, host.disk_speed, latency, self.enqueue, self._work_raised)
        self.disk_queue.slowdown = host.disk_slowdown
        self.endpoints: dict[ConnectionId, Endpoint] = {}
        self.dialling: dict[ConnectionId, None] = {}
        self.ready: deque[Event] = deque()
        self.is_over = False
        self.can_refuse = True
        """Once over: whether the machine still runs and refuses dials. Without power nobody does."""
        self.stops = 0
        """How many faults keep the node from taking any step; everything waits."""
        self.slowness = host.slowness
        self.is_frozen = False
        """Whether not even the machine answers."""
        self.socket_stops: int = 0
        """Why no connection of this life delivers anything (`network`)."""
        self._missed_burst = False
        self._connections = 0
        self._is_due = False
        self._busy_until = 0
        self._alarm: int | None = None
        self._performers: dict[type[Effect], Callable[[Any], None]] = {
            Send: self._send,
            Close: self._close,
            Pause: self._pause,
            Resume: self._resume,
            Dial: self._dial,
            Trace: _ignore,
            Halt: self._halt,
            **dict.fromkeys(DISK_EFFECTS, self.disk_queue.submit),
            Work: self.disk_queue.submit_work,
            **host.performers,
        }

    # What happens to the node ------------------------------------------------------------------------------------------

    def enqueue(self, event: Event) -> None:
        """Let `event` happen to the node, after everything that is ready already."""
        self.ready.append(event)
        if not self._is_due:
            self._is_due = True
            self.agenda.at(self._busy_until, self._burst)

    def receive(self, connection: ConnectionId, data: bytes, *, glued: bool) -> None:
        """Bytes arrived. `glued`: if the last thing ready is more of the same stream, the node sees both as one piece."""
        ready = self.ready
        if glued and ready:
            last = ready[-1]
            if type(last) is Received and last.connection == connection:
                ready[-1] = Received(connection, b"".join((last.data, data)))
                return
        self.enqueue(Received(connection, data))

    def next_connection(self) -> ConnectionId:
        """The number of the next inbound connection."""
        self._connections += 1
        return ConnectionId(self._connections)

    def end(self) -> None:
        """Nothing happens to this node any more, and nothing it asked for."""
        self.is_over = True
        self.ready.clear()

    # Faults ------------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """SIGSTOP: take no step any more. Each needs its own `proceed`."""
        self.stops += 1

    def proceed(self) -> None:
        """SIGCONT: take back one `stop`. What has become ready meanwhile happens at once."""
        self.stops -= 1
        if not self.stops and self._missed_burst:
            self._missed_burst = False
            self.agenda.after(0, self._burst)

    def clock_changed(self) -> None:
        """The host's clock was set, or runs otherwise from now on."""
        self.has_true_clock = self.clock.is_true
        self._read_clock()
        offset = self.clock.wall_offset(self.agenda.now) - self.origin
        if offset != self.wall_offset:
            self.wall_offset = offset
            self.enqueue(ClockAdjusted(offset))
        self._alarm = None
        self._arm()

    def _read_clock(self) -> None:
        now = self.agenda.now
        self.shift = self.clock.monotonic.read(now) + self.origin - now

    def _look_at_clock(self) -> None:
        """Before a burst on a host whose clock runs wrong: find out what the time is, and tell the node if its wall clock is off."""
        self._read_clock()
        offset = self.clock.wall_offset(self.agenda.now) - self.origin
        if abs(offset - self.wall_offset) >= TOLERANCE:
            self.wall_offset = offset
            is_newborn = bool(self.ready) and type(self.ready[0]) is Started
            self.ready.insert(1 if is_newborn else 0, ClockAdjusted(offset))

    # Steps -------------------------------------------------------------------------------------------------------------

    def _burst(self, _occurrence: Occurrence) -> None:
        if self.is_over:
            return
        if self.stops:
            self._missed_burst = True
            return
        if not self.has_true_clock:
            self._look_at_clock()
        ready, dice = self.ready, self.bursts
        draw = dice.bits64()
        count = min(len(ready), BURST_SIZES[draw & 7])
        for _ in range(count):
            self._step(ready.popleft())
            if self.is_over:
                return
        self._step(DRAINED)
        if self.is_over:
            return
        self._busy_until = self.agenda.now + count * (1 + (draw >> 3 & 31)) * self.slowness
        if ready:
            self.agenda.at(self._busy_until, self._burst)
        else:
            self._is_due = False
        self._arm()

    def _step(self, event: Event) -> None:
        now = Instant(self.agenda.now + self.shift)
        try:
            effects = self.node.step(now, event)
        except Exception as error:
            self.simulation.raised(self, now, event, error)
            self.end()
            return
        self.simulation.stepped(self, now, event, effects)
        performers = self._performers
        for effect in effects:
            performers[type(effect)](effect)
            if self.is_over:
                return

    def _work_raised(self, work: Work, error: Exception) -> None:
        self.simulation.work_raised(self, work, error)
        self.end()

    def _arm(self) -> None:
        """Make sure that we look at the node's deadline when it comes. An alarm that is too early is kept: it looks, and arms again."""
        deadline = self.node.next_deadline
        if deadline is None:
            return
        now = self.agenda.now
        due = deadline - self.shift if self.has_true_clock else self.clock.monotonic.when(deadline - self.origin)
        if due is None:
            return
        if self._alarm is not None and now <= self._alarm <= due:
            return
        self._alarm = max(due, now)
        self.agenda.at(self._alarm, self._ring, self._alarm)

    def _ring(self, occurrence: Occurrence) -> None:
        if self.is_over or occurrence.subject != self._alarm:
            return
        self._alarm = None
        if not self.has_true_clock:
            self._read_clock()
        deadline = self.node.next_deadline
        if deadline is not None and deadline - self.shift <= self.agenda.now:
            self.enqueue(WOKEN)
        else:
            self._arm()

    # Effects -----------------------------------------------------------------------------------------------------------

    def _send(self, effect: Send) -> None:
        endpoint = self.endpoints.get(effect.connection)
        if endpoint is None:
            return
        read_slice = self.disk_queue.read_slice
        try:
            pieces: list[Any] = [read_slice(part) if type(part) is FileSlice else part for part in effect.parts]
        except Unreadable as unreadable:
            self.network.close(endpoint, f"what was to be sent cannot be read: {unreadable}")
            return
        self.network.send(endpoint, b"".join(pieces))

    def _close(self, effect: Close) -> None:
        endpoint = self.endpoints.get(effect.connection)
        if endpoint is not None:
            self.network.close(endpoint, effect.reason)
        else:
            self.network.hang_up(self, effect.connection, effect.reason)

    def _pause(self, effect: Pause) -> None:
        endpoint = self.endpoints.get(effect.connection)
        if endpoint is not None:
            self.network.pause(endpoint)

    def _resume(self, effect: Resume) -> None:
        endpoint = self.endpoints.get(effect.connection)
        if endpoint is not None:
            self.network.resume(endpoint)

    def _dial(self, effect: Dial) -> None:
        self.network.dial(self, effect.connection, f"{effect.host}:{effect.port}")

    def _halt(self, effect: Halt) -> None:
        self.host.halted(self, effect)


def _ignore(_effect: Effect) -> None:
    """Traces are read by people; the golden traces and the journal have them anyway."""
