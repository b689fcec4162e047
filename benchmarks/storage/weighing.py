"""How much memory a store takes that holds very much: `python -m benchmarks.storage.weighing <folder> <shrink> <filled>`.

The store that is asked about has 1 TB of 16 KiB batches in 10,000 partitions. What it keeps in memory depends on numbers of batches,
partitions, tables and blocks, never on the bytes of batches, which stay in files. So the store that is weighed is the same one made
`shrink` times smaller in every number that memory depends on: partitions, batches, batches per segment, budgets. Each partition has as
many batches, each segment holds as many batches of a partition, there are as many segments and as many tables as in the large one.
Batches are of 256 bytes rather than 16 KiB, which nothing in memory can tell. What the process holds beyond what it held with an empty
store is a `shrink`-th of what the large store would hold.

`filled` below 1 fills only that share, for a quick look; the rest is then extrapolated in a straight line.
"""

import gc
import json
import sys
from pathlib import Path

import attrs

from streambus.kernel import Prng
from streambus.storage import StoreConfig

from .batches import batches
from .driven_store import DrivenStore, fresh_store

TOTAL_BYTES = 10**12
BATCH_BYTES = 16 * 1024
PARTITIONS = 10_000
LIGHT_BATCH_BYTES = 256
_WAL_BYTES_PER_BATCH = LIGHT_BATCH_BYTES + 32
"""With what the WAL adds to each."""

_GROUP = 64
_READS_PER_PARTITION = 20


@attrs.frozen
class Weight:
    """What was found. Bytes are of the small store as they were measured."""

    shrink: int
    filled: float
    batches: int
    resident_bytes: int
    peak_bytes: int
    statistics: dict[str, int]

    @property
    def full_bytes(self) -> float:
        """What the large store would take."""
        return self.resident_bytes * self.shrink / self.filled


def shrunk(shrink: int) -> StoreConfig:
    """The default configuration, so many times smaller in what memory depends on."""
    default = StoreConfig()
    return StoreConfig(
        segment_bytes=default.segment_bytes // BATCH_BYTES * _WAL_BYTES_PER_BATCH // shrink,
        recent_batch_bytes=0,  # batches of 16 KiB are too large to be kept
    )


def weigh(folder: Path, shrink: int, filled: float) -> Weight:
    """Fill a store, read here and there so that caches fill, too, and see what the process has grown by."""
    different = batches(LIGHT_BATCH_BYTES, 64)
    partitions = PARTITIONS // shrink
    count = int(TOTAL_BYTES // BATCH_BYTES // shrink * filled) // _GROUP * _GROUP
    with fresh_store(folder, shrunk(shrink), is_synced=False) as driven:
        before = _status("VmRSS")
        logs = driven.open_logs(partitions)
        for first in range(0, count, _GROUP):
            driven.append_group(logs, different, first)
        driven.rest()
        _read_here_and_there(driven)
        gc.collect()
        return Weight(shrink, filled, count, _status("VmRSS") - before, _status("VmHWM") - before, driven.store.statistics())


def _read_here_and_there(driven: DrivenStore) -> None:
    dice = Prng(1)
    for log in driven.store.logs.values():
        for _ in range(_READS_PER_PARTITION):
            driven.read(log, dice.below(log.log_end_offset), 1)


def _status(field: str) -> int:
    """A line of /proc/self/status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) * 1024


if __name__ == "__main__":
    print(json.dumps(attrs.asdict(weigh(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))))
