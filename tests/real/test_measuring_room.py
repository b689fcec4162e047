"""How much room there is, asked of a real disk."""

import os
from pathlib import Path

from streambus.kernel import Event, MeasureRoom, message
from streambus.real.disk import Disk
from streambus.real.files import Files


@message
class Measured(Event):
    """The disk has answered."""

    total_bytes: int = -1
    usable_bytes: int = -1


def test_a_disk_says_how_large_it_is_and_what_is_left(tmp_path: Path) -> None:
    disk = Disk(Files(tmp_path), lambda: None)
    (measured,) = disk.submit([MeasureRoom(Measured())])
    disk.finish()
    assert isinstance(measured, Measured)
    size = os.statvfs(tmp_path)
    assert measured.total_bytes == size.f_blocks * size.f_frsize
    assert 0 < measured.usable_bytes <= measured.total_bytes
