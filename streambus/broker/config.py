"""What a broker is told when it is born. Nothing else about the world reaches it but events."""

from streambus.kernel import SECOND, message
from streambus.storage import StoreConfig


@message
class Listener:
    """An address that clients are told to connect to. `name` says on which listener they asked."""

    name: str
    host: str
    port: int


@message
class Limits:
    """How much of everything; whoever exceeds one is slowed down or refused, never the others."""

    connections_max: int = 50_000
    """Kafka's `max.connections` is unlimited; a process has only so many descriptors."""

    frame_bytes_max: int = 100 * 1024 * 1024
    """Kafka's `socket.request.max.bytes`."""

    pipelined_requests_max: int = 256
    """Unanswered requests of one connection before we stop reading from it."""

    requests_at_once_max: int = 16
    """Requests of one connection that are carried out before others have their turn."""

    answer_bytes_max: int = 1024 * 1024
    """Bytes of answers that one connection is given at once. If it has asked for more, it must take these first."""

    pending_bytes_max: int = 64 * 1024 * 1024
    """Bytes appended but not yet durable before we stop reading from everyone who produces."""

    delayed_requests_max: int = 200_000
    """Requests in purgatory: above it they are answered at once, as if their time were up."""

    fetch_bytes_max: int = 55 * 1024 * 1024
    """Kafka's `fetch.max.bytes` of the broker."""

    fetch_sessions_max: int = 1_000
    """Kafka's `max.incremental.fetch.session.cache.slots` (KIP-227)."""

    fetch_session_eviction: int = 120 * SECOND
    """A session unused for this long may make room for another (KIP-227)."""

    connection_idle_max: int = 600 * SECOND
    """Kafka's `connections.max.idle.ms`."""


@message
class BrokerConfig:
    """One broker: who it is, how it is reached, where its limits are.

    `properties` are Kafka's broker settings by their Kafka names, as text; the ones that are not given have Kafka's defaults.
    """

    node_id: int = 1
    listeners: tuple[Listener, ...] = (Listener("PLAINTEXT", "127.0.0.1", 9092),)
    store: StoreConfig = StoreConfig()
    properties: tuple[tuple[str, str], ...] = ()
    limits: Limits = Limits()
    latest_versions: tuple[tuple[int, int], ...] = ()
    """API keys of which this broker speaks no newer version than the one beside it, as an older release does. While a cluster is upgraded
    broker by broker, its brokers need not agree."""

    log_dir: str = "/streambus"
    """What the folder with the data is called when somebody asks where partitions are kept."""

    has_room: bool = True
    """Whether there is room on the disk. If not, records are refused in this life, and what deletes goes on."""
