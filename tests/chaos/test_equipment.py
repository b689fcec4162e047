"""What is put around a broker: small disks, moved clocks, cables; and that nothing of it remains."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from streambus.chaos import small_disk
from streambus.chaos.cable import Cable
from streambus.chaos.equipment import Equipment, missing
from streambus.chaos.namespaces import Holder, NotAllowed, command
from streambus.chaos.shifted_clock import ShiftedClock
from streambus.chaos.small_disk import FILL_BYTES, SmallDisk

MEGABYTE = 1024 * 1024
SECOND = 1_000_000_000


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


def test_a_shifted_clock_is_off_by_what_its_file_says(tmp_path: Path) -> None:
    clock, other = ShiftedClock(tmp_path / "clock"), ShiftedClock(tmp_path / "clock")
    assert abs(clock() - time.time_ns()) < SECOND
    for seconds in (86_400, -3_600, 0):
        other.shift(seconds)
        assert clock.offset_seconds == seconds
        assert abs(clock() - time.time_ns() - seconds * SECOND) < SECOND


def test_a_broker_with_a_shifted_clock_stamps_records_by_it(stage) -> None:
    set_stage = stage(Equipment.CLOCK)
    set_stage.clock.shift(-7 * 86_400)
    set_stage.kill()
    set_stage.start()
    admin = AdminClient({"bootstrap.servers": set_stage.proxy.address, "log_level": 0})
    admin.create_topics([NewTopic("t", 1, 1, config={"message.timestamp.type": "LogAppendTime"})])["t"].result(10)
    producer = Producer({"bootstrap.servers": set_stage.proxy.address, "log_level": 0})
    stamps: list[int] = []
    producer.produce("t", b"x", on_delivery=lambda _, message: stamps.append(message.timestamp()[1]))
    producer.flush(10)
    assert abs(stamps[0] / 1_000 - time.time() + 7 * 86_400) < 60


def test_what_needs_nothing_is_never_missing() -> None:
    assert missing([Equipment.FAULTY_DISK, Equipment.CLOCK]) is None


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
