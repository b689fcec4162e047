"""What the manifest says, and how an edit changes it: the payloads of its frames, as `docs/storage/manifest.md` has them."""

from collections.abc import Iterable
from struct import Struct, error, iter_unpack

import attrs

from streambus.kernel import message
from streambus.storage.table_info import TableInfo

UNCHANGED = -1

_TABLE = ">qiqqq"
_PACK_TABLE = Struct(_TABLE).pack
_TABLE_BYTES = Struct(_TABLE).size
_SNAPSHOT = Struct(">qqqII")
_EDIT = Struct(">qqqIII")


class Inconsistent(Exception):
    """An edit or snapshot is whole, but cannot be what was written at this place."""


@message
class Edit:
    """One change of the manifest, all of it or nothing.

    `added` tables come, `removed` ones are not read any more, and of those that were removed before, the files of the `deleted` ones are
    durably gone. A table that is both removed and added is changed. Of what is `UNCHANGED`, nothing is said.
    """

    added: tuple[TableInfo, ...] = ()
    removed: tuple[int, ...] = ()
    deleted: tuple[int, ...] = ()
    wal_segment: int = UNCHANGED
    wal_start: int = UNCHANGED
    next_table: int = UNCHANGED


@attrs.define
class Contents:
    """What a manifest says. `condemned` tables were removed; their files may still be there."""

    tables: dict[int, TableInfo] = attrs.field(factory=dict)
    condemned: dict[int, TableInfo] = attrs.field(factory=dict)
    wal_segment: int = 0
    wal_start: int = 0
    next_table: int = 0

    def apply(self, edit: Edit) -> None:
        """Change what the manifest says, or raise `Inconsistent` and change nothing."""
        self._examine(edit)
        added = {info.number for info in edit.added}
        for number in edit.removed:
            info = self.tables.pop(number)
            if number not in added:
                self.condemned[number] = info
        for info in edit.added:
            self.tables[info.number] = info
        for number in edit.deleted:
            del self.condemned[number]
        if edit.wal_segment != UNCHANGED:
            self.wal_segment = edit.wal_segment
        if edit.wal_start != UNCHANGED:
            self.wal_start = edit.wal_start
        if edit.next_table != UNCHANGED:
            self.next_table = edit.next_table

    def check(self) -> None:
        """The invariants; raises `Inconsistent`."""
        for tables in (self.tables, self.condemned):
            for number, info in tables.items():
                _require(number == info.number, f"table {info.number} is kept as {number}")
                _require(0 <= number < self.next_table, f"table {number} is not below the next table, {self.next_table}")
                _require(info.level >= 0 and info.file_bytes >= 0 and info.end_position >= 0, f"table {number} is {info}")
        files = [info.file for tables in (self.tables, self.condemned) for info in tables.values()]
        _require(len(files) == len(dict.fromkeys(files)), "two tables have one file")
        _require(self.wal_segment >= 0 and self.wal_start >= 0, f"the WAL begins at {self.wal_start} of segment {self.wal_segment}")

    def _examine(self, edit: Edit) -> None:
        for numbers in (edit.removed, edit.deleted, [info.number for info in edit.added]):
            _require(len(numbers) == len(dict.fromkeys(numbers)), "a table is named twice")
        for number in edit.removed:
            _require(number in self.tables, f"table {number} is removed, but there is none")
        for number in edit.deleted:
            _require(number in self.condemned, f"table {number} is deleted, but was not removed")
        next_table = max(self.next_table, edit.next_table)
        for info in edit.added:
            number = info.number
            _require(0 <= number < next_table, f"table {number} is added, but is not below the next table, {next_table}")
            _require(number not in self.tables or number in edit.removed, f"table {number} is added, but is there")
            _require(number not in self.condemned, f"table {number} is added, but its file is still to be deleted")
        for name in ("wal_segment", "wal_start", "next_table"):
            old, new = getattr(self, name), getattr(edit, name)
            _require(new == UNCHANGED or new >= old, f"{name} goes back from {old} to {new}")


def encode_contents(contents: Contents) -> bytes:
    """The payload of a snapshot."""
    tables, condemned = contents.tables.values(), contents.condemned.values()
    head = _SNAPSHOT.pack(contents.wal_segment, contents.wal_start, contents.next_table, len(tables), len(condemned))
    return head + _encode_tables(tables) + _encode_tables(condemned)


def decode_contents(payload: bytes) -> Contents:
    """What `encode_contents` encoded; `Inconsistent` if that cannot be."""
    try:
        wal_segment, wal_start, next_table, tables, condemned = _SNAPSHOT.unpack_from(payload)
    except error as too_short:
        raise Inconsistent(str(too_short)) from too_short
    _require(len(payload) == _SNAPSHOT.size + (tables + condemned) * _TABLE_BYTES, f"a snapshot of {len(payload)} bytes")
    rows = _decode_tables(payload[_SNAPSHOT.size :])
    by_number = [{info.number: info for info in part} for part in (rows[:tables], rows[tables:])]
    _require(len(by_number[0]) == tables and len(by_number[1]) == condemned, "a table is named twice")
    contents = Contents(by_number[0], by_number[1], wal_segment, wal_start, next_table)
    contents.check()
    return contents


def encode_edit(edit: Edit) -> bytes:
    """The payload of an edit."""
    head = _EDIT.pack(edit.wal_segment, edit.wal_start, edit.next_table, len(edit.added), len(edit.removed), len(edit.deleted))
    return head + _encode_tables(edit.added) + _encode_numbers(edit.removed) + _encode_numbers(edit.deleted)


def decode_edit(payload: bytes) -> Edit:
    """What `encode_edit` encoded; `Inconsistent` if that cannot be."""
    try:
        wal_segment, wal_start, next_table, added, removed, deleted = _EDIT.unpack_from(payload)
    except error as too_short:
        raise Inconsistent(str(too_short)) from too_short
    numbers_start = _EDIT.size + added * _TABLE_BYTES
    _require(len(payload) == numbers_start + (removed + deleted) * 8, f"an edit of {len(payload)} bytes")
    tables = _decode_tables(payload[_EDIT.size : numbers_start])
    numbers = tuple(number for (number,) in iter_unpack(">q", payload[numbers_start:]))
    return Edit(tables, numbers[:removed], numbers[removed:], wal_segment, wal_start, next_table)


def _encode_tables(tables: Iterable[TableInfo]) -> bytes:
    return b"".join([_PACK_TABLE(info.number, info.level, info.segment, info.file_bytes, info.end_position) for info in tables])


def _decode_tables(data: bytes) -> tuple[TableInfo, ...]:
    return tuple(TableInfo(*fields) for fields in iter_unpack(_TABLE, data))


def _encode_numbers(numbers: tuple[int, ...]) -> bytes:
    return b"".join([number.to_bytes(8, "big", signed=True) for number in numbers])


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Inconsistent(otherwise)
