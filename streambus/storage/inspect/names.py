"""Names: what the keyspaces of a folder are called, gathered from wherever it is said, whatever else is damaged."""

from collections.abc import Callable, Iterable

from streambus.kernel import FileAccess, message
from streambus.storage.checkpoint import LOGS, NUMBER, is_log, name_of, offsets_of, prefix_range
from streambus.storage.sealed import Damaged, Directory, decode_entries, decode_rows
from streambus.storage.wal_records import Entry, EntryKind


@message
class Keyspace:
    """A log or a table. Offsets are those of the last checkpoint that was seen, 0 if none was, or if it is a table."""

    number: int
    name: str
    is_log: bool
    start_offset: int = 0
    end_offset: int = 0


class Names:
    """Keyspaces by number. Dropped ones stay: tables may still have batches of theirs.

    `take_batch` is called with the batches of log `watched` that are come upon, in no particular order, whole or not: a log may say more
    about names than the store knows.
    """

    def __init__(self, watched: str = "", take_batch: Callable[[bytes], None] = lambda _batch: None) -> None:
        self.keyspaces: dict[int, Keyspace] = {}
        self.watched = watched
        self.take_batch = take_batch

    def name_of(self, number: int) -> str | None:
        """What keyspace `number` is called."""
        found = self.keyspaces.get(number)
        return found.name if found is not None else None

    def number_of(self, name: str) -> int | None:
        """The newest keyspace of this name."""
        return max((keyspace.number for keyspace in self.keyspaces.values() if keyspace.name == name), default=None)

    def take_tables(self, files: FileAccess, directories: Iterable[Directory]) -> None:
        """Take what checkpoints in these tables say; blocks that cannot be read are left out."""
        directories = list(directories)
        first, last = prefix_range(LOGS)
        for directory in sorted(directories, key=lambda directory: directory.info.end_position):
            for block in directory.entry_blocks_between(first, last):
                position, length = directory.entry_positions[block], directory.entry_lengths[block]
                try:
                    data = files.read(directory.info.file, position, length)
                    entries = decode_entries(data, directory.info.number, position, directory.entry_checksums[block])
                except (Damaged, OSError):
                    continue
                for key, value in entries.scan(first, last):
                    self._take(key, value)
        number = self.number_of(self.watched) if self.watched else None
        if number is not None:
            for directory in directories:
                for block in directory.blocks_of(number):
                    self._take_batches(files, directory, block)

    def _take_batches(self, files: FileAccess, directory: Directory, block: int) -> None:
        file, number, position = directory.info.file, directory.info.number, directory.positions[block]
        try:
            rows = decode_rows(files.read(file, position, directory.lengths[block]), number, position, directory.checksums[block])
            for row in range(len(rows)):
                self.take_batch(files.read(file, rows.positions[row], rows.sizes[row]))
        except (Damaged, OSError):
            return

    def _take(self, key: bytes, value: bytes | None) -> None:
        (number,) = NUMBER.unpack_from(key, NUMBER.size)
        if number and value is not None:
            offsets = offsets_of(value) if is_log(value) else (0, 0)
            self.keyspaces[number] = Keyspace(number, name_of(value), is_log(value), *offsets)

    def take_entry(self, entry: Entry, payload: memoryview) -> None:
        """Take what an entry of the WAL says, if it opens a keyspace or is of the watched log."""
        if entry.kind is EntryKind.BATCH:
            if self.watched and self.name_of(entry.keyspace) == self.watched:
                self.take_batch(bytes(payload))
        elif entry.kind is EntryKind.OPEN_LOG or entry.kind is EntryKind.OPEN_TABLE:
            is_log = entry.kind is EntryKind.OPEN_LOG
            self.keyspaces[entry.keyspace] = Keyspace(entry.keyspace, str(payload, "utf-8", "replace"), is_log)
