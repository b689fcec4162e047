"""Hostile clients: whatever bytes come, the broker answers or closes, and serves everybody else as if nothing had happened."""

from bench import Bench, Client, batch_of, fetch_request, fetched, produce_request, produced
from hypothesis import given, settings
from hypothesis import strategies as st

from streambus.broker import Broker
from streambus.kernel import Received
from streambus.wire import ApiKey, ErrorCode, messages

BENCH = Bench()
BENCH.create("t")

VALID = [
    (messages.ApiVersionsRequest(client_software_name="x", client_software_version="1"), 3),
    (messages.MetadataRequest(topics=None), 12),
    (messages.DescribeClusterRequest(), 1),
    (produce_request("t", batch_of(b"v")), 9),
    (fetch_request("t"), 11),
    (messages.ListOffsetsRequest(), 8),
    (messages.FindCoordinatorRequest(coordinator_keys=["k"]), 4),
    (messages.InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=1), 4),
    (messages.DescribeConfigsRequest(), 4),
    (messages.DescribeTopicPartitionsRequest(), 0),
]


def frame(body: object, version: int) -> bytes:
    client = Client(BENCH, BENCH.connect().id)
    return b"".join(bytes(part) for part in client.wire.send(body, version)[1])  # type: ignore[arg-type]


FRAMES = [frame(body, version) for body, version in VALID]


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A valid frame with some bytes changed, cut out or put in."""
    data = bytearray(draw(st.sampled_from(FRAMES)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data) - 1))
        change = draw(st.sampled_from(["flip", "set", "cut", "insert"]))
        if change == "flip":
            data[place] ^= 1 << draw(st.integers(0, 7))
        elif change == "set":
            data[place : place + 4] = draw(st.sampled_from([b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x80\0\0\0"]))
        elif change == "cut":
            del data[place : place + draw(st.integers(1, 8))]
        else:
            data[place:place] = draw(st.binary(max_size=8))
        if not data:
            break
    if draw(st.booleans()) and len(data) >= 4:
        data[:4] = (len(data) - 4).to_bytes(4, "big")
    return bytes(data)


@st.composite
def any_request(draw: st.DrawFn) -> bytes:
    """A frame with a plausible header and any body."""
    key = draw(st.integers(-1, 95) | st.sampled_from([int(key) for key in Broker.VERSIONS]))
    version = draw(st.integers(-1, 20))
    payload = (
        key.to_bytes(2, "big", signed=True) + version.to_bytes(2, "big", signed=True) + b"\0\0\0\7\0\1a" + draw(st.binary(max_size=60))
    )
    return len(payload).to_bytes(4, "big") + payload


def attack(pieces: list[bytes]) -> Client:
    client = BENCH.connect()
    for piece in pieces:
        if client.id not in BENCH.clients:
            break
        client.receive = lambda data: client.raw.extend(data)  # type: ignore[method-assign, assignment]
        BENCH.step(Received(client.id, piece))
    BENCH.settle()
    return client


def others_are_served() -> None:
    client = BENCH.connect()
    response = produced(client.ask(produce_request("t", batch_of(b"fine")), 9))
    assert response.error_code == ErrorCode.NONE
    assert fetched(client.ask(fetch_request("t", response.base_offset), 11)).high_watermark > response.base_offset


@settings(max_examples=400, deadline=None)
@given(st.lists(spoiled() | any_request() | st.binary(max_size=40), min_size=1, max_size=3))
def test_garbage_disturbs_nobody(pieces: list[bytes]) -> None:
    attack(pieces)
    BENCH.broker.check()
    others_are_served()


@settings(max_examples=200, deadline=None)
@given(st.integers(-(2**31), 2**31 - 1), st.binary(max_size=20))
def test_a_claimed_length_costs_nothing(length: int, rest: bytes) -> None:
    client = attack([length.to_bytes(4, "big", signed=True) + rest])
    if length < 0 or length > BENCH.config.limits.frame_bytes_max:
        assert client.closed_because
    others_are_served()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_however_bytes_are_cut_the_answers_are_the_same(data: st.DataObject) -> None:
    stream = FRAMES[0] + FRAMES[1] + FRAMES[2]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[first:last] for first, last in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert bytes(attack(pieces).raw) == bytes(attack([stream]).raw)


def test_unknown_keys_and_versions_close_the_connection_and_say_why() -> None:
    for key, version in ((99, 0), (int(ApiKey.PRODUCE), 2), (int(ApiKey.PRODUCE), 14), (11, 5), (-1, 0)):
        payload = key.to_bytes(2, "big", signed=True) + version.to_bytes(2, "big") + b"\0\0\0\7\0\1a"
        client = attack([len(payload).to_bytes(4, "big") + payload])
        assert client.closed_because, (key, version)
        assert BENCH.traces[-1].text == "closing a connection"
