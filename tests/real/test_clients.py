"""The clients for trio programs, against a real broker on real sockets and files."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from streambus.broker import Broker, BrokerConfig, Listener, Ready
from streambus.client import EARLIEST, LATEST, Acknowledged, Failed
from streambus.kernel import Effect
from streambus.real import Driver, listen
from streambus.real.clients import Admin, ClientError, Consumer, Producer, parse_servers
from streambus.records import Codec
from streambus.wire import ErrorCode, messages

PATIENCE_SECONDS = 20


@asynccontextmanager
async def a_broker(folder: Path) -> AsyncIterator[str]:
    """A broker on a free port; its address."""
    listening = listen("PLAINTEXT", "127.0.0.1", 0)
    ready = trio.Event()

    def perform(effect: Effect) -> None:
        if isinstance(effect, Ready):
            ready.set()

    broker = Broker(BrokerConfig(listeners=(Listener("PLAINTEXT", "127.0.0.1", listening.port),)))
    driver = Driver(broker, folder=folder, listening=(listening,), perform=perform)
    with listening.sock:
        async with trio.open_nursery() as nursery:
            await nursery.start(driver.run)
            await ready.wait()
            yield f"127.0.0.1:{listening.port}"
            driver.request_stop()


def live(story: Callable[[str], Awaitable[None]], folder: Path) -> None:
    """Tell `story` to a broker."""

    async def main() -> None:
        with trio.fail_after(PATIENCE_SECONDS):
            async with a_broker(folder) as servers:
                await story(servers)

    trio.run(main)


def test_what_is_sent_is_read_back(tmp_path: Path) -> None:
    async def story(servers: str) -> None:
        async with Admin(servers) as admin:
            await admin.create_topics({"greetings": 2})
            assert await admin.list_topics() == {"greetings": 2}
        async with Producer(servers, codec=Codec.ZSTD) as producer:
            first = await producer.send("greetings", partition=1, key=b"en", value=b"hello", headers=[("h", b"x")], timestamp_ms=7)
            second = await producer.send("greetings", partition=1, value=b"again")
            assert (first.offset, second.offset) == (0, 1)
        async with Consumer(servers) as consumer:
            await consumer.assign(("greetings", 1, EARLIEST))
            read = []
            async for topic, partition, record in consumer:
                read.append((topic, partition, record.offset, record.key, record.value))
                if len(read) == 2:
                    break
            assert read == [("greetings", 1, 0, b"en", b"hello"), ("greetings", 1, 1, None, b"again")]
            assert await consumer.list_offsets(("greetings", 1, LATEST)) == (("greetings", 1, 2, -1),)
            assert await consumer.seek("greetings", 1, LATEST) == 2
            assert await consumer.poll(timeout_ms=50) == ()

    live(story, tmp_path)


def test_submitted_records_are_answered_each_and_positions_tell_how_far_was_read(tmp_path: Path) -> None:
    async def story(servers: str) -> None:
        answers: list[tuple[int, object]] = []

        def noted(number: int) -> Callable[[object], None]:
            return lambda result: answers.append((number, result))

        async with Producer(servers) as producer:
            for number in range(3):
                producer.submit(noted(number), "greetings", value=b"%d" % number, partition=0, timestamp_ms=number)
            producer.submit(noted(3), "greetings", value=b"x", partition=-7)
            await producer.flush()
        assert sorted(number for number, _ in answers) == [0, 1, 2, 3]
        refused = dict(answers).pop(3)
        assert isinstance(refused, Failed)
        assert refused.error is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        assert dict(answers)[2] == Acknowledged("greetings", 0, 2, 2)
        with pytest.raises(ClientError, match="not open"):
            producer.submit(noted(4), "greetings", value=b"late")
        async with Consumer(servers) as consumer:
            await consumer.assign(("greetings", 0, EARLIEST))
            assert await consumer.positions() == (("greetings", 0, 0),)
            assert len(await consumer.poll(max_records=2)) == 2
            assert await consumer.positions() == (("greetings", 0, 2),)

    live(story, tmp_path)


def test_many_tasks_send_in_common_batches(tmp_path: Path) -> None:
    async def story(servers: str) -> None:
        offsets: list[int] = []

        async def send(producer: Producer, number: int) -> None:
            offsets.append((await producer.send("numbers", partition=0, value=b"%d" % number)).offset)

        async with Producer(servers) as producer:
            async with trio.open_nursery() as nursery:
                for number in range(1_000):
                    nursery.start_soon(send, producer, number)
            await producer.flush()
        assert sorted(offsets) == list(range(1_000))

    live(story, tmp_path)


def test_a_cancelled_poll_loses_no_records(tmp_path: Path) -> None:
    async def story(servers: str) -> None:
        async with Producer(servers) as producer, Consumer(servers) as consumer:
            await producer.send("t", partition=0, value=b"first")
            await consumer.assign(("t", 0, LATEST))
            with trio.move_on_after(0.05):
                await consumer.poll(timeout_ms=PATIENCE_SECONDS * 1000)
            await producer.send("t", partition=0, value=b"second")
            await producer.send("t", partition=0, value=b"third")
            values = [(await anext(consumer))[2].value for _ in range(2)]
            assert values == [b"second", b"third"]

    live(story, tmp_path)


def test_what_the_broker_refuses_is_raised(tmp_path: Path) -> None:
    async def story(servers: str) -> None:
        async with Admin(servers) as admin:
            await admin.create_topics({"t": 1})
            with pytest.raises(ClientError, match="TOPIC_ALREADY_EXISTS") as refused:
                await admin.create_topics({"t": 1})
            assert refused.value.definite
            await admin.delete_topics("t")
            assert await admin.list_topics() == {}
            cluster = await admin.ask(messages.DescribeClusterRequest())
            assert cluster.error_code == ErrorCode.NONE

    live(story, tmp_path)


def test_a_client_that_is_not_open_says_so() -> None:
    async def main() -> None:
        producer = Producer("127.0.0.1:1")
        with pytest.raises(ClientError, match="not open"):
            await producer.send("t", value=b"x")

    trio.run(main)


def test_without_a_broker_a_record_fails_definitely() -> None:
    async def main() -> None:
        with trio.fail_after(PATIENCE_SECONDS):
            async with Producer("127.0.0.1:1", delivery_timeout=200_000) as producer:
                with pytest.raises(ClientError) as failed:
                    await producer.send("t", value=b"x")
                assert failed.value.definite

    trio.run(main)


def test_an_exception_of_the_user_comes_out_as_it_is() -> None:
    async def main() -> None:
        with pytest.raises(KeyError):
            async with Consumer("127.0.0.1:1"):
                raise KeyError("mine")

    trio.run(main)


@pytest.mark.parametrize(
    ("servers", "addresses"),
    [
        ("a:1", (("a", 1),)),
        ("a", (("a", 9092),)),
        ("a:1, b:2", (("a", 1), ("b", 2))),
        ("[::1]:3", (("::1", 3),)),
        ("[::1]", (("::1", 9092),)),
    ],
)
def test_servers_are_written_as_hosts_and_ports(servers: str, addresses: tuple[tuple[str, int], ...]) -> None:
    assert parse_servers(servers) == addresses


@pytest.mark.parametrize("servers", ["", ":9092", "a:b", "a:0", "a:70000", "a,,b"])
def test_what_is_no_host_and_port_is_refused(servers: str) -> None:
    with pytest.raises(ValueError, match="is not host:port"):
        parse_servers(servers)
