"""`streambus serve` as people and scripts meet it: ready, refused, stopped."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SECONDS = 20
"""How long anything may take before it is a failure."""


def start(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "streambus.cli", "serve", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def served(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A broker on a free port, and the first line of its screen; killed at the end if it still runs."""
    process = start("--listen", "127.0.0.1:0", *arguments)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def port_of(line: str) -> int:
    found = re.fullmatch(r"StreamBus \S+ is ready on 127\.0\.0\.1:(\d+)\n", line)
    assert found, line
    return int(found[1])


def refused(*arguments: str) -> str:
    """The one line that a refused start says."""
    process = start(*arguments)
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 2, errors
    assert errors.count("\n") == 1, errors
    assert "Traceback" not in errors
    return errors.rstrip("\n")


def configured(folder: Path, text: str) -> str:
    file = folder / "broker.toml"
    file.write_text(text)
    return str(file)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with served("--data", str(tmp_path / "data")) as (process, line):
        socket.create_connection(("127.0.0.1", port_of(line)), timeout=SECONDS).close()
        assert process.stdout is not None
        screen = "".join(process.stdout.readline() for _ in range(10))
        process.send_signal(number)
        _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert str(tmp_path / "data") in screen
    for way in ("confluent_kafka", "kcat", "Ctrl-C"):
        assert way in screen


def test_it_comes_back_on_the_folder_it_left(tmp_path: Path) -> None:
    for _ in range(2):
        with served("--data", str(tmp_path)) as (process, line):
            port_of(line)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=SECONDS)
        assert process.returncode == 0


def test_json_lines_say_that_it_is_ready(tmp_path: Path) -> None:
    process = start("--listen", "127.0.0.1:0", "--advertise", "example.org:0", "--data", str(tmp_path), "--log-format", "json")
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        ready = next(entry for entry in map(json.loads, lines) if entry["text"] == "ready")
    finally:
        process.kill()
        process.communicate()
    port = ready["address"].rpartition(":")[2]
    assert ready["advertised"] == f"example.org:{port}"
    assert ready["severity"] == "info"
    assert {"time", "data", "cluster_id"} <= set(ready)


def test_a_second_process_on_the_folder_is_refused(tmp_path: Path) -> None:
    with served("--data", str(tmp_path)) as (process, line):
        port_of(line)
        message = refused("--listen", "127.0.0.1:0", "--data", str(tmp_path))
    assert message == f"streambus serve: the data folder {tmp_path} is in use by process {process.pid}"


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused("--listen", f"127.0.0.1:{port}", "--data", str(tmp_path))
    assert message == f"streambus serve: cannot listen on 127.0.0.1:{port}: another program listens there"


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    message = refused("--listen", "127.0.0.1:0", "--data", str(tmp_path / "file" / "data"))
    assert message == f"streambus serve: cannot use the data folder {tmp_path}/file/data: not a directory"


def test_a_folder_that_cannot_be_made_is_refused() -> None:
    message = refused("--listen", "127.0.0.1:0", "--data", "/proc/data")
    assert message.startswith("streambus serve: cannot use the data folder /proc/data: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--listen", "nonsense"], "'nonsense' is not an address: expected HOST:PORT, for example 127.0.0.1:9092"),
        (["--listen", "127.0.0.1:99999"], "'127.0.0.1:99999' is not an address: expected HOST:PORT, for example 127.0.0.1:9092"),
        (["--listen", "no-such-host.invalid:1"], "cannot listen on no-such-host.invalid:1: "),
        (["--log-format", "xml"], "argument --log-format: invalid choice: 'xml'"),
        (["--lisen", "127.0.0.1:0"], "unrecognized arguments: --lisen"),
        (["--config", "/nowhere/broker.toml"], "cannot read /nowhere/broker.toml: no such file or directory"),
    ],
)
def test_wrong_arguments_are_said_in_one_line(tmp_path: Path, arguments: list[str], message: str) -> None:
    assert message in refused("--data", str(tmp_path / "data"), *arguments)


def test_a_wrong_configuration_is_said_in_one_line(tmp_path: Path) -> None:
    file = configured(tmp_path, "lisen = '127.0.0.1:0'\n")
    assert refused("--config", file) == f"streambus serve: {file}: unknown key 'lisen' (did you mean 'listen'?)"


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    file = configured(tmp_path, f"listen = 'no-such-host.invalid:1'\ndata = '{tmp_path}/data'\n[broker]\nnum.partitions = 3\n")
    with served("--config", file) as (_, line):
        assert port_of(line)
        assert (tmp_path / "data").is_dir()
