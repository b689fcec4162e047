"""Sealing: what is noted when a segment is full, so that it can become a table while the world goes on."""

from bisect import bisect_left
from collections.abc import Sequence

from streambus.storage.batch_index import BatchIndex
from streambus.storage.jobs import SealJob
from streambus.storage.keyspaces import Keyspaces


def seal_job(keyspaces: Keyspaces, waiting: Sequence[SealJob], segment: int, start: int, end: int) -> SealJob:
    """The job that seals the segment from WAL position `start` to `end`, where the WAL is now.

    `waiting`: the jobs of the segments before, the last of which has the newest memtable that is not to be written with this segment.
    """
    changed = keyspaces.take_checkpoint()
    memtable = keyspaces.layers.fold_above(waiting[-1].memtable if waiting else None)
    logs: list[tuple[int, BatchIndex]] = []
    for number in sorted(changed):
        index = changed[number].index
        low, high = bisect_left(index.positions, start), bisect_left(index.positions, end)
        if low < high:
            logs.append((number, index.part(low, high)))
    return SealJob(segment, start, end, tuple(logs), memtable)
