"""`streambus consume`."""

import json
import signal
from argparse import Namespace
from datetime import UTC, datetime

import pytest
import trio
from at_work import PATIENCE_SECONDS, Run, process

from streambus.cli.connected import Cluster, converse
from streambus.cli.consume.places import Place, PlaceKind, Span, parse_place
from streambus.cli.consume.reading import read
from streambus.cli.misuse import Misuse
from streambus.cli.record_forms.as_format import formatted
from streambus.real import Producer
from streambus.records import Codec
from streambus.testing import RunningBroker


def write(broker: RunningBroker, topic: str, *records: tuple[int, str], partition: int = 0, **settings: object) -> None:
    """Records `(timestamp, value)`."""

    async def send() -> None:
        async with Producer(broker.bootstrap_servers, **settings) as producer:
            for timestamp, value in records:
                await producer.send(topic, value=value.encode(), partition=partition, timestamp_ms=timestamp)

    trio.run(send)


@pytest.fixture
def ten(streambus_broker: RunningBroker) -> RunningBroker:
    """A broker with the records 0 to 9 in `t`, of one second each."""
    write(streambus_broker, "t", *((1000 * number, str(number)) for number in range(10)))
    return streambus_broker


@pytest.mark.usefixtures("ten")
def test_everything_that_is_there_is_read_and_that_is_the_end(run: Run) -> None:
    said = run("consume", "t")
    assert (said.status, said.err) == (0, "")
    assert said.out.split() == list("0123456789")


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize(
    ("words", "read"),
    [
        (("--from", "4"), "456789"),
        (("--from", "-3"), "789"),
        (("--from", "-99"), "0123456789"),
        (("--from", "end"), ""),
        (("--from", "@7000"), "789"),
        (("--from", "@6001"), "789"),
        (("--from", "1970-01-01T00:00:08Z"), "89"),
        (("--from", "@99000"), ""),
        (("--until", "3"), "012"),
        (("--until", "-8"), "01"),
        (("--until", "@2000"), "01"),
        (("--until", "99"), "0123456789"),
        (("--until", "end"), "0123456789"),
        (("--from", "4", "--until", "6"), "45"),
        (("--from", "6", "--until", "4"), ""),
        (("--from", "2", "--count", "3"), "234"),
        (("--follow", "--from", "7", "--count", "3"), "789"),
        (("--follow", "--until", "10"), "0123456789"),
    ],
)
def test_it_reads_from_a_place_until_a_place(run: Run, words: tuple[str, ...], read: str) -> None:
    said = run("consume", "t", *words)
    assert (said.status, said.out.split()) == (0, list(read))


@pytest.mark.usefixtures("ten")
def test_whoever_names_an_offset_that_is_not_there_is_told_where_it_begins(run: Run) -> None:
    said = run("consume", "t", "--from", "99")
    assert (said.status, said.out) == (0, "")
    assert said.err == "streambus consume: t-0 has offsets 0 to 10: beginning at 10, not at 99\n"


def test_only_some_partitions_are_read_or_several_topics(run: Run, streambus_broker: RunningBroker) -> None:
    streambus_broker.create_topic("t", partitions=3)
    for partition in range(3):
        write(streambus_broker, "t", (0, f"p{partition}"), partition=partition)
    write(streambus_broker, "u", (0, "u"))
    assert sorted(run("consume", "t", "-p", "0", "-p", "2").out.split()) == ["p0", "p2"]
    assert sorted(run("consume", "t", "u", "-f", r"%t:%s\n").out.split()) == ["t:p0", "t:p1", "t:p2", "u:u"]
    refused = run("consume", "t", "-p", "3")
    assert refused.err == "streambus consume: t: UNKNOWN_TOPIC_OR_PARTITION: there is no partition 3; it has 0 to 2\n"


def test_json_read_and_written_again_is_the_same(run: Run, streambus_broker: RunningBroker) -> None:
    for topic in ("t", "copy"):
        streambus_broker.create_topic(topic, partitions=2)
    lines = [
        {
            "key": "ü",
            "value": "a\nb",
            "partition": 0,
            "timestamp": 5,
            "headers": [{"name": "h", "value": "1"}, {"name": "h", "value": None}],
        },
        {"key_base64": "/w==", "value_base64": "AP8=", "partition": 1, "timestamp": 6},
        {"value": None, "partition": 1, "timestamp": 7, "headers": [{"name": "", "value_base64": "gA=="}]},
        {"key": "", "value": "", "partition": 0, "timestamp": 8},
    ]
    run("produce", "t", "--json", stdin="\n".join(json.dumps(line) for line in lines).encode())
    first = run("consume", "t", "--json").out
    run("produce", "copy", "--json", stdin=first.encode())
    second = run("consume", "copy", "--json").out
    assert sorted(first.splitlines()) == sorted(second.replace('"topic": "copy"', '"topic": "t"').splitlines())
    for partition in range(2):
        assert streambus_broker.records("t", partition=partition) == streambus_broker.records("copy", partition=partition)


@pytest.mark.parametrize("codec", list(Codec))
def test_every_compression_is_read(run: Run, streambus_broker: RunningBroker, codec: Codec) -> None:
    write(streambus_broker, "t", (0, "squeezed"), codec=codec)
    assert run("consume", "t").out == "squeezed\n"


@pytest.mark.usefixtures("ten")
def test_what_is_committed_is_read_to_its_end(run: Run) -> None:
    assert run("consume", "t", "--committed").out.split() == list("0123456789")


def test_a_topic_without_records_has_an_end_too(run: Run, streambus_broker: RunningBroker) -> None:
    streambus_broker.create_topic("t")
    said = run("consume", "t")
    assert (said.status, said.out) == (0, "")


def test_a_topic_that_is_not_there_is_not_made(run: Run, ten: RunningBroker) -> None:
    said = run("consume", "tt")
    assert said.status == 1
    assert said.err == "streambus consume: tt: UNKNOWN_TOPIC_OR_PARTITION: there is no such topic; did you mean t?\n"
    assert list(ten.topics()) == ["t"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--from=tomorrow",), "--from 'tomorrow' is no place: expected beginning, end, an offset, -N,"),
        (("--until=--5",), "--until '--5' is no place"),
        (("--count", "0"), "--count must be at least 1"),
        (("--json", "--format", "%s"), "say one"),
        (("--format", "%y"), "--format: '%y' in the format is unknown"),
    ],
)
def test_misuse_is_told_in_one_line(run: Run, words: tuple[str, ...], why: str) -> None:
    said = run("consume", "t", *words)
    assert (said.status, said.err.count("\n")) == (2, 1)
    assert why in said.err


def test_a_time_without_a_zone_is_ones_own() -> None:
    moment = datetime(2026, 11, 23, 17, tzinfo=UTC)
    assert parse_place("2026-11-23T17:00Z", "--from") == Place(PlaceKind.TIME, int(moment.timestamp() * 1000))
    local = datetime(2026, 11, 23, 17).astimezone()
    assert parse_place("2026-11-23 17:00", "--from") == Place(PlaceKind.TIME, int(local.timestamp() * 1000))
    with pytest.raises(Misuse):
        parse_place("@-5", "--from")


def test_following_goes_on_until_it_is_interrupted(ten: RunningBroker) -> None:
    with process(ten.bootstrap_servers, "consume", "t", "--follow", "--from", "-1") as command:
        assert command.stdout is not None
        assert command.stdout.readline() == b"9\n"
        write(ten, "t", (10_000, "10"))
        assert command.stdout.readline() == b"10\n"
        command.send_signal(signal.SIGINT)
        assert command.wait(PATIENCE_SECONDS) == 130
        assert command.stderr is not None
        assert command.stderr.read() == b""


def test_who_has_read_enough_ends_it_quietly(streambus_broker: RunningBroker) -> None:
    write(streambus_broker, "t", (0, "x" * 200_000), (1, "y" * 200_000), (2, "z" * 200_000))
    with process(streambus_broker.bootstrap_servers, "consume", "t", "--follow") as command:
        assert command.stdout is not None
        assert command.stdout.read(1) == b"x"
        command.stdout.close()
        write(streambus_broker, "t", (3, "more"))
        assert command.wait(PATIENCE_SECONDS) == 0
        assert command.stderr is not None
        assert command.stderr.read() == b""


def test_bytes_are_written_as_they_are_into_a_pipe(streambus_broker: RunningBroker) -> None:
    async def send() -> None:
        async with Producer(streambus_broker.bootstrap_servers) as producer:
            await producer.send("t", value=b"\x1b\xff\0")

    trio.run(send)
    with process(streambus_broker.bootstrap_servers, "consume", "t") as command:
        assert command.communicate(timeout=PATIENCE_SECONDS) == (b"\x1b\xff\0\n", b"")


def test_it_does_not_wait_for_ever_for_what_does_not_come(ten: RunningBroker, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    async def talk(cluster: Cluster) -> int:
        await read(cluster, [Span("t", 0, 8, 99, 99)], formatted(r"%s\n"), count=None, committed=False, follow=False)
        return 0

    assert converse(Namespace(command="consume", bootstrap=ten.bootstrap_servers, timeout=0.5), talk) == 1
    said = capsysbinary.readouterr()
    assert said.out == b"8\n9\n"
    assert said.err == b"streambus consume: t-0: REQUEST_TIMED_OUT: nothing came for 0.5 s, though there is more\n"


def test_who_looks_on_is_told_that_there_is_nothing(run: Run, streambus_broker: RunningBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    streambus_broker.create_topic("t")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run("consume", "t").err == "streambus consume: nothing to read there in t (--follow waits for records)\n"
