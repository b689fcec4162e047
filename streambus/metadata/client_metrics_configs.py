"""Client metrics subscriptions (KIP-714): which clients are asked for which of their metrics, and how often."""

import re
from collections.abc import Mapping

from streambus.metadata.config_definitions import ConfigDefinition, ConfigType, InvalidConfig, SomeOf, table

INTERVAL_MIN_MS = 100
INTERVAL_MAX_MS = 3_600_000

IN_KAFKA_S_ORDER = (
    ConfigDefinition("metrics", ConfigType.LIST, "", SomeOf(),
                     "Which metrics, by the beginnings of their names. `*` is all of them, none ends the subscription."),
    ConfigDefinition("interval.ms", ConfigType.INT, "300000", None,
                     f"How often metrics are sent, from {INTERVAL_MIN_MS} to {INTERVAL_MAX_MS}."),
    ConfigDefinition("match", ConfigType.LIST, "", SomeOf(),
                     "Which clients: `selector=pattern` pairs that must all fit. Without any, all clients."),
)  # fmt: skip
"""In this order values are looked at, and the first that is wrong is told."""

CLIENT_METRICS_CONFIGS: dict[str, ConfigDefinition] = table(*IN_KAFKA_S_ORDER)

SELECTORS = (
    "client_id",
    "client_instance_id",
    "client_software_name",
    "client_software_version",
    "client_source_address",
    "client_source_port",
)
"""What a client can be known by."""


class InvalidSubscription(ValueError):
    """Settings of a subscription are refused as a whole request is, not as a config. The text is for the person who set them."""


def check_subscription(settings: Mapping[str, str]) -> None:
    """`InvalidConfig` or `InvalidSubscription` if a subscription may not be given `settings`."""
    for name in settings:
        if name not in CLIENT_METRICS_CONFIGS:
            raise InvalidSubscription(f"Unknown client metrics configuration: {name}")
    values = {
        definition.name: definition.parse(settings[definition.name]) for definition in IN_KAFKA_S_ORDER if definition.name in settings
    }
    interval = values.get("interval.ms", INTERVAL_MAX_MS)
    assert isinstance(interval, int)
    if not INTERVAL_MIN_MS <= interval <= INTERVAL_MAX_MS:
        allowed = f"between {INTERVAL_MIN_MS} and {INTERVAL_MAX_MS} (1 hour)"
        raise InvalidSubscription(f"Invalid value {interval} for interval.ms, interval must be {allowed}")
    patterns = values.get("match", ())
    assert isinstance(patterns, tuple)
    for pattern in patterns:
        if not _is_pattern(pattern):
            raise InvalidConfig(f"Illegal client matching pattern: {pattern}")


def _is_pattern(text: str) -> bool:
    selector, *expressions = (part.strip() for part in text.split("="))
    if selector not in SELECTORS or len(expressions) != 1 or not expressions[0]:
        return False
    try:
        re.compile(expressions[0])
    except (re.error, RecursionError, OverflowError):
        return False
    return True
