"""Retention: where a log begins once what is too old or too much has been dropped (`cleanup.policy=delete`).

The rules are Kafka's, with a piece (an index block of a sealed table, or a single batch that is not in a table yet) in the place of a
segment:

- By size: the oldest piece goes as long as what is left without it is still at least `retention.bytes`.
- By time: the oldest piece goes if its largest timestamp is more than `retention.ms` ago. Timestamps are what producers say; a piece from
  the future keeps everything behind it.
- Only what is replicated goes: pieces below the high watermark.

A piece without any timestamp (its batches have none, or are lost) goes when the next one that has one goes: it is at least as old.

An index block of a log that is seldom written to may speak of months. So now and then, and only if such a block would keep its records
for much longer than they should be kept, it is loaded and its batches are looked at one by one.
"""

from collections.abc import Iterable
from itertools import islice

from streambus.storage.cleaning.policy import LogPiece
from streambus.storage.log import Log
from streambus.storage.pieces import bytes_of, pieces_of, pieces_within
from streambus.storage.shelf import Unreadable

PIECES_MAX = 10_000
"""How many pieces one look goes over, so that it costs milliseconds whatever there is to drop. The next look goes on."""


def retention_start(log: Log, *, high_watermark: int, now_ms: int, retention_ms: int | None, retention_bytes: int | None) -> int:
    """Where `log` begins when what is past its limits is dropped; where it begins now if nothing is. None is no limit.

    If there is very much to drop, that is some of it: ask again when that is done.
    """
    if retention_ms is None and retention_bytes is None:
        return log.log_start_offset
    excess = None if retention_bytes is None else bytes_of(log) - retention_bytes
    oldest = islice(pieces_of(log), PIECES_MAX)
    return start_behind(oldest, log.log_start_offset, high_watermark, None if retention_ms is None else now_ms - retention_ms, excess)


def overdue(retention_ms: int) -> int:
    """For how long records may stay that should be gone, only because others in their piece should not: an eighth of their time."""
    return retention_ms // 8


def start_within_block(log: Log, start_offset: int, *, high_watermark: int, now_ms: int, retention_ms: int) -> int:
    """Where a log begins that `retention_start` has begin at `start_offset`, if the index block there is looked into.

    That is not done, and the answer is `start_offset`, if what is to go goes soon anyway, or the block cannot be read. Raises `NotLoaded`.
    """
    row = log.blocks.row_of(start_offset)
    if row < 0 or start_offset >= log.blocks.end_offset:
        return start_offset
    earliest_ms = now_ms - retention_ms
    ref = log.blocks.ref(row)
    if log.shelf.directories[ref.table].max_timestamps[ref.block] - earliest_ms <= overdue(retention_ms):
        return start_offset
    try:
        pieces = pieces_within(log, ref, start_offset)
    except Unreadable:
        return start_offset
    return start_behind(pieces, start_offset, high_watermark, earliest_ms, None)


def start_behind(
    pieces: Iterable[LogPiece], log_start_offset: int, high_watermark: int, earliest_ms: int | None, excess: int | None
) -> int:
    """Behind the last of `pieces`, the oldest of a log in order, that is to go.

    To go is what has no timestamp from `earliest_ms` on, and what does not have more bytes than there are in `excess` of the limit; None
    if there is no such limit. A limit that ends at one piece does not look at later ones.
    """
    start_offset = log_start_offset
    for piece in pieces:
        if piece.end_offset > high_watermark:
            break
        if excess is not None and piece.data_bytes <= excess:
            excess -= piece.data_bytes
            start_offset = piece.end_offset
            continue
        excess = None
        if earliest_ms is None or piece.max_timestamp >= earliest_ms:
            break
        if piece.max_timestamp >= 0:
            start_offset = piece.end_offset
    return start_offset
