"""A broker as its own process, that can be killed."""

import socket
import subprocess
import sys
from pathlib import Path

START_SECONDS_MAX = 20


class BrokerFailed(RuntimeError):
    """The broker did not come up. The text is what it said."""


class BrokerProcess:
    """`streambus serve` on a folder, always on the same port, life after life."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.log = folder.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where clients connect to."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and return when it serves."""
        command = [sys.executable, "-m", "streambus.cli", "serve", "--listen", self.address, "--data", str(self.folder)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if b"is ready" in line:
                return
        raise BrokerFailed(self.log.read_text(errors="replace").strip() or f"exit status {self.process.wait()}")

    def kill(self) -> None:
        """SIGKILL: no farewell, nothing flushed."""
        if self.process is not None:
            self.process.kill()
            self._reap()

    def stop(self) -> int:
        """SIGTERM: a clean shutdown. The exit status."""
        if self.process is None:
            return 0
        self.process.terminate()
        return self._reap()

    def _reap(self) -> int:
        process, self.process = self.process, None
        assert process is not None
        if process.stdout is not None:
            process.stdout.close()
        return process.wait(START_SECONDS_MAX)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
