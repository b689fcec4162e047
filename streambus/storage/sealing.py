"""Sealing: what is noted when a segment is full, so that it can become a table while the world goes on."""

from bisect import bisect_left

from streambus.storage.batch_index import BatchIndex
from streambus.storage.jobs import SealJob
from streambus.storage.keyspaces import Keyspaces
from streambus.storage.memtable import Memtable


def seal_job(keyspaces: Keyspaces, segment: int, start: int, end: int, sealed: Memtable | None) -> SealJob:
    """The job that seals the segment from WAL position `start` to `end`, where the WAL is now.

    `sealed`: the memtable of the segment before, if that is still in memory.
    """
    changed = keyspaces.take_checkpoint()
    memtable = keyspaces.layers.fold_above(sealed)
    logs: list[tuple[int, BatchIndex]] = []
    for number in sorted(changed):
        index = changed[number].index
        low, high = bisect_left(index.positions, start), bisect_left(index.positions, end)
        if low < high:
            logs.append((number, index.part(low, high)))
    return SealJob(segment, start, end, tuple(logs), memtable)
