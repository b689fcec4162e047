"""Every config beside Kafka: the same values are taken, and others refused in the same words."""

from ast import literal_eval
from collections.abc import Iterator
from pathlib import Path

import pytest
from metadata_cluster import Cluster, topic

from streambus.wire import messages

ANSWERS = Path(__file__).with_name("kafka_config_answers.txt")
RESOURCES = {"topic": (2, "a"), "broker": (4, "1"), "default": (4, ""), "cm": (16, "s"), "group": (32, "g")}


def answers() -> Iterator[tuple[str, str, str, int, str]]:
    for line in ANSWERS.read_text().splitlines():
        if not line.startswith("#"):
            kind, name, value, code, text = line.split("\t")
            yield kind, name, literal_eval(value), int(code), text


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    cluster = Cluster()
    cluster.create(topic("a"))
    return cluster


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_value_is_taken_or_refused_as_kafka_does(cluster: Cluster, kind: str):
    request = messages.IncrementalAlterConfigsRequest
    resource_type, resource = RESOURCES[kind]
    asked = 0
    for _, name, value, code, text in (answer for answer in answers() if answer[0] == kind):
        config = request.AlterableConfig(name=name, config_operation=0, value=value)
        wanted = request.AlterConfigsResource(resource_type=resource_type, resource_name=resource, configs=[config])
        (result,) = cluster.controller.incremental_alter_configs(request(resources=[wanted], validate_only=True)).reply.responses
        assert (name, value, result.error_code, result.error_message or "") == (name, value, code, text)
        asked += 1
    assert asked > 20
