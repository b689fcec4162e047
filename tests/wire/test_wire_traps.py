"""The traps of the protocol that are made of bytes. Each has a test that is named after it, and has cost somebody a release."""

from uuid import UUID

import attrs
import pytest

from streambus.wire import (
    FRAME_BYTES_MAX,
    VERSIONS,
    ZERO_UUID,
    ApiKey,
    ClientConnection,
    Connection,
    ErrorCode,
    Message,
    Request,
    Response,
    encode_data,
    encode_response,
    messages,
)
from streambus.wire.catalogue import MESSAGES, definition, pascal_case
from streambus.wire.definition import Struct
from streambus.wire.generator import build

SPOKEN = {key: (versions[0], versions[-1]) for key, versions in VERSIONS.items()}


def sent(body: Message, version: int, client_id: str | None = "c") -> str:
    _, parts = ClientConnection(client_id).send(body, version)
    return b"".join(parts).hex(" ")  # type: ignore[arg-type]


def answered(key: ApiKey, version: int, body: Message) -> str:
    return b"".join(encode_response(Request(key, version, 7, None, object()), body)).hex(" ")  # type: ignore[arg-type]


def encoded(body: Message, version: int) -> str:
    return b"".join(body.encode(version)).hex(" ")  # type: ignore[arg-type]


# Headers ---------------------------------------------------------------------------------------------------------------


def test_the_client_id_has_an_old_length_even_in_flexible_headers() -> None:
    plain, flexible = messages.DescribeGroupsRequest([]), messages.DescribeClusterRequest()
    assert sent(plain, 4) == "00 00 00 10 00 0f 00 04 00 00 00 00 00 01 63 00 00 00 00 00"
    assert sent(flexible, 0) == "00 00 00 0e 00 3c 00 00 00 00 00 00 00 01 63 00 00 00"
    assert sent(flexible, 0, None) == "00 00 00 0d 00 3c 00 00 00 00 00 00 ff ff 00 00 00"


@pytest.mark.parametrize("key", VERSIONS)
def test_headers_have_tags_exactly_in_flexible_versions_and_answers_to_api_versions_never(key: ApiKey) -> None:
    asked, body = (getattr(messages, pascal_case(key) + suffix)() for suffix in ("Request", "Response"))
    for version in VERSIONS[key]:
        is_flexible = version in asked.FLEXIBLE
        assert is_flexible == (version in body.FLEXIBLE)
        request = b"".join(asked.encode(version))
        assert sent(asked, version, None) == (
            (10 + is_flexible + len(request)).to_bytes(4, "big")
            + key.to_bytes(2, "big")
            + version.to_bytes(2, "big")
            + b"\0\0\0\0\xff\xff"
            + is_flexible * b"\0"
            + request
        ).hex(" ")
        content = b"\0\0\0\7" + (is_flexible and key != ApiKey.API_VERSIONS) * b"\0" + b"".join(body.encode(version))
        assert answered(key, version, body) == (len(content).to_bytes(4, "big") + content).hex(" ")


def test_an_unknown_version_of_api_versions_is_answered_in_version_0_with_the_range_that_is_known() -> None:
    for version in (5, 99, -1, 32_767):
        frame = b"\0\0\0\x0a\0\x12" + version.to_bytes(2, "big", signed=True) + b"\0\0\0\7\xff\xff"
        (request,) = Connection(SPOKEN).receive(frame)
        assert request == Request(ApiKey.API_VERSIONS, version, 7, None, None)
        body = messages.ApiVersionsResponse(ErrorCode.UNSUPPORTED_VERSION, [messages.ApiVersionsResponse.ApiVersion(18, 0, 4)])
        answer = b"".join(encode_response(request, body))  # type: ignore[arg-type]
        assert answer.hex(" ") == "00 00 00 10 00 00 00 07 00 23 00 00 00 01 00 12 00 00 00 04"


def test_an_unknown_api_or_version_ends_the_connection() -> None:
    for key, version, sentence in (
        (93, 0, "a request with api key 93 (STREAMS_GROUP_TOPOLOGY_DESCRIPTION_UPDATE), which is not spoken here"),
        (4, 7, "a request with api key 4 (LEADER_AND_ISR), which is not spoken here"),
        (1, 3, "FETCH version 3, while only 4 to 18 are spoken here"),
        (1, 19, "FETCH version 19, while only 4 to 18 are spoken here"),
    ):
        connection = Connection(SPOKEN)
        frame = b"\0\0\0\x0a" + key.to_bytes(2, "big") + version.to_bytes(2, "big") + b"\0\0\0\7\xff\xff"
        assert connection.receive(frame) == []
        assert connection.error == sentence


# Flexible versions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in MESSAGES if "tag" in repr(definition(name)) and definition(name).flexible.last >= 0])
def test_tagged_fields_that_hold_their_defaults_are_not_sent(name: str) -> None:
    """librdkafka before 2.2 loses its way in them. A message of defaults is the same as one whose definition has no tagged fields."""
    whole = definition(name)
    bare = build(
        attrs.evolve(
            whole,
            body=without_tags(whole.body),
            structs={inner: without_tags(struct) for inner, struct in whole.structs.items()},
        ),
        __name__,
    )
    for version in getattr(messages, name).FLEXIBLE:
        assert encoded(getattr(messages, name)(), version) == encoded(bare(), version)


def without_tags(struct: Struct) -> Struct:
    return attrs.evolve(struct, fields=tuple(field for field in struct.fields if field.tag is None))


def test_some_apis_are_never_flexible_and_some_always() -> None:
    flexible = {name: list(getattr(messages, name).FLEXIBLE) for name in MESSAGES if name.endswith(("Request", "Response"))}
    assert [name for name, versions in flexible.items() if not versions] == [
        "SaslHandshakeRequest",
        "SaslHandshakeResponse",
        "OffsetDeleteRequest",
        "OffsetDeleteResponse",
    ]
    assert flexible["WriteTxnMarkersRequest"] == [1, 2]
    assert flexible["VoteRequest"] == [0, 1, 2]
    assert flexible["BeginQuorumEpochRequest"] == flexible["EndQuorumEpochRequest"] == [1]


def test_a_null_struct_is_minus_one_before_the_tags_and_zero_in_them() -> None:
    assert encoded(messages.ConsumerGroupHeartbeatResponse(), 0) == "00 " * 16 + "ff 00"
    member = messages.ConsumerGroupMemberMetadataValue("", "", "", "", [], "", -1, "", None)
    assert encoded(member, 0) == "01 01 01 01 01 01 ff ff ff ff 01 01 00 01 00"


# Fields ----------------------------------------------------------------------------------------------------------------


def test_no_records_and_null_records_are_different_bytes_and_so_are_no_and_null_aborted_transactions() -> None:
    """librdkafka cannot read a fetch with null records (KAFKA-18646); null aborted transactions are what read_uncommitted gets."""

    def fetched(**fields: object) -> str:
        partition = messages.FetchResponse.PartitionData(0, **fields)  # type: ignore[arg-type]
        topic = messages.FetchResponse.FetchableTopicResponse("t", ZERO_UUID, [partition])
        return encoded(messages.FetchResponse(responses=[topic]), 12)

    head = "00 00 00 00 00 00 00 00 00 00 02 02 74 02 00 00 00 00 00 00 00 00 00 00 00 00 00 00 " + "ff " * 16
    assert fetched(records=b"", aborted_transactions=[]) == head + "01 ff ff ff ff 01 00 00 00"
    assert fetched(records=b"", aborted_transactions=None) == head + "00 ff ff ff ff 01 00 00 00"
    assert fetched(records=None, aborted_transactions=[]) == head + "01 ff ff ff ff 00 00 00 00"


def test_all_topics_are_asked_for_by_an_empty_list_in_version_0_and_by_a_null_later() -> None:
    assert encoded(messages.MetadataRequest([]), 0) == "00 00 00 00"
    assert encoded(messages.MetadataRequest([]), 1) == "00 00 00 00"
    assert encoded(messages.MetadataRequest(None), 1) == "ff ff ff ff"
    assert encoded(messages.MetadataRequest(None, allow_auto_topic_creation=False), 4) == "ff ff ff ff 00"
    with pytest.raises(ValueError, match="MetadataRequest version 0"):
        encoded(messages.MetadataRequest(None), 0)
    with pytest.raises(ValueError, match="allow_auto_topic_creation cannot be False"):
        encoded(messages.MetadataRequest([], allow_auto_topic_creation=False), 3)


def test_a_topic_asked_for_by_id_has_a_null_name() -> None:
    topic = messages.MetadataRequest.MetadataRequestTopic
    by_id = messages.MetadataRequest([topic(topic_id=UUID(int=1), name=None)])
    assert encoded(by_id, 12) == "02 " + "00 " * 15 + "01 00 00 01 00 00"
    with pytest.raises(ValueError, match="MetadataRequest version 9"):
        encoded(messages.MetadataRequest([topic(name=None)]), 9)


def test_metadata_can_tell_a_client_to_start_again_from_version_13_on() -> None:
    answer = messages.MetadataResponse(error_code=ErrorCode.REBOOTSTRAP_REQUIRED)
    assert encoded(answer, 13).endswith("00 81 00")
    assert encoded(answer, 12) == encoded(messages.MetadataResponse(), 12)


def test_errors_about_leadership_name_the_new_leader_and_where_it_is() -> None:
    leader = messages.FetchResponse.LeaderIdAndEpoch(3, 4)
    partition = messages.FetchResponse.PartitionData(0, ErrorCode.NOT_LEADER_OR_FOLLOWER, current_leader=leader, records=b"")
    topic = messages.FetchResponse.FetchableTopicResponse("t", ZERO_UUID, [partition])
    endpoint = messages.FetchResponse.NodeEndpoint(3, "h", 9092)
    fetched = messages.FetchResponse(responses=[topic], node_endpoints=[endpoint])
    tag = "01 01 09 00 00 00 03 00 00 00 04 00"
    assert encoded(fetched, 16).endswith(f"{tag} 00 01 00 0d 02 00 00 00 03 02 68 00 00 23 84 00 00")
    fetched.node_endpoints = []
    assert encoded(fetched, 12).endswith(f"{tag} 00 00")
    leader_produced = messages.ProduceResponse.PartitionProduceResponse(
        0, 6, -1, current_leader=messages.ProduceResponse.LeaderIdAndEpoch(3, 4)
    )
    produced = messages.ProduceResponse([messages.ProduceResponse.TopicProduceResponse("t", ZERO_UUID, [leader_produced])])
    assert "01 00 09 00 00 00 03 00 00 00 04 00" in encoded(produced, 10)
    with pytest.raises(ValueError, match="current_leader"):
        encoded(produced, 9)


def test_error_codes_run_from_minus_1_to_136() -> None:
    assert [int(error) for error in ErrorCode] == list(range(-1, 137))
    assert ErrorCode.TRANSACTION_ABORTABLE == 120
    assert ErrorCode.INVALID_REGULAR_EXPRESSION == 128
    assert ErrorCode.REBOOTSTRAP_REQUIRED == 129
    assert ErrorCode.SHARE_SESSION_LIMIT_REACHED == 133


def test_a_marker_is_a_key_of_two_numbers_and_a_value_of_two_numbers() -> None:
    assert encode_data(messages.ControlRecordTypeSchema(0)).hex(" ") == "00 00 00 00"
    assert encode_data(messages.ControlRecordTypeSchema(1)).hex(" ") == "00 00 00 01"
    assert encode_data(messages.EndTxnMarker(7)).hex(" ") == "00 00 00 00 00 07"


# Connections -----------------------------------------------------------------------------------------------------------


def test_requests_in_flight_come_out_in_the_order_in_which_they_went_in() -> None:
    client, connection = ClientConnection("c"), Connection(SPOKEN)
    stream = b"".join(b"".join(client.send(messages.MetadataRequest([]), 1)[1]) for _ in range(5))  # type: ignore[arg-type]
    assert [request.correlation_id for request in connection.receive(stream)] == [0, 1, 2, 3, 4]


def test_a_frame_has_at_most_100_mebibytes() -> None:
    assert FRAME_BYTES_MAX == 100 * 1024 * 1024
    largest, too_large = Connection(SPOKEN), Connection(SPOKEN)
    assert largest.receive(FRAME_BYTES_MAX.to_bytes(4, "big") + b"x") == []
    assert largest.error is None
    assert too_large.receive((FRAME_BYTES_MAX + 1).to_bytes(4, "big")) == []
    assert too_large.error == "a frame of 104857601 bytes is larger than the 104857600 allowed"


def test_a_produce_request_without_acks_has_no_answer_and_the_next_answer_belongs_to_the_next_request() -> None:
    client = ClientConnection("c")
    client.send(messages.ProduceRequest(acks=0), 9)
    correlation_id, _ = client.send(messages.MetadataRequest(), 1)
    body = messages.MetadataResponse()
    answer = b"".join(encode_response(Request(ApiKey.METADATA, 1, correlation_id, None, object()), body))  # type: ignore[arg-type]
    assert client.receive(answer) == [Response(1, body)]
    assert client.unanswered == {}


def test_bytes_behind_a_request_are_passed_over_and_behind_an_answer_are_not() -> None:
    """librdkafka leaves three bytes behind a Metadata request for all topics."""
    connection = Connection(SPOKEN)
    (request,) = connection.receive(b"\0\0\0\x11\0\3\0\1\0\0\0\7\xff\xff\xff\xff\xff\xff\0\0\0")
    assert request.body == messages.MetadataRequest(None)
    with pytest.raises(ValueError, match="3 bytes too many"):
        messages.HeartbeatResponse.decode(b"\0\0\0\0\0", 0)
