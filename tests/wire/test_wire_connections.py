"""Connections: any pieces give the same requests; what is no request ends the reading with a sentence, and never with an exception."""

import copy
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_strategies import messages_of

from streambus.kernel import FileName, FileSlice, fingerprint
from streambus.wire import (
    VERSIONS,
    ApiKey,
    ClientConnection,
    Connection,
    ErrorCode,
    Request,
    Response,
    encode_response,
    messages,
)
from streambus.wire.catalogue import pascal_case

SPOKEN = {key: (versions[0], versions[-1]) for key, versions in VERSIONS.items()}


def flat(parts: tuple[object, ...]) -> bytes:
    return b"".join(parts)  # type: ignore[arg-type]


def frame(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def header(key: int, version: int, correlation_id: int = 7, client_id: bytes = b"\xff\xff") -> bytes:
    return key.to_bytes(2, "big", signed=True) + version.to_bytes(2, "big", signed=True) + correlation_id.to_bytes(4, "big") + client_id


def refused(content: bytes) -> str:
    """What a connection says after `content`, which must not be a stream of requests."""
    connection = Connection(SPOKEN, frame_bytes_max=1000)
    assert connection.receive(content) == []
    assert connection.error is not None
    assert connection.receive(frame(header(18, 0))) == []
    return connection.error


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, int]:
    """Some requests as bytes, and how many they are."""
    client = ClientConnection(draw(st.none() | st.text(st.characters(codec="utf-8"), max_size=5)))
    count = draw(st.integers(1, 4))
    pieces = []
    for _ in range(count):
        key = draw(st.sampled_from(list(VERSIONS)))
        version = draw(st.sampled_from(VERSIONS[key]))
        pieces.append(flat(client.send(draw(messages_of(pascal_case(key) + "Request", version)), version)[1]))
    return b"".join(pieces), count


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = [*sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


# The broker's side -----------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(stream=streams(), places=st.lists(st.integers(0, 10_000), max_size=8))
def test_pieces_of_any_size_give_the_same_requests(stream: tuple[bytes, int], places: list[int]) -> None:
    data, count = stream
    whole, pieces = Connection(SPOKEN), Connection(SPOKEN)
    expected = whole.receive(data)
    assert len(expected) == count
    assert [request for piece in cut(data, places) for request in pieces.receive(piece)] == expected
    assert whole.error is None
    assert pieces.error is None
    assert fingerprint(pieces) == fingerprint(whole)


@settings(max_examples=300, deadline=None)
@given(stream=streams(), data=st.data())
def test_garbage_is_a_request_or_a_sentence(stream: tuple[bytes, int], data: st.DataObject) -> None:
    damaged = bytearray(stream[0])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged)))
        damaged[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=6))
    whole, pieces = Connection(SPOKEN, frame_bytes_max=5000), Connection(SPOKEN, frame_bytes_max=5000)
    expected = whole.receive(damaged)
    places = data.draw(st.lists(st.integers(0, 10_000), max_size=5))
    assert [request for piece in cut(bytes(damaged), places) for request in pieces.receive(piece)] == expected
    assert pieces.error == whole.error
    assert all(isinstance(request, Request) for request in expected)


@settings(max_examples=200, deadline=None)
@given(
    key=st.integers(-(2**15), 2**15 - 1) | st.sampled_from(list(ApiKey)),
    version=st.integers(-(2**15), 2**15 - 1),
    rest=st.binary(max_size=30),
)
def test_any_key_and_version_is_answered_or_refused(key: int, version: int, rest: bytes) -> None:
    connection = Connection(SPOKEN)
    requests = connection.receive(frame(header(key, version) + rest))
    assert (connection.error is None) == (len(requests) == 1)


def test_a_client_without_a_name_and_one_with_a_strange_one_are_understood() -> None:
    (nameless,) = Connection(SPOKEN).receive(frame(header(18, 0)))
    (strange,) = Connection(SPOKEN).receive(frame(header(18, 0, client_id=b"\0\3a\xffb")))
    assert nameless.client_id is None
    assert strange.client_id == "a\N{REPLACEMENT CHARACTER}b"


def test_tagged_fields_in_the_header_are_skipped() -> None:
    (request,) = Connection(SPOKEN).receive(frame(header(60, 0, client_id=b"\0\1c") + b"\1\5\2xy" + b"\1\0"))
    assert request == Request(ApiKey.DESCRIBE_CLUSTER, 0, 7, "c", messages.DescribeClusterRequest(True))


def test_an_unknown_version_of_api_versions_is_no_reason_to_close() -> None:
    (request,) = Connection(SPOKEN).receive(frame(header(18, 99) + b"whatever"))
    assert request == Request(ApiKey.API_VERSIONS, 99, 7, None, None)
    answer = messages.ApiVersionsResponse(ErrorCode.UNSUPPORTED_VERSION, [messages.ApiVersionsResponse.ApiVersion(18, 0, 4)])
    assert flat(encode_response(request, answer)) == frame(b"\0\0\0\7" + b"\0\x23" + b"\0\0\0\1" + b"\0\x12\0\0\0\4")


def test_requests_before_an_error_are_returned() -> None:
    connection = Connection(SPOKEN)
    good = frame(header(18, 0))
    assert len(connection.receive(good + good + frame(header(999, 0)) + good)) == 2
    assert connection.error == "a request with api key 999 (unknown), which is not spoken here"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xff\xff\xff", "a frame cannot have -1 bytes"),
        (b"\x80\0\0\0", "a frame cannot have -2147483648 bytes"),
        (b"\x7f\xff\xff\xff", "a frame of 2147483647 bytes is larger than the 1000 allowed"),
        (frame(b""), "0 bytes are too few for the header of a request"),
        (frame(header(0, 9)[:9]), "9 bytes are too few for the header of a request"),
        (frame(header(0, 2)), "PRODUCE version 2, while only 3 to 13 are spoken here"),
        (frame(header(7, 0)), "a request with api key 7 (CONTROLLED_SHUTDOWN), which is not spoken here"),
        (frame(header(-3, 0)), "a request with api key -3 (unknown), which is not spoken here"),
        (frame(header(18, 0, client_id=b"\xff\xfe")), "a client id cannot have -2 bytes in a request of 10"),
        (frame(header(18, 0, client_id=b"\0\5abc")), "a client id cannot have 5 bytes in a request of 13"),
        (frame(header(60, 0)), "a header ends within its tagged fields"),
        (frame(header(60, 0) + b"\1\1\x09"), "a tagged field has a length of 9, which cannot be"),
        (frame(header(3, 1) + b"\0\0"), "MetadataRequest version 1: it ends too early"),
        (b"GET / HTTP/1.1\r\n\r\n", "a frame of 1195725856 bytes is larger than the 1000 allowed"),
    ],
)
def test_what_is_no_request_is_refused_with_a_sentence(content: bytes, sentence: str) -> None:
    assert refused(content) == sentence


def test_bytes_behind_a_request_are_passed_over_as_kafka_does() -> None:
    connection = Connection(SPOKEN)
    (request,) = connection.receive(frame(header(18, 0) + b"x"))
    assert request.body == messages.ApiVersionsRequest()
    assert connection.error is None


def test_a_bad_size_is_noticed_however_its_bytes_arrive() -> None:
    connection = Connection(SPOKEN, frame_bytes_max=1000)
    for byte in b"\x7f\xff\xff":
        assert connection.receive(bytes((byte,))) == []
    assert connection.receive(b"\xff\0\0") == []
    assert connection.error == "a frame of 2147483647 bytes is larger than the 1000 allowed"


def test_a_claimed_size_costs_no_memory_before_the_bytes_arrive() -> None:
    connection = Connection(SPOKEN)
    tracemalloc.start()
    connection.receive((100 * 1024 * 1024).to_bytes(4, "big") + bytes(1000))
    connection.receive(bytes(1000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000


def test_a_whole_frame_is_not_copied() -> None:
    client = ClientConnection("c")
    partition = messages.ProduceRequest.PartitionProduceData(0, bytes(1000))
    topic = messages.ProduceRequest.TopicProduceData("t", partition_data=[partition])
    data = flat(client.send(messages.ProduceRequest(acks=1, topic_data=[topic]), 9)[1])
    (request,) = Connection(SPOKEN).receive(data)
    assert request.body.topic_data[0].partition_data[0].records.obj is data


def test_a_connection_can_be_copied_in_the_middle_of_a_frame() -> None:
    connection = Connection(SPOKEN)
    data = frame(header(18, 3, client_id=b"\0\1c") + b"\0\2a\2b\0")
    connection.receive(data[:9])
    twin = copy.deepcopy(connection)
    assert fingerprint(twin) == fingerprint(connection)
    assert twin.receive(data[9:]) == connection.receive(data[9:]) != []


# The client's side -----------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(data=st.data(), places=st.lists(st.integers(0, 10_000), max_size=5))
def test_an_answer_reaches_whoever_asked(data: st.DataObject, places: list[int]) -> None:
    client, server = ClientConnection("c"), Connection(SPOKEN)
    answers: list[bytes] = []
    expected: list[Response] = []
    for _ in range(data.draw(st.integers(1, 3))):
        key = data.draw(st.sampled_from([key for key in VERSIONS if key != ApiKey.API_VERSIONS]))
        version = data.draw(st.sampled_from(VERSIONS[key]))
        asked = getattr(messages, pascal_case(key) + "Request")()
        if key == ApiKey.PRODUCE:
            asked.acks = -1
        correlation_id, parts = client.send(asked, version)
        (request,) = server.receive(flat(parts))
        assert request == Request(key, version, correlation_id, "c", asked)
        body = data.draw(messages_of(pascal_case(key) + "Response", version))
        answers.append(flat(encode_response(request, body)))
        expected.append(Response(correlation_id, body))
    received = [response for piece in cut(b"".join(answers), places) for response in client.receive(piece)]
    assert received == expected
    assert client.error is None
    assert client.unanswered == {}


def test_api_versions_is_answered_with_the_old_header_in_every_version() -> None:
    for version in VERSIONS[ApiKey.API_VERSIONS]:
        client, server = ClientConnection(None), Connection(SPOKEN)
        _, parts = client.send(messages.ApiVersionsRequest("a", "b"), version)
        (request,) = server.receive(flat(parts))
        body = messages.ApiVersionsResponse(api_keys=[messages.ApiVersionsResponse.ApiVersion(18, 0, 4)])
        answer = flat(encode_response(request, body))
        assert answer[4:10] == b"\0\0\0\0\0\0"
        assert client.receive(answer) == [Response(0, body)]


def test_a_client_understands_that_its_version_of_api_versions_is_not_spoken() -> None:
    client, server = ClientConnection("c"), Connection({ApiKey.API_VERSIONS: (0, 2)})
    _, parts = client.send(messages.ApiVersionsRequest("a", "b"), 4)
    (request,) = server.receive(flat(parts))
    answer = messages.ApiVersionsResponse(ErrorCode.UNSUPPORTED_VERSION, [messages.ApiVersionsResponse.ApiVersion(18, 0, 2)])
    assert client.receive(flat(encode_response(request, answer))) == [Response(0, answer)]


def test_a_produce_without_acks_is_not_answered_and_not_awaited() -> None:
    client = ClientConnection("c")
    client.send(messages.ProduceRequest(acks=0), 9)
    assert client.unanswered == {}
    client.send(messages.ProduceRequest(acks=1), 9)
    assert list(client.unanswered) == [1]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (frame(b"\0\0\0"), "3 bytes are too few for the header of a response"),
        (frame(b"\0\0\0\5"), "a response to request 5, which was not asked"),
        (frame(b"\0\0\0\0\0"), "MetadataResponse version 9: it ends too early"),
        (frame(b"\0\0\0\0"), "a header ends within its tagged fields"),
        (b"\xff\xff\xff\xff", "a frame cannot have -1 bytes"),
    ],
)
def test_what_is_no_response_is_refused_with_a_sentence(content: bytes, sentence: str) -> None:
    client = ClientConnection("c")
    client.send(messages.MetadataRequest(), 9)
    assert client.receive(content) == []
    assert client.error == sentence
    assert client.receive(content) == []


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=60), version=st.sampled_from(VERSIONS[ApiKey.METADATA]))
def test_garbage_is_a_response_or_a_sentence(content: bytes, version: int) -> None:
    client = ClientConnection("c")
    client.send(messages.MetadataRequest(), version)
    responses = client.receive(frame(b"\0\0\0\0" + content))
    assert (client.error is None) == (len(responses) == 1)


def test_slices_of_files_are_counted_in_the_size_of_an_answer() -> None:
    partition = messages.FetchResponse.PartitionData(records=(FileSlice(FileName("log"), 0, 5000),))
    body = messages.FetchResponse(responses=[messages.FetchResponse.FetchableTopicResponse("t", partitions=[partition])])
    parts = encode_response(Request(ApiKey.FETCH, 12, 7, None, messages.FetchRequest()), body)
    assert [type(part) for part in parts] == [bytes, FileSlice, bytes]
    assert int.from_bytes(bytes(parts[0][:4]), "big") == sum(map(len, parts)) - 4  # type: ignore[index]


def test_correlation_ids_start_again_behind_the_largest() -> None:
    client = ClientConnection("c")
    client.next_correlation_id = 2**31 - 1
    assert client.send(messages.MetadataRequest(), 1)[0] == 2**31 - 1
    assert client.send(messages.MetadataRequest(), 1)[0] == 0
