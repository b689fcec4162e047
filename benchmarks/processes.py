"""A broker as a process of this machine: started, watched through `/proc`, always ended."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_KIBIBYTE = 1024


class SubjectFailed(Exception):
    """A subject did not start, died or did not answer; the text says what it printed last."""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class BrokerProcess:
    """One running broker. Its output goes to a file in its folder; leaving the context kills it if it does not end by itself."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.output = folder / "output.txt"
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={**os.environ, **(environment or {})},
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def check(self) -> None:
        """`SubjectFailed` if it has ended by itself."""
        if (status := self._process.poll()) is not None:
            raise SubjectFailed(f"ended with status {status}: {self.last_words()}")

    def await_port(self, port: int, seconds: float = 60.0) -> None:
        """Wait until a client can connect."""
        deadline = time.monotonic() + seconds
        while True:
            self.check()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise SubjectFailed(f"no connection within {seconds:.0f} s: {self.last_words()}") from None
            time.sleep(0.002)

    def last_words(self) -> str:
        """The end of what it printed, on one line."""
        lines = self.output.read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:])[-300:] or "it printed nothing"

    def resident_mb(self) -> float:
        """Resident memory (VmRSS) in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        kibibytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
        return kibibytes * _KIBIBYTE / 1e6

    def cpu_seconds(self) -> float:
        """Processor time used so far, user and system, of all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND

    def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL ten seconds later."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> "BrokerProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def machine_busy_seconds() -> float:
    """Processor seconds that all processors spent busy since boot, time stolen by the host included."""
    user, nice, system, _idle, _iowait, irq, softirq, steal, *_ = (
        int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + softirq + steal) / _TICKS_PER_SECOND
