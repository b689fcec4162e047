"""What Kafka keeps: records of coordinators, records about remote storage, data inside batches. The bytes are Kafka 4.3.1's own."""

from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

import pytest
from wire_grammar import random_message

from streambus.wire import (
    GROUPS,
    SHARES,
    TRANSACTIONS,
    CoordinatorRecords,
    DecodeError,
    EncodeError,
    Message,
    UnknownRecordType,
    decode_data,
    decode_record,
    decode_remote_record,
    encode_data,
    encode_record,
    encode_remote_record,
    messages,
)
from streambus.wire.catalogue import DATA, RecordKey, RemoteRecordKey, pascal_case

ID = UUID("00000000-0000-0001-0000-000000000002")
FAMILIES = [GROUPS, TRANSACTIONS, SHARES]

# Records of coordinators -----------------------------------------------------------------------------------------------


def check(family: CoordinatorRecords, key: Message, value: Message, version: int, key_bytes: str, value_bytes: str) -> None:
    assert family.encode_key(key).hex(" ") == key_bytes
    assert family.encode_value(value, version).hex(" ") == value_bytes
    assert family.decode(bytes.fromhex(key_bytes), memoryview(bytes.fromhex(value_bytes))) == (key, value)


def test_an_offset_is_a_record_of_type_1() -> None:
    key, value = messages.OffsetCommitKey("g", "t", 3), messages.OffsetCommitValue(7, 2, "m", 1000)
    check(
        GROUPS,
        key,
        value,
        3,
        "00 01 00 01 67 00 01 74 00 00 00 03",
        "00 03 00 00 00 00 00 00 00 07 00 00 00 02 00 01 6d 00 00 00 00 00 00 03 e8",
    )
    value.topic_id = ID
    check(
        GROUPS,
        key,
        value,
        4,
        "00 01 00 01 67 00 01 74 00 00 00 03",
        "00 04 00 00 00 00 00 00 00 07 00 00 00 02 02 6d 00 00 00 00 00 00 03 e8 01 00 10 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 02",
    )


def test_a_classic_group_is_a_record_of_type_2() -> None:
    member = messages.GroupMetadataValue.MemberMetadata("a", None, "c", "/h", 1, 2, b"\1", b"\2")
    check(
        GROUPS,
        messages.GroupMetadataKey("g"),
        messages.GroupMetadataValue("consumer", 1, "range", "a", 5, [member]),
        3,
        "00 02 00 01 67",
        "00 03 00 08 63 6f 6e 73 75 6d 65 72 00 00 00 01 00 05 72 61 6e 67 65 00 01 61 00 00 00 00 00 00 00 05 00 00 00 01 "
        "00 01 61 ff ff 00 01 63 00 02 2f 68 00 00 00 01 00 00 00 02 00 00 00 01 01 00 00 00 01 02",
    )


def test_a_struct_among_tagged_fields_has_a_varint_before_it_that_is_0_for_null() -> None:
    key = messages.ConsumerGroupMemberMetadataKey("g", "m")
    value = messages.ConsumerGroupMemberMetadataValue
    protocol = value.ClassicProtocol("range", b"\0\3")
    classic = value("", "", "c", "h", ["t"], "", -1, "", value.ClassicMemberMetadata(9, [protocol]))
    check(
        GROUPS,
        key,
        classic,
        0,
        "00 05 00 01 67 00 01 6d",
        "00 00 01 01 02 63 02 68 02 02 74 01 ff ff ff ff 01 01 00 11 01 00 00 00 09 02 06 72 61 6e 67 65 03 00 03 00 00",
    )
    modern = value("", "", "", "", [], "", -1, "", None)
    check(GROUPS, key, modern, 0, "00 05 00 01 67 00 01 6d", "00 00 01 01 01 01 01 01 ff ff ff ff 01 01 00 01 00")
    padded = bytes.fromhex("00 00 01 01 01 01 01 01 ff ff ff ff 01 01 00 02 80 00")
    assert GROUPS.decode_value(key, padded) == modern


def test_a_list_that_may_be_null_has_a_default_that_is_not() -> None:
    key, value = messages.StreamsGroupMetadataKey("g"), messages.StreamsGroupMetadataValue
    check(GROUPS, key, value(1, 2, -1, None), 0, "00 11 00 01 67", "00 00 00 00 00 01 00 00 00 00 00 00 00 02 01 01 01 00")
    config = value.LastAssignmentConfig("k", "v")
    check(
        GROUPS, key, value(1, 2, -1, [config]), 0, "00 11 00 01 67", "00 00 00 00 00 01 00 00 00 00 00 00 00 02 01 01 06 02 02 6b 02 76 00"
    )


def test_the_state_of_a_share_group_is_kept() -> None:
    batch = messages.ShareUpdateValue.StateBatch(5, 6, 2, 1)
    check(
        SHARES,
        messages.ShareUpdateKey("g", ID, 3),
        messages.ShareUpdateValue(1, 2, 3, 4, [batch]),
        0,
        "00 01 00 01 67 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 02 00 00 00 03",
        "00 00 00 00 00 01 00 00 00 02 00 00 00 00 00 00 00 03 02 00 00 00 00 00 00 00 05 00 00 00 00 00 00 00 06 02 00 01 00 "
        "01 00 04 00 00 00 04",
    )


def test_tags_are_written_in_their_order_not_in_that_of_the_fields() -> None:
    value = messages.TransactionLogValue
    check(
        TRANSACTIONS,
        messages.TransactionLogKey("x"),
        value(1, 9, -1, 2, 4, 3, 1, [value.PartitionsSchema("t", [0, 1])], 4, 5, 2),
        1,
        "00 00 00 01 78",
        "00 01 00 00 00 00 00 00 00 01 00 02 00 00 00 03 01 02 02 74 03 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00 04 "
        "00 00 00 00 00 00 00 05 03 00 08 00 00 00 00 00 00 00 09 02 02 00 02 03 02 00 04",
    )


def test_a_record_without_a_value_says_that_something_is_gone() -> None:
    key = messages.ConsumerGroupMemberMetadataKey("g", "m")
    assert GROUPS.decode(GROUPS.encode_key(key), None) == (key, None)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.topic)
def test_every_record_of_a_coordinator_is_read_as_it_was_written(family: CoordinatorRecords) -> None:
    random = Random(family.topic)
    for record_type in family.types:
        key = random_message(random, pascal_case(record_type) + "Key", 0)
        for version in getattr(messages, pascal_case(record_type) + "Value").VERSIONS:
            value = random_message(random, pascal_case(record_type) + "Value", version)
            assert family.decode(family.encode_key(key), family.encode_value(value, version)) == (key, value)


def test_a_value_is_written_in_its_newest_version_unless_told_otherwise() -> None:
    assert GROUPS.encode_value(messages.OffsetCommitValue())[:2] == b"\0\4"
    with pytest.raises(EncodeError, match="no version 5"):
        GROUPS.encode_value(messages.OffsetCommitValue(), 5)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.topic)
def test_a_type_from_the_future_is_an_error_of_its_own(family: CoordinatorRecords) -> None:
    with pytest.raises(UnknownRecordType, match=f"type 9, which is not known in {family.topic}") as caught:
        family.decode_key(b"\0\x09whatever")
    assert caught.value.record_type == 9
    with pytest.raises(UnknownRecordType, match="type -1"):
        family.decode_key(b"\xff\xff")


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"", None, "0 bytes are too few for the key"),
        (b"\0", None, "1 bytes are too few for the key"),
        (b"\0\1\0\1g", None, "OffsetCommitKey version 0: it ends too early"),
        (b"\0\2\0\1gx", None, "1 bytes too many"),
        (b"\0\2\0\1g", b"\0", "1 bytes are too few for the value"),
        (b"\0\2\0\1g", b"\0\5", "GroupMetadataValue has no version 5"),
        (b"\0\2\0\1g", b"\xff\xff", "GroupMetadataValue has no version -1"),
        (b"\0\2\0\1g", b"\0\0\0", "GroupMetadataValue version 0: it ends too early"),
    ],
)
def test_a_damaged_record_of_a_coordinator_is_an_error(key: bytes, value: bytes | None, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason) as caught:
        GROUPS.decode(key, value)
    assert not isinstance(caught.value, UnknownRecordType)


def test_a_message_is_not_mistaken_for_another_topics_record() -> None:
    with pytest.raises(EncodeError, match="TransactionLogKey is no key of a record in __consumer_offsets"):
        GROUPS.encode_key(messages.TransactionLogKey())
    with pytest.raises(EncodeError, match="GroupMetadataKey is no value"):
        GROUPS.encode_value(messages.GroupMetadataKey())
    with pytest.raises(EncodeError, match="GroupMetadataValue is no key"):
        GROUPS.decode_value(messages.GroupMetadataValue(), b"")


# Records in frames -----------------------------------------------------------------------------------------------------


def test_a_record_about_remote_storage_has_the_frame_of_the_metadata_log_and_numbers_of_its_own() -> None:
    record = messages.RemotePartitionDeleteMetadataRecord
    deleted = record(record.TopicIdPartitionEntry("t", ID, 3), 5, 7, 1)
    encoded = encode_remote_record(deleted)
    assert encoded.hex(" ") == (
        "01 02 00 02 74 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 02 00 00 00 03 00 00 00 00 05 00 00 00 00 00 00 00 07 01 00"
    )
    assert decode_remote_record(encoded) == deleted
    with pytest.raises(EncodeError, match="not a record of the metadata log"):
        encode_record(deleted)
    with pytest.raises(EncodeError, match="not a record of remote storage"):
        encode_remote_record(messages.TopicRecord())
    with pytest.raises(EncodeError, match="KRaftVersionRecord is not a record"):
        encode_record(messages.KRaftVersionRecord())
    with pytest.raises(DecodeError, match="key 4"):
        decode_remote_record(b"\1\4\0")


@pytest.mark.parametrize(
    ("keys", "encode", "decode"),
    [(RecordKey, encode_record, decode_record), (RemoteRecordKey, encode_remote_record, decode_remote_record)],
)
def test_every_record_in_a_frame_is_read_as_it_was_written(
    keys: type[RecordKey] | type[RemoteRecordKey], encode: Callable[[Message, int], bytes], decode: Callable[[bytes], Message]
) -> None:
    random = Random(keys.__name__)
    for key in keys:
        for version in getattr(messages, pascal_case(key) + "Record").VERSIONS:
            record = random_message(random, pascal_case(key) + "Record", version)
            assert decode(encode(record, version)) == record


# Data that says its version --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (messages.EndTxnMarker(5), "00 00 00 00 00 05"),
        (messages.DefaultPrincipalData("User", "a"), "00 00 05 55 73 65 72 02 61 00 00"),
        (messages.ControlRecordTypeSchema(1), "00 00 00 01"),
        (
            messages.LeaderChangeMessage(1, 1, [messages.LeaderChangeMessage.Voter(1, ID)]),
            "00 01 00 00 00 01 02 00 00 00 01 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 02 00 01 00",
        ),
        (
            messages.ConsumerProtocolSubscription(["t"], None, [messages.ConsumerProtocolSubscription.TopicPartition("t", [0])], 4, "r"),
            "00 03 00 00 00 01 00 01 74 ff ff ff ff 00 00 00 01 00 01 74 00 00 00 01 00 00 00 00 00 00 00 04 00 01 72",
        ),
    ],
)
def test_data_stands_behind_its_version(data: Message, expected: str) -> None:
    assert encode_data(data).hex(" ") == expected
    assert decode_data(type(data), bytes.fromhex(expected)) == data


@pytest.mark.parametrize("name", [pascal_case(name) for name in DATA])
def test_all_data_is_read_as_it_was_written_in_every_version(name: str) -> None:
    cls = getattr(messages, name)
    random = Random(name)
    for version in cls.VERSIONS:
        data: Any = random_message(random, name, version)
        if "version" in cls.__slots__:
            data.version = version
        assert decode_data(cls, encode_data(data, version)) == data
        assert encode_data(data, version)[:2] == version.to_bytes(2, "big")


def test_a_subscription_from_the_future_is_read_as_far_as_it_is_known() -> None:
    newest = encode_data(messages.ConsumerProtocolSubscription(["t"], generation_id=7))
    assert decode_data(messages.ConsumerProtocolSubscription, b"\0\x09" + newest[2:] + b"more") == (
        messages.ConsumerProtocolSubscription(["t"], generation_id=7)
    )
    assert decode_data(messages.ConsumerProtocolAssignment, b"\x7f\xff\0\0\0\0\xff\xff\xff\xff") == messages.ConsumerProtocolAssignment()


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("EndTxnMarker", b"\0", "1 bytes are too few for a EndTxnMarker"),
        ("EndTxnMarker", b"\0\1\0\0\0\0", "no version 1"),
        ("EndTxnMarker", b"\0\0\0\0\0\0x", "1 bytes too many"),
        ("ConsumerProtocolSubscription", b"\xff\xff", "no version -1"),
        ("ConsumerProtocolSubscription", b"\0\0\x7f\xff\xff\xff", "topics has a length of 2147483647"),
    ],
)
def test_damaged_data_is_an_error(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        decode_data(getattr(messages, name), data)


def test_what_is_no_data_or_contradicts_itself_is_refused() -> None:
    with pytest.raises(EncodeError, match="ProduceRequest is not data"):
        encode_data(messages.ProduceRequest())
    with pytest.raises(EncodeError, match="says that it is version 1, not 0"):
        encode_data(messages.LeaderChangeMessage(1), 0)
