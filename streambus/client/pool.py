"""The connection pool: hands requests to brokers and answers every one of them exactly once, whatever becomes of the connections."""

from typing import ClassVar, cast

import attrs

from streambus import __version__
from streambus.client.backoff import backoff
from streambus.client.config import NetworkConfig
from streambus.client.link import Answer, Endpoint, Link, LinkState, NoAnswer, Outgoing, Purpose, Reply
from streambus.kernel import (
    Close,
    Closed,
    Congested,
    Connected,
    ConnectionId,
    Dial,
    Event,
    Instant,
    Received,
    Relieved,
    Routes,
    Send,
    Severity,
    Trace,
    Turn,
    message,
)
from streambus.wire import ApiKey, ClientConnection, ErrorCode, Message, messages

CLIENT_SOFTWARE = "streambus"


@message
class LinkDue(Event):
    """A link's date has come: to dial again, to give up waiting, to ask whether the broker is still there."""

    link: int


class Pool:
    """One connection per address and purpose, dialled when it is needed and closed when it is not.

    `ask` promises: the event `then` happens once, later, with its field `reply` filled in.
    """

    ROUTES: ClassVar[Routes] = {
        Connected: "on_connected",
        Received: "on_received",
        Closed: "on_closed",
        Congested: "on_congested",
        Relieved: "on_relieved",
        LinkDue: "on_link_due",
    }

    def __init__(self, client_id: str, config: NetworkConfig) -> None:
        self.client_id = client_id
        self.config = config
        self.links: dict[int, Link] = {}
        self.by_address: dict[tuple[str, int, Purpose], int] = {}
        self.by_connection: dict[ConnectionId, int] = {}
        self.link_count = 0
        self.dialled = 0
        self.requests = 0
        self.responses = 0
        self.lost = 0
        self.timeouts = 0
        self.probes = 0
        self.closing = False

    # What the siblings ask of it

    def ask(
        self,
        turn: Turn,
        endpoint: Endpoint,
        purpose: Purpose,
        body: Message,
        then: Event | None,
        *,
        version_max: int | None = None,
        timeout: int = 0,
        one_way: bool = False,
    ) -> None:
        """Send `body` to `endpoint`, and have `then` happen with the `Reply`.

        `timeout`: what the broker may take, in addition to the request timeout. `one_way`: it will not be answered by the broker.
        """
        link = self._link_to(endpoint, purpose)
        link.queue.append(Outgoing(body, then, version_max, self.config.request_timeout + timeout, one_way=one_way))
        if link.state is LinkState.READY:
            self._send_queued(turn, link)
        elif link.state is LinkState.RESTING:
            self._dial_when_allowed(turn, link)

    def standing(self, endpoint: Endpoint, purpose: Purpose, now: Instant) -> int:
        """How promising a request would be, less is better: connected, could be dialled, being dialled, recently failed."""
        number = self.by_address.get((endpoint.host, endpoint.port, purpose))
        if number is None:
            return 1
        link = self.links[number]
        if link.state is LinkState.READY:
            return 0
        if link.state is LinkState.RESTING and link.retry_at <= now:
            return 1
        return 3 if link.failures else 2

    def close(self, turn: Turn, reason: str) -> None:
        """Close every connection; whatever was not answered is answered now."""
        self.closing = True
        for link in list(self.links.values()):
            self._lose(turn, link, reason, close=True)

    def statistics(self) -> dict[str, int]:
        """Links and what went over them since birth."""
        links = list(self.links.values())
        return {
            "links": len(links),
            "ready": sum(link.state is LinkState.READY for link in links),
            "queued": sum(len(link.queue) for link in links),
            "in_flight": sum(len(link.in_flight) for link in links),
            "dialled": self.dialled,
            "requests": self.requests,
            "responses": self.responses,
            "lost": self.lost,
            "timeouts": self.timeouts,
            "probes": self.probes,
        }

    # What happens to connections

    def on_connected(self, turn: Turn, event: Connected) -> None:
        """The connection is open: ask the broker what it speaks, in our highest version first."""
        link = self._link_of(event.connection)
        if link is not None:
            link.state = LinkState.NEGOTIATING
            self._negotiate(turn, link, messages.ApiVersionsRequest.VERSIONS[-1])

    def on_received(self, turn: Turn, event: Received) -> None:
        """Match responses with requests."""
        link = self._link_of(event.connection)
        if link is None:
            return
        assert link.wire is not None
        link.heard_at = turn.now
        for response in link.wire.receive(event.data):
            self._on_response(turn, link, link.in_flight.pop(response.correlation_id), response.body)
            if link.connection != event.connection:
                return
        if link.wire.error:
            self._lose(turn, link, link.wire.error, close=True)
        elif link.queue and link.state is LinkState.READY:
            self._send_queued(turn, link)

    def on_closed(self, turn: Turn, event: Closed) -> None:
        """The connection is gone, or was never made."""
        link = self._link_of(event.connection)
        if link is not None:
            self._lose(turn, link, event.reason, close=False)

    def on_congested(self, _turn: Turn, event: Congested) -> None:
        """Hand out no more until the broker has read what is queued towards it."""
        link = self._link_of(event.connection)
        if link is not None:
            link.congested = True

    def on_relieved(self, turn: Turn, event: Relieved) -> None:
        """Go on."""
        link = self._link_of(event.connection)
        if link is not None:
            link.congested = False
            if link.state is LinkState.READY:
                self._send_queued(turn, link)

    def on_link_due(self, turn: Turn, event: LinkDue) -> None:
        """Do what the link's state has been waiting for."""
        link = self.links[event.link]
        link.due_at = None
        if link.state is LinkState.WAITING:
            self._dial(turn, link)
        elif link.state is LinkState.READY:
            self._check(turn, link)
        elif link.state is not LinkState.RESTING:
            self.timeouts += 1
            self._lose(turn, link, "no connection in time", close=True)
        else:
            self._forget(link)

    # Dialling and the handshake

    def _dial_when_allowed(self, turn: Turn, link: Link) -> None:
        if link.retry_at > turn.now:
            link.state = LinkState.WAITING
            self._wake_at(turn, link, link.retry_at)
        else:
            self._dial(turn, link)

    def _dial(self, turn: Turn, link: Link) -> None:
        self.dialled += 1
        connection = ConnectionId(-self.dialled)
        link.state = LinkState.CONNECTING
        link.connection = connection
        link.wire = ClientConnection(self.client_id)
        self.by_connection[connection] = link.number
        turn.do(Dial(connection, link.host, link.port))
        self._wake_at(turn, link, Instant(turn.now + self.config.connect_timeout))

    def _negotiate(self, turn: Turn, link: Link, version: int) -> None:
        body = messages.ApiVersionsRequest(CLIENT_SOFTWARE, __version__)
        self._send(turn, link, Outgoing(body, None, version, self.config.request_timeout, one_way=False), version)

    def _on_versions(self, turn: Turn, link: Link, asked_version: int, body: messages.ApiVersionsResponse) -> None:
        """KIP-511: a broker that does not know our version of the question says, in version 0, which ones it knows."""
        spoken = {entry.api_key: (entry.min_version, entry.max_version) for entry in body.api_keys}
        if body.error_code == ErrorCode.UNSUPPORTED_VERSION and asked_version > 0:
            _, highest = spoken.get(ApiKey.API_VERSIONS, (0, 0))
            self._negotiate(turn, link, max(0, min(highest, asked_version - 1)))
        elif body.error_code != ErrorCode.NONE:
            self._lose(turn, link, f"handshake refused with error {body.error_code}", close=True)
        else:
            limits = dict(self.config.latest_versions)
            link.versions = {key: (first, min(last, limits.get(key, last))) for key, (first, last) in spoken.items()}
            link.state = LinkState.READY
            link.used_at = turn.now
            self._wake_at(turn, link, Instant(turn.now + self.config.health_check_interval))
            self._send_queued(turn, link)

    # Requests and responses

    def _send_queued(self, turn: Turn, link: Link) -> None:
        limit = self.config.pipelined_requests_max
        while link.queue and not link.congested and len(link.in_flight) < limit:
            request = link.queue.popleft()
            version = link.choose_version(request)
            if version is None:
                text = f"{link.host}:{link.port} does not speak a version of {type(request.body).__name__} that we speak"
                self._reply(turn, request, NoAnswer(False, text, ErrorCode.UNSUPPORTED_VERSION))
            else:
                link.used_at = turn.now
                self._send(turn, link, request, version)

    def _send(self, turn: Turn, link: Link, request: Outgoing, version: int) -> None:
        assert link.wire is not None
        assert link.connection is not None
        try:
            correlation_id, parts = link.wire.send(request.body, version)
        except ValueError as unrepresentable:
            self._reply(turn, request, NoAnswer(False, str(unrepresentable), ErrorCode.INVALID_REQUEST))
            return
        self.requests += 1
        turn.do(Send(link.connection, tuple(parts)))
        request.version = version
        if request.one_way:
            self._reply(turn, request, Answer(None, version))
            return
        request.deadline = Instant(turn.now + request.timeout)
        link.in_flight[correlation_id] = request
        if link.due_at is None or request.deadline < link.due_at:
            self._wake_at(turn, link, request.deadline)

    def _on_response(self, turn: Turn, link: Link, request: Outgoing, body: Message) -> None:
        self.responses += 1
        if link.state is LinkState.NEGOTIATING:
            self._on_versions(turn, link, request.version, cast(messages.ApiVersionsResponse, body))
        elif request.then is not None:
            link.failures = 0
            self._reply(turn, request, Answer(body, request.version))

    def _reply(self, turn: Turn, request: Outgoing, reply: Reply) -> None:
        if request.then is not None:
            turn.tell(attrs.evolve(request.then, reply=reply))  # type: ignore[misc]

    # Keeping and losing

    def _check(self, turn: Turn, link: Link) -> None:
        """Close what has answered too late or was not needed for long; probe what was silent for long."""
        now, config = turn.now, self.config
        deadline = min((request.deadline for request in link.in_flight.values()), default=None)
        if deadline is not None and deadline <= now:
            self.timeouts += 1
            self._lose(turn, link, "no response in time", close=True)
            return
        if deadline is None:
            if link.used_at + config.idle_max <= now:
                self._lose(turn, link, "idle", close=True)
                return
            deadline = Instant(min(link.heard_at + config.health_check_interval, link.used_at + config.idle_max))
            if deadline <= now:
                self.probes += 1
                self._negotiate_again(turn, link)
                return
        self._wake_at(turn, link, deadline)

    def _negotiate_again(self, turn: Turn, link: Link) -> None:
        """The health check: a harmless question. Its answer tells that the broker lives; without one the connection is closed."""
        version = min(messages.ApiVersionsRequest.VERSIONS[-1], link.versions.get(ApiKey.API_VERSIONS, (0, 0))[1])
        self._negotiate(turn, link, version)

    def _lose(self, turn: Turn, link: Link, reason: str, *, close: bool) -> None:
        """Give up the link's connection and answer everything that waited for it."""
        connection, was_idle = link.connection, link.state is LinkState.READY and not link.in_flight and not link.queue
        in_flight, queued = link.detach()
        link.state = LinkState.RESTING
        if connection is not None:
            del self.by_connection[connection]
            if close:
                turn.do(Close(connection, reason))
        if was_idle or self.closing:
            self._forget_later(turn, link)
        else:
            self._back_off(turn, link, reason)
        for request in in_flight:
            self.lost += 1
            self._reply(turn, request, NoAnswer(True, reason))
        for request in queued:
            self._reply(turn, request, NoAnswer(False, reason))

    def _back_off(self, turn: Turn, link: Link, reason: str) -> None:
        link.failures += 1
        delay = backoff(self.config.reconnect_backoff, self.config.reconnect_backoff_max, link.failures, turn.dice)
        link.retry_at = Instant(turn.now + delay)
        address = (("address", f"{link.host}:{link.port}"), ("purpose", link.purpose.value), ("reason", reason))
        turn.do(Trace(Severity.INFO if link.failures > 1 else Severity.WARNING, "connection lost", address))
        self._forget_later(turn, link)

    def _forget_later(self, turn: Turn, link: Link) -> None:
        """A resting link is only its back-off; after a while nobody asks about that either."""
        self._wake_at(turn, link, Instant(turn.now + self.config.idle_max))

    def _forget(self, link: Link) -> None:
        del self.links[link.number]
        del self.by_address[(link.host, link.port, link.purpose)]

    def _link_to(self, endpoint: Endpoint, purpose: Purpose) -> Link:
        address = (endpoint.host, endpoint.port, purpose)
        number = self.by_address.get(address)
        if number is None:
            self.link_count += 1
            number = self.by_address[address] = self.link_count
            self.links[number] = Link(number, *address)
        return self.links[number]

    def _link_of(self, connection: ConnectionId) -> Link | None:
        """None for a connection that we have given up: what the driver still has to say about it means nothing."""
        number = self.by_connection.get(connection)
        return None if number is None else self.links[number]

    def _wake_at(self, turn: Turn, link: Link, when: Instant) -> None:
        link.due_at = when
        turn.wake_at(when, LinkDue(link.number))
