"""A stage for one client: the test plays the brokers, by hand, with real bytes, and moves the clock."""

from collections.abc import Callable
from typing import Any

from streambus.client import Complete
from streambus.kernel import (
    Close,
    Closed,
    Connected,
    ConnectionId,
    Dial,
    Drained,
    Effect,
    Event,
    Halt,
    Instant,
    Node,
    Received,
    Send,
    Started,
    Trace,
    Woken,
    fingerprint,
)
from streambus.wire import VERSIONS, ApiKey, Connection, ErrorCode, Request, encode_response, messages

RANGES = {key: (versions[0], versions[-1]) for key, versions in VERSIONS.items()}


class Call:
    """A request that reached a broker and was not answered yet."""

    def __init__(self, stage: "Stage", connection: ConnectionId, request: Request) -> None:
        self.stage = stage
        self.connection = connection
        self.request = request
        self.body: Any = request.body

    def answer(self, body: Any) -> None:
        self.stage.pending.remove(self)
        parts = encode_response(self.request, body)
        self.stage.feed(Received(self.connection, b"".join(bytes(part) for part in parts)))

    def __repr__(self) -> str:
        return f"Call({self.connection}, {self.body!r})"


class Stage:
    """Hosts a node. Dials succeed and handshakes and metadata are answered by themselves, unless a test says otherwise."""

    def __init__(
        self,
        node: Node,
        *,
        topics: dict[str, int] | None = None,
        brokers: tuple[int, ...] = (1,),
        seed: int = 7,
        manual: tuple[ApiKey, ...] = (),
    ) -> None:
        self.node = node
        self.now = Instant(0)
        self.topics = dict(topics or {})
        self.leaders: dict[tuple[str, int], int] = {}
        self.epochs: dict[tuple[str, int], int] = {}
        self.topic_errors: dict[str, ErrorCode] = {}
        self.brokers = brokers
        self.ranges = dict(RANGES)
        self.results: dict[int, list[Any]] = {}
        self.pending: list[Call] = []
        self.wires: dict[ConnectionId, Connection] = {}
        self.dials: dict[ConnectionId, Dial] = {}
        self.closed: dict[ConnectionId, str] = {}
        self.traces: list[str] = []
        self.halted = False
        self.refuses_dials = False
        self.refused_hosts: tuple[str, ...] = ()
        self.effects: list[Effect] = []
        self.automatic: dict[ApiKey, Callable[[Call], None]] = {
            ApiKey.API_VERSIONS: self.answer_versions,
            ApiKey.METADATA: self.answer_metadata,
            ApiKey.INIT_PRODUCER_ID: lambda call: call.answer(messages.InitProducerIdResponse(0, 0, 4000, 0)),
        }
        for api_key in manual:
            del self.automatic[api_key]
        self.feed(Started(wall_offset=1_000_000_000_000, seed=seed))

    # The driver

    def feed(self, event: Event) -> None:
        """One step, its consequences, and the end of the burst."""
        assert not self.halted, f"an event after the end: {event}"
        effects = self.node.step(self.now, event)
        if not isinstance(event, Drained) and not any(isinstance(effect, Halt) for effect in effects):
            effects = effects + self.node.step(self.now, Drained())
        for effect in effects:
            self.perform(effect)

    def perform(self, effect: Effect) -> None:
        self.effects.append(effect)
        if isinstance(effect, Complete):
            self.results.setdefault(effect.ticket, []).append(effect.result)
        elif isinstance(effect, Dial):
            self.dials[effect.connection] = effect
            if self.refuses_dials or effect.host in self.refused_hosts:
                self.feed(Closed(effect.connection, "connection refused"))
            else:
                self.wires[effect.connection] = Connection(self.ranges)
                self.feed(Connected(effect.connection, f"{effect.host}:{effect.port}"))
        elif isinstance(effect, Send):
            self.take_in(effect)
        elif isinstance(effect, Close):
            self.closed[effect.connection] = effect.reason
            self.forget(effect.connection)
        elif isinstance(effect, Halt):
            self.halted = True
        else:
            assert isinstance(effect, Trace), effect
            self.traces.append(effect.text)

    def take_in(self, effect: Send) -> None:
        wire = self.wires.get(effect.connection)
        if wire is None:
            return
        requests = wire.receive(b"".join(bytes(part) for part in effect.parts))
        assert wire.error is None, wire.error
        for request in requests:
            call = Call(self, effect.connection, request)
            self.pending.append(call)
            reaction = self.automatic.get(request.api_key)
            if reaction is not None:
                reaction(call)

    def run(self, microseconds: int) -> None:
        """Let time pass, waking the node whenever it wants."""
        end = self.now + microseconds
        while not self.halted and (deadline := self.node.next_deadline) is not None and deadline <= end:
            self.now = Instant(max(self.now, deadline))
            self.feed(Woken())
        self.now = Instant(end)

    # The brokers

    def answer_versions(self, call: Call) -> None:
        keys = [messages.ApiVersionsResponse.ApiVersion(key, low, high) for key, (low, high) in self.ranges.items()]
        call.answer(messages.ApiVersionsResponse(0, keys))

    def answer_metadata(self, call: Call) -> None:
        call.answer(self.metadata(call.body))

    def metadata(self, body: Any) -> Any:
        response = messages.MetadataResponse
        brokers = [response.MetadataResponseBroker(broker, f"broker{broker}", 9092) for broker in self.brokers]
        topics = []
        for wanted in body.topics:
            error = self.topic_errors.get(
                wanted.name, ErrorCode.NONE if wanted.name in self.topics else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            )
            described = response.MetadataResponseTopic(error_code=int(error), name=wanted.name)
            if error is ErrorCode.NONE:
                described.topic_id = topic_id(wanted.name)
                described.partitions = [self.partition(wanted.name, place) for place in range(self.topics[wanted.name])]
            topics.append(described)
        return response(brokers=brokers, cluster_id="stage", controller_id=self.brokers[0] if self.brokers else -1, topics=topics)

    def partition(self, topic: str, partition: int) -> Any:
        leader = self.leaders.get((topic, partition), self.brokers[0])
        epoch = self.epochs.get((topic, partition), 3)
        return messages.MetadataResponse.MetadataResponsePartition(0, partition, leader, epoch, [leader], [leader])

    def calls(self, api_key: ApiKey) -> list[Call]:
        """The unanswered requests of one kind, oldest first."""
        return [call for call in self.pending if call.request.api_key == api_key]

    def call(self, api_key: ApiKey) -> Call:
        """The one unanswered request of a kind."""
        (call,) = self.calls(api_key)
        return call

    def cut(self, connection: ConnectionId, reason: str = "reset by peer") -> None:
        """The connection breaks; what the broker had not answered it never will."""
        self.forget(connection)
        self.feed(Closed(connection, reason))

    def reconnect(self) -> None:
        """All connections break, so that new ones are made."""
        for connection in list(self.wires):
            self.cut(connection)

    def refuse_version(self, call: Call, keys: list[Any]) -> None:
        """Answer a handshake as a broker does that does not know its version: in version 0 (KIP-511)."""
        self.pending.remove(call)
        request = Request(call.request.api_key, 0, call.request.correlation_id, None, None)
        parts = encode_response(request, messages.ApiVersionsResponse(int(ErrorCode.UNSUPPORTED_VERSION), keys))
        self.feed(Received(call.connection, b"".join(bytes(part) for part in parts)))

    def brokers_known(self) -> list[int]:
        return list(self.node.cluster.brokers)  # type: ignore[attr-defined]

    def forget(self, connection: ConnectionId) -> None:
        self.wires.pop(connection, None)
        self.pending = [call for call in self.pending if call.connection != connection]

    def result(self, ticket: int) -> Any:
        """The one answer to `ticket`."""
        (result,) = self.results[ticket]
        return result

    def fingerprint(self) -> str:
        return fingerprint(self.node)


def topic_id(topic: str) -> Any:
    from uuid import UUID

    return UUID(bytes=topic.encode().ljust(16, b"\0")[:16])
