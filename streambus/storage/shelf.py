"""The shelf: the sealed tables there are, and the blocks of them that are in memory.

Nobody waits for a block here. Who needs one that is not in memory is told so, and the block is noted; `fetch` asks the disk for what was
noted when a burst is over; when a block has come, those who wanted it are told to try again. A block that shows damage is read once more
before that is believed: a disk may err in passing.

What came, and what could not be read, is remembered until the next burst is over and nothing more is wanted, however small the cache: so
those who were told find it, also those who need several blocks at once.
"""

from typing import Any

from streambus.kernel import Buffer, DiskFailed, Event, Read, Turn, message, sometimes
from streambus.storage.batch_index import BatchIndex
from streambus.storage.block_cache import BlockCache
from streambus.storage.events import BlockDamaged, BlockRead, EntriesLoaded, LogId, LogLoaded
from streambus.storage.sealed.blocks import Damaged
from streambus.storage.sealed.bloom import Bloom, decode_bloom
from streambus.storage.sealed.directory import Directory
from streambus.storage.sealed.entry_block import EntryBlock, decode_entries
from streambus.storage.sealed.index_block import decode_rows

READS_MAX = 64
"""Blocks that are asked for at once."""

FRESH_MAX = 64
"""How many blocks that came last are kept for those who were told, beside the cache."""

ROWS = 0
ENTRIES = 1
BLOOM = 2

ROWS_OBJECT_BYTES = 1_000
ENTRY_OBJECT_BYTES = 120
"""What a decoded block takes in memory beside its bytes: columns, and for each entry two objects."""

FAILED = "the disk could not read it"

BlockKey = tuple[int, int, int]
"""Table, kind, number of the block."""


class NotLoaded(Exception):
    """A block that is needed is not in memory. It was noted: when it is there, `LogLoaded` or `EntriesLoaded` is told."""


class Unreadable(Exception):
    """A block that is needed is damaged, or the disk did not give it. The text says which, and why."""


@message
class Usage:
    """What of a table is still in use: index blocks that a log refers to, and the bytes of batches they lead to."""

    blocks: int
    bytes: int


class Shelf:
    """All sealed tables, by number. Shared by the logs and the layers, which read, and the store, which adds and removes."""

    __slots__ = (
        "cache",
        "damaged",
        "directories",
        "failed",
        "fresh",
        "gone",
        "live_blocks",
        "live_bytes",
        "pins",
        "reading",
        "retired",
        "totals",
        "unwanted_bytes",
        "wanted",
    )

    def __init__(self, cache_bytes: int) -> None:
        self.cache = BlockCache(cache_bytes)
        self.directories: dict[int, Directory] = {}
        self.live_blocks: dict[int, int] = {}
        self.live_bytes: dict[int, int] = {}
        self.unwanted_bytes: dict[int, int] = {}
        self.totals: dict[int, tuple[int, int]] = {}
        """Of every table: bytes of batches and number of batches, in use or not."""
        self.pins: dict[int, int] = {}
        """Tables that somebody still reads from, though they may be merged away: how many read views."""
        self.retired: dict[int, None] = {}
        """Tables that are here only because they are pinned."""
        self.wanted: dict[BlockKey, dict[LogId, None]] = {}
        """Blocks that are not in memory, and the logs that want them."""
        self.reading: dict[BlockKey, None] = {}
        self.damaged: dict[BlockKey, str] = {}
        """Blocks that no reading will help, and why."""
        self.failed: dict[BlockKey, str] = {}
        """Blocks that could not be read just now: who asks before the next `fetch` is told so, who asks later tries again."""
        self.fresh: dict[BlockKey, Any] = {}
        """Blocks that came just now."""
        self.gone: list[dict[LogId, None]] = []
        """Logs that wanted a block of a table that is not there any more: they find what they want elsewhere."""

    # Tables ----------------------------------------------------------------------------------------------------------

    def add(self, directory: Directory) -> None:
        """A table is there."""
        number = directory.info.number
        self.directories[number] = directory
        self.live_blocks[number] = self.live_bytes[number] = self.unwanted_bytes[number] = 0
        self.totals[number] = sum(directory.data_bytes), sum(directory.row_counts)

    def retire(self, number: int) -> None:
        """A table is not needed any more, but perhaps by read views: then it stays until they are closed."""
        if number in self.pins:
            self.retired[number] = None
        else:
            self.remove(number)

    def release_retired(self) -> None:
        """Forget the retired tables that nobody reads any more."""
        for number in [number for number in self.retired if number not in self.pins]:
            del self.retired[number]
            self.remove(number)

    def remove(self, number: int) -> None:
        """A table is not there any more."""
        del self.directories[number], self.live_blocks[number], self.live_bytes[number], self.unwanted_bytes[number], self.totals[number]
        self.cache.forget_table(number)
        for book in (self.damaged, self.failed, self.fresh):
            for key in [key for key in book if key[0] == number]:
                del book[key]
        for key in [key for key in self.wanted if key[0] == number and key not in self.reading]:
            self.gone.append(self.wanted.pop(key))

    def take(self, table: int, block: int) -> None:
        """A log refers to this index block from now on."""
        self.live_blocks[table] += 1
        self.live_bytes[table] += self.directories[table].data_bytes[block]

    def release(self, table: int, block: int, *, is_unwanted: bool = False) -> None:
        """A log does not refer to this index block any more. `is_unwanted`: because somebody had it deleted."""
        if is_unwanted:
            self.unwanted_bytes[table] += self.directories[table].data_bytes[block]
        self.live_blocks[table] -= 1
        self.live_bytes[table] -= self.directories[table].data_bytes[block]

    # Blocks ----------------------------------------------------------------------------------------------------------

    def rows(self, table: int, block: int, log_id: LogId) -> BatchIndex:
        """The rows of an index block. Raises `NotLoaded`, `Unreadable`."""
        found: BatchIndex = self._block((table, ROWS, block), log_id)
        return found

    def entries(self, table: int, block: int) -> EntryBlock:
        """An entry block. Raises `NotLoaded`, `Unreadable`."""
        found: EntryBlock = self._block((table, ENTRIES, block), None)
        return found

    def cached_entries(self, directory: Directory, block: int) -> EntryBlock | None:
        """An entry block, if it is in memory."""
        number = directory.info.number
        found: EntryBlock | None = self.cache.get(number, directory.entry_positions[block]) or self.fresh.get((number, ENTRIES, block))
        return found

    def bloom(self, table: int) -> Bloom:
        """The bloom filter of a table that has one. Raises `NotLoaded`, `Unreadable`."""
        found: Bloom = self._block((table, BLOOM, 0), None)
        return found

    def _block(self, key: BlockKey, log_id: LogId | None) -> Any:
        found = self.cache.get(key[0], place_of(self.directories[key[0]], key)[0])
        if found is None:
            found = self.fresh.get(key)
        if found is not None:
            return found
        reason = self.damaged.get(key) or self.failed.get(key)
        if reason is not None:
            raise Unreadable(f"block {key[2]} of {self.directories[key[0]].info.file}: {reason}")
        wanted = self.wanted.setdefault(key, {})
        if log_id is not None:
            wanted[log_id] = None
        raise NotLoaded

    def fetch(self, turn: Turn) -> None:
        """Ask the disk for what was noted, and forget what came just now, unless somebody needs more than that."""
        self.failed.clear()
        if not self.wanted:
            self.fresh.clear()
        gone, self.gone = self.gone, []
        for log_ids in gone:
            _tell_all(turn, log_ids)
        self._ask(turn)

    def _ask(self, turn: Turn) -> None:
        if len(self.wanted) == len(self.reading):
            return
        for key in self.wanted:
            if len(self.reading) >= READS_MAX:
                return
            if key not in self.reading:
                self.reading[key] = None
                self._read(turn, key, is_second=False)

    def _read(self, turn: Turn, key: BlockKey, *, is_second: bool) -> None:
        directory = self.directories[key[0]]
        position, length, _ = place_of(directory, key)
        turn.do(Read(directory.info.file, position, length, BlockRead(*key, is_second)))

    def on_block_read(self, turn: Turn, event: BlockRead) -> None:
        """A block came: it is in memory from now on, if it is the one that was asked for."""
        key = (event.table, event.kind, event.block)
        directory = self.directories.get(event.table)
        if directory is None:
            self._tell(turn, key)
            return
        position, _, checksum = place_of(directory, key)
        try:
            block, cost = _decoded(key, event.data or b"", position, checksum)
        except Damaged as damage:
            if not event.is_second:
                sometimes("storage: a block is read once more")
                self._read(turn, key, is_second=True)
                return
            sometimes("storage: a block is damaged")
            self.damaged[key] = str(damage)
            turn.tell(BlockDamaged(event.table, event.kind, event.block, directory.info.file, position, str(damage)))
        else:
            self.cache.put(event.table, position, block, cost)
            # A scan holds a block of every table at once, and the next one of those that it has come to the end of.
            if len(self.fresh) >= max(FRESH_MAX, 4 * len(self.directories)):
                del self.fresh[next(iter(self.fresh))]
            self.fresh[key] = block
        self._tell(turn, key)

    def on_read_failed(self, turn: Turn, event: DiskFailed, then: BlockRead) -> None:
        """The disk did not give a block: who waits for it is told so, once."""
        key = (then.table, then.kind, then.block)
        if then.table in self.directories:
            self.failed[key] = f"{FAILED}: {event.error}"
        self._tell(turn, key)

    def _tell(self, turn: Turn, key: BlockKey) -> None:
        self.reading.pop(key, None)
        _tell_all(turn, self.wanted.pop(key, {}))
        self._ask(turn)

    # Insight ---------------------------------------------------------------------------------------------------------

    def bytes_in_memory(self) -> int:
        """What directories and blocks take."""
        return self.cache.bytes + sum(directory.bytes_in_memory for directory in self.directories.values())

    def check(self) -> None:
        """The invariants."""
        assert self.live_blocks.keys() == self.directories.keys() == self.live_bytes.keys()
        assert all(count >= 0 for count in self.live_blocks.values()), self.live_blocks
        assert all(key in self.wanted for key in self.reading), (self.reading, self.wanted)


def _tell_all(turn: Turn, log_ids: dict[LogId, None]) -> None:
    """A block came: tell the logs that wanted it; if none did, it was wanted by a table."""
    told: list[Event] = [LogLoaded(log_id) for log_id in log_ids]
    for fact in told or [EntriesLoaded()]:
        turn.tell(fact)


def place_of(directory: Directory, key: BlockKey) -> tuple[int, int, int]:
    """Where in its file a block is: position and length; and its checksum."""
    _, kind, block = key
    if kind == ROWS:
        return directory.positions[block], directory.lengths[block], directory.checksums[block]
    if kind == ENTRIES:
        return directory.entry_positions[block], directory.entry_lengths[block], directory.entry_checksums[block]
    return directory.bloom_position, directory.bloom_length, directory.bloom_checksum


def _decoded(key: BlockKey, data: Buffer, position: int, checksum: int) -> tuple[object, int]:
    """The block in `data`, and what it costs in memory. Raises `Damaged`."""
    table, kind, _ = key
    if kind == ROWS:
        return decode_rows(data, table, position, checksum), len(data) + ROWS_OBJECT_BYTES
    if kind == ENTRIES:
        block = decode_entries(data, table, position, checksum)
        return block, len(data) + ENTRY_OBJECT_BYTES * len(block)
    return decode_bloom(data, table, position, checksum), len(data)
