"""Records that are not alike are looked at many at once. That never takes what looking at them one by one refuses, or sees it otherwise."""

import subprocess
import sys
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streambus.records import (
    HEADER_BYTES,
    BadBatch,
    Inspection,
    Record,
    decode_records,
    encode_batch,
    inspect_records,
    inspection,
    parse_header,
)
from streambus.records.mixed import MixedRecords
from streambus.records.varints import varint_of

Shape = tuple[int, bytes | None, int | None, tuple[tuple[str, bytes | None], ...]]
UNCLAIMED = -7


def seen(payload: bytes, count: int) -> Inspection | str:
    """What is found in the records, or what is wrong with them."""
    try:
        return inspect_records(payload, count, UNCLAIMED)
    except BadBatch as bad:
        return bad.reason


def one_by_one(payload: bytes, count: int) -> Inspection | str:
    """What is seen by looking at each record on its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inspection, "MIXED_ROWS_MIN", 1 << 60)
        return seen(payload, count)


def at_once(payload: bytes, count: int) -> Inspection | str:
    """What is seen if all that can be is looked at together."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inspection, "MIXED_ROWS_MIN", 1)
        patch.setattr(inspection, "_ALONE_ROWS", 1)
        return seen(payload, count)


def sound_rows(payload: bytes, count: int) -> int:
    """How many records from the first on are found sound together. They are, and nothing else is said of them, if looked at alone."""
    sound = MixedRecords(payload).sound_from(0, 0, count)
    if sound is None:
        return 0
    assert one_by_one(payload[: sound.end], sound.rows) == Inspection(sound.max_timestamp_delta, sound.has_null_key)
    return sound.rows


def check(payload: bytes, count: int) -> None:
    sound_rows(payload, count)
    assert at_once(payload, count) == one_by_one(payload, count)


def payload_of(shapes: list[Shape]) -> bytes:
    records = [Record(key, None if size is None else bytes(size), headers, 10**15 + delta) for delta, key, size, headers in shapes]
    return encode_batch(records)[HEADER_BYTES:]


def drawn_shape(dice: Random) -> Shape:
    key = None if dice.random() < 0.2 else bytes(dice.choice((0, 1, 5, 30, 62, 63, 64, 65, 130)))
    size = dice.choice((None, 0, 1, 20, 50, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 100, 300))
    headers = tuple(
        ("h" * dice.choice((0, 1, 64)), dice.choice((None, b"", b"v", bytes(70)))) for _ in range(dice.choice((0, 0, 0, 1, 2, 3)))
    )
    return dice.choice((0, 1, -1, 63, 64, -64, -65, 8_191, 8_192, 10**7, -(10**9))), key, size, headers


shapes = st.tuples(
    st.one_of(st.integers(-70, 70), st.integers(-9_000, 9_000), st.integers(-(2**60), 2**60)),
    st.one_of(st.none(), st.binary(max_size=3), st.sampled_from([bytes(63), bytes(64), bytes(8_191), bytes(8_192)])),
    st.one_of(st.none(), st.integers(0, 70), st.integers(8_170, 8_200), st.sampled_from([20_000, 70_000])),
    st.lists(st.tuples(st.text(max_size=3), st.one_of(st.none(), st.binary(max_size=3), st.just(bytes(64)))), max_size=4).map(tuple),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(shapes, min_size=1, max_size=12))
def test_what_was_written_is_seen_as_it_is(drawn: list[Shape]) -> None:
    payload = payload_of(drawn)
    first = drawn[0][0]
    found = Inspection(max(delta for delta, *_ in drawn) - first, any(key is None for _, key, *_ in drawn))
    assert at_once(payload, len(drawn)) == one_by_one(payload, len(drawn)) == found
    sound_rows(payload, len(drawn))


@settings(deadline=None, max_examples=150)
@given(st.lists(shapes, min_size=1, max_size=6), st.data())
def test_what_was_damaged_is_seen_as_it_is_one_by_one(drawn: list[Shape], data: st.DataObject) -> None:
    payload = bytearray(payload_of(drawn))
    for _ in range(data.draw(st.integers(1, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(payload)), st.integers(0, len(payload))))
    check(bytes(payload[:cut]), len(drawn))


def test_all_that_is_usual_is_sound() -> None:
    dice = Random(1)
    for _ in range(100):
        drawn = [drawn_shape(dice) for _ in range(300)]
        assert sound_rows(payload_of(drawn), len(drawn)) == len(drawn)


def test_thousands_of_damaged_batches_are_seen_as_they_are_one_by_one(pytestconfig: pytest.Config) -> None:
    dice = Random(2)
    batches = 5_000 if pytestconfig.getoption("--long") else 120
    refused = 0
    for _ in range(batches):
        drawn = [drawn_shape(dice) for _ in range(dice.randint(1, 12))]
        whole = payload_of(drawn)
        for _ in range(10):
            payload = bytearray(whole)
            for _ in range(dice.randint(1, 2)):
                payload[dice.randrange(len(payload))] = dice.choice((0, 1, 2, 3, 4, 126, 127, 128, 129, 130, 255, dice.randrange(256)))
            count = len(drawn) + dice.choice((0, 0, 0, 0, -1, 1))
            check(bytes(payload), count)
            refused += isinstance(one_by_one(bytes(payload), count), str)
    assert 3 * batches < refused < 9 * batches


def odd_varint(dice: Random, value: int) -> bytes:
    """A varint, sometimes longer than it needs to be, sometimes of another value."""
    chance = dice.random()
    if chance < 0.03:
        value = dice.choice((-1, -2, 0, 1, value + 1, value - 1, 2**31, -(2**31), 2**62, -(2**63), 2**63 - 1))
    out = varint_of(value)
    if 0.03 < chance < 0.1:
        out = out[:-1] + bytes([out[-1] | 128]) + b"\x80" * dice.randint(0, 9) + b"\0"
    return out


def odd_record(dice: Random, row: int) -> bytes:
    """A record by somebody who knows the format, and means no good."""
    body = b"\0" + odd_varint(dice, dice.choice((0, 1, -1, 100, 10**6, 2**40))) + odd_varint(dice, row)
    for _ in range(2):
        length = dice.choice((-1, 0, 3, 60, 64, 128))
        body += odd_varint(dice, length) + bytes(max(length, 0))
    headers = dice.choice((0, 0, 0, 0, 1, 2, 40))
    body += odd_varint(dice, headers)
    for _ in range(headers):
        length = dice.choice((0, 1, 2))
        body += odd_varint(dice, length) + bytes(length)
        length = dice.choice((-1, 0, 1, 2))
        body += odd_varint(dice, length) + bytes(max(length, 0))
    return odd_varint(dice, len(body)) + body


def test_thousands_of_batches_by_somebody_who_means_no_good_are_seen_as_they_are_one_by_one(pytestconfig: pytest.Config) -> None:
    dice = Random(3)
    batches = 50_000 if pytestconfig.getoption("--long") else 1_000
    accepted = 0
    for _ in range(batches):
        count = dice.randint(1, 4)
        payload = b"".join(odd_record(dice, row) for row in range(count))
        check(payload, count)
        accepted += not isinstance(one_by_one(payload, count), str)
    assert 0.2 * batches < accepted < 0.8 * batches


def test_noise_is_seen_as_it_is_one_by_one() -> None:
    dice = Random(4)
    for _ in range(2_000):
        check(bytes(dice.choices((0, 0, 0, 1, 2, 12, 14, 16, 128, 129, 255), k=dice.randint(0, 40))), dice.randint(1, 4))


@pytest.mark.parametrize("viewed", [False, True])
@pytest.mark.parametrize("with_headers", [False, True])
def test_thousands_of_records_of_mixed_lengths_pass_with_records_between_them_that_are_alike_or_large(
    with_headers: bool, viewed: bool
) -> None:
    dice = Random(5)
    records = []
    for row in range(20_000):
        size = 20 if row // 3_000 % 2 else 9_000 if row % 2_500 == 999 else dice.randint(0, 100)
        headers = (("h", bytes(dice.randint(0, 9))),) if with_headers and row % 2 else ()
        records.append(Record(bytes(dice.randint(0, 9)) if row != 17_500 else None, bytes(size), headers, 10**12 + row // 3))
    batch = encode_batch(records)
    header = parse_header(batch)
    payload = memoryview(batch)[HEADER_BYTES:] if viewed else batch[HEADER_BYTES:]
    for claimed in (19_999 // 3, 0, 10**6):
        assert inspect_records(payload, header.record_count, claimed) == Inspection(19_999 // 3, True)


@cache
def thousands() -> tuple[bytes, list[int]]:
    """A batch of records of mixed lengths, and where they start."""
    dice = Random(6)
    payload = encode_batch([Record(b"key", bytes(dice.randint(70, 100)), (), 10**12) for _ in range(9_000)])[HEADER_BYTES:]
    starts = [0]
    for _ in range(9_000):
        start = starts[-1]
        starts.append(start + 2 + (payload[start] & 0x7F) // 2 + payload[start + 1] * 64)
    return payload, starts


@pytest.mark.parametrize("row", [0, 23, 24, 25, 63, 64, 4_119, 4_120, 4_121, 8_191, 8_192, 8_999])
@pytest.mark.parametrize("place", [0, 3, 4, 5, -1])
def test_one_damaged_record_among_thousands_is_found_and_named(row: int, place: int) -> None:
    whole, starts = thousands()
    payload = bytearray(whole)
    payload[starts[row] + place if place >= 0 else starts[row + 1] - 1] ^= 2
    found = one_by_one(bytes(payload), 9_000)
    assert isinstance(found, str) == (place != 3)
    assert seen(bytes(payload), 9_000) == found


def test_a_record_with_more_headers_than_are_looked_at_together_is_left_to_others() -> None:
    few, many = (("h", b"v"),) * 32, (("h", b"v"),) * 33
    payload = payload_of([(0, None, 1, few), (0, None, 1, few), (0, None, 1, many), (0, None, 1, ())])
    assert sound_rows(payload, 4) == 2
    assert at_once(payload, 4) == Inspection(0, True)


def test_a_batch_in_which_much_is_unusual_is_not_tried_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    sound_from = MixedRecords.sound_from

    def counted(self: MixedRecords, start: int, row: int, rows: int) -> object:
        tried.append(rows)
        return sound_from(self, start, row, rows)

    monkeypatch.setattr(MixedRecords, "sound_from", counted)
    dice = Random(7)
    payload = payload_of([(0, None, dice.randint(0, 50) if row % 20 else 8_200, ()) for row in range(6_000)])
    assert inspect_records(payload, 6_000, 0) == Inspection(0, True)
    assert len(tried) == 1
    tried.clear()
    payload = payload_of([(0, None, dice.randint(0, 50) if row % 400 else 8_200, ()) for row in range(6_000)])
    assert inspect_records(payload, 6_000, 0) == Inspection(0, True)
    assert len(tried) > 10
    assert sum(tried) < 3 * 6_000 + 4_096


def test_readers_read_what_passes() -> None:
    dice = Random(8)
    batch = encode_batch([Record(None, bytes(dice.randint(0, 100)), (), 10**12 + row) for row in range(1_000)])
    passed = 0
    for _ in range(60):
        broken = bytearray(batch)
        broken[dice.randrange(HEADER_BYTES, len(batch))] ^= 1 << dice.randrange(8)
        try:
            found = inspect_records(bytes(broken[HEADER_BYTES:]), 1_000, 999)
        except BadBatch:
            continue
        passed += 1
        records = decode_records(bytes(broken))
        assert [record.offset for record in records] == list(range(1_000))
        assert found.max_timestamp_delta == max(record.timestamp for record in records) - 10**12
    assert passed > 20


def test_numpy_is_not_there_before_many_mixed_records_are() -> None:
    program = """
import sys
import streambus.broker
import streambus.real
from streambus.records import HEADER_BYTES, Record, encode_batch, inspect_records
def inspect(sizes):
    inspect_records(encode_batch([Record(None, bytes(size), (), 0) for size in sizes])[HEADER_BYTES:], len(sizes), 0)
inspect([100] * 9_000)
inspect([size % 97 for size in range(0, 11 * 250, 11)])
assert "numpy" not in sys.modules
inspect([size % 97 for size in range(0, 11 * 300, 11)])
assert "numpy" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
