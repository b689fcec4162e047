"""Laws of configs: whatever is asked, the image holds together, a replay leads to the same, and what was refused left no trace."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from metadata_cluster import Cluster, image_of, topic

from streambus.metadata import BROKER_CONFIGS, CLIENT_METRICS_CONFIGS, GROUP_CONFIGS, TOPIC_CONFIGS, describe_configs
from streambus.wire import ErrorCode, messages

NAMES: dict[int, tuple[str, ...]] = {
    2: tuple(TOPIC_CONFIGS),
    4: tuple(BROKER_CONFIGS),
    8: ("root",),
    16: tuple(CLIENT_METRICS_CONFIGS),
    32: tuple(GROUP_CONFIGS),
    99: ("x",),
}
RESOURCES = {2: ("a", "b", "", "no such"), 4: ("1", "", "2", "x"), 8: ("1",), 16: ("s", ""), 32: ("g", ""), 99: ("x",)}
VALUES = (
    "1",
    "0",
    "-1",
    "5000",
    "50000",
    "2000000",
    "true",
    "false",
    "compact",
    "delete,compact",
    "",
    "0.7",
    "gzip",
    "nonsense",
    "0:1",
    None,
)


@st.composite
def resources(draw: Any) -> Any:
    request = messages.IncrementalAlterConfigsRequest
    kind = draw(st.sampled_from(list(NAMES)))
    names = st.sampled_from((*NAMES[kind], "no.such"))
    config = st.builds(request.AlterableConfig, names, st.sampled_from((0, 0, 0, 1, 2, 3, 9)), st.sampled_from(VALUES))
    configs = draw(st.lists(config, max_size=3))
    return request.AlterConfigsResource(resource_type=kind, resource_name=draw(st.sampled_from(RESOURCES[kind])), configs=configs)


requests = st.lists(resources(), min_size=1, max_size=3)


@given(asked=st.lists(requests, max_size=8), replacing=st.booleans())
@settings(max_examples=30, deadline=None)
def test_whatever_is_asked_the_log_leads_to_the_image(asked: list[list[Any]], replacing: bool):
    cluster = Cluster()
    cluster.create(topic("a"), topic("b", retention_ms="5", max_message_bytes="1000"))
    for wanted in asked:
        before = {key: dict(found) for key, found in cluster.image.configs.items()}
        results = _alter(cluster, wanted, replacing=replacing)
        cluster.image.check()
        for resource, result in zip(wanted, results, strict=True):
            key = (resource.resource_type, resource.resource_name)
            assert (result.resource_type, result.resource_name) == key
            if result.error_code != ErrorCode.NONE:
                assert dict(cluster.image.configs.get(key, {})) == before.get(key, {})
    assert cluster.replayed() == cluster.image == image_of(list(cluster.image.to_records()), cluster.image.properties)
    _describe_everything(cluster)


def _alter(cluster: Cluster, wanted: list[Any], *, replacing: bool) -> Any:
    if not replacing:
        return cluster.carry_out(cluster.controller.incremental_alter_configs(messages.IncrementalAlterConfigsRequest(wanted))).responses
    request = messages.AlterConfigsRequest
    replaced = [
        request.AlterConfigsResource(
            resource.resource_type,
            resource.resource_name,
            [request.AlterableConfig(config.name, config.value) for config in resource.configs],
        )
        for resource in wanted
    ]
    return cluster.carry_out(cluster.controller.alter_configs(request(replaced))).responses


def _describe_everything(cluster: Cluster) -> None:
    request = messages.DescribeConfigsRequest
    wanted = [request.DescribeConfigsResource(kind, name, None) for kind, names in RESOURCES.items() if kind != 99 for name in names]
    for result in describe_configs(cluster.image, request(wanted, include_synonyms=True), broker_id=1).results:
        for entry in result.configs:
            assert entry.value is None or not entry.is_sensitive
            assert not entry.synonyms or entry.config_source == entry.synonyms[0].source
