"""A table keyspace: bytes to bytes, in order of keys."""

from collections.abc import Iterator

from sortedcontainers import SortedDict

from streambus.storage.events import TableId


class Table:
    """One table's memtable. It holds all of the table until sealed segments become tables on disk."""

    __slots__ = ("entries", "keyspace", "table_id")

    def __init__(self, table_id: TableId, keyspace: int) -> None:
        self.table_id = table_id
        self.keyspace = keyspace
        self.entries = SortedDict()

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, or None."""
        value: bytes | None = self.entries.get(key)
        return value

    def scan(self, first: bytes, last: bytes | None) -> Iterator[tuple[bytes, bytes]]:
        """Keys from `first` on and below `last` (all if None), in order, with their values."""
        entries = self.entries
        for key in entries.irange(first, last, inclusive=(True, False)):
            yield key, entries[key]
