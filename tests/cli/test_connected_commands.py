"""What all commands share that talk to a broker."""

import socket
import subprocess
import sys
from threading import Thread

import pytest
from at_work import PATIENCE_SECONDS, Run

from streambus.cli import main
from streambus.cli.connected.refusals import Refused
from streambus.cli.connected.tables import print_table
from streambus.cli.connected.watch import Watch
from streambus.kernel import Severity, Trace
from streambus.testing import RunningBroker
from streambus.wire import ErrorCode


def a_closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.mark.parametrize("words", [("topics", "list"), ("produce", "t"), ("consume", "t"), ("configs", "list")])
def test_a_broker_that_is_not_there_is_told_at_once_with_what_to_do(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    address = f"127.0.0.1:{a_closed_port()}"
    assert main([*words, "--bootstrap", address]) == 1
    name = " ".join(words if words[1] == "list" else words[:1])
    assert capsys.readouterr().err == (
        f"streambus {name}: cannot reach {address} (connection refused);"
        " 'streambus serve' starts a broker, --bootstrap HOST:PORT says where one is\n"
    )


def answer_with(words: bytes) -> tuple[str, Thread]:
    """Someone who listens and says the same to everybody, or nothing: the address, and the thread to be joined."""
    listening = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        with listening, listening.accept()[0] as connection:
            connection.sendall(words)
            while connection.recv(1000):
                pass

    thread = Thread(target=listen)
    thread.start()
    return f"127.0.0.1:{listening.getsockname()[1]}", thread


@pytest.mark.parametrize(
    ("words", "why"), [(b"<!DOCTYPE html>", "it answers, but not as a Kafka listener without TLS does"), (b"", "no answer in time")]
)
def test_whoever_is_no_broker_is_told_from_one_that_is_not_there(words: bytes, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    address, thread = answer_with(words)
    assert main(["topics", "list", "-b", address, "--timeout", "0.5"]) == 1
    assert capsys.readouterr().err.startswith(f"streambus topics list: cannot reach {address} ({why}); ")
    thread.join(PATIENCE_SECONDS)


def test_one_broker_of_those_named_is_enough(run: Run, streambus_broker: RunningBroker) -> None:
    servers = f"127.0.0.1:{a_closed_port()},{streambus_broker.bootstrap_servers}"
    assert run("topics", "list", "-b", servers).status == 0


def test_an_address_that_is_none_is_misuse(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["topics", "list", "-b", "host:port"]) == 2
    assert (
        capsys.readouterr().err
        == "streambus topics: --bootstrap: 'host:port' is not host:port: expected HOST:PORT, for example 127.0.0.1:9092\n"
    )
    monkeypatch.setenv("STREAMBUS_BOOTSTRAP", "x:y")
    assert main(["topics", "list"]) == 2
    assert "STREAMBUS_BOOTSTRAP: 'x:y'" in capsys.readouterr().err


def test_time_is_a_number_of_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("soon", "0", "1e9"):
        with pytest.raises(SystemExit, match="2"):
            main(["topics", "list", "--timeout", text])
    assert capsys.readouterr().err.count("\n") == 3


def test_a_refusal_has_kafkas_name_the_brokers_words_and_advice() -> None:
    assert str(Refused("t", ErrorCode.TOPIC_DELETION_DISABLED, "It is\noff.")) == (
        "t: TOPIC_DELETION_DISABLED: It is off; the broker's delete.topic.enable is false"
    )
    assert str(Refused("", ErrorCode.INVALID_REQUEST, None)).startswith("INVALID_REQUEST: ")
    assert str(Refused("t", None, "no")) == "t: no"


def test_what_cannot_be_reached_later_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watch(("a:1",), "streambus consume")
    watch.is_met = True
    for _ in range(2):
        watch.note(
            Trace(Severity.WARNING, "connection lost", (("address", "b:2"), ("purpose", "fetch"), ("reason", "b:2: connection refused")))
        )
    watch.note(Trace(Severity.ERROR, "no producer id", (("error", "CLUSTER_AUTHORIZATION_FAILED"),)))
    assert capsys.readouterr().err == (
        "streambus consume: no connection to b:2, which is where the cluster says that a broker is: connection refused; trying again\n"
        "streambus consume: no producer id: CLUSTER_AUTHORIZATION_FAILED\n"
    )


def test_numbers_stand_under_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("NAME", "N"), [("a", 5), ("b", 1000), ("c", None)])
    assert capsys.readouterr().out == "NAME     N\na        5\nb     1000\nc        -\n"


@pytest.mark.parametrize("words", [("topics",), ("topics", "create"), ("configs",), ("configs", "set"), ("produce",), ("consume",)])
def test_help_teaches_with_examples(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([*words, "--help"])
    text = capsys.readouterr().out
    assert "examples:\n" in text
    assert f"  streambus {' '.join(words)} " in text
    assert max(len(line) for line in text.splitlines()) <= 140


def test_help_of_streambus_waits_for_no_client() -> None:
    code = "import sys; from streambus.cli import main; main([]); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20).stdout.split()
    assert not {"trio", "attrs", "streambus.kernel", "streambus.real", "streambus.wire"} & set(loaded)


def test_options_may_stand_between_other_words(run: Run, streambus_broker: RunningBroker) -> None:
    assert run("topics", "create", "a", "--partitions", "2", "b", "-c", "retention.ms=5", "c").status == 0
    assert streambus_broker.topics() == {"a": 2, "b": 2, "c": 2}
    said = run("topics", "create", "--partitions", "2")
    assert (said.status, said.err.count("\n")) == (2, 1)
    assert "required: TOPIC" in said.err
