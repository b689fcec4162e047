"""What the tasks on sealed tables have in common: how they read what may be damaged, and how they write files."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TypeVar

from streambus.kernel import Buffer, FileAccess, FileName, message
from streambus.records import check_batch, parse_header
from streambus.records.batch import BadBatch
from streambus.storage.batch_index import BatchIndex
from streambus.storage.sealed.blocks import Damaged, block_checksum
from streambus.storage.sealed.directory import Directory
from streambus.storage.sealed.footer import FOOTER_BYTES, encode_footer

T = TypeVar("T")

WRITE_BYTES = 1 << 20
"""What a task gathers before it writes."""

READ_BYTES_MAX = 4 << 20
"""What a task reads at once, unless a single batch is larger."""

_PART_BYTES_MIN = 4096
"""Parts that are smaller, on average, are joined before they are written: copying them is cheaper than naming them to the system."""


@message
class WorkDamaged:
    """The result of a task that found damage at `position` of `file`: nothing of what it wrote is to be used.

    If batches of a log are concerned, they are those of log `keyspace` from `first_offset` on and below `end_offset`; if not, these are 0.
    """

    file: FileName
    position: int
    reason: str
    keyspace: int = 0
    first_offset: int = 0
    end_offset: int = 0


class DamagedInput(Exception):
    """What a task reads is damaged, which ends it; `damage` is its result."""

    def __init__(self, damage: WorkDamaged) -> None:
        super().__init__(damage.reason)
        self.damage = damage


def read_believed(files: FileAccess, file: FileName, position: int, length: int, check: Callable[[bytes], T]) -> T:
    """What `check` makes of these bytes. Damage is read once more before it is believed: a disk may err in passing.

    Raises `DamagedInput`.
    """
    try:
        return check(_read(files, file, position, length))
    except Damaged:
        pass
    try:
        return check(_read(files, file, position, length))
    except Damaged as damage:
        place = position if damage.position is None else damage.position
        raise DamagedInput(WorkDamaged(file, place, damage.reason, 0, *damage.offsets)) from None


def _read(files: FileAccess, file: FileName, position: int, length: int) -> bytes:
    data = files.read(file, position, length)
    if len(data) != length:
        raise Damaged(f"of {length} bytes at {position} the file has {len(data)}")
    return data


def check_batches(data: Buffer, rows: BatchIndex, low: int, high: int, epochs: Sequence[tuple[int, int]] = ()) -> memoryview:
    """`data`, if it is the batches of the rows from `low` on and below `high`, side by side. Raises `Damaged`.

    `epochs`: from which offset on batches have which leader epoch, as far as is known.
    """
    view = memoryview(data)
    begin = rows.positions[low]
    for row in range(low, high):
        position = rows.positions[row] - begin
        batch = view[position : position + rows.sizes[row]]
        fault = _fault_of(batch, rows.sizes[row], rows.base_offsets[row], rows.next_offset(row))
        if fault is None and epochs and rows.sizes[row]:
            fault = _epoch_fault(batch, epochs)
        if fault is not None:
            raise Damaged(fault, rows.positions[row], (rows.base_offsets[row], rows.next_offset(row)))
    return view


def _epoch_fault(batch: memoryview, epochs: Sequence[tuple[int, int]]) -> str | None:
    """What is wrong with the leader epoch of an otherwise intact batch."""
    header = parse_header(batch)
    known = bisect_right(epochs, header.base_offset, key=itemgetter(0)) - 1
    if known < 0 or epochs[known][1] == header.leader_epoch:
        return None
    return f"the batch at offset {header.base_offset} says leader epoch {header.leader_epoch}, but was written under {epochs[known][1]}"


def _fault_of(batch: memoryview, size: int, base_offset: int, next_offset: int) -> str | None:
    """Why this is not the batch that a row speaks of; None if it is."""
    try:
        header = parse_header(batch)
        if header.size != size or header.base_offset != base_offset:
            wanted = f"{size} bytes at offset {base_offset}"
            return f"a batch of {header.size} bytes at offset {header.base_offset} where there should be {wanted}"
        check_batch(batch, header, compacted=True)
    except BadBatch as bad:
        return bad.reason
    if header.next_offset > next_offset:
        return f"the batch ends at offset {header.next_offset}, but the next one begins at {next_offset}"
    return None


def batch_runs(rows: BatchIndex, low: int, high: int, bytes_max: int = READ_BYTES_MAX) -> list[tuple[int, int, int]]:
    """The rows from `low` on and below `high` as runs whose batches lie side by side and can be read at once.

    A run is (first row, row behind its last, bytes), and longer than `bytes_max` only if it is a single batch. Lost batches are runs of
    their own, of no bytes: there is nothing to read of them.
    """
    runs: list[tuple[int, int, int]] = []
    positions, sizes = rows.positions, rows.sizes
    begin = low
    while begin < high:
        length = sizes[begin]
        row = begin + 1
        while length and row < high and sizes[row] and positions[row] == positions[begin] + length and length + sizes[row] <= bytes_max:
            length += sizes[row]
            row += 1
        runs.append((begin, row, length))
        begin = row
    return runs


class TableFile:
    """The file of a table while a task writes it, from front to back with few large writes."""

    __slots__ = ("file", "files", "gathered", "parts", "written")

    def __init__(self, files: FileAccess, file: FileName, position: int = 0) -> None:
        self.files = files
        self.file = file
        self.written = position
        self.parts: list[Buffer] = []
        self.gathered = 0

    @property
    def position(self) -> int:
        """Where in the file the next part will be."""
        return self.written + self.gathered

    def append(self, part: Buffer) -> None:
        """Write `part` behind everything before, sooner or later; it does not change until then."""
        self.parts.append(part)
        self.gathered += len(part)
        if self.gathered >= WRITE_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what was gathered."""
        if not self.parts:
            return
        is_crumbs = self.gathered < len(self.parts) * _PART_BYTES_MIN
        self.files.write(self.file, self.written, [b"".join(self.parts)] if is_crumbs else self.parts)
        self.written += self.gathered
        self.parts = []
        self.gathered = 0

    def finish(self, directory: Directory) -> bytes:
        """Write directory and footer, make the file durable, and return the directory as it was written."""
        position = self.position
        encoded = directory.encode(position)
        self.append(encoded)
        place = (position, len(encoded), block_checksum(encoded))
        footer = encode_footer(directory.info, place, directory.start_position, self.position)
        assert len(footer) == FOOTER_BYTES
        self.append(footer)
        self.flush()
        self.files.sync(self.file)
        return encoded
