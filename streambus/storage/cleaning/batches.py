"""Cleaning one batch: which of its records stay."""

from collections.abc import Iterable

from streambus.kernel import Buffer
from streambus.records import (
    DECOMPRESSED_BYTES_MAX,
    BadBatch,
    BatchContents,
    BatchHeader,
    control_type,
    encode_emptied,
    encode_kept,
    read_contents,
)
from streambus.storage.cleaning.key_map import KeyMap
from streambus.storage.cleaning.outcomes import Outcomes


class Cleaning:
    """One walk over a log that leaves out what is not needed: what it knows, and what it has counted.

    `keys` knows the newest records of the dirty part, up to its `end_offset`; from there on everything stays. `last_batches` are producers
    with the last offset of a batch of theirs that must not vanish; `last_base_offset` is where the last batch of all begins.
    """

    __slots__ = (
        "decompressed_bytes_max",
        "delete_horizon_ms",
        "keys",
        "last_base_offset",
        "last_batches",
        "now_ms",
        "outcomes",
        "records_after",
        "records_before",
        "unreadable_batches",
    )

    def __init__(
        self,
        keys: KeyMap,
        outcomes: Outcomes,
        *,
        last_batches: Iterable[tuple[int, int]] = (),
        last_base_offset: int = -1,
        now_ms: int,
        delete_retention_ms: int,
        decompressed_bytes_max: int = DECOMPRESSED_BYTES_MAX,
    ) -> None:
        self.keys = keys
        self.outcomes = outcomes
        self.last_batches = dict.fromkeys(last_batches)
        self.last_base_offset = last_base_offset
        self.now_ms = now_ms
        self.delete_horizon_ms = now_ms + delete_retention_ms
        """Until when tombstones and markers stay that are met for the first time."""
        self.decompressed_bytes_max = decompressed_bytes_max
        self.records_before = 0
        self.records_after = 0
        self.unreadable_batches = 0


def note_keys(keys: KeyMap, outcomes: Outcomes, header: BatchHeader, batch: Buffer, first_offset: int, end_offset: int) -> None:
    """The first walk, over the dirty part: remember the keys of a batch, of records from `first_offset` on and below `end_offset`.

    Markers have no keys that mean anything to users, whatever their bytes are; aborted records outdate nothing.
    """
    if header.is_control or outcomes.meet_data(header) or not header.record_count:
        return
    try:
        contents = read_contents(header, batch)
    except BadBatch:
        return
    base_offset, found = header.base_offset, contents.keys
    offsets = [base_offset + offset for offset in contents.offsets]
    if base_offset < first_offset or header.next_offset > end_offset:
        rows = [row for row, offset in enumerate(offsets) if first_offset <= offset < end_offset]
        offsets, found = [offsets[row] for row in rows], [found[row] for row in rows]
    keys.add(found, offsets)


def clean_batch(cleaning: Cleaning, header: BatchHeader, batch: Buffer) -> Buffer | None:
    """The second walk, over all of the log: what stays of a whole, intact batch; None if nothing does.

    A batch that stays as it is, is returned as it is. Otherwise offsets, sequences, epochs and codec stay, and the checksum fits.
    """
    cleaning.records_before += header.record_count
    cleaned = _clean_control(cleaning, header, batch) if header.is_control else _clean_data(cleaning, header, batch)
    if cleaned is batch:
        cleaning.records_after += header.record_count
    return cleaned


def _clean_data(cleaning: Cleaning, header: BatchHeader, batch: Buffer) -> Buffer | None:
    is_aborted = cleaning.outcomes.meet_data(header)
    clean_end = cleaning.keys.end_offset
    if header.base_offset >= clean_end:
        return batch
    if is_aborted or not header.record_count:
        return _without_records(cleaning, header, batch)
    try:
        contents = read_contents(header, batch, limit=cleaning.decompressed_bytes_max)
    except BadBatch:
        # Its checksum is right, so this is what a producer sent. No reader can make more of it than we can; nobody asked us to drop it.
        cleaning.unreadable_batches += 1
        return batch
    rows = _rows_that_stay(cleaning, header, contents)
    if not rows:
        return _without_records(cleaning, header, batch)
    gets_horizon = header.delete_horizon_ms is None and header.next_offset <= clean_end and _has_any(contents.tombstones, rows)
    if len(rows) == len(contents) and not gets_horizon:
        return batch
    cleaning.records_after += len(rows)
    return encode_kept(header, contents, rows, delete_horizon_ms=cleaning.delete_horizon_ms if gets_horizon else None)


def _rows_that_stay(cleaning: Cleaning, header: BatchHeader, contents: BatchContents) -> list[int]:
    """The records that are the newest of their keys, without the tombstones whose time is over."""
    offsets, base_offset, clean_end = contents.offsets, header.base_offset, cleaning.keys.end_offset
    newest = cleaning.keys.newest(contents.keys)
    rows = [row for row, last_offset in enumerate(newest) if base_offset + offsets[row] >= min(last_offset, clean_end)]
    horizon_ms = header.delete_horizon_ms
    if contents.tombstones and horizon_ms is not None and horizon_ms <= cleaning.now_ms:
        over = {row: None for row in contents.tombstones if base_offset + offsets[row] < clean_end}
        return [row for row in rows if row not in over]
    return rows


def _clean_control(cleaning: Cleaning, header: BatchHeader, batch: Buffer) -> Buffer | None:
    """A marker stays until nothing is left of its transaction, and then as long again as a tombstone."""
    is_over = cleaning.outcomes.meet_marker(header, control_type(header, batch))
    if not is_over or header.base_offset >= cleaning.keys.end_offset:
        return batch
    if not header.record_count:
        return _without_records(cleaning, header, batch)
    horizon_ms = header.delete_horizon_ms
    if horizon_ms is None:
        contents = read_contents(header, batch)
        cleaning.records_after += len(contents)
        return encode_kept(header, contents, list(range(len(contents))), delete_horizon_ms=cleaning.delete_horizon_ms)
    return _without_records(cleaning, header, batch) if horizon_ms <= cleaning.now_ms else batch


def _without_records(cleaning: Cleaning, header: BatchHeader, batch: Buffer) -> Buffer | None:
    """Nothing, unless it is the batch itself that is needed: it says how far its producer came, or where the log ends."""
    if (header.producer_id, header.last_offset) not in cleaning.last_batches and header.base_offset != cleaning.last_base_offset:
        return None
    return encode_emptied(header) if header.record_count else batch


def _has_any(some: list[int], rows: list[int]) -> bool:
    """Whether any of `some` is in `rows`."""
    if not some:
        return False
    present = dict.fromkeys(rows)
    return any(row in present for row in some)
