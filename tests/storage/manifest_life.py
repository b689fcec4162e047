"""A manifest beside a simulated disk, without a store: what its tests are written with."""

from collections import deque

from streambus.kernel import Effect, Event, Instant, Prng, Timers, Turn
from streambus.sim.disk import SimulatedDisk
from streambus.storage.manifest import Manifest, ManifestRead
from streambus.storage.manifest_edits import Contents, Edit
from streambus.storage.table_info import TableInfo

SMALL_BYTES = 4 * 4096
"""Four pages of edits: snapshots are made often."""


class ManifestLife:
    """One life of a manifest: its effects wait in `queue` until they are performed, its facts gather in `facts`."""

    def __init__(self, disk: SimulatedDisk, bytes_max: int = SMALL_BYTES) -> None:
        self.disk = disk
        self.manifest = Manifest(bytes_max)
        self.queue: deque[Effect] = deque()
        self.facts: list[Event] = []

    def turn(self) -> Turn:
        return Turn(Instant(0), Prng(0), Timers(), 0)

    def end(self, turn: Turn) -> None:
        self.queue.extend(turn.effects)
        self.facts.extend(turn.facts)
        self.manifest.check()

    def start(self) -> None:
        turn = self.turn()
        self.manifest.start(turn)
        self.end(turn)

    def commit(self, edit: Edit) -> int:
        turn = self.turn()
        try:
            return self.manifest.commit(turn, edit)
        finally:
            self.end(turn)

    def perform_one(self) -> None:
        completion = self.disk.perform(self.queue.popleft())
        if completion is None:
            return
        turn = self.turn()
        if isinstance(completion, ManifestRead):
            self.manifest.on_read(turn, completion)
        elif type(completion).__name__ == "ManifestSynced":
            self.manifest.on_synced(turn, completion)
        else:
            self.facts.append(completion)
            self.manifest.fail()
        self.end(turn)

    def settle(self) -> None:
        while self.queue:
            self.perform_one()

    def recover(self) -> "ManifestLife":
        self.start()
        self.settle()
        return self


def recovered(disk: SimulatedDisk, bytes_max: int = SMALL_BYTES) -> ManifestLife:
    """A new life beside `disk` that must recover."""
    life = ManifestLife(disk, bytes_max).recover()
    assert life.manifest.is_recovered, life.manifest.damage or life.facts
    return life


def fresh(bytes_max: int = SMALL_BYTES) -> ManifestLife:
    return recovered(SimulatedDisk(Prng(1)), bytes_max)


def table(number: int, level: int = 0, segment: int = -1) -> TableInfo:
    return TableInfo(number, level, segment, 1_000 + number, 10 * number)


def essence(contents: Contents) -> tuple[object, ...]:
    """What a manifest says, order included, as a value that later changes do not reach."""
    return (
        tuple(contents.tables.values()),
        tuple(contents.condemned.values()),
        contents.wal_segment,
        contents.wal_start,
        contents.next_table,
    )
