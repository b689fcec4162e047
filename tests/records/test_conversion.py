"""Batches in another codec: the same records for every reader."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_records import record_lists

from streambus.records import (
    HEADER_BYTES,
    Codec,
    Record,
    check_batch,
    compress,
    decode_records,
    decompress,
    encode_batch,
    encode_converted,
    parse_header,
    with_create_time,
    with_log_append_time,
)

TEXT = b"".join(b'{"row":%d,"square":%d}' % (row, row * row) for row in range(5_000))


@settings(deadline=None)
@given(record_lists(), st.sampled_from(Codec), st.sampled_from(Codec))
def test_records_stay_what_they_are(records: list[Record], before: Codec, after: Codec) -> None:
    fields = {"base_offset": records[0].offset, "producer_id": 5, "producer_epoch": 6, "base_sequence": 7, "leader_epoch": 3}
    batch = encode_batch(records, codec=before, **fields)  # type: ignore[arg-type]
    header = parse_header(batch)
    data = decompress(header.codec, memoryview(batch)[HEADER_BYTES:])
    converted = encode_converted(header, data, after, None, header.max_timestamp, is_log_append_time=False)
    check_batch(converted, parse_header(converted))
    assert converted == encode_batch(records, codec=after, **fields)  # type: ignore[arg-type]
    assert decode_records(converted) == records


def test_a_converted_batch_may_have_the_time_of_appending() -> None:
    batch = encode_batch([Record(None, b"a", (), 5), Record(None, b"b", (), 9)], is_transactional=True, producer_id=1)
    converted = encode_converted(parse_header(batch), batch[HEADER_BYTES:], Codec.LZ4, None, 77, is_log_append_time=True)
    header = parse_header(converted)
    assert (header.is_log_append_time, header.is_transactional, header.codec) == (True, True, Codec.LZ4)
    assert [record.timestamp for record in decode_records(converted)] == [77, 77]


def test_of_the_attributes_only_those_stay_that_say_something_about_data() -> None:
    batch = bytearray(encode_batch([Record(None, b"a", (), 5)]))
    batch[21:23] = (0x7FC0).to_bytes(2, "big")
    converted = encode_converted(parse_header(batch), batch[HEADER_BYTES:], Codec.GZIP, None, 5, is_log_append_time=False)
    assert parse_header(converted).attributes == Codec.GZIP


def test_the_time_of_appending_can_be_taken_back() -> None:
    batch = encode_batch([Record(None, b"a", (), 5), Record(None, b"b", (), 9)])
    stamped = with_log_append_time(batch, parse_header(batch), 77)
    assert with_create_time(stamped, parse_header(stamped), 9) == batch


@pytest.mark.parametrize(
    ("codec", "levels"), [(Codec.GZIP, (-1, 1, 9)), (Codec.LZ4, (1, 9, 12, 17)), (Codec.ZSTD, (-131072, -5, 1, 3, 22))]
)
def test_every_level_of_kafka_is_understood(codec: Codec, levels: tuple[int, ...]) -> None:
    sizes = {level: len(compress(codec, TEXT, level)) for level in levels}
    assert all(decompress(codec, compress(codec, TEXT, level), len(TEXT)) == TEXT for level in levels)
    assert sizes[levels[-1]] < sizes[levels[1]]


def test_without_a_level_a_codec_tries_as_hard_as_kafka() -> None:
    assert compress(Codec.LZ4, TEXT) == compress(Codec.LZ4, TEXT, 9)
    assert compress(Codec.ZSTD, TEXT) == compress(Codec.ZSTD, TEXT, 3)
    assert len(compress(Codec.LZ4, TEXT, 9)) > len(compress(Codec.LZ4, TEXT, 8)), "9, the default, is the fast one"
