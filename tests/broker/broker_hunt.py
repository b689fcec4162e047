"""Requests that nobody sends, for a broker that has something to lose: made at random or damaged, carried out, and judged.

A `Block` is one broker on the bench with a few topics, and a `Random` that everything comes from: a seed and a number find it again.
Every case sends one stream of one to `FRAMES_MAX` frames, now and then many times over, in pieces. Frames are requests of all keys and
versions that the broker advertises, with the names and ids of what is there; real batches, damaged ones and bombs; sometimes with wounds.
Between cases time passes, clients vanish or stop reading, and the machine loses power. What must hold:

- no exception escapes, and `Broker.check` holds whenever the world is at rest;
- what can be decoded is answered in order, in its version, or its connection is closed; at the end of time nothing is left unanswered;
- a stream that cannot be understood is closed, and somebody is told why.
"""

import sys
from collections import deque
from pathlib import Path
from random import Random
from typing import Any

import attrs
from bench import Bench, Client, batch_of

sys.path.insert(0, str(Path(__file__).parent.parent / "wire"))

from wire_damage import wounded
from wire_grammar import random_message

from streambus import wire
from streambus.broker import Broker, BrokerConfig
from streambus.kernel import Closed, Congested, Received, Relieved
from streambus.records import Codec
from streambus.wire import ApiKey
from streambus.wire.catalogue import pascal_case

SETTINGS = (("num.partitions", "2"), ("log.cleaner.backoff.ms", "3600000"), ("log.retention.check.interval.ms", "3600000"))
"""Upkeep is rare, so that the end of time comes soon."""

TOPICS = (("t", 3), ("topic-1", 1))
FRAMES_MAX = 4
CLIENTS_MAX = 8
KEYS = (*Broker.VERSIONS, *(ApiKey.PRODUCE, ApiKey.FETCH) * 6)
SOON_MS = 60_000
END_OF_TIME_MS = 2**31
"""Nobody may ask to wait for longer."""

PARTITIONS_MAX = 200
"""No more partitions are asked for at once: a broker is not judged by how long it takes to make two thousand millions of them."""

BATCHES = (
    batch_of(b"v"),
    batch_of(b"a", b"b", None),
    batch_of(b"x" * 500, codec=Codec.GZIP),
    batch_of(b"x" * 500, codec=Codec.ZSTD),
    batch_of(b"x" * 500, codec=Codec.SNAPPY),
    batch_of(b"x" * 500, codec=Codec.LZ4),
    batch_of(b"p", producer_id=0, producer_epoch=0, base_sequence=0),
    batch_of(b"\0" * (1 << 20), codec=Codec.ZSTD),
)


_USUAL: dict[str, tuple[Any, ...]] = {
    "acks": (-1, -1, 1, 0),
    "transactional_id": (None,),
    "index": (0, 0, 1, 2),
    "partition": (0, 0, 1, 2),
    "partition_index": (0, 0, 1, 2),
    "current_leader_epoch": (-1, 0),
    "session_id": (0, 0, 1),
    "session_epoch": (-1, 0, 1),
    "replica_id": (-1,),
    "isolation_level": (0, 1),
    "max_bytes": (2**31 - 1, 1000, 1),
    "partition_max_bytes": (2**31 - 1, 1000, 1),
}
"""What a field has most often, so that a request comes further than the first check."""


@attrs.define
class Tally:
    """What became of requests."""

    understood: int = 0
    answered: int = 0
    closed: int = 0
    refused: int = 0
    silent: int = 0
    forgotten: int = 0
    """Those whose client vanished, or whose broker did, before they were answered."""
    appended: int = 0
    """Batches that were acknowledged."""


class Peer:
    """A client that keeps the account of what it is owed: for each request key and version, in order."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.reader = wire.Connection(Broker.VERSIONS)  # type: ignore[arg-type]
        self.owed: deque[wire.Request] = deque()
        self.bytes = bytearray()
        client.receive = self.bytes.extend  # type: ignore[method-assign, assignment]


class Block:
    """One broker and those who maltreat it."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.tally = Tally()
        self.bench = Bench(BrokerConfig(properties=SETTINGS), seed=random.getrandbits(32))
        for name, partitions in TOPICS:
            self.bench.create(name, partitions)
        self.peers: list[Peer] = []
        self.last = b""

    def run(self, requests: int) -> None:
        """Send at least so many requests, and wait for the end of time."""
        while self.tally.understood + self.tally.refused < requests:
            self.step()
        self._end()

    def step(self) -> None:
        """One case: a stream, and perhaps something else that happens."""
        peer = self._peer()
        frames = [self._frame() for _ in range(self.random.randint(1, FRAMES_MAX))]
        if self.random.random() < 0.01:
            frames *= self.random.randint(10, 100)
        self.last = b"".join(frames)
        self._send(peer, self.last)
        self._happen(peer)
        if self.random.random() < 0.7:
            self.bench.settle()
            self._judge()

    # Streams ---------------------------------------------------------------------------------------------------------------

    def _frame(self) -> bytes:
        key = self.random.choice(KEYS)
        first, last = Broker.VERSIONS[key]
        version = self.random.randint(first, last)
        body = random_message(self.random, pascal_case(key) + "Request", version)
        self._aim(body)
        _, parts = wire.ClientConnection(self.random.choice((None, "", "client"))).send(body, version)
        content = b"".join(bytes(part) for part in parts)[4:]  # type: ignore[arg-type]
        choice = self.random.random()
        if choice < 0.25:
            content = content[:10] + wounded(self.random, content[10:])
        elif choice < 0.28:
            content = wounded(self.random, content)
        return len(content).to_bytes(4, "big") + content

    def _aim(self, body: Any) -> None:
        """Have a random request mean what is there: topics by name and id, partitions, batches, short times; and not too much of it."""
        default = type(body)()  # a field that has its default may be one that the version does not have
        for name in type(body).__slots__:
            value = getattr(body, name, None)
            if isinstance(value, list):
                for place, element in enumerate(value):
                    if hasattr(type(element), "__slots__") and not isinstance(element, (int, str, bytes)):
                        self._aim(element)
                    elif isinstance(element, str):
                        value[place] = self._name()
            elif name == "records":
                body.records = self._records()
            elif name == "topic_id":
                body.topic_id = self._topic_id()
            elif name in ("num_partitions", "count") and isinstance(value, int):
                setattr(body, name, min(value, PARTITIONS_MAX))
            elif name.endswith("_ms") and isinstance(value, int) and self.random.random() < 0.8:
                setattr(body, name, self.random.choice((-1, 0, 1, 100, 1000)))
            elif name in ("topic", "name", "topic_name", "resource_name") and isinstance(value, str) and self.random.random() < 0.7:
                setattr(body, name, self._name())
            elif name in ("fetch_offset", "offset", "timestamp") and isinstance(value, int):
                setattr(body, name, self.random.choice((value, 0, 1, -1, -2, -3, 5)))
            elif name in _USUAL and value != getattr(default, name) and self.random.random() < 0.85:
                setattr(body, name, self.random.choice(_USUAL[name]))
            elif value is not None and hasattr(type(value), "API_KEY") is False and hasattr(type(value), "FLEXIBLE"):
                self._aim(value)

    def _name(self) -> str:
        return self.random.choice(("t", "t", "topic-1", "new", "1", "0", "", "__cluster_metadata", "ä" * 130))

    def _topic_id(self) -> Any:
        topics = list(self.bench.broker.image.topics.values())
        if topics and self.random.random() < 0.8:
            return self.random.choice(topics).topic_id
        return self.random.choice((wire.ZERO_UUID, type(wire.ZERO_UUID)(int=self.random.getrandbits(128))))

    def _records(self) -> bytes | None:
        choice = self.random.random()
        if choice < 0.02:
            return None
        batch = self.random.choice(BATCHES)
        if choice < 0.2:
            return wounded(self.random, batch)
        return batch + batch if choice < 0.25 else batch

    def _send(self, peer: Peer, stream: bytes) -> None:
        cuts = sorted(self.random.randint(0, len(stream)) for _ in range(self.random.choice((0, 0, 1, 3))))
        for first, last in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            if peer.client.closed_because is None:
                piece = stream[first:last]
                before = peer.reader.error
                understood = peer.reader.receive(piece)
                self.tally.understood += len(understood)
                self.tally.refused += before is None and peer.reader.error is not None
                peer.owed.extend(understood)
                self.bench.step(Received(peer.client.id, piece))

    # What else happens -----------------------------------------------------------------------------------------------------

    def _peer(self) -> Peer:
        self._let_go()
        if len(self.peers) < CLIENTS_MAX or self.random.random() < 0.02:
            self.peers.append(Peer(self.bench.connect()))
        return self.random.choice(self.peers)

    def _happen(self, peer: Peer) -> None:
        choice = self.random.random()
        is_there = peer.client.closed_because is None
        if choice < 0.01 and is_there:
            self._forget(peer)
            del self.bench.clients[peer.client.id]
            self.bench.step(Closed(peer.client.id, "vanished"))
        elif choice < 0.03 and is_there:
            self.bench.step(Congested(peer.client.id))
            if self.random.random() < 0.9:
                self.bench.settle()
            if peer.client.closed_because is None:
                self.bench.step(Relieved(peer.client.id))
        elif choice < 0.06:
            self.bench.advance(self.random.choice((1, 100, 1_000, 30_000)))
        elif choice < 0.07:
            self.bench.settle()
            for name, partitions in TOPICS:
                if name not in self.bench.broker.image.topics:
                    self.bench.create(name, partitions)
        elif choice < 0.072:
            for other in list(self.peers):
                self._forget(other)
            self.bench.power_cut() if self.random.random() < 0.5 else self.bench.restart()
            assert self.bench.broker.is_serving, "what was asked for does not keep a broker from starting again"

    def _forget(self, peer: Peer) -> None:
        self._take_answers(peer)
        self.tally.forgotten += len(peer.owed)
        self.peers.remove(peer)

    # Judgement -------------------------------------------------------------------------------------------------------------

    def _judge(self) -> None:
        assert self.bench.halted is None, self.bench.halted
        self._let_go()
        for peer in self.peers:
            self._take_answers(peer)
            has_unread = bool(self.bench.broker.connections[peer.client.id].unread)
            assert peer.reader.error is None or has_unread, f"{peer.reader.error}: and the connection stays open"

    def _let_go(self) -> None:
        closed = [peer for peer in self.peers if peer.client.closed_because is not None]
        for peer in closed:
            self._take_answers(peer)
            self.tally.closed += len(peer.owed)
            self.peers.remove(peer)

    def _take_answers(self, peer: Peer) -> None:
        """Every answer belongs to the oldest request that is owed one, and is one in its version."""
        data, at = bytes(peer.bytes), 0
        while at < len(data):
            end = at + 4 + int.from_bytes(data[at : at + 4], "big")
            assert end <= len(data), "answers are whole"
            while peer.owed and peer.owed[0].api_key == ApiKey.PRODUCE and peer.owed[0].body.acks == 0:
                peer.owed.popleft()
                self.tally.silent += 1
            assert peer.owed, "nobody asked for this answer"
            self._check_answer(peer.owed.popleft(), data[at:end])
            self.tally.answered += 1
            at = end
        peer.bytes.clear()

    def _check_answer(self, request: wire.Request, frame: bytes) -> None:
        reader = wire.ClientConnection(None)
        reader.unanswered[request.correlation_id] = (request.api_key, 0 if request.body is None else request.api_version)
        responses = reader.receive(frame)
        assert len(responses) == 1, f"{request}: {reader.error}"
        assert reader.error is None, f"{request}: {reader.error}"
        if request.api_key == ApiKey.PRODUCE:
            topics = responses[0].body.responses
            self.tally.appended += sum(partition.error_code == 0 for topic in topics for partition in topic.partition_responses)

    def _end(self) -> None:
        self.bench.settle()
        self.bench.advance(SOON_MS)
        self._judge()
        if any(peer.owed for peer in self.peers):
            self.bench.advance(END_OF_TIME_MS)
            self._judge()
        for peer in self.peers:
            assert not self.bench.broker.connections[peer.client.id].unread, "never read"
            owed = [each for each in peer.owed if each.api_key != ApiKey.PRODUCE or each.body.acks]
            assert not owed, f"never answered: {owed}"
            self.tally.silent += len(peer.owed)
