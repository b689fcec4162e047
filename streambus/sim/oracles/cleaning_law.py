"""Cleaning: of a compacted log a reader gets what was written, with its offsets and nothing changed, but for records that may be missing.

A record may be missing if a later one has its key, below the high watermark, or if it says itself that its key means nothing any more (a
tombstone goes after a while), or if it has no key at all, as those may that are older than the compaction of their topic. So the newest
value of every key is always there for who reads on to the end.
"""

from functools import lru_cache

from streambus.records import BadBatch, Record, decode_records, parse_header
from streambus.sim.oracles.log_model import LogModel

BATCHES_MAX = 4_096
"""So many batches stay decoded: the same ones are read again and again."""


@lru_cache(maxsize=BATCHES_MAX)
def records_in(batch: bytes) -> tuple[Record, ...]:
    """The records of one batch; none if whoever wrote it lied about what is in it."""
    try:
        return tuple(decode_records(batch))
    except BadBatch:
        return ()


def cleaned_difference(log: LogModel, offset: int, end_offset: int, data: bytes, *, is_all: bool) -> str | None:
    """What is wrong with `data` as the batches of a compacted log from `offset` on. `is_all`: there is nothing more below `end_offset`."""
    found: list[Record] = []
    reached, at = offset, 0
    while at < len(data):
        header = parse_header(memoryview(data)[at:])
        if header.next_offset <= reached and found:
            return f"batches are sent in order: one for offsets {header.base_offset} to {header.next_offset - 1} comes behind {reached - 1}"
        found += records_in(data[at : at + header.size])
        reached, at = max(header.next_offset, reached), at + header.size
    if is_all:
        reached = max(end_offset, reached)
    return _invented(log, found) or _missing(log, offset, reached, end_offset, {record.offset for record in found})


def _invented(log: LogModel, found: list[Record]) -> str | None:
    """Whatever is sent was written."""
    for record in found:
        batch = log.batches[log.row_of(record.offset)] if log.batches else None
        if batch is None or record not in records_in(batch.data):
            return f"what is read was written: the record at offset {record.offset} is none of those that were"
    return None


def _missing(log: LogModel, offset: int, reached: int, end_offset: int, found: set[int]) -> str | None:
    """Whatever is left out may be left out."""
    newest: dict[bytes | None, int] = {}
    if not log.batches:
        return None
    kept = log.batches[log.row_of(offset) :]
    records = [record for batch in kept if batch.base_offset < end_offset for record in records_in(batch.data)]
    for record in records:
        newest[None if record.key is None else bytes(record.key)] = record.offset
    for record in records:
        if not offset <= record.offset < reached or record.offset in found or record.value is None:
            continue
        if record.key is None:
            continue  # It was written when the topic was not compacted yet.
        if newest[bytes(record.key)] == record.offset:
            return f"the newest value of a key stays: offset {record.offset} is left out, and no later record has its key"
    return None
