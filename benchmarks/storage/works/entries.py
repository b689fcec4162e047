"""Tables of keys and values beside RocksDB, both called from Python: keys of 16 bytes in random order, values of 100."""

import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import attrs

from streambus.storage import StoreConfig, TableId

from ...goals import AT_LEAST
from ...payloads import SEED
from ..batches import batches
from ..driven_store import DrivenStore, fresh_store
from ..peers import CACHE_BYTES, rocks, rocksdict
from ..work import Absent, Comparison, Contenders, Figure, Scale

KEY_BYTES, VALUE_BYTES = 16, 100
AT_ONCE = 1_000
"""Puts that gather before they are handed to the disk, and puts of a batch."""

TABLE = TableId("bench")
STORE, ROCKS = "store", "rocks"
_GETS_CONFIG = StoreConfig(segment_bytes=64 << 20, cache_bytes=CACHE_BYTES)
"""All that is put fits into one segment, and when that is sealed, into the block cache."""
_FILLER_BYTES = 1 << 20
Entries = list[tuple[bytes, bytes]]


def entries(count: int) -> Entries:
    """Different keys in random order, equal in every run."""
    dice = random.Random(SEED)
    return [(dice.randbytes(KEY_BYTES), dice.randbytes(VALUE_BYTES)) for _ in range(count)]


@attrs.frozen
class Puts:
    """Entries put into an empty table by `ours` and into an empty database by `theirs`, two functions that do it in the same manner."""

    name: str
    title: str
    count: int
    ours: Callable[[DrivenStore, Entries], None]
    theirs: Callable[[Path, Entries], AbstractContextManager[Callable[[], None]]]
    bound: float
    is_disk_bound: bool = True
    is_exact: bool = False
    figures: tuple[Figure, ...] = (Figure(STORE, "store", "puts/s"), Figure(ROCKS, "RocksDB", "puts/s"))

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """With RocksDB."""
        return (Comparison(STORE, ROCKS, AT_LEAST, self.bound),)

    @contextmanager
    def contend(self, folder: Path, scale: Scale, left_out: dict[str, str]) -> Iterator[Contenders]:
        """Every measurement begins with an empty folder, which is gone before the next."""
        made = entries(scale.of(self.count))

        def store() -> dict[str, float]:
            with fresh_store(folder / STORE) as driven:
                driven.put_one_by_one(TABLE, made[:1])
                started = time.perf_counter()
                self.ours(driven, made)
                driven.rest()
                elapsed = time.perf_counter() - started
                assert driven.store.get(TABLE, made[-1][0]) == made[-1][1], "the last put is not there"
                assert driven.store.pending_bytes == 0, "not everything is durable"
            shutil.rmtree(folder / STORE)
            return {STORE: len(made) / elapsed}

        def peer() -> dict[str, float]:
            with self.theirs(folder / ROCKS, made) as put_all:
                started = time.perf_counter()
                put_all()
                return {ROCKS: len(made) / (time.perf_counter() - started)}

        yield {STORE: store, **_if_present(ROCKS, peer, left_out)}


def _if_present(name: str, contender: Callable[[], dict[str, float]], left_out: dict[str, str]) -> Contenders:
    try:
        rocksdict()
    except Absent as absence:
        left_out["RocksDB"] = str(absence)
        return {}
    return {name: contender}


def put_in_groups(driven: DrivenStore, made: Entries) -> None:
    """A call for each put; a thousand gather before they are handed to the disk, and are synced."""
    for first in range(0, len(made), AT_ONCE):
        driven.put_group(TABLE, made[first : first + AT_ONCE])


def put_in_batches(driven: DrivenStore, made: Entries) -> None:
    """A thousand at a time, all or nothing, and synced."""
    for first in range(0, len(made), AT_ONCE):
        driven.put_batch(TABLE, made[first : first + AT_ONCE])


def put_one_by_one(driven: DrivenStore, made: Entries) -> None:
    """Each put is durable before the next begins."""
    driven.put_one_by_one(TABLE, made)


@contextmanager
def rocks_puts(folder: Path, made: Entries) -> Iterator[Callable[[], None]]:
    """A call for each put; RocksDB hands each to the operating system and syncs none."""
    with rocks(folder) as database:

        def put_all() -> None:
            put = database.put
            for key, value in made:
                put(key, value)

        yield put_all


@contextmanager
def rocks_batches(folder: Path, made: Entries) -> Iterator[Callable[[], None]]:
    """A thousand at a time, all or nothing; handed to the operating system and not synced."""
    with rocks(folder) as database:
        batch_of_bytes = rocksdict().WriteBatch

        def put_all() -> None:
            for first in range(0, len(made), AT_ONCE):
                batch = batch_of_bytes(raw_mode=True)
                put = batch.put
                for key, value in made[first : first + AT_ONCE]:
                    put(key, value)
                database.write(batch)

        yield put_all


@contextmanager
def rocks_synced_puts(folder: Path, made: Entries) -> Iterator[Callable[[], None]]:
    """Each put is synced before the next begins."""
    with rocks(folder) as database:
        synced = rocksdict().WriteOptions()
        synced.sync = True

        def put_all() -> None:
            put = database.put
            for key, value in made:
                put(key, value, synced)

        yield put_all


@attrs.frozen
class Gets:
    """Random keys that are there, asked for when everything is in memory: in memtables, or in blocks of tables in the block cache."""

    name: str
    title: str
    count: int
    are_sealed: bool
    bound: float
    is_disk_bound: bool = False
    is_exact: bool = False
    figures: tuple[Figure, ...] = (Figure(STORE, "store", "gets/s"), Figure(ROCKS, "RocksDB", "gets/s"))

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """With RocksDB."""
        return (Comparison(STORE, ROCKS, AT_LEAST, self.bound),)

    @contextmanager
    def contend(self, folder: Path, scale: Scale, left_out: dict[str, str]) -> Iterator[Contenders]:
        """Both are filled once; every measurement asks for all keys in another order than they came in."""
        made = entries(scale.of(self.count))
        asked = [key for key, _ in made]
        random.Random(SEED + 1).shuffle(asked)
        with (
            fresh_store(folder / STORE, _GETS_CONFIG) as driven,
            _filled_rocks(folder / ROCKS, made, self.are_sealed, left_out) as database,
        ):
            put_in_groups(driven, made)
            if self.are_sealed:
                driven.seal(batches(_FILLER_BYTES, 1)[0])
            assert all(driven.get(TABLE, key) == value for key, value in made), "a value is wrong"

            def store() -> dict[str, float]:
                get = driven.store.get
                started = time.perf_counter()
                for key in asked:
                    get(TABLE, key)
                elapsed = time.perf_counter() - started
                return {STORE: len(asked) / elapsed}

            def peer() -> dict[str, float]:
                get = database.get
                started = time.perf_counter()
                for key in asked:
                    get(key)
                return {ROCKS: len(asked) / (time.perf_counter() - started)}

            yield {STORE: store, **({ROCKS: peer} if database is not None else {})}


@contextmanager
def _filled_rocks(folder: Path, made: Entries, are_sealed: bool, left_out: dict[str, str]) -> Iterator[Any]:
    try:
        rocksdict()
    except Absent as absence:
        left_out["RocksDB"] = str(absence)
        yield None
        return
    with rocks(folder) as database:
        for key, value in made:
            database.put(key, value)
        if are_sealed:
            database.flush()
            database.compact_range(None, None)
        yield database
