"""Effective configs: which of several values holds for a topic, and those that the broker acts upon as plain numbers."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from attrs import fields

from streambus.kernel import message
from streambus.metadata.broker_configs import BrokerProperties
from streambus.metadata.config_definitions import ConfigDefinition, Value
from streambus.metadata.topic_configs import TOPIC_CONFIGS


def effective_text(definition: ConfigDefinition, settings: Mapping[str, str], properties: BrokerProperties) -> str:
    """What holds for a topic with `settings` on a broker with `properties`: its own, else the broker's, else the default."""
    own = settings.get(definition.name)
    if own is not None:
        return own.strip()
    for synonym in definition.synonyms:
        text = properties.settings.get(synonym.name)
        if text is not None:
            return text if len(definition.synonyms) == 1 else str(_in_milliseconds(int(text), synonym.factor))
    assert definition.default is not None
    return definition.default


def _in_milliseconds(number: int, factor: int) -> int:
    # A retention of minus anything is no limit, in whatever unit it was said.
    return number * factor if number >= 0 else -1


@message
class TopicConfig:
    """What governs one topic, parsed once: cheap enough for every batch. `None` for a retention is no limit."""

    max_message_bytes: int
    min_insync_replicas: int
    is_log_append_time: bool
    message_timestamp_before_max_ms: int
    message_timestamp_after_max_ms: int
    compression_type: str
    compression_gzip_level: int
    compression_lz4_level: int
    compression_zstd_level: int
    cleanup_policy: tuple[str, ...]
    retention_ms: int | None
    retention_bytes: int | None
    segment_bytes: int
    segment_ms: int
    delete_retention_ms: int
    min_compaction_lag_ms: int
    max_compaction_lag_ms: int
    min_cleanable_dirty_millionths: int

    @property
    def is_compacted(self) -> bool:
        """Whether only the newest record of each key has to stay."""
        return "compact" in self.cleanup_policy

    @property
    def is_deleted(self) -> bool:
        """Whether records that are past the retention limits are dropped."""
        return "delete" in self.cleanup_policy

    def differences(self, other: "TopicConfig") -> dict[str, Any]:
        """What `other` has that is different, by field."""
        names = [field.name for field in fields(TopicConfig)]  # type: ignore[arg-type]
        return {name: getattr(other, name) for name in names if getattr(other, name) != getattr(self, name)}

    @classmethod
    def of(cls, settings: Mapping[str, str], properties: BrokerProperties) -> "TopicConfig":
        """What governs a topic with `settings` on a broker with `properties`."""

        def value(name: str) -> Value:
            definition = TOPIC_CONFIGS[name]
            return definition.parse(effective_text(definition, settings, properties))

        def number(name: str) -> int:
            found = value(name)
            assert isinstance(found, int)
            return found

        policy, dirty_ratio = value("cleanup.policy"), value("min.cleanable.dirty.ratio")
        assert isinstance(policy, tuple)
        assert isinstance(dirty_ratio, Decimal)
        return cls(
            max_message_bytes=number("max.message.bytes"),
            min_insync_replicas=number("min.insync.replicas"),
            is_log_append_time=value("message.timestamp.type") == "LogAppendTime",
            message_timestamp_before_max_ms=number("message.timestamp.before.max.ms"),
            message_timestamp_after_max_ms=number("message.timestamp.after.max.ms"),
            compression_type=str(value("compression.type")),
            compression_gzip_level=number("compression.gzip.level"),
            compression_lz4_level=number("compression.lz4.level"),
            compression_zstd_level=number("compression.zstd.level"),
            cleanup_policy=policy,
            retention_ms=_unless_negative(number("retention.ms")),
            retention_bytes=_unless_negative(number("retention.bytes")),
            segment_bytes=number("segment.bytes"),
            segment_ms=number("segment.ms"),
            delete_retention_ms=number("delete.retention.ms"),
            min_compaction_lag_ms=number("min.compaction.lag.ms"),
            max_compaction_lag_ms=number("max.compaction.lag.ms"),
            min_cleanable_dirty_millionths=int(dirty_ratio * 1_000_000),
        )


def _unless_negative(number: int) -> int | None:
    return number if number >= 0 else None
