"""Messages, their text form, their fingerprints."""

import subprocess
import sys
from array import array
from collections import deque
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sortedcontainers import SortedDict, SortedList

from streambus.kernel import (
    ConnectionId,
    Event,
    FileName,
    FileSlice,
    Prng,
    Received,
    Send,
    Severity,
    Sync,
    Trace,
    decode_value,
    digest,
    encode_value,
    fingerprint,
    message,
)
from streambus.kernel.encoding import UnreadableValue

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.uuids() | st.sampled_from(Severity),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@given(plain)
def test_what_is_encoded_is_decoded(value: object) -> None:
    assert decode_value(encode_value(value)) == value


def test_messages_travel_as_text() -> None:
    effect = Send(ConnectionId(3), (b"abc", FileSlice(FileName("wal/1"), 4, 5)))
    assert decode_value(encode_value(effect)) == effect
    assert decode_value(encode_value(Received(ConnectionId(1), memoryview(b"abc")))) == Received(ConnectionId(1), b"abc")


@pytest.mark.parametrize(
    "text",
    [
        {"m": ["os:system", "true"]},
        {"m": ["streambus.kernel:encode_value", 1]},
        {"m": ["streambus.kernel.dice:Prng", 1]},
        {"m": ["streambus.kernel.world:Nothing"]},
        {"e": ["streambus.kernel.dice:Prng", "A"]},
        {"e": ["streambus.kernel.world:Severity", "A"]},
        {"u": "zz"},
        {"x": 1},
        {"a": 1, "b": 2},
        1.5,
    ],
)
def test_text_that_is_not_ours_builds_nothing(text: object) -> None:
    with pytest.raises(UnreadableValue):
        decode_value(text)


def test_what_has_no_text_form_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be journalled"):
        encode_value(object())


@given(plain, plain)
def test_equal_values_and_only_those_have_equal_digests(one: object, other: object) -> None:
    assert (digest(one) == digest(other)) == (_untyped(one) == _untyped(other))


def _untyped(value: object) -> object:
    """Fingerprints do not tell lists from tuples, nor numbers that stand for things from the things."""
    if isinstance(value, list | tuple):
        return ("sequence", tuple(_untyped(item) for item in value))
    if isinstance(value, dict):
        return ("sequence", tuple(("sequence", (_untyped(key), _untyped(item))) for key, item in value.items()))
    if isinstance(value, UUID):
        return value.int
    if isinstance(value, bytes) and len(value) > 16:
        return digest(value)
    if isinstance(value, Severity):
        return ("sequence", ("Severity", value.name))
    return value


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self) -> None:
        self.a, self.b = 1, [2]


class Plain:
    def __init__(self, order: tuple[str, ...]) -> None:
        self.table = dict.fromkeys(order, 0)


def test_every_kind_of_state_has_a_fingerprint() -> None:
    state = [
        FileSlice(FileName("f"), 1, 2),
        bytearray(20),
        Slotted(),
        Plain(("x",)),
        Prng(1),
        deque([1]),
        array("q", [1]),
        SortedDict({1: 2}),
        SortedList([3]),
        ConnectionId(1),
    ]
    assert fingerprint(state) == fingerprint(list(state))
    assert len(fingerprint(state)) == 32


def test_the_order_of_a_dict_is_part_of_the_state() -> None:
    assert fingerprint(Plain(("x", "y"))) != fingerprint(Plain(("y", "x")))


@pytest.mark.parametrize("value", [0.1, -0.0, 1e300, float("inf")])
def test_a_float_is_carried_bit_for_bit(value: float) -> None:
    carried = decode_value(encode_value([value]))[0]
    assert (carried, str(carried)) == (value, str(value))
    assert fingerprint([carried]) == fingerprint([value])
    assert fingerprint([0.0]) != fingerprint([-0.0])


@pytest.mark.parametrize("value", [{1}, frozenset(), len, Slotted])
def test_state_may_not_hold_sets_or_callables(value: object) -> None:
    with pytest.raises(TypeError, match="no state holds"):
        digest([value])


@message
class Named(Event):
    name: str


def test_messages_are_equal_and_hashable_by_content() -> None:
    assert Named("a") == Named("a") != Named("b")
    assert len({Sync(FileName("f"), Named("a")), Sync(FileName("f"), Named("a"))}) == 1
    assert repr(Trace(Severity.INFO, "x")) == "Trace(severity=<Severity.INFO: 'info'>, text='x', fields=())"


def test_development_mode_freezes_messages() -> None:
    code = "from streambus.kernel import FileSlice; FileSlice('f', 1, 2).position = 3"
    thawed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    frozen = subprocess.run([sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, check=False)
    assert thawed.returncode == 0
    assert "FrozenInstanceError" in frozen.stderr
