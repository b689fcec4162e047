"""`streambus produce`."""

import os
import signal
from pathlib import Path
from subprocess import TimeoutExpired

import pytest
from at_work import PATIENCE_SECONDS, Run, process

import streambus.testing
from streambus.cli import main
from streambus.records import Record
from streambus.testing import RunningBroker


def values(broker: RunningBroker, topic: str) -> list[bytes | None]:
    return [record.value for record in broker.records(topic)]


def keys_and_values(broker: RunningBroker, topic: str) -> list[tuple[bytes | None, bytes | None]]:
    return [(record.key, record.value) for record in broker.records(topic)]


def test_every_line_is_a_record_and_what_was_acknowledged_is_told(run: Run, streambus_broker: RunningBroker) -> None:
    said = run("produce", "greetings", stdin=b"hello\n\nworld")
    assert (said.status, said.out) == (0, "")
    assert said.err == "streambus produce: 3 records acknowledged: greetings-0 at 0 to 2\n"
    assert values(streambus_broker, "greetings") == [b"hello", b"", b"world"]
    assert run("produce", "greetings", "--quiet", stdin=b"more").err == ""


def test_files_are_read_one_after_the_other(run: Run, streambus_broker: RunningBroker, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1\n2\n")
    (tmp_path / "b").write_bytes(b"4")
    said = run("produce", "t", str(tmp_path / "a"), "-", str(tmp_path / "b"), stdin=b"3\n")
    assert said.status == 0
    assert values(streambus_broker, "t") == [b"1", b"2", b"3", b"4"]
    assert run("produce", "whole", "--whole", str(tmp_path / "a")).status == 0
    assert values(streambus_broker, "whole") == [b"1\n2\n"]


def test_keys_stand_before_a_delimiter_and_empty_values_may_be_null(run: Run, streambus_broker: RunningBroker) -> None:
    run("produce", "t", "-k", r"\t", "--null", stdin=b"ada\t1\nbob\t\n\t2\nplain\n\n")
    assert keys_and_values(streambus_broker, "t") == [(b"ada", b"1"), (b"bob", None), (None, b"2"), (None, b"plain"), (None, None)]


def test_key_headers_partition_and_delimiter_are_the_same_for_all(run: Run, streambus_broker: RunningBroker) -> None:
    streambus_broker.create_topic("t", partitions=3)
    words = ("--key", "k", "-H", "a=1", "-H", "a=2=3", "-p", "2", "-D", r"\0")
    said = run("produce", "t", *words, stdin=b"x\0y\0")
    assert said.err == "streambus produce: 2 records acknowledged: t-2 at 0 to 1\n"
    records = streambus_broker.records("t", partition=2)
    assert [(record.key, record.value, record.headers) for record in records] == [
        (b"k", b"x", (("a", b"1"), ("a", b"2=3"))),
        (b"k", b"y", (("a", b"1"), ("a", b"2=3"))),
    ]


@pytest.mark.parametrize("compression", ["none", "gzip", "snappy", "lz4", "zstd"])
@pytest.mark.parametrize("acks", ["1", "all"])
def test_records_are_compressed_and_acknowledged_as_asked(run: Run, streambus_broker: RunningBroker, compression: str, acks: str) -> None:
    said = run("produce", "t", "--compression", compression, "--acks", acks, stdin=b"x\n" * 1000)
    assert said.err == "streambus produce: 1,000 records acknowledged: t-0 at 0 to 999\n"
    assert values(streambus_broker, "t") == [b"x"] * 1000


def test_with_acks_of_0_nobody_tells_the_offsets(run: Run) -> None:
    said = run("produce", "t", "--acks", "0", stdin=b"x\n")
    assert said.err == "streambus produce: 1 record sent without asking: 1 to t-0\n"


def test_json_says_everything_about_a_record(run: Run, streambus_broker: RunningBroker) -> None:
    streambus_broker.create_topic("t", partitions=2)
    line = b'{"key": "k", "value_base64": "/w==", "headers": [{"name": "h", "value": null}], "timestamp": 7, "partition": 1}\n{}\n'
    assert run("produce", "t", "--json", "-p", "1", "-H", "more=1", stdin=line).status == 0
    first, second = streambus_broker.records("t", partition=1)
    assert first == Record(b"k", b"\xff", (("h", None), ("more", b"1")), 7, 0)
    assert (second.key, second.value) == (None, None)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"value": 3}', "stdin, line 2: value must be text or null, not 3; quote it to write it as text"),
        ('{"partition": 7}', "stdin, line 2: there is no partition 7 in t; --partition N is for all records, whatever they say"),
    ],
)
def test_it_stops_at_a_line_that_is_no_record(run: Run, streambus_broker: RunningBroker, line: str, why: str) -> None:
    said = run("produce", "t", "--json", stdin=f'{{"value": "a"}}\n{line}\n{{"value": "b"}}\n'.encode())
    assert said.status == 1
    assert said.err.splitlines() == ["streambus produce: 1 record acknowledged: t-0 at 0", f"streambus produce: {why}"]
    assert values(streambus_broker, "t") == [b"a"]


def test_it_stops_at_a_record_that_the_broker_refuses(run: Run, streambus_broker: RunningBroker) -> None:
    streambus_broker.create_topic("t", configs={"max.message.bytes": "1000"})
    said = run("produce", "t", stdin=b"x" * 2000)
    assert said.status == 1
    summary, problem = said.err.splitlines()
    assert summary == "streambus produce: nothing was acknowledged; 1 not"
    assert problem.startswith("streambus produce: stdin, record 1: MESSAGE_TOO_LARGE: ")
    assert problem.endswith("; the topic's max.message.bytes is the limit for a batch")


def test_small_records_travel_in_batches_that_the_topic_takes(run: Run, streambus_broker: RunningBroker) -> None:
    streambus_broker.create_topic("t", configs={"max.message.bytes": "500"})
    said = run("produce", "t", stdin=b"x" * 100 + b"\n" + b"some lines\n" * 1000)
    assert said.err == "streambus produce: 1,001 records acknowledged: t-0 at 0 to 1000\n"


def test_a_topic_that_nobody_makes_is_refused_before_anything_is_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streambus.cli.connected.cluster.CREATION_SECONDS", 0.3)
    with streambus.testing.broker(properties={"auto.create.topics.enable": "false"}) as broker:
        assert main(["produce", "orders", "-b", broker.bootstrap_servers, os.devnull]) == 1
    assert capsys.readouterr().err == (
        "streambus produce: orders: UNKNOWN_TOPIC_OR_PARTITION: there is no such topic; 'streambus topics create orders' makes it\n"
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--json", "--key", "k"), "with --json the key stands in the JSON"),
        (("--key", "k", "-k", ":"), "say one"),
        (("-k", ""), "--key-delimiter must not be empty"),
        (("-k", r"\q"), "is no escape"),
        (("-D", ""), "--delimiter must not be empty"),
        (("-H", "name"), "expected NAME=VALUE"),
        (("/nonexistent/file",), "cannot read /nonexistent/file: no such file or directory"),
        (("/",), "cannot read /: is a directory"),
        (("--json", "--whole"), "not allowed with"),
    ],
)
def test_misuse_is_told_in_one_line(run: Run, words: tuple[str, ...], why: str) -> None:
    said = run("produce", "t", *words)
    assert (said.status, said.err.count("\n")) == (2, 1)
    assert why in said.err


def test_no_record_goes_to_a_partition_that_is_not_there(run: Run, streambus_broker: RunningBroker) -> None:
    streambus_broker.create_topic("t", partitions=2)
    said = run("produce", "t", "--partition", "2", stdin=b"x")
    assert said.err == "streambus produce: t: UNKNOWN_TOPIC_OR_PARTITION: there is no partition 2; it has 0 to 1\n"


def test_nothing_is_written_where_nothing_is_read(run: Run) -> None:
    assert run("produce", "t").err == "streambus produce: there was nothing to write\n"


def test_lines_go_out_while_more_is_waited_for(streambus_broker: RunningBroker) -> None:
    streambus_broker.create_topic("t")
    with process(streambus_broker.bootstrap_servers, "produce", "t") as command:
        assert command.stdin is not None
        command.stdin.write(b"first\n")
        command.stdin.flush()
        with process(streambus_broker.bootstrap_servers, "consume", "t", "--follow", "--count", "1") as reader:
            assert reader.communicate(timeout=PATIENCE_SECONDS)[0] == b"first\n"
        _, errors = command.communicate(b"second\n", timeout=PATIENCE_SECONDS)
    assert errors == b"streambus produce: 2 records acknowledged: t-0 at 0 to 1\n"
    assert values(streambus_broker, "t") == [b"first", b"second"]


def test_an_interrupt_sends_what_was_read_and_ends(streambus_broker: RunningBroker) -> None:
    streambus_broker.create_topic("t")
    with process(streambus_broker.bootstrap_servers, "produce", "t") as command:
        assert command.stdin is not None
        command.stdin.write(b"read\nhalf a line")
        command.stdin.flush()
        with process(streambus_broker.bootstrap_servers, "consume", "t", "--follow", "--count", "1") as reader:
            assert reader.communicate(timeout=PATIENCE_SECONDS)[0] == b"read\n"
        command.send_signal(signal.SIGINT)
        assert command.wait(PATIENCE_SECONDS) == 130
        assert command.stderr is not None
        assert command.stderr.read() == b"streambus produce: 1 record acknowledged: t-0 at 0\n"


def test_a_second_interrupt_ends_at_once_and_tells_what_nobody_knows(streambus_broker: RunningBroker) -> None:
    streambus_broker.create_topic("t")
    with process(streambus_broker.bootstrap_servers, "produce", "t") as command:
        assert command.stdin is not None
        assert command.stderr is not None
        command.stdin.write(b"written\n")
        command.stdin.flush()
        with process(streambus_broker.bootstrap_servers, "consume", "t", "--follow", "--count", "1") as reader:
            assert reader.communicate(timeout=PATIENCE_SECONDS)[0] == b"written\n"
        streambus_broker.crash()
        command.stdin.write(b"lost\n")
        command.stdin.flush()
        assert b"trying again" in command.stderr.readline()
        while command.poll() is None:
            command.send_signal(signal.SIGINT)
            try:
                command.wait(1)
            except TimeoutExpired:
                continue
        assert command.returncode == 130
        assert b"1 record acknowledged: t-0 at 0" in command.stderr.read()


def test_no_more_is_read_than_can_be_sent(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streambus.cli.produce.sending.UNANSWERED_MAX", 10)
    said = run("produce", "t", stdin=b"x\n" * 100)
    assert said.err == "streambus produce: 100 records acknowledged: t-0 at 0 to 99\n"
