"""A broker as its own process: started, killed, frozen and stopped, life after life, always on the same port."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 20

SERVE = ("-m", "streambus.cli", "serve")
"""What Python runs: `streambus serve`."""

FAULTY = ("-m", "streambus.chaos.broker")
"""The same with a disk that fails on request, or a clock that is wrong."""

REFUSES = "records are refused until a restart"
"""What a broker says when its disk has failed: it goes on reading, and acknowledges nothing any more."""


class BrokerFailed(RuntimeError):
    """The broker did not come up, or did not stop. The text is what it said."""


class BrokerProcess:
    """A broker on a folder. `log` has what it said, all lives together.

    `program` and `arguments` are what Python runs, `before` what is put in front of Python. It is in a session of its own, so that a Ctrl-C
    is for those who started it and not for the broker.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        program: Sequence[str] = SERVE,
        arguments: Sequence[str] = (),
        before: Sequence[str] = (),
        log: Path | None = None,
    ) -> None:
        self.folder = folder
        self.address = f"{host}:{free_port()}"
        self.log = folder.with_suffix(".log") if log is None else log
        self.process: subprocess.Popen[bytes] | None = None
        self.lives = 0
        self._command = [*before, sys.executable, *program, "--listen", self.address, "--data", str(folder), *arguments]
        self._life_began_at = 0

    def advertise(self, address: str) -> None:
        """Let clients be told to connect to `address`, from the next life on. Without it they are told where the broker listens."""
        self._command += ["--advertise", address]

    def start(self) -> None:
        """Start it, and return when it serves. Raises `BrokerFailed`, and then it does not run."""
        assert self.process is None, "it runs already"
        self.lives += 1
        self._life_began_at = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=log, start_new_session=True)
        if not self._says_ready(self.process):
            self.kill()
            raise BrokerFailed(self.said() or "the broker ended, or hung, without a word")

    def _says_ready(self, process: subprocess.Popen[bytes]) -> bool:
        assert process.stdout is not None
        pipe, heard, deadline = process.stdout.fileno(), b"", time.monotonic() + START_SECONDS_MAX
        while b"is ready" not in heard:
            if not select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
                return False
            said = os.read(pipe, 4096)
            if not said:
                return False
            heard += said
        return True

    @property
    def is_alive(self) -> bool:
        """Whether the process is there, frozen or not."""
        return self.process is not None and self.process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """What it ended with, if it ended without being asked to."""
        return None if self.process is None else self.process.poll()

    @property
    def refuses_records(self) -> bool:
        """Whether its disk has failed in this life."""
        return REFUSES in self.said()

    def said(self) -> str:
        """What it has written to its log in this life."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(self._life_began_at)
            return log.read().decode(errors="replace").strip()

    def kill(self) -> None:
        """SIGKILL: no farewell, nothing flushed. Does nothing if it does not run."""
        if self.process is not None:
            self.process.kill()
            self._reap()

    def stop(self) -> int:
        """SIGTERM: a clean shutdown. The exit status. Raises `BrokerFailed` if it does not come; then it is killed."""
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            said = self.said()
            self.kill()
            raise BrokerFailed(f"the broker did not stop within {STOP_SECONDS_MAX} s of SIGTERM: {said}") from None
        return self._reap()

    def freeze(self) -> None:
        """SIGSTOP: it stands still where it is."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def _reap(self) -> int:
        process, self.process = self.process, None
        assert process is not None
        if process.stdout is not None:
            process.stdout.close()
        return process.wait(STOP_SECONDS_MAX)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
