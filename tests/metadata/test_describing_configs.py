"""DescribeConfigs: of topics and of this broker, with where each value comes from."""

import pytest
from metadata_cluster import Cluster, topic

from streambus.metadata import BROKER_CONFIGS, TOPIC_CONFIGS, ConfigSource, ConfigType, describe_configs
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


def test_what_the_broker_was_given_comes_from_the_broker_in_the_broker_s_unit(cluster: Cluster):
    found = entry(cluster, TOPIC, "a", "retention.ms", synonyms=True)
    assert (found.value, found.config_source) == ("120000", ConfigSource.STATIC_BROKER_CONFIG)
    assert [(synonym.name, synonym.value, synonym.source) for synonym in found.synonyms] == [
        ("log.retention.minutes", "2", ConfigSource.STATIC_BROKER_CONFIG),
        ("log.retention.hours", "168", ConfigSource.DEFAULT_CONFIG),
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
        (TOPIC, "b", (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, None)),
        (TOPIC, "", (ErrorCode.INVALID_TOPIC_EXCEPTION, "Topic name is invalid: the empty string is not allowed")),
        (BROKER, "2", (ErrorCode.INVALID_REQUEST, "Unexpected broker id, expected 1 or empty string, but received 2")),
        (BROKER, "one", (ErrorCode.INVALID_REQUEST, "Broker id must be an integer, but it is: one")),
        (BROKER, "9" * 5000, (ErrorCode.INVALID_REQUEST, f"Broker id must be an integer, but it is: {'9' * 5000}")),
        (8, "1", (ErrorCode.INVALID_REQUEST, "Unsupported resource type: BROKER_LOGGER")),
        (32, "g", (ErrorCode.INVALID_REQUEST, "Unsupported resource type: GROUP")),
        (99, "x", (ErrorCode.INVALID_REQUEST, "Unsupported resource type: UNKNOWN")),
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
