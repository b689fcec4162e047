"""Walking the write-ahead log: every record that is whole, and the gaps between them, by reading alone.

Recovery (`WalScan`) stops at the first thing that cannot be; a walk goes on behind it, at the next header that says it belongs where it is.
It judges less: whether a gap is damage or a torn tail is known when the walk is over (`WalkEnd.is_proven`).

Somebody may be writing meanwhile. What looks broken is read once more, and once again when a later record proves that it was synced.
"""

from collections.abc import Generator

from streambus.kernel import FileAccess, FileName, message
from streambus.storage.wal_records import (
    MAGIC,
    RECORD_HEADER_BYTES,
    RecordHeader,
    WalRecord,
    WrittenByNewer,
    foreign_version,
    parse_record_header,
    read_record,
)
from streambus.storage.wal_scan import PROBED_SEGMENTS
from streambus.storage.wal_segments import segment_file

CHUNK_BYTES = 1 << 20
"""How much is read at once, unless a record is longer."""


@message
class SegmentBegun:
    """What follows is in segment `number`, whose first byte is WAL position `start`."""

    number: int
    start: int


@message
class RecordFound:
    """A record at byte `place` of the file of its segment. `bodies` is valid until the walk goes on."""

    segment: int
    place: int
    record: WalRecord
    bodies: memoryview

    @property
    def file(self) -> FileName:
        """Where it is."""
        return segment_file(self.segment)


@message
class Gap:
    """From byte `place` of a segment's file on, which is WAL position `position`, there are `length` bytes without a whole record.

    `is_tail`: nothing comes behind them in this segment. `is_foreign`: a newer version seems to have written them.
    """

    segment: int
    place: int
    position: int
    length: int
    reason: str
    is_tail: bool = False
    is_foreign: bool = False

    @property
    def file(self) -> FileName:
        """Where it is."""
        return segment_file(self.segment)


@message
class WalkEnd:
    """The walk ended at WAL position `position`. What is below `proven`, and what is in segments below `newest_segment`, was synced."""

    position: int
    proven: int
    newest_segment: int
    segments: int
    bytes: int

    def is_proven(self, segment: int, position: int) -> bool:
        """Whether something that came later proves that this was durable."""
        return position < self.proven or segment < self.newest_segment


Step = SegmentBegun | RecordFound | Gap


def walk_wal(files: FileAccess, segment: int, start: int | None) -> Generator[Step, None, WalkEnd]:
    """Walk from segment `segment` on, which begins at WAL position `start`; None: where it says that it begins.

    Raises `FileNotFoundError` if a file vanishes meanwhile.
    """
    walk = _Walk(files)
    return walk.run(segment, walk.start_of(segment) if start is None else start)


class _Walk:
    """One walk."""

    def __init__(self, files: FileAccess) -> None:
        self.files = files
        self.position = 0
        self.proven = 0
        self.newest_segment = -1
        self.segments = 0
        self.bytes = 0
        self.later: int | None = None
        """The segment that was there behind the one that was walked last, when that had no more to say."""
        self.doubted = -1
        """Where in the segment something looked broken and was read once more."""

    def run(self, number: int, start: int) -> Generator[Step, None, WalkEnd]:
        """The walk."""
        self.position = start
        while True:
            if self._has_file(number):
                self.segments += 1
                self.newest_segment = number
                yield SegmentBegun(number, start)
                is_ended = yield from self._segment(number, start)
                self.bytes += self.position - start
                if is_ended and self._has_file(number + 1):
                    number, start = number + 1, self.position
                    continue
                later = self._later(number + 2) if is_ended else self.later
                missing = number + 1
            else:
                later, missing = self._later(number + 1), number
            if later is None:
                return WalkEnd(self.position, self.proven, self.newest_segment, self.segments, self.bytes)
            self.newest_segment = later
            if later > missing:
                yield Gap(missing, 0, self.position, 0, f"there is no such file, but segment {later} is there")
            number, start = later, self.start_of(later)

    def _later(self, number: int) -> int | None:
        """The first segment from `number` on that has a file."""
        return next((later for later in range(number, number + PROBED_SEGMENTS) if self._has_file(later)), None)

    def _has_file(self, number: int) -> bool:
        try:
            self.files.read(segment_file(number), 0, 1)
        except FileNotFoundError:
            return False
        return True

    def start_of(self, number: int) -> int:
        """The WAL position at which a segment begins, as its first whole header tells; where we are, if it has none."""
        found = self._next_header(number, 0, None)
        return self.position if found is None else found[1].position - found[0]

    def _segment(self, number: int, start: int) -> Generator[Step, None, bool]:
        """Everything in one segment; returns whether it has an end record."""
        file = segment_file(number)
        place, needed, trusted = 0, 0, -1
        self.doubted = -1
        while True:
            length = max(needed, CHUNK_BYTES)
            view = memoryview(self.files.read(file, place, length))
            taken, needed, fault = yield from self._records(number, place, view, start)
            if fault == _ENDED:
                self.position = start + place + taken
                return True
            place += taken
            if needed and len(view) == length:
                continue
            if self.doubted != place:
                self.doubted = place
                continue
            found = self._next_header(number, place + 1, start)
            tail = self._tail(number, place) if found is None else 0
            self.later = self._later(number + 1)
            is_proven = self.later is not None if found is None else found[1].write_start > start + place
            if (is_proven or tail) and trusted != place:
                trusted = place  # If it was being written just now, it is there now.
                continue
            if found is None:
                self.position = start + place
                if tail or fault:
                    reason = fault or "no whole record begins here"
                    yield Gap(number, place, start + place, tail, reason, is_tail=True, is_foreign=bool(fault))
                return False
            yield Gap(number, place, start + place, found[0] - place, fault or "no whole record begins here", is_foreign=bool(fault))
            place, needed = found[0], 0

    def _records(self, number: int, place: int, view: memoryview, start: int) -> Generator[Step, None, tuple[int, int, str]]:
        """The whole records in `view`, which begins at byte `place`. Returns bytes of them, bytes needed for another, and what is wrong."""
        taken = 0
        while True:
            at = place + taken
            try:
                record, needed = read_record(view, taken, start + at)
            except WrittenByNewer as newer:
                return taken, 0, str(newer)
            if record is None:
                version = foreign_version(view, taken)
                return taken, needed, f"format version {version} is not known here" if version is not None else ""
            if record.damaged and self.doubted != at:
                return taken, 0, ""
            header = record.header
            self.proven = max(self.proven, header.write_start)
            bodies = view[taken + RECORD_HEADER_BYTES : taken + RECORD_HEADER_BYTES + header.body_bytes]
            yield RecordFound(number, at, record, bodies)
            taken += header.size
            if record.is_end:
                return taken, 0, _ENDED

    def _tail(self, number: int, place: int) -> int:
        """How many bytes there are behind the last record; 0 if they are zeros, for space that was allocated ahead."""
        length, is_blank = 0, True
        while data := self.files.read(segment_file(number), place + length, CHUNK_BYTES):
            is_blank = is_blank and data.count(0) == len(data)
            length += len(data)
        return 0 if is_blank else length

    def _next_header(self, number: int, place: int, start: int | None) -> tuple[int, RecordHeader] | None:
        """The first header from byte `place` on that belongs where it is, and where; with `start` None, that says where it belongs."""
        file = segment_file(number)
        while True:
            data = self.files.read(file, place, CHUNK_BYTES)
            view, at = memoryview(data), data.find(MAGIC)
            while at >= 0:
                try:
                    header = parse_record_header(view, at, None if start is None else start + place + at)
                except WrittenByNewer:
                    header = None
                if header is not None:
                    return place + at, header
                at = data.find(MAGIC, at + 1)
            if len(data) < CHUNK_BYTES:
                return None
            place += len(data) - RECORD_HEADER_BYTES + 1


_ENDED = "the segment is ended"
