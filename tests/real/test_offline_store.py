"""An offline store: the same machine, alone."""

from pathlib import Path

import pytest

from streambus.real.files import Files
from streambus.real.folder import UnusableFolder
from streambus.real.offline import CannotGoOn, offline_store
from streambus.storage import LogId, StoreConfig, TableId
from streambus.storage.manifest import CURRENT

CONFIG = StoreConfig(delete_delay=0)
TABLE = TableId("table")


def put(folder: Path, key: bytes) -> None:
    with offline_store(folder, CONFIG) as offline:
        offline.recover()
        with offline.turn() as turn:
            offline.store.put(turn, TABLE, key, b"value")
        offline.rest()


def test_what_was_put_is_there_in_the_next_life(tmp_path: Path) -> None:
    put(tmp_path, b"one")
    put(tmp_path, b"two")
    with offline_store(tmp_path, CONFIG) as offline:
        offline.recover()
        assert dict(offline.store.scan(TABLE)) == {b"one": b"value", b"two": b"value"}


def test_housekeeping_waits_until_it_is_asked_for(tmp_path: Path) -> None:
    put(tmp_path, b"one")
    tasks: list[str] = []
    with offline_store(tmp_path, CONFIG) as offline:
        offline.on_work = lambda task: tasks.append(type(task).__name__)
        offline.recover()
        offline.seal()
        assert tasks == []
        offline.rest()
        assert tasks == ["SealSegment", "FlushEntries"]
        assert offline.works == 2
        assert offline.written_bytes > 0
    assert [path.name for path in (tmp_path / "wal").iterdir()] == []  # There was no batch in it, and its entries are in a table.


def test_a_folder_belongs_to_one(tmp_path: Path) -> None:
    with offline_store(tmp_path, CONFIG), pytest.raises(UnusableFolder, match="in use by process"), offline_store(tmp_path, CONFIG):
        pass


def test_damage_is_refused(tmp_path: Path) -> None:
    put(tmp_path, b"one")
    with (tmp_path / CURRENT).open("r+b") as manifest:
        manifest.write(b"damaged!")
    with offline_store(tmp_path, CONFIG) as offline, pytest.raises(CannotGoOn, match="manifest/current is damaged at byte 0: "):
        offline.recover()


def test_a_disk_that_fails_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    perform = Files.perform

    def fail(self: Files, effect: object) -> object:
        if type(effect).__name__ == "Sync":
            raise OSError(5, "Input/output error")
        return perform(self, effect)  # type: ignore[arg-type]

    with offline_store(tmp_path, CONFIG) as offline:
        offline.recover()
        with offline.turn() as turn:
            offline.store.open_log(turn, LogId("log"))
        monkeypatch.setattr(Files, "perform", fail)
        with pytest.raises(CannotGoOn, match=r"^sync failed: input/output error$"):
            offline.rest()
