"""Group configs: what a group may be told by its name, and the broker configs that bound and default it (KIP-848, KIP-932, KIP-1071)."""

from collections.abc import Mapping
from typing import Protocol

from streambus.metadata.config_definitions import (
    INT_MAX,
    AtLeast,
    Between,
    ConfigDefinition,
    ConfigType,
    InvalidConfig,
    OffsetReset,
    OneOf,
    Synonym,
    Valid,
    table,
)

BOOLEAN, STRING, INT, LIST = ConfigType.BOOLEAN, ConfigType.STRING, ConfigType.INT, ConfigType.LIST


def _config(name: str, default: int | str, valid: Valid, synonym: str, text: str, kind: ConfigType = INT) -> ConfigDefinition:
    return ConfigDefinition(name, kind, str(default), valid, text, (Synonym(synonym),))


IN_KAFKA_S_ORDER: tuple[ConfigDefinition, ...] = (
    _config("consumer.session.timeout.ms", 45_000, AtLeast(1), "group.consumer.session.timeout.ms",
            "How long a member of a consumer group may be silent before it is taken for dead."),
    _config("consumer.heartbeat.interval.ms", 5_000, AtLeast(1), "group.consumer.heartbeat.interval.ms",
            "How often members of a consumer group send a heartbeat."),
    _config("consumer.assignment.interval.ms", 1_000, AtLeast(0), "group.consumer.assignment.interval.ms",
            "The shortest time between two assignments of a consumer group."),
    _config("share.session.timeout.ms", 45_000, AtLeast(1), "group.share.session.timeout.ms",
            "How long a member of a share group may be silent before it is taken for dead."),
    _config("share.heartbeat.interval.ms", 5_000, AtLeast(1), "group.share.heartbeat.interval.ms",
            "How often members of a share group send a heartbeat."),
    _config("share.record.lock.duration.ms", 30_000, AtLeast(1000), "group.share.record.lock.duration.ms",
            "How long a record that a member of a share group took is kept from the others."),
    _config("share.delivery.count.limit", 5, AtLeast(2), "group.share.delivery.count.limit",
            "How often a record is delivered to a share group before it is given up."),
    _config("share.partition.max.record.locks", 2_000, AtLeast(100), "group.share.partition.max.record.locks",
            "How many records of a partition a share group may have taken at a time."),
    _config("share.auto.offset.reset", "latest", OffsetReset(), "share.auto.offset.reset",
            "Where a share group begins to read: `earliest`, `latest`, or `by_duration:` and how far back.", STRING),
    _config("share.isolation.level", "read_uncommitted", OneOf(("read_committed", "read_uncommitted")), "share.isolation.level",
            "Whether a share group is shown records of transactions that are open or aborted.", STRING),
    _config("share.renew.acknowledge.enable", "true", None, "share.renew.acknowledge.enable",
            "Whether members of a share group may keep records longer by renewing them.", BOOLEAN),
    _config("share.assignment.interval.ms", 1_000, AtLeast(0), "group.share.assignment.interval.ms",
            "The shortest time between two assignments of a share group."),
    _config("streams.session.timeout.ms", 45_000, AtLeast(1), "group.streams.session.timeout.ms",
            "How long a member of a streams group may be silent before it is taken for dead."),
    _config("streams.heartbeat.interval.ms", 5_000, AtLeast(1), "group.streams.heartbeat.interval.ms",
            "How often members of a streams group send a heartbeat."),
    _config("streams.num.standby.replicas", 0, AtLeast(0), "group.streams.num.standby.replicas",
            "How many copies of each task's state a streams group keeps ready."),
    _config("streams.initial.rebalance.delay.ms", 3_000, AtLeast(0), "group.streams.initial.rebalance.delay.ms",
            "How long a new streams group waits for more members before its first assignment."),
    _config("streams.assignment.interval.ms", 1_000, AtLeast(0), "group.streams.assignment.interval.ms",
            "The shortest time between two assignments of a streams group."),
)  # fmt: skip
"""In this order values are looked at, and the first that is wrong is told."""

GROUP_CONFIGS: dict[str, ConfigDefinition] = table(*IN_KAFKA_S_ORDER)


def _bound(name: str, default: int, lowest: int, text: str) -> ConfigDefinition:
    return ConfigDefinition(name, INT, str(default), AtLeast(lowest), text, is_dynamic=False)


_BOUNDS = tuple(
    _bound(f"group.{kind}.{side}.{what}", default, lowest, f"The {word} that a {kind} group's {what} may be.")
    for kind, what, smallest, largest, lowest in (
        ("consumer", "session.timeout.ms", 45_000, 60_000, 1),
        ("consumer", "heartbeat.interval.ms", 5_000, 15_000, 1),
        ("consumer", "assignment.interval.ms", 0, 15_000, 0),
        ("share", "session.timeout.ms", 45_000, 60_000, 1),
        ("share", "heartbeat.interval.ms", 5_000, 15_000, 1),
        ("share", "record.lock.duration.ms", 15_000, 60_000, 1000),
        ("share", "assignment.interval.ms", 0, 15_000, 0),
        ("streams", "session.timeout.ms", 45_000, 60_000, 1),
        ("streams", "heartbeat.interval.ms", 5_000, 15_000, 1),
        ("streams", "assignment.interval.ms", 0, 15_000, 0),
    )
    for side, word, default in (("max", "most", largest), ("min", "least", smallest))
)

_OTHER_BOUNDS = (
    ConfigDefinition("group.share.max.delivery.count.limit", INT, "10", Between(5, 25),
                     "The most that a share group's delivery count limit may be.", is_dynamic=False),
    ConfigDefinition("group.share.max.partition.max.record.locks", INT, "4000", Between(2000, 20_000),
                     "The most that a share group's partition.max.record.locks may be.", is_dynamic=False),
    ConfigDefinition("group.share.min.delivery.count.limit", INT, "2", Between(2, 5),
                     "The least that a share group's delivery count limit may be.", is_dynamic=False),
    ConfigDefinition("group.share.min.partition.max.record.locks", INT, "100", Between(100, 2000),
                     "The least that a share group's partition.max.record.locks may be.", is_dynamic=False),
    ConfigDefinition("group.streams.max.standby.replicas", INT, "2", AtLeast(0),
                     "The most standby replicas that a streams group may ask for.", is_dynamic=False),
)  # fmt: skip


def _defaults() -> tuple[ConfigDefinition, ...]:
    """The broker configs that hold for groups which are not configured. Only the intervals of assignments change while a broker runs."""
    return tuple(
        ConfigDefinition(
            definition.synonyms[0].name,
            definition.type,
            definition.default,
            definition.valid,
            f"{definition.documentation} This is what groups get that do not set {definition.name}.",
            is_dynamic=definition.name.endswith("assignment.interval.ms"),
        )
        for definition in IN_KAFKA_S_ORDER
        if definition.synonyms[0].name.startswith("group.")
    )


GROUP_BROKER_CONFIGS: tuple[ConfigDefinition, ...] = (
    *_BOUNDS,
    *_OTHER_BOUNDS,
    *_defaults(),
    ConfigDefinition("group.initial.rebalance.delay.ms", INT, "3000", None,
                     "How long a new classic group waits for more members before its first rebalance.", is_dynamic=False),
    ConfigDefinition("group.max.session.timeout.ms", INT, "1800000", None,
                     "The longest session time-out that a member of a classic group may ask for.", is_dynamic=False),
    ConfigDefinition("group.max.size", INT, str(INT_MAX), AtLeast(1),
                     "How many members a classic group may have.", is_dynamic=False),
    ConfigDefinition("group.min.session.timeout.ms", INT, "6000", None,
                     "The shortest session time-out that a member of a classic group may ask for.", is_dynamic=False),
)  # fmt: skip


class Numbers(Protocol):
    """Where broker configs are found."""

    def number(self, name: str) -> int:
        """The value of a broker config."""


_LIMITS: tuple[tuple[str, str | None, str], ...] = tuple(
    (name, low if low in {bound.name for bound in GROUP_BROKER_CONFIGS} else None, high)
    for kind, what in (
        ("consumer", "heartbeat.interval.ms"),
        ("consumer", "session.timeout.ms"),
        ("consumer", "assignment.interval.ms"),
        ("share", "heartbeat.interval.ms"),
        ("share", "session.timeout.ms"),
        ("share", "record.lock.duration.ms"),
        ("share", "delivery.count.limit"),
        ("share", "partition.max.record.locks"),
        ("share", "assignment.interval.ms"),
        ("streams", "heartbeat.interval.ms"),
        ("streams", "session.timeout.ms"),
        ("streams", "assignment.interval.ms"),
    )
    for name, low, high in ((f"{kind}.{what}", f"group.{kind}.min.{what}", f"group.{kind}.max.{what}"),)
)


def check_group_settings(settings: Mapping[str, str], broker: Numbers) -> None:
    """`InvalidConfig` if a group may not be given `settings` on a broker with these bounds."""
    for name in settings:
        if name not in GROUP_CONFIGS:
            raise InvalidConfig(f"Unknown group config name: {name}")
    values = {
        definition.name: definition.parse(settings[definition.name]) for definition in IN_KAFKA_S_ORDER if definition.name in settings
    }
    standbys = values.get("streams.num.standby.replicas", 0)
    for name, low, high in _LIMITS:
        value = values.get(name, broker.number(GROUP_CONFIGS[name].synonyms[0].name))
        assert isinstance(value, int)
        if low is not None and value < broker.number(low):
            raise InvalidConfig(f"{name} must be greater than or equal to {low}")
        if value > broker.number(high):
            raise InvalidConfig(f"{name} must be less than or equal to {high}")
    assert isinstance(standbys, int)
    if standbys > broker.number("group.streams.max.standby.replicas"):
        raise InvalidConfig("streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas")
    for kind in ("consumer", "share", "streams"):
        _check_that_heartbeats_fit(kind, values, broker)


def _check_that_heartbeats_fit(kind: str, values: Mapping[str, object], broker: Numbers) -> None:
    session, heartbeat = f"{kind}.session.timeout.ms", f"{kind}.heartbeat.interval.ms"
    longest = values.get(session, broker.number(f"group.{session}"))
    between = values.get(heartbeat, broker.number(f"group.{heartbeat}"))
    assert isinstance(longest, int)
    assert isinstance(between, int)
    if longest <= between:
        raise InvalidConfig(f"{session} must be greater than {heartbeat}")


def interval_complaint(broker: Numbers) -> str | None:
    """Which of a broker's intervals between assignments is not within the broker's own bounds, as a sentence; or None."""
    for kind in ("consumer", "share", "streams"):
        name = f"group.{kind}.assignment.interval.ms"
        low, high = f"group.{kind}.min.assignment.interval.ms", f"group.{kind}.max.assignment.interval.ms"
        if broker.number(name) < broker.number(low):
            return f"{name} must be greater than or equal to {low}"
        if broker.number(name) > broker.number(high):
            return f"{name} must be less than or equal to {high}"
    return None
