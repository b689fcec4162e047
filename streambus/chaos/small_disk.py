"""A small disk: a tmpfs of a few megabytes that only we can see, and that can be filled to the last byte."""

import errno
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from streambus.chaos.namespaces import Holder, NotAllowed

MOUNT_POINT = "/tmp"
"""Covered by the tmpfs in the holder's view of the file system, and only there."""

BALLAST = "ballast"
FILL_BYTES = 64 * 1024


class SmallDisk:
    """A tmpfs of `size` bytes in a mount namespace of its own; `folder` is the way there from outside. A context manager.

    Raises `NotAllowed` where neither root nor user namespaces may mount.
    """

    def __init__(self, size: int) -> None:
        options = ["--mount", "--propagation", "private"]
        if os.geteuid() != 0:
            options = ["--user", "--map-root-user", *options]
        self._holder = Holder(options, 'mount -t tmpfs -o "size=$1,mode=0700" tmpfs "$2"', str(size), MOUNT_POINT)
        self.folder = Path()

    def __enter__(self) -> Self:
        self._holder.__enter__()
        self.folder = Path(f"/proc/{self._holder.pid}/root{MOUNT_POINT}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._holder.__exit__(kind, error, traceback)

    @property
    def free_bytes(self) -> int:
        """How much still fits."""
        status = os.statvfs(self.folder)
        return status.f_bavail * status.f_frsize

    def fill(self, spare_bytes: int = 0) -> int:
        """Fill it up with a ballast file until `spare_bytes` are free, or a page less. How large the ballast is."""
        ballast = os.open(self.folder / BALLAST, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(ballast).st_size
            while (missing := self.free_bytes - spare_bytes) > 0:
                try:
                    size += os.pwrite(ballast, bytes(min(FILL_BYTES, missing)), size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    break  # somebody else was quicker: full is full
            return size
        finally:
            os.close(ballast)

    def free(self) -> None:
        """Throw the ballast away."""
        (self.folder / BALLAST).unlink(missing_ok=True)


def probe() -> str | None:
    """Why there can be no small disk on this machine; None if there can."""
    try:
        with SmallDisk(1024 * 1024):
            return None
    except NotAllowed as reason:
        return f"cannot mount a tmpfs: {reason}"
