"""Logs to clean: made batch by batch, sealed in segments, cleaned, and read again."""

from memory_files import MemoryFiles
from sealed_tables import SegmentMaker

from streambus.records import BatchHeader, Codec, ControlType, Record, check_batch, decode_batch, encode_batch, parse_header
from streambus.storage.cleaning import CleanedLog, CleanLog
from streambus.storage.sealed import Directory, LogExtent, WorkDamaged, decode_rows
from streambus.storage.transactions import AbortedTransaction, Transactions

ABORT, COMMIT = ControlType.ABORT, ControlType.COMMIT
LOG = 7
RETENTION_MS = 10
MARKER_VALUE = b"\0\0\0\0\0\1"

Pair = tuple[bytes | None, bytes | None]


def marker_batch(control: ControlType, producer_id: int, base_offset: int) -> bytes:
    """The end of a transaction."""
    record = Record(b"\0\0" + control.to_bytes(2, "big"), MARKER_VALUE, timestamp=base_offset)
    return encode_batch(
        [record], base_offset=base_offset, leader_epoch=1, producer_id=producer_id, producer_epoch=0, is_transactional=True, is_control=True
    )


def extents_of(*directories: Directory) -> tuple[LogExtent, ...]:
    """All that these tables have of the log."""
    return tuple(
        LogExtent(
            LOG,
            directory.info.file,
            directory.info.number,
            directory.positions[block],
            directory.lengths[block],
            directory.first_offsets[block],
            directory.end_offsets[block],
            directory.checksums[block],
        )
        for directory in directories
        for block in directory.blocks_of(LOG)
    )


def batches_of(files: MemoryFiles, extents: tuple[LogExtent, ...]) -> list[bytes]:
    """All batches of extents that lie beside each other, without a gap between the extents."""
    batches: list[bytes] = []
    for before, extent in zip((None, *extents), extents, strict=False):
        assert before is None or before.end_offset == extent.first_offset
        rows = decode_rows(files.read(extent.file, extent.position, extent.length), extent.table, extent.position)
        for row, base_offset in enumerate(rows.base_offsets):
            batch = files.read(extent.file, rows.positions[row], rows.sizes[row])
            header = parse_header(batch)
            check_batch(batch, header, compacted=True)
            assert (header.base_offset, header.size) == (base_offset, rows.sizes[row])
            assert (header.max_timestamp, header.producer_id) == (rows.max_timestamps[row], rows.producer_ids[row])
            assert extent.first_offset <= base_offset < header.next_offset <= extent.end_offset
            batches.append(batch)
    return batches


def records_of(batches: list[bytes]) -> dict[int, Record]:
    """The data in the batches, by offset."""
    headers = [(parse_header(batch), batch) for batch in batches]
    return {record.offset: record for header, batch in headers if not header.is_control for record in decode_batch(header, batch)}


class LogMaker:
    """A log that is written, sealed and cleaned; and all that was ever written to it."""

    def __init__(self) -> None:
        self.files = MemoryFiles()
        self.transactions = Transactions()
        self.last_batches: dict[int, int] = {}
        self.sequences: dict[int, int] = {}
        self.written: list[bytes] = []
        self.unsealed: list[bytes] = []
        self.extents: tuple[LogExtent, ...] = ()
        self.end_offset = 0
        self.cleaned_end = 0
        self.next_table = 0
        self.wal_position = 0

    def data(self, *pairs: Pair, producer_id: int = -1, transactional: bool = False, codec: Codec = Codec.NONE, timestamp: int = -1) -> int:
        """Write a batch of keys and values."""
        first = self.end_offset if timestamp < 0 else timestamp
        records = [Record(key, value, (("h", b"1"),), first + row) for row, (key, value) in enumerate(pairs)]
        sequence = self.sequences.get(producer_id, 0) if producer_id >= 0 else -1
        self.sequences[producer_id] = sequence + len(pairs)
        batch = encode_batch(
            records,
            codec=codec,
            base_offset=self.end_offset,
            leader_epoch=1,
            producer_id=producer_id,
            producer_epoch=0 if producer_id >= 0 else -1,
            base_sequence=sequence,
            is_transactional=transactional,
        )
        return self.append(batch)

    def marker(self, control: ControlType, producer_id: int) -> int:
        """Write the end of a transaction."""
        return self.append(marker_batch(control, producer_id, self.end_offset), control)

    def append(self, batch: bytes, control: ControlType | None = None) -> int:
        """Write a batch."""
        header = parse_header(batch)
        base_offset = self.end_offset
        assert header.base_offset == base_offset
        self.transactions.append(header, base_offset, control)
        if header.producer_id >= 0 and not header.is_control:
            self.last_batches[header.producer_id] = header.last_offset
        self.written.append(batch)
        self.unsealed.append(batch)
        self.end_offset = header.next_offset
        return base_offset

    def seal(self, batches_per_segment: int = 1_000) -> None:
        """Seal what was written since, in segments of so many batches."""
        for low in range(0, len(self.unsealed), batches_per_segment):
            segment = SegmentMaker(self.files, self.next_table, self.wal_position, self.next_table)
            for batch in self.unsealed[low : low + batches_per_segment]:
                segment.append(LOG, batch, between=len(batch) % 3 * 50)
            self.extents += extents_of(segment.seal())
            self.wal_position += len(segment.data)
            self.next_table += 1
        self.unsealed = []

    def task(self, now_ms: int, *, key_map_bytes: int = 1 << 20, table_bytes: int = 1 << 20, last_batches: bool = True) -> CleanLog:
        """To clean what may be cleaned."""
        return CleanLog(
            range(self.next_table, self.next_table + 100),
            1,
            self.extents,
            self.cleaned_end,
            min(self.transactions.last_stable_offset(self.end_offset), self.extents[-1].end_offset),
            RETENTION_MS,
            now_ms,
            tuple(self.aborted()),
            tuple(self.last_batches.items()) if last_batches else (),
            table_bytes,
            self.wal_position,
            key_map_bytes,
        )

    def clean(self, now_ms: int, **options: int) -> CleanedLog:
        """Clean what may be cleaned; the log is what came of it."""
        task = self.task(now_ms, **options)
        cleaned = task.run(self.files)
        assert not isinstance(cleaned, WorkDamaged), cleaned
        assert not self.files.dirty
        assert not self.files.has_dirty_names
        self.next_table += 100
        whole = (self.extents[0].first_offset, self.extents[-1].end_offset)
        self.extents = extents_of(*map(Directory.decode, cleaned.directories))
        assert whole == (self.extents[0].first_offset, self.extents[-1].end_offset)
        self.cleaned_end = cleaned.cleaned_end
        return cleaned

    def aborted(self) -> list[AbortedTransaction]:
        """All that were aborted."""
        return self.transactions.aborted_between(0, self.end_offset)

    def batches(self) -> list[bytes]:
        """What is left."""
        return batches_of(self.files, self.extents)

    def headers(self) -> list[BatchHeader]:
        """The headers of what is left."""
        return list(map(parse_header, self.batches()))

    def pairs(self) -> dict[int, Pair]:
        """The data that is left: keys and values by offset."""
        return {offset: (record.key, record.value) for offset, record in records_of(self.batches()).items()}
