"""What a produced batch has to be before it is appended: Kafka's checks, in Kafka's order, with Kafka's answers.

0. `refusal_of_all`: what makes Kafka refuse a whole request before it looks at any topic.
1. `sole_batch`: there is one batch, of a format and a codec that this version of the request may carry.
2. `checked_batch`: the batch fits, is intact, and its header makes sense. Then a look inside (`inspect_records`): a consumer must be able
   to read what is in there, and the latest timestamp must be the one that the header says; where it is not, the header is corrected.
3. Only when something about single records is suspicious are they decoded, to say which of them are refused, and why.
4. `compression.type` may ask for another codec: then the batch is written anew, and must fit once more.

Kafka says nothing but a code about most refusals. So do we, but for broken records, which somebody will want to find.
`tests/broker/kafka_produce_answers.txt` has what a stock Kafka says, case by case, and the tests beside it where we differ on purpose.
"""

from typing import NoReturn, cast

from streambus.kernel import Buffer, sometimes
from streambus.metadata import TopicConfig
from streambus.records import (
    HEADER_BYTES,
    BadBatch,
    BadBatchKind,
    BatchHeader,
    Codec,
    check_batch,
    decode_batch,
    decompress,
    encode_converted,
    inspect_records,
    parse_header,
    read_contents,
    with_create_time,
)
from streambus.wire import ErrorCode, messages

RecordError = messages.ProduceResponse.BatchIndexAndErrorMessage

NO_TIMESTAMP = -1
LONG_MAX = 2**63 - 1
ZSTD_SINCE = 7

RECORD_ERRORS_MAX = 10_000
"""How many records of a batch an answer names that are refused: as many as producers put into one, but not what a bomb may hold."""
_SHOWN_ERRORS = 3

_LENGTH_AT, _LENGTH_END = 8, 12
_MAGIC_AT, _MAGIC = 16, 2
_ATTRIBUTES_END, TRANSACTIONAL = 23, 0x10
_RECORD_BYTES_MIN = 14
"""The shortest message of any format there ever was. What claims to be shorter is not merely cut off."""

_CODECS = {"uncompressed": Codec.NONE, "gzip": Codec.GZIP, "snappy": Codec.SNAPPY, "lz4": Codec.LZ4, "zstd": Codec.ZSTD}
"""`compression.type` by name, but for `producer`, which leaves a batch as it is."""


class ProduceRefused(Exception):
    """This batch is not appended, and this is what its producer is told. `by_log`: it came as far as the log, whose start is told too."""

    def __init__(
        self, error: ErrorCode, text: str | None = None, record_errors: list[RecordError] | None = None, *, by_log: bool = False
    ) -> None:
        super().__init__(error, text)
        self.error = error
        self.text = text
        self.record_errors = record_errors or []
        self.by_log = by_log


def refusal_of_all(request: messages.ProduceRequest) -> ProduceRefused | None:
    """Why nothing of the request is done: one of its batches is not even the beginning of one, or is in a transaction without a name."""
    for topic in request.topic_data:
        for data in topic.partition_data:
            records = cast("Buffer | None", data.records)
            if records is None or len(records) <= _MAGIC_AT:
                continue
            if (length := _length(records)) < _RECORD_BYTES_MIN:
                text = f"Record size {length} is less than the minimum record overhead ({_RECORD_BYTES_MIN})"
                return ProduceRefused(ErrorCode.CORRUPT_MESSAGE, text)
            if (magic := records[_MAGIC_AT]) > _MAGIC:
                return ProduceRefused(ErrorCode.CORRUPT_MESSAGE, f"Invalid magic found in record: {magic if magic < 128 else magic - 256}")
            if len(records) >= HEADER_BYTES and records[_ATTRIBUTES_END - 1] & TRANSACTIONAL and request.transactional_id is None:
                return ProduceRefused(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    return None


def sole_batch(records: Buffer | None, api_version: int) -> BatchHeader:
    """The header of the one batch that a request has for a partition. Fewer bytes than a header behind it count as nothing."""
    if records is None or len(records) < HEADER_BYTES:
        _refuse_beginning(records or b"")
    try:
        header = parse_header(records)
    except BadBatch:
        _refuse_beginning(records)
    if header.size != len(records):
        if header.size > len(records):
            raise ProduceRefused(ErrorCode.INVALID_RECORD)
        if header.size >= HEADER_BYTES:
            _refuse_second(records, header.size)
    if header.attributes & 7 == Codec.ZSTD and api_version < ZSTD_SINCE:
        raise ProduceRefused(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
    return header


def checked_batch(header: BatchHeader, batch: Buffer, config: TopicConfig, wall_ms: int, name: str) -> tuple[BatchHeader, Buffer]:
    """The batch as it is to be appended to the partition called `name`, with its header: as it came, unless it has to be changed."""
    if header.base_offset:
        raise ProduceRefused(ErrorCode.INVALID_RECORD, by_log=True)
    if header.size > config.max_message_bytes:
        raise ProduceRefused(ErrorCode.MESSAGE_TOO_LARGE)
    try:
        check_batch(batch, header)
    except BadBatch as bad:
        sometimes("produce: a damaged batch is refused")
        if bad.kind is BadBatchKind.CORRUPT:
            raise ProduceRefused(ErrorCode.CORRUPT_MESSAGE) from bad
        raise ProduceRefused(ErrorCode.INVALID_RECORD, by_log=True) from bad
    if header.is_control:
        raise ProduceRefused(ErrorCode.INVALID_RECORD, by_log=True)
    records, max_timestamp, has_null_key = _inspected(header, batch)
    if (has_null_key and config.is_compacted) or _may_be_out_of_time(header, config, wall_ms, max_timestamp):
        _refuse_records(header, batch, config, wall_ms, name)
    if (codec := _CODECS.get(config.compression_type, header.codec)) != header.codec:
        batch = _converted(header, records, codec, config, wall_ms if config.is_log_append_time else max_timestamp)
        header = parse_header(batch)
    elif not config.is_log_append_time and (max_timestamp != header.max_timestamp or header.is_log_append_time):
        batch = with_create_time(batch, header, max_timestamp)
        header = parse_header(batch)
    if header.size > config.segment_bytes:
        raise ProduceRefused(ErrorCode.RECORD_LIST_TOO_LARGE)
    return header, batch


# What there is ---------------------------------------------------------------------------------------------------------


def _refuse_beginning(records: Buffer) -> NoReturn:
    """Say what is wrong with bytes that do not begin with a batch."""
    if len(records) > _MAGIC_AT and records[_MAGIC_AT] == _MAGIC and _length(records) + _LENGTH_END <= len(records):
        raise ProduceRefused(ErrorCode.CORRUPT_MESSAGE)
    raise ProduceRefused(ErrorCode.INVALID_RECORD)


def _refuse_second(records: Buffer, position: int) -> None:
    """Refuse a request with more behind its batch than the beginning of what could be another one."""
    rest = memoryview(records)[position:]
    if len(rest) < _LENGTH_END:
        return
    if _length(rest) < _RECORD_BYTES_MIN:
        raise ProduceRefused(ErrorCode.CORRUPT_MESSAGE)
    raise ProduceRefused(ErrorCode.INVALID_RECORD)


def _length(records: Buffer) -> int:
    return int.from_bytes(records[_LENGTH_AT:_LENGTH_END], "big", signed=True)


# What is inside --------------------------------------------------------------------------------------------------------


def _inspected(header: BatchHeader, batch: Buffer) -> tuple[Buffer, int, bool]:
    """The records, decompressed; the latest of their timestamps; and whether one of them has no key."""
    payload = memoryview(batch)[HEADER_BYTES:]
    try:
        codec = header.attributes & 7
        records: Buffer = bytes(decompress(Codec(codec), payload)) if codec else payload
        inspection = inspect_records(records, header.record_count, header.max_timestamp - header.base_timestamp)
    except BadBatch as bad:
        error = ErrorCode.MESSAGE_TOO_LARGE if bad.kind is BadBatchKind.TOO_LARGE else ErrorCode.INVALID_RECORD
        raise ProduceRefused(error, bad.reason, by_log=True) from bad
    max_timestamp = header.max_timestamp if header.is_log_append_time else header.base_timestamp + inspection.max_timestamp_delta
    if max_timestamp > LONG_MAX:
        raise ProduceRefused(ErrorCode.INVALID_RECORD, "a timestamp has more than 64 bits", by_log=True)
    return records, max(max_timestamp, NO_TIMESTAMP), inspection.has_null_key


def _may_be_out_of_time(header: BatchHeader, config: TopicConfig, wall_ms: int, max_timestamp: int) -> bool:
    """Whether single timestamps have to be looked at. Without a limit to the past, which is usual, the latest of them tells."""
    if header.is_log_append_time:
        return True
    if config.is_log_append_time:
        return False
    return max_timestamp > wall_ms + config.message_timestamp_after_max_ms or config.message_timestamp_before_max_ms < LONG_MAX


def _refuse_records(header: BatchHeader, batch: Buffer, config: TopicConfig, wall_ms: int, name: str) -> None:
    """Refuse the batch if any of its records is to be refused, and say which."""
    contents = read_contents(header, batch)
    least, most = wall_ms - config.message_timestamp_before_max_ms, wall_ms + config.message_timestamp_after_max_ms
    errors: list[RecordError] = []
    count, error = 0, ErrorCode.INVALID_RECORD
    for row, key in enumerate(contents.keys):
        text = None
        timestamp = header.max_timestamp if header.is_log_append_time else header.base_timestamp + contents.timestamps[row]
        if key is None and config.is_compacted:
            text = f"Compacted topic cannot accept message without key in topic partition {name}"
        elif not config.is_log_append_time and timestamp != NO_TIMESTAMP:
            if not least <= timestamp <= most:
                error = ErrorCode.INVALID_TIMESTAMP
                text = (
                    f"Timestamp {timestamp} of message with offset {row} is out of range. The timestamp should be within [{least}, {most}]"
                )
        elif header.is_log_append_time:
            error = ErrorCode.INVALID_TIMESTAMP
            shown = _described(header, batch, row)
            text = f"Invalid timestamp type in message {shown}. Producer should not set timestamp type to LogAppendTime."
        if text is not None:
            count += 1
            if len(errors) < RECORD_ERRORS_MAX:
                errors.append(RecordError(batch_index=row, batch_index_error_message=text))
    if errors:
        if error is ErrorCode.INVALID_TIMESTAMP:
            sometimes("produce: a timestamp from the future is refused")
        else:
            sometimes("produce: a record without a key is refused")
        raise ProduceRefused(error, _summary(error, errors, count), errors, by_log=True)


def _described(header: BatchHeader, batch: Buffer, row: int) -> str:
    """A record as Kafka shows it to people."""
    record = decode_batch(header, memoryview(batch)[: header.size])[row]
    key, value = len(record.key or b""), len(record.value or b"")
    return f"DefaultRecord(offset={row}, timestamp={record.timestamp}, key={key} bytes, value={value} bytes)"


def _summary(error: ErrorCode, errors: list[RecordError], count: int) -> str:
    if error is ErrorCode.INVALID_TIMESTAMP:
        return "One or more records have been rejected due to invalid timestamp"
    shown = ", ".join(
        f"RecordError(batchIndex={entry.batch_index}, message='{entry.batch_index_error_message}')" for entry in errors[:_SHOWN_ERRORS]
    )
    return (
        f"One or more records have been rejected due to {count} record errors in total,"
        f" and only showing the first three errors at most: [{shown}]"
    )


# Another codec ---------------------------------------------------------------------------------------------------------


def _converted(header: BatchHeader, records: Buffer, codec: Codec, config: TopicConfig, max_timestamp: int) -> bytes:
    """The batch in the codec that its topic asks for, which must fit as well as the one that came."""
    sometimes("produce: a batch is written by another codec than its producer's")
    levels = {
        Codec.GZIP: config.compression_gzip_level,
        Codec.LZ4: config.compression_lz4_level,
        Codec.ZSTD: config.compression_zstd_level,
    }
    converted = encode_converted(header, records, codec, levels.get(codec), max_timestamp, is_log_append_time=config.is_log_append_time)
    if len(converted) > config.max_message_bytes:
        raise ProduceRefused(ErrorCode.MESSAGE_TOO_LARGE)
    return converted
