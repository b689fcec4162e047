"""The producer: records in, batches out, every ticket answered once and honestly."""

from collections import deque
from typing import ClassVar, cast

from streambus.client.backoff import backoff
from streambus.client.cluster import CLUSTER_ROUTES, UNKNOWN_TOPIC_ID, Cluster, Leadership, MetadataChanged
from streambus.client.config import Acks, ProducerConfig
from streambus.client.dialogue import OFFSET_UNKNOWN, Acknowledged, Complete, Failed, Flush, Flushed, Produce
from streambus.client.identity import ProducerIdAssigned, ProducerIdDue, ProducerIdentity, ProducerIdRefused, ProducerIdReplied
from streambus.client.link import Answer, Endpoint, NoAnswer, Purpose, Reply
from streambus.client.outbox import NO_PRODUCER_ID, NO_SEQUENCE, PRODUCER_EPOCH_MAX, Batch, Outbox
from streambus.client.partitioner import StickyPartition, partition_of_key
from streambus.client.produce_errors import FORGOTTEN, STALE_METADATA, SURELY_REFUSED
from streambus.kernel import Drained, Event, Halt, Instant, Node, Routes, Severity, Started, StopRequested, Trace, Turn, message, sometimes
from streambus.records import Record
from streambus.wire import ErrorCode, messages

RECORD_OVERHEAD_BYTES = 24
"""What a record costs beside its key, value and headers, generously."""

LAST_VERSION_WITH_TOPIC_NAMES = 12
TopicPartition = tuple[str, int]


@message
class LingerOver(Event):
    """The open batch of a partition has waited long enough for company."""

    topic: str
    partition: int


@message
class RetryDue(Event):
    """Some batch may be sent again."""


@message
class DeliveryOver(Event):
    """Something on its way to a partition has to be answered by now."""

    topic: str
    partition: int


@message
class PlacementOver(Event):
    """Some record has waited for its topic's metadata for as long as it may."""

    topic: str


@message
class ProduceReplied(Event):
    """A broker answered a produce request, or did not."""

    request: int
    reply: Reply | None = None


@message
class Dispatch:
    """A produce request under way: to which broker, with which batches `(topic, partition, ordinal)`."""

    broker: int
    batches: tuple[tuple[str, int, int], ...]


@message
class Waiting:
    """A record whose partition cannot be told before its topic is known."""

    produce: Produce
    size: int
    deadline: Instant


class FlushMark:
    """A `Flush` and how many of the tickets before it are still open."""

    __slots__ = ("arrivals", "remaining", "ticket")

    def __init__(self, ticket: int, arrivals: int, remaining: int) -> None:
        self.ticket = ticket
        self.arrivals = arrivals
        self.remaining = remaining


class Producer(Node):
    """A node that writes records. See the package's theory of operation for its promises."""

    ROUTES: ClassVar[Routes] = {
        **CLUSTER_ROUTES,
        Started: "on_started",
        Drained: "on_drained",
        StopRequested: "on_stop_requested",
        MetadataChanged: "on_metadata_changed",
        ProducerIdReplied: "identity.on_replied",
        ProducerIdAssigned: "on_producer_id_assigned",
        ProducerIdRefused: "on_producer_id_refused",
        ProducerIdDue: "on_producer_id_due",
        Produce: "on_produce",
        Flush: "on_flush",
        LingerOver: "on_linger_over",
        RetryDue: "on_retry_due",
        DeliveryOver: "on_delivery_over",
        PlacementOver: "on_placement_over",
        ProduceReplied: "on_produce_replied",
    }

    def __init__(self, config: ProducerConfig) -> None:
        super().__init__()
        self.config = config
        self.cluster = Cluster(
            config.bootstrap,
            config.client_id,
            config.network,
            allow_auto_topic_creation=config.allow_auto_topic_creation,
        )
        self.identity = ProducerIdentity(config.network)
        self.outboxes: dict[TopicPartition, Outbox] = {}
        self.waiting: dict[str, deque[Waiting]] = {}
        self.sticky: dict[str, StickyPartition] = {}
        self.sealing: dict[TopicPartition, None] = {}
        """Partitions whose open batch is sealed at the end of this burst (linger of zero)."""
        self.active: dict[TopicPartition, None] = {}
        """Partitions with a queue."""
        self.dispatches: dict[int, Dispatch] = {}
        self.in_flight: dict[int, int] = {}
        self.dispatch_count = 0
        self.open_tickets: dict[int, tuple[int, int]] = {}
        """Per unanswered ticket: its place in the order of arrival, its size."""
        self.flushes: list[FlushMark] = []
        self.arrivals = 0
        self.buffered_bytes = 0
        self.acknowledged = 0
        self.failed = 0
        self.retries = 0
        self.stopping = False

    # Life

    def on_started(self, turn: Turn, _event: Started) -> None:
        """Get an identity before the first record wants one."""
        self.cluster.refresh(turn)
        if self.config.idempotent:
            self.identity.acquire(turn, self.cluster)

    def on_stop_requested(self, turn: Turn, _event: StopRequested) -> None:
        """Take no more records; end when the ones we have are answered, at the latest after the delivery time-out."""
        self.stopping = True
        self._seal_everything(turn)
        self._maybe_halt(turn)

    def _maybe_halt(self, turn: Turn) -> None:
        if not self.open_tickets:
            self.cluster.close(turn, "the producer was closed")
            turn.do(Halt())

    # Taking records in

    def on_produce(self, turn: Turn, event: Produce) -> None:
        """Find the record its place, or refuse it at once."""
        assert event.ticket not in self.open_tickets, f"ticket {event.ticket} is still open"
        size = size_of(event)
        self.arrivals += 1
        self.open_tickets[event.ticket] = (self.arrivals, size)
        self.buffered_bytes += size
        refusal = self._refusal(event, size)
        if refusal is not None:
            self._complete(turn, event.ticket, refusal)
            return
        deadline = Instant(turn.now + self.config.delivery_timeout)
        if event.topic in self.cluster.topics:
            self._place(turn, event, size, deadline)
        else:
            self._await_topic(turn, Waiting(event, size, deadline))

    def _refusal(self, event: Produce, size: int) -> Failed | None:
        if self.stopping:
            return Failed(None, "the producer is closed", definite=True)
        if size > self.config.request_bytes_max:
            text = f"a record of {size} bytes does not fit into a request of {self.config.request_bytes_max}"
            return Failed(ErrorCode.MESSAGE_TOO_LARGE, text, definite=True)
        if self.buffered_bytes > self.config.buffer_bytes_max:
            return Failed(None, f"the buffer of {self.config.buffer_bytes_max} bytes is full", definite=True)
        if event.partition is not None and event.partition < 0:
            return Failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"there is no partition {event.partition}", definite=True)
        return None

    def _await_topic(self, turn: Turn, waiting: Waiting) -> None:
        topic = waiting.produce.topic
        queue = self.waiting.get(topic)
        if queue is None:
            queue = self.waiting[topic] = deque()
            turn.wake_at(waiting.deadline, PlacementOver(topic))
        queue.append(waiting)
        self.cluster.want(turn, topic)

    def _place(self, turn: Turn, event: Produce, size: int, deadline: Instant) -> None:
        partition = self._choose_partition(turn, event, size)
        outbox = self._outbox(event.topic, partition)
        timestamp = turn.wall_ms if event.timestamp_ms is None else event.timestamp_ms
        record = Record(event.key, event.value, event.headers, timestamp, 0)
        queued = len(outbox.queue)
        opened = outbox.add(record, event.ticket, size, self.config.batch_bytes_max, deadline)
        if not outbox.is_expiry_set:
            outbox.is_expiry_set = True
            turn.wake_at(deadline, DeliveryOver(event.topic, partition))
        if turn.buggify("producer: a batch is sealed early"):
            outbox.seal()
        elif opened:
            self._seal_later(turn, event.topic, partition)
        if len(outbox.queue) > queued:
            self.active[event.topic, partition] = None
            self._send_batches(turn)

    def _seal_later(self, turn: Turn, topic: str, partition: int) -> None:
        if self.config.linger == 0 or self.stopping or self.flushes:
            self.sealing[topic, partition] = None
        else:
            turn.wake_after(self.config.linger, LingerOver(topic, partition))

    def _choose_partition(self, turn: Turn, event: Produce, size: int) -> int:
        if event.partition is not None:
            return event.partition
        leaderships = self.cluster.topics[event.topic].partitions
        if event.key is not None:
            return partition_of_key(event.key, len(leaderships))
        sticky = self.sticky.get(event.topic)
        if sticky is None:
            sticky = self.sticky[event.topic] = StickyPartition()
        is_led = self.cluster.leader(event.topic, sticky.partition) is not None
        if not (is_led and sticky.stay(size, self.config.batch_bytes_max)):
            led = tuple(place for place, leadership in enumerate(leaderships) if leadership.leader in self.cluster.brokers)
            sticky.move(size, led or tuple(range(len(leaderships))), turn.dice)
        return sticky.partition

    def _outbox(self, topic: str, partition: int) -> Outbox:
        outbox = self.outboxes.get((topic, partition))
        if outbox is None:
            outbox = self.outboxes[topic, partition] = Outbox(topic, partition)
        return outbox

    # What makes batches go

    def on_metadata_changed(self, turn: Turn, _event: MetadataChanged) -> None:
        """Place the records whose topics are known now, fail those that never will be, and send."""
        for topic in list(self.waiting):
            error = self.cluster.errors.get(topic)
            if topic in self.cluster.topics and self.cluster.topics[topic].partitions:
                turn.cancel(PlacementOver(topic))
                for waiting in self.waiting.pop(topic):
                    self._place(turn, waiting.produce, waiting.size, waiting.deadline)
            elif error is not None and not error.retriable:
                turn.cancel(PlacementOver(topic))
                for waiting in self.waiting.pop(topic):
                    self._complete(turn, waiting.produce.ticket, Failed(error, error.message, definite=True))
                self.cluster.want_no_more(topic)
        self._send_batches(turn)

    def on_drained(self, turn: Turn, _event: Drained) -> None:
        """The burst is over: with a linger of zero that is as long as a record waits."""
        if self.sealing:
            for topic, partition in self.sealing:
                self.outboxes[topic, partition].seal()
                self.active[topic, partition] = None
            self.sealing.clear()
            self._send_batches(turn)

    def on_linger_over(self, turn: Turn, event: LingerOver) -> None:
        """No more company is waited for."""
        self.outboxes[event.topic, event.partition].seal()
        self.active[event.topic, event.partition] = None
        self._send_batches(turn)

    def on_retry_due(self, turn: Turn, _event: RetryDue) -> None:
        """A back-off has ended."""
        self._send_batches(turn)
        self._wake_for_retries(turn)

    def on_flush(self, turn: Turn, event: Flush) -> None:
        """Send everything; the ticket is answered with the last of those before it."""
        if not self.open_tickets:
            turn.do(Complete(event.ticket, Flushed()))
            return
        self.flushes.append(FlushMark(event.ticket, self.arrivals, len(self.open_tickets)))
        self._seal_everything(turn)

    def _seal_everything(self, turn: Turn) -> None:
        for place, outbox in self.outboxes.items():
            if outbox.open is not None:
                outbox.seal()
                self.active[place] = None
        self._send_batches(turn)

    # Identity

    def on_producer_id_assigned(self, turn: Turn, _event: ProducerIdAssigned) -> None:
        """Now batches can have their places."""
        self._send_batches(turn)

    def on_producer_id_due(self, turn: Turn, _event: ProducerIdDue) -> None:
        """Ask again."""
        self.identity.ask(turn, self.cluster)

    def on_producer_id_refused(self, turn: Turn, event: ProducerIdRefused) -> None:
        """Without an identity nothing can be sent: whatever is not in flight fails. A later record makes us ask once more."""
        turn.do(Trace(Severity.ERROR, "no producer id", (("error", event.error.name), ("text", event.text))))
        for place in list(self.active):
            outbox = self.outboxes[place]
            if outbox.is_broken or outbox.producer_id == NO_PRODUCER_ID:
                batches = list(outbox.queue)
                outbox.queue.clear()
                for batch in batches:
                    self._fail(turn, batch, event.error, event.text)

    # Sending

    def _send_batches(self, turn: Turn) -> None:
        """Send what may be sent: one request per broker and round, one batch per partition and request."""
        while self.active:
            plans: dict[Endpoint, list[tuple[Outbox, Batch]]] = {}
            sizes: dict[Endpoint, int] = {}
            for place in list(self.active):
                self._plan(turn, place, plans, sizes)
            if not plans:
                self._wake_for_retries(turn)
                return
            for endpoint, plan in plans.items():
                self._send_request(turn, endpoint, plan)

    def _plan(
        self,
        turn: Turn,
        place: TopicPartition,
        plans: dict[Endpoint, list[tuple[Outbox, Batch]]],
        sizes: dict[Endpoint, int],
    ) -> None:
        outbox = self.outboxes[place]
        if not outbox.queue:
            del self.active[place]
            return
        endpoint = self.cluster.leader(*place)
        if endpoint is None:
            self.cluster.refresh(turn)
            return
        if self.in_flight.get(endpoint.broker, 0) >= self.config.in_flight_max:
            return
        if self.config.idempotent and not self._is_chained(turn, outbox):
            return
        batch = outbox.sendable(turn.now, endpoint.broker, sequenced=self.config.idempotent)
        if batch is None:
            return
        size = sizes.get(endpoint, 0) + batch.size
        if endpoint in plans and size > self.config.request_bytes_max:
            return
        sizes[endpoint] = size
        plans.setdefault(endpoint, []).append((outbox, batch))
        del self.active[place]
        self.active[place] = None

    def _is_chained(self, turn: Turn, outbox: Outbox) -> bool:
        """Whether the outbox has a sound chain of sequences; begins one if that is possible."""
        if outbox.producer_id != NO_PRODUCER_ID and not outbox.is_broken:
            return True
        if outbox.in_flight:
            return False
        identity = self.identity
        if outbox.producer_id == NO_PRODUCER_ID or outbox.producer_epoch == PRODUCER_EPOCH_MAX:
            if identity.producer_id in (NO_PRODUCER_ID, outbox.producer_id):
                identity.acquire(turn, self.cluster)
                return False
            producer_id, producer_epoch = identity.producer_id, identity.producer_epoch
        else:
            producer_id, producer_epoch = outbox.producer_id, outbox.producer_epoch + 1
        for batch in outbox.give_up_uncertain():
            sometimes("producer: a batch of unknown fate is given up")
            self._fail(turn, batch, None, "the broker may or may not have written it, and an older batch was given up")
        outbox.begin_chain(producer_id, producer_epoch, 0 if producer_epoch else self.config.first_sequence)
        return True

    def _send_request(self, turn: Turn, endpoint: Endpoint, plan: list[tuple[Outbox, Batch]]) -> None:
        config = self.config
        topics: dict[str, list[messages.ProduceRequest.PartitionProduceData]] = {}
        has_ids = True
        for outbox, batch in plan:
            encoded = outbox.encode(batch, config.codec, sequenced=config.idempotent)
            outbox.take_off(batch, endpoint.broker)
            data = messages.ProduceRequest.PartitionProduceData(outbox.partition, encoded)
            topics.setdefault(outbox.topic, []).append(data)
            has_ids &= self.cluster.topic_id(outbox.topic).int != UNKNOWN_TOPIC_ID.int
        topic_data = [
            messages.ProduceRequest.TopicProduceData(topic, self.cluster.topic_id(topic), partitions)
            for topic, partitions in topics.items()
        ]
        self.dispatch_count += 1
        batches = tuple((outbox.topic, outbox.partition, batch.ordinal) for outbox, batch in plan)
        self.dispatches[self.dispatch_count] = Dispatch(endpoint.broker, batches)
        self.in_flight[endpoint.broker] = self.in_flight.get(endpoint.broker, 0) + 1
        self.cluster.pool.ask(
            turn,
            endpoint,
            Purpose.PRODUCE,
            messages.ProduceRequest(None, int(config.acks), config.network.request_timeout // 1000, topic_data),
            ProduceReplied(self.dispatch_count),
            version_max=None if has_ids else LAST_VERSION_WITH_TOPIC_NAMES,
            one_way=config.acks is Acks.NONE,
        )

    # Answers

    def on_produce_replied(self, turn: Turn, event: ProduceReplied) -> None:
        """Judge every batch of the request, then send what its return made possible."""
        if turn.buggify("producer: metadata is asked for once more"):
            self.cluster.refresh(turn)
        dispatch = self.dispatches.pop(event.request)
        self.in_flight[dispatch.broker] -= 1
        if not self.in_flight[dispatch.broker]:
            del self.in_flight[dispatch.broker]
        reply = event.reply
        if isinstance(reply, NoAnswer):
            self._on_no_answer(turn, dispatch, reply)
            # The other requests of a lost connection come back in this turn, too: what is queued must not overtake them.
            turn.tell(RetryDue())
            return
        if isinstance(reply, Answer) and reply.body is None:
            for topic, partition, ordinal in dispatch.batches:
                outbox = self.outboxes[topic, partition]
                self._acknowledge(turn, outbox, outbox.land(ordinal), OFFSET_UNKNOWN, -1)
        elif isinstance(reply, Answer):
            self._on_answer(turn, dispatch, cast(messages.ProduceResponse, reply.body))
        self._send_batches(turn)

    def _on_no_answer(self, turn: Turn, dispatch: Dispatch, reply: NoAnswer) -> None:
        self.cluster.refresh(turn)
        for topic, partition, ordinal in dispatch.batches:
            outbox = self.outboxes[topic, partition]
            batch = outbox.land(ordinal)
            batch.maybe_written |= reply.sent
            if reply.error is not None or (reply.sent and self.config.acks is Acks.NONE):
                self._give_up(turn, outbox, batch, reply.error, reply.text)
            else:
                self._retry(turn, outbox, batch)

    def _on_answer(self, turn: Turn, dispatch: Dispatch, body: messages.ProduceResponse) -> None:
        """Each of our batches has its answer; what a broker says about others is ignored."""
        names = {self.cluster.topic_id(topic).int: topic for topic, _, _ in dispatch.batches}
        endpoints = {node.node_id: Endpoint(node.node_id, node.host, node.port) for node in body.node_endpoints}
        answers = {
            (response.name or names.get(response.topic_id.int, ""), partition.index): partition
            for response in body.responses
            for partition in response.partition_responses
        }
        for topic, partition, ordinal in dispatch.batches:
            outbox = self.outboxes[topic, partition]
            batch = outbox.land(ordinal)
            answer = answers.get((topic, partition))
            if answer is None:
                batch.maybe_written = True
                self._retry(turn, outbox, batch)
                continue
            if not answer.error_code:
                self._acknowledge(turn, outbox, batch, answer.base_offset, answer.log_append_time_ms)
                continue
            error = ErrorCode(answer.error_code)  # type: ignore[call-arg]
            if error in STALE_METADATA:
                current = Leadership(answer.current_leader.leader_id, answer.current_leader.leader_epoch)
                if not self.cluster.on_hint(topic, partition, current, endpoints.get(current.leader)):
                    self.cluster.refresh(turn)
            self._on_refused(turn, outbox, batch, error, answer.error_message or error.message)

    def _on_refused(self, turn: Turn, outbox: Outbox, batch: Batch, error: ErrorCode, text: str) -> None:
        batch.maybe_written |= error not in SURELY_REFUSED
        is_knock_on = error in FORGOTTEN and (outbox.is_broken or not outbox.is_next(batch))
        if (self.config.idempotent and is_knock_on) or (error.retriable and error not in FORGOTTEN):
            self._retry(turn, outbox, batch)
        else:
            self._give_up(turn, outbox, batch, error, text)

    def _acknowledge(self, turn: Turn, outbox: Outbox, batch: Batch, base_offset: int, append_time_ms: int) -> None:
        outbox.is_confirmed = True
        if batch.is_settled:
            return
        for place, (record, ticket) in enumerate(zip(batch.records, batch.tickets, strict=True)):
            offset = OFFSET_UNKNOWN if base_offset < 0 else base_offset + place
            timestamp = record.timestamp if append_time_ms < 0 else append_time_ms
            self._complete(turn, ticket, Acknowledged(outbox.topic, outbox.partition, offset, timestamp))
        self.acknowledged += len(batch.tickets)

    def _retry(self, turn: Turn, outbox: Outbox, batch: Batch) -> None:
        if batch.is_settled:
            outbox.is_broken |= batch.sequence != NO_SEQUENCE
            return
        sometimes("producer: a batch is sent again")
        self.retries += 1
        network = self.config.network
        delay = backoff(network.retry_backoff, network.retry_backoff_max, max(1, batch.attempts), turn.dice)
        batch.retry_at = Instant(turn.now + delay)
        outbox.put_back(batch)
        self.active[outbox.topic, outbox.partition] = None
        self._wake_for_retries(turn)

    def _wake_for_retries(self, turn: Turn) -> None:
        """One timer for all: at the earliest end of a back-off."""
        heads = (self.outboxes[place].queue for place in self.active)
        due = min((queue[0].retry_at for queue in heads if queue and queue[0].retry_at > turn.now), default=None)
        if due is not None:
            turn.wake_at(due, RetryDue())

    def _give_up(self, turn: Turn, outbox: Outbox, batch: Batch, error: ErrorCode | None, text: str) -> None:
        """Fail a batch that is neither queued nor in flight any more."""
        outbox.is_broken |= batch.sequence != NO_SEQUENCE
        self.active[outbox.topic, outbox.partition] = None
        if not batch.is_settled:
            self._fail(turn, batch, error, text)

    def _fail(self, turn: Turn, batch: Batch, error: ErrorCode | None, text: str, *, in_flight: bool = False) -> None:
        definite = not batch.maybe_written and not in_flight
        result = Failed(error, text, definite)
        for ticket in batch.tickets:
            self._complete(turn, ticket, result)
        self.failed += len(batch.tickets)

    # Time-outs

    def on_delivery_over(self, turn: Turn, event: DeliveryOver) -> None:
        """Answer what has waited too long; what is in flight stays there, unknown."""
        outbox = self.outboxes[event.topic, event.partition]
        expired, settled = outbox.expire(turn.now)
        text = "not delivered in time"
        for batch in expired:
            sometimes("producer: a batch is not delivered in time")
            self._fail(turn, batch, ErrorCode.REQUEST_TIMED_OUT, text)
        for batch in settled:
            sometimes("producer: a batch is answered while it is under way")
            self._fail(turn, batch, ErrorCode.REQUEST_TIMED_OUT, text, in_flight=True)
        deadline = outbox.oldest_deadline()
        outbox.is_expiry_set = deadline is not None
        if deadline is not None:
            turn.wake_at(deadline, event)
        self._send_batches(turn)

    def on_placement_over(self, turn: Turn, event: PlacementOver) -> None:
        """The topic did not become known in time."""
        waiting = self.waiting[event.topic]
        error = self.cluster.errors.get(event.topic, ErrorCode.REQUEST_TIMED_OUT)
        while waiting and waiting[0].deadline <= turn.now:
            self._complete(turn, waiting.popleft().produce.ticket, Failed(error, f"no metadata of {event.topic} in time", definite=True))
        if waiting:
            turn.wake_at(waiting[0].deadline, event)
        else:
            del self.waiting[event.topic]
            self.cluster.want_no_more(event.topic)

    # Tickets

    def _complete(self, turn: Turn, ticket: int, result: object) -> None:
        arrival, size = self.open_tickets.pop(ticket)
        self.buffered_bytes -= size
        turn.do(Complete(ticket, result))
        if self.flushes:
            self._count_down(turn, arrival)
        if self.stopping:
            self._maybe_halt(turn)

    def _count_down(self, turn: Turn, arrival: int) -> None:
        for mark in self.flushes:
            if arrival <= mark.arrivals:
                mark.remaining -= 1
        while self.flushes and not self.flushes[0].remaining:
            turn.do(Complete(self.flushes.pop(0).ticket, Flushed()))

    def statistics(self) -> dict[str, int]:
        """What is inside and what went through since birth."""
        return {
            **self.cluster.statistics(),
            "open_tickets": len(self.open_tickets),
            "buffered_bytes": self.buffered_bytes,
            "batches_in_flight": sum(len(outbox.in_flight) for outbox in self.outboxes.values()),
            "batches_queued": sum(len(outbox.queue) for outbox in self.outboxes.values()),
            "acknowledged": self.acknowledged,
            "failed": self.failed,
            "retries": self.retries,
        }


def size_of(event: Produce) -> int:
    """Bytes a record takes in a batch, never less than the truth."""
    size = RECORD_OVERHEAD_BYTES
    if event.key is not None:
        size += len(event.key)
    if event.value is not None:
        size += len(event.value)
    for name, value in event.headers:
        size += 4 * len(name) + 10 + (0 if value is None else len(value))
    return size
