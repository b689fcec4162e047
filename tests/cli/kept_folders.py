"""Data folders that a real store has written, with tables of all kinds in little space."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from streambus.cli import main
from streambus.kernel import FileName
from streambus.real.offline import OfflineStore, offline_store
from streambus.real.reading import FilesToRead
from streambus.records import Record, encode_batch, parse_header
from streambus.storage import Log, LogId, StoreConfig, TableId
from streambus.storage.inspect import read_manifest
from streambus.storage.pickers import PickerOptions
from streambus.storage.sealed import Directory, read_table
from streambus.wire import encode_record, messages

TOPIC = UUID(int=7)
ORDERS = LogId(f"{TOPIC}-0")
PAYMENTS = LogId(f"{TOPIC}-1")
METADATA = LogId("__cluster_metadata-0")
GROUPS = TableId("groups")
TIME_MS = 1_700_000_000_000

TINY = StoreConfig(
    segment_bytes=8_000,
    delete_delay=0,
    entry_block_bytes=200,
    picker=PickerOptions(fan_in=4, run_bytes_min=2_000, garbage_bytes_min=20_000, entry_bytes_min=300),
)
"""Segments and tables become full soon, and are merged soon."""


class Keeper:
    """Writes into an offline store."""

    def __init__(self, store: OfflineStore) -> None:
        self.offline = store
        self.store = store.store
        self.written = 0

    def open(self, log_id: LogId) -> Log:
        with self.offline.turn() as turn:
            log = self.store.open_log(turn, log_id)
        self.offline.rest()
        return log

    def append(self, log: Log, *records: Record) -> None:
        batch = encode_batch(records)
        with self.offline.turn() as turn:
            self.store.append(turn, log, parse_header(batch), batch, 0)
        self.offline.rest()

    def round(self) -> None:
        """One batch of two records for each partition, and a put."""
        number = self.written
        self.written += 1
        for log_id in (ORDERS, PAYMENTS):
            key = f"{number}".encode()
            self.append(
                self.store.logs[log_id], *[Record(key, b"%d-%d " % (number, place) + b"v" * 60, (), TIME_MS + number) for place in (0, 1)]
            )
        with self.offline.turn() as turn:
            self.store.put(turn, GROUPS, f"group-{number % 9}".encode(), f"{number}".encode())
        self.offline.rest()

    def begin(self) -> None:
        """A metadata log that says what the topic is called, and the topic's partitions."""
        metadata = self.open(METADATA)
        self.append(metadata, Record(None, encode_record(messages.TopicRecord(name="orders", topic_id=TOPIC)), (), TIME_MS))
        for log_id in (ORDERS, PAYMENTS):
            self.open(log_id)


def keep(folder: Path, rounds: int = 160, config: StoreConfig = TINY) -> Path:
    """A folder with a live segment, sealed segments, merged tables, and tables of entries."""
    with offline_store(folder, config) as store:
        store.recover()
        keeper = Keeper(store)
        keeper.begin()
        for _ in range(rounds):
            keeper.round()
    return folder


def flip(folder: Path, file: FileName, position: int) -> None:
    """Damage one byte."""
    with (folder / file).open("r+b") as opened:
        opened.seek(position)
        byte = opened.read(1)
        opened.seek(position)
        opened.write(bytes([byte[0] ^ 0x10]))


def tables_of(folder: Path) -> list[Directory]:
    """The directories of all tables, the oldest first."""
    files = FilesToRead(folder)
    return [read_table(files, info) for _, info in sorted(read_manifest(files).contents.tables.items())]


def log_table(folder: Path, level: int) -> Directory:
    """A table with batches, of this level."""
    return next(table for table in tables_of(folder) if len(table) and table.info.level == level)


def entry_table(folder: Path) -> Directory:
    """The newest table with entries."""
    return next(table for table in reversed(tables_of(folder)) if table.first_keys)


def live_segment(folder: Path) -> FileName:
    """The file of the segment that is being written."""
    return FileName(f"wal/{read_manifest(FilesToRead(folder)).contents.wal_segment:020}.wal")


def said(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> str:
    """What `streambus storage …` says on stdout."""
    capsys.readouterr()
    found = main(["storage", *map(str, arguments)])
    out, errors = capsys.readouterr()
    assert found == status, (found, out, errors)
    assert "Traceback" not in errors
    return out


def said_json(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> Any:
    """What it says in JSON."""
    return json.loads(said(capsys, *arguments, "--json", status=status))


def said_json_lines(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict[str, Any]]:
    """What it says in lines of JSON."""
    return [json.loads(line) for line in said(capsys, *arguments, "--json").splitlines()]


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line with which it refuses."""
    assert main(["storage", *map(str, arguments)]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("streambus storage: ")
    assert errors.count("\n") == 1
    return errors.removeprefix("streambus storage: ").rstrip("\n")
