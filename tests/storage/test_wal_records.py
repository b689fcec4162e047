"""Records of the WAL: what is written is read, and nothing else is."""

from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_life import make_batch

from streambus.records import crc32c
from streambus.storage.wal_records import (
    ENTRY_BYTES,
    RECORD_HEADER_BYTES,
    Entry,
    EntryKind,
    WrittenByNewer,
    foreign_version,
    pack_entry,
    parse_record_header,
    read_record,
    record_header,
)

POSITION, WRITE_START = 5_000, 4_000


def record_of(*entries: tuple[int, int, bytes], flags: int = 0) -> bytes:
    """A record with these entries: kind, keyspace, body."""
    directory = b"".join(
        pack_entry(kind, flags, keyspace, len(body), 1, crc32c(body[:21] if kind == EntryKind.BATCH else body))
        for kind, keyspace, body in entries
    )
    bodies = b"".join(body for _, _, body in entries)
    return record_header(directory, len(bodies), POSITION, WRITE_START) + bodies + directory


def resummed(record: bytes, at: int, field: bytes) -> bytes:
    """`record` with another field in its header, and a true checksum."""
    changed = bytearray(record)
    changed[at : at + len(field)] = field
    changed[4:8] = pack(">I", crc32c(changed[8:RECORD_HEADER_BYTES]))
    return bytes(changed)


BODIES = st.tuples(st.sampled_from([kind for kind in EntryKind if kind is not EntryKind.BATCH]), st.integers(0, 9), st.binary(max_size=40))
BATCHES = st.tuples(st.just(EntryKind.BATCH), st.integers(0, 9), st.integers(0, 80).map(lambda size: make_batch(size=size)))


@given(st.lists(BODIES | BATCHES, max_size=8), st.integers(0, 3))
@settings(deadline=None)
def test_what_is_written_is_read(entries, before):
    data = record_of(*entries)
    record, needed = read_record(memoryview(bytes(before) + data + b"behind"), before, POSITION)
    assert record is not None
    assert needed == 0
    assert record.damaged == []
    assert (record.header.size, record.header.write_start, record.is_end) == (len(data), WRITE_START, not entries)
    assert [(entry.kind, entry.keyspace, entry.length) for entry in record.entries] == [
        (kind, keyspace, len(body)) for kind, keyspace, body in entries
    ]


@given(st.lists(BODIES | BATCHES, min_size=1, max_size=4), st.data())
@settings(deadline=None)
def test_no_flipped_bit_is_taken_for_what_was_written(entries, data):
    whole = record_of(*entries)
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    record, needed = read_record(memoryview(bytes(changed)), 0, POSITION)
    assert needed == 0
    if record is not None:
        (place,) = record.damaged
        start = RECORD_HEADER_BYTES + sum(len(body) for _, _, body in entries[:place])
        assert entries[place][0] is EntryKind.BATCH
        assert start <= at < start + len(entries[place][2])


@given(st.lists(BODIES | BATCHES, max_size=4), st.data())
@settings(deadline=None)
def test_a_record_that_is_cut_off_says_how_many_bytes_it_needs(entries, data):
    whole = record_of(*entries)
    length = data.draw(st.integers(0, len(whole) - 1))
    needed = RECORD_HEADER_BYTES if length < RECORD_HEADER_BYTES else len(whole)
    assert read_record(memoryview(whole)[:length], 0, POSITION) == (None, needed)


def test_a_record_is_one_at_its_own_position_only():
    data = memoryview(record_of((EntryKind.DROP, 1, b"")))
    assert parse_record_header(data, 0, POSITION) == parse_record_header(data, 0)
    assert parse_record_header(data, 0, POSITION + 1) is None
    assert read_record(data, 0, POSITION - 1) == (None, 0)


def test_a_write_cannot_begin_behind_its_records():
    assert parse_record_header(memoryview(record_header(b"", 0, 10, 11)), 0) is None


def test_a_header_that_is_cut_off_is_none():
    assert parse_record_header(memoryview(record_header(b"", 0, 10, 10)[:-1]), 0) is None


def test_the_layout_is_the_documented_one():
    batch = make_batch(records=3, size=20)
    body = b"\0\0\0\1\0\0\0\1kv\0\0\0\4\xff\xff\xff\xffgone"
    directory = pack(">HHIIII", 3, 0, 17, len(batch), 1, crc32c(batch[:21])) + pack(">HHIIII", 7, 0, 16, len(body), 1, crc32c(body))
    summed = pack(">IIIIQQQ", crc32c(directory), len(batch) + len(body), 2, 0, POSITION, WRITE_START, 0)
    assert record_of((3, 17, batch), (7, 16, body)) == b"SBW\x02" + pack(">I", crc32c(summed)) + summed + batch + body + directory
    assert (RECORD_HEADER_BYTES, ENTRY_BYTES, len(record_header(b"", 0, 0, 0))) == (48, 20, 48)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (record_of((99, 1, b"z")), "entry kind 99"),
        (record_of((EntryKind.PUTS, 1, b""), flags=2), "entry flags 2"),
        (record_of((EntryKind.BATCH, 1, make_batch()), flags=3), "entry flags 3"),
        (resummed(record_of(), 20, pack(">I", 7)), "reserved fields 7 and 0"),
        (resummed(record_of(), 40, pack(">Q", 8)), "reserved fields 0 and 8"),
    ],
)
def test_what_a_newer_version_wrote_is_refused_by_name(data, reason):
    with pytest.raises(WrittenByNewer, match=reason):
        read_record(memoryview(data), 0, POSITION)


def test_another_format_is_known_by_its_magic_and_told_from_garbage_by_its_checksum():
    newer = b"SBW\x03" + record_header(b"", 0, 7, 7)[4:]
    assert foreign_version(memoryview(b".." + newer), 2) == 3
    summed = bytes(range(32))
    older = b"SBW\x01" + pack(">I", crc32c(summed)) + summed + b"payload."
    assert foreign_version(memoryview(older), 0) == 1
    for data in (record_header(b"", 0, 7, 7), newer[:-1], b"", b"Z" + newer[1:], newer[:-1] + b"\1", b"SBW\0" + bytes(90)):
        assert foreign_version(memoryview(data), 0) is None


@pytest.mark.parametrize(
    "lengths",
    [(61, 20), (81, 1), (10, 71), (200, 1)],
    ids=["too short", "too long", "no batch", "beyond the record"],
)
def test_a_directory_that_contradicts_the_bodies_is_damage(lengths):
    batch = make_batch(size=20)
    assert len(batch) == 81
    directory = b"".join(pack_entry(3, 0, 1, length, 1, crc32c(batch[:21])) for length in lengths)
    data = record_header(directory, 80, POSITION, WRITE_START) + batch[:80] + directory
    assert read_record(memoryview(data), 0, POSITION) == (None, 0)
    directory = pack_entry(EntryKind.PUTS, 0, 1, 3, 0, crc32c(b"abc"))
    data = record_header(directory, 4, POSITION, WRITE_START) + b"abcd" + directory
    assert read_record(memoryview(data), 0, POSITION) == (None, 0)


def test_a_damaged_batch_is_named_and_the_others_are_read():
    data = bytearray(record_of((3, 1, make_batch(size=30)), (7, 2, b"z"), (3, 1, make_batch(size=30)), (3, 4, make_batch(size=30))))
    data[RECORD_HEADER_BYTES + 5] ^= 1
    data[RECORD_HEADER_BYTES + 91 + 1 + 90] ^= 1
    record, _ = read_record(memoryview(bytes(data)), 0, POSITION)
    assert record is not None
    assert record.damaged == [0, 2]
    assert record.entries[3] == Entry(EntryKind.BATCH, 0, 4, 91, 1, crc32c(make_batch(size=30)[:21]))
