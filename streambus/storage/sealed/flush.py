"""Flushing: the entries that were only in memory become a table."""

from bisect import bisect_left
from itertools import accumulate

from streambus.kernel import FileAccess, message
from streambus.storage.key_ranges import KeyRange, KeyRanges
from streambus.storage.sealed.blocks import block_checksum
from streambus.storage.sealed.bloom import BloomBuilder, encode_bloom
from streambus.storage.sealed.directory import Directory
from streambus.storage.sealed.entry_block import EntryBlock, encode_entries
from streambus.storage.sealed.work import TableFile
from streambus.storage.table_info import TableInfo


@message
class EntryOptions:
    """How tables of entries are written. What is read depends on nothing here."""

    entry_block_bytes: int = 4096
    """What an entry block holds at least, if there is so much. The larger, the smaller the directory and the dearer a look-up."""

    bits_per_key: int = 10
    """Of the bloom filter; 0 for none. Ten let one look-up in a hundred pass in vain."""


@message
class FlushEntries:
    """A task: write entries, in order of keys, to a table of their own. Returns the directory.

    `ranges` are the range tombstones: what they delete is in older tables.
    """

    table: int
    entries: tuple[tuple[bytes, bytes | None], ...]
    ranges: tuple[KeyRange, ...]
    end_position: int
    options: EntryOptions = EntryOptions()

    def run(self, files: FileAccess) -> bytes:
        """Do it."""
        writer = EntryWriter(files, TableInfo(self.table, 0, -1, 0, self.end_position), self.options)
        writer.append([key for key, _ in self.entries], [value for _, value in self.entries])
        return writer.finish(KeyRanges(self.ranges).to_tuple())


class EntryWriter:
    """A table of entries while a task writes it."""

    __slots__ = ("bloom", "directory", "keys", "options", "output", "values")

    def __init__(self, files: FileAccess, info: TableInfo, options: EntryOptions) -> None:
        self.options = options
        self.directory = Directory(info)
        self.output = TableFile(files, info.file)
        self.bloom = BloomBuilder(options.bits_per_key)
        self.keys: list[bytes] = []
        self.values: list[bytes | None] = []
        files.create(info.file)

    def append(self, keys: list[bytes], values: list[bytes | None]) -> None:
        """Add entries behind those before. They are written as soon as they fill a block."""
        self.keys += keys
        self.values += values
        ends = list(accumulate([len(key) + len(value or b"") for key, value in zip(self.keys, self.values, strict=True)]))
        low = start = 0
        while True:
            last = bisect_left(ends, start + self.options.entry_block_bytes, low)
            if last == len(ends):
                break
            self._write_block(self.keys[low : last + 1], self.values[low : last + 1])
            low, start = last + 1, ends[last]
        del self.keys[:low], self.values[:low]

    def finish(self, ranges: tuple[KeyRange, ...]) -> bytes:
        """Write what is left and the end of the table, make all of it durable, and return the directory."""
        if self.keys:
            self._write_block(self.keys, self.values)
        self.directory.ranges = ranges
        bloom = self.bloom.build()
        if bloom is not None:
            block = encode_bloom(bloom, self.directory.info.number, self.output.position)
            self.directory.bloom_position = self.output.position
            self.directory.bloom_length = len(block)
            self.directory.bloom_checksum = block_checksum(block)
            self.output.append(block)
        directory = self.output.finish(self.directory)
        self.output.files.sync_directory()
        return directory

    def _write_block(self, keys: list[bytes], values: list[bytes | None]) -> None:
        position = self.output.position
        block = encode_entries(EntryBlock(keys, values), self.directory.info.number, position)
        self.output.append(block)
        self.directory.add_entry_block(block, keys, position)
        self.bloom.add(keys)
