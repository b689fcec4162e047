"""The record batch, format 2: a header of 61 bytes, then records that nobody but their producer and consumer looks into.

 0  base offset        int64     what the broker assigns; every record's offset is relative to it
 8  length             int32     bytes behind this field
12  leader epoch       int32     what the leader stamps
16  magic              int8      2
17  crc                uint32    CRC-32C of everything behind it
21  attributes         int16     bits 0-2 codec, 3 log append time, 4 transactional, 5 control, 6 delete horizon
23  last offset delta  int32
27  base timestamp     int64
35  max timestamp      int64
43  producer id        int64     -1 if there is none
51  producer epoch     int16
53  base sequence      int32
57  record count       int32
"""

from enum import Enum, IntEnum
from struct import Struct
from struct import error as StructError  # noqa: N812

from streambus.kernel import Buffer, message
from streambus.records.checksum import crc32c

HEADER_BYTES = 61
MAGIC = 2
SEQUENCE_MAX = 0x7FFF_FFFF

_HEADER = Struct(">qiibIhiqqqhii")
_unpack_header = _HEADER.unpack_from
_PREFIX = Struct(">qii")
LENGTH_COUNTS_FROM = 12
_LENGTH_MIN = HEADER_BYTES - LENGTH_COUNTS_FROM
_MAGIC_AT = 16
_CRC_AT = 17
_ATTRIBUTES_AT = 21
_MAX_TIMESTAMP_AT = 35
SUMMED_FROM = 21

CODEC_MASK = 0x07
LOG_APPEND_TIME = 0x08
TRANSACTIONAL = 0x10
CONTROL = 0x20
DELETE_HORIZON = 0x40


class Codec(IntEnum):
    """How the records of a batch are compressed, as its attributes say it."""

    NONE = 0
    GZIP = 1
    SNAPPY = 2
    LZ4 = 3
    ZSTD = 4


class BadBatchKind(Enum):
    """What kind of wrong: each is answered with another Kafka error."""

    CORRUPT = "corrupt"
    """The bytes are not what was once written: cut short, changed, or never a batch."""
    UNSUPPORTED_MAGIC = "unsupported magic"
    """A message set from before Kafka 0.11."""
    INVALID = "invalid"
    """Intact, but it contradicts itself."""
    TOO_LARGE = "too large"
    """Decompressed it is larger than we let anything grow."""


class BadBatch(ValueError):
    """Bytes that are no acceptable record batch. `reason` is for people, `kind` decides what the sender is told."""

    def __init__(self, reason: str, kind: BadBatchKind) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind


@message
class BatchHeader:
    """What the header of a batch says. Built by `parse_header`, positionally, for every batch that is produced."""

    base_offset: int
    length: int
    leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_offset_delta: int
    base_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    record_count: int

    @property
    def last_offset(self) -> int:
        """The offset of the last record (also after compaction, which may have removed that record)."""
        return self.base_offset + self.last_offset_delta

    @property
    def next_offset(self) -> int:
        """The offset behind the batch."""
        return self.base_offset + self.last_offset_delta + 1

    @property
    def size(self) -> int:
        """Bytes of the whole batch, header included."""
        return LENGTH_COUNTS_FROM + self.length

    @property
    def codec(self) -> Codec:
        """How the records are compressed; `ValueError` in a batch that was never checked."""
        return Codec(self.attributes & CODEC_MASK)

    @property
    def is_log_append_time(self) -> bool:
        """Whether every record's timestamp is `max_timestamp`, the time at which the leader appended the batch."""
        return bool(self.attributes & LOG_APPEND_TIME)

    @property
    def is_transactional(self) -> bool:
        """Whether the batch is part of a transaction."""
        return bool(self.attributes & TRANSACTIONAL)

    @property
    def is_control(self) -> bool:
        """Whether this is a marker of the broker's, not data."""
        return bool(self.attributes & CONTROL)

    @property
    def delete_horizon_ms(self) -> int | None:
        """From when on the tombstones of this batch, or its marker, may go (KIP-534); None if no cleaning has decided it yet."""
        return self.base_timestamp if self.attributes & DELETE_HORIZON else None

    @property
    def has_producer(self) -> bool:
        """Whether the producer numbers its batches (KIP-98)."""
        return self.producer_id >= 0

    @property
    def last_sequence(self) -> int:
        """The sequence number of the last record. Behind 2^31-1 comes 0."""
        return (self.base_sequence + self.last_offset_delta) & SEQUENCE_MAX


def parse_header(view: Buffer, position: int = 0) -> BatchHeader:
    """The header of the batch at `position`; `BadBatch` if there can be none. Neither CRC nor counts are looked at."""
    try:
        header = BatchHeader(*_unpack_header(view, position))
    except StructError:
        raise _no_header(view, position) from None
    if header.magic != MAGIC or header.length < _LENGTH_MIN:
        raise _no_header(view, position)
    return header


def check_batch(view: Buffer, header: BatchHeader, *, compacted: bool = False) -> None:
    """Raise `BadBatch` unless `view` begins with the whole, intact batch that `header` was parsed from, and it makes sense.

    Clients number their records without gaps, so there are as many as the last offset says. Only where compaction
    (`compacted`) has been at work may there be fewer, even none.
    """
    size = header.size
    if len(view) < size:
        raise BadBatch(f"a batch of {size} bytes ends after {len(view)}", BadBatchKind.CORRUPT)
    if crc32c(memoryview(view)[SUMMED_FROM:size]) != header.crc:
        raise BadBatch("the checksum of the batch is wrong", BadBatchKind.CORRUPT)
    count, offsets = header.record_count, header.last_offset_delta + 1
    if compacted:
        if not 0 <= count <= offsets:
            raise BadBatch(f"{count} records cannot have {offsets} offsets", BadBatchKind.INVALID)
    elif count < 1 or count != offsets:
        raise BadBatch(f"{count} records do not fill {offsets} offsets", BadBatchKind.INVALID)
    if header.attributes & CODEC_MASK > Codec.ZSTD:
        raise BadBatch(f"there is no codec {header.attributes & CODEC_MASK}", BadBatchKind.INVALID)
    if header.producer_id >= 0 and (header.producer_epoch < 0 or header.base_sequence < 0) and not header.is_control:
        raise BadBatch(f"producer {header.producer_id} gives no epoch or no sequence number", BadBatchKind.INVALID)


def split_batches(view: Buffer, *, partial_last: bool = False) -> list[tuple[BatchHeader, memoryview]]:
    """The batches that `view` consists of, unchecked but for their headers; `BadBatch` if it does not consist of batches.

    With `partial_last` a batch that is cut off at the end is left out: a fetch answer may end so.
    """
    whole = memoryview(view)
    batches: list[tuple[BatchHeader, memoryview]] = []
    position, end = 0, len(whole)
    while position < end:
        if partial_last and end - position < HEADER_BYTES:
            break
        header = parse_header(whole, position)
        after = position + header.size
        if after > end:
            if partial_last:
                break
            raise BadBatch(f"a batch of {header.size} bytes ends after {end - position}", BadBatchKind.CORRUPT)
        batches.append((header, whole[position:after]))
        position = after
    return batches


def stamped_prefix(header: BatchHeader, base_offset: int, leader_epoch: int) -> bytes:
    """The first 16 bytes of the batch as it is stored. The rest stays as it was received: the CRC starts behind these."""
    return _PREFIX.pack(base_offset, header.length, leader_epoch)


def pack_header(header: BatchHeader) -> bytes:
    """The 61 bytes that `parse_header` reads."""
    return _HEADER.pack(
        header.base_offset,
        header.length,
        header.leader_epoch,
        header.magic,
        header.crc,
        header.attributes,
        header.last_offset_delta,
        header.base_timestamp,
        header.max_timestamp,
        header.producer_id,
        header.producer_epoch,
        header.base_sequence,
        header.record_count,
    )


def with_log_append_time(view: Buffer, header: BatchHeader, timestamp: int) -> bytes:
    """A copy of the batch that says it was appended at `timestamp`, in milliseconds, with a new CRC (`message.timestamp.type`)."""
    return _restamped(view, header, header.attributes | LOG_APPEND_TIME, timestamp)


def with_create_time(view: Buffer, header: BatchHeader, max_timestamp: int) -> bytes:
    """A copy of the batch whose records have their own timestamps, up to `max_timestamp`, with a new CRC."""
    return _restamped(view, header, header.attributes & ~LOG_APPEND_TIME, max_timestamp)


def _restamped(view: Buffer, header: BatchHeader, attributes: int, max_timestamp: int) -> bytes:
    summed = bytearray(pack_header(header))
    summed[_ATTRIBUTES_AT : _ATTRIBUTES_AT + 2] = attributes.to_bytes(2, "big", signed=True)
    summed[_MAX_TIMESTAMP_AT : _MAX_TIMESTAMP_AT + 8] = max_timestamp.to_bytes(8, "big", signed=True)
    payload = memoryview(view)[HEADER_BYTES : header.size]
    summed[_CRC_AT:SUMMED_FROM] = crc32c(payload, crc32c(summed[SUMMED_FROM:])).to_bytes(4, "big")
    return b"".join((summed, payload))


def _no_header(view: Buffer, position: int) -> BadBatch:
    """Why there can be no batch at `position`. The magic stands at the same place in all formats."""
    available = len(view) - position
    if available > _MAGIC_AT and (magic := view[position + _MAGIC_AT]) != MAGIC:
        if magic < MAGIC:
            return BadBatch(f"record format {magic} is not supported, only {MAGIC}", BadBatchKind.UNSUPPORTED_MAGIC)
        return BadBatch(f"there is no record format {magic}", BadBatchKind.CORRUPT)
    if available < HEADER_BYTES:
        return BadBatch(f"{max(available, 0)} bytes are too few for the header of a batch", BadBatchKind.CORRUPT)
    length = int.from_bytes(view[position + 8 : position + 12], "big", signed=True)
    return BadBatch(f"a length of {length} is too short for a batch", BadBatchKind.CORRUPT)
