"""What is in a batch, column by column, and the same batch with some of it gone: for those who clean logs.

Cleaning opens every batch of a log, but wants to know little of each record: its key, its offset, whether its value is null. So a record
is not decoded, but found: what is kept is copied byte for byte, and stays what its producer wrote. A batch that loses records keeps its
first and last offset, its sequences and its epochs; nobody can tell from the numbers of those that are left that there were others.
"""

from streambus.kernel import Buffer
from streambus.records.batch import (
    CODEC_MASK,
    DELETE_HORIZON,
    HEADER_BYTES,
    LENGTH_COUNTS_FROM,
    SUMMED_FROM,
    BadBatch,
    BadBatchKind,
    BatchHeader,
    Codec,
    pack_header,
)
from streambus.records.checksum import crc32c
from streambus.records.codecs import DECOMPRESSED_BYTES_MAX, compress, decompress
from streambus.records.varints import read_varint, varint_of

NO_TIMESTAMP = -1
_NULL = 1
"""The length -1 as a varint."""


class BatchContents:
    """The records of one batch. In every column but `tombstones` there is one row per record.

    `starts` says where each begins in `data`, and where the last one ends; `bodies` where its offset stands, which is behind its timestamp.
    `timestamps` and `offsets` are relative to the batch's. `tombstones` are the rows without a value.
    """

    __slots__ = ("bodies", "data", "keys", "offsets", "starts", "timestamps", "tombstones")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.starts: list[int] = [0]
        self.bodies: list[int] = []
        self.timestamps: list[int] = []
        self.offsets: list[int] = []
        self.keys: list[bytes | None] = []
        self.tombstones: list[int] = []

    def __len__(self) -> int:
        return len(self.keys)


def read_contents(header: BatchHeader, batch: Buffer, *, limit: int = DECOMPRESSED_BYTES_MAX) -> BatchContents:
    """What is in a whole, intact batch, which grows to at most `limit` bytes. `BadBatch` if these are no records of this batch."""
    codec = header.attributes & CODEC_MASK
    if codec > Codec.ZSTD:
        raise BadBatch(f"there is no codec {codec}", BadBatchKind.INVALID)
    payload = memoryview(batch)[HEADER_BYTES : header.size]
    contents = BatchContents(bytes(decompress(Codec(codec), payload, limit) if codec else payload))
    try:
        _find_records(contents, header)
    except IndexError:
        raise BadBatch("the records end too early", BadBatchKind.INVALID) from None
    return contents


def encode_kept(header: BatchHeader, contents: BatchContents, rows: list[int], *, delete_horizon_ms: int | None = None) -> bytes:
    """The batch with only those records that are in `rows`, at least one, in the codec that it was in.

    With `delete_horizon_ms` it also says from when on its tombstones may go (KIP-534), which takes the place of the base timestamp.
    """
    base_timestamp, attributes = header.base_timestamp, header.attributes
    if delete_horizon_ms is None:
        data, starts = contents.data, contents.starts
        pieces = [data[starts[row] : starts[row + 1]] for row in rows]
    else:
        pieces = _moved_in_time(contents, rows, base_timestamp - delete_horizon_ms)
        base_timestamp, attributes = delete_horizon_ms, attributes | DELETE_HORIZON
    if header.is_log_append_time:
        max_timestamp = header.max_timestamp
    else:
        timestamps = contents.timestamps
        max_timestamp = header.base_timestamp + max([timestamps[row] for row in rows])
    return encode_changed(header, attributes, base_timestamp, max_timestamp, len(rows), compress(header.codec, b"".join(pieces)))


def encode_emptied(header: BatchHeader) -> bytes:
    """The batch without any of its records: what tells how far its producer, or the log, has come."""
    attributes = header.attributes & ~(CODEC_MASK | DELETE_HORIZON)
    return encode_changed(header, attributes, NO_TIMESTAMP, header.max_timestamp, 0, b"")


def encode_changed(
    header: BatchHeader, attributes: int, base_timestamp: int, max_timestamp: int, record_count: int, payload: Buffer
) -> bytes:
    """The batch of `header` with other records: its place, its producer and its sequences stay."""
    changed = BatchHeader(
        header.base_offset,
        HEADER_BYTES - LENGTH_COUNTS_FROM + len(payload),
        header.leader_epoch,
        header.magic,
        0,
        attributes,
        header.last_offset_delta,
        base_timestamp,
        max_timestamp,
        header.producer_id,
        header.producer_epoch,
        header.base_sequence,
        record_count,
    )
    head = pack_header(changed)
    checksum = crc32c(payload, crc32c(head[SUMMED_FROM:]))
    return b"".join((head[: SUMMED_FROM - 4], checksum.to_bytes(4, "big"), head[SUMMED_FROM:], payload))


def _moved_in_time(contents: BatchContents, rows: list[int], distance: int) -> list[bytes]:
    """The records in `rows` for a batch whose base timestamp is `distance` earlier."""
    data, starts, bodies, timestamps = contents.data, contents.starts, contents.bodies, contents.timestamps
    pieces: list[bytes] = []
    for row in rows:
        timestamp = varint_of(timestamps[row] + distance)
        body = data[bodies[row] : starts[row + 1]]
        pieces += (varint_of(1 + len(timestamp) + len(body)), b"\0", timestamp, body)
    return pieces


def _find_records(contents: BatchContents, header: BatchHeader) -> None:
    """Fill the columns. This is where cleaning spends its time: short varints are read in place."""
    data, keys, tombstones = contents.data, contents.keys, contents.tombstones
    add_start, add_body = contents.starts.append, contents.bodies.append
    add_timestamp, add_offset = contents.timestamps.append, contents.offsets.append
    size, at, previous, last_offset = len(data), 0, -1, header.last_offset_delta
    for row in range(header.record_count):
        byte = data[at]
        if byte < 128:
            length, at = (byte >> 1) ^ -(byte & 1), at + 1
        elif (second := data[at + 1]) < 128:
            zigzag = byte & 0x7F | second << 7
            length, at = (zigzag >> 1) ^ -(zigzag & 1), at + 2
        else:
            length, at = read_varint(data, at)
        end = at + length
        if length < 0 or end > size:
            raise BadBatch(f"a record cannot have {length} bytes where {size - at} are left", BadBatchKind.INVALID)
        byte = data[at + 1]
        if byte < 128:
            timestamp, at = (byte >> 1) ^ -(byte & 1), at + 2
        elif (second := data[at + 2]) < 128:
            zigzag = byte & 0x7F | second << 7
            timestamp, at = (zigzag >> 1) ^ -(zigzag & 1), at + 3
        else:
            timestamp, at = read_varint(data, at + 1)
        add_timestamp(timestamp)
        add_body(at)
        byte = data[at]
        if byte < 128:
            offset, at = (byte >> 1) ^ -(byte & 1), at + 1
        elif (second := data[at + 1]) < 128:
            zigzag = byte & 0x7F | second << 7
            offset, at = (zigzag >> 1) ^ -(zigzag & 1), at + 2
        else:
            offset, at = read_varint(data, at)
        if not previous < offset <= last_offset:
            raise BadBatch(f"a record at {offset} cannot follow one at {previous} in a batch up to {last_offset}", BadBatchKind.INVALID)
        add_offset(offset)
        previous = offset
        byte = data[at]
        if byte < 128:
            length, at = (byte >> 1) ^ -(byte & 1), at + 1
        else:
            length, at = read_varint(data, at)
        if length >= 0:
            after = at + length
            keys.append(data[at:after])
            at = after
        elif length == -1:
            keys.append(None)
        else:
            raise BadBatch(f"a key cannot have {length} bytes", BadBatchKind.INVALID)
        byte = data[at]
        if byte == _NULL or (byte >= 128 and read_varint(data, at)[0] == -1):
            tombstones.append(row)
        if at >= end:
            raise BadBatch("a record has another length than it says", BadBatchKind.INVALID)
        add_start(end)
        at = end
    if at != size:
        raise BadBatch(f"{size - at} bytes follow the last record", BadBatchKind.INVALID)
