"""Housekeeping: long work, one job at a time. Full segments come first, then what the pickers find worth doing, then cleaning."""

from __future__ import annotations

from collections import deque
from enum import Enum

from streambus.kernel import MILLISECOND, Delete, DiskFailed, FileName, Instant, SyncDirectory, Task, Turn, Work, sometimes
from streambus.storage.config import StoreConfig
from streambus.storage.events import FilesDeleted, HousekeepingDue, JobWorked, LogId, OutputsCleared, RangeQuarantined
from streambus.storage.jobs import CleanJob, Job, SealJob
from streambus.storage.keyspaces import Keyspaces
from streambus.storage.levels import job_for, levels_view
from streambus.storage.manifest import Manifest
from streambus.storage.manifest_edits import Edit
from streambus.storage.pickers import pick, pick_dead
from streambus.storage.sealed import Directory, WorkDamaged
from streambus.storage.shelf import Shelf
from streambus.storage.table_info import TableInfo
from streambus.storage.wal_writer import Wal

PINNED_DELAY = 100 * MILLISECOND
"""How often it is looked whether a file that is not needed is still read from: read views do not say when they are closed."""


class Stage(Enum):
    """What the job at hand is at."""

    IDLE = "nothing is at hand"
    PLANNING = "what the work is about is gathered"
    CLEARING = "files of an earlier life that would be in the way are deleted"
    WORKING = "the driver runs a task"
    WAITING = "what the plan relied on is not durable yet"
    RECORDING = "the manifest is edited"
    INSTALLING = "logs and layers are made to refer to the new tables"
    STOPPED = "the disk failed: nothing is done any more"


class Housekeeping:
    """The long work of one store."""

    __slots__ = (
        "awaited_edit",
        "cleanings",
        "condemned",
        "config",
        "deleting",
        "directories",
        "gone",
        "is_stale",
        "job",
        "keyspaces",
        "manifest",
        "next_table",
        "numbers",
        "planned_at",
        "retry_at",
        "seals",
        "serial",
        "shelf",
        "spoiled",
        "stage",
        "tasks",
        "wal",
    )

    def __init__(self, config: StoreConfig, wal: Wal, keyspaces: Keyspaces, shelf: Shelf, manifest: Manifest) -> None:
        self.config = config
        self.wal = wal
        self.keyspaces = keyspaces
        self.shelf = shelf
        self.manifest = manifest
        self.stage = Stage.IDLE
        self.seals: deque[SealJob] = deque()
        """Full segments, the oldest first."""
        self.cleanings: dict[LogId, CleanJob] = {}
        self.job: Job | None = None
        self.serial = 0
        """How many jobs there have been: completions of earlier ones do not count."""
        self.numbers = range(0)
        self.tasks: list[Task] = []
        self.directories: list[Directory] = []
        self.awaited_edit = 0
        self.planned_at = 0
        """Where the WAL ended when the job was planned."""
        self.next_table = 0
        self.is_stale = True
        """Whether something changed since the pickers last looked."""
        self.retry_at: Instant | None = None
        self.spoiled: dict[int, str] = {}
        """Tables in which damage was found: they are not merged any more in this life."""
        self.condemned: deque[tuple[int, Instant, TableInfo]] = deque()
        """Removed tables: by which edit, when their files may be deleted."""
        self.deleting = False
        self.gone: list[int] = []
        """Tables whose files are durably gone, which the next edit says."""

    def resume(self, turn: Turn, seals: list[SealJob]) -> None:
        """Go on behind a recovery, which found these segments full, and perhaps files that an earlier life did not come to delete."""
        self.seals.extend(seals)
        self.condemned.extend((0, turn.now, info) for info in self.manifest.condemned.values())
        turn.wake_at(turn.now, HousekeepingDue())

    # One job -----------------------------------------------------------------------------------------------------------

    def advance(self, turn: Turn) -> None:
        """Go on with what is at hand, or begin with what is most urgent."""
        if self.stage is Stage.IDLE and (self.retry_at is None or turn.now >= self.retry_at):
            self.job = self._next_job()
            if self.job is not None:
                self.serial += 1
                self.stage = Stage.PLANNING
        if self.stage is Stage.PLANNING:
            self._plan(turn)
        elif self.stage is Stage.INSTALLING:
            self._install(turn)
        elif self.stage is Stage.WAITING:
            self._maybe_record(turn)
        elif self.stage is Stage.RECORDING and self.manifest.durable_edit >= self.awaited_edit:
            self.stage = Stage.INSTALLING
            for directory in self.directories:
                self.shelf.add(directory)
            self._install(turn)
        self._maybe_delete(turn)

    def _next_job(self) -> Job | None:
        if self.seals and self.wal.durable >= self.seals[0].end:
            return self.seals[0]
        if self.is_stale:
            view = levels_view(self.shelf, self.keyspaces, self.spoiled)
            picker = self.config.picker
            compaction = pick(view, picker) if self.config.may_rewrite else pick_dead(view.logs, picker)
            self.is_stale = compaction is not None
            if compaction is not None:
                return job_for(compaction)
        if self.cleanings and self.config.may_rewrite:
            return self.cleanings.pop(next(iter(self.cleanings)))
        return None

    def _plan(self, turn: Turn) -> None:
        assert self.job is not None
        if not self.job.plan(self):
            turn.wake_at(turn.now, HousekeepingDue())
            return
        self.next_table = max(self.next_table, self.manifest.next_table)
        count = self.job.output_count(self)
        self.numbers = range(self.next_table, self.next_table + count)
        self.next_table += count
        self.directories = []
        self.planned_at = self.wal.end
        if not count:
            self._maybe_record(turn)
            return
        self.stage = Stage.CLEARING
        self._delete_outputs(turn)
        turn.do(SyncDirectory(OutputsCleared(self.serial)))

    def on_cleared(self, turn: Turn, event: OutputsCleared) -> None:
        """Nothing is in the way."""
        if event.job == self.serial and self.stage is Stage.CLEARING:
            assert self.job is not None
            self.stage = Stage.WORKING
            self.tasks = self.job.tasks(self, self.numbers)
            self._work_on(turn)

    def _work_on(self, turn: Turn) -> None:
        if self.tasks:
            turn.do(Work(self.tasks.pop(0), JobWorked(self.serial)))
        else:
            self._maybe_record(turn)

    def on_worked(self, turn: Turn, event: JobWorked) -> None:
        """A task is done."""
        if event.job != self.serial or self.stage is not Stage.WORKING:
            return
        if isinstance(event.result, WorkDamaged):
            self._spoil(turn, event.result)
            return
        assert self.job is not None
        self.directories += [Directory.decode(data) for data in self.job.accept(event.result)]
        self._work_on(turn)

    def _maybe_record(self, turn: Turn) -> None:
        """Edit the manifest, once everything is durable that the plan relied on: that a log was trimmed, say, or dropped."""
        assert self.job is not None
        if self.wal.durable < self.planned_at:
            sometimes("storage: long work waits for the log that it relies on")
            self.stage = Stage.WAITING
            return
        wal_segment, wal_start = self.job.wal_edit()
        added = tuple([directory.info for directory in self.directories])
        gone, self.gone = tuple(self.gone), []
        edit = Edit(added, self.job.replaced, gone, wal_segment, wal_start, self.next_table)
        self.stage = Stage.RECORDING
        self.awaited_edit = self.manifest.commit(turn, edit)

    def _install(self, turn: Turn) -> None:
        assert self.job is not None
        if not self.job.install(self, self.directories):
            turn.wake_at(turn.now, HousekeepingDue())
            return
        due = Instant(turn.now + self.config.delete_delay)
        for table in self.job.replaced:
            assert not self.shelf.live_blocks[table], (table, self.shelf.live_blocks[table])
            self.condemned.append((self.awaited_edit, due, self.shelf.directories[table].info))
            self.shelf.retire(table)
        if isinstance(self.job, SealJob):
            self.seals.popleft()
        self.is_stale = True
        self._end(turn)

    def _end(self, turn: Turn) -> None:
        self.job = None
        self.stage = Stage.IDLE
        turn.wake_at(turn.now, HousekeepingDue())

    # What goes wrong -----------------------------------------------------------------------------------------------------

    def on_failed(self, turn: Turn, event: DiskFailed) -> None:
        """A task could not be done, for lack of space perhaps: give up what it made, and try again later."""
        sometimes("storage: long work fails, and is tried again")
        self._delete_outputs(turn)
        if event.operation == "read":
            self._give_up_file(event.file, f"the disk could not read it: {event.error}")
        self.retry_at = Instant(turn.now + self.config.retry_delay)
        turn.wake_at(self.retry_at, HousekeepingDue("retry"))
        self.job = None
        self.serial += 1
        self.stage = Stage.IDLE

    def _spoil(self, turn: Turn, damage: WorkDamaged) -> None:
        """A task came upon damage: nothing of it was copied, and what it leads to is out of reach from now on."""
        sometimes("storage: long work comes upon damage")
        self._delete_outputs(turn)
        self._give_up_file(damage.file, damage.reason)
        self._quarantine(turn, damage)
        self._end(turn)

    def _give_up_file(self, file: FileName, reason: str) -> None:
        """What is in this file is not merged any more in this life: it would be tried again and again, and nothing else be done."""
        for directory in self.shelf.directories.values():
            if directory.info.file == file:
                self.spoiled[directory.info.number] = reason

    def _quarantine(self, turn: Turn, damage: WorkDamaged) -> None:
        log = self.keyspaces.logs_by_number.get(damage.keyspace)
        hole = (damage.first_offset, damage.end_offset)
        if log is not None and damage.first_offset < damage.end_offset and hole not in log.holes:
            log.holes.append(hole)
            turn.tell(RangeQuarantined(log.log_id, damage.first_offset, damage.end_offset, damage.file, damage.reason))

    def clean(self, turn: Turn, job: CleanJob) -> None:
        """Clean a log when there is nothing more urgent."""
        self.cleanings[job.log_id] = job
        turn.wake_at(turn.now, HousekeepingDue())

    def is_cleaning(self, log_id: LogId) -> bool:
        """Whether a log is being cleaned, or will be."""
        return log_id in self.cleanings or (isinstance(self.job, CleanJob) and self.job.log_id == log_id)

    def fail(self) -> None:
        """Nothing is written in this life any more."""
        self.stage = Stage.STOPPED

    # Files that are not needed -------------------------------------------------------------------------------------------

    def _delete_outputs(self, turn: Turn) -> None:
        for number in self.numbers:
            turn.do(Delete(TableInfo(number, 0, -1, 0, 0).file))

    def _maybe_delete(self, turn: Turn) -> None:
        """Delete the files of tables that were removed, once that is confirmed, and nobody can still be sent from them."""
        if self.deleting or self.stage is Stage.STOPPED or not self.condemned:
            return
        self.shelf.release_retired()
        numbers: list[int] = []
        files: list[FileName] = []
        kept: deque[tuple[int, Instant, TableInfo]] = deque()
        for edit, due, info in self.condemned:
            if edit <= self.manifest.confirmed_edit and due <= turn.now and info.number not in self.shelf.retired:
                numbers.append(info.number)
                files.append(info.file)
            else:
                kept.append((edit, due, info))
        waiting = [max(due, turn.now + PINNED_DELAY) for edit, due, _ in kept if edit <= self.manifest.confirmed_edit]
        if waiting:
            turn.wake_at(Instant(min(waiting)), HousekeepingDue("deletion"))
        if numbers:
            self.condemned = kept
            self.deleting = True
            for file in files:
                turn.do(Delete(file))
            turn.do(SyncDirectory(FilesDeleted(tuple(numbers))))

    def on_deleted(self, turn: Turn, event: FilesDeleted) -> None:
        """Files are durably gone."""
        self.deleting = False
        self.gone += event.tables
        self._maybe_delete(turn)

    def check(self) -> None:
        """The invariants."""
        assert [job.segment for job in self.seals] == sorted(job.segment for job in self.seals)
        assert (self.job is None) == (self.stage in (Stage.IDLE, Stage.STOPPED)) or self.stage is Stage.STOPPED, (self.job, self.stage)
