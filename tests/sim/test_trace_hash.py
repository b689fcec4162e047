"""The trace hash tells two runs apart if and only if something else happened."""

from uuid import UUID

import pytest

from streambus.kernel import ConnectionId, FileName, FileSlice, Received, Send, Severity, Trace
from streambus.sim.trace import TraceHash, effect_digests, flat
from streambus.wire import messages


def hash_of(*steps: tuple[object, ...]) -> str:
    trace = TraceHash()
    for event, *effects in steps:
        trace.note(0, 1, event, effects)
    return trace.hexdigest()


def test_how_bytes_are_held_makes_no_difference():
    data = bytes(range(100))
    assert hash_of((Received(ConnectionId(1), data),)) == hash_of((Received(ConnectionId(1), memoryview(data)),))


@pytest.mark.parametrize("other", [b"x" * 99 + b"y", b"x" * 99, b"x" * 101])
def test_another_payload_is_another_hash(other: bytes):
    assert hash_of((Received(ConnectionId(1), b"x" * 100),)) != hash_of((Received(ConnectionId(1), other),))


def test_an_effect_belongs_to_its_step():
    event = Received(ConnectionId(1), b"")
    effect = Send(ConnectionId(1), (b"a", FileSlice(FileName("f"), 0, 1)))
    assert hash_of((event, effect), (event,)) != hash_of((event,), (event, effect))


def test_enums_ids_and_wire_messages_have_a_place_in_a_trace():
    request = messages.CreateTopicsRequest(topics=[messages.CreateTopicsRequest.CreatableTopic(name="a")])
    other = messages.CreateTopicsRequest(topics=[messages.CreateTopicsRequest.CreatableTopic(name="b")])
    assert flat(request) != flat(other)
    assert flat((Severity.INFO, UUID(int=1), {"a": 1}))
    assert effect_digests([Trace(Severity.INFO, "a")]) != effect_digests([Trace(Severity.ERROR, "a")])


def test_what_has_no_fields_of_its_own_is_refused():
    with pytest.raises(TypeError, match="no place in a trace"):
        flat(object())
    with pytest.raises(TypeError, match="no place in a trace"):
        flat(Exception())
