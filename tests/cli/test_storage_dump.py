"""`streambus storage dump`: everything that is in the files can be seen."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kept_folders import (
    GROUPS,
    METADATA,
    ORDERS,
    TIME_MS,
    TINY,
    Keeper,
    entry_table,
    flip,
    live_segment,
    log_table,
    refused,
    said,
    said_json_lines,
)

from streambus.cli.showing import Progress, size_of, text_of, time_of
from streambus.real.offline import offline_store
from streambus.real.reading import FilesToRead
from streambus.records import Codec, Record, encode_batch, parse_header
from streambus.storage.inspect import read_manifest
from streambus.storage.manifest import CURRENT

Capture = pytest.CaptureFixture[str]


def test_keyspaces_are_what_one_sees_first(kept: Path, capsys: Capture) -> None:
    assert said(capsys, "dump", kept) == said(capsys, "dump", kept, "keyspaces")
    lines = said_json_lines(capsys, "dump", kept)
    assert [(line["kind"], line["name"]) for line in lines] == [
        ("log", METADATA),
        ("log", "orders-0"),
        ("log", "orders-1"),
        ("table", GROUPS),
    ]
    assert lines[1]["store_name"] == ORDERS
    assert (lines[1]["start_offset"], lines[1]["log_end_offset"]) == (0, 320)


def test_a_log_has_all_its_records(kept: Path, capsys: Capture) -> None:
    records = [line for line in said_json_lines(capsys, "dump", kept, "log", "orders-1", "--records") if line["kind"] == "record"]
    assert [record["offset"] for record in records] == list(range(320))
    assert [record["key"] for record in records] == [str(number // 2) for number in range(320)]
    assert records[7]["timestamp"] == TIME_MS + 3


def test_a_log_can_be_shown_from_an_offset_on(kept: Path, capsys: Capture) -> None:
    lines = said(capsys, "dump", kept, "log", ORDERS, "--records", "--from", "317").splitlines()
    assert [line.split()[:3] for line in lines[1:]] == [
        ["batch", "offsets", "316..317"],
        ["record", "offset", "317"],
        ["batch", "offsets", "318..319"],
        ["record", "offset", "318"],
        ["record", "offset", "319"],
    ]
    assert len(said(capsys, "dump", kept, "log", ORDERS, "--from", "99999").splitlines()) == 1


def test_metadata_is_told_in_its_own_words(kept: Path, capsys: Capture) -> None:
    assert "TopicRecord(name='orders'" in said(capsys, "dump", kept, "log", METADATA, "--records")


def test_entries_are_those_that_count(kept: Path, capsys: Capture) -> None:
    lines = said_json_lines(capsys, "dump", kept, "entries", GROUPS)
    assert {line["key"]: line["value"] for line in lines} == {f"group-{number % 9}": str(number) for number in range(160)}
    assert said_json_lines(capsys, "dump", kept, "entries") == lines


def test_the_live_log_is_shown_record_by_record(kept: Path, capsys: Capture) -> None:
    lines = said_json_lines(capsys, "dump", kept, "wal", "--records")
    assert lines[0] == {
        "kind": "segment",
        "number": int(live_segment(kept)[4:-4]),
        "position": read_manifest(FilesToRead(kept)).contents.wal_start,
    }
    kinds = [line["kind"] for line in lines]
    assert {"wal-record", "batch", "record", "puts", "entry"} <= set(kinds)
    positions = [line["position"] for line in lines if line["kind"] == "wal-record"]
    assert positions == sorted(positions)
    later = said_json_lines(capsys, "dump", kept, "wal", "--from", positions[-1])
    assert [line["position"] for line in later if line["kind"] == "wal-record"] == positions[-1:]


def test_everything_that_the_live_log_can_say_is_shown(tmp_path: Path, capsys: Capture) -> None:
    with offline_store(tmp_path / "data", TINY) as store:
        store.recover()
        keeper = Keeper(store)
        keeper.begin()
        keeper.round()
        log = store.store.logs[ORDERS]
        marker = encode_batch(
            [Record(b"\0\0\0\1", b"\0\0\0\0\0\0")], producer_id=5, producer_epoch=0, is_transactional=True, is_control=True
        )
        packed = encode_batch(
            [Record(None, b"\xff\xfe", (("trace", b"1"),))], codec=Codec.GZIP, producer_id=5, producer_epoch=0, base_sequence=0
        )
        with store.turn() as turn:
            for batch in (packed, marker):
                store.store.append(turn, log, parse_header(batch), batch, 0)
            store.store.delete(turn, GROUPS, b"group-0")
            store.store.delete_range(turn, GROUPS, b"a", b"b")
            store.store.delete_range(turn, GROUPS, b"x", None)
            store.store.trim(turn, log, 1)
            store.store.truncate(turn, log, 3)
        store.rest()
        with store.turn() as turn:
            store.store.drop_log(turn, ORDERS)
        store.rest()
    shown = said(capsys, "dump", tmp_path / "data", "wal", "--records")
    lines = said_json_lines(capsys, "dump", tmp_path / "data", "wal", "--records")
    by_kind = {line["kind"]: line for line in lines}
    assert {"open-log", "open-table", "trim", "truncate", "drop", "delete-range"} <= by_kind.keys()
    assert by_kind["trim"]["from_offset"] == 1
    assert by_kind["truncate"]["to_offset"] == 3
    assert any(line.get("codec") == "gzip" and line["producer"] == "5/0/0" for line in lines)
    assert any(line.get("transactional") for line in lines)
    assert any(line.get("value_base64") == "//4=" and line["headers"] == {"trace": '"1"'} for line in lines)
    assert any(line["kind"] == "entry" and line.get("deleted") for line in lines)
    assert "open-log     position " in shown


def test_markers_of_transactions_say_what_they_decided(tmp_path: Path, capsys: Capture) -> None:
    with offline_store(tmp_path / "data", TINY) as store:
        store.recover()
        log = Keeper(store).open(ORDERS)
        for kind in (0, 1, 9):
            key, value = b"\0\0" + kind.to_bytes(2, "big"), bytes(6)
            marker = encode_batch([Record(key, value)], producer_id=5, producer_epoch=0, is_transactional=True, is_control=True)
            with store.turn() as turn:
                store.store.append(turn, log, parse_header(marker), marker, 0)
        store.rest()
    lines = said_json_lines(capsys, "dump", tmp_path / "data", "log", ORDERS, "--records")
    assert [line["control"] for line in lines[1:]] == ["abort", "commit", "unknown"]


def test_damage_in_the_live_log_is_a_gap(folder: Path, capsys: Capture) -> None:
    records = [line for line in said_json_lines(capsys, "dump", folder, "wal") if line["kind"] == "wal-record"]
    start = read_manifest(FilesToRead(folder)).contents.wal_start
    flip(folder, live_segment(folder), records[1]["position"] - start + 10)
    flip(folder, live_segment(folder), records[0]["position"] - start + 48 + 70)
    lines = said_json_lines(capsys, "dump", folder, "wal")
    (gap,) = [line for line in lines if line["kind"] == "gap"]
    assert (gap["position"], gap["bytes"]) == (records[1]["position"], records[1]["bytes"])
    assert [line["position"] for line in lines if line["kind"] == "wal-record"] == [
        record["position"] for record in [records[0], *records[2:]]
    ]


def test_the_manifest_is_shown_frame_by_frame(folder: Path, capsys: Capture) -> None:
    lines = said_json_lines(capsys, "dump", folder, "manifest")
    assert lines[0]["kind"] == "snapshot"
    assert {"edit", "added", "removed", "confirmation"} <= {line["kind"] for line in lines}
    with (folder / CURRENT).open("ab") as opened:
        opened.write(b"torn")
    assert said_json_lines(capsys, "dump", folder, "manifest")[-1]["kind"] == "torn-tail"
    flip(folder, CURRENT, 4096 + 60)
    assert said_json_lines(capsys, "dump", folder, "manifest")[-1]["kind"] == "damage"


@pytest.mark.parametrize("level", [0, 1])
def test_a_table_with_batches_is_shown_block_by_block(kept: Path, capsys: Capture, level: int) -> None:
    table = log_table(kept, level)
    lines = said_json_lines(capsys, "dump", kept, "table", table.info.number, "--records")
    kinds = [line["kind"] for line in lines]
    assert kinds.count("index-block") == len(table)
    assert kinds.count("batch") == sum(table.row_counts)
    assert lines[0] == {
        "kind": "table",
        "table": table.info.number,
        "level": level,
        "file": table.info.file,
        "bytes": table.info.file_bytes,
        "end_position": table.info.end_position,
    }


def test_a_table_of_entries_says_how_logs_were(kept: Path, capsys: Capture) -> None:
    lines = said_json_lines(capsys, "dump", kept, "table", entry_table(kept).info.number)
    states = {line["name"]: line for line in lines if line["kind"] == "state" and "name" in line}
    assert states["orders-0"]["log_end_offset"] > 0
    assert {line["key"] for line in lines if line["kind"] == "entry"} <= {f"group-{number}" for number in range(9)}
    assert "filter" in {line["kind"] for line in lines}


def test_tables_remember_producers_and_what_was_dropped(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "data"
    with offline_store(folder, TINY) as store:
        store.recover()
        keeper = Keeper(store)
        keeper.begin()
        batch = encode_batch([Record(None, b"x")], producer_id=5, producer_epoch=1, base_sequence=0)
        for log in list(store.store.logs.values())[1:]:
            with store.turn() as turn:
                store.store.append(turn, log, parse_header(batch), batch, 0)
        store.rest()
        store.seal()
        store.rest()
        with store.turn() as turn:
            store.store.drop_log(turn, ORDERS)
        store.seal()
        store.rest()
    numbers = [
        line["table"]
        for line in said_json_lines(capsys, "dump", folder, "manifest")
        if line["kind"] == "added" and "tables/" in line["file"]
    ]
    lines = [line for number in numbers for line in said_json_lines(capsys, "dump", folder, "table", number)]
    assert {"log": "orders-0", "producer_id": 5, "says": "a producer", "kind": "state"} in lines
    assert any(line["kind"] == "range" and line["first"].startswith("producers/") for line in lines)


def test_damage_in_a_table_is_said_where_it_is(folder: Path, capsys: Capture) -> None:
    table = log_table(folder, 1)
    flip(folder, table.info.file, table.positions[0] + 40)
    lines = said_json_lines(capsys, "dump", folder, "table", table.info.number)
    assert [line["kind"] for line in lines[:3]] == ["table", "index-block", "damage"]
    entries = entry_table(folder)
    flip(folder, entries.info.file, entries.entry_positions[0] + 40)
    assert "damage" in {line["kind"] for line in said_json_lines(capsys, "dump", folder, "table", entries.info.number)}
    flip(folder, table.info.file, table.info.file_bytes - 3)
    assert [line["kind"] for line in said_json_lines(capsys, "dump", folder, "table", table.info.number)] == ["table", "damage"]


def test_damage_in_a_log_is_said_where_it_is(folder: Path, capsys: Capture) -> None:
    table = log_table(folder, 1)
    block = len(table) - 1
    flip(folder, table.info.file, table.positions[block] + 40)
    lines = said_json_lines(capsys, "dump", folder, "log", "orders-1")
    (damaged,) = [line for line in lines if line["kind"] == "damaged"]
    assert (damaged["first_offset"], damaged["end_offset"]) == (table.first_offsets[block], table.end_offsets[block])
    first = next(line for line in said_json_lines(capsys, "dump", folder, "table", table.info.number) if line["kind"] == "batch")
    flip(folder, table.info.file, first["position"] + 62)
    logs = [said(capsys, "dump", folder, "log", name, "--records") for name in (METADATA, ORDERS)]
    assert any("damaged the checksum" in log or "damage " in log for log in logs), logs


@pytest.mark.parametrize(
    ("what", "complaint"),
    [
        (["everything"], "cannot show 'everything'; there are: keyspaces, manifest, wal, table, log, entries"),
        (["log"], "log takes the name of a log"),
        (["table"], "table takes the number of a table"),
        (["wal", "3"], "wal takes nothing more"),
        (["log", "none-0"], "there is no log 'none-0'; there are: __cluster_metadata-0, orders-0, orders-1"),
        (["entries", "none"], "there is no table 'none'; there are: groups"),
        (["table", "4711"], "there is no table 4711; "),
        (["table", "x"], "there is no table x; "),
    ],
)
def test_what_is_not_there_is_refused(kept: Path, capsys: Capture, what: list[str], complaint: str) -> None:
    assert refused(capsys, "dump", kept, *what).startswith(complaint)


def test_who_has_seen_enough_may_go(kept: Path) -> None:
    command = [sys.executable, "-m", "streambus.cli", "storage", "dump", str(kept), "log", "orders-0", "--records"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 0


def test_numbers_and_texts_are_short() -> None:
    assert [size_of(number) for number in (0, 999, 1_000, 2_500_000, 7_000_000_000, 10**15)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "2.5 MB",
        "7.0 GB",
        "1000.0 TB",
    ]
    assert [time_of(time) for time in (-1, 0, 1 << 62)] == ["-", "1970-01-01 00:00:00.000", str(1 << 62)]
    assert text_of(None) == "-"
    assert text_of(b"a\nb\xff") == '"a\\nb\\\\xff"'
    assert text_of(b"x" * 100) == f'"{"x" * 60}…" (100 bytes)'


def test_progress_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = Progress("verify: read")
    progress.bytes(1_000, 5_000)
    progress.bytes(2_000, 5_000)
    progress.clear()
    assert terminal.getvalue() == "\rverify: read 1.0 kB of 5.0 kB\r" + " " * 29 + "\r"
    monkeypatch.setattr(sys, "stderr", quiet := io.StringIO())
    Progress("verify: read").bytes(1, 2)
    assert quiet.getvalue() == ""
    assert os.linesep == "\n"
