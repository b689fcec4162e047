"""The inventory: which file of a folder belongs to what."""

from collections.abc import Iterable

from streambus.kernel import FileName, message
from streambus.storage.manifest import CURRENT, NEW
from streambus.storage.manifest_edits import Contents
from streambus.storage.table_info import TableInfo

UNKEPT = (".lock", ".reserve")
"""Files that are the driver's, and no part of the store."""


@message
class Inventory:
    """Files with their sizes. `unfinished` ones are those that long work may be writing just now, or has left behind."""

    tables: dict[FileName, int]
    live: dict[FileName, int]
    condemned: dict[FileName, int]
    unfinished: dict[FileName, int]
    orphans: dict[FileName, int]
    manifest: dict[FileName, int]


def sort_files(listing: Iterable[tuple[FileName, int]], contents: Contents) -> Inventory:
    """Say of each file in `listing` what it is, by what the manifest says."""
    found = Inventory({}, {}, {}, {}, {}, {})
    tables = {info.file for info in contents.tables.values()}
    condemned = {info.file for info in contents.condemned.values()}
    for file, size in sorted(listing):
        if file in UNKEPT:
            continue
        if file in (CURRENT, NEW):
            found.manifest[file] = size
        elif file in tables:
            found.tables[file] = size
        elif file in condemned:
            found.condemned[file] = size
        elif is_live_segment(file, contents):
            found.live[file] = size
        elif (number := table_number(file)) is not None and number >= contents.next_table:
            found.unfinished[file] = size
        else:
            found.orphans[file] = size
    return found


def is_live_segment(file: FileName, contents: Contents) -> bool:
    """Whether this is the file of a segment that recovery replays."""
    number = _number_of(file, "wal/", ".wal")
    return number is not None and number >= contents.wal_segment


def table_number(file: FileName) -> int | None:
    """The number of the table whose own file this is."""
    number = _number_of(file, "tables/", ".table")
    return number if number is not None and TableInfo(number, 0, -1, 0, 0).file == file else None


def _number_of(file: FileName, folder: str, suffix: str) -> int | None:
    digits = file.removeprefix(folder).removesuffix(suffix)
    is_right = file == f"{folder}{digits}{suffix}" and len(digits) == 20 and digits.isdigit() and digits.isascii()
    return int(digits) if is_right else None
