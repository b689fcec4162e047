"""Whether a store is what the model says."""

from typing import Any

import attrs

from streambus.records import BadBatch, check_batch, decode_batch, parse_header
from streambus.sim.stores.life import StoreLife
from streambus.sim.stores.model import ModelBatch, ModelLog, StoreModel
from streambus.sim.stores.wrong import Wrong
from streambus.storage import Log, LogId, Stop, Unreadable


@attrs.define
class Cleanings:
    """What was asked of cleaning: of logs, by their serial numbers, up to where at most; and whether no horizon of deletion ever comes."""

    limits: dict[int, int] = attrs.Factory(dict)
    stable: dict[int, int] = attrs.Factory(dict)
    """Where these logs ended then: a broker does not truncate below that."""
    shortened: dict[int, None] = attrs.Factory(dict)
    """Logs that were truncated all the same: of a key whose newest record went, the one before may be gone already."""
    keeps_tombstones: bool = True


def compare(what: str, found: Any, expected: Any) -> None:
    """The two must be equal."""
    if found != expected:
        raise Wrong(f"{what} is {_short(found)}, expected {_short(expected)}")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"


def judge(life: StoreLife, model: StoreModel, cleanings: Cleanings) -> None:
    """Everything in the store, all of it read by way of the disk."""
    compare("the set of logs", sorted(life.store.logs), sorted(model.logs))
    for log_id, expected in sorted(model.logs.items()):
        judge_log(life, life.store.logs[log_id], expected, cleanings)
    for table_id in sorted({*life.store.tables, *model.tables}):
        for key in (b"", b"k1", b"k4"):
            value = life.waiting(lambda key=key, table_id=table_id: life.store.get(table_id, key))  # type: ignore[misc]
            compare(f"key {key!r} of table {table_id}", value, model.tables.get(table_id, {}).get(key))
        entries = life.waiting(lambda table_id=table_id: dict(life.store.scan(table_id)))  # type: ignore[misc]
        compare(f"table {table_id}", list(entries.items()), sorted(model.tables.get(table_id, {}).items()))


def judge_log(life: StoreLife, log: Log, expected: ModelLog, cleanings: Cleanings) -> None:
    """Batches, indexes and state of one log."""
    judge_state(log, expected, is_cleaned=expected.serial in cleanings.limits)
    batches = read_all(life, log)
    if expected.serial in cleanings.limits:
        judge_cleaned(log, batches, expected, cleanings)
        return
    compare(
        f"what is in log {log.log_id}",
        [without_epoch(batch) for batch in batches],
        [without_epoch(batch.stored) for batch in expected.batches],
    )
    for timestamp in sorted({0, 1 << 60, *[batch.header.max_timestamp for batch in expected.batches]}):
        found = life.waiting(lambda timestamp=timestamp: log.batch_at_time(timestamp))  # type: ignore[misc]
        compare(f"the batch at time {timestamp} of {log.log_id}", found and found.base_offset, expected.first_reaching(timestamp))
    latest = life.waiting(log.batch_of_max_timestamp)
    compare(f"the batch with the largest timestamp of {log.log_id}", latest and latest.base_offset, expected.with_largest_timestamp())


def read_all(life: StoreLife, log: Log) -> list[bytes]:
    """All batches of a log."""
    batches: list[bytes] = []
    offset = log.log_start_offset
    while offset < log.log_end_offset:
        read = life.read(log, offset, log.log_end_offset, 1 << 40, at_least_one=True)
        if read.stopped is Stop.DAMAGED:
            raise Wrong(f"offset {read.next_offset} of {log.log_id} is called damaged, though nothing is")
        if read.next_offset <= offset:
            raise Wrong(f"reading {log.log_id} does not go on at offset {offset}")
        data = life.bytes_of(read)
        compare(f"the length of what is read of {log.log_id}", len(data), read.length)
        batches += split(data)
        offset = read.next_offset
    return batches


def without_epoch(batch: bytes) -> bytes:
    """A batch but for its leader epoch, which no checksum covers that is at hand once it is in a table."""
    return batch[:12] + batch[16:]


def split(data: bytes) -> list[bytes]:
    """Batches that lie side by side."""
    batches: list[bytes] = []
    position = 0
    while position < len(data):
        try:
            size = parse_header(data, position).size
        except BadBatch as bad:
            raise Wrong(f"what is read is no batch: {bad}") from bad
        batches.append(data[position : position + size])
        position += size
    return batches


def judge_state(log: Log, expected: ModelLog, *, is_cleaned: bool) -> None:
    """What a log knows without reading."""
    name = log.log_id
    compare(f"the beginning and end of {name}", (log.log_start_offset, log.log_end_offset), (expected.start, expected.end))
    epochs = tuple(zip(log.epochs.epochs, log.epochs.start_offsets, strict=True))
    compare(f"the leader epochs of {name}", epochs, expected.epochs)
    opened, ended = expected.transactions()
    starts = {number: max(first, expected.start) for number, first in opened.items()}
    compare(f"the open transactions of {name}", dict(log.transactions.open), starts)
    aborted = [
        (one.producer_id, max(one.first_offset, expected.start), one.marker_offset)
        for one in ended
        if one.is_aborted and one.marker_offset >= expected.start
    ]
    index = log.transactions.aborted_between(expected.start, expected.end)
    found = [(one.producer_id, max(one.first_offset, expected.start), one.last_offset) for one in index]
    if not is_cleaned:
        compare(f"the aborted transactions of {name}", found, aborted)
    elif not set(found) <= set(aborted):
        raise Wrong(f"transactions of {name} are called aborted that were not: {found}, expected {aborted}")
    _judge_producers(log, expected)


def _judge_producers(log: Log, expected: ModelLog) -> None:
    for number in sorted({*log.producers.by_id, *expected.producers}):
        batches = expected.producers.get(number, ())
        known = [(batch.header.base_sequence, batch.base_offset, batch.next_offset - 1) for batch in batches]
        producer = log.producers.by_id.get(number)
        remembered = [(batch.base_sequence, batch.base_offset, batch.last_offset) for batch in producer.batches] if producer else []
        if number in expected.vague:
            known = known[len(known) - len(remembered) :]
        compare(f"what is remembered of producer {number} in {log.log_id}", remembered, known)


# Cleaned logs ----------------------------------------------------------------------------------------------------------


def judge_cleaned(log: Log, batches: list[bytes], expected: ModelLog, cleanings: Cleanings) -> None:
    """What cleaning may have left, record by record."""
    name, limit = log.log_id, cleanings.limits[expected.serial]
    written = {batch.base_offset: batch for batch in expected.batches}
    kept: dict[int, tuple[bytes | None, bytes | None]] = {}
    markers: list[int] = []
    for stored in batches:
        header = parse_header(stored)
        check_batch(stored, header, compacted=True)
        origin = written.get(header.base_offset)
        if origin is None:
            raise Wrong(f"{name} has a batch at offset {header.base_offset}, where none was written")
        compare(f"the end of the batch at {header.base_offset} of {name}", header.next_offset, origin.next_offset)
        if header.base_offset >= limit:
            compare(
                f"the batch at {header.base_offset} of {name}, which nobody may clean", without_epoch(stored), without_epoch(origin.stored)
            )
        if header.is_control:
            markers.append(header.base_offset)
            continue
        records = {record.offset: (record.key, record.value) for record in origin.records}
        for record in decode_batch(header, stored) if header.record_count else ():
            compare(f"the record at {record.offset} of {name}", (record.key, record.value), records.get(record.offset))
            kept[record.offset] = (record.key, record.value)
    if expected.serial not in cleanings.shortened:
        _judge_left(log, expected, kept, limit, keeps_tombstones=cleanings.keeps_tombstones)
        _judge_markers(name, expected, kept, markers, limit, keeps_all=cleanings.keeps_tombstones)
        present = {parse_header(stored).base_offset: None for stored in batches}
        for number, remembered in expected.producers.items():
            last = remembered[-1]
            if last.base_offset >= expected.start and last.base_offset not in present:
                raise Wrong(f"the last batch of producer {number}, at {last.base_offset} of {name}, is gone")


def _judge_left(
    log: Log, expected: ModelLog, kept: dict[int, tuple[bytes | None, bytes | None]], limit: int, *, keeps_tombstones: bool
) -> None:
    name = log.log_id
    _, ended = expected.transactions()
    index = [(one.producer_id, one.first_offset, one.last_offset) for one in log.transactions.aborted_between(expected.start, expected.end)]
    truth: dict[bytes | None, tuple[int, bytes | None]] = {}
    seen: dict[bytes | None, tuple[int, bytes | None]] = {}
    for batch in expected.batches:
        is_aborted = any(
            one.is_aborted and one.producer_id == batch.header.producer_id and one.first_offset <= batch.base_offset < one.marker_offset
            for one in ended
            if batch.header.is_transactional
        )
        hidden = any(
            number == batch.header.producer_id and first <= max(batch.base_offset, expected.start) <= last
            for number, first, last in index
            if batch.header.is_transactional
        )
        for record in batch.records:
            if record.offset < expected.start:
                continue
            if record.offset >= limit and record.offset not in kept:
                raise Wrong(f"the record at {record.offset} of {name} is gone, but nothing from {limit} on may be cleaned")
            if not is_aborted and record.key is not None:
                truth[record.key] = (record.offset, record.value)
            if not hidden and record.offset in kept and record.key is not None:
                seen[record.key] = (record.offset, record.value)
    for key, (offset, value) in truth.items():
        if seen.get(key, (0, None))[1] != value or (offset not in kept and (value is not None or keeps_tombstones)):
            raise Wrong(f"the newest record of key {key!r} in {name}, at {offset}, is {seen.get(key)} after cleaning, expected {value!r}")
    for key in sorted(key for key in seen if key is not None and key not in truth):
        raise Wrong(f"key {key!r} of {name} has a record that was aborted")


def _judge_markers(
    name: LogId, expected: ModelLog, kept: dict[int, tuple[bytes | None, bytes | None]], markers: list[int], limit: int, *, keeps_all: bool
) -> None:
    _, ended = expected.transactions()
    present = dict.fromkeys(markers)
    for one in ended:
        offsets = [
            record.offset
            for batch in expected.batches
            if batch.header.is_transactional and batch.header.producer_id == one.producer_id and one.first_offset <= batch.base_offset
            for record in batch.records
            if record.offset < one.marker_offset
        ]
        has_data = any(offset in kept for offset in offsets)
        if (
            one.marker_offset not in present
            and one.marker_offset >= expected.start
            and (has_data or keeps_all or one.marker_offset >= limit)
        ):
            raise Wrong(f"the marker at {one.marker_offset} of {name} went before its data")


def leftovers(batches: list[bytes], expected: ModelLog, cleaned_end: int, *, is_shortened: bool) -> None:
    """Below `cleaned_end` nothing is left that a newer record below it made needless, and nothing that was aborted.

    A log that was truncated may have transactions that ended differently when it was cleaned.
    """
    _, ended = expected.transactions()
    newest: dict[bytes | None, int] = {}
    for batch in expected.batches:
        if batch.base_offset < cleaned_end and not _is_aborted(batch, ended) and not (is_shortened and batch.header.is_transactional):
            newest.update({record.key: record.offset for record in batch.records if record.offset < cleaned_end})
    for stored in batches:
        header = parse_header(stored)
        origin = next(batch for batch in expected.batches if batch.base_offset == header.base_offset)
        if header.is_control or header.next_offset > cleaned_end or not header.record_count:
            continue
        for record in decode_batch(header, stored):
            if _is_aborted(origin, ended) and not is_shortened:
                raise Wrong(f"the record at {record.offset} was aborted and is there after cleaning")
            if newest.get(record.key, record.offset) > record.offset:
                raise Wrong(f"the record at {record.offset} is older than another one of its key, and there after cleaning")


def _is_aborted(batch: ModelBatch, ended: list[Any]) -> bool:
    return batch.header.is_transactional and any(
        one.is_aborted and one.producer_id == batch.header.producer_id and one.first_offset <= batch.base_offset < one.marker_offset
        for one in ended
    )


# Damage ----------------------------------------------------------------------------------------------------------------


def judge_what_is_left(life: StoreLife, model: StoreModel, cleanings: Cleanings) -> dict[LogId, list[int]]:
    """Behind damage: what is served is right. Returns the offsets of each log at which nothing is served."""
    lost: dict[LogId, list[int]] = {}
    for log_id, expected in sorted(model.logs.items()):
        log = life.store.logs[log_id]
        written = {batch.base_offset: without_epoch(batch.stored) for batch in expected.batches}
        offset = log.log_start_offset
        while offset < log.log_end_offset:
            read = life.read(log, offset, log.log_end_offset, 1 << 40, at_least_one=True)
            for stored in split(life.bytes_of(read)):
                header = parse_header(stored)
                if expected.serial not in cleanings.limits:
                    compare(f"the batch at {header.base_offset} of {log_id}", without_epoch(stored), written.get(header.base_offset))
            if read.next_offset == offset:
                if read.stopped is not Stop.DAMAGED:
                    raise Wrong(f"reading {log_id} does not go on at offset {offset}")
                lost.setdefault(log_id, []).append(offset)
                read_end = next((batch.next_offset for batch in expected.batches if batch.next_offset > offset), offset + 1)
                offset = read_end
            else:
                offset = read.next_offset
        if expected.serial not in cleanings.limits:
            _served(life, log, expected, lost.get(log_id, []))
    for table_id in sorted(model.tables):
        for key in (b"", b"k1", b"k2", b"k3", b"k4", b"z"):
            try:
                value = life.waiting(lambda key=key, table_id=table_id: life.store.get(table_id, key))  # type: ignore[misc]
            except Unreadable:
                continue
            compare(f"key {key!r} of table {table_id}", value, model.tables[table_id].get(key))
    return lost


def _served(life: StoreLife, log: Log, expected: ModelLog, lost: list[int]) -> None:
    """Every batch is served, or said to be lost."""
    for batch in expected.batches:
        offset = max(batch.base_offset, expected.start)
        if offset in lost:
            continue
        read = life.read(log, offset, offset + 1, 1 << 40, at_least_one=True)
        if read.stopped is not Stop.DAMAGED:
            compare(f"the batch at {batch.base_offset} of {log.log_id}", without_epoch(life.bytes_of(read)), without_epoch(batch.stored))
