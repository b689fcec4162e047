"""Namespaces: a private corner of the kernel that lasts as long as somebody is in it.

A `Holder` is a child process that does nothing but be there, in namespaces of its own; whatever was mounted or plugged in there goes when
it goes. It ends when its standard input does, so even if we are killed nothing is left behind.
"""

import subprocess
from collections.abc import Sequence
from shutil import which
from types import TracebackType
from typing import Self

READY = "ready"
SECONDS_MAX = 10


class NotAllowed(RuntimeError):
    """The machine does not let us. The text is one line that says what it said."""


class Holder:
    """Runs `unshare OPTIONS` and in it `preparation`, a line of shell; then waits. A context manager. Raises `NotAllowed`."""

    def __init__(self, options: Sequence[str], preparation: str, *arguments: str) -> None:
        self._command = ["unshare", *options, "sh", "-c", f"{preparation} && echo {READY} && exec cat", "sh", *arguments]
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """Whose namespaces they are: `/proc/PID/root` is its file system, `nsenter --target PID` goes there."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        if which("unshare") is None:
            raise NotAllowed("there is no unshare (Debian: util-linux)")
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        if self._process.stdout.readline().strip() != READY:
            said = self._process.stderr.read().strip().splitlines()
            self._end()
            raise NotAllowed(said[-1] if said else "unshare ended without a word")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        assert process is not None
        process.kill()
        process.wait(SECONDS_MAX)
        for pipe in (process.stdin, process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()


def command(*words: str) -> str:
    """Run a command of the system and return what it said. Raises `NotAllowed` with its complaint."""
    if which(words[0]) is None:
        raise NotAllowed(f"there is no {words[0]}")
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    if done.returncode:
        complaint = done.stderr.strip().splitlines()
        raise NotAllowed(complaint[-1] if complaint else f"{words[0]} ended with {done.returncode}")
    return done.stdout
