"""`streambus storage stats`: what it counts is what is there."""

import shutil
from pathlib import Path

import pytest
from kept_folders import entry_table, flip, live_segment, log_table, refused, said, said_json, said_json_lines, tables_of

from streambus.real.reading import FilesToRead

Capture = pytest.CaptureFixture[str]


def test_every_file_is_of_one_kind(folder: Path, capsys: Capture) -> None:
    (folder / "tables" / "notes.txt").write_text("hello")
    kinds = said_json(capsys, "stats", folder)["kinds"]
    listing = [(file, size) for file, size in FilesToRead(folder).listing() if file != ".lock"]
    assert sum(kind["files"] for kind in kinds) == len(listing)
    assert sum(kind["bytes"] for kind in kinds) == sum(size for _, size in listing)
    by_kind = {kind["kind"]: kind for kind in kinds}
    assert by_kind["of nobody"]["bytes"] == 5
    assert by_kind["live WAL"]["bytes"] == (folder / live_segment(folder)).stat().st_size


def test_logs_are_counted_as_a_dump_of_them_shows_them(kept: Path, capsys: Capture) -> None:
    logs = {log["name"]: log for log in said_json(capsys, "stats", kept)["logs"]}
    assert logs.keys() == {"orders-0", "orders-1", "__cluster_metadata-0"}
    for name, log in logs.items():
        batches = [line for line in said_json_lines(capsys, "dump", kept, "log", name) if line["kind"] == "batch"]
        assert log["batches"] == len(batches)
        assert log["bytes"] == sum(batch["bytes"] for batch in batches)
        assert (log["start_offset"], log["end_offset"]) == (batches[0]["first_offset"], batches[-1]["end_offset"])
        assert (log["first_timestamp"], log["last_timestamp"]) == (batches[0]["max_timestamp"], batches[-1]["max_timestamp"])
        assert log["mean_run_bytes"] == log["bytes"] // log["runs"]


def test_tables_are_counted(kept: Path, capsys: Capture) -> None:
    found = said_json(capsys, "stats", kept)
    tables = {table["number"]: table for table in found["tables"]}
    assert tables.keys() == {directory.info.number for directory in tables_of(kept)}
    for directory in tables_of(kept):
        table = tables[directory.info.number]
        assert table["data_bytes"] == sum(directory.data_bytes)
        assert table["live_bytes"] <= table["data_bytes"]
        assert table["entries"] == directory.entry_count
        assert table["memory_bytes"] == directory.bytes_in_memory
    assert found["directory_memory_bytes"] == sum(table["memory_bytes"] for table in tables.values())
    assert 1 < found["write_amplification"] < 4


def test_the_table_fits_a_screen(kept: Path, capsys: Capture) -> None:
    lines = said(capsys, "stats", kept).splitlines()
    assert max(map(len, lines[1:])) <= 100
    assert any(line.startswith("orders-0 ") for line in lines)
    shorter = said(capsys, "stats", kept, "--top", "1").splitlines()
    assert "… and 2 more" in shorter
    assert "orders-0" not in said(capsys, "stats", kept, "--top", "0")


def test_what_cannot_be_read_is_said(folder: Path, capsys: Capture) -> None:
    table = log_table(folder, 1)
    flip(folder, table.info.file, table.positions[len(table) - 1] + 40)
    logs = {log["name"]: log for log in said_json(capsys, "stats", folder)["logs"]}
    assert logs["orders-1"]["unreadable_blocks"] == 1
    assert logs["orders-0"]["unreadable_blocks"] == 0
    assert "DAMAGED" in said(capsys, "stats", folder)


@pytest.mark.parametrize("command", [["stats"], ["dump"], ["dump", "entries"], ["compact"]])
def test_a_folder_that_no_broker_would_start_on_is_refused(folder: Path, capsys: Capture, command: list[str]) -> None:
    table = entry_table(folder)
    flip(folder, table.info.file, table.info.file_bytes - 5)
    first, *rest = command
    assert refused(capsys, first, folder, *rest) == (
        "a broker would refuse to start here: the checksum of the block is wrong; see streambus storage verify"
    )
    shutil.rmtree(folder / "manifest")
    assert refused(capsys, first, folder, *rest) == f"{folder} has lost its manifest; see streambus storage verify"
