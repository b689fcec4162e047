"""Control batches: what brokers and controllers write between the data, as the end of a transaction (KIP-98) or another leader (KIP-595).

The key of a control record says what it is. Its value is a message of its own, which `wire` writes and reads, under the names beside the
types; only the value of a marker has its version, an int16, in front of it.
"""

from enum import IntEnum
from struct import Struct

from streambus.kernel import Buffer, message
from streambus.records.batch import BadBatch, BatchHeader
from streambus.records.contents import read_contents
from streambus.records.record import Record, decode_batch

_KEY = Struct(">hh")
KEY_VERSION = 0
CONTROL_BYTES_MAX = 64 * 1024
"""What a control batch may grow to when it is decompressed: a thousand times of what a marker has."""


class ControlType(IntEnum):
    """What a control batch says. Its one record has a key of two numbers, the version of the format and this."""

    ABORT = 0
    """`EndTxnMarker`"""
    COMMIT = 1
    """`EndTxnMarker`"""
    LEADER_CHANGE = 2
    """`LeaderChangeMessage`"""
    SNAPSHOT_HEADER = 3
    """`SnapshotHeaderRecord`"""
    SNAPSHOT_FOOTER = 4
    """`SnapshotFooterRecord`"""
    KRAFT_VERSION = 5
    """`KRaftVersionRecord`"""
    KRAFT_VOTERS = 6
    """`VotersRecord`"""

    @property
    def ends_transaction(self) -> bool:
        """Whether it is the end of a transaction, good or bad."""
        return self <= ControlType.COMMIT


@message
class ControlRecord:
    """One record of a control batch: what it is, and the bytes that say the rest."""

    control: ControlType
    value: bytes
    offset: int = 0


def control_record(control: ControlType, value: bytes, timestamp: int = -1) -> Record:
    """The record that says this, for `encode_batch` with `is_control`."""
    return Record(_KEY.pack(KEY_VERSION, control), value, (), timestamp)


def read_control(header: BatchHeader, batch: Buffer) -> list[ControlRecord]:
    """What a whole control batch says, one after the other, without what nobody here understands. `BadBatch` if it cannot be read."""
    found: list[ControlRecord] = []
    for record in decode_batch(header, batch, limit=CONTROL_BYTES_MAX) if header.is_control else ():
        control = _control_of(record.key)
        if control is not None:
            found.append(ControlRecord(control, record.value or b"", record.offset))
    return found


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
    return _control_of(key)


def _control_of(key: bytes | None) -> ControlType | None:
    if key is None or len(key) < _KEY.size:
        return None
    version, number = _KEY.unpack_from(key)
    return ControlType(number) if version >= KEY_VERSION and number in _KNOWN else None


_KNOWN = [int(control) for control in ControlType]
