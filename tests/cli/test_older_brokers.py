"""The commands, with a broker that speaks what Kafka 2.4 spoke."""

import json
from functools import partial

import pytest
from at_work import Run

from streambus.client import NetworkConfig
from streambus.real.clients import Admin, Consumer, Producer
from streambus.wire import ApiKey

KAFKA_2_4 = {
    ApiKey.PRODUCE: 8,
    ApiKey.FETCH: 11,
    ApiKey.LIST_OFFSETS: 5,
    ApiKey.METADATA: 9,
    ApiKey.CREATE_TOPICS: 5,
    ApiKey.DELETE_TOPICS: 4,
    ApiKey.INIT_PRODUCER_ID: 2,
    ApiKey.DESCRIBE_CONFIGS: 2,
    ApiKey.CREATE_PARTITIONS: 1,
    ApiKey.INCREMENTAL_ALTER_CONFIGS: 1,
    ApiKey.LIST_CONFIG_RESOURCES: -1,
}
"""The last version of each API; the last one here was not there."""


@pytest.fixture(autouse=True)
def an_older_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    network = NetworkConfig(latest_versions=tuple((int(key), version) for key, version in KAFKA_2_4.items()))
    monkeypatch.setattr("streambus.cli.connected.conversation.Admin", partial(Admin, network=network))
    monkeypatch.setattr("streambus.cli.produce.sending.Producer", partial(Producer, network=network))
    monkeypatch.setattr("streambus.cli.consume.reading.Consumer", partial(Consumer, network=network))


def test_topics_records_and_configs_are_within_reach(run: Run) -> None:
    assert run("topics", "create", "orders", "--partitions", "2", "--config", "retention.ms=-1").status == 0
    assert run("topics", "alter", "orders", "--partitions", "3", "--config", "cleanup.policy=compact").status == 0
    assert run("produce", "orders", "-k", ":", stdin=b"a:1\nb:2\n").status == 0
    assert sorted(run("consume", "orders", "-f", r"%k=%s\n").out.split()) == ["a=1", "b=2"]
    (topic,) = json.loads(run("topics", "describe", "orders", "--json").out)
    assert (len(topic["partitions"]), sorted(topic["configs"])) == (3, ["cleanup.policy", "retention.ms"])
    assert sum(partition["end"] for partition in topic["partitions"]) == 2
    assert run("configs", "unset", "topic", "orders", "retention.ms").status == 0
    assert run("topics", "delete", "orders", "--yes").out == "orders deleted\n"


def test_what_has_configs_is_listed_as_far_as_it_can_be_known(run: Run) -> None:
    run("topics", "create", "orders")
    listed = json.loads(run("configs", "list", "--json").out)
    assert [(resource["kind"], resource["name"]) for resource in listed] == [("broker", "1"), ("broker-logger", "1"), ("topic", "orders")]
