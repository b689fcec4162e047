"""A bench for brokers: one broker on a simulated disk, moved by hand, spoken to in Kafka requests."""

from collections import deque
from typing import Any

from streambus import wire
from streambus.broker import Broker, BrokerConfig, Ready
from streambus.kernel import (
    MILLISECOND,
    Close,
    Closed,
    Connected,
    ConnectionId,
    Create,
    Delete,
    Drained,
    Effect,
    Event,
    FileSlice,
    Halt,
    Instant,
    MeasureRoom,
    Pause,
    Prng,
    Read,
    Received,
    Rename,
    Resume,
    Send,
    Started,
    Sync,
    SyncDirectory,
    Trace,
    Truncate,
    Woken,
    Work,
    Write,
)
from streambus.records import Codec, Record, encode_batch
from streambus.sim.disk import SimulatedDisk
from streambus.wire import ApiKey, messages

WALL_MS = 1_800_000_000_000
DISK_EFFECTS = (Create, Write, Sync, SyncDirectory, Truncate, Rename, Delete, Read, Work, MeasureRoom)
UNLIMITED = 2**31 - 1


class Client:
    """A client connection to the bench's broker."""

    def __init__(self, bench: "Bench", connection: ConnectionId) -> None:
        self.bench = bench
        self.id = connection
        self.wire = wire.ClientConnection("bench")
        self.answers: deque[wire.Response] = deque()
        self.is_paused = False
        self.closed_because: str | None = None
        self.raw = bytearray()

    def send(self, body: Any, version: int) -> int:
        """Send a request; return its correlation id."""
        correlation_id, parts = self.wire.send(body, version)
        self.bench.step(Received(self.id, b"".join(bytes(part) for part in parts if not isinstance(part, FileSlice))))
        return correlation_id

    def ask(self, body: Any, version: int) -> Any:
        """Send a request, let the world settle, return the answer."""
        self.send(body, version)
        self.bench.settle()
        return self.answers.popleft().body

    def receive(self, data: bytes) -> None:
        self.raw += data
        self.answers.extend(self.wire.receive(data))


class Bench:
    """One life after another of one broker on one disk."""

    def __init__(self, config: BrokerConfig | None = None, seed: int = 1, *, started: bool = True) -> None:
        self.config = config or BrokerConfig()
        self.dice = Prng(seed)
        self.disk = SimulatedDisk(self.dice.fork("disk"))
        self.now = Instant(0)
        self.connections = 0
        if started:
            self.start()

    # Life ----------------------------------------------------------------------------------------------------------------

    def start(self, *, settled: bool = True) -> None:
        """Begin a life."""
        self.broker = Broker(self.config)
        self.disk_queue: deque[Effect] = deque()
        self.clients: dict[ConnectionId, Client] = {}
        self.traces: list[Trace] = []
        self.halted: Halt | None = None
        self.ready: Ready | None = None
        self.step(Started(WALL_MS * MILLISECOND - self.now, self.dice.bits64()))
        if settled:
            self.settle()

    def restart(self) -> None:
        """Kill the process and start it again: what was written is there."""
        self.disk.crash_process()
        self.start()

    def power_cut(self) -> None:
        """Cut the power and start again: what was synced is there."""
        self.disk.power_cut(self.dice.fork("cut"))
        self.start()

    # The world -----------------------------------------------------------------------------------------------------------

    def step(self, event: Event) -> None:
        """Let something happen; disk effects queue up until `settle`."""
        assert self.halted is None
        for effect in self.broker.step(self.now, event):
            self.perform(effect)

    def perform(self, effect: Effect) -> None:
        match effect:
            case Send():
                data = b"".join(self.disk.read_slice(part) if isinstance(part, FileSlice) else bytes(part) for part in effect.parts)
                if effect.connection in self.clients:
                    self.clients[effect.connection].receive(data)
            case Pause() | Resume():
                self.clients[effect.connection].is_paused = isinstance(effect, Pause)
            case Close():
                client = self.clients.pop(effect.connection)
                client.closed_because = effect.reason
                self.step(Closed(effect.connection, effect.reason))
            case Trace():
                self.traces.append(effect)
            case Halt():
                self.halted = effect
            case Ready():
                self.ready = effect
            case _:
                assert isinstance(effect, DISK_EFFECTS), effect
                self.disk_queue.append(effect)

    def settle(self, *, drain: bool = True) -> None:
        """Let the disk work, and the broker do what is due now, until nothing is left to do."""
        if drain and self.halted is None:
            self.step(Drained())
        while self.halted is None and (self.disk_queue or self.is_due):
            completion = self.disk.perform(self.disk_queue.popleft()) if self.disk_queue else Woken()
            if completion is not None:
                self.step(completion)
                if self.halted is None:
                    self.step(Drained())
        if self.halted is None:
            self.broker.check()

    @property
    def is_due(self) -> bool:
        """Whether the broker wants to be woken now."""
        deadline = self.broker.next_deadline
        return deadline is not None and deadline <= self.now

    def advance(self, milliseconds: int) -> None:
        """Let time pass, waking the broker whenever it wants to be."""
        end = self.now + milliseconds * MILLISECOND
        while self.halted is None and (deadline := self.broker.next_deadline) is not None and deadline <= end:
            self.now = deadline
            self.step(Woken())
        self.now = Instant(end)
        if self.halted is None:
            self.settle()

    def connect(self, listener: str = "PLAINTEXT") -> Client:
        self.connections += 1
        connection = ConnectionId(self.connections)
        client = self.clients[connection] = Client(self, connection)
        self.step(Connected(connection, f"client:{connection}", listener))
        return client

    # Common requests -----------------------------------------------------------------------------------------------------

    def create(self, name: str, partitions: int = 1, **configs: str) -> None:
        """Make a topic."""
        request = messages.CreateTopicsRequest
        topic = request.CreatableTopic(
            name=name,
            num_partitions=partitions,
            replication_factor=1,
            configs=[request.CreatableTopicConfig(name=key.replace("_", "."), value=value) for key, value in configs.items()],
        )
        response = self.connect().ask(request(topics=[topic]), 7)
        assert [result.error_code for result in response.topics] == [0], response

    def topic_id(self, name: str) -> Any:
        return self.broker.image.topics[name].topic_id


def batch_of(*values: bytes | None, codec: Codec = Codec.NONE, timestamp: int = WALL_MS, **producer: int) -> bytes:
    """A batch of records with these values, one millisecond apart."""
    records = [Record(None, value, (), timestamp + place, place) for place, value in enumerate(values)]
    return encode_batch(records, codec=codec, **producer)


def produce_request(topic: str, batch: bytes | None, partition: int = 0, acks: int = -1, timeout_ms: int = 1000) -> Any:
    """A produce of one batch, by topic name (versions 3-12)."""
    request = messages.ProduceRequest
    data = request.PartitionProduceData(index=partition, records=batch)
    return request(acks=acks, timeout_ms=timeout_ms, topic_data=[request.TopicProduceData(name=topic, partition_data=[data])])


def produced(response: Any) -> Any:
    """The one partition of a produce answer."""
    (topic,) = response.responses
    (partition,) = topic.partition_responses
    return partition


def fetch_request(
    topic: str, offset: int = 0, partition: int = 0, *, min_bytes: int = 1, max_wait_ms: int = 0, max_bytes: int = UNLIMITED, **others: Any
) -> Any:
    """A fetch of one partition, by topic name (versions 4-12), outside any session."""
    request = messages.FetchRequest
    asked = request.FetchPartition(partition=partition, fetch_offset=offset, partition_max_bytes=max_bytes)
    return request(
        max_wait_ms=max_wait_ms,
        min_bytes=min_bytes,
        max_bytes=max_bytes,
        topics=[request.FetchTopic(topic=topic, partitions=[asked])],
        **others,
    )


def fetched(response: Any) -> Any:
    """The one partition of a fetch answer."""
    (topic,) = response.responses
    (partition,) = topic.partitions
    return partition


def api_key_of(body: Any) -> ApiKey:
    return ApiKey(type(body).API_KEY)
