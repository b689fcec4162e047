"""librdkafka, by way of confluent-kafka."""

import time
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from streambus.chaos.broker_process import BrokerProcess

SECONDS = 20


class Topic:
    """What a stock client can do with one topic of a broker."""

    def __init__(self, broker: BrokerProcess, name: str = "t", partitions: int = 1, **config: str) -> None:
        self.broker = broker
        self.name = name
        self.settings: dict[str, Any] = {"bootstrap.servers": broker.address, "reconnect.backoff.max.ms": 100, "log_level": 0}
        self.admin = AdminClient(self.settings)
        for future in self.admin.create_topics(
            [NewTopic(name, partitions, 1, config={k.replace("_", "."): v for k, v in config.items()})]
        ).values():
            future.result(SECONDS)

    def producer(self, **settings: Any) -> Producer:
        return Producer({**self.settings, "linger.ms": 5, **{key.replace("_", "."): value for key, value in settings.items()}})

    def produce(self, *records: dict[str, Any], **settings: Any) -> list[tuple[int, int]]:
        """Produce records; where each of them is."""
        producer, places, errors = self.producer(**settings), [], []
        for record in records:

            def done(error: KafkaError | None, message: Any) -> None:
                errors.append(error) if error else places.append((message.partition(), message.offset()))

            producer.produce(self.name, on_delivery=done, **record)
        assert producer.flush(SECONDS) == 0
        if errors:
            raise KafkaException(errors[0])
        return places

    def consume(self, count: int, partition: int = 0, offset: int = 0) -> list[Any]:
        consumer = self.consumer()
        try:
            consumer.assign([TopicPartition(self.name, partition, offset)])
            messages: list[Any] = []
            deadline = time.monotonic() + SECONDS
            while len(messages) < count and time.monotonic() < deadline:
                for message in consumer.consume(count - len(messages), 0.5):
                    if message.error():
                        raise KafkaException(message.error())
                    messages.append(message)
            return messages
        finally:
            consumer.close()

    def consumer(self) -> Consumer:
        return Consumer({**self.settings, "group.id": "g", "enable.auto.commit": False, "auto.offset.reset": "error"})


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_records_come_back_as_they_were_in_every_codec(broker: BrokerProcess, codec: str) -> None:
    topic = Topic(broker)
    records: list[dict[str, Any]] = [
        {"key": b"k", "value": b"v" * 5000, "headers": [("h", b"1"), ("h", b""), ("n", None)], "timestamp": 1_700_000_000_000},
        {"key": None, "value": b""},
        {"key": b"", "value": None},
    ]
    assert topic.produce(*records, compression_type=codec) == [(0, 0), (0, 1), (0, 2)]
    messages = topic.consume(3)
    assert [(message.key(), message.value()) for message in messages] == [(record["key"], record["value"]) for record in records]
    assert messages[0].headers() == [("h", b"1"), ("h", b""), ("n", None)]
    assert messages[0].timestamp() == (1, 1_700_000_000_000)


@pytest.mark.parametrize("acks", ["0", "1", "all"])
def test_every_kind_of_acknowledgement(broker: BrokerProcess, acks: str) -> None:
    topic = Topic(broker)
    topic.produce(*[{"value": b"%d" % number} for number in range(100)], acks=acks)
    assert [message.value() for message in topic.consume(100)] == [b"%d" % number for number in range(100)]


def test_an_acknowledged_record_survives_sigkill(broker: BrokerProcess) -> None:
    topic = Topic(broker, partitions=3)
    places = topic.produce(*[{"key": b"%d" % number, "value": b"%d" % number} for number in range(50)], enable_idempotence=True)
    broker.kill()
    broker.start()
    for partition in range(3):
        expected = [offset for place, offset in places if place == partition]
        assert [message.offset() for message in topic.consume(len(expected), partition)] == expected


def test_an_idempotent_producer_goes_on_after_sigkill_without_doubles(broker: BrokerProcess) -> None:
    topic = Topic(broker)
    producer = topic.producer(enable_idempotence=True, retry_backoff_ms=20)
    for number in range(300):
        producer.produce("t", b"%d" % number)
        producer.poll(0)
        if number in (100, 200):
            broker.kill()
            broker.start()
    assert producer.flush(SECONDS) == 0
    assert [message.value() for message in topic.consume(300)] == [b"%d" % number for number in range(300)]


def test_large_records_up_to_the_limit_of_the_topic(broker: BrokerProcess) -> None:
    topic = Topic(broker, max_message_bytes="3000000")
    topic.produce({"value": b"x" * 2_500_000}, message_max_bytes=10_000_000)
    (message,) = topic.consume(1)
    assert len(message.value()) == 2_500_000
    with pytest.raises(KafkaException) as refused:
        topic.produce({"value": b"x" * 3_500_000}, message_max_bytes=10_000_000)
    assert refused.value.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE


def test_offsets_by_time_and_watermarks(broker: BrokerProcess) -> None:
    topic = Topic(broker)
    for number in range(3):
        topic.produce({"value": b"%d" % number, "timestamp": 1_700_000_000_000 + number * 1000})
    consumer = topic.consumer()
    assert consumer.get_watermark_offsets(TopicPartition("t", 0), SECONDS) == (0, 3)
    (found,) = consumer.offsets_for_times([TopicPartition("t", 0, 1_700_000_000_500)], SECONDS)
    assert found.offset == 1
    (found,) = consumer.offsets_for_times([TopicPartition("t", 0, 1_800_000_000_000)], SECONDS)
    assert found.offset == -1
    consumer.close()


def test_a_consumer_that_waits_hears_of_a_record_at_once(broker: BrokerProcess) -> None:
    topic = Topic(broker)
    consumer = topic.consumer()
    consumer.assign([TopicPartition("t", 0, 0)])
    assert consumer.poll(0.3) is None
    topic.produce({"value": b"news"})
    message = consumer.poll(SECONDS)
    assert message is not None
    assert message.value() == b"news"
    consumer.close()


def test_an_offset_out_of_range_is_an_error(broker: BrokerProcess) -> None:
    topic = Topic(broker)
    with pytest.raises(KafkaException) as refused:
        topic.consume(1, offset=17)
    assert refused.value.args[0].code() in (KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET)


def test_a_topic_is_made_by_the_first_record(broker: BrokerProcess) -> None:
    Topic(broker, "other")
    producer = Producer({"bootstrap.servers": broker.address, "log_level": 0})
    errors: list[KafkaError | None] = []
    producer.produce("made-by-need", b"x", on_delivery=lambda error, _: errors.append(error))
    assert producer.flush(SECONDS) == 0
    assert errors == [None]


def test_the_admin_client_makes_describes_and_removes(broker: BrokerProcess) -> None:
    topic = Topic(broker, partitions=4, retention_ms="5000")
    cluster = topic.admin.list_topics(timeout=SECONDS)
    assert {name: len(found.partitions) for name, found in cluster.topics.items()} == {"t": 4}
    assert cluster.controller_id == 1
    (future,) = topic.admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, "t")]).values()
    configs = future.result(SECONDS)
    assert configs["retention.ms"].value == "5000"
    assert configs["cleanup.policy"].value == "delete"
    with pytest.raises(KafkaException) as refused:
        topic.admin.create_topics([NewTopic("t", 1, 1)])["t"].result(SECONDS)
    assert refused.value.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS
    topic.admin.delete_topics(["t"])["t"].result(SECONDS)
    assert not topic.admin.list_topics(timeout=SECONDS).topics
    assert topic.admin.describe_cluster().result(SECONDS).nodes[0].id == 1


def test_many_partitions_and_producers_at_once(broker: BrokerProcess) -> None:
    topic = Topic(broker, partitions=12)
    producers = [topic.producer(enable_idempotence=True) for _ in range(6)]
    for number in range(6_000):
        producers[number % 6].produce("t", b"%d" % number, partition=number % 12)
    assert [producer.flush(SECONDS) for producer in producers] == [0] * 6
    found = [int(message.value()) for partition in range(12) for message in topic.consume(500, partition)]
    assert sorted(found) == list(range(6_000))
