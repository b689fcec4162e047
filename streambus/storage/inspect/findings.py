"""Findings: what may be wrong with a folder."""

from enum import Enum

from streambus.kernel import FileName, message


class FindingKind(Enum):
    """What was found. The values are stable names for scripts."""

    MANIFEST_MISSING = "manifest-missing"
    MANIFEST_DAMAGED = "manifest-damaged"
    MANIFEST_TORN = "manifest-torn"
    TABLE_UNREADABLE = "table-unreadable"
    INDEX_DAMAGED = "index-damaged"
    BATCH_DAMAGED = "batch-damaged"
    BATCH_LOST = "batch-lost"
    ENTRIES_DAMAGED = "entries-damaged"
    FILTER_DAMAGED = "filter-damaged"
    WAL_DAMAGED = "wal-damaged"
    WAL_BATCH_DAMAGED = "wal-batch-damaged"
    WAL_TORN = "wal-torn"
    VERSION_UNKNOWN = "version-unknown"
    OFFSETS_MISSING = "offsets-missing"
    START_REFUSED = "start-refused"
    READ_FAILED = "read-failed"
    ORPHAN = "orphan"
    CONDEMNED = "condemned"

    @property
    def is_damage(self) -> bool:
        """Whether something that was promised is not there any more, or may not be."""
        return self not in _NOTES


_NOTES = (FindingKind.MANIFEST_TORN, FindingKind.WAL_TORN, FindingKind.ORPHAN, FindingKind.CONDEMNED)


@message
class Finding:
    """What was found, at byte `position` of `file`. Where a log is concerned, `keyspace` is its number, and the offsets are a range."""

    kind: FindingKind
    file: FileName
    position: int
    reason: str
    size: int = 0
    keyspace: int = 0
    first_offset: int = 0
    end_offset: int = 0
