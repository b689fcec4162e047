"""aiokafka: asyncio all the way. Every operation is a run of the event loop of its own."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiokafka
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka import errors as Errors  # noqa: N812  as the library's documentation calls it
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.stock.family import ClientRefused, Unsupported, to_bytes, to_text

SECONDS = 15
KINDS = {None: None, -1: None, 0: "create", 1: "append"}
SOURCES = {
    1: "DYNAMIC_TOPIC_CONFIG",
    2: "DYNAMIC_BROKER_CONFIG",
    3: "DYNAMIC_DEFAULT_BROKER_CONFIG",
    4: "STATIC_BROKER_CONFIG",
    5: "DEFAULT_CONFIG",
    6: "DYNAMIC_BROKER_LOGGER_CONFIG",
}


def _refused(error: BaseException) -> ClientRefused:
    if isinstance(error, Errors.BrokerResponseError) or getattr(error, "errno", None) in (1, 10):
        return ClientRefused(error.errno, text=str(error))
    return ClientRefused(None, type(error).__name__, str(error))


def _check(code: int, text: str | None = None) -> None:
    if code:
        raise ClientRefused(code, text=text)


@asynccontextmanager
async def _opened(client: Any) -> AsyncIterator[Any]:
    """A client that is started, stopped in the end, and whose errors are ours."""
    stop = client.close if isinstance(client, AIOKafkaAdminClient) else client.stop
    try:
        await client.start()
        yield client
    except Errors.KafkaError as error:
        raise _refused(error) from None
    finally:
        await stop()


def _admin(bootstrap: str) -> Any:
    return _opened(AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=SECONDS * 1000))


def _resource(resource: str, name: str, configs: dict[str, str] | None = None) -> ConfigResource:
    if resource not in ("topic", "broker"):
        raise Unsupported(f"there is no resource type {resource}")
    return ConfigResource(ConfigResourceType[resource.upper()], name, configs=configs)


class AioKafka:
    """The operations as aiokafka does them."""

    name = "aiokafka"
    version = aiokafka.__version__

    def produce(self, **arguments: Any) -> dict[str, Any]:
        return {"placed": asyncio.run(_produce(**arguments))}

    def consume(self, **arguments: Any) -> dict[str, Any]:
        return {"records": asyncio.run(_consume(**arguments))}

    def offset(self, **arguments: Any) -> dict[str, Any]:
        return asyncio.run(_offset(**arguments))

    def create_topic(
        self, bootstrap: str, topic: str, partitions: int, replication: int, configs: dict[str, str], validate_only: bool
    ) -> None:
        async def create() -> None:
            async with _admin(bootstrap) as admin:
                wanted = NewTopic(topic, partitions, replication, topic_configs=configs)
                ((_, code, text, *_),) = (await admin.create_topics([wanted], validate_only=validate_only)).topic_errors
                _check(code, text)

        asyncio.run(create())

    def delete_topic(self, bootstrap: str, topic: str) -> None:
        async def delete() -> None:
            async with _admin(bootstrap) as admin:
                ((_, code, *_),) = (await admin.delete_topics([topic])).topic_error_codes
                _check(code)

        asyncio.run(delete())

    def list_topics(self, bootstrap: str) -> dict[str, Any]:
        async def listed() -> list[str]:
            async with _admin(bootstrap) as admin:
                return sorted(await admin.list_topics())

        return {"topics": asyncio.run(listed())}

    def describe_topic(self, bootstrap: str, topic: str) -> dict[str, Any]:
        async def described() -> Any:
            async with _admin(bootstrap) as admin:
                return await admin.describe_topics([topic])

        (found,) = asyncio.run(described())
        _check(found["error_code"])
        partitions = [
            {
                "partition": partition["partition"],
                "leader": partition["leader"],
                "replicas": partition["replicas"],
                "isr": partition["isr"],
            }
            for partition in found["partitions"]
        ]
        return {"topic_id": None, "partitions": partitions}

    def create_partitions(self, bootstrap: str, topic: str, total: int, validate_only: bool) -> None:
        async def create() -> None:
            async with _admin(bootstrap) as admin:
                await admin.create_partitions({topic: NewPartitions(total)}, validate_only=validate_only)

        asyncio.run(create())

    def describe_configs(self, bootstrap: str, resource: str, name: str) -> dict[str, Any]:
        async def described() -> Any:
            async with _admin(bootstrap) as admin:
                (response,) = await admin.describe_configs([_resource(resource, name)])
                return response

        ((code, text, _, _, entries),) = asyncio.run(described()).resources
        _check(code, text)
        return {
            "configs": {
                key: {"value": value, "source": SOURCES.get(source), "read_only": read_only, "sensitive": sensitive}
                for key, value, read_only, source, sensitive, *_ in entries
            }
        }

    def replace_configs(self, bootstrap: str, resource: str, name: str, configs: dict[str, str], validate_only: bool) -> None:
        if validate_only:
            raise Unsupported("alter_configs always does what it says")

        async def replace() -> Any:
            async with _admin(bootstrap) as admin:
                return await admin.alter_configs([_resource(resource, name, configs)])

        for response in asyncio.run(replace()):
            for code, text, *_ in response.resources:
                _check(code, text)

    def delete_records(self, bootstrap: str, topic: str, partition: int, before: int) -> dict[str, Any]:
        async def delete() -> int:
            place = TopicPartition(topic, partition)
            async with _admin(bootstrap) as admin:
                low_watermark: int = (await admin.delete_records({place: RecordsToDelete(before)}))[place]
                return low_watermark

        return {"low_watermark": asyncio.run(delete())}

    def describe_cluster(self, bootstrap: str) -> dict[str, Any]:
        async def described() -> Any:
            async with _admin(bootstrap) as admin:
                return await admin.describe_cluster()

        found = asyncio.run(described())
        brokers = [{"id": node["node_id"], "host": node["host"], "port": node["port"]} for node in found["brokers"]]
        return {"cluster_id": found["cluster_id"], "controller": found["controller_id"], "brokers": brokers}


async def _produce(
    bootstrap: str,
    topic: str,
    records: list[dict[str, Any]],
    codec: str,
    acks: str,
    idempotent: bool,
    max_bytes: int | None,
    pause_ms: int,
) -> list[Any]:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        compression_type=None if codec == "none" else codec,
        acks=acks if acks == "all" else int(acks),
        enable_idempotence=idempotent,
        linger_ms=5,
        request_timeout_ms=(60 if pause_ms else SECONDS) * 1000,
        **({} if max_bytes is None else {"max_request_size": max_bytes}),
    )
    async with _opened(producer):
        futures = []
        for record in records:
            headers = [(name, to_bytes(value)) for name, value in record["headers"]]
            futures.append(
                await producer.send(
                    topic,
                    to_bytes(record["value"]),
                    to_bytes(record["key"]),
                    record["partition"],
                    record["timestamp"],
                    headers,
                )
            )
            if pause_ms:
                await asyncio.sleep(pause_ms / 1000)
        places = await asyncio.gather(*futures)
        placed = [None if place is None else [place.partition, place.offset] for place in places]
        return [place or [record["partition"], None] for record, place in zip(records, placed, strict=True)]


async def _consume(
    bootstrap: str, topic: str, partition: int, offset: int | str, count: int, timeout_ms: int, committed: bool
) -> list[dict[str, Any]]:
    place = TopicPartition(topic, partition)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed" if committed else "read_uncommitted",
    )
    async with _opened(consumer):
        consumer.assign([place])
        if offset == "earliest":
            await consumer.seek_to_beginning(place)
        elif offset == "latest":
            await consumer.seek_to_end(place)
        else:
            consumer.seek(place, offset)
        records: list[dict[str, Any]] = []
        deadline = time.monotonic() + timeout_ms / 1000
        while len(records) < count and (rest := deadline - time.monotonic()) > 0:
            found = await consumer.getmany(place, timeout_ms=int(min(rest, 0.5) * 1000), max_records=count - len(records))
            records += [_record(record) for record in found.get(place, [])]
        return records


def _record(record: Any) -> dict[str, Any]:
    return {
        "offset": record.offset,
        "timestamp": record.timestamp,
        "timestamp_type": KINDS[record.timestamp_type],
        "key": to_text(record.key),
        "value": to_text(record.value),
        "headers": [[name, to_text(value)] for name, value in record.headers],
    }


async def _offset(bootstrap: str, topic: str, partition: int, at: int | str) -> dict[str, Any]:
    if at == "max_timestamp":
        raise Unsupported("there is no way to ask for the largest timestamp")
    place = TopicPartition(topic, partition)
    async with _opened(AIOKafkaConsumer(bootstrap_servers=bootstrap, request_timeout_ms=SECONDS * 1000)) as consumer:
        if isinstance(at, str):
            ask = consumer.beginning_offsets if at == "earliest" else consumer.end_offsets
            return {"offset": (await ask([place]))[place], "timestamp": None}
        found = (await consumer.offsets_for_times({place: at}))[place]
        return {"offset": -1, "timestamp": None} if found is None else {"offset": found.offset, "timestamp": found.timestamp}


CLIENT = AioKafka()
