"""Merging entries: of several tables, the newest value of each key goes to one."""

from bisect import bisect_left, bisect_right
from functools import partial

from streambus.kernel import FileAccess, message
from streambus.storage.key_ranges import KeyRange, KeyRanges
from streambus.storage.sealed.blocks import Damaged
from streambus.storage.sealed.directory import Directory
from streambus.storage.sealed.entry_block import EntryBlock, check_entries, decode_entries
from streambus.storage.sealed.flush import EntryOptions, EntryWriter
from streambus.storage.sealed.work import DamagedInput, WorkDamaged, read_believed
from streambus.storage.table_info import TableInfo

READ_AHEAD_BYTES = 256 * 1024
"""What is read of each input at once."""


@message
class MergeEntries:
    """A task: make one table of entries of `inputs`, which are the newest first and neighbours in age.

    Range tombstones delete what they cover in older inputs. They and tombstones are kept, for tables that are older still, unless
    `is_bottom` says that there are none. Returns the directory, None if nothing is left and so no table was made, or `WorkDamaged`.
    """

    table: int
    inputs: tuple[tuple[TableInfo, Directory], ...]
    is_bottom: bool
    options: EntryOptions = EntryOptions()

    def run(self, files: FileAccess) -> bytes | WorkDamaged | None:
        """Do it."""
        try:
            return self._merge(files)
        except DamagedInput as damaged:
            return damaged.damage

    def _merge(self, files: FileAccess) -> bytes | None:
        sources, deleted = self._sources(files)
        ranges = () if self.is_bottom else deleted
        writer = self._writer(files) if ranges else None
        while sum(map(Source.fill, sources)):
            keys, values = _next_entries(sources, is_bottom=self.is_bottom)
            if keys:
                writer = writer or self._writer(files)
                writer.append(keys, values)
        return writer.finish(ranges) if writer is not None else None

    def _sources(self, files: FileAccess) -> tuple[list["Source"], tuple[KeyRange, ...]]:
        """The inputs, the oldest first, each knowing what newer ones delete of it; and all that they delete."""
        deleted = KeyRanges()
        sources: list[Source] = []
        for info, directory in self.inputs:
            sources.append(Source(files, info, directory, KeyRanges(deleted.to_tuple())))
            for first, last in directory.ranges:
                deleted.add(first, last)
        return sources[::-1], deleted.to_tuple()

    def _writer(self, files: FileAccess) -> EntryWriter:
        level = max(info.level for info, _ in self.inputs) + 1
        end_position = max(info.end_position for info, _ in self.inputs)
        return EntryWriter(files, TableInfo(self.table, level, -1, 0, end_position), self.options)


class Source:
    """One input, read from front to back: `keys` and `values` are what was read of it and not yet taken."""

    __slots__ = ("block", "deleted", "directory", "files", "info", "keys", "values")

    def __init__(self, files: FileAccess, info: TableInfo, directory: Directory, deleted: KeyRanges) -> None:
        self.files = files
        self.info = info
        self.directory = directory
        self.deleted = deleted
        self.block = 0
        self.keys: list[bytes] = []
        self.values: list[bytes | None] = []

    @property
    def is_read(self) -> bool:
        """Whether there is nothing more to read."""
        return self.block == len(self.directory.first_keys)

    def fill(self) -> bool:
        """Have something to take, if there is anything left. False if not."""
        while not self.keys and not self.is_read:
            for block in self._read_ahead():
                self.keys += block.keys
                self.values += block.values
            self._leave_out_deleted()
        return bool(self.keys)

    def take(self, bound: bytes | None) -> tuple[list[bytes], list[bytes | None]]:
        """What was read up to and including `bound`, if there is one. It is gone from here afterwards."""
        end = len(self.keys) if bound is None else bisect_right(self.keys, bound)
        taken = self.keys[:end], self.values[:end]
        del self.keys[:end], self.values[:end]
        return taken

    def _read_ahead(self) -> list[EntryBlock]:
        """The next blocks, read at once if they lie side by side."""
        directory, first = self.directory, self.block
        position = directory.entry_positions[first]
        length = directory.entry_lengths[first]
        end = first + 1
        while end < len(directory.first_keys) and directory.entry_positions[end] == position + length:
            if length + directory.entry_lengths[end] > READ_AHEAD_BYTES:
                break
            length += directory.entry_lengths[end]
            end += 1
        self.block = end
        return read_believed(self.files, self.info.file, position, length, partial(decode_blocks, directory, first, end))

    def _leave_out_deleted(self) -> None:
        """Take out the keys that newer inputs delete by ranges."""
        firsts, lasts = self.deleted.firsts, self.deleted.lasts
        low, high = bisect_right(lasts, self.keys[0]), bisect_right(firsts, self.keys[-1])
        for first, last in zip(firsts[low:high], lasts[low:high], strict=True):
            begin, end = bisect_left(self.keys, first), bisect_left(self.keys, last)
            del self.keys[begin:end], self.values[begin:end]
            if not self.keys:
                return


def decode_blocks(directory: Directory, first: int, end: int, data: bytes) -> list[EntryBlock]:
    """The entry blocks from number `first` on and below `end`, which `data` is. Raises `Damaged` and says where."""
    view = memoryview(data)
    begin = directory.entry_positions[first]
    blocks = []
    for number in range(first, end):
        position, length = directory.entry_positions[number], directory.entry_lengths[number]
        try:
            part = view[position - begin : position - begin + length]
            block = decode_entries(part, directory.info.number, position, directory.entry_checksums[number])
            check_entries(block)
        except Damaged as damage:
            raise Damaged(damage.reason, position) from None
        blocks.append(block)
    return blocks


def _next_entries(sources: list[Source], *, is_bottom: bool) -> tuple[list[bytes], list[bytes | None]]:
    """Take from `sources`, the oldest first, what is surely next, the newest value of each key, in order of keys."""
    bounds = [source.keys[-1] for source in sources if source.keys and not source.is_read]
    bound = min(bounds, default=None)
    entries: dict[bytes, bytes | None] = {}
    for source in sources:
        entries.update(zip(*source.take(bound), strict=True))
    keys = sorted(entries)
    if is_bottom:
        keys = [key for key in keys if entries[key] is not None]
    return keys, [entries[key] for key in keys]
