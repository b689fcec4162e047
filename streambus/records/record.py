"""Records: what producers and consumers see of a batch. A broker that only stores and forwards never comes here.

In a batch, a record is: its length, attributes (unused), timestamp and offset relative to the batch's, key, value, headers. All numbers
but the attributes are zigzag varints; a length of -1 is a null.
"""

from collections.abc import Sequence

from streambus.kernel import Buffer, message
from streambus.records.batch import (
    CODEC_MASK,
    CONTROL,
    HEADER_BYTES,
    LENGTH_COUNTS_FROM,
    LOG_APPEND_TIME,
    MAGIC,
    SUMMED_FROM,
    TRANSACTIONAL,
    BadBatch,
    BadBatchKind,
    BatchHeader,
    Codec,
    pack_header,
    split_batches,
)
from streambus.records.checksum import crc32c
from streambus.records.codecs import DECOMPRESSED_BYTES_MAX, compress, decompress
from streambus.records.varints import read_varint, varint_of

Header = tuple[str, bytes | None]


@message
class Record:
    """A key and a value, either of which may be null. `timestamp` is in milliseconds since 1970, -1 if there is none."""

    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()
    timestamp: int = -1
    offset: int = 0


def encode_batch(
    records: Sequence[Record],
    *,
    codec: Codec = Codec.NONE,
    base_offset: int = 0,
    leader_epoch: int = -1,
    producer_id: int = -1,
    producer_epoch: int = -1,
    base_sequence: int = -1,
    is_transactional: bool = False,
    is_control: bool = False,
) -> bytes:
    """One batch of `records`, at least one. They are numbered from `base_offset` on without gaps, whatever their own offsets say."""
    assert records, "a batch has at least one record"
    base_timestamp = records[0].timestamp
    body: list[bytes] = []
    for delta, record in enumerate(records):
        _encode_record(body, record, record.timestamp - base_timestamp, delta)
    payload = compress(codec, b"".join(body))
    header = BatchHeader(
        base_offset,
        HEADER_BYTES - LENGTH_COUNTS_FROM + len(payload),
        leader_epoch,
        MAGIC,
        0,
        codec | (TRANSACTIONAL if is_transactional else 0) | (CONTROL if is_control else 0),
        len(records) - 1,
        base_timestamp,
        max(record.timestamp for record in records),
        producer_id,
        producer_epoch,
        base_sequence,
        len(records),
    )
    head = pack_header(header)
    checksum = crc32c(payload, crc32c(head[SUMMED_FROM:]))
    return b"".join((head[:17], checksum.to_bytes(4, "big"), head[SUMMED_FROM:], payload))


def decode_records(view: Buffer, *, limit: int = DECOMPRESSED_BYTES_MAX) -> list[Record]:
    """The records of all batches in `view`, each batch growing to at most `limit` bytes. `BadBatch` if anything is wrong with
    them; their checksums are not looked at, which is what `check_batch` is for.
    """
    records: list[Record] = []
    for header, batch in split_batches(view):
        records += decode_batch(header, batch, limit=limit)
    return records


def decode_batch(header: BatchHeader, batch: Buffer, *, limit: int = DECOMPRESSED_BYTES_MAX) -> list[Record]:
    """The records of one whole batch whose header was parsed already; otherwise like `decode_records`."""
    codec = header.attributes & CODEC_MASK
    if codec > Codec.ZSTD:
        raise BadBatch(f"there is no codec {codec}", BadBatchKind.INVALID)
    payload = memoryview(batch)[HEADER_BYTES:]
    try:
        return _decode_payload(header, bytes(decompress(Codec(codec), payload, limit) if codec else payload))
    except IndexError:
        raise BadBatch("the records end too early", BadBatchKind.INVALID) from None


# Writing ---------------------------------------------------------------------------------------------------------------


def _encode_record(out: list[bytes], record: Record, timestamp_delta: int, offset_delta: int) -> None:
    key, value, headers = record.key, record.value, record.headers
    pieces = [
        b"\0",
        varint_of(timestamp_delta),
        varint_of(offset_delta),
        varint_of(-1 if key is None else len(key)),
        key or b"",
        varint_of(-1 if value is None else len(value)),
        value or b"",
        varint_of(len(headers)),
    ]
    for name, content in headers:
        encoded = name.encode()
        pieces += (varint_of(len(encoded)), encoded, varint_of(-1 if content is None else len(content)), content or b"")
    body = b"".join(pieces)
    out.append(varint_of(len(body)))
    out.append(body)


# Reading ---------------------------------------------------------------------------------------------------------------


def _decode_payload(header: BatchHeader, data: bytes) -> list[Record]:
    records: list[Record] = []
    base_offset, base_timestamp = header.base_offset, header.base_timestamp
    fixed_timestamp = header.max_timestamp if header.attributes & LOG_APPEND_TIME else None
    at, size = 0, len(data)
    for _ in range(header.record_count):
        length, at = read_varint(data, at)
        end = at + length
        if length < 0 or end > size:
            raise BadBatch(f"a record cannot have {length} bytes where {size - at} are left", BadBatchKind.INVALID)
        timestamp_delta, at = read_varint(data, at + 1)
        offset_delta, at = read_varint(data, at)
        key, at = _bytes(data, at, end)
        value, at = _bytes(data, at, end)
        headers, at = ((), at + 1) if data[at] == 0 else _headers(data, at, end)
        if at != end:
            raise BadBatch("a record has another length than it says", BadBatchKind.INVALID)
        timestamp = base_timestamp + timestamp_delta if fixed_timestamp is None else fixed_timestamp
        records.append(Record(key, value, headers, timestamp, base_offset + offset_delta))
    if at != size:
        raise BadBatch(f"{size - at} bytes follow the last record", BadBatchKind.INVALID)
    return records


def _headers(data: bytes, at: int, end: int) -> tuple[tuple[Header, ...], int]:
    count, at = read_varint(data, at)
    if count == 0:
        return (), at
    if not 0 <= count <= (end - at) // 2:
        raise BadBatch(f"a record of this size cannot have {count} headers", BadBatchKind.INVALID)
    headers: list[Header] = []
    for _ in range(count):
        name, at = _bytes(data, at, end)
        value, at = _bytes(data, at, end)
        if name is None:
            raise BadBatch("the name of a header is null", BadBatchKind.INVALID)
        headers.append((name.decode("utf-8", "replace"), value))
    return tuple(headers), at


def _bytes(data: bytes, at: int, end: int) -> tuple[bytes | None, int]:
    byte = data[at]
    if byte == 1:
        return None, at + 1
    if byte < 128:
        length, at = (byte >> 1) ^ -(byte & 1), at + 1
    else:
        length, at = read_varint(data, at)
        if length == -1:
            return None, at
    after = at + length
    if length < 0 or after > end:
        raise BadBatch(f"a field cannot have {length} bytes where {end - at} are left", BadBatchKind.INVALID)
    return data[at:after], after
