"""`streambus storage verify`: whatever is wrong with a folder is found, and nothing else."""

import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from typing import Any

import attrs
import pytest
import trio
from kept_folders import (
    GROUPS,
    ORDERS,
    TINY,
    Keeper,
    entry_table,
    flip,
    keep,
    live_segment,
    log_table,
    refused,
    said,
    said_json,
    said_json_lines,
    tables_of,
)

from streambus.cli import main
from streambus.cli.storage.verify import MEANINGS
from streambus.real import Producer
from streambus.real.offline import offline_store
from streambus.real.reading import FilesToRead, process_on
from streambus.records import Record, crc32c
from streambus.storage.inspect import FindingKind, read_manifest, walk_wal
from streambus.storage.inspect.wal_walk import RecordFound
from streambus.storage.manifest import CURRENT
from streambus.storage.manifest_edits import Edit, encode_edit
from streambus.storage.manifest_frames import FrameKind, encode_frame
from streambus.storage.wal_records import EntryKind

Capture = pytest.CaptureFixture[str]


def findings(capsys: Capture, folder: Path, status: int = 1) -> dict[str, dict[str, Any]]:
    """What is found, by kind; the first of a kind."""
    found = said_json(capsys, "verify", folder, status=status)
    assert found["clean"] == (status == 0)
    by_kind: dict[str, dict[str, Any]] = {}
    for finding in found["findings"]:
        by_kind.setdefault(finding["kind"], finding)
    return by_kind


def records_of(folder: Path) -> list[RecordFound]:
    contents = read_manifest(FilesToRead(folder)).contents
    walk = walk_wal(FilesToRead(folder), contents.wal_segment, contents.wal_start)
    return [step for step in walk if isinstance(step, RecordFound)]


# A folder that is whole ------------------------------------------------------------------------------------------------


def test_a_whole_folder_is_clean(kept: Path, capsys: Capture) -> None:
    found = said_json(capsys, "verify", kept)
    assert found["clean"]
    assert found["starts"]
    assert not found["findings"]
    assert found["tables"] == len(tables_of(kept))
    assert found["live_segments"] == 1
    assert found["logs"] == 3
    assert found["running_process"] is None
    everything = sum(size for file, size in FilesToRead(kept).listing() if file != ".lock")
    assert found["read_bytes"] == everything


def test_it_says_so_in_two_lines(kept: Path, capsys: Capture) -> None:
    first, second = said(capsys, "verify", kept).splitlines()
    assert first == f"{kept}: clean. 0 damaged places, 0 notes"
    assert second.startswith("read ")
    assert second.endswith(f"{len(tables_of(kept))} sealed tables, 1 live segment, 3 logs")


def test_it_changes_nothing(folder: Path, capsys: Capture) -> None:
    with (folder / live_segment(folder)).open("ab") as opened:
        opened.write(b"torn")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(folder.rglob("*")) if path.is_file()}
    said(capsys, "verify", folder)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(folder.rglob("*")) if path.is_file()} == before


def test_every_finding_has_a_meaning_and_something_to_do() -> None:
    assert MEANINGS.keys() == set(FindingKind)


# Tables ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0, 1])
def test_a_damaged_batch_is_named_by_topic_and_offsets(folder: Path, capsys: Capture, level: int) -> None:
    table = log_table(folder, level)
    batch = next(line for line in said_json_lines(capsys, "dump", folder, "table", table.info.number) if line["kind"] == "batch")
    flip(folder, table.info.file, batch["position"] + 70)
    found = findings(capsys, folder)["batch-damaged"]
    assert found["log"] in ("orders-0", "__cluster_metadata-0")
    assert (found["file"], found["position"]) == (table.info.file, batch["position"])
    assert (found["first_offset"], found["end_offset"]) == (batch["first_offset"], batch["end_offset"])
    assert "KAFKA_STORAGE_ERROR" in found["means"]
    shown = said(capsys, "verify", folder, status=1)
    assert f"offsets {found['first_offset']} to {found['end_offset'] - 1}: " in shown
    assert "DAMAGED. 1 damaged place, 0 notes" in shown


def test_a_damaged_index_block_is_named_by_topic_and_offsets(folder: Path, capsys: Capture) -> None:
    table = log_table(folder, 1)
    block = len(table) - 1
    flip(folder, table.info.file, table.positions[block] + 40)
    found = findings(capsys, folder)["index-damaged"]
    assert found["log"] == "orders-1"
    assert (found["first_offset"], found["end_offset"]) == (table.first_offsets[block], table.end_offsets[block])
    assert found["position"] == table.positions[block]


def test_damaged_entries_keep_a_broker_from_starting_if_they_say_how_logs_are(folder: Path, capsys: Capture) -> None:
    table = entry_table(folder)
    flip(folder, table.info.file, table.entry_positions[0] + 50)
    found = findings(capsys, folder)
    assert found["entries-damaged"]["position"] == table.entry_positions[0]
    assert "the state of the logs cannot be read" in found["start-refused"]["reason"]


def test_a_damaged_filter_is_found(folder: Path, capsys: Capture) -> None:
    table = entry_table(folder)
    flip(folder, table.info.file, table.bloom_position + 45)
    assert findings(capsys, folder)["filter-damaged"]["file"] == table.info.file


def test_a_table_without_a_whole_footer_is_unreadable(folder: Path, capsys: Capture) -> None:
    table = log_table(folder, 1)
    flip(folder, table.info.file, table.info.file_bytes - 10)
    found = findings(capsys, folder)
    assert found["table-unreadable"]["reason"] == "the checksum of the block is wrong"
    assert found["start-refused"]["file"] == table.info.file


def test_a_missing_table_is_damage(folder: Path, capsys: Capture) -> None:
    table = log_table(folder, 1)
    (folder / table.info.file).unlink()
    found = findings(capsys, folder)
    assert found["table-unreadable"]["reason"] == "there is no such file"
    assert "it is not there" in found["start-refused"]["reason"]


def test_a_log_that_is_not_all_there_is_damage(folder: Path, capsys: Capture) -> None:
    manifest, table = read_manifest(FilesToRead(folder)), log_table(folder, 1)
    payload = encode_edit(Edit(removed=(table.info.number,)))
    last = manifest.frames[-1]
    with (folder / CURRENT).open("r+b") as opened:
        opened.seek(manifest.end)
        opened.write(encode_frame(FrameKind.EDIT, last.generation, last.sequence + 1, manifest.end, manifest.end, payload))
    found = findings(capsys, folder)
    assert found["offsets-missing"]["first_offset"] == 0
    assert found["start-refused"]["reason"].startswith("no table has the offsets 0 to ")


# Manifest --------------------------------------------------------------------------------------------------------------


def test_a_damaged_manifest_is_damage(folder: Path, capsys: Capture) -> None:
    flip(folder, CURRENT, 60)
    found = findings(capsys, folder)["manifest-damaged"]
    assert found["reason"] == "there is no snapshot"


def test_an_edit_that_cannot_follow_is_damage(folder: Path, capsys: Capture) -> None:
    manifest = read_manifest(FilesToRead(folder))
    last = manifest.frames[-1]
    payload = encode_edit(Edit(removed=(4711,)))
    with (folder / CURRENT).open("r+b") as opened:
        opened.seek(manifest.end)
        opened.write(encode_frame(FrameKind.EDIT, last.generation, last.sequence + 1, manifest.end, manifest.end, payload))
    found = findings(capsys, folder)["manifest-damaged"]
    assert found["reason"] == "table 4711 is removed, but there is none"
    assert found["position"] == manifest.end


def test_a_torn_edit_is_a_note(folder: Path, capsys: Capture) -> None:
    with (folder / CURRENT).open("ab") as opened:
        opened.write(b"SBM\x01 torn")
    assert findings(capsys, folder, status=0)["manifest-torn"]["size"] == 9


def test_a_folder_that_lost_its_manifest_is_damaged(folder: Path, capsys: Capture) -> None:
    (folder / CURRENT).unlink()
    found = findings(capsys, folder)
    assert found.keys() == {"manifest-missing"}
    assert "do not start a broker" in found["manifest-missing"]["to_do"]


# Write-ahead log -------------------------------------------------------------------------------------------------------


def test_a_damaged_batch_in_the_log_is_named_if_later_writes_prove_it(folder: Path, capsys: Capture) -> None:
    record = next(record for record in records_of(folder) if record.record.entries[0].kind is EntryKind.BATCH)
    flip(folder, record.file, record.place + 48 + 65)
    found = findings(capsys, folder)
    assert found.keys() == {"wal-batch-damaged"}
    lost = found["wal-batch-damaged"]
    (line,) = [line for line in said_json_lines(capsys, "dump", folder, "log", lost["log"]) if line["kind"] == "damaged"]
    assert (lost["first_offset"], lost["end_offset"]) == (line["first_offset"], line["end_offset"])


def test_a_damaged_record_in_the_log_is_named_if_later_writes_prove_it(folder: Path, capsys: Capture) -> None:
    record = records_of(folder)[2]
    flip(folder, record.file, record.place + 20)
    found = findings(capsys, folder)
    assert found["wal-damaged"]["position"] == record.place
    assert found["wal-damaged"]["size"] == record.record.header.size
    assert found["start-refused"]["position"] == record.place


def test_what_was_not_finished_is_a_note(folder: Path, capsys: Capture) -> None:
    last = records_of(folder)[-1]
    flip(folder, last.file, last.place + 20)
    found = findings(capsys, folder, status=0)
    assert found.keys() == {"wal-torn"}
    assert found["wal-torn"]["position"] == last.place


def test_a_damaged_last_batch_is_a_note(folder: Path, capsys: Capture) -> None:
    with offline_store(folder, TINY) as store:
        store.recover()
        Keeper(store).append(store.store.logs[ORDERS], Record(None, b"the last one"))
    last = records_of(folder)[-1]
    flip(folder, last.file, last.place + 48 + 65)
    assert findings(capsys, folder, status=0).keys() == {"wal-torn"}


def test_space_that_was_allocated_ahead_is_nothing(folder: Path, capsys: Capture) -> None:
    with (folder / live_segment(folder)).open("ab") as opened:
        opened.write(bytes(100_000))
    assert not findings(capsys, folder, status=0)


def test_a_newer_version_is_not_taken_for_a_torn_tail(folder: Path, capsys: Capture) -> None:
    body = bytes(40)
    with (folder / live_segment(folder)).open("ab") as opened:
        opened.write(b"SBW\x03" + crc32c(body).to_bytes(4, "big") + body)
    found = findings(capsys, folder)
    assert found["version-unknown"]["reason"] == "format version 3 is not known here"
    assert found["start-refused"]["reason"] == "format version 3 is not known here"


def test_a_folder_of_an_older_version_is_known_for_one(tmp_path: Path, capsys: Capture) -> None:
    body = bytes(32)
    (tmp_path / "wal").mkdir()
    (tmp_path / "wal" / f"{0:020}.wal").write_bytes(b"SBW\x01" + crc32c(body).to_bytes(4, "big") + body + bytes(40))
    found = findings(capsys, tmp_path)
    assert found.keys() == {"manifest-missing", "version-unknown"}
    assert found["version-unknown"]["reason"] == "format version 1 is not known here"


def test_a_manifest_of_a_newer_version_is_known_for_one(folder: Path, capsys: Capture) -> None:
    with (folder / CURRENT).open("r+b") as opened:
        opened.write(b"SBM\x02")
    assert findings(capsys, folder)["version-unknown"]["reason"] == "format version 2 is not known here"


# Files of nobody -------------------------------------------------------------------------------------------------------


def test_files_of_nobody_are_notes(folder: Path, capsys: Capture) -> None:
    for name in ("notes.txt", "tables/00000000000000000000.table", "tables/00000000000000099999.table", "wal/x.wal"):
        (folder / name).write_bytes(b"hello")
    found = said_json(capsys, "verify", folder)
    assert {(finding["kind"], finding["file"], finding["size"]) for finding in found["findings"]} == {
        ("orphan", "notes.txt", 5),
        ("orphan", "tables/00000000000000000000.table", 5),
        ("orphan", "tables/00000000000000099999.table", 5),
        ("orphan", "wal/x.wal", 5),
    }


def test_condemned_files_are_notes(tmp_path: Path, capsys: Capture) -> None:
    folder = keep(tmp_path / "data", config=attrs.evolve(TINY, delete_delay=1 << 60))
    found = said_json(capsys, "verify", folder)["findings"]
    assert {finding["kind"] for finding in found} == {"condemned"}
    assert all(finding["size"] == (folder / finding["file"]).stat().st_size for finding in found)


# Folders that are none -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["verify", "stats", "dump", "compact"])
def test_what_is_no_data_folder_is_refused_and_left_alone(tmp_path: Path, capsys: Capture, command: str) -> None:
    assert refused(capsys, command, tmp_path / "none") == f"{tmp_path}/none: there is no such folder"
    (tmp_path / "letter").write_text("hello")
    assert refused(capsys, command, tmp_path).startswith(f"{tmp_path}: no broker has stored anything here: ")
    assert refused(capsys, command, tmp_path / "letter") == f"{tmp_path}/letter: there is no such folder"
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]


@pytest.mark.parametrize("command", ["verify", "stats", "dump", "compact"])
def test_help_teaches(capsys: Capture, command: str) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["storage", command, "--help"])
    text = capsys.readouterr().out
    assert "examples:\n" in text
    assert "exit status: 0 " in text
    assert "--json" in text
    assert max(map(len, text.splitlines())) <= 140


# Folders in use --------------------------------------------------------------------------------------------------------


def test_it_says_that_somebody_is_at_work(folder: Path, capsys: Capture) -> None:
    assert process_on(folder) is None
    with offline_store(folder, TINY) as store:
        store.recover()
        assert said_json(capsys, "verify", folder)["running_process"] == process_on(folder) is not None
        assert "a broker is running on this folder (process " in said(capsys, "verify", folder)
        assert "is in use by process" in refused(capsys, "compact", folder)


def test_a_folder_that_changes_all_the_time_is_clean_all_the_time(tmp_path: Path, capsys: Capture) -> None:
    folder = keep(tmp_path / "data", rounds=20)
    is_over = Event()
    failures: list[BaseException] = []

    def write() -> None:
        try:
            with offline_store(folder, TINY) as store:
                store.recover()
                keeper = Keeper(store)
                while not is_over.is_set():
                    keeper.round()
                    if keeper.written % 20 == 0:
                        with store.turn() as turn:
                            store.store.delete_range(turn, GROUPS, b"group-1", b"group-2")
        except BaseException as failure:
            failures.append(failure)

    thread = Thread(target=write)
    thread.start()
    try:
        for _ in range(8):
            found = said_json(capsys, "verify", folder)
            assert not [finding for finding in found["findings"] if finding["damage"]]
            said(capsys, "stats", folder)
    finally:
        is_over.set()
        thread.join()
    assert not failures


def test_a_running_broker_is_looked_at_and_not_disturbed(tmp_path: Path, capsys: Capture) -> None:
    command = [sys.executable, "-m", "streambus.cli", "serve", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[-1]
            trio.run(send, address)
            found = said_json(capsys, "verify", tmp_path / "data")
            assert found["clean"]
            assert found["running_process"] == process.pid
            lines = said(capsys, "dump", tmp_path / "data", "log", "greetings-0", "--records")
            assert 'value "hello"' in lines
            assert f"is in use by process {process.pid}" in refused(capsys, "compact", tmp_path / "data")
            trio.run(send, address)
        finally:
            process.kill()
            process.communicate()
    found = said_json(capsys, "verify", tmp_path / "data")
    assert found["clean"]
    assert found["running_process"] is None


async def send(address: str) -> None:
    async with Producer(address) as producer:
        await producer.send("greetings", value=b"hello")
