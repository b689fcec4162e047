"""AlterConfigs and IncrementalAlterConfigs: what becomes of settings, and who is refused for which reason first."""

from typing import Any

import pytest
from metadata_cluster import Cluster, image_of, topic

from streambus.metadata import BrokerProperties, Controller, TopicConfig, describe_configs, list_config_resources
from streambus.wire import ErrorCode, messages

TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = 0, 1, 2, 3
ONCE = "Each resource must appear at most once."

Answer = tuple[int, str | None]


def resource(kind: int, name: str, *changes: tuple[str, int, str | None]) -> Any:
    request = messages.IncrementalAlterConfigsRequest
    configs = [request.AlterableConfig(name=key, config_operation=operation, value=value) for key, operation, value in changes]
    return request.AlterConfigsResource(resource_type=kind, resource_name=name, configs=configs)


def alter(cluster: Cluster, *resources: Any, validate_only: bool = False) -> list[Answer]:
    request = messages.IncrementalAlterConfigsRequest(resources=list(resources), validate_only=validate_only)
    results = cluster.carry_out(cluster.controller.incremental_alter_configs(request)).responses
    assert [(result.resource_type, result.resource_name) for result in results] == [
        (wanted.resource_type, wanted.resource_name) for wanted in resources
    ]
    cluster.image.check()
    return [(result.error_code, result.error_message) for result in results]


def change(cluster: Cluster, kind: int, name: str, *changes: tuple[str, int, str | None]) -> Answer:
    (answer,) = alter(cluster, resource(kind, name, *changes))
    return answer


def replace(cluster: Cluster, kind: int, name: str, *, validate_only: bool = False, **settings: str | None) -> Answer:
    request = messages.AlterConfigsRequest
    configs = [request.AlterableConfig(name=key.replace("_", "."), value=value) for key, value in settings.items()]
    wanted = request.AlterConfigsResource(resource_type=kind, resource_name=name, configs=configs)
    asked = request(resources=[wanted], validate_only=validate_only)
    (result,) = cluster.carry_out(cluster.controller.alter_configs(asked)).responses
    return result.error_code, result.error_message


def settings_of(cluster: Cluster, kind: int, name: str) -> dict[str, str]:
    return dict(cluster.image.configs.get((kind, name), {}))


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster()
    cluster.create(topic("a"))
    return cluster


# What becomes of settings ----------------------------------------------------------------------------------------------


def test_a_config_is_set_changed_and_taken_away(cluster: Cluster):
    assert change(cluster, TOPIC, "a", ("retention.ms", SET, "5"), ("preallocate", SET, "true")) == (0, None)
    assert change(cluster, TOPIC, "a", ("retention.ms", SET, "6"), ("preallocate", DELETE, None)) == (0, None)
    assert settings_of(cluster, TOPIC, "a") == {"retention.ms": "6"}
    assert cluster.image.topic_config("a").retention_ms == 6


def test_what_is_set_to_what_it_is_needs_no_record(cluster: Cluster):
    change(cluster, TOPIC, "a", ("retention.ms", SET, "5"))
    before = len(cluster.log)
    assert change(cluster, TOPIC, "a", ("retention.ms", SET, "5"), ("no.such", DELETE, None)) == (0, None)
    assert len(cluster.log) == before
    change(cluster, BROKER, "1", ("log.retention.ms", SET, "5"))
    change(cluster, BROKER, "1", ("log.retention.ms", SET, "5"))
    assert len(cluster.log) == before + 2  # A broker is told again.


def test_replacing_takes_away_what_is_not_named(cluster: Cluster):
    change(cluster, TOPIC, "a", ("retention.ms", SET, "5"), ("preallocate", SET, "true"))
    assert replace(cluster, TOPIC, "a", flush_ms="7", preallocate="true") == (0, None)
    assert settings_of(cluster, TOPIC, "a") == {"flush.ms": "7", "preallocate": "true"}
    assert replace(cluster, TOPIC, "a", flush_ms="x", retention_ms="4")[0] == ErrorCode.INVALID_CONFIG
    assert replace(cluster, TOPIC, "a", retention_ms="4", validate_only=True) == (0, None)
    assert settings_of(cluster, TOPIC, "a") == {"flush.ms": "7", "preallocate": "true"}
    assert replace(cluster, TOPIC, "a") == (0, None)
    assert settings_of(cluster, TOPIC, "a") == {}


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        ([(APPEND, "compact")], "delete,compact"),
        ([(APPEND, "delete")], "delete"),
        ([(APPEND, "compact"), (APPEND, "compact")], "delete,compact"),
        ([(SUBTRACT, "delete")], ""),
        ([(SUBTRACT, "compact")], "delete"),
        ([(SET, "compact"), (APPEND, "delete")], "compact,delete"),
        ([(SET, "compact,delete"), (SUBTRACT, "compact")], "delete"),
        ([(SET, ""), (APPEND, "compact")], "compact"),
    ],
)
def test_items_are_added_to_lists_and_taken_from_them(cluster: Cluster, steps: list[tuple[int, str]], value: str):
    for operation, text in steps:
        assert change(cluster, TOPIC, "a", ("cleanup.policy", operation, text)) == (0, None)
    assert settings_of(cluster, TOPIC, "a") == {"cleanup.policy": value}


@pytest.mark.parametrize(
    ("kind", "name", "config", "operation", "text"),
    [
        (TOPIC, "a", "retention.ms", APPEND, "Can't APPEND to key retention.ms because its type is not LIST."),
        (TOPIC, "a", "no.such", SUBTRACT, "Can't SUBTRACT to key no.such because its type is not LIST."),
        (
            GROUP,
            "g",
            "consumer.session.timeout.ms",
            APPEND,
            "Can't APPEND to key consumer.session.timeout.ms because its type is not LIST.",
        ),
        (METRICS, "s", "metrics", APPEND, "Can't APPEND to key metrics because its type is not LIST."),
        (BROKER, "1", "num.network.threads", APPEND, "Config value append is not allowed for config key: num.network.threads"),
        (BROKER, "1", "no.such", APPEND, "Unknown config name: no.such"),
        (BROKER, "1", "message.max.bytes", SUBTRACT, "Config value subtract is not allowed for config key: message.max.bytes"),
    ],
)
def test_only_lists_have_items(cluster: Cluster, kind: int, name: str, config: str, operation: int, text: str):
    assert change(cluster, kind, name, (config, operation, "x")) == (ErrorCode.INVALID_CONFIG, text)


def test_a_list_of_a_broker_begins_with_its_default(cluster: Cluster):
    assert change(cluster, BROKER, "", ("log.cleanup.policy", APPEND, "compact")) == (0, None)
    assert settings_of(cluster, BROKER, "") == {"log.cleanup.policy": "delete,compact"}
    assert cluster.image.topic_config("a").cleanup_policy == ("delete", "compact")


def test_nothing_is_written_when_it_is_only_to_be_looked_at(cluster: Cluster):
    before = len(cluster.log)
    wanted = [resource(TOPIC, "a", ("retention.ms", SET, "5")), resource(TOPIC, "b", ("retention.ms", SET, "5"))]
    assert alter(cluster, *wanted, validate_only=True) == [(0, None), (3, "The topic 'b' does not exist.")]
    assert len(cluster.log) == before


# Refusals --------------------------------------------------------------------------------------------------------------


def test_every_resource_stands_or_falls_by_itself(cluster: Cluster):
    assert alter(
        cluster,
        resource(TOPIC, "b", ("retention.ms", SET, "1")),
        resource(BROKER, "1", ("num.partitions", SET, "1"), ("log.dirs", APPEND, "/x"), ("ssl.cipher.suites", APPEND, "x")),
        resource(TOPIC, "a", ("retention.ms", SET, "1")),
        resource(BROKER, "2"),
    ) == [
        (3, "The topic 'b' does not exist."),
        (42, "Cannot update these configs dynamically: [num.partitions, log.dirs, ssl.cipher.suites]"),
        (0, None),
        (42, "Unexpected broker id, expected 1, but received 2"),
    ]
    assert settings_of(cluster, TOPIC, "a") == {"retention.ms": "1"}


@pytest.mark.parametrize("kind", [TOPIC, BROKER, LOGGER, METRICS, GROUP, 99])
def test_what_is_wrong_with_the_request_is_told_first(cluster: Cluster, kind: int):
    twice = resource(kind, "1", ("x", SET, "1"))
    assert alter(cluster, twice, resource(TOPIC, "b"), twice) == [(42, ONCE), (3, "The topic 'b' does not exist."), (42, ONCE)]
    repeated = resource(kind, "1", ("x", SET, "1"), ("x", DELETE, None), ("y", SET, None))
    assert alter(cluster, repeated) == [(42, "Error due to duplicate config keys")]
    missing = resource(kind, "1", ("x", SET, None), ("y", APPEND, None), ("z", DELETE, None))
    assert alter(cluster, missing) == [(42, "Null value not supported for : x, y")]


def test_an_operation_that_nobody_knows_spoils_what_it_is_asked_with(cluster: Cluster):
    assert alter(
        cluster,
        resource(GROUP, "", ("x", 9, "1")),
        resource(TOPIC, "a", ("retention.ms", SET, "70")),
        resource(BROKER, "1", ("x", 9, "1")),
    ) == [(-1, None), (-1, None), (42, "Unknown operations type 9")]
    assert settings_of(cluster, TOPIC, "a") == {}


@pytest.mark.parametrize(
    ("kind", "name", "answer"),
    [
        (TOPIC, "", (42, "Default topic resources are not allowed.")),
        (TOPIC, "..", (17, "Topic name is invalid: '..' is not allowed")),
        (TOPIC, "b", (40, "Unknown topic config name: no.such")),
        (BROKER, "2", (42, "Unexpected broker id, expected 1, but received 2")),
        (BROKER, "x", (42, "Node id must be an integer, but it is: x")),
        (BROKER, " 1", (42, "Node id must be an integer, but it is:  1")),
        (LOGGER, "2", (42, "Unexpected node id. Expected 1, but received 2")),
        (LOGGER, "", (42, "Node id must be an integer, but it is: ")),
        (LOGGER, "1", (40, "Logger no.such does not exist!")),
        (METRICS, "", (42, "Subscription name can't be empty")),
        (METRICS, "s", (42, "Unknown client metrics configuration: no.such")),
        (GROUP, "", (42, "Default group resources are not allowed.")),
        (GROUP, "g", (40, "Unknown group config name: no.such")),
        (0, "x", (42, "Unknown resource type 0")),
        (99, "x", (42, "Unknown resource type 99")),
    ],
)
def test_resources_that_cannot_be_configured(cluster: Cluster, kind: int, name: str, answer: Answer):
    assert change(cluster, kind, name, ("no.such", SET, "1")) == answer
    if kind != LOGGER:
        assert replace(cluster, kind, name, no_such="1") == answer


def test_there_are_no_loggers_to_be_set(cluster: Cluster):
    assert change(cluster, LOGGER, "1") == (0, None)
    assert change(cluster, LOGGER, "1", ("root", DELETE, None)) == (42, "Removing the log level of the root logger is not allowed")
    assert change(cluster, LOGGER, "1", ("x", APPEND, "1")) == (42, "APPEND operation is not allowed for the BROKER_LOGGER resource")
    assert replace(cluster, LOGGER, "1", root="INFO") == (42, "Unknown resource type 8")


def test_several_wrong_values_are_told_in_kafka_s_order(cluster: Cluster):
    answer = change(cluster, TOPIC, "a", ("retention.ms", SET, "x"), ("segment.bytes", SET, "x"))
    assert answer == (40, "Invalid value x for configuration segment.bytes: Not a number of type INT")
    lags = (("min.compaction.lag.ms", SET, "10"), ("max.compaction.lag.ms", SET, "5"))
    text = "conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)"
    assert change(cluster, TOPIC, "a", *lags) == (40, text)


def test_a_topic_is_checked_together_with_what_its_broker_gives_it(cluster: Cluster):
    change(cluster, BROKER, "", ("log.cleaner.max.compaction.lag.ms", SET, "5"))
    text = "conflict topic config setting min.compaction.lag.ms (7) > max.compaction.lag.ms (5)"
    assert change(cluster, TOPIC, "a", ("min.compaction.lag.ms", SET, "7")) == (40, text)
    (made,) = cluster.create(topic("b", min_compaction_lag_ms="7"))
    assert (made.error_code, made.error_message) == (40, text)


# Brokers ---------------------------------------------------------------------------------------------------------------


def test_the_nearest_word_about_a_topic_holds(cluster: Cluster):
    cluster.create(topic("own", retention_ms="1"), topic("other", preallocate="true"))
    retentions: list[list[int | None]] = []
    for name, operation, value in (("", SET, "4"), ("1", SET, "3"), ("1", DELETE, None), ("", DELETE, None)):
        assert change(cluster, BROKER, name, ("log.retention.ms", operation, value)) == (0, None)
        retentions.append([cluster.image.topic_config(known).retention_ms for known in ("a", "own", "other")])
    week = 604_800_000
    assert retentions == [[4, 1, 4], [3, 1, 3], [4, 1, 4], [week, 1, week]]
    assert cluster.image.topic_defaults == TopicConfig.of({}, BrokerProperties())


def test_what_was_set_on_brokers_survives_in_log_and_snapshot(cluster: Cluster):
    change(cluster, BROKER, "", ("message.max.bytes", SET, "5000"), ("my.own", SET, "secret"))
    change(cluster, BROKER, "1", ("min.insync.replicas", SET, "2"))
    cluster.create(topic("b", retention_ms="1"))
    assert cluster.replayed() == cluster.image == image_of(list(cluster.image.to_records()), cluster.image.properties)
    assert cluster.replayed().topic_config("b").max_message_bytes == 5000
    assert cluster.image.topic_config("a").min_insync_replicas == 2


def test_another_broker_s_configs_are_no_business_of_this_one(cluster: Cluster):
    cluster.append(messages.ConfigRecord(resource_type=BROKER, resource_name="2", name="message.max.bytes", value="5"))
    assert cluster.image.topic_defaults.max_message_bytes == 1_048_588
    cluster.image.check()


def test_topics_are_looked_at_again_only_if_something_is_different_for_them(cluster: Cluster):
    cluster.create(topic("b", retention_ms="1"), topic("c", max_message_bytes="1000"))
    before = [cluster.image.topic_config(name) for name in ("b", "c")]
    for config, value in (("log.cleaner.backoff.ms", "5000"), ("log.preallocate", "true"), ("message.max.bytes", "1048588")):
        change(cluster, BROKER, "", (config, SET, value))
        assert all(cluster.image.topic_config(name) is known for name, known in zip(("b", "c"), before, strict=True))
    change(cluster, BROKER, "", ("message.max.bytes", SET, "5000"))
    assert cluster.image.topic_config("b").max_message_bytes == 5000
    assert cluster.image.topic_config("c") is before[1]


def test_a_broker_is_known_by_its_number_however_it_is_written(cluster: Cluster):
    assert change(cluster, BROKER, "01", ("log.retention.ms", SET, "7")) == (0, None)
    assert settings_of(cluster, BROKER, "1") == {"log.retention.ms": "7"}


WRAPPED = "Invalid value org.apache.kafka.common.config.ConfigException: {} for configuration Invalid dynamic configuration"


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"log.roll.ms": "0"}, "requirement failed: log.roll.ms must be greater than or equal to 1"),
        ({"log.roll.jitter.ms": "-1"}, "requirement failed: log.roll.jitter.ms must be greater than or equal to 0"),
        ({"max.connections": "0"}, WRAPPED.format("Invalid max.connections 0")),
        (
            {"log.local.retention.ms": "101", "log.retention.ms": "100"},
            WRAPPED.format(
                "Invalid value 101 for configuration log.local.retention.ms: "
                "Value must not be more than log.retention.ms property value: 100"
            ),
        ),
        (
            {"log.local.retention.bytes": "-1", "log.retention.bytes": "100"},
            WRAPPED.format(
                "Invalid value -1 for configuration log.local.retention.bytes: "
                "Value must not be -1 as log.retention.bytes value is set as 100."
            ),
        ),
        (
            {"group.share.assignment.interval.ms": "20000"},
            "group.share.assignment.interval.ms must be less than or equal to group.share.max.assignment.interval.ms",
        ),
        ({"log.local.retention.ms": "101", "log.retention.ms": "-1"}, None),
        ({"log.cleaner.min.compaction.lag.ms": "10", "log.cleaner.max.compaction.lag.ms": "5"}, None),
        ({"nobody.knows.it": "x"}, None),
        ({"follower.replication.throttled.rate": "5"}, None),
        (
            {"follower.replication.throttled.rate": "x"},
            "Invalid value x for configuration follower.replication.throttled.rate: Not a number of type LONG",
        ),
    ],
)
@pytest.mark.parametrize("name", ["1", ""])
def test_a_running_broker_takes_only_what_fits_together(cluster: Cluster, name: str, settings: dict[str, str], text: str | None):
    changes = [(key, SET, value) for key, value in settings.items()]
    assert change(cluster, BROKER, name, *changes) == (0 if text is None else 42, text)


def test_what_a_broker_was_started_with_counts_too():
    cluster = Cluster(properties=[("log.retention.minutes", "1"), ("group.consumer.min.assignment.interval.ms", "5")])
    text = (
        "Invalid value 60001 for configuration log.local.retention.ms: Value must not be more than log.retention.ms property value: 60000"
    )
    assert change(cluster, BROKER, "1", ("log.local.retention.ms", SET, "60001")) == (42, WRAPPED.format(text))
    text = "group.consumer.assignment.interval.ms must be greater than or equal to group.consumer.min.assignment.interval.ms"
    assert change(cluster, BROKER, "1", ("group.consumer.assignment.interval.ms", SET, "4")) == (42, text)


def test_with_eligible_leader_replicas_only_the_cluster_says_how_many_must_be_in_sync(cluster: Cluster):
    cluster.append(messages.FeatureLevelRecord(name="eligible.leader.replicas.version", feature_level=1))
    assert change(cluster, BROKER, "", ("min.insync.replicas", SET, "2")) == (0, None)
    text = "Cluster-level min.insync.replicas cannot be removed while ELR is enabled."
    assert change(cluster, BROKER, "", ("min.insync.replicas", DELETE, None)) == (40, text)
    assert replace(cluster, BROKER, "") == (40, text)
    text = "Broker-level min.insync.replicas cannot be altered while ELR is enabled."
    assert change(cluster, BROKER, "1", ("min.insync.replicas", SET, "2")) == (40, text)
    assert change(cluster, BROKER, "1", ("message.max.bytes", SET, "2000")) == (0, None)


# Groups ----------------------------------------------------------------------------------------------------------------


def test_a_group_s_heartbeats_must_come_before_its_session_ends():
    bounds = [("group.share.min.session.timeout.ms", "1"), ("group.share.min.heartbeat.interval.ms", "1")]
    cluster = Cluster(properties=bounds)
    changes = (("share.session.timeout.ms", SET, "6000"), ("share.heartbeat.interval.ms", SET, "6000"))
    assert change(cluster, GROUP, "g", *changes) == (40, "share.session.timeout.ms must be greater than share.heartbeat.interval.ms")
    assert change(cluster, GROUP, "g", ("share.session.timeout.ms", SET, "6000")) == (0, None)
    assert settings_of(cluster, GROUP, "g") == {"share.session.timeout.ms": "6000"}


# What there is ---------------------------------------------------------------------------------------------------------


def listed(cluster: Cluster, *types: int, version: int = 1) -> list[tuple[str, int]] | int:
    response = list_config_resources(cluster.image, messages.ListConfigResourcesRequest(resource_types=list(types)), version)
    found = [(resource.resource_name, resource.resource_type) for resource in response.config_resources]
    return response.error_code or found


def test_resources_are_listed_by_type(cluster: Cluster):
    change(cluster, METRICS, "s", ("metrics", SET, "*"))
    change(cluster, GROUP, "g", ("share.isolation.level", SET, "read_committed"))
    assert listed(cluster, GROUP, METRICS, GROUP) == [("g", GROUP), ("s", METRICS)]
    assert listed(cluster) == [("a", TOPIC), ("1", BROKER), ("1", LOGGER), ("s", METRICS), ("g", GROUP)]
    assert listed(cluster, version=0) == [("s", METRICS)]
    assert listed(cluster, METRICS, 99) == listed(cluster, 0) == ErrorCode.UNSUPPORTED_VERSION
    change(cluster, METRICS, "s", ("metrics", DELETE, None))
    assert listed(cluster, METRICS) == []


def test_two_nodes_with_other_numbers_are_configured_apart():
    controller = Controller(2, BrokerProperties((), node_id=2))
    request = messages.IncrementalAlterConfigsRequest(resources=[resource(BROKER, "2", ("message.max.bytes", SET, "2000"))])
    assert controller.incremental_alter_configs(request).reply.responses[0].error_code == 0
    described = messages.DescribeConfigsRequest.DescribeConfigsResource(
        resource_type=BROKER, resource_name="2", configuration_keys=["node.id"]
    )
    (result,) = describe_configs(controller.image, messages.DescribeConfigsRequest(resources=[described]), broker_id=2).results
    assert [entry.value for entry in result.configs] == ["2"]
