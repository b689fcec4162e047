"""The reserve: set aside while there is room, given up when there is none, and made again."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from streambus.real.reserve import RESERVE_BYTES_MAX, RESERVE_FILE, settle_reserve

BLOCK = 4096


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A disk of 64 MiB, of which `free` bytes are free."""
    state = SimpleNamespace(free=0, size=64 * 1024 * 1024)

    def look(_: object) -> SimpleNamespace:
        return SimpleNamespace(f_bavail=state.free // BLOCK, f_blocks=state.size // BLOCK, f_frsize=BLOCK)

    monkeypatch.setattr("streambus.real.reserve.os.statvfs", look)
    return state


def test_a_part_of_a_small_disk_is_set_aside(tmp_path: Path, disk: SimpleNamespace) -> None:
    disk.free = disk.size
    assert settle_reserve(tmp_path)
    assert (tmp_path / RESERVE_FILE).stat().st_size == disk.size // 64
    assert settle_reserve(tmp_path), "it stays"


def test_of_a_large_disk_not_more_than_enough(tmp_path: Path, disk: SimpleNamespace) -> None:
    disk.size = disk.free = 2**40
    assert settle_reserve(tmp_path)
    assert (tmp_path / RESERVE_FILE).stat().st_size == RESERVE_BYTES_MAX


def test_on_a_full_disk_it_is_given_up_and_made_again_when_there_is_room(tmp_path: Path, disk: SimpleNamespace) -> None:
    disk.free = disk.size
    settle_reserve(tmp_path)
    disk.free = BLOCK
    assert not settle_reserve(tmp_path)
    assert not (tmp_path / RESERVE_FILE).exists()
    disk.free = 1024 * 1024
    assert not settle_reserve(tmp_path), "that is what was given up, and no room"
    disk.free = 2 * 1024 * 1024
    assert settle_reserve(tmp_path)
    assert (tmp_path / RESERVE_FILE).exists()


def test_a_file_system_that_sets_nothing_aside_has_room_all_the_same(
    tmp_path: Path, disk: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "not supported")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    disk.free = disk.size
    assert settle_reserve(tmp_path)
    assert not (tmp_path / RESERVE_FILE).exists()
