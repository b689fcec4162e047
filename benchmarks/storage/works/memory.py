"""Memory for a terabyte, extrapolated from two stores that are smaller in what memory depends on (`weighing.py` says why)."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from ...goals import AT_MOST
from ..weighing import Weight, full
from ..work import Comparison, Contenders, Figure, Figures, Scale

_SHRUNK = (100, 25)
"""The more, and the less. Much less takes long, and much more has little left that could be told apart."""

TOTAL, PASSING, DIRECTORIES, CACHE, BLOCKS, TABLES, FILLED = "total", "passing", "directories", "cache", "blocks", "tables", "filled"


@attrs.frozen
class Memory:
    """What a process grows by when its store fills."""

    name: str
    title: str = "memory for 1 TB of 16 KiB batches in 10,000 partitions, extrapolated"
    is_disk_bound: bool = False
    is_exact: bool = True
    figures: tuple[Figure, ...] = (
        Figure(TOTAL, "store", "GB", digits=2),
        Figure(DIRECTORIES, "of that, directories", "GB", digits=3),
        Figure(CACHE, "block cache, of its budget", "parts", digits=2),
        Figure(BLOCKS, "index blocks", "millions", digits=2),
        Figure(PASSING, f"in passing (shrunk {_SHRUNK[1]} times)", "MB", digits=1),
        Figure(TABLES, "sealed tables", "tables"),
        Figure(FILLED, "how much of it was filled", "parts", digits=4),
    )
    comparisons: tuple[Comparison, ...] = (
        Comparison(TOTAL, None, AT_MOST, 1.0),
        Comparison(DIRECTORIES),
        Comparison(CACHE, None, AT_MOST, 1.0),
        Comparison(BLOCKS),
        Comparison(PASSING),
        Comparison(TABLES),
        Comparison(FILLED),
    )

    @contextmanager
    def contend(self, folder: Path, scale: Scale, left_out: dict[str, str]) -> Iterator[Contenders]:
        """Two stores, one after the other."""
        filled = min(1.0, scale.share)

        def store() -> Figures:
            more, less = (_weigh(folder / f"store-{shrink}", shrink, filled) for shrink in _SHRUNK)

            def of(attribute: str) -> float:
                return full(getattr(more, attribute), getattr(less, attribute), more.shrink, less.shrink) / filled

            return {
                TOTAL: of("resident_bytes") / 1e9,
                PASSING: less.passing_bytes / 1e6,
                DIRECTORIES: of("directory_bytes") / 1e9,
                CACHE: max(weight.cache_bytes / weight.cache_bytes_max for weight in (more, less)),
                BLOCKS: of("blocks") / 1e6,
                TABLES: less.tables / filled,
                FILLED: filled,
            }

        yield {"store": store}


def _weigh(folder: Path, shrink: int, filled: float) -> Weight:
    """In a process of its own, so that nothing else is weighed."""
    command = [sys.executable, "-m", "benchmarks.storage.weighing", str(folder), str(shrink), str(filled)]
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    if said.returncode != 0:
        raise subprocess.SubprocessError(f"status {said.returncode}: {said.stderr.strip()[-300:]}")
    shutil.rmtree(folder)
    return Weight(**json.loads(said.stdout))
