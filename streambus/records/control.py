"""Control batches: what brokers write between the data of producers, as the end of a transaction (KIP-98)."""

from enum import IntEnum
from struct import Struct

from streambus.kernel import Buffer
from streambus.records.batch import BadBatch, BatchHeader
from streambus.records.contents import read_contents

_KEY = Struct(">hh")
CONTROL_BYTES_MAX = 64 * 1024
"""What a control batch may grow to when it is decompressed: a thousand times of what a marker has."""


class ControlType(IntEnum):
    """What a control batch says. Its one record has a key of two numbers, the version of the format and this."""

    ABORT = 0
    COMMIT = 1
    LEADER_CHANGE = 2
    SNAPSHOT_HEADER = 3
    SNAPSHOT_FOOTER = 4
    KRAFT_VERSION = 5
    KRAFT_VOTERS = 6

    @property
    def ends_transaction(self) -> bool:
        """Whether it is the end of a transaction, good or bad."""
        return self <= ControlType.COMMIT


def control_type(header: BatchHeader, batch: Buffer) -> ControlType | None:
    """What a whole, intact batch says if it is a control batch; None if it is not, has been emptied, or says nothing that we understand.

    It never fails: who replays a log must come to the same end as who wrote it, whatever was written.
    """
    if not header.is_control or not header.record_count:
        return None
    try:
        key = read_contents(header, batch, limit=CONTROL_BYTES_MAX).keys[0]
    except BadBatch:
        return None
    if key is None or len(key) < _KEY.size:
        return None
    version, number = _KEY.unpack_from(key)
    return ControlType(number) if version >= 0 and number in _KNOWN else None


_KNOWN = [int(control) for control in ControlType]
