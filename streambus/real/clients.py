"""Clients for trio programs: the machines of `streambus.client`, hosted by a driver, behind methods one can await.

    async with Producer("127.0.0.1:9092") as producer:
        written = await producer.send("greetings", key=b"en", value=b"hello")
    async with Consumer("127.0.0.1:9092") as consumer:
        await consumer.assign(("greetings", 0, EARLIEST))
        async for topic, partition, record in consumer:
            ...

Everything that decides is in the machines. Here a ticket is a task that sleeps until `Complete` brings its result. A task that is
cancelled meanwhile abandons its ticket: the machine goes on, and nobody hears of the result.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Any, Self

import trio

from streambus import client
from streambus.client import (
    Acknowledged,
    AdminConfig,
    Complete,
    ConsumerConfig,
    Failed,
    Fetched,
    OffsetsListed,
    Positioned,
    ProducerConfig,
)
from streambus.kernel import MILLISECOND, Effect, Event, Node, Trace
from streambus.real.driver import Driver
from streambus.records import Header, Record
from streambus.wire import ErrorCode, Message, messages

DEFAULT_PORT = 9092
POLL_RECORDS = 500
POLL_TIMEOUT_MS = 1_000
CREATE_TOPICS_TIMEOUT_MS = 30_000
LAST_DELETION_BY_NAME = 5
"""The version of a DeleteTopics request from which on it has another shape: all brokers speak an earlier one."""


class ClientError(Exception):
    """What was asked for did not happen. `error`: the broker's word for it, if it had one. `definite`: it surely had no effect and
    never will; else the outcome is unknown."""

    def __init__(self, error: ErrorCode | None, text: str, *, definite: bool) -> None:
        super().__init__(text if error is None else f"{error.name}: {text}")
        self.error = error
        self.definite = definite


def parse_servers(servers: str) -> client.BootstrapServers:
    """`host:port,host:port` as addresses. The port may be left out, an IPv6 address stands in brackets; `ValueError` says what is wrong."""
    addresses = []
    for server in servers.split(","):
        host, colon, port = server.strip().rpartition(":")
        if not colon or port.endswith("]"):
            host, port = server.strip(), str(DEFAULT_PORT)
        host = host.removeprefix("[").removesuffix("]")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ValueError(f"{server.strip()!r} is not host:port")
        addresses.append((host, int(port)))
    return tuple(addresses)


class _Ticket:
    """Someone who waits for a result."""

    __slots__ = ("answered", "result")

    def __init__(self) -> None:
        self.answered = trio.Event()
        self.result: Any = None


def _result(ticket: _Ticket) -> Any:
    result = ticket.result
    if isinstance(result, Failed):
        raise ClientError(result.error, result.text, definite=result.definite)
    return result


class _Errand:
    """Something that is done when there is a result."""

    __slots__ = ("then",)

    def __init__(self, then: Callable[[Any], None]) -> None:
        self.then = then


class _Client:
    """A client node's life, and those who wait for its answers."""

    def __init__(self, node: Node, trace: Callable[[Trace], None] | None) -> None:
        self._driver = Driver(node, perform=self._perform, trace=trace)
        self._ticket_count = 0
        self._tickets: dict[int, _Ticket | _Errand] = {}
        self._is_open = False
        self._failure: Exception | None = None
        self._life: AbstractAsyncContextManager[None] | None = None

    async def __aenter__(self) -> Self:
        self._life = self._live()
        await self._life.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> bool | None:
        assert self._life is not None
        return await self._life.__aexit__(kind, error, where)

    @asynccontextmanager
    async def _live(self) -> AsyncIterator[None]:
        """A clean end lets the node finish what it has; after an exception it is dropped where it stands."""
        failure: Exception | None = None
        async with trio.open_nursery() as nursery:
            await nursery.start(self._run, nursery.cancel_scope)
            self._is_open = True
            try:
                yield
            except Exception as error:
                failure = error
                nursery.cancel_scope.cancel()
            finally:
                self._is_open = False
                self._driver.request_stop()
        failure = self._failure or failure
        if failure is not None:
            raise failure

    async def _run(self, scope: trio.CancelScope, *, task_status: trio.TaskStatus[None]) -> None:
        try:
            await self._driver.run(task_status=task_status)
        except Exception as mistake:
            self._failure = mistake
            scope.cancel()

    async def _ask(self, make: Callable[[int], Event]) -> Any:
        """Tell the node what `make` makes of a new ticket, and wait for its result. `ClientError` if it failed."""
        ticket = self._tell(make)
        await ticket.answered.wait()
        return _result(ticket)

    def _tell(self, make: Callable[[int], Event]) -> _Ticket:
        if not self._is_open:
            raise ClientError(None, "the client is not open", definite=True)
        self._ticket_count += 1
        ticket = self._tickets[self._ticket_count] = _Ticket()
        self._driver.feed(make(self._ticket_count))
        return ticket

    def _perform(self, effect: Effect) -> None:
        assert isinstance(effect, Complete), effect
        ticket = self._tickets.pop(effect.ticket)
        if type(ticket) is _Errand:
            ticket.then(effect.result)
            return
        assert isinstance(ticket, _Ticket)
        ticket.result = effect.result
        ticket.answered.set()


class Producer(_Client):
    """Writes records. Many tasks may send at once: their records travel in common batches.

    `servers`: `host:port,host:port`; `settings`: the fields of `ProducerConfig`. Leaving the `async with` sends what is left.
    """

    def __init__(self, servers: str, *, trace: Callable[[Trace], None] | None = None, **settings: Any) -> None:
        super().__init__(client.Producer(ProducerConfig(parse_servers(servers), **settings)), trace)

    async def send(
        self,
        topic: str,
        *,
        key: bytes | None = None,
        value: bytes | None = None,
        headers: Sequence[Header] = (),
        partition: int | None = None,
        timestamp_ms: int | None = None,
    ) -> Acknowledged:
        """Write a record and wait until it is safe. `ClientError` if it is not, or if nobody knows."""
        fields = (topic, partition, key, value, tuple(headers), timestamp_ms)
        result: Acknowledged = await self._ask(lambda ticket: client.Produce(ticket, *fields))
        return result

    def submit(
        self,
        then: Callable[[Acknowledged | Failed], None],
        topic: str,
        *,
        key: bytes | None = None,
        value: bytes | None = None,
        headers: Sequence[Header] = (),
        partition: int | None = None,
        timestamp_ms: int | None = None,
    ) -> None:
        """Write a record without waiting; `then` is called once with the result, possibly before this returns.

        It costs a fraction of `send`. Who submits must see to it that no more than `buffer_bytes_max` is unanswered, and let the loop
        run in between.
        """
        if not self._is_open:
            raise ClientError(None, "the client is not open", definite=True)
        self._ticket_count += 1
        self._tickets[self._ticket_count] = _Errand(then)
        self._driver.feed(client.Produce(self._ticket_count, topic, partition, key, value, tuple(headers), timestamp_ms))

    async def flush(self) -> None:
        """Send at once whatever waits for company, and wait until everything sent so far is answered."""
        await self._ask(client.Flush)


class Consumer(_Client):
    """Reads records of assigned partitions, also by `async for topic, partition, record in consumer`.

    `servers`: `host:port,host:port`; `settings`: the fields of `ConsumerConfig`.
    """

    def __init__(self, servers: str, *, trace: Callable[[Trace], None] | None = None, **settings: Any) -> None:
        super().__init__(client.Consumer(ConsumerConfig(parse_servers(servers), **settings)), trace)
        self._poll: _Ticket | None = None
        """A poll under way. It outlives the cancellation of whoever asked: the next one takes over, and no record is lost."""
        self._polled: deque[tuple[str, int, Record]] = deque()
        """What was polled and has not been given yet."""

    async def assign(self, *positions: tuple[str, int, int]) -> tuple[tuple[str, int, int], ...]:
        """Read these `(topic, partition, offset | EARLIEST | LATEST)` and no others. Returns them with the offsets that were found."""
        if self._poll is not None and self._poll.answered.is_set():
            self._poll = None
        self._polled.clear()
        result: Positioned = await self._ask(lambda ticket: client.Assign(ticket, positions))
        return result.positions

    async def seek(self, topic: str, partition: int, offset: int) -> int:
        """Go on at `offset`, EARLIEST or LATEST. Returns the offset that was found."""
        if self._poll is not None and isinstance(self._poll.result, Fetched):
            self._collect()
        self._polled = deque(polled for polled in self._polled if polled[:2] != (topic, partition))
        result: Positioned = await self._ask(lambda ticket: client.Seek(ticket, topic, partition, offset))
        return result.positions[0][2]

    async def poll(self, *, max_records: int = POLL_RECORDS, timeout_ms: int = POLL_TIMEOUT_MS) -> tuple[tuple[str, int, Record], ...]:
        """Up to `max_records`, as soon as there is one; none when the time is up. Being cancelled loses no records."""
        if not self._polled:
            await self._fill(max_records, timeout_ms)
        return tuple(self._polled.popleft() for _ in range(min(max_records, len(self._polled))))

    async def _fill(self, max_records: int, timeout_ms: int) -> None:
        if self._poll is None:
            self._poll = self._tell(lambda ticket: client.Poll(ticket, max_records, timeout_ms * MILLISECOND))
        await self._poll.answered.wait()
        self._collect()

    def _collect(self) -> None:
        """Take in the result of a poll that was answered."""
        if self._poll is not None and self._poll.answered.is_set():
            ticket, self._poll = self._poll, None
            self._polled.extend(_result(ticket).records)

    async def positions(self) -> tuple[tuple[str, int, int], ...]:
        """How far each assigned partition was polled, also past what no poll returns, such as the ends of transactions."""
        result: Positioned = await self._ask(client.ListPositions)
        return result.positions

    async def list_offsets(self, *targets: tuple[str, int, int]) -> tuple[tuple[str, int, int, int], ...]:
        """For each `(topic, partition, timestamp in ms | EARLIEST | LATEST | MAX_TIMESTAMP)` also offset and timestamp of that record."""
        result: OffsetsListed = await self._ask(lambda ticket: client.ListOffsets(ticket, targets))
        return result.offsets

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[str, int, Record]:
        while not self._polled:
            await self._fill(POLL_RECORDS, POLL_TIMEOUT_MS)
        return self._polled.popleft()


class Admin(_Client):
    """Asks and changes what a cluster is. `servers`: `host:port,host:port`; `settings`: the fields of `AdminConfig`."""

    def __init__(self, servers: str, *, trace: Callable[[Trace], None] | None = None, **settings: Any) -> None:
        super().__init__(client.Admin(AdminConfig(parse_servers(servers), **settings)), trace)

    async def ask(self, body: Message, *, version: int | None = None, broker: int | None = None) -> Any:
        """The response to any request `body`."""
        result: client.Answered = await self._ask(lambda ticket: client.Ask(ticket, body, version, broker))
        return result.body

    async def create_topics(
        self, topics: Mapping[str, int], *, replication_factor: int = -1, configs: Mapping[str, str] | None = None
    ) -> None:
        """Create topics: name to number of partitions, -1 for the broker's default. `ClientError` for the first that was refused."""
        request = messages.CreateTopicsRequest
        settings = [request.CreatableTopicConfig(name, value) for name, value in (configs or {}).items()]
        wanted = [
            request.CreatableTopic(name=name, num_partitions=partitions, replication_factor=replication_factor, configs=settings)
            for name, partitions in topics.items()
        ]
        body = await self.ask(request(topics=wanted, timeout_ms=CREATE_TOPICS_TIMEOUT_MS))
        for topic in body.topics:
            _check(topic.error_code, f"{topic.name}: {topic.error_message or ''}")

    async def delete_topics(self, *names: str) -> None:
        """Delete topics. `ClientError` for the first that was refused."""
        request = messages.DeleteTopicsRequest(topic_names=list(names), timeout_ms=CREATE_TOPICS_TIMEOUT_MS)
        body = await self.ask(request, version=LAST_DELETION_BY_NAME)
        for topic in body.responses:
            _check(topic.error_code, f"{topic.name}: {topic.error_message or ''}")

    async def list_topics(self) -> dict[str, int]:
        """The cluster's topics and how many partitions each has."""
        body = await self.ask(messages.MetadataRequest(topics=None, allow_auto_topic_creation=False))
        return {topic.name: len(topic.partitions) for topic in body.topics}


def _check(code: int, text: str) -> None:
    if code != ErrorCode.NONE:
        raise ClientError(ErrorCode(code), text.removesuffix(": "), definite=True)  # type: ignore[call-arg]
