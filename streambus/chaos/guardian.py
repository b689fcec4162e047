"""The guardian: a child that outlives us and cleans up, whatever we die of.

It is told on its standard input what there is: `process PID` and `folder PATH`, and `gone PID` for a process that has ended. When its input
ends, it kills what is still there and removes the folders. So nothing remains after a clean end, an error, a Ctrl-C, or a SIGKILL.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

SECONDS_MAX = 20


class Guardian:
    """A context manager: inside, the guardian watches; at its end everything it was told of is gone."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "streambus.chaos.guardian"], stdin=subprocess.PIPE, text=True, start_new_session=True
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(SECONDS_MAX)

    def watch_process(self, pid: int) -> None:
        """Kill this one at the end, unless it is `process_gone`."""
        self._tell(f"process {pid}")

    def process_gone(self, pid: int) -> None:
        """This one has ended: its number may soon be somebody else's."""
        self._tell(f"gone {pid}")

    def watch_folder(self, folder: Path) -> None:
        """Remove this one at the end."""
        self._tell(f"folder {folder}")

    def _tell(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


def clean_up_after(lines: Iterable[str]) -> None:
    """Hear what there is until there is nothing more to hear, then make an end of it."""
    processes: dict[int, None] = {}
    folders: list[str] = []
    for line in lines:
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "process":
            processes[int(rest)] = None
        elif word == "gone":
            processes.pop(int(rest), None)
        elif word == "folder":
            folders.append(rest)
    for process in processes:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    clean_up_after(sys.stdin)
