"""Kafka's numbers for what a config belongs to and where a config's value comes from."""

from __future__ import annotations

from enum import IntEnum


class ResourceType(IntEnum):
    """What a config belongs to."""

    UNKNOWN = 0
    TOPIC = 2
    BROKER = 4
    BROKER_LOGGER = 8
    CLIENT_METRICS = 16
    GROUP = 32

    @classmethod
    def _missing_(cls, value: object) -> ResourceType | None:
        """A type from a newer Kafka is one we do not know."""
        return cls.UNKNOWN if isinstance(value, int) else None


class ConfigSource(IntEnum):
    """Where the value of a config comes from, the more particular first."""

    UNKNOWN = 0
    DYNAMIC_TOPIC_CONFIG = 1
    DYNAMIC_BROKER_CONFIG = 2
    DYNAMIC_DEFAULT_BROKER_CONFIG = 3
    STATIC_BROKER_CONFIG = 4
    DEFAULT_CONFIG = 5
    DYNAMIC_BROKER_LOGGER_CONFIG = 6
    CLIENT_METRICS_CONFIG = 7
    GROUP_CONFIG = 8
