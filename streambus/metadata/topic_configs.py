"""Topic configs: Kafka 4.3's table, and whether settings may be given to a topic.

All of them are known, checked, kept and described, so that any tool's request is understood. Those that are acted upon are in `TopicConfig`
(`effective_configs`); of every other one its documentation says why it makes no difference here. `docs/topic-configs.md` lists both kinds.
"""

from collections.abc import Mapping
from typing import Protocol

from streambus.metadata.config_definitions import (
    LONG_MAX,
    AtLeast,
    Between,
    ConfigDefinition,
    ConfigType,
    InvalidConfig,
    OneOf,
    ReplicaList,
    SomeOf,
    Synonym,
    Valid,
    table,
)

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MINUTE_MS = 60_000

BOOLEAN, STRING, INT, LONG, DOUBLE, LIST = (
    ConfigType.BOOLEAN,
    ConfigType.STRING,
    ConfigType.INT,
    ConfigType.LONG,
    ConfigType.DOUBLE,
    ConfigType.LIST,
)


def _config(
    name: str, kind: ConfigType, default: int | str, valid: Valid, synonyms: str | tuple[Synonym, ...], text: str
) -> ConfigDefinition:
    named = (Synonym(synonyms),) if isinstance(synonyms, str) and synonyms else synonyms or ()
    assert not isinstance(named, str)
    return ConfigDefinition(name, kind, str(default), valid, text, named)


TOPIC_CONFIGS: dict[str, ConfigDefinition] = table(
    _config(
        "cleanup.policy", LIST, "delete", SomeOf(("compact", "delete")), "log.cleanup.policy",
        "What becomes of old records: `delete` drops those past the retention limits, `compact` keeps the newest of every key. "
        "Both may be named together; none keeps everything.",
    ),
    _config(
        "compression.gzip.level", INT, -1, Between(1, 9, also=-1), "compression.gzip.level",
        "How hard gzip tries, from 1 to 9; -1 is its own choice. Used when compression.type is gzip.",
    ),
    _config(
        "compression.lz4.level", INT, 9, Between(1, 17), "compression.lz4.level",
        "How hard lz4 tries, from 1 to 17. Used when compression.type is lz4.",
    ),
    _config(
        "compression.type", STRING, "producer", OneOf(("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")), "compression.type",
        "The codec that batches are stored with. `producer` keeps whatever the producer chose; `uncompressed` stores none.",
    ),
    _config(
        "compression.zstd.level", INT, 3, Between(-131072, 22), "compression.zstd.level",
        "How hard zstd tries, from -131072 to 22. Used when compression.type is zstd.",
    ),
    _config(
        "delete.retention.ms", LONG, DAY_MS, AtLeast(0), "log.cleaner.delete.retention.ms",
        "How long the tombstones of a compacted topic stay, and so how long a reader from the start may take to see them all.",
    ),
    _config(
        "file.delete.delay.ms", LONG, MINUTE_MS, AtLeast(0), "log.segment.delete.delay.ms",
        "How long a file that is no longer needed stays in the file system. It makes no difference here: files are shared by all topics.",
    ),
    _config(
        "flush.messages", LONG, LONG_MAX, AtLeast(1), "log.flush.interval.messages",
        "Sync after so many records. It makes no difference here: every acknowledged record has been synced.",
    ),
    _config(
        "flush.ms", LONG, LONG_MAX, AtLeast(0), (Synonym("log.flush.interval.ms"), Synonym("log.flush.scheduler.interval.ms")),
        "Sync after so many milliseconds. It makes no difference here: every acknowledged record has been synced.",
    ),
    _config(
        "follower.replication.throttled.replicas", LIST, "", ReplicaList(), "",
        "The replicas whose replication is slowed on the follower's side: `partition:broker` pairs, or `*` for all. "
        "It makes no difference here: nothing is replicated.",
    ),
    _config(
        "index.interval.bytes", INT, 4096, AtLeast(0), "log.index.interval.bytes",
        "How many bytes of records there may be between two entries of the offset index. It makes no difference here: every batch has one.",
    ),
    _config(
        "leader.replication.throttled.replicas", LIST, "", ReplicaList(), "",
        "The replicas whose replication is slowed on the leader's side: `partition:broker` pairs, or `*` for all. "
        "It makes no difference here: nothing is replicated.",
    ),
    _config(
        "local.retention.bytes", LONG, -2, AtLeast(-2), "log.local.retention.bytes",
        "How many bytes of a partition stay on local disks once they are in remote storage. -2 means retention.bytes, -1 all. "
        "It makes no difference here: there is no remote storage.",
    ),
    _config(
        "local.retention.ms", LONG, -2, AtLeast(-2), "log.local.retention.ms",
        "How long records stay on local disks once they are in remote storage. -2 means retention.ms, -1 for ever. "
        "It makes no difference here: there is no remote storage.",
    ),
    _config(
        "max.compaction.lag.ms", LONG, LONG_MAX, AtLeast(1), "log.cleaner.max.compaction.lag.ms",
        "The longest time a record of a compacted topic may stay out of reach of the cleaner, and a log that has it uncleaned.",
    ),
    _config(
        "max.message.bytes", INT, 1_048_588, AtLeast(0), "message.max.bytes",
        "The largest record batch that is accepted, in bytes, as it comes: compressed, header included.",
    ),
    _config(
        "message.timestamp.after.max.ms", LONG, HOUR_MS, AtLeast(0), "log.message.timestamp.after.max.ms",
        "How far a record's timestamp may lie in the future of the broker's clock. Only used with CreateTime.",
    ),
    _config(
        "message.timestamp.before.max.ms", LONG, LONG_MAX, AtLeast(0), "log.message.timestamp.before.max.ms",
        "How far a record's timestamp may lie in the past of the broker's clock. Only used with CreateTime.",
    ),
    _config(
        "message.timestamp.type", STRING, "CreateTime", OneOf(("CreateTime", "LogAppendTime")), "log.message.timestamp.type",
        "Whose clock stamps records: the producer's (CreateTime) or the broker's (LogAppendTime).",
    ),
    _config(
        "min.cleanable.dirty.ratio", DOUBLE, "0.5", Between(0, 1), "log.cleaner.min.cleanable.ratio",
        "The share of a compacted log that must be uncleaned before it is worth cleaning.",
    ),
    _config(
        "min.compaction.lag.ms", LONG, 0, AtLeast(0), "log.cleaner.min.compaction.lag.ms",
        "The shortest time a record of a compacted topic stays out of reach of the cleaner.",
    ),
    _config(
        "min.insync.replicas", INT, 1, AtLeast(1), "min.insync.replicas",
        "How many replicas must have a record before a producer with acks=all is told so. With fewer in sync it is refused; "
        "a partition with fewer replicas needs all that it has.",
    ),
    _config(
        "preallocate", BOOLEAN, "false", None, "log.preallocate",
        "Whether the file of a new segment is given its full size at once. It makes no difference here: segments are shared by all topics.",
    ),
    _config(
        "remote.log.copy.disable", BOOLEAN, "false", None, "",
        "Whether records already in remote storage are only read there and nothing is added. "
        "It makes no difference here: there is no remote storage.",
    ),
    _config(
        "remote.log.delete.on.disable", BOOLEAN, "false", None, "",
        "Whether what is in remote storage is deleted when remote storage is switched off for the topic. "
        "It makes no difference here: there is no remote storage.",
    ),
    _config(
        "remote.storage.enable", BOOLEAN, "false", None, "",
        "Whether segments are moved to remote storage. There is none here, so that it cannot be switched on.",
    ),
    _config(
        "retention.bytes", LONG, -1, None, "log.retention.bytes",
        "How many bytes a partition may have before the oldest are dropped, if cleanup.policy has delete. -1 is no limit.",
    ),
    _config(
        "retention.ms", LONG, 7 * DAY_MS, AtLeast(-1),
        (Synonym("log.retention.ms"), Synonym("log.retention.minutes", MINUTE_MS), Synonym("log.retention.hours", HOUR_MS)),
        "How long records stay before they are dropped, if cleanup.policy has delete. -1 is for ever.",
    ),
    _config(
        "segment.bytes", INT, 2**30, AtLeast(2**20), "log.segment.bytes",
        "How large a segment of the log may be, and so how large a batch. Segments are shared by all topics here, and retention does not "
        "wait for their ends.",
    ),
    _config(
        "segment.index.bytes", INT, 10 * 2**20, AtLeast(4), "log.index.size.max.bytes",
        "How large the offset index of a segment may become. It makes no difference here: there is no such file.",
    ),
    _config(
        "segment.jitter.ms", LONG, 0, AtLeast(0), (Synonym("log.roll.jitter.ms"), Synonym("log.roll.jitter.hours", HOUR_MS)),
        "The most that is taken off segment.ms at random, so that many partitions do not begin new segments at once. "
        "It makes no difference here: segments are shared by all topics.",
    ),
    _config(
        "segment.ms", LONG, 7 * DAY_MS, AtLeast(1), (Synonym("log.roll.ms"), Synonym("log.roll.hours", HOUR_MS)),
        "How old a segment becomes before the next is begun even if it is not full, and so how long records of a quiet compacted topic "
        "may stay out of reach of the cleaner. Retention does not wait for it.",
    ),
    _config(
        "unclean.leader.election.enable", BOOLEAN, "false", None, "unclean.leader.election.enable",
        "Whether a replica that lacks acknowledged records may lead when no other is left: availability paid for with records. "
        "It makes no difference here: the only replica lacks nothing that it acknowledged.",
    ),
)  # fmt: skip


IN_KAFKA_S_ORDER = (
    "segment.bytes",
    "segment.ms",
    "segment.jitter.ms",
    "segment.index.bytes",
    "flush.messages",
    "flush.ms",
    "retention.bytes",
    "retention.ms",
    "max.message.bytes",
    "index.interval.bytes",
    "delete.retention.ms",
    "min.compaction.lag.ms",
    "max.compaction.lag.ms",
    "file.delete.delay.ms",
    "min.cleanable.dirty.ratio",
    "cleanup.policy",
    "unclean.leader.election.enable",
    "min.insync.replicas",
    "compression.type",
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.zstd.level",
    "preallocate",
    "message.timestamp.type",
    "message.timestamp.before.max.ms",
    "message.timestamp.after.max.ms",
    "leader.replication.throttled.replicas",
    "follower.replication.throttled.replicas",
    "remote.storage.enable",
    "local.retention.ms",
    "local.retention.bytes",
    "remote.log.copy.disable",
    "remote.log.delete.on.disable",
)
"""Of several values that are wrong, the first in this order is the one that is told."""

TOPIC_SYNONYMS = {synonym.name: definition.name for definition in TOPIC_CONFIGS.values() for synonym in definition.synonyms}
"""Broker configs that speak for topics that do not speak for themselves, and of which topic config they speak."""


class Lags(Protocol):
    """What holds where a topic has no settings."""

    @property
    def min_compaction_lag_ms(self) -> int:
        """The broker's `log.cleaner.min.compaction.lag.ms`."""

    @property
    def max_compaction_lag_ms(self) -> int:
        """The broker's `log.cleaner.max.compaction.lag.ms`."""


def checked_topic_settings(settings: Mapping[str, str | None], defaults: Lags | None = None) -> dict[str, str]:
    """`settings` in the order of names; `InvalidConfig` if a topic may not be given them where `defaults` hold for the others."""
    checked = {name: value for name, value in settings.items() if value is not None}
    if len(checked) < len(settings):
        missing = [name for name in settings if name not in checked]
        raise InvalidConfig(f"Null value not supported for topic configs: {','.join(missing)}")
    for name in checked:
        if name not in TOPIC_CONFIGS:
            raise InvalidConfig(f"Unknown topic config name: {name}")
    values = {name: TOPIC_CONFIGS[name].parse(checked[name]) for name in IN_KAFKA_S_ORDER if name in checked}
    shortest = values.get("min.compaction.lag.ms", defaults.min_compaction_lag_ms if defaults is not None else 0)
    longest = values.get("max.compaction.lag.ms", defaults.max_compaction_lag_ms if defaults is not None else LONG_MAX)
    _check_compaction_lags(shortest, longest)
    if values.get("remote.storage.enable"):
        raise InvalidConfig("Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.")
    return dict(sorted(checked.items()))


def _check_compaction_lags(shortest: object, longest: object) -> None:
    assert isinstance(shortest, int)
    assert isinstance(longest, int)
    if shortest > longest:
        raise InvalidConfig(
            f"conflict topic config setting min.compaction.lag.ms ({shortest}) > max.compaction.lag.ms ({longest})",
        )
