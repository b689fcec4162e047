"""A client in another language: a program that is asked one JSON object per line and answers with one, kept for the session."""

import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.stock.family import ClientRefused, Hung, Unsupported

START_SECONDS_MAX = 60
"""A JVM on a busy machine takes its time."""

ANSWER_SECONDS_MAX = 40
"""A driver answers within 20 s; the rest is for slow machines."""

PAUSED_ANSWER_SECONDS_MAX = 100
"""With `pause_ms` the broker may be away for a while, and the client has a minute for its retries."""


class Driver:
    """A driver program: started by the first question, killed by `close`, or when it hangs; then the next question starts another."""

    def __init__(self, name: str, command: Sequence[str], tools: Path) -> None:
        """`tools` is a folder with programs that it may need, besides those of the system."""
        self.name = name
        self._environment = {**os.environ, "PATH": f"{tools}:{os.environ.get('PATH', '')}"}
        self._command = list(command)
        self.exit_status: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  it is there as long as the driver is
        self._heard = b""
        self._asked = 0
        self._told = 0

    def ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Ask the program. Raises `ClientRefused`, `Unsupported` or `Hung`."""
        self._told = os.fstat(self._errors.fileno()).st_size
        seconds = ANSWER_SECONDS_MAX if not arguments.get("pause_ms") else PAUSED_ANSWER_SECONDS_MAX
        if self._process is None:
            self._start()
            seconds += START_SECONDS_MAX
        self._asked += 1
        answer = self._converse({"id": self._asked, "op": operation, **arguments}, seconds)
        if answer.get("id") != self._asked:
            raise AssertionError(f"{self.name} answered {answer} to question {self._asked}")
        if "unsupported" in answer:
            raise Unsupported(answer["unsupported"])
        if "error" in answer:
            raise ClientRefused(**answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    def said(self) -> str:
        """What the program wrote to its stderr since it was last asked."""
        size = os.fstat(self._errors.fileno()).st_size - self._told
        return os.pread(self._errors.fileno(), size, self._told).decode(errors="replace")

    def close(self) -> None:
        """Kill the program, and forget what it said."""
        self._kill()
        self._errors.close()

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self.exit_status = self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass
            self._process = None

    def _let_end(self) -> None:
        """It has closed its output: a moment to end by itself, so that its exit status is its own."""
        assert self._process is not None
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            pass

    def _start(self) -> None:
        self._heard = b""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=self._environment,
            bufsize=0,
            start_new_session=True,
        )

    def _converse(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        assert self._process is not None
        deadline = time.monotonic() + seconds
        try:
            self._write(json.dumps(question).encode() + b"\n", deadline)
            line = self._read_line(deadline)
        except TimeoutError:
            self._kill()
            raise Hung(f"{self.name} did not answer {question['op']} within {seconds} s; it was killed") from None
        except (BrokenPipeError, EOFError):
            self._let_end()
            self._kill()
            raise Hung(f"{self.name} ended at {question['op']} instead of answering") from None
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _write(self, content: bytes, deadline: float) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        pipe, rest = self._process.stdin.fileno(), memoryview(content)
        os.set_blocking(pipe, False)
        while rest:
            if not select.select([], [pipe], [], max(0.0, deadline - time.monotonic()))[1]:
                raise TimeoutError
            rest = rest[os.write(pipe, rest[:65_536]) :]

    def _read_line(self, deadline: float) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        pipe, pieces = self._process.stdout.fileno(), [self._heard]
        while b"\n" not in pieces[-1]:
            if not select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError
            piece = os.read(pipe, 1 << 20)
            if not piece:
                raise EOFError
            pieces.append(piece)
        line, _, self._heard = b"".join(pieces).partition(b"\n")
        return line
