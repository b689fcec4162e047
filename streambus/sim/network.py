"""The simulated network: listeners, links with latency, connections that keep order and nothing else.

A connection is two `Endpoint`s. What one sends travels over the link from its host to the other's, arrives after a drawn latency
and never before what was sent earlier, and is cut into pieces or glued together on the way, as TCP does. Between two hosts there is
one `Link` for each direction, with its own random streams.

Faults:

- a **blocked** link keeps what is on it until it is unblocked (TCP sends again); dialling over it times out;
- a **reset** lets a random part of what is under way arrive in each direction, in the middle of a frame as likely as not, then
  closes both ends;
- a **killed** process resets its connections; a machine that **lost power** says nothing, and resets whoever still sends to it once
  it is back;
- bad **weather** makes a link slow, narrow or lossy, or flips a bit (`weather`);
- a **clogged** link holds everything, dials too, and lets it go in one burst;
- a **stopped** endpoint delivers nothing for a reason of its own: its node reads no more, or not at all, or slowly, or its packets take
  another way and are late while those of other connections are not;
- an **estranged** connection has only one end left: the other has heard that it is over, this one has not, and what it sends vanishes;
- a **door** may refuse dials, leave them unanswered, or be slammed behind those who come in.
"""

from enum import Enum
from typing import TYPE_CHECKING

from streambus.kernel import Closed, Congested, Connected, ConnectionId, Prng, Relieved
from streambus.sim.agenda import Agenda, Occurrence
from streambus.sim.endpoint import NEVER_PAUSED, PAUSED, Afterlife, Endpoint, Nobody, Stop
from streambus.sim.link import Link, LinkSpeed
from streambus.sim.streams import Streams
from streambus.sim.weather import Weather

if TYPE_CHECKING:
    from streambus.sim.life import Life

__all__ = ["Afterlife", "Door", "Endpoint", "LinkSpeed", "SimulatedNetwork", "Stop"]

DIAL_TIMEOUT = 1_000_000
"""Microseconds until a dial over a blocked link, or to a machine without power, is given up."""


class Door(Enum):
    """What becomes of those who dial a host."""

    REFUSES = "refuses"
    IS_SILENT = "is silent"
    SLAMS = "slams"


class SimulatedNetwork:
    """All links and listeners of a run."""

    def __init__(self, agenda: Agenda, streams: Streams, speed: LinkSpeed) -> None:
        self.agenda = agenda
        self.streams = streams
        self.speed = speed
        self.links: dict[tuple[str, str], Link] = {}
        self.listeners: dict[str, tuple[Life, str]] = {}
        self.doors: dict[str, Door] = {}
        """Of hosts, if not open."""

    def link(self, source: str, target: str) -> Link:
        """The direction from host `source` to host `target`."""
        link = self.links.get((source, target))
        if link is None:
            name = f"{source}>{target}"
            link = self.links[source, target] = Link(name, self.speed, self.streams.stream(name, "latency"))
        return link

    # Opening and closing -----------------------------------------------------------------------------------------------

    def listen(self, life: "Life", address: str, listener: str) -> None:
        """Accept connections to `address` ("host:port") for as long as `life` lasts."""
        self.listeners[address] = (life, listener)

    def dial(self, life: "Life", connection: ConnectionId, address: str) -> None:
        """Try to connect; `Connected` or `Closed` reaches `life` later."""
        life.dialling[connection] = None
        target, _ = self.listeners.get(address, (None, ""))
        link = self.link(life.name, target.name if target is not None else address)
        delay = link.latency() if link.weather is None else link.weather.dial_delay(link.latency())
        self.agenda.after(delay, self._dialled, (life, connection, address))

    def _dialled(self, occurrence: Occurrence) -> None:
        life, connection, address = occurrence.subject
        target, listener = self.listeners.get(address, (None, ""))
        if life.is_over or connection not in life.dialling:
            return
        door = self.doors.get(target.name) if target is not None else None
        if target is None or (target.is_over and target.can_refuse) or door is Door.REFUSES:
            self._dial_failed(life, connection, f"{address} refused the connection")
            return
        there, back = self.link(life.name, target.name), self.link(target.name, life.name)
        if target.is_over or target.is_frozen or door is Door.IS_SILENT or there.is_cut or back.is_cut:
            self.agenda.after(DIAL_TIMEOUT, self._timed_out, occurrence.subject)
        elif there.blocked or back.blocked:
            (there if there.blocked else back).dials.append(occurrence.subject)
        else:
            del life.dialling[connection]
            ours = self._connect(life, connection, target, listener)
            life.enqueue(Connected(connection, address))
            if door is Door.SLAMS:
                self.close(ours.other, "whoever stands before this listener closed the connection")

    def _connect(self, life: "Life | Nobody", connection: ConnectionId, target: "Life", listener: str) -> Endpoint:
        ours = Endpoint(life, connection, self.link(target.name, life.name))
        theirs = Endpoint(target, target.next_connection(), self.link(life.name, target.name))
        ours.other, theirs.other = theirs, ours
        life.endpoints[connection] = ours
        target.endpoints[theirs.connection] = theirs
        target.enqueue(Connected(theirs.connection, f"{life.name}#{-connection}", listener))
        return ours

    def _timed_out(self, occurrence: Occurrence) -> None:
        life, connection, address = occurrence.subject
        if not life.is_over and connection in life.dialling:
            self._dial_failed(life, connection, f"{address} did not answer the dial in time")

    def hang_up(self, life: "Life", connection: ConnectionId, reason: str) -> None:
        """Give up a dial that has not been answered. Harmless if there is none."""
        if connection in life.dialling:
            self._dial_failed(life, connection, reason)

    def _dial_failed(self, life: "Life", connection: ConnectionId, reason: str) -> None:
        del life.dialling[connection]
        life.enqueue(Closed(connection, reason))

    def close(self, endpoint: Endpoint, reason: str) -> None:
        """Close from this end: what was sent still arrives, then the other end hears of it."""
        self._end(endpoint, reason)
        other = endpoint.other
        if other.is_open and not other.is_closing:
            other.is_closing = True
            self._carry(other, Closed(other.connection, "closed by the peer"), 0)

    def reset(self, endpoint: Endpoint, reason: str, dice: Prng) -> None:
        """Break the connection: in each direction a random part of what is under way arrives, then both ends hear of it."""
        for end in (endpoint, endpoint.other):
            if not end.is_open or end.allowance is not None:
                continue
            end.allowance = dice.below(end.under_way + 1)
            if end.allowance == 0:
                self._end(end, reason)

    def estrange(self, endpoint: Endpoint, reason: str) -> None:
        """This end learns that the connection is over, the other does not: what it sends from now on is lost."""
        endpoint.afterlife = Afterlife.LOST
        self._end(endpoint, reason)

    def knock(self, name: str, target: "Life") -> Endpoint | None:
        """A connection to `target` that seems to come from `name` and that nobody holds; its far end. None if nobody listens."""
        listener = next((listener for life, listener in self.listeners.values() if life is target), None)
        return None if listener is None else self._connect(Nobody(name), ConnectionId(0), target, listener)

    def abandon(self, life: "Life", *, is_silent: bool, dice: Prng) -> None:
        """`life` is over. Peers are reset, unless the machine lost power: then nobody tells them."""
        for endpoint in list(life.endpoints.values()):
            endpoint.is_open = False
            endpoint.link.endpoints.pop(endpoint, None)
            if not is_silent:
                self.reset(endpoint.other, f"reset by {life.name}", dice)
        life.endpoints.clear()

    def leave(self, life: "Life") -> None:
        """`life` ended itself: what it sent still arrives, then its peers hear of it."""
        for endpoint in list(life.endpoints.values()):
            self.close(endpoint, "the node has halted")

    def _end(self, endpoint: Endpoint, reason: str) -> None:
        if not endpoint.is_open:
            return
        endpoint.is_open = False
        endpoint.held.clear()
        endpoint.link.endpoints.pop(endpoint, None)
        life = endpoint.life
        if not life.is_over:
            life.endpoints.pop(endpoint.connection, None)
            life.enqueue(Closed(endpoint.connection, reason))

    # Bytes -------------------------------------------------------------------------------------------------------------

    def send(self, endpoint: Endpoint, data: bytes) -> None:
        """Put `data` on its way to the other end, in one piece or two."""
        other, length = endpoint.other, len(data)
        other.under_way += length
        dice = other.link.dice
        if other.link.weather is not None:
            data = other.link.weather.spoiled(data)
        choice = dice.below(16)
        if choice == 0 and length > 1:
            middle = 1 + dice.below(length - 1)
            self._carry(other, data[:middle], middle)
            self._carry(other, data[middle:], length - middle)
        else:
            other.glued = choice < 4
            self._carry(other, data, length)
        if other.under_way > self.speed.queue_bytes_max and not endpoint.is_congested:
            endpoint.is_congested = True
            endpoint.life.enqueue(Congested(endpoint.connection))

    def _carry(self, target: Endpoint, what: bytes | Closed, length: int) -> None:
        now, link = self.agenda.now, target.link
        arrival = now + link.latency(length)
        if link.weather is not None:
            arrival = self._weathered(target, link.weather, arrival, length)
        if arrival < target.last_arrival:
            arrival = target.last_arrival
        target.last_arrival = arrival
        self.agenda.after(arrival - now, self._arrive, (target, what))

    def _weathered(self, target: Endpoint, weather: Weather, arrival: int, length: int) -> int:
        now = self.agenda.now
        delay, is_given_up = weather.delay(now, arrival - now, length)
        if is_given_up:
            self.agenda.after(max(delay, target.last_arrival - now), self._give_up, (target, weather.dice))
        return now + delay

    def _give_up(self, occurrence: Occurrence) -> None:
        target, dice = occurrence.subject
        self.reset(target, "a segment was lost too often", dice)

    def _arrive(self, occurrence: Occurrence) -> None:
        target, what = occurrence.subject
        if not target.is_open:
            self._arrive_nowhere(target)
        elif target.held or target.stops or target.link.blocked:
            target.held.append(what)
        else:
            self._deliver(target, what)

    def _arrive_nowhere(self, target: Endpoint) -> None:
        sender, life = target.other, target.life
        if not sender.is_open:
            return
        if target.afterlife is Afterlife.REJECTED:
            self._end(sender, f"reset by {life.name}, which knows nothing of this connection")
        elif life.is_over and life.host.life is not None and target.afterlife is Afterlife.IGNORED:
            self._end(sender, f"reset by {life.name}, which was born again")

    def _deliver(self, target: Endpoint, what: bytes | Closed) -> None:
        if isinstance(what, Closed):
            self._end(target, what.reason)
            return
        length = len(what)
        target.under_way -= length
        if target.allowance is not None:
            what = what[: target.allowance]
            target.allowance -= len(what)
        target.life.receive(target.connection, what, glued=target.glued)
        if target.allowance == 0:
            self._end(target, "connection reset by peer")
        sender = target.other
        if sender.is_congested and target.under_way < self.speed.queue_bytes_max // 2 and sender.is_open:
            sender.is_congested = False
            sender.life.enqueue(Relieved(sender.connection))

    # Waiting -----------------------------------------------------------------------------------------------------------

    def pause(self, endpoint: Endpoint) -> None:
        """The node reads no more; what arrives is held, and the sender's queue grows."""
        endpoint.stops |= PAUSED

    def resume(self, endpoint: Endpoint) -> None:
        """The node reads again."""
        endpoint.stops &= NEVER_PAUSED
        self._release(endpoint)

    def stop(self, endpoint: Endpoint, why: Stop) -> None:
        """Deliver nothing to this end until `go_on`, for each reason on its own. What arrives is held."""
        endpoint.stops |= why

    def go_on(self, endpoint: Endpoint, why: Stop) -> None:
        """One reason less to deliver nothing."""
        endpoint.stops &= ~why
        self._release(endpoint)

    def stop_all(self, life: "Life", why: Stop) -> None:
        """Stop every connection of `life`, those to come included."""
        life.socket_stops |= why
        for endpoint in life.endpoints.values():
            self.stop(endpoint, why)

    def go_on_all(self, life: "Life", why: Stop) -> None:
        """Take `stop_all` back."""
        life.socket_stops &= ~why
        for endpoint in list(life.endpoints.values()):
            self.go_on(endpoint, why)

    def trickle(self, life: "Life", bytes_max: int) -> None:
        """Deliver so many of the bytes that a slow reader has waiting, on whatever connections they came."""
        for endpoint in list(life.endpoints.values()):
            held = endpoint.held
            while held and endpoint.is_open and endpoint.stops == Stop.SLOW and not endpoint.link.blocked:
                what = held.popleft()
                if isinstance(what, bytes):
                    if len(what) > bytes_max:
                        held.appendleft(what[bytes_max:])
                        what = what[:bytes_max]
                    if not what:
                        return
                    bytes_max -= len(what)
                self._deliver(endpoint, what)

    def block(self, source: str, target: str) -> None:
        """Let nothing through from `source` to `target`. Blocks add up: each needs its own `unblock`."""
        self.link(source, target).blocked += 1

    def unblock(self, source: str, target: str) -> None:
        """Take back one `block`; what was held is delivered."""
        link = self.link(source, target)
        link.blocked -= 1
        if not link.blocked:
            for endpoint in list(link.endpoints):
                self._release(endpoint)
            dials, link.dials = link.dials, []
            for dialling in dials:
                self.agenda.after(0, self._dialled, dialling)

    def clog(self, source: str, target: str) -> None:
        """Let nothing through from `source` to `target` until `unclog`; unlike with `block`, dials wait as well."""
        self.link(source, target).clogs += 1
        self.block(source, target)

    def unclog(self, source: str, target: str) -> None:
        """Take back one `clog`: all that was held is delivered at once."""
        self.link(source, target).clogs -= 1
        self.unblock(source, target)

    def weather(self, source: str, target: str) -> Weather:
        """The weather on the link, to be made worse. Call `clear_up` when something has become better."""
        link = self.link(source, target)
        if link.weather is None:
            link.weather = Weather(self.streams.stream(link.name, "weather"))
        return link.weather

    def clear_up(self, source: str, target: str) -> None:
        """Forget the weather if it is fair."""
        link = self.link(source, target)
        if link.weather is not None and link.weather.is_fair:
            link.weather = None

    def _release(self, endpoint: Endpoint) -> None:
        held = endpoint.held
        while held and endpoint.is_open and not endpoint.stops and not endpoint.link.blocked:
            self._deliver(endpoint, held.popleft())
