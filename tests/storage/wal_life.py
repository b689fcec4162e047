"""A WAL beside a simulated disk, without a store: what the tests of the WAL are written with."""

from collections import deque
from typing import Any

from store_life import make_batch

from streambus.kernel import Effect, Event, FileName, Instant, Prng, Timers, Turn
from streambus.records import parse_header, stamped_prefix
from streambus.sim.disk import SimulatedDisk
from streambus.storage import RecoverySettled, StoreConfig, StoreCorrupted
from streambus.storage.events import RecoveryRead, WalSynced
from streambus.storage.wal_records import Entry, EntryKind
from streambus.storage.wal_scan import ScanStage, WalScan
from streambus.storage.wal_writer import Wal

SMALL = StoreConfig(segment_bytes=2_000, recovery_chunk_bytes=300)
"""Chunks cut records in two."""


class Diary:
    """A replay that writes down what it is told."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, int, int, bytes, int]] = []
        """Kind, keyspace, offsets, payload, position."""
        self.segments: list[tuple[int, int]] = []
        self.lost: list[tuple[int, int, int, FileName, int]] = []
        """Of quarantined batches: keyspace, offsets, position, file, position in the file."""

    def begin_segment(self, number: int, start: int) -> None:
        self.segments.append((number, start))

    def replay(self, entry: Entry, payload: memoryview, position: int, now_ms: int) -> None:
        assert len(payload) == entry.length
        self.entries.append((int(entry.kind), entry.keyspace, entry.offsets, bytes(payload), position))

    def quarantine(self, entry: Entry, position: int, file: FileName, file_position: int) -> None:
        self.lost.append((entry.keyspace, entry.offsets, position, file, file_position))


class WalLife:
    """One life of a WAL. What was appended stands in `diary`, as a scan would tell it."""

    def __init__(self, disk: SimulatedDisk | None = None, segment_bytes: int = 2_000, record_bytes_max: int = 1_000) -> None:
        self.disk = disk or SimulatedDisk(Prng(1))
        self.wal = Wal(segment_bytes, record_bytes_max)
        self.queue: deque[Effect] = deque()
        self.diary: list[tuple[int, int, int, bytes, int]] = []

    def append(self, kind: EntryKind, keyspace: int, payload: bytes) -> int:
        self._make_room(len(payload))
        position = self.wal.append(kind, keyspace, payload)
        self.diary.append((int(kind), keyspace, 0, payload, position))
        return position

    def append_batch(self, keyspace: int = 1, size: int = 50, fill: bytes = b"x", base_offset: int = 0, records: int = 1) -> int:
        batch = make_batch(records=records, size=size, fill=fill)
        self._make_room(len(batch))
        prefix = stamped_prefix(parse_header(batch), base_offset, 3)
        position = self.wal.append_batch(keyspace, prefix, memoryview(batch), records)
        self.diary.append((int(EntryKind.BATCH), keyspace, records, prefix + batch[16:], position))
        return position

    def _make_room(self, size: int) -> None:
        if self.wal.needs_segment(size):
            self.wal.begin_segment()

    def start_flush(self) -> None:
        """Ask the disk for the next write."""
        turn = new_turn()
        self.wal.flush(turn)
        self.queue.extend(turn.effects)

    def flush(self) -> "WalLife":
        """Have the disk do everything that gathered."""
        self.start_flush()
        while self.queue:
            self.perform_one()
        self.wal.check()
        return self

    def perform_one(self) -> None:
        completion = self.disk.perform(self.queue.popleft())
        if isinstance(completion, WalSynced):
            self.wal.on_synced(completion.end)
            self.start_flush()

    def resumed(self, scan: "ScanLife", segment_bytes: int = 2_000) -> "WalLife":
        """The life that follows a scan."""
        life = WalLife(scan.disk, segment_bytes)
        life.diary = list(scan.diary.entries)
        life.wal.resume(scan.scan.segments, scan.scan.end, scan.scan.segment)
        life.wal.check()
        return life


class ScanLife:
    """One scan beside a disk."""

    def __init__(self, disk: SimulatedDisk, config: StoreConfig = SMALL, replay: Any = None) -> None:
        self.disk = disk
        self.diary: Any = replay or Diary()
        self.scan = WalScan(config, self.diary)
        self.facts: list[Event] = []
        self.effects: list[Effect] = []
        """All that were performed."""
        self.queue: deque[Effect] = deque()

    def run(self, segment: int = 0, start: int = 0) -> "ScanLife":
        self.begin(segment, start)
        return self.go_on()

    def begin(self, segment: int = 0, start: int = 0) -> None:
        turn = new_turn()
        self.scan.start(turn, segment, start)
        self.take(turn)

    def go_on(self) -> "ScanLife":
        while self.queue:
            self.perform_one()
        return self

    def run_until(self, stage: ScanStage) -> None:
        self.begin()
        while self.scan.stage is not stage:
            self.perform_one()

    def take(self, turn: Turn) -> None:
        self.queue.extend(turn.effects)
        self.facts.extend(turn.facts)

    def perform_one(self) -> None:
        effect = self.queue.popleft()
        self.effects.append(effect)
        completion = self.disk.perform(effect)
        if isinstance(completion, RecoveryRead):
            self.hear(completion)
        elif isinstance(completion, RecoverySettled):
            self.scan.on_settled()

    def hear(self, event: RecoveryRead) -> None:
        turn = new_turn()
        self.scan.on_read(turn, event)
        self.take(turn)

    @property
    def is_done(self) -> bool:
        return self.scan.stage is ScanStage.DONE

    @property
    def corruption(self) -> StoreCorrupted:
        assert self.scan.stage is ScanStage.CORRUPTED, self.scan.stage
        (fact,) = [fact for fact in self.facts if isinstance(fact, StoreCorrupted)]
        return fact


def new_turn() -> Turn:
    return Turn(Instant(0), Prng(0), Timers(), 0)


def scanned(disk: SimulatedDisk, config: StoreConfig = SMALL) -> ScanLife:
    """A scan of the WAL on `disk`, which must be sound."""
    life = ScanLife(disk, config).run()
    assert life.is_done, (life.scan.stage, life.facts)
    return life


def segment_name(number: int) -> FileName:
    return FileName(f"wal/{number:020d}.wal")


def disk_of(contents: dict[FileName, bytes]) -> SimulatedDisk:
    """A disk on which these files are durable."""
    disk = SimulatedDisk(Prng(1))
    disk.put(contents)
    return disk
