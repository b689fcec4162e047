"""What is put around a broker: small disks, moved clocks, cables; and that nothing of it remains."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from streambus.chaos import fake_clock, small_disk
from streambus.chaos.cable import Cable
from streambus.chaos.equipment import Equipment, missing
from streambus.chaos.fake_clock import FakeClock
from streambus.chaos.namespaces import Holder, NotAllowed, command
from streambus.chaos.small_disk import FILL_BYTES, SmallDisk

MEGABYTE = 1024 * 1024


@pytest.mark.equipment(Equipment.SMALL_DISK)
def test_a_small_disk_is_seen_by_us_alone_and_goes_when_we_go() -> None:
    mounted = Path("/proc/self/mounts").read_text()
    with SmallDisk(MEGABYTE) as disk:
        assert disk.free_bytes == MEGABYTE
        (disk.folder / "file").write_bytes(b"here")
        assert not Path("/tmp/file").exists()
        assert Path("/proc/self/mounts").read_text() == mounted
        folder = disk.folder
    assert not folder.exists()


@pytest.mark.equipment(Equipment.SMALL_DISK)
def test_a_full_disk_is_full_to_the_last_byte_and_can_be_freed() -> None:
    with SmallDisk(MEGABYTE) as disk:
        assert disk.fill() == MEGABYTE
        with pytest.raises(OSError, match="No space left"):
            (disk.folder / "more").write_bytes(b"x")
        (disk.folder / "more").unlink()
        disk.free()
        assert disk.free_bytes == MEGABYTE
        disk.free()


@pytest.mark.equipment(Equipment.SMALL_DISK)
def test_a_disk_is_filled_around_what_is_there_and_leaves_what_is_asked_for() -> None:
    with SmallDisk(MEGABYTE) as disk:
        (disk.folder / "data").write_bytes(bytes(300_000))
        disk.fill(spare_bytes=50_000)
        assert 50_000 - FILL_BYTES < disk.free_bytes <= 50_000
        assert disk.free_bytes > 40_000


@pytest.mark.equipment(Equipment.CLOCK)
def test_a_moved_clock_moves_the_wall_clock_of_one_process_and_nothing_else(tmp_path: Path) -> None:
    clock = FakeClock(tmp_path / "clock")
    program = "import time\nwhile input() == 'now': print(time.time_ns(), time.monotonic_ns(), flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **clock.environment}
    ) as process:

        def clocks() -> list[int]:
            process.stdin.write("now\n")
            process.stdin.flush()
            return [int(word) // 1_000_000_000 for word in process.stdout.readline().split()]

        first = clocks()
        for seconds in (86_400, -3_600, 0):
            clock.set(seconds)
            wall, steady = clocks()
            assert abs(wall - first[0] - seconds) < 30
            assert abs(steady - first[1]) < 30
            assert clock.offset_seconds == seconds
        process.stdin.write("enough\n")
        process.stdin.close()


def test_a_clock_cannot_be_moved_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_clock, "PLACES", ())
    assert missing([Equipment.CLOCK]) == "libfaketime is not installed (Debian: apt install faketime)"
    assert missing([Equipment.FAULTY_DISK]) is None


@pytest.mark.equipment(Equipment.CABLE)
def test_a_pulled_cable_lets_no_packet_pass_and_a_plugged_one_does() -> None:
    with Cable() as cable:
        server = subprocess.Popen(
            [*cable.before, sys.executable, "-c", SERVER, cable.host], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            port = int(server.stdout.readline())
            assert answers(cable.host, port, seconds=5)
            cable.pull()
            assert not answers(cable.host, port, seconds=0.4)
            cable.plug()
            assert answers(cable.host, port, seconds=5)
        finally:
            server.kill()
            server.communicate()
    assert "sbus" not in command("ip", "link")


SERVER = """
import socket, sys
door = socket.create_server((sys.argv[1], 0))
print(door.getsockname()[1], flush=True)
while True:
    door.accept()[0].close()
"""


def answers(host: str, port: int, *, seconds: float) -> bool:
    """Whether a connection can be made in that time. What is lost first the kernel sends again after a second."""
    try:
        socket.create_connection((host, port), seconds).close()
    except OSError:
        return False
    return True


@pytest.mark.equipment(Equipment.NETEM)
def test_packets_are_disturbed_at_both_ends_and_then_no_more() -> None:
    with Cable() as cable:
        cable.disturb("loss", "100%")
        assert "loss 100%" in command("tc", "qdisc", "show")
        cable.disturb()
        assert "netem" not in command("tc", "qdisc", "show")


def test_what_is_not_allowed_is_said_in_one_line() -> None:
    with pytest.raises(NotAllowed, match="no such thing"), Holder([], "echo no such thing >&2; exit 1"):
        raise AssertionError("nobody gets here")
    with pytest.raises(NotAllowed, match="there is no program-that-is-not-there"):
        command("program-that-is-not-there")
    with pytest.raises(NotAllowed, match="ls: "):
        command("ls", "/nowhere/at/all")


def test_a_machine_without_mounts_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_disk, "MOUNT_POINT", "/nowhere/at/all")
    why = missing([Equipment.SMALL_DISK])
    assert why is not None
    assert why.startswith("cannot mount a tmpfs: ")
