"""Durable append, beside a loop that writes and syncs the same bytes in the same groups."""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from ...goals import AT_LEAST
from ..batches import Batch, batches
from ..driven_store import fresh_store
from ..work import Comparison, Contenders, Figure, Figures, Scale

_BATCH_BYTES = 16 * 1024
_DIFFERENT = 256
_MANY = 1_000
BARE, ONE, MANY = "bare", "one", "many"


@attrs.frozen
class Append:
    """Batches of 16 KiB, `group` of them to a sync, `total_bytes` in all: into one partition and into a thousand in turn."""

    name: str
    group: int
    total_bytes: int
    has_goals: bool = True
    is_disk_bound: bool = True
    is_exact: bool = False

    @property
    def title(self) -> str:
        """What the table says it is."""
        return f"durable append of 16 KiB batches, {self.group} to a sync"

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Rates of batch bytes."""
        return (
            Figure(BARE, "bare pwritev + fdatasync", "MB/s"),
            Figure(ONE, "store, 1 partition", "MB/s"),
            Figure(MANY, f"store, {_MANY:,} partitions", "MB/s"),
        )

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """With the bare loop, and many with one."""
        relation = AT_LEAST if self.has_goals else None
        return (
            Comparison(ONE, BARE, relation, 0.7),
            Comparison(MANY, BARE, relation, 0.7),
            Comparison(MANY, ONE, relation, 0.8),
        )

    @contextmanager
    def contend(self, folder: Path, scale: Scale, left_out: dict[str, str]) -> Iterator[Contenders]:
        """Every measurement begins with an empty folder, which is gone before the next."""
        different = batches(_BATCH_BYTES, _DIFFERENT)
        groups = _groups(different, self.group, max(_MANY, scale.of(self.total_bytes // _BATCH_BYTES)))

        def store(partitions: int) -> float:
            with fresh_store(folder / "store") as driven:
                logs = driven.open_logs(partitions)
                started = time.perf_counter()
                position = 0
                for group in groups:
                    driven.append_group(logs, group, position)
                    position += len(group)
                driven.rest()
                elapsed = time.perf_counter() - started
                assert sum(log.recovery_point for log in logs) == position, "not everything is durable"
            shutil.rmtree(folder / "store")
            return position * _BATCH_BYTES / 1e6 / elapsed

        def bare() -> Figures:
            return {BARE: _write_and_sync(folder / "bare", groups) / 1e6}

        yield {BARE: bare, ONE: lambda: {ONE: store(1)}, MANY: lambda: {MANY: store(_MANY)}}


def _groups(different: Sequence[Batch], size: int, count: int) -> list[list[Batch]]:
    """`count` batches, `different` ones in turn, `size` to a group; a last group that would be smaller is left out."""
    return [[different[(first + number) % len(different)] for number in range(size)] for first in range(0, count - size + 1, size)]


def _write_and_sync(path: Path, groups: Sequence[Sequence[Batch]]) -> float:
    """Bytes per second of the shortest loop there is."""
    buffers = [[batch.data for batch in group] for group in groups]
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        started = time.perf_counter()
        position = 0
        for group in buffers:
            position += os.pwritev(file, group, position)
            os.fdatasync(file)
        elapsed = time.perf_counter() - started
    finally:
        os.close(file)
        path.unlink()
    assert position == sum(sum(map(len, group)) for group in buffers), "a write was cut short"
    return position / elapsed
