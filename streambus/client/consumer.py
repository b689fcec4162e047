"""The consumer: assigned partitions, read in order from where the user wants."""

from typing import ClassVar, cast

from streambus.client.aborted import Aborted
from streambus.client.backoff import backoff
from streambus.client.cluster import CLUSTER_ROUTES, UNKNOWN_TOPIC_ID, Cluster, Leadership, MetadataChanged
from streambus.client.config import ConsumerConfig, OffsetReset
from streambus.client.dialogue import (
    Assign,
    Complete,
    Failed,
    Fetched,
    ListOffsets,
    ListPositions,
    OffsetsListed,
    Poll,
    Positioned,
    Seek,
)
from streambus.client.fetch_session import SESSION_ERRORS, FetchSession, Wanted
from streambus.client.link import Answer, Endpoint, NoAnswer, Purpose, Reply
from streambus.client.lookup import OffsetFound, OffsetLookup, OffsetRefused
from streambus.client.position import UNKNOWN, Position
from streambus.client.produce_errors import STALE_METADATA
from streambus.kernel import Buffer, Drained, Event, Halt, Instant, Node, Routes, Started, StopRequested, Turn, message, sometimes
from streambus.records import BadBatch, Record
from streambus.wire import ErrorCode, messages

LAST_VERSION_WITH_TOPIC_NAMES = 12
TopicPartition = tuple[str, int]


@message
class FetchReplied(Event):
    """A leader answered a fetch, or did not."""

    broker: int
    reply: Reply | None = None


@message
class FetchDue(Event):
    """Some back-off has ended: fetches and lookups may go on."""


@message
class PollOver(Event):
    """A `Poll` has waited for as long as it may."""

    ticket: int


@message
class OperationOver(Event):
    """An `Assign`, `Seek` or `ListOffsets` has taken too long."""

    ticket: int


class Listing:
    """A `ListOffsets` under way: its searches, and what they found."""

    __slots__ = ("found", "searches", "targets")

    def __init__(self, targets: tuple[tuple[str, int, int], ...], searches: tuple[int, ...]) -> None:
        self.targets = targets
        self.searches = searches
        self.found: dict[int, tuple[int, int]] = {}


class Consumer(Node):
    """A node that reads records. See the package's theory of operation for its promises."""

    ROUTES: ClassVar[Routes] = {
        **CLUSTER_ROUTES,
        **{event: (f"lookup.{method}", "on_looked_up") for event, method in OffsetLookup.ROUTES.items()},
        Started: "on_started",
        Drained: "on_drained",
        StopRequested: "on_stop_requested",
        MetadataChanged: "on_metadata_changed",
        Assign: "on_assign",
        Seek: "on_seek",
        Poll: "on_poll",
        ListOffsets: "on_list_offsets",
        ListPositions: "on_list_positions",
        OffsetFound: "on_offset_found",
        OffsetRefused: "on_offset_refused",
        FetchReplied: "on_fetch_replied",
        FetchDue: "on_fetch_due",
        PollOver: "on_poll_over",
        OperationOver: "on_operation_over",
    }

    def __init__(self, config: ConsumerConfig) -> None:
        super().__init__()
        self.config = config
        self.cluster = Cluster(
            config.bootstrap,
            config.client_id,
            config.network,
            allow_auto_topic_creation=config.allow_auto_topic_creation,
        )
        self.lookup = OffsetLookup(config)
        self.positions: dict[TopicPartition, Position] = {}
        self.searching: dict[int, TopicPartition] = {}
        self.sessions: dict[int, FetchSession] = {}
        self.polls: dict[int, int] = {}
        """Waiting polls, oldest first: ticket and how many records it wants."""
        self.positioning: dict[int, tuple[TopicPartition, ...]] = {}
        """Assigns and Seeks that wait until these partitions have a position."""
        self.listings: dict[int, Listing] = {}
        self.errors: list[Failed] = []
        """What the next polls have to be told."""
        self.is_stirred = True
        """Something was changed that may make a fetch or a lookup possible: look at the end of the burst."""
        self.records_out = 0
        self.fetches = 0
        self.session_resets = 0
        self.stopped = False

    # Life

    def on_started(self, turn: Turn, _event: Started) -> None:
        """Get to know the cluster."""
        self.cluster.refresh(turn)

    def on_drained(self, turn: Turn, _event: Drained) -> None:
        """The burst is over: fetch and look up whatever is missing now."""
        if self.is_stirred and not self.stopped:
            self._advance(turn)

    def on_looked_up(self, _turn: Turn, _event: Event) -> None:
        """Searches go on, or rest for a while."""
        self.is_stirred = True

    def on_metadata_changed(self, turn: Turn, _event: MetadataChanged) -> None:
        """Leaders may be known now."""
        self._advance(turn)

    def on_fetch_due(self, turn: Turn, _event: FetchDue) -> None:
        """A back-off has ended."""
        self._advance(turn)

    def on_stop_requested(self, turn: Turn, _event: StopRequested) -> None:
        """Answer everybody and end."""
        self.stopped = True
        closed = Failed(None, "the consumer was closed", definite=False)
        for ticket in (*self.positioning, *self.listings, *self.polls):
            turn.do(Complete(ticket, closed))
        self.positioning.clear()
        self.listings.clear()
        self.polls.clear()
        self.cluster.close(turn, "the consumer was closed")
        turn.do(Halt())

    # Where to read

    def on_assign(self, turn: Turn, event: Assign) -> None:
        """Read these partitions and no others. Assigns and Seeks from before have nothing to wait for any more."""
        self.is_stirred = True
        superseded = Failed(None, "superseded by a newer Assign", definite=False)
        for ticket in list(self.positioning):
            self._end_positioning(turn, ticket, superseded)
        topics = dict.fromkeys(topic for topic, _ in self.positions)
        for position in self.positions.values():
            self._stop_search(position)
        self.positions = {}
        self.errors.clear()
        for topic, partition, offset in event.positions:
            self.positions[topic, partition] = Position(topic, partition)
            self._seek(topic, partition, offset)
            self.cluster.want(turn, topic)
        for topic in topics:
            if not any(name == topic for name, _ in self.positions) and not self._is_listed(topic):
                self.cluster.want_no_more(topic)
        self._await_positions(turn, event.ticket, tuple(self.positions))

    def on_seek(self, turn: Turn, event: Seek) -> None:
        """Go on elsewhere in one partition."""
        if (event.topic, event.partition) not in self.positions:
            text = f"{event.topic}-{event.partition} is not assigned"
            turn.do(Complete(event.ticket, Failed(None, text, definite=True)))
            return
        self.is_stirred = True
        self._seek(event.topic, event.partition, event.offset)
        self._await_positions(turn, event.ticket, ((event.topic, event.partition),))
        self._complete_positioning(turn)

    def _seek(self, topic: str, partition: int, offset: int) -> None:
        position = self.positions[topic, partition]
        self._stop_search(position)
        if offset >= 0:
            position.seek(offset)
        else:
            position.seek(UNKNOWN)
            position.search = self.lookup.search(topic, partition, offset)
            self.searching[position.search] = (topic, partition)

    def _stop_search(self, position: Position) -> None:
        if position.search is not None:
            self.lookup.cancel(position.search)
            del self.searching[position.search]
            position.search = None

    def _await_positions(self, turn: Turn, ticket: int, partitions: tuple[TopicPartition, ...]) -> None:
        self.positioning[ticket] = partitions
        turn.wake_after(self.config.operation_timeout, OperationOver(ticket))
        self._complete_positioning(turn)

    def _complete_positioning(self, turn: Turn) -> None:
        for ticket, partitions in list(self.positioning.items()):
            found = tuple((topic, partition, self.positions[topic, partition].offset) for topic, partition in partitions)
            if all(offset != UNKNOWN for _, _, offset in found):
                self._end_positioning(turn, ticket, Positioned(found))

    def _end_positioning(self, turn: Turn, ticket: int, result: Positioned | Failed) -> None:
        del self.positioning[ticket]
        turn.cancel(OperationOver(ticket))
        turn.do(Complete(ticket, result))

    def on_offset_found(self, turn: Turn, event: OffsetFound) -> None:
        """A position is known, or a part of a listing."""
        place = self.searching.pop(event.search, None)
        if place is None:
            self._list(turn, event)
            return
        self.is_stirred = True
        position = self.positions[place]
        position.search = None
        position.seek(max(0, event.offset))
        self._complete_positioning(turn)

    def on_offset_refused(self, turn: Turn, event: OffsetRefused) -> None:
        """The partition stops; whoever waited for it is told, else the next poll."""
        failure = Failed(event.error, event.text, definite=False)
        place = self.searching.pop(event.search, None)
        if place is None:
            for ticket, listing in list(self.listings.items()):
                if event.search in listing.searches:
                    self._end_listing(turn, ticket, Failed(event.error, event.text, definite=True))
            return
        self.positions[place].search = None
        self.positions[place].is_stopped = True
        tickets = [ticket for ticket, partitions in self.positioning.items() if place in partitions]
        for ticket in tickets:
            self._end_positioning(turn, ticket, failure)
        if not tickets:
            self._report(turn, failure)

    def on_list_positions(self, turn: Turn, event: ListPositions) -> None:
        """Tell how far every partition was read."""
        positions = tuple((topic, partition, position.offset) for (topic, partition), position in self.positions.items())
        turn.do(Complete(event.ticket, Positioned(positions)))

    # Listing offsets

    def on_list_offsets(self, turn: Turn, event: ListOffsets) -> None:
        """Ask the leaders."""
        self.is_stirred = True
        searches = tuple(self.lookup.search(*target) for target in event.targets)
        self.listings[event.ticket] = Listing(event.targets, searches)
        turn.wake_after(self.config.operation_timeout, OperationOver(event.ticket))
        for topic, _, _ in event.targets:
            self.cluster.want(turn, topic)
        if not searches:
            self._end_listing(turn, event.ticket, OffsetsListed(()))

    def _list(self, turn: Turn, event: OffsetFound) -> None:
        for ticket, listing in self.listings.items():
            if event.search in listing.searches:
                listing.found[event.search] = (event.offset, event.timestamp)
                if len(listing.found) == len(listing.searches):
                    places = zip(listing.targets, listing.searches, strict=True)
                    offsets = tuple((topic, partition, *listing.found[search]) for (topic, partition, _), search in places)
                    self._end_listing(turn, ticket, OffsetsListed(offsets))
                return

    def _end_listing(self, turn: Turn, ticket: int, result: OffsetsListed | Failed) -> None:
        listing = self.listings.pop(ticket)
        for search in listing.searches:
            self.lookup.cancel(search)
        for topic in dict.fromkeys(topic for topic, _, _ in listing.targets):
            if not any(name == topic for name, _ in self.positions) and not self._is_listed(topic):
                self.cluster.want_no_more(topic)
        turn.cancel(OperationOver(ticket))
        turn.do(Complete(ticket, result))

    def _is_listed(self, topic: str) -> bool:
        return any(topic == name for listing in self.listings.values() for name, _, _ in listing.targets)

    def on_operation_over(self, turn: Turn, event: OperationOver) -> None:
        """Answer without a result. An assignment stays, and goes on looking for its positions."""
        text = "no leader told the offsets in time"
        if event.ticket in self.positioning:
            self._end_positioning(turn, event.ticket, Failed(ErrorCode.REQUEST_TIMED_OUT, text, definite=False))
        elif event.ticket in self.listings:
            self._end_listing(turn, event.ticket, Failed(ErrorCode.REQUEST_TIMED_OUT, text, definite=True))

    # Handing out

    def on_poll(self, turn: Turn, event: Poll) -> None:
        """Hand out what there is, or wait."""
        assert event.max_records > 0, "a poll for nothing"
        self.polls[event.ticket] = event.max_records
        if event.timeout > 0:
            turn.wake_after(event.timeout, PollOver(event.ticket))
        self._serve(turn)
        if event.timeout <= 0 and event.ticket in self.polls:
            self.on_poll_over(turn, PollOver(event.ticket))

    def on_poll_over(self, turn: Turn, event: PollOver) -> None:
        """There was nothing."""
        if event.ticket in self.polls:
            self._end_poll(turn, event.ticket, Fetched(()))

    def _serve(self, turn: Turn) -> None:
        """Give the oldest polls what there is."""
        while self.polls:
            ticket, count = next(iter(self.polls.items()))
            records = self._take(count)
            if records:
                self.records_out += len(records)
                self._end_poll(turn, ticket, Fetched(tuple(records)))
            elif self.errors:
                self._end_poll(turn, ticket, self.errors.pop(0))
            else:
                return

    def _end_poll(self, turn: Turn, ticket: int, result: Fetched | Failed) -> None:
        del self.polls[ticket]
        turn.cancel(PollOver(ticket))
        turn.do(Complete(ticket, result))

    def _take(self, count: int) -> list[tuple[str, int, Record]]:
        """Records of partitions in turn: who has given goes to the end of the line."""
        taken: list[tuple[str, int, Record]] = []
        for place in list(self.positions):
            position = self.positions[place]
            if not position.has_buffered or position.is_stopped:
                continue
            try:
                records = position.take_out(count - len(taken))
            except BadBatch as damage:
                self.errors.append(Failed(ErrorCode.CORRUPT_MESSAGE, f"{_name(place)} at {position.offset}: {damage.reason}", True))
                position.seek(position.offset)
                self.is_stirred = True
                continue
            if records:
                self.is_stirred = True
                taken += [(place[0], place[1], record) for record in records]
                self.positions[place] = self.positions.pop(place)
            if len(taken) == count:
                break
        return taken

    def _report(self, turn: Turn, failure: Failed) -> None:
        self.errors.append(failure)
        self._serve(turn)

    # Fetching

    def _advance(self, turn: Turn) -> None:
        """Look up and fetch whatever is missing; wake when a back-off ends."""
        self.is_stirred = False
        if turn.buggify("consumer: metadata is asked for once more"):
            self.cluster.refresh(turn)
        self.lookup.advance(turn, self.cluster)
        self._fetch(turn)
        now = turn.now
        dates = [session.retry_at for session in self.sessions.values() if session.retry_at > now]
        dates += [position.retry_at for position in self.positions.values() if position.retry_at > now]
        lookup = self.lookup.next_retry(now)
        if lookup is not None:
            dates.append(lookup)
        if dates:
            turn.wake_at(min(dates), FetchDue())

    def _fetch(self, turn: Turn) -> None:
        """One fetch per leader, unless one is under way or enough waits to be polled."""
        if sum(position.buffered_bytes for position in self.positions.values()) >= self.config.prefetch_bytes_max:
            return
        cluster, now = self.cluster, turn.now
        plans: dict[int, dict[TopicPartition, Wanted]] = {}
        for place, position in self.positions.items():
            if not position.is_fetchable or position.retry_at > now:
                continue
            leadership = cluster.leadership(*place)
            if leadership is None or leadership.leader not in cluster.brokers:
                cluster.refresh(turn)
                continue
            wanted = Wanted(cluster.topic_id(place[0]), position.fetch_offset, leadership.leader_epoch)
            plans.setdefault(leadership.leader, {})[place] = wanted
        for leader, wanted_there in plans.items():
            session = self.sessions.get(leader)
            if session is None:
                session = self.sessions[leader] = FetchSession()
            if not session.under_way and session.retry_at <= now:
                self._send_fetch(turn, cluster.brokers[leader], session, wanted_there)

    def _send_fetch(self, turn: Turn, leader: Endpoint, session: FetchSession, wanted: dict[TopicPartition, Wanted]) -> None:
        config = self.config
        if turn.buggify("consumer: a fetch session is given up"):
            session.reset()
        request = session.next_request(wanted, config.partition_fetch_bytes_max)
        request.max_wait_ms = config.fetch_wait_max // 1000
        request.min_bytes = config.fetch_bytes_min
        request.max_bytes = config.fetch_bytes_max
        request.isolation_level = int(config.isolation)
        session.under_way = True
        self.fetches += 1
        has_ids = all(want.topic_id.int != UNKNOWN_TOPIC_ID.int for want in wanted.values())
        self.cluster.pool.ask(
            turn,
            leader,
            Purpose.FETCH,
            request,
            FetchReplied(leader.broker),
            version_max=None if has_ids else LAST_VERSION_WITH_TOPIC_NAMES,
            timeout=config.fetch_wait_max,
        )

    def on_fetch_replied(self, turn: Turn, event: FetchReplied) -> None:
        """Keep what still belongs to our positions, hand it out, and fetch on."""
        session = self.sessions[event.broker]
        session.under_way = False
        reply = event.reply
        if isinstance(reply, Answer):
            self._on_answer(turn, session, cast(messages.FetchResponse, reply.body))
        else:
            assert isinstance(reply, NoAnswer)
            self._on_session_lost(turn, session)
            if reply.error is not None:
                self.errors.append(Failed(reply.error, reply.text, definite=True))
        if not self.stopped:
            self._serve(turn)
            self._advance(turn)

    def _on_session_lost(self, turn: Turn, session: FetchSession) -> None:
        sometimes("consumer: a fetch session is lost")
        session.reset()
        session.failures += 1
        self.session_resets += 1
        session.retry_at = self._end_of_backoff(turn, session.failures)
        self.cluster.refresh(turn)

    def _end_of_backoff(self, turn: Turn, failures: int) -> Instant:
        network = self.config.network
        return Instant(turn.now + backoff(network.retry_backoff, network.retry_backoff_max, failures, turn.dice))

    def _on_answer(self, turn: Turn, session: FetchSession, body: messages.FetchResponse) -> None:
        if body.error_code:
            error = ErrorCode(body.error_code)  # type: ignore[call-arg]
            if error in (ErrorCode.FETCH_SESSION_ID_NOT_FOUND, ErrorCode.INVALID_FETCH_SESSION_EPOCH) and not session.failures:
                session.failures = 1
                session.session_id = 0
                session.reset()
                self.session_resets += 1
                return
            self._on_session_lost(turn, session)
            if error not in SESSION_ERRORS and not error.retriable:
                self.errors.append(Failed(error, error.message, definite=True))
            return
        session.failures = 0
        said = session.said
        session.on_response(body.session_id)
        if not body.responses:
            return
        names = {want.topic_id.int: name for (name, _), want in said.items()}
        endpoints = {node.node_id: Endpoint(node.node_id, node.host, node.port) for node in body.node_endpoints}
        for response in body.responses:
            topic = response.topic or names.get(response.topic_id.int, "")
            for data in response.partitions:
                position, want = self.positions.get((topic, data.partition_index)), said.get((topic, data.partition_index))
                if position is not None and want is not None and want.offset == position.fetch_offset:
                    self._on_partition(turn, position, data, endpoints)

    def _on_partition(
        self,
        turn: Turn,
        position: Position,
        data: messages.FetchResponse.PartitionData,
        endpoints: dict[int, Endpoint],
    ) -> None:
        """Take in what was fetched of a partition whose position has not been moved meanwhile."""
        place = (position.topic, position.partition)
        if not data.error_code:
            position.failures = 0
            try:
                aborted = data.aborted_transactions
                named = Aborted((transaction.producer_id, transaction.first_offset) for transaction in aborted) if aborted else None
                position.take_in(cast(Buffer, data.records) or b"", named)
            except BadBatch as damage:
                self.errors.append(Failed(ErrorCode.CORRUPT_MESSAGE, f"{_name(place)}: {damage.reason}", definite=True))
                self._rest(turn, position)
            return
        error = ErrorCode(data.error_code)  # type: ignore[call-arg]
        if error is ErrorCode.OFFSET_OUT_OF_RANGE:
            self._on_out_of_range(turn, position)
        elif error in STALE_METADATA or error.retriable:
            current = Leadership(data.current_leader.leader_id, data.current_leader.leader_epoch)
            if not self.cluster.on_hint(*place, current, endpoints.get(current.leader)):
                self.cluster.refresh(turn)
                self._rest(turn, position)
        else:
            position.is_stopped = True
            self.errors.append(Failed(error, f"{_name(place)}: {error.message}", definite=True))

    def _on_out_of_range(self, turn: Turn, position: Position) -> None:
        """Follow the policy, once what was fetched before has been handed out."""
        if position.has_buffered:
            self._rest(turn, position)
        elif self.config.offset_reset is OffsetReset.NONE:
            position.is_stopped = True
            text = f"{_name((position.topic, position.partition))} has no offset {position.fetch_offset}"
            self.errors.append(Failed(ErrorCode.OFFSET_OUT_OF_RANGE, text, definite=True))
        else:
            self._seek(position.topic, position.partition, int(self.config.offset_reset))

    def _rest(self, turn: Turn, position: Position) -> None:
        position.failures += 1
        position.retry_at = self._end_of_backoff(turn, position.failures)

    def statistics(self) -> dict[str, int]:
        """What is inside and what went through since birth."""
        return {
            **self.cluster.statistics(),
            "positions": len(self.positions),
            "buffered_bytes": sum(position.buffered_bytes for position in self.positions.values()),
            "records": self.records_out,
            "fetches": self.fetches,
            "session_resets": self.session_resets,
        }


def _name(place: TopicPartition) -> str:
    return f"{place[0]}-{place[1]}"
