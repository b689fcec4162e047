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
    body = bytearray()
    for delta, record in enumerate(records):
        _encode_record(body, record, record.timestamp - base_timestamp, delta)
    payload = compress(codec, body)
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
        if header.attributes & CODEC_MASK > Codec.ZSTD:
            raise BadBatch(f"there is no codec {header.attributes & CODEC_MASK}", BadBatchKind.INVALID)
        payload = decompress(header.codec, batch[HEADER_BYTES:], limit)
        try:
            records += _decode_payload(header, bytes(payload))
        except IndexError:
            raise BadBatch("the records end too early", BadBatchKind.INVALID) from None
    return records


# Writing ---------------------------------------------------------------------------------------------------------------


def _encode_record(out: bytearray, record: Record, timestamp_delta: int, offset_delta: int) -> None:
    body = bytearray(1)
    _put_varint(body, timestamp_delta)
    _put_varint(body, offset_delta)
    _put_bytes(body, record.key)
    _put_bytes(body, record.value)
    _put_varint(body, len(record.headers))
    for name, value in record.headers:
        _put_bytes(body, name.encode())
        _put_bytes(body, value)
    _put_varint(out, len(body))
    out += body


def _put_varint(out: bytearray, value: int) -> None:
    rest = value << 1 if value >= 0 else ~(value << 1)
    while rest > 127:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)


def _put_bytes(out: bytearray, value: bytes | None) -> None:
    if value is None:
        out.append(1)
        return
    _put_varint(out, len(value))
    out += value


# Reading ---------------------------------------------------------------------------------------------------------------


def _decode_payload(header: BatchHeader, data: bytes) -> list[Record]:
    records: list[Record] = []
    fixed_timestamp = header.max_timestamp if header.attributes & LOG_APPEND_TIME else None
    at, size = 0, len(data)
    for _ in range(header.record_count):
        length, at = _varint(data, at)
        end = at + length
        if length < 0 or end > size:
            raise BadBatch(f"a record cannot have {length} bytes where {size - at} are left", BadBatchKind.INVALID)
        timestamp_delta, at = _varint(data, at + 1)
        offset_delta, at = _varint(data, at)
        key, at = _bytes(data, at, end)
        value, at = _bytes(data, at, end)
        headers, at = _headers(data, at, end)
        if at != end:
            raise BadBatch("a record has another length than it says", BadBatchKind.INVALID)
        timestamp = header.base_timestamp + timestamp_delta if fixed_timestamp is None else fixed_timestamp
        records.append(Record(key, value, headers, timestamp, header.base_offset + offset_delta))
    if at != size:
        raise BadBatch(f"{size - at} bytes follow the last record", BadBatchKind.INVALID)
    return records


def _headers(data: bytes, at: int, end: int) -> tuple[tuple[Header, ...], int]:
    count, at = _varint(data, at)
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
    length, at = _varint(data, at)
    if length == -1:
        return None, at
    after = at + length
    if length < 0 or after > end:
        raise BadBatch(f"a field cannot have {length} bytes where {end - at} are left", BadBatchKind.INVALID)
    return data[at:after], after


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The zigzag varint at `at`, and where it ends. At most 64 bits."""
    byte = data[at]
    at += 1
    if byte < 128:
        return (byte >> 1) ^ -(byte & 1), at
    value = byte & 0x7F
    shift = 7
    while byte > 127:
        if shift > 63:
            raise BadBatch("a varint is longer than 10 bytes", BadBatchKind.INVALID)
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
    return (value >> 1) ^ -(value & 1), at
