"""Examining a folder: everything is read and compared, and whatever is wrong is said, one finding at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from streambus.kernel import FileAccess, FileName, message
from streambus.records import BadBatch, parse_header
from streambus.storage.events import StoreCorrupted
from streambus.storage.inspect.findings import Finding, FindingKind
from streambus.storage.inspect.inventory import sort_files
from streambus.storage.inspect.manifest_file import ManifestFile, read_manifest
from streambus.storage.inspect.names import Names
from streambus.storage.inspect.rehearsal import Rehearsal, rehearse
from streambus.storage.inspect.wal_walk import Gap, RecordFound, WalkEnd, walk_wal
from streambus.storage.keyspaces import OFFSET
from streambus.storage.manifest import CURRENT
from streambus.storage.manifest_edits import Contents
from streambus.storage.sealed import Damaged, Directory, Problem, ProblemKind, check_table, read_table
from streambus.storage.table_info import TableInfo
from streambus.storage.wal_records import RECORD_HEADER_BYTES, EntryKind
from streambus.storage.wal_scan import ScanStage

LOOKS_MAX = 30
"""How often something is looked at that changes whenever it is looked at."""


@message
class Examined:
    """So much of the folder was read, of about so much."""

    bytes: int
    total: int
    file: FileName


class Examination:
    """What was seen on the way: the manifest as it was last, directories of tables, names of keyspaces, the rehearsed start."""

    def __init__(self, files: FileAccess, list_files: Callable[[], Iterable[tuple[FileName, int]]], names: Names) -> None:
        self.files = files
        self.list_files = list_files
        self.names = names
        self.manifest: ManifestFile | None = None
        self.directories: dict[int, Directory] = {}
        self.unreadable: set[int] = set()
        """Tables without a directory that could be read: nothing leads on in them."""
        self.tables = 0
        """How many tables were read from end to end."""
        self.walk: WalkEnd | None = None
        self.rehearsal: Rehearsal | None = None
        self.bytes = 0
        self.total = 0

    @property
    def contents(self) -> Contents:
        """What the manifest says."""
        return self.manifest.contents if self.manifest is not None else Contents()

    def run(self) -> Iterator[Finding | Examined]:
        """Look at everything."""
        yield from self._manifest()
        if self.manifest is None or self.manifest.damage is not None:
            yield from self._wal_without_manifest()
            return
        sizes = sort_files(self.list_files(), self.contents)
        self.total = self.manifest.file_bytes + sum(info.file_bytes for info in self.contents.tables.values()) + sum(sizes.live.values())
        yield from self._read_directories()
        yield from self._wal()
        yield from self._tables()
        yield from self._start()
        yield from self._files()

    # Manifest ----------------------------------------------------------------------------------------------------------

    def _manifest(self) -> Iterator[Finding | Examined]:
        try:
            manifest = self.manifest = read_manifest(self.files)
        except FileNotFoundError:
            yield Finding(FindingKind.MANIFEST_MISSING, CURRENT, 0, "there is no such file")
            return
        except OSError as error:
            yield _failed(CURRENT, error)
            return
        if manifest.damage is not None:
            is_foreign = manifest.damage.endswith("not known here")
            kind = FindingKind.VERSION_UNKNOWN if is_foreign else FindingKind.MANIFEST_DAMAGED
            yield Finding(kind, CURRENT, manifest.damage_position, manifest.damage)
        elif manifest.torn_bytes:
            reason = f"{manifest.torn_bytes} bytes behind the last frame are no frame"
            yield Finding(FindingKind.MANIFEST_TORN, CURRENT, manifest.end, reason, manifest.torn_bytes)
        self.bytes += manifest.file_bytes

    def _has_moved(self) -> bool:
        """Whether the manifest says something new; then that is what counts."""
        assert self.manifest is not None
        try:
            manifest = read_manifest(self.files)
        except OSError:
            return False
        if manifest.damage is not None or manifest.frames == self.manifest.frames:
            return False
        self.manifest = manifest
        return True

    # Tables ------------------------------------------------------------------------------------------------------------

    def _read_directories(self) -> Iterator[Finding]:
        """Read the directories of the tables that are new to us."""
        found: list[Directory] = []
        for info in sorted(self.contents.tables.values(), key=lambda info: info.number):
            if info.number in self.directories or info.number in self.unreadable:
                continue
            try:
                directory = read_table(self.files, info)
            except (Damaged, OSError) as fault:
                if self._is_gone(info):
                    continue  # Merged away since the manifest was read.
                yield _failed(info.file, fault) if isinstance(fault, OSError) else _unreadable(info, fault)
                self.unreadable.add(info.number)
                continue
            self.directories[info.number] = directory
            found.append(directory)
        self.names.take_tables(self.files, found)

    def _is_gone(self, info: TableInfo) -> bool:
        """Whether the table need not be there any more."""
        self._has_moved()
        return info.number not in self.contents.tables

    def _tables(self) -> Iterator[Finding | Examined]:
        """Read every table from end to end; then those that have come meanwhile, until there are no more."""
        seen: set[int] = set()
        for _ in range(LOOKS_MAX):
            yield from self._read_directories()
            infos = [info for number, info in sorted(self.contents.tables.items()) if number not in seen]
            if not infos:
                return
            for info in infos:
                seen.add(info.number)
                if info.number in self.directories and info.number in self.contents.tables:
                    yield from self._table(info)
            self._has_moved()

    def _table(self, info: TableInfo) -> Iterator[Finding | Examined]:
        before = self.bytes
        try:
            for found in check_table(self.files, info):
                if isinstance(found, Problem):
                    if self._is_gone(info):
                        break
                    yield _problem(found)
                else:
                    self.bytes = before + found.bytes
                    yield Examined(self.bytes, self.total, info.file)
        except OSError as error:
            if not self._is_gone(info):
                yield _failed(info.file, error)
                return
        self.tables += 1
        self.bytes = before + info.file_bytes

    # The live write-ahead log ------------------------------------------------------------------------------------------

    def _wal(self) -> Iterator[Finding | Examined]:
        """Walk the live segments; once more, if one of them has become a table and is gone."""
        doubts: list[tuple[Finding, int, int]] = []
        for _ in range(LOOKS_MAX):
            contents, before = self.contents, self.bytes
            doubts = []
            try:
                for step in self._walked(contents.wal_segment, contents.wal_start, doubts):
                    self.bytes = before + step
                    yield Examined(self.bytes, self.total, CURRENT)
            except FileNotFoundError:
                pass
            except OSError as error:
                yield _failed(FileName(str(error.filename or "wal")), error)
                break
            if not (doubts and self._has_moved()):
                break
        yield from self._judged(doubts)

    def _walked(self, segment: int, start: int | None, doubts: list[tuple[Finding, int, int]]) -> Iterator[int]:
        """Walk, and note what may be damage, with segment and position; says how many bytes it has seen."""
        walk = walk_wal(self.files, segment, start)
        ends = {number: keyspace.end_offset for number, keyspace in self.names.keyspaces.items()}
        seen = 0
        while True:
            try:
                step = next(walk)
            except StopIteration as end:
                self.walk = end.value
                return
            if isinstance(step, Gap):
                doubts.append((_gap(step), step.segment, step.position))
            elif isinstance(step, RecordFound):
                doubts += [(found, step.segment, step.record.header.position) for found in self._record(step, ends)]
                seen += step.record.header.size
                yield seen

    def _record(self, found: RecordFound, ends: dict[int, int]) -> Iterator[Finding]:
        """The damaged batches of a record. `ends`: where each log ends, as far as that is known."""
        at = 0
        for place, entry in enumerate(found.record.entries):
            body = found.bodies[at : at + entry.length]
            if entry.kind is EntryKind.BATCH:
                if place in found.record.damaged:
                    first = ends.get(entry.keyspace, 0)
                    end = ends[entry.keyspace] = first + entry.offsets
                    position = found.place + RECORD_HEADER_BYTES + at
                    reason = "the batch is not what was written: a checksum is wrong"
                    yield Finding(FindingKind.WAL_BATCH_DAMAGED, found.file, position, reason, entry.length, entry.keyspace, first, end)
                else:
                    ends[entry.keyspace] = _end_of(body)
                    self.names.take_entry(entry, body)
            else:
                self.names.take_entry(entry, body)
                if entry.kind is EntryKind.TRUNCATE:
                    (ends[entry.keyspace],) = OFFSET.unpack_from(body)
            at += entry.length

    def _judged(self, doubts: list[tuple[Finding, int, int]]) -> Iterator[Finding]:
        """Damage, where something proves that it was durable; else the torn tail of a write that nobody was told of."""
        if self.walk is None:
            return
        for finding, segment, position in doubts:
            if finding.kind is FindingKind.WAL_TORN and self.walk.is_proven(segment, position):
                yield Finding(FindingKind.WAL_DAMAGED, finding.file, finding.position, finding.reason, finding.size)
            elif finding.kind is FindingKind.WAL_BATCH_DAMAGED and not self.walk.is_proven(segment, position):
                yield Finding(FindingKind.WAL_TORN, finding.file, finding.position, finding.reason, finding.size)
            else:
                yield finding

    def _wal_without_manifest(self) -> Iterator[Finding | Examined]:
        """Nobody says where the live log begins: look at every segment that there is."""
        doubts: list[tuple[Finding, int, int]] = []
        segments = sort_files(self.list_files(), Contents()).live
        self.total = sum(segments.values())
        if segments:
            first = min(segments)
            for seen in self._walked(int(first[4:-4]), None, doubts):
                yield Examined(seen, self.total, first)
        yield from self._judged(doubts)

    # The whole ---------------------------------------------------------------------------------------------------------

    def _start(self) -> Iterator[Finding]:
        """Whether a broker would start, and have every log from its start to its end."""
        for _ in range(LOOKS_MAX):
            self.rehearsal = rehearsal = rehearse(self.files)
            if rehearsal.refused is None or not self._has_moved():
                break
        if rehearsal.refused is not None:
            refused = rehearsal.refused
            if isinstance(refused, StoreCorrupted):
                yield Finding(FindingKind.START_REFUSED, refused.file, refused.position, refused.reason)
            else:
                yield Finding(FindingKind.START_REFUSED, CURRENT, 0, refused.reason)
        recovery = rehearsal.store.recovery
        if recovery is None or recovery.scan.stage is ScanStage.DONE:  # Else not all that there is of logs was found.
            yield from self._tiles(rehearsal)

    def _tiles(self, rehearsal: Rehearsal) -> Iterator[Finding]:
        for log in rehearsal.store.logs.values():
            missing = log.missing()
            if missing is not None:
                reason = f"no table has the offsets from {missing[0]} on and below {missing[1]}"
                yield Finding(FindingKind.OFFSETS_MISSING, CURRENT, 0, reason, 0, log.keyspace, *missing)

    def _files(self) -> Iterator[Finding]:
        """Files that nobody needs."""
        listing = dict(self.list_files())
        self._has_moved()
        found = sort_files(listing.items(), self.contents)
        for file, size in found.condemned.items():
            yield Finding(FindingKind.CONDEMNED, file, 0, "the manifest says that this file is to be deleted", size)
        for file, size in {**found.unfinished, **found.orphans}.items():
            yield Finding(FindingKind.ORPHAN, file, 0, "the manifest does not know this file", size)


def examine(files: FileAccess, list_files: Callable[[], Iterable[tuple[FileName, int]]], names: Names | None = None) -> Examination:
    """An examination of a folder, to be `run`. `list_files`: every file in the folder, with its size. `names` are filled on the way."""
    return Examination(files, list_files, names or Names())


def _gap(gap: Gap) -> Finding:
    kind = FindingKind.VERSION_UNKNOWN if gap.is_foreign else FindingKind.WAL_TORN
    return Finding(kind, gap.file, gap.place, gap.reason, gap.length)


def _end_of(batch: memoryview) -> int:
    try:
        return parse_header(batch).next_offset
    except BadBatch:
        return 0


def _unreadable(info: TableInfo, fault: Damaged) -> Finding:
    return Finding(FindingKind.TABLE_UNREADABLE, info.file, fault.position or 0, fault.reason, info.file_bytes)


def _failed(file: FileName, error: OSError) -> Finding:
    return Finding(FindingKind.READ_FAILED, file, 0, f"the disk does not give it: {(error.strerror or str(error)).lower()}")


def _problem(problem: Problem) -> Finding:
    kind = {
        ProblemKind.TABLE: FindingKind.TABLE_UNREADABLE,
        ProblemKind.INDEX: FindingKind.INDEX_DAMAGED,
        ProblemKind.BATCH: FindingKind.BATCH_DAMAGED,
        ProblemKind.LOST: FindingKind.BATCH_LOST,
        ProblemKind.BLOOM: FindingKind.FILTER_DAMAGED,
        ProblemKind.ENTRIES: FindingKind.ENTRIES_DAMAGED,
    }[problem.kind]
    offsets = (problem.keyspace, problem.first_offset, problem.end_offset)
    return Finding(kind, problem.file, problem.position, problem.reason, 0, *offsets)
