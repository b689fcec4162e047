"""Every family of stock clients administers a broker."""

from collections.abc import Callable
from typing import Any

import pytest

from streambus.wire.errors import ErrorCode
from tests.stock.client import Client, Record, soon
from tests.stock.family import ClientRefused
from tests.stock.rows import row

pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
"""A client that leaves its sockets to the garbage collector is free to do so."""

NewTopic = Callable[..., str]
NewName = Callable[[], str]


def names(client: Client) -> list[str]:
    return client.ask("list_topics")["topics"]


def partitions(client: Client, topic: str) -> int:
    return len(client.ask("describe_topic", topic=topic)["partitions"])


def config(client: Client, name: str, key: str, resource: str = "topic") -> Any:
    """A config's value, or None if it is not told."""
    return client.ask("describe_configs", resource=resource, name=name)["configs"].get(key, {}).get("value")


# Topics ------------------------------------------------------------------------------------------------------------------


@row("create_topic")
def test_create_topic(client: Client, reference: Client, new_name: NewName) -> None:
    topic = new_name()
    client.ask("create_topic", topic=topic, partitions=3, configs={"retention.ms": "5000", "cleanup.policy": "compact"})
    soon(lambda: topic in names(reference), True)
    soon(lambda: partitions(reference, topic), 3)
    soon(lambda: [config(reference, topic, key) for key in ("retention.ms", "cleanup.policy")], ["5000", "compact"])
    reference.ask("delete_topic", topic=topic)


@row("create_topic: TOPIC_ALREADY_EXISTS")
def test_create_topic_that_is_there(client: Client, new_topic: NewTopic) -> None:
    with client.is_refused(ErrorCode.TOPIC_ALREADY_EXISTS):
        client.ask("create_topic", topic=new_topic())


@row("create_topic: {error}")
@pytest.mark.parametrize(
    ("error", "wrong"),
    [
        ("INVALID_PARTITIONS", {"partitions": 0}),
        ("INVALID_REPLICATION_FACTOR", {"replication": 3}),
        ("INVALID_CONFIG", {"configs": {"no.such.config": "1"}}),
    ],
)
def test_create_topic_that_cannot_be(client: Client, reference: Client, new_name: NewName, error: str, wrong: dict[str, Any]) -> None:
    topic = new_name()
    with client.is_refused(ErrorCode[error]):
        client.ask("create_topic", topic=topic, **wrong)
    assert topic not in names(reference)


@row("create_topic: INVALID_TOPIC_EXCEPTION")
def test_create_topic_with_a_name_that_cannot_be(client: Client, new_name: NewName) -> None:
    with client.is_refused(ErrorCode.INVALID_TOPIC_EXCEPTION):
        client.ask("create_topic", topic=f"{new_name()}?")


@row("create_topic: validate only")
def test_create_topic_only_to_see(client: Client, reference: Client, new_topic: NewTopic, new_name: NewName) -> None:
    topic = new_name()
    client.ask("create_topic", topic=topic, validate_only=True)
    assert topic not in names(reference)
    with client.is_refused(ErrorCode.TOPIC_ALREADY_EXISTS):
        client.ask("create_topic", topic=new_topic(), validate_only=True)


@row("delete_topic")
def test_delete_topic(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic()
    client.ask("delete_topic", topic=topic)
    soon(lambda: topic in names(reference), False)


@row("delete_topic: UNKNOWN_TOPIC_OR_PARTITION")
def test_delete_topic_that_is_not_there(client: Client, new_name: NewName) -> None:
    with client.is_refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION):
        client.ask("delete_topic", topic=new_name())


@row("list_topics")
def test_list_topics(client: Client, new_topic: NewTopic) -> None:
    assert {new_topic(), new_topic()} <= set(names(client))


@row("describe_topic")
def test_describe_topic(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic(3)
    told, known = client.ask("describe_topic", topic=topic), reference.ask("describe_topic", topic=topic)
    assert sorted(told["partitions"], key=lambda found: found["partition"]) == known["partitions"]
    if told["topic_id"] is not None:  # librdkafka writes ids in the other alphabet of base64
        assert told["topic_id"].replace("+", "-").replace("/", "_") == known["topic_id"]


@row("describe_topic: UNKNOWN_TOPIC_OR_PARTITION")
def test_describe_topic_that_is_not_there(client: Client, new_name: NewName) -> None:
    with client.is_refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION):
        client.ask("describe_topic", topic=new_name())


@row("create_partitions")
def test_create_partitions(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic(2)
    client.ask("create_partitions", topic=topic, total=5)
    soon(lambda: partitions(reference, topic), 5)


@row("create_partitions: INVALID_PARTITIONS")
def test_create_fewer_partitions(client: Client, new_topic: NewTopic) -> None:
    with client.is_refused(ErrorCode.INVALID_PARTITIONS):
        client.ask("create_partitions", topic=new_topic(3), total=2)


@row("create_partitions: UNKNOWN_TOPIC_OR_PARTITION")
def test_create_partitions_of_nothing(client: Client, new_name: NewName) -> None:
    with client.is_refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION):
        client.ask("create_partitions", topic=new_name(), total=2)


@row("create_partitions: validate only")
def test_create_partitions_only_to_see(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic(2)
    client.ask("create_partitions", topic=topic, total=5, validate_only=True)
    assert partitions(reference, topic) == 2


# Configs -----------------------------------------------------------------------------------------------------------------


@row("describe_configs: topic")
def test_describe_a_topics_configs(client: Client, new_topic: NewTopic) -> None:
    configs = client.ask("describe_configs", name=new_topic(retention_ms="7000"))["configs"]
    assert configs["retention.ms"]["value"] == "7000"
    assert configs["retention.ms"]["source"] in ("DYNAMIC_TOPIC_CONFIG", None)
    assert configs["cleanup.policy"]["value"] == "delete"
    assert configs["cleanup.policy"]["source"] in ("DEFAULT_CONFIG", None)


@row("describe_configs: broker")
def test_describe_a_brokers_configs(client: Client, reference: Client) -> None:
    broker = str(reference.ask("describe_cluster")["controller"])
    configs = client.ask("describe_configs", resource="broker", name=broker)["configs"]
    assert configs["node.id"]["value"] == broker
    assert configs["node.id"]["read_only"] in (True, None)
    assert configs["log.retention.hours"]["value"] == "168"


@row("describe_configs: group")
def test_describe_a_groups_configs(client: Client, new_name: NewName) -> None:
    assert config(client, new_name(), "consumer.session.timeout.ms", "group") == "45000"


@row("describe_configs: client_metrics")
def test_describe_configs_of_client_metrics(client: Client, reference: Client, new_name: NewName) -> None:
    name = new_name()
    reference.ask("alter_configs", resource="client_metrics", name=name, set={"interval.ms": "60000"})
    soon(lambda: config(client, name, "interval.ms", "client_metrics"), "60000")
    reference.ask("alter_configs", resource="client_metrics", name=name, delete=["interval.ms"])


@row("describe_configs: broker_logger")
def test_describe_a_brokers_loggers(client: Client, reference: Client) -> None:
    broker = str(reference.ask("describe_cluster")["controller"])
    told = client.ask("describe_configs", resource="broker_logger", name=broker)["configs"]
    assert set(told) == set(reference.ask("describe_configs", resource="broker_logger", name=broker)["configs"])


@row("describe_configs: UNKNOWN_TOPIC_OR_PARTITION")
def test_describe_configs_of_nothing(client: Client, new_name: NewName) -> None:
    with client.is_refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION):
        client.ask("describe_configs", name=new_name())


@row("alter_configs: topic")
def test_alter_a_topics_configs(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic(retention_ms="7000", segment_ms="8000")
    client.ask("alter_configs", name=topic, set={"retention.bytes": "9000"}, delete=["retention.ms"])
    keys = ("retention.bytes", "retention.ms", "segment.ms")
    soon(lambda: [config(reference, topic, key) for key in keys], ["9000", "604800000", "8000"])


@row("alter_configs: {resource}")
@pytest.mark.parametrize(
    ("resource", "key", "value"),
    [
        ("broker", "log.cleaner.backoff.ms", "15001"),
        ("group", "consumer.session.timeout.ms", "50000"),
        ("client_metrics", "interval.ms", "70000"),
    ],
)
def test_alter_configs(client: Client, reference: Client, new_name: NewName, resource: str, key: str, value: str) -> None:
    name = str(reference.ask("describe_cluster")["controller"]) if resource == "broker" else new_name()
    before = config(reference, name, key, resource)
    client.ask("alter_configs", resource=resource, name=name, set={key: value})
    soon(lambda: config(reference, name, key, resource), value)
    client.ask("alter_configs", resource=resource, name=name, delete=[key])
    soon(lambda: config(reference, name, key, resource) != value, True)
    if resource != "client_metrics":
        assert config(reference, name, key, resource) == before


@row("alter_configs: broker_logger, INVALID_CONFIG")
def test_alter_the_level_of_a_logger_that_is_not_there(client: Client, reference: Client) -> None:
    broker = str(reference.ask("describe_cluster")["controller"])
    with client.is_refused(ErrorCode.INVALID_CONFIG):
        client.ask("alter_configs", resource="broker_logger", name=broker, set={"no.such.logger": "TRACE"})


@row("alter_configs: INVALID_CONFIG")
def test_alter_configs_to_what_cannot_be(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic()
    with client.is_refused(ErrorCode.INVALID_CONFIG):
        client.ask("alter_configs", name=topic, set={"retention.ms": "soon"})
    assert config(reference, topic, "retention.ms") == "604800000"


@row("alter_configs: UNKNOWN_TOPIC_OR_PARTITION")
def test_alter_configs_of_nothing(client: Client, new_name: NewName) -> None:
    with client.is_refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION):
        client.ask("alter_configs", name=new_name(), set={"retention.ms": "7000"})


@row("alter_configs: validate only")
def test_alter_configs_only_to_see(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic()
    client.ask("alter_configs", name=topic, set={"retention.ms": "7000"}, validate_only=True)
    assert config(reference, topic, "retention.ms") == "604800000"


@row("replace_configs")
def test_replace_configs(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic(retention_ms="7000")
    client.ask("replace_configs", name=topic, configs={"retention.bytes": "9000"})
    soon(lambda: [config(reference, topic, key) for key in ("retention.bytes", "retention.ms")], ["9000", "604800000"])


@row("replace_configs: INVALID_CONFIG")
def test_replace_configs_by_what_cannot_be(client: Client, new_topic: NewTopic) -> None:
    with client.is_refused(ErrorCode.INVALID_CONFIG):
        client.ask("replace_configs", name=new_topic(), configs={"retention.ms": "soon"})


@row("list_config_resources")
def test_list_config_resources(client: Client, new_topic: NewTopic) -> None:
    topic = new_topic()
    soon(lambda: {"type": "topic", "name": topic} in client.ask("list_config_resources")["resources"], True)


# Partitions --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ten(reference: Client, new_topic: NewTopic) -> str:
    """A topic of ten records."""
    topic = new_topic()
    reference.produce(topic, *[Record(b"value") for _ in range(10)], idempotent=True)
    return topic


@row("delete_records")
def test_delete_records(client: Client, reference: Client, ten: str) -> None:
    assert client.ask("delete_records", topic=ten, before=4)["low_watermark"] in (4, None)
    assert [record.offset for record in reference.consume(ten, 6)] == [4, 5, 6, 7, 8, 9]


@row("delete_records: OFFSET_OUT_OF_RANGE")
def test_delete_records_that_are_not_there(client: Client, ten: str) -> None:
    with client.is_refused(ErrorCode.OFFSET_OUT_OF_RANGE):
        client.ask("delete_records", topic=ten, before=11)


@row("elect_leader: ELECTION_NOT_NEEDED")
@pytest.mark.parametrize("kind", ["preferred", "unclean"])
def test_elect_the_leader_there_is(client: Client, new_topic: NewTopic, kind: str) -> None:
    with client.is_refused(ErrorCode.ELECTION_NOT_NEEDED):
        client.ask("elect_leader", topic=new_topic(), kind=kind)


@row("elect_leader: UNKNOWN_TOPIC_OR_PARTITION")
def test_elect_a_leader_of_nothing(client: Client, new_name: NewName) -> None:
    with client.is_refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION):
        client.ask("elect_leader", topic=new_name())


@row("list_reassignments")
def test_list_reassignments(client: Client) -> None:
    assert client.ask("list_reassignments")["reassignments"] == []


@row("reassign")
def test_reassign_to_where_it_is(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic, here = new_topic(), reference.ask("describe_cluster")["controller"]
    client.ask("reassign", topic=topic, replicas=[here])
    assert reference.ask("describe_topic", topic=topic)["partitions"][0]["replicas"] == [here]


@row("reassign: INVALID_REPLICA_ASSIGNMENT")
def test_reassign_to_a_broker_that_is_not_there(client: Client, new_topic: NewTopic) -> None:
    with client.is_refused(ErrorCode.INVALID_REPLICA_ASSIGNMENT):
        client.ask("reassign", topic=new_topic(), replicas=[99])


@row("reassign: NO_REASSIGNMENT_IN_PROGRESS")
def test_cancel_no_reassignment(client: Client, new_topic: NewTopic) -> None:
    with client.is_refused(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS):
        client.ask("reassign", topic=new_topic(), replicas=None)


@row("describe_producers")
def test_describe_producers(client: Client, ten: str) -> None:
    (producer,) = client.ask("describe_producers", topic=ten)["producers"]
    assert (producer["epoch"], producer["last_sequence"]) == (0, 9)


@row("epoch_end")
def test_the_end_of_a_leader_epoch(client: Client, ten: str) -> None:
    assert client.ask("epoch_end", topic=ten, leader_epoch=0) == {"leader_epoch": 0, "end_offset": 10}


# The cluster -------------------------------------------------------------------------------------------------------------


@row("describe_cluster")
def test_describe_cluster(client: Client, reference: Client) -> None:
    told, known = client.ask("describe_cluster"), reference.ask("describe_cluster")
    assert told["cluster_id"] in (None, known["cluster_id"])
    host, port = client.bootstrap.rsplit(":", 1)
    assert told["brokers"] == [{"id": known["controller"], "host": host, "port": int(port)}]


@row("describe_log_dirs")
def test_describe_log_dirs(client: Client, reference: Client, ten: str) -> None:
    (folder,) = client.ask("describe_log_dirs")["dirs"]
    (known,) = reference.ask("describe_log_dirs")["dirs"]
    assert folder["path"] == known["path"]
    (size,) = [found["size"] for found in folder["partitions"] if found["topic"] == ten]
    assert size > 0


@row("describe_features")
def test_describe_features(client: Client) -> None:
    assert client.ask("describe_features")["features"]["metadata.version"] >= 7


@row("update_feature: validate only")
def test_update_a_feature_only_to_see(client: Client, reference: Client) -> None:
    level = reference.ask("describe_features")["features"]["metadata.version"]
    client.ask("update_feature", feature="metadata.version", level=level, validate_only=True)
    assert reference.ask("describe_features")["features"]["metadata.version"] == level


@row("update_feature: INVALID_UPDATE_VERSION")
def test_update_a_feature_to_what_cannot_be(client: Client) -> None:
    with client.is_refused(ErrorCode.INVALID_UPDATE_VERSION):
        client.ask("update_feature", feature="metadata.version", level=99)


@row("describe_quorum")
def test_describe_quorum(client: Client, reference: Client) -> None:
    here = reference.ask("describe_cluster")["controller"]
    assert client.ask("describe_quorum") == {"leader": here, "voters": [here]}


@row("api_versions")
def test_api_versions(client: Client, reference: Client) -> None:
    told, known = client.ask("api_versions")["apis"], reference.ask("api_versions")["apis"]
    assert {key: versions for key, versions in told.items() if key in known} == {key: known[key] for key in told if key in known}
    assert {"0", "1", "3", "18"} <= set(told)


# Security and quotas -----------------------------------------------------------------------------------------------------


@row("describe_acls: SECURITY_DISABLED")
def test_describe_acls(client: Client) -> None:
    with client.is_refused(ErrorCode.SECURITY_DISABLED):
        client.ask("describe_acls")


@row("quotas: set, described, removed")
def test_quotas(client: Client, new_name: NewName) -> None:
    entity = {"user": new_name(), "client-id": new_name()}
    client.ask("alter_quotas", entity=entity, set={"producer_byte_rate": 1000, "consumer_byte_rate": 2000})
    soon(lambda: client.ask("describe_quotas", entity=entity)["quotas"], {"producer_byte_rate": 1000, "consumer_byte_rate": 2000})
    client.ask("alter_quotas", entity=entity, remove=["producer_byte_rate", "consumer_byte_rate"])
    soon(lambda: client.ask("describe_quotas", entity=entity)["quotas"], {})


@row("quotas: INVALID_REQUEST")
def test_a_quota_that_does_not_exist(client: Client, new_name: NewName) -> None:
    with client.is_refused(ErrorCode.INVALID_REQUEST):
        client.ask("alter_quotas", entity={"user": new_name()}, set={"no_such_rate": 1000})


@row("SCRAM: set, described, deleted")
def test_scram(client: Client, new_name: NewName) -> None:
    user = new_name()
    client.ask("set_scram", user=user, mechanism="SCRAM-SHA-512", iterations=8192, password="secret")
    credential = {"mechanism": "SCRAM-SHA-512", "iterations": 8192}
    soon(lambda: described(client, user), [credential])
    client.ask("delete_scram", user=user, mechanism="SCRAM-SHA-512")
    soon(lambda: described(client, user), [])


def described(client: Client, user: str) -> Any:
    """The credentials of a user. That there is no such user may be an error."""
    try:
        return client.ask("describe_scram", user=user)["credentials"]
    except ClientRefused:
        return []


@row("SCRAM: RESOURCE_NOT_FOUND")
def test_delete_credentials_of_nobody(client: Client, new_name: NewName) -> None:
    with client.is_refused(ErrorCode.RESOURCE_NOT_FOUND):
        client.ask("delete_scram", user=new_name())


@row("SCRAM: UNACCEPTABLE_CREDENTIAL")
def test_credentials_that_are_too_weak(client: Client, new_name: NewName) -> None:
    with client.is_refused(ErrorCode.UNACCEPTABLE_CREDENTIAL):
        client.ask("set_scram", user=new_name(), iterations=5, password="secret")
