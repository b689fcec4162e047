"""Where frames end: the one thing that the proxy understands."""

from hypothesis import given, settings
from hypothesis import strategies as some

from streambus.chaos.network import Framing


def frame(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + payload


@settings(deadline=None, max_examples=200)
@given(
    frames=some.lists(some.binary(max_size=12), min_size=1, max_size=6),
    cuts=some.lists(some.integers(1, 7), max_size=20),
    whole=some.booleans(),
)
def test_a_cut_is_always_within_a_frame(frames: list[bytes], cuts: list[int], whole: bool) -> None:
    stream = b"".join(frame(payload) for payload in frames)
    ends = {sum(len(frame(payload)) for payload in frames[:number]) for number in range(len(frames) + 1)}
    framing, position = Framing(), 0
    for cut in cuts if not whole else [len(stream)]:
        piece = stream[position : position + cut]
        if not piece:
            break
        passes = framing.cut_in(piece)
        assert 0 <= passes < len(piece) or len(piece) == 1
        assert position + passes not in ends or passes == 0
        framing.feed(piece)
        position += len(piece)
        assert framing.is_inside == (position not in ends)


def test_a_whole_frame_is_cut_in_its_middle() -> None:
    assert Framing().cut_in(frame(b"12345678")) == 6


def test_two_frames_are_not_cut_between_them() -> None:
    assert Framing().cut_in(frame(b"1234") + frame(b"1234")) == 7
