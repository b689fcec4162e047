"""What is in a batch, found without decoding it; and batches with some of it gone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_records import record_lists, reframed

from streambus.records import (
    HEADER_BYTES,
    BadBatch,
    BadBatchKind,
    BatchHeader,
    Codec,
    ControlType,
    Record,
    check_batch,
    control_type,
    decode_records,
    encode_batch,
    encode_emptied,
    encode_kept,
    parse_header,
    read_contents,
    with_log_append_time,
)


def opened(batch: bytes) -> tuple[BatchHeader, list[Record]]:
    header = parse_header(batch)
    check_batch(batch, header, compacted=True)
    return header, decode_records(batch)


def marker(control: int, version: int = 0, codec: Codec = Codec.NONE) -> bytes:
    record = Record(version.to_bytes(2, "big", signed=True) + control.to_bytes(2, "big"), b"\0\0\0\0\0\7", timestamp=5)
    return encode_batch([record], codec=codec, producer_id=7, producer_epoch=1, is_transactional=True, is_control=True)


@settings(deadline=None)
@given(record_lists(), st.sampled_from(Codec))
def test_keys_offsets_and_tombstones_are_found(records: list[Record], codec: Codec) -> None:
    batch = encode_batch(records, codec=codec, base_offset=records[0].offset)
    contents = read_contents(parse_header(batch), memoryview(batch))
    assert contents.keys == [record.key for record in records]
    assert contents.offsets == list(range(len(records)))
    assert contents.tombstones == [row for row, record in enumerate(records) if record.value is None]
    assert len(contents) == len(records)


@settings(deadline=None)
@given(record_lists(), st.sampled_from(Codec), st.data(), st.none() | st.integers(0, 2**62))
def test_what_is_kept_stays_what_it_was(records: list[Record], codec: Codec, data: st.DataObject, horizon: int | None) -> None:
    base_offset = records[0].offset
    rows = data.draw(st.lists(st.sampled_from(range(len(records))), min_size=1, unique=True).map(sorted))
    batch = encode_batch(records, codec=codec, base_offset=base_offset, leader_epoch=3, producer_id=5, producer_epoch=6, base_sequence=7)
    before = parse_header(batch)
    after, kept = opened(encode_kept(before, read_contents(before, batch), rows, delete_horizon_ms=horizon))
    assert kept == [records[row] for row in rows]
    assert after.delete_horizon_ms == horizon
    assert after.max_timestamp == max(record.timestamp for record in kept)
    assert after.codec is codec
    for name in ("base_offset", "last_offset", "leader_epoch", "producer_id", "producer_epoch", "base_sequence", "last_sequence"):
        assert getattr(after, name) == getattr(before, name)


def test_a_horizon_once_set_outlives_the_next_cleaning() -> None:
    batch = encode_batch([Record(b"a", None, (), 10), Record(b"b", b"", (), 20), Record(b"c", None, (), 30)])
    once = encode_kept(parse_header(batch), read_contents(parse_header(batch), batch), [0, 1], delete_horizon_ms=500)
    twice = encode_kept(parse_header(once), read_contents(parse_header(once), once), [1])
    header, records = opened(twice)
    assert (header.delete_horizon_ms, header.base_timestamp, header.max_timestamp) == (500, 500, 20)
    assert records == [Record(b"b", b"", (), 20, 1)]


def test_the_time_of_appending_stays_the_time_of_all_that_is_kept() -> None:
    plain = encode_batch([Record(b"a", b"1", (), 10), Record(b"b", b"2", (), 20)])
    batch = with_log_append_time(plain, parse_header(plain), 99)
    header = parse_header(batch)
    kept, records = opened(encode_kept(header, read_contents(header, batch), [0], delete_horizon_ms=1_000))
    assert (kept.max_timestamp, records[0].timestamp) == (99, 99)


def test_a_batch_without_records_still_says_how_far_its_producer_came() -> None:
    records = [Record(b"a", b"1", (), 10), Record(b"b", b"2", (), 20)]
    fields = {"base_offset": 40, "leader_epoch": 2, "producer_id": 5, "producer_epoch": 6, "base_sequence": 7, "is_transactional": True}
    before = parse_header(encode_batch(records, codec=Codec.LZ4, **fields))  # type: ignore[arg-type]
    emptied = encode_emptied(before)
    after, left = opened(emptied)
    assert (len(emptied), left, after.record_count) == (HEADER_BYTES, [], 0)
    assert (after.base_offset, after.last_offset, after.last_sequence, after.leader_epoch) == (40, 41, 8, 2)
    assert (after.producer_id, after.producer_epoch, after.is_transactional, after.codec) == (5, 6, True, Codec.NONE)
    assert (after.base_timestamp, after.max_timestamp, after.delete_horizon_ms) == (-1, 20, None)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("codec", [Codec.NONE, Codec.GZIP, Codec.LZ4])
def test_a_stock_client_reads_what_is_kept(codec: Codec) -> None:
    default_records = pytest.importorskip("kafka.record.default_records", reason="kafka-python is not installed")
    records = [Record(bytes([row]), None if row == 2 else b"v" * row, (("h", b"x"),), 1_000 + row) for row in range(5)]
    batch = encode_batch(records, codec=codec, base_offset=100, producer_id=5, producer_epoch=6, base_sequence=7)
    header = parse_header(batch)
    kept = encode_kept(header, read_contents(header, batch), [0, 2, 4], delete_horizon_ms=9_000)
    theirs = default_records.DefaultRecordBatch(kept)
    assert theirs.validate_crc()
    assert [(record.offset, record.timestamp, record.key, record.value, record.headers) for record in theirs] == [
        (100, 1_000, b"\0", b"", [("h", b"x")]),
        (102, 1_002, b"\2", None, [("h", b"x")]),
        (104, 1_004, b"\4", b"vvvv", [("h", b"x")]),
    ]
    assert (theirs.base_offset, theirs.last_offset_delta, theirs.base_sequence, theirs.max_timestamp) == (100, 4, 7, 1_004)


def raw_record(*fields: bytes, length: int | None = None) -> bytes:
    body = b"\0" + b"".join(fields)
    return bytes([2 * (len(body) if length is None else length)]) + body


ZERO, NULL = b"\0", b"\1"
WHOLE = raw_record(ZERO, ZERO, NULL, NULL, ZERO)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "too early"),
        (b"\x01", "cannot have -1 bytes"),
        (b"\x7f", "cannot have -64 bytes"),
        (b"\x80\x80\x80\x80\x10", "bytes where"),
        (b"\xff\x01", "bytes where"),
        (raw_record(ZERO, ZERO), "too early"),
        (raw_record(ZERO, ZERO, b"\3", NULL, ZERO), "a key cannot have -2 bytes"),
        (raw_record(ZERO, ZERO, b"\4ab", length=5) + ZERO, "another length"),
        (raw_record(ZERO, b"\2", NULL, NULL, ZERO), "up to 0"),
        (raw_record(ZERO, NULL, NULL, NULL, ZERO), "cannot follow"),
        (WHOLE + b"\0", "1 bytes follow"),
        (raw_record(b"\x80" * 11, ZERO, NULL, NULL, ZERO), "longer than 10 bytes"),
    ],
)
def test_what_are_no_records_is_refused(payload: bytes, reason: str) -> None:
    batch = reframed(encode_batch([Record(None, None)]), payload)
    with pytest.raises(BadBatch, match=reason) as caught:
        read_contents(parse_header(batch), batch)
    assert caught.value.kind is BadBatchKind.INVALID


def test_long_forms_of_short_numbers_are_understood() -> None:
    nulls_in_two_bytes = raw_record(ZERO, ZERO, b"\x81\0", b"\x81\0", b"\x80\0")
    batch = reframed(encode_batch([Record(None, b"")]), nulls_in_two_bytes)
    assert decode_records(batch) == [Record(None, None)]
    contents = read_contents(parse_header(batch), batch)
    assert (contents.keys, contents.tombstones) == ([None], [0])


def test_records_may_be_many_and_far_apart_in_time() -> None:
    records = [Record(b"%d" % row, b"x" * (row % 200), (), row**3, row) for row in range(10_000)]
    batch = encode_batch(records)
    contents = read_contents(parse_header(batch), batch)
    assert contents.offsets == list(range(10_000))
    assert contents.timestamps == [row**3 for row in range(10_000)]
    assert contents.keys == [record.key for record in records]
    assert decode_records(encode_kept(parse_header(batch), contents, list(range(10_000)), delete_horizon_ms=10**9)) == records


def test_a_codec_that_there_is_not_is_refused() -> None:
    batch = reframed(encode_batch([Record(None, None)]), WHOLE, attributes=7)
    with pytest.raises(BadBatch, match="no codec 7"):
        read_contents(parse_header(batch), batch)


def test_a_batch_that_grows_too_large_is_refused() -> None:
    batch = encode_batch([Record(b"a", b"0" * 100_000)], codec=Codec.GZIP)
    with pytest.raises(BadBatch, match="larger than 1000 bytes"):
        read_contents(parse_header(batch), batch, limit=1_000)


def test_markers_say_how_a_transaction_ended() -> None:
    for codec in (Codec.NONE, Codec.LZ4):
        for control in ControlType:
            batch = marker(control, codec=codec)
            assert control_type(parse_header(batch), batch) is control
    assert [control.ends_transaction for control in ControlType] == [True, True, False, False, False, False, False]


def test_what_is_no_marker_says_nothing() -> None:
    data = encode_batch([Record(b"\0\0\0\0", b"")])
    assert control_type(parse_header(data), data) is None
    unknown = marker(99)
    assert control_type(parse_header(unknown), unknown) is None
    emptied = encode_emptied(parse_header(marker(ControlType.ABORT)))
    assert control_type(parse_header(emptied), emptied) is None


@pytest.mark.parametrize("key", [None, b"\0\0\0", b"\xff\xff\0\0"])
def test_a_marker_with_a_broken_key_says_nothing(key: bytes | None) -> None:
    batch = encode_batch([Record(key, None)], is_control=True)
    assert control_type(parse_header(batch), batch) is None


def test_a_marker_that_grows_large_says_nothing() -> None:
    record = Record(b"\0\0\0\1", bytes(1_000_000))
    batch = encode_batch([record], codec=Codec.GZIP, is_control=True)
    assert control_type(parse_header(batch), batch) is None
    assert control_type(parse_header(marker(1)), marker(1)) is ControlType.COMMIT
