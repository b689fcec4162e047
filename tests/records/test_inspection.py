"""The look inside: it takes exactly what a reader can read, whether records are alike or not."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_records import record_lists, reframed

from streambus.records import HEADER_BYTES, BadBatch, Inspection, Record, decode_records, encode_batch, inspect_records, parse_header
from streambus.records.varints import varint_of


def inspected(batch: bytes, claimed: int | None = None, *, viewed: bool = False) -> Inspection:
    header = parse_header(batch)
    claimed = header.max_timestamp - header.base_timestamp if claimed is None else claimed
    payload = batch[HEADER_BYTES:]
    return inspect_records(memoryview(payload) if viewed else payload, header.record_count, claimed)


def alike(count: int, value_bytes: int = 20, *, key: bytes | None = None, step: int = 0) -> list[Record]:
    return [Record(key, bytes(value_bytes), (), 1_000 + row * step) for row in range(count)]


@settings(deadline=None)
@given(record_lists(), st.booleans())
def test_what_was_written_passes(records: list[Record], viewed: bool) -> None:
    inspection = inspected(encode_batch(records), viewed=viewed)
    assert inspection.max_timestamp_delta == max(record.timestamp for record in records) - records[0].timestamp
    assert inspection.has_null_key == any(record.key is None for record in records)


@pytest.mark.parametrize("viewed", [False, True])
@pytest.mark.parametrize("step", [0, 1, 3, 40, 500, 9_000, 10**6, 10**9, 10**12, -1, -100, -(10**6)])
@pytest.mark.parametrize(("value_bytes", "key"), [(0, None), (20, b"key"), (70, b"k" * 64), (300, None), (9_000, b"")])
def test_long_runs_pass_at_every_width_of_offsets_and_timestamps(value_bytes: int, key: bytes | None, step: int, viewed: bool) -> None:
    count = 17_000 if value_bytes < 70 and step in (0, 1) else 300
    batch = encode_batch(alike(count, value_bytes, key=key, step=step))
    latest = max(0, (count - 1) * step)
    for claimed in (latest, latest + 1, latest - 1, 0, -1, 63, 64, 5_000):
        assert inspected(batch, claimed, viewed=viewed) == Inspection(latest, key is None)


@given(st.lists(st.integers(-10_000, 10_000), min_size=20, max_size=200), st.integers(-100, 20_000))
@settings(deadline=None)
def test_the_latest_timestamp_is_found_whatever_is_claimed(deltas: list[int], claimed: int) -> None:
    records = [Record(None, b"value", (), 10**6 + delta) for delta in (0, *deltas)]
    assert inspected(encode_batch(records), claimed).max_timestamp_delta == max(0, *deltas)


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from([(40, 10, None, 0), (100, 30, b"key", 1), (90, 100, b"", 50), (30, 0, None, -1), (80, 150, b"k" * 70, 9_000)]),
    st.data(),
    st.booleans(),
)
def test_a_broken_batch_is_taken_only_if_it_can_be_read(
    shape: tuple[int, int, bytes | None, int], data: st.DataObject, viewed: bool
) -> None:
    count, value_bytes, key, step = shape
    batch = bytearray(encode_batch(alike(count, value_bytes, key=key, step=step)))
    for _ in range(data.draw(st.integers(1, 2))):
        batch[data.draw(st.integers(HEADER_BYTES, len(batch) - 1))] = data.draw(st.sampled_from([0, 1, 2, 3, 127, 128, 129, 255, 22, 60]))
    broken = bytes(batch)
    try:
        found = decode_records(broken)
    except BadBatch:
        found = None
    if found is None or [record.offset for record in found] != list(range(count)):
        with pytest.raises(BadBatch):
            inspected(broken, viewed=viewed)
    else:
        inspection = inspected(broken, viewed=viewed)
        assert inspection.max_timestamp_delta == max(record.timestamp for record in found) - 1_000
        assert inspection.has_null_key == any(record.key is None for record in found)


@pytest.mark.parametrize("row", [0, 1, 2, 40, 63, 64, 65, 100, 8_191, 8_192, 8_193, 8_999])
@pytest.mark.parametrize("place", ["length", "offset", "key", "value", "headers"])
def test_one_record_among_thousands_that_is_not_like_the_others_is_found(row: int, place: str) -> None:
    batch = bytearray(encode_batch(alike(9_000, 100, key=b"0123456789")))
    at = HEADER_BYTES
    for index in range(row):
        offset = len(varint_of(index))
        at += 2 + 1 + 1 + offset + 1 + 10 + 2 + 100 + 1
    offset = len(varint_of(row))
    behind = {"length": 0, "offset": 4, "key": 4 + offset, "value": 4 + offset + 11, "headers": 4 + offset + 13 + 100}[place]
    batch[at + behind] ^= 2
    with pytest.raises(BadBatch):
        inspected(bytes(batch))
    with pytest.raises(BadBatch):
        inspected(bytes(batch), viewed=True)


@pytest.mark.parametrize(
    ("payload", "count", "reason"),
    [
        (b"", 1, "too early"),
        (b"\x0c\0\0\0\1\1\0", 2, "too early"),
        (b"\x0c\0\0\0\1\1\0" * 2, 1, "7 bytes follow"),
        (b"\x0c\0\0\0\1\1\0" * 2, 2, "record 1 says that it is 0"),
        (b"\x0b\0\0\0\1\1\0", 1, "cannot have -6 bytes"),
        (b"\x0e\0\0\0\1\1\0", 1, "cannot have 7 bytes"),
        (b"\xfe\xff\xff\xff\x0f\0", 1, "bytes where"),
        (b"\x0c\0\0\0\3\1\0", 1, "a field cannot have -2 bytes"),
        (b"\x0c\0\0\0\1\5\0", 1, "a field cannot have -3 bytes"),
        (b"\x0c\0\0\0\1\1\3", 1, "cannot have -2 headers"),
        (b"\x10\0\0\0\1\1\2\1\0", 1, "the name of a header is null"),
        (b"\x12\0\0\0\1\1\2\2n\6xyz", 1, "longer than its record"),
        (b"\x0e\0\0\0\1\1\0\0", 1, "another length"),
    ],
)
def test_what_is_wrong_is_said(payload: bytes, count: int, reason: str) -> None:
    with pytest.raises(BadBatch, match=reason):
        inspect_records(payload, count, 0)


def test_numbers_may_be_longer_than_they_need_to_be() -> None:
    null, empty = b"\x81\0", b"\x80\0"
    body = b"\0" + empty + empty + null + null + empty
    batch = reframed(encode_batch([Record(None, None)]), varint_of(len(body)) + body)
    assert inspected(batch) == Inspection(0, True)
    keyed = b"\0\0\0" + b"\x84\x80\0" + b"ab" + b"\x82\x80\0" + b"c" + b"\0"
    batch = reframed(encode_batch([Record(None, None)]), varint_of(len(keyed)) + keyed)
    assert inspected(batch) == Inspection(0, False)
    assert attrs.evolve(decode_records(batch)[0], timestamp=0) == Record(b"ab", b"c", (), 0)
