"""Merging logs: what was live in many tables is, batch for batch, in the few that are made of them."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_files import MemoryFiles
from sealed_tables import SegmentMaker, directory_on_disk, stamped

from streambus.kernel import FileName
from streambus.records import check_batch, parse_header
from streambus.storage.sealed import Directory, LogExtent, MergeLogs, WorkDamaged, decode_index_block
from streambus.storage.sealed import work as work_limits

Contents = dict[int, list[tuple[int, bytes]]]
Ranges = dict[int, list[tuple[int, int]]]


def extents_of(directory: Directory, clips: dict[int, tuple[int, int]] | None = None) -> list[LogExtent]:
    """All index blocks, each clipped to the range that is live of its log, if it is clipped."""
    extents = []
    for block in range(len(directory)):
        first, end = directory.first_offsets[block], directory.end_offsets[block]
        if clips is not None:
            low, high = clips.get(directory.keyspaces[block], (0, 0))
            first, end = max(first, low), min(end, high)
        if first < end:
            place = directory.positions[block], directory.lengths[block]
            info = directory.info
            extents.append(
                LogExtent(directory.keyspaces[block], info.file, info.number, *place, first, end, checksum=directory.checksums[block])
            )
    return extents


def in_order(extents: list[LogExtent]) -> tuple[LogExtent, ...]:
    return tuple(sorted(extents, key=lambda extent: (extent.keyspace, extent.first_offset)))


def contents(files: MemoryFiles, directories: list[Directory]) -> tuple[Contents, Ranges]:
    """The batches in the tables by log, and the ranges that their blocks speak of, joined where they touch."""
    batches: Contents = {}
    ranges: Ranges = {}
    for directory in directories:
        file = directory.info.file
        for number, position in enumerate(directory.positions):
            data = files.read(file, position, directory.lengths[number])
            block = decode_index_block(data, directory.info.number, position, directory.checksums[number])
            rows = block.rows
            assert block.first_offset < block.end_offset
            assert len(rows) == directory.row_counts[number]
            assert sum(rows.sizes) == directory.data_bytes[number]
            for row in range(len(rows)):
                batch = files.read(file, rows.positions[row], rows.sizes[row])
                check_batch(batch, parse_header(batch))
                batches.setdefault(block.keyspace, []).append((rows.base_offsets[row], batch))
            pieces = ranges.setdefault(block.keyspace, [])
            if pieces and pieces[-1][1] == block.first_offset:
                pieces[-1] = (pieces[-1][0], block.end_offset)
            else:
                pieces.append((block.first_offset, block.end_offset))
    return batches, ranges


def merged(files: MemoryFiles, task: MergeLogs) -> list[Directory]:
    """What the task made, read from the files as a store does."""
    result = task.run(files)
    assert isinstance(result, tuple), result
    assert (files.dirty, files.has_dirty_names) == ({}, False)
    return [directory_on_disk(files, Directory.decode(directory).info) for directory in result]


# Against a model ---------------------------------------------------------------------------------------------------------

LOG = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 60), st.integers(0, 2)), max_size=8)
"""Batches of one log in one segment: records, bytes, offsets left out before it."""

SEGMENTS = st.lists(st.dictionaries(st.sampled_from([16, 17, 30]), LOG, min_size=1, max_size=3), min_size=1, max_size=4)


@given(SEGMENTS, st.integers(40, 1_500), st.integers(1, 5), st.data())
@settings(deadline=None, max_examples=150)
def test_a_merge_keeps_exactly_what_is_live(segments, table_bytes, output_count, data):
    files = MemoryFiles()
    ends = {16: 0, 17: 0, 30: 0}
    model: Contents = {}
    directories = []
    position = 0
    for number, logs in enumerate(segments):
        maker = SegmentMaker(files, number, position, table=number + 1)
        queues = {keyspace: list(batches) for keyspace, batches in logs.items()}
        while any(queues.values()):
            keyspace = data.draw(st.sampled_from([keyspace for keyspace, batches in queues.items() if batches]))
            records, size, skipped = queues[keyspace].pop(0)
            base_offset = ends[keyspace] + skipped
            batch = stamped(base_offset, records, size)
            ends[keyspace] = base_offset + records
            model.setdefault(keyspace, []).append((base_offset, batch))
            maker.append(keyspace, batch, between=data.draw(st.sampled_from([0, 0, 10])))
        directories.append(maker.seal())
        position += len(maker.data)
    clips = {}
    for keyspace, batches in model.items():
        bases = [base for base, _ in batches]
        low = data.draw(st.integers(0, ends[keyspace]))
        end = data.draw(st.sampled_from([*bases, ends[keyspace]]))
        clips[keyspace] = (low, end)
    extents = in_order([extent for directory in directories for extent in extents_of(directory, clips)])
    outputs = merged(files, MergeLogs(range(100, 100 + output_count), 1, extents, table_bytes, position))

    live = {
        keyspace: [
            (base, batch) for base, batch in batches if base < clips[keyspace][1] and parse_header(batch).next_offset > clips[keyspace][0]
        ]
        for keyspace, batches in model.items()
    }
    batches, ranges = contents(files, outputs)
    assert batches == {keyspace: kept for keyspace, kept in live.items() if kept}
    wanted: Ranges = {}
    for extent in extents:
        pieces = wanted.setdefault(extent.keyspace, [])
        if pieces and pieces[-1][1] == extent.first_offset:
            pieces[-1] = (pieces[-1][0], extent.end_offset)
        else:
            pieces.append((extent.first_offset, extent.end_offset))
    assert ranges == wanted
    assert [directory.info.number for directory in outputs] == list(range(100, 100 + len(outputs)))
    assert len(outputs) <= output_count
    for directory in outputs[: output_count - 1]:
        assert sum(directory.data_bytes) <= table_bytes or sum(directory.row_counts) == 1
    for directory in outputs:
        assert directory.info.level == 1
        assert directory.info.end_position == position
        assert directory.run_count == sum(1 for rows in directory.row_counts if rows)
        keys = list(zip(directory.keyspaces, directory.first_offsets, strict=True))
        assert keys == sorted(keys)


# One by one --------------------------------------------------------------------------------------------------------------


def segment(files: MemoryFiles, number: int, batches: list[tuple[int, bytes]], start: int = 0) -> Directory:
    maker = SegmentMaker(files, number, start, table=number + 1)
    for keyspace, batch in batches:
        maker.append(keyspace, batch)
    return maker.seal()


def test_small_neighbours_become_one_block():
    files = MemoryFiles()
    directories = [segment(files, number, [(16, stamped(number)), (17, stamped(number))]) for number in range(5)]
    extents = in_order([extent for directory in directories for extent in extents_of(directory)])
    (directory,) = merged(files, MergeLogs((9,), 1, extents, 1 << 20, 0))
    assert (list(directory.keyspaces), list(directory.row_counts)) == ([16, 17], [5, 5])
    assert (list(directory.first_offsets), list(directory.end_offsets)) == ([0, 0], [5, 5])


def test_a_gap_between_extents_is_never_covered_by_a_block():
    files = MemoryFiles()
    directories = [segment(files, number, [(16, stamped(number * 10))]) for number in range(3)]
    extents = in_order(extents_of(directories[0]) + extents_of(directories[2]))
    (directory,) = merged(files, MergeLogs((9,), 1, extents, 1 << 20, 0))
    assert list(zip(directory.first_offsets, directory.end_offsets, strict=True)) == [(0, 1), (20, 21)]


def test_more_rows_than_a_block_holds_are_tiled_by_several():
    files = MemoryFiles()
    batches = [(16, stamped(offset, size=0)) for offset in range(1_500)]
    directories = [segment(files, 0, batches[:700]), segment(files, 1, batches[700:])]
    extents = in_order([extent for directory in directories for extent in extents_of(directory)])
    (directory,) = merged(files, MergeLogs((9,), 1, extents, 1 << 20, 0))
    assert list(directory.row_counts) == [1024, 476]
    assert (list(directory.first_offsets), list(directory.end_offsets)) == ([0, 1024], [1024, 1500])


def test_a_block_of_which_only_a_hole_is_left_stays_as_a_block_without_rows():
    files = MemoryFiles()
    source = segment(files, 0, [(16, stamped(0)), (16, stamped(10))])
    (extent,) = extents_of(source)
    (first,) = merged(files, MergeLogs((7,), 1, (attrs.evolve(extent, first_offset=4, end_offset=8),), 1 << 20, 0))
    assert contents(files, [first]) == ({}, {16: [(4, 8)]})
    assert (list(first.row_counts), list(first.max_timestamps)) == ([0], [-1])
    (again,) = merged(files, MergeLogs((8,), 2, in_order(extents_of(first)), 1 << 20, 0))
    assert contents(files, [again]) == ({}, {16: [(4, 8)]})


def test_two_pieces_of_one_block_do_not_both_take_the_batch_before_a_hole():
    files = MemoryFiles()
    (extent,) = extents_of(segment(files, 0, [(16, stamped(0, 5)), (16, stamped(10))]))
    pieces = (attrs.evolve(extent, end_offset=5), attrs.evolve(extent, first_offset=8))
    (directory,) = merged(files, MergeLogs((7,), 1, pieces, 1 << 20, 0))
    batches, ranges = contents(files, [directory])
    assert [base for base, _ in batches[16]] == [0, 10]
    assert ranges == {16: [(0, 5), (8, 11)]}


def test_a_batch_that_contains_the_first_offset_is_kept_whole_merge_after_merge():
    files = MemoryFiles()
    batch = stamped(0, 5)
    (extent,) = extents_of(segment(files, 0, [(16, batch), (16, stamped(5))]))
    (once,) = merged(files, MergeLogs((7,), 1, (attrs.evolve(extent, first_offset=3),), 1 << 20, 0))
    (twice,) = merged(files, MergeLogs((8,), 2, in_order(extents_of(once)), 1 << 20, 0))
    assert contents(files, [once]) == contents(files, [twice]) == ({16: [(0, batch), (5, stamped(5))]}, {16: [(3, 6)]})


def test_outputs_are_split_at_their_size_and_the_last_one_takes_the_rest():
    files = MemoryFiles()
    size = len(stamped(0, size=100))
    directory = segment(files, 0, [(16, stamped(offset, size=100)) for offset in range(10)])
    extents = in_order(extents_of(directory))
    for count, wanted in ((9, [3, 3, 3, 1]), (2, [3, 7]), (1, [10])):
        outputs = merged(files, MergeLogs(range(count * 100, count * 101), 1, extents, 4 * size - 1, 0))
        assert [sum(output.row_counts) for output in outputs] == wanted
        _, ranges = contents(files, outputs)
        assert ranges == {16: [(0, 10)]}


def test_a_batch_that_is_larger_than_a_table_has_one_and_a_hole_before_it_shares_it():
    files = MemoryFiles()
    (extent,) = extents_of(segment(files, 0, [(16, stamped(0)), (16, stamped(10))]))
    extents = (attrs.evolve(extent, first_offset=4, end_offset=8), attrs.evolve(extent, first_offset=10))
    (output,) = merged(files, MergeLogs((7, 8), 1, extents, 10, 0))
    assert (list(output.first_offsets), list(output.row_counts)) == ([4, 10], [0, 1])


def test_nothing_to_merge_makes_no_table():
    files = MemoryFiles()
    assert MergeLogs((7,), 1, (), 1 << 20, 0).run(files) == ()
    assert files.content == {}


def test_a_merge_reads_what_lies_side_by_side_at_once_and_never_too_much(monkeypatch):
    monkeypatch.setattr(work_limits, "WRITE_BYTES", 3_000)
    files = MemoryFiles()
    maker = SegmentMaker(files, 0, 0, 1)
    for offset in range(100):
        maker.append(16, stamped(offset, size=100), between=0)
    extents = in_order(extents_of(maker.seal()))
    files.reads = files.writes = files.largest_write = files.largest_read = 0
    with monkeypatch.context() as patched:
        patched.setattr(work_limits.batch_runs, "__defaults__", (2_000,))
        merged(files, MergeLogs((7,), 1, extents, 1 << 20, 0))
    batches_bytes = 100 * len(stamped(0, size=100))
    assert files.reads == 1 + 2 + -(-batches_bytes // (2_000 - 2_000 % len(stamped(0, size=100))))
    assert files.largest_read <= max(extents[0].length, 2_000)
    assert files.largest_write < 3_000 + 2_000 + extents[0].length


def test_a_batch_that_was_lost_stays_lost_and_does_not_become_a_hole():
    files = MemoryFiles()
    maker = SegmentMaker(files, 0, 0, 1)
    for offset in range(0, 10, 2):
        maker.append(16, stamped(offset, 2), between=0)
    maker.logs[16].sizes[1] = maker.logs[16].sizes[2] = 0
    (extent,) = extents_of(maker.seal())
    (once,) = merged(files, MergeLogs((7,), 1, (extent,), 1 << 20, 0))
    (twice,) = merged(files, MergeLogs((8, 9), 2, in_order(extents_of(once)), len(stamped(0)), 0))[:1]
    (clipped,) = merged(files, MergeLogs((10,), 1, (attrs.evolve(extent, first_offset=3),), 1 << 20, 0))
    data = files.read(once.info.file, once.positions[0], once.lengths[0])
    rows = decode_index_block(data, 7, once.positions[0]).rows
    size = len(stamped(0))
    assert (list(rows.base_offsets), list(rows.sizes)) == ([0, 2, 4, 6, 8], [size, 0, 0, size, size])
    assert bytes(files.content[once.info.file][: size * 3]) == stamped(0, 2) + stamped(6, 2) + stamped(8, 2)
    assert (list(twice.row_counts), list(twice.end_offsets)) == ([3], [6])
    assert (list(clipped.row_counts), list(clipped.data_bytes)) == ([4], [2 * size])


# Damage ------------------------------------------------------------------------------------------------------------------


def two_batches() -> tuple[MemoryFiles, Directory, tuple[LogExtent, ...]]:
    files = MemoryFiles()
    directory = segment(files, 0, [(16, stamped(0, size=10)), (16, stamped(1, size=10))])
    return files, directory, in_order(extents_of(directory))


def test_damage_anywhere_in_what_is_copied_ends_the_merge():
    files, directory, extents = two_batches()
    (extent,) = extents
    size = len(stamped(0, size=10))
    batches = [*range(10, 10 + size), *range(20 + size, 20 + 2 * size)]
    block = range(extent.position, extent.position + extent.length)
    leader_epochs = {12 + start + byte for start in (10, 20 + size) for byte in range(4)}
    knowing = tuple(attrs.evolve(extent, epochs=((0, parse_header(stamped(0)).leader_epoch),)) for extent in extents)
    for position in [*batches, *block]:
        files.flip(directory.info.file, position)
        if position in leader_epochs:
            unknowing = MergeLogs((position + 1_000,), 1, extents, 1 << 20, 0).run(files)
            assert isinstance(unknowing, tuple), "the leader epoch of a batch is not covered by its checksum"
        result = MergeLogs((position + 100,), 1, knowing, 1 << 20, 0).run(files)
        assert isinstance(result, WorkDamaged)
        assert result.file == directory.info.file
        assert result.position == (extent.position if position in block else batches[0] if position < 20 + size else batches[size])
        assert result.reason
        lost = (0, 2) if position in block else (0, 1) if position < 20 + size else (1, 2)
        assert (result.keyspace, result.first_offset, result.end_offset) == (16, *lost)
        files.flip(directory.info.file, position)


def test_a_disk_that_errs_in_passing_is_asked_once_more():
    files, _, extents = two_batches()
    files.errs_in_passing = 1
    assert len(merged(files, MergeLogs((7,), 1, extents, 1 << 20, 0))) == 1


def test_a_file_that_is_too_short_is_damaged():
    files, directory, extents = two_batches()
    del files.content[directory.info.file][50:]
    assert MergeLogs((7,), 1, extents, 1 << 20, 0).run(files) == WorkDamaged(
        directory.info.file, extents[0].position, f"of {extents[0].length} bytes at {extents[0].position} the file has 0", 16, 0, 2
    )


def test_a_missing_file_is_the_drivers_to_report():
    files, _, extents = two_batches()
    with pytest.raises(FileNotFoundError):
        MergeLogs((7,), 1, (attrs.evolve(extents[0], file=FileName("wal/none")),), 1 << 20, 0).run(files)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"keyspace": 17}, "one of log 16, not 17"),
        ({"table": 5}, "belongs to position"),
        ({"end_offset": 3}, "speaks of the offsets"),
        ({"checksum": 1}, "an older one"),
    ],
)
def test_an_extent_that_does_not_fit_its_block_is_refused(changes, reason):
    files, _, extents = two_batches()
    result = MergeLogs((7,), 1, (attrs.evolve(extents[0], **changes),), 1 << 20, 0).run(files)
    assert isinstance(result, WorkDamaged)
    assert reason in result.reason


def rewritten(change: str, value: int) -> str:
    """What a merge says of a table whose rows do not fit its batches, though all checksums are right."""
    files = MemoryFiles()
    maker = SegmentMaker(files, 0, 0, 1)
    maker.append(16, stamped(0, 2))
    maker.append(16, stamped(5))
    maker.logs[16].__getattribute__(change)[1] = value
    result = MergeLogs((7,), 1, in_order(extents_of(maker.seal())), 1 << 20, 0).run(files)
    assert isinstance(result, WorkDamaged)
    return result.reason


def test_rows_that_do_not_fit_their_batches_are_refused():
    size = len(stamped(0))
    assert f"a batch of {size} bytes at offset 5 where there should be {size} bytes at offset 4" in rewritten("base_offsets", 4)
    assert f"where there should be {size - 1} bytes" in rewritten("sizes", size - 1)
    assert "the next one begins at 1" in rewritten("base_offsets", 1)
    assert "the next one at 0" in rewritten("base_offsets", 0)
    assert "of a file of" in rewritten("positions", 10_000)
    assert "of a file of" in rewritten("positions", -1)
    assert "record format" in rewritten("positions", size + 19)


def test_the_first_live_batch_is_looked_up_like_everything_else():
    files, directory, extents = two_batches()
    files.flip(directory.info.file, 10 + 16)
    result = MergeLogs((7,), 1, (attrs.evolve(extents[0], keyspace=16, first_offset=0),), 1 << 20, 0).run(files)
    assert isinstance(result, WorkDamaged)
    files = MemoryFiles()
    directory = segment(files, 0, [(16, stamped(0, 3)), (16, stamped(3))])
    files.flip(directory.info.file, 10 + 16)
    (extent,) = extents_of(directory)
    result = MergeLogs((7,), 1, (attrs.evolve(extent, first_offset=1),), 1 << 20, 0).run(files)
    assert isinstance(result, WorkDamaged)
    assert (result.position, result.first_offset, result.end_offset) == (10, 1, 3)
