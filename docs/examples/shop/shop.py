"""A small application on Kafka: a till that takes orders, with confluent-kafka, and a ledger that adds them up, with aiokafka."""

import json

from aiokafka import AIOKafkaConsumer
from confluent_kafka import Producer

ORDERS = "orders"


class Till:
    """Takes orders, and knows that they are safe when it says so."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._producer = Producer({"bootstrap.servers": bootstrap_servers, "enable.idempotence": True, "linger.ms": 1})

    def take(self, customer: str, cents: int) -> None:
        """Return when the order is written down. Raises `RuntimeError` if it could not be."""
        failures = []
        self._producer.produce(
            ORDERS,
            key=customer.encode(),
            value=json.dumps({"cents": cents}).encode(),
            on_delivery=lambda error, _: failures.append(error) if error is not None else None,
        )
        if self._producer.flush(10) or failures:
            raise RuntimeError(f"the order of {customer} was not written down: {failures}")


class Ledger:
    """What every customer has spent."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap_servers = bootstrap_servers

    async def totals(self) -> dict[str, int]:
        """Read all orders there are, and add them up."""
        consumer = AIOKafkaConsumer(ORDERS, bootstrap_servers=self._bootstrap_servers, auto_offset_reset="earliest")
        await consumer.start()
        try:
            partitions = consumer.assignment()
            ends = await consumer.end_offsets(partitions)
            totals: dict[str, int] = {}
            while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        customer = record.key.decode()
                        totals[customer] = totals.get(customer, 0) + json.loads(record.value)["cents"]
            return totals
        finally:
            await consumer.stop()
