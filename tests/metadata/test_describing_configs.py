"""DescribeConfigs: of topics and of this broker, with where each value comes from."""

import pytest
from metadata_cluster import Cluster, topic

from streambus.metadata import BROKER_CONFIGS, TOPIC_CONFIGS, ConfigSource, ConfigType, describe_configs
from streambus.metadata.describe_configs import MALFORMED
from streambus.wire import ErrorCode, messages

Resource = messages.DescribeConfigsRequest.DescribeConfigsResource
Result = messages.DescribeConfigsResponse.DescribeConfigsResult
Entry = messages.DescribeConfigsResponse.DescribeConfigsResourceResult

TOPIC, BROKER = 2, 4


def describe(cluster: Cluster, resource: Resource, *, synonyms: bool = False, documentation: bool = False) -> Result:
    request = messages.DescribeConfigsRequest(resources=[resource], include_synonyms=synonyms, include_documentation=documentation)
    (result,) = describe_configs(cluster.image, request, broker_id=1).results
    assert (result.resource_type, result.resource_name) == (resource.resource_type, resource.resource_name)
    return result


def entry(cluster: Cluster, kind: int, resource: str, name: str, *, synonyms: bool = False, documentation: bool = False) -> Entry:
    asked = Resource(resource_type=kind, resource_name=resource, configuration_keys=[name])
    result = describe(cluster, asked, synonyms=synonyms, documentation=documentation)
    assert result.error_code == ErrorCode.NONE
    (found,) = result.configs
    return found


def error(cluster: Cluster, kind: int, resource: str) -> tuple[ErrorCode, str | None]:
    result = describe(cluster, Resource(resource_type=kind, resource_name=resource, configuration_keys=None))
    assert result.configs == []
    return ErrorCode(result.error_code), result.error_message


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster(properties=[("log.retention.minutes", "2"), ("num.partitions", "3")])
    cluster.create(topic("a", segment_bytes="2000000"))
    return cluster


@pytest.mark.parametrize("keys", [None, []])
def test_without_keys_all_configs_are_described_in_the_order_of_names(cluster: Cluster, keys: list[str] | None):
    of_topic = describe(cluster, Resource(resource_type=TOPIC, resource_name="a", configuration_keys=keys))
    assert [config.name for config in of_topic.configs] == list(TOPIC_CONFIGS)
    of_broker = describe(cluster, Resource(resource_type=BROKER, resource_name="1", configuration_keys=keys))
    assert [config.name for config in of_broker.configs] == list(BROKER_CONFIGS)


def test_keys_that_do_not_exist_are_passed_over(cluster: Cluster):
    asked = Resource(resource_type=TOPIC, resource_name="a", configuration_keys=["retention.ms", "no.such"])
    assert [config.name for config in describe(cluster, asked).configs] == ["retention.ms"]


def test_what_the_topic_was_given_comes_from_the_topic(cluster: Cluster):
    found = entry(cluster, TOPIC, "a", "segment.bytes", synonyms=True)
    assert (found.value, found.config_source, found.config_type) == ("2000000", ConfigSource.DYNAMIC_TOPIC_CONFIG, ConfigType.INT)
    assert (found.read_only, found.is_sensitive) == (False, False)
    assert [(synonym.name, synonym.value, synonym.source) for synonym in found.synonyms] == [
        ("segment.bytes", "2000000", ConfigSource.DYNAMIC_TOPIC_CONFIG),
        ("log.segment.bytes", "1073741824", ConfigSource.DEFAULT_CONFIG),
    ]


def test_every_word_about_a_topic_is_told_the_nearest_first(cluster: Cluster):
    for name, value in (("", "9000"), ("1", "8000")):
        cluster.append(messages.ConfigRecord(resource_type=BROKER, resource_name=name, name="log.retention.ms", value=value))
    found = entry(cluster, TOPIC, "a", "retention.ms", synonyms=True)
    assert (found.value, found.config_source) == ("8000", ConfigSource.DYNAMIC_BROKER_CONFIG)
    words = [
        ("log.retention.ms", "8000", ConfigSource.DYNAMIC_BROKER_CONFIG),
        ("log.retention.ms", "9000", ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG),
        ("log.retention.minutes", "2", ConfigSource.STATIC_BROKER_CONFIG),
        ("log.retention.hours", "168", ConfigSource.DEFAULT_CONFIG),
    ]
    assert [(synonym.name, synonym.value, synonym.source) for synonym in found.synonyms] == words
    of_broker = entry(cluster, BROKER, "1", "log.retention.ms", synonyms=True)
    assert (of_broker.value, of_broker.read_only) == ("8000", False)
    assert [(synonym.name, synonym.value, synonym.source) for synonym in of_broker.synonyms] == words
    of_all = entry(cluster, BROKER, "", "log.retention.ms", synonyms=True)
    assert [(synonym.value, synonym.source) for synonym in of_all.synonyms] == [("9000", ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG)]


def test_what_a_new_topic_is_told_names_who_spoke(cluster: Cluster):
    cluster.append(messages.ConfigRecord(resource_type=BROKER, resource_name="", name="message.max.bytes", value="7000"))
    (made,) = cluster.create(topic("b", preallocate="TRUE"))
    told = {config.name: (config.value, config.config_source) for config in made.configs}
    assert told["message.timestamp.type"] == ("CreateTime", ConfigSource.DEFAULT_CONFIG)
    assert told["max.message.bytes"] == ("7000", ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG)
    assert told["retention.ms"] == ("120000", ConfigSource.STATIC_BROKER_CONFIG)
    assert told["preallocate"] == ("TRUE", ConfigSource.DYNAMIC_TOPIC_CONFIG)


def test_what_nobody_knows_may_be_a_secret(cluster: Cluster):
    for name in ("", "1"):
        cluster.append(messages.ConfigRecord(resource_type=BROKER, resource_name=name, name="my.own", value="secret"))
        found = entry(cluster, BROKER, name, "my.own", synonyms=True, documentation=True)
        assert (found.value, found.is_sensitive, found.read_only, found.config_type) == (None, True, True, ConfigType.UNKNOWN)
        assert [synonym.value for synonym in found.synonyms][:1] == [None]
        assert found.documentation is None


def test_a_broker_tells_what_it_is(cluster: Cluster):
    found = entry(cluster, BROKER, "1", "advertised.listeners")
    assert (found.value, found.config_source) == ("PLAINTEXT://host-1:9092", ConfigSource.STATIC_BROKER_CONFIG)
    cluster.register(1, rack="here")
    assert entry(cluster, BROKER, "1", "broker.rack").value == "here"


def test_a_broker_that_has_not_registered_has_no_doors():
    found = entry(Cluster(brokers=0), BROKER, "1", "advertised.listeners")
    assert (found.value, found.config_source) == (None, ConfigSource.DEFAULT_CONFIG)


def test_a_subscription_to_client_metrics_is_described_whether_it_exists_or_not(cluster: Cluster):
    cluster.append(messages.ConfigRecord(resource_type=16, resource_name="s", name="match", value=" client_id=x "))
    found = entry(cluster, 16, "s", "match", synonyms=True)
    assert (found.value, found.config_source) == ("client_id=x", ConfigSource.CLIENT_METRICS_CONFIG)
    assert [(synonym.name, synonym.value) for synonym in found.synonyms] == [("match", "client_id=x")]
    absent = entry(cluster, 16, "other", "interval.ms", synonyms=True)
    assert (absent.value, absent.config_source, absent.synonyms) == ("300000", ConfigSource.DEFAULT_CONFIG, [])


def test_a_group_is_described_with_what_its_broker_gives_it(cluster: Cluster):
    cluster.append(messages.ConfigRecord(resource_type=32, resource_name="g", name="share.isolation.level", value="read_committed"))
    interval = "group.share.assignment.interval.ms"
    cluster.append(messages.ConfigRecord(resource_type=BROKER, resource_name="", name=interval, value="7"))
    found = entry(cluster, 32, "g", "share.isolation.level", synonyms=True)
    assert (found.value, found.config_source) == ("read_committed", ConfigSource.GROUP_CONFIG)
    assert [(synonym.name, synonym.value, synonym.source) for synonym in found.synonyms] == [
        ("share.isolation.level", "read_committed", ConfigSource.GROUP_CONFIG),
        ("share.isolation.level", "read_uncommitted", ConfigSource.DEFAULT_CONFIG),
    ]
    found = entry(cluster, 32, "g", "share.assignment.interval.ms", synonyms=True)
    assert (found.value, found.config_source) == ("7", ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG)
    assert [synonym.name for synonym in found.synonyms] == [interval, interval]


def test_a_broker_without_loggers_describes_none(cluster: Cluster):
    assert error(cluster, 8, "1") == (ErrorCode.NONE, "")


def test_a_type_that_nobody_knows_spoils_the_whole_request(cluster: Cluster):
    wanted = [Resource(resource_type=kind, resource_name="a", configuration_keys=None) for kind in (TOPIC, 99)]
    results = describe_configs(cluster.image, messages.DescribeConfigsRequest(resources=wanted), broker_id=1).results
    assert [(result.error_code, result.configs) for result in results] == [(ErrorCode.INVALID_REQUEST, [])] * 2


def test_another_unit_than_the_first_is_nobody_s_word_as_in_kafka(cluster: Cluster):
    found = entry(cluster, TOPIC, "a", "retention.ms", synonyms=True)
    assert (found.value, found.config_source, found.synonyms) == ("120000", ConfigSource.DEFAULT_CONFIG, [])
    minutes = entry(cluster, BROKER, "1", "log.retention.minutes", synonyms=True)
    assert [(synonym.name, synonym.source) for synonym in minutes.synonyms] == [
        ("log.retention.minutes", ConfigSource.STATIC_BROKER_CONFIG),
        ("log.retention.hours", ConfigSource.DEFAULT_CONFIG),
    ]


def test_what_nobody_was_given_is_a_default(cluster: Cluster):
    found = entry(cluster, TOPIC, "a", "cleanup.policy")
    assert (found.value, found.config_source, found.config_type) == ("delete", ConfigSource.DEFAULT_CONFIG, ConfigType.LIST)
    alone = entry(cluster, TOPIC, "a", "remote.storage.enable", synonyms=True)
    assert (alone.value, alone.config_source) == ("false", ConfigSource.DEFAULT_CONFIG)


def test_synonyms_and_documentation_are_told_to_those_who_ask(cluster: Cluster):
    plain = entry(cluster, TOPIC, "a", "retention.ms")
    assert (plain.synonyms, plain.documentation) == ([], None)
    assert entry(cluster, TOPIC, "a", "retention.ms", documentation=True).documentation == TOPIC_CONFIGS["retention.ms"].documentation


def test_a_broker_tells_what_it_was_started_with(cluster: Cluster):
    found = entry(cluster, BROKER, "1", "num.partitions", synonyms=True)
    assert (found.value, found.config_source, found.read_only) == ("3", ConfigSource.STATIC_BROKER_CONFIG, True)
    assert [(synonym.value, synonym.source) for synonym in found.synonyms] == [
        ("3", ConfigSource.STATIC_BROKER_CONFIG),
        ("1", ConfigSource.DEFAULT_CONFIG),
    ]
    assert entry(cluster, BROKER, "1", "node.id").value == "1"
    assert entry(cluster, BROKER, "1", "broker.rack", synonyms=True).synonyms == []


def test_the_cluster_has_no_defaults_of_its_own_yet(cluster: Cluster):
    result = describe(cluster, Resource(resource_type=BROKER, resource_name="", configuration_keys=None))
    assert (result.error_code, result.configs) == (ErrorCode.NONE, [])


@pytest.mark.parametrize(
    ("kind", "name", "answer"),
    [
        (TOPIC, "b", (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "")),
        (TOPIC, "", (ErrorCode.INVALID_TOPIC_EXCEPTION, "Topic name is invalid: the empty string is not allowed")),
        (BROKER, "2", (ErrorCode.INVALID_REQUEST, "Unexpected broker id, expected 1 or empty string, but received 2")),
        (BROKER, "one", (ErrorCode.INVALID_REQUEST, "Broker id must be an integer, but it is: one")),
        (BROKER, "9" * 5000, (ErrorCode.INVALID_REQUEST, f"Broker id must be an integer, but it is: {'9' * 5000}")),
        (8, "", (ErrorCode.INVALID_REQUEST, "Broker id must not be empty")),
        (8, "x", (ErrorCode.INVALID_REQUEST, "Broker id must be an integer, but it is: x")),
        (8, "2", (ErrorCode.INVALID_REQUEST, "Unexpected broker id, expected 1 but received 2")),
        (16, "", (ErrorCode.INVALID_REQUEST, "Client metrics subscription name must not be empty")),
        (32, "", (ErrorCode.INVALID_REQUEST, "Group name must not be empty")),
        (99, "x", (ErrorCode.INVALID_REQUEST, MALFORMED)),
    ],
)
def test_what_cannot_be_described_is_refused(cluster: Cluster, kind: int, name: str, answer: tuple[ErrorCode, str | None]):
    assert error(cluster, kind, name) == answer


@pytest.mark.parametrize("api_version", range(1, 5))
def test_the_answer_fits_every_version(cluster: Cluster, api_version: int):
    request = messages.DescribeConfigsRequest(
        resources=[Resource(resource_type=TOPIC, resource_name="a", configuration_keys=None)], include_synonyms=True
    )
    response = describe_configs(cluster.image, request, broker_id=1)
    read = messages.DescribeConfigsResponse.decode(memoryview(b"".join(response.encode(api_version))), api_version)
    assert [config.value for config in read.results[0].configs] == [config.value for config in response.results[0].configs]
