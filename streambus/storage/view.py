"""Read views: what the table keyspaces said at one moment, for as long as somebody wants to know."""

from collections.abc import Iterator

from streambus.storage.checkpoint import NUMBER
from streambus.storage.events import TableId
from streambus.storage.keyspaces import full_range
from streambus.storage.layers import Layer, SealedLayer, look_up, scan
from streambus.storage.shelf import Shelf


class ReadView:
    """What all tables said when it was made. Nothing that happens later is seen; `close` it, so that files can be deleted."""

    __slots__ = ("is_open", "layers", "numbers", "shelf")

    def __init__(self, layers: list[Layer], numbers: dict[TableId, int], shelf: Shelf) -> None:
        self.layers = layers
        self.numbers = numbers
        self.shelf = shelf
        self.is_open = True
        for table in self._tables():
            shelf.pins[table] = shelf.pins.get(table, 0) + 1

    def get(self, table_id: TableId, key: bytes) -> bytes | None:
        """What `key` meant, or None. Raises `NotLoaded`, `Unreadable`."""
        assert self.is_open
        number = self.numbers.get(table_id)
        return None if number is None else look_up(self.layers, full_range(number, key, b"")[0])

    def scan(self, table_id: TableId, first: bytes = b"", last: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """The keys from `first` on and below `last` (all if None), in order, with their values. Raises `NotLoaded`, `Unreadable`.

        After `NotLoaded`, go on behind the last key that came.
        """
        assert self.is_open
        number = self.numbers.get(table_id)
        if number is not None:
            for key, value in scan(self.layers, *full_range(number, first, last)):
                yield key[NUMBER.size :], value

    def close(self) -> None:
        """Nobody wants to know any more."""
        if self.is_open:
            self.is_open = False
            for table in self._tables():
                self.shelf.pins[table] -= 1
                if not self.shelf.pins[table]:
                    del self.shelf.pins[table]

    def _tables(self) -> list[int]:
        return [layer.number for layer in self.layers if isinstance(layer, SealedLayer)]
