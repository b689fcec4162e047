"""Control records of every type, their values as the protocol's messages have them."""

from typing import Any

import pytest

from streambus.records import (
    BadBatch,
    Codec,
    ControlRecord,
    ControlType,
    Record,
    control_record,
    control_type,
    encode_batch,
    parse_header,
    read_control,
)
from streambus.wire import messages

VOTER = messages.LeaderChangeMessage.Voter
MESSAGES: list[tuple[ControlType, Any]] = [
    (ControlType.ABORT, messages.EndTxnMarker(coordinator_epoch=7)),
    (ControlType.COMMIT, messages.EndTxnMarker(coordinator_epoch=-1)),
    (ControlType.LEADER_CHANGE, messages.LeaderChangeMessage(leader_id=3, voters=[VOTER(voter_id=3)], granting_voters=[VOTER(voter_id=1)])),
    (ControlType.SNAPSHOT_HEADER, messages.SnapshotHeaderRecord(last_contained_log_timestamp=1_700_000_000_000)),
    (ControlType.SNAPSHOT_FOOTER, messages.SnapshotFooterRecord()),
    (ControlType.KRAFT_VERSION, messages.KRaftVersionRecord(k_raft_version=1)),
    (ControlType.KRAFT_VOTERS, messages.VotersRecord(voters=[messages.VotersRecord.Voter(voter_id=9)])),
]


def bytes_of(message: Any) -> bytes:
    return b"".join(bytes(part) for part in message.encode(message.VERSIONS[-1]))


@pytest.mark.parametrize(("control", "message"), MESSAGES, ids=[control.name for control, _ in MESSAGES])
@pytest.mark.parametrize("codec", [Codec.NONE, Codec.ZSTD])
def test_what_is_said_is_understood(control: ControlType, message: Any, codec: Codec) -> None:
    batch = encode_batch([control_record(control, bytes_of(message), 5)], codec=codec, base_offset=40, is_control=True)
    header = parse_header(batch)
    assert control_type(header, batch) is control
    (read,) = read_control(header, batch)
    assert (read.control, read.offset) == (control, 40)
    assert type(message).decode(read.value, message.VERSIONS[-1]) == message


def test_a_batch_may_say_several_things() -> None:
    records = [control_record(control, bytes_of(message)) for control, message in MESSAGES[-2:]]
    batch = encode_batch(records, is_control=True)
    assert [record.control for record in read_control(parse_header(batch), batch)] == [ControlType.KRAFT_VERSION, ControlType.KRAFT_VOTERS]


def test_what_nobody_understands_is_passed_over() -> None:
    unknown = [Record(b"\0\0\0\x63", b""), Record(None, b""), Record(b"\0", b""), Record(b"\xff\xff\0\0", b"")]
    batch = encode_batch([*unknown, Record(b"\0\5\0\1 and more", None)], is_control=True)
    assert read_control(parse_header(batch), batch) == [ControlRecord(ControlType.COMMIT, b"", 4)]
    data = encode_batch([control_record(ControlType.COMMIT, b"")])
    assert read_control(parse_header(data), data) == []


def test_what_cannot_be_read_or_grows_too_large_is_said_so() -> None:
    batch = encode_batch([control_record(ControlType.ABORT, bytes(1_000_000))], codec=Codec.GZIP, is_control=True)
    with pytest.raises(BadBatch):
        read_control(parse_header(batch), batch)
