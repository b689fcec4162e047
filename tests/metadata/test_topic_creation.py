"""CreateTopics: what is made, and what is refused with which words."""

import pytest
from metadata_cluster import Cluster, Topic, assigned, topic

from streambus.metadata import ConfigSource, PartitionRegistration
from streambus.wire import ErrorCode, messages


def refusal(cluster: Cluster, wanted: Topic) -> tuple[ErrorCode, str | None]:
    before = len(cluster.log)
    (result,) = cluster.create(wanted)
    assert len(cluster.log) == before
    return ErrorCode(result.error_code), result.error_message


def test_a_topic_gets_its_partitions_led_and_in_sync_from_the_start():
    cluster = Cluster()
    (result,) = cluster.create(topic("orders", 3, 1))
    assert (result.error_code, result.error_message, result.num_partitions, result.replication_factor) == (0, None, 3, 1)
    made = cluster.image.topics["orders"]
    assert made.topic_id == result.topic_id
    assert len(made) == 3
    assert made.replication_factor == 1
    directory = cluster.image.brokers[1].directory
    assert cluster.image.partition("orders", 2) == PartitionRegistration((1,), (directory,), (1,), 1, 0, 0)
    assert cluster.image.partition("orders", 3) is None
    assert cluster.image.partition("nothing", 0) is None


def test_minus_one_stands_for_the_broker_s_own_numbers():
    cluster = Cluster(brokers=3, properties=[("num.partitions", "4"), ("default.replication.factor", "2")])
    (result,) = cluster.create(topic("orders"))
    assert (result.num_partitions, result.replication_factor) == (4, 2)


def test_a_topic_made_again_has_another_id():
    cluster = Cluster()
    (first,) = cluster.create(topic("orders"))
    cluster.append(messages.RemoveTopicRecord(topic_id=first.topic_id))
    (second,) = cluster.create(topic("orders"))
    assert first.topic_id != second.topic_id


def test_validating_writes_nothing_and_answers_the_same():
    cluster = Cluster()
    before = len(cluster.log)
    good, bad = cluster.create(topic("orders", 3), topic("orders/"), validate_only=True)
    assert len(cluster.log) == before
    assert (good.error_code, good.num_partitions) == (ErrorCode.NONE, 3)
    assert bad.error_code == ErrorCode.INVALID_TOPIC_EXCEPTION


def test_every_topic_of_a_request_stands_or_falls_by_itself():
    cluster = Cluster()
    results = cluster.create(topic("a"), topic(""), topic("b"))
    assert [(result.name, result.error_code) for result in results] == [("a", 0), ("", ErrorCode.INVALID_TOPIC_EXCEPTION), ("b", 0)]
    assert list(cluster.image.topics) == ["a", "b"]


def test_the_answer_shows_every_config_and_where_it_comes_from():
    cluster = Cluster(properties=[("log.retention.hours", "2")])
    (result,) = cluster.create(topic("orders", max_message_bytes="2000"))
    shown = {config.name: (config.value, config.config_source) for config in result.configs}
    assert list(shown) == sorted(shown)
    assert shown["max.message.bytes"] == ("2000", ConfigSource.DYNAMIC_TOPIC_CONFIG)
    assert shown["retention.ms"] == ("7200000", ConfigSource.STATIC_BROKER_CONFIG)
    assert shown["cleanup.policy"] == ("delete", ConfigSource.DEFAULT_CONFIG)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "the empty string is not allowed"),
        (".", "'.' is not allowed"),
        ("..", "'..' is not allowed"),
        ("a" * 250, f"the length of '{'a' * 250}' is longer than the max allowed length 249"),
        ("a b", "'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"),
        ("é", "'é' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"),
        ("a\n", "'a\n' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"),
    ],
)
def test_a_name_that_no_topic_may_have_is_refused(name: str, reason: str):
    assert refusal(Cluster(), topic(name)) == (ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic name is invalid: {reason}")


@pytest.mark.parametrize("name", ["a", "a" * 249, "...", "A.b_c-9"])
def test_other_names_are_allowed(name: str):
    assert Cluster().create(topic(name))[0].error_code == ErrorCode.NONE


def test_a_name_that_is_taken_is_refused():
    cluster = Cluster()
    cluster.create(topic("orders"))
    assert refusal(cluster, topic("orders")) == (ErrorCode.TOPIC_ALREADY_EXISTS, "Topic 'orders' already exists.")


def test_names_that_metrics_cannot_tell_apart_collide():
    cluster = Cluster()
    cluster.create(topic("a.b_c"))
    text = "Topic 'a_b.c' collides with existing topic: a.b_c"
    assert refusal(cluster, topic("a_b.c")) == (ErrorCode.INVALID_TOPIC_EXCEPTION, text)


def test_names_collide_within_a_request_too():
    first, second = Cluster().create(topic("a.b"), topic("a_b"))
    assert (first.error_code, second.error_code) == (ErrorCode.NONE, ErrorCode.INVALID_TOPIC_EXCEPTION)


def test_a_name_that_was_refused_leaves_the_other_one_free():
    first, second = Cluster().create(topic("a.b", 0), topic("a_b"))
    assert (first.error_code, second.error_code) == (ErrorCode.INVALID_PARTITIONS, ErrorCode.NONE)


def test_a_name_twice_in_a_request_is_made_not_even_once():
    cluster = Cluster()
    results = cluster.create(topic("a"), topic("b"), topic("a", 3))
    assert [(result.name, result.error_code, result.error_message) for result in results] == [
        ("a", ErrorCode.INVALID_REQUEST, "Duplicate topic name."),
        ("b", ErrorCode.NONE, None),
    ]
    assert list(cluster.image.topics) == ["b"]


def test_nobody_may_make_the_metadata_log():
    text = "Creation of internal topic __cluster_metadata is prohibited."
    assert refusal(Cluster(), topic("__cluster_metadata")) == (ErrorCode.INVALID_REQUEST, text)


@pytest.mark.parametrize("factor", [0, -2])
def test_a_replication_factor_that_is_not_positive_is_refused(factor: int):
    text = "Replication factor must be larger than 0, or -1 to use the default value."
    assert refusal(Cluster(), topic("a", 1, factor)) == (ErrorCode.INVALID_REPLICATION_FACTOR, text)


def test_more_replicas_than_brokers_are_refused():
    text = (
        "Unable to replicate the partition 2 time(s): The target replication factor of 2 cannot be reached "
        "because only 1 broker(s) are registered or some brokers have all their log directories cordoned."
    )
    assert refusal(Cluster(), topic("a", 1, 2)) == (ErrorCode.INVALID_REPLICATION_FACTOR, text)


def test_without_a_broker_that_serves_nothing_is_made():
    cluster = Cluster()
    cluster.fence(1)
    text = "Unable to replicate the partition 1 time(s): All brokers are currently fenced."
    assert refusal(cluster, topic("a")) == (ErrorCode.INVALID_REPLICATION_FACTOR, text)


@pytest.mark.parametrize("partitions", [0, -2])
def test_a_number_of_partitions_that_is_not_positive_is_refused(partitions: int):
    text = "Number of partitions was set to an invalid non-positive value."
    assert refusal(Cluster(), topic("a", partitions)) == (ErrorCode.INVALID_PARTITIONS, text)


def test_a_request_is_limited_in_what_it_may_make_at_once():
    cluster = Cluster(properties=[("num.partitions", "6000")])
    results = cluster.create(topic("a"), topic("b"))
    assert {result.error_code for result in results} == {ErrorCode.POLICY_VIOLATION}
    assert refusal(cluster, topic("a", 2**31 - 1))[0] == ErrorCode.POLICY_VIOLATION


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"no_such_thing": "1"}, "Unknown topic config name: no.such.thing"),
        ({"retention_ms": None}, "Null value not supported for topic configs: retention.ms"),
        ({"retention_ms": "a week"}, "Invalid value a week for configuration retention.ms: Not a number of type LONG"),
        ({"segment_bytes": "1"}, "Invalid value 1 for configuration segment.bytes: Value must be at least 1048576"),
        (
            {"min_compaction_lag_ms": "10", "max_compaction_lag_ms": "5"},
            "conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)",
        ),
        (
            {"remote_storage_enable": "true"},
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.",
        ),
    ],
)
def test_settings_that_no_topic_may_have_are_refused(settings: dict[str, str | None], text: str):
    assert refusal(Cluster(), topic("a", **settings)) == (ErrorCode.INVALID_CONFIG, text)


def test_settings_are_remembered_and_forgotten_with_the_topic():
    cluster = Cluster()
    (result,) = cluster.create(topic("a", retention_ms="5", segment_ms="7"))
    assert dict(cluster.image.topic_settings("a")) == {"retention.ms": "5", "segment.ms": "7"}
    delta = cluster.append(messages.RemoveTopicRecord(topic_id=result.topic_id))
    assert dict(cluster.image.topic_settings("a")) == {}
    assert list(delta.topics_deleted) == [result.topic_id]
    cluster.image.check()


# Manual assignments ----------------------------------------------------------------------------------------------------


def test_a_manual_assignment_is_followed_to_the_letter():
    cluster = Cluster(brokers=3)
    (result,) = cluster.create(assigned("a", (1, [3, 1]), (0, [2, 3])))
    assert (result.error_code, result.num_partitions, result.replication_factor) == (0, 2, 2)
    assert [part.replicas for part in cluster.image.topics["a"].partitions.values()] == [(2, 3), (3, 1)]
    assert cluster.image.partition("a", 1).leader == 3


def test_a_fenced_broker_of_an_assignment_is_a_replica_but_not_in_sync():
    cluster = Cluster(brokers=2)
    cluster.fence(1)
    cluster.create(assigned("a", (0, [1, 2])))
    partition = cluster.image.partition("a", 0)
    assert (partition.replicas, partition.isr, partition.leader) == ((1, 2), (2,), 2)


@pytest.mark.parametrize(
    ("wanted", "error", "text"),
    [
        (
            assigned("a", (0, [1]), factor=1),
            ErrorCode.INVALID_REQUEST,
            "A manual partition assignment was specified, but replication factor was not set to -1.",
        ),
        (
            assigned("a", (0, [1]), number=1),
            ErrorCode.INVALID_REQUEST,
            "A manual partition assignment was specified, but numPartitions was not set to -1.",
        ),
        (
            assigned("a", (0, [1]), (0, [2])),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "Found multiple manual partition assignments for partition 0",
        ),
        (
            assigned("a", (0, [])),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "The manual partition assignment includes an empty replica list.",
        ),
        (
            assigned("a", (0, [9])),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "The manual partition assignment includes broker 9, but no such broker is registered.",
        ),
        (
            assigned("a", (0, [1, 1])),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "The manual partition assignment includes the broker 1 more than once.",
        ),
        (
            assigned("a", (0, [1]), (1, [1, 2])),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "The manual partition assignment includes a partition with 2 replica(s), but this is not consistent with previous "
            "partitions, which have 1 replica(s).",
        ),
        (
            assigned("a", (0, [1]), (2, [1])),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "partitions should be a consecutive 0-based integer sequence",
        ),
        (
            assigned("a", (0, [3])),
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "All brokers specified in the manual partition assignment for partition 0 are fenced or in controlled shutdown.",
        ),
    ],
)
def test_an_assignment_that_makes_no_topic_is_refused(wanted: Topic, error: ErrorCode, text: str):
    cluster = Cluster(brokers=3)
    cluster.fence(3)
    assert refusal(cluster, wanted) == (error, text)


# Auto-creation ---------------------------------------------------------------------------------------------------------


def auto_create(cluster: Cluster, *names: str) -> list[str]:
    return [result.name for result in cluster.carry_out(cluster.controller.auto_create(names, cluster.dice)).topics]


def test_a_topic_asked_for_is_made_as_the_broker_is_configured():
    cluster = Cluster(properties=[("num.partitions", "3")])
    assert auto_create(cluster, "orders", "orders", "refunds") == ["orders", "refunds"]
    assert len(cluster.image.topics["orders"]) == 3


def test_nothing_is_made_of_what_exists_may_not_be_or_belongs_to_a_coordinator():
    cluster = Cluster()
    cluster.create(topic("here"))
    assert auto_create(cluster, "here", "not here", "__consumer_offsets", "__cluster_metadata") == []


def test_nothing_is_made_by_a_broker_that_is_told_not_to():
    cluster = Cluster(properties=[("auto.create.topics.enable", "false")])
    assert auto_create(cluster, "orders") == []
