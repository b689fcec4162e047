"""The reserve: a file without content that takes up room on the disk, to be given up when there is no other room left.

To delete something costs room, too: the deletion is written down before space comes back. On a disk that is full to the last byte a broker
could be read, but nobody could make room by deleting a topic, and sooner or later it could not even start. So room is set aside while there
is some. A broker that is started on a full disk gives it up, and takes no records in that life: what deletes goes on.
"""

import os
from contextlib import suppress
from pathlib import Path

RESERVE_FILE = ".reserve"

RESERVE_BYTES_MAX = 16 * 1024 * 1024
"""Enough for the indexes of a few segments, some edits of the manifest, and all deletions that anybody may think of."""

DISK_PARTS = 64
"""Of a small disk not more than so small a part is set aside."""


def settle_reserve(folder: Path) -> bool:
    """Whether there is room on the disk of `folder`. If so, there is a reserve from now on, as far as the file system has such things."""
    disk = os.statvfs(folder)
    free, size = disk.f_bavail * disk.f_frsize, min(RESERVE_BYTES_MAX, disk.f_blocks * disk.f_frsize // DISK_PARTS)
    reserve = folder / RESERVE_FILE
    if reserve.exists():
        if free >= size:
            return True
        reserve.unlink()
        return False
    if free < 2 * size:
        return False
    _set_aside(reserve, size)
    return True


def _set_aside(reserve: Path, size: int) -> None:
    """Make the file, all of it or not at all."""
    fd = os.open(reserve, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.posix_fallocate(fd, 0, size)
    except OSError:
        with suppress(OSError):
            reserve.unlink()
    finally:
        os.close(fd)
