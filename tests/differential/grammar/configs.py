"""Requests about the configs of topics, brokers, groups, client metrics and loggers."""

from __future__ import annotations

from .model import Body, Dice, Model

TOPIC, BROKER, LOGGER, CLIENT_METRICS, GROUP = 2, 4, 8, 16, 32

TOPIC_CONFIGS: dict[str, tuple[str | None, ...]] = {
    "cleanup.policy": ("compact", "delete", "compact,delete", "", "none", "Delete", "delete,delete", " delete"),
    "compression.type": ("producer", "gzip", "snappy", "lz4", "zstd", "uncompressed", "none", "brotli"),
    "compression.gzip.level": ("-1", "5", "0", "9", "10"),
    "compression.lz4.level": ("1", "17", "0", "18"),
    "compression.zstd.level": ("3", "-7", "22", "23"),
    "delete.retention.ms": ("0", "86400000", "-1"),
    "file.delete.delay.ms": ("0", "1000", "-1"),
    "flush.messages": ("1", "1000", "0"),
    "flush.ms": ("0", "1000", "-1"),
    "index.interval.bytes": ("0", "4096", "-1"),
    "max.compaction.lag.ms": ("1", "1000", "0"),
    "max.message.bytes": ("1048588", "200", "100", "0", "-1"),
    "message.timestamp.type": ("CreateTime", "LogAppendTime", "createtime", "Other"),
    "message.timestamp.before.max.ms": ("9223372036854775807", "3600000", "0", "-1"),
    "message.timestamp.after.max.ms": ("3600000", "9223372036854775807", "0", "-1"),
    "min.cleanable.dirty.ratio": ("0.5", "0", "1", "1.1", "-0.1", "half"),
    "min.compaction.lag.ms": ("0", "1000", "-1"),
    "min.insync.replicas": ("1", "2", "0"),
    "preallocate": ("false", "true", "yes", "TRUE"),
    "retention.bytes": ("-1", "1000000", "0", "-2"),
    "retention.ms": ("604800000", "-1", "3600000", "0", "-2", "soon", "", " 5 "),
    "segment.bytes": ("1048576", "1073741824", "1048575", "14", "2147483648"),
    "segment.ms": ("604800000", "3600000", "0"),
    "segment.jitter.ms": ("0", "100", "-1"),
    "segment.index.bytes": ("10485760", "100", "3"),
    "unclean.leader.election.enable": ("false", "true"),
    "local.retention.ms": ("-2", "-1", "1000", "-3"),
    "local.retention.bytes": ("-2", "-1", "1000", "-3"),
    "remote.storage.enable": ("false", "true", "maybe"),
    "remote.log.copy.disable": ("false", "true"),
    "remote.log.delete.on.disable": ("false", "true"),
    "leader.replication.throttled.replicas": ("*", "0:1", "", "none", "x", "0:1,1:1"),
    "follower.replication.throttled.replicas": ("*", "0:1", "", "none", "x"),
    "message.format.version": ("3.0-IV1",),
    "message.downconversion.enable": ("true",),
    "errors.deadletterqueue.topic.name": ("x",),
    "no.such.config": ("1", ""),
    "": ("1",),
    "Retention.ms": ("1",),
}

BROKER_CONFIGS: dict[str, tuple[str | None, ...]] = {
    "log.retention.ms": ("604800000", "-1", "0", "-2", "soon"),
    "log.retention.bytes": ("-1", "100000", "x"),
    "log.segment.bytes": ("1073741824", "1048576", "14"),
    "log.roll.ms": ("1000000", "0"),
    "log.cleanup.policy": ("delete", "compact", "compact,delete", "none"),
    "log.message.timestamp.type": ("CreateTime", "LogAppendTime", "Other"),
    "log.message.timestamp.after.max.ms": ("3600000", "-1"),
    "log.cleaner.threads": ("1", "2", "0", "x"),
    "log.cleaner.backoff.ms": ("15000", "-1"),
    "compression.type": ("producer", "gzip", "brotli"),
    "message.max.bytes": ("1048588", "2000000", "-1"),
    "unclean.leader.election.enable": ("false", "true", "yes"),
    "num.io.threads": ("8", "9", "0", "x"),
    "num.network.threads": ("3", "x"),
    "background.threads": ("10", "x"),
    "max.connections": ("2147483647", "x"),
    "num.partitions": ("1", "2"),
    "broker.id": ("1", "2"),
    "node.id": ("1",),
    "log.dirs": ("/tmp",),
    "auto.create.topics.enable": ("true", "false"),
    "advertised.listeners": ("PLAINTEXT://x:1",),
    "default.replication.factor": ("1",),
    "group.max.size": ("10",),
    "retention.ms": ("1",),
    "no.such.config": ("1", ""),
    "follower.replication.throttled.rate": ("100", "-1"),
    "leader.replication.throttled.rate": ("100", "x"),
    "remote.log.reader.threads": ("10", "0"),
    "metric.reporters": ("", "no.such.Class"),
    "ssl.keystore.type": ("JKS",),
}

GROUP_CONFIGS: dict[str, tuple[str | None, ...]] = {
    "consumer.session.timeout.ms": ("45000", "50000", "1", "x", "60001"),
    "consumer.heartbeat.interval.ms": ("5000", "6000", "1", "15001"),
    "share.session.timeout.ms": ("45000", "1"),
    "share.heartbeat.interval.ms": ("5000", "1"),
    "share.record.lock.duration.ms": ("30000", "1", "60001"),
    "share.auto.offset.reset": ("latest", "earliest", "by_duration:PT1H", "never"),
    "share.isolation.level": ("read_committed", "read_uncommitted", "none"),
    "share.delivery.count.limit": ("5", "1"),
    "streams.session.timeout.ms": ("45000", "1"),
    "streams.heartbeat.interval.ms": ("5000", "1"),
    "streams.num.standby.replicas": ("0", "3", "-1"),
    "no.such.config": ("1",),
}

CLIENT_METRICS_CONFIGS: dict[str, tuple[str | None, ...]] = {
    "metrics": ("org.apache.kafka.producer.,org.apache.kafka.consumer.", "*", ""),
    "interval.ms": ("1000", "99", "3600001", "100", "x"),
    "match": ("client_software_name=a.*", "client_id=b", "x", "client_software_name=[", "", "no_such=1"),
    "no.such.config": ("1",),
}

LOGGER_CONFIGS: dict[str, tuple[str | None, ...]] = {
    "root": ("INFO", "DEBUG", "LOUD"),
    "kafka.server.KafkaApis": ("INFO",),
    "no.such.logger": ("INFO",),
}

OF_TYPE = {
    TOPIC: TOPIC_CONFIGS,
    BROKER: BROKER_CONFIGS,
    LOGGER: LOGGER_CONFIGS,
    CLIENT_METRICS: CLIENT_METRICS_CONFIGS,
    GROUP: GROUP_CONFIGS,
}

SET, REMOVE, APPEND, SUBTRACT = range(4)
LISTS = (
    "cleanup.policy",
    "leader.replication.throttled.replicas",
    "follower.replication.throttled.replicas",
    "log.cleanup.policy",
    "metrics",
    "match",
)


def topic_config(dice: Dice) -> tuple[str, str | None]:
    """A topic's config, with a value that is most often good."""
    return _config(dice, TOPIC)


def _config(dice: Dice, kind: int) -> tuple[str, str | None]:
    known = OF_TYPE.get(kind, TOPIC_CONFIGS)
    name = dice.one([*known])
    values = known[name]
    value = values[0] if dice.chance(30) else dice.one(values)
    return name, None if dice.chance(2) else value


def _resource(model: Model) -> tuple[int, str]:
    dice = model.dice
    kind = dice.one((TOPIC, TOPIC, TOPIC, TOPIC, BROKER, BROKER, GROUP, CLIENT_METRICS, LOGGER, 0 if dice.chance(50) else 77))
    if kind == TOPIC:
        return kind, model.topic()
    if kind in (BROKER, LOGGER):
        return kind, dice.mostly("1", "", "2", "x", "-1", " 1", percent=60)
    return kind, dice.mostly("$g", "$h", "", percent=75)


def describe_configs(model: Model) -> Body:
    """Some configs by name, or all."""
    dice = model.dice
    resources = []
    for _ in range(dice.mostly(1, 2, 0, percent=85)):
        kind, name = _resource(model)
        keys = None if dice.chance(35) and kind != LOGGER else [_config(dice, kind)[0] for _ in range(dice.number(0, 4))]
        resources.append({"resource_type": kind, "resource_name": name, "configuration_keys": keys})
    return {"resources": resources, "include_synonyms": dice.chance(50), "include_documentation": dice.chance(10)}


def alter_configs(model: Model) -> Body:
    """All dynamic configs of some resources at once."""
    dice = model.dice
    resources = []
    for _ in range(dice.mostly(1, 2, 0, percent=85)):
        kind, name = _resource(model)
        configs = [dict(zip(("name", "value"), _config(dice, kind), strict=True)) for _ in range(dice.number(0, 3))]
        resources.append({"resource_type": kind, "resource_name": name, "configs": configs})
    return {"resources": resources, "validate_only": dice.chance(15)}


def incremental_alter_configs(model: Model) -> Body:
    """One config after the other."""
    dice = model.dice
    resources = []
    for _ in range(dice.mostly(1, 2, 0, percent=85)):
        kind, name = _resource(model)
        resources.append({"resource_type": kind, "resource_name": name, "configs": dice.some(lambda kind=kind: _change(dice, kind))})
    return {"resources": resources, "validate_only": dice.chance(15)}


def _change(dice: Dice, kind: int) -> Body:
    name, value = _config(dice, kind)
    operation = (
        dice.one((APPEND, SUBTRACT, SET)) if name in LISTS else dice.mostly(dice.mostly(SET, REMOVE, APPEND, percent=75), 9, percent=99)
    )
    return {"name": name, "config_operation": operation, "value": None if operation == REMOVE and dice.chance(80) else value}


def list_config_resources(model: Model) -> Body:
    """Of which resources there are configs."""
    dice = model.dice
    kinds = (TOPIC, BROKER, LOGGER, CLIENT_METRICS, GROUP, GROUP, CLIENT_METRICS, 0, 77)
    return {"resource_types": [dice.one(kinds) for _ in range(dice.number(0, 2))]}
