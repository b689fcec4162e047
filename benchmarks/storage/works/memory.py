"""Memory for a terabyte, extrapolated from a store that is smaller in every number that memory depends on (`weighing.py` says why)."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from ...goals import AT_MOST
from ..weighing import Weight
from ..work import Comparison, Contenders, Figure, Figures, Scale

_SHRINK, _SHRINK_MAX = 10, 1_000
TOTAL, PEAK, PER_BATCH = "total", "peak", "per batch"


@attrs.frozen
class Memory:
    """What a process grows by when its store fills."""

    name: str
    title: str = "memory for 1 TB of 16 KiB batches in 10,000 partitions, extrapolated"
    is_disk_bound: bool = False
    is_exact: bool = True
    figures: tuple[Figure, ...] = (
        Figure(TOTAL, "store", "GB", digits=2),
        Figure(PEAK, "at its highest", "GB", digits=2),
        Figure(PER_BATCH, "for each batch", "bytes", digits=1),
    )
    comparisons: tuple[Comparison, ...] = (Comparison(TOTAL, None, AT_MOST, 1.0), Comparison(PEAK), Comparison(PER_BATCH))

    @contextmanager
    def contend(self, folder: Path, scale: Scale, left_out: dict[str, str]) -> Iterator[Contenders]:
        """A process of its own, so that nothing else is weighed."""
        wanted = _SHRINK / scale.share
        shrink = int(min(wanted, _SHRINK_MAX))

        def store() -> Figures:
            arguments = [str(folder / "store"), str(shrink), str(min(1.0, shrink / wanted))]
            said = subprocess.run(
                [sys.executable, "-m", "benchmarks.storage.weighing", *arguments], check=True, capture_output=True, text=True
            )
            weight = Weight(**json.loads(said.stdout))
            return {
                TOTAL: weight.full_bytes / 1e9,
                PEAK: weight.peak_bytes * weight.shrink / weight.filled / 1e9,
                PER_BATCH: weight.resident_bytes / weight.batches,
            }

        yield {"store": store}
