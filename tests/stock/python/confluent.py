"""confluent-kafka: librdkafka in Python's clothes."""

import time
import warnings
from collections.abc import Callable
from typing import Any

import confluent_kafka
from confluent_kafka import (
    Consumer,
    ElectionType,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from tests.stock.family import ClientRefused, Unsupported, to_bytes, to_text

SECONDS = 15
OFFSETS = {"earliest": -2, "latest": -1}
KINDS = {0: None, 1: "create", 2: "append"}
RESOURCES = {"topic": ResourceType.TOPIC, "broker": ResourceType.BROKER, "group": ResourceType.GROUP}


def _settings(bootstrap: str) -> dict[str, Any]:
    return {"bootstrap.servers": bootstrap, "reconnect.backoff.max.ms": 200, "log_level": 0, "allow.auto.create.topics": False}


def _refused(error: KafkaError) -> ClientRefused:
    if error.code() < 0:
        return ClientRefused(None, error.name(), error.str())
    return ClientRefused(error.code(), text=error.str())


def _result(bootstrap: str, question: Callable[[AdminClient], Any]) -> Any:
    """What a future of the admin client brings. The client has to live until then."""
    admin = AdminClient(_settings(bootstrap))
    try:
        return question(admin).result(SECONDS)
    except KafkaException as refused:
        raise _refused(refused.args[0]) from None


def _only(bootstrap: str, question: Callable[[AdminClient], dict[Any, Any]]) -> Any:
    """The same for what gives one future per thing, asked for one thing."""
    return _result(bootstrap, lambda admin: next(iter(question(admin).values())))


def _resource(resource: str, name: str, entries: list[ConfigEntry] | None = None) -> ConfigResource:
    if resource not in RESOURCES:
        raise Unsupported(f"there is no resource type {resource}")
    return ConfigResource(RESOURCES[resource], name, incremental_configs=entries)


class ConfluentKafka:
    """The operations as confluent-kafka does them."""

    name = "confluent-kafka"
    version = f"{confluent_kafka.__version__} (librdkafka {confluent_kafka.libversion()[0]})"

    def produce(
        self,
        bootstrap: str,
        topic: str,
        records: list[dict[str, Any]],
        codec: str,
        acks: str,
        idempotent: bool,
        max_bytes: int | None,
        pause_ms: int,
    ) -> dict[str, Any]:
        settings = {"compression.type": codec, "acks": acks, "enable.idempotence": idempotent, "linger.ms": 5, "retry.backoff.ms": 50}
        limit = {} if max_bytes is None else {"message.max.bytes": max_bytes}
        timeout = {"message.timeout.ms": (60 if pause_ms else SECONDS) * 1000}
        producer = Producer({**_settings(bootstrap), **settings, **limit, **timeout})
        placed: list[Any] = [None] * len(records)
        for number, record in enumerate(records):

            def done(error: KafkaError | None, message: Any, number: int = number) -> None:
                placed[number] = error or [message.partition(), None if acks == "0" else message.offset()]

            optional = {name: record[name] for name in ("partition", "timestamp") if record[name] is not None}
            headers = [(name, to_bytes(value)) for name, value in record["headers"]]
            try:
                producer.produce(
                    topic, to_bytes(record["value"]), to_bytes(record["key"]), headers=headers or None, on_delivery=done, **optional
                )
            except KafkaException as refused:
                raise _refused(refused.args[0]) from None
            producer.poll(0)
            if pause_ms:
                time.sleep(pause_ms / 1000)
        if producer.flush(60 if pause_ms else SECONDS):
            raise ClientRefused(None, "_TIMED_OUT", "not everything was acknowledged in time")
        for place in placed:
            if isinstance(place, KafkaError):
                raise _refused(place)
        return {"placed": placed}

    def consume(
        self, bootstrap: str, topic: str, partition: int, offset: int | str, count: int, timeout_ms: int, committed: bool
    ) -> dict[str, Any]:
        isolation = {"isolation.level": "read_committed" if committed else "read_uncommitted"}
        consumer = Consumer(
            {**_settings(bootstrap), **isolation, "group.id": "nobody", "enable.auto.commit": False, "auto.offset.reset": "error"}
        )
        try:
            consumer.assign([TopicPartition(topic, partition, OFFSETS[offset] if isinstance(offset, str) else offset)])
            records: list[dict[str, Any]] = []
            deadline = time.monotonic() + timeout_ms / 1000
            while len(records) < count and (rest := deadline - time.monotonic()) > 0:
                for message in consumer.consume(count - len(records), min(rest, 0.2)):
                    if message.error():
                        raise _refused(message.error())
                    records.append(self._record(message))
            return {"records": records}
        finally:
            consumer.close()

    @staticmethod
    def _record(message: Any) -> dict[str, Any]:
        kind, timestamp = message.timestamp()
        return {
            "offset": message.offset(),
            "timestamp": timestamp,
            "timestamp_type": KINDS[kind],
            "key": to_text(message.key()),
            "value": to_text(message.value()),
            "headers": [[name, to_text(value)] for name, value in message.headers() or []],
        }

    def offset(self, bootstrap: str, topic: str, partition: int, at: int | str) -> dict[str, Any]:
        special = {"earliest": OffsetSpec.earliest, "latest": OffsetSpec.latest, "max_timestamp": OffsetSpec.max_timestamp}
        spec = special[at]() if isinstance(at, str) else OffsetSpec.for_timestamp(at)
        found = _only(
            bootstrap,
            lambda admin: admin.list_offsets({TopicPartition(topic, partition): spec}, isolation_level=IsolationLevel.READ_UNCOMMITTED),
        )
        return {"offset": found.offset, "timestamp": None if found.timestamp < 0 else found.timestamp}

    def create_topic(
        self, bootstrap: str, topic: str, partitions: int, replication: int, configs: dict[str, str], validate_only: bool
    ) -> None:
        _only(
            bootstrap,
            lambda admin: admin.create_topics([NewTopic(topic, partitions, replication, config=configs)], validate_only=validate_only),
        )

    def delete_topic(self, bootstrap: str, topic: str) -> None:
        _only(bootstrap, lambda admin: admin.delete_topics([topic]))

    def list_topics(self, bootstrap: str) -> dict[str, Any]:
        return {"topics": sorted(AdminClient(_settings(bootstrap)).list_topics(timeout=SECONDS).topics)}

    def describe_topic(self, bootstrap: str, topic: str) -> dict[str, Any]:
        found = _only(bootstrap, lambda admin: admin.describe_topics(TopicCollection([topic])))
        partitions = [
            {
                "partition": partition.id,
                "leader": partition.leader.id,
                "replicas": [node.id for node in partition.replicas],
                "isr": [node.id for node in partition.isr],
            }
            for partition in found.partitions
        ]
        return {"topic_id": str(found.topic_id), "partitions": partitions}

    def create_partitions(self, bootstrap: str, topic: str, total: int, validate_only: bool) -> None:
        _only(bootstrap, lambda admin: admin.create_partitions([NewPartitions(topic, total)], validate_only=validate_only))

    def describe_configs(self, bootstrap: str, resource: str, name: str) -> dict[str, Any]:
        found = _only(bootstrap, lambda admin: admin.describe_configs([_resource(resource, name)]))
        return {
            "configs": {
                key: {
                    "value": entry.value,
                    "source": _source(entry.source),
                    "read_only": entry.is_read_only,
                    "sensitive": entry.is_sensitive,
                }
                for key, entry in found.items()
            }
        }

    def alter_configs(
        self,
        bootstrap: str,
        resource: str,
        name: str,
        set: dict[str, str],  # noqa: A002  as README.md calls it
        delete: list[str],
        validate_only: bool,
    ) -> None:
        entries = [ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in set.items()]
        entries += [ConfigEntry(key, None, incremental_operation=AlterConfigOpType.DELETE) for key in delete]
        _only(bootstrap, lambda admin: admin.incremental_alter_configs([_resource(resource, name, entries)], validate_only=validate_only))

    def replace_configs(self, bootstrap: str, resource: str, name: str, configs: dict[str, str], validate_only: bool) -> None:
        if resource not in RESOURCES:
            raise Unsupported(f"there is no resource type {resource}")
        changed = ConfigResource(RESOURCES[resource], name, set_config=configs)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the old API is what we want to see
            _only(bootstrap, lambda admin: admin.alter_configs([changed], validate_only=validate_only))

    def delete_records(self, bootstrap: str, topic: str, partition: int, before: int) -> dict[str, Any]:
        return {
            "low_watermark": _only(bootstrap, lambda admin: admin.delete_records([TopicPartition(topic, partition, before)])).low_watermark
        }

    def describe_cluster(self, bootstrap: str) -> dict[str, Any]:
        found = _result(bootstrap, lambda admin: admin.describe_cluster())
        brokers = [{"id": node.id, "host": node.host, "port": node.port} for node in found.nodes]
        return {"cluster_id": found.cluster_id, "controller": found.controller.id, "brokers": brokers}

    def elect_leader(self, bootstrap: str, topic: str, partition: int, kind: str) -> None:
        (found,) = _result(
            bootstrap, lambda admin: admin.elect_leaders(ElectionType[kind.upper()], [TopicPartition(topic, partition)])
        ).values()
        if found is not None:
            raise _refused(found)

    def describe_acls(self, bootstrap: str) -> dict[str, Any]:
        everything = AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY)
        return {"acls": [str(acl) for acl in _result(bootstrap, lambda admin: admin.describe_acls(everything))]}

    def set_scram(self, bootstrap: str, user: str, mechanism: str, iterations: int, password: str) -> None:
        credential = ScramCredentialInfo(_mechanism(mechanism), iterations)
        _only(
            bootstrap, lambda admin: admin.alter_user_scram_credentials([UserScramCredentialUpsertion(user, credential, password.encode())])
        )

    def describe_scram(self, bootstrap: str, user: str) -> dict[str, Any]:
        found = _only(bootstrap, lambda admin: admin.describe_user_scram_credentials([user]))
        return {
            "credentials": [
                {"mechanism": credential.mechanism.name.replace("_", "-"), "iterations": credential.iterations}
                for credential in found.scram_credential_infos
            ]
        }

    def delete_scram(self, bootstrap: str, user: str, mechanism: str) -> None:
        _only(bootstrap, lambda admin: admin.alter_user_scram_credentials([UserScramCredentialDeletion(user, _mechanism(mechanism))]))


def _mechanism(name: str) -> ScramMechanism:
    return ScramMechanism[name.replace("-", "_")]


def _source(number: int) -> str | None:
    try:
        return ConfigSource(number).name
    except ValueError:
        return None


CLIENT = ConfluentKafka()
