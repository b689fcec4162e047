"""The command line at work: what it says and how it ends, in this process or in one of its own."""

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

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


def process(servers: str, *words: str, cwd: Path | None = None, **options: Any) -> "Popen[bytes]":
    """A command in a process of its own, with pipes on all sides."""
    environment = {**os.environ, "STREAMBUS_BOOTSTRAP": servers, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "streambus.cli", *words]
    return Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment, cwd=cwd, **options)
