"""How much memory a store takes that holds very much: `python -m benchmarks.storage.weighing <folder> <shrink> <filled>`.

The store that is asked about has 1 TB of 16 KiB batches in 10,000 partitions. What it keeps in memory depends on numbers of batches,
partitions, segments, tables and blocks, never on the bytes of batches, which stay in files. So the store that is weighed is the same one
made `shrink` times smaller: in its partitions, batches, batches per segment, and all budgets. Each partition has as many batches, each
segment holds as many batches of a partition, and there are as many segments and tables as in the large one. Batches have 256 bytes
rather than 16 KiB, which nothing in memory can tell.

So what the process holds beyond what it held with an empty store is `fixed + proportional / shrink`: a part for each table, of which
there are as many, and a part for all that is fewer. Two stores that are shrunk differently tell the two apart, and the large store
takes `fixed + proportional`.

What a process needs in passing, while it seals and merges, depends on the sizes of buffers, which have limits of their own. It is
measured, but not extrapolated.

`filled` below 1 fills only that share, for a quick look; the rest is then extrapolated in a straight line.
"""

import ctypes
import gc
import json
import sys
from pathlib import Path

import attrs

from streambus.kernel import MILLISECOND, Prng
from streambus.storage import StoreConfig
from streambus.storage.pickers import PickerOptions

from .batches import batches
from .driven_store import DrivenStore, fresh_store

TOTAL_BYTES = 10**12
BATCH_BYTES = 16 * 1024
PARTITIONS = 10_000
LIGHT_BATCH_BYTES = 256
_WAL_BYTES_PER_BATCH = LIGHT_BATCH_BYTES + 21
"""With what the WAL adds to each."""

_GROUP_MAX = 64
_READS_PER_PARTITION = 20


@attrs.frozen
class Weight:
    """What was found. Bytes are of the small store as they were measured."""

    shrink: int
    filled: float
    batches: int
    resident_bytes: int
    passing_bytes: int
    """What it had beyond that when it had the most: buffers of long work, and memory that was freed but not given back."""
    directory_bytes: int
    blocks: int
    tables: int
    cache_bytes: int
    cache_bytes_max: int


def full(more: float, less: float, more_shrunk: int, less_shrunk: int) -> float:
    """What the large store has of something of which one that is shrunk `more_shrunk` times has `more`, and another one `less`."""
    proportional = (less - more) / (1 / less_shrunk - 1 / more_shrunk)
    return more + proportional * (1 - 1 / more_shrunk)


def shrunk(shrink: int) -> StoreConfig:
    """The default configuration, so many times smaller in what memory depends on. Limits in bytes of batches shrink with these."""
    default, picker = StoreConfig(), PickerOptions()

    def lighter(size: int) -> int:
        return size * LIGHT_BATCH_BYTES // BATCH_BYTES

    return StoreConfig(
        segment_bytes=default.segment_bytes // BATCH_BYTES * _WAL_BYTES_PER_BATCH // shrink,
        recent_batch_bytes=0,  # batches of 16 KiB are too large to be kept
        delete_delay=100 * MILLISECOND,  # here segments follow each other a hundred times as fast
        cache_bytes=default.cache_bytes // shrink,
        garbage_bytes_min=lighter(default.garbage_bytes_min) // shrink,
        picker=PickerOptions(
            run_bytes_min=lighter(picker.run_bytes_min),
            blocks_max=picker.blocks_max // shrink,
            garbage_bytes_min=lighter(picker.garbage_bytes_min) // shrink,
            table_bytes=lighter(picker.table_bytes) // shrink,
            compaction_bytes_max=lighter(picker.compaction_bytes_max) // shrink,
            entry_bytes_min=picker.entry_bytes_min // shrink,
        ),
    )


def weigh(folder: Path, shrink: int, filled: float) -> Weight:
    """Fill a store, read here and there so that caches fill, too, and see what the process has grown by."""
    different = batches(LIGHT_BATCH_BYTES, _GROUP_MAX)
    config = shrunk(shrink)
    group = max(1, min(_GROUP_MAX, config.segment_bytes // _WAL_BYTES_PER_BATCH // 8))
    count = int(TOTAL_BYTES // BATCH_BYTES // shrink * filled) // group * group
    with fresh_store(folder, config, is_synced=False) as driven:
        before = _resident_bytes()
        logs = driven.open_logs(PARTITIONS // shrink)
        for first in range(0, count, group):
            driven.append_group(logs, different[:group], first)
            driven.keep_pace()
        driven.rest()
        _read_here_and_there(driven)
        resident = _resident_bytes()
        shelf = driven.store.shelf
        return Weight(
            shrink=shrink,
            filled=filled,
            batches=count,
            resident_bytes=resident - before,
            passing_bytes=_status("VmHWM") - resident,
            directory_bytes=sum(directory.bytes_in_memory for directory in shelf.directories.values()),
            blocks=sum(shelf.live_blocks.values()),
            tables=len(shelf.directories),
            cache_bytes=shelf.cache.bytes,
            cache_bytes_max=config.cache_bytes,
        )


def _read_here_and_there(driven: DrivenStore) -> None:
    dice = Prng(1)
    for log in driven.store.logs.values():
        for _ in range(_READS_PER_PARTITION):
            driven.read(log, dice.below(log.log_end_offset), 1)


def _resident_bytes() -> int:
    """Resident memory once everything is given back that nobody uses: without that, the number says how much was once in use."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return _status("VmRSS")


def _status(field: str) -> int:
    """A line of /proc/self/status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) * 1024


if __name__ == "__main__":
    print(json.dumps(attrs.asdict(weigh(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))))
