"""Recovery of a live WAL, beside reading the same files in the same pieces and summing them."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from streambus.records import crc32c
from streambus.storage import StoreConfig

from ...goals import AT_LEAST
from ..batches import batches
from ..driven_store import CountedFiles, DrivenStore, fresh_store
from ..work import Comparison, Contenders, Figure, Figures, Scale

_GROUP = 64
_DIFFERENT = 256
_PARTITIONS = 100
_CONFIG = StoreConfig(segment_bytes=64 << 30)
"""One segment that is never sealed: all of it has to be read."""

BARE, STORE = "bare", "store"


@attrs.frozen
class Recover:
    """A store that was killed: everything is in its WAL, in the page cache, and has to be read before anybody is served."""

    name: str
    batch_bytes: int
    total_bytes: int
    bound: float | None = None
    is_disk_bound: bool = False
    is_exact: bool = False
    figures: tuple[Figure, ...] = (Figure(BARE, "pread and CRC-32C", "MB/s"), Figure(STORE, "store", "MB/s"))

    @property
    def title(self) -> str:
        """What the table says it is."""
        return f"recovery of a WAL with batches of {self.batch_bytes // 1024} KiB in {_PARTITIONS} partitions"

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Alone, and with what the processor could do."""
        alone = Comparison(STORE) if self.bound is None else Comparison(STORE, None, AT_LEAST, self.bound)
        return (alone, Comparison(STORE, BARE))

    @contextmanager
    def contend(self, folder: Path, scale: Scale, left_out: dict[str, str]) -> Iterator[Contenders]:
        """The WAL is written once and recovered again and again: recovering changes nothing of a whole one."""
        different = batches(self.batch_bytes, _DIFFERENT)
        count = scale.of(self.total_bytes // self.batch_bytes) // _GROUP * _GROUP + _GROUP
        with fresh_store(folder / STORE, _CONFIG) as driven:
            logs = driven.open_logs(_PARTITIONS)
            for first in range(0, count, _GROUP):
                driven.append_group(logs, [different[(first + number) % _DIFFERENT] for number in range(_GROUP)], first)
        wal = sorted((folder / STORE / "wal").iterdir())
        size = sum(path.stat().st_size for path in wal)

        def store() -> Figures:
            files = CountedFiles(folder / STORE)
            started = time.perf_counter()
            driven = DrivenStore(files, _CONFIG).recover()
            elapsed = time.perf_counter() - started
            assert sum(log.log_end_offset for log in driven.store.logs.values()) == count, "batches are missing"
            driven.close()
            return {STORE: size / 1e6 / elapsed}

        def bare() -> Figures:
            started = time.perf_counter()
            for path in wal:
                _sum(path)
            return {BARE: size / 1e6 / (time.perf_counter() - started)}

        yield {BARE: bare, STORE: store}


def _sum(path: Path) -> int:
    file = os.open(path, os.O_RDONLY)
    try:
        total, position = 0, 0
        while data := os.pread(file, _CONFIG.recovery_chunk_bytes, position):
            total = crc32c(data, total)
            position += len(data)
        return total
    finally:
        os.close(file)
