"""Decoders are total: whatever the bytes, they end with a message or a `DecodeError`, and take memory in proportion to what arrived."""

import tracemalloc
from random import Random

import pytest
from wire_damage import Hunt, wounded
from wire_grammar import random_message

from streambus.wire import DecodeError, Message, messages

IMPOSSIBLE = (b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff\x07", b"\x7f\xff")
"""The largest lengths: an int32, varints of 28 and 31 bits, an int16."""

BYTES_PER_BYTE = 200
BYTES_ALWAYS = 8 * 1024


@pytest.mark.parametrize("seed", range(4))
def test_damaged_bytes_are_understood_or_refused_and_nothing_else(seed: int) -> None:
    hunt = Hunt(Random(seed))
    for _ in range(5_000):
        hunt.step()
    assert hunt.tally.understood > 500
    assert hunt.tally.refused > 2_000


def test_a_seed_gives_the_same_hunt_again() -> None:
    hunts = [Hunt(Random("twice")) for _ in range(2)]
    for hunt in hunts:
        for _ in range(300):
            hunt.step()
    assert hunts[0].tally == hunts[1].tally
    assert hunts[0].kept == hunts[1].kept


def test_no_length_of_any_message_in_any_version_is_believed_before_it_is_checked() -> None:
    """Every place of a message takes every impossible length; what that costs is measured."""
    random = Random("lengths")
    tracemalloc.start()
    for name in messages.MESSAGES:
        cls = getattr(messages, name)
        for version in cls.VERSIONS:
            real = b"".join(random_message(random, name, version, elements_max=1).encode(version))
            cls.decode(real, version)  # Compiles the decoder, which is not what is measured.
            refuse_lengths(cls, version, real[:160])
    tracemalloc.stop()


def refuse_lengths(cls: type[Message], version: int, real: bytes) -> None:
    for place in range(0, len(real), 1 + len(real) // 24):
        for length in IMPOSSIBLE:
            damaged = real[:place] + length + real[place + len(length) :]
            allowed = BYTES_ALWAYS + BYTES_PER_BYTE * len(damaged)
            # Another thread may allocate in the same moment, but not every time.
            assert any(taken_by(cls, version, damaged) < allowed for _ in range(5)), (cls, version, damaged.hex())


def taken_by(cls: type[Message], version: int, data: bytes) -> int:
    """Bytes of memory that decoding takes for a moment."""
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    try:
        cls.decode(data, version)
    except DecodeError:
        pass
    return tracemalloc.get_traced_memory()[1] - before


def test_wounds_hurt() -> None:
    random = Random(1)
    whole = bytes(range(64))
    assert sum(wounded(random, whole) != whole for _ in range(1000)) > 950
    assert isinstance(wounded(random, b""), bytes)
