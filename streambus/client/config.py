"""What a client is told when it is born. Nothing else about the world reaches it but events. Durations are microseconds."""

from enum import IntEnum

from streambus.kernel import MILLISECOND, SECOND, message
from streambus.records import Codec

IDEMPOTENT_IN_FLIGHT_MAX = 5
"""A broker remembers the last five batches of a producer in a partition: more in flight could not be told from duplicates."""

BootstrapServers = tuple[tuple[str, int], ...]
"""Where to begin: `(host, port)` of some brokers. The others are learned from them."""


class Acks(IntEnum):
    """Who must have a batch before it counts as written: nobody is asked, the leader, or all in-sync replicas."""

    NONE = 0
    LEADER = 1
    ALL = -1


class OffsetReset(IntEnum):
    """Where a consumer goes when its position is outside of the log (Kafka's `auto.offset.reset`)."""

    NONE = 0
    LATEST = -1
    EARLIEST = -2


class Isolation(IntEnum):
    """Which records a consumer asks for (Kafka's `isolation.level`)."""

    READ_UNCOMMITTED = 0
    READ_COMMITTED = 1


@message
class NetworkConfig:
    """How a client treats its connections."""

    connect_timeout: int = 10 * SECOND
    """From dialling to the end of the handshake (Kafka's `socket.connection.setup.timeout.ms`)."""

    request_timeout: int = 30 * SECOND
    """From sending a request to its response, beyond what the request itself asks the broker to wait."""

    reconnect_backoff: int = 50 * MILLISECOND
    reconnect_backoff_max: int = 1 * SECOND

    idle_max: int = 540 * SECOND
    """A connection nobody used for this long is closed; below the brokers' own limit, so that we are first."""

    health_check_interval: int = 30 * SECOND
    """A connection that was silent for this long is asked whether it is still there, before somebody needs it."""

    pipelined_requests_max: int = 64
    """Requests without an answer on one connection; more wait inside."""

    latest_versions: tuple[tuple[int, int], ...] = ()
    """API keys of which no newer version is spoken than the one beside it, as an older release does."""

    retry_backoff: int = 100 * MILLISECOND
    retry_backoff_max: int = 1 * SECOND

    metadata_age_max: int = 300 * SECOND
    """Metadata older than this is asked for again even if nothing went wrong."""


@message
class ProducerConfig:
    """One producer."""

    bootstrap: BootstrapServers
    client_id: str = "streambus"
    acks: Acks = Acks.ALL
    idempotent: bool = True
    """Whether a batch that is sent twice is written once. Needs `acks` of ALL and at most five requests in flight."""

    codec: Codec = Codec.NONE
    linger: int = 5 * MILLISECOND
    """How long a record may wait for company. Zero: no longer than the burst in which it came."""

    batch_bytes_max: int = 16 * 1024
    request_bytes_max: int = 1024 * 1024
    buffer_bytes_max: int = 32 * 1024 * 1024
    """Bytes of records accepted and not yet answered; beyond it a `Produce` fails at once."""

    in_flight_max: int = 5
    """Produce requests without an answer per broker. More than one without idempotence may change the order on retries."""

    delivery_timeout: int = 120 * SECOND
    """From `Produce` to its answer, whatever happens."""

    first_sequence: int = 0
    """Where a producer id that no broker has seen begins to number its records in each partition. Anything but 0 is only good for
    looking at what happens when the numbers come to their end, at 2^31 - 1, and go on at 0."""

    allow_auto_topic_creation: bool = True
    network: NetworkConfig = NetworkConfig()

    def __attrs_post_init__(self) -> None:
        if self.idempotent and (self.acks != Acks.ALL or self.in_flight_max > IDEMPOTENT_IN_FLIGHT_MAX):
            raise ValueError(f"an idempotent producer needs acks=ALL and at most {IDEMPOTENT_IN_FLIGHT_MAX} requests in flight")


@message
class ConsumerConfig:
    """One consumer."""

    bootstrap: BootstrapServers
    client_id: str = "streambus"
    offset_reset: OffsetReset = OffsetReset.LATEST
    isolation: Isolation = Isolation.READ_UNCOMMITTED
    fetch_bytes_min: int = 1
    fetch_bytes_max: int = 50 * 1024 * 1024
    partition_fetch_bytes_max: int = 1024 * 1024
    fetch_wait_max: int = 500 * MILLISECOND
    """How long a broker may hold a fetch that has less than `fetch_bytes_min` to say."""

    prefetch_bytes_max: int = 8 * 1024 * 1024
    """With this much fetched and not yet polled, no more is asked for."""

    operation_timeout: int = 60 * SECOND
    """The longest an `Assign`, `Seek` or `ListOffsets` may take (Kafka's `default.api.timeout.ms`)."""

    allow_auto_topic_creation: bool = False
    network: NetworkConfig = NetworkConfig()


@message
class AdminConfig:
    """One admin client."""

    bootstrap: BootstrapServers
    client_id: str = "streambus"
    operation_timeout: int = 60 * SECOND
    """From `Ask` to its answer, whatever happens."""

    network: NetworkConfig = NetworkConfig()
