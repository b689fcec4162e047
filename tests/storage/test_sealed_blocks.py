"""Blocks of sealed tables: what is written is what is read, and nothing else is."""

import contextlib
from array import array
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_tables import columns

from streambus.records import crc32c
from streambus.storage.batch_index import BatchIndex
from streambus.storage.key_ranges import KeyRange
from streambus.storage.sealed import (
    FOOTER_BYTES,
    MISSING,
    Damaged,
    Directory,
    EntryBlock,
    IndexBlock,
    TableInfo,
    decode_bloom,
    decode_entries,
    decode_index_block,
    decode_rows,
    encode_bloom,
    encode_entries,
    encode_rows,
    parse_footer,
)
from streambus.storage.sealed import columns as column_format
from streambus.storage.sealed.blocks import HEADER_BYTES, Kind, block_checksum, decode_block, encode_block
from streambus.storage.sealed.bloom import BloomBuilder
from streambus.storage.sealed.footer import encode_footer
from streambus.storage.sealed.index_block import check_rows

LONG = st.integers(-(2**63), 2**63 - 1)
COLUMNS = {
    "base_offsets": ("q", LONG),
    "positions": ("q", st.integers(1_000, 2**62)),
    "sizes": ("I", st.integers(0, 2**32 - 1)),
    "max_timestamps": ("q", LONG),
    "producer_ids": ("q", LONG),
    "producer_epochs": ("h", st.integers(-(2**15), 2**15 - 1)),
    "base_sequences": ("i", st.integers(-(2**31), 2**31 - 1)),
    "spans": ("I", st.integers(0, 2**32 - 1)),
}


@st.composite
def row_columns(draw: st.DrawFn) -> BatchIndex:
    rows = BatchIndex()
    count = draw(st.integers(0, 20))
    for name, (code, values) in COLUMNS.items():
        setattr(rows, name, array(code, draw(st.lists(values, min_size=count, max_size=count))))
    rows.end_offset = 77
    return rows


def index_block(rows: BatchIndex, origin: int = 0) -> bytes:
    return encode_rows(rows, 0, len(rows), keyspace=16, first_offset=-5, end_offset=77, table=3, position=400, origin=origin)


@given(row_columns())
@settings(deadline=None, max_examples=50)
def test_rows_come_back_with_their_range(rows):
    block = decode_index_block(index_block(rows), 3, 400)
    assert (block.keyspace, block.first_offset, block.end_offset) == (16, -5, 77)
    assert columns(block.rows) == columns(rows)


def some_rows(count: int = 3) -> BatchIndex:
    rows = BatchIndex()
    for row in range(count):
        for name, value in zip(COLUMNS, (row * 10, 1_000 + row * 100, 90, row, -1, -1, -1, 10), strict=True):
            getattr(rows, name).append(value)
    rows.end_offset = count * 10
    return rows


def test_a_part_of_the_rows_of_a_segment_has_positions_in_its_file():
    rows = some_rows(4)
    block = encode_rows(rows, 1, 3, keyspace=16, first_offset=10, end_offset=30, table=3, position=0, origin=600)
    decoded = decode_rows(block, 3, 0)
    assert (list(decoded.base_offsets), list(decoded.positions), decoded.end_offset) == ([10, 20], [500, 600], 30)
    assert list(rows.positions) == [1_000, 1_100, 1_200, 1_300]


def test_columns_are_little_endian_on_every_machine(monkeypatch):
    here = column_format.column_bytes(array("I", [1, 2]))
    assert here == b"\1\0\0\0\2\0\0\0"
    monkeypatch.setattr(column_format, "SWAPS", True)
    swapped = column_format.column_bytes(array("I", [1, 2]))
    assert swapped == b"\0\0\0\1\0\0\0\2"
    assert list(column_format.ColumnReader(memoryview(swapped), 0).column("I", 2)) == [1, 2]


KEYS = st.binary(max_size=12)


@given(st.dictionaries(KEYS, st.none() | st.binary(max_size=20), min_size=1, max_size=30), KEYS, KEYS)
@settings(deadline=None, max_examples=100)
def test_an_entry_block_answers_like_a_dict(entries, first, last):
    keys = sorted(entries)
    block = decode_entries(encode_entries(EntryBlock(keys, [entries[key] for key in keys]), 3, 0), 3, 0)
    assert (block.keys, len(block)) == (keys, len(keys))
    for key in [*keys, first, last]:
        assert block.get(key) == entries.get(key, MISSING)
    assert list(block.scan(first, last)) == [(key, entries[key]) for key in keys if first <= key < last]
    assert list(block.scan(first)) == [(key, entries[key]) for key in keys if first <= key]


def test_a_bloom_filter_knows_every_key_and_few_others():
    builder = BloomBuilder(10)
    builder.add([b"user-%d" % number for number in range(0, 4_000, 2)])
    bloom = builder.build()
    assert bloom is not None
    bloom = decode_bloom(encode_bloom(bloom, 3, 64), 3, 64)
    assert all(bloom.may_contain(b"user-%d" % number) for number in range(0, 4_000, 2))
    assert sum(bloom.may_contain(b"user-%d" % number) for number in range(1, 4_000, 2)) < 2_000 * 0.02


def test_without_bits_or_keys_there_is_no_bloom_filter():
    nothing, keyless = BloomBuilder(0), BloomBuilder(10)
    nothing.add([b"key"])
    assert (nothing.build(), keyless.build()) == (None, None)


def test_a_bloom_filter_is_the_same_in_every_process():
    builder = BloomBuilder(8)
    builder.add([b"a", b"b"])
    bloom = builder.build()
    assert bloom is not None
    assert (bloom.bits, bloom.probes, bloom.filter.hex()) == (16, 6, "73af")


def full_directory(entry_keys: tuple[bytes, ...] = (b"d", b"m"), ranges: tuple[KeyRange, ...] = ((b"a", b"c"), (b"x", b"z"))) -> Directory:
    """A directory with something of everything."""
    directory = Directory(TableInfo(3, 2, -1, 0, 9_000), 0)
    rows = some_rows(4)
    for keyspace, low, high in ((16, 0, 2), (16, 2, 4), (18, 0, 0), (20, 1, 3)):
        bounds = {"keyspace": keyspace, "first_offset": low * 10, "end_offset": high * 10 + 1}
        block = encode_rows(rows, low, high, table=3, position=0, **bounds)
        directory.add_index_block(block, rows, low, high, position=0, **bounds)
    for number, key in enumerate(entry_keys):
        keys = [key, key + b"1"]
        directory.add_entry_block(encode_entries(EntryBlock(keys, [b"", None]), 3, 0), keys, number * 100)
    directory.ranges = ranges
    directory.bloom_position, directory.bloom_length, directory.bloom_checksum = 500, 60, 7
    return directory


def everything(directory: Directory) -> tuple[object, ...]:
    return tuple(getattr(directory, name) for name in Directory.__slots__ if name != "info")


@pytest.mark.parametrize("entry_keys", [(), (b"d",), (b"", b"m")])
@pytest.mark.parametrize("ranges", [(), ((b"a", b"c"), (b"x", b"z"))])
def test_a_directory_comes_back_whole_and_says_which_table_it_is_of(entry_keys, ranges):
    directory = full_directory(entry_keys, ranges)
    encoded = directory.encode(700)
    info = TableInfo(3, 2, -1, 700 + len(encoded) + FOOTER_BYTES, 9_000)
    decoded = Directory.decode(encoded)
    assert decoded.info == info
    assert everything(decoded) == everything(directory)
    assert everything(Directory.decode(encoded, info, block_checksum(encoded))) == everything(directory)


def test_a_directory_finds_blocks_by_offset():
    directory = full_directory()
    assert (directory.blocks_of(16), directory.blocks_of(17), directory.blocks_of(20), len(directory)) == (
        range(2),
        range(2, 2),
        range(3, 4),
        4,
    )
    assert [directory.block_at(16, offset) for offset in (-1, 0, 19, 20, 40, 41)] == [-1, 0, 0, 1, 1, -1]
    assert [directory.block_at(keyspace, 10) for keyspace in (15, 17, 20, 21)] == [-1, -1, 3, -1]
    assert (list(directory.row_counts), list(directory.max_timestamps), list(directory.data_bytes)) == (
        [2, 2, 0, 2],
        [1, 3, -1, 2],
        [180, 180, 0, 180],
    )


def test_a_directory_finds_blocks_by_key():
    directory = full_directory()
    assert [directory.entry_block_of(key) for key in (b"a", b"d", b"e", b"m", b"m1", b"m2")] == [-1, 0, 0, 1, 1, -1]
    found = [directory.entry_blocks_between(*bounds) for bounds in ((b"a",), (b"e", b"m"), (b"e", b"n"), (b"n",), (b"a", b"b"))]
    assert [list(blocks) for blocks in found] == [[0, 1], [0], [0, 1], [], []]
    assert list(full_directory(()).entry_blocks_between(b"", b"z")) == []
    assert full_directory(()).entry_block_of(b"") == -1


def test_runs_are_counted_by_what_lies_side_by_side():
    rows = some_rows(4)
    rows.positions = array("q", [0, 90, 200, 290])
    directory = Directory(TableInfo(3, 0, -1, 0, 0))
    directory.add_index_block(index_block(rows), rows, 0, 4, keyspace=1, first_offset=0, end_offset=40, position=0)
    assert directory.run_count == 2


def test_a_directory_is_small_in_memory():
    empty, directory = Directory(TableInfo(3, 0, -1, 0, 0)), Directory(TableInfo(3, 0, -1, 0, 0))
    block = index_block(some_rows())
    for number in range(1_000):
        directory.add_index_block(block, some_rows(), 0, 3, keyspace=number, first_offset=0, end_offset=30, position=0)
    decoded = Directory.decode(directory.encode(0))
    assert decoded.bytes_in_memory - empty.bytes_in_memory <= 64 * 1_000


# Damage ------------------------------------------------------------------------------------------------------------------


def blocks() -> dict[str, tuple[bytes, object]]:
    builder = BloomBuilder(10)
    builder.add([b"a", b"b"])
    bloom = builder.build()
    assert bloom is not None
    directory = full_directory().encode(400)
    info = TableInfo(3, 2, -1, 400 + len(directory) + FOOTER_BYTES, 9_000)
    footer_info = TableInfo(3, 2, -1, 400 + FOOTER_BYTES, 9_000)
    return {
        "index": (index_block(some_rows()), lambda data: decode_rows(data, 3, 400)),
        "entries": (encode_entries(EntryBlock([b"a", b"b"], [b"1", None]), 3, 400), lambda data: decode_entries(data, 3, 400)),
        "bloom": (encode_bloom(bloom, 3, 400), lambda data: decode_bloom(data, 3, 400)),
        "directory": (directory, lambda data: Directory.decode(data, info)),
        "directory alone": (directory, Directory.decode),
        "footer": (encode_footer(footer_info, (300, 100, 5), 0, 400), lambda data: parse_footer(data, footer_info)),
    }


@pytest.mark.parametrize("name", blocks())
def test_no_byte_of_a_block_can_change_unnoticed(name):
    block, decode = blocks()[name]
    decode(block)
    for position in range(len(block)):
        for mask in (0x01, 0x80):
            damaged = bytearray(block)
            damaged[position] ^= mask
            with pytest.raises(Damaged):
                decode(damaged)


@pytest.mark.parametrize("name", blocks())
def test_no_block_is_believed_short_or_long(name):
    block, decode = blocks()[name]
    for length in range(len(block)):
        with pytest.raises(Damaged):
            decode(block[:length])
    with pytest.raises(Damaged):
        decode(block + b"\0")


@pytest.mark.parametrize(("table", "position"), [(4, 400), (3, 401)])
def test_the_right_block_in_the_wrong_place_is_refused(table, position):
    block, decoders = index_block(some_rows()), (decode_rows, decode_entries, decode_bloom)
    for decode in decoders:
        with pytest.raises(Damaged, match="belongs to position 400 of table 3"):
            decode(block, table, position)
    with pytest.raises(Damaged, match="kind 1"):
        decode_entries(block, 3, 400)


def test_an_older_block_in_the_same_place_is_refused():
    newer, older = index_block(some_rows(2)), index_block(some_rows(3))
    decode_rows(newer, 3, 400, block_checksum(newer))
    with pytest.raises(Damaged, match="an older one"):
        decode_rows(older, 3, 400, block_checksum(newer))


def test_a_directory_of_another_table_is_refused():
    directory = full_directory().encode(400)
    end = 400 + len(directory) + FOOTER_BYTES
    for info in (
        TableInfo(4, 2, -1, end, 9_000),
        TableInfo(3, 2, -1, end + 1, 9_000),
        TableInfo(3, 2, 5, end, 9_000),
        TableInfo(3, 2, -1, end, 1),
    ):
        with pytest.raises(Damaged):
            Directory.decode(directory, info)
    assert Directory.decode(directory, TableInfo(3, 7, -1, end, 9_000)).info.level == 7


@pytest.mark.parametrize("directory", [(300, 99, 5), (0, 2**31, 5), (380, 20, 5)])
def test_a_footer_that_points_anywhere_is_refused(directory):
    info = TableInfo(3, 0, -1, 400 + FOOTER_BYTES, 0)
    with pytest.raises(Damaged, match="the footer speaks of"):
        parse_footer(encode_footer(info, directory, 0, 400), info)


def test_the_footer_of_an_older_table_is_refused():
    info = TableInfo(3, 0, -1, 400 + FOOTER_BYTES, 10)
    with pytest.raises(Damaged, match="position 9"):
        parse_footer(encode_footer(TableInfo(3, 0, -1, 0, 9), (300, 100, 5), 0, 400), info)
    with pytest.raises(Damaged, match="64 bytes"):
        parse_footer(encode_block(Kind.FOOTER, 3, 400, b""), info)


def test_a_transformed_block_is_of_a_later_version():
    block = bytearray(encode_block(Kind.INDEX, 3, 0, b"payload"))
    for position, value in ((9, 1), (10, 1)):
        changed = bytearray(block)
        changed[position] = value
        changed[4:8] = crc_of(changed)
        with pytest.raises(Damaged, match="transformed"):
            decode_block(changed, Kind.INDEX, 3, 0)
    changed = bytearray(block)
    changed[3] = 2
    with pytest.raises(Damaged, match="format 2"):
        decode_block(changed, Kind.INDEX, 3, 0)


def crc_of(block: bytearray) -> bytes:
    return crc32c(memoryview(block)[8:]).to_bytes(4, "big")


def test_blocks_that_contradict_themselves_are_damaged_though_their_checksums_are_right():
    with pytest.raises(Damaged, match="within its header"):
        decode_rows(encode_block(Kind.INDEX, 3, 400, b"short"), 3, 400)
    with pytest.raises(Damaged, match="begins at offset 5 and ends at 5"):
        decode_rows(encode_block(Kind.INDEX, 3, 400, pack(">IIqq", 16, 0, 5, 5)), 3, 400)
    with pytest.raises(Damaged, match="behind its second row"):
        check_rows(IndexBlock(16, 10, 30, some_rows()), 10_000)
    check_rows(IndexBlock(16, 9, 30, some_rows()), 10_000)
    directory = full_directory(ranges=((b"a", b"c"),)).encode(400)
    payload = bytearray(directory[HEADER_BYTES:])
    payload[payload.index(array("I", [1, 1, 2, 1, 1]).tobytes())] += 1
    with pytest.raises(Damaged, match="do not add up"):
        Directory.decode(encode_block(Kind.DIRECTORY, 3, 400, bytes(payload)))


@given(st.sampled_from(list(Kind)), st.integers(0, 120), st.binary(max_size=200))
@settings(deadline=None, max_examples=300)
def test_a_block_of_nonsense_is_damaged_and_nothing_worse(kind, kept, nonsense):
    """The checksum is right, the payload is not: the decoders must not fall over it."""
    for name, (block, decode) in blocks().items():
        if block[8] != kind:
            continue
        payload = block[HEADER_BYTES : HEADER_BYTES + kept] + nonsense
        rebuilt = bytearray(encode_block(kind, 3, 400, payload))
        with contextlib.suppress(Damaged):
            assert decode(rebuilt) is not None, name
