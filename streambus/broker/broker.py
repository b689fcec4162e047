"""The broker: a node made of connections, a store, partitions and the metadata that rules them. `ROUTES` is its map."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import attrs

from streambus import wire
from streambus.broker import startup
from streambus.broker.acls import create_acls, delete_acls, describe_acls
from streambus.broker.config import BrokerConfig
from streambus.broker.configs import (
    alter_configs,
    configured,
    describe_configs,
    incremental_alter_configs,
    list_config_resources,
)
from streambus.broker.connections import (
    PAUSED_ANSWERING,
    PAUSED_CONGESTED,
    PAUSED_PENDING,
    PAUSED_PIPELINE,
    PAUSED_STARTING,
    PAUSED_STOPPING,
    SILENT,
    Answer,
    AnswersReady,
    Call,
    Connection,
    Outcome,
)
from streambus.broker.delete_records import delete_records
from streambus.broker.feature_updates import update_features
from streambus.broker.features import api_versions, find_coordinator, spoken_versions
from streambus.broker.fetch import fetch
from streambus.broker.fetch_sessions import FetchSessions
from streambus.broker.leader_epochs import offset_for_leader_epoch
from streambus.broker.log_dirs import RoomMeasured, alter_replica_log_dirs, describe_log_dirs, on_room_measured
from streambus.broker.members import unregister_broker
from streambus.broker.offsets import BatchRead, list_offsets, on_batch_read, on_read_failed
from streambus.broker.partitions import alter_partition_reassignments, create_partitions, elect_leaders, list_partition_reassignments
from streambus.broker.produce import produce
from streambus.broker.producer_ids import ProducerIds, init_producer_id
from streambus.broker.producers import describe_producers
from streambus.broker.quorum import describe_quorum
from streambus.broker.quotas import alter_client_quotas, describe_client_quotas
from streambus.broker.sasl import sasl_authenticate, sasl_handshake
from streambus.broker.scram import alter_user_scram_credentials, describe_user_scram_credentials
from streambus.broker.tokens import create_delegation_token, describe_delegation_token, expire_delegation_token, renew_delegation_token
from streambus.broker.topics import (
    create_topics,
    delete_topics,
    describe_cluster,
    describe_topic_partitions,
    metadata,
)
from streambus.broker.transactions import describe_transactions, list_transactions
from streambus.broker.upkeep import CleaningDue, RetentionDue, Upkeep
from streambus.kernel import (
    MILLISECOND,
    SECOND,
    Close,
    Closed,
    Congested,
    Connected,
    ConnectionId,
    Delayed,
    DelayExpired,
    DiskFailed,
    Drained,
    Effect,
    Event,
    Halt,
    Instant,
    Node,
    Pause,
    Purgatory,
    PurgatoryFull,
    Received,
    Relieved,
    Resume,
    Routes,
    Send,
    Severity,
    Started,
    StopRequested,
    Trace,
    Turn,
    message,
    sometimes,
)
from streambus.metadata import SUPPORTED_FEATURES, BrokerProperties, Controller, Delta, EncodedTopics, Image, record_version
from streambus.records import Record, encode_batch, parse_header
from streambus.replication import Partition
from streambus.storage import (
    EntriesLoaded,
    Log,
    LogDurable,
    LogId,
    LogLoaded,
    RangeQuarantined,
    RecoveryProgressed,
    Store,
    StoreCorrupted,
    StoreFailed,
    StoreRecovered,
    WalDurable,
)
from streambus.wire import ApiKey

Handler = Callable[["Broker", Turn, Call], None]

PART_COST = 256
"""Bytes that a part of an answer costs beside what is in it: an answer of many small slices of files is large, too."""


@message
class IdleSwept(Event):
    """Time to close connections that nobody uses."""


@message
class HeldDue(Event):
    """One of those who asked for more than was carried out at once has its next turn."""


@message
class StopReady(Event):
    """A shutdown may be complete: everything that was told before it in this turn has been routed."""


@message
class StreamBroken(Event):
    """What a peer sends cannot be understood any more. Told, so that answers to what was understood leave first."""

    connection: ConnectionId
    reason: str


@message
class Ready(Effect):
    """Say that the broker has recovered and serves."""

    cluster_id: str
    recovered_bytes: int


@attrs.define
class Counters:
    """What happened so far in this life; pulled by `statistics`, never pushed."""

    produce_requests: int = 0
    fetch_requests: int = 0
    batches_in: int = 0
    duplicate_batches: int = 0
    records_in: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    connections_accepted: int = 0
    connections_refused: int = 0
    broken_streams: int = 0
    offsets_dropped: int = 0
    ranges_quarantined: int = 0
    offsets_quarantined: int = 0


class Broker(Node):
    """One broker with its own controller: a pure state machine that speaks the Kafka protocol.

    Promises: a produce is acknowledged only when durable; nobody reads what is not; requests of a connection are answered in order;
    whatever a peer sends, it gets the right Kafka error or a closed connection and disturbs nobody else; after a failed write
    nothing is acknowledged any more but what is durable can be read.
    """

    ROUTES: ClassVar[Routes] = {
        Started: "on_started",
        **{event: f"store.{path}" for event, path in Store.ROUTES.items()},
        RecoveryProgressed: "on_recovery_progressed",
        StoreRecovered: "on_store_recovered",
        StoreCorrupted: "on_store_corrupted",
        StoreFailed: "on_store_failed",
        EntriesLoaded: ("store.on_entries_loaded", "on_entries_loaded"),
        LogLoaded: "on_log_loaded",
        RangeQuarantined: "on_range_quarantined",
        startup.MetadataRead: "on_metadata_read",
        Connected: "on_connected",
        Received: "on_received",
        Drained: "on_drained",
        LogDurable: "on_log_durable",
        WalDurable: "on_wal_durable",
        AnswersReady: "on_answers_ready",
        StreamBroken: "on_stream_broken",
        BatchRead: "on_batch_read",
        RoomMeasured: "on_room_measured",
        DelayExpired: "on_delay_expired",
        Congested: "on_congested",
        Relieved: "on_relieved",
        Closed: "on_closed",
        HeldDue: "on_held_due",
        RetentionDue: "on_retention_due",
        CleaningDue: "on_cleaning_due",
        IdleSwept: "on_idle_swept",
        DiskFailed: "on_disk_failed",
        StopRequested: "on_stop_requested",
        StopReady: "on_stop_ready",
    }

    HANDLERS: ClassVar[dict[ApiKey, tuple[int, int, Handler]]] = {
        ApiKey.PRODUCE: (3, 13, produce),
        ApiKey.FETCH: (4, 18, fetch),
        ApiKey.LIST_OFFSETS: (1, 11, list_offsets),
        ApiKey.METADATA: (0, 13, metadata),
        ApiKey.FIND_COORDINATOR: (0, 6, find_coordinator),
        ApiKey.SASL_HANDSHAKE: (0, 1, sasl_handshake),
        ApiKey.API_VERSIONS: (0, 4, api_versions),
        ApiKey.CREATE_TOPICS: (2, 7, create_topics),
        ApiKey.DELETE_TOPICS: (1, 6, delete_topics),
        ApiKey.DELETE_RECORDS: (0, 2, delete_records),
        ApiKey.INIT_PRODUCER_ID: (0, 5, init_producer_id),
        ApiKey.OFFSET_FOR_LEADER_EPOCH: (2, 4, offset_for_leader_epoch),
        ApiKey.DESCRIBE_ACLS: (1, 3, describe_acls),
        ApiKey.CREATE_ACLS: (1, 3, create_acls),
        ApiKey.DELETE_ACLS: (1, 3, delete_acls),
        ApiKey.DESCRIBE_CONFIGS: (1, 4, describe_configs),
        ApiKey.ALTER_CONFIGS: (0, 2, alter_configs),
        ApiKey.ALTER_REPLICA_LOG_DIRS: (1, 2, alter_replica_log_dirs),
        ApiKey.DESCRIBE_LOG_DIRS: (1, 5, describe_log_dirs),
        ApiKey.SASL_AUTHENTICATE: (0, 2, sasl_authenticate),
        ApiKey.CREATE_PARTITIONS: (0, 3, create_partitions),
        ApiKey.CREATE_DELEGATION_TOKEN: (1, 3, create_delegation_token),
        ApiKey.RENEW_DELEGATION_TOKEN: (1, 2, renew_delegation_token),
        ApiKey.EXPIRE_DELEGATION_TOKEN: (1, 2, expire_delegation_token),
        ApiKey.DESCRIBE_DELEGATION_TOKEN: (1, 3, describe_delegation_token),
        ApiKey.ELECT_LEADERS: (0, 2, elect_leaders),
        ApiKey.INCREMENTAL_ALTER_CONFIGS: (0, 1, incremental_alter_configs),
        ApiKey.ALTER_PARTITION_REASSIGNMENTS: (0, 1, alter_partition_reassignments),
        ApiKey.LIST_PARTITION_REASSIGNMENTS: (0, 0, list_partition_reassignments),
        ApiKey.DESCRIBE_CLIENT_QUOTAS: (0, 1, describe_client_quotas),
        ApiKey.ALTER_CLIENT_QUOTAS: (0, 1, alter_client_quotas),
        ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS: (0, 0, describe_user_scram_credentials),
        ApiKey.ALTER_USER_SCRAM_CREDENTIALS: (0, 0, alter_user_scram_credentials),
        ApiKey.DESCRIBE_QUORUM: (0, 2, describe_quorum),
        ApiKey.UPDATE_FEATURES: (0, 2, update_features),
        ApiKey.DESCRIBE_CLUSTER: (0, 2, describe_cluster),
        ApiKey.DESCRIBE_PRODUCERS: (0, 0, describe_producers),
        ApiKey.UNREGISTER_BROKER: (0, 0, unregister_broker),
        ApiKey.DESCRIBE_TRANSACTIONS: (0, 0, describe_transactions),
        ApiKey.LIST_TRANSACTIONS: (0, 2, list_transactions),
        ApiKey.LIST_CONFIG_RESOURCES: (0, 1, list_config_resources),
        ApiKey.DESCRIBE_TOPIC_PARTITIONS: (0, 0, describe_topic_partitions),
    }
    """One handler per API key, with the first and last version that it speaks. What is not here is not advertised."""

    VERSIONS: ClassVar[dict[ApiKey, tuple[int, int]]] = {key: (first, last) for key, (first, last, _) in HANDLERS.items()}

    SUPPORTED_FEATURES: ClassVar[dict[str, tuple[int, int]]] = SUPPORTED_FEATURES

    METADATA_LOG: ClassVar[LogId] = LogId("__cluster_metadata-0")

    WAL: ClassVar[LogId] = LogId("wal")
    """No log, but what those watch who wait for something to be durable that is not a record."""

    REQUEST_TIMEOUT: ClassVar[int] = 30 * SECOND
    """How long a request without a time-out of its own may wait; Kafka's `request.timeout.ms`."""

    IDLE_SWEEP: ClassVar[int] = 30 * SECOND

    def __init__(self, config: BrokerConfig) -> None:
        super().__init__()
        self.properties = BrokerProperties(config.properties, config.node_id)
        self.told = config
        """What this broker was started with; `config` has what was set on it since."""
        self.config = config = configured(config, self.properties)
        self.versions = spoken_versions(self.VERSIONS, config.latest_versions)
        limits = config.limits
        self.store = Store(config.store)
        self.controller = Controller(config.node_id, self.properties)
        self.image = Image(self.properties)
        self.image_offset = 0
        self.encoded_topics = EncodedTopics()
        self.uncommitted: deque[tuple[int, tuple[Any, ...]]] = deque()
        self.metadata_epoch = 0
        self.broker_epoch = -1
        self.cluster_id = ""
        self.partitions: dict[tuple[str, int], Partition] = {}
        self.partitions_by_log: dict[LogId, Partition] = {}
        self.partitions_by_id: dict[tuple[int, int], Partition] = {}
        """By the number of the topic's id and the partition's index: what clients ask for most, and UUIDs are slow keys."""
        self.producer_ids = ProducerIds()
        self.purgatory: Purgatory[Broker, Outcome] = Purgatory(limits.delayed_requests_max)
        self.fetch_sessions = FetchSessions(limits.fetch_sessions_max, limits.fetch_session_eviction)
        self.connections: dict[ConnectionId, Connection] = {}
        self.slowed: dict[ConnectionId, None] = {}
        self.backlog: dict[ConnectionId, None] = {}
        """Those with requests that were held, in the order of their turns: one of them at a time, and everybody else between."""
        self.upkeep = Upkeep(
            self.properties.number("log.retention.check.interval.ms") * MILLISECOND,
            self.properties.number("log.cleaner.backoff.ms") * MILLISECOND,
        )
        self.counters = Counters()
        self.missing: startup.Missing | None = None
        """What the start waits for, if it is not in memory."""
        self.is_serving = False
        self.is_stopping = False
        self.is_halted = False
        self.recovered_bytes = 0

    # Life ----------------------------------------------------------------------------------------------------------------

    def on_started(self, turn: Turn, event: Started) -> None:
        """Recover what an earlier life left; `startup` tells the story."""
        self.store.start(turn)
        if not self.config.has_room:
            advice = "delete topics or records, or make room otherwise; then start the broker again"
            turn.do(Trace(Severity.ERROR, "the disk is full; records are refused until a restart", (("advice", advice),)))
        turn.wake_after(self.IDLE_SWEEP, IdleSwept())

    def on_recovery_progressed(self, turn: Turn, event: RecoveryProgressed) -> None:
        """Let people see that a long recovery is alive."""
        turn.do(Trace(Severity.INFO, "recovering the log", (("bytes", event.position),)))

    def on_store_recovered(self, turn: Turn, event: StoreRecovered) -> None:
        """The store is whole; read the metadata log next."""
        if not self.is_halted:
            startup.on_store_recovered(self, turn, event)

    def on_metadata_read(self, turn: Turn, event: startup.MetadataRead) -> None:
        """A piece of the metadata log was read."""
        startup.on_metadata_read(self, turn, event)

    def on_store_corrupted(self, turn: Turn, event: StoreCorrupted) -> None:
        """Synced data is damaged: serving the rest in silence would be lying."""
        self.halt(turn, f"the log is damaged: {event.file} at byte {event.position}: {event.reason}")

    def halt(self, turn: Turn, reason: str) -> None:
        """End this life, for the first of its reasons."""
        if not self.is_halted:
            self.is_halted = True
            turn.do(Halt(reason))

    def serve(self, turn: Turn) -> None:
        """Recovery is over: answer those who wait, and everyone from now on."""
        self.is_serving = True
        turn.do(Ready(self.cluster_id, self.recovered_bytes))
        self.upkeep.start(turn)
        for connection in list(self.connections.values()):
            self._carry_out_held(turn, connection)
            self._resume(turn, connection, PAUSED_STARTING)

    def on_stop_requested(self, turn: Turn, event: StopRequested) -> None:
        """Take nothing new, finish what was taken."""
        self.is_stopping = True
        for connection in list(self.connections.values()):
            self._pause(turn, connection, PAUSED_STOPPING)
        self.store.flush(turn)
        turn.tell(StopReady())

    def on_stop_ready(self, turn: Turn, event: StopReady) -> None:
        """End this life if nothing is on its way to the disk any more."""
        if self.store.pending_bytes and self.store.failed is None:
            return
        for connection in list(self.connections):
            turn.do(Close(connection, "the broker is shutting down"))
        turn.do(Halt())

    # Connections ---------------------------------------------------------------------------------------------------------

    def on_connected(self, turn: Turn, event: Connected) -> None:
        """A client is there."""
        if len(self.connections) >= self.config.limits.connections_max:
            self.counters.connections_refused += 1
            turn.do(Close(event.connection, "too many connections"))
            return
        self.counters.connections_accepted += 1
        wire_connection = wire.Connection(self.versions, frame_bytes_max=self.config.limits.frame_bytes_max)
        connection = Connection(event.connection, event.listener, event.peer, wire_connection, turn.now)
        self.connections[event.connection] = connection
        if not self.is_serving:
            self._pause(turn, connection, PAUSED_STARTING)
        if self.is_stopping:
            self._pause(turn, connection, PAUSED_STOPPING)

    def on_received(self, turn: Turn, event: Received) -> None:
        """Bytes came in: carry out every request that they complete."""
        connection = self.connections.get(event.connection)
        if connection is None or connection.is_closing or connection.wire.error is not None:
            return
        connection.last_active = turn.now
        self._hold(connection, connection.receive(event.data, self.config.limits.requests_at_once_max))
        if not self.is_serving:
            sometimes("broker: a request waits for the end of recovery")
        elif not connection.pauses & PAUSED_ANSWERING:
            self._carry_out_held(turn, connection)
        self._look_after(turn, connection)
        if self.store.pending_bytes > self.config.limits.pending_bytes_max:
            self.slowed[event.connection] = None
            sometimes("broker: the disk is behind, nobody is read from")
            self._pause(turn, connection, PAUSED_PENDING)

    def _hold(self, connection: Connection, requests: list[wire.Request]) -> None:
        for request in requests:
            connection.held.append(Call(connection.id, connection.open_slot(), request))

    def _look_after(self, turn: Turn, connection: Connection) -> None:
        """Give up a connection that cannot be understood; read no more from one that is owed too much."""
        if connection.wire.error is not None:
            sometimes("broker: a stream cannot be understood")
            self.counters.broken_streams += 1
            turn.tell(StreamBroken(connection.id, connection.wire.error))
        elif len(connection.slots) > self.config.limits.pipelined_requests_max:
            sometimes("broker: a connection has too many requests under way")
            self._pause(turn, connection, PAUSED_PIPELINE)

    def _carry_out_held(self, turn: Turn, connection: Connection) -> None:
        """Carry out what a connection has asked for, a portion at a time: whoever asks for more than is sent must wait for the rest.

        Answers that nobody reads would fill the memory: a few hundred requests fit into one piece of a stream, and each may be answered
        with a whole log. After a portion the driver has the chance to say that the peer does not keep up.
        """
        held = connection.held
        connection.answered = 0
        while held and connection.answered < self.config.limits.answer_bytes_max:
            self._carry_out(turn, held.popleft())
        if held or (connection.unread and not connection.is_closing):
            sometimes("broker: a client asks for more than it can be sent at once")
            self._pause(turn, connection, PAUSED_ANSWERING)
            self._queue(turn, connection)
        else:
            self._resume(turn, connection, PAUSED_ANSWERING)

    def _queue(self, turn: Turn, connection: Connection) -> None:
        if not self.backlog:
            turn.wake_at(turn.now, HeldDue())
        self.backlog[connection.id] = None

    def on_held_due(self, turn: Turn, event: HeldDue) -> None:
        """The next portion for the one whose turn it is."""
        connection_id = next(iter(self.backlog))
        connection = self.connections.get(connection_id)
        if connection is not None:
            self._go_on(turn, connection)
        self.backlog.pop(connection_id)
        if connection is not None and self._is_to_go_on(connection):
            self.backlog[connection_id] = None
        if self.backlog:
            turn.wake_at(turn.now, event)

    def _is_to_go_on(self, connection: Connection) -> bool:
        """Whether a connection may have its next portion: not before it has read the last one, nor while it is owed too many answers."""
        if connection.is_closing or connection.wire.error is not None or not connection.pauses & PAUSED_ANSWERING:
            return False
        return not connection.pauses & (PAUSED_CONGESTED if connection.held else PAUSED_CONGESTED | PAUSED_PIPELINE)

    def _go_on(self, turn: Turn, connection: Connection) -> None:
        if not self._is_to_go_on(connection):
            return
        if not connection.held:
            self._hold(connection, connection.receive_more(self.config.limits.requests_at_once_max))
        self._carry_out_held(turn, connection)
        self._look_after(turn, connection)

    def on_stream_broken(self, turn: Turn, event: StreamBroken) -> None:
        """Close a connection that cannot be understood."""
        self.close(turn, event.connection, event.reason)

    def on_congested(self, turn: Turn, event: Congested) -> None:
        """A peer that does not read its answers may not ask for more."""
        connection = self.connections.get(event.connection)
        if connection is not None:
            sometimes("broker: a peer does not read its answers")
            self._pause(turn, connection, PAUSED_CONGESTED)

    def on_relieved(self, turn: Turn, event: Relieved) -> None:
        """The peer reads again."""
        connection = self.connections.get(event.connection)
        if connection is not None:
            self._resume(turn, connection, PAUSED_CONGESTED)
            if self._is_to_go_on(connection):
                self._queue(turn, connection)

    def on_closed(self, turn: Turn, event: Closed) -> None:
        """The client is gone; nobody waits for its answers."""
        self.connections.pop(event.connection, None)
        self.slowed.pop(event.connection, None)
        self.purgatory.forget_watchers(turn, event.connection)

    def on_idle_swept(self, turn: Turn, event: IdleSwept) -> None:
        """Close connections without a request for too long and with nothing to wait for."""
        for connection in list(self.connections.values()):
            if not connection.slots and turn.now - connection.last_active > self.config.limits.connection_idle_max:
                turn.do(Close(connection.id, "idle"))
        turn.wake_after(self.IDLE_SWEEP, event)

    def close(self, turn: Turn, connection: ConnectionId, reason: str) -> None:
        """Close a connection that broke the rules, and say why to whoever reads the log. What else it asked for is not carried out."""
        closing = self.connections.get(connection)
        if closing is None or closing.is_closing:
            return
        closing.is_closing = True
        closing.held.clear()
        closing.unread = b""
        turn.do(Trace(Severity.WARNING, "closing a connection", (("peer", closing.peer), ("reason", reason))))
        turn.do(Close(connection, reason))

    def _pause(self, turn: Turn, connection: Connection, reason: int) -> None:
        if not connection.pauses and not connection.is_closing:
            turn.do(Pause(connection.id))
        connection.pauses |= reason

    def _resume(self, turn: Turn, connection: Connection, reason: int) -> None:
        if connection.pauses == reason and not connection.is_closing:
            turn.do(Resume(connection.id))
        connection.pauses &= ~reason

    # Requests and answers ------------------------------------------------------------------------------------------------

    def _carry_out(self, turn: Turn, call: Call) -> None:
        self.HANDLERS[call.request.api_key][2](self, turn, call)

    def delay(self, turn: Turn, delayed: Delayed[Broker, Outcome], keys: Iterable[LogId], deadline: Instant) -> None:
        """Answer now if possible, else let the request wait until one of `keys` changes or the deadline comes."""
        outcome = delayed.try_complete(self)
        if outcome is None:
            call: Call = delayed.call  # type: ignore[attr-defined]
            try:
                self.purgatory.watch(turn, delayed, (*keys, call.connection), deadline)
            except PurgatoryFull:
                sometimes("broker: nobody more can wait")
                outcome = delayed.expire(self)
        self.conclude(turn, outcome)

    def conclude(self, turn: Turn, outcome: Outcome | None) -> None:
        """Waiting has led to this: an answer, another step on the way to it, or nothing yet."""
        if isinstance(outcome, Answer):
            self.answer(turn, outcome.call, outcome.body)
        elif outcome is not None:
            outcome.go_on(self, turn)

    def complete(self, turn: Turn, key: LogId) -> None:
        """Something about `key` changed: answer everyone who can be answered now."""
        for outcome in self.purgatory.complete(turn, self, key):
            self.conclude(turn, outcome)

    def on_delay_expired(self, turn: Turn, event: DelayExpired) -> None:
        """A waiting request's time is up."""
        self.conclude(turn, self.purgatory.expire(self, event.ticket))

    def answer(self, turn: Turn, call: Call, body: Any) -> None:
        """Answer `call`, in its turn. Silently nothing if its connection is gone."""
        connection = self.connections.get(call.connection)
        if connection is not None:
            self._fill(turn, connection, call, wire.encode_response(call.request, body))

    def answer_nothing(self, turn: Turn, call: Call) -> None:
        """`call` has no answer; those behind it may leave."""
        connection = self.connections.get(call.connection)
        if connection is not None:
            self._fill(turn, connection, call, SILENT)

    def _fill(self, turn: Turn, connection: Connection, call: Call, parts: tuple[Any, ...]) -> None:
        for part in parts:
            connection.answered += PART_COST + len(part)
        if connection.fill_slot(call.slot, parts, turn.now) and not connection.answers_told:
            connection.answers_told = True
            turn.tell(AnswersReady(connection.id))

    def on_answers_ready(self, turn: Turn, event: AnswersReady) -> None:
        """Send what can leave with one effect."""
        connection = self.connections.get(event.connection)
        if connection is None:
            return
        connection.answers_told = False
        parts, since = connection.take_answers()
        if since is not None and turn.now - since > self.config.store.delete_delay // 2:
            sometimes("broker: records wait behind another answer for so long that their file may be gone")
            self.close(turn, connection.id, "records waited too long behind an earlier answer")
            return
        if parts:
            turn.do(Send(connection.id, parts))
        if connection.pauses & PAUSED_PIPELINE and len(connection.slots) <= self.config.limits.pipelined_requests_max // 2:
            self._resume(turn, connection, PAUSED_PIPELINE)
            if self._is_to_go_on(connection):
                self._queue(turn, connection)

    def on_batch_read(self, turn: Turn, event: BatchRead) -> None:
        """A ListOffsets search has its batch."""
        on_batch_read(self, turn, event)

    def on_room_measured(self, turn: Turn, event: RoomMeasured) -> None:
        """A DescribeLogDirs request knows how much room there is."""
        on_room_measured(self, turn, event)

    # Disk ----------------------------------------------------------------------------------------------------------------

    def on_drained(self, turn: Turn, event: Drained) -> None:
        """The burst is over: one write and one sync for all of it."""
        self.store.flush(turn)

    def on_log_durable(self, turn: Turn, event: LogDurable) -> None:
        """A log is durable further than before: acknowledge, deliver, apply."""
        if event.log_id == self.METADATA_LOG:
            self._apply_committed(turn, event.recovery_point)
        else:
            partition = self.partitions_by_log.get(event.log_id)
            if partition is not None and partition.advance(event.recovery_point):
                self.complete(turn, event.log_id)

    def on_entries_loaded(self, turn: Turn, event: EntriesLoaded) -> None:
        """Blocks of tables are in memory."""
        startup.on_entries_loaded(self, turn)

    def on_log_loaded(self, turn: Turn, event: LogLoaded) -> None:
        """A block that says where a log's batches lie is in memory, or will never be: try again what waited for it."""
        if event.log_id == self.METADATA_LOG:
            startup.on_metadata_loaded(self, turn)
        self.upkeep.on_log_loaded(turn, self, event.log_id)
        self.complete(turn, event.log_id)

    def on_range_quarantined(self, turn: Turn, event: RangeQuarantined) -> None:
        """Some of a log is damaged on this disk: say so. Those who want it are refused, all others are served."""
        sometimes("broker: some of a log is damaged")
        self.counters.ranges_quarantined += 1
        self.counters.offsets_quarantined += event.end_offset - event.first_offset
        partition = self.partitions_by_log.get(event.log_id)
        name = f"{partition.topic}-{partition.index}" if partition is not None else event.log_id
        offsets = (("first_offset", event.first_offset), ("end_offset", event.end_offset))
        fields = (("partition", name), *offsets, ("file", event.file), ("reason", event.reason))
        turn.do(Trace(Severity.ERROR, "records are damaged on this disk and cannot be read", fields))
        if event.log_id == self.METADATA_LOG:
            where = f"at offsets {event.first_offset} to {event.end_offset - 1}, in {event.file}"
            self.halt(turn, f"the metadata log is damaged {where}: {event.reason}")
        else:
            self.complete(turn, event.log_id)

    def on_retention_due(self, turn: Turn, event: RetentionDue) -> None:
        """Drop what is past its topic's limits."""
        self.upkeep.on_retention_due(turn, self)

    def on_cleaning_due(self, turn: Turn, event: CleaningDue) -> None:
        """Have compacted topics cleaned."""
        self.upkeep.on_cleaning_due(turn, self)

    def on_wal_durable(self, turn: Turn, event: WalDurable) -> None:
        """A group is on the disk: those who were slowed down may go on, and a shutdown may be complete."""
        self.complete(turn, self.WAL)
        self._resume_slowed(turn)
        if self.is_stopping:
            turn.tell(StopReady())

    def _resume_slowed(self, turn: Turn) -> None:
        """Read again from those who were slowed down, once little enough is pending; after a failure of the disk nothing is."""
        if self.slowed and self.store.pending_bytes <= self.config.limits.pending_bytes_max // 2:
            slowed, self.slowed = self.slowed, {}
            for connection in slowed:
                self._resume(turn, self.connections[connection], PAUSED_PENDING)

    def on_store_failed(self, turn: Turn, event: StoreFailed) -> None:
        """Nothing more can be made durable: refuse what waits for it. What is durable can still be read."""
        is_full = "ENOSPC" in event.reason
        advice = (("advice", "make room on the disk, then start the broker again"),) if is_full else ()
        turn.do(Trace(Severity.ERROR, "the disk failed; records are refused until a restart", (("reason", event.reason), *advice)))
        if not self.is_serving:
            self.halt(turn, f"the disk failed during start-up: {event.reason}")
        self.complete(turn, self.METADATA_LOG)
        self.complete(turn, self.WAL)
        for log_id in list(self.partitions_by_log):
            self.complete(turn, log_id)
        self._resume_slowed(turn)
        if self.is_stopping:
            turn.tell(StopReady())

    def on_disk_failed(self, turn: Turn, event: DiskFailed) -> None:
        """A disk operation failed: the store judges its own; a read for a request costs that request its answer."""
        if isinstance(event.then, BatchRead):
            on_read_failed(self, turn, event.then.search)
        elif isinstance(event.then, RoomMeasured):
            on_room_measured(self, turn, event.then)
        elif isinstance(event.then, startup.MetadataRead):
            self.halt(turn, f"the metadata log cannot be read: {event.error}")
        else:
            self.store.on_disk_failed(turn, event)

    # Metadata ------------------------------------------------------------------------------------------------------------

    def commit(self, turn: Turn, records: tuple[Any, ...]) -> int:
        """Append a decision's records to the metadata log; return the offset up to which it must be durable for the decision to be true.

        Raises `StoreUnavailable`, and then nothing was decided.
        """
        log = self.metadata_log
        if not records:
            return log.log_end_offset
        batch = encode_batch([Record(None, wire.encode_record(record, record_version(record)), (), turn.wall_ms, 0) for record in records])
        self.store.append(turn, log, parse_header(batch), batch, self.metadata_epoch)
        self.controller.apply(records, log.log_end_offset - len(records))
        self.uncommitted.append((log.log_end_offset, records))
        return log.log_end_offset

    @property
    def metadata_log(self) -> Log:
        """The log of metadata records."""
        return self.store.logs[self.METADATA_LOG]

    def _apply_committed(self, turn: Turn, durable_end: int) -> None:
        delta = Delta()
        while self.uncommitted and self.uncommitted[0][0] <= durable_end:
            self.image_offset, records = self.uncommitted.popleft()
            for record in records:
                self.image.apply(record, delta)
        self.encoded_topics.forget(delta)
        startup.follow(self, turn, delta)
        self.complete(turn, self.METADATA_LOG)

    # Insight -------------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """The invariants of this broker; an AssertionError is a mistake of ours."""
        self.store.check()
        assert len(self.partitions) == len(self.partitions_by_log) == len(self.partitions_by_id)
        for partition in self.partitions.values():
            partition.check()
        for connection in self.connections.values():
            assert connection.answers_told is False, connection.id
            assert not connection.slots or connection.slots[0] is None, connection.id

    def statistics(self) -> dict[str, Any]:
        """The insides, as plain numbers."""
        return {
            **attrs.asdict(self.counters),
            "connections": len(self.connections),
            "topics": len(self.image.topics),
            "partitions": len(self.partitions),
            "purgatory": self.purgatory.statistics(),
            "fetch_sessions": self.fetch_sessions.statistics(),
            "store": self.store.statistics(),
        }
