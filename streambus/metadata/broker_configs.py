"""Broker configs: those that this broker has, with Kafka's names and defaults, and the values one broker was started with."""

from collections.abc import Iterable, Mapping

from attrs import evolve

from streambus.metadata.config_definitions import (
    INT_MAX,
    AtLeast,
    ConfigDefinition,
    ConfigType,
    InvalidConfig,
    Valid,
    table,
)
from streambus.metadata.group_configs import GROUP_BROKER_CONFIGS
from streambus.metadata.topic_configs import TOPIC_CONFIGS

BOOLEAN, STRING, INT, LONG, LIST = ConfigType.BOOLEAN, ConfigType.STRING, ConfigType.INT, ConfigType.LONG, ConfigType.LIST


def _config(name: str, kind: ConfigType, default: int | str | None, valid: Valid, text: str) -> ConfigDefinition:
    return ConfigDefinition(name, kind, None if default is None else str(default), valid, text, is_dynamic=False)


_OWN = (
    _config("advertised.listeners", LIST, None, None, "What clients are told to connect to, by listener: `NAME://host:port`."),
    _config("auto.create.topics.enable", BOOLEAN, "true", None, "Whether a topic is made when a client asks for one that does not exist."),
    _config("broker.id", INT, -1, None, "The number of this broker in its cluster, by its older name."),
    _config("broker.rack", STRING, None, None, "Where this broker stands. Replicas of a partition are spread over racks."),
    _config("connections.max.idle.ms", LONG, 600_000, None, "How long a connection may be silent before it is closed."),
    _config("default.replication.factor", INT, 1, AtLeast(1), "How many replicas a topic gets when its creator does not say."),
    _config("delete.topic.enable", BOOLEAN, "true", None, "Whether topics may be deleted."),
    _config("fetch.max.bytes", INT, 55 * 2**20, AtLeast(1024), "The most that one fetch is answered with, in bytes."),
    _config("listeners", LIST, None, None, "What this broker listens on, by listener: `NAME://host:port`."),
    _config("log.cleaner.backoff.ms", LONG, 15_000, AtLeast(0), "How long to wait before looking again for logs that are worth cleaning."),
    _config("log.dirs", LIST, None, None, "The folders that hold this broker's data."),
    _config(
        "log.retention.check.interval.ms", LONG, 300_000, AtLeast(1), "How often to look for records that are past the retention limits."
    ),
    _config(
        "max.connections", INT, INT_MAX, AtLeast(0), "How many connections this broker has at most. Those above it are closed at once."
    ),
    _config(
        "max.incremental.fetch.session.cache.slots", INT, 1000, AtLeast(0), "How many incremental fetch sessions are remembered (KIP-227)."
    ),
    _config(
        "max.request.partition.size.limit", INT, 2000, AtLeast(1), "The most partitions that one DescribeTopicPartitions answer describes."
    ),
    _config("node.id", INT, None, AtLeast(0), "The number of this broker in its cluster."),
    _config("num.partitions", INT, 1, AtLeast(1), "How many partitions a topic gets when its creator does not say."),
    _config("process.roles", LIST, None, None, "What this node is."),
    _config("producer.id.expiration.ms", INT, 86_400_000, AtLeast(1), "How long an idle producer's sequence numbers are remembered."),
    _config("remote.log.storage.system.enable", BOOLEAN, "false", None, "Whether topics may have remote storage."),
    _config("socket.request.max.bytes", INT, 100 * 2**20, AtLeast(1), "The largest request that is accepted, in bytes."),
)

_OWN_DYNAMIC = ("log.cleaner.backoff.ms", "max.connections", "producer.id.expiration.ms")
"""Those of this broker's own that may change while it runs."""

_SYNONYMS: dict[str, tuple[ConfigType, str | None, Valid]] = {
    "log.flush.interval.ms": (LONG, None, None),
    "log.retention.hours": (INT, "168", None),
    "log.retention.minutes": (INT, None, None),
    "log.retention.ms": (LONG, None, None),
    "log.roll.hours": (INT, "168", AtLeast(1)),
    "log.roll.jitter.hours": (INT, "0", AtLeast(0)),
    "log.roll.jitter.ms": (LONG, None, None),
    "log.roll.ms": (LONG, None, None),
}
"""Synonyms whose type, default or range is not the topic config's. Of a group in several units, only the coarsest has a default."""

_STATIC_SYNONYMS = (
    "log.flush.scheduler.interval.ms",
    "log.retention.hours",
    "log.retention.minutes",
    "log.roll.hours",
    "log.roll.jitter.hours",
)
"""Synonyms that only a restart changes; all others are dynamic."""


def _synonyms() -> Iterable[ConfigDefinition]:
    for topic_config in TOPIC_CONFIGS.values():
        for synonym in topic_config.synonyms:
            kind, default, valid = _SYNONYMS.get(synonym.name, (topic_config.type, topic_config.default, topic_config.valid))
            text = f"{topic_config.documentation} This is what topics get that do not set {topic_config.name}."
            is_dynamic = synonym.name not in _STATIC_SYNONYMS
            yield ConfigDefinition(synonym.name, kind, default, valid, text, is_dynamic=is_dynamic)


def _own() -> Iterable[ConfigDefinition]:
    for definition in _OWN:
        yield evolve(definition, is_dynamic=definition.name in _OWN_DYNAMIC)


BROKER_CONFIGS: dict[str, ConfigDefinition] = table(*_own(), *_synonyms(), *GROUP_BROKER_CONFIGS)

ALIASES: dict[str, tuple[str, ...]] = {
    name: family
    for family in (
        ("log.roll.ms", "log.roll.hours"),
        ("log.roll.jitter.ms", "log.roll.jitter.hours"),
        ("log.flush.interval.ms", "log.flush.scheduler.interval.ms"),
        ("log.retention.ms", "log.retention.minutes", "log.retention.hours"),
    )
    for name in family
    if name != "log.flush.scheduler.interval.ms"
}
"""Configs that say the same in several units, the one that is asked first in front."""


def broker_number(text: str) -> int | None:
    """The number of a broker that the name of a resource says, if it says one: nothing may stand around it."""
    if text != text.strip():
        return None
    try:
        value = BROKER_CONFIGS["broker.id"].parse(text)
    except InvalidConfig:
        return None
    assert isinstance(value, int)
    return value


class BrokerProperties:
    """What holds for one broker: checked texts by name, and as numbers those that decisions need.

    Raises `InvalidConfig` for a name that is not known or a value that is not allowed.
    """

    __slots__ = ("auto_create_topics_enable", "default_replication_factor", "delete_topic_enable", "node_id", "num_partitions", "settings")

    def __init__(self, settings: Iterable[tuple[str, str]] = (), node_id: int = 1) -> None:
        self.node_id = node_id
        self.settings = {name: text.strip() for name, text in sorted(settings)}
        for name, text in self.settings.items():
            if name not in BROKER_CONFIGS:
                raise InvalidConfig(f"Unknown broker config name: {name}")
            BROKER_CONFIGS[name].parse(text)
        complaint = unit_complaint(self.settings)
        if complaint is not None:
            raise InvalidConfig(complaint)
        self._read()

    def _read(self) -> None:
        self.auto_create_topics_enable = self.number("auto.create.topics.enable") != 0
        self.default_replication_factor = self.number("default.replication.factor")
        self.delete_topic_enable = self.number("delete.topic.enable") != 0
        self.num_partitions = self.number("num.partitions")

    def under(self, *layers: Mapping[str, str]) -> "BrokerProperties":
        """What holds when each of `layers` speaks before what is below it. They were checked when they were written."""
        above = BrokerProperties((), self.node_id)
        above.settings = {name: text for layer in (self.settings, *layers) for name, text in layer.items()}
        above._read()
        return above

    def text(self, name: str) -> str | None:
        """The value of `name`: as set, else its default."""
        return self.settings.get(name, BROKER_CONFIGS[name].default)

    def number(self, name: str) -> int:
        """The value of a config that is a number or a truth and always has one."""
        value = BROKER_CONFIGS[name].parse(self.text(name) or "")
        assert isinstance(value, int), f"{name} is not a number"
        return int(value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BrokerProperties) and (self.settings, self.node_id) == (other.settings, other.node_id)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"BrokerProperties({tuple(self.settings.items())!r}, node_id={self.node_id})"


_UNITS: tuple[tuple[str, int, str], ...] = (
    ("log.roll.ms", 1, "greater than or equal to 1"),
    ("log.roll.jitter.ms", 0, "greater than or equal to 0"),
    ("log.retention.ms", 1, "unlimited (-1) or, greater than or equal to 1"),
    ("log.retention.minutes", 1, "unlimited (-1) or, greater than or equal to 1"),
    ("log.retention.hours", 1, "unlimited (-1) or, greater than or equal to 1"),
)


def unit_complaint(settings: Mapping[str, str]) -> str | None:
    """What is wrong with times that are asked about as a whole, whatever unit they are said in; or None."""
    for name, lowest, words in _UNITS:
        text = settings.get(name)
        if text is None:
            continue
        value = BROKER_CONFIGS[name].parse(text)
        assert isinstance(value, int)
        is_unlimited = value < 0 and name.startswith("log.retention")
        if value < lowest and not is_unlimited:
            return f"requirement failed: {name} must be {words}"
    return None
