"""Records and codecs: what is written is read back; what is damaged or grows too large is refused."""

import gzip

import attrs
import cramjam
import lz4.frame
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streambus.records import (
    HEADER_BYTES,
    BadBatch,
    BadBatchKind,
    Codec,
    Record,
    check_batch,
    compress,
    decode_records,
    decompress,
    encode_batch,
    parse_header,
)
from streambus.records.batch import pack_header

COMPRESSED = [codec for codec in Codec if codec is not Codec.NONE]

names = st.text(st.characters(codec="utf-8"), max_size=5)
contents = st.none() | st.binary(max_size=200)
headers = st.lists(st.tuples(names, contents), max_size=3).map(tuple)
timestamps = st.integers(-1, 2**62)


@st.composite
def record_lists(draw: st.DrawFn) -> list[Record]:
    base_offset = draw(st.integers(0, 2**40))
    count = draw(st.integers(1, 5))
    return [Record(draw(contents), draw(contents), draw(headers), draw(timestamps), base_offset + index) for index in range(count)]


def reframed(batch: bytes, payload: bytes, **fields: int) -> bytes:
    """The header of `batch`, changed to fit other records."""
    header = attrs.evolve(parse_header(batch), length=HEADER_BYTES - 12 + len(payload), **fields)
    return pack_header(header) + payload


def reason_of(batch: bytes, kind: BadBatchKind, **options: int) -> str:
    with pytest.raises(BadBatch) as caught:
        decode_records(batch, **options)
    assert caught.value.kind is kind
    return caught.value.reason


@settings(deadline=None)
@given(record_lists(), st.sampled_from(Codec))
def test_records_that_are_written_are_read_back(records: list[Record], codec: Codec) -> None:
    batch = encode_batch(records, codec=codec, base_offset=records[0].offset)
    header = parse_header(batch)
    check_batch(batch, header)
    assert header.codec is codec
    assert decode_records(memoryview(batch)) == records


def test_records_of_several_batches_are_read_in_a_row() -> None:
    first, second = encode_batch([Record(None, b"a")]), encode_batch([Record(None, b"b")], base_offset=1, codec=Codec.ZSTD)
    assert [record.value for record in decode_records(first + second)] == [b"a", b"b"]
    assert decode_records(b"") == []


def test_the_time_of_appending_replaces_the_records_own() -> None:
    batch = encode_batch([Record(None, b"a", (), 1), Record(None, b"b", (), 2)])
    stamped = reframed(batch, batch[HEADER_BYTES:], attributes=8, max_timestamp=99)
    assert [record.timestamp for record in decode_records(stamped)] == [99, 99]


def test_a_batch_that_compaction_emptied_has_no_records() -> None:
    batch = encode_batch([Record(None, b"a")])
    assert decode_records(reframed(batch, b"", record_count=0)) == []


def test_a_header_whose_name_is_not_utf8_is_still_readable() -> None:
    batch = encode_batch([Record(None, None, (("x", None),))])
    damaged = batch[:-2] + b"\xff" + batch[-1:]
    assert decode_records(damaged)[0].headers == (("\N{REPLACEMENT CHARACTER}", None),)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "the records end too early"),
        (b"\x0c", "a record cannot have 6 bytes where 0 are left"),
        (b"\x01", "a record cannot have -1 bytes where 0 are left"),
        (b"\x0c\0\0\0\1\1\0\0", "1 bytes follow the last record"),
        (b"\x0e\0\0\0\1\1\0\0", "a record has another length than it says"),
        (b"\x0c\0\0\0\3\1\0", "a field cannot have -2 bytes where 2 are left"),
        (b"\x0c\0\0\0\1\x14\0", "a field cannot have 10 bytes where 1 are left"),
        (b"\x0c\0\0\0\1\1\4", "a record of this size cannot have 2 headers"),
        (b"\x0c\0\0\0\1\1\1", "a record of this size cannot have -1 headers"),
        (b"\x10\0\0\0\1\1\2\1\0", "the name of a header is null"),
        (b"\xff" * 12, "a varint is longer than 10 bytes"),
    ],
)
def test_damaged_records_are_refused(payload: bytes, reason: str) -> None:
    assert reason_of(reframed(encode_batch([Record(None, None)]), payload), BadBatchKind.INVALID) == reason


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(Codec), st.data())
def test_any_bytes_are_records_or_an_error(codec: Codec, data: st.DataObject) -> None:
    batch = bytearray(encode_batch([Record(b"k", b"v" * 50, (("h", None),))] * 3, codec=codec))
    for _ in range(data.draw(st.integers(1, 3))):
        batch[data.draw(st.integers(HEADER_BYTES, len(batch) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode_records(bytes(batch), limit=10_000)
    except BadBatch:
        pass


# Codecs ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize("size", [0, 1, 100_000, 700_000])
def test_every_codec_gives_back_what_it_took(codec: Codec, size: int) -> None:
    data = b"".join(b"%d " % number for number in range(size // 2 + 1))[:size]
    compressed = compress(codec, memoryview(data))
    assert decompress(codec, memoryview(compressed), size) == data
    if size:
        with pytest.raises(BadBatch, match="larger than") as caught:
            decompress(codec, compressed, size - 1)
        assert caught.value.kind is BadBatchKind.TOO_LARGE


@pytest.mark.parametrize("codec", COMPRESSED)
def test_a_small_batch_cannot_grow_without_bound(codec: Codec) -> None:
    bomb = compress(codec, bytes(20_000_000))
    with pytest.raises(BadBatch, match="larger than 1000000 bytes"):
        decompress(codec, bomb, 1_000_000)


@pytest.mark.parametrize("codec", COMPRESSED)
def test_a_stream_that_is_cut_short_is_corrupt(codec: Codec) -> None:
    compressed = bytes(compress(codec, b"something that takes some room " * 10))
    for cut in range(len(compressed)):
        if codec is Codec.SNAPPY and cut == 16:
            continue  # the header of a stream without blocks
        with pytest.raises(BadBatch) as caught:
            decompress(codec, compressed[:cut])
        assert caught.value.kind is BadBatchKind.CORRUPT


def test_a_codec_that_does_not_exist_is_refused() -> None:
    batch = encode_batch([Record(None, b"x")])
    assert reason_of(reframed(batch, batch[HEADER_BYTES:], attributes=7), BadBatchKind.INVALID) == "there is no codec 7"


def test_records_that_grow_too_large_are_refused() -> None:
    batch = encode_batch([Record(None, bytes(100_000))], codec=Codec.GZIP)
    assert "larger than 5000 bytes" in reason_of(batch, BadBatchKind.TOO_LARGE, limit=5000)


def test_snappy_is_written_as_javas_stream_and_read_raw_too() -> None:
    data = bytes(70_000)
    stream = compress(Codec.SNAPPY, data)
    assert bytes(stream[:16]) == b"\x82SNAPPY\0\0\0\0\1\0\0\0\1"
    assert decompress(Codec.SNAPPY, bytes(cramjam.snappy.compress_raw(data))) == data


def test_a_snappy_block_that_claims_too_much_is_corrupt() -> None:
    for length in (b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\0\0"):
        with pytest.raises(BadBatch) as caught:
            decompress(Codec.SNAPPY, b"\x82SNAPPY\0\0\0\0\1\0\0\0\1" + length)
        assert caught.value.kind is BadBatchKind.CORRUPT


def test_lz4_blocks_are_independent_so_that_java_can_read_them() -> None:
    frame = bytes(compress(Codec.LZ4, bytes(200_000)))
    assert lz4.frame.get_frame_info(frame)["block_linked"] is False
    assert decompress(Codec.LZ4, lz4.frame.compress(b"linked " * 50_000, block_linked=True)) == b"linked " * 50_000


def test_gzip_members_in_a_row_are_one_stream() -> None:
    assert decompress(Codec.GZIP, gzip.compress(b"one, ") + gzip.compress(b"two")) == b"one, two"
    with pytest.raises(BadBatch):
        decompress(Codec.GZIP, gzip.compress(b"one") + b"two")
