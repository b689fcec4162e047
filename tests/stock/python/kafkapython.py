"""kafka-python: the protocol in Python."""

import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka import errors as Errors  # noqa: N812  as the library's documentation calls it
from kafka.admin import (
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    AlterConfigOp,
    ConfigResource,
    OffsetSpec,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UpdateFeatureType,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from tests.stock.family import ClientRefused, Unsupported, to_bytes, to_text

SECONDS = 15
KINDS = {-1: None, 0: "create", 1: "append"}


def _refused(error: BaseException) -> ClientRefused:
    if isinstance(error, Errors.BrokerResponseError):
        return ClientRefused(error.errno, text=str(error))
    return ClientRefused(None, type(error).__name__, str(error))


@contextmanager
def _admin(bootstrap: str) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=SECONDS * 1000, bootstrap_timeout_ms=SECONDS * 1000)
    try:
        yield client
    except (Errors.KafkaError, ValueError) as error:
        raise _refused(error) from None
    finally:
        client.close()


def _check(told: str | None) -> None:
    """Some operations give a text instead of an error: `[Error 44] POLICY_VIOLATION: why`."""
    if told is not None and told != "OK":
        match = re.match(r"\[Error (\d+)\]", told)
        raise ClientRefused(int(match[1]) if match else None, None, told)


def _check_code(code: int) -> None:
    if code:
        raise ClientRefused(code)


class KafkaPython:
    """The operations as kafka-python does them."""

    name = "kafka-python"
    version = kafka.__version__

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
        if any(value is None for record in records for _, value in record["headers"]):
            raise Unsupported("its producer takes no header without a value")
        seconds = 60 if pause_ms else SECONDS
        producer = KafkaProducer(
            bootstrap_servers=bootstrap,
            compression_type=None if codec == "none" else codec,
            acks=acks if acks == "all" else int(acks),
            enable_idempotence=idempotent,
            linger_ms=5,
            max_block_ms=SECONDS * 1000,
            request_timeout_ms=10_000,
            delivery_timeout_ms=seconds * 1000,
            reconnect_backoff_max_ms=200,
            **({} if max_bytes is None else {"max_request_size": max_bytes}),
        )
        try:
            futures = []
            for record in records:
                futures.append(
                    producer.send(
                        topic,
                        to_bytes(record["value"]),
                        to_bytes(record["key"]),
                        [(name, to_bytes(value)) for name, value in record["headers"]],
                        record["partition"],
                        record["timestamp"],
                    )
                )
                if pause_ms:
                    time.sleep(pause_ms / 1000)
            placed = [future.get(seconds) for future in futures]
        except (Errors.KafkaError, AssertionError) as error:
            raise _refused(error) from None
        finally:
            producer.close(5)
        return {"placed": [[place.partition, None if acks == "0" else place.offset] for place in placed]}

    def consume(
        self, bootstrap: str, topic: str, partition: int, offset: int | str, count: int, timeout_ms: int, committed: bool
    ) -> dict[str, Any]:
        place = TopicPartition(topic, partition)
        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed" if committed else "read_uncommitted",
            allow_auto_create_topics=False,
        )
        try:
            consumer.assign([place])
            if offset == "earliest":
                consumer.seek_to_beginning(place)
            elif offset == "latest":
                consumer.seek_to_end(place)
            else:
                consumer.seek(place, offset)
            records: list[dict[str, Any]] = []
            deadline = time.monotonic() + timeout_ms / 1000
            while len(records) < count and (rest := deadline - time.monotonic()) > 0:
                found = consumer.poll(int(min(rest, 0.5) * 1000), max_records=count - len(records))
                records += [self._record(record) for record in found.get(place, [])]
            return {"records": records}
        except Errors.OffsetOutOfRangeError as error:
            raise ClientRefused(1, text=str(error)) from None
        except Errors.KafkaError as error:
            raise _refused(error) from None
        finally:
            consumer.close()

    @staticmethod
    def _record(record: Any) -> dict[str, Any]:
        return {
            "offset": record.offset,
            "timestamp": record.timestamp,
            "timestamp_type": KINDS[record.timestamp_type],
            "key": to_text(record.key),
            "value": to_text(record.value),
            "headers": [[name, to_text(value)] for name, value in record.headers],
        }

    def offset(self, bootstrap: str, topic: str, partition: int, at: int | str) -> dict[str, Any]:
        place = TopicPartition(topic, partition)
        spec = OffsetSpec[at.upper()] if isinstance(at, str) else at
        with _admin(bootstrap) as admin:
            found = admin.list_partition_offsets({place: spec})[place]
        return {"offset": found.offset, "timestamp": None if found.timestamp < 0 else found.timestamp}

    def create_topic(
        self, bootstrap: str, topic: str, partitions: int, replication: int, configs: dict[str, str], validate_only: bool
    ) -> None:
        wanted = {topic: {"num_partitions": partitions, "replication_factor": replication, "configs": configs}}
        with _admin(bootstrap) as admin:
            admin.create_topics(wanted, validate_only=validate_only)

    def delete_topic(self, bootstrap: str, topic: str) -> None:
        with _admin(bootstrap) as admin:
            admin.delete_topics([topic])

    def list_topics(self, bootstrap: str) -> dict[str, Any]:
        with _admin(bootstrap) as admin:
            return {"topics": sorted(admin.list_topics())}

    def describe_topic(self, bootstrap: str, topic: str) -> dict[str, Any]:
        with _admin(bootstrap) as admin:
            (found,) = admin.describe_topics([topic])
        _check_code(found["error_code"])
        partitions = [
            {
                "partition": partition["partition_index"],
                "leader": partition["leader_id"],
                "replicas": partition["replica_nodes"],
                "isr": partition["isr_nodes"],
            }
            for partition in found["partitions"]
        ]
        return {"topic_id": _topic_id(found.get("topic_id")), "partitions": partitions}

    def create_partitions(self, bootstrap: str, topic: str, total: int, validate_only: bool) -> None:
        with _admin(bootstrap) as admin:
            admin.create_partitions({topic: total}, validate_only=validate_only)

    def describe_configs(self, bootstrap: str, resource: str, name: str) -> dict[str, Any]:
        with _admin(bootstrap) as admin:
            found = admin.describe_configs([ConfigResource(resource, name)], config_filter="all")[resource][name]
        return {
            "configs": {
                key: {
                    "value": entry["value"],
                    "source": entry.get("config_source"),
                    "read_only": entry["read_only"],
                    "sensitive": entry["is_sensitive"],
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
        changes = {key: (AlterConfigOp.SET, value) for key, value in set.items()}
        changes |= dict.fromkeys(delete, (AlterConfigOp.DELETE, None))
        with _admin(bootstrap) as admin:
            told = admin.alter_configs(
                [ConfigResource(resource, name, changes)], validate_only=validate_only, raise_on_unknown=False, incremental=True
            )
        _check(told[resource][name])

    def delete_records(self, bootstrap: str, topic: str, partition: int, before: int) -> dict[str, Any]:
        place = TopicPartition(topic, partition)
        with _admin(bootstrap) as admin:
            return {"low_watermark": admin.delete_records({place: before})[place]["low_watermark"]}

    def describe_cluster(self, bootstrap: str) -> dict[str, Any]:
        with _admin(bootstrap) as admin:
            found = admin.describe_cluster()
        brokers = [{"id": node["broker_id"], "host": node["host"], "port": node["port"]} for node in found["brokers"]]
        return {"cluster_id": found["cluster_id"], "controller": found["controller_id"], "brokers": brokers}

    def describe_log_dirs(self, bootstrap: str) -> dict[str, Any]:
        with _admin(bootstrap) as admin:
            (found,) = admin.describe_log_dirs()
        return {
            "dirs": [
                {
                    "path": folder["log_dir"],
                    "partitions": [
                        {"topic": topic["name"], "partition": partition["partition_index"], "size": partition["partition_size"]}
                        for topic in folder["topics"]
                        for partition in topic["partitions"]
                    ],
                }
                for folder in found["log_dirs"]
            ]
        }

    def elect_leader(self, bootstrap: str, topic: str, partition: int, kind: str) -> None:
        with _admin(bootstrap) as admin:
            found = admin.elect_leaders({"preferred": 0, "unclean": 1}[kind], {topic: [partition]}, raise_errors=False)
        _check_code(found.error_code)
        _check_code(found.replica_election_results[0].partition_result[0].error_code)

    def list_reassignments(self, bootstrap: str) -> dict[str, Any]:
        with _admin(bootstrap) as admin:
            found = admin.list_partition_reassignments()
        return {
            "reassignments": [
                {"topic": place.topic, "partition": place.partition, "replicas": told["replicas"]} for place, told in found.items()
            ]
        }

    def reassign(self, bootstrap: str, topic: str, partition: int, replicas: list[int] | None) -> None:
        place = TopicPartition(topic, partition)
        with _admin(bootstrap) as admin:
            error = admin.alter_partition_reassignments({place: replicas})[place]
        if error is not None:
            raise ClientRefused(error.errno)

    def describe_producers(self, bootstrap: str, topic: str, partition: int) -> dict[str, Any]:
        place = TopicPartition(topic, partition)
        with _admin(bootstrap) as admin:
            found = admin.describe_producers([place])[place]
        return {
            "producers": [
                {"id": producer.producer_id, "epoch": producer.producer_epoch, "last_sequence": producer.last_sequence}
                for producer in found.active_producers
            ]
        }

    def describe_features(self, bootstrap: str) -> dict[str, Any]:
        with _admin(bootstrap) as admin:
            found = admin.describe_features()
        return {"features": {name: told["finalized"][1] for name, told in found.items() if "finalized" in told}}

    def update_feature(self, bootstrap: str, feature: str, level: int, validate_only: bool) -> None:
        with _admin(bootstrap) as admin:
            finalized = admin.describe_features().get(feature, {}).get("finalized", (0, 0))[1]
            kind = UpdateFeatureType.SAFE_DOWNGRADE if level < finalized else UpdateFeatureType.UPGRADE
            told = admin.update_features({feature: (kind, level)}, validate_only=validate_only)
        _check(told[feature])

    def describe_quorum(self, bootstrap: str) -> dict[str, Any]:
        with _admin(bootstrap) as admin:
            (topic,) = admin.describe_metadata_quorum()["topics"]
        (partition,) = topic["partitions"]
        return {"leader": partition["leader_id"], "voters": [voter["replica_id"] for voter in partition["current_voters"]]}

    def describe_acls(self, bootstrap: str) -> dict[str, Any]:
        everything = ACLFilter(
            None, None, ACLOperation.ANY, ACLPermissionType.ANY, ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        )
        with _admin(bootstrap) as admin:
            acls, _ = admin.describe_acls(everything)
        return {"acls": [str(acl) for acl in acls]}

    def set_scram(self, bootstrap: str, user: str, mechanism: str, iterations: int, password: str) -> None:
        with _admin(bootstrap) as admin:
            told = admin.alter_user_scram_credentials([UserScramCredentialUpsertion(user, mechanism, password, iterations)])
        self._check_user(told[user])

    def describe_scram(self, bootstrap: str, user: str) -> dict[str, Any]:
        with _admin(bootstrap) as admin:
            found = admin.describe_user_scram_credentials([user])[user]
        self._check_user(found["error"])
        return {
            "credentials": [
                {"mechanism": ScramMechanism(told["mechanism"]).name.replace("_", "-"), "iterations": told["iterations"]}
                for told in found["credential_infos"]
            ]
        }

    def delete_scram(self, bootstrap: str, user: str, mechanism: str) -> None:
        with _admin(bootstrap) as admin:
            told = admin.alter_user_scram_credentials([UserScramCredentialDeletion(user, mechanism)])
        self._check_user(told[user])

    @staticmethod
    def _check_user(told: str | None) -> None:
        """The library tells only the text of what is wrong with a user."""
        if told is not None:
            raise ClientRefused(None, None, told)

    def list_config_resources(self, bootstrap: str) -> dict[str, Any]:
        with _admin(bootstrap) as admin:
            found = admin.list_config_resources()
        return {"resources": [{"type": kind, "name": name} for kind, names in found.items() for name in names]}

    def api_versions(self, bootstrap: str) -> dict[str, Any]:
        with _admin(bootstrap) as admin:
            return {"apis": {str(int(key)): list(versions) for key, versions in admin.api_versions().items()}}


def _topic_id(told: str | None) -> str | None:
    """As Kafka writes it, from a UUID's text."""
    return None if told is None else urlsafe_b64encode(UUID(told).bytes).decode().rstrip("=")


CLIENT = KafkaPython()
