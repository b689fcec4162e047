"""Merging entries: the merged table says what its inputs said together, to whoever looks from above and to what lies below."""

from hypothesis import given, settings
from hypothesis import strategies as st
from memory_files import MemoryFiles
from sealed_tables import directory_on_disk

from streambus.storage.key_ranges import KeyRange, KeyRanges
from streambus.storage.sealed import (
    Directory,
    EntryOptions,
    FlushEntries,
    MergeEntries,
    TableInfo,
    WorkDamaged,
    decode_bloom,
    decode_entries,
)
from streambus.storage.sealed import merge_entries as merging

Entries = dict[bytes, bytes | None]
Layer = tuple[Entries, tuple[KeyRange, ...]]

SMALL = EntryOptions(entry_block_bytes=40, bits_per_key=8)


def flush(files: MemoryFiles, table: int, layer: Layer, options: EntryOptions = SMALL) -> Directory:
    entries, ranges = layer
    task = FlushEntries(table, tuple(sorted(entries.items(), key=lambda entry: entry[0])), ranges, table * 1_000, options)
    return Directory.decode(task.run(files))


def layer_in(files: MemoryFiles, directory: Directory) -> Layer:
    """Everything that the table says."""
    entries: Entries = {}
    for number, position in enumerate(directory.entry_positions):
        data = files.read(directory.info.file, position, directory.entry_lengths[number])
        block = decode_entries(data, directory.info.number, position, directory.entry_checksums[number])
        assert block.keys == sorted(block.keys)
        assert not entries or max(entries) < block.keys[0]
        entries.update(block.scan(b""))
    return entries, directory.ranges


def merge(files: MemoryFiles, newest_first: list[Directory], *, is_bottom: bool, table: int = 99) -> Directory | None:
    inputs = tuple((directory.info, directory) for directory in newest_first)
    result = MergeEntries(table, inputs, is_bottom, SMALL).run(files)
    if result is None:
        return None
    assert isinstance(result, bytes), result
    assert (files.dirty, files.has_dirty_names) == ({}, False)
    return directory_on_disk(files, Directory.decode(result).info)


def meaning(newest_first: list[Layer], key: bytes) -> bytes | str | None:
    """What layers say of a key: its value, None for a deleted one, `"nothing"` if they leave it to older ones."""
    for entries, ranges in newest_first:
        if key in entries:
            return entries[key]
        if any(first <= key < last for first, last in ranges):
            return None
    return "nothing"


KEYS = st.binary(min_size=1, max_size=2).map(lambda key: bytes(byte % 6 + 97 for byte in key))
LAYERS = st.lists(
    st.tuples(
        st.dictionaries(KEYS, st.none() | st.binary(max_size=25), max_size=25),
        st.lists(st.tuples(KEYS, KEYS), max_size=3).map(lambda ranges: KeyRanges(tuple(ranges)).to_tuple()),
    ),
    min_size=1,
    max_size=5,
)
EVERY_KEY = [bytes([first]) for first in range(96, 104)] + [bytes([first, second]) for first in range(97, 103) for second in range(97, 103)]


@given(LAYERS, st.booleans(), st.sampled_from([1, 60, 200, 10_000]))
@settings(deadline=None, max_examples=200)
def test_a_merged_table_means_what_its_inputs_meant(layers, is_bottom, read_ahead_bytes):
    files = MemoryFiles()
    directories = [flush(files, len(layers) - age, layer) for age, layer in enumerate(layers)]
    before, merging.READ_AHEAD_BYTES = merging.READ_AHEAD_BYTES, read_ahead_bytes
    try:
        merged = merge(files, directories, is_bottom=is_bottom)
    finally:
        merging.READ_AHEAD_BYTES = before
    said = [layer_in(files, merged)] if merged is not None else []
    for key in EVERY_KEY:
        wanted = meaning(layers, key)
        found = meaning(said, key)
        if is_bottom:
            assert (found if found != "nothing" else None) == (wanted if wanted != "nothing" else None), key
        else:
            assert found == wanted, key
    if merged is None:
        assert all(meaning(layers, key) in (None, "nothing") for key in EVERY_KEY)
        assert TableInfo(99, 0, -1, 0, 0).file not in files.content
    elif is_bottom:
        assert None not in said[0][0].values()
        assert merged.ranges == ()
    if merged is not None:
        assert merged.info.end_position == max(directory.info.end_position for directory in directories)
        assert merged.info.level == 1
        assert merged.entry_count == len(said[0][0])


def test_an_entry_stands_above_the_ranges_of_its_own_table():
    files = MemoryFiles()
    newer = flush(files, 2, ({b"b": b"new"}, ((b"a", b"c"),)))
    older = flush(files, 1, ({b"a": b"old", b"b": b"old", b"c": b"old"}, ()))
    merged = merge(files, [newer, older], is_bottom=False)
    assert merged is not None
    assert layer_in(files, merged) == ({b"b": b"new", b"c": b"old"}, ((b"a", b"c"),))


def test_ranges_alone_make_a_table_unless_there_is_nothing_below():
    files = MemoryFiles()
    ranges = flush(files, 2, ({}, ((b"a", b"c"),)))
    merged = merge(files, [ranges], is_bottom=False)
    assert merged is not None
    assert layer_in(files, merged) == ({}, ((b"a", b"c"),))
    assert merged.bloom_length == 0
    assert merge(files, [ranges], is_bottom=True, table=100) is None


def test_the_bloom_filter_of_a_merged_table_knows_its_keys():
    files = MemoryFiles()
    directories = [flush(files, table, ({b"key-%d-%d" % (table, number): b"value" for number in range(200)}, ())) for table in (2, 1)]
    merged = merge(files, directories, is_bottom=True)
    assert merged is not None
    data = files.read(merged.info.file, merged.bloom_position, merged.bloom_length)
    bloom = decode_bloom(data, 99, merged.bloom_position, merged.bloom_checksum)
    assert all(bloom.may_contain(b"key-%d-%d" % (table, number)) for table in (1, 2) for number in range(200))
    assert not all(bloom.may_contain(b"other-%d" % number) for number in range(100))


def test_a_merge_reads_each_input_once_and_in_pieces(monkeypatch):
    files = MemoryFiles()
    entries = {b"%06d" % number: b"v" * 50 for number in range(2_000)}
    directories = [flush(files, table, (entries, ()), EntryOptions(400, 0)) for table in (3, 2, 1)]
    files.reads = files.read_bytes = files.largest_read = 0
    monkeypatch.setattr(merging, "READ_AHEAD_BYTES", 10_000)
    result = MergeEntries(99, tuple((directory.info, directory) for directory in directories), True, SMALL).run(files)
    assert isinstance(result, bytes)
    inputs_bytes = sum(directory.info.file_bytes for directory in directories)
    assert files.read_bytes < inputs_bytes
    assert files.largest_read <= 10_000
    assert files.reads < 1.2 * inputs_bytes / 10_000
    assert Directory.decode(result).entry_count == 2_000


def test_damage_of_any_byte_of_an_input_ends_the_merge():
    files = MemoryFiles()
    directory = flush(files, 1, ({b"key-%d" % number: b"value" for number in range(10)}, ()))
    inputs = ((directory.info, directory),)
    starts = list(directory.entry_positions)
    for position in range(starts[-1] + directory.entry_lengths[-1]):
        files.flip(directory.info.file, position)
        result = MergeEntries(200 + position, inputs, True, SMALL).run(files)
        assert isinstance(result, WorkDamaged)
        assert (result.file, result.position) == (directory.info.file, max(start for start in starts if start <= position))
        files.flip(directory.info.file, position)


def test_a_disk_that_errs_in_passing_is_asked_once_more():
    files = MemoryFiles()
    directory = flush(files, 1, ({b"key": b"value"}, ()))
    files.errs_in_passing = 1
    assert merge(files, [directory], is_bottom=True) is not None


def test_a_block_whose_keys_are_not_in_order_is_damaged():
    files = MemoryFiles()
    result = FlushEntries(1, ((b"b", b""), (b"a", b"")), (), 0).run(files)
    directory = Directory.decode(result)
    damage = MergeEntries(9, ((directory.info, directory),), True).run(files)
    assert damage == WorkDamaged(directory.info.file, 0, "key 62 stands before 61")
