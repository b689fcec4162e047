"""Sealing a segment, and flushing entries: what a store finds in the files afterwards."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_files import MemoryFiles
from sealed_tables import SegmentMaker, directory_on_disk, stamped

from streambus.kernel import FileName
from streambus.records import check_batch, parse_header
from streambus.storage.batch_index import BatchIndex
from streambus.storage.sealed import (
    FOOTER_BYTES,
    MISSING,
    Directory,
    EntryOptions,
    FlushEntries,
    SealSegment,
    TableInfo,
    decode_bloom,
    decode_entries,
    decode_index_block,
    work,
)

FIRST_SEGMENT = FileName("wal/00000000000000000000.wal")


def test_a_sealed_segment_leads_to_every_batch_without_writing_one_again():
    files = MemoryFiles()
    maker = SegmentMaker(files, segment=7, start=5_000, table=3)
    batches = {(keyspace, offset): stamped(offset, 2, keyspace) for offset in range(0, 20, 2) for keyspace in (16, 17, 40)}
    for (keyspace, _), batch in batches.items():
        maker.append(keyspace, batch)
    directory = maker.seal()
    assert bytes(files.content[maker.file][: len(maker.data)]) == maker.data
    info = TableInfo(3, 0, 7, len(files.content[maker.file]), 5_000 + len(maker.data))
    assert (directory.info, directory.start_position) == (info, 5_000)
    assert files.dirty == {}
    found = {}
    for block in range(len(directory)):
        data = files.read(maker.file, directory.positions[block], directory.lengths[block])
        index = decode_index_block(data, 3, directory.positions[block], directory.checksums[block])
        assert (index.first_offset, index.end_offset) == (directory.first_offsets[block], directory.end_offsets[block]) == (0, 20)
        for row in range(len(index.rows)):
            batch = files.read(maker.file, index.rows.positions[row], index.rows.sizes[row])
            check_batch(batch, parse_header(batch))
            found[index.keyspace, index.rows.base_offsets[row]] = batch
    assert found == batches


def test_a_log_with_many_batches_has_many_blocks_that_tile_it():
    rows = BatchIndex()
    header = parse_header(stamped(0))
    for row in range(2_500):
        rows.append(header, row * 3, row * 100, 90)
    files = MemoryFiles({FIRST_SEGMENT: bytes(250_000)})
    directory = Directory.decode(SealSegment(1, 0, 0, 250_000, ((16, rows),)).run(files))
    assert list(directory.row_counts) == [1024, 1024, 452]
    assert list(directory.first_offsets) == [0, 1024 * 3, 2048 * 3]
    assert list(directory.end_offsets) == [1024 * 3, 2048 * 3, 2_499 * 3 + 1]
    assert (directory.run_count, files.writes, files.syncs) == (2_500, 1, 1)


def test_a_segment_without_batches_is_sealed_too_and_sealing_twice_is_harmless():
    files = MemoryFiles({FIRST_SEGMENT: b"\0" * 1_000})
    task = SealSegment(1, 0, 0, 100, ((16, BatchIndex()),))
    first = task.run(files)
    content = bytes(files.content[FIRST_SEGMENT])
    assert task.run(files) == first
    assert files.content[FIRST_SEGMENT] == content
    assert len(Directory.decode(first)) == 0


def test_what_a_store_reads_at_its_start_is_what_the_task_returned():
    files = MemoryFiles()
    maker = SegmentMaker(files, segment=0, start=0, table=9)
    maker.append(16, stamped(4, 3, timestamp=12_345))
    directory = maker.seal()
    files.write(maker.file, directory.info.file_bytes, [b"zeros of preallocation"])
    assert directory_on_disk(files, directory.info).encode(0) == directory.encode(0)


def test_a_directory_larger_than_one_write_is_written_too(monkeypatch):
    monkeypatch.setattr(work, "WRITE_BYTES", 10)
    files = MemoryFiles()
    maker = SegmentMaker(files, segment=0, start=0, table=9)
    maker.append(16, stamped(0))
    directory = maker.seal()
    assert directory_on_disk(files, directory.info).encode(0) == directory.encode(0)
    assert files.writes == 4


def test_a_thousand_logs_are_sealed_with_few_writes():
    files = MemoryFiles()
    maker = SegmentMaker(files, segment=0, start=0, table=9)
    for keyspace in range(16, 1_016):
        maker.append(keyspace, stamped(keyspace))
    maker.seal()
    assert files.writes == 2


# Entries -----------------------------------------------------------------------------------------------------------------

ENTRIES = st.dictionaries(st.binary(max_size=6), st.none() | st.binary(max_size=30), max_size=60)


@given(ENTRIES, st.integers(1, 200), st.sampled_from([0, 4, 10]))
@settings(deadline=None, max_examples=100)
def test_flushed_entries_are_found_again(entries, entry_block_bytes, bits_per_key):
    files = MemoryFiles()
    options = EntryOptions(entry_block_bytes, bits_per_key)
    result = FlushEntries(5, tuple(sorted(entries.items(), key=lambda entry: entry[0])), ((b"a", b"b"), (b"b", b"c")), 800, options).run(
        files
    )
    assert (files.dirty, files.has_dirty_names) == ({}, False)
    directory = directory_on_disk(files, Directory.decode(result).info)
    assert directory.info == TableInfo(5, 0, -1, len(files.content[directory.info.file]), 800)
    assert (directory.entry_count, directory.ranges) == (len(entries), ((b"a", b"c"),))
    blocks = []
    for number, position in enumerate(directory.entry_positions):
        data = files.read(directory.info.file, position, directory.entry_lengths[number])
        blocks.append(decode_entries(data, 5, position, directory.entry_checksums[number]))
    assert [entry for block in blocks for entry in block.scan(b"")] == sorted(entries.items(), key=lambda entry: entry[0])
    assert all(sum(len(key) + len(value or b"") for key, value in block.scan(b"")) >= entry_block_bytes for block in blocks[:-1])
    for key in [*entries, b"absent"]:
        block = directory.entry_block_of(key)
        assert (blocks[block].get(key) if block >= 0 else MISSING) == entries.get(key, MISSING)
    assert bool(directory.bloom_length) == bool(bits_per_key and entries)
    if directory.bloom_length:
        data = files.read(directory.info.file, directory.bloom_position, directory.bloom_length)
        bloom = decode_bloom(data, 5, directory.bloom_position, directory.bloom_checksum)
        assert all(bloom.may_contain(key) for key in entries)


def test_a_flush_never_writes_to_a_file_that_is_there():
    files = MemoryFiles({TableInfo(5, 0, -1, 0, 0).file: b"something"})
    with pytest.raises(FileExistsError):
        FlushEntries(5, ((b"key", b"value"),), (), 0).run(files)


def test_the_footer_ends_the_file():
    files = MemoryFiles()
    directory = Directory.decode(FlushEntries(5, ((b"key", b"value"),), (), 0).run(files))
    assert len(files.content[directory.info.file]) == directory.info.file_bytes > FOOTER_BYTES
