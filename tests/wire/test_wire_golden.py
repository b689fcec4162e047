"""Bytes as Kafka's own clients and brokers write them, where the protocol has a trap."""

from uuid import UUID

import pytest

from streambus.wire import (
    ApiKey,
    DecodeError,
    EncodeError,
    ErrorCode,
    Message,
    Request,
    decode_record,
    encode_record,
    encode_response,
    messages,
)

TOPIC_ID = UUID("00112233-4455-6677-8899-aabbccddeeff")


def hexed(*parts: object) -> str:
    return b"".join(parts).hex(" ")  # type: ignore[arg-type]


def test_tagged_fields_with_their_defaults_are_omitted() -> None:
    partition = messages.ProduceResponse.PartitionProduceResponse(index=1, base_offset=5)
    response = messages.ProduceResponse([messages.ProduceResponse.TopicProduceResponse("t", partition_responses=[partition])])
    assert hexed(*response.encode(10)) == (
        "02 02 74 02 00 00 00 01 00 00 00 00 00 00 00 00 00 05 ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff 01 00 00 00 00 00 00 00 00"
    )


def test_the_current_leader_travels_in_a_tag() -> None:
    leader = messages.ProduceResponse.LeaderIdAndEpoch(3, 4)
    partition = messages.ProduceResponse.PartitionProduceResponse(1, 6, -1, current_leader=leader)
    response = messages.ProduceResponse([messages.ProduceResponse.TopicProduceResponse("t", partition_responses=[partition])])
    encoded = hexed(*response.encode(10))
    assert encoded.endswith("01 00 01 00 09 00 00 00 03 00 00 00 04 00 00 00 00 00 00 00")


def test_a_string_of_127_bytes_needs_a_second_length_byte_in_flexible_versions() -> None:
    for length, prefix in ((126, b"\x7f"), (127, b"\x80\x01"), (20_000, b"\xa1\x9c\x01")):
        encoded = b"".join(messages.FindCoordinatorRequest("x" * length).encode(3))
        assert encoded == prefix + b"x" * length + b"\0\0"


def test_a_null_string_is_minus_one_or_zero() -> None:
    assert hexed(*messages.ProduceRequest(None, -1, 1000).encode(8)) == "ff ff ff ff 00 00 03 e8 00 00 00 00"
    assert hexed(*messages.ProduceRequest(None, -1, 1000).encode(9)) == "00 ff ff 00 00 03 e8 01 00"


def test_all_topics_are_an_empty_list_at_first_and_a_null_later() -> None:
    assert hexed(*messages.MetadataRequest([]).encode(0)) == "00 00 00 00"
    assert hexed(*messages.MetadataRequest(None).encode(1)) == "ff ff ff ff"
    assert hexed(*messages.MetadataRequest(None).encode(9)) == "00 01 00 00 00"


def test_topics_are_named_by_id_from_produce_13_on() -> None:
    topic = messages.ProduceRequest.TopicProduceData("ignored", TOPIC_ID, [messages.ProduceRequest.PartitionProduceData(0, b"xy")])
    encoded = messages.ProduceRequest(None, 1, 5, [topic]).encode(13)
    assert hexed(*encoded) == "00 00 01 00 00 00 05 02 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 02 00 00 00 00 03 78 79 00 00 00"


def test_a_null_struct_is_one_byte() -> None:
    assert hexed(*messages.DescribeTopicPartitionsResponse().encode(0)) == "00 00 00 00 01 ff 00"
    cursor = messages.DescribeTopicPartitionsResponse.Cursor("t", 2)
    assert hexed(*messages.DescribeTopicPartitionsResponse(next_cursor=cursor).encode(0)) == ("00 00 00 00 01 01 02 74 00 00 00 02 00 00")


def test_the_header_of_an_answer_has_tags_only_in_flexible_versions_and_never_for_api_versions() -> None:
    def answer(key: ApiKey, version: int, body: Message) -> str:
        return hexed(*encode_response(Request(key, version, 258, None, object()), body))

    assert answer(ApiKey.FIND_COORDINATOR, 0, messages.FindCoordinatorResponse(node_id=1)).startswith("00 00 00 10 00 00 01 02 00 00")
    assert answer(ApiKey.INIT_PRODUCER_ID, 2, messages.InitProducerIdResponse()).startswith("00 00 00 16 00 00 01 02 00 00 00 00 00")
    assert answer(ApiKey.API_VERSIONS, 3, messages.ApiVersionsResponse()) == "00 00 00 0c 00 00 01 02 00 00 01 00 00 00 00 00"


def test_a_record_of_the_metadata_log_has_a_frame_of_three_varints() -> None:
    record = messages.TopicRecord("t", TOPIC_ID)
    encoded = encode_record(record)
    assert encoded.hex(" ") == "01 02 00 02 74 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 00"
    assert decode_record(memoryview(encoded)) == record


def test_a_record_can_be_written_in_an_older_version() -> None:
    record = messages.PartitionRecord(1, TOPIC_ID, [1], [1], leader=1, leader_epoch=0, partition_epoch=0)
    assert encode_record(record, 0)[:3] == b"\1\3\0"
    assert encode_record(record)[:3] == b"\1\3\2"
    assert decode_record(encode_record(record, 0)) == decode_record(encode_record(record)) == record


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "within its frame"),
        (b"\1\2", "within its frame"),
        (b"\2\2\0", "frame has version 2"),
        (b"\1\x55\0", "key 85"),
        (b"\1\x06\0", "key 6"),
        (b"\1\2\7\0", "no version 7"),
        (b"\1\2\0\2t", "ends too early"),
    ],
)
def test_what_is_no_record_is_an_error(data: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        decode_record(data)


def test_only_records_can_be_written_as_records() -> None:
    with pytest.raises(EncodeError, match="not a record"):
        encode_record(messages.ProduceRequest())


def test_every_error_is_in_the_table() -> None:
    assert [int(error) for error in ErrorCode] == list(range(-1, 137))
    assert ErrorCode.NOT_LEADER_OR_FOLLOWER.retriable
    assert not ErrorCode.INVALID_RECORD.retriable
    assert all(error.message.endswith(".") for error in ErrorCode)


def test_an_error_from_the_future_is_an_unknown_one() -> None:
    assert ErrorCode(9999) is ErrorCode.UNKNOWN_SERVER_ERROR
    with pytest.raises(ValueError, match="not a valid ErrorCode"):
        ErrorCode("none")  # type: ignore[call-arg, arg-type]
