"""A disk without room: what was acknowledged stays and is read, producers are told, and all is well again after a restart with room."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from streambus.chaos.broker_process import FAULTY, SERVE, BrokerProcess
from streambus.chaos.equipment import Equipment
from streambus.chaos.lives.folder import Autopsy
from streambus.chaos.small_disk import SmallDisk
from streambus.real.faulty_files import DiskFault, ask_for

MEGABYTE = 1024 * 1024
LIMITS = """\
[store]
segment_bytes = 65536
manifest_bytes = 4096
retry_delay_ms = 100
delete_delay_ms = 50
[store.picker]
fan_in = 2
garbage_bytes_min = 65536
"""

MakeBroker = Callable[..., BrokerProcess]


@pytest.fixture
def a_broker(tmp_path: Path) -> Iterator[MakeBroker]:
    """A function that starts a broker with tiny segments on a folder."""
    brokers: list[BrokerProcess] = []

    def make(folder: Path, *arguments: str, program: tuple[str, ...] = SERVE) -> BrokerProcess:
        config = tmp_path / "broker.toml"
        config.write_text(LIMITS)
        limits = ("--segment-bytes", "65536") if program == FAULTY else ("--config", str(config))
        broker = BrokerProcess(folder / "data", program=program, arguments=(*limits, *arguments), log=tmp_path / "broker.log")
        if program == FAULTY:
            broker.advertise(broker.address)
        brokers.append(broker)
        broker.start()
        return broker

    yield make
    for broker in brokers:
        broker.kill()


class Writer:
    """Writes to partition 0 of a topic, and knows what was acknowledged and what it was told otherwise."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.acknowledged: dict[int, bytes] = {}
        self.errors: dict[str, int] = {}
        self.sent = 0

    def write(self, broker: BrokerProcess, records: int, size: int = 1_000) -> int:
        """Write so many records, fewer if one is refused; how many were acknowledged."""
        before, refused = len(self.acknowledged), sum(self.errors.values())
        producer = Producer({"bootstrap.servers": broker.address, "message.send.max.retries": 0, "linger.ms": 1, "log_level": 0})
        for number in range(records):
            self._send(producer, size)
            if number % 50 == 49:
                assert producer.flush(10) == 0, "nobody waits for ever"
            if sum(self.errors.values()) > refused:
                break
        assert producer.flush(10) == 0, "nobody waits for ever"
        return len(self.acknowledged) - before

    def _send(self, producer: Producer, size: int) -> None:
        value = f"{self.topic} {self.sent} ".encode().ljust(size, b".")
        self.sent += 1

        def answered(error: object, message: object) -> None:
            if error is None:
                self.acknowledged[message.offset()] = value
            else:
                self.errors[error.name()] = self.errors.get(error.name(), 0) + 1

        producer.produce(self.topic, value, partition=0, on_delivery=answered)

    def check(self, broker: BrokerProcess) -> None:
        """Everything that was acknowledged is there, and nothing is left out."""
        consumer = Consumer(
            {
                "bootstrap.servers": broker.address,
                "group.id": "g",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "log_level": 0,
            }
        )
        start, end = consumer.get_watermark_offsets(TopicPartition(self.topic, 0), 10)
        consumer.assign([TopicPartition(self.topic, 0, start)])
        found: dict[int, bytes] = {}
        deadline = time.monotonic() + 20
        while len(found) < end - start:
            assert time.monotonic() < deadline, "reading came to a standstill"
            for message in consumer.consume(1_000, 0.05):
                assert message.error() is None
                found[message.offset()] = message.value()
        consumer.close()
        assert list(found) == list(range(end))
        assert {offset: found.get(offset) for offset in self.acknowledged} == self.acknowledged


@pytest.mark.equipment(Equipment.SMALL_DISK)
def test_a_disk_that_fills_up_costs_nothing_but_the_wait_for_room(a_broker: MakeBroker) -> None:
    early, late = Writer("early"), Writer("late")
    with SmallDisk(3 * MEGABYTE) as disk:
        disk.fill(spare_bytes=2 * MEGABYTE)
        broker = a_broker(disk.folder)
        early.write(broker, 300)
        late.write(broker, 5_000)
        assert set(late.errors) == {"KAFKA_STORAGE_ERROR"}, "producers are told what is wrong"
        assert len(late.acknowledged) > 700
        late.write(broker, 1)
        assert late.errors["KAFKA_STORAGE_ERROR"] > 1, "and are told again"
        early.check(broker)
        late.check(broker)
        assert 'advice="make room on the disk, then start the broker again"' in broker.said()

        broker.kill()
        broker.start()  # on the full disk
        early.check(broker)
        late.check(broker)

        broker.kill()
        disk.free()
        broker.start()
        assert late.write(broker, 300) == 300
        early.check(broker)
        late.check(broker)
        assert "Traceback" not in broker.log.read_text()


@pytest.mark.equipment(Equipment.SMALL_DISK)
def test_a_broker_starts_on_a_disk_without_a_single_free_byte_and_is_read(a_broker: MakeBroker) -> None:
    writer = Writer("t")
    with SmallDisk(4 * MEGABYTE) as disk:
        broker = a_broker(disk.folder)
        for _ in range(3):
            writer.write(broker, 150)
            broker.kill()
            disk.fill()
            assert Autopsy(broker.folder).look() == []
            broker.start()
            writer.check(broker)
            broker.kill()
            disk.free()
            assert Autopsy(broker.folder).look() == []
            broker.start()
            writer.check(broker)


def test_without_room_for_tables_the_log_goes_on_and_they_are_made_when_there_is_room(a_broker: MakeBroker, tmp_path: Path) -> None:
    control, writer = tmp_path / "disk-faults", Writer("t")
    broker = a_broker(tmp_path, "--disk-faults", str(control), program=FAULTY)
    writer.write(broker, 100)
    ask_for(control, [DiskFault(("write",), "ENOSPC", below="tables/")])
    assert writer.write(broker, 500) == 500, "sealing and merging can wait"
    writer.check(broker)
    tables = list((broker.folder / "tables").glob("*")) if (broker.folder / "tables").exists() else []
    assert len(tables) <= 6, "what was begun in vain is deleted"
    ask_for(control, [])
    autopsy = Autopsy(broker.folder)
    deadline = time.monotonic() + 20
    while autopsy.sealed <= 6 and time.monotonic() < deadline:
        writer.write(broker, 5)
        autopsy.look()
    broker.kill()
    assert autopsy.look() == []
    assert autopsy.sealed > 6, "what could not be sealed has been sealed"
    broker.start()
    writer.check(broker)


@pytest.mark.equipment(Equipment.SMALL_DISK)
def test_on_a_full_disk_a_topic_can_be_deleted_and_that_makes_room(a_broker: MakeBroker) -> None:
    unwanted, wanted = Writer("unwanted"), Writer("wanted")
    with SmallDisk(4 * MEGABYTE) as disk:
        broker = a_broker(disk.folder)
        unwanted.write(broker, 1_500)
        wanted.write(broker, 10_000)
        assert "KAFKA_STORAGE_ERROR" in wanted.errors
        assert broker.refuses_records
        broker.kill()
        disk.fill()  # to the last byte, but for the reserve
        broker.start()
        assert 'advice="delete topics or records, or make room otherwise; then start the broker again"' in broker.said()
        assert wanted.write(broker, 10) == 0, "what is left of the room is for deletions"
        wanted.check(broker)
        admin = AdminClient({"bootstrap.servers": broker.address, "log_level": 0})
        admin.delete_topics(["unwanted"])["unwanted"].result(10)
        deadline = time.monotonic() + 20
        while disk.free_bytes < MEGABYTE:
            assert time.monotonic() < deadline, f"only {disk.free_bytes} bytes came back"
            time.sleep(0.05)
        broker.kill()
        broker.start()
        assert wanted.write(broker, 300) == 300
        wanted.check(broker)
