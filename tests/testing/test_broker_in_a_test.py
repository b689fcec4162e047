"""A real broker inside a test: what it promises to those who test with it."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

import streambus.testing
from streambus.metadata import InvalidConfig
from streambus.real import CannotListen
from streambus.testing import BrokerEnded, RequestFailed, RunningBroker
from streambus.wire import ErrorCode

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "shop"


def produce(broker: RunningBroker, topic: str, *values: bytes, partition: int = 0) -> None:
    errors: list[Any] = []
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "log_level": 0, "compression.type": "lz4", "linger.ms": 1})
    for value in values:
        producer.produce(topic, value, partition=partition, on_delivery=lambda error, _: errors.append(error))
    assert producer.flush(20) == 0
    assert errors == [None] * len(values)


def values(broker: RunningBroker, topic: str, partition: int | None = None) -> list[bytes]:
    return [bytes(record.value or b"") for record in broker.records(topic, partition)]


def test_what_a_stock_client_produces_is_what_a_test_reads(streambus_broker: RunningBroker) -> None:
    streambus_broker.create_topic("t", partitions=2)
    produce(streambus_broker, "t", b"a", b"b")
    produce(streambus_broker, "t", b"c", partition=1)
    assert values(streambus_broker, "t") == [b"a", b"b", b"c"]
    assert values(streambus_broker, "t", partition=1) == [b"c"]
    assert streambus_broker.topics() == {"t": 2}


@pytest.mark.parametrize("turn", range(2))
def test_every_test_has_a_new_broker(streambus_broker: RunningBroker, turn: int) -> None:
    assert streambus_broker.topics() == {}
    streambus_broker.create_topic(f"of-turn-{turn}")


def test_the_broker_of_the_session_keeps_what_was_made(streambus_session_broker: RunningBroker) -> None:
    streambus_session_broker.create_topic("kept")
    assert streambus_session_broker.topics()["kept"] == 1


@pytest.mark.parametrize("kept_in", ["memory", "a folder"])
def test_what_was_acknowledged_is_there_after_a_crash_and_after_a_restart(kept_in: str, tmp_path: Path) -> None:
    with streambus.testing.broker(data=tmp_path / "data" if kept_in == "a folder" else None) as broker:
        address = broker.bootstrap_servers
        produce(broker, "t", b"a")
        broker.crash()
        assert not broker.is_running
        broker.start()
        produce(broker, "t", b"b")
        broker.restart()
        assert broker.bootstrap_servers == address
        assert values(broker, "t") == [b"a", b"b"]


def test_a_folder_outlives_the_broker_and_memory_does_not(tmp_path: Path) -> None:
    for folder, expected in ((tmp_path / "data", {"t": 1}), (None, {})):
        with streambus.testing.broker(data=folder) as broker:
            broker.create_topic("t")
        with streambus.testing.broker(data=folder) as broker:
            assert broker.topics() == expected


def test_more_than_fits_into_one_answer_is_read_in_pieces(streambus_broker: RunningBroker) -> None:
    sent = [bytes([number]) * 900_000 for number in range(24)]
    produce(streambus_broker, "t", *sent)
    assert values(streambus_broker, "t") == sent


def test_topics_go_when_they_are_deleted(streambus_broker: RunningBroker) -> None:
    streambus_broker.create_topic("t")
    streambus_broker.delete_topic("t")
    assert streambus_broker.topics() == {}
    assert streambus_broker.records("t") == []


def test_what_the_broker_refuses_is_told_with_kafkas_code(streambus_broker: RunningBroker) -> None:
    streambus_broker.create_topic("t")
    with pytest.raises(RequestFailed, match="TOPIC_ALREADY_EXISTS: Topic 't' already exists") as refused:
        streambus_broker.create_topic("t")
    assert refused.value.error is ErrorCode.TOPIC_ALREADY_EXISTS
    with pytest.raises(RequestFailed, match="UNKNOWN_TOPIC_OR_PARTITION"):
        streambus_broker.delete_topic("u")
    with pytest.raises(RequestFailed, match="UNKNOWN_TOPIC_OR_PARTITION"):
        streambus_broker.records("t", partition=7)


def test_properties_are_the_brokers() -> None:
    with streambus.testing.broker(properties={"num.partitions": "5"}) as broker:
        produce(broker, "made-by-its-first-record", b"a")
        assert broker.topics() == {"made-by-its-first-record": 5}


def test_a_property_that_cannot_be_is_refused_at_once() -> None:
    with pytest.raises(InvalidConfig, match=r"num\.partitions"), streambus.testing.broker(properties={"num.partitions": "many"}):
        pass


def test_a_port_that_is_taken_is_a_clear_error(streambus_broker: RunningBroker) -> None:
    with pytest.raises(CannotListen, match="another program listens there"), streambus.testing.broker(port=streambus_broker.port):
        pass


def test_a_broker_that_was_stopped_cannot_be_asked() -> None:
    with streambus.testing.broker() as broker:
        broker.stop()
        broker.stop()
        with pytest.raises(BrokerEnded, match="not running"):
            broker.topics()
        broker.start()
        broker.start()
        assert broker.topics() == {}


def test_nothing_is_left_behind() -> None:
    before = threading.active_count()
    for _ in range(3):
        with streambus.testing.broker() as broker:
            broker.create_topic("t")
    assert threading.active_count() == before


def test_the_example_of_the_documentation_passes_as_it_stands() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", str(EXAMPLE)]
    ended = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "4 passed" in ended.stdout
