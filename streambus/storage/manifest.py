"""The manifest: which sealed tables there are, and where the live write-ahead log begins.

One machine, one file: a snapshot, and edits behind it. The format, and what a crash or damage can do to it, is in
`docs/storage/manifest.md`.

1. `start` reads it. When everything that was found is durable, `ManifestSettled` is told; or `damage` says why it never will be.
2. `commit` changes what the manifest says at once, and gathers the edit; one write and one sync are at work at most.
3. `on_synced` moves the watermarks: an edit is **durable**, and a little later **confirmed**, by another frame behind it. What cannot be
   undone, deleting files, waits for the latter.
4. Edits that have outgrown the snapshot are folded into a new one, that replaces the file by renaming.
"""

from enum import Enum

from streambus.kernel import (
    Buffer,
    Create,
    Delete,
    Event,
    FileName,
    Read,
    Rename,
    Sync,
    SyncDirectory,
    Truncate,
    Turn,
    Write,
    message,
    sometimes,
)
from streambus.storage.manifest_edits import Contents, Edit, Inconsistent, decode_contents, decode_edit, encode_contents, encode_edit
from streambus.storage.manifest_frames import FrameKind, Reading, encode_frame, read_frames
from streambus.storage.table_info import TableInfo

CURRENT = FileName("manifest/current")
NEW = FileName("manifest/new")

READ_BYTES = 1024 * 1024
"""How much is read at once."""

READINGS_MAX = 4
"""How often the file is read, if it is not whole and no two readings in a row are equal."""


@message
class ManifestRead(Event):
    """`length` bytes were asked for at `position` of `file`, in the `attempt`-th reading of it."""

    file: FileName
    position: int
    length: int
    attempt: int
    data: Buffer | None = None


@message
class ManifestSynced(Event):
    """What the manifest has handed to the disk, up to this edit, is durable."""

    edit: int


@message
class ManifestSettled(Event):
    """The manifest is recovered: everything it says is durable. `cut_bytes` of a torn tail, promised to nobody, were cut off."""

    tables: int
    cut_bytes: int


class ManifestStage(Enum):
    """What the manifest is at."""

    READING = "the file is read"
    SETTLING = "what was found is made durable"
    IDLE = "nothing is at work"
    EDITING = "edits or a confirmation are written and synced"
    REPLACING = "a new snapshot is written and synced"
    RENAMING = "the new snapshot takes the place of the old file"
    FAILED = "nothing is written any more: the disk failed, or the file is damaged"


class Manifest:
    """The manifest of one store.

    Watermarks, in numbers of edits: `last_edit` >= `syncing` >= `durable_edit` >= `confirmed_edit`.
    """

    __slots__ = (
        "bytes_max",
        "confirmed_edit",
        "contents",
        "cut_bytes",
        "damage",
        "damage_position",
        "data",
        "data_before",
        "durable_edit",
        "end",
        "generation",
        "is_new",
        "is_recovered",
        "last_edit",
        "pending",
        "replacements",
        "snapshot_bytes",
        "stage",
        "syncing",
        "syncs",
    )

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        """How long edits may grow before they are folded into a snapshot; they may also grow as long as that."""
        self.contents = Contents()
        self.stage = ManifestStage.READING
        self.is_recovered = False
        """Whether everything that was found is durable, and `commit` may be called."""
        self.is_new = False
        """Whether there is no manifest yet: the first edit makes it."""
        self.damage: str | None = None
        """Where and why the file cannot be believed: the store must not start."""
        self.damage_position = 0
        self.cut_bytes = 0
        self.last_edit = self.syncing = self.durable_edit = self.confirmed_edit = 0
        self.pending: list[bytes] = []
        """Payloads of the edits that are not yet on their way, the last of which is `last_edit`."""
        self.generation = 0
        self.snapshot_bytes = 0
        self.end = 0
        """Where in the file the next frame goes."""
        self.data = bytearray()
        self.data_before: bytes | None = None
        """While reading: what came so far of this reading, and all of the one before it."""
        self.syncs = 0
        self.replacements = 0

    @property
    def tables(self) -> dict[int, TableInfo]:
        """The sealed tables there are, by number. Only `commit` changes it."""
        return self.contents.tables

    @property
    def condemned(self) -> dict[int, TableInfo]:
        """Removed tables whose files may still be there. An edit with `deleted` says that they are not."""
        return self.contents.condemned

    @property
    def wal_segment(self) -> int:
        """The first segment that is not sealed and covered: where recovery begins to replay."""
        return self.contents.wal_segment

    @property
    def wal_start(self) -> int:
        """The WAL position at which `wal_segment` begins."""
        return self.contents.wal_start

    @property
    def next_table(self) -> int:
        """The number of the next sealed table. Files of such numbers may exist, and nothing in them counts."""
        return self.contents.next_table

    # Edits -----------------------------------------------------------------------------------------------------------

    def commit(self, turn: Turn, edit: Edit) -> int:
        """Change what the manifest says, at once, and have it made durable. Return the number of this edit.

        Raises `Inconsistent`, and has changed nothing, if the edit cannot follow what there is.
        """
        assert self.is_recovered, self.stage
        assert self.stage is not ManifestStage.FAILED, "nothing is written any more"
        self.contents.apply(edit)
        self.last_edit += 1
        self.pending.append(encode_edit(edit))
        self._advance(turn)
        return self.last_edit

    def on_synced(self, turn: Turn, event: ManifestSynced) -> None:
        """What was handed to the disk is durable."""
        stage = self.stage
        if stage is ManifestStage.FAILED:
            return
        assert event.edit == self.syncing, (event, self.syncing)
        if stage is ManifestStage.REPLACING:
            self._rename(turn)
            return
        # What an edit is written behind is proven by it; a snapshot is proven by its name.
        self.confirmed_edit = self.syncing if stage is ManifestStage.RENAMING else self.durable_edit
        self.durable_edit = self.syncing
        self.is_new = False
        self.stage = ManifestStage.IDLE
        if not self.is_recovered and self.confirmed_edit == self.last_edit:
            self._settled(turn)
        self._advance(turn)

    def fail(self) -> None:
        """The disk failed: nothing is written any more, and no completion counts."""
        self.stage = ManifestStage.FAILED

    def _advance(self, turn: Turn) -> None:
        """Hand to the disk what gathered, unless something is at work."""
        if self.stage is not ManifestStage.IDLE:
            return
        if self.pending:
            edits_bytes = self.end - self.snapshot_bytes
            if self.is_new or edits_bytes >= max(self.bytes_max, self.snapshot_bytes):
                self._replace(turn)
            else:
                self._write_edits(turn)
        elif self.confirmed_edit < self.durable_edit:
            self._confirm(turn)

    def _write_edits(self, turn: Turn) -> None:
        parts = []
        position = self.end
        for payload in self.pending:
            self.syncing += 1
            frame = encode_frame(FrameKind.EDIT, self.generation, self.syncing, position, self.end, payload)
            parts.append(frame)
            position += len(frame)
        self.pending.clear()
        self._write(turn, parts)

    def _confirm(self, turn: Turn) -> None:
        self._write(turn, [encode_frame(FrameKind.CONFIRMATION, self.generation, self.syncing, self.end, self.end, b"")])

    def _write(self, turn: Turn, frames: list[bytes]) -> None:
        self.stage = ManifestStage.EDITING
        self.syncs += 1
        turn.do(Write(CURRENT, self.end, tuple(frames)))
        turn.do(Sync(CURRENT, ManifestSynced(self.syncing)))
        self.end += sum(map(len, frames))

    # Snapshots -------------------------------------------------------------------------------------------------------

    def _replace(self, turn: Turn) -> None:
        """Write all there is into a new file. Edits that come meanwhile go behind it, once it has the name."""
        if not self.is_new:
            sometimes("storage: the manifest is written anew")
        self.stage = ManifestStage.REPLACING
        self.syncing = self.last_edit
        self.pending.clear()
        self.generation += 1
        frame = encode_frame(FrameKind.SNAPSHOT, self.generation, self.syncing, 0, 0, encode_contents(self.contents))
        self.end = self.snapshot_bytes = len(frame)
        self.syncs += 1
        self.replacements += 1
        turn.do(Delete(NEW))
        turn.do(Create(NEW))
        turn.do(Write(NEW, 0, (frame,)))
        turn.do(Sync(NEW, ManifestSynced(self.syncing)))

    def _rename(self, turn: Turn) -> None:
        """The new file is durable: only now may it take the place of the old one."""
        self.stage = ManifestStage.RENAMING
        turn.do(Rename(NEW, CURRENT))
        turn.do(SyncDirectory(ManifestSynced(self.syncing)))

    # Recovery --------------------------------------------------------------------------------------------------------

    def start(self, turn: Turn) -> None:
        """Ask for the first bytes."""
        self._read(turn, position=0, attempt=1)

    def on_read(self, turn: Turn, event: ManifestRead) -> None:
        """Bytes came: ask for more, or believe what was read."""
        if self.stage is not ManifestStage.READING:
            return
        if event.data is None:
            self._begin_anew(turn)
            return
        self.data += event.data
        if len(event.data) == event.length:
            self._read(turn, event.position + event.length, event.attempt)
            return
        data = bytes(self.data)
        reading = read_frames(data)
        if reading.is_clean or data == self.data_before:
            self._believe(turn, data, reading)
        elif event.attempt == READINGS_MAX:
            self._refuse(reading.end, f"{READINGS_MAX} readings differ from each other")
        else:
            self.data_before = data
            self._read(turn, position=0, attempt=event.attempt + 1)

    def check(self) -> None:
        """The invariants of the manifest."""
        self.contents.check()
        assert self.confirmed_edit <= self.durable_edit <= self.syncing <= self.last_edit, self.statistics()
        assert self.syncing + len(self.pending) == self.last_edit, self.statistics()
        assert self.snapshot_bytes <= self.end
        assert self.is_recovered or not self.pending
        if self.stage is ManifestStage.IDLE:
            assert self.confirmed_edit == self.last_edit, self.statistics()

    def statistics(self) -> dict[str, int]:
        """What there is, and what was done in this life."""
        return {
            "tables": len(self.tables),
            "condemned": len(self.condemned),
            "wal_segment": self.wal_segment,
            "wal_start": self.wal_start,
            "next_table": self.next_table,
            "last_edit": self.last_edit,
            "syncing": self.syncing,
            "durable_edit": self.durable_edit,
            "confirmed_edit": self.confirmed_edit,
            "generation": self.generation,
            "file_bytes": self.end,
            "snapshot_bytes": self.snapshot_bytes,
            "syncs": self.syncs,
            "replacements": self.replacements,
        }

    def _read(self, turn: Turn, position: int, attempt: int) -> None:
        if position == 0:
            self.data = bytearray()
        turn.do(Read(CURRENT, position, READ_BYTES, ManifestRead(CURRENT, position, READ_BYTES, attempt)))

    def _begin_anew(self, turn: Turn) -> None:
        if self.data or self.data_before is not None:
            self._refuse(0, "the file was there a moment ago")
            return
        self.is_new = True
        self._settled(turn)

    def _believe(self, turn: Turn, data: bytes, reading: Reading) -> None:
        """This is what the file says, for good or bad."""
        if self.data_before is not None and reading.is_clean:
            sometimes("storage: the manifest was read wrongly at first")
        if reading.damage is not None:
            self._refuse(reading.end, reading.damage)
            return
        frames = reading.frames
        for frame in frames:
            try:
                if frame.kind == FrameKind.SNAPSHOT:
                    self.contents = decode_contents(frame.payload)
                elif frame.kind == FrameKind.EDIT:
                    self.contents.apply(decode_edit(frame.payload))
            except Inconsistent as inconsistent:
                self._refuse(frame.position, str(inconsistent))
                return
        last = frames[-1]
        self.generation = last.generation
        self.snapshot_bytes = frames[0].end
        self.end = reading.end
        self.last_edit = self.syncing = last.sequence
        proven = [frame.sequence for frame in frames if frame.position < last.write_start]
        self.durable_edit = proven[-1] if proven else last.sequence
        self.cut_bytes = max(len(data) - reading.end, 0)
        self._settle(turn, data, last.write_start)

    def _settle(self, turn: Turn, data: bytes, unproven: int) -> None:
        """Cut the torn tail; write again what lies at and behind `unproven`, so that the next sync really carries it to the disk.

        A snapshot was durable before the file had its name, and is left alone.
        """
        self.stage = ManifestStage.SETTLING
        self.data, self.data_before = bytearray(), None
        if self.cut_bytes:
            sometimes("storage: a torn tail of the manifest is cut")
            turn.do(Truncate(CURRENT, self.end))
        if unproven:
            turn.do(Write(CURRENT, unproven, (data[unproven : self.end],)))
        turn.do(SyncDirectory())
        turn.do(Sync(CURRENT, ManifestSynced(self.syncing)))
        self.syncs += 1

    def _settled(self, turn: Turn) -> None:
        self.stage = ManifestStage.IDLE
        self.is_recovered = True
        turn.tell(ManifestSettled(len(self.tables), self.cut_bytes))

    def _refuse(self, position: int, reason: str) -> None:
        self.stage = ManifestStage.FAILED
        self.damage = f"{CURRENT} at {position}: {reason}"
        self.damage_position = position
