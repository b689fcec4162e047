"""Record batches: read where they lie, checked as Kafka checks them, stored without a copy."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streambus.records import (
    HEADER_BYTES,
    BadBatch,
    BadBatchKind,
    BatchHeader,
    Codec,
    Record,
    check_batch,
    crc32c,
    decode_records,
    encode_batch,
    parse_header,
    split_batches,
    stamped_prefix,
)
from streambus.records.batch import pack_header

CORRUPT, UNSUPPORTED_MAGIC, INVALID = BadBatchKind.CORRUPT, BadBatchKind.UNSUPPORTED_MAGIC, BadBatchKind.INVALID

GOLDEN = bytes.fromhex(
    "0000000000000000 00000044 ffffffff 02 16c8334a 0000 00000000 0000018bcfe56800 0000018bcfe56800 ffffffffffffffff ffff ffffffff 00000001"
    "24 00 00 00 06 6b6579 0a 76616c7565 02 02 68 02 31"
)


def batch_of(count: int = 3, **fields: int) -> bytes:
    return encode_batch([Record(b"k", b"value %d" % index, (), 1000 + index) for index in range(count)], **fields)  # type: ignore[arg-type]


def resealed(batch: bytes, **fields: int) -> bytes:
    """`batch` with other fields in its header and a checksum that is right for them."""
    header = attrs.evolve(parse_header(batch), **fields)
    header = attrs.evolve(header, crc=crc32c(pack_header(header)[21:] + batch[HEADER_BYTES:]))
    return pack_header(header) + batch[HEADER_BYTES:]


def refusal(batch: bytes, *, compacted: bool = False) -> tuple[BadBatchKind, str]:
    with pytest.raises(BadBatch) as caught:
        check_batch(batch, parse_header(batch), compacted=compacted)
    return caught.value.kind, caught.value.reason


def test_a_batch_as_kafka_writes_it_is_understood() -> None:
    header = parse_header(GOLDEN)
    check_batch(GOLDEN, header)
    assert header == BatchHeader(0, 68, -1, 2, header.crc, 0, 0, 1_700_000_000_000, 1_700_000_000_000, -1, -1, -1, 1)
    assert decode_records(GOLDEN) == [Record(b"key", b"value", (("h", b"1"),), 1_700_000_000_000, 0)]
    assert encode_batch([Record(b"key", b"value", (("h", b"1"),), 1_700_000_000_000)]) == GOLDEN


def test_a_header_says_where_its_batch_begins_and_ends() -> None:
    batch = batch_of(3, base_offset=100, leader_epoch=4)
    header = parse_header(batch)
    assert (header.base_offset, header.last_offset, header.next_offset) == (100, 102, 103)
    assert (header.leader_epoch, header.record_count, header.base_timestamp, header.max_timestamp) == (4, 3, 1000, 1002)
    assert header.size == len(batch)
    assert parse_header(b"before" + batch, 6) == header


def test_attributes_are_read_bit_by_bit() -> None:
    header = parse_header(batch_of(codec=Codec.LZ4))
    assert header.codec is Codec.LZ4
    assert not any((header.is_log_append_time, header.is_transactional, header.is_control, header.has_producer))
    assert parse_header(batch_of(is_transactional=True)).is_transactional
    assert parse_header(batch_of(is_control=True)).is_control
    assert parse_header(resealed(batch_of(), attributes=8)).is_log_append_time


def test_sequence_numbers_start_again_behind_the_largest() -> None:
    header = parse_header(batch_of(3, producer_id=7, producer_epoch=0, base_sequence=2**31 - 2))
    assert header.has_producer
    assert header.last_sequence == 0


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        (b"", CORRUPT, "0 bytes are too few for the header of a batch"),
        (GOLDEN[:16], CORRUPT, "16 bytes are too few for the header of a batch"),
        (GOLDEN[:60], CORRUPT, "60 bytes are too few for the header of a batch"),
        (GOLDEN[:16] + b"\x01" + GOLDEN[17:], UNSUPPORTED_MAGIC, "record format 1 is not supported, only 2"),
        (bytes(26), UNSUPPORTED_MAGIC, "record format 0 is not supported, only 2"),
        (GOLDEN[:16] + b"\x03" + GOLDEN[17:], CORRUPT, "there is no record format 3"),
        (GOLDEN[:8] + b"\0\0\0\x30" + GOLDEN[12:], CORRUPT, "a length of 48 is too short for a batch"),
        (GOLDEN[:8] + b"\xff\xff\xff\xff" + GOLDEN[12:], CORRUPT, "a length of -1 is too short for a batch"),
    ],
)
def test_what_cannot_be_a_batch_is_refused(data: bytes, kind: BadBatchKind, reason: str) -> None:
    with pytest.raises(BadBatch) as caught:
        parse_header(data)
    assert (caught.value.kind, caught.value.reason) == (kind, reason)


def test_a_batch_that_is_cut_short_is_corrupt() -> None:
    assert refusal(GOLDEN[:-1]) == (CORRUPT, "a batch of 80 bytes ends after 79")


@given(st.integers(21, len(GOLDEN) - 1), st.integers(1, 255))
def test_any_changed_byte_behind_the_checksum_is_noticed(position: int, difference: int) -> None:
    damaged = bytearray(GOLDEN)
    damaged[position] ^= difference
    assert refusal(bytes(damaged)) == (CORRUPT, "the checksum of the batch is wrong")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"record_count": 2}, "2 records do not fill 3 offsets"),
        ({"record_count": -1}, "-1 records do not fill 3 offsets"),
        ({"record_count": 0, "last_offset_delta": -1}, "0 records do not fill 0 offsets"),
        ({"last_offset_delta": 7}, "3 records do not fill 8 offsets"),
        ({"attributes": 5}, "there is no codec 5"),
        ({"producer_id": 7, "producer_epoch": 0}, "producer 7 gives no epoch or no sequence number"),
        ({"producer_id": 7, "base_sequence": 0}, "producer 7 gives no epoch or no sequence number"),
    ],
)
def test_a_batch_that_contradicts_itself_is_invalid(fields: dict[str, int], reason: str) -> None:
    assert refusal(resealed(batch_of(3), **fields)) == (INVALID, reason)


def test_compaction_may_have_removed_records() -> None:
    for count in (0, 2):
        batch = resealed(batch_of(3), record_count=count)
        check_batch(batch, parse_header(batch), compacted=True)
    for count in (-1, 4):
        assert refusal(resealed(batch_of(3), record_count=count), compacted=True) == (INVALID, f"{count} records cannot have 3 offsets")


def test_a_markers_producer_needs_no_sequence() -> None:
    marker = batch_of(1, producer_id=7, producer_epoch=0, is_control=True)
    check_batch(marker, parse_header(marker))


def test_a_stored_batch_is_a_new_prefix_and_the_received_rest() -> None:
    received = batch_of(3)
    stored = stamped_prefix(parse_header(received), 1234, 5) + received[16:]
    header = parse_header(stored)
    check_batch(stored, header)
    assert (header.base_offset, header.leader_epoch) == (1234, 5)
    assert [record.offset for record in decode_records(stored)] == [1234, 1235, 1236]


@given(st.lists(st.integers(1, 5), max_size=5))
def test_batches_in_a_row_are_split_without_a_copy(counts: list[int]) -> None:
    batches = [batch_of(count) for count in counts]
    whole = b"".join(batches)
    split = split_batches(whole)
    assert [bytes(view) for _, view in split] == batches
    assert [header.record_count for header, _ in split] == counts
    assert all(view.obj is whole for _, view in split)


@pytest.mark.parametrize("cut", [1, 60, 61, 70])
def test_a_cut_off_last_batch_is_refused_unless_it_is_expected(cut: int) -> None:
    data = GOLDEN + GOLDEN[:cut]
    with pytest.raises(BadBatch) as caught:
        split_batches(data)
    assert caught.value.kind is CORRUPT
    assert len(split_batches(data, partial_last=True)) == 1


@given(st.binary(max_size=200))
def test_garbage_is_no_batch(data: bytes) -> None:
    for call in (split_batches, decode_records, parse_header):
        try:
            call(data)
        except BadBatch:
            continue
        assert data == b""


def test_the_checksum_is_castagnolis_and_can_be_continued() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(memoryview(b"6789"), crc32c(b"12345")) == 0xE3069283
