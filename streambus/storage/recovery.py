"""Recovery: from files to keyspaces, one bounded read at a time.

The manifest says which tables there are; their directories say which blocks; the checkpoints among their entries say which logs there
are and how they were at the beginning of the live WAL; that is replayed. What it costs is bounded by the live WAL and by what there is to
say about the tables, not by how much is in them.
"""

from enum import Enum

from streambus.kernel import MILLISECOND, FileName, Read, Turn, sometimes
from streambus.storage.block_list import BlockRef
from streambus.storage.checkpoint import (
    ABORTED,
    FIRST_USER_KEYSPACE,
    LOGS,
    NUMBER,
    NUMBER_AND_ID,
    PRODUCERS,
    decode_producer,
    is_log,
    name_of,
    restore_log,
)
from streambus.storage.config import StoreConfig
from streambus.storage.events import (
    DirectoryRead,
    LogId,
    RangeQuarantined,
    RecoveryRead,
    RecoverySettled,
    StoreCorrupted,
    TableId,
)
from streambus.storage.jobs import SealJob
from streambus.storage.keyspaces import Keyspaces
from streambus.storage.layers import SealedLayer, outcomes
from streambus.storage.log import Log
from streambus.storage.manifest import Manifest, ManifestRead
from streambus.storage.manifest_edits import Edit
from streambus.storage.sealed.blocks import Damaged
from streambus.storage.sealed.directory import Directory
from streambus.storage.sealed.footer import FOOTER_BYTES, parse_footer
from streambus.storage.sealing import seal_job
from streambus.storage.shelf import NotLoaded, Shelf, Unreadable
from streambus.storage.table_info import TableInfo
from streambus.storage.transactions import decode_aborted
from streambus.storage.wal_records import Entry
from streambus.storage.wal_scan import ScanStage, WalScan

MANIFEST_FILE = FileName("manifest/current")
READS_MAX = 64
"""Directories that are read at once."""

STATE_END = NUMBER.pack(FIRST_USER_KEYSPACE)
"""Behind the last key of the internal keyspaces."""


class RecoveryStage(Enum):
    """What recovery is at."""

    MANIFEST = "read which tables there are"
    BIRTH = "a new folder gets its manifest"
    DIRECTORIES = "read what is in them"
    STATE = "read how the logs were when the live WAL began"
    WAL = "replay the live WAL"
    DONE = "the keyspaces are as they were"
    REFUSED = "durable bytes are damaged"


class Replayer:
    """What the scan of the WAL tells, the store does: entries, boundaries between segments, and batches that are damaged."""

    __slots__ = ("found", "keyspaces", "seals", "segment", "start")

    def __init__(self, keyspaces: Keyspaces) -> None:
        self.keyspaces = keyspaces
        self.seals: list[SealJob] = []
        self.segment = self.start = -1
        self.found: list[RangeQuarantined] = []

    def begin_segment(self, number: int, start: int) -> None:
        """The segment before is full: it is to be sealed."""
        if self.segment >= 0:
            self.seals.append(seal_job(self.keyspaces, self.seals, self.segment, self.start, start))
        self.segment, self.start = number, start

    def replay(self, entry: Entry, payload: memoryview, position: int, now_ms: int) -> None:
        """Do again what an entry says."""
        self.keyspaces.replay(entry, payload, position, now_ms)

    def quarantine(self, entry: Entry, position: int, file: FileName, file_position: int) -> None:
        """Keep the place of a batch that is damaged."""
        log, first_offset, end_offset = self.keyspaces.replay_damaged(entry, position)
        reason = f"the batch at byte {file_position} is not what was written"
        self.found.append(RangeQuarantined(log.log_id, first_offset, end_offset, file, reason))


class Recovery:
    """One recovery."""

    __slots__ = ("cursor", "keyspaces", "manifest", "reading", "replayer", "scan", "shelf", "stage", "waiting")

    def __init__(self, config: StoreConfig, manifest: Manifest, shelf: Shelf, keyspaces: Keyspaces) -> None:
        self.manifest = manifest
        self.shelf = shelf
        self.keyspaces = keyspaces
        self.replayer = Replayer(keyspaces)
        self.scan = WalScan(config, self.replayer)
        self.stage = RecoveryStage.MANIFEST
        self.waiting: list[TableInfo] = []
        """Tables whose directories are not being read yet."""
        self.reading = 0
        self.cursor = NUMBER.pack(LOGS)

    def start(self, turn: Turn) -> None:
        """Ask for the manifest."""
        self.manifest.start(turn)

    # Manifest and directories ------------------------------------------------------------------------------------------

    def on_manifest_read(self, turn: Turn, event: ManifestRead) -> None:
        """Some of the manifest."""
        self.manifest.on_read(turn, event)
        if self.manifest.damage is not None:
            self._refuse(turn, MANIFEST_FILE, self.manifest.damage_position, self.manifest.damage)

    def on_manifest_settled(self, turn: Turn) -> None:
        """The manifest is durable, or there is none yet: then make one before there is anything else."""
        if self.manifest.is_new:
            self.stage = RecoveryStage.BIRTH
            self.manifest.commit(turn, Edit(wal_segment=0, wal_start=0, next_table=0))
            return
        self.stage = RecoveryStage.DIRECTORIES
        self.waiting = sorted(self.manifest.tables.values(), key=lambda info: -info.number)
        self._read_directories(turn)

    def on_manifest_synced(self, turn: Turn) -> None:
        """A new folder has its manifest: there is nothing to find in it."""
        if self.stage is RecoveryStage.BIRTH and self.manifest.durable_edit:
            self._begin_scan(turn)

    def _read_directories(self, turn: Turn) -> None:
        while self.waiting and self.reading < READS_MAX:
            self.reading += 1
            self._read_footer(turn, self.waiting.pop(), is_second=False)
        if not self.reading:
            self.stage = RecoveryStage.STATE
            self._open_layers()
            self._load_state(turn)

    def _read_footer(self, turn: Turn, info: TableInfo, *, is_second: bool) -> None:
        position = info.file_bytes - FOOTER_BYTES
        turn.do(Read(info.file, position, FOOTER_BYTES, DirectoryRead(info.number, position, 0, 0, is_second)))

    def on_directory_read(self, turn: Turn, event: DirectoryRead) -> None:
        """A footer or a directory came."""
        if self.stage is not RecoveryStage.DIRECTORIES:
            return
        info = self.manifest.tables[event.table]
        data = event.data
        try:
            if data is None:
                raise Damaged("the manifest names this table, and it is not there")
            if not event.length:
                position, length, checksum = parse_footer(data, info)
                turn.do(Read(info.file, position, length, DirectoryRead(info.number, position, length, checksum, event.is_second)))
                return
            self.shelf.add(Directory.decode(data, info, event.checksum))
        except Damaged as damage:
            if event.is_second:
                self._refuse(turn, info.file, event.position, str(damage))
                return
            sometimes("storage: a directory is read once more")
            self._read_footer(turn, info, is_second=True)
            return
        self.reading -= 1
        self._read_directories(turn)

    def _open_layers(self) -> None:
        directories = sorted(self.shelf.directories.values(), key=lambda directory: -directory.info.end_position)
        with_entries = [directory for directory in directories if directory.first_keys or directory.ranges]
        self.keyspaces.layers.tables = [SealedLayer(directory, self.shelf) for directory in with_entries]

    # State -------------------------------------------------------------------------------------------------------------

    def on_entries_loaded(self, turn: Turn) -> None:
        """A block of entries came."""
        if self.stage is RecoveryStage.STATE:
            self._load_state(turn)

    def _load_state(self, turn: Turn) -> None:
        """Take what the checkpoints say, as far as it is in memory."""
        try:
            for key, value in outcomes(list(self.keyspaces.layers.tables), self.cursor, STATE_END):
                if value is not None:
                    self._restore(key, value, turn)
                self.cursor = key + b"\0"
        except NotLoaded:
            self.shelf.fetch(turn)
            return
        except Unreadable as reason:
            self._refuse(turn, MANIFEST_FILE, 0, f"the state of the logs cannot be read: {reason}")
            return
        self.keyspaces.changed_logs.clear()
        self._attach_blocks(turn)

    def _restore(self, key: bytes, value: bytes, turn: Turn) -> None:
        keyspaces = self.keyspaces
        (book,) = NUMBER.unpack_from(key)
        (number,) = NUMBER.unpack_from(key, NUMBER.size)
        if book == LOGS and not number:
            (keyspaces.last_number,) = NUMBER.unpack(value)
        elif book == LOGS and is_log(value):
            restore_log(keyspaces.add_log(LogId(name_of(value)), number), value)
        elif book == LOGS:
            keyspaces.name_table(TableId(name_of(value)), number)
        elif book == PRODUCERS:
            _, producer_id = NUMBER_AND_ID.unpack_from(key, NUMBER.size)
            keyspaces.logs_by_number[number].producers.by_id[producer_id] = decode_producer(value, turn.now // MILLISECOND)
        elif book == ABORTED:
            keyspaces.logs_by_number[number].transactions.append_aborted(decode_aborted(value))

    def _attach_blocks(self, turn: Turn) -> None:
        """Have every log refer to its blocks. Where two tables speak of the same offsets, the one with the newer data is right."""
        refs: dict[int, list[BlockRef]] = {}
        for directory in sorted(
            self.shelf.directories.values(), key=lambda directory: (directory.info.end_position, directory.info.number)
        ):
            for block, keyspace in enumerate(directory.keyspaces):
                ref = BlockRef(directory.first_offsets[block], directory.end_offsets[block], directory.info.number, block)
                refs.setdefault(keyspace, []).append(ref)
        for number, log in self.keyspaces.logs_by_number.items():
            self._attach(log, refs.pop(number, []))
        for dropped in refs.values():
            for ref in dropped:
                self.shelf.unwanted_bytes[ref.table] += self.shelf.directories[ref.table].data_bytes[ref.block]
        self._begin_scan(turn)

    def _attach(self, log: Log, refs: list[BlockRef]) -> None:
        """Have `log` refer to `refs`, the oldest data first.

        Something may be missing: what the live WAL says is trimmed, cut off or dropped may have been deleted already.
        """
        blocks = log.blocks
        for ref in refs:
            if ref.first_offset < log.log_end_offset and ref.end_offset > log.log_start_offset:
                blocks.overlay(ref)
        blocks.cut_from(log.log_end_offset)
        blocks.cut_before(log.log_start_offset)
        for row in range(len(blocks)):
            self.shelf.take(blocks.tables[row], blocks.blocks[row])

    # WAL ---------------------------------------------------------------------------------------------------------------

    def _begin_scan(self, turn: Turn) -> None:
        self.stage = RecoveryStage.WAL
        self.scan.start(turn, self.manifest.wal_segment, self.manifest.wal_start)

    def on_read(self, turn: Turn, event: RecoveryRead) -> None:
        """Some of the WAL."""
        if self.stage is RecoveryStage.WAL:
            self.scan.on_read(turn, event)
            self._follow_scan(turn)

    def on_settled(self, turn: Turn, _event: RecoverySettled) -> None:
        """What was found is durable."""
        self.scan.on_settled()
        self._follow_scan(turn)

    def _follow_scan(self, turn: Turn) -> None:
        if self.scan.stage is ScanStage.DONE:
            self.stage = RecoveryStage.DONE
            for log in self.keyspaces.logs.values():
                missing = log.missing()
                if missing is not None:
                    first_offset, end_offset = missing
                    self._refuse(turn, MANIFEST_FILE, 0, f"no table has the offsets {first_offset} to {end_offset} of log {log.log_id}")
                    return
        elif self.scan.stage is ScanStage.CORRUPTED:
            self.stage = RecoveryStage.REFUSED

    def _refuse(self, turn: Turn, file: FileName, position: int, reason: str) -> None:
        self.stage = RecoveryStage.REFUSED
        turn.tell(StoreCorrupted(file, position, reason))
