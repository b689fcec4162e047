"""The dice: decided by the seed, independent by label."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from streambus.kernel import Prng

seeds = st.integers(0, 2**64 - 1)


def test_first_numbers_of_splitmix64_are_the_published_ones() -> None:
    dice = Prng(1234567)
    assert [dice.bits64() for _ in range(3)] == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@given(seeds, st.integers(1, 2**40))
def test_below_stays_below(seed: int, bound: int) -> None:
    dice = Prng(seed)
    assert all(0 <= dice.below(bound) < bound for _ in range(20))


@given(seeds, st.integers(-50, 50), st.integers(0, 50))
def test_between_includes_both_ends(seed: int, first: int, width: int) -> None:
    dice = Prng(seed)
    assert all(first <= dice.between(first, first + width) <= first + width for _ in range(20))


@given(seeds)
def test_equal_seeds_give_equal_streams(seed: int) -> None:
    one, other = Prng(seed), Prng(seed)
    assert [one.bits64() for _ in range(5)] == [other.bits64() for _ in range(5)]
    assert one == other


@given(seeds)
def test_a_fork_does_not_move_its_parent_and_depends_on_its_label(seed: int) -> None:
    parent = Prng(seed)
    before = copy.copy(parent)
    disk, network = parent.fork("disk"), parent.fork("network")
    assert parent == before
    assert disk != network
    assert disk == parent.fork("disk")


@given(seeds, st.integers(0, 100))
def test_bytes_have_the_length_asked_for(seed: int, length: int) -> None:
    assert len(Prng(seed).bytes(length)) == length


def test_chance_is_roughly_fair_and_certain_at_the_ends() -> None:
    dice = Prng(7)
    assert 2_000 < sum(dice.chance(1, 4) for _ in range(10_000)) < 3_000
    assert all(dice.chance(1, 1) for _ in range(10))
    assert not any(dice.chance(0, 9) for _ in range(10))


def test_a_prng_shows_its_state() -> None:
    assert repr(Prng(255)) == "Prng(0x00000000000000ff)"
    assert Prng(1) != 1
