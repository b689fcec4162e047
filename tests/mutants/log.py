"""Bugs in the log and its indexes."""

from bisect import bisect_right
from typing import Any

from streambus.kernel import FileSlice
from streambus.sim.mutation import Patch, mutant
from streambus.storage.batch_index import BatchIndex, BatchLocation
from streambus.storage.log import Log
from streambus.storage.reading import LogRead
from streambus.storage.recent import RecentBatches
from streambus.storage.store import Store
from streambus.storage.time_index import TimeIndex
from streambus.storage.wal_segments import Segments


@mutant("P09", breaks="an offset is given once", needs="a new segment")
def gives_an_offset_twice_at_a_segment_boundary(patch: Patch) -> None:
    """The end of the log is not moved on by the first batch of a new segment."""

    def append(original: Any, store: Store, turn: Any, log: Log, *arguments: Any) -> int:
        segment, end = store.wal.gathering.segment, log.log_end_offset
        base_offset: int = original(store, turn, log, *arguments)
        if store.wal.gathering.segment != segment and end:
            log.log_end_offset = log.index.end_offset = end
        return base_offset

    patch.wrap(Store, "append", append)


@mutant("I19", breaks="nobody reads what is not committed", needs="a reader at the end, then a crash")
def reads_beyond_the_high_watermark(patch: Patch) -> None:
    """A read goes on to the end of the log."""

    def read(original: Any, log: Log, offset: int, _end_offset: int, max_bytes: int, at_least_one: bool) -> LogRead:
        result: LogRead = original(log, offset, log.log_end_offset, max_bytes, at_least_one=at_least_one)
        return result

    patch.wrap(Log, "read", read)


@mutant("X02", breaks="a read begins with the batch that holds its offset", needs="a reader inside of a batch")
def skips_to_the_next_batch(patch: Patch) -> None:
    """Who asks for an offset in the middle of a batch gets the next batch."""

    def row_of(original: Any, index: BatchIndex, offset: int) -> int:
        row: int = original(index, offset)
        inside = 0 <= row < len(index) - 1 and index.base_offsets[row] < offset
        return row + 1 if inside else row

    patch.wrap(BatchIndex, "row_of", row_of)


@mutant("X03", breaks="offsets by time", needs="a look-up of a timestamp that a batch ends with")
def time_index_looks_behind_equal_timestamps(patch: Patch) -> None:
    """A batch whose largest timestamp is exactly the one that is asked for is passed over."""

    def first_reaching(times: TimeIndex, timestamp: int) -> int | None:
        row = bisect_right(times.timestamps, timestamp)
        return times.base_offsets[row] if row < len(times.timestamps) else None

    patch.replace(TimeIndex, "first_reaching", first_reaching)


@mutant("X04", breaks="the offset of the largest timestamp", needs="a clock that went back")
def takes_the_last_batch_for_the_newest(patch: Patch) -> None:
    """The batch with the largest timestamp is believed to be the last one."""

    def batch_of_max_timestamp(original: Any, log: Log) -> BatchLocation | None:
        found: BatchLocation | None = log.index.location(len(log.index) - 1) if len(log.index) else original(log)
        return found

    patch.wrap(Log, "batch_of_max_timestamp", batch_of_max_timestamp)


@mutant("X05", breaks="what is read is what was written", needs="a read from a file, of the first batch of a segment")
def looks_for_a_batch_in_the_segment_before(patch: Patch) -> None:
    """The first batch of a segment is looked for at the end of the one before."""

    def slice_of(original: Any, segments: Segments, position: int, length: int) -> FileSlice:
        found: FileSlice = original(segments, position, length)
        if found.position < 64 and len(segments.starts) > 1 and position > segments.starts[1]:
            return FileSlice(original(segments, position - found.position - 1, 1).file, found.position, length)
        return found

    patch.wrap(Segments, "slice_of", slice_of)


@mutant("X06", breaks="limits", needs="more bytes than are to be kept in memory")
def keeps_all_recent_batches(patch: Patch) -> None:
    """Recent batches never leave the memory."""

    def keep(recent: RecentBatches, log: Log, base_offset: int, batch: bytes, _logs: dict[int, Log]) -> None:
        log.recent[base_offset] = batch
        recent.entries.append((log.keyspace, base_offset, len(batch)))
        recent.bytes += len(batch)

    patch.replace(RecentBatches, "keep", keep)


@mutant("X07", breaks="limits of a read", needs="a reader far behind")
def reads_more_than_was_asked_for(patch: Patch) -> None:
    """A read does not look at its limit of bytes."""

    def read(original: Any, log: Log, offset: int, end_offset: int, max_bytes: int, at_least_one: bool) -> LogRead:
        limit = max_bytes if max_bytes == 1 else 1 << 40
        result: LogRead = original(log, offset, end_offset, limit, at_least_one=at_least_one)
        return result

    patch.wrap(Log, "read", read)


@mutant("X08", breaks="a reader always gets on", needs="a batch larger than the reader's limit")
def stops_at_a_batch_that_is_too_large(patch: Patch) -> None:
    """A batch that is larger than the limit is not sent, not even as the only one."""

    def read(original: Any, log: Log, offset: int, end_offset: int, max_bytes: int, at_least_one: bool) -> LogRead:
        result: LogRead = original(log, offset, end_offset, max_bytes, at_least_one=at_least_one and max_bytes == 1)
        return result

    patch.wrap(Log, "read", read)


@mutant("X09", breaks="what is read is what was written", needs="a topic that is deleted and made again, or several logs")
def mixes_up_logs_of_equal_numbers(patch: Patch) -> None:
    """When a log is dropped, the next one gets its number again."""

    def drop_log(original: Any, store: Store, turn: Any, log_id: Any) -> None:
        number = store.logs[log_id].keyspace
        original(store, turn, log_id)
        if number == store.keyspaces.last_number:
            store.keyspaces.last_number = number - 1

    patch.wrap(Store, "drop_log", drop_log)
