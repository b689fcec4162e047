"""Verifying sealed tables: every damaged byte is found, named, and does not hide the rest."""

import pytest
from memory_files import MemoryFiles
from sealed_tables import SegmentMaker, stamped

from streambus.kernel import FileName
from streambus.storage.sealed import (
    Damaged,
    Directory,
    EntryBlock,
    EntryOptions,
    FlushEntries,
    LogExtent,
    MergeLogs,
    Problem,
    Progress,
    TableInfo,
    check_table,
    encode_entries,
    read_table,
)
from streambus.storage.sealed.blocks import block_checksum
from streambus.storage.sealed.bloom import BloomBuilder, encode_bloom
from streambus.storage.sealed.seal import append_index_block
from streambus.storage.sealed.verify import find_fault
from streambus.storage.sealed.work import TableFile


def log_table(files: MemoryFiles) -> Directory:
    """A table with a file of its own, made of a segment with two logs."""
    maker = SegmentMaker(files, 0, 0, 1)
    for offset in range(2):
        for keyspace in (16, 17):
            maker.append(keyspace, stamped(offset, size=10))
    sealed = maker.seal()
    places = zip(sealed.keyspaces, sealed.positions, sealed.lengths, sealed.first_offsets, sealed.end_offsets, strict=True)
    extents = tuple(LogExtent(log, maker.file, 1, position, length, first, end) for log, position, length, first, end in places)
    (result,) = MergeLogs((2,), 1, extents, 1 << 20, 0).run(files)  # type: ignore[misc]
    assert isinstance(result, bytes)
    return Directory.decode(result)


def entry_table(files: MemoryFiles) -> Directory:
    entries = tuple((b"key-%d" % number, b"value" if number % 3 else None) for number in range(9))
    return Directory.decode(FlushEntries(2, entries, ((b"a", b"b"),), 0, EntryOptions(30, 10)).run(files))


def problems(files: MemoryFiles, info: TableInfo) -> list[Problem]:
    return [found for found in check_table(files, info) if isinstance(found, Problem)]


@pytest.mark.parametrize("make", [log_table, entry_table])
def test_a_whole_table_has_no_problems_and_all_of_it_was_read(make):
    files = MemoryFiles()
    directory = make(files)
    *_, last = check_table(files, directory.info)
    assert problems(files, directory.info) == []
    assert read_table(files, directory.info).encode(0) == directory.encode(0)
    encoded = len(directory.encode(0))
    assert last == Progress(directory.info.file_bytes - encoded)


def test_every_damaged_byte_of_a_table_of_entries_is_found():
    files = MemoryFiles()
    info = entry_table(files).info
    for position in range(info.file_bytes):
        files.flip(info.file, position)
        assert problems(files, info), position
        files.flip(info.file, position)


def test_every_damaged_byte_of_a_table_of_logs_is_found_but_for_leader_epochs():
    files = MemoryFiles()
    directory = log_table(files)
    size = len(stamped(0, size=10))
    harmless = {batch * size + 12 + byte for batch in range(4) for byte in range(4)}
    for position in range(directory.info.file_bytes):
        files.flip(directory.info.file, position)
        assert bool(problems(files, directory.info)) == (position not in harmless), position
        files.flip(directory.info.file, position)


def test_one_damaged_batch_does_not_hide_another():
    files = MemoryFiles()
    directory = log_table(files)
    size = len(stamped(0, size=10))
    for batch in (0, 1, 3):
        files.flip(directory.info.file, batch * size + size - 1)
    found = problems(files, directory.info)
    assert [problem.position for problem in found] == [0, size, 3 * size]
    assert {problem.reason for problem in found} == {"the checksum of the batch is wrong"}


def test_a_batch_that_was_lost_is_a_problem_that_does_not_hide_the_rest():
    files = MemoryFiles()
    maker = SegmentMaker(files, 3, 1_000, 1)
    for offset in range(3):
        maker.append(16, stamped(offset))
    maker.logs[16].sizes[1] = 0
    directory = maker.seal()
    files.flip(maker.file, maker.logs[16].positions[2] - 1_000 + 70)
    assert [problem.reason for problem in problems(files, directory.info)] == [
        "the batch with the offsets 1 to 2 was lost before this table was written",
        "the checksum of the batch is wrong",
    ]


def test_a_sealed_segment_is_verified_where_it_is():
    files = MemoryFiles()
    maker = SegmentMaker(files, 3, 1_000, 1)
    maker.append(16, stamped(0))
    directory = maker.seal()
    assert problems(files, directory.info) == []
    files.flip(maker.file, 50)
    assert [problem.position for problem in problems(files, directory.info)] == [10]


def test_a_table_that_is_not_there_is_a_problem():
    files = MemoryFiles()
    info = entry_table(files).info
    assert problems(files, TableInfo(7, 0, -1, 1_000, 0)) == [Problem(FileName(f"tables/{7:020}.table"), 0, "there is no such file")]
    assert "no room" in problems(files, TableInfo(2, 0, -1, 63, 0))[0].reason
    del files.content[info.file][-10:]
    assert "the file has 54" in problems(files, info)[0].reason
    with pytest.raises(Damaged):
        read_table(files, info)


# Tables whose checksums are right, and which contradict themselves: made by mistake, not by a disk ---------------------------


def reason_of(spoil: str) -> str:
    """What is found in a table of entries in which one thing was spoilt before it was written."""
    files, info = MemoryFiles(), TableInfo(2, 0, -1, 0, 0)
    files.create(info.file)
    output, directory = TableFile(files, info.file), Directory(info)
    for keys in ([b"a", b"b"], [b"c", b"d"]):
        position = output.position
        block = encode_entries(EntryBlock(list(keys), [b"1", b"2"]), 2, position)
        output.append(block)
        directory.add_entry_block(block, [b"0"] if spoil == "first key" and keys[0] == b"a" else keys, position)
    directory.last_key = {"last key": b"e", "short": b"a"}.get(spoil, directory.last_key)
    builder = BloomBuilder(20)
    builder.add([b"x"] if spoil == "bloom" else [b"a", b"b", b"c", b"d"])
    bloom = builder.build()
    assert bloom is not None
    directory.bloom_position = output.position
    block = encode_bloom(bloom, 2, output.position)
    directory.bloom_length, directory.bloom_checksum = len(block), block_checksum(block)
    output.append(block)
    if spoil == "ranges":
        directory.ranges = ((b"b", b"c"), (b"a", b"b"))
    found = problems(files, Directory.decode(output.finish(directory)).info)
    return found[0].reason if found else ""


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("nothing", ""),
        ("first key", "other keys than the directory says"),
        ("last key", "other keys than the directory says"),
        ("short", "the last key is before the last block"),
        ("bloom", "denies a key"),
        ("ranges", "range tombstones are not in order"),
    ],
)
def test_a_table_of_entries_that_contradicts_itself(spoil, reason):
    assert reason in reason_of(spoil)
    assert bool(reason) == bool(reason_of(spoil))


@pytest.mark.parametrize(
    ("column", "reason"), [("end_offsets", "other offsets than the directory"), ("row_counts", "counts other batches")]
)
def test_a_directory_that_contradicts_its_index_blocks(column, reason):
    files, info = MemoryFiles(), TableInfo(2, 0, -1, 0, 0)
    files.create(info.file)
    output, directory = TableFile(files, info.file), Directory(info)
    maker = SegmentMaker(files, 0, 0, 1)
    maker.append(16, stamped(0), between=0)
    output.append(maker.data)
    append_index_block(output, directory, maker.logs[16], 0, 1, keyspace=16, first_offset=0, end_offset=1)
    getattr(directory, column)[0] += 1
    found = problems(files, Directory.decode(output.finish(directory)).info)
    assert reason in found[0].reason


def directory_with(**columns: list[int]) -> Directory:
    directory = Directory(TableInfo(2, 0, -1, 0, 0))
    for name, values in columns.items():
        getattr(directory, name).extend(values)
    return directory


def test_directories_that_are_out_of_order():
    assert find_fault(directory_with(keyspaces=[1, 1, 2], first_offsets=[0, 5, 0], end_offsets=[5, 6, 1])) is None
    assert find_fault(directory_with(keyspaces=[1], first_offsets=[5], end_offsets=[5])) == "an index block speaks of no offsets"
    for keyspaces, firsts in (([1, 1], [0, 4]), ([2, 1], [0, 9])):
        assert find_fault(directory_with(keyspaces=keyspaces, first_offsets=firsts, end_offsets=[5, 10])) == "index blocks are not in order"
    directory = Directory(TableInfo(2, 0, -1, 0, 0))
    directory.first_keys = [b"b", b"a"]
    assert find_fault(directory) == "entry blocks are not in order"
