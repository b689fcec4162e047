"""The command line at work: what it says and how it ends, in this process or in one of its own."""

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from subprocess import PIPE, Popen

import attrs
import pytest

from streambus.cli import main

PATIENCE_SECONDS = 30


@attrs.frozen
class Said:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


Run = Callable[..., Said]


def runner(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, servers: str) -> Run:
    """`run("topics", "list", stdin=b"…")`: a command against `servers`, in this process."""
    monkeypatch.setenv("STREAMBUS_BOOTSTRAP", servers)

    def run(*words: str, stdin: bytes = b"", is_terminal: bool = False) -> Said:
        text = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
        monkeypatch.setattr(text, "isatty", lambda: is_terminal, raising=False)
        monkeypatch.setattr(sys, "stdin", text)
        capsys.readouterr()
        try:
            status = main(words)
        except SystemExit as end:
            status = int(end.code or 0)
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return run


@contextmanager
def process(servers: str, *words: str) -> "Iterator[Popen[bytes]]":
    """A command in a process of its own, with pipes on all sides. A test that fails does not leave it behind."""
    environment = {**os.environ, "STREAMBUS_BOOTSTRAP": servers, "PYTHONUNBUFFERED": "1"}
    # Whoever runs the tests in the background may have told everybody to ignore Ctrl-C.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with Popen(
        [sys.executable, "-m", "streambus.cli", *words], stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment, preexec_fn=heed
    ) as command:
        try:
            yield command
        finally:
            command.kill()
