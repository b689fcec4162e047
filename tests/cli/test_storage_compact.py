"""`streambus storage compact`: everything that was there is there, in fewer pieces."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from kept_folders import ORDERS, TINY, entry_table, flip, log_table, refused, said, said_json, said_json_lines, tables_of

from streambus.cli import main
from streambus.real.files import Files
from streambus.real.offline import offline_store

Capture = pytest.CaptureFixture[str]


def contents(capsys: Capture, folder: Path) -> list[dict[str, Any]]:
    """All records and entries."""
    lines = [line for name in ("orders-0", "orders-1") for line in said_json_lines(capsys, "dump", folder, "log", name, "--records")]
    return [line for line in lines if line["kind"] != "log"] + said_json_lines(capsys, "dump", folder, "entries")


def test_a_folder_at_rest_is_left_as_it_is(folder: Path, capsys: Capture) -> None:
    said(capsys, "compact", folder)
    found = said_json(capsys, "compact", folder)
    assert found["tasks"] == found["written_bytes"] == 0
    assert found["before"] == found["after"]


def test_what_is_live_can_be_sealed(folder: Path, capsys: Capture) -> None:
    before = contents(capsys, folder)
    found = said_json(capsys, "compact", folder, "--seal")
    assert (found["before"]["live_segments"], found["after"]["live_segments"]) == (1, 0)
    assert contents(capsys, folder) == before
    assert said_json(capsys, "verify", folder)["clean"]
    assert not said(capsys, "dump", folder, "wal")


def test_a_full_compaction_leaves_every_log_in_one_piece(folder: Path, capsys: Capture) -> None:
    with offline_store(folder, TINY) as store:
        store.recover()
        with store.turn() as turn:
            store.store.trim(turn, store.store.logs[ORDERS], 101)
        store.rest()
    before = contents(capsys, folder)
    found = said_json(capsys, "compact", folder, "--full")
    assert found["after"]["garbage_bytes"] == found["after"]["live_segments"] == 0
    assert found["after"]["tables"] == 2
    assert found["after"]["files"] < found["before"]["files"]
    assert all(log["runs"] == 1 for log in said_json(capsys, "stats", folder)["logs"])
    assert contents(capsys, folder) == before
    assert said_json(capsys, "verify", folder)["clean"]
    assert said_json(capsys, "compact", folder, "--full")["tasks"] == 0


def test_it_says_what_has_become_of_the_folder(folder: Path, capsys: Capture) -> None:
    lines = said(capsys, "compact", folder, "--full").splitlines()
    assert lines[0].startswith(f"{folder}: ")
    assert [line.split("  ")[0] for line in lines[2:]] == [
        "files",
        "size",
        "sealed tables",
        "live segments",
        "batches in tables",
        "garbage in tables",
    ]


def test_damage_is_not_copied_and_does_not_stop_the_rest(folder: Path, capsys: Capture) -> None:
    table = log_table(folder, 1)
    place = next(line for line in said_json_lines(capsys, "dump", folder, "table", table.info.number) if line["kind"] == "batch")[
        "position"
    ]
    flip(folder, table.info.file, place + 65)
    said_json(capsys, "compact", folder, "--full")
    assert table.info.number in {directory.info.number for directory in tables_of(folder)}
    found = said_json(capsys, "verify", folder, status=1)["findings"]
    assert {(finding["kind"], finding["file"]) for finding in found} == {("batch-damaged", table.info.file)}


def test_a_damaged_filter_is_mended(folder: Path, capsys: Capture) -> None:
    table = entry_table(folder)
    flip(folder, table.info.file, table.bloom_position + 45)
    said(capsys, "verify", folder, status=1)
    said(capsys, "compact", folder, "--full")
    said(capsys, "verify", folder)


def test_a_full_disk_ends_it_and_harms_nothing(folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(capsys, folder)
    create = Files.perform

    def full(self: Files, effect: Any) -> Any:
        if type(effect).__name__ == "Create" and effect.file.startswith("tables/"):
            raise OSError(28, "No space left on device")
        return create(self, effect)

    monkeypatch.setattr(Files, "perform", full)
    assert main(["storage", "compact", str(folder), "--full"]) == 1
    errors = capsys.readouterr().err
    assert "create of tables/" in errors
    assert errors.endswith("failed: no space left on device\n")
    assert said_json(capsys, "compact", folder, "--seal", status=1)["error"].endswith("no space left on device")
    monkeypatch.undo()
    assert said_json(capsys, "verify", folder)["clean"]
    assert contents(capsys, folder) == before


def test_a_full_compaction_asks_for_space_first(folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: shutil._ntuple_diskusage(10, 10, 0))  # type: ignore[attr-defined]
    assert refused(capsys, "compact", folder, "--full").startswith("--full needs ")
