"""Every family of stock clients produces, consumes and asks for offsets."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from streambus.chaos.broker_process import BrokerProcess
from streambus.wire.errors import ErrorCode
from tests.stock.client import Client, Record, wait_until_there
from tests.stock.family import ClientRefused, Unsupported
from tests.stock.rows import CODECS, row

pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
"""A client that leaves its sockets to the garbage collector is free to do so."""

NewTopic = Callable[..., str]

BINARY = bytes(range(256)) * 20


def plain(count: int, **fields: Any) -> list[Record]:
    return [Record(b"value %d" % number, b"key %d" % number, **fields) for number in range(count)]


def contents(records: list[Record]) -> list[Any]:
    return [(record.key, record.value, record.headers) for record in records]


@row("produce and consume, {codec}")
@pytest.mark.parametrize("codec", CODECS)
def test_what_is_produced_is_consumed(client: Client, new_topic: NewTopic, codec: str) -> None:
    topic, records = new_topic(), [*plain(20), Record(BINARY, b"binary"), *plain(20)]
    assert is_told(client.produce(topic, *records, codec=codec), [(0, number) for number in range(41)])
    found = client.consume(topic, 41)
    assert [record.content for record in found] == contents(records)
    assert [record.offset for record in found] == list(range(41))


@row("what it writes everyone reads, {codec}")
@pytest.mark.parametrize("codec", CODECS)
def test_what_one_writes_everyone_reads(client: Client, families: Any, new_topic: NewTopic, codec: str) -> None:
    topic = new_topic()
    records = [Record(b"value %d" % number * 100, b"key %d" % number, (("h", b"1"), ("i", b"two"))) for number in range(10)]
    client.produce(topic, *records, codec=codec)
    read: dict[str, Any] = {}
    for family in families.all():
        try:
            read[family.name] = [record.content for record in Client(family, client.bootstrap).consume(topic, 10)]
        except (Unsupported, ClientRefused) as refused:
            read[family.name] = refused
    assert {name: found for name, found in read.items() if found != contents(records) and not isinstance(found, Unsupported)} == {}


@row("headers: doubles, empty, null")
def test_headers_come_back_in_their_order(client: Client, new_topic: NewTopic) -> None:
    topic, headers = new_topic(), (("a", b"1"), ("b", b""), ("a", b"2"), ("n", None))
    client.produce(topic, Record(b"v", b"k", headers))
    assert [record.headers for record in client.consume(topic, 1)] == [headers]


@row("null keys and values")
def test_null_is_null(client: Client, new_topic: NewTopic) -> None:
    topic, records = new_topic(), [Record(b"v", None), Record(None, b"k")]
    client.produce(topic, *records)
    assert [record.content for record in client.consume(topic, 2)] == contents(records)


@row("empty keys and values")
def test_empty_is_empty(client: Client, new_topic: NewTopic) -> None:
    topic, records = new_topic(), [Record(b"v", b""), Record(b"", b"k")]
    client.produce(topic, *records)
    assert [record.content for record in client.consume(topic, 2)] == contents(records)


@row("timestamps of its own")
def test_a_record_has_the_time_its_producer_says(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic, times = new_topic(), [1_700_000_000_000, 1_700_000_005_000, 1_700_000_001_000]
    client.produce(topic, *[Record(b"v", b"k", timestamp=time) for time in times])
    assert [record.timestamp for record in client.consume(topic, 3)] == times
    assert [record.timestamp_type for record in reference.consume(topic, 3)] == ["create"] * 3


@row("timestamps of the broker")
def test_a_record_has_the_time_of_the_broker_if_the_topic_wants_it(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic(message_timestamp_type="LogAppendTime")
    client.produce(topic, *plain(2))
    (first, second) = client.consume(topic, 2)
    assert first.timestamp <= second.timestamp
    assert first.timestamp_type in ("append", None)
    assert [record.timestamp_type for record in reference.consume(topic, 2)] == ["append"] * 2


def is_told(placed: list[Any], expected: list[Any]) -> bool:
    """Whether the client says that the records are where they are, as far as it says anything: a command line may not."""
    return len(placed) == len(expected) and all(
        offset is None or (partition, offset) == place for (partition, offset), place in zip(placed, expected, strict=True)
    )


@row("its own choice of partition")
def test_the_client_chooses_partitions_by_key(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic(4)
    records = [Record(b"%d" % number, b"key %d" % (number % 10), partition=None) for number in range(40)]
    placed = client.produce(topic, *records)
    there: dict[Any, set[int]] = {}
    places = {}
    for partition in range(4):
        end = reference.ask("offset", topic=topic, partition=partition, at="latest")["offset"]
        for record in reference.consume(topic, end, partition=partition) if end else ():
            there.setdefault(record.key, set()).add(partition)
            places[record.value] = (partition, record.offset)
    assert [len(partitions) for partitions in there.values()] == [1] * 10
    assert len(set.union(*there.values())) > 1
    assert is_told(placed, [places[record.value] for record in records])


@row("acks=1")
def test_the_leader_acknowledges(client: Client, new_topic: NewTopic) -> None:
    topic, records = new_topic(), plain(50)
    assert is_told(client.produce(topic, *records, acks="1"), [(0, number) for number in range(50)])
    assert [record.content for record in client.consume(topic, 50)] == contents(records)


@row("acks=0")
def test_nobody_acknowledges(client: Client, new_topic: NewTopic) -> None:
    topic, records = new_topic(), plain(50)
    assert [offset for _, offset in client.produce(topic, *records, acks="0")] == [None] * 50
    assert [record.content for record in client.consume(topic, 50)] == contents(records)


@row("idempotent producer")
def test_an_idempotent_producer_leaves_its_mark(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic()
    assert is_told(client.produce(topic, *plain(30), idempotent=True), [(0, number) for number in range(30)])
    (producer,) = reference.ask("describe_producers", topic=topic)["producers"]
    assert producer["last_sequence"] == 29


@row("idempotent producer, the broker is killed")
def test_no_record_is_lost_or_doubled_when_the_broker_is_killed(
    client: Client, reference: Client, broker: BrokerProcess, pytestconfig: pytest.Config
) -> None:
    if pytestconfig.getoption("--bootstrap"):
        pytest.skip("the broker there is not ours to kill")
    client, reference = Client(client.family, broker.address), Client(reference.family, broker.address)
    reference.ask("create_topic", topic="t")
    wait_until_there(reference, "t")
    is_over = threading.Event()
    killer = threading.Thread(target=kill_when_there_are, args=(10, reference, broker, is_over))
    killer.start()
    try:
        placed = client.produce("t", *plain(60), idempotent=True, pause_ms=25)
    finally:
        is_over.set()
        killer.join()
    assert broker.lives == 2
    assert is_told(placed, [(0, number) for number in range(60)])
    assert [record.value for record in reference.consume("t", 60)] == [record.value for record in plain(60)]
    assert reference.ask("offset", topic="t", at="latest")["offset"] == 60


def kill_when_there_are(records: int, reference: Client, broker: BrokerProcess, is_over: threading.Event) -> None:
    """SIGKILL the broker once it has so many records, and start it again."""
    while not is_over.is_set():
        if reference.ask("offset", topic="t", at="latest")["offset"] >= records:
            broker.kill()
            broker.start()
            return


@row("records of several megabytes")
def test_large_records(client: Client, new_topic: NewTopic) -> None:
    topic, value = new_topic(max_message_bytes="4000000"), b"large" * 600_000
    client.produce(topic, Record(value, b"k"), max_bytes=8_000_000)
    (found,) = client.consume(topic, 1)
    assert found.value == value


@row("MESSAGE_TOO_LARGE")
def test_a_record_that_the_topic_does_not_want(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic(max_message_bytes="100000")
    with client.is_refused(ErrorCode.MESSAGE_TOO_LARGE):
        client.produce(topic, Record(b"x" * 200_000, b"k"), max_bytes=8_000_000)
    assert reference.ask("offset", topic=topic, at="latest")["offset"] == 0


@row("consume from an offset")
def test_a_consumer_starts_where_it_is_told(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic()
    reference.produce(topic, *plain(30))
    assert [record.offset for record in client.consume(topic, 5, offset=17)] == [17, 18, 19, 20, 21]


@row("consume read_committed")
def test_read_committed_reads_what_no_transaction_holds_back(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic()
    reference.produce(topic, *plain(3))
    assert [record.offset for record in client.consume(topic, 3, committed=True)] == [0, 1, 2]


@row("OFFSET_OUT_OF_RANGE")
def test_an_offset_that_is_not_there(client: Client, reference: Client, new_topic: NewTopic) -> None:
    topic = new_topic()
    reference.produce(topic, *plain(3))
    with client.is_refused(ErrorCode.OFFSET_OUT_OF_RANGE):
        client.consume(topic, 1, offset=99, timeout_ms=5000)


@pytest.fixture
def timed(reference: Client, new_topic: NewTopic) -> str:
    """A topic of three records: at 1, 3 and 2 seconds."""
    topic = new_topic()
    for seconds in (1, 3, 2):
        reference.produce(topic, Record(b"v", timestamp=1_700_000_000_000 + seconds * 1000))
    return topic


@row("offset: earliest, latest")
def test_offsets_of_the_ends(client: Client, reference: Client, timed: str) -> None:
    reference.ask("delete_records", topic=timed, before=1)
    assert [client.ask("offset", topic=timed, at=at)["offset"] for at in ("earliest", "latest")] == [1, 3]


@row("offset: by time")
def test_offsets_by_time(client: Client, timed: str) -> None:
    seconds = (0, 1, 1.5, 3, 3.5)
    assert [client.ask("offset", topic=timed, at=1_700_000_000_000 + int(second * 1000))["offset"] for second in seconds[:4]] == [
        0,
        0,
        1,
        1,
    ]
    assert client.ask("offset", topic=timed, at=1_700_000_003_500)["offset"] in (-1, 3)


@row("offset: of the largest timestamp")
def test_the_offset_of_the_largest_timestamp(client: Client, timed: str) -> None:
    assert client.ask("offset", topic=timed, at="max_timestamp")["offset"] == 1
