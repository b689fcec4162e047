"""Agreement with the batches of two families of clients that share no code with ours, in both directions, and with their codecs."""

import gzip
from struct import pack
from typing import Any

import cramjam
import lz4.frame
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streambus.records import Codec, Record, check_batch, compress, decode_records, decompress, encode_batch, inspect_records, parse_header

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

contents = st.none() | st.binary(max_size=300)
records_of_any_shape = st.lists(
    st.builds(
        Record,
        contents,
        contents,
        st.lists(st.tuples(st.text(st.characters(codec="utf-8"), max_size=5), contents), max_size=3).map(tuple),
        st.integers(0, 2**45),
    ),
    min_size=1,
    max_size=90,
)


def family(name: str) -> Any:
    return pytest.importorskip(f"{name}.record.default_records", reason=f"{name} is not installed")


def their_batch(module: Any, records: list[Record], codec: Codec) -> bytes:
    """What this family writes."""
    builder = module.DefaultRecordBatchBuilder(
        2, codec, is_transactional=False, producer_id=7, producer_epoch=3, base_sequence=11, batch_size=1 << 30
    )
    for row, record in enumerate(records):
        headers = list(record.headers)
        assert builder.append(row, timestamp=record.timestamp, key=record.key, value=record.value, headers=headers) is not None
    return bytes(builder.build())


def their_records(module: Any, batch: bytes) -> list[Record]:
    """What this family reads."""
    theirs = module.DefaultRecordBatch(bytearray(batch))
    assert theirs.validate_crc()
    return [Record(each.key, each.value, tuple(each.headers), each.timestamp, each.offset) for each in theirs]


def numbered(records: list[Record], base_offset: int = 0) -> list[Record]:
    return [Record(record.key, record.value, record.headers, record.timestamp, base_offset + row) for row, record in enumerate(records)]


CODECS = [Codec.NONE, Codec.GZIP, Codec.LZ4]


@pytest.mark.parametrize("name", ["kafka", "aiokafka"])
@settings(deadline=None, max_examples=40)
@given(records_of_any_shape, st.sampled_from(CODECS))
def test_we_read_what_they_write(name: str, records: list[Record], codec: Codec) -> None:
    batch = their_batch(family(name), records, codec)
    header = parse_header(batch)
    check_batch(batch, header)
    assert (header.producer_id, header.producer_epoch, header.base_sequence) == (7, 3, 11)
    data = decompress(header.codec, memoryview(batch)[61:])
    inspection = inspect_records(bytes(data), header.record_count, header.max_timestamp - header.base_timestamp)
    assert header.base_timestamp + inspection.max_timestamp_delta == header.max_timestamp
    assert decode_records(batch) == numbered(records)


@pytest.mark.parametrize("name", ["kafka", "aiokafka"])
@settings(deadline=None, max_examples=40)
@given(records_of_any_shape, st.sampled_from(CODECS), st.integers(0, 2**40))
def test_they_read_what_we_write(name: str, records: list[Record], codec: Codec, base_offset: int) -> None:
    batch = encode_batch(records, codec=codec, base_offset=base_offset)
    assert their_records(family(name), batch) == numbered(records, base_offset)


# Codecs as foreign clients write them ------------------------------------------------------------------------------------

DATA = b"".join(b"record %d, " % number for number in range(20_000))


def xerial(blocks: list[bytes], version: int = 1) -> bytes:
    framed = (pack(">i", len(block)) + block for block in (bytes(cramjam.snappy.compress_raw(part)) for part in blocks))
    return b"\x82SNAPPY\0" + pack(">ii", version, 1) + b"".join(framed)


@pytest.mark.parametrize("size", [1, 1_000, 32 * 1024, 100_000, len(DATA)])
def test_snappy_streams_have_chunks_of_any_size(size: int) -> None:
    chunks = [DATA[at : at + size] for at in range(0, min(len(DATA), 50 * size), size)]
    assert decompress(Codec.SNAPPY, xerial(chunks)) == b"".join(chunks)
    assert decompress(Codec.SNAPPY, xerial([*chunks, b""])) == b"".join(chunks)


def test_raw_snappy_is_read_too() -> None:
    assert decompress(Codec.SNAPPY, bytes(cramjam.snappy.compress_raw(DATA))) == DATA


@pytest.mark.parametrize("is_linked", [False, True])
@pytest.mark.parametrize("checksums", [False, True])
@pytest.mark.parametrize("is_sized", [False, True])
@pytest.mark.parametrize("block_size", [lz4.frame.BLOCKSIZE_MAX64KB, lz4.frame.BLOCKSIZE_MAX4MB])
def test_lz4_frames_may_be_linked_checked_and_sized(is_linked: bool, checksums: bool, is_sized: bool, block_size: int) -> None:
    frame = lz4.frame.compress(
        DATA, block_linked=is_linked, content_checksum=checksums, block_checksum=checksums, store_size=is_sized, block_size=block_size
    )
    assert decompress(Codec.LZ4, frame) == DATA


def test_a_wrong_checksum_in_an_lz4_frame_is_noticed() -> None:
    frame = bytearray(lz4.frame.compress(DATA, content_checksum=True))
    frame[-1] ^= 1
    with pytest.raises(ValueError, match="not lz4"):
        decompress(Codec.LZ4, bytes(frame))


def test_gzip_members_follow_one_another() -> None:
    assert decompress(Codec.GZIP, gzip.compress(DATA[:1_000]) + gzip.compress(b"") + gzip.compress(DATA[1_000:], 9)) == DATA


def test_zstd_frames_need_not_say_how_large_they_get_and_may_follow_one_another() -> None:
    compressor = cramjam.zstd.Compressor()
    compressor.compress(DATA)
    streamed = bytes(compressor.finish())
    assert decompress(Codec.ZSTD, streamed) == DATA
    assert decompress(Codec.ZSTD, streamed + bytes(cramjam.zstd.compress(DATA))) == DATA + DATA


CLAIMS: list[tuple[Codec, bytes]] = [
    (Codec.SNAPPY, b"\xff\xff\xff\xff\x0f" + b"\0" * 20),
    (Codec.SNAPPY, b"\x82SNAPPY\0\0\0\0\1\0\0\0\1\0\0\0\x06\xff\xff\xff\xff\x0f\0"),
    (Codec.LZ4, b"\x04\x22\x4d\x18\x68\x40" + b"\xff\xff\xff\xff\xff\xff\xff\x0f" + b"\x00" * 9),
    (Codec.ZSTD, b"\x28\xb5\x2f\xfd\xe0" + b"\xff\xff\xff\xff\xff\xff\xff\x0f" + b"\x01\0\0"),
]


@pytest.mark.parametrize(("codec", "data"), CLAIMS)
def test_a_few_bytes_that_claim_to_become_terabytes_are_refused_without_room_for_them(codec: Codec, data: bytes) -> None:
    with pytest.raises(ValueError, match=r"not \w+: |larger than"):
        decompress(codec, data)


@pytest.mark.parametrize("codec", [codec for codec in Codec if codec])
def test_what_grows_is_stopped_at_the_limit_whoever_wrote_it(codec: Codec) -> None:
    bombs = {Codec.GZIP: gzip.compress(bytes(999)) * 2_000, Codec.SNAPPY: xerial([bytes(30_000)] * 50)}
    bomb = bombs.get(codec) or bytes(compress(codec, bytes(1_500_000)))
    with pytest.raises(ValueError, match="larger than 1000000 bytes"):
        decompress(codec, bomb, 1_000_000)
